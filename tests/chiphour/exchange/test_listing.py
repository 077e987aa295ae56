"""LISTING: a contract opens on terms that make sense, and on no others.

Takes   each term at its bounds and one beyond; terms that contradict one another.
Gives   the event or the reason.
Keeps   a contract that is open as it is.
Source  Rulebook 8.2; 9.6 for calls.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.settings import SETTINGS
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Vintage
from chiphour.exchange.listing import STOP_BEFORE_EXPIRY_NS
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from chiphour.units import STRIKE_OFFSET_NS


def test_a_contract_is_listed_once_with_the_defaults(market):
    assert market.do(Kind.LIST, contract=2)[0]["kind"] == "LISTED"
    row = market.contract(2)
    assert row[: table.TERMS_COLUMNS] == [term.default for term in TERMS]
    assert row[table.STATE] == State.LISTED
    assert market.reason(Kind.LIST, contract=2) == "CONTRACT_EXISTS"
    assert market.reason(Kind.LIST, contract=3) == "CONTRACT_UNKNOWN"
    assert market.reason(Kind.LIST, contract=-1) == "CONTRACT_UNKNOWN"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_a_term_is_set_within_its_bounds(term, market):
    market.do(Kind.LIST, contract=1)
    for value in (term.least, term.most):
        (event,) = market.do(Kind.SET, contract=1, parameter=term.column, value=value)
        assert (event["parameter"], event["value"]) == (term.column, value)
        assert market.contract(1)[term.column] == value
    for value in (term.least - 1, term.most + 1):
        found = market.reason(Kind.SET, contract=1, parameter=term.column, value=value)
        assert found == "PARAMETER_OUT_OF_RANGE"


def test_what_is_open_or_absent_cannot_be_set_or_opened(market):
    assert market.reason(Kind.SET, contract=0, parameter=0, value=1) == "CONTRACT_ALREADY_OPEN"
    assert market.reason(Kind.OPEN, contract=0) == "CONTRACT_ALREADY_OPEN"
    for contract in (-2, 1, 3):
        assert market.reason(Kind.SET, contract=contract, value=1) == "CONTRACT_UNKNOWN"
        assert market.reason(Kind.OPEN, contract=contract) == "CONTRACT_UNKNOWN"


def test_a_contract_opens_at_the_last_fit_fix(market):
    strike = market.time_ns
    market.time_ns += 3 * NS_PER_HOUR
    events = market.list(1, funding_period_s=28_800)
    assert events[-1]["kind"] == "OPENED"
    assert (events[-1]["index_microusd"], events[-1]["mark_microusd"]) == (3_000_000, 3_000_000)
    row = market.contract(1)
    prices = [
        row[c] for c in (table.SETTLEMENT_MICROUSD, table.MARK_MICROUSD, table.INDEX_MICROUSD)
    ]
    assert prices == [3_000_000] * 3
    assert row[table.MARKED_NS] == market.time_ns
    assert row[table.NEXT_SETTLEMENT_NS] == strike + NS_PER_DAY
    assert row[table.NEXT_FUNDING_NS] == strike + 8 * NS_PER_HOUR
    assert market.engine.next_due_ns == row[table.NEXT_FUNDING_NS]


def test_an_index_without_a_fit_fix_is_unknown(market):
    assert market.list(1, index=2)[-1]["reason"] == "INDEX_UNKNOWN"
    market.fix(0, index=2)
    assert market.reason(Kind.OPEN, contract=1) == "INDEX_UNKNOWN"


def expiry(market, days):
    day = market.time_ns // NS_PER_DAY
    return (day + days) * NS_PER_DAY + STRIKE_OFFSET_NS


@pytest.mark.parametrize(
    "terms",
    [
        {"index": 4},
        {"type": 1, "expiry_ns": 20_001 * NS_PER_DAY + STRIKE_OFFSET_NS},
        {"type": 2},
        {"type": 2, "expiry_ns": 20_001 * NS_PER_DAY},
        {"type": 2, "expiry_ns": 20_001 * NS_PER_DAY + STRIKE_OFFSET_NS, "funding_period_s": 1},
        {"type": 2, "expiry_ns": 19_999 * NS_PER_DAY + STRIKE_OFFSET_NS},
        {"tier_1_lots": 200_000},
        {"tier_2_lots": 1_000_000},
        {"index_b": 1},
        {"index_b": 4},
        {"fallback_index": 4},
        {"average_days": 1},
        {"leg_far": 0},
        {"leg_near": 0},
        {"open_interest_lower_lots": 9, "open_interest_upper_lots": 9},
        {"taker_fee_ppm": 100, "maker_rebate_ppm": 101},
        {"type": 2, "expiry_ns": 20_001 * NS_PER_DAY + STRIKE_OFFSET_NS, "average_days": 1},
        {"type": 3, "expiry_ns": 20_001 * NS_PER_DAY + STRIKE_OFFSET_NS},
    ],
)
def test_terms_that_make_no_sense_do_not_open(terms, market):
    assert market.list(1, **terms)[-1]["reason"] == "PARAMETER_OUT_OF_RANGE"


def test_an_expiry_must_be_more_than_ten_minutes_away(market):
    expiry_ns = expiry(market, 1)
    market.time_ns = expiry_ns - STOP_BEFORE_EXPIRY_NS - 1
    market.list(1, type=2, expiry_ns=expiry_ns)
    assert market.contract(1)[table.STATE] == State.OPEN
    market.until(expiry_ns - STOP_BEFORE_EXPIRY_NS)
    refused = market.list(2, type=2, expiry_ns=expiry_ns)[-1]
    assert refused["reason"] == "PARAMETER_OUT_OF_RANGE"


@pytest.mark.parametrize(("least", "opens"), [(-1_000, True), (-1_001, False)])
def test_the_window_lies_within_the_bounds_of_a_price(least, opens, empty):
    market = empty(price_microusd_max=4_000_000)
    market.fix()
    event = market.list(0, tick_microusd=4_000, price_ticks_min=least)[-1]
    assert (event["kind"] == "OPENED") == opens
    event = market.list(1, tick_microusd=4_000, price_ticks_min=1_000 - 63)[-1]
    assert event["kind"] == "OPENED"
    event = market.list(2, tick_microusd=4_000, price_ticks_min=1_000 - 62)[-1]
    assert event["reason"] == "PARAMETER_OUT_OF_RANGE"


def test_live_terms_are_set_until_the_contract_has_ended(market):
    for term in TERMS:
        if term.live:
            assert market.do(Kind.SET, contract=0, parameter=term.column, value=term.most)
        else:
            found = market.reason(Kind.SET, contract=0, parameter=term.column, value=term.most)
            assert found == "CONTRACT_ALREADY_OPEN"
    assert market.contract()[table.CALL_S] == 86_400


def test_a_setting_is_of_the_market_and_within_its_bounds(market):
    for setting in SETTINGS:
        (event,) = market.do(Kind.SET, contract=-1, parameter=setting.column, value=setting.most)
        assert (event["contract"], event["value"]) == (-1, setting.most)
        assert market.engine.sections().settings[0, setting.column] == setting.most
        found = market.reason(
            Kind.SET, contract=-1, parameter=setting.column, value=setting.most + 1
        )
        assert found == "PARAMETER_OUT_OF_RANGE"


def test_a_contract_may_open_in_a_call(market):
    events = market.list(1, opening_call_s=90)
    assert [event["kind"] for event in events[-2:]] == ["OPENED", "CALL_BEGUN"]
    end_ns = market.time_ns + 90 * NS_PER_SECOND
    assert (events[-1]["reason"], events[-1]["end_ns"]) == ("OPENING", end_ns)
    assert market.contract(1)[table.STATE] == State.CALL
    assert market.engine.next_due_ns == end_ns


def futures(market, *days, **terms):
    for contract, day in enumerate(days):
        market.list(contract, type=Type.FUTURE, expiry_ns=expiry(market, day), **terms)


@pytest.mark.parametrize(
    ("legs", "opens"),
    [
        ({}, True),
        ({"leg_far": 0, "leg_near": 1}, False),
        ({"leg_far": 1, "leg_near": 1}, False),
        ({"leg_far": 3}, False),
        ({"leg_near": 2}, False),
        ({"index_b": 2}, False),
        ({"average_days": 1}, False),
    ],
)
def test_a_calendar_has_two_futures_of_one_index(legs, opens, empty):
    market = empty(contracts=4)
    market.fix()
    futures(market, 1, 2, 3)
    terms = {"leg_far": 1, "leg_near": 0} | legs
    event = market.list(3, type=Type.CALENDAR, expiry_ns=expiry(market, 1), **terms)[-1]
    assert (event["kind"] == "OPENED") == opens
    if opens:
        assert market.contract(3)[table.SETTLEMENT_MICROUSD] == 0
        assert market.contract(3)[table.BASE_MICROUSD] == 3_000_000
    else:
        assert event["reason"] == "PARAMETER_OUT_OF_RANGE"


@pytest.mark.parametrize(("first", "opens"), [(1, True), (2, False), (0, False)])
def test_an_average_counts_days_up_to_its_expiry(first, opens, empty):
    market = empty()
    market.fix()
    terms = {"average_days": 3, "average_first_ns": expiry(market, first)}
    market.list(0, type=Type.FUTURE, expiry_ns=expiry(market, 3), **terms)
    assert (market.contract()[table.STATE] == State.OPEN) == opens


def test_an_ended_contract_may_be_listed_anew(empty):
    market = empty()
    market.fix()
    futures(market, 1)
    market.until(expiry(market, 1))
    market.fix(3_100_000, market.time_ns, Vintage.FINAL)
    market.advance()
    assert market.do(Kind.LIST, contract=0)[0]["kind"] == "LISTED"
    assert market.contract()[table.STATE] == State.LISTED
    assert market.contract()[table.VALUE_PER_LOT_MICROUSD] == 0
    assert market.reason(Kind.LIST, contract=0) == "CONTRACT_EXISTS"
