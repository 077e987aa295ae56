"""LOST: what everyone could still gain by choosing alone at the duals, and what the market forgoes.

Takes   a run, duals, what each bid holds and what the arcs carry.
Gives   `lost_usd`: by bid, and for the rows that all share; their sum is D - W (eq. 12).
Keeps   exact fractions, at the duals themselves: no tick.
Source  docs/formulation/auction.md, sections 4 and 7; Gribik, Hogan and Pope, "Market-clearing
        electricity prices and energy uplift" (2007): lost opportunity and revenue shortfall.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from chiphour.auction.award import Flow
from chiphour.auction.bids import Bid
from chiphour.auction.bound import gains_usd
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.held import EMPTY
from chiphour.auction.held import Context
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.instance import Instance
from chiphour.auction.pool import Pool
from chiphour.units import NANOUSD_PER_USD


class Needs:
    """What the modes of a bid need of side resources, each asked for once."""

    def __init__(self, bid: Bid) -> None:
        """Begin with nothing asked for."""
        self._bid = bid
        self._known: dict[tuple[str, str], tuple[tuple[str, int], ...]] = {}

    def of(self, mode: str, product: str) -> tuple[tuple[str, int], ...]:
        """Give (resource, units a chip) of a mode on a product."""
        found = self._known.get((mode, product))
        if found is None:
            found = tuple(self._bid.needs(mode, product).items())
            self._known[mode, product] = found
        return found


class Lost(NamedTuple):
    """Dollars forgone. `bids`: by bid, best profit less own. `shared`: by shared rows and arcs.

    None is below zero for an award that keeps every row, whatever the duals are.
    """

    bids: Mapping[str, Fraction]
    shared: Fraction

    @property
    def total(self) -> Fraction:
        """Give all that is forgone: D - W."""
        return sum(self.bids.values(), self.shared)


def lost_usd(
    instance: Instance, duals: Duals, held: Mapping[str, Held], flows: Iterable[Flow]
) -> Lost:
    """Give what each bid and the shared rows forgo; who is not in `held` holds nothing."""
    context = instance.context
    found = gains_usd(instance, duals)
    for bid in instance.bids:
        own = held.get(bid.id, EMPTY)
        found[bid.id] -= bid.worth(context, own) - _paid_usd(context, duals, bid, own)
    return Lost(found, _shared_usd(instance, duals, held, flows))


def _usd(grid: Grid, nanousd_hundredths: int) -> Fraction:
    """Give hundredths of a chip times nano-dollars an hour as dollars over one interval."""
    scale = HUNDREDTHS * NANOUSD_PER_USD * MINUTES_PER_HOUR
    return Fraction(nanousd_hundredths * grid.step_minutes, scale)


def _slot_nanousd(grid: Grid, duals: Duals, product: str, tier: str, interval: int) -> int:
    return duals.slots[grid.slot(grid.product_numbers[product], grid.tier_numbers[tier], interval)]


def _paid_usd(context: Context, duals: Duals, bid: Bid, held: Held) -> Fraction:
    """Give what a bid pays at the duals; below zero what it receives."""
    grid, total = context.grid, 0
    for key, quantity in held.traded.items():
        price = _slot_nanousd(grid, duals, key.product, key.tier, key.interval)
        if bid.side == SELL:
            price += duals.premiums.get((bid.id, key.tier, key.interval), 0)
        elif key.pool:
            price += duals.premiums.get((key.pool, key.tier, key.interval), 0)
            price += _needs(duals, key.pool, key.interval, bid.needs(key.mode, key.product))
        total += bid.side * price * quantity
    for gang in held.gangs:
        needs = bid.needs(gang.mode, gang.product)
        for interval in range(gang.first, gang.first + gang.intervals):
            price = duals.pools.get((gang.pool, interval), 0)
            price += _needs(duals, gang.pool, interval, needs)
            total += price * gang.chips * HUNDREDTHS
    if isinstance(bid, Pool):
        total -= _earned(context, duals, bid, held)
    else:
        region = getattr(bid, "region", "")
        for interval, served in enumerate(held.reserve_hundredths):
            total += duals.reserve.get((region, interval), 0) * served
    return _usd(grid, total)


def _needs(duals: Duals, pool: str, interval: int, needs: Mapping[str, int]) -> int:
    return sum(many * duals.sides.get((pool, name, interval), 0) for name, many in needs.items())


def _earned(context: Context, duals: Duals, pool: Pool, held: Held) -> int:
    """Give what a pool earns beside its lines: gangs, reserve, its stock of side resources."""
    grid = context.grid
    region = grid.products[grid.product_numbers[pool.product]].region
    total = 0
    for interval, chips in enumerate(held.gang_hundredths):
        total += duals.pools.get((pool.id, interval), 0) * chips
    for interval, kept in enumerate(held.reserve_hundredths):
        total += duals.reserve.get((region, interval), 0) * kept
    for resource, _ in pool.side_stock:
        for interval in range(grid.intervals):
            units = pool.stock(resource, interval, held)
            total += duals.sides.get((pool.id, resource, interval), 0) * units * HUNDREDTHS
    return total


def _shared_usd(
    instance: Instance, duals: Duals, held: Mapping[str, Held], flows: Iterable[Flow]
) -> Fraction:
    """Give what arcs, premiums and side resources are priced at and nobody uses."""
    grid, total = instance.grid, 0
    carried = {flow[:4]: flow.quantity_hundredths for flow in flows}
    for source, target, tier, least, most in grid.arcs:
        for interval in range(grid.intervals):
            rise = _slot_nanousd(grid, duals, target, tier, interval)
            rise -= _slot_nanousd(grid, duals, source, tier, interval)
            best = max(rise * least[interval], rise * most[interval])
            total += best - rise * carried.get((source, target, tier, interval), 0)
    for (pool, tier, interval), left in not_chosen(instance, held).items():
        total += duals.premiums.get((pool, tier, interval), 0) * left
    for place, left in not_used(instance, held).items():
        total += duals.sides.get(place, 0) * left
    return _usd(grid, total)


def not_chosen(instance: Instance, held: Mapping[str, Held]) -> dict[tuple[str, str, int], int]:
    """Give the chips of each pool, tier and interval that nobody chose by name (eq. 10)."""
    left: dict[tuple[str, str, int], int] = defaultdict(int)
    for bid in instance.bids:
        is_sold = bid.side == SELL
        for (_, _, tier, interval, pool), quantity in held.get(bid.id, EMPTY).traded.items():
            if is_sold:
                left[bid.id, tier, interval] += quantity
            elif pool:
                left[pool, tier, interval] -= quantity
    return left


def not_used(instance: Instance, held: Mapping[str, Held]) -> dict[tuple[str, str, int], int]:
    """Give the hundredths of side resources of each pool and interval that nobody uses (eq. 10)."""
    left: dict[tuple[str, str, int], int] = defaultdict(int)
    for bid in instance.bids:
        own = held.get(bid.id, EMPTY)
        if isinstance(bid, Pool):
            for resource, _ in bid.side_stock:
                for interval in range(instance.grid.intervals):
                    stock = bid.stock(resource, interval, own) * HUNDREDTHS
                    left[bid.id, resource, interval] += stock
            continue
        needs = Needs(bid)
        for (mode, product, _, interval, pool), quantity in own.traded.items():
            for resource, units in needs.of(mode, product):
                left[pool, resource, interval] -= units * quantity
        for gang in own.gangs:
            for resource, units in needs.of(gang.mode, gang.product):
                for interval in range(gang.first, gang.first + gang.intervals):
                    left[gang.pool, resource, interval] -= units * gang.chips * HUNDREDTHS
    return left
