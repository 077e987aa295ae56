"""PICKED: the events of some kinds, out of a frame, as plain integers.

Takes   events, int64[m, 16]; kinds.
Gives   those rows as lists, in order.
Keeps   a frame without any cheap: most frames tell most listeners nothing.
Source  `exchange/events.py`. It raises nothing.
"""

import numpy as np
from numpy.typing import NDArray

from chiphour.exchange import events as said
from chiphour.exchange.compose import Rows
from chiphour.exchange.events import Kind

Kinds = NDArray[np.bool_]


def kinds(*wanted: Kind) -> Kinds:
    """Give a table that says of each kind whether it is wanted."""
    found = np.zeros(max(Kind) + 1, np.bool_)
    found[[*wanted]] = True
    return found


def picked(events: Rows, wanted: Kinds) -> list[list[int]]:
    """Give the events of the wanted kinds, in order."""
    rows: list[list[int]] = events[wanted[events[:, said.KIND]]].tolist()
    return rows
