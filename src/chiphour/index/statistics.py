"""STATISTICS: the few statistics that the index uses, in exact fractions.

Takes   fractions of nano-dollars, in any order.
Gives   the median, plain and weighted, the median absolute deviation, the order-statistic interval.
Keeps   every value exact: nothing is rounded here, and nothing depends on the order of rows.
Source  Methodology v2026_1, "Panel", "Screen" and "Interval"; T. P. Hettmansperger and
        S. J. Sheather, "Confidence intervals based on interpolated order statistics",
        Statistics & Probability Letters 4 (1986), 75-79.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from chiphour.units import PPM

HALF = Fraction(1, 2)
INTERPOLATED_MIN = 5  # With fewer values no pair of order statistics reaches nine tenths.


class Interval(NamedTuple):
    """An interval for the median, and the level that it states, in parts per million."""

    low: Fraction
    high: Fraction
    level_ppm: int


def median(values: Iterable[Fraction]) -> Fraction:
    """Give the middle value, or the mean of the middle two; of at least one value."""
    ordered = sorted(values)
    assert ordered
    middle, odd = divmod(len(ordered), 2)
    if odd:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) * HALF


def weighted_median(values: Iterable[tuple[Fraction, Fraction]]) -> Fraction:
    """Give the first value whose cumulative weight passes half of all; of (value, weight) pairs.

    Where a value's cumulative weight is exactly half: the mean of it and the next. Weights are
    above zero.
    """
    ordered = sorted(values)
    assert ordered
    half = sum((weight for _, weight in ordered), Fraction(0)) * HALF
    passed = Fraction(0)
    for place, (value, weight) in enumerate(ordered):
        passed += weight
        if passed == half:
            return (value + ordered[place + 1][0]) * HALF
        if passed > half:
            return value
    raise AssertionError("some weight was not above zero")


def median_absolute_deviation(values: Sequence[Fraction], centre: Fraction) -> Fraction:
    """Give the median distance from the centre, raw: not scaled to a normal distribution."""
    return median(abs(value - centre) for value in values)


def coverage(count: int, depth: int) -> Fraction:
    """Give the chance that the median of a distribution lies between two order statistics.

    The two are the `depth`-th from either end of `count` draws: 1 - 2 P(Binomial(n, 1/2) < d).
    """
    ways = 1  # Of choosing `below` out of `count`.
    tail = 0
    for below in range(depth):
        tail += ways
        ways = ways * (count - below) // (below + 1)
    return 1 - Fraction(2 * tail, 2**count)


def interval(values: Iterable[Fraction], level_ppm: int) -> Interval:
    """Give the interpolated order-statistic interval of the median.

    With 3 or 4 values it is minimum to maximum, at the level that these can state.
    """
    ordered = sorted(values)
    count = len(ordered)
    assert count >= 3
    if count < INTERPOLATED_MIN:
        stated = coverage(count, 1) * PPM
        assert stated.denominator == 1
        return Interval(ordered[0], ordered[-1], stated.numerator)
    level = Fraction(level_ppm, PPM)
    depth = 1
    while coverage(count, depth + 1) >= level:
        depth += 1
    share = _share_of_inner(count, depth, level)
    low = (1 - share) * ordered[depth - 1] + share * ordered[depth]
    high = (1 - share) * ordered[count - depth] + share * ordered[count - depth - 1]
    return Interval(low, high, level_ppm)


def _share_of_inner(count: int, depth: int, level: Fraction) -> Fraction:
    """Weigh the inner of the two order statistics that bracket the level."""
    outer = coverage(count, depth)
    inner = coverage(count, depth + 1)
    assert inner < level <= outer
    assert 2 * depth < count  # The inner one is at most the middle one.
    part = Fraction(level - outer, inner - outer)
    return Fraction((count - depth) * part, depth + (count - 2 * depth) * part)
