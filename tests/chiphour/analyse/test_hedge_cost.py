"""TEST HEDGE COST: the distribution of the cost with the hedge and without it.

Takes   `analyse/hedge_cost.py`.
Gives   failures.
Keeps   the mean where the price is; a perfect hedge without spread.
Source  docs/how-to/hedge.md; decision 0044.
"""

import math

import numpy as np
import pytest

from chiphour.analyse.hedge_cost import PATHS
from chiphour.analyse.hedge_cost import Costed
from chiphour.analyse.hedge_cost import Held
from chiphour.analyse.hedge_cost import Uncosted
from chiphour.analyse.hedge_cost import from_record
from chiphour.analyse.hedge_cost import from_volatility

AVERAGE = Held(19, 48, 1_000, 1_000, 3.0, "average")


def drawn():
    return np.random.default_rng(1)


def test_an_average_on_the_same_price_leaves_nothing_open():
    found = from_volatility([AVERAGE], 3.0, 3.0, 0.8, 5.0, drawn())
    assert found.hedged.sd == pytest.approx(0, abs=1e-6)
    assert found.hedged.mean == pytest.approx(3_005)
    assert found.without.sd > 300


def test_the_hedge_moves_no_mean_but_by_its_fees():
    found = from_volatility([AVERAGE], 3.0, 3.0, 0.6, 0.0, drawn())
    error = found.without.sd / PATHS**0.5
    assert abs(found.without.mean - 3_000) < 4 * error


def test_the_spread_is_that_of_the_stated_volatility():
    """Of the last day alone the logarithm's spread is volatility times the root of time."""
    one = Held(30, 30, 1_000, 0, 3.0, "none")
    found = from_volatility([one], 3.0, 3.0, 0.5, 0.0, drawn())
    expected = 0.5 * math.sqrt(30 / 365)
    assert found.without.sd / 3_000 == pytest.approx(expected, rel=0.08)


def test_a_month_end_leaves_the_month_open():
    end = AVERAGE._replace(match="month end")
    found = from_volatility([end], 3.0, 3.0, 0.8, 0.0, drawn())
    assert 0 < found.hedged.sd < found.without.sd


def test_months_without_lots_cost_the_same_both_ways():
    found = from_volatility([AVERAGE._replace(lots=0)], 3.0, 3.0, 0.8, 0.0, drawn())
    assert found.hedged == found.without


def test_recorded_days_are_drawn_without_their_trend():
    """Every recorded day rises by about 1 %: the cost is still expected at today's price."""
    rising = np.random.default_rng(2).normal(0.01, 0.02, (60, 1)).repeat(2, axis=1)
    found = from_record([AVERAGE], 3.0, 3.2, rising, 0.0, drawn())
    assert isinstance(found, Costed)
    assert abs(found.without.mean - 3_200) < 4 * found.without.sd / PATHS**0.5
    assert found.changes == 60


def test_basis_is_drawn_with_the_price():
    steps = np.random.default_rng(3).normal(0, 0.02, (60, 2))
    apart = from_record([AVERAGE], 3.0, 3.0, steps, 0.0, drawn())
    assert apart.hedged.sd > apart.without.sd  # An unrelated index only adds its own moves.


def test_too_few_days_or_moves_give_a_reason():
    two = from_record([AVERAGE], 3.0, 3.0, np.zeros((2, 2)), 0.0, drawn())
    still = from_record([AVERAGE], 3.0, 3.0, np.zeros((60, 2)), 0.0, drawn())
    none = from_record([AVERAGE], 3.0, 3.0, np.zeros((0, 2)), 0.0, drawn())
    for found, words in ((two, "2 recorded changes"), (still, "0 of them"), (none, "0 recorded")):
        assert isinstance(found, Uncosted)
        assert words in found.reason


def test_the_same_seed_gives_the_same_figures():
    first, again = (from_volatility([AVERAGE], 3.0, 3.0, 0.8, 0.0, drawn()) for _ in range(2))
    assert first == again
