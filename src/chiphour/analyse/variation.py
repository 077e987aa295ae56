"""VARIATION: how much prices move, and how they go with the hour of the day.

Takes   sums of each day, as the queries give them.
Gives   the answers to two of the questions: `volatilities`, `tod_patterns`; `jackknife`.
Keeps   the figures as the article states them, and beside them repaired ones that a trend, or
        venues that come and go, do not move. An interval comes from leaving out a day at a time,
        since the hours of one day are not independent; no random number is drawn.
Source  Decision 0042. Jackknife: B. Efron and C. Stein, 1981, Ann. Stat. 9(3).
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import groupby
from math import exp
from math import sqrt
from typing import NamedTuple
from typing import TypeVar

from chiphour.analyse.aggregates import MovedRow
from chiphour.analyse.aggregates import OfDayRow
from chiphour.analyse.goods import Good
from chiphour.analyse.questions import HourOfDay
from chiphour.analyse.questions import Lacking
from chiphour.analyse.questions import TodPattern
from chiphour.analyse.questions import Volatility
from chiphour.analyse.thresholds import DAY_HOURS
from chiphour.analyse.thresholds import INTERVAL_Z
from chiphour.analyse.thresholds import STATED_HOURS_MIN
from chiphour.analyse.thresholds import STATED_SAMPLES_MIN
from chiphour.analyse.thresholds import VARIATION_DAYS_MIN
from chiphour.analyse.thresholds import VARIATION_SAMPLES_MIN
from chiphour.analyse.thresholds import WHOLE_DAYS_MIN
from chiphour.units import PPM
from chiphour.units import div_half_even

NANOUSD_PER_USD = 1_000_000_000
D = TypeVar("D", MovedRow, OfDayRow)


class Estimate(NamedTuple):
    """A figure and its 90 % interval."""

    value: float
    low: float
    high: float


def jackknife(days: Sequence[int], of: Callable[[int | None], float | None]) -> Estimate | None:
    """Give a figure with its interval from leaving out a day at a time.

    `of(day)` computes it without that day, or for None with all. None where it cannot be computed
    with all of them, or without some one.
    """
    value = of(None)
    without = [of(day) for day in days]
    known = [one for one in without if one is not None]
    if value is None or len(known) < len(without) or len(known) < 2:
        return None
    mean = sum(known) / len(known)
    error = sqrt((len(known) - 1) / len(known) * sum((one - mean) ** 2 for one in known))
    return Estimate(value, value - INTERVAL_Z * error, value + INTERVAL_Z * error)


def volatilities(rows: Iterable[MovedRow]) -> tuple[Volatility, ...]:
    """Give for each good how much its prices moved."""
    return tuple(_volatility(good, of) for good, of in _of_each_good(rows))


def _of_each_good(rows: Iterable[D]) -> Iterator[tuple[Good, list[D]]]:
    for words, group in groupby(rows, lambda row: (row.chip, row.form)):
        yield Good(*words), list(group)


def _volatility(good: Good, rows: Sequence[MovedRow]) -> Volatility:
    market = [row for row in rows if row.venue == ""]
    panels = [row for row in rows if row.venue != ""]
    samples, days = sum(row.samples for row in market), len(market)
    mean = div_half_even(sum(row.x_nanousd for row in market), samples) if samples else None
    deviation, cv = _deviation(market, samples)
    hours = sum(row.samples for row in panels)
    panel_days = sorted({row.day for row in panels})
    lacking = []
    if samples < STATED_SAMPLES_MIN:
        lacking.append(Lacking("hours with a price", samples, STATED_SAMPLES_MIN))
    if hours < VARIATION_SAMPLES_MIN:
        lacking.append(
            Lacking("hours of venues with a trend of their own", hours, VARIATION_SAMPLES_MIN)
        )
    if len(panel_days) < VARIATION_DAYS_MIN:
        lacking.append(Lacking("days with such an hour", len(panel_days), VARIATION_DAYS_MIN))
    enough = hours >= VARIATION_SAMPLES_MIN and len(panel_days) >= VARIATION_DAYS_MIN
    found = detrended(panels, panel_days) if enough else None
    interval: tuple[float | None, float | None, float | None] = (None, None, None)
    if found is not None:
        interval = (_figure(found.value), _figure(max(found.low, 0.0)), _figure(found.high))
    return Volatility(good, samples, days, mean, deviation, cv, *interval, tuple(lacking))


def _figure(value: float) -> float:
    """Round to six decimals: what any order of adding up gives alike."""
    return round(value, 6) + 0.0


def _deviation(market: Sequence[MovedRow], samples: int) -> tuple[float | None, float | None]:
    """Give the standard deviation (n - 1) in dollars, and over the mean; exact up to the root."""
    if samples < STATED_SAMPLES_MIN:
        return None, None
    total = sum(row.x_nanousd for row in market)
    squares = sum(row.xx_nanousd2 for row in market)
    scaled = samples * squares - total * total  # n (n - 1) times the variance, an integer.
    deviation = sqrt(scaled / (samples * (samples - 1)))
    return _figure(deviation / NANOUSD_PER_USD), _figure(deviation / (total / samples))


class _Sums(NamedTuple):
    n: float
    t: float
    y: float
    tt: float
    ty: float
    yy: float


def detrended(rows: Sequence[MovedRow], days: Sequence[int]) -> Estimate | None:
    """Give the standard deviation of each venue's logarithm about its own trend, pooled."""
    by_panel: dict[tuple[str, str], dict[int, _Sums]] = {}
    for row in rows:
        sums = _Sums(row.samples, row.t, row.y, row.tt, row.ty, row.yy)
        by_panel.setdefault((row.tenor, row.venue), {})[row.day] = sums
    whole = {key: _added(of.values()) for key, of in by_panel.items()}

    def without(day: int | None) -> float | None:
        squares, freedom = 0.0, 0.0
        for key, total in whole.items():
            left = by_panel[key].get(day) if day is not None else None
            sums = total if left is None else _Sums(*map(float.__sub__, map(float, total), left))
            if sums.n > 2:
                squares += _residual(sums)
                freedom += sums.n - 2
        return sqrt(squares / freedom) if freedom else None

    return jackknife(days, without)


def _added(of: Iterable[_Sums]) -> _Sums:
    return _Sums(*(float(sum(column)) for column in zip(*of, strict=True)))


def _residual(sums: _Sums) -> float:
    """Give the sum of squares about the least-squares line."""
    tt = sums.tt - sums.t * sums.t / sums.n
    ty = sums.ty - sums.t * sums.y / sums.n
    yy = sums.yy - sums.y * sums.y / sums.n
    return max(yy - (ty * ty / tt if tt > 0 else 0.0), 0.0)


def tod_patterns(rows: Iterable[OfDayRow]) -> tuple[TodPattern, ...]:
    """Give for each good how its prices go with the hour of the day."""
    return tuple(_pattern(good, of) for good, of in _of_each_good(rows))


def _pattern(good: Good, rows: Sequence[OfDayRow]) -> TodPattern:
    market = [row for row in rows if not row.whole]
    whole = [row for row in rows if row.whole]
    hours = tuple(_hours(market))
    days = len({row.day for row in market})
    whole_days = sorted({row.day for row in whole})
    lacking = []
    if len(hours) < STATED_HOURS_MIN:
        lacking.append(Lacking("hours of the day with a price", len(hours), STATED_HOURS_MIN))
    if len(whole_days) < WHOLE_DAYS_MIN:
        lacking.append(
            Lacking("days with a price in nearly every hour", len(whole_days), WHOLE_DAYS_MIN)
        )
    found = matched_swing(whole, whole_days) if len(whole_days) >= WHOLE_DAYS_MIN else None
    interval: tuple[int | None, int | None, int | None] = (None, None, None)
    if found is not None:
        low, high = round(max(found.low, 0) * PPM), round(found.high * PPM)
        interval = (round(found.value * PPM), low, high)
    swing = _swing_ppm(hours) if len(hours) >= STATED_HOURS_MIN else None
    return TodPattern(good, hours, days, swing, len(whole_days), *interval, tuple(lacking))


def _hours(market: Sequence[OfDayRow]) -> Iterator[HourOfDay]:
    by_hour: dict[int, list[OfDayRow]] = {}
    for row in market:
        by_hour.setdefault(row.hour_utc, []).append(row)
    for hour, of in sorted(by_hour.items()):
        samples = sum(row.samples for row in of)
        yield HourOfDay(hour, div_half_even(sum(row.x_nanousd for row in of), samples), samples)


def _swing_ppm(hours: Sequence[HourOfDay]) -> int:
    """Give the dearest hour minus the cheapest over the mean of the hours."""
    means = [hour.mean_nanousd for hour in hours]
    return div_half_even((max(means) - min(means)) * len(means) * PPM, sum(means))


def matched_swing(rows: Sequence[OfDayRow], days: Sequence[int]) -> Estimate | None:
    """Give the swing of the hours' means about their own venue's day, as a part of the price."""
    by_hour: list[dict[int, tuple[int, float]]] = [{} for _ in range(DAY_HOURS)]
    for row in rows:
        by_hour[row.hour_utc][row.day] = (row.samples, row.y)
    totals = [_pair_sum(of) for of in by_hour]

    def without(day: int | None) -> float | None:
        means = []
        for of, (samples, y) in zip(by_hour, totals, strict=True):
            n, out = of.get(day, (0, 0.0)) if day is not None else (0, 0.0)
            if samples - n:
                means.append((y - out) / (samples - n))
        return exp(max(means) - min(means)) - 1 if len(means) >= STATED_HOURS_MIN else None

    return jackknife(days, without)


def _pair_sum(of: Mapping[int, tuple[int, float]]) -> tuple[int, float]:
    return sum(n for n, _ in of.values()), sum(y for _, y in of.values())
