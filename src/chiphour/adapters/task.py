"""TASK: what the collector remembers of one venue while it runs.

Takes   what became of each poll.
Gives   the next breaker, when each lane last ran, and all of it as a record to show.
Keeps   the record a copy: nobody outside changes a task. Pure: time and chance are passed in.
Source  Decision 0015.
"""

from collections import Counter
from typing import NamedTuple

from chiphour.adapters.breaker import CLOSED
from chiphour.adapters.breaker import after_asking
from chiphour.adapters.breaker import after_failure
from chiphour.adapters.breaker import after_success
from chiphour.adapters.fetch import RETRY_AFTER_NS_MAX
from chiphour.adapters.poll import Poll
from chiphour.adapters.schedule import Lane
from chiphour.adapters.schedule import lanes_of
from chiphour.observe.venue import Reader

UNMAPPED = {"CHIP_UNKNOWN", "TENOR_UNKNOWN", "VENUE_UNKNOWN"}
STATES = ("closed", "open", "half-open", "failed")


class TaskState(NamedTuple):
    """How the task of one venue fares. Counts are since the collector began.

    `state` is that of its breaker, or "failed" after a fault of ours, since `since_ns`. `failures`
    are those in a row, `refusals` counts by code. `rows` and `unmapped` are of the last poll that
    was kept. `queue` is how many calls waited for the store. A time is 0 where there was none.
    """

    source: str
    state: str
    since_ns: int
    last_try_ns: int
    last_success_ns: int
    next_ns: int
    failures: int
    successes: int
    refusals: dict[str, int]
    rows: int
    unmapped: int
    last_error: str
    queue: int


class Task:
    """One venue under collection."""

    def __init__(self, reader: Reader, now_ns: int) -> None:
        """Begin with nothing known."""
        self.reader = reader
        self.source = reader.VENUE.name
        self.lanes = lanes_of(reader.VENUE)
        self.breaker = CLOSED
        self.lasts_ns: dict[Lane, int] = {}  # By lane: when the last poll kept of it began.
        self.next_ns = now_ns
        self.last_error = ""
        self.last_try_ns = 0
        self.rows = self.unmapped = 0
        self._state = str(CLOSED.state)
        self._since_ns = now_ns
        self._last_success_ns = 0
        self._successes = 0
        self._refusals: Counter[str] = Counter()

    def goes_on(self, last_ns: int, before: TaskState | None, now_ns: int) -> None:
        """Go on from an earlier collector: its last poll, and the wait that a venue asked for.

        Its other failures are forgotten: whoever begins again may have mended their cause.
        """
        self.lasts_ns = dict.fromkeys(self.lanes, last_ns)
        self._last_success_ns = last_ns
        if before is not None and before.last_error.startswith("RATE_LIMITED"):
            retry_ns = min(before.next_ns, now_ns + RETRY_AFTER_NS_MAX)
            self.breaker = CLOSED._replace(retry_ns=retry_ns)
            self.last_error = before.last_error

    def goes_back(self, by_ns: int) -> None:
        """Note that the clock was set back: the venue is left alone no longer than it was to be."""
        self.breaker = self.breaker._replace(retry_ns=max(0, self.breaker.retry_ns - by_ns))

    def asks(self, now_ns: int) -> None:
        """Note that a poll begins."""
        self.last_try_ns = now_ns
        self.breaker = after_asking(self.breaker, now_ns)
        if self.breaker.state == "half-open":
            self._enter("half-open", now_ns)

    def gives_up(self) -> None:
        """Note that a poll was cancelled before anything became of it."""
        if self.breaker.state == "half-open":
            self.breaker = self.breaker._replace(state="open")

    def hears(self, found: Poll, lane: Lane, now_ns: int, jitter_ppm: int) -> None:
        """Note what became of a poll, once it is kept."""
        if found.refusal is not None:
            self.last_error = f"{found.refusal.code}: {found.refusal.detail}"
            self._refusals[found.refusal.code] += 1
            wait_ns = found.retry_after_ns
            self.breaker = after_failure(self.breaker, now_ns, wait_ns, jitter_ppm)
        else:
            self.breaker = after_success(self.breaker)
            self._successes += 1
            self._last_success_ns = found.observed_ns
            self.last_error = ""
            self.rows = len(found.observations)
            self.unmapped = sum(bool(UNMAPPED & {*seen.flags}) for seen in found.observations)
            covered: tuple[Lane, ...] = ("book",) if lane == "book" else ("book", "round", lane)
            self.lasts_ns |= dict.fromkeys(covered, found.observed_ns)
        self._enter(self.breaker.state, now_ns)

    def fails(self, detail: str, now_ns: int, jitter_ppm: int) -> None:
        """Note a fault of ours; the venue is left alone for as long as after one of its own."""
        self.last_error = f"FAILED: {detail}"
        self._refusals["FAILED"] += 1
        self.breaker = after_failure(self.breaker, now_ns, None, jitter_ppm)
        self.next_ns = self.breaker.retry_ns
        self._enter("failed", now_ns)

    def state(self, queue: int) -> TaskState:
        """Give all of it as a record."""
        return TaskState(
            self.source,
            self._state,
            self._since_ns,
            self.last_try_ns,
            self._last_success_ns,
            self.next_ns,
            self.breaker.failures,
            self._successes,
            dict(sorted(self._refusals.items())),
            self.rows,
            self.unmapped,
            self.last_error,
            queue,
        )

    def _enter(self, state: str, now_ns: int) -> None:
        assert state in STATES
        if state != self._state:
            self._state, self._since_ns = state, now_ns
