"""HEDGE_RATIO: how many contracts stand against an hour at one venue, and how sure that is.

Takes   daily prices of a venue and of the index; a seeded generator for the interval.
Gives   the minimum-variance ratio with its 90 % interval, or why there is none; the back-test of a
        hedge whose ratio was known before each day that it is judged on.
Keeps   a gap unbridged: a change counts from one strike to the next alone. Too few moves give no
        estimate: a regression on three steps would be exact and worth nothing.
Source  Johnson, "The Theory of Hedging and Speculation in Commodity Futures", 1960: h = cov / var;
        Ederington, "The Hedging Performance of the New Futures Markets", 1979: effectiveness is
        1 - var(hedged) / var(unhedged); Politis and Romano, 1992: circular blocks, because days
        hang together.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CHANGES_MIN = 20
MOVES_MIN = 5  # Days on which the index must have moved.
WINDOW = 15  # Changes that a ratio of the back-test is estimated from.
WINDOW_MOVES_MIN = 3  # With fewer moves in it, the ratio is 1: an hour for an hour.
BLOCK = 5
DRAWS = 1_000
LEVEL = 0.9
RATIO_MOST = 2.0  # No more is traded, whatever a regression says.


class Changes(NamedTuple):
    """Day-to-day changes, USD a GPU-hour: float64[change] of the venue and of the index.

    `steps` are the same as logarithms of ratios: float64[change, 2], the venue first.
    """

    days: tuple[date, ...]
    venue_usd: Floats
    index_usd: Floats
    steps: Floats

    @property
    def moves(self) -> int:
        """Count the days on which the index moved."""
        return int(np.count_nonzero(self.index_usd))

    @property
    def venue_moves(self) -> int:
        """Count the days on which the venue's price moved."""
        return int(np.count_nonzero(self.venue_usd))


class Interval(NamedTuple):
    """A figure and its 90 % interval."""

    value: float
    low: float
    high: float


class Ratio(NamedTuple):
    """The ratio, or None with the reason; how many changes there were, how many moved."""

    estimate: Interval | None
    changes: int
    moves: int  # Of the index.
    venue_moves: int
    reason: str


class Costs(NamedTuple):
    """What the hedge costs, USD a GPU-hour: of each trade, and of a day's margin."""

    trade: float  # Half a spread and the fee; paid when lots are bought, and when they are sold.
    margin_day: float  # Interest on the initial margin of one lot.


class Backtest(NamedTuple):
    """A hedge judged on days that its ratio did not know.

    `unhedged_sd` and `hedged_sd` are of daily changes, USD a GPU-hour, `unhedged_move` and
    `hedged_move` their sums before costs; `cost` is what the whole hedge cost. `estimated_days` are
    those whose ratio was estimated, on the others it was 1.
    """

    days: int
    estimated_days: int
    ratio_mean: float
    unhedged_sd: float
    hedged_sd: float
    unhedged_move: float
    hedged_move: float
    cost: float
    effectiveness: Interval | None
    reason: str


def changes_of(venue_usd: Mapping[date, float], index_usd: Mapping[date, float]) -> Changes:
    """Give the changes between neighbouring days on which both had a price above nought."""
    both = sorted(day for day in venue_usd if venue_usd[day] > 0 and index_usd.get(day, 0) > 0)
    pairs = [(before, day) for before, day in pairwise(both) if day - before == timedelta(days=1)]
    levels = np.array(
        [[(side[before], side[day]) for side in (venue_usd, index_usd)] for before, day in pairs]
    ).reshape(-1, 2, 2)
    change = levels[:, :, 1] - levels[:, :, 0]
    steps = np.log(levels[:, :, 1] / levels[:, :, 0])
    return Changes(tuple(day for _, day in pairs), change[:, 0], change[:, 1], steps)


def ratio_of(changes: Changes, drawn: np.random.Generator) -> Ratio:
    """Estimate the minimum-variance ratio with its interval, where there is enough to go by."""
    counts = len(changes.days), changes.moves, changes.venue_moves
    if counts[0] < CHANGES_MIN or min(counts[1:]) < MOVES_MIN:
        reason = (
            f"not enough data: {counts[0]} changes from day to day, on which the index moved "
            f"{counts[1]} times and the venue {counts[2]} times; needed are {CHANGES_MIN} changes "
            f"and {MOVES_MIN} moves of each"
        )
        return Ratio(None, *counts, reason)
    rows = np.column_stack((changes.venue_usd, changes.index_usd))
    return Ratio(with_interval(_slope, rows, drawn), *counts, "")


def backtest(changes: Changes, costs: Costs, drawn: np.random.Generator) -> Backtest:
    """Hedge each day by the ratio of the window before it; judge them all together.

    A ratio that changes is traded, at its cost. The future moves as the index does: its own premium
    is not in the recordings.
    """
    count = len(changes.days)
    if count < WINDOW + BLOCK:
        reason = f"not enough data: {count} changes from day to day, needed {WINDOW + BLOCK}"
        return Backtest(0, 0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, None, reason)
    ratios, estimated = _rolling(changes)
    venue, index = changes.venue_usd[WINDOW:], changes.index_usd[WINDOW:]
    rows = np.column_stack((venue, venue - ratios * index))
    trades = np.abs(np.diff(ratios, prepend=0.0, append=0.0)).sum()
    cost = float(trades * costs.trade + ratios.sum() * costs.margin_day)
    unhedged, hedged = float(rows[:, 0].std()), float(rows[:, 1].std())
    found, reason = _judged(rows, drawn)
    moved, left = (float(each) for each in rows.sum(axis=0))
    known = len(venue), int(estimated.sum()), float(ratios.mean())
    return Backtest(*known, unhedged, hedged, moved, left, cost, found, reason)


def _judged(rows: Floats, drawn: np.random.Generator) -> tuple[Interval | None, str]:
    """Give the effectiveness of float64[day, 2], unhedged and hedged, or why there is none."""
    moves = int(np.count_nonzero(rows[:, 0]))
    if moves >= MOVES_MIN:
        return with_interval(_effectiveness, rows, drawn), ""
    if moves:
        only = Interval(_effectiveness(rows), float("nan"), float("nan"))
        return only, f"the venue's price moved {moves} times: that is no sample, so no interval"
    if rows[:, 1].any():
        return None, "the venue's price never moved: a hedge only added what the index moved"
    return None, "the venue's price never moved: there was nothing to hedge"


def pooled(many: Sequence[Changes], drawn: np.random.Generator) -> Backtest:
    """Judge the hedges of many venues together, each in shares of its own price.

    Days are drawn whole, with all venues: what moves them together stays together. The ratio and
    sums are means over the venues' days; costs are left to each.
    """
    squares: dict[date, Floats] = {}
    ratios, moves, estimates = [], 0, 0
    for changes in many:
        if len(changes.days) <= WINDOW:
            continue
        found, estimated = _rolling(changes)
        own = changes.steps[WINDOW:, 0]
        left = own - found * changes.steps[WINDOW:, 1]
        for day, pair in zip(changes.days[WINDOW:], np.column_stack((own, left)), strict=True):
            squares[day] = squares.get(day, np.zeros(2)) + pair**2
        ratios.append(found)
        moves += int(np.count_nonzero(own))
        estimates += int(estimated.sum())
    count = sum(map(len, ratios))
    if len(squares) < BLOCK or moves < MOVES_MIN:
        reason = f"not enough data: {len(squares)} days, prices of venues moved {moves} times"
        return Backtest(0, 0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, None, reason)
    rows = np.array([squares[day] for day in sorted(squares)])
    unhedged, hedged = (float(each) for each in np.sqrt(rows.sum(axis=0) / count))
    effect = with_interval(_pooled_effectiveness, rows, drawn)
    mean = float(np.concatenate(ratios).mean())
    return Backtest(count, estimates, mean, unhedged, hedged, 0.0, 0.0, 0.0, effect, "")


def with_interval(
    statistic: Callable[[Floats], float], rows: Floats, drawn: np.random.Generator
) -> Interval:
    """Give a statistic of float64[day, 2] with the interval of a circular block bootstrap.

    Draws in which it is not defined (NaN) are left out; where it is not in a fifth of them the
    interval has no ends (NaN).
    """
    places = drawn_places(len(rows), len(rows), DRAWS, drawn)
    values = np.array([statistic(rows[place]) for place in places])
    values = np.sort(values[~np.isnan(values)])
    if len(values) < DRAWS * 4 / 5:
        return Interval(statistic(rows), float("nan"), float("nan"))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(values, (tail, 1 - tail))
    return Interval(statistic(rows), float(low), float(high))


def drawn_places(
    length: int, count: int, draws: int, drawn: np.random.Generator
) -> NDArray[np.intp]:
    """Draw int[draw, count] of places below `length`, in blocks of days that hang together.

    The last day is followed by the first, so that no day is drawn less often than another.
    """
    starts = drawn.integers(0, length, (draws, -(-count // BLOCK)))
    places: NDArray[np.intp] = (starts[:, :, None] + np.arange(BLOCK)).reshape(draws, -1)
    return places[:, :count] % length


def _slope(rows: Floats) -> float:
    """Give cov(venue, index) / var(index), NaN where the index did not move."""
    venue, index = rows[:, 0] - rows[:, 0].mean(), rows[:, 1] - rows[:, 1].mean()
    spread = float(index @ index)
    return float(venue @ index) / spread if spread > 0 else float("nan")


def _effectiveness(rows: Floats) -> float:
    """Give 1 - var(hedged) / var(unhedged), NaN where the venue did not move."""
    unhedged = float(rows[:, 0].var())
    return 1 - float(rows[:, 1].var()) / unhedged if unhedged > 0 else float("nan")


def _pooled_effectiveness(rows: Floats) -> float:
    """Give the same from sums of squares, float64[day, 2]."""
    unhedged, hedged = (float(each) for each in rows.sum(axis=0))
    return 1 - hedged / unhedged if unhedged > 0 else float("nan")


def _rolling(changes: Changes) -> tuple[Floats, NDArray[np.bool_]]:
    """Give the ratio for each change after the first window, from the window before it."""
    rows = np.column_stack((changes.venue_usd, changes.index_usd))
    ratios, estimated = [], []
    for end in range(WINDOW, len(rows)):
        window = rows[end - WINDOW : end]
        enough = int(np.count_nonzero(window[:, 1])) >= WINDOW_MOVES_MIN
        slope = _slope(window) if enough else 1.0
        ratios.append(min(RATIO_MOST, max(0.0, slope)))
        estimated.append(enough)
    return np.array(ratios), np.array(estimated, np.bool_)
