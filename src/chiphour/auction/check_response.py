"""CHECK_RESPONSE: whether everyone holds what it would choose at the prices, but for a few units.

Takes   a run and a result whose quantities are right.
Gives   `RESPONSES`: rules that yield who is left with chips it would not take at the duals of the
        programme with its integers as awarded, or without chips it would, and by how much.
Keeps   its tolerance in units of a chip, never in dollars: so a price may be moved only where no
        offer and no bid stands in its way, and one bid at the cap loosens nothing for others.
Source  docs/formulation/auction.md, section 7, rule 2 of the certificate; decision 0014.

At the programme's own duals each gains nothing by another choice (complementary slackness). The
award is that choice, cut to the unit and balanced: in each interval no more units were moved than
amounts were cut. Modes with steps of scale or a budget are left to the sum D_fix.
"""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.auction.bids.divisible import Divisible
from chiphour.auction.bids.reserve import Reserve
from chiphour.auction.bids.virtual import Virtual
from chiphour.auction.check_form import EMPTY
from chiphour.auction.check_form import Case
from chiphour.auction.check_money import Books
from chiphour.auction.check_money import MoneyRule
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import ON_DEMAND
from chiphour.auction.grid import Violation
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.lost import not_chosen
from chiphour.auction.lost import not_used
from chiphour.auction.pool import Pool
from chiphour.auction.steps import Steps
from chiphour.auction.steps import cut
from chiphour.auction.work import Choice
from chiphour.auction.work import choices
from chiphour.auction.workload import Workload
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import PPM

NOISE_NANOUSD = 10_000  # A tenth of a tick an hour: nearer than this to no gain is no gain.
NANO = PICOS * (PICOS // NANOUSD_PER_USD)  # 10^-24 dollars.


class Market(NamedTuple):
    """What every rule asks. `units`: how many cutting can have moved at most, by product, interval.

    Where arcs join products they have all units together, as all products of a region have for its
    reserve.
    """

    books: Books
    duals: Duals
    units: Mapping[str, Sequence[int]]

    def price_nanousd(self, product: str, tier: str, interval: int) -> int:
        """Give λ."""
        grid = self.books.case.grid
        slot = grid.slot(grid.product_numbers[product], grid.tier_numbers[tier], interval)
        return self.duals.slots[slot]

    def moved(self, interval: int, *products: str) -> int:
        """Give the hundredths of a chip that cutting can have moved in these products, or all."""
        grid = self.books.case.grid
        if grid.arcs or not products:
            products = tuple(self.units)
        return sum(self.units[product][interval] for product in products) * grid.unit_hundredths


def market(books: Books) -> Market:
    """Count the amounts that were cut, as `tolerance_usd` does, in each product and interval.

    Twice the lines; one for each tier; one for each bid or offer that might trade the product: its
    amount may have been cut to nothing.
    """
    case, grid = books.case, books.case.grid
    always = dict.fromkeys(grid.product_numbers, len(grid.tiers))
    for bid in case.bids.values():
        for product in bid.tops_usd(grid):
            always[product] += 1
    units = {product: [many] * grid.intervals for product, many in always.items()}
    for part in case.result.award.parts:
        for line in part.lines:
            units[line.product][line.interval] += 2
    return Market(books, case.result.fixed, units)


def _told(who: str, interval: int, what: str, found: int, most: int) -> Violation:
    """Tell of so many hundredths of a chip that are not what its holder would choose."""
    where = f"{who} interval {interval}"
    expected = f"at most {hundredths_text(most)} chips {what} at these prices"
    return Violation("response", where, expected, hundredths_text(found))


def pools(books: Books) -> Iterator[Violation]:
    """Yield pools that sell at a loss or do not sell at a gain (eq. 4, 5, 9)."""
    asked, case = market(books), books.case
    for bid in case.bids.values():
        if isinstance(bid, Pool):
            held = case.held.get(bid.id, EMPTY)
            used, scale = bid.used(held)
            for interval, sizes in enumerate(bid.sizes().T.tolist()):
                if bid.is_on(held, interval):
                    yield from _pool(asked, bid, held, interval, (sizes, used[interval], scale))


def _pool(
    asked: Market, pool: Pool, held: Held, interval: int, output: tuple[list[int], int, int]
) -> Iterator[Violation]:
    """Check one interval of a pool; `output`: blocks in parts, what is used in parts x scale."""
    (sizes, left, scale), most = output, asked.moved(interval, pool.product)
    own = PPM * PPM // min(PPM, *(beta for _, beta in pool.tiers)) * most * scale
    least = pool.output_min_ppm * pool.inventory_hundredths[interval] * scale
    kept, earned = _earned(asked, pool, interval)
    idle = pool.inventory_hundredths[interval] * PPM * scale - left
    for block, size in zip(pool.blocks, sizes, strict=True):
        full = size * scale
        taken, forced = min(full, left), min(full, least)
        gain = earned - (block.price_ticks * NANOUSD_PER_TICK + kept) * PPM
        if gain > NOISE_NANOUSD * PPM and full - taken > own:
            found = (full - taken) // (scale * PPM)
            yield _told(pool.id, interval, "unsold that gain", found, own // (scale * PPM))
        if gain < -NOISE_NANOUSD * PPM and taken - forced > own:
            found = (taken - forced) // (scale * PPM)
            yield _told(pool.id, interval, "sold that lose", found, own // (scale * PPM))
        left, least = left - taken, least - forced
    if kept > NOISE_NANOUSD:
        idle -= (held.reserve_hundredths or (0,) * (interval + 1))[interval] * PPM * scale
        most = asked.moved(interval)
        if idle > most * PPM * scale:
            found = idle // (scale * PPM)
            yield _told(pool.id, interval, "idle, not in reserve", found, most)
    yield from _ways_to_sell(asked, pool, held, interval, earned)


def _earned(asked: Market, pool: Pool, interval: int) -> tuple[int, int]:
    """Give what a chip in reserve earns, nano-dollars, and the best that one sold does, x ppm."""
    grid, duals = asked.books.case.grid, asked.duals
    region = grid.products[grid.product_numbers[pool.product]].region
    kept = duals.reserve.get((region, interval), 0) if pool.reserve else 0
    earned = duals.pools.get((pool.id, interval), 0) * PPM
    for tier, beta in pool.tiers:
        earned = max(earned, beta * _tier_nanousd(asked, pool, tier, interval))
    return kept, earned


def _tier_nanousd(asked: Market, pool: Pool, tier: str, interval: int) -> int:
    premium = asked.duals.premiums.get((pool.id, tier, interval), 0)
    return asked.price_nanousd(pool.product, tier, interval) + premium


def _ways_to_sell(
    asked: Market, pool: Pool, held: Held, interval: int, earned: int
) -> Iterator[Violation]:
    """Yield chips sold on a tier, or to gangs, for less than another way would pay."""
    most, sold = asked.moved(interval, pool.product), defaultdict[str, int](int)
    for key, quantity in held.traded.items():
        if key.interval == interval:
            sold[key.tier] += quantity
    ways = [
        (tier, sold[tier], beta * _tier_nanousd(asked, pool, tier, interval))
        for tier, beta in pool.tiers
    ]
    if held.gang_hundredths:
        own = asked.duals.pools.get((pool.id, interval), 0) * PPM
        ways.append(("gangs", held.gang_hundredths[interval], own))
    for way, quantity, pays in ways:
        if quantity > most and earned - pays > NOISE_NANOUSD * PPM:
            yield _told(f"{pool.id} {way}", interval, "sold below its own price", quantity, most)


def steps(books: Books) -> Iterator[Violation]:
    """Yield virtual bids and curves of reserve that are served otherwise than their prices say."""
    asked, case = market(books), books.case
    every, cap_ticks = range(case.grid.intervals), case.grid.cap_ticks
    for bid in case.bids.values():
        held = case.held.get(bid.id, EMPTY)
        if isinstance(bid, Virtual):
            amounts = {key.interval: quantity for key, quantity in held.traded.items()}
            curve = cut(bid.curve, cap_ticks)
            for interval in bid.intervals:
                price = asked.price_nanousd(bid.product, ON_DEMAND, interval)
                amount = amounts.get(interval, 0)
                most = asked.moved(interval, bid.product)
                yield from _steps(bid.id, interval, curve, (bid.side, price, amount, most))
        elif isinstance(bid, Reserve):
            served, curve = held.reserve_hundredths, cut(bid.steps, cap_ticks)
            for interval in every:
                price = asked.duals.reserve.get((bid.region, interval), 0)
                amount = served[interval] if served else 0
                most = asked.moved(interval)
                yield from _steps(bid.id, interval, curve, (bid.side, price, amount, most))


def _steps(
    who: str, interval: int, curve: Steps, trade: tuple[int, int, int, int]
) -> Iterator[Violation]:
    """Check one interval of a curve; `trade`: side, nano-dollars, hundredths held, and moved."""
    side, price, left, most = trade
    for chips, ticks in curve:
        gain, taken = side * (ticks * NANOUSD_PER_TICK - price), min(chips, left)
        left -= taken
        if gain > NOISE_NANOUSD and chips - taken > most:
            yield _told(who, interval, "left out that gain", chips - taken, most)
        if gain < -NOISE_NANOUSD and taken > most:
            yield _told(who, interval, "held that lose", taken, most)


def work(books: Books) -> Iterator[Violation]:
    """Yield divisible modes that hold dear chips, lack cheap ones, or do work at a loss (12)."""
    asked, case = market(books), books.case
    for bid in case.bids.values():
        if isinstance(bid, Workload) and bid.spend_microusd is None:
            held = case.held.get(bid.id, EMPTY)
            used = {key.mode for key in held.traded} | {gang.mode for gang in held.gangs}
            linked = {mode for group in (*bid.xor, *bid.requires) for mode in group}
            for _, mode in bid.modes:
                is_open = mode.id in used or mode.id not in linked
                if is_open and isinstance(mode, Divisible) and not _has_scale(mode):
                    yield from _chips(asked, bid.id, mode, held)
                    yield from _blocks(asked, bid.id, mode, held)


def _has_scale(mode: Divisible) -> bool:
    return any(row.scale for row in mode.work.perf)


def _chips(asked: Market, bid: str, mode: Divisible, held: Held) -> Iterator[Violation]:
    """Yield intervals in which a mode holds other chips than those that gain most."""
    work, case = mode.work, asked.books.case
    omega = [asked.duals.work.get((bid, work.id, factor), 0) for factor in work.factors]
    found = choices(work, case.grid, case.context.pools)
    gains = [
        sum(w * rate for w, rate in zip(omega, one.rates, strict=True)) - one.loss_picousd * PICOS
        for one in found
    ]
    amounts: dict[tuple[str, str, str, int], int] = defaultdict(int)
    for key, quantity in held.traded.items():
        if key.mode == work.id:
            amounts[key.product, key.tier, key.pool, key.interval] += quantity
    who, noise = f"{bid} {work.id}", _noise(found)
    for interval in range(work.first, work.end):
        profits = [
            gain - _chip_nanousd(asked, one, interval) * NANO
            for one, gain in zip(found, gains, strict=True)
        ]
        products = {one.product for one in found}
        best, most, total = max(0, *profits), asked.moved(interval, *products), 0
        for one, profit in zip(found, profits, strict=True):
            amount = amounts[one.product, one.tier, one.pool, interval]
            total += amount
            if best - profit > noise and amount > most:
                place = f"{who} {one.product} {one.tier}"
                yield _told(place, interval, "held where others gain more", amount, most)
        lacking = work.chips_max_hundredths - total
        if best > noise and lacking > most:
            yield _told(who, interval, "left out that gain", lacking, most)


def _noise(found: Sequence[Choice]) -> int:
    """Give what prices may be off for a chip, in 10^-24 dollars: more for what it needs beside."""
    return (NOISE_NANOUSD + max(sum(many for _, many in one.needs) for one in found)) * NANO


def _chip_nanousd(asked: Market, choice: Choice, interval: int) -> int:
    price = asked.price_nanousd(choice.product, choice.tier, interval)
    if choice.pool:
        price += asked.duals.premiums.get((choice.pool, choice.tier, interval), 0)
        for resource, many in choice.needs:
            price += many * asked.duals.sides.get((choice.pool, resource, interval), 0)
    return price


def _blocks(asked: Market, bid: str, mode: Divisible, held: Held) -> Iterator[Violation]:
    """Yield blocks of work done for less than its price, and left undone though worth more."""
    work, case = mode.work, asked.books.case
    omega = [asked.duals.work.get((bid, work.id, factor), 0) for factor in work.factors]
    found = choices(work, case.grid, case.context.pools)
    rate = max(max(one.rates) for one in found)
    minutes = HUNDREDTHS * MINUTES_PER_HOUR
    products = {one.product for one in found}
    chips = sum(asked.moved(interval, *products) for interval in range(work.first, work.end))
    most = chips * rate * case.grid.step_minutes  # Picounits x hundredths x minutes.
    noise = _noise(found) // rate + len(omega)
    each = [done * case.grid.step_minutes for done in mode.delivered(case.context, held)[0]]
    left, done, can = min(each), 0, work.units_max(case.grid)
    for number, (units, usd) in enumerate(work.cut_curve(case.grid)):
        full, gain = min(units, 2 * can) * minutes, usd - sum(omega)
        taken = min(full, left)
        left, done = left - taken, done + taken
        where = f"{bid} {work.id} block {number}"
        if gain > noise and full - taken > most:
            yield Violation("response", where, "work worth more than its price done", "not all")
        if gain < -noise and taken > most:
            yield Violation("response", where, "work worth less than its price left", "some done")
    for factor, value, own in zip(work.factors, omega, each, strict=True):
        if value * rate > noise * rate and own - done > most:
            where = f"{bid} {work.id} {factor}"
            yield Violation("response", where, "no work that is priced and not paid for", "some")


def shared(books: Books) -> Iterator[Violation]:
    """Yield arcs, premiums and side resources that have a price and are not used up."""
    asked, case = market(books), books.case
    flows = {flow[:4]: flow.quantity_hundredths for flow in case.result.award.flows}
    for source, target, tier, least, most in case.grid.arcs:
        for interval in range(case.grid.intervals):
            carried = flows.get((source, target, tier, interval), 0)
            rise = asked.price_nanousd(target, tier, interval)
            rise -= asked.price_nanousd(source, tier, interval)
            wanted = most[interval] if rise > 0 else least[interval]
            off = abs(wanted - carried)
            if abs(rise) > NOISE_NANOUSD and off > asked.moved(interval):
                who = f"{source} {target} {tier}"
                yield _told(who, interval, "not carried that gain", off, asked.moved(interval))
    for (pool, tier, interval), left in not_chosen(case.instance, case.held).items():
        if asked.duals.premiums.get((pool, tier, interval), 0) > NOISE_NANOUSD:
            moved = asked.moved(interval, case.context.pools[pool].product)
            if left > moved:
                what = "free though they have a premium"
                yield _told(f"{pool} {tier}", interval, what, left, moved)
    yield from _sides(asked)


def _sides(asked: Market) -> Iterator[Violation]:
    case = asked.books.case
    needs = _needs_max(case)
    for (pool, resource, interval), left in not_used(case.instance, case.held).items():
        many = needs.get(resource, 1)
        price = asked.duals.sides.get((pool, resource, interval), 0)
        moved = asked.moved(interval, case.context.pools[pool].product)
        if price * many > NOISE_NANOUSD + many and left > many * moved:
            where = f"{pool} {resource} interval {interval}"
            expected = "none left of what has a price"
            yield Violation("response", where, expected, hundredths_text(left))


def _needs_max(case: Case) -> dict[str, int]:
    """Give the most units of each side resource that anybody's chip needs."""
    found: dict[str, int] = defaultdict(int)
    for bid in case.bids.values():
        if isinstance(bid, Workload):
            for _, mode in bid.modes:
                for product in case.grid.products:
                    for resource, many in mode.needs(product.id).items():
                        found[resource] = max(found[resource], many)
    return found


RESPONSES: tuple[MoneyRule, ...] = (pools, steps, work, shared)
