"""PRICES: duals to one price for each product-hour, also where the duals are not unique.

Takes   a model and its solution, a solver for the few programmes that follow from them.
Gives   `Price`s: the dual in nano-dollars and the tick, half-even; the tied programme, whose
        optimum is the one award among equals.
Keeps   prices unique by rule: the mean of four keyed corners of the dual face. A dual that no bid
        and no offer bounds is no price.
Source  docs/formulation/auction.md, section 5, equations 7 and 8; decision 0008.

Both questions are asked at the optimum itself, with the same columns and rows. Fixing what the
first solution proves (a column with a reduced cost stays at its bound) leaves the face of equal
awards. Letting each column move only as its bound allows leaves the tangent cone, and the least
value of a step that adds w to the balances is the least w-weighted sum of prices.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.grid import Grid
from chiphour.auction.model import NO_OWNER
from chiphour.auction.model import Model
from chiphour.auction.model import Program
from chiphour.auction.solve import Solution
from chiphour.observe.observation import MarketError
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import TICKS_PER_USD
from chiphour.units import div_half_even

Solve = Callable[[Program], Solution]

AT_BOUND = 1e-7  # Chip-hours, or dollars for a reduced cost: nearer than this is at the bound.
OUTSIDE_USD = 1.0  # How far beyond floor and cap a dual that nobody bounds is caught.
WEIGHT_STEP = 1024  # Weights are 1 + key/1024 and their mirror, 1 - key/1024.


class ClearingFailed(MarketError):
    """The solver gave no optimum, or one from which no award can be made."""


class Price(NamedTuple):
    """The price of a product-hour.

    `dual_nanousd` is always there, for the certificate. `price_ticks`, for money, is None where no
    bid and no offer bounds the dual: nothing trades there.
    """

    dual_nanousd: int
    price_ticks: int | None


def optimal(solution: Solution, what: str) -> Solution:
    """Give the solution back; raises ClearingFailed when it is not an optimum."""
    if solution.status != "optimal":
        raise ClearingFailed(f"{what}: expected an optimum, found {solution.status}")
    return solution


def key(root: str, *words: str) -> float:
    """Give a number in [0, 1) that no bidder can foresee: SHA-256 of the run's root and words."""
    digest = hashlib.sha256("\0".join((root, *words)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / float(1 << 48)


def choose(model: Model, solution: Solution, solve: Solve, root: str) -> NDArray[np.float64]:
    """Give the primal values of the one optimum with the least keyed cost (eq. 7)."""
    program = model.program
    open_columns = ~solution.column_basic & (np.abs(solution.reduced) <= AT_BOUND)
    open_rows = ~solution.row_basic & (np.abs(solution.dual) <= AT_BOUND)
    movable = (program.lower < program.upper) & open_columns
    if not movable.any() and not (open_rows & (program.row_lower < program.row_upper)).any():
        return solution.primal  # No other optimum exists.
    up, down = solution.reduced > AT_BOUND, solution.reduced < -AT_BOUND
    row_up, row_down = solution.dual > AT_BOUND, solution.dual < -AT_BOUND
    costs = np.array(
        [
            0.0 if owner == NO_OWNER else -1.0 - key(root, *names)
            for owner, names in zip(model.owner, model.column_names, strict=True)
        ]
    )
    tied = program._replace(
        value=costs,
        lower=np.where(up, program.upper, program.lower),
        upper=np.where(down, program.lower, program.upper),
        row_lower=np.where(row_up, program.row_upper, program.row_lower),
        row_upper=np.where(row_down, program.row_lower, program.row_upper),
    )
    return optimal(solve(tied), "ties").primal


def prices(
    model: Model, grid: Grid, solution: Solution, solve: Solve, root: str
) -> tuple[Price, ...]:
    """Give the price of every slot: the dual, or the mean of four corners of the dual face."""
    floor_usd, cap_usd = grid.floor_ticks / TICKS_PER_USD, grid.cap_ticks / TICKS_PER_USD
    if _nondegenerate(model.program, solution):
        corners = solution.dual[: model.slots].reshape(1, -1)
    else:
        corners = _corners(model, grid, solution, solve, root)
    bounded = (corners >= floor_usd - AT_BOUND) & (corners <= cap_usd + AT_BOUND)
    priced = np.asarray(bounded.any(axis=0))
    counted = np.where(bounded, corners, 0.0).sum(axis=0)
    duals = counted / np.maximum(bounded.sum(axis=0), 1)
    if not bounded.all():
        duals = _nearest(model, grid, solution, solve, duals, priced)
    return tuple(_price(dual, bool(has)) for dual, has in zip(duals, priced, strict=True))


def _price(dual_usd: float, has_price: bool) -> Price:
    dual_nanousd = round(dual_usd * NANOUSD_PER_USD)
    ticks = div_half_even(dual_nanousd, NANOUSD_PER_TICK)
    return Price(dual_nanousd, ticks if has_price else None)


def _nondegenerate(program: Program, solution: Solution) -> bool:
    """Tell whether every basic value lies off its bounds: then the duals are unique."""
    columns, rows = solution.column_basic, solution.row_basic
    off_columns = _off(solution.primal, program.lower, program.upper)
    off_rows = _off(solution.row_primal, program.row_lower, program.row_upper)
    return bool(off_columns[columns].all() and off_rows[rows].all())


def _off(
    found: NDArray[np.float64], lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> NDArray[np.bool_]:
    return (found > lower + AT_BOUND) & (found < upper - AT_BOUND)


def _corners(
    model: Model, grid: Grid, solution: Solution, solve: Solve, root: str
) -> NDArray[np.float64]:
    """Give four dual vectors, float64[4, slots]: least and greatest under both weights (eq. 8)."""
    keys = np.array(
        [
            key(root, product.id, str(hour))
            for product in grid.products
            for hour in range(grid.hours)
        ]
    )
    cone = _tangent(model, grid, solution)
    corners = []
    for weights in (1 + keys / WEIGHT_STEP, 1 - keys / WEIGHT_STEP):
        for step in (weights, -weights):
            row_lower, row_upper = cone.row_lower.copy(), cone.row_upper.copy()
            row_lower[: model.slots] = row_upper[: model.slots] = step
            moved = cone._replace(row_lower=row_lower, row_upper=row_upper)
            corners.append(optimal(solve(moved), "prices").dual[: model.slots])
    return np.array(corners)


def _nearest(
    model: Model,
    grid: Grid,
    solution: Solution,
    solve: Solve,
    wanted: NDArray[np.float64],
    priced: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Give the duals nearest to the wanted ones, where those are prices, by sum of distances.

    Where corners were left out, each slot's mean may come from other corners than its neighbour's,
    and need not be a point of the face. A unit bought and a unit sold at each wanted price pull
    the duals there: their gain is the distance.
    """
    pulled = np.flatnonzero(priced)
    cone = _tangent(model, grid, solution)
    row_lower, row_upper = cone.row_lower.copy(), cone.row_upper.copy()
    row_lower[: model.slots] = row_upper[: model.slots] = 0.0
    cone = cone._replace(row_lower=row_lower, row_upper=row_upper)
    for side in (1.0, -1.0):
        cone = _with_columns(cone, side * wanted[pulled], 1.0, pulled, side)
    return optimal(solve(cone), "prices").dual[: model.slots]


def _tangent(model: Model, grid: Grid, solution: Solution) -> Program:
    """Give the steps that every bound allows, and a catch beyond floor and cap in each slot."""
    program, each = model.program, np.arange(model.slots)
    low = solution.primal <= program.lower + AT_BOUND
    high = solution.primal >= program.upper - AT_BOUND
    row_low = solution.row_primal <= program.row_lower + AT_BOUND
    row_high = solution.row_primal >= program.row_upper - AT_BOUND
    cone = program._replace(
        lower=np.where(low, 0.0, -np.inf),
        upper=np.where(high, 0.0, np.inf),
        row_lower=np.where(row_low, 0.0, -np.inf),
        row_upper=np.where(row_high, 0.0, np.inf),
    )
    beyond_floor = np.full(model.slots, grid.floor_ticks / TICKS_PER_USD - OUTSIDE_USD)
    beyond_cap = np.full(model.slots, grid.cap_ticks / TICKS_PER_USD + OUTSIDE_USD)
    cone = _with_columns(cone, beyond_floor, np.inf, each, 1.0)
    return _with_columns(cone, -beyond_cap, np.inf, each, -1.0)


def _with_columns(
    program: Program,
    value: NDArray[np.float64],
    upper: float,
    rows: NDArray[np.int64],
    entry: float,
) -> Program:
    """Add columns from zero to `upper`, each with one entry in its row."""
    count, last = value.size, program.starts[-1]
    return program._replace(
        value=np.concatenate([program.value, value]),
        lower=np.concatenate([program.lower, np.zeros(count)]),
        upper=np.concatenate([program.upper, np.full(count, upper)]),
        starts=np.concatenate([program.starts, last + 1 + np.arange(count)]).astype(np.int32),
        rows=np.concatenate([program.rows, rows]).astype(np.int32),
        entries=np.concatenate([program.entries, np.full(count, entry)]),
    )
