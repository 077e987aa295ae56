"""VIEW: what the server asks of a market: the only thing it knows of one.

Takes   questions from the server's thread, one at a time.
Gives   records, at once; an answer never waits for the market to move.
Keeps   the server apart from archive, journal and exchange.
Source  Decision 0010.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from chiphour.index.fixing import Fixing
from chiphour.publish.commitments import Committed
from chiphour.publish.market import AuctionSummary
from chiphour.publish.market import Book
from chiphour.publish.market import Contract
from chiphour.publish.market import Trade
from chiphour.publish.offers import Collected
from chiphour.publish.offers import Offers
from chiphour.publish.offers import Refused
from chiphour.publish.offers import Wanted
from chiphour.publish.page import Frame


class CollectionView(Protocol):
    """What was observed, as those see it who ask what is on offer and how venues answer."""

    def offers(self, wanted: Wanted) -> Offers:
        """Give a page of what every venue asked when it was last seen, and what was free."""

    def sources(self) -> Sequence[Collected]:
        """Give every source with its standing and the state of its collection, by name."""

    def refusals(self, source: str | None, last: int) -> Sequence[Refused]:
        """Give the last lines of the log of refusals, the latest first."""

    def commitments(self, venue: str | None, last: int) -> Sequence[Committed]:
        """Give the last commitments to the times of polls, the latest day first."""

    def metrics(self) -> bytes:
        """Give the states of collection in Prometheus's text form."""

    def time_ns(self) -> int:
        """Give the time that ages are counted from."""

    def frame(self) -> Frame:
        """Give the labels that every page must show, and whose prices were recorded."""


class MarketView(CollectionView, Protocol):
    """A market as its readers see it."""

    def days(self) -> Sequence[date]:
        """Give the days that have a release, the earliest first."""

    def fixings(self, series: str | None = None) -> Sequence[Fixing]:
        """Give the latest word on every strike, of one series (a ticker) or of all; any order."""

    def contracts(self) -> Sequence[Contract]:
        """Give the contracts ever listed, by number."""

    def book(self, contract: str, depth: int) -> Book:
        """Give at most `depth` levels of each side of one of `contracts()`, by its name."""

    def trades(self, contract: str, count: int) -> Sequence[Trade]:
        """Give at most `count` trades of one of `contracts()`, the latest first."""

    def auction(self, day: date) -> AuctionSummary | None:
        """Give the outcome of a day's auction run, or None when there was none."""
