"""TEST LIVE: time passes at the speed of the wall clock.

Takes   a market in a temporary folder.
Gives   claims on start, stop and faults.
Keeps   no moment before its time.
Source  Decision 0011.
"""

import signal
import threading
import time

import pytest

from chiphour.adapters.live import live
from chiphour.adapters.market import Market
from chiphour.adapters.market import Stopped
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND


@pytest.fixture
def market(tmp_path):
    with Market(tmp_path) as market:
        yield market


def test_a_wait_ends_when_its_time_has_come_and_not_before(market, monkeypatch):
    waits, begun = [], threading.Event()
    monkeypatch.setattr(market, "at_wall_speed", waits.append)

    def day_without_end(day, market):
        begun.set()
        waits[0](market.time_ns + NS_PER_DAY)  # Raises Stopped when the context ends.

    monkeypatch.setattr("chiphour.adapters.live.run_day", day_without_end)
    began = time.monotonic()
    with live(market):
        assert begun.wait(timeout=30)
        (wait,) = waits
        wait(market.time_ns + NS_PER_SECOND // 5)
        assert time.monotonic() - began >= 0.2
        wait(market.time_ns - 1)
    with pytest.raises(Stopped):
        wait(market.time_ns + 1)


def test_the_end_of_the_context_stops_the_members_within_a_moment(market):
    began = time.monotonic()
    with live(market):
        pass
    assert time.monotonic() - began < 10


def test_a_fault_of_the_market_asks_the_process_to_stop_and_is_raised(market, monkeypatch):
    heard = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.set())

    def fail(day):
        raise RuntimeError("planted")

    monkeypatch.setattr(market, "observe", fail)
    try:
        with pytest.raises(RuntimeError, match="planted"), live(market):
            assert heard.wait(timeout=30)
    finally:
        signal.signal(signal.SIGTERM, before)
