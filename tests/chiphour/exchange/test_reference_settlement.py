"""TEST REFERENCE SETTLEMENT: each kind of contract ends at the price of the rulebook.

Takes   fixings of both vintages, the 72 hours, the operator's word.
Gives   states, prices, what V moved.
Keeps   later revisions from moving money.
Source  Rulebook 8.3 to 8.7.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Vintage
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import ns_from_iso
from told import kinds
from told import order
from told import told_market

EXPIRY_NS = ns_from_iso("2026-07-08T00:30:00+00:00")
FUTURE = {"type": Type.FUTURE, "expiry_ns": EXPIRY_NS}
FINAL = Vintage.FINAL


def until(told, time_ns):
    """Let time pass, with every ADVANCE that is due on the way."""
    while told.reference.next_due_ns <= time_ns:
        told.time_ns = max(told.time_ns, told.reference.next_due_ns)
        told.do(Kind.ADVANCE)
    told.time_ns = max(told.time_ns, time_ns)


def fix(told, value, strike_ns=EXPIRY_NS, vintage=Vintage.PROVISIONAL, index=1):
    """Bring a fixing (0: an unfit one) and let the sweep that it causes pass."""
    columns = {"index": index, "strike_ns": strike_ns, "vintage": vintage}
    events = told.do(Kind.FIXING, fit=int(value > 0), value_microusd=value, **columns)
    until(told, told.time_ns)
    return events


def stopped(**terms):
    """Give a market whose future has stopped with 2 lots held by 8 against 9, past its expiry."""
    told = told_market()
    told.list(1, **(FUTURE | terms))
    told.tell(order(9, "sell", 250, 2, contract=1), order(8, "buy", 250, 2, contract=1))
    until(told, EXPIRY_NS)
    assert told.row(1)[table.STATE] == State.STOPPED
    return told


def price_and_state(told, contract=1):
    row = told.row(contract)
    return row[table.SETTLEMENT_MICROUSD], State(row[table.STATE])


def test_provisional_freezes_and_the_final_one_ends():
    told = stopped()
    events = fix(told, 2_600_000)
    assert kinds(events) == ["FIXED", "SETTLED"] and events[1]["per_lot_microusd"] == 100_000
    assert price_and_state(told) == (2_600_000, State.FROZEN)
    assert told.state.accounts[8].cash_microusd == 10**9 + 200_000
    assert kinds(fix(told, 2_700_000, EXPIRY_NS - NS_PER_DAY, FINAL)) == ["FIXED"]
    events = fix(told, 2_590_000, vintage=FINAL)
    assert kinds(events) == ["FIXED", "SETTLED", "EXPIRED"] and events[2]["reason"] == 1
    assert price_and_state(told) == (2_590_000, State.EXPIRED)
    assert told.lots(8, 1) == 0 and told.row(1)[table.OPEN_INTEREST_LOTS] == 0  # Rulebook 8.5.
    assert told.state.accounts[8].cash_microusd == 10**9 + 180_000
    again = {"index": 1, "strike_ns": EXPIRY_NS, "vintage": FINAL, "fit": 1}
    assert told.reason(Kind.FIXING, value_microusd=9, **again) == "FIXING_OUT_OF_ORDER"


def test_final_may_come_first_and_an_unfit_one_settles_nothing():
    told = stopped()
    assert kinds(fix(told, 0)) == ["FIXED"]
    assert kinds(fix(told, 2_600_000, vintage=FINAL)) == ["FIXED", "SETTLED", "EXPIRED"]


@pytest.mark.parametrize(("hours", "settles"), [(0, True), (71, True), (72, False)])
def test_fix_settles_within_72_hours_of_the_expiry(hours, settles):
    told = stopped()
    until(told, EXPIRY_NS + 80 * NS_PER_HOUR)
    assert told.row(1)[table.FALLBACK_PASSED] == 1  # Rulebook 8.4: one fix is not three.
    events = fix(told, 2_600_000, EXPIRY_NS + hours * NS_PER_HOUR)
    assert ("SETTLED" in kinds(events)) == settles


def test_fallback_is_the_other_index_then_the_median_of_three():
    told = stopped(fallback_index=2)
    fix(told, 1_234_567, index=2)
    until(told, EXPIRY_NS + 72 * NS_PER_HOUR)
    assert price_and_state(told) == (1_234_567, State.EXPIRED)
    told = told_market()
    told.list(1, **FUTURE)
    for day, value in enumerate((2_700_000, 2_400_000)):
        until(told, EXPIRY_NS - (2 - day) * NS_PER_DAY)
        fix(told, value, told.time_ns)
    until(told, EXPIRY_NS + 72 * NS_PER_HOUR)
    assert price_and_state(told) == (2_500_000, State.EXPIRED)


def test_difference_waits_for_the_same_strike_of_both():
    told = told_market()
    fix(told, 1_000_000, told.time_ns, index=2)
    told.list(1, index_b=2, price_ticks_min=-400, **FUTURE)
    until(told, EXPIRY_NS)
    assert kinds(fix(told, 2_600_000)) == ["FIXED"]
    events = fix(told, 1_100_000, index=2)
    assert kinds(events) == ["FIXED", "SETTLED"]
    assert price_and_state(told) == (1_500_000, State.FROZEN)
    fix(told, 2_600_001, vintage=FINAL)
    fix(told, 1_100_000, vintage=FINAL, index=2)
    assert price_and_state(told) == (1_500_001, State.EXPIRED)


def average(fixes_min):
    """Give an average of the two days before its expiry's and that day, with one day counted."""
    told = told_market()
    days = {"average_days": 3, "average_first_ns": EXPIRY_NS - 2 * NS_PER_DAY}
    told.list(1, average_fixes_min=fixes_min, **days, **FUTURE)
    until(told, EXPIRY_NS - NS_PER_DAY)
    fix(told, 2_000_000, EXPIRY_NS - NS_PER_DAY)
    until(told, EXPIRY_NS)
    return told


def test_average_is_the_mean_of_its_days_each_vintage_alone():
    told = average(2)
    fix(told, 2_000_001)
    assert price_and_state(told) == (2_000_000, State.FROZEN)  # A tie, to the even one.
    fix(told, 2_000_003, EXPIRY_NS - NS_PER_DAY, FINAL)
    fix(told, 2_000_001, vintage=FINAL)
    assert price_and_state(told) == (2_000_002, State.EXPIRED)


def test_average_settles_at_an_unfit_last_fix_and_keeps_s_without_final_ones():
    told = average(1)
    assert kinds(fix(told, 0)) == ["FIXED", "SETTLED"]
    assert price_and_state(told) == (2_000_000, State.FROZEN)
    events = fix(told, 0, vintage=FINAL)
    assert kinds(events) == ["FIXED", "SETTLED", "EXPIRED"]
    assert events[1]["per_lot_microusd"] == 0
    assert kinds(fix(average(2), 0)) == ["FIXED"]  # Too few: it waits for 8.4.


def calendar():
    """Give a near leg 1, a far leg 2 at $2.70 and their calendar 3, at the near leg's expiry."""
    told = told_market()
    told.list(1, **FUTURE)
    told.list(2, type=Type.FUTURE, expiry_ns=EXPIRY_NS + NS_PER_DAY)
    legs = {"type": Type.CALENDAR, "leg_far": 2, "leg_near": 1, "price_ticks_min": -400}
    told.list(3, **(FUTURE | legs))
    until(told, EXPIRY_NS)
    told.row(2)[table.MARK_MICROUSD] = 2_700_000
    return told


def test_calendar_settles_right_after_its_near_leg_in_the_same_vintage():
    told = calendar()
    events = [e for e in fix(told, 2_550_000) if e["kind"] == "SETTLED"]
    assert [e["contract"] for e in events] == [1, 3]
    assert price_and_state(told, 3) == (150_000, State.FROZEN)
    fix(told, 2_560_000, vintage=FINAL)
    assert price_and_state(told, 3) == (140_000, State.EXPIRED)


def test_calendar_ends_with_its_near_leg_when_the_operator_settles_that():
    told = calendar()
    until(told, EXPIRY_NS + 72 * NS_PER_HOUR)
    assert told.row(3)[table.FALLBACK_PASSED] == 1
    far = told.row(2)[table.MARK_MICROUSD]
    events = told.do(Kind.SETTLE, contract=1, value_microusd=2_000_000)
    assert kinds(events) == ["SETTLED", "EXPIRED"] * 2
    assert price_and_state(told, 3) == (far - 2_000_000, State.EXPIRED)


def test_operator_settles_only_what_waits_in_vain_or_is_frozen():
    told = stopped()
    assert told.reason(Kind.SETTLE, contract=1, value_microusd=5) == "CONTRACT_NOT_OPEN"
    fix(told, 2_600_000)
    told.do(Kind.SETTLE, contract=1, value_microusd=-5)  # Rulebook 8.6, 8.7.
    assert price_and_state(told) == (-5, State.EXPIRED)
    assert told.reference.next_due_ns == told.time_ns  # Rulebook 2.5: the sweep is due.


def test_listed_calendar_without_legs_is_no_matter_to_a_fixing():
    told = told_market()
    told.do(Kind.LIST, contract=1)
    told.do(Kind.SET, contract=1, parameter=table.TYPE, value=Type.CALENDAR)
    assert kinds(fix(told, 2_600_000, told.time_ns)) == ["FIXED"]
