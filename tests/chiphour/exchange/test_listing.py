"""LISTING: a contract opens on terms that make sense, and on no others.

Takes   each term at its bounds and one beyond; terms that contradict one another.
Gives   the event or the reason.
Keeps   a contract that is open as it is.
Source  Rulebook 8.2.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import State
from chiphour.exchange.commands import Kind
from chiphour.exchange.listing import STOP_BEFORE_EXPIRY_NS
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
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
    for contract in (-1, 1, 3):
        assert market.reason(Kind.SET, contract=contract, value=1) == "CONTRACT_UNKNOWN"
        assert market.reason(Kind.OPEN, contract=contract) == "CONTRACT_UNKNOWN"


def test_a_contract_opens_at_the_last_fit_fix(market):
    strike = market.time_ns
    market.time_ns += 3 * NS_PER_HOUR
    events = market.list(1, funding_period_s=28_800)
    assert events[-1]["kind"] == "OPENED"
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
