"""TEST INDEX PAGES: news, venues, methodology, references, data, log, changelog.

Takes   the served market.
Gives   failures.
Keeps   what a page shows equal to what the API tells; what is chosen in the address; a log that
        was rewritten found out by a browser that kept a head.
Source  Decision 0041.
"""

import json
from base64 import b64encode

import httpx
import pytest

from browser.windows import settled

pytestmark = pytest.mark.extra


def told(site, address):
    """Ask the API."""
    answer = httpx.get(f"{site.address}{address}", timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_news_of_one_kind_and_its_feed(site, opened):
    items = told(site, "/api/news?kind=rejection")["news"]
    page = opened("/news").page
    page.get_by_role("link", name="Rejections").click()
    page.wait_for_url("**/news?kind=rejection")
    settled(page)
    page.get_by_text(items[0]["title"]).first.wait_for()
    feed = page.get_by_role("link", name="Atom feed").get_attribute("href")
    assert httpx.get(f"{site.address}{feed}").text.startswith("<?xml")
    assert page.locator("main section li").count() == len(items)


def test_venues_by_role_and_by_age(site, opened):
    venues = told(site, "/api/venues")["venues"]
    eligible = [each for each in venues if each["role"] == "eligible"]
    page = opened("/venues").page
    page.get_by_role("link", name=f"eligible {len(eligible)}").click()
    settled(page)
    table = page.get_by_role("table", name="Venues")
    assert table.get_by_role("row").count() == len(eligible) + 1
    page.get_by_role("button", name="Last price").click()
    assert "sort=age" in page.url and "role=eligible" in page.url


def test_the_methodology_is_whole_and_its_contents_lead_to_it(site, opened):
    sections = told(site, "/api/methodology")["sections"]
    page = opened("/methodology").page
    heads = page.locator("main h1, main h2, main h3").all_inner_texts()
    assert heads == [each["title"] for each in sections]
    for link in page.get_by_role("navigation", name="Contents").get_by_role("link").all():
        target = link.get_attribute("href")
        assert page.locator(target).count() == 1, target


def test_the_changelog_has_every_topic(site, opened):
    releases = told(site, "/api/changelog")["releases"]
    page = opened("/changelog").page
    topics = [
        entry["title"].replace("_", " ")
        for each in releases
        for entry in each["entries"]
        if entry["title"]
    ]
    assert page.locator("main h3").all_inner_texts() == topics


def test_references_of_every_publisher(site, opened):
    levels = told(site, "/api/references")["references"]
    page = opened("/references").page
    shown = page.locator("main h2").all_inner_texts()
    assert shown == list(dict.fromkeys(each["publisher"] for each in levels))


def test_every_file_that_the_data_page_names_is_there(site, opened):
    page = opened("/data").page
    links = page.get_by_role("table").get_by_role("link").all()
    addresses = {link.get_attribute("href") for link in links}
    files = sorted(each for each in addresses if each.startswith("/"))
    assert len(files) > 10
    for address in files:
        with httpx.stream("GET", f"{site.address}{address}", timeout=60) as answer:
            assert answer.status_code == 200, address


def kept_head(page):
    return json.loads(page.evaluate("localStorage.getItem('chiphour-log-head')"))


def test_a_browser_that_kept_a_head_sees_that_the_log_only_grew(site, opened):
    page = opened("/log").page
    page.get_by_role("button", name="Keep this head").click()
    size = told(site, "/api/log")["size"]
    assert int(kept_head(page)["size"]) <= size
    # An older head of the same log, as if kept long ago: its leaf's root is known for good.
    logged = told(site, "/api/series/h100-sxm-od/2026-07-20")["logged"]
    root = b64encode(bytes.fromhex(logged["root"])).decode()
    older = kept_head(page) | {"size": str(logged["index"] + 1), "root": root}
    page.evaluate("head => localStorage.setItem('chiphour-log-head', head)", json.dumps(older))
    page.reload()
    settled(page)
    page.get_by_role("button", name="Check that it only grew").click()
    page.locator("#growth").get_by_text("It only grew", exact=True).wait_for()
    assert int(kept_head(page)["size"]) >= size  # The new head is the one that is kept now.


def test_a_log_that_was_rewritten_is_found_out(opened):
    page = opened("/log").page
    page.get_by_role("button", name="Keep this head").click()
    wrong = kept_head(page)
    wrong |= {"root": b64encode(bytes(32)).decode(), "size": str(int(wrong["size"]) - 1)}
    page.evaluate("head => localStorage.setItem('chiphour-log-head', head)", json.dumps(wrong))
    page.reload()
    settled(page)
    page.get_by_role("button", name="Check that it only grew").click()
    page.get_by_text("Refused: this is not a log that only grew").wait_for()
    assert kept_head(page) == wrong  # The evidence is not overwritten.
