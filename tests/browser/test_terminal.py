"""TEST TERMINAL: two members trade in two windows, as people do, on a real market.

Takes   a market of `trading.py` with the page before it; chromium.
Gives   failures.
Keeps   what a window shows held to what the exchange itself has; no fault in any console.
Source  Decision 0047; issue "the page that people keep open".
"""

import re
import time

import pytest
from playwright.sync_api import expect

from browser.terminals import Line
from browser.terminals import Terminal
from browser.windows import Window
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.index.series import BY_TICKER
from chiphour.units import NS_PER_SECOND
from chiphour.wire.key import READ
from clients.driven import account_of
from raw_socket import Raw
from trading import DEPOSIT_MICROUSD
from trading import NAME
from trading import TICKER_H200
from trading import contracts_beside
from trading import trading
from upped import Site

pytestmark = pytest.mark.extra

HOURLY = "H200SXMOD_USDC-PERPETUAL"
TICK_S, TICKS = 15, 24  # More than the index's median of 20.


@pytest.fixture(scope="module")
def floor(built, tmp_path_factory):
    """Serve a market with the page, three members, and one who sees that there is a book."""
    folder = tmp_path_factory.mktemp("floor")
    with trading(folder, members=5, beside=contracts_beside(), page=True) as opened:
        yield opened


@pytest.fixture
def window(floor, browser):
    """Give `window(member, width, ...)`: a terminal in a window of its own, signed in.

    Where `between`, a test holds its wire (`.line`); else it has the browser's own socket.
    """
    windows = []

    def opens(
        member=None, width=1920, scheme="light", contract=NAME, expected=(), query="", between=False
    ):
        found = Window(browser, Site(floor.url, floor.market.folder, None), width, scheme)
        found.expected = expected
        windows.append(found)
        terminal = Terminal(found.page, contract)
        if between:
            terminal.line = Line(found.page)
        terminal.open(query)
        if member is not None:
            terminal.sign_in(member.key, member.secret)
        return terminal

    yield opens
    faults = [fault for each in windows for fault in each.end()]
    assert not faults, faults


@pytest.fixture
def maker(floor):
    """Give a member who quotes from a program, and cancels all at the end."""
    with Raw(floor.socket_url, floor.members[4]) as opened:
        yield opened
        opened.result("private/cancel_all")


def orders_of(floor, member):
    """Give the orders of a member that stand, as the gateway folded them."""
    found = floor.gateway.blotter(member.account).orders.values()
    return [each for each in found if each.is_standing]


def waited(is_so, seconds=15):
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "expected it to become so in time"
        time.sleep(0.02)


def test_two_members_see_each_others_fills(floor, window):
    """One rests, the other takes: book, tape, positions and words in both windows follow."""
    ann, bob = floor.members[:2]
    one, two = window(ann), window(bob, scheme="dark")
    one.write("buy", "7", Price="2.9")
    assert "rests" in one.send()
    two.page.get_by_role("button", name="2.9000", exact=True).click()  # The ladder's price.
    assert two.field("Price").input_value() == "2.9000"
    expect(one.page.locator(".ladder tr.mine")).to_have_count(1)
    two.unasked().write("sell", "3", Price="2.9000")
    assert "3 lots traded at $2.9" in two.send()
    expect(one.page.locator("p.said")).to_contain_text(f"Bought 3 lots of {NAME} at $2.9")
    for each, lots in ((one, "3"), (two, "\u22123")):
        expect(each.own("Positions").get_by_role("row").nth(1)).to_contain_text(lots)
        expect(each.page.get_by_role("region", name="Last trades")).to_contain_text("2.9000")
    assert {each.lots for each in account_of(floor, ann).positions if each.lots} == {3}
    assert "3" in one.own("Fills").get_by_role("row").nth(1).inner_text()
    one.page.keyboard.press("c")
    one.page.get_by_role("dialog").get_by_role("button", name="Cancel all").click()
    expect(one.page.locator("p.said")).to_contain_text("1 order is cancelled")
    assert not orders_of(floor, ann)


ORDERS = [
    ("limit", {"Price": "2.8"}, "rests"),
    ("market", {}, "is filled"),
    ("stop_limit", {"Price": "3.31", "Trigger_price": "3.3"}, "waits for its trigger"),
    ("stop_market", {"Trigger_price": "3.3"}, "waits for its trigger"),
    ("take_limit", {"Price": "2.71", "Trigger_price": "2.7"}, "waits for its trigger"),
    ("take_market", {"Trigger_price": "2.7"}, "waits for its trigger"),
    ("trailing_stop", {"Behind_by": "0.2"}, "waits for its trigger"),
]


def test_each_type_of_order_is_placed_changed_and_cancelled(floor, window, maker):
    """Place each; the exchange has what was written; change one in place; cancel the rest."""
    ann = floor.members[0]
    maker.result("private/sell", instrument_name=NAME, amount=50, price=3.05)
    one = window(ann).unasked()
    for kind, fields, words in ORDERS:
        one.write("buy", "2", kind, **fields)
        assert words in one.send(), kind
    standing = orders_of(floor, ann)
    assert len(standing) == len(ORDERS) - 1
    panel = one.own("Orders")
    expect(panel.get_by_role("row")).to_have_count(len(standing) + 1)
    row = panel.get_by_role("row").filter(has_text=re.compile("Limit")).last
    row.get_by_role("button", name="Change").click()
    row.get_by_label("Price").fill("2.81")
    row.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("2.8100")
    assert 28_100 in {each.price_ticks for each in orders_of(floor, ann)}
    row.get_by_role("button", name="Cancel").click()
    expect(panel.get_by_role("row")).to_have_count(len(standing))
    one.page.get_by_role("button", name="Cancel all").click()
    waited(lambda: not orders_of(floor, ann))


def test_posted_hidden_reduced_and_bracketed_orders(floor, window, maker):
    """Post only is refused or slides; an iceberg shows a part; a bracket waits, or stands."""
    ann = floor.members[1]
    maker.result("private/sell", instrument_name=NAME, amount=50, price=3.05)
    one = window(ann).unasked().more()
    one.write("buy", "4", Price="3.06")
    one.choose("Posting", "reject")
    assert "post only" in one.send()
    one.choose("Posting", "slide")
    assert "rests" in one.send()
    (slid,) = orders_of(floor, ann)
    assert slid.price_ticks == 30_499
    one.choose("Posting", "")
    one.write("buy", "40", Price="2.5")
    one.field("Iceberg: shows").fill("5")
    assert "rests" in one.send()
    one.field("Iceberg: shows").fill("")
    one.write("buy", "6", Price="2.51")
    one.field("Bracket: take at").fill("3.4")
    one.field("Bracket: stop at").fill("2.45")
    assert "Its bracket waits for it" in one.send()
    expect(one.own("Orders")).to_contain_text("OCO")
    one.write("buy", "5", "market")
    assert "Its bracket stands" in one.send()
    links = sorted(each.link for each in orders_of(floor, ann) if each.link)
    assert len(links) == 3 and orders_of(floor, ann)[-1].link == orders_of(floor, ann)[-2].order
    one.field("Bracket: take at").fill("")
    one.field("Bracket: stop at").fill("")
    one.form.get_by_label("Reduce only").check()
    one.write("buy", "1", Price="2.9")
    assert "no position that it would reduce" in one.send()
    one.page.get_by_role("button", name="Cancel all").click()
    waited(lambda: not orders_of(floor, ann))


def test_the_preview_is_the_exchanges_and_says_why_not(floor, window, maker):
    maker.result("private/sell", instrument_name=NAME, amount=50, price=3.05)
    one = window(floor.members[2])
    one.write("buy", "60", Price="3.05")
    told = one.page.get_by_label("What the order would need")
    expect(told).to_contain_text("50 at $3.05")
    with Raw(floor.socket_url, floor.members[2]) as program:
        order = {"direction": "buy", "instrument_name": NAME, "amount": 60, "price": 3.05}
        said = program.result("private/preview_order", **order)
    for name, places in (("fee", 4), ("added_margin", 2), ("available_after", 2)):
        expect(told).to_contain_text(f"${said[name]:,.{places}f}")
    one.field("Price").fill("9")
    expect(one.form).to_contain_text("Would be refused: the price is outside the band")
    one.field("Price").fill("3.00001")
    one.form.locator("button[type=submit]").click()
    expect(one.form).to_contain_text("Expected a price in steps of $0.0001, found 3.00001")


def test_a_liquidation_is_seen_live(floor, window, maker):
    """The index falls; the position goes into the book by the exchange's hand, and it is told."""
    poor = floor.members[3]
    left = {"account": poor.account, "amount_microusd": DEPOSIT_MICROUSD - 20_000_000}
    floor.market.submit(commands([command(Kind.WITHDRAW, **left)]))
    maker.result("private/sell", instrument_name=HOURLY, amount=40, price=3.6)
    for price in (3.5, 3.4, 3.3):
        maker.result("private/buy", instrument_name=HOURLY, amount=20, price=price)
    one = window(poor, contract=HOURLY).unasked()
    one.write("buy", "40", Price="3.6")
    assert "is filled" in one.send()
    panel = one.own("Positions")
    expect(panel.get_by_role("row").nth(1)).to_contain_text("40")
    for index_microusd in (3_400_000, 3_300_000, 3_200_000):
        let_index_be(floor, index_microusd)
    expect(one.page.locator("p.said")).to_contain_text("Liquidation: Sold 20 lots")
    expect(panel).to_contain_text("No position")
    expect(one.own("Fills").get_by_role("row").nth(1)).to_contain_text("liquidation")
    expect(one.page.get_by_role("region", name="Last trades")).to_contain_text("L")
    expect(one.own("All")).to_contain_text("liquidation fee")


def let_index_be(floor, index_microusd):
    """Let six minutes of ticks pass: the median is then this."""
    start_ns, rows = floor.market.time_ns, []
    number = BY_TICKER[TICKER_H200].number
    for place in range(1, TICKS + 1):
        time_ns = start_ns + place * TICK_S * NS_PER_SECOND
        told = {"time_ns": time_ns, "value_microusd": index_microusd + place % 2}
        rows.append(command(Kind.ADVANCE, time_ns=time_ns))
        rows.append(command(Kind.MARK, index=number, fit=Quality.LIVE, **told))
    floor.market.submit(commands(rows))


def test_a_cut_line_is_told_and_comes_back_with_what_was_missed(floor, window, maker):
    """Cut the socket; trade meanwhile; mend it: the book, the fills and the orders are true."""
    ann = floor.members[0]
    one = window(ann, expected=("WebSocket",), between=True).unasked()
    one.write("buy", "2", Price="2.95")
    assert "rests" in one.send()
    one.line.cut()
    expect(one.page.get_by_text("Connection lost")).to_be_visible()
    submit = one.form.locator("button[type=submit]")
    expect(submit).to_be_disabled()
    maker.result("private/sell", instrument_name=NAME, amount=2, price=2.95)
    maker.result("private/sell", instrument_name=NAME, amount=9, price=2.9777)
    one.page.wait_for_timeout(4_000)
    assert len(one.line.opened) < 12  # It does not knock without end.
    one.line.mend()
    one.page.get_by_role("button", name="Now").click()
    one.page.get_by_text("Live", exact=True).wait_for()
    expect(one.page.get_by_role("button", name="2.9777")).to_be_visible()
    expect(one.own("Orders")).to_contain_text("No order stands")
    expect(one.own("Fills").get_by_role("row").nth(1)).to_contain_text("2.9500")
    expect(submit).to_be_enabled()


def test_a_message_that_is_lost_makes_the_book_anew(floor, window, maker):
    one = window(between=True)
    one.line.loses = 1
    for price in (2.601, 2.602, 2.603):
        maker.result("private/buy", instrument_name=NAME, amount=1, price=price)
        one.page.wait_for_timeout(250)  # A message each.
    expect(one.page.get_by_text("1 resync")).to_be_visible()
    for price in ("2.6010", "2.6020", "2.6030"):
        expect(one.page.get_by_role("button", name=price)).to_be_visible()


def test_keys_of_the_keyboard(floor, window):
    one = window(floor.members[0])
    one.page.keyboard.press("s")
    expect(one.field("Lots")).to_be_focused()
    expect(one.form.locator("label.sell")).to_have_class(re.compile("chosen"))
    one.page.keyboard.type("12")
    assert one.field("Lots").input_value() == "12"
    one.page.keyboard.press("Escape")
    expect(one.field("Lots")).not_to_be_focused()
    one.page.keyboard.press("?")
    expect(one.page.get_by_role("dialog", name="Keys")).to_be_visible()
    one.page.keyboard.press("Escape")
    expect(one.page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_a_key_is_in_no_storage_no_address_and_no_request(floor, window):
    """Sign in, look everywhere; sign out, and it is gone; a reload does not bring it back."""
    ann = floor.members[0]
    one = window()
    sent = []
    one.page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    one.sign_in(ann.key, ann.secret)
    kept = "[JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie].join()"
    assert ann.secret not in one.page.evaluate(kept) and ann.key not in one.page.evaluate(kept)
    assert ann.secret not in one.page.url + "".join(sent) + one.page.content()
    one.page.get_by_role("button", name="Sign out").click()
    one.page.get_by_role("button", name="Sign in").wait_for()
    one.page.get_by_text("Live", exact=True).wait_for()
    assert one.page.get_by_text("once you have signed in").count() == 1


def test_a_clock_that_is_wrong_by_an_hour_signs_in(floor, window):
    for hours in (-1, 1):
        one = window()
        wrong = f"const now = Date.now; Date.now = () => now() + {hours} * 3600000;"
        one.page.add_init_script(wrong)
        one.open()
        one.sign_in(floor.members[0].key, floor.members[0].secret)
        expect(one.page.get_by_label("Account").last).to_contain_text("Equity")


def test_a_key_that_may_only_read_cannot_trade_and_a_wrong_one_is_told(floor, window):
    ann = floor.members[0]
    key, secret = floor.keys.create("reads", ann.account, (READ,))
    one = window(ann._replace(key=key.id, secret=secret))
    expect(one.page.get_by_text("This key may read, not trade")).to_be_visible()
    expect(one.form.locator("button[type=submit]")).to_be_disabled()
    floor.keys.revoke(key.id)
    expect(one.page.get_by_text("no longer takes this key")).to_be_visible(timeout=20_000)
    one.page.get_by_label("Key id").fill(ann.key)
    one.page.get_by_label("Secret").fill("wrong")
    one.page.get_by_role("button", name="Sign in").click()
    expect(one.page.get_by_text("Refused:")).to_be_visible()


def test_a_name_with_html_in_it_is_text(floor, window):
    """Let the exchange say a name that is HTML: it is shown, and is no element."""
    one = window(between=True)
    evil = "<img src=x onerror=alert(1)>"
    one.line.words = {"H100SXMODAVG_USDC-31AUG26": evil}
    one.page.goto("/trade")
    one.page.get_by_text(evil).wait_for()
    assert one.page.locator("img").count() == 0
    one.page.get_by_text(evil).click()
    expect(one.page.locator("select#contract")).to_have_value(evil)


def test_on_a_phone_the_parts_are_tabs(floor, window, maker):
    maker.result("private/sell", instrument_name=NAME, amount=5, price=3.04)
    one = window(floor.members[2], width=390)
    one.page.get_by_role("tab", name="Book").tap()
    one.page.get_by_role("button", name="3.0400").tap()
    one.page.get_by_role("tab", name="Order").tap()
    assert one.field("Price").input_value() == "3.0400"
    one.write("buy", "1", Price="3.04")
    assert "is filled" in one.send()
    one.page.get_by_role("tab", name="Chart").tap()
    one.page.locator("canvas").first.wait_for()
    one.page.get_by_role("tab", name="Yours").tap()
    expect(one.own("Positions").get_by_role("row").nth(1)).to_contain_text(NAME)
    for width in (360, 390, 899):
        one.page.set_viewport_size({"width": width, "height": 800})
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width


def test_at_1920_all_of_it_is_seen_without_scrolling(floor, window):
    one = window(floor.members[2])
    for name in ("Order book", "Trades", "Order"):
        role = "form" if name == "Order" else "region"
        box = one.page.get_by_role(role, name=name, exact=True).bounding_box()
        assert box and box["y"] + box["height"] <= 1080, (name, box)
    one.page.locator("canvas").first.wait_for()
    box = one.page.get_by_role("tablist", name="Yours").bounding_box()
    assert box and box["y"] + 200 < 1080


def test_a_call_is_told_with_what_it_would_print(floor, window, maker):
    """Trade far from the last price: the contract goes into a call, and the page says so."""
    one = window(floor.members[0]).unasked()
    one.write("buy", "2", Price="2.6")
    assert "rests" in one.send()
    maker.result("private/sell", instrument_name=NAME, amount=2, price=2.6)
    expect(one.page.get_by_text("in a call", exact=True)).to_be_visible()
    expect(one.page.get_by_text("A call gathers orders")).to_contain_text("2 lots at $2.6000")
    expect(one.form.locator("button[type=submit]")).to_be_enabled()
