"""STATISTICS: the exact statistics, against values worked out by hand and by counting.

Takes   small sets of fractions.
Gives   a failure where a statistic is not the value that its definition gives.
Keeps   the published interval's definition fixed to the last digit.
Source  Methodology v2026_1, "Screen" and "Interval".
"""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.index.statistics import coverage
from chiphour.index.statistics import interval
from chiphour.index.statistics import median
from chiphour.index.statistics import median_absolute_deviation

RATES = st.lists(st.fractions(min_value=0, max_value=100), min_size=1, max_size=12)

# For the values 1 to n: the low end, worked out from the formula; the high end mirrors it.
LOW_ENDS = {
    5: Fraction(23, 17),
    6: Fraction(129, 74),
    7: Fraction(166, 85),
    8: Fraction(413, 178),
    9: Fraction(341, 125),
    10: Fraction(205, 69),
    11: Fraction(479, 140),
    12: Fraction(2987, 786),
}


def test_median_of_an_even_count_is_the_mean_of_the_middle_two():
    assert median([Fraction(4), Fraction(1), Fraction(2), Fraction(9)]) == 3
    assert median([Fraction(4), Fraction(1), Fraction(2)]) == 2
    assert median([Fraction(1, 3)]) == Fraction(1, 3)


@given(RATES)
def test_half_of_the_values_lie_on_either_side_of_the_median(values):
    centre = median(values)
    assert 2 * sum(value <= centre for value in values) >= len(values)
    assert 2 * sum(value >= centre for value in values) >= len(values)


def test_deviation_is_raw():
    """Distances from 4 are 3, 2, 0, 3 and 7: their median is 3, not 1.4826 times 3."""
    values = [Fraction(value) for value in (1, 2, 4, 7, 11)]
    assert median_absolute_deviation(values, median(values)) == 3


@pytest.mark.parametrize("count", range(1, 9))
def test_coverage_is_what_counting_all_outcomes_gives(count):
    """Each draw is above or below the true median; count the outcomes that bracket it."""
    for depth in range(1, count // 2 + 1):
        brackets = [
            outcome
            for outcome in product((0, 1), repeat=count)
            if depth <= sum(outcome) <= count - depth
        ]
        assert coverage(count, depth) == Fraction(len(brackets), 2**count)


@pytest.mark.parametrize("count", sorted(LOW_ENDS))
def test_interval_has_its_reference_values(count):
    stated = interval([Fraction(value) for value in range(1, count + 1)], 900_000)
    assert stated == (LOW_ENDS[count], count + 1 - LOW_ENDS[count], 900_000)


@pytest.mark.parametrize(("count", "level_ppm"), [(3, 750_000), (4, 875_000)])
def test_three_and_four_values_state_the_level_that_they_can(count, level_ppm):
    values = [Fraction(value) for value in range(count)]
    assert interval(values, 900_000) == (0, count - 1, level_ppm)


@given(st.lists(st.fractions(min_value=0, max_value=100), min_size=3, max_size=20))
def test_interval_holds_the_median_and_lies_within_the_values(values):
    low, high, _ = interval(values, 900_000)
    assert min(values) <= low <= median(values) <= high <= max(values)
    assert interval(reversed(values), 900_000) == interval(values, 900_000)
