"""STANDING: the bids of those who do not bid: a position stands as its own schedule.

Takes   a run with the bids that came, the positions before it.
Gives   self-schedules, as the JSON of bids: what was bought is bought again at the cap, what was
        sold is offered again at the floor.
Keeps   every run a clearing of totals; a position that nobody touches unchanged, unless there is
        no other way, and then paid for at the cap or at the floor.
Source  docs/formulation/runs.md, section 2.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import PICOS
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.fields import hundredths_texts
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Tier
from chiphour.auction.instance import Instance
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.slots import chips_of
from chiphour.auction.slots import in_run
from chiphour.auction.slots import position_tier
from chiphour.auction.slots import slots_each
from chiphour.auction.slots import times_of
from chiphour.auction.term import REAL_TIME
from chiphour.auction.trades import covered
from chiphour.auction.workload import MODES_MAX
from chiphour.units import PPM
from chiphour.units import text_from_ticks

PICOS_PER_HUNDREDTH_PPM = PICOS // (100 * PPM)


class _Stretch(NamedTuple):
    """Intervals from first to before end in which an account holds the same chips."""

    first: int
    end: int
    quantity_hundredths: int


class _Owner(NamedTuple):
    """Whose positions, of what kind, in which product, on which tier of the run."""

    account: int
    kind: str
    product: str
    tier: Tier


def self_schedules(instance: Instance, before: Iterable[Position]) -> tuple[dict[str, Any], ...]:
    """Give a bid for every position in the run's slots for which its account has not bid.

    Gangs stand outside of the run and need none; in real time virtual positions are closed.
    Raises RequestMalformed where a position is not the same in all hours of an interval.
    """
    stated, grid = covered(instance), instance.grid
    held: dict[_Owner, dict[int, int]] = defaultdict(dict)
    tiers = {position_tier(tier.name): tier for tier in grid.tiers}
    for position in before:
        if not in_run(grid, position, grid.intervals):
            continue
        if instance.kind == REAL_TIME and position.kind == VIRTUAL:
            continue
        if (position.account, position.kind, position.product) not in stated:
            tier = tiers[position.tier]
            owner = _Owner(position.account, position.kind, position.product, tier)
            chips = chips_of(grid, position.quantity_hundredths)
            held[owner][position.hour_ns] = chips
    found: list[dict[str, Any]] = []
    for owner, by_hour in sorted(held.items()):
        stretches = _stretches(grid, owner, by_hour)
        for fields in _bids(instance, owner, stretches):
            found.append({"id": f"self:{owner.account}:{len(found)}", **fields})
    return tuple(found)


def _stretches(grid: Grid, owner: _Owner, by_slot: Mapping[int, int]) -> list[_Stretch]:
    """Give an owner's positions by intervals, those of the same quantity in a row together."""
    found: list[_Stretch] = []
    times, each = times_of(grid), slots_each(grid)
    for interval in range(grid.intervals):
        own = times[interval * each : (interval + 1) * each]
        amounts = {by_slot.get(begins_ns, 0) for begins_ns in own}
        if len(amounts) > 1:
            raise RequestMalformed(
                f"account {owner.account} {owner.product} {grid.iso(interval)}: expected the "
                f"same position in all hours of the interval, found "
                f"{' and '.join(hundredths_text(amount) for amount in sorted(amounts))}"
            )
        quantity = amounts.pop()
        if found and found[-1].end == interval and found[-1].quantity_hundredths == quantity:
            found[-1] = found[-1]._replace(end=interval + 1)
        else:
            found.append(_Stretch(interval, interval + 1, quantity))
    return [stretch for stretch in found if stretch.quantity_hundredths]


def _bids(instance: Instance, owner: _Owner, stretches: list[_Stretch]) -> Iterator[dict[str, Any]]:
    """Yield what an owner's positions bid, the id left out."""
    if owner.kind == VIRTUAL:
        yield from _virtuals(instance, owner, stretches)
        return
    bought = [stretch for stretch in stretches if stretch.quantity_hundredths > 0]
    for first in range(0, len(bought), MODES_MAX):
        yield _bought(instance, owner, bought[first : first + MODES_MAX])
    if any(stretch.quantity_hundredths < 0 for stretch in stretches):
        yield _sold(instance, owner, stretches)


def _bought(instance: Instance, owner: _Owner, stretches: list[_Stretch]) -> dict[str, Any]:
    """Give a buyer's bid: each stretch a mode for just the work that its chips do, at the cap."""
    modes, minutes = [], instance.grid.step_minutes
    for number, stretch in enumerate(stretches):
        each = stretch.quantity_hundredths * minutes // MINUTES_PER_HOUR
        chip_hours = each * (stretch.end - stretch.first)
        picos = chip_hours * (PPM - owner.tier.pi_ppm) * PICOS_PER_HUNDREDTH_PPM
        modes.append(
            {
                "type": "divisible",
                "id": str(number),
                "perf": [{"product": owner.product, "units_per_chip_hour": "1"}],
                "tiers": [{"tier": owner.tier.name}],
                "curve": [[decimal_text(picos, PICOS), _cap(instance)]],
                "chips_max": hundredths_text(stretch.quantity_hundredths),
                "window": _window(instance, stretch),
            }
        )
    return {
        "kind": "buy",
        "account": owner.account,
        "workload": {"class": "self-schedule", "unit": "chip-hour"},
        "modes": modes,
    }


def _sold(instance: Instance, owner: _Owner, stretches: list[_Stretch]) -> dict[str, Any]:
    """Give a seller's offer: what it sold, at the floor."""
    inventory = [0] * instance.grid.intervals
    for stretch in stretches:
        size = stretch.end - stretch.first
        inventory[stretch.first : stretch.end] = [max(0, -stretch.quantity_hundredths)] * size
    return {
        "kind": "sell",
        "account": owner.account,
        "product": owner.product,
        "inventory": hundredths_texts(tuple(inventory)),
        "blocks": [{"share": "1", "price": text_from_ticks(instance.grid.floor_ticks)}],
        "tiers": [{"tier": owner.tier.name, "beta": "1"}],
    }


def _virtuals(
    instance: Instance, owner: _Owner, stretches: list[_Stretch]
) -> Iterator[dict[str, Any]]:
    """Yield a virtual bid for each quantity, over all of its windows."""
    by_quantity: dict[int, list[_Stretch]] = defaultdict(list)
    for stretch in stretches:
        by_quantity[stretch.quantity_hundredths].append(stretch)
    for quantity, same in sorted(by_quantity.items()):
        price = _cap(instance) if quantity > 0 else text_from_ticks(instance.grid.floor_ticks)
        yield {
            "kind": "virtual",
            "account": owner.account,
            "direction": "buy" if quantity > 0 else "sell",
            "product": owner.product,
            "window": [_window(instance, stretch) for stretch in same],
            "curve": [[hundredths_text(abs(quantity)), price]],
        }


def _cap(instance: Instance) -> str:
    return text_from_ticks(instance.grid.cap_ticks)


def _window(instance: Instance, stretch: _Stretch) -> dict[str, str]:
    grid = instance.grid
    return {"from": grid.iso(stretch.first), "to": grid.iso(stretch.end)}
