"""WARM: what one solution is worth to the next programme.

Takes   programmes that were solved, with their bases and solutions, and one that is near to them.
Gives   a basis, or with integers a solution, to begin from.
Keeps   a start only: whatever is carried over, the optimum is the same, or its gap is proven.
Source  docs/formulation/auction.md, section 4.

After a change of values and bounds alone, column is column and row is row. Where bids came or went,
`Keys` say which is which; what is new begins as if it were not there: a column at its lower bound,
a row without force.
"""

import hashlib
from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.model import Program
from chiphour.auction.solve import AT_LOWER
from chiphour.auction.solve import BASIC
from chiphour.auction.solve import Basis
from chiphour.auction.solve import Floats

KEY_BYTES = 8
NUMBER_FACTOR = 0x9E3779B97F4A7C15  # Spreads numbers over all keys; odd.
KEY_MASK = (1 << 64) - 1


class Keys(NamedTuple):
    """What tells columns and rows apart from one programme to the next: uint64[columns], [rows]."""

    columns: NDArray[np.uint64]
    rows: NDArray[np.uint64]


class Kept(NamedTuple):
    """A programme that was solved. `basis` is None where it had integers."""

    program: Program
    keys: Keys | None
    basis: Basis | None
    primal: Floats


def keys(blocks: Iterable[tuple[tuple[str, ...], int]]) -> NDArray[np.uint64]:
    """Give the keys of columns or rows that come in blocks, each of a name and a count."""
    found = []
    for name, count in blocks:
        digest = hashlib.blake2b("\0".join(name).encode(), digest_size=KEY_BYTES).digest()
        numbers = np.arange(count, dtype=np.uint64) * np.uint64(NUMBER_FACTOR)
        found.append(numbers + np.uint64(int.from_bytes(digest, "little") & KEY_MASK))
    return np.concatenate([np.zeros(0, dtype=np.uint64), *found])


def carried(
    kept: Sequence[Kept], program: Program, keys: Keys | None
) -> tuple[Basis | None, Floats | None]:
    """Give a basis and a solution to begin from: the newest of the same shape, else by keys."""
    whole = bool(program.integer.any())
    for one in reversed(kept):
        if _same_shape(one.program, program) and (one.basis is None) == whole:
            return one.basis, one.primal
    for one in reversed(kept):
        if one.keys is not None and keys is not None and (one.basis is None) == whole:
            return _moved(one, one.keys, program, keys)
    return None, None


def same_solutions(one: Program, other: Program) -> bool:
    """Tell whether two programmes have the same rows, bounds and integers, values aside."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in Program._fields
        if name != "value"
    )


def _same_shape(one: Program, other: Program) -> bool:
    return (
        np.array_equal(one.starts, other.starts)
        and np.array_equal(one.rows, other.rows)
        and one.row_lower.size == other.row_lower.size
    )


def _moved(
    kept: Kept, old: Keys, program: Program, new: Keys
) -> tuple[Basis | None, Floats | None]:
    columns, column_known = _places(old.columns, new.columns)
    rows, row_known = _places(old.rows, new.rows)
    primal = np.where(column_known, kept.primal[columns], program.lower)
    if kept.basis is None:
        return None, primal
    return Basis(
        np.where(column_known, kept.basis.columns[columns], AT_LOWER).astype(np.int8),
        np.where(row_known, kept.basis.rows[rows], BASIC).astype(np.int8),
    ), primal


def _places(
    old: NDArray[np.uint64], new: NDArray[np.uint64]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Give where each new key stood, and whether it did at all; any place where it did not."""
    ranked = np.argsort(old, kind="stable")
    place = np.minimum(np.searchsorted(old, new, sorter=ranked), old.size - 1)
    return ranked[place], old[ranked[place]] == new
