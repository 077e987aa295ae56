"""SELF TRADE: a member never trades with itself; the taker's mode says what happens instead.

Takes   two orders of one group that would meet, in each mode.
Gives   the events, and what is left in the book.
Keeps   no fill between them, and others served as ever.
Source  Rulebook 9.2, 9.3.
"""

import pytest

from chiphour.exchange.commands import STP_SHIFT
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Stp
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.limits import FILLS_MAX


def kinds(events):
    return [event["kind"] for event in events]


def buy(market, lots, mode, price=300):
    return market.order(8, "buy", price, lots, flags=mode << STP_SHIFT)


@pytest.fixture
def crossed(market):
    """Give a market where 8 sells 5 at $3.00, then 9 does."""
    market.order(8, "sell", 300, 5)
    market.order(9, "sell", 300, 5)
    return market


def test_the_maker_is_cancelled_and_the_taker_goes_on(crossed):
    events = buy(crossed, 3, Stp.CANCEL_MAKER)
    assert kinds(events) == ["ACCEPTED", "CANCELLED", "FILL"]
    assert (events[1]["reason"], events[1]["side"], events[1]["lots_left"]) == (
        "SELF_TRADE",
        "SELL",
        5,
    )
    assert crossed.engine.book(0, 5) == ([], [(300, 2, 1)])


def test_the_taker_is_cancelled_and_the_maker_stays(crossed):
    events = buy(crossed, 3, Stp.CANCEL_TAKER)
    assert kinds(events) == ["ACCEPTED", "CANCELLED"]
    assert (events[1]["reason"], events[1]["side"]) == ("SELF_TRADE", "BUY")
    assert crossed.engine.book(0, 5) == ([], [(300, 10, 2)])


def test_both_are_cancelled(crossed):
    events = buy(crossed, 3, Stp.CANCEL_BOTH)
    assert [(e["kind"], e.get("side")) for e in events[1:]] == [
        ("CANCELLED", "SELL"),
        ("CANCELLED", "BUY"),
    ]
    assert crossed.engine.book(0, 5) == ([], [(300, 5, 1)])


@pytest.mark.parametrize(
    ("lots", "told", "book"),
    [
        (3, [("REDUCED", "SELL", 2), ("CANCELLED", "BUY", 3)], [(300, 7, 2)]),
        (5, [("CANCELLED", "SELL", 5), ("CANCELLED", "BUY", 5)], [(300, 5, 1)]),
        (7, [("CANCELLED", "SELL", 5), ("REDUCED", "BUY", 2), ("FILL", "BUY", 3)], [(300, 3, 1)]),
    ],
)
def test_both_lose_the_lesser_of_their_lots(lots, told, book, crossed):
    events = buy(crossed, lots, Stp.DECREMENT)[1:]
    left = [e["maker_lots_left"] if e["kind"] == "FILL" else e["lots_left"] for e in events]
    assert [(e["kind"], e["side"]) for e in events] == [each[:2] for each in told]
    assert left == [each[2] for each in told]
    assert crossed.engine.book(0, 5) == ([], book)
    crossed.check()


def test_an_iceberg_that_decrements_shows_its_next_lots(market):
    iceberg = {"order_type": OrderType.ICEBERG, "time_in_force": TimeInForce.GTC}
    columns = {"account": 8, "side": Side.SELL, "price_ticks": 300, "lots": 5, "trigger_ticks": 2}
    market.do(Kind.ORDER, contract=0, **iceberg, **columns)
    events = buy(market, 2, Stp.DECREMENT)[1:]
    assert kinds(events) == ["REDUCED", "REFRESHED", "CANCELLED"]
    assert [e["lots_left"] for e in events] == [3, 3, 2]
    assert market.engine.book(0, 5) == ([], [(300, 2, 1)])


def test_steps_count_as_fills_do(market):
    for _ in range(FILLS_MAX + 1):
        market.order(8, "sell", 300, 1)
    events = buy(market, 300, Stp.CANCEL_MAKER)
    assert len(events) == FILLS_MAX + 2
    assert events[-1]["reason"] == "WORK_LIMIT"


def test_a_group_is_one_trader_and_alone_is_alone(empty):
    market = empty()
    for account, group in ((8, 5), (9, 5), (10, 8), (11, 0)):
        market.member(account, group=group)
    market.fix()
    market.list(0)
    market.order(8, "sell", 300, 1)
    assert kinds(market.order(9, "buy", 300, 1)) == ["ACCEPTED", "CANCELLED", "RESTED"]
    assert kinds(market.order(11, "sell", 300, 1)) == ["ACCEPTED", "FILL"]
    market.order(8, "buy", 300, 1)  # Group 8 is not account 8.
    assert kinds(market.order(10, "sell", 300, 1)) == ["ACCEPTED", "FILL"]
