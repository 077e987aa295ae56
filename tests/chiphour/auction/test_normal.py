"""NORMAL: the decimals of the normal distribution.

Takes   published digits; the standard library's floats.
Gives   agreement to the last digit of each.
Keeps   the two tails of one number at a sum of exactly one.
Source  docs/formulation/guards.md, equation 3; NIST Handbook of Mathematical Functions, 26.2.
"""

from decimal import Decimal
from fractions import Fraction
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.normal import decimal_of
from chiphour.auction.normal import root_of
from chiphour.auction.normal import share_above

NUMBERS = st.decimals(min_value=-20, max_value=20, places=6)


@pytest.mark.parametrize(
    ("deviations", "share"),
    [
        ("0", "0.5"),
        ("1", "0.158655253931457051414767454368"),
        ("2", "0.022750131948179207200282637167"),
        ("6", "0.000000000986587645037698140701"),
    ],
)
def test_known_digits_come_out(deviations, share):
    """1 - Phi at whole numbers, as tables to thirty decimals give it."""
    assert share_above(Decimal(deviations)) == Decimal(share)


@given(NUMBERS)
def test_both_tails_make_one(deviations):
    assert share_above(deviations) + share_above(-deviations) == 1


@given(NUMBERS, NUMBERS)
def test_the_share_falls(one, other):
    low, high = sorted((one, other))
    assert share_above(low) >= share_above(high)


@given(st.decimals(min_value=-6, max_value=6, places=6))
def test_the_floats_of_the_library_agree(deviations):
    expected = NormalDist().cdf(-float(deviations))
    assert float(share_above(deviations)) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_roots_and_fractions_have_sixty_digits():
    assert decimal_of(Fraction(1, 3)) == Decimal("0." + 60 * "3")
    assert abs(root_of(Fraction(2)) ** 2 - 2) < Decimal("1e-26")
    assert root_of(Fraction(9, 4)) == Decimal("1.5")
