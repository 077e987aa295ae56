"""IMPLIED: what the rows alone say of integers, whatever the values are.

Takes   a programme with columns that are 0 or 1.
Gives   `possible`, the same programme without the choices that no row leaves room for; `implied`,
        rows that every solution in integers keeps and its relaxation does not.
Keeps   every solution in integers. Values are never looked at: what is said holds for all of them.
Source  docs/formulation/auction.md, section 4; decision 0049. The rows are implied bounds, as in
        Savelsbergh, "Preprocessing and probing techniques for mixed integer programming problems",
        ORSA Journal on Computing 6, 1994.

Two things a market's relaxation does not see:

1. A gang of 64 chips cannot run seven eighths in a pool that has 56 left: it runs whole or not.
2. It cannot run in a pool that is a sixth on, though a sixth of that pool would be chips enough.
   For what a switch at 0 would keep off, all of one bid's choices: their sum is at most the switch.

On the family of 1,000 bids x 24 h the relaxation lies 1.6e-3 above the optimum, with both 1.1e-4.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.model import Program
from chiphour.auction.solve import INTEGRAL
from chiphour.auction.solve import TOLERANCE
from chiphour.auction.solve import Floats

Integers = NDArray[np.int64]

PASSES_MAX = 5  # Of all rows; on the family the second finds nothing more.
VISITS_MAX = 60  # Of rows, for one switch: so far its consequences are followed.
NOWHERE = -1


class Rows(NamedTuple):
    """Rows by rows, each at most zero: `starts` [rows + 1], `columns`, `entries` [entries]."""

    starts: NDArray[np.int32]
    columns: NDArray[np.int32]
    entries: Floats

    def sums(self, primal: Floats) -> Floats:
        """Give what each row sums to, float64[rows]; every row has entries."""
        weights = self.entries * primal[self.columns]
        return np.add.reduceat(weights, self.starts[:-1]) if weights.size else weights

    def chosen(self, numbers: Integers) -> "Rows":
        """Give some of the rows."""
        places = [np.arange(*self.starts[one : one + 2]) for one in numbers]
        taken = np.concatenate([np.zeros(0, dtype=np.int64), *places])
        starts = np.cumsum([0, *map(len, places)]).astype(np.int32)
        return Rows(starts, self.columns[taken], self.entries[taken])


class _ByRows(NamedTuple):
    """A programme's entries by rows."""

    starts: Integers
    columns: Integers
    entries: Floats


def possible(program: Program) -> Program:
    """Hold at 0 every choice for which some row has no room, whatever the other columns are."""
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    entries, size = program.entries, program.row_lower.size
    upper = program.upper.copy()
    for _ in range(PASSES_MAX):
        ends = entries * program.lower[columns], entries * upper[columns]
        least = np.bincount(program.rows, np.minimum(*ends), size)
        most = np.bincount(program.rows, np.maximum(*ends), size)
        above, below = program.row_upper - least, most - program.row_lower
        room = np.where(entries > 0, above[program.rows], below[program.rows]) / np.abs(entries)
        short = program.integer[columns] & (room < 1 - INTEGRAL)
        short &= (program.lower[columns] == 0) & (upper[columns] == 1)
        if not short.any():
            break
        upper[columns[short]] = 0
    return program._replace(upper=upper)


def implied(program: Program) -> Rows:
    """Give for each switch, and each bid with choices that it keeps off at 0: their sum is no more.

    A switch is an integer that is not itself one of several choices. A choice that stands in no
    row of choices has a row of its own.
    """
    by_rows, choice = _by_rows(program), _choices(program)
    switches = _may_keep_off(program) & (choice == NOWHERE)
    starts, columns, entries = [0], [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for switch in np.flatnonzero(switches).tolist():
        off = _off(program, by_rows, switch)
        groups: dict[int, list[int]] = {}
        for column in off:
            alone = -2 - column
            name = alone if choice[column] == NOWHERE else int(choice[column])
            groups.setdefault(name, []).append(column)
        for members in groups.values():
            starts.append(starts[-1] + len(members) + 1)
            columns.append(np.array([*members, switch]))
            entries.append(np.append(np.ones(len(members)), -1))
    return Rows(
        np.array(starts, dtype=np.int32),
        np.concatenate(columns).astype(np.int32),
        np.concatenate(entries),
    )


def _by_rows(program: Program) -> _ByRows:
    ranked = np.argsort(program.rows, kind="stable")
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    counts = np.bincount(program.rows, minlength=program.row_lower.size)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return _ByRows(starts, columns[ranked], program.entries[ranked])


def _choices(program: Program) -> Integers:
    """Give each integer's first row of which at most one may be 1; NOWHERE for none."""
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    size = program.row_lower.size
    other = ~program.integer[columns] | (program.entries != 1) | (program.lower[columns] < 0)
    alike = (np.bincount(program.rows, other, size) == 0) & (program.row_upper == 1)
    found = np.full(program.value.size, size)
    np.minimum.at(found, columns, np.where(alike[program.rows], program.rows, size))
    return np.where(found < size, found, NOWHERE)


def _may_keep_off(program: Program) -> NDArray[np.bool_]:
    """Tell the integers without which some row may have too little room for another column."""
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    entries, size = program.entries, program.row_lower.size
    ends = entries * program.lower[columns], entries * program.upper[columns]
    least = np.bincount(program.rows, np.minimum(*ends), size)
    most = np.bincount(program.rows, np.maximum(*ends), size)
    above, below = program.row_upper - least, most - program.row_lower
    without = np.where(entries < 0, above[program.rows], below[program.rows]) - np.abs(entries)
    needs = np.zeros(size)
    np.maximum.at(needs, program.rows, np.where(program.integer[columns], np.abs(entries), 0))
    least_room = TOLERANCE * np.maximum(1, np.maximum(np.abs(least), np.abs(most)))
    short = without <= np.maximum(needs, least_room)[program.rows]
    free = program.integer & (program.lower < program.upper)
    return free & (np.bincount(columns, short, program.value.size) > 0)


def _off(program: Program, by_rows: _ByRows, switch: int) -> list[int]:
    """Give the integers that must be 0 when a switch is, ascending: row by row what is left."""
    upper, off = program.upper.copy(), []
    upper[switch] = 0
    waiting = _rows_of(program, switch)
    for _ in range(VISITS_MAX):
        if not waiting:
            break
        row = waiting.pop(0)
        for column in _forced(program, by_rows, row, upper):
            upper[column] = 0
            if program.integer[column]:
                off.append(column)
            waiting += [r for r in _rows_of(program, column) if r != row and r not in waiting]
    return sorted(off)


def _rows_of(program: Program, column: int) -> list[int]:
    within = slice(program.starts[column], program.starts[column + 1])
    return [int(row) for row in program.rows[within]]


def _forced(program: Program, by_rows: _ByRows, row: int, upper: Floats) -> list[int]:
    """Give the columns to which a row leaves nothing but 0, or less than the 1 that they need."""
    within = slice(by_rows.starts[row], by_rows.starts[row + 1])
    columns, entries = by_rows.columns[within], by_rows.entries[within]
    low, high = program.lower[columns], upper[columns]
    ends = entries * low, entries * high
    least, most = np.minimum(*ends).sum(), np.maximum(*ends).sum()
    above, below = program.row_upper[row] - least, most - program.row_lower[row]
    room = np.where(entries > 0, above, below)
    none = room <= TOLERANCE * max(1, abs(least), abs(most))
    short = program.integer[columns] & (room < np.abs(entries) * (1 - INTEGRAL))
    forced = (low == 0) & (high > 0) & (none | short)
    return [int(column) for column in columns[forced]]
