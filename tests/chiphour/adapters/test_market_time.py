"""TEST MARKET_TIME: market time runs with the wall clock, faster where asked, and never back.

Takes   a monotonic clock that the test moves.
Gives   claims on the time and on waiting for it.
Keeps   no moment before its time.
Source  Decision 0033.
"""

import threading

from chiphour.adapters.market_time import PacedTime
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND


def test_time_passes_as_fast_as_it_is_told_to():
    monotonic_ns = [7]
    clock = PacedTime(1_000, 60, lambda: monotonic_ns[0])
    assert clock.now_ns() == 1_000
    monotonic_ns[0] += NS_PER_SECOND
    assert clock.now_ns() == 1_000 + NS_PER_MINUTE


def test_a_wait_ends_when_its_time_has_come_and_not_before():
    clock, stop = PacedTime(0, 3_600), threading.Event()
    until_ns = NS_PER_HOUR // 10
    clock.wait(until_ns, stop)
    assert clock.now_ns() >= until_ns
    clock.wait(until_ns, stop)  # What is past is not waited for.


def test_a_stop_ends_every_wait():
    clock, stop = PacedTime(0), threading.Event()
    waiting = threading.Thread(target=clock.wait, args=(1 << 62, stop))
    waiting.start()
    stop.set()
    waiting.join(timeout=30)
    assert not waiting.is_alive()
    assert clock.now_ns() < 1 << 61
