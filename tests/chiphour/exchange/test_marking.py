"""MARKING: the mark follows index and book as the rulebook computes it.

Takes   books and index values whose mark is worked out beside them.
Gives   I, e and M of the contract's row, and the events.
Keeps   the clamp, and the time that has passed, at their bounds.
Source  Rulebook 4, 5.1.
"""

import pytest

from chiphour.contracts import table
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality

SECOND = 1_000_000_000


def quote(market, bid, ask, lots=500, contract=0):
    market.order(8, "buy", bid, lots, contract=contract)
    market.order(9, "sell", ask, lots, contract=contract)


def row(market, contract=0):
    found = market.contract(contract)
    return tuple(found[c] for c in (table.INDEX_MICROUSD, table.BASIS_NANOUSD, table.MARK_MICROUSD))


def test_without_both_sides_the_mark_is_the_index(market):
    market.order(8, "buy", 310, 499)
    market.order(9, "sell", 320, 500)
    market.time_ns += 60 * SECOND
    (event,) = market.mark(3_050_000)
    assert (event["kind"], event["index_microusd"], event["mark_microusd"]) == (
        "MARKED",
        3_050_000,
        3_050_000,
    )
    assert row(market) == (3_050_000, 0, 3_050_000)


@pytest.mark.parametrize(
    ("passed_s", "basis"), [(0, 0), (15, 2_000_000), (150, 20_000_000), (900, 20_000_000)]
)
def test_the_basis_follows_the_book_by_the_time_that_passed(passed_s, basis, market):
    quote(market, 301, 303)  # The middle is 2 cents above the index.
    market.time_ns += passed_s * SECOND
    market.mark()
    assert row(market) == (3_000_000, basis, 3_000_000 + basis // 1000)


def test_the_basis_is_clamped(market):
    quote(market, 320, 322)  # 21 cents above; the default clamp is 2 % of $3.00.
    market.time_ns += 150 * SECOND
    market.mark()
    assert row(market) == (3_000_000, 60_000_000, 3_060_000)


def test_an_impact_price_is_an_average_rounded_away_from_the_middle(empty):
    market = empty()
    for account in (8, 9):
        market.member(account)
    market.fix()
    market.list(0, tick_microusd=10_001, price_ticks_min=270, impact_lots=3)
    market.order(8, "buy", 299, 2)
    market.order(8, "buy", 298, 5)
    market.order(9, "sell", 301, 1)
    market.order(9, "sell", 303, 2)
    market.time_ns += 150 * SECOND
    market.mark()
    bid = (2 * 299 + 298) * 10_001 // 3
    ask = -(-(301 + 2 * 303) * 10_001 // 3)
    assert row(market)[1] == 1000 * ((bid + ask) // 2 - 3_000_000)


def test_a_mark_without_a_value_is_the_last_fit_fix(market):
    market.time_ns += SECOND
    market.mark(3_100_000)
    assert row(market)[0] == 3_100_000
    market.mark()
    assert row(market)[0] == 3_000_000


@pytest.mark.parametrize("quality", [Quality.STALE, Quality.HALTED])
def test_a_mark_that_is_not_live_does_nothing(quality, market):
    before = market.contract()
    assert market.do(Kind.MARK, index=1, fit=quality, value_microusd=3_100_000) == []
    assert market.contract() == before


def test_only_open_contracts_on_the_index_are_marked(market):
    market.fix(index=2)
    market.list(1, index=2)
    market.do(Kind.LIST, contract=2)
    assert [event["contract"] for event in market.mark(3_100_000)] == [0]
    assert [event["contract"] for event in market.mark(3_100_000, index=2)] == [1]


@pytest.mark.parametrize(
    ("index", "value", "reason"),
    [
        (1, -1, "PARAMETER_OUT_OF_RANGE"),
        (1, 1 << 30, "PARAMETER_OUT_OF_RANGE"),
        (4, 1 << 30, "PARAMETER_OUT_OF_RANGE"),
        (0, 3_000_000, "INDEX_UNKNOWN"),
        (4, 3_000_000, "INDEX_UNKNOWN"),
        (3, 0, "INDEX_UNKNOWN"),
    ],
)
def test_a_mark_is_refused(index, value, reason, market):
    for quality in Quality:
        found = market.reason(Kind.MARK, index=index, fit=quality, value_microusd=value)
        assert found == reason


def test_the_largest_index_is_taken(market):
    assert market.mark((1 << 30) - 1)[0]["index_microusd"] == (1 << 30) - 1
    assert market.mark(1)[0]["index_microusd"] == 1
