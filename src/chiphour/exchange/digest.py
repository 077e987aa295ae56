"""DIGEST: one SHA-256 for a state, whatever implementation holds it.

Takes   the twelve sections of rulebook 13, in order, each a 2-D int64 array.
Gives   the digest in hexadecimal.
Keeps   kernel, reference and replay comparable: layout, padding and history do not count.
Source  Rulebook 13.
"""

import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts.settings import SETTINGS_COLUMNS
from chiphour.contracts.table import CONTRACT_COLUMNS

Rows = NDArray[np.int64]


class Sections(NamedTuple):
    """A state as rulebook 13 writes it: int64[rows, width] each."""

    market: Rows
    settings: Rows
    accounts: Rows
    volumes: Rows
    contracts: Rows
    indexes: Rows
    positions: Rows
    protections: Rows
    orders: Rows
    waiting: Rows
    work: Rows
    ids: Rows


class Widths(NamedTuple):
    """How many columns each section has."""

    market: int = 8
    settings: int = SETTINGS_COLUMNS
    accounts: int = 11
    volumes: int = 31
    contracts: int = 1 + CONTRACT_COLUMNS
    indexes: int = 33
    positions: int = 8
    protections: int = 8
    orders: int = 19
    waiting: int = 17
    work: int = 8
    ids: int = 6


WIDTHS = Widths()


def digest(sections: Sections) -> str:
    """Hash the sections; each is preceded by its row count and width."""
    total = hashlib.sha256()
    for rows, width in zip(sections, WIDTHS, strict=True):
        assert rows.ndim == 2 and rows.shape[1] == width and rows.dtype == np.int64
        total.update(np.array(rows.shape, "<i8").tobytes())
        total.update(np.ascontiguousarray(rows, "<i8").tobytes())
    return total.hexdigest()
