"""CANDLES: trades folded into open, high, low, close and volume, by the dialect's resolutions.

Takes   events in order.
Gives   candles; the objects of `chart.trades.X.RESOLUTION` and of
        `public/get_tradingview_chart_data`.
Keeps   at most CANDLES_KEPT candles of each contract and resolution, the newest: a perpetual's
        minutes of a day and a half, its days of five years. Finer candles merge into the coarser
        ones (a law). Only fills that make a last price count: no blocks, no deleveraging.
Source  Deribit's API v2; rulebook 9.12, 9.16; decision 0030.

A candle begins at a multiple of its length since 1 January 1970, UTC, and exists where there was
a trade; a chart fills the gaps with the close before. It raises nothing.
"""

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from chiphour.exchange import events as said
from chiphour.exchange.compose import Rows
from chiphour.exchange.events import Kind as Event
from chiphour.units import NS_PER_MINUTE
from chiphour.wire import dialect
from chiphour.wire.dialect import Instrument
from chiphour.wire.picked import kinds
from chiphour.wire.picked import picked
from chiphour.wire.tape import CAUSES_WITH_PRICE

CANDLES_KEPT = 2_000
POINTS_MAX = 5_000  # Of one chart, gaps filled.
MINUTES = (1, 3, 5, 10, 15, 30, 60, 120, 180, 360, 720)
RESOLUTIONS_NS = {str(minutes): minutes * NS_PER_MINUTE for minutes in MINUTES}
RESOLUTIONS_NS |= {"1D": 1440 * NS_PER_MINUTE}

_WANTED = kinds(Event.FILL, Event.LISTED)
_LISTED = int(Event.LISTED)


class Candle(NamedTuple):
    """What traded from `start_ns` on; `cost_ticks` is the sum of price times lots."""

    start_ns: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    lots: int
    cost_ticks: int


class Candles:
    """The candles of all contracts, folded from all events in order."""

    def __init__(self, kept: int = CANDLES_KEPT) -> None:
        """Begin without candles."""
        self._kept = kept
        self._series: dict[tuple[int, str], deque[Candle]] = {}

    def hear(self, events: Rows) -> set[int]:
        """Fold events; give the contracts whose last candles are others now."""
        minutes: dict[int, Candle] = {}  # Of each contract the minute in work.
        found = set()
        for event in picked(events, _WANTED):
            contract = event[said.CONTRACT]
            if event[said.KIND] == _LISTED:  # Another contract takes the number.
                minutes.pop(contract, None)
                for resolution in RESOLUTIONS_NS:
                    self._series.pop((contract, resolution), None)
            elif event[said.CAUSE] in CAUSES_WITH_PRICE:
                found.add(contract)
                minute = _minute_of(event)
                before = minutes.get(contract)
                if before is not None and before.start_ns == minute.start_ns:
                    minute = merged(before, minute)
                elif before is not None:
                    self._add(contract, before)
                minutes[contract] = minute
        for contract, minute in minutes.items():
            self._add(contract, minute)
        return found

    def candles(self, contract: int, resolution: str) -> list[Candle]:
        """Give the candles that are kept, the oldest first."""
        return list(self._series.get((contract, resolution), ()))

    def last(self, listed: Instrument, resolution: str) -> dict[str, object] | None:
        """Say what the channel says of the last candle of a contract; None before its first."""
        series = self._series.get((listed.number, resolution))
        return candle_object(series[-1], listed) if series else None

    def chart(
        self, listed: Instrument, resolution: str, start_ms: int, end_ms: int, now_ns: int
    ) -> dict[str, object]:
        """Say what `public/get_tradingview_chart_data` says, from the first candle that is kept.

        The first point is that in which `start_ms` lies, none is after `end_ms` or `now_ns`; of
        more than POINTS_MAX the last ones are given.
        """
        step_ns = RESOLUTIONS_NS[resolution]
        kept = self.candles(listed.number, resolution)
        start_ns = dialect.ns_of_ms(start_ms)
        end_ns = min(dialect.ns_of_ms(end_ms), now_ns)
        start_ns = max(start_ns - start_ns % step_ns, kept[0].start_ns if kept else end_ns + 1)
        start_ns = max(start_ns, end_ns - end_ns % step_ns - (POINTS_MAX - 1) * step_ns)
        points = filled(kept, start_ns, end_ns, step_ns)
        rows = [candle_object(point, listed) for point in points]
        said_of: dict[str, object] = {
            word: [row[name] for row in rows] for word, name in _CHART_WORDS.items()
        }
        return {"status": "ok" if rows else "no_data"} | said_of

    def _add(self, contract: int, minute: Candle) -> None:
        """Merge what traded in a minute into the last candle of each resolution."""
        for resolution, step_ns in RESOLUTIONS_NS.items():
            series = self._series.get((contract, resolution))
            if series is None:
                series = deque(maxlen=self._kept)
                self._series[contract, resolution] = series
            start_ns = minute.start_ns - minute.start_ns % step_ns
            if series and series[-1].start_ns == start_ns:
                series[-1] = merged(series[-1], minute)
            else:
                series.append(minute._replace(start_ns=start_ns))


def merged(earlier: Candle, later: Candle) -> Candle:
    """Give the candle of two that follow one another, from where the earlier begins."""
    return Candle(
        earlier.start_ns,
        earlier.open_ticks,
        max(earlier.high_ticks, later.high_ticks),
        min(earlier.low_ticks, later.low_ticks),
        later.close_ticks,
        earlier.lots + later.lots,
        earlier.cost_ticks + later.cost_ticks,
    )


def filled(candles: Iterable[Candle], start_ns: int, end_ns: int, step_ns: int) -> list[Candle]:
    """Give a candle for each step from start to end, both counted: a gap has the close before.

    `candles` begin no later than `start_ns`, which is where a step begins.
    """
    found: list[Candle] = []
    known = {candle.start_ns: candle for candle in candles}
    before = [candle for candle in known.values() if candle.start_ns < start_ns]
    close_ticks = before[-1].close_ticks if before else 0
    for at_ns in range(start_ns, end_ns + 1, step_ns):
        candle = known.get(at_ns) or _flat(at_ns, close_ticks, 0)
        close_ticks = candle.close_ticks
        found.append(candle)
    return found


def candle_object(candle: Candle, listed: Instrument) -> dict[str, object]:
    """Say what the dialect's channel says of a candle; its cost is in dollars."""
    return {
        "tick": dialect.ms_of_ns(candle.start_ns),
        "open": dialect.price(candle.open_ticks, listed),
        "high": dialect.price(candle.high_ticks, listed),
        "low": dialect.price(candle.low_ticks, listed),
        "close": dialect.price(candle.close_ticks, listed),
        "volume": dialect.amount(candle.lots),
        "cost": dialect.price(candle.cost_ticks, listed),
    }


_CHART_WORDS = {"ticks": "tick"} | {
    word: word for word in ("open", "high", "low", "close", "volume", "cost")
}


def _minute_of(event: list[int]) -> Candle:
    """Give a single fill as a candle of its minute."""
    time_ns = event[said.TIME_NS]
    return _flat(time_ns - time_ns % NS_PER_MINUTE, event[said.PRICE_TICKS], event[said.LOTS])


def _flat(start_ns: int, price_ticks: int, lots: int) -> Candle:
    cost_ticks = price_ticks * lots
    return Candle(start_ns, price_ticks, price_ticks, price_ticks, price_ticks, lots, cost_ticks)
