"""BOARD: what anybody may see of a market, folded: books, calls, trades, candles, settlements.

Takes   frames in order, with the number of each trade; the contracts by number.
Gives   what the public methods and channels read; what a frame changed, as `Seen`.
Keeps   nothing of an account. What was kept of a contract goes when another takes its number.
Source  `wire/depth.py`, `tape.py`, `candles.py`, `settled.py`, `call_channel.py`; decision 0030.
"""

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from typing import NamedTuple

from chiphour.adapters.commit import Told
from chiphour.adapters.rpc_params import MS_MAX
from chiphour.adapters.rpc_params import Window
from chiphour.exchange import events as said
from chiphour.exchange.events import Kind as Event
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.wire import call_channel
from chiphour.wire import dialect
from chiphour.wire.call_channel import Calls
from chiphour.wire.candles import RESOLUTIONS_NS
from chiphour.wire.candles import Candles
from chiphour.wire.depth import Book
from chiphour.wire.depth import Depth
from chiphour.wire.depth import Moved
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect_market import Call
from chiphour.wire.dialect_market import Paid
from chiphour.wire.dialect_market import Traded
from chiphour.wire.jsonrpc import ID_MAX
from chiphour.wire.settled import COUNT_MAX
from chiphour.wire.settled import Settled
from chiphour.wire.tape import PublicTrade
from chiphour.wire.tape import Tape

RATE_HOURS = 8
NONE = "none"  # The continuation of a last page.

Object = dict[str, Any]


class Seen(NamedTuple):
    """What a frame changed: books, trades, contracts with another last candle or another call."""

    moved: list[Moved]
    trades: list[PublicTrade]
    candled: set[int]
    called: set[int]


class Board:
    """What anybody may see. `instruments` is the gateway's own, which changes."""

    def __init__(self, instruments: Mapping[int, Instrument]) -> None:
        """Begin before the market's first frame."""
        self.depth, self.calls = Depth(), Calls()
        self.tape, self.candles_of, self.settled = Tape(), Candles(), Settled()
        self._instruments = instruments
        self._interest_microusd: dict[int, int] = {}

    def hear(self, told: Told, numbers: Sequence[int]) -> Seen:
        """Fold a frame; `numbers` has one for each FILL, in order."""
        events = told.events
        moved = self.depth.hear(told.rows, events)
        trades, candled = self.tape.hear(events, numbers), self.candles_of.hear(events)
        self.settled.hear(events, self._instruments)
        for row in events[events[:, said.KIND] == Event.FUNDED].tolist():
            paid = self._interest_microusd.get(row[said.CONTRACT], 0) - row[said.PER_LOT_MICROUSD]
            self._interest_microusd[row[said.CONTRACT]] = paid
        return Seen(moved, trades, candled, self.calls.hear(events))

    def book(self, contract: int) -> Book:
        """Give a contract's book."""
        return self.depth.book(contract)

    def indicative(self, contract: int) -> Call | None:
        """Give what a call would give if it ended now; None outside one."""
        if self.calls.call(contract, self.depth.time_ns) is None:
            return None
        mark_microusd = self.calls.marks_microusd.get(contract, 0)
        tick_microusd = self._instruments[contract].tick_microusd
        found = call_channel.indicative(self.book(contract), mark_microusd, tick_microusd)
        return Call(None, 0, 0) if found is None else Call(*found)

    def traded(self, contract: int, since_ns: int) -> Traded:
        """Sum up what traded since a time, cut to the minute; over more than a day to the hour."""
        is_long = self.depth.time_ns - since_ns > NS_PER_DAY
        candles = self.candles_of.candles(contract, "60" if is_long else "1")
        found = [each for each in candles if each.start_ns >= since_ns]
        if not found:
            return Traded()
        return Traded(
            sum(each.lots for each in found),
            sum(each.cost_ticks for each in found),
            found[0].open_ticks,
            max(each.high_ticks for each in found),
            min(each.low_ticks for each in found),
        )

    def paid(self, contract: int) -> Paid:
        """Sum up what funding was paid."""
        listed, now_ms = self._instruments[contract], dialect.ms_of_ns(self.depth.time_ns)
        since_ms = max(0, now_ms - dialect.ms_of_ns(RATE_HOURS * NS_PER_HOUR))
        share = self.settled.funding_value(listed, since_ms, now_ms)
        return Paid(int(share.scaleb(6)), self._interest_microusd.get(contract, 0))

    def trades(self, contracts: Collection[int], window: Window) -> Object:
        """Give `trades` and `has_more`."""
        bounds = {
            "start_ms": window.start_ms or None,
            "end_ms": None if window.end_ms == MS_MAX else window.end_ms,
            "count": window.most,
        }
        sorting = "asc" if window.is_ascending else "desc"
        if set(contracts) >= set(self._instruments) and len(contracts) != 1:
            return self.tape.by_currency(self._instruments, **bounds, sorting=sorting)  # type: ignore[arg-type]
        first = window.first or None
        last = None if window.last == ID_MAX else window.last
        pages = [
            self.tape.by_instrument(
                self._instruments[number],
                first,
                last,
                sorting=sorting,
                **bounds,  # type: ignore[arg-type]
            )
            for number in contracts
        ]
        return pages[0] if len(pages) == 1 else _together(pages, window)

    def candles(self, contract: int, resolution: str, start_ms: int, end_ms: int) -> Object | None:
        """Give the columns of a chart; None where there is no such resolution."""
        if resolution not in RESOLUTIONS_NS:
            return None
        listed, now_ns = self._instruments[contract], self.depth.time_ns
        return self.candles_of.chart(listed, resolution, start_ms, end_ms, now_ns)

    def funding(self, contract: int, start_ms: int, end_ms: int) -> list[Object]:
        """Give the fundings of a span, the oldest first."""
        return self.settled.funding_history(self._instruments[contract], start_ms, end_ms)

    def funding_value(self, contract: int, start_ms: int, end_ms: int) -> Decimal:
        """Give what a long position paid in a span, as a share of its worth."""
        return self.settled.funding_value(self._instruments[contract], start_ms, end_ms)

    def settlements(
        self,
        contracts: Collection[int],
        kind: str | None,
        count: int,
        latest_ms: int,
        continuation: int | None,
    ) -> Object:
        """Give `settlements`, the newest first; `continuation` says how many came before."""
        found: list[Any] = []
        for number in contracts:
            listed = self._instruments[number]
            page: Any = self.settled.settlements(listed, kind, COUNT_MAX, latest_ms)
            found += page["settlements"]
        found.sort(key=lambda each: each["timestamp"], reverse=True)
        begin = continuation or 0
        left = len(found) > begin + count
        return {
            "settlements": found[begin : begin + count],
            "continuation": str(begin + count) if left else NONE,
        }

    def deliveries(self, index: str) -> list[Object]:
        """Give `date` and `delivery_price` of an index, the newest first."""
        found: Any = self.settled.delivery_prices(index, 0, COUNT_MAX)
        return list(found["data"])


def _together(pages: Sequence[Object], window: Window) -> Object:
    """Join pages of several contracts: the first from a start that was named, else the last."""
    found = [trade for page in pages for trade in page["trades"]]
    found.sort(key=lambda trade: (trade["timestamp"], trade["trade_seq"]))
    page = found[: window.most] if window.start_ms else found[-window.most :]
    has_more = len(found) > len(page) or any(each["has_more"] for each in pages)
    return {"trades": page if window.is_ascending else page[::-1], "has_more": has_more}
