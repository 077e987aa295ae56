"""SNAP: the solver's chips as whole units: the nearest one when near, else cut down.

Takes   chips as the solver gives them.
Gives   hundredths of a chip, multiples of the run's unit.
Keeps   nothing rounded up but the solver's own error.
Source  docs/formulation/auction.md, section 6, rule 1.
"""

from typing import TYPE_CHECKING

import numpy as np

from chiphour.auction.fields import HUNDREDTHS

if TYPE_CHECKING:
    from chiphour.auction.model import Floats

NEAR_PARTS = 1_000_000  # One part of this many of a unit is the solver's error, not an amount.


def snapped(chips: "Floats", unit_hundredths: int) -> tuple[int, ...]:
    """Give chips as hundredths in multiples of the unit, never below zero.

    An amount within 10^-6 of a unit (of itself, above one unit) is that unit; others are cut down.
    """
    units = chips * (HUNDREDTHS / unit_hundredths)
    whole = np.rint(units)
    near = np.abs(units - whole) * NEAR_PARTS <= np.maximum(1, whole)
    cut = np.maximum(np.where(near, whole, np.floor(units)), 0)
    return tuple((cut.astype(np.int64) * unit_hundredths).tolist())
