"""RECENT: what the exchange said of late, in a bounded memory.

Takes   events as they become durable; how far back they are wanted.
Gives   the events since a time. Of what is older than the last million, fills alone.
Keeps   a bound by age and one by count, of all events and of fills. A fill that went by count
        is missed aloud by who asks for all of its time, so that no file of a day lacks trades.
Source  Decision 0011.

    add ──▶ every event, the last million ──▶ fills, eight million ──▶ gone
"""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chiphour.exchange import events as e
from chiphour.observe.observation import MarketError
from chiphour.units import iso_from_ns

EVENTS_KEPT = 1 << 20  # 128 MiB.
FILLS_KEPT = 1 << 23  # Beyond those: a GiB, or two days of 48 trades a second.
PART_ROWS = 1 << 12  # What comes in small pieces is joined: one array, not thousands.

Rows = NDArray[np.int64]


class EventsForgotten(MarketError):
    """So many trades came that some of the time asked for are no longer held."""


class Recent:
    """Events of late. Whoever uses it sees to it that nobody adds meanwhile."""

    def __init__(
        self,
        history_ns: int | None,
        events_kept: int = EVENTS_KEPT,
        fills_kept: int = FILLS_KEPT,
    ) -> None:
        """Begin with none; `history_ns` None keeps every event, however many."""
        self._history_ns = history_ns
        self._events_kept, self._fills_kept = events_kept, fills_kept
        self._events, self._fills = _Shelf(), _Shelf()
        self._forgotten_ns = -1  # When the last fill that went by count was made.

    def add(self, events: Rows) -> None:
        """Take the events that come next, at least one."""
        self._events.add(events)
        if self._history_ns is None:
            return
        while self._events.is_beyond(self._events_kept):
            rows = self._events.take()
            self._fills.add(rows[rows[:, e.KIND] == e.Kind.FILL])
        while self._fills.is_beyond(self._fills_kept):
            self._forgotten_ns = int(self._fills.take()[-1, e.TIME_NS])
        until_ns = int(events[-1, e.TIME_NS]) - self._history_ns
        for shelf in (self._fills, self._events):
            while len(shelf.oldest) and shelf.oldest[-1, e.TIME_NS] < until_ns:
                shelf.take()

    def held(self, time_ns: int = 0) -> list[Rows]:
        """Give what is held, the oldest first: fills, then every event.

        Raises EventsForgotten where a fill of `time_ns` or later, if that is given, is not.
        """
        if 0 < time_ns <= self._forgotten_ns:
            raise EventsForgotten(
                f"expected every trade since {iso_from_ns(time_ns)}, found more than "
                f"{self._fills_kept + self._events_kept}: those until "
                f"{iso_from_ns(self._forgotten_ns)} are not held"
            )
        return [*self._fills.parts(), *self._events.parts()]


def since(time_ns: int, held: Sequence[Rows]) -> Rows:
    """Join the events at or after a time."""
    return np.concatenate([_NONE, *(rows[rows[:, e.TIME_NS] >= time_ns] for rows in held)])


def last_fills(held: Sequence[Rows], contract: int, count: int) -> Rows:
    """Give at most so many fills of a contract, the last ones, the oldest first."""
    found: list[Rows] = []
    missing = count
    for rows in reversed(held):
        if missing == 0:
            break
        fills = (rows[:, e.KIND] == e.Kind.FILL) & (rows[:, e.CONTRACT] == contract)
        found.insert(0, rows[fills][-missing:])
        missing -= len(found[0])
    return np.concatenate([_NONE, *found])


class _Shelf:
    """Rows in their order, joined to parts of some thousand; the oldest is taken whole."""

    def __init__(self) -> None:
        self.count = 0
        self._joined: deque[Rows] = deque()
        self._loose: list[Rows] = []
        self._loose_rows = 0

    @property
    def oldest(self) -> Rows:
        """Give the part that `take` would take: no rows where all are loose yet."""
        return self._joined[0] if self._joined else _NONE

    def is_beyond(self, kept: int) -> bool:
        """Tell whether it holds so many even without its oldest part."""
        return 0 < len(self.oldest) <= self.count - kept

    def add(self, rows: Rows) -> None:
        if not len(rows):
            return
        self.count += len(rows)
        self._loose_rows += len(rows)
        self._loose.append(rows)
        if self._loose_rows >= PART_ROWS:
            self._joined.append(np.concatenate(self._loose))
            self._loose, self._loose_rows = [], 0

    def take(self) -> Rows:
        self.count -= len(self._joined[0])
        return self._joined.popleft()

    def parts(self) -> list[Rows]:
        return [*self._joined, *self._loose]


_NONE: Rows = np.zeros((0, e.EVENT_COLUMNS), np.int64)
