"""SHELL: what is said of an address is true, escaped, and whole.

Takes   the market of tests/shown.py; addresses, some of them hostile.
Gives   failures.
Keeps   the shell's own content as it was built.
Source  Decision 0041.
"""

import json
import re
from html.parser import HTMLParser

import pytest

from chiphour.adapters.serve.shell import Head
from chiphour.adapters.serve.shell import head_of
from chiphour.adapters.serve.shell import rendered
from chiphour.adapters.serve.web_page import found_route
from chiphour.adapters.serve.web_page import routes_from
from paged import ROUTES
from paged import SHELL

ROUTE_TABLE = json.dumps(ROUTES).encode()
HOST = "https://chiphour.example"


class Tags(HTMLParser):
    """The tags of a page in their order, with the text of its title."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags, self.title, self._in_title = [], "", False
        self.feed(page.decode())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._in_title = tag == "title"

    def handle_data(self, data):
        self.title += data if self._in_title else ""
        self._in_title = False

    def meta(self, name):
        return [a["content"] for t, a in self.tags if t == "meta" and name in a.values()]


@pytest.fixture(scope="module")
def view(shown):
    return shown.Shown(shown.fixings())


def said(view, path):
    route, given = found_route(routes_from(ROUTE_TABLE), path)
    return head_of(route, given, path, view)


@pytest.mark.parametrize(
    ("path", "title", "card", "status"),
    [
        ("/", "The release", "/cards/release.png", 200),
        ("/release/2026-07-11", "11 July 2026, The release", "/cards/release.png", 200),
        ("/release/2020-01-01", "The release", "/cards/release.png", 404),
        ("/release/never", "The release", "/cards/release.png", 404),
        (
            *("/series/h100-sxm-od", "H100 SXM, on demand, The series"),
            *("/cards/series/h100-sxm-od.png", 200),
        ),
        (
            *(
                "/series/CHR.H100.SXM.OD/2026-07-11",
                "H100 SXM, on demand, 11 July 2026, The series",
            ),
            *("/cards/series/h100-sxm-od/2026-07-11.png", 200),
        ),
        ("/series/nothing", "The series", "/cards/release.png", 404),
        ("/report/2020-01-01", "The report", "/cards/release.png", 404),
        (
            *("/trade/H100SXMOD_USDC-PERPETUAL", "H100SXMOD_USDC-PERPETUAL, The terminal"),
            *("/cards/release.png", 200),
        ),
        ("/trade/GOLD", "GOLD, The terminal", "/cards/release.png", 404),
        ("/auction/7", "run 7, The auction", "/cards/release.png", 200),
    ],
)
def test_an_address_is_told_with_its_card_and_whether_it_exists(view, path, title, card, status):
    head = said(view, path)
    assert (head.title, head.card, head.status) == (title, card, status)


def test_a_fix_is_told_before_what_its_series_measures(view):
    words = said(view, "/series/h100-sxm-od").description
    assert words.startswith("$3.1750 per GPU-hour on 15 July 2026. The listed price of one H100")
    assert said(view, "/series/h100-sxm-od/2026-07-13").description.startswith("No fix on 13 July")
    assert said(view, "/series/CHR.H100.SXM.OD").path == "/series/h100-sxm-od"


def test_a_report_is_told_by_its_title_and_has_a_card_of_its_own(indexed, tmp_path):
    """The page of a day, and that of the last report, name its picture; other days have none."""
    index = indexed.made(tmp_path)
    first, last = indexed.REPORTED
    dated, latest = said(index, f"/report/{first}"), said(index, "/report")
    assert (dated.card, dated.status) == (f"/cards/report/{first}.png", 200)
    assert dated.description == index.report(first).title
    assert latest.card == f"/cards/report/{last}.png"
    assert latest.description == index.report(last).title
    assert said(index, f"/report/{indexed.FIRST}").status == 404  # A release alone.


def test_an_index_alone_has_no_page_of_a_market(indexed, tmp_path):
    index = indexed.empty(tmp_path)
    assert said(index, "/trade/H100SXMOD_USDC-PERPETUAL").status == 404
    assert said(index, "/auction/7").status == 404
    assert said(index, "/series/h100-sxm-od").status == 200
    assert said(index, "/").status == 200


def test_the_head_is_exchanged_and_the_rest_is_as_it_was_built(view):
    page = rendered(SHELL, said(view, "/series/h100-sxm-od"), HOST)
    tags = Tags(page)
    assert tags.title == "H100 SXM, on demand, The series - chiphour"
    assert len(tags.meta("description")) == 1
    assert tags.meta("og:image") == [f"{HOST}/cards/series/h100-sxm-od.png"]
    assert ("link", {"rel": "canonical", "href": f"{HOST}/series/h100-sxm-od"}) in tags.tags
    assert b"<noscript><p>This page is drawn by a script." in page
    assert b'href="/series/h100-sxm-od?plain=1"' in page
    assert page.count(b"<noscript>") == 1
    assert ("link", {"rel": "manifest", "href": "/site.webmanifest"}) in tags.tags
    for line in SHELL.splitlines():
        if not any(word in line for word in ("<title>", "description", "noscript")):
            assert line.strip().encode() in page, line


def test_where_the_host_is_not_known_nothing_names_one(view):
    page = rendered(SHELL, said(view, "/"), "")
    assert b"canonical" not in page and b"og:image" not in page and b"og:title" in page


@pytest.mark.parametrize(
    "path",
    [
        '/trade/"><script>alert(1)<',
        "/series/<img src=x onerror=alert(1)>",
        "/auction/<title><script>x<",
        "/auction/\u202etxt.exe\x00",
        "/trade/" + "x" * 400,
    ],
)
def test_no_text_of_an_address_becomes_markup(view, path):
    page = rendered(SHELL, said(view, path), HOST)
    usual = [tag for tag, _ in Tags(rendered(SHELL, said(view, "/prices"), HOST)).tags]
    found = [tag for tag, attributes in Tags(page).tags if "og:" not in str(attributes)]
    assert not set(found) - set(usual)
    assert found.count("script") == 1
    assert not re.search(rb"alert\(1\)<|\x00|\xe2\x80\xae", page)
    assert len(page) < 4_000


def test_what_is_not_there_is_kept_out_of_searches(view):
    page = rendered(SHELL, said(view, "/series/nothing"), HOST)
    assert Tags(page).meta("robots") == ["noindex"]
    assert b"canonical" not in page


def test_a_page_without_a_plain_form_says_where_its_data_is():
    page = rendered(SHELL, Head("T", "D", "/prices", "/cards/release.png", plain=False), "")
    assert b'<a href="/schema/openapi.json">The API has the same data</a>' in page
