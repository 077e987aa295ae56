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

from chiphour.adapters.observed import Observed
from chiphour.auction.instance import from_json as instance_from_json
from chiphour.auction.result import from_json as result_from_json
from chiphour.exchange import events as e
from chiphour.index.fixing import Fixing
from chiphour.publish.auction import auction_summary
from chiphour.publish.commitments import Committed
from chiphour.publish.datasets import strike_day
from chiphour.publish.market import AuctionSummary
from chiphour.publish.market import Book
from chiphour.publish.market import Contract
from chiphour.publish.market import Trade
from chiphour.publish.offers import Collected
from chiphour.publish.offers import Offers
from chiphour.publish.offers import Refused
from chiphour.publish.offers import Wanted
from chiphour.publish.page import Frame
from chiphour.simulate.members import LABEL
from chiphour.units import iso_from_ns

if TYPE_CHECKING:
    from chiphour.adapters.market import Market

REPLAY = "Replay of recorded prices"
DEMONSTRATION_NOTE = "Orders and bids come from demonstration members."
ATTRIBUTIONS = (
    "GPU rental price data by gpurentalprices.com, CC BY 4.0",
    "CCIR (Compute Credit Index Research), CC BY 4.0",
)


class Shown:
    """Answers at once, from what the market holds at that moment."""

    def __init__(self, market: "Market", now_ns: Callable[[], int] | None = None) -> None:
        """Look at a market; `now_ns` is the clock of live collection, else the market's time."""
        self._market = market
        self._observed = Observed(market.archive, now_ns or (lambda: market.time_ns))
        self._auctions: dict[date, AuctionSummary] = {}

    def days(self) -> Sequence[date]:
        """Give the days that have a release, the earliest first."""
        return sorted({strike_day(fixing) for fixing in self._market.kept().values()})

    def fixings(self, series: str | None = None) -> Sequence[Fixing]:
        """Give the latest word on every strike, of one series (a ticker) or of all."""
        kept = self._market.kept().values()
        return [fixing for fixing in kept if series in (None, fixing.series)]

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

    def offers(self, wanted: Wanted) -> Offers:
        """Give a page of current offers."""
        return self._observed.offers(wanted)

    def sources(self) -> Sequence[Collected]:
        """Give every source with its standing and the state of its collection."""
        return self._observed.sources()

    def refusals(self, source: str | None, last: int) -> Sequence[Refused]:
        """Give the last lines of the log of refusals."""
        return self._observed.refusals(source, last)

    def commitments(self, venue: str | None, last: int) -> Sequence[Committed]:
        """Give the last commitments to the times of polls."""
        return self._observed.commitments(venue, last)

    def metrics(self) -> bytes:
        """Give the states of collection in Prometheus's text form."""
        return self._observed.metrics()

    def time_ns(self) -> int:
        """Give the time that ages are counted from."""
        return self._observed.time_ns()

    def frame(self) -> Frame:
        """Give the labels that every page must show, and whose prices were recorded."""
        time = f"market time {iso_from_ns(self._market.time_ns // 10**9 * 10**9)}"
        labels = [f"{REPLAY}: {time}."]
        if self._market.names():
            labels.append(DEMONSTRATION_NOTE)
        return Frame(tuple(labels), ATTRIBUTIONS)
