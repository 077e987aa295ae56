"""SNAP: nothing is rounded up but the solver's own error.

Takes   amounts at, near and between units.
Gives   whole hundredths.
Keeps   amounts never above what the solver gave, but for 10^-6.
Source  docs/formulation/auction.md, section 6, rule 1.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.snap import snapped


@pytest.mark.parametrize(
    ("chips", "unit", "hundredths"),
    [
        (12.34, 1, 1234),
        (12.339999999, 1, 1234),
        (12.3399, 1, 1233),
        (12.3499, 1, 1234),
        (-1e-12, 1, 0),
        (-3.0, 1, 0),
        (1e7 + 0.0099, 1, 1_000_000_000 + 1),  # Within 10^-6 of itself.
        (0.12, 12, 12),
        (0.2399, 12, 12),
        (0.24, 12, 24),
    ],
)
def test_near_a_unit_is_that_unit_and_the_rest_is_cut_down(chips, unit, hundredths):
    assert snapped(np.array([chips, 0.0]), unit) == (hundredths, 0)


@given(st.lists(st.floats(0, 1e6), max_size=4), st.sampled_from((1, 2, 4, 12)))
def test_amounts_are_multiples_never_above_and_less_than_a_unit_below(chips, unit):
    found = snapped(np.array(chips), unit)
    for amount, given_chips in zip(found, chips, strict=True):
        assert amount % unit == 0
        error = 1e-6 * max(unit, 100 * given_chips) + 1e-7
        assert 100 * given_chips - unit < amount + error
        assert amount <= 100 * given_chips + error
