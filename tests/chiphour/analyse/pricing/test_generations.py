"""TEST GENERATIONS: a planted decline is found, and one decision is told from a steady loss.

Takes   prices of regions.
Gives   failures.
Keeps   chips that too few regions or too short a time speak for without a figure.
Source  Berndt, Griliches and Rappaport (1995); decision 0045.
"""

import numpy as np
import pytest

from chiphour.analyse.pricing.generations import Sample
from chiphour.analyse.pricing.generations import declines

RNG = np.random.default_rng(17)


def steady(chip, decline, places=12, years=3.0):
    """Give monthly prices that fall steadily, each place at a level and a pace of its own."""
    found = []
    for place in range(places):
        level, pace = RNG.normal(1, 0.3), RNG.normal(decline, 0.05)
        found += [
            Sample(chip, f"p{place}", year, level - pace * year + RNG.normal(0, 0.02))
            for year in np.arange(0, years, 1 / 12)
        ]
    return found


def test_a_planted_decline_lies_within_its_error():
    inside = []
    for _ in range(200):
        (found,) = declines(steady("A", 0.3))
        inside.append(abs(found.decline - 0.3) <= 2 * found.error)
    assert np.mean(inside) >= 0.88


def test_one_decision_shows_as_one():
    rows = [
        Sample("B", f"p{place}", year, 2.0 - (1.3 if year > 2 else 0))
        for place in range(8)
        for year in np.arange(0, 3, 0.1)
    ]
    (found,) = declines([*rows, *steady("C", 0.3, places=4), *steady("D", 0.3, years=0.5)])
    assert (found.chip, found.worst_share, found.falls, found.places) == ("B", 1.0, 8, 8)
    assert found.years == pytest.approx(2.9)
