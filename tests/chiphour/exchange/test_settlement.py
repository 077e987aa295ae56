"""SETTLEMENT: daily on the mark, at the end on the fix, and never twice.

Takes   a future and a perpetual with two positions, and the fixings of their last days.
Gives   SETTLED, EXPIRED and PAYMENT events; cash to the micro-dollar.
Keeps   what the long received in all equal to the last price less the first.
Source  Rulebook 8.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Vintage
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE

USD = 1_000_000
START = 1_000 * USD


@pytest.fixture
def future(market):
    """Give the market with a future that expires on the third strike; 8 is long 100, 9 short."""
    market.expiry_ns = market.time_ns + 2 * NS_PER_DAY
    market.list(1, type=Type.FUTURE, expiry_ns=market.expiry_ns)
    market.order(8, "buy", 300, 100, contract=1)
    market.order(9, "sell", 300, 100, contract=1)
    return market


def stop(market):
    """Go to the minute after the strike of the expiry, without a fix."""
    market.until(market.expiry_ns + NS_PER_MINUTE)
    assert market.contract(1)[table.STATE] == State.STOPPED


def of_contract(events, contract=1):
    return [event for event in events if event.get("contract") == contract]


def sweep(market):
    return [(event["account"], event["amount_microusd"]) for event in market.advance()]


def test_every_day_positions_are_carried_at_the_mark(future):
    future.time_ns += NS_PER_HOUR
    future.mark(3_070_000)
    events = of_contract(future.until(future.time_ns + NS_PER_DAY))
    assert [event["kind"] for event in events] == ["SETTLED", "PAYMENT", "PAYMENT"]
    assert events[0]["per_lot_microusd"] == 70_000
    assert (events[0]["value_microusd"], events[0]["mark_microusd"]) == (0, 3_070_000)
    assert [future.cash(8), future.cash(9)] == [START + 7 * USD, START - 7 * USD]
    row = future.contract(1)
    assert row[table.SETTLEMENT_MICROUSD] == 3_070_000
    assert row[table.VALUE_PER_LOT_MICROUSD] == 70_000
    assert future.engine.account(8).equity_microusd == START + 7 * USD
    future.check()


def test_the_provisional_fix_pays_and_the_final_one_corrects(future):
    stop(future)
    events = future.fix(3_200_000, future.expiry_ns)
    assert [event["kind"] for event in events] == ["FIXED", "SETTLED"]
    assert (events[1]["value_microusd"], events[1]["per_lot_microusd"]) == (3_200_000, 200_000)
    assert future.contract(1)[table.STATE] == State.FROZEN
    assert sweep(future) == [(8, 20 * USD), (9, -20 * USD)]
    frozen = future.engine.account(8).initial_margin_microusd
    assert frozen == 100 * 180_000  # Three fifths of 10 % of the index, which the fix leaves alone.
    events = future.fix(3_150_000, future.expiry_ns, Vintage.FINAL)
    assert [event["kind"] for event in events] == ["FIXED", "SETTLED", "EXPIRED"]
    assert (events[1]["per_lot_microusd"], events[2]["reason"]) == (-50_000, 1)
    assert sweep(future) == [(8, -5 * USD), (9, 5 * USD)]
    assert [future.cash(8), future.cash(9)] == [START + 15 * USD, START - 15 * USD]
    row = future.contract(1)
    assert (row[table.STATE], row[table.OPEN_INTEREST_LOTS]) == (State.EXPIRED, 0)
    assert len(future.engine.sections().positions) == 0
    assert future.engine.account(8).initial_margin_microusd == 0
    future.check()


def test_an_equal_final_fix_ends_the_positions_without_a_payment(future):
    stop(future)
    future.fix(3_200_000, future.expiry_ns)
    future.advance()
    future.fix(3_200_000, future.expiry_ns, Vintage.FINAL)
    assert future.engine.next_due_ns == future.time_ns
    assert len(future.engine.sections().positions) == 2
    assert future.advance() == []
    assert len(future.engine.sections().positions) == 0


def test_a_final_fix_alone_is_enough(future):
    stop(future)
    events = future.fix(3_100_000, future.expiry_ns, Vintage.FINAL)
    assert [event["kind"] for event in events] == ["FIXED", "SETTLED", "EXPIRED"]


@pytest.mark.parametrize(
    ("late_ns", "settles"), [(-NS_PER_DAY, False), (0, True), (3 * NS_PER_DAY - 1, True)]
)
def test_the_fix_of_a_later_strike_serves_within_72_hours(late_ns, settles, future):
    stop(future)
    future.until(future.expiry_ns + max(late_ns, 0))
    events = future.fix(3_100_000, future.expiry_ns + late_ns)
    assert (len(of_contract(events)) == 1) == settles


def test_an_unfit_fix_settles_nothing(future):
    stop(future)
    assert [event["kind"] for event in future.fix(0, future.expiry_ns)] == ["FIXED"]
    assert future.contract(1)[table.STATE] == State.STOPPED


def test_after_72_hours_the_median_of_three_fixes_decides(future):
    for value in (3_500_000, 3_200_000, 3_300_000):
        future.time_ns += NS_PER_HOUR
        future.fix(value, future.time_ns)
    stop(future)
    events = of_contract(future.until(future.expiry_ns + 72 * NS_PER_HOUR))
    assert [event["kind"] for event in events] == ["SETTLED", "EXPIRED", "PAYMENT", "PAYMENT"]
    assert events[0]["value_microusd"] == 3_300_000
    assert len([p for p in future.engine.sections().positions if p[1] == 1]) == 0
    future.check()


def test_with_fewer_fixes_it_waits_for_the_operator(future):
    stop(future)
    future.until(future.expiry_ns + 100 * NS_PER_HOUR)
    assert future.contract(1)[table.STATE] == State.STOPPED
    events = future.fix(3_100_000, future.expiry_ns, Vintage.FINAL)
    assert [event["kind"] for event in events] == ["FIXED", "SETTLED", "EXPIRED"]


def test_a_final_fix_that_is_awaited_may_come_late(future):
    stop(future)
    future.fix(3_200_000, future.expiry_ns)
    future.advance()
    future.until(future.expiry_ns + NS_PER_DAY + NS_PER_HOUR)
    future.fix(3_000_000, future.expiry_ns + NS_PER_DAY, Vintage.FINAL)
    assert future.contract(1)[table.STATE] == State.FROZEN
    future.fix(3_100_000, future.expiry_ns, Vintage.FINAL)
    assert future.contract(1)[table.STATE] == State.EXPIRED
    late = future.fix(3_100_000, future.expiry_ns, Vintage.FINAL)
    assert late[0]["kind"] == "REFUSED"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"strike_ns": 1}, "PARAMETER_OUT_OF_RANGE"),
        ({"value_microusd": 0}, "PARAMETER_OUT_OF_RANGE"),
        ({"value_microusd": -1}, "PARAMETER_OUT_OF_RANGE"),
        ({"value_microusd": 1 << 30}, "PARAMETER_OUT_OF_RANGE"),
        ({"fit": 0}, "PARAMETER_OUT_OF_RANGE"),
        ({"index": 0}, "INDEX_UNKNOWN"),
        ({"index": 4}, "INDEX_UNKNOWN"),
        ({"strike_ns": 0}, "FIXING_OUT_OF_ORDER"),
        ({"strike_ns": -1}, "FIXING_OUT_OF_ORDER"),
    ],
)
def test_a_fixing_is_refused(columns, reason, market):
    """Strikes are counted from the last one, an hour after it."""
    strike = market.time_ns
    good = {"index": 1, "strike_ns": 0, "vintage": 1, "fit": 1, "value_microusd": 3_000_000}
    asked = good | columns
    asked["strike_ns"] += strike
    assert market.reason(Kind.FIXING, **asked) == reason


def test_the_largest_fix_is_taken_and_vintages_have_their_own_order(market):
    market.time_ns += NS_PER_DAY - 1
    assert market.fix((1 << 30) - 1, market.time_ns)[0]["kind"] == "FIXED"
    assert market.fix(1, market.time_ns - 5, Vintage.FINAL)[0]["kind"] == "FIXED"
    assert market.engine.sections().indexes.tolist() == [
        [1, market.time_ns, market.time_ns - 5, (1 << 30) - 1, 3_000_000, 0]
    ]
