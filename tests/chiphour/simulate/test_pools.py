"""POOLS: the published interval holds what comes, in pools that it has not seen.

Takes   simulated pools of every regime, fixed seeds.
Gives   the share of pools whose realised interruption lay within the interval.
Keeps   the issue's own bounds, 85 to 95 %, for the 200 pools of `test --all`; the shorter law
        allows what chance does to its few.
Source  docs/formulation/pooling.md, section 5; issue 7, show 6.
"""

import numpy as np
import pytest

from chiphour.auction.interruption import PublicationRule
from chiphour.auction.pooling import pool_from_hours
from chiphour.simulate.pools import REGIMES
from chiphour.simulate.pools import Regime
from chiphour.simulate.pools import coverage
from chiphour.simulate.pools import pool_hours

MIXED = REGIMES[0]


@pytest.mark.suite
@pytest.mark.parametrize("period_hours", [24])
def test_some_pools_stay_within_their_intervals(period_hours):
    """At 90 % of twenty-four, 18 to 24 is what three standard deviations allow."""
    found = coverage(MIXED, PublicationRule(period_hours=period_hours, draws=100), 24, 1)
    assert found.within >= 18
    assert found.expected == pytest.approx(found.realised, abs=0.04)


@pytest.mark.long
@pytest.mark.parametrize("period_hours", [24, 168])
def test_two_hundred_correlated_pools_stay_within_their_intervals(period_hours):
    """The issue's show: 85 to 95 % of realised shares."""
    found = coverage(MIXED, PublicationRule(period_hours=period_hours), 200, 1)
    assert 170 <= found.within <= 190


def test_pools_are_whole_chips_of_two_to_sixty_four_suppliers():
    sizes = set()
    for seed in range(60):
        hours = pool_hours(MIXED, 48, np.random.default_rng(seed))
        assert hours.min() >= 0
        assert (hours == np.floor(hours)).all()
        sizes.add(hours.shape[1])
    assert min(sizes) >= 2
    assert max(sizes) <= 64
    assert len(sizes) > 20


def test_a_seed_is_a_pool():
    once, again = (pool_hours(MIXED, 48, np.random.default_rng(9)) for _ in range(2))
    assert (once == again).all()


def test_correlation_that_is_asked_for_is_there():
    """The logistic and whole chips take a little of it."""
    for asked in (0.0, 0.5):
        regime = Regime("", asked, asked, 2, 2, 0, 0)
        found = [
            pool_from_hours(pool_hours(regime, 4_000, np.random.default_rng(seed))).correlation
            for seed in range(8)
        ]
        assert float(np.mean(found)) == pytest.approx(asked, abs=0.07)


def test_outages_take_suppliers_away_together():
    calm, struck = (
        pool_hours(Regime("", 0, 0, 2, 2, each, 0), 2_000, np.random.default_rng(4))
        for each in (0.0, 1.0)
    )
    assert ((struck == 0).mean(axis=1) > 0.2).mean() > 0.1
    assert ((calm == 0).mean(axis=1) > 0.2).mean() < 0.02
