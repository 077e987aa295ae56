"""TEST REFERENCE TAKER: how an order comes to act.

Takes   a plain market and commands by name.
Gives   the order's price, end, reserve; whom it names; when it fires.
Keeps   the events of all this to the tests of orders.
Source  Rulebook 6.3, 6.7, 9.10 to 9.13.
"""

import pytest

from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import named_command
from chiphour.exchange.reference_taker import is_fired_by
from chiphour.exchange.reference_taker import link_of
from chiphour.exchange.reference_taker import move_extreme
from chiphour.exchange.reference_taker import must_wait
from chiphour.exchange.reference_taker import order_of
from chiphour.exchange.reference_taker import turn_live
from chiphour.units import ns_from_iso
from told import NOW
from told import order
from told import told_market


def made(told, row, sequence=99):
    return order_of(told.state, named_command(row) | {"sequence": sequence, "time_ns": NOW})


def test_market_order_is_a_limit_order_at_the_band():
    told = told_market(market_band_ppm=100_000)
    assert made(told, order(8, "buy", None, 1)).price_ticks == 275  # Rulebook 6.7.
    assert made(told, order(8, "sell", None, 1)).price_ticks == 225


def test_day_ends_at_the_next_daily_strike():
    told = told_market()
    day = made(told, order(8, "buy", 250, 1, time_in_force=TimeInForce.DAY))
    assert day.expire_ns == ns_from_iso("2026-07-07T00:30:00+00:00")


def test_reserve_is_the_distance_from_the_mark_and_the_taker_fee():
    told = told_market(taker_fee_ppm=500)
    assert made(told, order(8, "buy", 260, 1)).reserve_microusd == 100_000 + 1_300  # 6.3.
    assert made(told, order(8, "sell", 260, 1)).reserve_microusd == 1_300
    assert made(told, order(8, "sell", 240, 1)).reserve_microusd == 100_000 + 1_250  # B: 2.50.


def test_link_names_an_order_by_id_or_the_last_accepted_ones():
    told = told_market()
    told.tell(order(8, "buy", 240, 1), order(8, "buy", 241, 1), order(9, "buy", 242, 1))
    first, second, third = told.standing()
    for link, named in ((-1, second), (-2, first), (first, first)):
        row = order(8, "sell", 260, 1, flags=Flag.OCO, link=link)
        assert link_of(told.state, named_command(row)) == (named, 0)
    for link in (third, -3, 1):
        row = order(8, "sell", 260, 1, flags=Flag.CHILD, link=link)
        assert link_of(told.state, named_command(row)) is None


def test_orders_wait_for_a_price_a_parent_or_a_counterparty():
    told = told_market()
    told.tell(order(8, "buy", 240, 1))
    assert must_wait(made(told, order(8, "buy", 250, 1, OrderType.STOP_LIMIT, trigger_ticks=252)))
    assert must_wait(made(told, order(8, "buy", 250, 1, OrderType.BLOCK, trigger_ticks=9)))
    assert must_wait(made(told, order(8, "buy", 250, 1, flags=Flag.CHILD, link=-1)))
    assert not must_wait(made(told, order(8, "buy", 250, 1)))


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [
        (OrderType.STOP_LIMIT, OrderType.LIMIT),
        (OrderType.TAKE_MARKET, OrderType.MARKET),
        (OrderType.TRAILING, OrderType.MARKET),
    ],
)
def test_fired_order_becomes_a_limit_or_a_market_order(kind, becomes):
    told = told_market()
    cents = 250 if kind == OrderType.STOP_LIMIT else None
    fired = made(told, order(8, "buy", cents, 1, kind, trigger_ticks=5))
    turn_live(fired)
    assert (fired.order_type, fired.trigger_ticks) == (becomes, 0)
    assert fired.may_rest == (becomes == OrderType.LIMIT)


def test_trailing_buy_fires_its_offset_above_the_lowest_source():
    told = told_market()
    trailing = made(told, order(8, "buy", None, 1, OrderType.TRAILING, trigger_ticks=5))
    trailing.extreme_microusd = 2_500_000
    move_extreme(trailing, 2_600_000)
    move_extreme(trailing, 2_400_000)
    assert trailing.extreme_microusd == 2_400_000
    assert not is_fired_by(told.state, trailing, 2_449_999, 2_449_999)
    assert is_fired_by(told.state, trailing, 2_450_000, 2_450_000)
