"""INDEXES: ticks and fixes are kept, in their order, and I is what the rulebook makes of them.

Takes   ticks at and beyond each bound; contracts of one index, of two, and calendars.
Gives   I and B to the micro-dollar, or the reason.
Keeps   a refused tick without effect.
Source  Rulebook 4.1, 4.2, 4.4.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import Type
from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND

BOUND = (1 << 30) - 1


def tick(market, value, **columns):
    columns = {"index": 1, "fit": Quality.LIVE, "value_microusd": value} | columns
    return market.do(Kind.MARK, **columns)


def known(market, contract=0):
    row = market.contract(contract)
    return row[table.INDEX_MICROUSD], row[table.BASE_MICROUSD]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"value_microusd": -1}, "PARAMETER_OUT_OF_RANGE"),
        ({"value_microusd": BOUND + 1}, "PARAMETER_OUT_OF_RANGE"),
        ({"value_microusd": BOUND}, None),
        ({"value_microusd": 0}, None),
        ({"index": 0}, "INDEX_UNKNOWN"),
        ({"index": 4}, "INDEX_UNKNOWN"),
        ({"index": 2, "value_microusd": 0}, "INDEX_UNKNOWN"),
        ({"index": 2}, None),
        ({"strike_ns": 1}, "PARAMETER_OUT_OF_RANGE"),
        ({"strike_ns": -1}, "FIXING_OUT_OF_ORDER"),
        ({"strike_ns": -1, "value_microusd": 0}, "MALFORMED"),
        ({"fit": 4}, "MALFORMED"),
    ],
)
def test_a_tick_is_taken_or_refused(columns, reason, market):
    """Times are counted from now, when a tick came already; 0 is left 0: it means now."""
    tick(market, 3_000_000)
    market.time_ns += NS_PER_SECOND
    tick(market, 3_000_000)
    strike = columns.get("strike_ns", 0)
    asked = {"value_microusd": 3_000_000} | columns
    asked |= {"strike_ns": market.time_ns + strike} if strike else {}
    (event, *_) = [*tick(market, **{"value": 0} | asked), None]
    assert (event["reason"] if event and event["kind"] == "REFUSED" else None) == reason


def test_the_index_is_the_median_of_its_last_ticks(market):
    """Of an even count the mean of the middle two, rounded down."""
    market.list(1, index_ticks=4)
    values = (3_000_007, 3_100_000, 2_900_000, 3_000_002, 3_000_011)
    medians = (3_000_007, 3_050_003, 3_000_007, 3_000_004, 3_000_006)
    for value, median in zip(values, medians, strict=True):
        market.mark(value)
        assert known(market, 1) == (median, median)
        assert known(market) == (value, value)  # Of one tick.


def test_a_tick_of_the_same_time_is_passed_over(market):
    tick(market, 3_100_000)
    tick(market, 3_200_000)
    assert known(market) == (3_100_000, 3_100_000)
    market.time_ns += 9
    tick(market, 3_300_000, strike_ns=market.time_ns - 4)
    tick(market, 3_400_000, strike_ns=market.time_ns - 4)
    assert known(market) == (3_300_000, 3_300_000)
    row = market.engine.sections().indexes[0, 1:]
    assert row[col.INDEX_TICK_NS] == market.time_ns - 4
    assert row[col.INDEX_TICK_COUNT] == 2


def test_the_last_twenty_ticks_are_kept(market):
    for number in range(1, 24):
        market.mark(number)
    row = market.engine.sections().indexes[0, 1:]
    kept = row[col.INDEX_TICK : col.INDEX_TICK + col.INDEX_TICKS_MAX].tolist()
    assert kept == list(range(4, 24))


def test_without_ticks_or_where_they_do_not_count_the_last_fit_fix_is_meant(market):
    market.list(1, index_ticks=0)
    assert market.mark()[0]["index_microusd"] == 3_000_000
    market.mark(3_100_000)
    assert (known(market)[0], known(market, 1)[0]) == (3_100_000, 3_000_000)
    market.until(market.time_ns + NS_PER_DAY)
    market.fix(3_200_000, market.time_ns)
    market.mark()
    assert (known(market)[0], known(market, 1)[0]) == (3_100_000, 3_200_000)


def test_a_basis_is_a_difference_and_its_base_the_mean(market):
    market.fix(2_000_001, index=2)
    market.list(1, index_b=2)
    assert known(market, 1) == (999_999, 2_500_001)
    row = market.contract(1)
    assert (row[table.LEG_A_MICROUSD], row[table.LEG_B_MICROUSD]) == (3_000_000, 2_000_001)
    market.mark(5_000_000, index=2)
    assert known(market, 1) == (999_999, 2_500_001)  # The second index marks nothing.
    market.mark(3_000_000)
    assert known(market, 1) == (-2_000_000, 4_000_000)


def test_a_calendar_follows_the_marks_of_its_legs(empty):
    market = empty(contracts=4)
    market.fix()
    for contract, days in enumerate((1, 2)):
        expiry_ns = market.time_ns + days * NS_PER_DAY
        market.list(contract, type=Type.FUTURE, expiry_ns=expiry_ns)
    legs = {"index": 2, "leg_far": 1, "leg_near": 0}  # Its own index is read nowhere.
    market.list(2, type=Type.CALENDAR, expiry_ns=market.time_ns + NS_PER_DAY, **legs)
    events = market.mark(3_500_000)
    assert [event["contract"] for event in events] == [0, 1, 2]
    assert known(market, 2) == (0, 3_500_000)
    row = market.contract(2)
    assert (row[table.LEG_A_MICROUSD], row[table.LEG_B_MICROUSD]) == (3_500_000, 3_500_000)
