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
    row = market.engine.sections().indexes[0].tolist()
    fixes = [(1 << 30) - 1, 3_000_000, 0, market.time_ns]
    assert row[:10] == [1, market.time_ns, market.time_ns - 5, *fixes, 1, market.time_ns - 5, 1]
    assert row[10:13] == [1, 0, 0]  # LIVE, and no tick.


def test_a_provisional_fix_is_not_of_a_strike_that_is_final(market):
    """Rulebook 8.3: the last strike of FINAL bounds both vintages."""
    market.until(market.time_ns + NS_PER_DAY)
    market.fix(3_000_000, market.time_ns, Vintage.FINAL)
    assert market.fix(3_000_000, market.time_ns)[0]["reason"] == "FIXING_OUT_OF_ORDER"
    assert market.fix(3_000_000, market.time_ns - 1)[0]["reason"] == "FIXING_OUT_OF_ORDER"


def ended(market, contract=0):
    row = market.contract(contract)
    return State(row[table.STATE]), row[table.SETTLEMENT_MICROUSD]


@pytest.fixture
def expiring(empty):
    """Give a way to list futures that expire on coming strikes; the index stands at $3.00."""

    def make(*days, **terms):
        market = empty(contracts=5)
        for index in (1, 2):
            market.fix(index=index)
        market.strikes = [market.time_ns + day * NS_PER_DAY for day in range(9)]
        for contract, day in enumerate(days):
            expiry_ns = market.strikes[day]
            market.list(contract, type=Type.FUTURE, expiry_ns=expiry_ns, **terms)
        return market

    return make


def test_the_fix_of_another_index_may_stand_in(expiring):
    """Rulebook 8.4: the last fit fix of FALLBACK_INDEX, as if it were FINAL."""
    market = expiring(1, fallback_index=2)
    market.until(market.strikes[2])
    market.fix(2_500_000, market.time_ns, index=2)
    market.until(market.strikes[4])
    assert ended(market) == (State.EXPIRED, 2_500_000)


def test_a_basis_waits_for_the_fixes_of_both_indexes(expiring):
    """Rulebook 8.3: of one vintage and one strike."""
    market = expiring(1, index_b=2)
    market.until(market.strikes[1])
    assert market.fix(3_500_000, market.time_ns)[-1]["kind"] == "FIXED"
    assert market.fix(2_800_000, market.time_ns, index=2)[-1]["per_lot_microusd"] == 700_000
    market.advance()
    assert ended(market) == (State.FROZEN, 700_000)
    market.until(market.strikes[2])
    market.fix(2_900_000, market.strikes[1], Vintage.FINAL, index=2)
    assert ended(market) == (State.FROZEN, 700_000)
    market.fix(3_400_000, market.strikes[1], Vintage.FINAL)
    assert ended(market) == (State.EXPIRED, 500_000)


def test_a_basis_falls_back_on_two_medians(expiring):
    market = expiring(1, index_b=2, fallback_index=1)
    for minute, value in enumerate((3_100_000, 3_300_000, 3_200_000)):
        market.time_ns += NS_PER_MINUTE
        market.fix(value, market.time_ns)
        market.fix(value - minute * 100_000, market.time_ns, index=2)
    market.until(market.strikes[4])
    assert ended(market) == (State.EXPIRED, 3_200_000 - 3_100_000)


def average(expiring, fixes_min):
    market = expiring()
    market.list(
        0,
        type=Type.FUTURE,
        expiry_ns=market.strikes[3],
        average_days=3,
        average_first_ns=market.strikes[1],
        average_fixes_min=fixes_min,
    )
    return market


def test_an_average_is_that_of_its_fit_fixes(expiring):
    """Rulebook 8.3: the fix of the second day is unfit, half a micro-dollar goes to the even."""
    market = average(expiring, 2)
    for day, value in ((1, 3_100_000), (2, 0), (3, 3_200_001)):
        market.until(market.strikes[day])
        market.fix(value, market.time_ns)
    assert ended(market) == (State.FROZEN, 3_150_000)
    market.advance()
    for day, value in ((1, 3_300_000), (2, 3_000_000), (3, 0)):
        market.fix(value, market.strikes[day], Vintage.FINAL)
    assert ended(market) == (State.EXPIRED, 3_150_000)
    assert market.contract()[table.FINAL_FIXES] == 2


def test_an_average_of_too_few_final_fixes_keeps_its_price(expiring):
    market = average(expiring, 3)
    for day in (1, 2, 3):
        market.until(market.strikes[day])
        market.fix(3_000_000 + day, market.time_ns)
    market.advance()
    events = market.fix(0, market.strikes[3], Vintage.FINAL)
    assert [event["kind"] for event in events] == ["FIXED", "SETTLED", "EXPIRED"]
    assert ended(market) == (State.EXPIRED, 3_000_002)


def test_an_average_of_too_few_fixes_waits_for_the_fallback(expiring):
    market = average(expiring, 2)
    market.until(market.strikes[3])
    assert market.fix(3_100_000, market.time_ns)[-1]["kind"] == "FIXED"
    market.until(market.strikes[6])
    assert ended(market)[0] == State.STOPPED
    assert market.contract()[table.FALLBACK_PASSED] == 1


def test_an_average_is_marked_by_what_is_known_of_it(expiring):
    """Rulebook 4.1: one fix of $3.30 and two days at the index's $3.00."""
    market = average(expiring, 1)
    market.until(market.strikes[1])
    market.fix(3_300_000, market.time_ns)
    market.mark(3_000_000)
    assert market.contract()[table.INDEX_MICROUSD] == 3_100_000


def test_a_calendar_settles_with_its_near_leg(expiring):
    """Rulebook 8.3: at the far leg's mark less the near leg's fix, in the same vintage."""
    market = expiring(1, 4)
    market.list(2, type=Type.CALENDAR, expiry_ns=market.strikes[1], leg_far=1, leg_near=0)
    market.until(market.strikes[1] - NS_PER_MINUTE)
    market.mark(3_500_000)
    market.until(market.strikes[1])
    assert ended(market, 2)[0] == State.STOPPED
    events = market.fix(3_100_000, market.time_ns)
    assert [event["kind"] for event in events] == ["FIXED", "SETTLED", "SETTLED"]
    assert ended(market, 2) == (State.FROZEN, 400_000)
    market.advance()
    events = market.fix(3_200_000, market.strikes[1], Vintage.FINAL)
    told = [(event["kind"], event["contract"]) for event in events[1:]]
    assert told == [("SETTLED", 0), ("EXPIRED", 0), ("SETTLED", 2), ("EXPIRED", 2)]
    assert ended(market, 2) == (State.EXPIRED, 300_000)


def test_the_operator_may_give_the_price_that_did_not_come(expiring):
    """Rulebook 8.7: once the fallback has passed; a calendar goes with its leg."""
    market = expiring(1, 4)
    market.list(2, type=Type.CALENDAR, expiry_ns=market.strikes[1], leg_far=1, leg_near=0)
    market.until(market.strikes[2])
    asked = {"contract": 0, "value_microusd": 2_900_000}
    assert market.reason(Kind.SETTLE, **asked) == "CONTRACT_NOT_OPEN"
    assert market.reason(Kind.SETTLE, **asked | {"contract": 5}) == "CONTRACT_UNKNOWN"
    assert market.reason(Kind.SETTLE, **asked | {"contract": 3}) == "CONTRACT_UNKNOWN"
    market.until(market.strikes[4] - NS_PER_HOUR)
    assert market.reason(Kind.SETTLE, **asked) == "CONTRACT_NOT_OPEN"
    market.until(market.strikes[4])
    above = asked | {"value_microusd": 1 << 30}
    assert market.reason(Kind.SETTLE, **above) == "PARAMETER_OUT_OF_RANGE"
    events = market.do(Kind.SETTLE, **asked)
    told = [(event["kind"], event["contract"]) for event in events]
    assert told == [("SETTLED", 0), ("EXPIRED", 0), ("SETTLED", 2), ("EXPIRED", 2)]
    assert ended(market, 2) == (State.EXPIRED, 100_000)
    assert market.engine.next_due_ns == market.time_ns
    market.advance()
    assert market.reason(Kind.SETTLE, **asked) == "CONTRACT_NOT_OPEN"
