"""TEST VIABILITY: planted gaps that return, that wander, that stand still.

Takes   samples made from seeded series.
Gives   claims on half-life, skill and the answer.
Keeps   what is planted written down.
Source  Decision 0042.
"""

import math
import random

import numpy as np
import pytest

from chiphour.analyse.aggregates import SampleRow
from chiphour.analyse.viability import half_life_hours
from chiphour.analyse.viability import reversion
from chiphour.analyse.viability import viabilities


def samples(gap_of, venues=4, hours=60 * 24, noise=0.0, step=1, seed=1):
    """Give venues whose logarithms are their level, plus a gap of their own."""
    rng = random.Random(seed)
    rows = []
    for place in range(venues):
        level, gap = 0.3 * place, 0.0
        for hour in range(0, hours, step):
            gap = gap_of(rng, gap)
            price = round(2e9 * math.exp(level + gap + rng.gauss(0, noise)))
            rows.append(SampleRow("H100", "SXM", "OD", f"v{place}", hour, price, price, 1))
    return rows


def returning(rng, gap):
    return 0.8 * gap + rng.gauss(0, 0.1)


def wandering(rng, gap):
    return gap + rng.gauss(0, 0.01)


def still(rng, gap):
    return 0.0


def test_gaps_that_return_are_viable_with_the_planted_half_life():
    (found,) = viabilities(samples(returning))
    assert found.answer == "yes"
    assert found.half_life.value == pytest.approx(math.log(0.5) / math.log(0.8), abs=0.4)
    assert found.skill.low > 0
    assert found.skill.value == pytest.approx(0.1, abs=0.03)  # (1 - 0.8) / 2 of such a series.
    assert (found.pairs, found.hourly_pairs, found.never_moved_share) == (6, 6, 0)
    assert found.variation.low > 0.05


def test_gaps_that_wander_are_not_foretold():
    (found,) = viabilities(samples(wandering))
    assert found.skill.value < 0.02
    assert found.answer == "not yet"
    assert "no forecast is surely better than the random walk" in found.reasons


def test_prices_that_stand_still_carry_no_risk():
    (found,) = viabilities(samples(still))
    assert (found.answer, found.never_moved_share) == ("no", 1)
    assert (found.half_life, found.skill) == (None, None)
    assert "little risk to pass on" in found.reasons[-1]
    assert any("whether gaps can be foretold" in words for words in found.cannot_say)


def test_daily_samples_are_judged_by_the_day():
    (found,) = viabilities(samples(returning, step=24, hours=90 * 24))
    assert found.hourly_pairs == 0
    assert 24 * 2 < found.half_life.value < 24 * 5
    assert any("within a day" in words for words in found.cannot_say)


def test_one_venue_and_few_days_are_not_yet():
    (found,) = viabilities(samples(returning, venues=1, hours=5 * 24))
    assert found.answer == "not yet"
    assert [(one.found, one.needed) for one in found.lacking] == [(5, 30), (1, 3), (0, 30)]
    assert (found.gap, found.share_above_fees, found.pairs) == (None, None, 0)


def test_venues_that_were_never_seen_in_one_hour_make_no_pair():
    rows = [
        SampleRow("H100", "SXM", "OD", f"v{place}", 48 * n + place, 10**9, 10**9, 1)
        for place in range(3)
        for n in range(40)
    ]
    (found,) = viabilities(rows)
    assert (found.pairs, found.venues, found.answer) == (0, 3, "not yet")


def test_a_third_partys_table_is_told():
    rows = [row._replace(rank=2) for row in samples(returning)]
    (found,) = viabilities(rows)
    assert found.compared_share == 1
    assert "100 % of samples are a third party's table, not our own readings" in found.cannot_say


def test_half_lives():
    assert half_life_hours(0.5, 24) == 24
    assert half_life_hours(1.0, 24) == math.inf
    assert half_life_hours(-0.2, 24) == 0


def test_reversion_of_what_stands_still_is_not_known():
    assert reversion(np.zeros(20), np.ones(20)) is None
