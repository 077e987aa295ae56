"""HISTORY: the fixings of a series as a model can learn from them, or the reason why it cannot.

Takes   days and prices in ticks of $0.0001, suppressed days left out; which of them begin anew.
Gives   `History`: whole days and logarithms; the first reason against learning from some.
Keeps   a gap as a gap: no day is filled in, and nothing is carried over.
Source  docs/pricing/README.md, section 4; decision 0045.

A move that came from who was in the panel, not from what anybody asked, says nothing about how
prices move. Where it is more than the index allows of a fix that settles a contract, the history
ends and another one of the same series begins, with a level of its own.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

FIXINGS_MIN = 20  # Over all histories together.
SPAN_DAYS_MIN = 28  # From the first to the last day of one of them at least.
MOVES_MIN = 10  # So many steps must have moved; a price that stands teaches no reversion.
LARGEST_SHARE_MAX = 0.5  # Of all squared steps, what one of them may be.
DAY_MIN, DAY_MAX = -200_000, 200_000  # Days from 1970; so bounded, a difference is exact.

FEW_FIXINGS = "FEW_FIXINGS"  # Fewer fixings than FIXINGS_MIN.
SHORT_SPAN = "SHORT_SPAN"  # No history spans SPAN_DAYS_MIN days.
CONSTANT = "CONSTANT"  # The price never moved.
FEW_MOVES = "FEW_MOVES"  # Fewer moves than MOVES_MIN.
ONE_MOVE = "ONE_MOVE"  # One move is more than half of all squared moves.
REASONS = (FEW_FIXINGS, SHORT_SPAN, CONSTANT, FEW_MOVES, ONE_MOVE)


class HistoryRefused(ValueError):
    """Days or prices that no history can have."""


class History(NamedTuple):
    """One unbroken history: days from 1970, rising, int64[n]; log dollars, float64[n]."""

    series: str
    days: Days
    logs: Floats


class Counts(NamedTuple):
    """What there is to learn from. `largest_share` is 0 where nothing moved."""

    fixings: int
    steps: int
    moves: int
    span_days: int
    largest_share: float


def history_of(series: str, days: Sequence[int], prices_ticks: Sequence[int]) -> History:
    """Make one history; raises HistoryRefused unless days rise and prices are above zero."""
    if len(days) != len(prices_ticks) or not days:
        raise HistoryRefused(
            f"{series}: expected a price for each of one day or more, found {len(days)} days and "
            f"{len(prices_ticks)} prices"
        )
    for at, (day, price) in enumerate(zip(days, prices_ticks, strict=True)):
        if price <= 0:
            raise HistoryRefused(f"{series}, day {day}: expected a price above 0, found {price}")
        if not DAY_MIN <= day <= DAY_MAX or (at and day <= days[at - 1]):
            raise HistoryRefused(f"{series}: expected rising days, found {day} at place {at}")
    logs = np.log(np.array(prices_ticks, dtype=np.float64) / 10_000)
    return History(series, np.array(days, dtype=np.int64), logs)


def histories_of(series: str, fixings: Iterable[tuple[int, int | None, bool]]) -> list[History]:
    """Make the histories of a series from (day, price in ticks or None, begins anew).

    A suppressed day has no price and is a gap. Raises as `history_of`.
    """
    parts: list[list[tuple[int, int]]] = []
    begins = True
    for day, price_ticks, anew in fixings:
        begins = begins or anew
        if price_ticks is None:
            continue
        if begins:
            parts.append([])
        begins = False
        parts[-1].append((day, price_ticks))
    return [history_of(series, *zip(*part, strict=True)) for part in parts]


def within(histories: Sequence[History], first_day: int, last_day: int) -> list[History]:
    """Give what lies in [first, last] of histories; those of which nothing does are left out."""
    cut = []
    for each in histories:
        kept = (each.days >= first_day) & (each.days <= last_day)
        if kept.any():
            cut.append(each._replace(days=each.days[kept], logs=each.logs[kept]))
    return cut


def counts_of(histories: Sequence[History]) -> Counts:
    """Count fixings, steps between them, and how much they moved."""
    steps = [np.diff(each.logs) for each in histories]
    squares = np.concatenate([*steps, np.zeros(0)]) ** 2
    total = float(squares.sum())
    return Counts(
        fixings=sum(len(each.days) for each in histories),
        steps=len(squares),
        moves=int(np.count_nonzero(squares)),
        span_days=max((int(each.days[-1] - each.days[0]) for each in histories), default=0),
        largest_share=float(squares.max()) / total if total > 0 else 0.0,
    )


def reason_against(histories: Sequence[History]) -> str:
    """Give the first of REASONS against learning from these histories, or ""."""
    found = counts_of(histories)
    if found.fixings < FIXINGS_MIN:
        return FEW_FIXINGS
    if found.span_days < SPAN_DAYS_MIN:
        return SHORT_SPAN
    if found.moves == 0:
        return CONSTANT
    if found.moves < MOVES_MIN:
        return FEW_MOVES
    return ONE_MOVE if found.largest_share > LARGEST_SHARE_MAX else ""
