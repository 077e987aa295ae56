"""PIVOTAL: who could withhold enough to set the price, and what is done about it.

Takes   the offers of one product and hour with their reference prices, its demand, the operator's
        thresholds, and a function that clears offers.
Gives   each supplier's score; the offers with those replaced that failed test, conduct and impact,
        and both prices.
Keeps   every offer that passes as it was; parties under one control are one supplier, by name.
Source  docs/formulation/guards.md, section 7; PJM, Manual 11, three pivotal supplier test; NYISO,
        conduct and impact.
"""

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Sequence
from fractions import Fraction
from heapq import nlargest
from typing import NamedTuple

from chiphour.auction.fields import PRICE_TICKS_MAX
from chiphour.auction.fields import QUANTITY_HUNDREDTHS_MAX
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.parameters import integer_within
from chiphour.units import PPM


class PivotalRule(NamedTuple):
    """Who is tested with how many others, and what is too much, in parts per million.

    An offer's conduct fails above its reference by more than `conduct_ppm`; the impact fails when
    such offers together raise the price by more than `impact_ppm`. The defaults: two others, as
    PJM; half above the reference; a tenth on the price.
    """

    others: int = 2
    conduct_ppm: int = 500_000
    impact_ppm: int = 100_000


class HourOffer(NamedTuple):
    """Chips of one supplier at one price, and the price that its costs or past would justify."""

    supplier: str
    quantity_hundredths: int
    price_ticks: int
    reference_ticks: int


class Score(NamedTuple):
    """Supply without the tested supplier and the largest others, over demand; below 1 it fails."""

    supplier: str
    score: Fraction | None  # None where there is no demand: nobody is needed.
    passes: bool


class Mitigation(NamedTuple):
    """What the test found in one product and hour, to be published."""

    scores: tuple[Score, ...]
    conduct_failed: tuple[str, ...]  # Suppliers that fail the test, with an offer too dear.
    offered_ticks: int  # The price of the offers as they came.
    reference_ticks: int  # The price with those too dear at their references.
    replaces: bool
    offers: tuple[HourOffer, ...]  # Those to be cleared.


Clear = Callable[[Sequence[HourOffer]], int]


def pivotal_scores(
    offers: Sequence[HourOffer], demand_hundredths: int, others: int = 2
) -> tuple[Score, ...]:
    """Score each supplier, by name (eq. 13). At exactly 1 the others can just serve: it passes."""
    integer_within("pivotal.others", others, 0, 100)
    integer_within("pivotal.demand", demand_hundredths, 0, QUANTITY_HUNDREDTHS_MAX)
    owned: dict[str, int] = defaultdict(int)
    for offer in _checked(offers):
        owned[offer.supplier] += offer.quantity_hundredths
    total = sum(owned.values())
    ranked = nlargest(others + 1, owned, key=lambda name: (owned[name], name))
    scores = []
    for supplier in sorted(owned):
        largest = [name for name in ranked if name != supplier][:others]
        rest = total - owned[supplier] - sum(owned[name] for name in largest)
        score = Fraction(rest, demand_hundredths) if demand_hundredths else None
        scores.append(Score(supplier, score, score is None or score >= 1))
    return tuple(scores)


def mitigated(
    rule: PivotalRule, offers: Sequence[HourOffer], demand_hundredths: int, clear: Clear
) -> Mitigation:
    """Replace by their references the offers that fail test, conduct and impact (eq. 14).

    The impact is that of all failing offers together: several that each raise the price a little
    do not hide behind one another. `clear` gives the price in ticks of a set of offers.
    """
    integer_within("pivotal.conduct_ppm", rule.conduct_ppm, 0, 1_000 * PPM)
    integer_within("pivotal.impact_ppm", rule.impact_ppm, 0, 1_000 * PPM)
    scores = pivotal_scores(offers, demand_hundredths, rule.others)
    failing = {score.supplier for score in scores if not score.passes}
    dear = [offer.supplier in failing and _is_dear(rule, offer) for offer in offers]
    referred = tuple(
        offer._replace(price_ticks=offer.reference_ticks) if is_dear else offer
        for offer, is_dear in zip(offers, dear, strict=True)
    )
    offered_ticks = clear(offers)
    reference_ticks = clear(referred) if any(dear) else offered_ticks
    rise = (offered_ticks - reference_ticks) * PPM
    replaces = any(dear) and rise > rule.impact_ppm * abs(reference_ticks)
    names = {offer.supplier for offer, is_dear in zip(offers, dear, strict=True) if is_dear}
    return Mitigation(
        scores,
        tuple(sorted(names)),
        offered_ticks,
        reference_ticks,
        replaces,
        referred if replaces else tuple(offers),
    )


def _is_dear(rule: PivotalRule, offer: HourOffer) -> bool:
    """Tell whether an offer stands too far above its reference; a negative one has its size."""
    above = (offer.price_ticks - offer.reference_ticks) * PPM
    return above > rule.conduct_ppm * abs(offer.reference_ticks)


def _checked(offers: Sequence[HourOffer]) -> Sequence[HourOffer]:
    for number, offer in enumerate(offers):
        where = f"pivotal.offers[{number}]"
        if not offer.supplier:
            raise RequestMalformed(f"{where}: expected the name of a supplier, found none")
        integer_within(f"{where}.quantity", offer.quantity_hundredths, 1, QUANTITY_HUNDREDTHS_MAX)
        for name, ticks in (("price", offer.price_ticks), ("reference", offer.reference_ticks)):
            integer_within(f"{where}.{name}", ticks, -PRICE_TICKS_MAX, PRICE_TICKS_MAX)
    return offers
