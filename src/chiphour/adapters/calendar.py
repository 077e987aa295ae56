"""CALENDAR: when each task of a running market is due, and what becomes of a moment it missed.

Takes   a table of tasks; the last moment that needs no doing, and the time.
Gives   `calendar`, the table; `due`, the moment to do next, past or to come.
Keeps   every rule of time in one place, as rows: nothing here has a clock.
Source  Rulebook 2, 5 and 8; methodology v2026_1, "Window"; decisions 0011 and 0033.

Moments stand on the market's clock, not on that of a start: two processes agree on them.
"""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Literal
from typing import NamedTuple
from typing import get_args

from chiphour.analyse.report import REPORT_OFFSET_NS
from chiphour.day import CLEARED_AFTER_NS
from chiphour.day import KNOWN_AFTER_NS
from chiphour.index.realtime import REAL_TIME
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import STRIKE_OFFSET_NS

CatchUp = Literal["each", "newest", "all at once", "within its day", "goes on"]
# each            every missed moment is done, in order
# newest          the newest missed moment is done, those before it are passed over
# all at once     market time passes to the newest: the exchange does all that is due by then
# within its day  it is done until its market day ends, then told as missed; one begun is ended
# goes on         it has no moments: it works all the time, and begins again after a fault
CATCH_UPS: tuple[CatchUp, ...] = get_args(CatchUp)

MARKS_EVERY_NS = NS_PER_MINUTE  # What contracts on the daily fix expect (contracts/perpetual.py).
TIMERS_EVERY_NS = NS_PER_SECOND
RUNS_EVERY_NS = NS_PER_SECOND  # How often it is looked whether a gate closes or a case is final.
MEMBERS_EVERY_NS = 30 * NS_PER_MINUTE
GATE_OPEN_FOR_NS = NS_PER_DAY - CLEARED_AFTER_NS  # From an auction's gate to the end of its day.


class Times(NamedTuple):
    """Moments that recur: each `every_ns`, `offset_ns` after the first midnight of 1970, UTC."""

    every_ns: int
    offset_ns: int = 0

    def last(self, time_ns: int) -> int:
        """Give the last moment that is not after a time."""
        return time_ns - (time_ns - self.offset_ns) % self.every_ns

    def after(self, time_ns: int) -> int:
        """Give the first moment after a time."""
        return self.last(time_ns) + self.every_ns


class Entry(NamedTuple):
    """A line of the calendar. `times` is None for a task that goes on all the time."""

    task: str
    times: Times | None
    catch_up: CatchUp


class Due(NamedTuple):
    """The moment that a task does next, and the missed ones that it will not do for that."""

    moment_ns: int
    passed_over: Sequence[int] = ()


def calendar(
    marks_ns: int = MARKS_EVERY_NS,
    timers_ns: int = TIMERS_EVERY_NS,
    tick_ns: int = REAL_TIME.interval_ns,
    grace_ns: int = 0,
) -> tuple[Entry, ...]:
    """Give the calendar of a market: which tasks there are, when, and how each catches up.

    `grace_ns` is how long after its close a batch may still be on its way into the archive.
    """
    settles = Times(NS_PER_DAY, STRIKE_OFFSET_NS)
    return (
        Entry("collection", None, "goes on"),
        Entry("tick", Times(tick_ns), "newest"),
        Entry("fix", Times(NS_PER_DAY, STRIKE_OFFSET_NS + KNOWN_AFTER_NS + grace_ns), "each"),
        Entry("marks", Times(marks_ns), "newest"),
        Entry("members", Times(MEMBERS_EVERY_NS), "newest"),
        Entry("timers", Times(timers_ns), "all at once"),
        Entry("funding", Times(NS_PER_HOUR, STRIKE_OFFSET_NS), "all at once"),
        Entry("settlement", settles, "all at once"),
        Entry("auction", Times(NS_PER_DAY, STRIKE_OFFSET_NS + CLEARED_AFTER_NS), "within its day"),
        Entry("runs", Times(RUNS_EVERY_NS), "newest"),
        Entry("release", settles, "each"),
        Entry("report", Times(NS_PER_DAY, REPORT_OFFSET_NS), "newest"),
    )


def due(
    entry: Entry, done_ns: int, now_ns: int, begun: Callable[[int], bool] = lambda moment_ns: False
) -> Due:
    """Give what a task does next, when all up to `done_ns` needs no doing.

    `begun` tells whether a missed moment was begun: it is ended, however late.
    """
    assert entry.times is not None
    times = entry.times
    first, last = times.after(done_ns), times.last(now_ns)
    if entry.catch_up == "within its day":
        return _still_open(times, first, now_ns, begun)
    if entry.catch_up == "each" or last <= first:
        return Due(first)
    return Due(last, range(first, last, times.every_ns) if entry.catch_up == "newest" else ())


def _still_open(times: Times, first_ns: int, now_ns: int, begun: Callable[[int], bool]) -> Due:
    """Pass over the gates whose market day has ended, but for one that was begun."""
    moment_ns, missed = first_ns, []
    while moment_ns + GATE_OPEN_FOR_NS <= now_ns and not begun(moment_ns):
        missed.append(moment_ns)
        moment_ns += times.every_ns
    return Due(moment_ns, missed)
