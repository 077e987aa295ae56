"""EXACT: a sum at one denominator is the sum two by two.

Takes   random fractions, none of them, one of them.
Gives   sums beside Python's own.
Keeps   every digit.
Source  Decision 0048.
"""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.exact import exact_sum


@given(st.lists(st.fractions()))
def test_a_sum_at_one_denominator_is_the_sum_two_by_two(amounts):
    assert exact_sum(amounts) == sum(amounts, Fraction(0))
    assert exact_sum(iter(amounts)) == sum(amounts, Fraction(0))
