"""GUARDING: a sealed run as its guard rails let it be cleared.

Takes   the bids of a run as they were read, its guard rails, what was applied: a cap, and the
        offers that stand at their references.
Gives   the run with both applied; the bids that this leaves out, each with why; `Applied` as
        canonical JSON and back.
Keeps   one function for whoever clears and whoever checks: what an outsider works out from sealed
        bids and published `Applied` is the run that was cleared, byte for byte.
Source  docs/formulation/guards.md, sections 1, 7 and 10; decision 0046.

Nobody is made to sell below its price by a lower cap: what is offered above it is left out. Only
offers of suppliers that failed the test of section 7 are set to their references.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from typing import NamedTuple

from chiphour.auction.bids import Bid
from chiphour.auction.bids.virtual import Virtual
from chiphour.auction.fields import NAME
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import SELL
from chiphour.auction.guard_rules import GuardRules
from chiphour.auction.guard_rules import hourly_reference_ticks
from chiphour.auction.guard_rules import start_reference_microusd
from chiphour.auction.instance import BIDS_MAX
from chiphour.auction.instance import Instance
from chiphour.auction.instance import Refused
from chiphour.auction.instance import canonical
from chiphour.auction.instance import read_run
from chiphour.auction.instance import run_fields
from chiphour.auction.pool import Pool
from chiphour.auction.record import read_record
from chiphour.units import PPM
from chiphour.units import text_from_ticks

SCHEMA_NAME = "chiphour.auction.guarded/1"


class Applied(NamedTuple):
    """What the guard rails did to a run: its cap, and the pools at their references, sorted."""

    cap_ticks: int
    replaced: tuple[str, ...] = ()


def guarded(
    instance: Instance, rules: GuardRules | None, applied: Applied
) -> tuple[Instance, tuple[Refused, ...]]:
    """Give the run with its cap and references, and what that leaves out (eq. 16 to 18).

    Raises RequestMalformed for a cap above the run's own or below its lowest, and for a pool that
    is not there, or that asks no more than its reference.
    """
    check_applied(instance, rules, applied)
    if applied == Applied(instance.grid.cap_ticks):
        return instance, ()
    replaced, left_out = frozenset(applied.replaced), []
    bids: list[Bid] = []
    for bid in instance.bids:
        given = bid
        if bid.id in replaced and isinstance(bid, Pool) and rules is not None:
            given = at_reference(bid, rules)
        kept = under_cap(given, applied.cap_ticks)
        if kept is None:
            cap = text_from_ticks(applied.cap_ticks)
            left_out.append(Refused(bid.id, f"expected a price of at most the cap, {cap}"))
        else:
            bids.append(kept)
    grid = replace(instance.grid, cap_ticks=applied.cap_ticks)
    fields = run_fields(replace(instance, grid=grid))
    fields["bids"] = [bid.fields(grid) for bid in bids]
    found, unread = read_run(fields)
    return found, (*left_out, *unread)


def check_applied(instance: Instance, rules: GuardRules | None, applied: Applied) -> None:
    """Raise RequestMalformed where rules could not have been applied so."""
    own = instance.grid.cap_ticks
    caps = {own, *(rule.low_cap_ticks for _, rule in (rules.caps if rules else ()))}
    if applied.cap_ticks not in caps:
        expected = " or ".join(text_from_ticks(cap) for cap in sorted(caps))
        raise RequestMalformed(
            f"guarded.cap: expected {expected}, found {text_from_ticks(applied.cap_ticks)}"
        )
    bids = instance.bid_by_id
    for name in applied.replaced:
        bid = bids.get(name)
        if rules is None or not isinstance(bid, Pool) or not is_dear(bid, rules):
            raise RequestMalformed(
                f"guarded.replaced: expected offers above their references, found {name!r}"
            )


def dear_pools(bids: Iterable[Bid], rules: GuardRules) -> Iterator[Pool]:
    """Yield the offers that ask too much above their references."""
    return (bid for bid in bids if isinstance(bid, Pool) and is_dear(bid, rules))


def is_dear(pool: Pool, rules: GuardRules) -> bool:
    """Tell whether an offer asks too much above its reference: a block, no-load or start (eq. 18).

    A product without a reference, and a run without the test, have no dear offers.
    """
    reference_ticks = rules.references_ticks.get(pool.product)
    if rules.pivotal is None or reference_ticks is None:
        return False
    chips = max(pool.inventory_hundredths)
    asked = (
        (max(block.price_ticks for block in pool.blocks), reference_ticks),
        (pool.no_load_ticks, hourly_reference_ticks(chips, reference_ticks)),
        (pool.startup_microusd, start_reference_microusd(rules, chips, reference_ticks)),
    )
    conduct_ppm = PPM + rules.pivotal.conduct_ppm
    return any(amount * PPM > conduct_ppm * reference for amount, reference in asked)


def at_reference(pool: Pool, rules: GuardRules) -> Pool:
    """Give an offer with no part of its price above its reference; cheaper parts stay."""
    reference_ticks = rules.references_ticks[pool.product]
    chips = max(pool.inventory_hundredths)
    return replace(
        pool,
        blocks=tuple(
            block._replace(price_ticks=min(block.price_ticks, reference_ticks))
            for block in pool.blocks
        ),
        no_load_ticks=min(pool.no_load_ticks, hourly_reference_ticks(chips, reference_ticks)),
        startup_microusd=min(
            pool.startup_microusd, start_reference_microusd(rules, chips, reference_ticks)
        ),
    )


def under_cap(bid: Bid, cap_ticks: int) -> Bid | None:
    """Give what of a bid is offered at the cap or below, or None; buyers' bids are left to it."""
    if isinstance(bid, Pool):
        blocks = tuple(block for block in bid.blocks if block.price_ticks <= cap_ticks)
        return replace(bid, blocks=blocks) if blocks else None
    if isinstance(bid, Virtual) and bid.side == SELL:
        curve = tuple(step for step in bid.curve if step[1] <= cap_ticks)
        return bid._replace(curve=curve) if curve else None
    return bid


def applied_fields(applied: Applied) -> dict[str, Any]:
    """Write what was applied as JSON fields."""
    return {
        "schema": SCHEMA_NAME,
        "cap": text_from_ticks(applied.cap_ticks),
        "replaced": list(applied.replaced),
    }


def to_json(applied: Applied, more: Mapping[str, Any]) -> bytes:
    """Write what was applied, with the findings that led to it, as canonical JSON."""
    return canonical(applied_fields(applied) | {"findings": dict(more)})


def from_json(body: bytes) -> Applied:
    """Read what was applied; its findings are for people. Raises RequestMalformed."""
    return read_record(body, "guarded", SCHEMA_NAME, _read)


def _read(fields: Fields) -> Applied:
    cap_ticks, names = fields.ticks("cap"), fields.raw("replaced")
    if not isinstance(names, list) or len(names) > BIDS_MAX or not all(_is_name(n) for n in names):
        raise fields.refuse("replaced", "ids of offers", names)
    if names != sorted(set(names)):
        raise fields.refuse("replaced", "ids in order, each once", names)
    if fields.has("findings"):
        fields.raw("findings")
    return Applied(cap_ticks, tuple(names))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None
