"""FIXED: fixings as histories for the model, and which contracts a day lists, with their values.

Takes   fixings as they are known last; a calibration; a day.
Gives   histories by series; the value of each listed future and average, or a reason.
Keeps   the model from speaking farther than its history reaches; averages by the rulebook's count.
Source  Rulebook 8.2 and 8.3; methodology, "Split" and "Fit for settlement"; decision 0045.

A history begins anew where the panel, not the price, moved the fix by more than a fix that settles
a contract may be moved: those moves are no part of what is learned, and none is foretold.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from typing import NamedTuple

from chiphour.analyse.pricing.borrowing import Calibration
from chiphour.analyse.pricing.history import History
from chiphour.analyse.pricing.history import counts_of
from chiphour.analyse.pricing.history import histories_of
from chiphour.analyse.pricing.outlook import Value
from chiphour.analyse.pricing.outlook import average_value
from chiphour.analyse.pricing.outlook import basis_value
from chiphour.analyse.pricing.outlook import future_value
from chiphour.contracts.average import FIXES_MIN
from chiphour.contracts.average import Average
from chiphour.contracts.basis import Basis
from chiphour.contracts.cycle import averaged_months
from chiphour.contracts.cycle import expiries
from chiphour.contracts.future import Future
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import V2026_1
from chiphour.index.series import BY_TICKER
from chiphour.index.series import FILTERED_FROM
from chiphour.index.series import SERIES
from chiphour.units import EPOCH
from chiphour.units import NS_PER_DAY
from chiphour.units import PPM
from chiphour.units import TICKS_PER_USD

SPANS_AHEAD = 2  # The model speaks so many spans of its longest history ahead.
TOO_FAR = "TOO_FAR"  # Farther ahead than SPANS_AHEAD times the history's span.
FEW_LEFT = "FEW_LEFT"  # Fixes known and to come are fewer than the contract needs.


class Priced(NamedTuple):
    """A contract: its value, or None with the reason. `known` fixes of its month are fixed."""

    name: str
    expiry: date
    known: int
    value: Value | None
    reason: str


def begins_anew(fixing: Fixing) -> bool:
    """Tell whether panel and screen moved this fix by more than settlement allows."""
    if fixing.fix_ticks is None or fixing.change_ticks is None:
        return False
    assert fixing.matched_ticks is not None
    moved = abs(fixing.change_ticks - fixing.matched_ticks)
    before = fixing.fix_ticks - fixing.change_ticks
    return moved * PPM > V2026_1.settlement_move_max_ppm * before


def fixed_histories(fixings: Iterable[Fixing]) -> dict[str, list[History]]:
    """Give the histories of each series from fixings in order of their strikes."""
    rows: dict[str, list[tuple[int, int | None, bool]]] = {}
    for fixing in fixings:
        day = fixing.strike_ns // NS_PER_DAY
        rows.setdefault(fixing.series, []).append((day, fixing.fix_ticks, begins_anew(fixing)))
    return {series: histories_of(series, each) for series, each in rows.items()}


def kin_of(ticker: str) -> tuple[str, ...]:
    """Give the series whose histories may speak for one: all whole ones of its tenor, and it.

    A narrower series is part of a whole one, so that one is left out for it.
    """
    asked = BY_TICKER[ticker]
    whole = ticker if asked.number < FILTERED_FROM else ticker.rpartition(".")[0]
    kin = [s.ticker for s in SERIES if s.tenor == asked.tenor and s.ticker != whole]
    return (*kin, ticker)


def last_day(calibration: Calibration) -> date:
    """Give the day of the last fixing that a calibration knows of its series."""
    assert calibration.fit is not None
    return date_of(int(calibration.fit.histories[-1].days[-1]))


def farthest(calibration: Calibration) -> date:
    """Give the last day of which a calibration speaks."""
    assert calibration.fit is not None
    span = counts_of(calibration.fit.histories).span_days
    return last_day(calibration) + timedelta(days=SPANS_AHEAD * span)


def priced_futures(calibration: Calibration, ticker: str, day: date) -> list[Priced]:
    """Give the futures that are listed on the day of the last fixing."""
    number = BY_TICKER[ticker].number
    return [price_future(calibration, Future(ticker, number, expiry)) for expiry in expiries(day)]


def price_future(calibration: Calibration, future: Future) -> Priced:
    """Give the value of one future, whose day must lie after the last fixing."""
    place = (future.name, future.expiry, 0)
    if calibration.fit is None:
        return Priced(*place, None, calibration.reason)
    if future.expiry > farthest(calibration):
        return Priced(*place, None, TOO_FAR)
    return Priced(*place, future_value(calibration.fit, number_of(future.expiry)), "")


def priced_averages(
    calibration: Calibration, ticker: str, day: date, fixings: Sequence[Fixing]
) -> list[Priced]:
    """Give the averages that are listed on the day of the last fixing."""
    number = BY_TICKER[ticker].number
    return [
        price_average(calibration, Average(ticker, number, end), fixings)
        for end in averaged_months(day)
    ]


def price_basis(first: Calibration, second: Calibration, basis: Basis, low: float) -> Priced:
    """Give the value of a basis future; `low` is the least that their correlation may be."""
    assert basis.expiry is not None
    place = (basis.name, basis.expiry, 0)
    for each in (first, second):
        if each.fit is None:
            return Priced(*place, None, each.reason)
        if not last_day(each) < basis.expiry <= farthest(each):
            return Priced(*place, None, TOO_FAR)
    assert first.fit is not None and second.fit is not None
    value = basis_value(first.fit, second.fit, number_of(basis.expiry), low)
    return Priced(*place, value, "")


def price_average(calibration: Calibration, average: Average, fixings: Sequence[Fixing]) -> Priced:
    """Give the value of an average from the fit fixes of its month and those to come.

    Every day after the last fixing, suppressed or not, is taken to be fixed and fit.
    """
    first = average.expiry.replace(day=1)
    known = [
        fixing.fix_ticks / TICKS_PER_USD
        for fixing in fixings
        if fixing.series == average.ticker and fixing.fit and fixing.fix_ticks is not None
        if first <= date_of(fixing.strike_ns // NS_PER_DAY) <= average.expiry
    ]
    place = (average.name, average.expiry, len(known))
    if calibration.fit is None:
        return Priced(*place, None, calibration.reason)
    if average.expiry > farthest(calibration):
        return Priced(*place, None, TOO_FAR)
    begin = max(number_of(first), number_of(last_day(calibration)) + 1)
    days = range(begin, number_of(average.expiry) + 1)
    if len(known) + len(days) < FIXES_MIN:
        return Priced(*place, None, FEW_LEFT)
    return Priced(*place, average_value(calibration.fit, known, days), "")


def number_of(day: date) -> int:
    """Give a day's number from 1970."""
    return (day - EPOCH.date()).days


def date_of(number: int) -> date:
    """Give the day of a number from 1970."""
    return EPOCH.date() + timedelta(days=number)
