"""CYCLE: which contracts are listed on a day, by rule.

Takes   a date, a series and its number.
Gives   the contracts that must be open on it: the perpetual; the futures of the two nearest
        Fridays, three month ends and four quarter ends; the averages of this month and the next.
Keeps   listing free of judgement: anyone can tell what will be listed when.
Source  Rulebook 8.2; decisions 0006 and 0025. What expires is at least two days ahead when listed.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from datetime import timedelta
from itertools import islice

from chiphour.contracts.average import Average
from chiphour.contracts.future import Future
from chiphour.contracts.perpetual import Perpetual

AHEAD = timedelta(days=2)
WEEKLY, MONTHLY, QUARTERLY, AVERAGES = 2, 3, 4, 2
FRIDAY = 4
QUARTER_MONTHS = (3, 6, 9, 12)

Contract = Perpetual | Future | Average


def month_end(day: date) -> date:
    """Give the last day of the month in which a day lies."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def month_ends(first: date) -> Iterator[date]:
    """Give the last days of months, from a day on."""
    while True:
        end = month_end(first)
        yield end
        first = end + timedelta(days=1)


def fridays(first: date) -> Iterator[date]:
    """Give the Fridays from a day on."""
    friday = first + timedelta(days=(FRIDAY - first.weekday()) % 7)
    while True:
        yield friday
        friday += timedelta(days=7)


def expiries(day: date) -> tuple[date, ...]:
    """Give the expiries of the futures that must be open on a day, in rising order, each once."""
    first = day + AHEAD
    quarters = (end for end in month_ends(first) if end.month in QUARTER_MONTHS)
    found = {
        *islice(fridays(first), WEEKLY),
        *islice(month_ends(first), MONTHLY),
        *islice(quarters, QUARTERLY),
    }
    return tuple(sorted(found))


def averaged_months(day: date) -> tuple[date, ...]:
    """Give the last days of the months whose averages are traded: the next ones to begin too.

    A month whose end is less than two days ahead is no longer listed.
    """
    return tuple(islice(month_ends(day + AHEAD), AVERAGES))


def listed_on(day: date, ticker: str, index: int) -> tuple[Contract, ...]:
    """Give the contracts that must be open on a day, on the series `ticker` of this number."""
    futures = (Future(ticker, index, expiry) for expiry in expiries(day))
    averages = (Average(ticker, index, end) for end in averaged_months(day))
    return (Perpetual(ticker, index), *futures, *averages)
