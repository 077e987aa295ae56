"""KINDS: which rows of a frame are of the kinds that a listener asks for.

Takes   kinds of commands, or of events.
Gives   `flags_of`, to be indexed by a column of kinds: bool[256].
Keeps   a frame of a few rows cheap: one look-up a row, no sorting as `numpy.isin` does.
Source  Decision 0035.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

KINDS_MAX = 256

Flags = NDArray[np.bool_]


def flags_of(kinds: Iterable[int]) -> Flags:
    """Give true at each of these kinds; raises IndexError for one that no table holds."""
    flags = np.zeros(KINDS_MAX, dtype=np.bool_)
    flags[list(kinds)] = True
    return flags
