"""MARKET_TIME: what time it is on a market that runs, and how one waits for a moment of it.

Takes   the time at which it begins, its speed against the wall clock.
Gives   `MarketTime`, what the supervised tasks ask; `PacedTime`, which runs with the wall clock.
Keeps   time that never goes back, whatever is done to the clock of the machine: it follows the
        monotonic one from its beginning on.
Source  Rulebook 2.1; decision 0033.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from chiphour.units import NS_PER_SECOND

PAUSE_S_MAX = 1.0  # The longest sleep: a machine that was suspended is noticed after it.


class MarketTime(Protocol):
    """The clock of a market."""

    def now_ns(self) -> int:
        """Give the market time; it never decreases."""

    def wait(self, until_ns: int, stop: threading.Event) -> None:
        """Return when a time has come, or when `stop` is set."""


class PacedTime:
    """Market time that passes `speed` times as fast as the wall clock."""

    def __init__(
        self, start_ns: int, speed: int = 1, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """Begin at a market time, now."""
        assert speed > 0
        self._start_ns = start_ns
        self._speed = speed
        self._monotonic_ns = monotonic_ns
        self._began_ns = monotonic_ns()

    def now_ns(self) -> int:
        """Give the market time."""
        return self._start_ns + self._speed * (self._monotonic_ns() - self._began_ns)

    def wait(self, until_ns: int, stop: threading.Event) -> None:
        """Return when a time has come, or when `stop` is set."""
        while not stop.is_set() and (left_ns := until_ns - self.now_ns()) > 0:
            stop.wait(min(PAUSE_S_MAX, left_ns / (self._speed * NS_PER_SECOND)))
