"""PAYMENT: what chips, gangs and reserve cost, each price rounded once to the tick.

Takes   the prices of the slots, and the duals that premiums, side resources, gangs and reserve are
        paid at.
Gives   `Tariff`: ticks of a line, micro-dollars of gangs and of reserve.
Keeps   every amount a whole number of micro-dollars, the same for who pays and who is paid.
Source  docs/formulation/auction.md, section 5.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.held import Duals
from chiphour.auction.held import Key
from chiphour.auction.held import Placed
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Price
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import div_half_even

Needs = Mapping[str, int]  # Units of each side resource that a chip needs beyond the bundle.


class Tariff(NamedTuple):
    """What everything costs. `slots`: the first slot of each product and tier."""

    grid: Grid
    prices: Sequence[Price]
    paid: Duals
    slots: Mapping[tuple[str, str], int]

    def has_price(self, product: str, tier: str, interval: int) -> bool:
        """Tell whether chips may be paid for there at all."""
        return self.prices[self.slots[product, tier] + interval].price_ticks is not None

    def slot_ticks(self, key: Key) -> int:
        """Give λ in ticks: what any chip of the slot costs an hour. Raises ClearingFailed."""
        ticks = self.prices[self.slots[key.product, key.tier] + key.interval].price_ticks
        if ticks is None:
            where = f"{key.product} {key.tier} interval {key.interval}"
            raise ClearingFailed(f"{where}: expected a price, found none")
        return ticks

    def line_ticks(self, key: Key, needs: Needs) -> int:
        """Give what a chip costs an hour: premium and side resources of a named pool included.

        All of it is rounded once (section 5, "What a buyer pays").
        """
        ticks = self.slot_ticks(key)
        if not key.pool:
            return ticks
        nanousd = self.paid.slots[self.slots[key.product, key.tier] + key.interval]
        nanousd += self.paid.premiums.get((key.pool, key.tier, key.interval), 0)
        nanousd += self._sides_nanousd(key.pool, key.interval, needs)
        return div_half_even(nanousd, NANOUSD_PER_TICK)

    def line_microusd(self, key: Key, needs: Needs, quantity_hundredths: int) -> int:
        """Give what a line costs over its interval."""
        return self.grid.money_microusd(quantity_hundredths, self.line_ticks(key, needs))

    def gang_microusd(self, gang: Placed, needs: Needs) -> int:
        """Give what a gang pays its pool, side resources included, rounded once an interval."""
        total = 0
        for interval in range(gang.first, gang.first + gang.intervals):
            ticks = self.gang_ticks(gang.pool, interval, needs)
            total += self._money_microusd(gang.chips * HUNDREDTHS, ticks)
        return total

    def gang_ticks(self, pool: str, interval: int, needs: Needs) -> int:
        """Give what a gang's chip costs an hour: its pool's μ and side resources, rounded once."""
        nanousd = self.paid.pools.get((pool, interval), 0)
        nanousd += self._sides_nanousd(pool, interval, needs)
        return div_half_even(nanousd, NANOUSD_PER_TICK)

    def reserve_microusd(self, region: str, kept_hundredths: Sequence[int]) -> int:
        """Give what a pool is paid for chips kept in reserve."""
        total = 0
        for interval, kept in enumerate(kept_hundredths):
            nanousd = self.paid.reserve.get((region, interval), 0)
            total += self._money_microusd(kept, div_half_even(nanousd, NANOUSD_PER_TICK))
        return total

    def _money_microusd(self, quantity_hundredths: int, price_ticks: int) -> int:
        """Give money half-even: reserve that is kept need not be a multiple of the unit."""
        product = quantity_hundredths * price_ticks * self.grid.step_minutes
        return div_half_even(product, MINUTES_PER_HOUR)

    def _sides_nanousd(self, pool: str, interval: int, needs: Needs) -> int:
        sides = self.paid.sides
        return sum(units * sides.get((pool, name, interval), 0) for name, units in needs.items())


def tariff(grid: Grid, prices: Sequence[Price], paid: Duals) -> Tariff:
    """Give the tariff of a run: prices by slot, `paid` the duals that they are the prices of."""
    slots = {
        (product.id, tier.name): grid.slot(number, level, 0)
        for number, product in enumerate(grid.products)
        for level, tier in enumerate(grid.tiers)
    }
    return Tariff(grid, prices, paid, slots)
