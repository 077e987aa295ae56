"""PRESOLVE: what need not be solved, because the market's own shape decides it.

Takes   a programme whose first rows are the market's, with or without integers.
Gives   a smaller one, and its solution carried back to the whole: values and duals.
Keeps   the optimum; a solution that is carried back is feasible, and its duals prove it.
Source  docs/formulation/auction.md, section 4.

Three steps, each with what it says of the market:

1. Rows that the same pools serve at the same ratios are one row. Tiers sold from one stock of chips
   have one price in chips, so they need one balance; pools that serve only the same balances have
   one merit order. The columns between them only pass chips on, and as many rows of them go.
2. A choice that does no more than another for no less is not made: among tiers of one price, the
   one with more interruptions and more loss.
3. Bids that are the same are one bid of their total, shared alike: exact where nothing is integer,
   since what n equal convex sets can do together is n times what one can.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.decompose import MARKET
from chiphour.auction.decompose import split
from chiphour.auction.model import Program
from chiphour.auction.solve import Floats
from chiphour.auction.solve import Solution

NOWHERE = -1
NEAR = 1e-9  # Relative: two floats that were computed in different ways.
ROOM = 2.0  # A bound that a row implies is moved away by this factor, so that the row holds it.

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Bounds = tuple[Floats, Floats, Floats, Floats]  # Of columns, then of rows: lower, upper.


class Step(NamedTuple):
    """How what was before follows from what came after.

    `source`, `share`: of each column before, the column after and how much of it, NOWHERE for
    none. `row_source`, `row_scale`: likewise the duals of rows. `passed`: of a column that passes
    chips to a merged row, that row; its share is the row's share of the group's demand.
    """

    before: Program
    source: Integers
    share: Floats
    row_source: Integers
    row_scale: Floats
    passed: Integers


class Presolved(NamedTuple):
    """What is left to solve, how many of its first rows are the market's, and the way back."""

    program: Program
    markets: int
    steps: tuple[Step, ...]


def presolve(program: Program, markets: int) -> Presolved:
    """Make a programme smaller. Rows below `markets` are shared by participants."""
    steps: list[Step] = []
    # Tiers first; then pools, which by then serve one balance each.
    for shrink in (_merge_rows, _merge_rows, _drop_dominated, _merge_bids):
        found = shrink(program, markets)
        if found is not None:
            step, bounds = found
            program, markets = _after(step, bounds), _markets_after(step, markets)
            steps.append(step)
    return Presolved(program, markets, tuple(steps))


def lift(presolved: Presolved, solution: Solution) -> Solution:
    """Carry a solution back. It has no basis: equal bids share alike, which is no corner."""
    if not solution.primal.size or not presolved.steps:
        return solution
    primal, dual = solution.primal, solution.dual
    for step in reversed(presolved.steps):
        primal = _lifted(step, primal)
        dual = np.where(step.row_source >= 0, dual[step.row_source] * step.row_scale, 0.0)
    program = presolved.steps[0].before
    columns = np.repeat(np.arange(primal.size), np.diff(program.starts))
    weights = program.entries * dual[program.rows]
    return Solution(
        solution.status,
        float(program.value @ primal),
        primal,
        program.value - np.bincount(columns, weights, primal.size),
        np.bincount(program.rows, program.entries * primal[columns], program.row_lower.size).astype(
            np.float64
        ),
        dual,
        np.zeros(primal.size, dtype=np.bool_),
        np.zeros(program.row_lower.size, dtype=np.bool_),
        solution.bound,
    )


def _lifted(step: Step, after: Floats) -> Floats:
    """Give the values before a step; what passes chips on is shared as they are demanded."""
    program = step.before
    primal = np.where(step.source >= 0, after[step.source] * step.share, 0.0)
    passing = step.passed >= 0
    if not passing.any():
        return primal
    columns = np.repeat(np.arange(primal.size), np.diff(program.starts))
    rest = program.entries * np.where(passing, 0.0, primal)[columns]
    demand = np.abs(np.bincount(program.rows, rest, program.row_lower.size) * step.row_scale)
    groups = np.bincount(step.row_source, demand, program.row_lower.size)
    whole = groups[step.row_source]
    share = np.divide(demand, whole, out=np.zeros(demand.size), where=whole > 0)
    return np.where(passing, primal * share[step.passed], primal)


def _after(step: Step, bounds: Bounds) -> Program:
    """Give the programme after a step; `bounds` are those of before, changed by it."""
    program = step.before
    lower, upper, row_lower, row_upper = bounds
    kept, kept_rows = _firsts(step.source), _firsts(step.row_source)
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    place = np.full(program.value.size, NOWHERE)
    place[kept] = np.arange(kept.size)
    taken = (place[columns] >= 0) & (step.row_source[program.rows] >= 0)
    into = place[columns[taken]]
    rows = step.row_source[program.rows[taken]]
    entries = program.entries[taken] * step.row_scale[program.rows[taken]]
    ranked = np.lexsort((rows, into))
    into, rows, entries = into[ranked], rows[ranked], entries[ranked]
    new = np.append(True, (np.diff(into) != 0) | (np.diff(rows) != 0))[: into.size]
    first = np.flatnonzero(new)
    starts = np.searchsorted(into[first], np.arange(kept.size + 1)).astype(np.int32)
    return Program(
        program.value[kept],
        lower[kept],
        upper[kept],
        row_lower[kept_rows],
        row_upper[kept_rows],
        starts,
        rows[first].astype(np.int32),
        np.add.reduceat(entries, first) if first.size else entries,
        program.integer[kept],
    )


def _firsts(source: Integers) -> Integers:
    """Give the first place of each number from 0 up."""
    found, first = np.unique(source, return_index=True)
    return first[found >= 0]


def _markets_after(step: Step, markets: int) -> int:
    return int(np.unique(step.row_source[:markets]).size)


def _numbered(kept: Booleans) -> Integers:
    """Number what is kept in its order; NOWHERE else."""
    return np.where(kept, np.cumsum(kept) - 1, NOWHERE)


def _merge_rows(program: Program, _: int) -> tuple[Step, Bounds] | None:
    """Merge balance rows that the same rows serve at the same ratios."""
    served, groups = _served(program)
    source, share = np.arange(program.value.size), np.ones(program.value.size)
    row_source, row_scale = np.arange(program.row_lower.size), np.ones(program.row_lower.size)
    passed, upper = np.full(program.value.size, NOWHERE), program.upper.copy()
    used: set[int] = set()
    for by, members in groups.items():
        if len(members) < 2 or used.intersection(by) or used.intersection(members):
            continue
        used.update(by, members)
        for row in members:
            row_source[row] = members[0]
            for other in by:
                kept, here, there = served[members[0]][other]
                column, its_here, its_there = served[row][other]
                source[column], share[column], passed[column] = kept, there / its_there, row
                row_scale[row] = (here / there) / (its_here / its_there)
                if column != kept:
                    upper[kept] += program.upper[column] * its_there / there
    if not used:
        return None
    kept_columns = _numbered(source == np.arange(source.size))
    kept_rows = _numbered(row_source == np.arange(row_source.size))
    step = Step(program, kept_columns[source], share, kept_rows[row_source], row_scale, passed)
    return step, (program.lower, upper, program.row_lower, program.row_upper)


def _served(
    program: Program,
) -> tuple[dict[int, dict[int, tuple[int, float, float]]], dict[tuple[int, ...], list[int]]]:
    """Give by row and row what passes between: column, entry here, entry there; rows by rows.

    The second tells which rows are served by the same others, where merging them is right: at one
    ratio, in one direction, with the rest of each row on the other side.
    """
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    passes = _passes(program, columns)
    ends = program.starts[np.flatnonzero(passes)][:, None] + np.arange(2)
    rows, entries = program.rows[ends], program.entries[ends]
    served: dict[int, dict[int, tuple[int, float, float]]] = {}
    for column, (one, other), (here, there) in zip(
        np.flatnonzero(passes).tolist(), rows.tolist(), entries.tolist(), strict=True
    ):
        served.setdefault(one, {})[other] = (column, here, there)
        served.setdefault(other, {})[one] = (column, there, here)
    counts = np.bincount(rows.ravel(), minlength=program.row_lower.size)
    rest = ~passes[columns]
    sides = [
        np.bincount(program.rows, rest & (sign * program.entries > 0), program.row_lower.size) > 0
        for sign in (1, -1)
    ]
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, by in sorted(served.items()):
        ratios = [here / there for _, here, there in by.values()]
        alike = max(ratios) - min(ratios) <= NEAR * abs(ratios[0])
        up = [there > 0 for _, _, there in by.values()]
        against = sides[0 if ratios[0] * (1 if up[0] else -1) > 0 else 1][row]
        if alike and not against and len(by) == counts[row] and len(set(up)) == 1:
            groups.setdefault((int(up[0]), *sorted(by)), []).append(row)
    return served, {by[1:]: members for by, members in sorted(groups.items(), key=_first_row)}


def _first_row(group: tuple[tuple[int, ...], list[int]]) -> int:
    return group[1][0]


def _passes(program: Program, columns: Integers) -> Booleans:
    """Tell which columns only pass chips from one balance to another, as many as there are.

    Worth nothing, in two rows that sum to zero, of columns that are never negative; and no bound
    of its own that one of those rows does not imply.
    """
    size = program.row_lower.size
    balance = (program.row_lower == 0) & (program.row_upper == 0)
    negative = np.bincount(program.rows, program.lower[columns] < 0, size) > 0
    fit = balance & ~negative
    weights = np.abs(program.entries) * program.upper[columns]
    positive = program.entries > 0
    given = np.bincount(program.rows, np.where(positive, weights, 0.0), size)
    taken = np.bincount(program.rows, np.where(positive, 0.0, weights), size)
    most = np.where(positive, taken[program.rows], given[program.rows])
    implied = weights >= most * (1 - NEAR)
    fits = np.bincount(columns, fit[program.rows], program.value.size) == 2
    bound = np.bincount(columns, implied & fit[program.rows], program.value.size) > 0
    two = np.diff(program.starts) == 2
    free = (program.value == 0) & (program.lower == 0) & ~program.integer
    return np.asarray(two & fits & bound & free)


def _drop_dominated(program: Program, _: int) -> tuple[Step, Bounds] | None:
    """Drop each column that uses no less than another in the same rows, for no more value."""
    lengths = np.diff(program.starts)
    columns = np.repeat(np.arange(program.value.size), lengths)
    marks = _mixed(program.rows.astype(np.uint64) + np.uint64(1))
    pattern = np.zeros(program.value.size, dtype=np.uint64)
    np.add.at(pattern, columns, marks)
    ranked = np.lexsort((np.arange(pattern.size), -program.value, pattern))
    begins = np.append(True, np.diff(pattern[ranked].astype(np.int64)) != 0)[: ranked.size]
    best = np.zeros(pattern.size, dtype=np.int64)
    best[ranked] = ranked[begins][np.cumsum(begins) - 1]
    implied = _implied(program, columns)
    asked = (best != np.arange(best.size)) & (lengths == lengths[best]) & (lengths > 0)
    asked &= (program.lower == 0) & ~program.integer & ~program.integer[best] & implied[best]
    dropped = np.zeros(best.size, dtype=np.bool_)
    for length in np.unique(lengths[asked]):
        some = np.flatnonzero(asked & (lengths == length))
        own = program.starts[some][:, None] + np.arange(length)
        other = program.starts[best[some]][:, None] + np.arange(length)
        rows, more = program.rows[own], program.entries[own] - program.entries[other]
        below, above = np.isinf(program.row_lower[rows]), np.isinf(program.row_upper[rows])
        no_less = (more == 0) | (below & (more > 0)) | (above & (more < 0))
        dropped[some] = ((rows == program.rows[other]) & no_less).all(axis=1)
    if not dropped.any():
        return None
    upper = program.upper.copy()
    upper[best[dropped]] *= ROOM  # A row holds it: that row's dual tells what more would be worth.
    every = np.arange(program.row_lower.size)
    step = Step(
        program,
        _numbered(~dropped),
        np.ones(dropped.size),
        every,
        np.ones(every.size),
        np.full(dropped.size, NOWHERE),
    )
    return step, (program.lower, upper, program.row_lower, program.row_upper)


def _implied(program: Program, columns: Integers) -> Booleans:
    """Tell which columns some row keeps from their upper bound, or at it."""
    size = program.row_lower.size
    odd = (program.entries < 0) | (program.lower[columns] < 0)
    only = (np.bincount(program.rows, odd, size) == 0) & np.isfinite(program.row_upper)
    room = np.where(only, program.row_upper, np.inf)[program.rows]
    most = program.entries * program.upper[columns]
    return np.bincount(columns, most >= room * (1 - NEAR), program.value.size) > 0


def _merge_bids(program: Program, markets: int) -> tuple[Step, Bounds] | None:
    """Make one bid of those that are the same and have no integers: its total, shared alike."""
    parts = split(program, markets)
    if not parts.total:
        return None
    groups = _alike(program, markets, parts.columns, parts.rows, parts.total)
    first = np.unique(groups, return_index=True)[1][groups]  # Of each part, the first like it.
    count = np.bincount(groups)[groups].astype(np.float64)
    if first.size == np.unique(first).size:
        return None
    column_count = np.where(parts.columns == MARKET, 1.0, count[parts.columns])
    row_count = np.where(parts.rows == MARKET, 1.0, count[parts.rows])
    bounds = (
        program.lower * column_count,
        program.upper * column_count,
        program.row_lower * row_count,
        program.row_upper * row_count,
    )
    step = Step(
        program,
        _of_first(parts.columns, first),
        1 / column_count,
        _of_first(parts.rows, first),
        np.ones(parts.rows.size),
        np.full(parts.columns.size, NOWHERE),
    )
    return step, bounds


def _of_first(part: Integers, first: Integers) -> Integers:
    """Give each member the number of its like in the first part, numbered by what is kept."""
    kept = (part == MARKET) | (first[part] == part)
    place = _within(part)
    mine = np.flatnonzero(part != MARKET)
    ranked = mine[np.argsort(part[mine], kind="stable")]  # By part, in order.
    begins = np.searchsorted(part[ranked], np.arange(first.size))
    like = np.arange(part.size)
    like[mine] = ranked[begins[first[part[mine]]] + place[mine]]
    return _numbered(kept)[like]


def _within(part: Integers) -> Integers:
    """Give each member's place among those of its part."""
    ranked = np.argsort(part, kind="stable")
    begins = np.searchsorted(part[ranked], part[ranked])
    place = np.zeros(part.size, dtype=np.int64)
    place[ranked] = np.arange(part.size) - begins
    return place


def _alike(
    program: Program, markets: int, column_part: Integers, row_part: Integers, total: int
) -> Integers:
    """Give each part the number of the first group of parts that are the same in everything."""
    whole = np.zeros(total + 1, dtype=np.bool_)
    whole[column_part[program.integer]] = True
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    place, row_place = _within(column_part), _within(row_part)
    there = np.where(program.rows < markets, program.rows, markets + row_place[program.rows])
    found: dict[bytes, int] = {}
    groups = np.zeros(total, dtype=np.int64)
    by_column = np.argsort(column_part, kind="stable")
    by_row = np.argsort(row_part, kind="stable")
    by_entry = np.argsort(column_part[columns], kind="stable")
    tables = (
        (by_column, column_part, (program.value, program.lower, program.upper)),
        (by_row, row_part, (program.row_lower, program.row_upper)),
        (by_entry, column_part[columns], (place[columns], there, program.entries)),
    )
    cuts = [np.searchsorted(part[ranked], np.arange(total + 1)) for ranked, part, _ in tables]
    sorted_tables = [[each[ranked] for each in arrays] for ranked, _, arrays in tables]
    for number in range(total):
        words = [str(number).encode()] if whole[number] else []
        for cut, arrays in zip(cuts, sorted_tables, strict=True):
            words += [each[cut[number] : cut[number + 1]].tobytes() for each in arrays]
        groups[number] = found.setdefault(b"|".join(words), len(found))
    return groups


def _mixed(number: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread numbers over all of 64 bits, so that sums of them differ where the sets do."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))
