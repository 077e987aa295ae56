"""TEST HEDGE RATIO: the ratio of a planted market, its interval, and the back-test.

Takes   `analyse/hedge_ratio.py`, markets whose ratio is known.
Gives   failures.
Keeps   too few days or moves without an estimate; no day judged by a ratio that knew it.
Source  docs/how-to/hedge.md; decision 0044.
"""

import math
from datetime import date
from datetime import timedelta

import numpy as np
import pytest

from chiphour.analyse.hedge_ratio import WINDOW
from chiphour.analyse.hedge_ratio import Costs
from chiphour.analyse.hedge_ratio import backtest
from chiphour.analyse.hedge_ratio import changes_of
from chiphour.analyse.hedge_ratio import pooled
from chiphour.analyse.hedge_ratio import ratio_of

FIRST = date(2026, 7, 1)
FREE = Costs(0.0, 0.0)


def planted(ratio, noise, days=120, seed=1):
    """Give a venue that moves by `ratio` times the index, and by itself."""
    drawn = np.random.default_rng(seed)
    steps = drawn.normal(0, 0.02, days)
    index = 3 + np.cumsum(steps)
    venue = 3 + np.cumsum(ratio * steps + drawn.normal(0, noise, days))
    named = [FIRST + timedelta(days=n) for n in range(days)]
    return dict(zip(named, venue, strict=True)), dict(zip(named, index, strict=True))


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.4])
def test_a_planted_ratio_lies_within_its_interval(ratio):
    found = ratio_of(changes_of(*planted(ratio, 0.01)), np.random.default_rng(1))
    assert found.estimate.low < ratio < found.estimate.high
    assert found.estimate.high - found.estimate.low < 0.6


def test_the_interval_holds_the_planted_ratio_about_as_often_as_it_says():
    """Of 100 histories of 60 days the 90 % interval may miss some, but not a fourth."""
    held = 0
    for seed in range(100):
        changes = changes_of(*planted(1.0, 0.02, 60, seed))
        found = ratio_of(changes, np.random.default_rng(seed)).estimate
        held += found.low <= 1.0 <= found.high
    assert 76 <= held <= 99


def test_the_ratio_is_covariance_over_variance():
    changes = changes_of(*planted(0.8, 0.02))
    found = ratio_of(changes, np.random.default_rng(1)).estimate.value
    covariance = np.cov(changes.venue_usd, changes.index_usd)
    assert found == pytest.approx(covariance[0, 1] / covariance[1, 1])


def test_a_gap_is_not_bridged():
    venue, index = planted(1.0, 0.01, 40)
    whole = changes_of(venue, index)
    for day in range(10, 17):
        del venue[FIRST + timedelta(days=day)]
    cut = changes_of(venue, index)
    assert len(whole.days) == 39
    assert len(cut.days) == 39 - 8  # A week, and the step out of it.
    assert FIRST + timedelta(days=17) not in cut.days


def test_a_price_of_nought_is_no_price():
    venue, index = planted(1.0, 0.01, 30)
    venue[FIRST + timedelta(days=10)] = 0.0
    assert len(changes_of(venue, index).days) == 27


def test_two_days_give_no_estimate_and_say_what_is_needed():
    found = ratio_of(changes_of(*planted(1.0, 0.01, 2)), np.random.default_rng(1))
    assert found.estimate is None
    assert found.reason.startswith("not enough data: 1 changes from day to day")
    assert "needed are 20 changes and 5 moves of each" in found.reason


def test_a_venue_that_never_moved_gives_no_estimate():
    _, index = planted(1.0, 0.01, 60)
    found = ratio_of(changes_of(dict.fromkeys(index, 3.0), index), np.random.default_rng(1))
    assert found.estimate is None
    assert "the venue 0 times" in found.reason


def test_a_tight_venue_is_hedged_out_of_sample():
    found = backtest(changes_of(*planted(1.0, 0.002)), FREE, np.random.default_rng(1))
    assert found.days == 119 - WINDOW
    assert 0.95 < found.effectiveness.low < found.effectiveness.value < 1
    assert found.hedged_sd < found.unhedged_sd / 4


def test_an_unrelated_venue_is_not_hedged_and_the_figure_says_so():
    found = backtest(changes_of(*planted(0.0, 0.02)), FREE, np.random.default_rng(1))
    assert found.effectiveness.high < 0.2


def test_no_day_knows_the_ratio_that_judges_it():
    """Change the last day: every earlier ratio stays, so only that day's own part may differ."""
    venue, index = planted(1.0, 0.01, 60)
    before = backtest(changes_of(venue, index), FREE, np.random.default_rng(1))
    venue[max(venue)] += 1.0
    after = backtest(changes_of(venue, index), FREE, np.random.default_rng(1))
    assert after.ratio_mean == before.ratio_mean
    assert after.hedged_move - before.hedged_move == pytest.approx(1.0)


def test_a_hedge_held_at_one_costs_two_trades_and_its_days():
    _, index = planted(1.0, 0.01, 40)
    still = dict.fromkeys(index, 3.0)
    moved = changes_of(still, dict.fromkeys(index, 3.0))
    found = backtest(moved, Costs(0.01, 0.001), np.random.default_rng(1))
    assert found.ratio_mean == 1.0
    assert found.cost == pytest.approx(2 * 0.01 + found.days * 0.001)


def test_a_still_price_has_no_effectiveness_but_a_reason():
    _, index = planted(1.0, 0.01, 60)
    found = backtest(changes_of(dict.fromkeys(index, 3.0), index), FREE, np.random.default_rng(1))
    assert found.effectiveness is None
    assert found.reason == "the venue's price never moved: there was nothing to hedge"
    assert found.ratio_mean == found.unhedged_sd == 0


def test_an_hour_for_an_hour_of_a_still_price_adds_what_the_index_moved():
    """A window with too few moves of the index has no estimate: the ratio is 1, and too much."""
    days = [FIRST + timedelta(days=n) for n in range(40)]
    index = {day: 3.0 + (n > 30) * 0.2 for n, day in enumerate(days)}
    found = backtest(changes_of(dict.fromkeys(days, 3.0), index), FREE, np.random.default_rng(1))
    assert found.effectiveness is None and found.estimated_days == 0
    assert found.reason == "the venue's price never moved: a hedge only added what the index moved"
    assert found.hedged_move == pytest.approx(-0.2)


def test_one_move_is_no_sample():
    _, index = planted(1.0, 0.01, 60)
    venue = dict.fromkeys(index, 3.0)
    for day in sorted(venue)[50:]:
        venue[day] = 3.5
    found = backtest(changes_of(venue, index), FREE, np.random.default_rng(1))
    assert math.isnan(found.effectiveness.low) and math.isnan(found.effectiveness.high)
    assert "moved 1 times: that is no sample" in found.reason


def test_too_short_a_history_is_not_judged():
    found = backtest(changes_of(*planted(1.0, 0.01, WINDOW)), FREE, np.random.default_rng(1))
    assert (found.days, found.effectiveness) == (0, None)
    assert found.reason.startswith("not enough data")


def test_pooled_venues_are_judged_in_shares_of_their_price():
    many = [changes_of(*planted(1.0, 0.002, 80, seed)) for seed in range(4)]
    found = pooled(many, np.random.default_rng(1))
    assert found.days == 4 * (79 - WINDOW)
    assert 0.9 < found.effectiveness.low <= found.effectiveness.value < 1
    none = pooled([], np.random.default_rng(1))
    assert none.effectiveness is None and none.reason.startswith("not enough data")
