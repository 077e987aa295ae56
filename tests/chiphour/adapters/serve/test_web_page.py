"""WEB_PAGE: what was built is read whole or refused; an address finds its page.

Takes   a folder as the build leaves it.
Gives   failures.
Keeps   a page that its own policy would break from being served.
Source  Decision 0041.
"""

import gzip
import json
import re
from pathlib import Path

import pytest

from chiphour.adapters.serve.web_page import ROUTES_MOST
from chiphour.adapters.serve.web_page import Page
from chiphour.adapters.serve.web_page import PageRefused
from chiphour.adapters.serve.web_page import check_shell
from chiphour.adapters.serve.web_page import found_route
from chiphour.adapters.serve.web_page import read_page
from chiphour.adapters.serve.web_page import routes_from
from paged import FONT
from paged import ROUTES
from paged import SCRIPT
from paged import SHELL
from paged import built
from paged import row
from paged import unbuilt

WEB = Path(__file__).resolve().parents[4] / "web"


def test_a_built_page_is_read_with_its_files_packed(tmp_path):
    page = read_page(built(tmp_path))
    assert page.shell == SHELL
    assert set(page.assets) == {"app-a1.js", "app-b2.css", "fonts/figures-c3.woff2"}
    script = page.assets["app-a1.js"]
    assert gzip.decompress(script.packed).decode() == SCRIPT
    assert script.media_type == "text/javascript; charset=utf-8"
    font = page.assets["fonts/figures-c3.woff2"]
    assert (font.body, font.packed, font.media_type) == (FONT, None, "font/woff2")


def test_without_its_stamp_nothing_was_built_but_the_addresses_are_known(tmp_path):
    assert read_page(tmp_path) == Page()
    page = read_page(unbuilt(tmp_path / "table"))
    assert (page.shell, dict(page.assets), len(page.routes)) == ("", {}, len(ROUTES))
    (built(tmp_path) / ".built").unlink()
    assert read_page(tmp_path).shell == ""


@pytest.mark.parametrize(
    ("path", "page", "given"),
    [
        ("/", "release", {}),
        ("/release/2026-07-10", "release", {"day": "2026-07-10"}),
        ("/series/h100-sxm-od", "series", {"slug": "h100-sxm-od"}),
        ("/series/a/b", "series", {"slug": "a", "day": "b"}),
        ("/trade/<b>", "terminal", {"contract": "<b>"}),
    ],
)
def test_an_address_finds_its_page(path, page, given):
    route, found = found_route(routes_from(json.dumps(ROUTES).encode()), path)
    assert (route.page, found) == (page, given)


@pytest.mark.parametrize(
    "path", ["", "//", "/release", "/release/", "/series/a/b/c", "/Prices", "/" + "a" * 600]
)
def test_other_addresses_find_none(path):
    assert found_route(routes_from(json.dumps(ROUTES).encode()), path) is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("{", "expected JSON"),
        ({}, "expected a list of at most"),
        ([row("a", ["/a"], True)] * (ROUTES_MOST + 1), "expected a list of at most"),
        (["a"], "page 0: expected an object, found 'a'"),
        ([row("a", ["/a"], True, script=True)], "found 'script'"),
        ([row("a", ["/a"], "yes")], "plain: expected bool, found 'yes'"),
        ([{**row("a", ["/a"], True), "title": None}], "title: expected str, found None"),
        ([row("a", ["a"], True)], "expected an address such as"),
        ([row("a", ["/a/../b"], True)], None),
        ([row("a", ["/a/{b"], True)], "expected a word or a {name}, found '{b'"),
    ],
)
def test_a_table_that_is_otherwise_is_refused(rows, words):
    content = rows if isinstance(rows, str) else json.dumps(rows)
    if words is None:  # A file is never named by an address, so dots do nothing.
        assert found_route(routes_from(content.encode()), "/b") is None
        return
    with pytest.raises(PageRefused, match=re.escape(words)):
        routes_from(content.encode())


@pytest.mark.parametrize(
    "harm",
    [
        "<script>alert(1)</script>",
        '<script type="module">import "/assets/a.js"</script>',
        "<style>body{}</style>",
        '<p style="color:red">',
        '<body onload="go()">',
        '<script src="https://elsewhere.example/a.js"></script>',
        '<link rel="icon" href="//elsewhere.example/a.png">',
        '<a href="javascript:go()">',
    ],
)
def test_a_shell_that_its_policy_would_break_is_refused(harm):
    check_shell(SHELL)
    with pytest.raises(PageRefused):
        check_shell(SHELL.replace("<div", harm + "<div"))
    with pytest.raises(PageRefused, match="a head and a body"):
        check_shell("<p>nothing</p>")


def test_the_table_and_the_shell_of_this_checkout_can_be_served():
    """What Vite does to the shell is put names of files in place of the source's."""
    routes = routes_from((WEB / "routes.json").read_bytes())
    assert found_route(routes, "/")[0].plain
    paths = [path for route in routes for path in route.paths]
    assert len(set(paths)) == len(paths)
    check_shell((WEB / "index.html").read_text())


def test_a_file_of_no_known_kind_is_refused(tmp_path):
    (built(tmp_path) / "assets" / "app.exe").write_bytes(b"MZ")
    with pytest.raises(PageRefused, match=r"assets/app.exe: expected one of"):
        read_page(tmp_path)
