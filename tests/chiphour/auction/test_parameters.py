"""PARAMETERS: a number within its bounds passes, everything else is refused with all three words.

Takes   integers, fractions, truth values, floats, text.
Gives   the number, or a refusal.
Keeps   no cap tied to a name: text never passes.
Source  docs/formulation/guards.md, section 1.
"""

from fractions import Fraction

import pytest

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.parameters import exact_within
from chiphour.auction.parameters import integer_within


def test_a_number_within_its_bounds_passes():
    assert integer_within("x", 3, 3, 3) == 3
    assert exact_within("x", 3, 0, 3) == 3
    assert exact_within("x", Fraction(1, 3), 0, 1) == Fraction(1, 3)


@pytest.mark.parametrize("value", [True, 2, -1, 0.5, "1", "gas index", None, Fraction(1, 2)])
def test_anything_else_is_no_integer(value):
    with pytest.raises(RequestMalformed, match=r"cap: expected an integer from 0 to 1, found"):
        integer_within("cap", value, 0, 1)


@pytest.mark.parametrize("value", [True, 2, Fraction(-1, 9), 0.5, "1", None])
def test_anything_else_is_no_exact_number(value):
    with pytest.raises(RequestMalformed, match=r"cap: expected an exact number from 0 to 1"):
        exact_within("cap", value, 0, 1)
