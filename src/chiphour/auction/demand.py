"""DEMAND: what a run tells of demand, without telling whose: by class of work, domain and region.

Takes   a run and its result.
Gives   `DemandCell`s: chip-hours bought and bidders; `WorkPrice`s: dollars per unit of work.
Keeps   a cell of fewer than three bidders masked: its quantity is not shown.
Source  docs/formulation/auction.md, section 8; essay of the mission: "real-time demand for specific
        classes of workloads, specific interconnect topologies in specific regions".
"""

from collections import defaultdict
from fractions import Fraction
from typing import NamedTuple

from chiphour.auction.bids.divisible import Divisible
from chiphour.auction.fields import PICOS
from chiphour.auction.grid import BUY
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.instance import Instance
from chiphour.auction.result import Result
from chiphour.auction.work import Choice
from chiphour.auction.work import choices
from chiphour.auction.workload import Workload
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import round_half_even

BIDDERS_MIN = 3


class DemandCell(NamedTuple):
    """What one class of work bought on one kind of domain in one region.

    `chip_hours_hundredths` is None where fewer than three accounts stand behind it.
    """

    work_class: str
    domain: str
    region: str
    bidders: int
    chip_hours_hundredths: int | None


class WorkPrice(NamedTuple):
    """What a unit of a class's work costs at the run's prices, by whoever was served.

    `median_picousd`, 10^-12 dollars: of the cheapest way that each bid had, weighted by the work
    that it was given. None where fewer than three accounts stand behind it.
    """

    work_class: str
    unit: str
    bidders: int
    median_picousd: int | None


def demand(instance: Instance, result: Result) -> tuple[DemandCell, ...]:
    """Give the cells in which anything was bought, by class, domain and region."""
    products = {product.id: product for product in instance.grid.products}
    bids = instance.bid_by_id
    chips: dict[tuple[str, str, str], int] = defaultdict(int)
    accounts: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for part in result.award.parts:
        bid = bids[part.id]
        if not isinstance(bid, Workload):
            continue
        held = part.held
        bought = [(key.product, quantity) for key, quantity in held.traded.items()]
        bought += [(gang.product, gang.chips * 100 * gang.intervals) for gang in held.gangs]
        for product_id, quantity in bought:
            product = products[product_id]
            cell = bid.facts.work_class, product.domain, product.region
            chips[cell] += quantity
            accounts[cell].add(bid.account)
    step = Fraction(instance.grid.step_minutes, MINUTES_PER_HOUR)
    return tuple(
        DemandCell(
            *cell,
            len(accounts[cell]),
            round_half_even(chips[cell] * step) if len(accounts[cell]) >= BIDDERS_MIN else None,
        )
        for cell in sorted(chips)
    )


def work_prices(instance: Instance, result: Result) -> tuple[WorkPrice, ...]:
    """Give the price of a unit of work of every class that was served in divisible amounts."""
    found: dict[tuple[str, str], list[tuple[Fraction, Fraction]]] = defaultdict(list)
    accounts: dict[tuple[str, str], set[int]] = defaultdict(set)
    bids, context = instance.bid_by_id, instance.context
    for part in result.award.parts:
        bid = bids[part.id]
        if part.side != BUY or not isinstance(bid, Workload):
            continue
        for _, mode in bid.modes:
            if not isinstance(mode, Divisible):
                continue
            work = mode.delivered_units(context, part.held)
            cheapest = cheapest_picousd(instance, result, mode)
            if work > 0 and cheapest is not None:
                cell = bid.facts.work_class, bid.facts.unit
                found[cell].append((cheapest, work))
                accounts[cell].add(bid.account)
    return tuple(
        WorkPrice(
            *cell,
            len(accounts[cell]),
            round_half_even(_median(rows)) if len(accounts[cell]) >= BIDDERS_MIN else None,
        )
        for cell, rows in sorted(found.items())
    )


def cheapest_picousd(instance: Instance, result: Result, mode: Divisible) -> Fraction | None:
    """Give the least that a unit of a mode's work costs anywhere in its window, or None."""
    grid = instance.grid
    costs = [
        cost
        for choice in choices(mode.work, grid, instance.context.pools)
        for interval in range(mode.work.first, mode.work.end)
        if (cost := unit_picousd(instance, result, choice, interval)) is not None
    ]
    return min(costs, default=None)


def unit_picousd(
    instance: Instance, result: Result, choice: Choice, interval: int
) -> Fraction | None:
    """Give what a unit of work costs by one choice in one interval.

    None without a price, and where the product does nothing of a factor: others must do that.
    """
    grid = instance.grid
    slot = grid.slot(grid.product_numbers[choice.product], grid.tier_numbers[choice.tier], interval)
    if result.prices[slot].price_ticks is None or not min(choice.rates):
        return None
    nanousd = result.money.slots[slot]
    if choice.pool:
        nanousd += result.money.premiums.get((choice.pool, choice.tier, interval), 0)
        for resource, units in choice.needs:
            nanousd += units * result.money.sides.get((choice.pool, resource, interval), 0)
    chip_hour_picousd = nanousd * (PICOS // NANOUSD_PER_USD) + choice.loss_picousd
    return Fraction(chip_hour_picousd * PICOS, min(choice.rates))


def _median(rows: list[tuple[Fraction, Fraction]]) -> Fraction:
    """Give the lower weighted median of (value, weight)."""
    half = sum((weight for _, weight in rows), Fraction(0)) / 2
    passed = Fraction(0)
    for value, weight in sorted(rows):
        passed += weight
        if passed >= half:
            return value
    raise AssertionError("a median of nothing")
