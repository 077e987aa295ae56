"""EUROPEAN: the best award for which one price a slot leaves nobody accepted at a loss.

Takes   a programme with integers, a solver, how many rounds it may take.
Gives   `European`: the integers of the best such award, and a bound on every other.
Keeps   the rule exact: an award counts only when a linear programme has proved its prices.
Source  docs/formulation/auction.md, section 5, "Pricing"; Madani and Van Vyve, "Computationally
        efficient MIP formulation and algorithms for European day-ahead electricity market auctions"
        (EJOR 2015): with rejected blocks at zero and accepted ones free to fall, the programme
        gains nothing by letting them fall if and only if some price leaves none of them a loss.

Blocks that fall are those that lose. They are left out for a first award; then every selection
that failed is cut off by itself, until what is left cannot be better than what was found.
"""

from typing import NamedTuple

import numpy as np

from chiphour.auction.model import Floats
from chiphour.auction.model import Program
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Solve

ROUNDS_MAX = 40
FOUND = ("optimal", "gap", "clock", "coarse")  # What a search may say that found an award.
SAME_PARTS = 10**7  # Of the value: less than one part gained by letting blocks fall is nothing.
WHOLE_PARTS = 10**6  # An integer below one by less than one part is one.


class European(NamedTuple):
    """The integers found, float64[columns] with the amounts beside; their value, and the bound."""

    primal: Floats
    objective: float
    bound: float
    status: str

    @property
    def claimed_gap(self) -> float:
        """Give the relative distance from the bound."""
        return max(self.bound - self.objective, 0) / max(abs(self.objective), 1)


def european(program: Program, solve: Solve, rounds_max: int = ROUNDS_MAX) -> European | None:
    """Give the best award that European prices support, with the bound that was reached.

    None where the limits cannot all hold. Raises ClearingFailed when no award was found.
    """
    found: European | None = None
    cut, bound = program, np.inf
    for _ in range(rounds_max):
        best = solve(cut)
        if best.status not in FOUND:
            if cut is program and best.status == "infeasible":
                return None
            bound = found.objective if found else bound  # Every selection was cut off.
            break
        bound = min(bound, best.bound)
        if found and np.isfinite(bound) and _same(bound, found.objective):
            break
        selected = np.rint(best.primal) * program.integer
        held = _supported(program, selected, solve)
        if held is not None:
            found = _better(found, held)
            break
        found = _better(found, _repaired(program, selected, solve))
        cut = _without(cut, program, selected)
    if found is None:
        raise ClearingFailed("european prices: expected an award that they support, found none")
    return found._replace(bound=max(bound, found.objective))


def falling(program: Program, selected: Floats) -> Program:
    """Give the linear programme with rejected integers at zero and accepted ones free to fall."""
    upper = np.where(program.integer, np.rint(selected), program.upper)
    return program._replace(upper=upper, integer=np.zeros_like(program.integer))


def _supported(program: Program, selected: Floats, solve: Solve) -> European | None:
    """Give the award of a selection when prices support it, or None."""
    loose = falling(program, selected)
    fallen = solve(loose)
    fixed = solve(loose._replace(lower=np.where(program.integer, loose.upper, loose.lower)))
    if fallen.status != "optimal" or fixed.status != "optimal":
        return None
    if not _same(fallen.objective, fixed.objective):
        return None
    return European(fixed.primal, fixed.objective, fixed.objective, "optimal")


def _repaired(program: Program, selected: Floats, solve: Solve) -> European | None:
    """Leave out what loses, again and again, until prices support what is left."""
    left = program
    while selected.any():
        fallen = solve(falling(program, selected))
        if fallen.status != "optimal":
            return None
        losers = program.integer & (selected > 0) & ((1 - fallen.primal) * WHOLE_PARTS > 1)
        if not losers.any():
            return _supported(program, selected, solve)
        left = left._replace(upper=np.where(losers, 0, left.upper))
        best = solve(left)
        if best.status not in FOUND:
            return None
        selected = np.rint(best.primal) * program.integer
    return _supported(program, selected, solve)


def _same(more: float, less: float) -> bool:
    """Tell whether one value is above another by nothing that counts."""
    return (more - less) * SAME_PARTS <= max(1, abs(less))


def _better(found: European | None, other: European | None) -> European | None:
    if found is None or other is None:
        return found or other
    return max(found, other, key=lambda one: one.objective)


def _without(cut: Program, program: Program, selected: Floats) -> Program:
    """Add the row that this very selection breaks: at least one integer must differ."""
    whole = np.flatnonzero(program.integer)
    accepted = selected[whole] > 0
    coefficient = np.where(accepted, -1, 1)
    row = cut.row_lower.size
    order = np.argsort(
        np.concatenate([np.repeat(np.arange(cut.value.size), np.diff(cut.starts)), whole]),
        kind="stable",
    )
    rows = np.concatenate([cut.rows, np.full(whole.size, row, dtype=np.int32)])
    entries = np.concatenate([cut.entries, coefficient])
    counts = np.diff(cut.starts) + program.integer[: cut.value.size]
    return cut._replace(
        row_lower=np.append(cut.row_lower, 1 - accepted.sum()),
        row_upper=np.append(cut.row_upper, np.inf),
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        rows=rows[order],
        entries=entries[order],
    )
