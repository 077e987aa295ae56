"""PROGRAMMES: the programmes of one run, in order: integers, amounts and prices, relaxation.

Takes   a run, a function that solves.
Gives   `Solved`: amounts, duals with integers fixed and relaxed, the solver's own gap.
Keeps   values and prices free of the keyed costs that only choose among equals.
Source  docs/formulation/auction.md, sections 4 and 5.
"""

from typing import NamedTuple

import numpy as np

from chiphour.auction.european import FOUND
from chiphour.auction.european import European
from chiphour.auction.european import european
from chiphour.auction.european import falling
from chiphour.auction.held import Duals
from chiphour.auction.instance import Instance
from chiphour.auction.model import Floats
from chiphour.auction.model import Model
from chiphour.auction.model import Program
from chiphour.auction.model import build
from chiphour.auction.model import duals
from chiphour.auction.prices import AT_BOUND
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Priced
from chiphour.auction.prices import Solve
from chiphour.auction.prices import caught
from chiphour.auction.prices import optimal
from chiphour.auction.prices import tied
from chiphour.auction.prices import unique_duals
from chiphour.auction.solve import Solution
from chiphour.auction.solve import fix
from chiphour.auction.solve import relax


class Solved(NamedTuple):
    """What the programmes of a run gave: amounts, and duals with integers fixed and relaxed."""

    model: Model
    primal: Floats
    status: str
    claimed_gap: float
    fixed: Priced
    relaxed: Priced


def relaxed_duals(model: Model, solve: Solve, root: str) -> Duals:
    """Give the duals of the relaxation: integers anywhere from 0 to 1."""
    program = relax(model.program)
    solution = optimal(solve(program), "relaxation")
    return duals(model, unique_duals(model, program, solution, solve, root).row_dual)


def solved(instance: Instance, solve: Solve, root: str) -> Solved:
    """Solve a run: integers, then amounts and prices with them fixed, then the relaxation."""
    model = build(instance)
    keyed = tied(model, root)
    best: Solution | European | None = None
    if model.program.integer.any():
        best = _best(model, keyed, instance.pricing, solve)
        keyed = fix(keyed, best.primal)
    program, solution = _amounts(model, keyed, solve)
    primal = solution.primal
    if best and instance.pricing == "eu":  # At its prices no block that was taken would fall.
        program, solution = _amounts(model, falling(model.program, best.primal), solve)
    fixed = relaxed = unique_duals(model, program, solution, solve, root)
    if best:
        relaxed_program = relax(model.program)
        bound = optimal(solve(relaxed_program, solution.basis), "relaxation")
        relaxed = Priced(bound.dual, fixed.priced)
        if instance.pricing == "hull":  # Elsewhere any duals of the relaxation prove the bound.
            relaxed = unique_duals(model, relaxed_program, bound, solve, root)
    status, gap = (best.status, best.claimed_gap) if best else ("optimal", 0)
    return Solved(model, primal, status, gap, fixed, relaxed)


def _best(model: Model, keyed: Program, pricing: str, solve: Solve) -> Solution | European:
    """Give the best integers; raises ClearingFailed where there are none."""
    found = european(keyed, solve) if pricing == "eu" else solve(keyed)
    if found is None or found.status == "infeasible":
        raise ClearingFailed(_infeasible(model, solve))
    if found.status not in FOUND:
        raise ClearingFailed(f"clearing: expected an optimum, found {found.status}")
    return found


def _amounts(model: Model, keyed: Program, solve: Solve) -> tuple[Program, Solution]:
    """Give a linear programme without its keyed costs, and the vertex that they chose."""
    first = solve(keyed)
    if first.status == "infeasible":
        raise ClearingFailed(_infeasible(model, solve))
    program = keyed._replace(value=model.program.value)
    return program, optimal(solve(program, optimal(first, "amounts").basis), "amounts")


def _infeasible(model: Model, solve: Solve) -> str:
    """Say where the run cannot balance: the slot in which somebody is missing most."""
    grid = model.grid
    found = solve(caught(relax(model.program), grid, np.inf))
    missing = np.abs(found.primal[model.program.value.size :])
    if found.status != "optimal" or missing.max() <= AT_BOUND:
        return "clearing: expected limits that can all hold, found none that can"
    side, place = divmod(int(missing.argmax()), grid.slots)
    rest, interval = divmod(place, grid.intervals)
    product, tier = divmod(rest, len(grid.tiers))
    where = f"{grid.products[product].id} {grid.tiers[tier].name} interval {interval}"
    lacks = "a seller" if side else "a buyer"
    return f"clearing: expected {lacks} for what must flow at {where}, found none"
