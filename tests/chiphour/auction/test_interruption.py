"""INTERRUPTION: the interval is as wide as what is not known, and pi keeps its margin.

Takes   drawn hours of known pools, one seed each.
Gives   publications; refusals.
Keeps   the same bytes in, the same pi out.
Source  docs/formulation/pooling.md, sections 3 and 4.
"""

from decimal import Decimal

import numpy as np
import pytest

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.interruption import PublicationRule
from chiphour.auction.interruption import checked_rule
from chiphour.auction.interruption import pattern_of
from chiphour.auction.interruption import published
from chiphour.auction.interruption import realised_share
from chiphour.auction.pooling import interrupted_share

RULE = PublicationRule()
DAYS = 28


def hours_of(suppliers, correlation, seed=1, days=DAYS, lasts=6.0):
    """Draw 100 +- 20 chips of each supplier, persisting for some hours."""
    drawn = np.random.default_rng(seed)
    keeps = np.exp(-1 / lasts)
    moved = drawn.standard_normal((24 * days, suppliers + 1))
    for hour in range(1, len(moved)):
        moved[hour] = keeps * moved[hour - 1] + np.sqrt(1 - keeps**2) * moved[hour]
    common, own = moved[:, :1], moved[:, 1:]
    return 100 + 20 * (np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)


def told(hours, rule=RULE, seed=3):
    return published(rule, hours, np.random.default_rng(seed))


def test_pi_is_that_of_the_formula_where_spare_is_normal():
    """Without correlation and with it: what is drawn agrees with eq. 2 within a sixth."""
    for correlation in (0.0, 0.5):
        found = told(hours_of(16, correlation))
        assert found.expected_share == pytest.approx(found.formula_share, rel=1 / 6)
        assert found.formula_share == interrupted_share(found.pool, 1.0)
        assert found.low_share <= found.expected_share <= found.high_share


def test_correlation_widens_the_interval():
    alone, together = told(hours_of(32, 0.0)), told(hours_of(32, 0.6))
    assert together.high_share - together.low_share > 2 * (alone.high_share - alone.low_share)
    assert together.expected_share > 2 * alone.expected_share


def test_a_short_period_is_less_certain_than_a_long_one():
    hours = hours_of(8, 0.3)
    day, week = told(hours, RULE._replace(period_hours=24)), told(hours)
    assert day.high_share - day.low_share > week.high_share - week.low_share


def test_what_is_certain_is_published_as_certain():
    """Suppliers that never move: a tenth too much sold is a tenth over 1.1, in every period."""
    found = told(np.full((168, 3), 40.0), RULE._replace(sold_ppm=1_100_000))
    share = 0.1 / 1.1
    assert (found.low_share, found.high_share) == pytest.approx((share, share))
    assert found.expected_share == pytest.approx(share)
    assert Decimal(found.pi_text) == Decimal("0.100000")


def test_pi_is_rounded_up_with_its_margin():
    found = told(hours_of(8, 0.2))
    added = Decimal(found.pi_text) - Decimal(found.expected_share) * Decimal("1.1")
    assert Decimal("-1e-12") < added < Decimal("1e-6")
    wide = told(hours_of(8, 0.2), RULE._replace(margin_ppm=10_000_000, sold_ppm=2_000_000))
    assert wide.pi_text == "1.000000"


def test_the_same_hours_and_seed_give_the_same_publication():
    assert told(hours_of(4, 0.2)) == told(hours_of(4, 0.2))


def test_a_pool_twice_as_large_is_the_same_pool():
    """Shares do not depend on the unit in which chips are counted."""
    once, twice = told(hours_of(4, 0.2)), told(2 * hours_of(4, 0.2))
    assert twice.pi_text == once.pi_text
    assert twice.high_share == pytest.approx(once.high_share)


def test_a_cycle_of_the_day_is_sold_as_it_comes():
    """A pool that halves every night, and nothing else: what is sold halves too."""
    day = np.where(np.arange(24) < 8, 50.0, 100.0)
    found = told(np.tile(day, 28)[:, None])
    assert found.expected_share == found.high_share == 0
    assert pattern_of(np.tile(day, 7)[:, None], 24).tolist() == day.tolist()


def test_the_realised_share_is_what_was_sold_and_not_there():
    pattern = np.array([10.0, 20.0])
    hours = np.array([[4.0, 4.0], [20.0, 20.0], [5.0, 5.0], [0.0, 15.0]])
    assert realised_share(1.0, pattern, hours) == pytest.approx((2 + 5) / 60)
    assert realised_share(0.5, pattern, hours) == 0


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"sold_ppm": 0}, "sold_ppm"),
        ({"period_hours": 25}, "whole cycles of 24 hours"),
        ({"cycle_hours": 0}, "cycle_hours"),
        ({"draws": 99}, "draws"),
        ({"interval_ppm": 1_000_000}, "interval_ppm"),
        ({"margin_ppm": -1}, "margin_ppm"),
        ({"margin_ppm": 0.1}, "margin_ppm"),
    ],
)
def test_a_rule_out_of_bounds_is_refused(change, where):
    with pytest.raises(RequestMalformed, match=where):
        checked_rule(RULE._replace(**change))


@pytest.mark.parametrize(
    ("hours", "where"),
    [
        (np.ones((6 * 24, 2)), "seven or more whole cycles"),
        (np.ones((7 * 24 + 1, 2)), "seven or more whole cycles"),
        (np.tile(np.arange(24.0), 7)[:, None], "at hour 0 of some cycle"),
        (np.full((168, 1), np.inf), r"spare_chips\[0, 0\]"),
    ],
)
def test_hours_that_say_nothing_are_refused(hours, where):
    with pytest.raises(RequestMalformed, match=where):
        told(hours)
    with pytest.raises(RequestMalformed, match="whole cycles"):
        realised_share(1.0, np.ones(24), np.ones((25, 1)))
