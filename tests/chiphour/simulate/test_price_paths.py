"""TEST PRICE PATHS: paths have the moments that their parameters say.

Takes   many short paths of one seed.
Gives   failures.
Keeps   tolerances at three standard errors.
Source  docs/pricing/README.md, section 3.
"""

import numpy as np
import pytest

from chiphour.simulate.price_paths import Truth
from chiphour.simulate.price_paths import gappy_days
from chiphour.simulate.price_paths import path


def test_a_path_reverts_and_trends_as_planted():
    truth, rng = (
        Truth(half_life_days=10, sigma=0.4, trend=-1.0, level=2.0),
        np.random.default_rng(1),
    )
    paths = np.array([path(rng, [0, 10, 3_652], truth) for _ in range(4_000)])
    spread = truth.sigma / np.sqrt(2 * truth.kappa)
    x = paths - (2.0 + np.array([3_652, 3_642, 0]) / 365.25)
    assert x.std(axis=0) == pytest.approx([spread] * 3, rel=0.04)
    assert x.mean(axis=0) == pytest.approx([0, 0, 0], abs=3 * spread / np.sqrt(4_000))
    assert np.corrcoef(x[:, 0], x[:, 1])[0, 1] == pytest.approx(0.5, abs=0.04)
    assert path(rng, [0], truth, first=0.25) == pytest.approx([2.25])


def test_days_have_gaps_and_a_missing_week():
    days = gappy_days(np.random.default_rng(2), 365)
    assert days[0] == 0 and days[-1] == 364
    assert np.diff(days).max() >= 8
    assert 300 < len(days) < 358
