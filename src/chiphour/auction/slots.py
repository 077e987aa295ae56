"""SLOTS: how the intervals of a run are cut into the slots in which what it trades is held.

Takes   the grid of a run; chips through an interval; positions.
Gives   the slots of an interval; chip-hours of a slot from chips, and chips from chip-hours;
        whether a position is in a run.
Keeps   the same chips in each slot of an interval, each of them whole hundredths of a chip-hour:
        what hours, quarters and days trade adds up without rounding.
Source  docs/formulation/runs.md, section 2; decision 0050.
"""

from collections.abc import Iterator

from chiphour.auction import grid as grid_module
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.units import NS_PER_MINUTE
from chiphour.units import div_floor

GANG = "gang"  # The tier of chips sold to gangs: whole, at the price of their own pool.
SPECIAL = (GANG, ON_DEMAND.name)  # Tiers of positions that a run may not name.


def position_tier(grid_tier: str) -> str:
    """Give the tier of a position from its name in a run; raises RequestMalformed when taken."""
    if grid_tier in SPECIAL:
        raise RequestMalformed(f"tier: expected another name than {grid_tier}, found that")
    return ON_DEMAND.name if grid_tier == grid_module.ON_DEMAND else grid_tier


def slot_ns(grid: Grid) -> int:
    """Give the length of a slot."""
    return grid.slot_minutes * NS_PER_MINUTE


def slots_each(grid: Grid) -> int:
    """Count the slots of an interval."""
    return grid.step_minutes // grid.slot_minutes


def times_of(grid: Grid) -> range:
    """Give the beginnings of all slots of a run."""
    return range(grid.opens_ns, grid.ends_ns, slot_ns(grid))


def slots_of(grid: Grid, product: str, tier: str, interval: int) -> Iterator[Slot]:
    """Yield the slots of an interval; `tier` is that of positions."""
    each = slots_each(grid)
    for begins_ns in times_of(grid)[interval * each : (interval + 1) * each]:
        yield Slot(product, tier, begins_ns)


def interval_of(grid: Grid, slot: Slot) -> int:
    """Give the interval in which a slot of the run lies."""
    return (slot.hour_ns - grid.opens_ns) // (grid.step_minutes * NS_PER_MINUTE)


def chip_hours_of(grid: Grid, chips_hundredths: int) -> int:
    """Give what chips are through one slot, in hundredths of a chip-hour.

    Exact for what was awarded; of what is only offered the part that no slot could hold is left.
    """
    return div_floor(chips_hundredths * grid.slot_minutes, MINUTES_PER_HOUR)


def chips_of(grid: Grid, quantity_hundredths: int) -> int:
    """Give how many chips through a slot of the run hold so much of it."""
    return quantity_hundredths * MINUTES_PER_HOUR // grid.slot_minutes


def in_run(grid: Grid, held: Position, intervals: int) -> bool:
    """Tell whether a position is in a run's products and tiers, and in its first intervals."""
    tiers = {position_tier(tier.name) for tier in grid.tiers}
    ends_ns = grid.opens_ns + intervals * grid.step_minutes * NS_PER_MINUTE
    inside = grid.opens_ns <= held.hour_ns < ends_ns
    return inside and held.product in grid.product_numbers and held.tier in tiers
