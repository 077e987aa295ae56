"""BOUND: what everyone could gain alone at given duals; all of it together bounds any welfare.

Takes   an instance and duals, any at all; what is held, where integers stay as held.
Gives   `gains_usd` by bid; D and D_fix.
Keeps   exact fractions; a published bound is rounded up.
Source  docs/formulation/auction.md, section 7, equation 12.
"""

from collections.abc import Mapping
from fractions import Fraction

from chiphour.auction.exact import exact_sum
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.held import EMPTY
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.instance import Instance
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import div_ceil


def gains_usd(
    instance: Instance, duals: Duals, fixed: Mapping[str, Held] | None = None
) -> dict[str, Fraction]:
    """Give what each bid could gain alone at these duals, in dollars.

    With `fixed`, what each bid holds, by id, all integers stay as held.
    """
    context, gains = instance.context, {}
    for bid in instance.bids:
        held = None if fixed is None else fixed.get(bid.id, EMPTY)
        gains[bid.id] = bid.profit_max(context, duals, held)
    return gains


def together_usd(grid: Grid, duals: Duals, gains: Mapping[str, Fraction]) -> Fraction:
    """Give all gains at these duals, the arcs' included, in dollars (eq. 12)."""
    return exact_sum([*gains.values(), _arcs_usd(grid, duals)])


def bound_usd(
    instance: Instance, duals: Duals, fixed: Mapping[str, Held] | None = None
) -> Fraction:
    """Give D in dollars; with `fixed`, as in `gains_usd`, D_fix."""
    return together_usd(instance.grid, duals, gains_usd(instance, duals, fixed))


def bound_nanousd(instance: Instance, duals: Duals) -> int:
    """Give D in nano-dollars, rounded up: as a result publishes it."""
    return above_nanousd(bound_usd(instance, duals))


def above_nanousd(usd: Fraction) -> int:
    """Give dollars as nano-dollars, rounded up."""
    return div_ceil(*(usd * NANOUSD_PER_USD).as_integer_ratio())


def _arcs_usd(grid: Grid, duals: Duals) -> Fraction:
    """Give what the arcs earn when each carries what suits it best (eq. 6)."""
    numbers, tiers = grid.product_numbers, grid.tier_numbers
    total = 0
    for source, target, tier, least, most in grid.arcs:
        start = grid.slot(numbers[source], tiers[tier], 0)
        end = grid.slot(numbers[target], tiers[tier], 0)
        for interval in range(grid.intervals):
            rise_nanousd = duals.slots[end + interval] - duals.slots[start + interval]
            total += max(rise_nanousd * least[interval], rise_nanousd * most[interval])
    scale = HUNDREDTHS * NANOUSD_PER_USD * MINUTES_PER_HOUR
    return Fraction(total * grid.step_minutes, scale)
