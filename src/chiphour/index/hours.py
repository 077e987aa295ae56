"""HOURS: what a chip costs by the hour of the day.

Takes   the rows of one series over some days.
Gives   `HoursOfDay`: for each hour, UTC, the median rate, and how it stands to that of its day.
Keeps   an hour without rows, or seen on too few days to say more, as such. No fix is made of this.
Source  Methodology v2026_1, "Eligibility"; decision 0041.

The relative figure is the median over days of (the hour's median / its day's median): days that
differ in level then do not look like hours that do. A rate card hardly moves within a day.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from chiphour.index.panel import ineligible
from chiphour.index.panel import rate_of
from chiphour.index.parameters import V2026_1
from chiphour.index.statistics import median
from chiphour.observe.observation import Observation
from chiphour.observe.observation import can_be_fixed
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import day_from_ns
from chiphour.units import div_floor
from chiphour.units import round_half_even

HOURS = 24
DAYS_MIN = 3  # In which an hour was seen: with fewer nothing is said of it beside its median.


class Hour(NamedTuple):
    """One hour of the day; `median_ticks` None without rows, `relative_ppm` with too few days."""

    hour: int
    days: int
    polls: int
    offers: int
    median_ticks: int | None
    relative_ppm: int | None


class HoursOfDay(NamedTuple):
    """The hours of the day of one series, over the days from `first` to `last`."""

    series: str
    first: date | None
    last: date | None
    days: int
    polls: int
    hours: tuple[Hour, ...]


def hours_of(series: str, rows: Iterable[Observation]) -> HoursOfDay:
    """Sort sound rows of a series into the hours of their days."""
    seen: dict[int, dict[int, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    polls: dict[int, set[tuple[str, str, int]]] = defaultdict(set)
    for row in rows:
        if not can_be_fixed(row) or ineligible(row, V2026_1) is not None:
            continue
        day = div_floor(row.observed_ns, NS_PER_DAY)
        hour = div_floor(row.observed_ns - day * NS_PER_DAY, NS_PER_HOUR)
        seen[day][hour].append(rate_of(row))
        polls[hour].add((row.source, row.venue, row.observed_ns))
    usual = {
        day: median(rate for rates in of.values() for rate in rates) for day, of in seen.items()
    }
    hours = tuple(_hour(hour, seen, usual, len(polls[hour])) for hour in range(HOURS))
    days = sorted(seen)
    return HoursOfDay(
        series,
        day_from_ns(days[0] * NS_PER_DAY) if days else None,
        day_from_ns(days[-1] * NS_PER_DAY) if days else None,
        len(days),
        sum(hour.polls for hour in hours),
        hours,
    )


def _hour(
    hour: int,
    seen: dict[int, dict[int, list[Fraction]]],
    usual: dict[int, Fraction],
    polls: int,
) -> Hour:
    of_days = {day: of[hour] for day, of in seen.items() if hour in of}
    rates = [rate for of in of_days.values() for rate in of]
    if not rates:
        return Hour(hour, 0, 0, 0, None, None)
    level = round_half_even(Fraction(median(rates), NANOUSD_PER_TICK))
    relative = None
    if len(of_days) >= DAYS_MIN:
        shares = (Fraction(median(of), usual[day]) for day, of in of_days.items())
        relative = round_half_even(median(shares) * PPM)
    return Hour(hour, len(of_days), polls, len(rates), level, relative)
