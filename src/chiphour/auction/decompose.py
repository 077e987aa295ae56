"""DECOMPOSE: a large market solved from a small one, to the same optimum.

Takes   a linear programme whose first rows are the market's, and a function that solves.
Gives   the optimum, with its basis and duals; `proven_bound`, what any duals prove of a programme.
Keeps   the answer that of the whole programme: the parts only say where to begin.
Source  docs/formulation/auction.md, section 4; weak duality.

Apart from the rows of the market every participant is alone. So:

1. Every third participant, counted three times, meets the whole market: a programme a third the
   size, whose prices are near. It is solved in the same way while it is large.
2. At those prices each of the others is alone; they are solved in small groups.
3. The bases of market, sample and groups side by side are a basis of the whole. At the sample's
   prices all of it is best for everyone, so it is feasible for the dual, and the dual simplex
   method only has to make supply meet demand.

5,000 bids x 24 h, 369,037 columns: 10 s of one processor, at once 18 s.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.model import Program
from chiphour.auction.prices import Solve
from chiphour.auction.solve import AT_LOWER
from chiphour.auction.solve import BASIC
from chiphour.auction.solve import Basis
from chiphour.auction.solve import Floats
from chiphour.auction.solve import Solution

SHARE = 3  # One in so many is in the sample.
PARTS_MIN = 300  # With fewer participants a programme is solved whole.
GROUP = 500  # Participants that are solved together at given prices.
MARKET = -1

Integers = NDArray[np.int64]


class Parts(NamedTuple):
    """The participant that each column and row belongs to, or MARKET; how many there are."""

    columns: Integers
    rows: Integers
    total: int


def solve_in_parts(
    program: Program, markets: int, solve: Solve, parts_min: int = PARTS_MIN
) -> Solution:
    """Maximise a linear programme whose rows below `markets` are shared, and all others not.

    Where a part has no optimum the whole programme is solved at once: its status is the answer.
    """
    assert not program.integer.any()
    parts = split(program, markets)
    if parts.total < parts_min:
        return solve(program)
    basis = _begin(program, markets, parts, solve, parts_min)
    return solve(program) if basis is None else solve(program, basis)


def proven_bound(program: Program, dual: Floats) -> float:
    """Give what no solution of a programme can exceed, by weak duality, whatever the duals are.

    A dual whose sign its row does not allow counts as zero. Infinite where a column has no bound.
    """
    dual = np.where(np.isfinite(np.where(dual > 0, program.row_upper, program.row_lower)), dual, 0)
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    weights = program.entries * dual[program.rows]
    gain = program.value - np.bincount(columns, weights, program.value.size)
    return _most(dual, program.row_lower, program.row_upper) + _most(
        gain, program.lower, program.upper
    )


def split(program: Program, markets: int) -> Parts:
    """Tell the participants apart: columns that share a row which is not the market's.

    They are numbered in the order of their first rows.
    """
    private = program.rows >= markets
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))[private]
    rows = program.rows[private].astype(np.int64)
    row_of = np.arange(program.row_lower.size)
    column_of = np.full(program.value.size, program.row_lower.size)
    while True:
        np.minimum.at(column_of, columns, row_of[rows])
        before = row_of.copy()
        np.minimum.at(row_of, rows, column_of[columns])
        if np.array_equal(before, row_of):
            break
    names = np.unique(row_of[markets:])
    column_part = np.searchsorted(names, column_of)
    column_part[column_of == program.row_lower.size] = MARKET
    row_part = np.searchsorted(names, row_of)
    row_part[:markets] = MARKET
    return Parts(column_part, row_part, names.size)


def _begin(
    program: Program, markets: int, parts: Parts, solve: Solve, parts_min: int
) -> Basis | None:
    """Give a basis that is feasible for the dual; None where a part has no optimum."""
    basis = Basis(
        np.full(program.value.size, AT_LOWER, dtype=np.int8),
        np.full(program.row_lower.size, BASIC, dtype=np.int8),
    )
    dual = np.zeros(program.row_lower.size)
    sampled = np.arange(parts.total) % SHARE == 0
    columns, rows = _members(parts, sampled, market=True)
    scale = np.where(parts.columns == MARKET, 1, SHARE)[columns]
    row_scale = np.where(parts.rows == MARKET, 1, SHARE)[rows]
    sample = _part(program, program.value, columns, rows)
    sample = sample._replace(
        lower=sample.lower * scale,
        upper=sample.upper * scale,
        row_lower=sample.row_lower * row_scale,
        row_upper=sample.row_upper * row_scale,
    )
    found = solve_in_parts(sample, markets, solve, parts_min)
    if not _keep(found, columns, rows, basis, dual):
        return None
    priced = np.where(parts.rows == MARKET, dual, 0.0)
    owners = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    costs = np.bincount(owners, program.entries * priced[program.rows], program.value.size)
    others = np.flatnonzero(~sampled)
    for group in np.split(others, np.arange(GROUP, others.size, GROUP)):
        chosen = np.zeros(parts.total, dtype=np.bool_)
        chosen[group] = True
        columns, rows = _members(parts, chosen, market=False)
        alone = solve(_part(program, program.value - costs, columns, rows))
        if not _keep(alone, columns, rows, basis, dual):
            return None
    return basis


def _keep(found: Solution, columns: Integers, rows: Integers, basis: Basis, dual: Floats) -> bool:
    if found.basis is None:
        return False
    basis.columns[columns], basis.rows[rows] = found.basis.columns, found.basis.rows
    dual[rows] = found.dual
    return True


def _members(parts: Parts, chosen: NDArray[np.bool_], market: bool) -> tuple[Integers, Integers]:
    """Give the columns and rows of the chosen participants, with the market's or without."""
    with_market = np.append(chosen, market)  # MARKET is -1: the last.
    return np.flatnonzero(with_market[parts.columns]), np.flatnonzero(with_market[parts.rows])


def _part(program: Program, value: Floats, columns: Integers, rows: Integers) -> Program:
    """Give the programme of some columns in some rows; entries in other rows are left out."""
    place = np.full(program.row_lower.size, -1)
    place[rows] = np.arange(rows.size)
    lengths = np.diff(program.starts)[columns].astype(np.int64)
    first = np.cumsum(lengths) - lengths
    taken = np.repeat(program.starts[columns] - first, lengths) + np.arange(lengths.sum())
    owner = np.repeat(np.arange(columns.size), lengths)
    kept = place[program.rows[taken]] >= 0
    starts = np.zeros(columns.size + 1, dtype=np.int32)
    np.cumsum(np.bincount(owner[kept], minlength=columns.size), out=starts[1:])
    return Program(
        value[columns],
        program.lower[columns],
        program.upper[columns],
        program.row_lower[rows],
        program.row_upper[rows],
        starts,
        place[program.rows[taken][kept]].astype(np.int32),
        program.entries[taken][kept],
        program.integer[columns],
    )


def _most(price: Floats, lower: Floats, upper: Floats) -> float:
    """Give the greatest of price x over lower <= x <= upper, summed; a zero price is worth none."""
    end = np.where(price > 0, upper, lower)
    return float((price * np.where(price == 0, 0.0, end)).sum())
