"""AUCTION_GUARDS: what the guard rails of a run did, for everybody, and in full at disclosure.

Takes   a run as it was cleared with its guard rails; what its products had earned before it.
Gives   `guard_summary`, public at once: cap, prices with and without mitigation, how many failed;
        `guard_findings`, disclosed with the bids: every score, every offer that was replaced.
Keeps   before disclosure no supplier's chips, no id of an offer, no account.
Source  docs/formulation/guards.md, section 10.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import Grid
from chiphour.auction.guard_rules import ProductEarned
from chiphour.auction.instance import Instance
from chiphour.auction.mitigation import Impact
from chiphour.auction.mitigation import Mitigated
from chiphour.auction.mitigation import SlotScores
from chiphour.auction.result import Result
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import PPM
from chiphour.units import div_floor
from chiphour.units import div_half_even
from chiphour.units import text_from_ticks


def guard_summary(
    cleared: Mitigated, own_cap_ticks: int, earned: Iterable[ProductEarned]
) -> dict[str, Any]:
    """Give what may be known at once as JSON fields.

    `failing` counts the suppliers that the test found needed in a product and interval; who they
    are, and with how many chips, is disclosed with the bids.
    """
    grid, cap_ticks = cleared.instance.grid, cleared.applied.cap_ticks
    return {
        "cap_usd": text_from_ticks(cap_ticks),
        "cap_is_lowered": cap_ticks < own_cap_ticks,
        "earned": [_earned(each) for each in earned],
        "failing": [
            {
                "product": each.product,
                "from": grid.iso(each.interval),
                "suppliers": len(each.scores),
                "failing": len(each.failing),
            }
            for each in cleared.scores
            if each.failing
        ],
        "mitigated": [_impact(grid, each) for each in cleared.impacts],
        "offers_replaced": len(cleared.applied.replaced),
    }


def guard_findings(cleared: Mitigated) -> dict[str, Any]:
    """Give all that was found as JSON fields: scores and prices, of which offers were replaced."""
    grid = cleared.instance.grid
    return {
        "scores": [_scores(grid, each) for each in cleared.scores],
        "prices": [_impact(grid, each) for each in cleared.impacts],
    }


def scarcity_rows(instance: Instance, result: Result) -> list[dict[str, Any]]:
    """Give the chips kept in reserve and what one more was worth, by region, stretch by stretch."""
    grid, bids = instance.grid, instance.bid_by_id
    region_of = {product.id: product.region for product in grid.products}
    kept = {region: [0] * grid.intervals for region in grid.regions}
    for part in result.award.parts:
        pool = bids[part.id].offered
        if pool is not None:
            for interval, chips in enumerate(part.reserve_hundredths):
                kept[region_of[pool.product]][interval] += chips
    prices = result.money.reserve
    return [
        row
        for region in grid.regions
        for row in _stretches(
            grid, region, kept[region], [prices.get((region, i), 0) for i in range(grid.intervals)]
        )
    ]


def _stretches(
    grid: Grid, region: str, kept: Sequence[int], prices: Sequence[int]
) -> list[dict[str, Any]]:
    rows = []
    for (chips, price), run in groupby(range(grid.intervals), lambda i: (kept[i], prices[i])):
        reached = list(run)
        if chips or price:
            rows.append(
                {
                    "region": region,
                    "from": grid.iso(reached[0]),
                    "to": grid.iso(reached[-1] + 1),
                    "reserve_chips": hundredths_text(chips),
                    "price_usd": text_from_ticks(div_half_even(price, NANOUSD_PER_TICK)),
                }
            )
    return rows


def _earned(earned: ProductEarned) -> dict[str, str]:
    return {
        "product": earned.product,
        "earned_usd": text_from_ticks(earned.earned_ticks),
        "limit_usd": text_from_ticks(earned.limit_ticks),
        "cap_usd": text_from_ticks(earned.cap_ticks),
    }


def _impact(grid: Grid, impact: Impact) -> dict[str, str]:
    return {
        "product": impact.product,
        "tier": impact.tier,
        "from": grid.iso(impact.interval),
        "offered_usd": text_from_ticks(impact.offered_ticks),
        "reference_usd": text_from_ticks(impact.reference_ticks),
    }


def _scores(grid: Grid, scored: SlotScores) -> dict[str, Any]:
    """Write scores in millionths, rounded down: one that fails never reads as one that passes."""
    return {
        "product": scored.product,
        "from": grid.iso(scored.interval),
        "needed": hundredths_text(scored.demand_hundredths),
        "suppliers": [
            {
                "supplier": each.supplier,
                "score": None
                if each.score is None
                else decimal_text(
                    div_floor(each.score.numerator * PPM, each.score.denominator), PPM
                ),
                "passes": each.passes,
            }
            for each in scored.scores
        ],
    }
