"""TICKING: the real-time index at work: a tick of every series, every 15 seconds of the clock.

Takes   a real-time index, a clock.
Gives   `ticking`, a worker that makes the ticks.
Keeps   a tick that was missed missed: after a pause the next one has its own time, and the index
        counts those between as stale. A clock that steps back makes no tick until it has caught up.
Source  docs/methodology/real-time.md; decision 0022.
"""

import threading
from collections.abc import Callable

from chiphour.adapters.realtime import RealTimeIndex
from chiphour.adapters.worker import Worker
from chiphour.index.realtime import REAL_TIME
from chiphour.units import NS_PER_SECOND

INTERVAL_NS = REAL_TIME.interval_ns


def ticking(index: RealTimeIndex, now_ns: Callable[[], int], pause_s_max: float = 1.0) -> Worker:
    """Give the worker that makes the ticks of an index; it reads the clock every `pause_s_max`."""

    def work(stop: threading.Event) -> None:
        last_ns = 0
        while not stop.is_set():
            at_ns = now_ns()
            time_ns = at_ns // INTERVAL_NS * INTERVAL_NS
            if time_ns > last_ns:
                index.tick(time_ns)
                last_ns = time_ns
            left_ns = time_ns + INTERVAL_NS - at_ns
            stop.wait(min(pause_s_max, max(0.0, left_ns / NS_PER_SECOND)))

    return Worker("ticking", work)
