"""PRICES: duals to one price for each slot, also where the duals are not unique.

Takes   a model, a linear programme of it with its solution, a solver for the few that follow.
Gives   `unique_duals`: one vector of row duals by rule, and which slots have a price; `Price`s; the
        programme whose ties the run's key decides.
Keeps   prices unique by rule: the mean of four keyed corners of the dual face. A dual that no bid
        and no offer bounds is no price.
Source  docs/formulation/auction.md, section 5, equations 7 and 13; decision 0008.
"""

import hashlib
from typing import NamedTuple
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.held import Duals
from chiphour.auction.model import Amounts
from chiphour.auction.model import Floats
from chiphour.auction.model import Integers
from chiphour.auction.model import Model
from chiphour.auction.model import Program
from chiphour.auction.solve import Basis
from chiphour.auction.solve import Solution
from chiphour.observe.observation import MarketError
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import TICKS_PER_USD
from chiphour.units import div_half_even

AT_BOUND = 1e-7  # Chips, or dollars for a reduced cost: nearer than this is at the bound.
OUTSIDE_USD = 10_000.0  # How far beyond floor and cap a dual that nobody bounds is caught.
WEIGHT_STEP = 1024  # Weights are 1 + key/1024 and their mirror, 1 - key/1024.
TIE_USD = 1e-5  # The greatest keyed cost of a chip.
STEP_CHIPS = 1e-3  # How far balances are moved for a corner,
SPARE = 1e-4  # How much of that is spare of what else a chip needs.
HALVINGS = 20  # halved so often at most.
CAUGHT_CHIPS = 1.0  # What the buyer below the floor and the seller above the cap will take.


class ClearingFailed(MarketError):
    """The solver gave no optimum, or one from which no award can be made."""


class Price(NamedTuple):
    """The price of a slot.

    `dual_nanousd` is always there, for the certificate. `price_ticks`, for money, is None where no
    bid and no offer bounds the dual: nothing trades there.
    """

    dual_nanousd: int
    price_ticks: int | None


class Solve(Protocol):
    """What solves a programme, in this process or another; with a basis it starts from there."""

    def __call__(self, program: Program, basis: Basis | None = None) -> Solution:
        """Solve."""


class Priced(NamedTuple):
    """Row duals, float64[rows], and by slot whether anyone bounds the price, bool[slots]."""

    row_dual: Floats
    priced: NDArray[np.bool_]


def optimal(solution: Solution, what: str) -> Solution:
    """Give the solution back; raises ClearingFailed when it is not an optimum."""
    if solution.status != "optimal":
        raise ClearingFailed(f"{what}: expected an optimum, found {solution.status}")
    return solution


def keys(root: str, words: tuple[str, ...], count: int) -> Floats:
    """Give numbers in [0, 1) that no bidder can foresee: SHAKE-128 of the root and the words."""
    stream = hashlib.shake_128("\0".join((root, *words)).encode()).digest(8 * count)
    return np.frombuffer(stream, dtype=">u8").astype(np.float64) / float(1 << 64)


def tied(model: Model, root: str) -> Program:
    """Give the programme with a keyed cost on every column that trades (eq. 7)."""
    cost = np.zeros(model.program.value.size)
    for block in model.columns:
        part = slice(block.first, block.first + block.size)
        if model.traded[part].any():
            cost[part] = TIE_USD * keys(root, block.name, block.size)
    return model.program._replace(value=model.program.value - cost)


def caught(program: Program, grid: Grid, chips: float = CAUGHT_CHIPS) -> Program:
    """Add to each slot a buyer far below the floor and a seller far above the cap."""
    hours, every = grid.step_minutes / MINUTES_PER_HOUR, np.arange(grid.slots)
    floor_usd = (grid.floor_ticks / TICKS_PER_USD - OUTSIDE_USD) * hours
    cap_usd = (grid.cap_ticks / TICKS_PER_USD + OUTSIDE_USD) * hours
    program = with_columns(program, np.full(grid.slots, floor_usd), chips, every, 1.0)
    return with_columns(program, np.full(grid.slots, -cap_usd), chips, every, -1.0)


def unique_duals(
    model: Model, program: Program, solution: Solution, solve: Solve, root: str
) -> Priced:
    """Give the duals of a linear programme by rule (eq. 13)."""
    grid, slots = model.grid, model.grid.slots
    hours = grid.step_minutes / MINUTES_PER_HOUR
    floor_usd = grid.floor_ticks / TICKS_PER_USD * hours - AT_BOUND
    cap_usd = grid.cap_ticks / TICKS_PER_USD * hours + AT_BOUND
    if _nondegenerate(program, solution):
        found = solution.dual[:slots]
        return Priced(solution.dual, (found >= floor_usd) & (found <= cap_usd))
    spare = _spare(model)
    corners = _corners(model, program, solution, solve, root, spare)
    if not len(corners):
        corners = solution.dual.reshape(1, -1)
    bounded = _bounded(corners[:, :slots], grid, hours)
    priced = np.asarray(bounded.any(axis=0))
    mean = corners.mean(axis=0)
    is_mean = (bounded.all(axis=0) == priced).all()
    if is_mean and (priced.all() or not model.program.integer.any()):
        return Priced(mean, priced)
    counted = np.where(bounded, corners[:, :slots], 0.0).sum(axis=0)
    means = counted / np.maximum(bounded.sum(axis=0), 1)
    wanted = np.where(priced, means, floor_usd + AT_BOUND)
    weights = np.where(priced, 1, 1 / WEIGHT_STEP) * (1 + _drawn(root, slots))
    return Priced(_nearest(program, solution, solve, wanted, weights, mean, spare), priced)


def _drawn(root: str, slots: int) -> Floats:
    """Give what makes each slot's weight its own, so that no two points are equally good."""
    return keys(root, ("slots",), slots) / WEIGHT_STEP


def _spare(model: Model) -> Floats:
    """Give a little for every row of side resources and premiums, float64[rows] (eq. 10).

    Where gangs that are fixed use up a stock, nothing bounds its price from above.
    """
    spare = np.zeros(model.program.row_lower.size)
    for block in model.rows:
        if block.name[0] in ("side", "premium"):
            spare[block.first : block.first + block.size] = SPARE
    return spare


def _bounded(corners: Floats, grid: Grid, hours: float) -> NDArray[np.bool_]:
    """Tell which corners count, bool[corners, slots]: those that someone's price bounds.

    At the cap stand those who pay anything, at a floor below zero those who give anything: they say
    no price, and count only where nobody else does.
    """
    floor_usd, cap_usd = (
        ticks / TICKS_PER_USD * hours for ticks in (grid.floor_ticks, grid.cap_ticks)
    )
    within = (corners >= floor_usd - AT_BOUND) & (corners <= cap_usd + AT_BOUND)
    inner = within & (corners < cap_usd - AT_BOUND)
    if grid.floor_ticks < 0:
        inner &= corners > floor_usd + AT_BOUND
    return np.where(inner.any(axis=0), inner, within)


def published(duals: Duals, priced: NDArray[np.bool_], grid: Grid) -> tuple[Price, ...]:
    """Give each slot's dual in nano-dollars and its tick, floor to cap, where it has a price.

    A slot can trade though nobody bounds its dual within floor and cap: a pool that must give its
    least output, say. Then it pays the nearer of the two, and who loses by it is made whole.
    """
    ticks = [
        min(max(div_half_even(dual, NANOUSD_PER_TICK), grid.floor_ticks), grid.cap_ticks)
        for dual in duals.slots
    ]
    return tuple(
        Price(dual, tick if has else None)
        for dual, tick, has in zip(duals.slots, ticks, priced.tolist(), strict=True)
    )


def trading(model: Model, primal: Floats) -> NDArray[np.bool_]:
    """Tell in which slots anything is bought, sold or carried, bool[slots]."""
    program, slots = model.program, model.grid.slots
    moved = np.abs(program.entries * np.repeat(primal, np.diff(program.starts)))
    balances = program.rows < slots
    total = np.bincount(program.rows[balances], moved[balances], minlength=slots)
    return np.asarray(total > AT_BOUND)


def with_columns(
    program: Program, value: Floats, upper: Amounts, rows: Integers, entry: float
) -> Program:
    """Add columns from zero to `upper`, each with one entry in its row."""
    count, last = value.size, program.starts[-1]
    return program._replace(
        value=np.concatenate([program.value, value]),
        lower=np.concatenate([program.lower, np.zeros(count)]),
        upper=np.concatenate([program.upper, np.broadcast_to(upper, (count,))]),
        starts=np.concatenate([program.starts, last + 1 + np.arange(count)]).astype(np.int32),
        rows=np.concatenate([program.rows, rows]).astype(np.int32),
        entries=np.concatenate([program.entries, np.full(count, entry)]),
        integer=np.concatenate([program.integer, np.zeros(count, dtype=np.bool_)]),
    )


def _nondegenerate(program: Program, solution: Solution) -> bool:
    """Tell whether every basic value lies off its bounds: then the duals are unique."""
    columns, rows = solution.column_basic, solution.row_basic
    off_columns = _off(solution.primal, program.lower, program.upper)
    off_rows = _off(solution.row_primal, program.row_lower, program.row_upper)
    return bool(off_columns[columns].all() and off_rows[rows].all())


def _off(found: Floats, lower: Floats, upper: Floats) -> NDArray[np.bool_]:
    return (found > lower + AT_BOUND) & (found < upper - AT_BOUND)


def _corners(
    model: Model, program: Program, solution: Solution, solve: Solve, root: str, spare: Floats
) -> Floats:
    """Give corners of the dual face, float64[4, rows]: least and greatest by both weights.

    One that cannot be proved to be of the face is left out.
    """
    slots, held = model.grid.slots, caught(program, model.grid)
    drawn, found = _drawn(root, slots), []
    for weights in (1 + drawn, 1 - drawn):
        for sign in (1.0, -1.0):
            step = np.zeros(program.row_lower.size)
            step[:slots] = sign * weights

            def moved(size: float, step: Floats = step) -> Program:
                return held._replace(
                    row_lower=held.row_lower + size * step,
                    row_upper=held.row_upper + size * step,
                )

            corner = _small(moved, program, solution, solve, spare)
            if corner is not None:
                found.append(corner)
    return np.array(found)


def _nearest(
    program: Program,
    solution: Solution,
    solve: Solve,
    wanted: Floats,
    weights: Floats,
    otherwise: Floats,
    spare: Floats,
) -> Floats:
    """Give the duals nearest to the wanted ones by the weighed sum of distances.

    A little bought and sold at each wanted price pulls the duals there: the gain is the distance. A
    slot without a price is pulled a thousand times less, lest a gang's price follow it up.
    """
    every = np.arange(wanted.size)

    def drawn(size: float) -> Program:
        bought = with_columns(program, wanted, size * weights, every, 1.0)
        return with_columns(bought, -wanted, size * weights, every, -1.0)

    found = _small(drawn, program, solution, solve, spare)
    return otherwise if found is None else found


class _Change(Protocol):
    def __call__(self, size: float) -> Program: ...


def _small(
    change: _Change, program: Program, solution: Solution, solve: Solve, spare: Floats
) -> Floats | None:
    """Give the duals of a changed programme, the change halved until they prove the first one.

    `spare`, float64[rows], is added above, times the change: what nothing else prices costs least.
    """
    size = STEP_CHIPS
    for _ in range(HALVINGS):
        changed = change(size)
        changed = changed._replace(row_upper=changed.row_upper + size * spare)
        extra = changed.value.size - program.value.size
        basis = solution.basis
        if basis is not None and extra:
            columns = np.concatenate([basis.columns, np.zeros(extra, dtype=basis.columns.dtype)])
            basis = basis._replace(columns=columns)
        found = solve(changed, basis)
        if found.status == "optimal" and _proves(program, solution, found.dual):
            return found.dual
        size /= 2
    return None


def _proves(program: Program, solution: Solution, dual: Floats) -> bool:
    """Tell whether duals prove that a solution is optimal: slack where they say nothing binds."""
    counts = np.diff(program.starts)
    owners = np.repeat(np.arange(program.value.size), counts)
    paid = np.bincount(
        owners, weights=program.entries * dual[program.rows], minlength=program.value.size
    )
    reduced = program.value - paid
    return _slack(reduced, solution.primal, program.lower, program.upper) and _slack(
        dual, solution.row_primal, program.row_lower, program.row_upper
    )


def _slack(gain: Floats, found: Floats, lower: Floats, upper: Floats) -> bool:
    """Tell whether whatever would gain by rising is at its top, and by falling at its bottom."""
    rises = (gain > AT_BOUND) & (found < upper - AT_BOUND)
    falls = (gain < -AT_BOUND) & (found > lower + AT_BOUND)
    return not rises.any() and not falls.any()
