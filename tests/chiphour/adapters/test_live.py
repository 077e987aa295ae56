"""TEST LIVE: time passes at the speed of the wall clock.

Takes   a market in a temporary folder.
Gives   claims on start, stop and faults.
Keeps   no moment before its time.
Source  Decision 0011.
"""

import signal
import time

import pytest

from chiphour.adapters.live import Live
from chiphour.adapters.market import Market
from chiphour.adapters.market import Stopped
from chiphour.units import NS_PER_SECOND


@pytest.fixture
def market(tmp_path):
    with Market(tmp_path) as market:
        yield market


def test_a_wait_ends_when_its_time_has_come_and_not_before(market):
    live = Live(market)
    live._thread.run = lambda: None  # Nobody trades; only time passes.
    began = time.monotonic()
    with live:
        live._wait(market.time_ns + NS_PER_SECOND // 5)
        assert time.monotonic() - began >= 0.2
        live._wait(market.time_ns - 1)
    with pytest.raises(Stopped):
        live._wait(market.time_ns + 1)


def test_the_end_of_the_context_stops_the_members_within_a_moment(market):
    began = time.monotonic()
    with Live(market):
        pass
    assert time.monotonic() - began < 10


def test_a_fault_of_the_market_asks_the_process_to_stop_and_is_raised(market, monkeypatch):
    heard = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))

    def fail(day):
        raise RuntimeError("planted")

    monkeypatch.setattr(market, "observe", fail)
    try:
        with pytest.raises(RuntimeError, match="planted"), Live(market) as live:
            live._thread.join()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]
