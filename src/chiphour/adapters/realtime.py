"""REALTIME: the real-time index of an archive: ticks made from what was collected, or replayed.

Takes   an archive that a collector may be filling, or polls as they come; the time of each tick.
Gives   `RealTimeIndex`: ticks, and those made lately; `replay`.
Keeps   a replay equal to what was served, as far as it was served from the same rows: a row that
        came after a tick is not in it.
Source  docs/methodology/real-time.md; decision 0022.
"""

import threading
from collections import deque
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from chiphour.adapters.archive import Archive
from chiphour.index.realtime import REAL_TIME
from chiphour.index.realtime import Feed
from chiphour.index.realtime import FeedPoll
from chiphour.index.realtime import RealTimeParameters
from chiphour.index.realtime import Tick
from chiphour.index.realtime import parameters_sha256
from chiphour.index.realtime import polls_of
from chiphour.index.realtime import start
from chiphour.index.realtime import step
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import Series
from chiphour.observe.observation import Observation
from chiphour.units import NS_PER_MINUTE
from chiphour.units import div_ceil

TICKS_KEPT = 240  # Of each series: an hour.
POLL_LASTS_NS = 3 * NS_PER_MINUTE  # From when a poll is begun until its rows are in the archive.


class RealTimeIndex:
    """Makes a tick of every series whenever it is asked to. Safe to read from other threads."""

    def __init__(
        self,
        archive: Archive | None = None,
        series: Sequence[Series] = ALL_SERIES,
        parameters: RealTimeParameters = REAL_TIME,
    ) -> None:
        """Read an archive at every tick; without one, only what `hear` is given counts."""
        self._archive = archive
        self._parameters = parameters
        self._state = start(series, parameters)
        self._heard: list[Observation] = []
        self._given: set[tuple[Feed, int]] = set()
        self._kept: dict[str, deque[Tick]] = {
            each.ticker: deque(maxlen=TICKS_KEPT) for each in series
        }
        self._turn = threading.Lock()

    def hear(self, rows: Iterable[Observation]) -> None:
        """Take what a collector's poll read; it counts from the next tick after it came."""
        with self._turn:
            self._heard += rows

    def tick(self, time_ns: int) -> list[Tick]:
        """Make a tick of every series; raises TickRefused where the clock went back."""
        with self._turn:
            polls = self._new_polls(time_ns)
            self._state, ticks = step(self._state, polls, time_ns)
            oldest_ns = time_ns - self._parameters.rule.posted_limit_ns
            self._given |= {(poll.feed, poll.observed_ns) for poll in polls}
            self._given = {key for key in self._given if key[1] >= oldest_ns}
            self._heard = [row for row in self._heard if row.observed_ns >= oldest_ns]
            for tick in ticks:
                self._kept[tick.series].append(tick)
            return ticks

    def ticks(self, series: str | None = None) -> list[Tick]:
        """Give the last tick of every series; of one series all that are kept, oldest first."""
        with self._turn:
            if series is not None:
                return list(self._kept.get(series, ()))
            return [kept[-1] for kept in self._kept.values() if kept]

    @property
    def time_ns(self) -> int:
        """Give the time of the last tick; 0 before the first."""
        return self._state.time_ns or 0

    def parameters_sha256(self) -> str:
        """Give the hash of the parameters in force."""
        return parameters_sha256(self._parameters)

    def _new_polls(self, time_ns: int) -> list[FeedPoll]:
        """Give the polls that no tick has had yet, of those that had come whole before this one."""
        rows = self._heard
        if self._archive is not None:
            last_ns = self._state.time_ns
            from_ns = time_ns - self._parameters.rule.posted_limit_ns
            if last_ns is not None:
                from_ns = max(from_ns, last_ns - POLL_LASTS_NS)
            rows = [*rows, *self._archive.observations(from_ns, time_ns, for_fixing=True)]
        return [
            poll
            for poll in polls_of(dict.fromkeys(rows))
            if poll.observed_ns < time_ns
            and poll.received_ns <= time_ns
            and (poll.feed, poll.observed_ns) not in self._given
        ]


def replay(
    archive: Archive,
    first_ns: int,
    before_ns: int,
    series: Sequence[Series] = ALL_SERIES,
    parameters: RealTimeParameters = REAL_TIME,
) -> Iterator[list[Tick]]:
    """Make the ticks of [first, before) from what an archive holds, each 15 seconds of the clock.

    The state is that of a start at the first of them: every series opens anew.
    """
    index = RealTimeIndex(archive, series, parameters)
    interval_ns = parameters.interval_ns
    first = div_ceil(first_ns, interval_ns) * interval_ns
    for time_ns in range(first, before_ns, interval_ns):
        yield index.tick(time_ns)
