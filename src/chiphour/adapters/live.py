"""LIVE: the market goes on by its calendar: every task of it under one supervisor.

Takes   a market that has been brought to its present; market time; what collects, and reports, if
        anything does.
Gives   `live`, a context: inside it, time passes and each task does what is due; at its end all
        have stopped.
Keeps   each step the one of `day.py`, called by the task whose it is; where each task begins a
        matter of journal, archive and files, so that after a kill at any moment nothing is made
        twice and nothing is left out.
Source  Decisions 0011 and 0033; rulebook 2.

    MarketError
    └── FixAwaited    an auction cannot be cleared before the fix of its day was made
"""

import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import date
from datetime import timedelta

from chiphour.adapters.calendar import Entry
from chiphour.adapters.calendar import calendar
from chiphour.adapters.market import Market
from chiphour.adapters.market_time import MarketTime
from chiphour.adapters.market_time import PacedTime
from chiphour.adapters.realtime import RealTimeIndex
from chiphour.adapters.supervisor import Duty
from chiphour.adapters.supervisor import Supervisor
from chiphour.day import CLEARED_AFTER_NS
from chiphour.day import KNOWN_AFTER_NS
from chiphour.day import clear_day
from chiphour.day import fix
from chiphour.day import list_due
from chiphour.day import publish_day
from chiphour.day import settle_day
from chiphour.day import tell_fix
from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import day_from_ns
from chiphour.units import strike_ns

A_DAY = timedelta(days=1)
LATELY_DAYS = 7  # So far back a start looks for an auction to be ended, and for files to write.


class FixAwaited(MarketError):
    """An auction cannot be cleared before the fix of its day was made."""


@contextmanager
def live(
    market: Market,
    time: MarketTime | None = None,
    entries: Sequence[Entry] | None = None,
    realtime: RealTimeIndex | None = None,
    collect: Callable[[threading.Event], None] | None = None,
    report: Callable[[date], None] | None = None,
    tend: Callable[[], None] | None = None,
) -> Iterator[Supervisor]:
    """Do what is due by the calendar until the context ends.

    `time` passes at the speed of the wall clock from the market's present on where none is given.
    `collect` works until the event it is given is set; `report` makes the report of a day, unless
    it is there; `tend` does what is due of the auction's runs.
    """
    clock = time or PacedTime(market.time_ns)
    stop = threading.Event()
    ticks = realtime or RealTimeIndex(market.archive)
    work = Work(market, ticks, clock.now_ns, stop, collect, report, tend)
    market.runs_by(clock.now_ns)
    with Supervisor(duties(work, entries or calendar(), clock.now_ns()), clock, stop) as supervisor:
        yield supervisor


def duties(work: "Work", entries: Sequence[Entry], now_ns: int) -> list[Duty]:
    """Give the duty of each line of the calendar: what it does, and what needs no doing any more.

    The exchange has done all that was due at the market's time; ticks and marks of the past are
    nobody's. Fixings, auctions and files begin at the first that may be unfinished.
    """
    market = work.market
    today = market_day(now_ns)
    first = market.last_told_day() or today
    lately = [today - back * A_DAY for back in range(LATELY_DAYS, 0, -1)]
    gate = next(filter(market.auction_begun, lately), today)
    unpublished = max(filter(market.is_published, lately), default=first - A_DAY) + A_DAY
    time_ns = market.time_ns
    done: dict[str, int] = {
        "tick": now_ns,
        "fix": strike_ns(first) + KNOWN_AFTER_NS - 1,
        "marks": time_ns,
        "members": time_ns,
        "timers": time_ns,
        "funding": time_ns,
        "settlement": time_ns,
        "runs": now_ns,
        "auction": strike_ns(gate) + CLEARED_AFTER_NS - 1,
        "release": strike_ns(unpublished) + NS_PER_DAY - 1,
        "report": now_ns - NS_PER_DAY,
    }
    return [
        Duty(entry, work.of(entry.task), done.get(entry.task, 0), work.is_begun)
        for entry in entries
    ]


def market_day(time_ns: int) -> date:
    """Give the market day in which a time lies: it begins with its strike."""
    return day_from_ns(time_ns - STRIKE_OFFSET_NS)


class Work:
    """What the tasks of one market do. Each method does a moment, and may do it again."""

    def __init__(
        self,
        market: Market,
        realtime: RealTimeIndex,
        now_ns: Callable[[], int],
        stop: threading.Event,
        collect: Callable[[threading.Event], None] | None,
        report: Callable[[date], None] | None,
        tend: Callable[[], None] | None = None,
    ) -> None:
        """Prepare; nothing is done."""
        self.market = market
        self._realtime = realtime
        self._now_ns = now_ns
        self._stop = stop
        self._collect = collect
        self._report = report
        self._tend = tend

    def of(self, task: str) -> Callable[[int], None] | None:
        """Give what a task does; None where this market has nobody to do it."""
        absent = {
            "collection": self._collect is None,
            "report": self._report is None,
            "members": not self.market.has_members,
            "runs": self._tend is None,
        }
        if absent.get(task):
            return None
        found: Callable[[int], None] = getattr(self, f"do_{task}")
        return found

    def is_begun(self, moment_ns: int) -> bool:
        """Tell whether the auction of a gate was begun, and is not ended."""
        return self.market.auction_begun(market_day(moment_ns))

    def do_collection(self, moment_ns: int) -> None:
        """Collect from venues until the end."""
        assert self._collect is not None
        self._collect(self._stop)

    def do_tick(self, moment_ns: int) -> None:
        """Make a tick of every series."""
        if moment_ns > self._realtime.time_ns:
            self._realtime.tick(moment_ns)

    def do_fix(self, moment_ns: int) -> None:
        """Fix a strike, log it, tell the exchange; list what is due, if that day still is."""
        day = market_day(moment_ns)
        fix(day, self.market)
        self.market.log_kept(day)
        tell_fix(day, self.market)
        if day == market_day(self._now_ns()):
            list_due(day, self.market)

    def do_marks(self, moment_ns: int) -> None:
        """Send a mark of every index that is traded."""
        self.market.mark(moment_ns, self._realtime.ticks())

    def do_members(self, moment_ns: int) -> None:
        """Let the demonstration members act."""
        self.market.let_members_act(moment_ns)

    def do_timers(self, moment_ns: int) -> None:
        """Let time pass, so that calls and orders end when they should."""
        self.market.pass_time(moment_ns)

    def do_funding(self, moment_ns: int) -> None:
        """Let time pass to the hour: the exchange funds what is due."""
        self.market.pass_time(moment_ns)

    def do_settlement(self, moment_ns: int) -> None:
        """Let time reach the strike: the exchange settles every contract."""
        settle_day(market_day(moment_ns) - A_DAY, self.market)

    def do_auction(self, moment_ns: int) -> None:
        """Close a gate: clear the day's auction and post its transfers."""
        day = market_day(moment_ns)
        if not self.market.fixings(day, strike_ns(day) + KNOWN_AFTER_NS):
            raise FixAwaited(f"auction of {day}: expected the fix of its day, found none yet")
        clear_day(day, self.market)

    def do_runs(self, moment_ns: int) -> None:
        """Close gates, clear, settle: what is due of the runs that members bid in."""
        assert self._tend is not None
        self._tend()

    def do_release(self, moment_ns: int) -> None:
        """Write the files of the day that ends, once it is settled."""
        day = market_day(moment_ns) - A_DAY
        if not self.market.is_published(day):
            settle_day(day, self.market)
            publish_day(day, self.market)

    def do_report(self, moment_ns: int) -> None:
        """Make the report of a morning."""
        assert self._report is not None
        self._report(day_from_ns(moment_ns))
