"""EXCHANGE_METER: how much the exchange has to do, and how far it has come.

Takes   `Told`; a clock; what knows how many commands wait.
Gives   meters: commands by kind, fills, sequence, market time, orders a second, the queue.
Keeps   a rate over the last full ten seconds, whoever reads and however often.
Source  Decision 0034.
"""

import threading
import time
from collections import Counter
from collections import deque
from collections.abc import Callable

import numpy as np

from chiphour.adapters.commit import Told
from chiphour.adapters.meters import Meters
from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.units import NS_PER_SECOND

RATE_S = 10
KINDS = max(Kind) + 1


class ExchangeMeter:
    """Counts what the exchange did."""

    def __init__(self, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Begin at nought."""
        self._now_ns = now_ns
        self._turn = threading.Lock()
        self._kinds = np.zeros(KINDS, np.int64)
        self._fills = 0
        self._sequence = self._time_ns = 0
        self._orders: deque[tuple[int, int]] = deque(maxlen=RATE_S + 2)  # By second: how many.

    def hear(self, told: Told) -> None:
        """Count what became durable."""
        if not len(told.rows):
            return
        kinds = np.bincount(np.clip(told.rows[:, c.KIND], 0, KINDS - 1), minlength=KINDS)
        second = self._now_ns() // NS_PER_SECOND
        with self._turn:
            self._kinds += kinds
            self._fills += int(np.count_nonzero(told.events[:, e.KIND] == e.Kind.FILL))
            self._sequence = int(told.rows[-1, c.SEQUENCE])
            self._time_ns = int(told.rows[-1, c.TIME_NS])
            if orders := int(kinds[Kind.ORDER]):
                before = self._orders.pop()[1] if self._is_now(second) else 0
                self._orders.append((second, before + orders))

    def add_to(self, meters: Meters, waiting: Callable[[], int]) -> None:
        """Add the meters; `waiting` tells how many commands wait for the writer.

        What was heard before, from the journal, counts for no rate.
        """
        with self._turn:
            self._orders.clear()
        meters.counter(
            "chiphour_exchange_commands", "Commands that became durable.", self._by_kind, "kind"
        )
        meters.counter("chiphour_exchange_fills", "Fills.", lambda: self._fills)
        meters.gauge("chiphour_exchange_sequence", "Of the last command.", lambda: self._sequence)
        meters.gauge(
            "chiphour_exchange_market_time_seconds",
            "Market time of the last command.",
            lambda: self._time_ns / NS_PER_SECOND,
        )
        meters.gauge(
            "chiphour_exchange_orders_per_second",
            f"Orders a second, over the last {RATE_S} full seconds.",
            self._rate,
        )
        meters.gauge(
            "chiphour_exchange_queue_commands", "Commands that wait for the writer.", waiting
        )

    def _is_now(self, second: int) -> bool:
        return bool(self._orders) and self._orders[-1][0] == second

    def _by_kind(self) -> Counter[str]:
        with self._turn:
            return Counter({kind.name.lower(): int(self._kinds[kind]) for kind in Kind})

    def _rate(self) -> float:
        last = self._now_ns() // NS_PER_SECOND
        with self._turn:
            return sum(n for second, n in self._orders if last - RATE_S <= second < last) / RATE_S
