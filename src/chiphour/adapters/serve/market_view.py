"""MARKET_VIEW: what the server asks of a market, beside what it asks of its index.

Takes   questions from the server's thread, one at a time.
Gives   records, at once; an answer never waits for the market to move.
Keeps   the server apart from journal and exchange.
Source  Decisions 0010 and 0023.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol
from typing import cast

from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.view import IndexView
from chiphour.analyse.curve import Point
from chiphour.publish.market import AuctionSummary
from chiphour.publish.market import Book
from chiphour.publish.market import Contract
from chiphour.publish.market import Trade
from chiphour.publish.tasks import TaskRow


class MarketView(IndexView, Protocol):
    """A market as its readers see it."""

    def contracts(self) -> Sequence[Contract]:
        """Give the contracts ever listed, by number."""

    def book(self, contract: str, depth: int) -> Book:
        """Give at most `depth` levels of each side of one of `contracts()`, by its name."""

    def trades(self, contract: str, count: int) -> Sequence[Trade]:
        """Give at most `count` trades of one of `contracts()`, the latest first."""

    def curve(self, series: str) -> Sequence[Point]:
        """Give the forward curve of a series, by its ticker; no demonstration member makes it."""

    def auction(self, day: date) -> AuctionSummary | None:
        """Give the outcome of a day's auction run, or None when there was none."""

    def tasks(self) -> Sequence[TaskRow]:
        """Give how each task of the market's clock fares, as the calendar lists them."""

    def daily(self, day: date, name: str) -> bytes | None:
        """Give a table of `publish/daily.py` for a day that is over; None where there is none."""


def market_of(request: Asked) -> MarketView:
    """Give the market that this server shows."""
    return cast(MarketView, request.app.state.view)
