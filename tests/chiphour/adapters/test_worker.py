"""WORKER: it works until told to stop, and its fault is heard.

Takes   work that waits, and work that fails.
Gives   a failure where a thread outlives its context, or a fault is lost.
Keeps   the process alive while it is tested: the signal is caught.
Source  Decision 0020.
"""

import signal
import threading

import pytest

from chiphour.adapters.worker import Worker


def test_work_goes_on_until_the_context_ends():
    begun, ended = threading.Event(), []

    def work(stop):
        begun.set()
        ended.append(stop.wait(timeout=30))

    with Worker("work", work):
        assert begun.wait(timeout=30)
        assert not ended
    assert ended == [True]


def test_a_fault_asks_the_process_to_end_and_is_raised():
    heard = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.set())
    try:
        with pytest.raises(ValueError, match="broken"), Worker("work", broken):
            assert heard.wait(timeout=30)
    finally:
        signal.signal(signal.SIGTERM, before)


def broken(stop):
    raise ValueError("broken")
