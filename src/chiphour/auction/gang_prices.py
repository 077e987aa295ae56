"""GANG_PRICES: what gangs pay for a pool's own chips where gangs take all that it sells.

Takes   a run, what everyone holds by the solver, the duals with integers fixed.
Gives   the duals with each such pool's μ at the least that proves the award.
Keeps   D_fix: a pool's chips that fixed gangs take may cost anything from there up, and the solver
        names any such price.
Source  docs/formulation/auction.md, section 5, equation 13; equation 4 for μ and λ.

At a least price a pool would still sell what it sells: its last block's cost, with the price of
reserve where it could keep the chip instead; and no tier earns more, β (λ + κ). A pool at its least
output sells no less at any price.
"""

from collections.abc import Sequence
from dataclasses import replace

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.instance import Instance
from chiphour.auction.pool import Pool
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import PPM
from chiphour.units import div_ceil


def least(instance: Instance, held: Sequence[Held], duals: Duals) -> Duals:
    """Give duals whose prices of pools that gangs use are the least. `held`: by bid, in order."""
    gangs: dict[tuple[str, int], int] = {}
    for part in held:
        for placed in part.gangs:
            for interval in range(placed.first, placed.first + placed.intervals):
                key = placed.pool, interval
                gangs[key] = gangs.get(key, 0) + placed.chips * HUNDREDTHS
    pools = dict(duals.pools)
    for bid, part in zip(instance.bids, held, strict=True):
        if isinstance(bid, Pool):
            intervals = range(instance.grid.intervals)
            taken = tuple(gangs.get((bid.id, interval), 0) for interval in intervals)
            used, scale = bid.used(part._replace(gang_hundredths=taken))
            for interval in intervals:
                key = bid.id, interval
                if taken[interval] and key in pools:
                    price = _least(instance, bid, interval, used[interval], scale, duals)
                    pools[key] = min(pools[key], price)
    return replace(duals, pools={key: price for key, price in pools.items() if price})


def _least(
    instance: Instance, pool: Pool, interval: int, used: int, scale: int, duals: Duals
) -> int:
    """Give the least μ, in nano-dollars, at which the pool sells what it uses, in parts x scale."""
    grid = instance.grid
    number, prices = grid.product_numbers[pool.product], []
    for tier, beta_ppm in pool.tiers:
        slot = grid.slot(number, grid.tier_numbers[tier], interval)
        earned = duals.slots[slot] + duals.premiums.get((pool.id, tier, interval), 0)
        prices.append(div_ceil(beta_ppm * earned, PPM))
    if used > pool.output_min_ppm * pool.inventory_hundredths[interval] * scale:
        region = grid.products[number].region
        kept = duals.reserve.get((region, interval), 0) if pool.reserve else 0
        prices.append(_last_ticks(pool, interval, used, scale) * NANOUSD_PER_TICK + kept)
    return max(prices)


def _last_ticks(pool: Pool, interval: int, used: int, scale: int) -> int:
    """Give the price of the dearest block that it uses."""
    last, left = pool.blocks[0].price_ticks, used
    for size, block in zip(pool.sizes_by_interval[interval], pool.blocks, strict=True):
        if left <= 0:
            break
        last, left = block.price_ticks, left - size * scale
    return last
