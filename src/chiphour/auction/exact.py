"""EXACT: sums of many fractions, at their common denominator.

Takes   exact amounts.
Gives   their sum, exact.
Keeps   one reduction for the whole sum: adding two by two reduces after each, at many times the
        cost.
Source  Decision 0048.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import lcm


def exact_sum(amounts: Iterable[Fraction]) -> Fraction:
    """Add amounts; none at all are zero."""
    first, *others = *amounts, Fraction(0)
    if len(others) < 2:
        return first
    ratios = [amount.as_integer_ratio() for amount in (first, *others)]
    common = lcm(*{denominator for _, denominator in ratios})
    return Fraction(sum(top * (common // bottom) for top, bottom in ratios), common)
