"""TRADES: what one run changed for everyone, from its award and the positions before it.

Takes   a run, its result, the positions that stood before it; how many intervals bind.
Gives   `Trade`s at the prices that were paid, closed price by price; the payments that are no
        trades: reserve, make-whole and its charges, rent, sponsor.
Keeps   money: without positions before, trades and other payments together are the award's own, to
        the micro-dollar.
Source  docs/formulation/runs.md, section 2, equations 26 and 27.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from chiphour.auction.award import Part
from chiphour.auction.bids import Bid
from chiphour.auction.bids.virtual import Virtual
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import Grid
from chiphour.auction.held import Key
from chiphour.auction.instance import Instance
from chiphour.auction.payment import Tariff
from chiphour.auction.payment import tariff
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.auction.positions import check_trades
from chiphour.auction.positions import price_in
from chiphour.auction.result import Result
from chiphour.auction.settle import NOWHERE
from chiphour.auction.settle import RESERVE
from chiphour.auction.settle import UPLIFT
from chiphour.auction.settle import Payment
from chiphour.auction.slots import GANG
from chiphour.auction.slots import chip_hours_of
from chiphour.auction.slots import in_run
from chiphour.auction.slots import interval_of
from chiphour.auction.slots import position_tier
from chiphour.auction.slots import slots_of
from chiphour.auction.term import REAL_TIME
from chiphour.auction.term import RunPrice
from chiphour.units import iso_from_ns


class Covered(NamedTuple):
    """Of what a bid states the whole: positions of one kind, of one account, in one product."""

    account: int
    kind: str
    product: str


class _Deal(NamedTuple):
    """Chips through one interval, bought above zero, at the price that is paid for them."""

    account: int
    kind: str
    product: str
    tier: str
    interval: int
    chips_hundredths: int
    price_ticks: int


def trades(
    instance: Instance,
    result: Result,
    before: Iterable[Position] = (),
    binding_intervals: int | None = None,
) -> tuple[Trade, ...]:
    """Give what a run changed (equation 26): its totals bought, positions before it sold back.

    Only the first `binding_intervals` count, all unless told. Positions outside of the run's hours,
    products and tiers stand. Raises RequestMalformed where a position stands in the run's hours for
    which nobody bids, or a slot that was held has no price.
    """
    grid = instance.grid
    intervals = grid.intervals if binding_intervals is None else binding_intervals
    changed: dict[tuple[int, str, Slot, int], int] = defaultdict(int)
    for deal in _deals(instance, result):
        if deal.interval < intervals:
            quantity = chip_hours_of(grid, deal.chips_hundredths)
            for slot in slots_of(grid, deal.product, deal.tier, deal.interval):
                changed[deal.account, deal.kind, slot, deal.price_ticks] += quantity
    for held in _sold_back(instance, before, intervals):
        price = price_in(_prices(grid, result, held.slot), held.slot)
        changed[held.account, held.kind, held.slot, price] -= held.quantity_hundredths
    found = tuple(
        Trade(instance.run, account, kind, *slot, quantity, price)
        for (account, kind, slot, price), quantity in sorted(changed.items())
        if quantity
    )
    check_trades(found)
    return found


def other_payments(instance: Instance, result: Result) -> tuple[Payment, ...]:
    """Give what a run pays beside its trades (equation 27); they sum to zero.

    Reserve that pools keep; make-whole less charges; what arcs earn goes to reserve and make-whole
    first; the sponsor pays what is left of them.
    """
    award, costs = result.award, tariff(instance.grid, result.prices, result.money)
    regions = {product.id: product.region for product in instance.grid.products}
    bids = instance.bid_by_id
    due: dict[tuple[int, str], int] = defaultdict(int)
    for part in award.parts:
        due[part.account, UPLIFT] += part.make_whole_microusd - part.charge_microusd
        pool = bids[part.id].offered
        if pool is not None and any(part.reserve_hundredths):
            kept = costs.reserve_microusd(regions[pool.product], part.reserve_hundredths)
            due[part.account, RESERVE] += kept
    grid = instance.grid
    earned = -sum(
        grid.money_microusd(deal.chips_hundredths, deal.price_ticks)
        for deal in _flows(instance, result)
    )
    due[award.rent_account, UPLIFT] += award.rent_microusd - earned
    if award.sponsor_account is not None:
        due[award.sponsor_account, UPLIFT] -= award.sponsor_microusd
    assert sum(due.values()) == 0
    return tuple(
        Payment(instance.run, account, purpose, *NOWHERE, amount)
        for (account, purpose), amount in sorted(due.items())
        if amount
    )


def slot_prices(
    instance: Instance,
    result: Result,
    published_ns: int,
    changed: Iterable[Trade],
    binding_intervals: int | None = None,
) -> tuple[RunPrice, ...]:
    """Give the price of each slot that has one, and what was bought in it.

    Unlike `term.run_prices` it also gives slots in which nobody changed anything.
    """
    grid = instance.grid
    bought: dict[Slot, int] = defaultdict(int)
    for trade in changed:
        bought[trade.slot] += max(trade.quantity_hundredths, 0)
    found = []
    for number, product in enumerate(grid.products):
        for level, tier in enumerate(grid.tiers):
            for interval in range(grid.intervals)[:binding_intervals]:
                ticks = result.prices[grid.slot(number, level, interval)].price_ticks
                if ticks is None:
                    continue
                for slot in slots_of(grid, product.id, position_tier(tier.name), interval):
                    told = result.run, instance.kind, published_ns, *slot, ticks
                    found.append(RunPrice(*told, bought.get(slot, 0), grid.slot_minutes))
    return tuple(found)


def covered(instance: Instance) -> frozenset[Covered]:
    """Give the positions whose whole a run's bids state, the rent account's own among them."""
    grid = instance.grid
    found = {
        Covered(bid.account, kind_of(bid), product)
        for bid in instance.bids
        for product in bid.tops_picousd(grid)
    }
    rent = {Covered(instance.rent_account, PHYSICAL, product.id) for product in grid.products}
    return frozenset(found | rent)


def kind_of(bid: Bid) -> str:
    """Give the kind of position that a bid leads to."""
    return VIRTUAL if isinstance(bid, Virtual) else PHYSICAL


def _sold_back(
    instance: Instance, before: Iterable[Position], intervals: int
) -> Iterator[Position]:
    """Yield the positions that a run values anew; in real time virtual ones are closed so."""
    stated = covered(instance)
    for held in before:
        if not in_run(instance.grid, held, intervals):
            continue
        closes = instance.kind == REAL_TIME and held.kind == VIRTUAL
        if not closes and (held.account, held.kind, held.product) not in stated:
            raise RequestMalformed(
                f"run {instance.run}: expected a bid of account {held.account} for its {held.kind} "
                f"position in {held.product} {iso_from_ns(held.hour_ns)}, or its self-schedule"
            )
        yield held


def _prices(grid: Grid, result: Result, slot: Slot) -> dict[Slot, int]:
    """Give the slot's own price, or nothing where it has none."""
    level = next(n for n, t in enumerate(grid.tiers) if position_tier(t.name) == slot.tier)
    number = grid.slot(grid.product_numbers[slot.product], level, interval_of(grid, slot))
    ticks = result.prices[number].price_ticks
    return {} if ticks is None else {slot: ticks}


def _deals(instance: Instance, result: Result) -> Iterator[_Deal]:
    """Yield all that an award gives, each amount at the price that is paid for it."""
    costs = tariff(instance.grid, result.prices, result.money)
    bids = instance.bid_by_id
    account_of = {bid.id: bid.account for bid in instance.bids}
    named: dict[tuple[str, str, int], int] = defaultdict(int)
    for part in result.award.parts:
        for line in part.lines:
            if line.pool:
                named[line.pool, line.tier, line.interval] += line.quantity_hundredths
    for part in result.award.parts:
        bid = bids[part.id]
        for line in part.lines:
            key = Key(line.mode, line.product, line.tier, line.interval, line.pool)
            ticks = costs.line_ticks(key, bid.needs(line.mode, line.product))
            kept = named.get((part.id, line.tier, line.interval), 0)
            quantity = part.side * (line.quantity_hundredths - kept)
            where = line.product, position_tier(line.tier), line.interval
            yield _Deal(part.account, kind_of(bid), *where, quantity, ticks)
            if line.pool:
                amount = -line.quantity_hundredths
                yield _Deal(account_of[line.pool], PHYSICAL, *where, amount, ticks)
        yield from _gangs(part, bid, costs, account_of)
    yield from _flows(instance, result)


def _gangs(part: Part, bid: Bid, costs: Tariff, account_of: dict[str, int]) -> Iterator[_Deal]:
    """Yield both sides of a buyer's gangs, interval by interval, at their pools' prices."""
    for gang in part.held.gangs:
        needs, quantity = bid.needs(gang.mode, gang.product), gang.chips * HUNDREDTHS
        for interval in range(gang.first, gang.first + gang.intervals):
            ticks = costs.gang_ticks(gang.pool, interval, needs)
            for account, amount in ((part.account, quantity), (account_of[gang.pool], -quantity)):
                yield _Deal(account, PHYSICAL, gang.product, GANG, interval, amount, ticks)


def _flows(instance: Instance, result: Result) -> Iterator[_Deal]:
    """Yield the rent account's two trades for each flow: bought at the source, sold at the target.

    A flow below zero goes the other way, and so do both amounts.
    """
    costs = tariff(instance.grid, result.prices, result.money)
    for flow in result.award.flows:
        for product, sign in ((flow.source, 1), (flow.target, -1)):
            ticks = costs.slot_ticks(Key("", product, flow.tier, flow.interval))
            where = product, position_tier(flow.tier), flow.interval
            amount = sign * flow.quantity_hundredths
            yield _Deal(result.award.rent_account, PHYSICAL, *where, amount, ticks)
