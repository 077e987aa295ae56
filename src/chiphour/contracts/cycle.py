"""CYCLE: which contracts are listed on a day, by rule.

Takes   a date.
Gives   the contracts that must be open on it: the perpetual, and the futures of the two nearest
        month ends.
Keeps   listing free of judgement: anyone can tell what will be listed when.
Source  Rulebook 8.2; decision 0006.
"""

from calendar import monthrange
from datetime import date
from datetime import timedelta

from chiphour.contracts.future import Future
from chiphour.contracts.perpetual import Perpetual


def month_end(day: date) -> date:
    """Give the last day of the month in which a day lies."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def expiries(day: date) -> tuple[date, date]:
    """Give the two nearest month ends that lie at least two days ahead."""
    near = month_end(day + timedelta(days=2))
    return near, month_end(near + timedelta(days=1))


def listed_on(day: date, ticker: str, index: int) -> tuple[Perpetual | Future, ...]:
    """Give the contracts that must be open on a day, on the series `ticker` of this number."""
    futures = (Future(ticker, index, expiry) for expiry in expiries(day))
    return (Perpetual(ticker, index), *futures)
