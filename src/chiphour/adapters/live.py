"""LIVE: the market goes on at the speed of the wall clock, on a thread of its own.

Takes   a market that has been brought to its present.
Gives   `live`, a context: inside it, time passes; at its end the members have stopped.
Keeps   market time a function of the wall clock since the start, never ahead of it.
Source  Decision 0011; rulebook 2.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from datetime import timedelta

from chiphour.adapters.market import Market
from chiphour.adapters.market import Stopped
from chiphour.adapters.worker import Worker
from chiphour.day import run_day
from chiphour.units import NS_PER_SECOND
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import day_from_ns


@contextmanager
def live(market: Market) -> Iterator[None]:
    """Run market days one after the other at wall speed until the context ends."""
    began_ns, market_ns = time.monotonic_ns(), market.time_ns

    def work(stop: threading.Event) -> None:
        def wait(until_ns: int) -> None:
            """Return when market time has come to `until_ns`; raises Stopped at the end."""
            while not stop.is_set():
                now_ns = market_ns + time.monotonic_ns() - began_ns
                if now_ns >= until_ns:
                    return
                stop.wait(min(1.0, (until_ns - now_ns) / NS_PER_SECOND))
            raise Stopped

        market.at_wall_speed(wait)
        day = day_from_ns(market_ns - STRIKE_OFFSET_NS)
        with suppress(Stopped):
            while True:
                run_day(day, market)
                day += timedelta(days=1)

    with Worker("live", work):
        yield
