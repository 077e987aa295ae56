"""ROUNDING: the kernel divides as the rulebook says.

Takes   values of both signs, at and about the places where rounding turns.
Gives   equality with exact fractions.
Keeps   compiled and plain code alike.
Source  Rulebook, "Words".
"""

import math
from fractions import Fraction

import pytest

from chiphour.exchange import rounding
from chiphour.units import PPM

SMALL = rounding._SMALL  # Below it a part is taken another way.
VALUES = [0, 1, 2, 3, 28_799, 28_800, 999_999, 1_000_000, 1_000_001]
VALUES += [SMALL - 1, SMALL, SMALL + 1, (1 << 56) - 1, 1 << 56]
RATES = [0, 1, 499_999, 500_000, 1_000_000, 2_000_000, 12_000_000, (1 << 26) - 1, 1 << 26]


def test_division_rounds_the_way_its_name_says(callable_from_python):
    up = callable_from_python(rounding.divide_up)
    zero = callable_from_python(rounding.divide_zero)
    for value in [*VALUES, *(-value for value in VALUES)]:
        for denominator in (1, 2, 3, 150, 28_800):
            assert up(value, denominator) == math.ceil(Fraction(value, denominator))
            assert zero(value, denominator) == math.trunc(Fraction(value, denominator))


@pytest.mark.parametrize(("name", "turn"), [("ppm_down", math.floor), ("ppm_up", math.ceil)])
def test_parts_per_million_are_exact_before_they_are_rounded(name, turn, callable_from_python):
    part = callable_from_python(getattr(rounding, name))
    for amount in VALUES:
        for rate in RATES:
            if amount // PPM * rate >= 1 << 62:
                continue  # No amount of the market is so large.
            assert part(amount, rate) == turn(Fraction(amount * rate, PPM))


def test_clamp_keeps_what_is_inside(callable_from_python):
    clamp = callable_from_python(rounding.clamp)
    assert [clamp(value, 5) for value in (-6, -5, 0, 5, 6)] == [-5, -5, 0, 5, 5]
