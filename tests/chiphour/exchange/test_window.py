"""WINDOW: the book follows the mark; what stays keeps its price, its time and its neighbours.

Takes   a mark at and beyond a quarter of the window; orders inside and outside the new one.
Gives   cancels in order, WINDOW_MOVED, and the same book.
Keeps   a fixed window where it is, and every window within the bounds of a price.
Source  Rulebook 9.18.
"""

import pytest

from chiphour.contracts import table
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.limits import CANCELS_MAX

CENT = 10_000


@pytest.fixture
def moving(empty):
    """Give a market whose window of 64 cents begins at $2.70: its middle is $3.02."""

    def make(**limits):
        market = empty(**limits)
        for account in (8, 9):
            market.member(account)
        market.fix()
        market.list(0, fixed_window=0)
        return market

    return make


def least(market):
    return market.contract()[table.PRICE_TICKS_MIN]


@pytest.mark.parametrize(
    ("mark", "begins"), [(318, 270), (319, 287), (286, 270), (285, 253), (20, -12)]
)
def test_it_moves_when_the_mark_is_a_quarter_away(mark, begins, moving):
    market = moving()
    events = market.mark(mark * CENT + CENT - 1)
    moved = [event["value"] for event in events if event["kind"] == "WINDOW_MOVED"]
    assert moved == ([begins] if begins != 270 else [])
    assert least(market) == begins


def test_a_fixed_window_never_moves(market):
    assert [event["kind"] for event in market.mark(5_000_000)] == ["MARKED"]
    assert least(market) == 270


def test_it_stays_within_the_bounds_of_a_price(moving):
    market = moving(price_microusd_max=340 * CENT + 99)
    market.mark(338 * CENT)
    assert least(market) == 340 - 63
    assert [event["kind"] for event in market.mark(339 * CENT)] == ["MARKED"]
    assert market.order(9, "sell", 340, 1)[0]["kind"] == "ACCEPTED"
    assert market.order(9, "sell", 341, 1)[0]["reason"] == "PRICE_OUT_OF_RANGE"


@pytest.mark.parametrize(("mark", "ranks"), [(320, 1), (280, -1)])
def test_the_book_stays_as_it_is(mark, ranks, moving):
    market = moving()
    for number, price in enumerate((295, 298, 298, 297, 299)):
        market.order(8, "buy", price, 1 + number)
        market.order(9, "sell", 600 - price, 2 + number)
    before = market.engine.sections().orders.tolist()
    levels = market.engine.book(0, 9)
    assert least(market) == 270
    market.mark(mark * CENT)
    assert (least(market) > 270) == (ranks > 0)
    assert market.engine.sections().orders.tolist() == before
    assert market.engine.book(0, 9) == levels
    fills = [event["lots"] for event in market.order(9, "sell", 297, 99) if event["kind"] == "FILL"]
    assert fills == [5, 2, 3, 4]
    assert market.engine.book(0, 9)[0] == [(295, 1, 1)]


def test_orders_outside_are_cancelled_first(moving):
    """Bids from the best, then asks, then what waits with a price of its own, by id."""
    market = moving()
    bids = [market.order(8, "buy", price, 1)[0]["order"] for price in (270, 286, 287, 286)]
    ask = market.order(9, "sell", 300, 1)[0]["order"]
    wait = {"account": 9, "contract": 0, "side": 1, "lots": 1, "trigger_ticks": 400}
    low = {"order_type": OrderType.STOP_LIMIT, "time_in_force": TimeInForce.GTC, "price_ticks": 280}
    market_order = {"order_type": OrderType.STOP_MARKET, "time_in_force": TimeInForce.IOC}
    waiting = [market.do(Kind.ORDER, **wait, **more)[0]["order"] for more in (market_order, low)]
    events = market.mark(319 * CENT)
    cancelled = [event["order"] for event in events if event["kind"] == "CANCELLED"]
    assert cancelled == [bids[1], bids[3], bids[0], waiting[1]]
    assert {e["reason"] for e in events if e["kind"] == "CANCELLED"} == {"OUT_OF_RANGE"}
    assert [event["kind"] for event in (events[0], events[-1])] == ["MARKED", "WINDOW_MOVED"]
    found = market.engine.sections()
    assert found.orders[:, 0].tolist() == [bids[2], ask]
    assert found.waiting[:, 0].tolist() == [waiting[0]]


@pytest.mark.parametrize("more", [0, 1])
def test_with_too_many_outside_it_waits_for_a_later_mark(more, moving):
    market = moving()
    for _ in range(CANCELS_MAX + more):
        market.order(8, "buy", 271, 1)
    events = market.mark(319 * CENT)
    assert [event["kind"] for event in events].count("CANCELLED") == CANCELS_MAX
    assert least(market) == (270 if more else 287)
    events = market.mark(319 * CENT)
    assert [event["kind"] for event in events].count("CANCELLED") == more
    assert least(market) == 287
