"""PAGES: what people get, over a real connection, and that it needs nothing else.

Takes   the served market.
Gives   failures.
Keeps   every link of a page alive.
Source  Decision 0010.
"""

import re
from xml.etree import ElementTree

import httpx
import pytest

PAGES = ("/", "/release/2026-07-10", "/release/2026-07-13", "/series/h100-sxm-od", "/market")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_and_loads_nothing(address, path):
    answer = httpx.get(address + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    root = ElementTree.fromstring(answer.text)
    assert not [e for e in root.iter() if e.tag in ("script", "img", "iframe", "object", "source")]
    assert not re.search(r"\ssrc(set)?=|url\(|@import", answer.text)
    fetched = [e.attrib["href"] for e in root.iter("link")]
    assert fetched == ["/favicon.svg"]
    assert "Members are demonstration programs." in answer.text


@pytest.mark.long
def test_every_link_of_our_own_leads_somewhere(address):
    """Follow all links from all pages, without going round in circles."""
    seen, waiting = set(), list(PAGES)
    with httpx.Client(base_url=address) as client:
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            answer = client.get(path)
            broken = {"/series/gb200-r1y", "/series/mi250-od"}  # Archive damaged, on purpose.
            assert answer.status_code == 200 or path in broken, path
            if answer.headers["content-type"].startswith("text/html"):
                found = re.findall(r'href="(/[^"]*)"', answer.text)
                waiting += [each.replace("&amp;", "&") for each in found]
    assert len(seen) > 50


def test_days_turn_and_only_the_latest_shows_the_market(address):
    first, last = (httpx.get(f"{address}/release/2026-07-{day}").text for day in (10, 15))
    assert "/release/2026-07-11" in first
    assert "H100SXMOD_USDC-PERPETUAL" not in first
    assert "/release/2026-07-14" in last
    assert "H100SXMOD_USDC-PERPETUAL" in last
    assert "Run 7" in last
    assert httpx.get(address + "/").text == last


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/release/2020-01-01", 404, "expected a day with a release from 2026-07-10 to 2026-07-15"),
        ("/release/today", 400, "expected a day such as 2026-07-20, found &#x27;today&#x27;"),
        ("/series/nothing", 404, "found &#x27;nothing&#x27;"),
        ("/nowhere/<script>alert(1)</script>", 404, "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_what_is_not_there_is_a_page_of_its_own(address, path, status, words):
    answer = httpx.get(address + path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert words in answer.text
    ElementTree.fromstring(answer.text)


def test_before_the_first_fix_the_page_says_so(started):
    process = started("0", "--empty")
    address = process.stdout.readline().removeprefix("ready ").strip()
    answer = httpx.get(address + "/")
    assert answer.status_code == 404
    assert "nothing was fixed" in answer.text
    assert httpx.get(address + "/healthz").json() == {"status": "ok", "day": None}
    assert httpx.get(address + "/release/2026-07-10").status_code == 404
    assert httpx.get(address + "/series/h100-sxm-od").status_code == 200


def test_the_icon_is_a_picture(address):
    answer = httpx.get(address + "/favicon.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert ElementTree.fromstring(answer.text).tag.endswith("svg")
