"""LIVE: the market goes on at the speed of the wall clock, on a thread of its own.

Takes   a market that has been brought to its present.
Gives   `Live`, a context: inside it, time passes; at its end the members have stopped.
Keeps   market time a function of the wall clock since the start, never ahead of it.
Source  Decision 0011; rulebook 2.
"""

import os
import signal
import threading
import time
from datetime import timedelta
from types import TracebackType

from chiphour.adapters.market import Market
from chiphour.adapters.market import Stopped
from chiphour.day import run_day
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import day_from_ns


class Live:
    """Runs market days one after the other at wall speed until its context ends."""

    def __init__(self, market: Market) -> None:
        """Prepare; time begins to pass when the context is entered."""
        self._market = market
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live")
        self._began_ns = 0
        self._market_ns = 0
        self.fault: BaseException | None = None

    def __enter__(self) -> "Live":
        """Let time pass."""
        self._began_ns = time.monotonic_ns()
        self._market_ns = self._market.time_ns
        self._market.at_wall_speed(self._wait)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop the members; raise what went wrong on their thread."""
        self._stop.set()
        self._thread.join()
        if self.fault is not None and fault is None:
            raise self.fault

    def _wait(self, until_ns: int) -> None:
        """Return when market time has come to `until_ns`; raises Stopped at the end."""
        while not self._stop.is_set():
            now_ns = self._market_ns + time.monotonic_ns() - self._began_ns
            if now_ns >= until_ns:
                return
            self._stop.wait(min(1.0, (until_ns - now_ns) / 1_000_000_000))
        raise Stopped

    def _run(self) -> None:
        day = day_from_ns(self._market.time_ns - STRIKE_OFFSET_NS)
        try:
            while True:
                run_day(day, self._market)
                day += timedelta(days=1)
        except Stopped:
            pass
        except BaseException as fault:
            self.fault = fault
            os.kill(os.getpid(), signal.SIGTERM)  # Serving a market that stands still is no use.
