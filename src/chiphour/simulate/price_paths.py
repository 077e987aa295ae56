"""PRICE PATHS: log prices whose parameters are known, with the gaps that fixings have.

Takes   a seeded generator; days; the parameters.
Gives   paths of a trend and a factor that returns to it.
Keeps   another road than the model's: each path is drawn from its transition, step by step.
Source  docs/pricing/README.md, section 3; decision 0045.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DAYS_PER_YEAR = 365.25
WEEK = 7


class Truth(NamedTuple):
    """Half-life in days; volatility a root of a year; trend a year; log level on the last day."""

    half_life_days: float = 15.0
    sigma: float = 0.5
    trend: float = -0.3
    level: float = 1.1

    @property
    def kappa(self) -> float:
        """Give the speed of return a year."""
        return float(np.log(2) / self.half_life_days * DAYS_PER_YEAR)


TRUTH = Truth()


def path(
    rng: np.random.Generator,
    days: Sequence[int] | NDArray[np.int64],
    truth: Truth = TRUTH,
    first: float | None = None,
) -> NDArray[np.float64]:
    """Give log prices, float64[day]; `first` is the factor's first value, else it is stationary."""
    t = np.asarray(days) / DAYS_PER_YEAR
    x = np.zeros(len(t))
    spread = truth.sigma / np.sqrt(2 * truth.kappa)
    x[0] = spread * rng.standard_normal() if first is None else first
    for at in range(1, len(t)):
        fade = np.exp(-truth.kappa * (t[at] - t[at - 1]))
        x[at] = fade * x[at - 1] + spread * np.sqrt(1 - fade**2) * rng.standard_normal()
    return np.asarray(truth.level + truth.trend * (t - t[-1]) + x)


def gappy_days(rng: np.random.Generator, count: int, missing: float = 0.05) -> NDArray[np.int64]:
    """Give int64[day] of which some are suppressed, and a whole week in the middle."""
    kept = rng.random(count) > missing
    kept[[0, -1]] = True
    kept[count // 2 : count // 2 + WEEK] = False
    return np.arange(count, dtype=np.int64)[kept]
