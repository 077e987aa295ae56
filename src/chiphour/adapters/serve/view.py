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
from chiphour.publish.market import AuctionSummary
from chiphour.publish.market import Book
from chiphour.publish.market import Contract
from chiphour.publish.market import Trade
from chiphour.publish.page import Frame


class MarketView(Protocol):
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

    def frame(self) -> Frame:
        """Give the labels that every page must show, and whose prices were recorded."""
