"""TEST REFERENCE MARKS: what an index is worth, how good it is, what follows a mark.

Takes   ticks and fixes of two indexes.
Gives   I, B, M, qualities; windows that move.
Keeps   a traded price from entering B.
Source  Rulebook 4, 9.18 and 10.1.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.reference_marks import median_microusd
from chiphour.exchange.reference_marks import series_microusd
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from told import NOW
from told import Told
from told import kinds
from told import order
from told import told_market


def fix(told, index, value, strike_ns=NOW - 1, vintage=1):
    columns = {"index": index, "strike_ns": strike_ns, "vintage": vintage}
    return told.do(Kind.FIXING, fit=int(value > 0), value_microusd=value, **columns)


@pytest.mark.parametrize(
    ("values", "middle"), [([5], 5), ([9, 1, 4], 4), ([1, 4], 2), ([7, 1, 4, 2], 3)]
)
def test_median_of_an_even_count_is_rounded_down(values, middle):
    assert median_microusd(values) == middle  # Rulebook 4.1.


def test_series_is_the_median_of_the_last_ticks_or_the_last_fix():
    told = told_market()
    assert series_microusd(told.state, 1, 3) == 2_500_000
    for cents in (100, 300, 301, 309):
        told.mark(cents)
    assert series_microusd(told.state, 1, 3) == 3_010_000
    assert series_microusd(told.state, 1, 0) == 2_500_000
    assert series_microusd(told.state, 2, 3) is None
    for cents in range(400, 430):
        told.mark(cents)
    assert len(told.state.indexes[1].ticks_microusd) == 20  # Rulebook 4.4.


def test_tick_of_the_same_time_is_passed_over_and_an_older_one_refused():
    told = told_market()
    told.mark(260)
    tick = {"index": 1, "fit": 1, "value_microusd": 9}
    told.do(Kind.MARK, **tick)
    assert told.row()[table.INDEX_MICROUSD] == 2_600_000
    assert told.reason(Kind.MARK, strike_ns=NOW, **tick) == "FIXING_OUT_OF_ORDER"


def test_difference_of_two_indexes_has_the_mean_as_its_base():
    told = told_market()
    fix(told, 2, 1_000_001)
    told.list(2, index_b=2, price_ticks_min=-400)
    row = told.row(2)
    assert row[table.INDEX_MICROUSD] == row[table.MARK_MICROUSD] == 1_499_999
    assert row[table.BASE_MICROUSD] == 1_750_001  # Rulebook 4.2: up.
    assert (row[table.LEG_A_MICROUSD], row[table.LEG_B_MICROUSD]) == (2_500_000, 1_000_001)


def test_mark_moves_toward_the_book_by_dt_of_150_seconds():
    told = told_market(impact_lots=2, premium_clamp_ppm=20_000)
    told.tell(order(8, "buy", 252, 5), order(9, "sell", 256, 5))
    told.time_ns += 75 * NS_PER_SECOND
    *_, event = told.do(Kind.MARK, index=1, fit=1)
    # b is 4 cents over I: half of the way in 75 s (rulebook 4.4).
    assert (event["index_microusd"], event["mark_microusd"]) == (2_500_000, 2_520_000)


def test_quality_that_is_not_live_is_told_and_nothing_is_marked():
    told = told_market()
    assert kinds(told.mark(300, Quality.STALE)) == ["QUALITY"]
    assert told.row()[table.MARK_MICROUSD] == 2_500_000
    assert kinds(told.mark(300, Quality.STALE)) == []
    assert kinds(told.mark(300)) == ["QUALITY", "MARKED"]


def test_contract_on_the_fix_is_halted_when_it_is_unfit_or_old():
    told = told_market(index_ticks=0)
    assert told.row()[table.QUALITY] == Quality.LIVE
    told.mark(250, Quality.STALE)
    assert told.row()[table.QUALITY] == Quality.LIVE  # Ticks are nothing to it (rulebook 10.1).
    told.row()[table.NEXT_SETTLEMENT_NS] = 1 << 61
    told.time_ns = NOW - 1 + 36 * NS_PER_HOUR
    told.do(Kind.MARK, index=1, fit=1)
    assert told.row()[table.QUALITY] == Quality.LIVE
    told.time_ns += 1
    told.do(Kind.MARK, index=1, fit=1)
    assert told.row()[table.QUALITY] == Quality.HALTED
    fix(told, 1, 2_400_000, told.time_ns)
    assert told.row()[table.QUALITY] == Quality.LIVE
    told.time_ns += 1
    fix(told, 1, 0, told.time_ns)
    assert told.row()[table.QUALITY] == Quality.HALTED


def test_second_index_gives_its_quality_but_no_mark():
    told = told_market()
    fix(told, 2, 1_000_000)
    told.list(1, index_b=2)
    columns = {"index": 2, "value_microusd": 1_000_000}
    assert kinds(told.do(Kind.MARK, fit=Quality.HALTED, **columns)) == ["QUALITY"]
    assert kinds(told.mark(251)) == ["MARKED"]  # Contract 0 alone: 1 is halted by its second.


def test_average_mixes_what_is_counted_with_the_index():
    told = told_market()
    told.row()[table.AVERAGE_DAYS] = 3
    told.row()[table.PROVISIONAL_FIXES] = 2
    told.row()[table.PROVISIONAL_SUM_MICROUSD] = 4_000_001
    told.mark(300)
    assert told.row()[table.INDEX_MICROUSD] == 2_333_334  # 7,000,001 / 3 (rulebook 4.1).


def test_window_follows_the_mark_and_cancels_what_falls_out():
    told = told_market(fixed_window=0)
    told.tell(order(8, "buy", 100, 1), order(9, "sell", 300, 1))
    told.row()[table.STATE] = State.OPEN
    assert kinds(told.mark(769)) == ["MARKED"]  # The middle is 513; 256 beyond is a quarter.
    events = told.mark(770)
    assert kinds(events) == ["MARKED", "CANCELLED", "WINDOW_MOVED"]
    assert events[1]["reason"] == "OUT_OF_RANGE" and events[1]["price_ticks"] == 100
    assert events[2]["value"] == 770 - 512  # Rulebook 9.18.


def test_unknown_index_has_no_mark():
    told = Told()
    assert told.reason(Kind.MARK, index=1, fit=1) == "INDEX_UNKNOWN"
