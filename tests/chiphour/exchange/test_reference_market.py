"""TEST REFERENCE MARKET: money, listing, opening, modes.

Takes   commands of members and operators.
Gives   their events; terms that may and may not open.
Keeps   money that is here opposite to what came from outside.
Source  Rulebook 3.1, 3.6, 8.2 and 10.3.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import limits as bounds
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.reference_market import terms_make_sense
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from chiphour.units import ns_from_iso
from told import NAMES
from told import NOW
from told import Told
from told import kinds
from told import order
from told import told_market

STRIKE_NS = ns_from_iso("2026-07-10T00:30:00+00:00")
FUTURE = {"type": Type.FUTURE, "expiry_ns": STRIKE_NS}
FAR = FUTURE | {"expiry_ns": STRIKE_NS + NS_PER_DAY}
CALENDAR = FUTURE | {"type": Type.CALENDAR, "leg_far": 1, "leg_near": 2, "price_ticks_min": -400}


def test_money_comes_from_outside_and_moves_between_accounts():
    told = told_market()
    (event,) = told.do(Kind.WITHDRAW, account=8, amount_microusd=4)
    assert (event["amount_microusd"], event["cash_microusd"]) == (-4, 10**9 - 4)
    (event,) = told.do(Kind.TRANSFER, account=8, target=1, amount_microusd=6, run=2, item=3)
    assert (event["amount_microusd"], event["cash_microusd"], event["run"]) == (6, 10**9 - 10, 2)
    accounts = told.state.accounts
    assert accounts[bounds.OUTSIDE].cash_microusd == -4 * 10**9 + 4  # Rulebook 3.6.
    assert accounts[bounds.INSURANCE_FUND].cash_microusd == 6


def test_listed_contract_has_defaults_and_opens_at_its_index():
    told = told_market()
    told.do(Kind.LIST, contract=1)
    assert told.row(1)[table.STATE] == State.LISTED
    assert all(told.row(1)[term.column] == term.default for term in table.TERMS)
    events = told.list(2, opening_call_s=20, funding_period_s=3_600)
    assert kinds(events)[-2:] == ["OPENED", "CALL_BEGUN"]  # Rulebook 8.2.
    row = told.row(2)
    assert row[table.SETTLEMENT_MICROUSD] == row[table.MARK_MICROUSD] == 2_500_000
    assert row[table.NEXT_SETTLEMENT_NS] == ns_from_iso("2026-07-07T00:30:00+00:00")
    assert row[table.NEXT_FUNDING_NS] == ns_from_iso("2026-07-06T01:30:00+00:00")
    assert row[table.CALL_END_NS] == NOW + 20 * NS_PER_SECOND


@pytest.mark.parametrize(
    ("terms", "sense"),
    [
        (FUTURE, True),
        (FUTURE | {"expiry_ns": STRIKE_NS + 1}, False),
        (FUTURE | {"expiry_ns": 0}, False),
        (FUTURE | {"funding_period_s": 3_600}, False),
        ({"expiry_ns": STRIKE_NS}, False),
        ({"index_b": 1}, False),
        ({"index_b": 2}, True),
        ({"fallback_index": 4}, False),
        ({"tier_1_lots": 200_000}, False),
        ({"open_interest_lower_lots": 5, "open_interest_upper_lots": 5}, False),
        ({"open_interest_lower_lots": 5}, True),
        ({"maker_rebate_ppm": 501, "taker_fee_ppm": 500}, False),
        ({"tick_microusd": 1_000_000, "price_ticks_min": 51}, False),
        ({"leg_far": 1}, False),
        (CALENDAR, True),
        (CALENDAR | {"leg_far": 2}, False),
        (CALENDAR | {"leg_near": 1}, False),
        (CALENDAR | {"leg_near": -1}, False),
        (CALENDAR | {"leg_near": 0}, False),
        (CALENDAR | {"expiry_ns": STRIKE_NS + NS_PER_DAY}, False),
        (CALENDAR | {"index_b": 2}, False),
        (FUTURE | {"average_days": 2, "average_first_ns": STRIKE_NS - NS_PER_DAY}, True),
        (FUTURE | {"average_days": 3, "average_first_ns": STRIKE_NS - NS_PER_DAY}, False),
        ({"average_days": 1}, False),
    ],
)
def test_terms_that_make_sense(terms, sense):
    told = told_market()
    told.list(1, **FAR)
    told.list(2, **FUTURE)
    told.list(3, **({"type": Type.PERPETUAL} | terms))
    assert (told.row(3)[table.STATE] == State.OPEN) == (sense and "index_b" not in terms)
    told.row(3)[table.STATE] = State.LISTED
    assert terms_make_sense(told.state, 3, NOW) == sense  # Rulebook 8.2.


def test_calendar_opens_at_the_difference_of_its_legs():
    told = told_market()
    told.list(1, **FAR)
    told.list(2, **FUTURE)
    told.row(1)[table.MARK_MICROUSD] = 2_700_001
    told.list(3, **CALENDAR)
    row = told.row(3)
    assert row[table.INDEX_MICROUSD] == row[table.SETTLEMENT_MICROUSD] == 200_001
    assert row[table.BASE_MICROUSD] == 2_600_001  # Rulebook 4.2.


def test_live_terms_change_at_any_time_and_settings_are_the_markets():
    told = told_market()
    fixed = {"contract": 0, "parameter": NAMES["tier_1_lots"], "value": 5}
    assert told.reason(Kind.SET, **fixed) == "CONTRACT_ALREADY_OPEN"
    told.set(impact_lots=7)
    assert told.row()[table.IMPACT_LOTS] == 7
    told.row()[table.STATE] = State.FROZEN
    live = {"contract": 0, "parameter": NAMES["impact_lots"], "value": 5}
    assert told.reason(Kind.SET, **live) == "CONTRACT_ALREADY_OPEN"
    (event,) = told.do(Kind.SET, contract=-1, parameter=0, value=5)
    assert (event["contract"], told.state.settings[0]) == (-1, 5)


def test_contract_that_leaves_halted_goes_through_a_call():
    told = told_market(call_s=30)
    assert kinds(told.do(Kind.HALT, contract=-1, mode=Mode.HALTED)) == ["MODE_SET"]
    buy = order(8, "buy", 240, 1)
    assert told.tell(buy)[0]["reason"] == "CONTRACT_HALTED"
    events = told.do(Kind.HALT, contract=0, mode=Mode.NORMAL)
    assert kinds(events) == ["MODE_SET", "CALL_BEGUN"] and events[1]["reason"] == "RESUMED"


def test_kill_switch_cancels_a_members_orders_through_the_queue():
    told = told_market()
    told.tell(order(8, "buy", 240, 1), order(9, "buy", 240, 1))
    assert kinds(told.do(Kind.HALT, account=8, mode=Mode.HALTED, flags=1)) == ["MODE_SET"]
    events = told.do(Kind.ADVANCE)
    assert [(e["kind"], e["account"], e["reason"]) for e in events] == [("CANCELLED", 8, "HALTED")]
    assert told.tell(order(8, "buy", 240, 1))[0]["reason"] == "ACCOUNT_BLOCKED"


def test_modes_are_given_to_members_and_contracts_that_exist():
    told = Told()
    assert told.reason(Kind.HALT, account=8, contract=0) == "ACCOUNT_UNKNOWN"
    assert told.reason(Kind.HALT, account=3, contract=0) == "ACCOUNT_RESERVED"
    assert told.reason(Kind.HALT, contract=0) == "CONTRACT_UNKNOWN"
    assert kinds(told.do(Kind.HALT, contract=-1, mode=1)) == ["MODE_SET"]
