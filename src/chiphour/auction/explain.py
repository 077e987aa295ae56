"""EXPLAIN: why a bid was or was not awarded, and what would have changed it, in sentences.

Takes   a run and its result, the id of a bid, a function that solves.
Gives   sentences with figures: what it got and paid; what its work would have cost at the prices;
        how much higher its value, or lower its cost, would have had to be.
Keeps   two questions apart: what the prices say (duals), and what the whole market says when the
        bid is made to win (a solve of its own). The second is exact also where prices cannot be.
Source  docs/formulation/auction.md, sections 3, 5 and 8.
"""

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from chiphour.auction.bids import OWN
from chiphour.auction.bids import Bid
from chiphour.auction.bids.divisible import Divisible
from chiphour.auction.bids.gang import Gang
from chiphour.auction.demand import unit_picousd
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.held import EMPTY
from chiphour.auction.held import Held
from chiphour.auction.instance import Instance
from chiphour.auction.model import Block
from chiphour.auction.model import Model
from chiphour.auction.model import Program
from chiphour.auction.model import build
from chiphour.auction.outcome import dollars
from chiphour.auction.pool import Pool
from chiphour.auction.prices import Solve
from chiphour.auction.result import Result
from chiphour.auction.solve import Solution
from chiphour.auction.work import choices
from chiphour.auction.workload import Workload
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import div_half_even
from chiphour.units import round_half_even
from chiphour.units import text_from_ticks

FOUND = ("optimal", "gap", "clock")
CENTS_PER_USD = 100
NEAR_PARTS = 1_000_000
CLOSE_PICOUSD = 10**8  # A tick: nearer than this to its cost a block is at the margin.


def explain(instance: Instance, result: Result, bid_id: str, solve: Solve) -> tuple[str, ...]:
    """Give the sentences for one bid; raises RequestMalformed when the run has no such bid."""
    if (instance.reference, instance.scaled) != (result.reference, result.scaled):
        instance = instance.at_prices(result.reference, result.scaled)  # As it was solved (eq. 11).
    bids = instance.bid_by_id
    if bid_id not in bids:
        raise RequestMalformed(f"run: expected a bid of this run, found {bid_id!r}")
    bid = bids[bid_id]
    part = next((part for part in result.award.parts if part.id == bid_id), None)
    held = part.held if part else EMPTY
    said = [*_outcome(instance, result, bid)]
    if isinstance(bid, Workload):
        for _, mode in bid.modes:
            if isinstance(mode, Divisible):
                said += _divisible(instance, result, bid, mode, held)
            elif isinstance(mode, Gang):
                said += _gang(instance, result, bid, mode, held)
        said += _logic(bid, held)
    elif isinstance(bid, Pool):
        said += _pool(instance, result, bid, held)
    if held.is_empty:
        said += _made_to_win(instance, bid, solve)
    return tuple(said)


def _outcome(instance: Instance, result: Result, bid: Bid) -> Iterator[str]:
    part = next((part for part in result.award.parts if part.id == bid.id), None)
    if part is None or part.held.is_empty:
        yield f"{bid.id} was not awarded anything."
        return
    grid, held = instance.grid, part.held
    chips = sum(held.traded.values()) + sum(
        gang.chips * gang.intervals * HUNDREDTHS for gang in held.gangs
    )
    chips += sum(held.gang_hundredths)
    hours = Fraction(chips * grid.step_minutes, MINUTES_PER_HOUR)
    if part.side == BUY and any(held.reserve_hundredths):
        kept = max(held.reserve_hundredths)
        worth_usd = bid.worth(instance.context, held)
        yield (
            f"{bid.id} is served: up to {hundredths_text(kept)} chips are kept in reserve, worth "
            f"{dollars(round_half_even(worth_usd * MICROUSD_PER_USD))} by its curve."
        )
        return
    verb, way = ("buys", "pays") if part.side == BUY else ("sells", "receives")
    amount = abs(part.payment_microusd)
    yield (
        f"{bid.id} {verb} {_fraction_text(hours / HUNDREDTHS)} chip-hours and {way} "
        f"{dollars(amount)}."
    )
    if part.charge_microusd:
        yield f"It is charged {dollars(part.charge_microusd)} of uplift, out of its surplus."
    if part.make_whole_microusd:
        yield (
            f"At the prices alone it would lose, so it is made whole with "
            f"{dollars(part.make_whole_microusd)}."
        )
    worth = bid.worth(instance.context, held) * MICROUSD_PER_USD
    surplus = round_half_even(worth) - part.owed_microusd
    yield f"By its own declaration it gains {dollars(surplus)}."


def _divisible(
    instance: Instance, result: Result, bid: Workload, mode: Divisible, held: Held
) -> Iterator[str]:
    grid, context, work = instance.grid, instance.context, mode.work
    done = mode.delivered_units(context, held)
    curve = work.cut_curve(grid)
    asked = Fraction(sum(units for units, _ in curve), PICOS)
    unit = bid.facts.unit
    yield (f"Mode {mode.id}: {_fraction_text(done)} of {_fraction_text(asked)} {unit} are done.")
    best = None
    for choice in choices(work, grid, context.pools):
        for interval in range(work.first, work.end):
            cost = unit_picousd(instance, result, choice, interval)
            if cost is not None and (best is None or cost < best[0]):
                best = cost, choice, interval
    if best is None:
        yield _no_price(instance, mode)
        return
    cost, choice, interval = best
    where = f"{choice.product} on {choice.tier} at {grid.iso(interval)[11:16]}"
    yield f"The cheapest {unit} for it was on {where}: ${_pico_text(cost)}."
    left = done
    for units, usd in curve:
        size = Fraction(units, PICOS)
        if left >= size - Fraction(1, 100):
            left -= size
            continue
        value = _pico_text(Fraction(usd))
        if usd < cost:
            yield (
                f"The next {_fraction_text(size - left)} {unit} are worth ${value} each to it, "
                f"less than they cost: it would take a bid of ${_pico_text(cost)}."
            )
        elif left > 0 and usd - cost <= CLOSE_PICOUSD:
            yield (
                f"It stops inside the block at ${value}, which sets the price: "
                "there it gains nothing by more or by less."
            )
        else:
            which = "rest of the" if left > 0 else "next"
            yield (
                f"The {which} block, at ${value}, would pay at that price, but its ceiling of "
                "chips, its budget or its own logic holds it back."
            )
        return
    yield f"All the work that mode {mode.id} asked for is done."


def _no_price(instance: Instance, mode: Divisible) -> str:
    """Say why there is no cost of a unit by one product to compare a value with."""
    if any(not min(one.rates) for one in choices(mode.work, instance.grid, instance.context.pools)):
        factors = ", ".join(mode.work.factors)
        return f"No one product does all that a unit of mode {mode.id} needs: {factors}."
    return f"Nobody sold anything that mode {mode.id} can use: there is no price to compare."


def _gang(
    instance: Instance, result: Result, bid: Workload, mode: Gang, held: Held
) -> Iterator[str]:
    grid = instance.grid
    for gang in held.gangs:
        if gang.mode == mode.id:
            ends = grid.iso(gang.first + gang.intervals)[11:16]
            yield (
                f"Mode {mode.id} runs on {gang.chips} chips of {gang.pool} from "
                f"{grid.iso(gang.first)[11:16]} to {ends}."
            )
            return
    gain = mode.profit_max(instance.context, bid.id, result.money, None)
    amount = dollars(abs(round_half_even(gain * MICROUSD_PER_USD)))
    if gain >= 0:
        yield (
            f"Mode {mode.id} would gain {amount} at the prices, and yet it is left out: to serve "
            "it whole would take more from others than it brings. Prices for single chips cannot "
            "show that."
        )
    else:
        yield (
            f"The cheapest place for mode {mode.id} at the prices costs {amount} more than it is "
            "worth to it."
        )


def _logic(bid: Workload, held: Held) -> Iterator[str]:
    used = {key.mode for key in held.traded} | {gang.mode for gang in held.gangs}
    for group in bid.xor:
        won = sorted(used & set(group))
        if won:
            others = ", ".join(mode for mode in group if mode not in won)
            yield f"{won[0]} was chosen, and that excludes {others}."


def _pool(instance: Instance, result: Result, bid: Pool, held: Held) -> Iterator[str]:
    grid = instance.grid
    cheapest = min(block.price_ticks for block in bid.blocks)
    prices = [
        div_half_even(result.money.pools.get((bid.id, interval), 0), NANOUSD_PER_TICK)
        for interval in range(grid.intervals)
    ]
    best = max(range(grid.intervals), key=prices.__getitem__)
    yield (
        f"A chip-hour of the pool was worth at most ${text_from_ticks(prices[best])} "
        f"(at {grid.iso(best)[11:16]}); its cheapest block asks ${text_from_ticks(cheapest)}."
    )
    if held.on and not all(held.on):
        hours = sum(held.on)
        yield f"It is on in {hours} of {grid.intervals} intervals."
    if any(held.reserve_hundredths):
        kept = max(held.reserve_hundredths)
        yield f"It keeps up to {hundredths_text(kept)} chips in reserve, and is paid for them."


def _made_to_win(instance: Instance, bid: Bid, solve: Solve) -> Iterator[str]:
    """Tell what it would have taken, by solving the run with the bid made to win.

    Under `eu` a bid that adds value can be rejected: there no value tells what it would take.
    """
    model = build(instance)
    prize = _prize(model, bid)
    if prize is None:
        return
    forced = prize if prize.whole else _largest(prize, solve)
    if forced is None:
        yield "Even alone in the market it could not have been served: nobody could deal with it."
        return
    best, other = solve(model.program), solve(forced.program)
    if other.status == "infeasible":
        yield "Even alone in the market it could not have been served: no pool has the room."
    elif best.status in FOUND and other.status in FOUND:
        yield from _short(instance, bid, best, other, forced.words)


def _short(
    instance: Instance, bid: Bid, best: Solution, other: Solution, words: str
) -> Iterator[str]:
    """Tell how much the market would lose by a bid that was made to win: cents, rounded up.

    No award is worth more than the bound of the best; a search that was cut leaves some between.
    """
    cents = math.ceil(round(max(best.bound - other.objective, 0) * CENTS_PER_USD, 6))
    exact = (best.bound - best.objective + other.bound - other.objective) * CENTS_PER_USD < 1
    amount = dollars(cents * (MICROUSD_PER_USD // CENTS_PER_USD))
    yield (
        f"Had it been made to win {words}, the market as a whole would have been worth "
        f"{amount if exact else f'at most {amount}'} less."
    )
    if instance.pricing == "eu":
        yield (
            "Here one price a slot must leave nobody at a loss, and a bid for which there is no "
            "such price is left out whatever it adds."
        )
        return
    changed = "its value for that higher" if bid.side == BUY else "its cost of that lower"
    yield f"With {changed} by more it would have won."


class _Prize(NamedTuple):
    """A programme in which a bid wins, if `whole`, or may win a column; what that is, in words."""

    program: Program
    words: str
    column: int = 0
    most: float = 0
    whole: bool = False


def _prize(model: Model, bid: Bid) -> _Prize | None:
    """Give what a bid might have won first: a gang, a block of work, an interval of a pool."""
    program = model.program
    for block in model.rows:
        if block.name[:2] == (OWN, bid.id) and block.name[-1] == "options":
            lower = program.row_lower.copy()
            lower[block.first] = 1
            if program.row_upper[block.first] == 1:
                return _Prize(program._replace(row_lower=lower), "its gang", whole=True)
    for block in model.columns:
        chosen = block.name[:1] == (bid.id,) and block.name[2:] == ("chosen",)
        if chosen and isinstance(bid, Workload) and _is_gang(bid, block.name[1]):
            lower = program.lower.copy()
            lower[block.first] = 1
            words = f"its gang {block.name[1]}"
            return _Prize(program._replace(lower=lower), words, whole=True)
    for block in model.columns:
        if block.name[:1] == (bid.id,) and block.name[2:] == ("work",):
            words = "the work of a chip in an interval"
            return _Prize(program, words, block.first, _chip_work(model, bid, block))
        if block.name[:2] == ("use", bid.id) and isinstance(bid, Pool):
            uppers = program.upper[block.first : block.first + block.size]
            best = block.first + int(np.argmax(uppers))
            return _Prize(program, "a chip of its cheapest block in an interval", best, 1)
    return None


def _largest(prize: _Prize, solve: Solve) -> _Prize | None:
    """Give the programme in which the column is as large as asked, or as limits let it be."""
    program, column = prize.program, prize.column
    value = np.zeros(program.value.size)
    value[column] = 1
    found = solve(program._replace(value=value))
    room = found.objective if found.status in FOUND else 0
    if room * NEAR_PARTS <= prize.most:
        return None
    lower = program.lower.copy()
    lower[column] = min(room - room / NEAR_PARTS, prize.most)  # Within the solver's own error.
    words = prize.words if room >= prize.most else f"what there is room for of {prize.words}"
    return prize._replace(program=program._replace(lower=lower), words=words)


def _chip_work(model: Model, bid: Bid, block: Block) -> float:
    """Give the most that a chip does of a mode's work in an interval, as its column counts it."""
    program = model.program
    rows = [one.first for one in model.rows if one.name[:3] == ("work", bid.id, block.name[1])]
    rates = [-program.entries[program.rows == row].min() for row in rows]
    found: float = np.min([*rates, program.upper[block.first]]).item()
    return found


def _is_gang(bid: Workload, mode_id: str) -> bool:
    return any(isinstance(mode, Gang) for _, mode in bid.modes if mode.id == mode_id)


def _pico_text(picousd: Fraction) -> str:
    """Write 10^-12 dollars with six digits after the point, or as many as it takes."""
    rounded = round_half_even(picousd / 10**6)
    return decimal_text(rounded, 10**6)


def _fraction_text(value: Fraction) -> str:
    return decimal_text(round_half_even(value * 100), 100)
