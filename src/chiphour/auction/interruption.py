"""INTERRUPTION: the pi that is published for a coming period, and the interval that will hold it.

Takes   metered spare chips of each supplier by hour, which share of them is sold, how long the
        coming period is, and a seeded generator.
Gives   pi as an expectation, a 90 % interval for the share that will in fact be interrupted, and
        the pi that the auction takes, with its margin.
Keeps   what is not known in the interval: futures are drawn from all the pools that would have
        looked like this one, not from the one that it looks most like.
Source  docs/formulation/pooling.md, sections 3 and 4.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.parameters import integer_within
from chiphour.auction.pooling import STANDARD
from chiphour.auction.pooling import Floats
from chiphour.auction.pooling import Pool
from chiphour.auction.pooling import checked_hours
from chiphour.auction.pooling import interrupted_share
from chiphour.auction.pooling import pool_from_hours
from chiphour.units import PPM
from chiphour.units import text_from_ppm

LAGS = np.arange(1, 73)  # Hours over which persistence is read off.
LASTING_HOURS = np.geomspace(0.5, 168, 48)  # Persistence that is looked for.
LASTING_MOST = 400.0  # A draw may last longer than what was looked for, but not beyond reason.
DECAY = np.exp(-LAGS[:, None] / LASTING_HOURS)  # [lag, lasting]
PERSISTENT_LEAST = 0.02  # The persistent part of the variance lies from here to one less this.
TRIED_PER_DRAW = 4  # Of so many simulated pools the one most like the pool found is kept.
TRIED_BELOW, TRIED_ABOVE = 5, 8  # Around what was found: long persistence is found too short.
TRIED_PART_LEAST = 0.2
SMALLEST = 1e-12  # Of a spread or mean that is divided by.
TAIL_PART = 10  # The lowest tenth of the hours gives the slope of the tail below them.


class PublicationRule(NamedTuple):
    """How pi is estimated and published.

    `cycle_hours` is the length of the pattern that repeats; `draws` the number of futures drawn;
    `interval_ppm` of them lie within the interval; the auction's pi is `margin_ppm` above it.
    """

    sold_ppm: int = 1_000_000
    period_hours: int = 168
    cycle_hours: int = 24
    draws: int = 300
    interval_ppm: int = 900_000
    margin_ppm: int = 100_000


class Publication(NamedTuple):
    """What is published before a period: shares of the chips sold. `pool` is what was estimated."""

    pool: Pool
    formula_share: float  # Section 1's pi of this pool: for comparison, not for use.
    expected_share: float
    low_share: float
    high_share: float
    pi_text: str  # For the auction: with the margin, six decimals, rounded up.


class Persistence(NamedTuple):
    """How much of the variance persists, and for how many hours: each float64[draw]."""

    part: Floats
    hours: Floats


class Levels(NamedTuple):
    """The distribution of pooled spare over its mean: values by normal score, and the low slope."""

    scores: Floats
    values: Floats
    slope: float


def checked_rule(rule: PublicationRule) -> PublicationRule:
    """Give the rule back; raises RequestMalformed on a number out of bounds."""
    integer_within("publication.sold_ppm", rule.sold_ppm, 1, 10 * PPM)
    cycle = integer_within("publication.cycle_hours", rule.cycle_hours, 1, 168)
    period = integer_within("publication.period_hours", rule.period_hours, 1, 24 * 31)
    integer_within("publication.draws", rule.draws, 100, 100_000)
    integer_within("publication.interval_ppm", rule.interval_ppm, 1, PPM - 1)
    integer_within("publication.margin_ppm", rule.margin_ppm, 0, 10 * PPM)
    if period % cycle:
        raise RequestMalformed(
            f"publication.period_hours: expected whole cycles of {cycle} hours, found {period}"
        )
    return rule


def published(
    rule: PublicationRule, spare_chips: Floats, drawn: np.random.Generator
) -> Publication:
    """Publish pi for the coming period from float64[hour, supplier], whole cycles (eq. 5 to 10).

    At least seven cycles, all of them the same hours of the day as the period. About 0.2 s for
    28 days and 300 draws. Raises RequestMalformed on other hours, or a pool that is empty at the
    same hour of every cycle.
    """
    checked_rule(rule)
    hours = checked_hours(spare_chips)
    pattern = pattern_of(hours, rule.cycle_hours)
    shares = np.sort(_shares_drawn(rule, hours.sum(axis=1), pattern, drawn))
    tail = (1 - rule.interval_ppm / PPM) / 2
    low, high = _between(shares, tail)
    pool = pool_from_hours(hours)
    expected = float(shares.mean())
    pi_ppm = math.ceil(round(expected * (PPM + rule.margin_ppm), 6))  # A float's own error is none.
    formula = interrupted_share(pool, rule.sold_ppm / PPM)
    return Publication(pool, formula, expected, low, high, text_from_ppm(min(PPM, pi_ppm)))


def pattern_of(spare_chips: Floats, cycle_hours: int) -> Floats:
    """Give the mean of pooled spare at each hour of the cycle (eq. 5): what is sold is a share."""
    hours = checked_hours(spare_chips)
    cycles, rest = divmod(len(hours), cycle_hours)
    if rest or cycles < 7:
        raise RequestMalformed(
            f"pool.spare_chips: expected seven or more whole cycles of {cycle_hours} hours, "
            f"found {len(hours)} hours"
        )
    pattern = _pattern(hours.sum(axis=1), cycle_hours)
    if not pattern.all():
        empty = int(np.argmin(pattern))
        raise RequestMalformed(
            f"pool.spare_chips: expected a spare chip at hour {empty} of some cycle, found none"
        )
    return pattern


def realised_share(sold_share: float, pattern: Floats, spare_chips: Floats) -> float:
    """Give the share of chips sold that a period interrupted: float64[hour, supplier] (eq. 6)."""
    together = checked_hours(spare_chips, len(pattern)).sum(axis=1)
    if len(together) % len(pattern):
        expected = f"whole cycles of {len(pattern)} hours"
        raise RequestMalformed(f"pool.spare_chips: expected {expected}, found {len(together)}")
    sold = sold_share * np.tile(pattern, len(together) // len(pattern))
    return float(np.maximum(0, sold - together).sum() / sold.sum())


def _shares_drawn(
    rule: PublicationRule, together: Floats, pattern: Floats, drawn: np.random.Generator
) -> Floats:
    """Draw the interrupted share of as many futures, each of a pool of its own (eq. 7 to 10)."""
    hours, cycle = len(together), rule.cycle_hours
    ratio = (together / np.tile(pattern, hours // cycle))[:, None]
    levels = _levels(ratio[:, 0])
    found = _persistence(_scores(levels, ratio))
    tried = _tried(found, TRIED_PER_DRAW * rule.draws, drawn)
    paths = _values(levels, _paths(tried, hours + rule.period_hours, drawn))
    past = paths[:hours] / _tiled(_pattern(paths[:hours], cycle), hours)
    kept = _most_alike(found, _persistence(_scores(levels, past)), rule.draws)
    # Deviations as far too small as they would have been estimated too large.
    widened = _shortfall(ratio) / np.maximum(_shortfall(past[:, kept]), SMALLEST)
    paths = np.maximum(0, 1 + (paths[:, kept] - 1) * widened)
    # The seller knows the pattern of the hours that it has seen, not of those to come.
    known = np.maximum(_pattern(paths[:hours], cycle), SMALLEST)
    coming = paths[hours:] / _tiled(known, rule.period_hours)
    weight = _tiled(pattern[:, None], rule.period_hours)
    sold = rule.sold_ppm / PPM
    short = (np.maximum(0, sold - coming) * weight).sum(axis=0)
    shares: Floats = short / (sold * weight.sum())
    return shares


def _pattern(hours: Floats, cycle_hours: int) -> Floats:
    pattern: Floats = hours.reshape(-1, cycle_hours, *hours.shape[1:]).mean(axis=0)
    return pattern


def _tiled(pattern: Floats, hours: int) -> Floats:
    return np.tile(pattern, (hours // len(pattern), 1))


def _levels(ratio: Floats) -> Levels:
    """Order the hours and lay a line through the lowest tenth, for those lower still (eq. 7)."""
    many = len(ratio)
    scores = np.array([STANDARD.inv_cdf((rank + 0.5) / many) for rank in range(many)])
    values = np.sort(ratio)
    lowest = max(10, many // TAIL_PART)
    slope = float(np.polyfit(scores[:lowest], values[:lowest], 1)[0])
    return Levels(scores, values, slope)


def _scores(levels: Levels, values: Floats) -> Floats:
    """Give the normal score of each value by its rank in its own column; equals as they come."""
    scores = np.empty_like(values)
    ordered = values.argsort(axis=0, kind="stable")
    np.put_along_axis(scores, ordered, levels.scores[:, None], axis=0)
    return scores


def _values(levels: Levels, scores: Floats) -> Floats:
    """Give the value of each score: between hours seen by line, below them by the tail."""
    inside = np.interp(scores, levels.scores, levels.values)
    below = np.minimum(0, scores - levels.scores[0])
    values: Floats = np.maximum(0, inside + levels.slope * below)
    return values


def _persistence(scores: Floats) -> Persistence:
    """Fit part · exp(-lag / hours) to the autocorrelation of each column, least squares (eq. 8)."""
    centred = scores - scores.mean(axis=0)
    many = len(centred)
    width = many + len(LAGS)  # So far must the ends of a column be apart.
    width += -width % 256  # A length that the transform is quick at.
    spectrum = np.fft.rfft(centred, width, axis=0)
    products = np.fft.irfft(np.abs(spectrum) ** 2, width, axis=0)[: min(len(LAGS) + 1, many)]
    products /= (many - np.arange(len(products)))[:, None]
    autocorrelation = products[1:] / products[0]
    decay = DECAY[: len(autocorrelation)]
    across, length = decay.T @ autocorrelation, (decay * decay).sum(axis=0)[:, None]
    part = np.clip(across / length, PERSISTENT_LEAST, 1 - PERSISTENT_LEAST)
    error = part * part * length - 2 * part * across
    best = error.argmin(axis=0)
    return Persistence(part[best, np.arange(len(best))], LASTING_HOURS[best])


def _tried(found: Persistence, many: int, drawn: np.random.Generator) -> Persistence:
    """Draw persistence from far below to far above what was found, even in its logarithm."""
    least = max(float(LASTING_HOURS[0]), float(found.hours[0]) / TRIED_BELOW)
    most = min(LASTING_MOST, float(found.hours[0]) * TRIED_ABOVE)
    hours: Floats = np.exp(drawn.uniform(math.log(least), math.log(most), many))
    return Persistence(drawn.uniform(TRIED_PART_LEAST, 1, many), hours)


def _most_alike(found: Persistence, seen: Persistence, many: int) -> NDArray[np.intp]:
    """Give the columns whose own estimate lies nearest to what was found (eq. 9)."""
    aims = np.log([found.hours * found.part, found.hours])
    marks = np.log([seen.hours * seen.part, seen.hours])
    spreads = np.maximum(marks.std(axis=1), SMALLEST)[:, None]
    distances = (((marks - aims) / spreads) ** 2).sum(axis=0)
    nearest: NDArray[np.intp] = distances.argsort(kind="stable")[:many]
    return nearest


def _shortfall(ratio: Floats) -> Floats:
    """Give the root of the mean square of what each column lacks of its mean: its lower spread."""
    root: Floats = np.sqrt((np.minimum(0, ratio - 1) ** 2).mean(axis=0))
    return root


def _paths(like: Persistence, hours: int, drawn: np.random.Generator) -> Floats:
    """Draw float64[hour, draw] of standard normal scores that persist so."""
    keeps = np.exp(-1 / like.hours)
    moves = np.sqrt(1 - keeps * keeps)
    shocks = drawn.standard_normal((hours, len(keeps)))
    noise = drawn.standard_normal((hours, len(keeps)))
    level = shocks[0]
    paths = np.empty_like(shocks)
    for hour in range(hours):
        level = keeps * level + moves * shocks[hour] if hour else level
        paths[hour] = level
    result: Floats = np.sqrt(like.part) * paths + np.sqrt(1 - like.part) * noise
    return result


def _between(ordered: Floats, tail: float) -> tuple[float, float]:
    """Give the bounds that leave this share of the draws, or less, outside at either end."""
    outside = math.floor(tail * (len(ordered) + 1))
    low = float(ordered[outside - 1]) if outside else 0.0
    high = float(ordered[-outside]) if outside else 1.0
    return low, high
