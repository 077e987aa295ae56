"""HEDGE_COST: how much the hours may come to cost, with the hedge and without it.

Takes   days from now at which each month begins and ends, hours, the lots held and their price; the
        recorded changes of the index and the venue, or a yearly volatility; a seeded generator.
Gives   the distribution of the total cost both ways, USD; or why there is none.
Keeps   no view of the price in it: its mean stays where it is today, so that what the hedge changes
        is what it risks, not what it earns. Basis is drawn with the price, day by day.
Source  Politis and Romano, 1992: recorded days are drawn in circular blocks; decision 0044.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chiphour.analyse.hedge import AVERAGE
from chiphour.analyse.hedge_ratio import CHANGES_MIN
from chiphour.analyse.hedge_ratio import MOVES_MIN
from chiphour.analyse.hedge_ratio import Floats
from chiphour.analyse.hedge_ratio import drawn_places

PATHS = 2_000
DAYS_MAX = 3 * 366 + 31
DAYS_PER_YEAR = 365
VOLATILITY_MOST = 5.0


class Held(NamedTuple):
    """A month to pay for: days from now of its first and last day, hours; lots and their price."""

    first: int
    last: int
    hours: int
    lots: int
    price_usd: float
    match: str


class Spread(NamedTuple):
    """A distribution of total cost in US dollars."""

    mean: float
    sd: float
    p5: float
    p50: float
    p95: float


class Costed(NamedTuple):
    """The cost without the hedge and with it; what the paths were drawn from."""

    without: Spread
    hedged: Spread
    paths: int
    changes: int
    source: str


class Uncosted(NamedTuple):
    """Why there is no distribution."""

    reason: str


def from_record(
    months: Sequence[Held],
    index_usd: float,
    venue_usd: float,
    steps: Floats,
    fees_usd: float,
    drawn: np.random.Generator,
) -> Costed | Uncosted:
    """Draw the recorded days: `steps` is float64[change, 2], logarithms of the venue and the index.

    Fewer than CHANGES_MIN days, or fewer moves than MOVES_MIN, are not enough.
    """
    moves = int((steps != 0).any(axis=1).sum()) if len(steps) else 0
    if len(steps) < CHANGES_MIN or moves < MOVES_MIN:
        return Uncosted(
            f"not enough data: {len(steps)} recorded changes from day to day, {moves} of them not "
            f"nought; needed are {CHANGES_MIN} and {MOVES_MIN}. State a yearly volatility to "
            "have a distribution that stands on it"
        )
    places = drawn_places(len(steps), _days(months), PATHS, drawn)
    venue, index = (_level(steps[places, side]) for side in (0, 1))
    found = _spreads(months, index_usd * index, venue_usd * venue, fees_usd)
    return Costed(*found, PATHS, len(steps), "recorded days")


def from_volatility(
    months: Sequence[Held],
    index_usd: float,
    venue_usd: float,
    yearly: float,
    fees_usd: float,
    drawn: np.random.Generator,
) -> Costed:
    """Draw from a stated yearly volatility; the venue keeps its distance to the index, as a ratio.

    So this has no basis risk: only what the contracts' days and the ratio leave open.
    """
    assert 0 < yearly <= VOLATILITY_MOST
    daily = yearly / DAYS_PER_YEAR**0.5
    shocks = drawn.standard_normal((PATHS, _days(months)))
    level = np.exp(np.cumsum(daily * shocks - daily * daily / 2, axis=1))
    found = _spreads(months, index_usd * level, venue_usd * level, fees_usd)
    return Costed(*found, PATHS, 0, "stated volatility")


def _level(steps: Floats) -> Floats:
    """Add up steps, float64[path, day], to a level whose mean over the paths is 1 on each day.

    What was recorded rose or fell; nobody knows that it will go on.
    """
    level = np.exp(np.cumsum(steps - steps.mean(), axis=1))
    scaled: Floats = level / level.mean(axis=0)
    return scaled


def _days(months: Sequence[Held]) -> int:
    days = max(month.last for month in months)
    assert 0 < days <= DAYS_MAX
    return days


def _spreads(
    months: Sequence[Held], index: Floats, venue: Floats, fees_usd: float
) -> tuple[Spread, Spread]:
    """Pay for each path, float64[path, day]: day 0 is the first after today."""
    without = np.zeros(len(index))
    gained = np.zeros(len(index))
    for month in months:
        within = slice(max(0, month.first - 1), month.last)
        without += month.hours * venue[:, within].mean(axis=1)
        if month.lots:
            averaged = month.match == AVERAGE
            settled = index[:, within].mean(axis=1) if averaged else index[:, month.last - 1]
            gained += month.lots * (settled - month.price_usd)
    return _spread(without), _spread(without - gained + fees_usd)


def _spread(costs: Floats) -> Spread:
    low, middle, high = np.quantile(costs, (0.05, 0.5, 0.95))
    return Spread(float(costs.mean()), float(costs.std()), float(low), float(middle), float(high))
