"""PRICED: an index of made-up days, for questions about prices: fixings, and a market with books.

Takes   days, and what index and venues did on them.
Gives   `Priced`, a source of fixings; `Market`, the same with contracts and their books.
Keeps   every record real: fixings as the index makes them, contracts by the listing rule.
Source  Decision 0044.
"""

from datetime import date
from datetime import timedelta
from math import sin

from chiphour.contracts import table
from chiphour.contracts.cycle import listed_on
from chiphour.index.fixing import Member
from chiphour.index.series import BY_TICKER
from chiphour.publish.market import Book
from chiphour.publish.market import Contract
from chiphour.publish.page import Frame
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import day_from_ns
from chiphour.units import strike_ns
from records import fixing

TICKER = "CHR.H100.SXM.OD"
LAST = date(2026, 8, 13)
KNOWN_AFTER_NS = 300_000_000_000


def wave(place: int) -> int:
    """Give the fix of a day in ticks: it moves every day, for good reasons or none."""
    return 32_000 + 7 * place + round(400 * sin(place))


def fixings_of(days=40, venue=lambda place, fix: fix + 500, last=LAST, missing=()):
    """Make fixings of so many days up to the last; `verda` is what `venue` makes of the fix."""
    found = []
    for place in range(days):
        day = last - timedelta(days=days - 1 - place)
        if day in missing:
            continue
        fix = wave(place)
        rate = venue(place, fix) * NANOUSD_PER_TICK
        members = (
            Member("lambda", ("lambda",), 4 * 10**9, 1, True, 1, "aa"),
            Member("verda", ("verda",), rate, 1, True, 1, "bb"),
        )
        at_ns = strike_ns(day)
        times = {"strike_ns": at_ns, "known_ns": at_ns + KNOWN_AFTER_NS}
        found.append(fixing(**times, fix_ticks=fix, members=members))
    return found


class Priced:
    """A source of fixings of one series."""

    def __init__(self, found, now=LAST):
        self.found, self.now_ns = found, strike_ns(now)

    def fixings(self, series=None):
        return [each for each in self.found if series in (None, each.series)]

    def time_ns(self):
        return self.now_ns


class Market(Priced):
    """The same with contracts, all open, and one book for each that is named."""

    def __init__(self, found, books, now=LAST):
        super().__init__(found, now)
        self.books = books

    def contracts(self):
        series = BY_TICKER[TICKER]
        listed = listed_on(day_from_ns(self.now_ns), TICKER, series.number)
        return [
            Contract(number, each.name, open_row(each.lower()))
            for number, each in enumerate(listed)
        ]

    def frame(self):
        return Frame(("Replay of recorded prices.",))

    def book(self, contract, depth):
        return self.books.get(contract, Book())


def open_row(terms):
    """Make the row of an open contract of its terms."""
    row = list(terms) + [0] * (table.CONTRACT_COLUMNS - len(terms))
    row[table.STATE] = table.State.OPEN
    return tuple(row)
