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

from chiphour.adapters.auction_published import ahead_points
from chiphour.adapters.curve import curve_of
from chiphour.adapters.daily import daily_path
from chiphour.adapters.indexed import Indexed
from chiphour.adapters.log import LogReader
from chiphour.adapters.metrics import tasks_text
from chiphour.adapters.pricing import calibration_of
from chiphour.adapters.pricing import model_of
from chiphour.adapters.realtime import RealTimeIndex
from chiphour.adapters.transacted import SERIES_BY_PRODUCT
from chiphour.adapters.transacted import trades_before
from chiphour.analyse.curve import Point
from chiphour.auction.instance import from_json as instance_from_json
from chiphour.auction.result import from_json as result_from_json
from chiphour.exchange import events as e
from chiphour.index.series import BY_TICKER
from chiphour.index.transacted import Trade as Transacted
from chiphour.publish.auction import auction_summary
from chiphour.publish.daily import TABLES
from chiphour.publish.daily import daily_datasets
from chiphour.publish.dataset_list import Dataset
from chiphour.publish.files import RESULT_FILE
from chiphour.publish.files import RUN_FILE
from chiphour.publish.market import AuctionSummary
from chiphour.publish.market import Book
from chiphour.publish.market import Contract
from chiphour.publish.market import Trade
from chiphour.publish.page import MARKET_NAVIGATION
from chiphour.publish.page import Frame
from chiphour.publish.tasks import TaskRow
from chiphour.simulate.members import LABEL
from chiphour.units import iso_from_ns

if TYPE_CHECKING:
    from chiphour.adapters.market import Market

DAYS_SOUGHT = 7  # How far back the last day that is over may lie.
REPLAY = "Replay of recorded prices"
SERIES_BY_KIND = {f"{chip}/{domain}": name for (chip, domain), name in SERIES_BY_PRODUCT.items()}
DEMONSTRATION_NOTE = "Demonstration members trade and bid here."


class Shown(Indexed):
    """Answers at once, from what the market holds at that moment."""

    def __init__(
        self,
        market: "Market",
        now_ns: Callable[[], int] | None = None,
        log: LogReader | None = None,
        vkey: str = "",
        tasks: Callable[[], Sequence[TaskRow]] = tuple,
        realtime: RealTimeIndex | None = None,
    ) -> None:
        """Look at a market; `now_ns` is the clock of live collection, else the market's time.

        `tasks` tells how the tasks of its clock fare.
        """
        clock = now_ns or (lambda: market.time_ns)
        super().__init__(market.archive, log, clock, vkey=vkey, realtime=realtime)
        self._market = market
        self._tasks = tasks
        self._is_replay = now_ns is None
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
        ahead = ahead_points(self._market.folder, SERIES_BY_KIND, series, self._market.time_ns)
        calibration = self.held(
            ("calibration", series), lambda: calibration_of(self.fixings, series)
        )
        model = model_of(calibration, series)
        return curve_of(self._market, last, BY_TICKER[series].number, model, ahead)

    def transacted(self, strike_ns: int) -> Sequence[Transacted]:
        """Give the trades of the auctions that delivered in the day before a strike."""
        return trades_before(self._market.folder, strike_ns)

    def auction(self, day: date) -> AuctionSummary | None:
        """Give the outcome of a day's auction run, or None when there was none."""
        place = self._market.place(day)
        run, result = place / RUN_FILE, place / RESULT_FILE
        if day not in self._auctions:
            if not run.exists() or not result.exists():
                return None
            instance = instance_from_json(run.read_bytes())
            outcome = result_from_json(instance, result.read_bytes())
            self._auctions[day] = auction_summary(instance, outcome)
        return self._auctions[day]

    def datasets(self) -> Sequence[Dataset]:
        """Give the files of the index, then what was traded on the last day that is over."""
        ours = self._market.folder
        for day in sorted(self.days(), reverse=True)[:DAYS_SOUGHT]:
            paths = {name: daily_path(ours, day, name) for name in TABLES}
            if all(path.is_file() for path in paths.values()):
                sizes = {name: path.stat().st_size for name, path in paths.items()}
                return [*super().datasets(), *daily_datasets(day, sizes)]
        return super().datasets()

    def tasks(self) -> Sequence[TaskRow]:
        """Give how each task of the market's clock fares, as the calendar lists them."""
        return self._tasks()

    def metrics(self) -> bytes:
        """Give the states of collection, and of the tasks, in Prometheus's text form."""
        return super().metrics() + tasks_text(self._tasks())

    def daily(self, day: date, name: str) -> bytes | None:
        """Give a table of a day that is over, or None where it is not written."""
        path = daily_path(self._market.folder, day, name)
        return path.read_bytes() if path.is_file() else None

    def frame(self) -> Frame:
        """Give the labels that every page must show, and whose prices were recorded."""
        time = f"arket time {iso_from_ns(self._market.time_ns // 10**9 * 10**9)}."
        labels = [f"{REPLAY}: m{time}" if self._is_replay else f"M{time}"]
        if self._market.names():
            labels.append(DEMONSTRATION_NOTE)
        return super().frame()._replace(labels=tuple(labels), navigation=MARKET_NAVIGATION)
