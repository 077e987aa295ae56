"""OUTCOME: the outcome of a run as rows that people read: prices, who got what, who was left out.

Takes   a run and its result.
Gives   `PriceRow`s by stretch of equal price, `AwardRow`s, `LeftOut`s with a reason each.
Keeps   one home for what the command line, the page and the API show.
Source  docs/formulation/auction.md, section 8.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from chiphour.auction.award import Part
from chiphour.auction.bids import Bid
from chiphour.auction.bids.divisible import Divisible
from chiphour.auction.bids.gang import Gang
from chiphour.auction.binding import stretch_text
from chiphour.auction.demand import cheapest_picousd
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import decimal_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.instance import Instance
from chiphour.auction.pool import Pool
from chiphour.auction.result import Result
from chiphour.auction.workload import Workload
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import div_half_even
from chiphour.units import round_half_even
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ticks

CENT_MICROUSD = 10_000


class PriceRow(NamedTuple):
    """One stretch of equal price of a product on a tier; chips bought in it, hundredths x hours."""

    product: str
    tier: str
    when: str
    price_ticks: int | None
    chip_hours_hundredths: int


class AwardRow(NamedTuple):
    """What a bid got, its chip-hours in hundredths, all that it pays, below zero what it receives.

    `gains_microusd`: by its own declaration, uplift included.
    """

    bid: str
    side: int
    chip_hours_hundredths: int
    owed_microusd: int
    make_whole_microusd: int
    charge_microusd: int
    gains_microusd: int
    where: str


class LeftOut(NamedTuple):
    """A bid that got nothing, or less than it asked for, and why in one sentence."""

    bid: str
    why: str


def price_rows(instance: Instance, result: Result) -> tuple[PriceRow, ...]:
    """Give the prices, stretches of equal ones together; nothing where nobody bids or sells."""
    grid = instance.grid
    bought: dict[tuple[str, str, int], int] = {}
    for part in result.award.parts:
        for line in part.lines if part.side == BUY else ():
            slot = line.product, line.tier, line.interval
            bought[slot] = bought.get(slot, 0) + line.quantity_hundredths
    rows = []
    for number, product in enumerate(grid.products):
        for place, tier in enumerate(grid.tiers):
            first = grid.slot(number, place, 0)
            ticks = [result.prices[first + i].price_ticks for i in range(grid.intervals)]
            for price, run in groupby(range(grid.intervals), key=ticks.__getitem__):
                reached = list(run)
                chips = sum(bought.get((product.id, tier.name, i), 0) for i in reached)
                when = stretch_text(grid, reached[0], reached[-1] + 1)
                rows.append(PriceRow(product.id, tier.name, when, price, _hours(instance, chips)))
    return tuple(row for row in rows if row.price_ticks is not None)


def award_rows(instance: Instance, result: Result) -> tuple[AwardRow, ...]:
    """Give what every bid got, buyers first, the largest first."""
    bids, context = instance.bid_by_id, instance.context
    rows = []
    for part in result.award.parts:
        held = part.held
        if held.is_empty:
            continue
        chips = sum(held.traded.values()) + sum(held.gang_hundredths)
        chips += sum(gang.chips * gang.intervals * HUNDREDTHS for gang in held.gangs)
        worth = bids[part.id].worth(context, held) * MICROUSD_PER_USD
        gains = round_half_even(worth) - part.owed_microusd
        rows.append(
            AwardRow(
                part.id,
                part.side,
                _hours(instance, chips),
                part.owed_microusd,
                part.make_whole_microusd,
                part.charge_microusd,
                gains,
                _where(instance, part),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.side, -row.chip_hours_hundredths, row.bid)))


def left_out(instance: Instance, result: Result) -> tuple[LeftOut, ...]:
    """Give every buyer and pool that got nothing, with the reason that the prices give."""
    served = {part.id for part in result.award.parts if not part.held.is_empty}
    rows = [
        LeftOut(bid.id, why)
        for bid in instance.bids
        if bid.id not in served
        for why in (_why(instance, result, bid),)
        if why
    ]
    return tuple(sorted(rows))


def _why(instance: Instance, result: Result, bid: Bid) -> str:
    if isinstance(bid, Pool):
        cheapest = min(block.price_ticks for block in bid.blocks)
        pools = result.money.pools
        best = max(
            (pools.get((bid.id, interval), 0) for interval in range(instance.grid.intervals)),
            default=0,
        )
        worth = text_from_ticks(div_half_even(best, NANOUSD_PER_TICK))
        asks = f"asks ${text_from_ticks(cheapest)} or more for a chip-hour"
        return f"{asks}; one of its chips was worth ${worth} at most"
    if isinstance(bid, Workload):
        return "; ".join(_mode_reasons(instance, result, bid))
    return ""


def _mode_reasons(instance: Instance, result: Result, bid: Workload) -> Iterator[str]:
    for _, mode in bid.modes:
        if isinstance(mode, Divisible):
            usd = max(usd for _, usd in mode.work.cut_curve(instance.grid))
            cost = cheapest_picousd(instance, result, mode)
            offers = f"{mode.id} pays ${decimal_text(usd, PICOS)} for a {bid.facts.unit}"
            if cost is None:
                yield f"{offers}; nobody sold what it can use"
            else:
                cheapest = decimal_text(round_half_even(cost / 10**8), 10**4)
                yield f"{offers}; the cheapest cost ${cheapest}"
        elif isinstance(mode, Gang):
            gain = mode.profit_max(instance.context, bid.id, result.money, None)
            amount = dollars(abs(round_half_even(gain * MICROUSD_PER_USD)))
            if gain < 0:
                yield f"{mode.id} is worth {amount} less to it than its cheapest place costs"
            else:
                yield f"{mode.id} would gain {amount} at the prices, but costs others more whole"


def _where(instance: Instance, part: Part) -> str:
    """Say where a bid's chips are: pools for gangs; products, tiers, intervals for the rest."""
    grid = instance.grid
    found = []
    for site in part.gangs:
        gang = site.placed
        when = stretch_text(grid, gang.first, gang.first + gang.intervals)
        found.append(f"{gang.chips} chips of {gang.pool} {when}")
    by_line: dict[tuple[str, str, str], set[int]] = {}
    for line in part.lines:
        by_line.setdefault((line.product, line.tier, line.pool), set()).add(line.interval)
    for (product, tier, pool), reached in sorted(by_line.items()):
        named = f"{product} " if len(grid.products) > 1 else ""
        of = f" of {pool}" if pool else ""
        found.append(f"{named}{tier}{of} {len(reached)}/{grid.intervals}")
    return "; ".join(found)


def _hours(instance: Instance, chips_hundredths: int) -> int:
    """Give chips through an interval as chip-hours, both in hundredths."""
    return round_half_even(
        Fraction(chips_hundredths * instance.grid.step_minutes, MINUTES_PER_HOUR)
    )


def dollars(amount_microusd: int) -> str:
    """Write micro-dollars as dollars and cents, half-even: $12.34, or -$12.34."""
    cents = div_half_even(abs(amount_microusd), CENT_MICROUSD) * CENT_MICROUSD
    return ("-$" if amount_microusd < 0 and cents else "$") + text_from_microusd(cents)[:-4]
