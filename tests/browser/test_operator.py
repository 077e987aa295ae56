"""TEST OPERATOR: the path of a pool's operator, from a bid to why it was paid what it was.

Takes   a served market, in which a run is announced that closes within minutes; two windows.
Gives   claims on the form, on what is refused where, on the award and its explanation.
Keeps   everything done by hand: what is typed is what is sent.
Source  docs/how-to/auction.md.
"""

import re

import pytest
from playwright.sync_api import expect

OPEN_S = 75  # How long a gate is open: what is typed by hand must be in by then.
LATE_MS = 240_000  # How long a gate and the clearing after it may take on a busy machine.
HTML_NAME = "<img src=x onerror=document.title='owned'>"
pytestmark = pytest.mark.extra


def member(site, name, deposit_usd="1000"):
    """Let a member join whose key may read and bid."""
    return site.member(name, deposit_usd, scopes=["read", "bid"])


def signed_in(opened, number, key, width=1280, scheme="light"):
    """Open a run's page and sign in on it."""
    window = opened(f"/auction/{number}", width, scheme)
    window.expected = ("Failed to load resource",)  # Refusals that the tests bring about.
    page = window.page
    filled(page, {"Key id": key[0], "Secret": key[1]})
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signed in as")).to_be_visible()
    return page


def filled(page, texts):
    for label, text in texts.items():
        page.get_by_label(label, exact=True).fill(text)


def offered(page, name, chips, usd):
    """Fill the form for chips for sale."""
    page.get_by_label("What you bring").select_option("pool")
    filled(page, {"Name of the bid": name, "Chips": chips, "Dollars a chip-hour 1": usd})


def submitted(page, name):
    """Wait until the auction has looked at the bid, then send it."""
    expect(page.get_by_text("Would be taken")).to_be_visible()
    page.get_by_role("button", name="Submit the bid").click()
    expect(page.get_by_text(f"{name} was taken")).to_be_visible()
    expect(page.get_by_role("rowheader", name=name, exact=True)).to_be_visible()


def fault_at(page, label):
    """Give what is said to be wrong in a field, once anything is."""
    field = page.get_by_label(label, exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    return page.locator(f"[id='{field.get_attribute('aria-describedby')}']").inner_text()


def test_a_pool_is_offered_sold_and_the_award_explained(site, opened):
    """Two members bid in one run; the pool changes its offer, is awarded, and asks why."""
    number = site.announced(OPEN_S)
    seller = signed_in(opened, number, member(site, "pool operator"))
    offered(seller, "fleet", "16", "1.5")
    submitted(seller, "fleet")
    seller.get_by_role("button", name="Change fleet").click()
    filled(seller, {"Dollars a chip-hour 1": "1.25"})
    expect(seller.get_by_text("Would be taken")).to_be_visible()
    seller.get_by_role("button", name="Change the bid").click()
    row = seller.get_by_role("row", name="fleet")
    expect(row).to_contain_text("$8.00")  # A tenth of 16 chips, 4 hours, $1.25.
    buyer = signed_in(opened, number, member(site, "training lab"), width=390, scheme="dark")
    filled(buyer, {"Name of the bid": "nightly", "Chips at most": "8", "Units 1": "24"})
    filled(buyer, {"Dollars a unit 1": "3", f"H100/node8/browser{number}": "1"})
    submitted(buyer, "nightly")
    for page, name in ((seller, "fleet"), (buyer, "nightly")):
        expect(page.get_by_text("The gate has closed while this page was open")).to_be_visible(
            timeout=LATE_MS
        )
        own = page.get_by_role("row", name=name, exact=False).filter(has_text="Why?")
        expect(own).to_contain_text("served", timeout=LATE_MS)
        expect(own).to_contain_text("24")  # Chip-hours, of both.
        own.get_by_role("button", name="Why?").click()
        expect(page.get_by_role("heading", name=f"Why {name} got what it got")).to_be_visible()
        assert page.locator(".why li").all_inner_texts()
    assert buyer.evaluate("document.documentElement.scrollWidth") <= 390
    expect(seller.get_by_text("no bid left out")).to_be_visible()
    expect(seller.get_by_role("img", name="Supply and demand")).to_be_visible()


def test_a_bid_of_two_ways_is_taken_as_one_and_comes_back_to_be_changed(site, opened):
    """Work at any hours, or else a gang at once: one exclusive bid; a fault is told in its way."""
    number = site.announced(3_600)
    product = f"H100/node8/browser{number}"
    seller = signed_in(opened, number, member(site, "a pool for gangs"))
    offered(seller, "fleet", "16", "1.5")
    submitted(seller, "fleet")  # A gang is looked at with what is for sale.
    page = signed_in(opened, number, member(site, "undecided lab"), width=390)
    filled(page, {"Name of the bid": "either", "Chips at most": "8", "Units 1": "24"})
    filled(page, {"Dollars a unit 1": "3", product: "1"})
    page.get_by_role("button", name="Add another way").click()
    way = page.get_by_role("region", name="Way 2")
    filled(way, {"Chips, all at once": "8 GPUs", "Runs for": "3", product: "60"})
    page.get_by_role("button", name="Submit the bid").click()
    assert "“8 GPUs”" in fault_at(way, "Chips, all at once")
    filled(way, {"Chips, all at once": "8"})
    submitted(page, "either")
    row = page.get_by_role("row", name="either")
    expect(row).to_contain_text("divisible or gang")
    row.get_by_role("button", name="Change either").click()
    expect(way.get_by_label("Runs for", exact=True)).to_have_value("3")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    way.get_by_role("button", name="Remove way 2").click()
    expect(page.get_by_text("Would be taken")).to_be_visible()
    page.get_by_role("button", name="Change the bid").click()
    expect(row).not_to_contain_text("gang")
    assert site.operator.post(f"/api/auction/runs/{number}/cancel", json={}).is_success


def test_what_is_wrong_is_said_where_it_is(site, opened):
    """HTML in a name, a unit in a figure, a value that rises, money that is not there."""
    number = site.announced(3_600)
    page = signed_in(opened, number, member(site, "careless buyer"))
    filled(page, {"Name of the bid": HTML_NAME, "Chips at most": "16 GPUs"})
    filled(page, {"Units 1": "10", "Dollars a unit 1": "2", f"H100/node8/browser{number}": "1"})
    page.get_by_role("button", name="Submit the bid").click()
    assert "letters, digits" in fault_at(page, "Name of the bid")
    assert "“16 GPUs”" in fault_at(page, "Chips at most")
    assert "owned" not in page.title()
    filled(page, {"Name of the bid": "careless", "Chips at most": "16"})
    expect(page.get_by_text("Would be taken")).to_be_visible()
    page.get_by_role("button", name="Add a line").click()
    filled(page, {"Units 2": "10", "Dollars a unit 2": "5"})
    assert "expected" in fault_at(page, "Dollars a unit 2")  # The auction's own words.
    filled(page, {"Units 2": "5000", "Dollars a unit 2": "2"})
    expect(page.get_by_text("That is more than this account has free")).to_be_visible()
    page.get_by_role("button", name="Submit the bid").click()
    expect(page.get_by_role("alert")).to_contain_text("FUNDS_INSUFFICIENT")
    filled(page, {"Limit of spending": "100"})
    submitted(page, "careless")
    page.get_by_role("button", name="Withdraw careless").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("None in this run yet")).to_be_visible()
    assert site.operator.post(f"/api/auction/runs/{number}/cancel", json={}).status_code == 200


def test_a_key_that_may_not_bid_is_told_so(site, opened):
    """A key with the scope read alone signs in; the auction says which scope it lacks."""
    number = site.announced(3_600)
    page = signed_in(opened, number, site.member("onlooker"))
    offered(page, "fleet", "8", "1")
    expect(page.get_by_role("alert")).to_contain_text("bid")
    wrong = opened(f"/auction/{number}")
    wrong.expected = ("Failed to load resource",)
    filled(wrong.page, {"Key id": "nobody", "Secret": "nothing"})
    wrong.page.get_by_role("button", name="Sign in").click()
    expect(wrong.page.get_by_role("alert")).to_be_visible()
    assert wrong.page.get_by_label("Secret").input_value() == ""
    assert site.operator.post(f"/api/auction/runs/{number}/cancel", json={}).status_code == 200


def test_the_demonstration_has_a_run_that_cleared_and_one_that_takes_bids(site, opened):
    """The list has both; the cleared one shows prices, its certificate and who got what."""
    window = opened("/auction")
    expect(window.page.get_by_text("open for bids").first).to_be_visible()
    cleared = (
        window.page.get_by_role("row").filter(has_text="/demonstration").filter(has_text="cleared")
    )
    expect(cleared.last).to_be_visible(timeout=LATE_MS)
    cleared.last.get_by_role("link").click()
    expect(window.page.get_by_role("heading", name="Reserve")).to_be_visible()
    expect(window.page.get_by_text("no bid left out")).to_be_visible(timeout=LATE_MS)
    cell = window.page.get_by_role("region", name="Prices by product").get_by_role("button").first
    cell.click()
    assert "at=" in window.page.url
    expect(window.page.get_by_role("img", name="Supply and demand")).to_be_visible()


def test_bids_are_sealed_until_the_market_says_that_they_are_not(site, opened):
    """Let its answer stand still just before disclosure: no clock of ours asks for files."""
    number = site.run_in("cleared")
    window = opened("/auction")
    asked = []
    window.page.on("request", lambda request: asked.append(request.url))

    def stands_still(route):
        told = route.fetch().json()
        told["time"], told["row"]["discloses"] = "2026-08-13T00:30:49Z", "2026-08-13T00:30:51Z"
        route.fulfill(json=told)

    window.page.route(re.compile(rf"/api/auction/runs/{number}$"), stands_still)
    window.page.goto(f"/auction/{number}")
    expect(window.page.get_by_text("Bids are sealed until 2026-08-13 00:30 UTC")).to_be_visible()
    expect(window.page.get_by_text(re.compile("disclosure in [12] second"))).to_be_visible()
    expect(window.page.get_by_text(re.compile("disclosure [12] seconds? ago"))).to_be_visible()
    assert not [each for each in asked if "/files/" in each or each.endswith("/proof")]
    window.page.unroute_all(behavior="ignoreErrors")
    expect(window.page.get_by_role("img", name="Supply and demand")).to_be_visible()
    expect(window.page.get_by_text("no bid left out")).to_be_visible()
