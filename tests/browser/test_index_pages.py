"""TEST INDEX PAGES: news, venues, methodology, references, data, log, changelog.

Takes   the served market.
Gives   failures.
Keeps   what a page shows equal to what the API tells; what is chosen in the address; a log that
        was rewritten found out by a browser that kept a head.
Source  Decision 0041.
"""

import json
import time
from base64 import b64encode

import httpx
import pytest
from playwright.sync_api import expect

from browser.windows import settled
from chiphour.adapters.log import WITNESSES
from chiphour.adapters.log import open_log
from chiphour.adapters.signing import Signer
from chiphour.adapters.witness import Witness
from chiphour.adapters.witness import request_of
from chiphour.index.note import COSIGNATURE

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


@pytest.fixture(scope="module")
def witness(site, tmp_path_factory):
    """Make a witness that the log knows; give its signer, and its folder."""
    folder = tmp_path_factory.mktemp("witness")
    signer = Signer(folder / "witness.key", "witness.example/browser", COSIGNATURE)
    with (site.folder / WITNESSES).open("a") as file:
        file.write(f"{signer.vkey}\n")
    return signer, folder


def cosigned(site, witness):
    """Let the witness cosign the head of now, unless it did; give what the API tells of the log."""
    signer, folder = witness
    if not any(each["role"] == "witness" for each in told(site, "/api/log")["signers"]):
        log = open_log(site.folder)
        one = Witness(folder, signer, [log.key], time.time_ns)
        log.add_cosignature(one.add_checkpoint(request_of(log, one.last(log.origin).size)))
        log.close()
    return told(site, "/api/log")


def test_cosignatures_are_checked_by_the_browser_and_by_keys_of_the_reader(site, opened, witness):
    """A witness cosigns; the page checks it; a false signature and a false key are told."""
    state, vkey = cosigned(site, witness), witness[0].vkey
    assert vkey in state["witnesses"]
    page = opened("/log").page
    row = page.get_by_role("row").filter(has_text="witness.example/browser")
    expect(row).to_contain_text("checked")
    expect(row).to_contain_text("by a key that this server names")
    expect(page.get_by_text("1 of 1 cosignature checked by this browser")).to_be_visible()
    page.get_by_text("Check by keys of your own").click()
    keys = page.get_by_label("Keys of witnesses that you noted elsewhere")
    keys.fill(f"{vkey}\nno key")
    expect(row).to_contain_text("this server names and you gave")
    expect(page.get_by_role("alert")).to_contain_text("Line 2: expected a key")
    # The same head as if the server lied about it: every signature is another's.
    lied = state | {"checkpoint": state["checkpoint"].replace(f"\n{state['size']}\n", "\n7\n", 1)}
    liar = opened("/").page
    liar.route("**/api/log", lambda route: route.fulfill(json=lied))
    liar.goto("/log")
    expect(liar.get_by_text("A signature is not that of the key whose name it has")).to_be_visible()
    expect(liar.get_by_text("0 of 1 cosignature checked")).to_be_visible()


def test_a_browser_that_cannot_check_signatures_says_so(site, opened, witness):
    """Take Ed25519 from a browser: nothing is called checked, and the reason stands there."""
    cosigned(site, witness)
    window = opened("/")
    window.page.add_init_script(
        "crypto.subtle.generateKey = () => Promise.reject(new DOMException('none', 'NotSupported'))"
    )
    window.page.goto("/log")
    expect(window.page.get_by_text("Nothing was checked: this browser cannot")).to_be_visible()
    row = window.page.get_by_role("row").filter(has_text="witness.example/browser")
    expect(row).to_contain_text("not checked")
