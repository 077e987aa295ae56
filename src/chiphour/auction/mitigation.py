"""MITIGATION: a run cleared with its guard rails: who was needed, and whose offers that lets stand.

Takes   a run, its guard rails, its cap, who stands behind each account, a function that clears.
Gives   `Mitigated`: the run as it is cleared, its result, what was applied, and what was found.
Keeps   every offer as it came unless its owner fails test, conduct and impact; each clearing a
        whole one, from nothing: the same bids, the same result.
Source  docs/formulation/guards.md, sections 7 and 10, equations 13, 14 and 17 to 19.

Without a dear offer a run is cleared once. With one it is cleared as it came and with all dear
offers at their references; again where some of these pass the test, or have no effect.
"""

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.auction.award import Part
from chiphour.auction.guard_rules import GuardRules
from chiphour.auction.guarding import Applied
from chiphour.auction.guarding import dear_pools
from chiphour.auction.guarding import guarded
from chiphour.auction.instance import Instance
from chiphour.auction.instance import Refused
from chiphour.auction.pivotal import HourOffer
from chiphour.auction.pivotal import PivotalRule
from chiphour.auction.pivotal import Score
from chiphour.auction.pivotal import pivotal_scores
from chiphour.auction.pool import Pool
from chiphour.auction.result import Result
from chiphour.units import PPM

Clear = Callable[[Instance], Result]
Place = tuple[str, int]  # A product and an interval.


class SlotScores(NamedTuple):
    """The scores of one product and interval, and the chips that were needed there."""

    product: str
    interval: int
    demand_hundredths: int
    scores: tuple[Score, ...]

    @property
    def failing(self) -> frozenset[str]:
        """Give the suppliers that fail the test here."""
        return frozenset(score.supplier for score in self.scores if not score.passes)


class Impact(NamedTuple):
    """A price with the offers as they came, and with the dear ones at their references."""

    product: str
    tier: str
    interval: int
    offered_ticks: int
    reference_ticks: int


class Mitigated(NamedTuple):
    """A run as it was cleared, its result; what was applied, left out and found."""

    instance: Instance
    result: Result
    applied: Applied
    refused: tuple[Refused, ...]
    scores: tuple[SlotScores, ...]
    impacts: tuple[Impact, ...]


def cleared_with_guards(
    instance: Instance,
    rules: GuardRules | None,
    cap_ticks: int,
    party_of: Mapping[int, str],
    clear: Clear,
) -> Mitigated:
    """Clear a run under its cap, dear offers of pivotal suppliers at their references.

    `party_of` names whoever controls an account; one without is a party of its own. Raises what
    `clear` raises.
    """

    def at(replaced: Iterable[str]) -> Mitigated:
        applied = Applied(cap_ticks, tuple(sorted(replaced)))
        run, refused = guarded(instance, rules, applied)
        return Mitigated(run, clear(run), applied, refused, (), ())

    came = at(())
    if rules is None or rules.pivotal is None:
        return came
    dear = {pool.id: pool for pool in dear_pools(instance.bids, rules)}
    referred = at(dear) if dear else came
    scores = slot_scores(referred, rules.pivotal.others, party_of)
    failing = {(each.product, each.interval): each.failing for each in scores}
    needed = {pool.id: _needed(pool, party_of, failing) for pool in dear.values()}
    suspects = {name for name, places in needed.items() if places}
    if not suspects:
        return came._replace(scores=scores)
    compared = referred if suspects == dear.keys() else at(suspects)
    found = impacts(came, compared, rules.pivotal)
    raised = {(each.product, each.interval) for each in found}
    guilty = {
        name
        for name in suspects
        if needed[name] & raised or _is_made_whole(came.result, name, rules.pivotal)
    }
    if not guilty:
        return came._replace(scores=scores)
    final = compared if guilty == suspects else at(guilty)
    return final._replace(scores=scores, impacts=found)


def slot_scores(
    cleared: Mitigated, others: int, party_of: Mapping[int, str]
) -> tuple[SlotScores, ...]:
    """Score the suppliers of every product and interval in which chips were needed (eq. 13, 17).

    What is needed is what its pools sold, gave to gangs and kept in reserve; what a supplier has is
    all of its pools' chips, switched on or off, sold or not.
    """
    instance = cleared.instance
    parts = {part.id: part for part in cleared.result.award.parts}
    offers: dict[Place, list[HourOffer]] = defaultdict(list)
    demand: dict[Place, int] = defaultdict(int)
    for pool in instance.bids:
        if not isinstance(pool, Pool):
            continue
        taken = _taken_hundredths(pool, parts.get(pool.id))
        for interval, chips in enumerate(pool.inventory_hundredths):
            if chips:
                offer = HourOffer(_party(pool, party_of), chips, 0, 0)
                offers[pool.product, interval].append(offer)
                demand[pool.product, interval] += taken[interval]
    return tuple(
        SlotScores(*place, demand[place], pivotal_scores(offers[place], demand[place], others))
        for place in sorted(offers)
        if demand[place]
    )


def impacts(came: Mitigated, referred: Mitigated, rule: PivotalRule) -> tuple[Impact, ...]:
    """Give each price that dear offers raise by more than the rule allows (eq. 14)."""
    grid = came.instance.grid
    found = []
    for number, product in enumerate(grid.products):
        for level, tier in enumerate(grid.tiers):
            for interval in range(grid.intervals):
                slot = grid.slot(number, level, interval)
                offered_ticks, reference_ticks = (
                    each.result.prices[slot].price_ticks for each in (came, referred)
                )
                if offered_ticks is None or reference_ticks is None:
                    continue
                rise = (offered_ticks - reference_ticks) * PPM
                if rise > rule.impact_ppm * abs(reference_ticks):
                    place = product.id, tier.name, interval
                    found.append(Impact(*place, offered_ticks, reference_ticks))
    return tuple(found)


def _needed(
    pool: Pool, party_of: Mapping[int, str], failing: Mapping[Place, frozenset[str]]
) -> frozenset[Place]:
    """Give where a pool has chips and its owner fails the test."""
    places = ((pool.product, at) for at, chips in enumerate(pool.inventory_hundredths) if chips)
    party = _party(pool, party_of)
    return frozenset(place for place in places if party in failing.get(place, ()))


def _is_made_whole(result: Result, name: str, rule: PivotalRule) -> bool:
    """Tell whether a pool is made whole by more than its share of what its chips earn (eq. 19).

    What no price shows, a dear start shows here.
    """
    for part in result.award.parts:
        if part.id == name:
            earned = max(-part.payment_microusd, 0)
            return part.make_whole_microusd * PPM > rule.impact_ppm * earned
    return False


def _taken_hundredths(pool: Pool, part: Part | None) -> Sequence[int]:
    """Give the pool's own chips that were sold, given to gangs or kept, rounded up."""
    none = (0,) * len(pool.inventory_hundredths)
    if part is None:
        return none
    kept = part.reserve_hundredths or none
    used = pool.chips_used(part.held)
    return [chips + idle for chips, idle in zip(used, kept, strict=True)]


def _party(pool: Pool, party_of: Mapping[int, str]) -> str:
    return party_of.get(pool.account, f"account {pool.account}")
