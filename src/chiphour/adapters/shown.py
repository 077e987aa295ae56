"""SHOWN: a market as its readers see it: the answers that pages and API are made from.

Takes   a market that may be moving meanwhile.
Gives   `Shown`, which is the server's `MarketView`.
Keeps   "replay" and "demonstration" in sight wherever a price or a trade is shown.
Source  Decisions 0010 and 0011.
"""

from collections.abc import Callable
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from chiphour.adapters.curve import curve_of
from chiphour.adapters.indexed import Indexed
from chiphour.adapters.log import LogReader
from chiphour.adapters.transacted import trades_before
from chiphour.analyse.curve import Point
from chiphour.auction.instance import from_json as instance_from_json
from chiphour.auction.result import from_json as result_from_json
from chiphour.exchange import events as e
from chiphour.index.series import BY_TICKER
from chiphour.index.transacted import Trade as Transacted
from chiphour.publish.auction import auction_summary
from chiphour.publish.market import AuctionSummary
from chiphour.publish.market import Book
from chiphour.publish.market import Contract
from chiphour.publish.market import Trade
from chiphour.publish.page import MARKET_NAVIGATION
from chiphour.publish.page import Frame
from chiphour.simulate.members import LABEL
from chiphour.units import iso_from_ns

if TYPE_CHECKING:
    from chiphour.adapters.market import Market

REPLAY = "Replay of recorded prices"
DEMONSTRATION_NOTE = "Orders and bids come from demonstration members."


class Shown(Indexed):
    """Answers at once, from what the market holds at that moment."""

    def __init__(
        self,
        market: "Market",
        now_ns: Callable[[], int] | None = None,
        log: LogReader | None = None,
        vkey: str = "",
    ) -> None:
        """Look at a market; `now_ns` is the clock of live collection, else the market's time."""
        super().__init__(market.archive, log, now_ns or (lambda: market.time_ns), vkey=vkey)
        self._market = market
        self._auctions: dict[date, AuctionSummary] = {}

    def contracts(self) -> Sequence[Contract]:
        """Give the contracts ever listed, by number."""
        rows = dict(self._market.listed())
        names = self._market.contracts()
        return [Contract(number, name, tuple(rows[number])) for name, number in names.items()]

    def book(self, contract: str, depth: int) -> Book:
        """Give at most `depth` levels of each side of a contract."""
        number = self._market.contracts()[contract]
        (bids, asks), sequence, time_ns = self._market.ask(
            lambda engine: (engine.book(number, depth), engine.sequence, engine.time_ns)
        )
        return Book(
            tuple((price, lots) for price, lots, _ in bids),
            tuple((price, lots) for price, lots, _ in asks),
            sequence,
            time_ns,
        )

    def trades(self, contract: str, count: int) -> Sequence[Trade]:
        """Give at most `count` trades of a contract, the latest first."""
        number = self._market.contracts()[contract]
        shown = self._market.names()
        found = []
        for row in reversed(self._market.last_fills(number, count).tolist()):
            ours = {row[e.MAKER_ACCOUNT], row[e.TAKER_ACCOUNT]} & set(shown)
            label = LABEL if ours else ""
            found.append(Trade(row[e.TIME_NS], row[e.SIDE], row[e.PRICE_TICKS], row[e.LOTS], label))
        return found

    def curve(self, series: str) -> Sequence[Point]:
        """Give the forward curve of a series from its last fix on."""
        known = [fixing for fixing in self.fixings(series) if fixing.state == "fixed"]
        last = max(known, key=lambda fixing: fixing.strike_ns, default=None)
        return curve_of(self._market, last, BY_TICKER[series].number, None)

    def transacted(self, strike_ns: int) -> Sequence[Transacted]:
        """Give the trades of the auctions that delivered in the day before a strike."""
        return trades_before(self._market.folder, strike_ns)

    def auction(self, day: date) -> AuctionSummary | None:
        """Give the outcome of a day's auction run, or None when there was none."""
        place = self._market.place(day)
        run, result = place / "auction-run.json", place / "auction-result.json"
        if day not in self._auctions:
            if not run.exists() or not result.exists():
                return None
            instance = instance_from_json(run.read_bytes())
            outcome = result_from_json(instance, result.read_bytes())
            self._auctions[day] = auction_summary(instance, outcome)
        return self._auctions[day]

    def frame(self) -> Frame:
        """Give the labels that every page must show, and whose prices were recorded."""
        time = f"market time {iso_from_ns(self._market.time_ns // 10**9 * 10**9)}"
        labels = [f"{REPLAY}: {time}."]
        if self._market.names():
            labels.append(DEMONSTRATION_NOTE)
        return super().frame()._replace(labels=tuple(labels), navigation=MARKET_NAVIGATION)
