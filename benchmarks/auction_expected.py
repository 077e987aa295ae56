"""AUCTION_EXPECTED: a run with known answers, and what a clearing made of it.

Takes   a `Case`: fields, and expected figures by name; a function that solves.
Gives   `faults`: every figure that came out otherwise, in words.
Keeps   the answers as numbers worked out elsewhere, never by this program.
Source  docs/formulation/auction.md, sections 5 and 7; the cases' own files name theirs.

A figure's name is a tuple, its first word one of `MEASURES`. Where a price is not unique, `proved`
holds the one that the source prints: it must prove the optimum by complementary slackness, D_fix =
W (eq. 12), and `lost` is taken there. What comes out by our own rule is then another `price`.
"""

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any
from typing import NamedTuple

from chiphour.auction.bids import Context
from chiphour.auction.bids.divisible import Divisible
from chiphour.auction.bound import bound_usd
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.fields import PICOS
from chiphour.auction.held import Duals
from chiphour.auction.instance import Instance
from chiphour.auction.instance import from_fields
from chiphour.auction.pool import Pool
from chiphour.auction.prices import Solve
from chiphour.auction.result import Result
from chiphour.auction.work import choices
from chiphour.auction.workload import Workload
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import PPM

Name = tuple[str | int, ...]
Slot = tuple[str, str, int]  # product, tier, interval
CLOSE = Fraction(1, 1_000_000)


class Case(NamedTuple):
    """A run and what must come out, dollars and chips as decimal text."""

    name: str
    fields: dict[str, Any]
    expected: Mapping[Name, str]
    proved: Mapping[Slot, str] = {}


class Cleared(NamedTuple):
    """A case that was cleared; `duals` are those at which figures at prices are taken."""

    instance: Instance
    result: Result
    duals: Duals


def faults(case: Case, solve: Solve) -> list[str]:
    """Clear a case; give what its checker says, and every figure that is not as expected."""
    instance = from_fields(case.fields)
    result = clear(instance, solve)
    found = [f"{case.name}: {fault}" for fault in violations(instance, result)]
    duals = result.fixed
    if case.proved:
        duals = duals_at(instance, result, case.proved)
        gap = proof_gap_usd(instance, duals, result)
        if abs(gap) > CLOSE:
            found.append(f"{case.name}: the printed prices leave {float(gap):.9f} unproved")
    cleared = Cleared(instance, result, duals)
    for name, text in case.expected.items():
        measured = MEASURES[str(name[0])](cleared, *name[1:])
        if abs(measured - Fraction(text)) > CLOSE:
            words = " ".join(map(str, name))
            found.append(f"{case.name} {words}: expected {text}, found {float(measured):.9f}")
    return found


def proof_gap_usd(instance: Instance, duals: Duals, result: Result) -> Fraction:
    """Give D_fix - W: zero when these duals prove the award with its integers fixed (eq. 12)."""
    fixed = {part.id: part.held for part in result.award.parts}
    return bound_usd(instance, duals, fixed) - _welfare(instance, result)


def duals_at(instance: Instance, result: Result, prices: Mapping[Slot, str]) -> Duals:
    """Give the duals with these prices in their slots, and what follows from them alone.

    A pool's μ is the most that a tier earns; the value of work is what makes D_fix least.
    """
    grid, slots = instance.grid, list(result.fixed.slots)
    for (product, tier, interval), text in prices.items():
        slot = grid.slot(grid.product_numbers[product], grid.tier_numbers[tier], interval)
        slots[slot] = round(Fraction(text) * NANOUSD_PER_USD)
    pools = dict(result.fixed.pools)
    for bid in instance.bids:
        if isinstance(bid, Pool):
            number = grid.product_numbers[bid.product]
            for interval in range(grid.intervals):
                pools[bid.id, interval] = max(
                    beta_ppm * slots[grid.slot(number, grid.tier_numbers[tier], interval)] // PPM
                    for tier, beta_ppm in bid.tiers
                )
    duals = replace(result.fixed, slots=tuple(slots), pools=pools)
    work = dict(duals.work)
    for bid in instance.bids:
        for _, mode in bid.modes if isinstance(bid, Workload) else ():
            if isinstance(mode, Divisible) and len(mode.work.factors) == 1:
                key = bid.id, mode.id, mode.work.factors[0]
                work[key] = _best_work(instance, bid.id, mode, duals)
    return replace(duals, work=work)


def _best_work(instance: Instance, bid: str, mode: Divisible, duals: Duals) -> int:
    """Give the value of a unit of work at which the mode's best profit is least."""
    grid, work, context = instance.grid, mode.work, instance.context
    tried = {usd for _, usd in work.cut_curve(grid)} | {0}
    for choice in choices(work, grid, context.pools):
        first = grid.slot(grid.product_numbers[choice.product], grid.tier_numbers[choice.tier], 0)
        for interval in range(work.first, work.end):
            nano = duals.slots[first + interval]
            loss = choice.loss_picousd * NANOUSD_PER_USD // PICOS
            tried.add((nano + loss) * PICOS * (PICOS // NANOUSD_PER_USD) // choice.rates[0])
    key = bid, mode.id, work.factors[0]

    def profit(omega: int) -> Fraction:
        return mode.profit_max(context, bid, replace(duals, work={key: max(omega, 0)}), None)

    return min(sorted(tried), key=profit)


def _welfare(instance: Instance, result: Result) -> Fraction:
    context: Context = instance.context
    known = instance.bid_by_id
    return sum(
        (known[part.id].worth(context, part.held) for part in result.award.parts), Fraction(0)
    )


def _bound(cleared: Cleared) -> Fraction:
    return bound_usd(cleared.instance, cleared.result.relaxed)


def _price(duals: Duals, cleared: Cleared, product: str, tier: str, interval: int) -> Fraction:
    grid = cleared.instance.grid
    slot = grid.slot(grid.product_numbers[product], grid.tier_numbers[tier], interval)
    return Fraction(duals.slots[slot], NANOUSD_PER_USD)


def _parts(cleared: Cleared, prefix: str = "") -> list[Any]:
    return [part for part in cleared.result.award.parts if part.id.startswith(prefix)]


def _chips(cleared: Cleared, name: str, product: str, tier: str, interval: int) -> Fraction:
    """Give the chips that a participant holds in a slot, all modes together."""
    return Fraction(
        sum(
            line.quantity_hundredths
            for part in _parts(cleared, name)
            for line in part.lines
            if part.id == name
            and (line.product, line.tier, line.interval) == (product, tier, interval)
        ),
        100,
    )


def _cost(cleared: Cleared) -> Fraction:
    """Give what the pools declare that it costs them."""
    instance = cleared.instance
    known = instance.bid_by_id
    return -sum(
        (
            known[part.id].worth(instance.context, part.held)
            for part in cleared.result.award.parts
            if isinstance(known[part.id], Pool)
        ),
        Fraction(0),
    )


def _lost(cleared: Cleared) -> Fraction:
    """Give the lost opportunity at the prices: what all could gain alone beyond what they have."""
    instance, result = cleared.instance, cleared.result
    return bound_usd(instance, cleared.duals) - _welfare(instance, result)


def _on(cleared: Cleared, prefix: str, interval: int) -> Fraction:
    """Count the pools of a name that are on."""
    return Fraction(sum(part.on[interval] for part in _parts(cleared, prefix) if part.on))


def _money(field: str) -> Callable[..., Fraction]:
    """Give a measure of a field in micro-dollars, summed over the participants of a name."""

    def measure(cleared: Cleared, prefix: str = "") -> Fraction:
        total = sum(getattr(part, field) for part in _parts(cleared, prefix))
        return Fraction(total, MICROUSD_PER_USD)

    return measure


def _kept(cleared: Cleared, interval: int) -> Fraction:
    """Give the chips that all pools keep in reserve."""
    known = cleared.instance.bid_by_id
    pools = [part for part in _parts(cleared) if isinstance(known[part.id], Pool)]
    kept = sum(part.reserve_hundredths[interval] for part in pools if part.reserve_hundredths)
    return Fraction(kept, 100)


def _reserve_price(cleared: Cleared, region: str, interval: int) -> Fraction:
    dual = cleared.result.fixed.reserve.get((region, interval), 0)
    return Fraction(dual, NANOUSD_PER_USD)


MEASURES: dict[str, Callable[..., Fraction]] = {
    "welfare": lambda cleared: _welfare(cleared.instance, cleared.result),
    "bound": _bound,
    "cost": _cost,
    "price": lambda cleared, *slot: _price(cleared.result.fixed, cleared, *slot),
    "hull price": lambda cleared, *slot: _price(cleared.result.relaxed, cleared, *slot),
    "reserve price": _reserve_price,
    "chips": _chips,
    "kept": _kept,
    "on": _on,
    "gangs": lambda cleared, name: Fraction(sum(len(p.gangs) for p in _parts(cleared, name))),
    "payment": _money("payment_microusd"),
    "make-whole": _money("make_whole_microusd"),
    "charge": _money("charge_microusd"),
    "lost": _lost,
    "hull lost": lambda cleared: _bound(cleared) - _welfare(cleared.instance, cleared.result),
}
