"""POOLS: spare chips of suppliers that are busy together and fail together.

Takes   how correlated, how persistent, how often struck; a seeded generator.
Gives   float64[hour, supplier] of whole spare chips.
Keeps   one world for history and future: the period that follows is made like the one before it.
Source  docs/formulation/pooling.md, section 5.
"""

import math
from typing import NamedTuple

import numpy as np

from chiphour.auction.interruption import PublicationRule
from chiphour.auction.interruption import pattern_of
from chiphour.auction.interruption import published
from chiphour.auction.interruption import realised_share
from chiphour.auction.pooling import Floats
from chiphour.units import PPM

SUPPLIERS_LEAST, SUPPLIERS_MOST = 2, 64
HISTORY_HOURS = 28 * 24


class Regime(NamedTuple):
    """A kind of pool. Correlation is drawn between its bounds, anew for each pool."""

    name: str
    correlation_low: float
    correlation_high: float
    common_hours: float  # For how long what moves all together lasts.
    own_hours: float  # For how long what moves one alone lasts.
    outages_per_day: float
    cycle: float  # Of the day, in log odds.


# The first is what the issue calls correlated pools: a bit of everything.
REGIMES = (
    Regime("mixed", 0.0, 0.5, 18, 6, 0.05, 0.3),
    Regime("independent", 0.0, 0.0, 24, 6, 0.0, 0.3),
    Regime("common", 0.3, 0.3, 24, 6, 0.0, 0.3),
    Regime("outages", 0.2, 0.2, 24, 6, 0.1, 0.3),
    Regime("slow", 0.3, 0.3, 48, 12, 0.05, 0.3),
    Regime("fast", 0.3, 0.3, 6, 2, 0.05, 0.3),
)


def pool_hours(regime: Regime, hours: int, drawn: np.random.Generator) -> Floats:
    """Draw the spare chips of a pool of 2 to 64 suppliers, most pools small.

    A supplier's free share is the logistic of a level of its own, a cycle of the day, and a normal
    part, some of it common to all: between 0 and 1 and skewed, as a beta is. Inventories are
    whole nodes of eight chips, a few large and many small. An outage takes a share of the
    suppliers together, for some hours.
    """
    many = int(SUPPLIERS_LEAST * (SUPPLIERS_MOST / SUPPLIERS_LEAST) ** drawn.random())
    correlation = drawn.uniform(regime.correlation_low, regime.correlation_high)
    common = _lasting(regime.common_hours, (hours, 1), drawn)
    own = _lasting(regime.own_hours, (hours, many), drawn)
    moved = math.sqrt(correlation) * common + math.sqrt(1 - correlation) * own
    level = drawn.normal(0.6, 0.4, many)
    spread = drawn.uniform(0.6, 1.4, many)
    daily = regime.cycle * np.cos(2 * np.pi * (np.arange(hours) % 24 - 4) / 24)
    free = 1 / (1 + np.exp(-(level + spread * moved + daily[:, None])))
    _strike(free, regime.outages_per_day, drawn)
    inventory = 8 * np.maximum(1, np.rint(np.exp(drawn.normal(3, 0.8, many))))
    spare: Floats = np.floor(free * inventory)
    return spare


def _lasting(lasts_hours: float, shape: tuple[int, int], drawn: np.random.Generator) -> Floats:
    """Draw standard normal series by column whose autocorrelation is exp(-lag / lasts_hours)."""
    keeps = math.exp(-1 / lasts_hours)
    series = drawn.standard_normal(shape)
    series[1:] *= math.sqrt(1 - keeps * keeps)
    for hour in range(1, shape[0]):
        series[hour] += keeps * series[hour - 1]
    return series


def _strike(free: Floats, per_day: float, drawn: np.random.Generator) -> None:
    """Let outages take 20 to 60 % of the suppliers, at least the hour, six on average."""
    hours, many = free.shape
    for _ in range(drawn.poisson(per_day * hours / 24)):
        begin = int(drawn.integers(0, hours))
        lasts = 1 + int(drawn.exponential(5))
        struck = drawn.random(many) < drawn.uniform(0.2, 0.6)
        free[begin : begin + lasts, struck] = 0


class Coverage(NamedTuple):
    """In how many pools the realised share lay within, below and above the interval."""

    pools: int
    within: int
    below: int
    above: int
    width: float  # Mean width of the interval, as a share of chips sold.
    realised: float  # Mean realised share, and mean published expectation.
    expected: float


def coverage(regime: Regime, rule: PublicationRule, pools: int, seed: int) -> Coverage:
    """Publish pi for so many pools, each from 28 days, then play the period that follows."""
    drawn = np.random.default_rng([2026, seed])
    below = above = 0
    widths, shares, expectations = [], [], []
    for _ in range(pools):
        hours = pool_hours(regime, HISTORY_HOURS + rule.period_hours, drawn)
        seen, coming = hours[:HISTORY_HOURS], hours[HISTORY_HOURS:]
        told = published(rule, seen, drawn)
        share = realised_share(rule.sold_ppm / PPM, pattern_of(seen, rule.cycle_hours), coming)
        below += share < told.low_share
        above += share > told.high_share
        widths.append(told.high_share - told.low_share)
        shares.append(share)
        expectations.append(told.expected_share)
    means = (float(np.mean(each)) for each in (widths, shares, expectations))
    return Coverage(pools, pools - below - above, below, above, *means)
