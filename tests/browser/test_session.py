"""TEST SESSION: one session for all of a page; the operator in the terminal; nothing is kept.

Takes   a served market with its page; members with keys; the operator's password, set on its disk.
Gives   claims on what signing in or out in one place does in the others, and on what is seen.
Keeps   everything done by hand; what the page shows held to what the market itself has.
Source  Decision 0051.
"""

import json
import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from chiphour.adapters.operator import USER
from chiphour.adapters.operator import Operator

PASSWORD = "a password of the browser's operator"
CONTRACT = "H100SXMOD_USDC-PERPETUAL"
# What a page's own request gets, or that the browser asks a person: then it knows no password.
ASKED = """() => Promise.race([
  fetch("/api/members").then(({ status }) => status),
  new Promise((told) => setTimeout(told, 3000, "asked")),
])"""
KEPT = """async () => JSON.stringify([
  Object.entries(localStorage), Object.entries(sessionStorage), document.cookie,
  history.state, location.href, (await indexedDB.databases()).map(({ name }) => name),
  document.documentElement.outerHTML,
  [...document.querySelectorAll("input")].map(({ value }) => value),
])"""
pytestmark = pytest.mark.extra


@pytest.fixture(scope="module")
def operated(site):
    """Set the operator's password as its command does; give the site."""
    Operator(site.folder).set_password(PASSWORD)
    return site


def walked(page, address):
    """Go to an address within the page, as a link does: its memory stays."""
    page.evaluate(
        """(address) => {
          const link = document.createElement("a");
          link.href = address;
          document.querySelector("main").append(link);
          link.click();
          link.remove();
        }""",
        address,
    )
    page.wait_for_url(f"**{address}")


def low_price(site, below="0.02"):
    """Give a price that is so much of it below the mark: inside its band, and it rests."""
    rows = site.operator.get("/api/contracts").json()["contracts"]
    (mark,) = (Decimal(row["mark_usd"]) for row in rows if row["contract"] == CONTRACT)
    return str((mark * (1 - Decimal(below))).quantize(Decimal("0.0001")))


def bought(page, lots, price):
    """Write and send an order to buy; nothing is asked before."""
    page.get_by_role("textbox", name="Lots", exact=True).fill(lots)
    page.get_by_role("textbox", name="Price", exact=True).fill(price)
    page.get_by_role("button", name=f"Buy {lots} at ${price}").click()
    expect(page.locator("p.said")).to_contain_text("rests")
    page.get_by_role("button", name="Hide this message").click()


def terminal_of(opened, width=1280, scheme="light"):
    """Open the terminal; give its page once it is live."""
    window = opened(f"/trade/{CONTRACT}", width, scheme)
    window.page.get_by_text("Live", exact=True).wait_for()
    return window


def pasted(page, key):
    """Paste a key and sign in, wherever the form stands."""
    page.get_by_label("Key id").fill(key[0])
    page.get_by_label("Secret").fill(key[1])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def typed(page, password):
    """Come in as the operator."""
    page.get_by_label("As the operator").check()
    assert page.get_by_label("Name", exact=True).input_value() == USER
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_key_of_the_terminal_is_in_at_the_auction_and_out_of_both_at_once(operated, opened):
    """Paste in the terminal; bid at the auction; sign out there; the terminal shows no account."""
    number = operated.announced(3_600)
    key = operated.member("both", scopes=["read", "trade", "bid"])
    page = terminal_of(opened).page
    pasted(page, key)
    expect(page.get_by_label("Account").last).to_contain_text("$100,000.00")
    walked(page, "/curve")
    expect(page.get_by_role("banner")).to_contain_text(f"key {key[0]}")
    walked(page, f"/auction/{number}")
    expect(page.get_by_role("main")).to_contain_text(re.compile("Signed in as both"))
    expect(page.get_by_text("None in this run yet")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    walked(page, f"/trade/{CONTRACT}")
    expect(page.get_by_text("once you have signed in")).to_be_visible()
    assert operated.operator.post(f"/api/auction/runs/{number}/cancel", json={}).is_success


def test_a_key_of_the_auction_is_in_at_the_terminal_and_trades(operated, opened):
    """Paste at the auction; the terminal, opened after, has the account and places an order."""
    number = operated.announced(3_600)
    name = "the other way"
    key = operated.member(name, scopes=["read", "trade", "bid"])
    page = opened(f"/auction/{number}").page
    pasted(page, key)
    walked(page, f"/trade/{CONTRACT}")
    expect(page.get_by_label("Account").last).to_contain_text("$100,000.00")
    page.get_by_label("Ask before an order is sent").uncheck()
    bought(page, "1", low_price(operated))
    walked(page, "/news")
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("banner").get_by_role("button")).to_have_count(0)
    for address, words in (
        (f"/auction/{number}", "Your bids are sealed"),
        (f"/trade/{CONTRACT}", "once you have signed in"),
    ):
        walked(page, address)
        expect(page.get_by_text(words)).to_be_visible()
    assert operated.operator.post(f"/api/auction/runs/{number}/cancel", json={}).is_success


def test_a_key_that_is_revoked_is_out_everywhere_and_it_is_said(operated, opened):
    made = operated.joined("revoked", scopes=["read", "trade"])
    window = terminal_of(opened)
    window.expected = ("WebSocket",)
    pasted(window.page, (made["key"]["id"], made["secret"]))
    assert operated.operator.delete(f"/api/keys/{made['key']['id']}").is_success
    expect(window.page.get_by_text("no longer takes this key")).to_be_visible()
    walked(window.page, "/curve")
    expect(window.page.get_by_role("banner").get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_operator_sees_a_member_and_cancels_all_of_it(operated, opened, width, scheme):
    """Find a member; its order, position, money; cancel; the exchange has no order of it."""
    name = f"watched {width}"
    key, secret = operated.member(name, scopes=["read", "trade"])
    member = terminal_of(opened).page
    pasted(member, (key, secret))
    member.get_by_label("Ask before an order is sent").uncheck()
    prices = [low_price(operated, below) for below in ("0.03", "0.02")]
    for lots, price in zip("42", prices, strict=True):
        bought(member, lots, price)
    page = terminal_of(opened, width, scheme).page
    typed(page, PASSWORD)
    expect(page.get_by_text("Signed in as the operator")).to_be_visible()
    expect(page.get_by_text("The operator places no orders")).to_be_visible()
    if width < 900:
        page.get_by_role("tab", name="Yours").tap()
    page.get_by_label("Find a member").fill(name)
    page.get_by_role("button", name=f"Look at {name}").click()
    expect(page.get_by_label(f"Account of {name}")).to_contain_text("$100,000.00")
    page.get_by_role("tab", name="Orders (2)").click()
    for turned in (800, width):  # The terminal is laid out anew: who is looked at stays.
        page.set_viewport_size({"width": turned, "height": 900})
    orders = page.get_by_role("region", name=f"Orders of {name}")
    expect(orders.get_by_role("row")).to_have_count(3)
    expect(orders.get_by_role("row").nth(1)).to_contain_text(prices[1])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Cancel its orders").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel all").click()
    expect(page.locator("p.said")).to_contain_text(f"2 orders of {name} are cancelled")
    expect(page.get_by_text("No order stands.")).to_be_visible()
    told = operated.operator.get(f"/api/members/{name}/trading").json()
    assert (told["standing"], told["account"]["mode"]) == (0, "normal")


def test_a_password_is_nowhere_but_in_what_is_asked_and_signing_out_forgets_it(operated, opened):
    """A wrong one is said; the right one is in no storage, address or page; then it is gone."""
    window = terminal_of(opened)
    window.expected = ("Failed to load resource",)
    page = window.page
    typed(page, "not the operator's password")
    expect(page.get_by_text("expected the operator's password")).to_be_visible()
    assert page.get_by_label("Password").input_value() == ""
    sent = []
    page.on("request", lambda request: sent.append(request))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signed in as the operator")).to_be_visible()
    expect(page.get_by_label("Find a member")).to_be_visible()
    assert PASSWORD not in page.evaluate(KEPT)
    private = [each for each in sent if "authorization" in each.headers]
    assert private and {each.url.split("?")[0] for each in private} == {
        f"{operated.address}/api/members"
    }
    assert PASSWORD not in json.dumps([[each.url, each.post_data] for each in sent])
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.evaluate(ASKED) in (401, "asked")  # The browser kept nothing either.
    page.reload()
    expect(page.get_by_text("once you have signed in")).to_be_visible()


def test_a_password_that_was_changed_ends_the_session(operated, opened):
    window = terminal_of(opened)
    window.expected = ("Failed to load resource",)
    typed(window.page, PASSWORD)
    expect(window.page.get_by_label("Find a member")).to_be_visible()
    Operator(operated.folder).set_password(f"{PASSWORD}, changed")
    try:
        window.page.get_by_role("button", name="Look").first.click()
        expect(window.page.get_by_text("no longer takes this password")).to_be_visible()
    finally:
        Operator(operated.folder).set_password(PASSWORD)
