"""OUTLOOK: what a fit says of later days: futures, averages, and the difference of two series.

Takes   a fit, whose last history is that of the series; later days; the fixes known of a month.
Gives   `Value`: the expected price in dollars, and a band that holds it with a stated chance; paths
        of later days, drawn.
Keeps   the two doubts apart: what will happen enters price and band, what the parameters are
        the band alone.
Source  Schwartz (1997), equations 5 to 8, for a price that reverts; the price of a good that
        cannot be stored is an expectation and a premium: J. J. Lucia and E. S. Schwartz, Review
        of Derivatives Research 5 (2002), 5-50. Averages: A. G. Z. Kemna and A. C. F. Vorst, Journal
        of Banking and Finance 14 (1990), 113-129; two moments: S. M. Turnbull and L. M. Wakeman,
        Journal of Financial and Quantitative Analysis 26 (1991), 377-389. docs/pricing/README.md,
        sections 5 to 7; decision 0045.

Given kappa the log prices of later days are a multivariate t; its mean and covariance are exact, a
normal of the same variance stands for it. Over the grid of kappa that is a mixture, whose quantiles
are found by halving.
"""

from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from chiphour.analyse.pricing.history import Floats
from chiphour.analyse.pricing.history import History
from chiphour.analyse.pricing.reversion import DAYS_PER_YEAR
from chiphour.analyse.pricing.reversion import Fit
from chiphour.analyse.pricing.reversion import step_variance

LEVEL = 0.9  # Of every band.
HALVINGS = 60
STEPS_MIN = 3  # More than so many common steps, for a correlation with a band.
CORRELATION_MAX = 0.999
NORMAL = NormalDist()


class Value(NamedTuple):
    """Dollars a GPU-hour: expected, and a band of chance LEVEL."""

    price: float
    low: float
    high: float


class Moments(NamedTuple):
    """Later log prices for each kappa of a fit: days d, speeds k.

    mean       float64[k, d]
    process    float64[k, d, d]; what will happen
    ignorance  float64[k, d, d]; what the parameters may be
    """

    mean: Floats
    process: Floats
    ignorance: Floats


def moments(found: Fit, days: Sequence[int]) -> Moments:
    """Give the moments of the last history's log price on later days.

    Raises ValueError for a day that is not later than its last fixing.
    """
    last = found.histories[-1]
    last_day = int(last.days[-1])
    if not days or min(days) <= last_day:
        raise ValueError(f"expected days after {last_day}, found {list(days)[:1]}")
    ahead = (np.array(days, dtype=np.float64) - last_day) / DAYS_PER_YEAR
    width = found.coefficients.shape[1]
    now, then = np.zeros(width), np.zeros((len(days), width))
    now[-2], now[-1] = 1, (last_day - found.last_day) / DAYS_PER_YEAR
    then[:, -2], then[:, -1] = 1, now[-1] + ahead
    fade = np.exp(-found.kappa[:, None] * ahead)  # [k, d]
    contrast = then[None] - fade[:, :, None] * now  # [k, d, p]
    mean = fade * last.logs[-1] + np.einsum("kdp,kp->kd", contrast, found.coefficients)
    apart = np.abs(ahead[:, None] - ahead[None, :])
    sooner = np.minimum(ahead[:, None], ahead[None, :])
    process = np.array(
        [np.exp(-kappa * apart) * step_variance(float(kappa), sooner) for kappa in found.kappa]
    )
    wide = found.variance * found.freedom / max(found.freedom - 2, 1)
    ignorance = np.einsum("kdp,kpq,keq->kde", contrast, found.inverse, contrast)
    return Moments(mean, process * found.variance[:, None, None], ignorance * wide[:, None, None])


def expected(found: Fit, days: Sequence[int]) -> Floats:
    """Give the expected price of each day in dollars, float64[d]."""
    there = moments(found, days)
    variance = np.diagonal(there.process, axis1=1, axis2=2)
    return np.asarray(found.weight @ np.exp(there.mean + 0.5 * variance))


def future_value(found: Fit, day: int) -> Value:
    """Give the value of a future that settles on the fix of one day."""
    return average_value(found, (), [day])


def average_value(found: Fit, known: Sequence[float], days: Sequence[int]) -> Value:
    """Give the value of a contract on the average of known fixes, in dollars, and those to come.

    Days that were suppressed are in neither: the average is of fixes there are (rulebook 8.3). All
    later days are taken to be fixed.
    """
    count = len(known) + len(days)
    floor = sum(known) / count if count else 0.0
    if not days:
        return Value(floor, floor, floor)
    there = moments(found, days)
    spot = np.diagonal(there.process, axis1=1, axis2=2)
    prices = np.exp(there.mean + 0.5 * spot)
    first = prices.sum(axis=1) / count
    wide = there.process + there.ignorance
    spread = np.diagonal(wide, axis1=1, axis2=2)
    full = np.exp(there.mean + 0.5 * spread)
    cross = full[:, :, None] * full[:, None, :] * np.exp(wide)
    log_sum = np.log(full.sum(axis=1) / count)
    log_square = np.log(cross.sum(axis=(1, 2)) / count**2)
    deviation = np.sqrt(np.maximum(log_square - 2 * log_sum, 0))
    centre = log_sum - 0.5 * deviation**2
    low, high = (
        floor + float(np.exp(quantile(found.weight, centre, deviation, share)))
        for share in tails(LEVEL)
    )
    return Value(floor + float(found.weight @ first), low, high)


def shock_correlation(first: Sequence[History], second: Sequence[History]) -> tuple[float, float]:
    """Give the correlation of two series' steps between common days, and the low end of its band.

    The band is R. A. Fisher's, of chance LEVEL. Where fewer than four common steps or no moves of
    one leave it unknown, both are -1: the widest that a difference can be.
    """
    prices = [
        {
            int(day): float(log)
            for part in parts
            for day, log in zip(part.days, part.logs, strict=True)
        }
        for parts in (first, second)
    ]
    days = sorted(prices[0].keys() & prices[1].keys())
    steps = np.diff(np.array([[of[day] for day in days] for of in prices]), axis=1)
    if len(days) < STEPS_MIN + 1 or not steps.any(axis=1).all():
        return -1.0, -1.0
    found = float(np.clip(np.corrcoef(steps)[0, 1], -CORRELATION_MAX, CORRELATION_MAX))
    reach = NORMAL.inv_cdf(tails(LEVEL)[1]) / float(np.sqrt(len(days) - STEPS_MIN))
    return found, float(np.tanh(np.arctanh(found) - reach))


def basis_value(first: Fit, second: Fit, day: int, correlation: float) -> Value:
    """Give the value of one series' fix less another's on a day.

    `correlation` is that of the two factors' shocks. The band is a normal with the variance of the
    difference: the price may be negative.
    """
    price_a, spread_a, kappa_a, since_a = _spread(first, day)
    price_b, spread_b, kappa_b, since_b = _spread(second, day)
    years = np.array((day - max(since_a, since_b)) / DAYS_PER_YEAR)
    shared = float(step_variance((kappa_a + kappa_b) / 2, years))
    own = float(step_variance(kappa_a, years) * step_variance(kappa_b, years))
    together = correlation * shared / float(np.sqrt(own)) * spread_a * spread_b
    spread = float(np.sqrt(max(spread_a**2 + spread_b**2 - 2 * together, 0)))
    reach = NORMAL.inv_cdf(tails(LEVEL)[1]) * spread
    return Value(price_a - price_b, price_a - price_b - reach, price_a - price_b + reach)


def _spread(found: Fit, day: int) -> tuple[float, float, float, int]:
    """Give price and standard deviation in dollars, the typical kappa, the last fixing's day."""
    there = moments(found, [day])
    mean = there.mean[:, 0]
    variance = there.process[:, 0, 0] + there.ignorance[:, 0, 0]
    total = float(found.weight @ (variance + (mean - found.weight @ mean) ** 2))
    price = float(expected(found, [day])[0])
    kappa = float(np.exp(found.weight @ np.log(found.kappa)))
    return price, price * float(np.sqrt(np.expm1(total))), kappa, int(found.histories[-1].days[-1])


def draw(found: Fit, days: Sequence[int], rng: np.random.Generator, count: int) -> Floats:
    """Draw prices of later days in dollars, float64[path, d]: what will happen, and the doubt.

    Each path has a speed of its own, drawn by weight, and parameters drawn around that speed's.
    """
    there = moments(found, days)
    paths = []
    for at, times in enumerate(rng.multinomial(count, found.weight).tolist()):
        if times:
            root = np.linalg.cholesky(there.process[at] + there.ignorance[at])
            shocks = rng.standard_normal((times, len(days)))
            paths.append(np.exp(there.mean[at] + shocks @ root.T))
    return rng.permutation(np.concatenate(paths), axis=0)


def tails(level: float) -> tuple[float, float]:
    """Give the shares below a band of this chance, and below its upper end."""
    return (1 - level) / 2, (1 + level) / 2


def quantile(weight: Floats, centre: Floats, deviation: Floats, share: float) -> float:
    """Give where a mixture of normals has this share below it. Deviations may be 0."""
    reach = NORMAL.inv_cdf(share) * deviation + centre
    low, high = float(reach.min()), float(reach.max())
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = sum(
            w * (NORMAL.cdf((middle - c) / d) if d > 0 else float(middle >= c))
            for w, c, d in zip(weight.tolist(), centre.tolist(), deviation.tolist(), strict=True)
        )
        low, high = (middle, high) if below < share else (low, middle)
    return (low + high) / 2
