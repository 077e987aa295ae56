"""TAKER: the order that acts: its price, its end, what it becomes.

Takes   orders of every type, on their own or taken back from the tables.
Gives   the price and the end that its events and the digest tell.
Keeps   a waiting order without a price at 0 until it acts.
Source  Rulebook 6.7, 9.10 to 9.12.
"""

import pytest

from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.taker import day_end_ns
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND

EXPIRE = 12  # Columns of the section of orders.
TYPE = 9


def send(market, account, side, price, lots, **columns):
    given = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC} | columns
    given |= {"account": account, "side": side, "price_ticks": price, "lots": lots}
    return market.do(Kind.ORDER, contract=0, **given)


@pytest.mark.parametrize(
    ("time_ns", "end_ns"),
    [
        (NS_PER_HOUR // 2 - 1, NS_PER_HOUR // 2),
        (NS_PER_HOUR // 2, NS_PER_DAY + NS_PER_HOUR // 2),
        (NS_PER_DAY, NS_PER_DAY + NS_PER_HOUR // 2),
    ],
)
def test_a_day_ends_at_half_past_midnight(time_ns, end_ns, callable_from_python):
    assert callable_from_python(day_end_ns)(time_ns) == end_ns


def test_a_day_order_is_one_with_an_end(market):
    send(market, 8, Side.BUY, 299, 1, time_in_force=TimeInForce.DAY)
    end_ns = market.engine.sections().orders[0, EXPIRE]
    assert end_ns == market.time_ns + NS_PER_DAY == market.engine.next_due_ns
    events = market.until(int(end_ns))
    assert [e["reason"] for e in events if e["kind"] == "CANCELLED"] == ["GOOD_TILL_PASSED"]


def test_a_good_till_date_lies_ahead(market):
    gtd = {"time_in_force": TimeInForce.GTD}
    now = market.time_ns
    assert send(market, 8, Side.BUY, 299, 1, expire_ns=now, **gtd)[0]["reason"] == (
        "PARAMETER_OUT_OF_RANGE"
    )
    assert send(market, 8, Side.BUY, 299, 1, expire_ns=now + 1, **gtd)[-1]["kind"] == "RESTED"
    assert market.engine.next_due_ns == now + 1


@pytest.mark.parametrize(
    ("side", "price", "slid"),
    [(Side.BUY, 305, 301), (Side.BUY, 301, 301), (Side.SELL, 290, 299), (Side.SELL, 299, 299)],
)
def test_a_sliding_order_stays_one_tick_behind_the_book(side, price, slid, market):
    send(market, 9, Side.BUY, 298, 1)
    send(market, 9, Side.SELL, 302, 1)
    events = send(market, 8, side, price, 1, flags=Flag.POST_SLIDE)
    assert [(e["kind"], e["price_ticks"]) for e in events] == [("ACCEPTED", slid), ("RESTED", slid)]


def test_a_sliding_order_that_leaves_the_window_is_refused(market):
    send(market, 9, Side.SELL, 270, 1)
    events = send(market, 8, Side.BUY, 275, 1, flags=Flag.POST_SLIDE)
    assert events[0]["reason"] == "PRICE_OUT_OF_RANGE"


def test_a_waiting_order_becomes_what_it_waited_to_be(market):
    stop = {"order_type": OrderType.STOP_LIMIT, "trigger_ticks": 305}
    send(market, 8, Side.BUY, 304, 2, **stop)
    market_stop = stop | {
        "order_type": OrderType.STOP_MARKET,
        "time_in_force": TimeInForce.DAY,
    }
    told = send(market, 9, Side.BUY, 0, 2, **market_stop)
    assert [e["price_ticks"] for e in told] == [0, 0]
    market.mark(3_050_000)
    events = market.advance()
    assert [e["kind"] for e in events] == ["TRIGGERED", "RESTED", "TRIGGERED", "CANCELLED"]
    assert [e["price_ticks"] for e in events[2:]] == [0, 333]
    assert market.engine.sections().orders[:, TYPE].tolist() == [OrderType.LIMIT]
    assert len(market.engine.sections().waiting) == 0


def test_a_block_ends_within_the_hour(market):
    block = {"order_type": OrderType.BLOCK, "time_in_force": TimeInForce.GTD, "trigger_ticks": 9}
    late = market.time_ns + NS_PER_HOUR
    events = send(market, 8, Side.BUY, 300, 1_000, expire_ns=late + 1, **block)
    assert events[0]["reason"] == "PARAMETER_OUT_OF_RANGE"
    for counterparty in (8, 12, 7, -1):
        wrong = block | {"trigger_ticks": counterparty}
        events = send(market, 8, Side.BUY, 300, 1_000, expire_ns=late, **wrong)
        assert events[0]["reason"] == "PARAMETER_OUT_OF_RANGE"
    few = send(market, 8, Side.BUY, 300, 999, expire_ns=late, **block)
    assert few[0]["reason"] == "LOTS_BELOW_MIN"
    events = send(market, 8, Side.BUY, 300, 1_000, expire_ns=late, **block)
    assert [e["kind"] for e in events] == ["ACCEPTED", "HELD"]
    assert events[1]["trigger_ticks"] == 0  # It is no price.
    market.until(market.time_ns + NS_PER_SECOND)
    assert len(market.engine.sections().waiting) == 1
