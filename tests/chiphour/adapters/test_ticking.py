"""TICKING: a tick for each interval of the clock, none when it steps back.

Takes   a real-time index without rows; a clock that the test moves.
Gives   a failure where a tick is doubled, or made of a time that was.
Keeps   the times of ticks whole multiples of the interval.
Source  docs/methodology/real-time.md.
"""

import threading

from chiphour.adapters.realtime import RealTimeIndex
from chiphour.adapters.ticking import INTERVAL_NS
from chiphour.adapters.ticking import ticking
from chiphour.index.series import SERIES

TICKER = SERIES[0].ticker


class Clock:
    """Moves when the test says so, and tells when it was read often enough since."""

    def __init__(self, now_ns):
        self.now_ns = now_ns
        self.reads = threading.Semaphore(0)

    def __call__(self):
        self.reads.release()
        return self.now_ns

    def set(self, now_ns):
        while self.reads.acquire(blocking=False):
            pass
        self.now_ns = now_ns
        for _ in range(3):  # The second reading is after the first one's tick.
            assert self.reads.acquire(timeout=30)


def test_ticks_fall_on_the_interval_and_never_go_back():
    index = RealTimeIndex(None, SERIES[:1])
    clock = Clock(10 * INTERVAL_NS + 7)
    with ticking(index, clock, 0.01):
        clock.set(10 * INTERVAL_NS + 8)
        clock.set(11 * INTERVAL_NS - 1)
        clock.set(11 * INTERVAL_NS)
        clock.set(10 * INTERVAL_NS)  # It steps back.
        clock.set(14 * INTERVAL_NS + 1)
    times = [tick.time_ns // INTERVAL_NS for tick in index.ticks(TICKER)]
    assert times == [10, 11, 14]
