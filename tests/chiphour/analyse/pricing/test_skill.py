"""TEST SKILL: a price that reverts is foretold, a random walk is not, and few say nothing.

Takes   seeded histories.
Gives   failures.
Keeps   the future out of every forecast.
Source  docs/pricing/README.md, section 9; decision 0045.
"""

import numpy as np

from chiphour.analyse.pricing.history import History
from chiphour.analyse.pricing.skill import UNKNOWN
from chiphour.analyse.pricing.skill import Outcome
from chiphour.analyse.pricing.skill import foretell
from chiphour.analyse.pricing.skill import mean_errors
from chiphour.analyse.pricing.skill import skills
from chiphour.simulate.price_paths import Truth
from chiphour.simulate.price_paths import path


def outcomes_of(logs):
    days = np.arange(len(logs))
    return foretell({"A": [History("A", days, logs)]}, (1, 7), every_days=5)


def test_a_price_that_reverts_is_foretold_and_a_random_walk_is_not():
    rng, days = np.random.default_rng(3), np.arange(240)
    reverts = skills(outcomes_of(path(rng, days, Truth(2.0, trend=0.0))), rng)
    walks = skills(outcomes_of(np.cumsum(rng.normal(0, 0.02, 240))), rng)
    assert reverts[1].verdict == "better"
    assert reverts[1].skill > 0.2
    assert walks[1].verdict != "better"
    assert 0.75 <= reverts[1].inside <= 1


def test_what_comes_later_changes_no_forecast():
    rng, days = np.random.default_rng(4), np.arange(80)
    logs = path(rng, days)
    other = np.where(days > 60, logs + 1, logs)
    ours, theirs = outcomes_of(logs), outcomes_of(other)
    early = [each[:7] for each in ours if each.origin <= 50]
    assert early
    assert early == [each[:7] for each in theirs if each.origin <= 50]


def test_a_history_that_stands_still_says_nothing():
    assert outcomes_of(np.zeros(60)) == []
    one = [Outcome("A", 100 + day, 7, 1.0, 1.1, 0.9, 1.2, 1.0) for day in range(12)]
    (found,) = skills(one, np.random.default_rng(1))
    assert (found.verdict, found.low, found.skill, found.moved) == (UNKNOWN, None, None, 0)


def test_mean_errors_are_of_logs():
    (model, last) = mean_errors([Outcome("A", 1, 1, np.e, 1.0, 0.5, 2.0, 1.0)])
    assert (model, last) == (0, 1)
