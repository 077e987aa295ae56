"""DIGEST: one SHA-256 for a state, whatever implementation holds it.

Takes   the six sections of rulebook 13, in order, each a 2-D int64 array.
Gives   the digest in hexadecimal.
Keeps   kernel, reference and replay comparable: layout, padding and history do not count.
Source  Rulebook 13.
"""

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class Sections(NamedTuple):
    """A state as rulebook 13 writes it: int64[rows, width] each."""

    market: Rows
    accounts: Rows
    contracts: Rows
    indexes: Rows
    positions: Rows
    orders: Rows


WIDTHS = Sections(5, 3, 49, 6, 7, 9)  # type: ignore[arg-type]


def digest(sections: Sections) -> str:
    """Hash the sections; each is preceded by its row count and width."""
    total = hashlib.sha256()
    for rows, width in zip(sections, WIDTHS, strict=True):
        assert rows.ndim == 2 and rows.shape[1] == width and rows.dtype == np.int64
        total.update(np.array(rows.shape, "<i8").tobytes())
        total.update(np.ascontiguousarray(rows, "<i8").tobytes())
    return total.hexdigest()
