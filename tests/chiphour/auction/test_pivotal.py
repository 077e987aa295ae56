"""PIVOTAL: who is needed is found, and only dear offers of those who are needed are replaced.

Takes   offers written out and random ones; a merit order that clears them.
Gives   scores worked out by hand, offers after the test.
Keeps   the price never raised by the test; who passes left alone.
Source  docs/formulation/guards.md, section 7.
"""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.pivotal import HourOffer
from chiphour.auction.pivotal import PivotalRule
from chiphour.auction.pivotal import mitigated
from chiphour.auction.pivotal import pivotal_scores

CAP = 1_000
OFFERS = st.lists(
    st.builds(
        HourOffer,
        st.sampled_from("abcdef"),
        st.integers(1, 100),
        st.integers(0, 300),
        st.integers(0, 100),
    ),
    max_size=10,
)


def merit_order(demand):
    """Clear by merit order: the price of the last hundredth that is needed; the cap if short."""

    def clear(offers):
        left = demand
        for offer in sorted(offers, key=lambda offer: offer.price_ticks):
            left -= offer.quantity_hundredths
            if left <= 0:
                return offer.price_ticks
        return CAP

    return clear


def supply(*quantities):
    return [HourOffer(name, each, 10, 10) for name, each in zip("abcd", quantities, strict=True)]


def test_the_score_leaves_out_the_tested_and_the_two_largest_others():
    """a 40, b 30, c 20, d 10. Without a, b, c: 10. Without d and a, b: 20. Demand 20."""
    scores = pivotal_scores(supply(40, 30, 20, 10), 20)
    assert [each.score for each in scores] == [Fraction(1, 2)] * 3 + [1]
    assert [each.passes for each in scores] == [False, False, False, True]


def test_blocks_of_one_supplier_count_as_one():
    twice = [HourOffer("a", 20, 10, 10)] * 2 + supply(1, 30, 20, 10)[1:]
    assert pivotal_scores(twice, 20) == pivotal_scores(supply(40, 30, 20, 10), 20)


def test_without_demand_nobody_is_needed():
    assert all(each.passes and each.score is None for each in pivotal_scores(supply(1, 1, 1, 1), 0))


@given(OFFERS, st.integers(1, 500), st.integers(2, 5))
def test_scores_do_not_depend_on_the_unit(offers, demand, times):
    scaled = [each._replace(quantity_hundredths=times * each[1]) for each in offers]
    assert pivotal_scores(scaled, times * demand) == pivotal_scores(offers, demand)


@given(OFFERS, st.integers(1, 500))
def test_the_larger_supplier_never_scores_higher(offers, demand):
    """Whoever has more is missed more."""
    owned = {}
    for offer in offers:
        owned[offer.supplier] = owned.get(offer.supplier, 0) + offer.quantity_hundredths
    scores = {each.supplier: each.score for each in pivotal_scores(offers, demand)}
    ranked = sorted(owned, key=owned.get)
    assert all(
        scores[small] >= scores[large]
        for small, large in pairwise(ranked)
        if owned[small] < owned[large]
    )


@given(OFFERS, st.integers(1, 500))
def test_the_test_never_raises_the_price_and_leaves_alone_who_passes(offers, demand):
    found = mitigated(PivotalRule(), offers, demand, merit_order(demand))
    assert merit_order(demand)(found.offers) <= found.offered_ticks
    failing = {each.supplier for each in found.scores if not each.passes}
    assert len(found.offers) == len(offers)
    for before, after in zip(offers, found.offers, strict=True):
        assert after.price_ticks in (before.price_ticks, before.reference_ticks)
        if before.supplier not in failing or 2 * before.price_ticks <= 3 * before.reference_ticks:
            assert after == before


def dear(price):
    """A pivotal supplier asks this for what is needed last; its reference is 20."""
    return [HourOffer("a", 50, 10, 10), HourOffer("b", 50, price, 20), HourOffer("c", 50, 12, 12)]


def test_an_offer_too_dear_that_moves_the_price_is_replaced():
    found = mitigated(PivotalRule(), dear(90), 120, merit_order(120))
    assert found.conduct_failed == ("b",)
    assert (found.offered_ticks, found.reference_ticks, found.replaces) == (90, 20, True)
    assert found.offers == (dear(20)[0], dear(20)[1], dear(20)[2])


@pytest.mark.parametrize(
    ("price", "demand", "rule"),
    [
        (30, 120, PivotalRule()),  # Conduct: half above is allowed, more is not.
        (90, 90, PivotalRule()),  # Impact: it is not needed, the price stays at 12.
        (90, 120, PivotalRule(impact_ppm=3_500_000)),  # Impact: 90 is not above 20 + 350 %.
    ],
)
def test_an_offer_that_passes_conduct_or_impact_stays(price, demand, rule):
    found = mitigated(rule, dear(price), demand, merit_order(demand))
    assert not found.replaces
    assert found.offers == tuple(dear(price))


def test_small_impacts_are_measured_together():
    """Two suppliers ask 90; either alone at its reference would not lower the price."""
    offers = [HourOffer("a", 50, 90, 20), HourOffer("b", 50, 90, 20), HourOffer("c", 20, 10, 10)]
    clear = merit_order(90)
    for alone in (0, 1):
        changed = list(offers)
        changed[alone] = changed[alone]._replace(price_ticks=20)
        assert clear(changed) == 90
    assert mitigated(PivotalRule(), offers, 90, clear).replaces


@pytest.mark.parametrize(
    ("rule", "offer", "demand"),
    [
        (PivotalRule(others=-1), HourOffer("a", 1, 1, 1), 1),
        (PivotalRule(conduct_ppm=-1), HourOffer("a", 1, 1, 1), 1),
        (PivotalRule(impact_ppm=-1), HourOffer("a", 1, 1, 1), 1),
        (PivotalRule(), HourOffer("", 1, 1, 1), 1),
        (PivotalRule(), HourOffer("a", 0, 1, 1), 1),
        (PivotalRule(), HourOffer("a", 1, 1.5, 1), 1),
        (PivotalRule(), HourOffer("a", 1, 1, 1 << 40), 1),
        (PivotalRule(), HourOffer("a", 1, 1, 1), -1),
    ],
)
def test_a_test_out_of_bounds_is_refused(rule, offer, demand):
    with pytest.raises(RequestMalformed, match="pivotal"):
        mitigated(rule, [offer], demand, merit_order(demand))
