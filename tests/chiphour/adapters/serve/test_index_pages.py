"""INDEX_PAGES: what people get of an index, and that it needs nothing else.

Takes   the served index.
Gives   failures.
Keeps   every link of a page alive.
Source  Decisions 0010 and 0023.
"""

import re
from xml.etree import ElementTree

import httpx
import pytest

PAGES = (
    *("/", "/release/2026-07-13", "/series/h100-sxm-od", "/series/h100-sxm-od-us"),
    *("/series/l4-od/2026-07-11", "/series/l4-od/2026-07-11?as_of=2026-07-11T00:40:00Z"),
    *("/series/t4-od/2026-07-11?set=plain", "/news", "/news?kind=revision", "/references", "/log"),
)


def text_of(page) -> str:
    return " ".join("".join(ElementTree.fromstring(page).itertext()).split())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_and_loads_nothing(index_address, path):
    answer = httpx.get(index_address + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    root = ElementTree.fromstring(answer.text)
    assert not [e for e in root.iter() if e.tag in ("script", "img", "iframe", "object", "source")]
    assert not re.search(r"\ssrc(set)?=|url\(|@import", answer.text)
    assert [e.attrib["href"] for e in root.iter("link")] == ["/favicon.svg"]
    assert "/market" not in answer.text


def test_every_link_of_our_own_leads_somewhere(index_address):
    """Follow all links from all pages, without going round in circles; one set of each fix only."""
    seen, waiting = set(), list(PAGES)
    with httpx.Client(base_url=index_address) as client:
        while waiting:
            path = waiting.pop()
            shape = re.sub(r"\d{4}-\d\d-\d\d(T[\d:]+Z)?|(h100|h200|l4|t4)[a-z0-9-]*", "*", path)
            if (path if "/series/" not in path else shape) in seen:
                continue
            seen.add(path if "/series/" not in path else shape)
            answer = client.get(path)
            assert answer.status_code == 200, path
            if answer.headers["content-type"].startswith("text/html"):
                found = re.findall(r'href="(/[^"]*)"', answer.text)
                waiting += [each.replace("&amp;", "&") for each in found]
    assert len(seen) > 60


def test_a_fix_is_shown_as_it_was_known(index_address):
    path = f"{index_address}/series/l4-od/2026-07-11"
    now, then = httpx.get(path), httpx.get(path, params={"as_of": "2026-07-11T00:40:00Z"})
    assert then.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert now.headers["cache-control"] == "no-cache"
    assert "revised, known 2026-07-14 00:30 UTC" in text_of(now.text)
    words = text_of(then.text)
    assert "provisional, known 2026-07-11 00:35 UTC" in words
    assert "As it was known at 2026-07-11 00:40 UTC." in words
    assert "REV-2026-001" not in words


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/series/l4-od/2026-07-09", 404, "xpected a day with a release from 2026-07-10"),
        ("/series/l4-od/2026-07-11?as_of=2030-01-01T00:00:00Z", 400, "xpected a time not after"),
        ("/series/l4-od/2026-07-11?set=x", 400, "xpected one of v2026_1, robust, plain"),
        ("/news?kind=x", 400, "xpected one of fix"),
        ("/market", 404, "Expected an address of this market"),
    ],
)
def test_what_is_not_there_is_a_page_of_its_own(index_address, path, status, words):
    answer = httpx.get(index_address + path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert words in answer.text
    ElementTree.fromstring(answer.text)
