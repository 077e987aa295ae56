"""AUCTION_DEMONSTRATION: runs of the auction in which the demonstration members bid, day by day.

Takes   the door of a market that replays, its runs, its time, the fixings before a day.
Gives   `AuctionDemonstration.tend`: each day's run announced two days ahead and bid for; the first
        one closes seconds after the first start, so that there is an outcome to look at.
Keeps   the real door: collateral is reserved, gates close, sealed bids are disclosed. Who bids is
        labelled a demonstration; it delivers nothing. A restart announces nothing twice and bids
        nothing twice: a run is numbered by the day of its delivery.
Source  Decisions 0011 and 0039.
"""

import logging
from collections.abc import Callable
from collections.abc import Mapping
from datetime import date
from datetime import timedelta
from typing import Any
from typing import Protocol

from chiphour.adapters.auction_run import AuctionRun
from chiphour.adapters.auction_run import Stage
from chiphour.auction.gate import SUBMIT
from chiphour.auction.gate import Entry
from chiphour.index.fixing import Fixing
from chiphour.observe.observation import MarketError
from chiphour.simulate.auction_day import auction_day
from chiphour.simulate.members import DEMONSTRATION
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import strike_ns

AHEAD_DAYS = (1, 2)  # Of delivery, from the market day: tomorrow's run and the one after it.
CLOSES_AFTER_NS = 30 * NS_PER_SECOND  # A gate closes so long after the strike of the day before.
OPEN_LEAST_NS = 20 * NS_PER_SECOND  # A run that is announced late is open so long all the same.
SEALED_NS = 20 * NS_PER_SECOND  # Bids are disclosed so long after the gate.
AGAIN_NS = 5 * NS_PER_MINUTE  # What could not be done is tried again so much later.
SEED = 2026  # Of what the members have to offer.
log = logging.getLogger(__name__)


class Door(Protocol):
    """What is needed of an auctioneer."""

    def create(self, terms: dict[str, Any]) -> AuctionRun:
        """Announce a run."""

    def bid(
        self, account: int, action: str, number: int, bid_id: str, body: dict[str, Any]
    ) -> Entry:
        """Take a bid."""


class AuctionDemonstration:
    """Announces and bids; `previous` gives, by ticker, the last fixings before a day."""

    def __init__(
        self,
        door: Door,
        runs: Mapping[int, AuctionRun],
        now_ns: Callable[[], int],
        previous: Callable[[date], Mapping[str, Fixing]],
    ) -> None:
        """Keep what is acted on; nothing is done yet."""
        self._door, self._runs, self._now_ns, self._previous = door, runs, now_ns, previous
        self._done: set[int] = set()  # Runs that nothing more is to be bid in.
        self._again_ns = 0

    def tend(self) -> None:
        """Announce and bid what is due; what is there already stays. A fault is logged."""
        now_ns = self._now_ns()
        if now_ns < self._again_ns:
            return
        today = day_from_ns(now_ns - STRIKE_OFFSET_NS)  # A market day begins with its strike.
        for ahead in AHEAD_DAYS:
            try:
                self._tend(today + timedelta(days=ahead), now_ns)
            except MarketError as fault:
                self._again_ns = now_ns + AGAIN_NS
                log.warning("auction demonstration: %s", fault)

    def _tend(self, delivery: date, now_ns: int) -> None:
        number = number_of(delivery)
        if number in self._done:
            return
        run = self._runs.get(number)
        if run is None or run.state_at(now_ns) == Stage.OPEN:
            fixed = self._previous(delivery)
            book = auction_day(delivery - timedelta(days=1), fixed, DEMONSTRATION, SEED)
            if book is None:  # Not before both chips have a fix.
                return
            if run is None:
                run = self._door.create(terms_of(book, number, delivery, now_ns))
            for bid in book["bids"]:
                self._bid(run, bid)
        self._done.add(number)

    def _bid(self, run: AuctionRun, bid: dict[str, Any]) -> None:
        account, name = bid["account"], bid["id"]
        if all(entry.request.bid_id != name for entry in run.gate.bids_of(account)):
            body = {field: value for field, value in bid.items() if field != "account"}
            self._door.bid(account, SUBMIT, run.run, name, body)


def number_of(delivery: date) -> int:
    """Number a demonstration run by the day of its delivery: 20260814."""
    return delivery.year * 10_000 + delivery.month * 100 + delivery.day


def terms_of(book: dict[str, Any], number: int, delivery: date, now_ns: int) -> dict[str, Any]:
    """Give what is announced of a run; its members' bids come in through the gate."""
    settings = {name: value for name, value in book.items() if name != "curves"}
    now_ns -= now_ns % NS_PER_SECOND
    closes_ns = max(
        strike_ns(delivery - timedelta(days=1)) + CLOSES_AFTER_NS, now_ns + OPEN_LEAST_NS
    )
    return {
        "settings": {**settings, "run": number, "bids": book["curves"]},
        "opens": iso_from_ns(now_ns),
        "closes": iso_from_ns(closes_ns),
        "discloses": iso_from_ns(closes_ns + SEALED_NS),
        "delivers": False,
    }
