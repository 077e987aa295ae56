"""BOOK: price, then time; and each bound of an order, at it and one beyond.

Takes   orders of a few members in a small market.
Gives   the events in order; the book after them.
Keeps   money and positions at a sum of zero.
Source  Rulebook 6.7, 9.1, 9.2, 9.4 to 9.6, 9.8, 9.9, 9.11.
"""

import pytest

from chiphour.contracts import table
from chiphour.exchange.commands import Kind
from chiphour.exchange.limits import FILLS_MAX
from chiphour.exchange.limits import OPEN_INTEREST_LOTS_MAX
from chiphour.exchange.limits import ORDER_LOTS_MAX


def kinds(events):
    return [event["kind"] for event in events]


def fills(events):
    return [
        (event["maker_order"], event["price_ticks"], event["lots"])
        for event in events
        if event["kind"] == "FILL"
    ]


def order_id(events):
    return events[0]["order"]


def test_price_comes_before_time_and_the_maker_gives_the_price(market):
    late = order_id(market.order(8, "sell", 302, 5))
    first = order_id(market.order(8, "sell", 301, 5))
    second = order_id(market.order(9, "sell", 301, 5))
    events = market.order(10, "buy", 302, 12)
    assert fills(events) == [(first, 301, 5), (second, 301, 5), (late, 302, 2)]
    assert kinds(events) == ["ACCEPTED", "FILL", "FILL", "FILL"]
    assert market.engine.book(0, 5) == ([], [(302, 3, 1)])
    assert events[-1]["maker_lots_left"] == 3
    market.check()


def test_what_is_left_rests_in_the_book(market):
    market.order(8, "buy", 300, 5)
    events = market.order(9, "sell", 299, 8, client_order_id=7, label=6)
    assert kinds(events) == ["ACCEPTED", "FILL", "RESTED"]
    assert (events[1]["price_ticks"], events[1]["taker_lots_left"]) == (300, 3)
    assert events[2]["lots_left"] == 3
    assert (events[2]["client_order_id"], events[2]["label"]) == (7, 6)
    assert market.engine.book(0, 5) == ([], [(299, 3, 1)])


def test_an_immediate_order_leaves_nothing(market):
    market.order(8, "buy", 300, 5)
    events = market.order(9, "sell", 300, 8, immediate=True)
    assert kinds(events) == ["ACCEPTED", "FILL", "CANCELLED"]
    assert (events[-1]["reason"], events[-1]["lots_left"]) == ("IMMEDIATE_OR_CANCEL", 3)
    assert market.engine.book(0, 5) == ([], [])


@pytest.mark.parametrize(("side", "price"), [("buy", 330), ("sell", 270)])
def test_a_market_order_enters_at_its_band_inside_the_window(side, price, market):
    """S = $3.00, band 20 %: $3.60 and $2.40, but the window is 270 to 333."""
    market.list(1, market_band_ppm=100_000)
    events = market.order(8, side, None, 4, contract=1)
    assert [event["price_ticks"] for event in events] == [price, price]
    wide = market.order(8, side, None, 4)
    assert wide[0]["price_ticks"] == (333 if side == "buy" else 270)


def test_a_band_between_ticks_is_rounded_inward(market):
    market.list(1, market_band_ppm=3_400)  # 1.02 cents.
    assert market.order(8, "buy", None, 1, contract=1)[0]["price_ticks"] == 301
    assert market.order(8, "sell", None, 1, contract=1)[0]["price_ticks"] == 299


@pytest.mark.parametrize(("resting", "last"), [(FILLS_MAX, "RESTED"), (FILLS_MAX + 1, "CANCELLED")])
def test_the_257th_fill_is_not_made(resting, last, market):
    for _ in range(resting):
        market.order(8, "sell", 300, 1)
    events = market.order(9, "buy", 300, resting + 1)
    assert kinds(events).count("FILL") == FILLS_MAX
    assert events[-1]["kind"] == last
    if last == "CANCELLED":
        assert (events[-1]["reason"], events[-1]["lots_left"]) == ("WORK_LIMIT", 2)
        assert market.engine.book(0, 5) == ([], [(300, 1, 1)])
    market.check()


def test_a_cancel_is_the_owners_and_ends_the_order(market):
    order = order_id(market.order(8, "buy", 300, 5, client_order_id=3))
    assert market.reason(Kind.CANCEL, account=9, order=order) == "ORDER_UNKNOWN"
    assert market.reason(Kind.CANCEL, account=3, order=order) == "ACCOUNT_RESERVED"
    assert market.reason(Kind.CANCEL, account=12, order=order) == "ACCOUNT_UNKNOWN"
    (event,) = market.do(Kind.CANCEL, account=8, order=order)
    assert (event["reason"], event["lots_left"], event["client_order_id"]) == (
        "CANCEL_REQUESTED",
        5,
        3,
    )
    assert market.reason(Kind.CANCEL, account=8, order=order) == "ORDER_UNKNOWN"
    assert market.reason(Kind.CANCEL, account=8, order=0) == "ORDER_UNKNOWN"
    assert len(market.engine.sections().positions) == 0


def reason(events):
    return events[0].get("reason")


def test_who_may_trade_where(market):
    market.do(Kind.LIST, contract=1)
    assert reason(market.order(12, "buy", 300, 1)) == "ACCOUNT_UNKNOWN"
    assert reason(market.order(16, "buy", 300, 1)) == "ACCOUNT_UNKNOWN"
    assert reason(market.order(7, "buy", 300, 1)) == "ACCOUNT_RESERVED"
    assert reason(market.order(8, "buy", 300, 1, contract=2)) == "CONTRACT_UNKNOWN"
    assert reason(market.order(8, "buy", 300, 1, contract=3)) == "CONTRACT_UNKNOWN"
    assert reason(market.order(8, "buy", 300, 1, contract=-1)) == "CONTRACT_UNKNOWN"
    assert reason(market.order(8, "buy", 300, 1, contract=1)) == "CONTRACT_NOT_OPEN"


@pytest.mark.parametrize("price", [269, 334, -(1 << 63), (1 << 63) - 1])
def test_a_price_outside_the_window_is_refused(price, market):
    assert reason(market.order(8, "buy", price, 1)) == "PRICE_OUT_OF_RANGE"


def test_a_price_at_the_end_of_the_window_rests(market):
    assert kinds(market.order(8, "buy", 270, 1)) == ["ACCEPTED", "RESTED"]
    assert kinds(market.order(8, "sell", 333, 1)) == ["ACCEPTED", "RESTED"]
    assert market.engine.book(0, 5) == ([(270, 1, 1)], [(333, 1, 1)])


def test_the_size_of_an_order_is_bounded(empty):
    market = empty()
    market.member(8, dollars=100_000_000)
    market.fix()
    market.list(0)
    assert reason(market.order(8, "buy", 300, 0)) == "LOTS_NOT_POSITIVE"
    assert reason(market.order(8, "buy", 300, -(1 << 63))) == "LOTS_NOT_POSITIVE"
    assert reason(market.order(8, "buy", 300, ORDER_LOTS_MAX + 1)) == "LOTS_ABOVE_MAX"
    assert kinds(market.order(8, "buy", 300, ORDER_LOTS_MAX)) == ["ACCEPTED", "RESTED"]


def test_the_size_of_a_position_is_bounded(empty):
    market = empty(position_lots_max=30)
    for account in (8, 9):
        market.member(account)
    market.fix()
    market.list(0)
    market.order(8, "buy", 300, 10)
    market.order(9, "sell", 300, 10)  # 8 is long 10.
    market.order(8, "buy", 299, 8)
    market.order(8, "sell", 301, 8)
    assert reason(market.order(8, "sell", 302, 5)) == "POSITION_ABOVE_MAX"
    assert kinds(market.order(8, "sell", 302, 4)) == ["ACCEPTED", "RESTED"]
    assert reason(market.order(8, "sell", 302, 1, immediate=True)) == "POSITION_ABOVE_MAX"


def test_an_account_and_a_market_have_so_many_positions(empty):
    market = empty(positions=3, positions_per_account=2)
    for account in (8, 9):
        market.member(account)
    market.fix()
    for contract in range(3):
        market.list(contract)
    market.order(8, "buy", 300, 1, contract=0)
    order = order_id(market.order(8, "buy", 300, 1, contract=1))
    assert reason(market.order(8, "buy", 300, 1, contract=2)) == "POSITIONS_FULL"
    assert kinds(market.order(8, "buy", 300, 1, contract=1)) == ["ACCEPTED", "RESTED"]
    market.order(9, "buy", 300, 1, contract=1)
    assert reason(market.order(9, "buy", 300, 1, contract=0)) == "POSITIONS_FULL"
    market.do(Kind.CANCEL, account=8, order=order)
    market.do(Kind.CANCEL, account=8, order=order + 2)
    assert kinds(market.order(9, "buy", 300, 1, contract=0)) == ["ACCEPTED", "RESTED"]


def test_a_full_table_refuses_what_would_rest(empty):
    market = empty(orders=2)
    for account in (8, 9):
        market.member(account)
    market.fix()
    market.list(0)
    market.order(8, "sell", 301, 1)
    order = order_id(market.order(8, "sell", 300, 1))
    assert reason(market.order(9, "buy", 300, 1)) == "ORDERS_FULL"
    assert kinds(market.order(9, "buy", 300, 1, immediate=True)) == ["ACCEPTED", "FILL"]
    assert kinds(market.order(9, "buy", 300, 1)) == ["ACCEPTED", "RESTED"]
    assert market.reason(Kind.CANCEL, account=8, order=order) == "ORDER_UNKNOWN"


def test_open_interest_is_bounded(market):
    market.order(8, "buy", 300, 10)
    market.order(9, "sell", 300, 10)
    assert market.contract()[table.OPEN_INTEREST_LOTS] == 10
    row = market.engine._state.contracts[0]
    row[table.OPEN_INTEREST_LOTS] = OPEN_INTEREST_LOTS_MAX - 5
    assert reason(market.order(8, "buy", 300, 6)) == "OPEN_INTEREST_ABOVE_MAX"
    assert kinds(market.order(8, "buy", 300, 5)) == ["ACCEPTED", "RESTED"]


def test_open_interest_counts_longs_once(market):
    market.order(8, "sell", 300, 10)
    market.order(9, "buy", 300, 10)
    market.order(9, "sell", 300, 4)
    market.order(10, "buy", 300, 4)  # From one long to another.
    assert market.contract()[table.OPEN_INTEREST_LOTS] == 10
    market.order(8, "buy", 300, 7)
    market.order(9, "sell", 300, 7)  # The short closes seven; 9 goes from 6 long to 1 short.
    assert market.contract()[table.OPEN_INTEREST_LOTS] == 4
    market.check()
