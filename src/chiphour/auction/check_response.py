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
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.auction.bids.divisible import Divisible
from chiphour.auction.bids.reserve import Reserve
from chiphour.auction.bids.virtual import Virtual
from chiphour.auction.check_money import Books
from chiphour.auction.check_money import MoneyRule
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import ON_DEMAND
from chiphour.auction.grid import Violation
from chiphour.auction.held import EMPTY
from chiphour.auction.held import YOCTOUSD_PER_NANOUSD
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.lost import not_chosen
from chiphour.auction.lost import not_used
from chiphour.auction.pool import Pool
from chiphour.auction.steps import Steps
from chiphour.auction.steps import cut
from chiphour.auction.work import Buyable
from chiphour.auction.work import Work
from chiphour.auction.work import buyable
from chiphour.auction.workload import Workload
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import PPM

NOISE_NANOUSD = 10_000  # A tenth of a tick an hour: nearer than this to no gain is no gain.


class Market(NamedTuple):
    """What every rule asks.

    `apart`: hundredths of a chip that cutting can have moved at most, by product and interval.
    Where arcs join products they have all of them together, as all products of a region have for
    its reserve: `together`, by interval.
    """

    books: Books
    duals: Duals
    apart: Mapping[str, Sequence[int]]
    together: Sequence[int]
    is_joined: bool

    def prices_nanousd(self, product: str, tier: str) -> Sequence[int]:
        """Give λ in every interval."""
        case = self.books.case
        first = case.first_slots[product, tier]
        return self.duals.slots[first : first + case.grid.intervals]

    def moved(self, interval: int, *products: str) -> int:
        """Give the hundredths of a chip that cutting can have moved in these products, or all."""
        if self.is_joined or not products:
            return self.together[interval]
        return sum([self.apart[product][interval] for product in products])

    def moved_within(self, first: int, end: int, products: Iterable[str]) -> int:
        """Give the same of all intervals from `first` to before `end`, together."""
        if self.is_joined:
            return sum(self.together[first:end])
        return sum([sum(self.apart[product][first:end]) for product in products])


def market(books: Books) -> Market:
    """Count the amounts that were cut, as `tolerance_usd` does, in each product and interval.

    Twice the lines; one for each tier; one for each bid or offer that might trade the product: its
    amount may have been cut to nothing.
    """
    case, grid = books.case, books.case.grid
    unit = grid.unit_hundredths
    always = dict.fromkeys(grid.product_numbers, len(grid.tiers) * unit)
    for own in books.tops_picousd.values():
        for product in own:
            always[product] += unit
    apart = {product: [many] * grid.intervals for product, many in always.items()}
    for part in case.result.award.parts:
        for line in part.lines:
            apart[line.product][line.interval] += 2 * unit
    together = [sum(each) for each in zip(*apart.values(), strict=True)]
    return Market(books, case.result.fixed, apart, together, bool(grid.arcs))


def _told(who: str, interval: int, what: str, found: int, most: int) -> Violation:
    """Tell of so many hundredths of a chip that are not what its holder would choose."""
    where = f"{who} interval {interval}"
    expected = f"at most {hundredths_text(most)} chips {what} at these prices"
    return Violation("response", where, expected, hundredths_text(found))


class _Pays(NamedTuple):
    """What a chip of a pool earns in each interval: nano-dollars x ppm; `kept` in nano-dollars.

    `kept` in reserve, `gangs` sold to gangs, `tiers` on each of its tiers; `best`: the most that
    one sold does.
    """

    kept: Sequence[int]
    gangs: Sequence[int]
    tiers: Sequence[tuple[str, Sequence[int]]]
    best: Sequence[int]


def _pays(asked: Market, pool: Pool) -> _Pays:
    grid, duals, name = asked.books.case.grid, asked.duals, pool.id
    every = range(grid.intervals)
    region = grid.products[grid.product_numbers[pool.product]].region
    kept = [duals.reserve.get((region, t), 0) if pool.reserve else 0 for t in every]
    gangs = [duals.pools.get((name, t), 0) * PPM for t in every]
    tiers = [
        (
            tier,
            [
                beta * (price + duals.premiums.get((name, tier, t), 0))
                for t, price in enumerate(asked.prices_nanousd(pool.product, tier))
            ],
        )
        for tier, beta in pool.tiers
    ]
    best = [max(ways) for ways in zip(gangs, *(pays for _, pays in tiers), strict=True)]
    return _Pays(kept, gangs, tiers, best)


def pools(asked: Market) -> Iterator[Violation]:
    """Yield pools that sell at a loss or do not sell at a gain (eq. 4, 5, 9)."""
    case = asked.books.case
    for bid in case.bids.values():
        if isinstance(bid, Pool):
            held, pays = case.held.get(bid.id, EMPTY), _pays(asked, bid)
            used, scale = bid.used(held)
            sold: dict[tuple[str, int], int] = defaultdict(int)
            for key, quantity in held.traded.items():
                sold[key.tier, key.interval] += quantity
            for interval, sizes in enumerate(bid.sizes_by_interval):
                if bid.is_on(held, interval):
                    output = sizes, used[interval], scale
                    yield from _pool(asked, bid, held, interval, output, pays)
                    yield from _ways_to_sell(asked, bid, held, interval, pays, sold)


def _pool(
    asked: Market,
    pool: Pool,
    held: Held,
    interval: int,
    output: tuple[list[int], int, int],
    pays: _Pays,
) -> Iterator[Violation]:
    """Check one interval of a pool; `output`: blocks in parts, what is used in parts x scale."""
    (sizes, left, scale), most = output, asked.moved(interval, pool.product)
    own = pool.own_ppm_max * most * scale
    least = pool.output_min_ppm * pool.inventory_hundredths[interval] * scale
    kept, earned = pays.kept[interval], pays.best[interval]
    idle = pool.inventory_hundredths[interval] * PPM * scale - left
    for price, size in zip(pool.prices, sizes, strict=True):
        full = size * scale
        taken, forced = min(full, left), min(full, least)
        gain = earned - price - kept * PPM
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


def _ways_to_sell(
    asked: Market,
    pool: Pool,
    held: Held,
    interval: int,
    pays: _Pays,
    sold: Mapping[tuple[str, int], int],
) -> Iterator[Violation]:
    """Yield chips sold on a tier, or to gangs, for less than another way would pay."""
    most, best = asked.moved(interval, pool.product), pays.best[interval]
    ways = [(tier, sold.get((tier, interval), 0), own[interval]) for tier, own in pays.tiers]
    if held.gang_hundredths:
        ways.append(("gangs", held.gang_hundredths[interval], pays.gangs[interval]))
    for way, quantity, own in ways:
        if quantity > most and best - own > NOISE_NANOUSD * PPM:
            yield _told(f"{pool.id} {way}", interval, "sold below its own price", quantity, most)


def steps(asked: Market) -> Iterator[Violation]:
    """Yield virtual bids and curves of reserve that are served otherwise than their prices say."""
    case = asked.books.case
    every, cap_ticks = range(case.grid.intervals), case.grid.cap_ticks
    for bid in case.bids.values():
        held = case.held.get(bid.id, EMPTY)
        if isinstance(bid, Virtual):
            amounts = {key.interval: quantity for key, quantity in held.traded.items()}
            curve = cut(bid.curve, cap_ticks)
            prices = asked.prices_nanousd(bid.product, ON_DEMAND)
            for interval in bid.intervals:
                price = prices[interval]
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


def work(asked: Market) -> Iterator[Violation]:
    """Yield divisible modes that hold dear chips, lack cheap ones, or do work at a loss (12)."""
    case = asked.books.case
    for bid in case.bids.values():
        if isinstance(bid, Workload) and bid.spend_microusd is None:
            held = case.held.get(bid.id, EMPTY)
            used = {key.mode for key in held.traded} | {gang.mode for gang in held.gangs}
            if not (used or asked.books.gains_usd[bid.id]):
                continue  # It holds nothing, and nothing that it lacks would gain.
            linked = {mode for group in (*bid.xor, *bid.requires) for mode in group}
            for _, mode in bid.modes:
                is_open = mode.id in used or mode.id not in linked
                if is_open and isinstance(mode, Divisible) and not mode.work.has_scale:
                    can = buyable(mode.work, case.grid, case.context.pools)
                    if can.choices:  # None where the pools that stock what it needs are gone.
                        yield from _chips(asked, bid.id, mode, held, can)
                        yield from _blocks(asked, bid.id, mode, held, can)


def _chips(
    asked: Market, bid: str, mode: Divisible, held: Held, can: Buyable
) -> Iterator[Violation]:
    """Yield intervals in which a mode holds other chips than those that gain most."""
    work, found, noise = mode.work, can.choices, _noise(mode.work, can)
    amounts, places = _amounts(work, held, can)
    profits = mode.profits(asked.books.case.context, bid, asked.duals, can, places)
    for interval, each in enumerate(zip(*profits.values(), strict=True), start=work.first):
        best, total = max(0, *each), 0
        for place, amount in sorted(amounts.get(interval, ())):
            total += amount
            lost = best - profits[place][interval - work.first]
            if lost > noise and amount > (most := asked.moved(interval, *can.products)):
                one = found[place]
                who = f"{bid} {work.id} {one.product} {one.tier}"
                yield _told(who, interval, "held where others gain more", amount, most)
        lacking = work.chips_max_hundredths - total
        if best <= noise or lacking <= 0:
            continue
        if lacking > (most := asked.moved(interval, *can.products)):
            yield _told(f"{bid} {work.id}", interval, "left out that gain", lacking, most)


def _amounts(
    work: Work, held: Held, can: Buyable
) -> tuple[Mapping[int, Sequence[tuple[int, int]]], set[int]]:
    """Give what is held in each interval, as (number of the choice, hundredths of a chip).

    And all those numbers.
    """
    amounts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    places = set()
    for (mode, product, tier, interval, pool), quantity in held.traded.items():
        place = can.places.get((product, tier, pool))
        if mode == work.id and place is not None:
            amounts[interval].append((place, quantity))
            places.add(place)
    return amounts, places


def _noise(work: Work, can: Buyable) -> int:
    """Give what prices may be off for a chip, in 10^-24 dollars: more for what it needs beside."""
    most = 0
    if work.has_needs:
        most = max(sum(many for _, many in one.needs) for one in can.choices)
    return (NOISE_NANOUSD + most) * YOCTOUSD_PER_NANOUSD


def _blocks(
    asked: Market, bid: str, mode: Divisible, held: Held, can: Buyable
) -> Iterator[Violation]:
    """Yield blocks of work done for less than its price, and left undone though worth more."""
    work, case = mode.work, asked.books.case
    omega = [asked.duals.work.get((bid, work.id, factor), 0) for factor in work.factors]
    price, noise = sum(omega), _noise(work, can) // can.rate_max + len(omega)
    each = [done * case.grid.step_minutes for done in mode.delivered(case.context, held)[0]]
    left, done = min(each), 0
    for number, (units, usd) in enumerate(can.curve):
        full, gain = min(units, can.units_max) * HUNDREDTHS * MINUTES_PER_HOUR, usd - price
        taken = min(full, left)
        left, done = left - taken, done + taken
        if gain > noise and _is_more(asked, work, can, full - taken):
            where = f"{bid} {work.id} block {number}"
            yield Violation("response", where, "work worth more than its price done", "not all")
        if gain < -noise and _is_more(asked, work, can, taken):
            where = f"{bid} {work.id} block {number}"
            yield Violation("response", where, "work worth less than its price left", "some done")
        if gain <= noise and not left:
            break  # Nor is any block that follows worth more, or done.
    for factor, value, own in zip(work.factors, omega, each, strict=True):
        if value > noise and _is_more(asked, work, can, own - done):
            where = f"{bid} {work.id} {factor}"
            yield Violation("response", where, "no work that is priced and not paid for", "some")


def _is_more(asked: Market, work: Work, can: Buyable, amount: int) -> bool:
    """Tell whether it is more than cutting moved: picounits x hundredths x minutes."""
    if amount <= 0:
        return False
    chips = asked.moved_within(work.first, work.end, can.products)
    return amount > chips * can.rate_max * asked.books.case.grid.step_minutes


def shared(asked: Market) -> Iterator[Violation]:
    """Yield arcs, premiums and side resources that have a price and are not used up."""
    case = asked.books.case
    flows = {flow[:4]: flow.quantity_hundredths for flow in case.result.award.flows}
    for source, target, tier, least, most in case.grid.arcs:
        there, here = (asked.prices_nanousd(end, tier) for end in (target, source))
        for interval in range(case.grid.intervals):
            carried = flows.get((source, target, tier, interval), 0)
            rise = there[interval] - here[interval]
            wanted = most[interval] if rise > 0 else least[interval]
            off = abs(wanted - carried)
            if abs(rise) > NOISE_NANOUSD and off > asked.moved(interval):
                who = f"{source} {target} {tier}"
                yield _told(who, interval, "not carried that gain", off, asked.moved(interval))
    premiums = asked.duals.premiums
    unchosen = not_chosen(case.instance, case.held) if premiums else {}
    for (pool, tier, interval), left in unchosen.items():
        if premiums.get((pool, tier, interval), 0) > NOISE_NANOUSD:
            moved = asked.moved(interval, case.context.pools[pool].product)
            if left > moved:
                what = "free though they have a premium"
                yield _told(f"{pool} {tier}", interval, what, left, moved)
    yield from _sides(asked)


def _sides(asked: Market) -> Iterator[Violation]:
    case = asked.books.case
    unused = not_used(case.instance, case.held) if asked.duals.sides else {}
    needs = _needs_max(asked.books) if unused else {}
    for (pool, resource, interval), left in unused.items():
        many = needs.get(resource, 1)
        price = asked.duals.sides.get((pool, resource, interval), 0)
        moved = asked.moved(interval, case.context.pools[pool].product)
        if price * many > NOISE_NANOUSD + many and left > many * moved:
            where = f"{pool} {resource} interval {interval}"
            expected = "none left of what has a price"
            yield Violation("response", where, expected, hundredths_text(left))


def _needs_max(books: Books) -> dict[str, int]:
    """Give the most units of each side resource that anybody's chip needs."""
    found: dict[str, int] = defaultdict(int)
    for bid in books.case.bids.values():
        if isinstance(bid, Workload):
            for _, mode in bid.modes:
                for product in books.tops_picousd[bid.id]:
                    for resource, many in mode.needs(product).items():
                        found[resource] = max(found[resource], many)
    return found


def responses(books: Books) -> Iterator[Violation]:
    """Yield what all of them find; what was cut is counted once."""
    asked = market(books)
    for rule in (pools, steps, work, shared):
        yield from rule(asked)


RESPONSES: tuple[MoneyRule, ...] = (responses,)
