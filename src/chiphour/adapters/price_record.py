"""PRICE_RECORD: what a series and each of its venues cost, day by day, out of kept fixings.

Takes   an index as its readers see it, or any source of fixings; a series.
Gives   the fixes and the members' rates by day, and the changes of a venue beside the index.
Keeps   a suppressed day without a fix, and a venue's days to those on which it was in the panel.
Source  Decisions 0004 and 0044.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple
from typing import Protocol

from chiphour.analyse.hedge_ratio import Changes
from chiphour.analyse.hedge_ratio import changes_of
from chiphour.index.fixing import Fixing
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import FILTERED_FROM
from chiphour.index.series import Series
from chiphour.index.series import series_named
from chiphour.observe.observation import MarketError
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import PPM
from chiphour.units import TICKS_PER_USD
from chiphour.units import day_from_ns
from chiphour.units import round_half_even


class PriceUnknown(MarketError):
    """A series or a venue for which no price is known."""


class Fixings(Protocol):
    """What knows fixings, and the time."""

    def fixings(self, series: str | None = None) -> Sequence[Fixing]:
        """Give the word on every strike of a series."""

    def time_ns(self) -> int:
        """Give the time."""


class PriceRecord(NamedTuple):
    """Prices by day: the fixes in ticks, each member's rate in nano-dollars."""

    series: Series
    fix_ticks: Mapping[date, int]
    venue_nanousd: Mapping[str, Mapping[date, Fraction]]

    @property
    def last(self) -> date:
        """Give the last day with a fix."""
        return max(self.fix_ticks)

    def mean_rate(self, venues: Sequence[str]) -> dict[date, Fraction]:
        """Give the mean of some venues' rates, in nano-dollars, on the days that have all."""
        each = [self.venue_nanousd[venue] for venue in venues]
        days = set(each[0]).intersection(*each[1:])
        return {day: sum((rates[day] for rates in each), Fraction(0)) / len(each) for day in days}

    def changes(self, venues: Sequence[str]) -> Changes:
        """Give the changes of the venues' mean beside the index, USD a GPU-hour; none: itself."""
        index = {day: ticks / TICKS_PER_USD for day, ticks in self.fix_ticks.items()}
        if not venues:
            return changes_of(index, index)
        rates = self.mean_rate(venues)
        paid = {day: float(rate) / NANOUSD_PER_USD for day, rate in rates.items()}
        return changes_of(paid, index)


def series_of_name(name: str) -> Series:
    """Find a series that futures may stand on; raises PriceUnknown."""
    try:
        series = series_named(name)
    except KeyError:
        known = ", ".join(each.slug for each in ALL_SERIES[:4])
        raise PriceUnknown(f"series: expected one such as {known}, found {name[:60]!r}") from None
    if series.number >= FILTERED_FROM:
        raise PriceUnknown(
            f"series: expected one that contracts may stand on, found {series.ticker}, a narrower "
            "one: take the whole series, and a venue"
        )
    return series


def record_of(source: Fixings, series: Series, needed: bool = True) -> PriceRecord:
    """Read the record of a series; raises PriceUnknown where it was never fixed, if `needed`."""
    found = sorted(source.fixings(series.ticker), key=lambda fixing: fixing.strike_ns)
    fixes: dict[date, int] = {}
    venues: dict[str, dict[date, Fraction]] = {}
    for fixing in found:
        day = day_from_ns(fixing.strike_ns)
        if fixing.fix_ticks:
            fixes[day] = fixing.fix_ticks
        for member in fixing.members:
            rate = Fraction(member.rate_numerator, member.rate_denominator)
            venues.setdefault(member.name, {})[day] = rate
    if needed and not fixes:
        said = f"{found[-1].reason}, {found[-1].panel} in its panel" if found else "no strike"
        raise PriceUnknown(f"series: expected a fix of {series.ticker}, found none: {said}")
    return PriceRecord(series, fixes, venues)


def venues_in(record: PriceRecord, venues: Sequence[str]) -> tuple[str, ...]:
    """Give the venues' names; raises PriceUnknown for one that was never in the panel.

    Also where no day has all of them, and where one is named twice.
    """
    for venue in venues:
        if venue not in record.venue_nanousd:
            known = ", ".join(sorted(record.venue_nanousd)) or "none"
            raise PriceUnknown(
                f"venue: expected one that {record.series.ticker} was made from ({known}), "
                f"found {venue[:60]!r}"
            )
    if len(set(venues)) < len(venues):
        raise PriceUnknown(f"venues: expected each once, found {', '.join(venues)[:200]}")
    if venues and not record.mean_rate(venues):
        raise PriceUnknown(f"venues: expected a day with all of {', '.join(venues)}, found none")
    return tuple(venues)


def share_ppm(value: float) -> int:
    """Give a share in parts per million, to the nearest."""
    return round_half_even(Fraction(value) * PPM)
