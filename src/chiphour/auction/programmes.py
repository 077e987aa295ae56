"""PROGRAMMES: the programmes of one run, in order: integers, amounts and prices, relaxation.

Takes   a run, a function that solves.
Gives   `Solved`: amounts, duals with integers fixed and relaxed, the solver's own gap.
Keeps   values and prices free of the keyed costs that only choose among equals.
Source  docs/formulation/auction.md, sections 4 and 5.
"""

from typing import NamedTuple

import numpy as np

from chiphour.auction.coarse import is_large
from chiphour.auction.coarse import thinned
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
from chiphour.auction.solve import OutOfTime
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
        best = _best(instance, model, keyed, solve)
        keyed = fix(keyed, best.primal)
    program, solution = _amounts(model, keyed, solve)
    primal = solution.primal
    if best and instance.pricing == "eu":  # At its prices no block that was taken would fall.
        program, solution = _amounts(model, falling(model.program, best.primal), solve)
    fixed = relaxed = unique_duals(model, program, solution, solve, root)
    if best:
        relaxed = _relaxed(instance, model, solution, fixed, solve)
    status, gap = (best.status, best.claimed_gap) if best else ("optimal", 0)
    return Solved(model, primal, status, gap, fixed, relaxed)


def _relaxed(
    instance: Instance, model: Model, solution: Solution, fixed: Priced, solve: Solve
) -> Priced:
    """Give duals that bound every award: the relaxation's; those with integers fixed out of time.

    Any duals are a bound, those of the relaxation the least one. At hull prices they are paid:
    there no others will do.
    """
    program = relax(model.program)
    try:
        bound = optimal(solve(program, solution.basis), "relaxation")
    except OutOfTime:
        if instance.pricing == "hull":
            raise
        return fixed
    if instance.pricing == "hull":
        return unique_duals(model, program, bound, solve, instance.root)
    return Priced(bound.dual, fixed.priced)


def _best(instance: Instance, model: Model, keyed: Program, solve: Solve) -> Solution | European:
    """Give the best integers; raises ClearingFailed where there are none."""
    if instance.pricing == "eu":
        found: Solution | European | None = european(keyed, solve)
    else:
        found = _searched(instance, model, keyed, solve)
    if found is None or found.status == "infeasible":
        raise ClearingFailed(_infeasible(model, solve))
    if found.status not in FOUND:
        raise ClearingFailed(f"clearing: expected an optimum, found {found.status}")
    if _is_nothing(found):
        raise ClearingFailed("clearing: expected an award in the time there is, found none")
    return found


def _searched(instance: Instance, model: Model, keyed: Program, solve: Solve) -> Solution:
    """Give the best integers, among all starts of gangs or among some of them (coarse.py).

    Some are enough in a large run; and where the search among all found nothing in its time, if
    there is time for another. Raises OutOfTime.
    """
    few = thinned(instance, model, keyed)
    if few is None or not is_large(keyed, few):
        try:
            found = solve(keyed)
        except OutOfTime:
            if few is None:
                raise
        else:
            if few is None or not _is_nothing(found):
                return found
    found = solve(few)
    return found._replace(status="coarse", bound=np.inf) if found.status in FOUND else found


def _is_nothing(found: Solution | European) -> bool:
    """Tell whether a search was cut before it found anything that is worth something."""
    cut = isinstance(found, Solution) and found.status in FOUND[1:]
    return cut and found.objective <= 0 < found.bound


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
