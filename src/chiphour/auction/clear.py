"""CLEAR: one run of the auction, from bids to a checked result.

Takes   an instance, and a function that solves a linear programme (in this process or another).
Gives   `Result`.
Keeps   no result that its own checker refuses; the same run, the same result, byte for byte.
Source  docs/formulation/auction.md; decision 0008.
"""

from fractions import Fraction

from chiphour.auction.award import award
from chiphour.auction.check import violations
from chiphour.auction.instance import Instance
from chiphour.auction.model import amounts
from chiphour.auction.model import build
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Solve
from chiphour.auction.prices import choose
from chiphour.auction.prices import optimal
from chiphour.auction.prices import prices
from chiphour.auction.result import Result
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import round_half_even


def clear(instance: Instance, solve: Solve) -> Result:
    """Clear a run. Raises ClearingFailed when there is no optimum or no valid award."""
    model, root, grid = build(instance), instance.root, instance.grid
    solution = optimal(solve(model.program), "clearing")
    primal = choose(model, solution, solve, root)
    found = prices(model, grid, solution, solve, root)
    given = award(instance, amounts(model, grid.hours, primal), found)
    bids = {bid.name: bid for _, bid in instance.participants}
    welfare = Fraction(0)
    for part in given.parts:
        quantities = {(product, hour): quantity for product, hour, quantity in part.lines}
        welfare += bids[part.name].worth(grid, quantities)
    welfare_nanousd = round_half_even(welfare * NANOUSD_PER_USD)
    transfers = given.transfers(instance.run)
    result = Result(instance.run, root, found, given, welfare_nanousd, transfers)
    for violation in violations(instance, result):
        raise ClearingFailed(
            f"{violation.rule} at {violation.where}: expected {violation.expected}, "
            f"found {violation.found}"
        )
    return result
