"""MARKING: the mark follows index and book as the rulebook computes it.

Takes   books and index values whose mark is worked out beside them.
Gives   I, e and M of the contract's row, and the events.
Keeps   the clamp, and the time that has passed, at their bounds.
Source  Rulebook 4.3, 4.4, 5.1, 9.18, 10.2.
"""

import pytest

from chiphour.contracts import table
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from positioned import PLAIN
from positioned import opened
from positioned import tick

SECOND = 1_000_000_000


@pytest.fixture
def market(empty):
    return opened(empty)


def quote(market, bid, ask, lots=500, contract=0):
    market.order(8, "buy", bid, lots, contract=contract)
    market.order(9, "sell", ask, lots, contract=contract)


def row(market, contract=0):
    found = market.contract(contract)
    return tuple(found[c] for c in (table.INDEX_MICROUSD, table.BASIS_NANOUSD, table.MARK_MICROUSD))


def test_without_both_sides_the_mark_is_the_index(market):
    market.order(8, "buy", 310, 499)
    market.order(9, "sell", 320, 500)
    (event,) = tick(market, 3_050_000, seconds=60)
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
    """Rulebook 4.4."""
    quote(market, 301, 303)  # The middle is 2 cents above the index.
    tick(market, 3_000_000, seconds=passed_s)
    assert row(market) == (3_000_000, basis, 3_000_000 + basis // 1000)


def test_the_basis_is_clamped(market):
    quote(market, 320, 322)  # 21 cents above; the default clamp is 2 % of $3.00.
    tick(market, 3_000_000, seconds=150)
    assert row(market) == (3_000_000, 60_000_000, 3_060_000)


def test_after_a_gap_of_the_index_the_old_basis_is_clamped_too(market):
    quote(market, 320, 322)
    tick(market, 3_000_000, seconds=150)
    for account in (8, 9):  # Whatever is quoted goes: e stays, but B is a third.
        market.do(Kind.CANCEL_ALL, account=account, contract=-1)
    market.advance()
    tick(market, 1_000_000)
    assert row(market) == (1_000_000, 60_000_000, 1_020_000)


def test_an_impact_price_is_an_average_rounded_away_from_the_middle(empty):
    """Rulebook 4.3."""
    market = opened(empty, tick_microusd=10_001, impact_lots=3)
    market.order(8, "buy", 299, 2)
    market.order(8, "buy", 298, 5)
    market.order(9, "sell", 301, 1)
    market.order(9, "sell", 303, 2)
    tick(market, 3_000_000, seconds=150)
    bid = (2 * 299 + 298) * 10_001 // 3
    ask = -(-(301 + 2 * 303) * 10_001 // 3)
    assert row(market)[1] == 1000 * ((bid + ask) // 2 - 3_000_000)


def test_a_mark_without_a_value_takes_the_last_tick(market):
    tick(market, 3_100_000)
    market.time_ns += SECOND
    market.mark()
    assert row(market)[0] == 3_100_000


@pytest.mark.parametrize("quality", [Quality.STALE, Quality.HALTED])
def test_a_mark_that_is_not_live_tells_the_quality_alone(quality, market):
    """Rulebook 10.2: neither mark nor sample."""
    before = market.contract()
    found = []
    for _ in range(2):
        market.time_ns += SECOND
        ask = {"index": 1, "fit": quality, "value_microusd": 3_100_000}
        found.append([event["kind"] for event in market.do(Kind.MARK, **ask)])
    assert found == [["QUALITY"], []]
    after = market.contract()
    assert [at for at in range(len(after)) if after[at] != before[at]] == [table.QUALITY]
    events = tick(market, 3_100_000)
    assert [event["kind"] for event in events] == ["QUALITY", "MARKED"]


def test_only_contracts_that_trade_and_are_first_on_the_index_are_marked(market):
    market.fix(2_000_000, index=2)
    market.list(1, **PLAIN | {"index": 2, "index_b": 1, "fixed_window": 1})
    market.do(Kind.LIST, contract=2)
    assert [e["contract"] for e in tick(market, 3_100_000)] == [0]
    (event,) = tick(market, 2_000_000, index=2)
    assert (event["contract"], event["index_microusd"]) == (1, -1_100_000)


def test_a_second_index_gives_its_quality(market):
    market.fix(2_000_000, index=2)
    market.list(1, **PLAIN | {"index": 2, "index_b": 1, "fixed_window": 1})
    events = market.do(Kind.MARK, index=1, fit=Quality.STALE)
    assert [(e["kind"], e["contract"], e["reason"]) for e in events] == [
        ("QUALITY", 0, "STALE"),
        ("QUALITY", 1, "STALE"),
    ]
    assert tick(market, 2_000_000, index=2) == []


def test_in_a_call_the_basis_stays_and_the_sample_is_nought(empty):
    """Rulebook 4.4, 5.1."""
    market = opened(empty, opening_call_s=120, funding_period_s=3_600)
    quote(market, 303, 301)
    tick(market, 3_000_000, seconds=60)
    found = market.contract()
    assert row(market) == (3_000_000, 0, 3_000_000)
    assert (found[table.PREMIUM_SUM_MICROUSD], found[table.PREMIUM_COUNT]) == (0, 1)


def test_rates_are_taken_at_the_mark_and_not_at_the_fill(empty):
    """Rulebook 6.2."""
    market = opened(empty, open_interest_lower_lots=0, open_interest_upper_lots=100)
    market.order(8, "buy", 300, 10)
    market.order(9, "sell", 300, 10)
    assert market.contract()[table.RATE_1_PPM] == 100_000
    tick(market, 3_000_000)
    assert market.contract()[table.RATE_1_PPM] == 190_000


def test_the_window_follows_the_mark_right_after_it(market):
    """Rulebook 9.18."""
    market.order(8, "buy", 275, 1)
    events = tick(market, 3_200_000)
    assert [event["kind"] for event in events] == ["MARKED", "CANCELLED", "WINDOW_MOVED"]
    assert events[2]["value"] == 320 - 32


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
    assert tick(market, (1 << 30) - 1)[0]["index_microusd"] == (1 << 30) - 1
    assert tick(market, 1)[0]["index_microusd"] == 1
