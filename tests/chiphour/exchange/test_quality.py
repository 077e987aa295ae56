"""QUALITY: a contract is as good as the worst of what it is marked by.

Takes   marks of each quality; fixes that are unfit, or old.
Gives   QUALITY events, once for each change.
Keeps   a contract that is not LIVE unmarked.
Source  Rulebook 10.1, 10.2.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import Type
from chiphour.exchange.commands import Quality
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR


def qualities(events):
    return [(e["contract"], Quality[e["reason"]]) for e in events if e["kind"] == "QUALITY"]


def quality(market, contract=0):
    return market.contract(contract)[table.QUALITY]


def test_a_change_is_told_once(market):
    assert quality(market) == Quality.LIVE
    assert qualities(market.mark(3_000_000, quality=Quality.STALE)) == [(0, Quality.STALE)]
    assert market.mark(3_100_000, quality=Quality.STALE) == []
    assert market.contract()[table.INDEX_MICROUSD] == 3_000_000
    events = market.mark(3_100_000)
    assert [event["kind"] for event in events] == ["QUALITY", "MARKED"]


def test_the_worse_of_two_indexes_decides(market):
    market.fix(index=2)
    market.list(1, index_b=2)
    assert qualities(market.mark(quality=Quality.STALE, index=2)) == [(1, Quality.STALE)]
    assert qualities(market.mark(quality=Quality.HALTED)) == [
        (0, Quality.HALTED),
        (1, Quality.HALTED),
    ]
    events = market.mark()
    assert qualities(events) == [(0, Quality.LIVE), (1, Quality.STALE)]
    assert [event["contract"] for event in events if event["kind"] == "MARKED"] == [0]


def test_the_worse_of_two_legs_decides(empty):
    market = empty(contracts=4)
    market.fix()
    for contract, days in enumerate((1, 2)):
        expiry_ns = market.time_ns + days * NS_PER_DAY
        terms = {"index_ticks": 1 - contract}
        market.list(contract, type=Type.FUTURE, expiry_ns=expiry_ns, **terms)
    expiry_ns = market.time_ns + NS_PER_DAY
    market.list(2, type=Type.CALENDAR, expiry_ns=expiry_ns, leg_far=1, leg_near=0)
    assert qualities(market.mark(quality=Quality.STALE)) == [(0, 2), (2, 2)]
    assert qualities(market.mark()) == [(0, 1), (2, 1)]


@pytest.mark.parametrize(("late_ns", "expected"), [(0, Quality.LIVE), (1, Quality.HALTED)])
def test_a_fix_is_good_for_36_hours(late_ns, expected, empty):
    market = empty()
    market.fix()
    strike_ns = market.time_ns
    market.list(0, index_ticks=0)
    market.list(1)
    market.until(strike_ns + 36 * NS_PER_HOUR + late_ns)
    market.mark()
    assert (quality(market), quality(market, 1)) == (expected, Quality.LIVE)


def test_an_unfit_fixing_halts_what_follows_fixes(market):
    """Rulebook 8.3: at the fixing itself; a contract of ticks keeps the quality of its index."""
    market.list(1, index_ticks=0)
    market.until(market.time_ns + NS_PER_DAY)
    assert qualities(market.fix(0, market.time_ns)) == [(1, Quality.HALTED)]
    assert qualities(market.mark(quality=Quality.STALE)) == [(0, Quality.STALE)]
    market.until(market.time_ns + NS_PER_HOUR)
    assert qualities(market.fix(3_000_000, market.time_ns)) == [(1, Quality.LIVE)]
    assert qualities(market.mark(quality=Quality.HALTED)) == [
        (0, Quality.HALTED),
        (1, Quality.HALTED),
    ]


def test_a_contract_opens_with_the_quality_of_its_index(market):
    market.mark(3_000_000, quality=Quality.STALE)
    assert qualities(market.list(1)) == []
    assert quality(market, 1) == Quality.STALE
