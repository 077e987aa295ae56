"""INDEX_CLOCK: the index goes on: every strike is fixed and published when it closes.

Takes   an archive that somebody fills, the index's log, a clock.
Gives   `index_clock`, a context: inside it each strike that closes is fixed, logged and kept, the
        one before it becomes final, and what was missed while nobody was there is done first.
Keeps   the strike's inputs closed before anything is made from them; a day on which nothing was
        observed as one line of the process's log, not as its end.
Source  Methodology v2026_1, "Window"; decision 0020.
"""

import logging
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager

from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.log import Log
from chiphour.adapters.worker import Worker
from chiphour.index.v2026_1 import PARAMETERS
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns

CLOSES_NS = STRIKE_OFFSET_NS + PARAMETERS.close_ns  # After midnight, UTC.
GRACE_NS = (
    10 * NS_PER_SECOND
)  # What was received before a close is in the archive so soon after it.
LOGGER = logging.getLogger(__name__)


def last_close_ns(now_ns: int) -> int:
    """Give the last time, not after now, at which a strike closed."""
    return (now_ns - CLOSES_NS) // NS_PER_DAY * NS_PER_DAY + CLOSES_NS


def last_moment_ns(now_ns: int) -> int:
    """Give the last time, not after now, at which something came to be known.

    A fix becomes final at the next strike, and the provisional one of that strike follows when it
    closes.
    """
    close_ns = last_close_ns(now_ns)
    strike_ns = close_ns + NS_PER_DAY - PARAMETERS.close_ns
    return strike_ns if strike_ns <= now_ns else close_ns


def next_moment_ns(moment_ns: int) -> int:
    """Give the moment after one: the close of a strike, or the strike after a close."""
    after = last_close_ns(moment_ns) + NS_PER_DAY
    return after if moment_ns != last_close_ns(moment_ns) else after - PARAMETERS.close_ns


def publish_closed(archive: Archive, log: Log, now_ns: int) -> int:
    """Fix, keep and log every strike that has closed; give how many fixings the last one has.

    What is kept already and still holds is passed over. 0 where nothing speaks for that strike.
    """
    day = day_from_ns(last_close_ns(now_ns))
    try:
        days = span(recorded(archive))
        until = min(day, days.last)
        found = fix_range(archive, days.first, until, log=log, now_ns=now_ns)
    except NothingRecorded as fault:
        LOGGER.warning("strike of %s: not fixed: %s", day, fault)
        return 0
    strike = last_close_ns(now_ns) - PARAMETERS.close_ns
    made = [fixing for fixing in found if fixing.strike_ns == strike]
    fixed = sum(fixing.state == "fixed" for fixing in made)
    LOGGER.info("strike of %s: %d of %d series fixed", day, fixed, len(made))
    return len(made)


@contextmanager
def index_clock(archive: Archive, log: Log, now_ns: Callable[[], int]) -> Iterator[None]:
    """Publish what came to be known while nobody was there, then strikes as they come and close."""

    def late_ns() -> int:
        return now_ns() - GRACE_NS

    done_ns = late_ns()
    publish_closed(archive, log, done_ns)
    with Worker("index clock", lambda stop: _publish(archive, log, late_ns, done_ns, stop)):
        yield


def _publish(
    archive: Archive, log: Log, now_ns: Callable[[], int], done_ns: int, stop: threading.Event
) -> None:
    done_ns = last_moment_ns(done_ns)
    while not stop.is_set():
        at_ns = now_ns()
        if last_moment_ns(at_ns) > done_ns:
            done_ns = last_moment_ns(at_ns)
            LOGGER.info("at work since %s", iso_from_ns(done_ns))
            publish_closed(archive, log, at_ns)
        left_ns = next_moment_ns(done_ns) - now_ns()
        stop.wait(max(0.05, min(1.0, left_ns / NS_PER_SECOND)))
