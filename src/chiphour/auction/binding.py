"""BINDING: what held a run back, in words: who was short of what, when, and what more was worth.

Takes   a run and its result.
Gives   `Binding`s: products that were sold out, reserve that ran short, side resources that sold
        out, arcs at their limit, budgets that were spent; each with its price and a sentence.
Keeps   equal prices of neighbouring intervals together; the dearest first.
Source  docs/formulation/auction.md, section 3: the duals of equations 3 to 11.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import Grid
from chiphour.auction.instance import Instance
from chiphour.auction.pool import Pool
from chiphour.auction.result import Result
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import div_half_even
from chiphour.units import text_from_ticks

PICOS_PER_TICK = 10**8


class Binding(NamedTuple):
    """One limit that held a run back in some intervals, from first to before end.

    `kind`: "product", "reserve", "side", "arc" or "budget". `price_ticks`: what one unit more of it
    was worth an hour; of a budget, what one dollar more was worth beyond itself.
    """

    kind: str
    name: str
    first: int
    end: int
    price_ticks: int
    text: str


def bindings(instance: Instance, result: Result) -> tuple[Binding, ...]:
    """Give all that bound in a run, the dearest first."""
    found = [
        *_full_products(instance, result),
        *_reserve(instance, result),
        *_sides(instance, result),
        *_arcs(instance, result),
        *_budgets(instance, result),
    ]
    return tuple(sorted(found, key=lambda one: (-one.price_ticks, one.kind, one.name, one.first)))


def stretch_text(grid: Grid, first: int, end: int) -> str:
    """Give a stretch of intervals as people say it: from 14:00 to 17:00, with days if several."""
    begins, ends = grid.iso(first), grid.iso(end)
    if grid.iso(0)[:10] == grid.iso(grid.intervals - 1)[:10]:
        return f"from {begins[11:16]} to {ends[11:16] if ends[11:16] != '00:00' else '24:00'}"
    return f"from {begins[:16].replace('T', ' ')} to {ends[:16].replace('T', ' ')}"


def _stretches(
    grid: Grid, kind: str, name: str, ticks: Mapping[int, int], say: str
) -> Iterator[Binding]:
    """Yield one binding for each stretch of equal price; `say` has {when} and {price}."""
    intervals = [interval for interval in sorted(ticks) if ticks[interval] > 0]
    for (price, _), run in groupby(
        enumerate(intervals), key=lambda one: (ticks[one[1]], one[1] - one[0])
    ):
        reached = [interval for _, interval in run]
        when = stretch_text(grid, reached[0], reached[-1] + 1)
        text = say.format(when=when, price=f"${text_from_ticks(price)}")
        yield Binding(kind, name, reached[0], reached[-1] + 1, price, text)


def _ticks(nanousd: int) -> int:
    return div_half_even(nanousd, NANOUSD_PER_TICK)


def _full_products(instance: Instance, result: Result) -> Iterator[Binding]:
    """Yield products of which every pool is worth more than the dearest of its blocks asks."""
    for product in instance.grid.products:
        pools = [
            bid for bid in instance.bids if isinstance(bid, Pool) and bid.product == product.id
        ]
        above = {
            interval: min(
                _ticks(result.money.pools.get((pool.id, interval), 0))
                - max(block.price_ticks for block in pool.blocks)
                for pool in pools
            )
            for interval in range(instance.grid.intervals if pools else 0)
        }
        say = (
            f"Every chip of {product.id} is taken {{when}}: one more would be worth {{price}} "
            "an hour beyond what the dearest block asks."
        )
        yield from _stretches(instance.grid, "product", product.id, above, say)


def _reserve(instance: Instance, result: Result) -> Iterator[Binding]:
    for region in instance.grid.regions:
        prices = {
            interval: _ticks(nanousd)
            for (zone, interval), nanousd in result.money.reserve.items()
            if zone == region
        }
        say = (
            f"Reserve in {region} is short {{when}}: one chip more kept free there is worth "
            "{price} an hour, and that is in the price of all chips whose pools keep reserve."
        )
        yield from _stretches(instance.grid, "reserve", region, prices, say)


def _sides(instance: Instance, result: Result) -> Iterator[Binding]:
    found: dict[tuple[str, str], dict[int, int]] = {}
    for (pool, resource, interval), nanousd in result.money.sides.items():
        found.setdefault((pool, resource), {})[interval] = _ticks(nanousd)
    for (pool, resource), prices in sorted(found.items()):
        say = f"{pool} has no more {resource} {{when}}: a unit of it is worth {{price}} an hour."
        yield from _stretches(instance.grid, "side", f"{pool} {resource}", prices, say)


def _arcs(instance: Instance, result: Result) -> Iterator[Binding]:
    """Yield arcs at a limit across which prices differ."""
    grid, numbers = instance.grid, instance.grid.product_numbers
    flows = {flow[:4]: flow.quantity_hundredths for flow in result.award.flows}
    for arc in grid.arcs:
        tier = grid.tier_numbers[arc.tier]
        worth = {}
        for interval in range(grid.intervals):
            ends = [grid.slot(numbers[end], tier, interval) for end in (arc.source, arc.target)]
            here, there = (result.money.slots[end] for end in ends)
            has_prices = all(result.prices[end].price_ticks is not None for end in ends)
            carried = flows.get((arc.source, arc.target, arc.tier, interval), 0)
            limits = arc.min_hundredths[interval], arc.max_hundredths[interval]
            if has_prices and carried in limits:
                worth[interval] = abs(_ticks(there - here))
        name = f"{arc.source} to {arc.target}"
        say = f"The way from {name} is full {{when}}: one chip more is worth {{price}} an hour."
        yield from _stretches(grid, "arc", name, worth, say)


def _budgets(instance: Instance, result: Result) -> Iterator[Binding]:
    for bid, picos in sorted(result.money.budgets.items()):
        ticks = div_half_even(picos, PICOS_PER_TICK)
        gain = text_from_ticks(ticks)
        text = f"{bid} spends its whole budget: a dollar more would bring it ${gain}."
        if ticks > 0:
            yield Binding("budget", bid, 0, instance.grid.intervals, ticks, text)


def reserve_text(instance: Instance, result: Result) -> str:
    """Give how much reserve the run keeps, at the least over its intervals."""
    kept = [
        sum(part.reserve_hundredths[interval] for part in result.award.parts
            if part.reserve_hundredths and part.side < 0)
        for interval in range(instance.grid.intervals)
    ]  # fmt: skip
    return f"at least {hundredths_text(min(kept, default=0))} chips kept in reserve"
