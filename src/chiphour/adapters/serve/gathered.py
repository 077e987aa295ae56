"""GATHERED: what several handlers show, asked of the index in one place.

Takes   an index, a series, a day, which word on it.
Gives   all that a page or an answer shows of a day, or of a series at one strike.
Keeps   what became known after the time that was asked for out of the answer.
Source  Decision 0023.
"""

from datetime import date

from litestar.exceptions import NotFoundException

from chiphour.adapters.closings import CLOSE_NS
from chiphour.adapters.serve.asked import When
from chiphour.adapters.serve.view import IndexView
from chiphour.index.fixing import Fixing
from chiphour.index.leaves import leaf_from
from chiphour.index.series import Series
from chiphour.publish.datasets import strike_day
from chiphour.publish.day_page import Dated
from chiphour.publish.page import Frame
from chiphour.publish.proof import Logged
from chiphour.publish.release import Release
from chiphour.units import iso_from_ns
from chiphour.units import strike_ns


def release_of(view: IndexView, day: date) -> Release:
    """Gather what the release page of a day shows."""
    days = sorted(view.days())
    place = days.index(day)
    fixings = [fixing for fixing in view.fixings() if strike_day(fixing) <= day]
    return Release(
        day=day,
        fixings=tuple(fixing for fixing in fixings if strike_day(fixing) == day),
        history=tuple(fixings),
        earlier=days[place - 1] if place > 0 else None,
        later=days[place + 1] if place + 1 < len(days) else None,
        frame=view.frame(),
    )


def fixing_of(view: IndexView, series: Series, day: date, asked: When) -> Fixing:
    """Give the fixing that is asked for; raises NotFoundException where none was known."""
    found = view.fixing_as_of(series.ticker, day, asked.parameter_set, asked.as_of_ns)
    if found is None:
        until = "" if asked.as_of_ns is None else f" known by {iso_from_ns(asked.as_of_ns)}"
        raise NotFoundException(
            f"expected a fixing of {series.ticker} at {day} by {asked.parameter_set}{until}, "
            "found none"
        )
    return found


def dated_of(view: IndexView, series: Series, day: date, asked: When, frame: Frame) -> Dated:
    """Gather all that was known of a series at a strike; raises NotFoundException."""
    fixing = fixing_of(view, series, day, asked)
    until_ns = asked.as_of_ns
    days = sorted(view.days())
    place = days.index(day)
    later = days[place + 1] if place + 1 < len(days) else None
    if later is not None and until_ns is not None and strike_ns(later) + CLOSE_NS > until_ns:
        later = None  # Nobody knew it then: the page must stay as it was.
    ticker, chosen = series.ticker, asked.parameter_set
    return Dated(
        series=series,
        day=day,
        fixing=fixing,
        vintages=tuple(
            each
            for each in view.vintages(ticker, day, chosen)
            if until_ns is None or each.known_ns <= until_ns
        ),
        sets=tuple(view.sets(ticker, day, chosen, until_ns)),
        companions=tuple(view.companions(ticker, day, until_ns)),
        attack=view.attack(ticker, day, chosen, until_ns),
        logged=logged_by(view.logged(fixing), until_ns),
        earlier=days[place - 1] if place > 0 else None,
        later=later,
        asked_ns=until_ns,
        frame=frame,
    )


def logged_by(logged: Logged | None, until_ns: int | None) -> Logged | None:
    """Give the leaf if it was there at a time."""
    if logged is None or until_ns is None:
        return logged
    return logged if leaf_from(logged.leaf).time_ns <= until_ns else None
