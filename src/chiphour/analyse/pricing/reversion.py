"""REVERSION: the log price as a trend and a factor that returns to it, from gappy histories.

Takes   histories of one or several series.
Gives   `Fit`: on a grid of speeds of return, how likely each is and all else given it; the
        parameters with standard errors.
Keeps   no optimiser, no start value, no random number: the same histories give the same fit.
Source  E. S. Schwartz, Journal of Finance 52 (1997), 923-973, model 1; with a trend as the
        long-run factor of E. S. Schwartz and J. E. Smith, Management Science 46 (2000), 893-911.
        Restricted likelihood: D. A. Harville, J. Amer. Statist. Assoc. 72 (1977), 320-338; its
        smaller bias in autoregressions: W.-K. Cheang and G. C. Reinsel, same journal 95 (2000),
        1173-1184. Prior: H. Jeffreys, Proc. Royal Society A 186 (1946), 453-461.
        docs/pricing/README.md, sections 3 and 4; decision 0045.

Time t in years of 365.25 days. For history j of a panel

    log P(t) = level_j + trend (t - t_last) + x(t) ,   dx = -kappa x dt + sigma dW

with x stationary. Between two fixings D apart x is exactly autoregressive with coefficient
exp(-kappa D) and variance sigma^2 w(D), w(D) = (1 - exp(-2 kappa D)) / (2 kappa), so a gap needs
no filling. Given kappa, level, trend and sigma follow by least squares on whitened rows; their
joint likelihood, integrated over level and trend (restricted), is left as a function of kappa
alone. It is evaluated on a grid and averaged under Jeffreys' prior: a factor watched for T years
tells T / (2 kappa) of kappa, so the prior is as 1 / sqrt(kappa). An average, because where
histories are short the maximum is a poor summary: often it lies at an end of the grid. Errors of
all parameters include that of kappa.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chiphour.analyse.pricing.history import Floats
from chiphour.analyse.pricing.history import History

DAYS_PER_YEAR = 365.25
GRID_POINTS = 96
HALF_LIFE_DAYS_MIN = 0.25  # Faster than that nothing is left after a day.
SPANS_MAX = 8.0  # The slowest half-life looked at, in spans of the longest history.
NO_TREND_YEARS = 1.0  # What is believed before looking: as if so long a history showed no trend.
WEIGHT_MIN = 1e-7  # Of the likeliest speed's weight; less is dropped.


class Fit(NamedTuple):
    """What histories say; `k` numbers the speeds that are left, `p` the levels, then the trend.

    kappa         float64[k], a year
    weight        float64[k], summing to one
    likelihood    float64[k], logarithm, restricted, without constant
    coefficients  float64[k, p]; the trend a year, the levels at `last_day`
    inverse       float64[k, p, p]; times variance it is the coefficients' covariance
    variance      float64[k], sigma^2 a year
    freedom       rows less coefficients
    """

    histories: tuple[History, ...]
    last_day: int
    kappa: Floats
    weight: Floats
    likelihood: Floats
    coefficients: Floats
    inverse: Floats
    variance: Floats
    freedom: int


class Estimate(NamedTuple):
    """A value with its standard error."""

    value: float
    error: float


class Parameters(NamedTuple):
    """What was estimated. Speed and volatility as logarithms: so their errors are even.

    log_kappa of kappa a year; log_sigma of sigma, a root of a year; trend a year; the level in log
    dollars of the last history at the panel's last day.
    """

    log_kappa: Estimate
    log_sigma: Estimate
    trend: Estimate
    level: Estimate

    @property
    def half_life_days(self) -> float:
        """Give the days in which half of a deviation is gone."""
        return float(np.log(2) / np.exp(self.log_kappa.value) * DAYS_PER_YEAR)

    @property
    def sigma(self) -> float:
        """Give the volatility, a root of a year."""
        return float(np.exp(self.log_sigma.value))


def speeds(histories: Sequence[History]) -> Floats:
    """Give the grid of kappa a year, float64[k]: even in the logarithm, slow to fast."""
    span = max(int(each.days[-1] - each.days[0]) for each in histories)
    slowest = np.log(2) * DAYS_PER_YEAR / (SPANS_MAX * span)
    fastest = np.log(2) * DAYS_PER_YEAR / HALF_LIFE_DAYS_MIN
    return np.geomspace(slowest, fastest, GRID_POINTS)


def step_variance(kappa: float, years: Floats) -> Floats:
    """Give w: what sigma^2 a year adds over these years, float64 of their shape."""
    return np.asarray(-np.expm1(-2 * kappa * years) / (2 * kappa))


def design(histories: Sequence[History], last_day: int) -> list[Floats]:
    """Give for each history its rows of levels and trend, float64[n, p]."""
    rows = []
    for number, each in enumerate(histories):
        x = np.zeros((len(each.days), len(histories) + 1))
        x[:, number] = 1
        x[:, -1] = (each.days - last_day) / DAYS_PER_YEAR
        rows.append(x)
    return rows


def whiten(kappa: float, days: Sequence[Floats], columns: Sequence[Floats]) -> tuple[Floats, float]:
    """Give independent rows of variance sigma^2, and the sum of the logs of their scales."""
    rows, scales = [], 0.0
    for each, values in zip(days, columns, strict=True):
        gaps = np.diff(each) / DAYS_PER_YEAR
        scale = np.sqrt(np.append(1 / (2 * kappa), step_variance(kappa, gaps)))
        white = values.copy()
        white[1:] -= np.exp(-kappa * gaps)[:, None] * values[:-1]
        rows.append(white / scale[:, None])
        scales += float(np.log(scale).sum())
    return np.concatenate(rows), scales


def fit(histories: Sequence[History], no_trend_years: float = NO_TREND_YEARS) -> Fit:
    """Fit a panel: one kappa, sigma and trend, a level for each history.

    `no_trend_years` of 0 leaves the trend to the data alone. Raises ValueError where there are not
    at least two rows more than coefficients, or nothing moves: ask `reason_against` first.
    """
    last_day = max(int(each.days[-1]) for each in histories)
    values = [
        np.column_stack((x, each.logs))
        for x, each in zip(design(histories, last_day), histories, strict=True)
    ]
    days = [each.days.astype(np.float64) for each in histories]
    grid = speeds(histories)
    if sum(map(len, days)) < len(histories) + 4 or all(
        np.ptp(each.logs) == 0 for each in histories
    ):
        raise ValueError("expected histories that move and outnumber their levels, found none")
    width = len(histories) + 1
    found = []
    for kappa in grid:
        rows, scales = whiten(float(kappa), days, values)
        if no_trend_years > 0:
            prior = np.zeros((1, width + 1))
            prior[0, -2] = np.sqrt(no_trend_years)
            rows = np.concatenate((rows, prior))
        found.append((*_least_squares(rows), scales))
    likelihood = np.array([each[3] - each[4] for each in found])
    log_weight = likelihood + 0.5 * np.log(grid)  # Jeffreys, on a grid even in the logarithm.
    weight = np.exp(log_weight - log_weight.max())
    kept = weight > WEIGHT_MIN
    return Fit(
        histories=tuple(histories),
        last_day=last_day,
        kappa=grid[kept],
        weight=weight[kept] / weight[kept].sum(),
        likelihood=likelihood[kept],
        coefficients=np.array([each[0] for each in found])[kept],
        inverse=np.array([each[1] for each in found])[kept],
        variance=np.array([each[2] for each in found])[kept],
        freedom=len(rows) - width,
    )


def _least_squares(rows: Floats) -> tuple[Floats, Floats, float, float]:
    """Give coefficients, the inverse of x'x, the variance, the restricted log likelihood."""
    x, y = rows[:, :-1], rows[:, -1]
    a = x.T @ x
    inverse = np.asarray(np.linalg.inv(a), dtype=np.float64)
    b = inverse @ (x.T @ y)
    left = y - x @ b
    squares = float(left @ left)
    freedom = len(y) - x.shape[1]
    sign, log_determinant = np.linalg.slogdet(a)
    assert sign > 0
    likelihood = -0.5 * float(log_determinant) - 0.5 * freedom * float(np.log(squares))
    return b, inverse, squares / freedom, likelihood


def parameters_of(found: Fit) -> Parameters:
    """Give each parameter's mean over the speeds, and its error: within speeds and between."""
    log_sigma = 0.5 * np.log(found.variance)
    wide = found.variance * found.freedom / max(found.freedom - 2, 1)
    diagonal = wide[:, None] * np.diagonal(found.inverse, axis1=1, axis2=2)
    nothing = np.zeros(len(found.kappa))
    return Parameters(
        log_kappa=_pooled(found, np.log(found.kappa), nothing),
        log_sigma=_pooled(found, log_sigma, nothing + 1 / (2 * found.freedom)),
        trend=_pooled(found, found.coefficients[:, -1], diagonal[:, -1]),
        level=_pooled(found, found.coefficients[:, -2], diagonal[:, -2]),
    )


def _pooled(found: Fit, values: Floats, variances: Floats) -> Estimate:
    mean = float(found.weight @ values)
    spread = float(found.weight @ (variances + (values - mean) ** 2))
    return Estimate(mean, float(np.sqrt(spread)))
