"""REDUCING: reduce-only orders never open a position, and never more than close it.

Takes   a position, and reduce-only orders of its owner.
Gives   what is cut, and in which order.
Keeps   the lots of resting reduce-only orders at most the position after each command.
Source  Rulebook 9.17.
"""

import pytest

from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.limits import REDUCING_MAX


def kinds(events):
    return [event["kind"] for event in events]


def reduce(market, price, lots, side=Side.SELL, **columns):
    given = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC} | columns
    given |= {"side": side, "price_ticks": price, "lots": lots, "flags": Flag.REDUCE_ONLY}
    return market.do(Kind.ORDER, account=8, contract=0, **given)


@pytest.fixture
def long(market):
    """Give a market where 8 is 10 long."""
    market.order(8, "buy", 300, 10)
    market.order(9, "sell", 300, 10)
    return market


def test_it_must_be_of_the_side_that_closes(long):
    assert reduce(long, 290, 1, Side.BUY)[0]["reason"] == "REDUCE_ONLY"
    assert long.order(10, "buy", 290, 1, flags=Flag.REDUCE_ONLY)[0]["reason"] == "REDUCE_ONLY"
    assert kinds(reduce(long, 310, 10)) == ["ACCEPTED", "RESTED"]


def test_a_taker_is_cut_to_what_the_better_ones_leave(long):
    reduce(long, 305, 4)
    reduce(long, 307, 4)
    events = reduce(long, 306, 8)  # 305 comes before it: 6 are left.
    assert kinds(events) == ["ACCEPTED", "REDUCED", "RESTED", "CANCELLED"]
    assert (events[1]["reason"], events[1]["lots"], events[1]["lots_left"]) == (
        "REDUCE_ONLY_CUT",
        2,
        6,
    )
    assert (events[3]["price_ticks"], events[3]["reason"]) == (307, "REDUCE_ONLY_CUT")
    assert long.engine.book(0, 5)[1] == [(305, 4, 1), (306, 6, 1)]


def test_a_taker_with_nothing_left_is_cancelled(long):
    reduce(long, 305, 10)
    events = reduce(long, 305, 3)
    assert [e.get("reason") for e in events] == [None, "REDUCE_ONLY_CUT"]
    assert events[1]["lots_left"] == 3


def test_of_equals_the_newest_is_cut(long):
    reduce(long, 306, 4)
    second = reduce(long, 306, 4)[0]["order"]
    events = reduce(long, 305, 3)
    assert (events[-1]["kind"], events[-1]["order"], events[-1]["lots"]) == ("REDUCED", second, 1)


def test_the_position_shrinks_and_so_do_they(long):
    reduce(long, 305, 6)
    events = long.order(8, "sell", 303, 7)
    assert kinds(events) == ["ACCEPTED", "RESTED"]
    events = long.order(9, "buy", 303, 7)  # The maker's cut comes with the fill.
    assert kinds(events) == ["ACCEPTED", "FILL", "REDUCED"]
    assert (events[2]["lots"], events[2]["lots_left"]) == (3, 3)
    long.order(9, "buy", 290, 5)
    events = long.order(8, "sell", 290, 5)  # From 3 long to 2 short.
    assert kinds(events) == ["ACCEPTED", "FILL", "CANCELLED"]
    assert events[2]["reason"] == "REDUCE_ONLY_CUT"
    long.check()


def test_their_own_fills_cut_nothing(long):
    reduce(long, 305, 6)
    reduce(long, 306, 4)
    assert kinds(long.order(9, "buy", 305, 2)) == ["ACCEPTED", "FILL"]
    assert long.engine.book(0, 5)[1] == [(305, 4, 1), (306, 4, 1)]


def test_an_iceberg_is_cut_in_its_hidden_lots_first(long):
    reduce(long, 306, 10, order_type=OrderType.ICEBERG, trigger_ticks=3)
    events = reduce(long, 305, 5)
    assert (events[-1]["kind"], events[-1]["lots_left"]) == ("REDUCED", 5)
    assert long.engine.book(0, 5)[1] == [(305, 5, 1), (306, 3, 1)]


def test_so_many_rest(long):
    for _ in range(REDUCING_MAX - 1):
        reduce(long, 310, 1)
        long.order(8, "buy", 300, 1)
        long.order(9, "sell", 300, 1)
    assert kinds(reduce(long, 310, 1)) == ["ACCEPTED", "RESTED"]
    assert reduce(long, 310, 1)[0]["reason"] == "REDUCE_ONLY_FULL"
    ioc = {"time_in_force": TimeInForce.IOC}
    assert kinds(reduce(long, 310, 1, **ioc)) == ["ACCEPTED", "CANCELLED"]


def test_a_triggered_one_is_cut_before_its_checks(long):
    stop = {"order_type": OrderType.STOP_MARKET, "time_in_force": TimeInForce.IOC}
    reduce(long, 0, 15, trigger_ticks=295, **stop)
    long.order(10, "buy", 290, 20)
    long.mark(2_900_000)
    events = long.advance()
    assert kinds(events)[:3] == ["TRIGGERED", "REDUCED", "FILL"]
    assert (events[0]["lots"], events[1]["lots_left"], events[2]["lots"]) == (15, 10, 10)
