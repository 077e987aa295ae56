"""CALL CHANNEL: contracts in a call: the price that it would have now, and what would trade.

Takes   events in order; the folded book of a contract.
Gives   `indicative`: price, lots and surplus; messages of our channel `auction.X`; the same as
        fields of a ticker.
Keeps   what it says equal to what UNCROSSED says when the call ends with nothing changed (a law).
        Hidden lots count, as the rulebook has it: they show in these sums alone, as they do in
        UNCROSSED.
Source  Rulebook 9.6, 9.8; decision 0030. It raises nothing.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

from chiphour.exchange import events as said
from chiphour.exchange.compose import Rows
from chiphour.exchange.events import CallReason
from chiphour.exchange.events import Kind as Event
from chiphour.wire import dialect
from chiphour.wire.depth import Book
from chiphour.wire.depth import Depth
from chiphour.wire.dialect import Instrument
from chiphour.wire.picked import kinds
from chiphour.wire.picked import picked

_MARKS = (Event.MARKED, Event.OPENED, Event.SETTLED)
_WANTED = kinds(Event.CALL_BEGUN, Event.UNCROSSED, Event.EXPIRED, *_MARKS)


class Indicative(NamedTuple):
    """The one price of a call as it would end now; the surplus is bids less asks."""

    price_ticks: int
    lots: int
    surplus_lots: int


class Call(NamedTuple):
    """A call that goes on."""

    end_ns: int
    reason: CallReason


class Calls:
    """Which contracts are in a call, and their marks, folded from all events in order."""

    def __init__(self) -> None:
        """Begin before the first event; see `adopt`."""
        self.marks_microusd: dict[int, int] = {}
        self.uncrossed: dict[int, Indicative] = {}  # What the last call of each contract printed.
        self._calls: dict[int, Call] = {}

    def adopt(self, contract: int, mark_microusd: int, end_ns: int) -> None:
        """Take a contract of a market that stands; `end_ns` is 0 outside a call."""
        self.marks_microusd[contract] = mark_microusd
        if end_ns:
            self._calls[contract] = Call(end_ns, CallReason.OPENING)

    def hear(self, events: Rows) -> set[int]:
        """Fold events; give the contracts whose call began, goes on or has ended."""
        found = set()
        for event in picked(events, _WANTED):
            kind, contract = event[said.KIND], event[said.CONTRACT]
            if kind == Event.CALL_BEGUN:
                self._calls[contract] = Call(event[said.END_NS], CallReason(event[said.REASON]))
            elif kind == Event.UNCROSSED:
                self._calls.pop(contract, None)
                self.uncrossed[contract] = Indicative(
                    event[said.PRICE_TICKS], event[said.LOTS], event[said.SURPLUS_LOTS]
                )
            elif kind == Event.EXPIRED:
                self._calls.pop(contract, None)
            else:
                self.marks_microusd[contract] = event[said.MARK_MICROUSD]
                continue
            found.add(contract)
        return found

    def call(self, contract: int, time_ns: int) -> Call | None:
        """Give the call that a contract is in, or None.

        One that ends without a print says nothing: its time tells.
        """
        found = self._calls.get(contract)
        return found if found is not None and time_ns < found.end_ns else None


class Auctions:
    """Our channel `auction.X` of one contract."""

    def __init__(self, book: Book) -> None:
        """Begin with nothing published."""
        self.book = book
        self._last: Mapping[str, object] = {}

    def take(self, calls: Calls, depth: Depth, listed: Instrument) -> dict[str, object] | None:
        """Give the call as it stands, or None where it is as it was."""
        found = auction(calls, self.book, depth.time_ns, listed)
        if found == self._last:
            return None
        self._last = found
        return self.snapshot(calls, depth, listed)

    def snapshot(self, calls: Calls, depth: Depth, listed: Instrument) -> dict[str, object]:
        """Give the call as it stands."""
        head = {
            "timestamp": dialect.ms_of_ns(depth.time_ns),
            "instrument_name": listed.name,
            "sequence": depth.sequence,
        }
        return head | auction(calls, self.book, depth.time_ns, listed)


def auction(calls: Calls, book: Book, time_ns: int, listed: Instrument) -> dict[str, object]:
    """Give what a message and a ticker say of a contract's call.

    In a call the indicative values; outside of one what the last call printed, None for nothing.
    """
    call = calls.call(book.contract, time_ns)
    if call is None:
        found = calls.uncrossed.get(book.contract)
        state: dict[str, object] = {"auction_state": "none"}
    else:
        mark_microusd = calls.marks_microusd.get(book.contract, 0)
        found = indicative(book, mark_microusd, listed.tick_microusd)
        state = {
            "auction_state": "call",
            "auction_reason": call.reason.name.lower(),
            "auction_end_timestamp": dialect.ms_of_ns(call.end_ns),
        }
    return state | {
        "auction_price": None if found is None else dialect.price(found.price_ticks, listed),
        "auction_amount": 0 if found is None else dialect.amount(found.lots),
        "auction_surplus": 0 if found is None else dialect.amount(found.surplus_lots),
    }


def indicative(book: Book, mark_microusd: int, tick_microusd: int) -> Indicative | None:
    """Find the price of a call as it would end now; None without a cross (rulebook 9.6).

    The most lots; then the least surplus; then the highest price where all have a surplus of
    bids, the lowest where all have one of asks; else the nearest to the mark, then the lowest.
    """
    found = _crossed(book)
    if not found:
        return None
    most = max(each.lots for each in found)
    found = [each for each in found if each.lots == most]
    least = min(abs(each.surplus_lots) for each in found)
    found = [each for each in found if abs(each.surplus_lots) == least]
    if all(each.surplus_lots > 0 for each in found):
        return found[-1]
    if all(each.surplus_lots < 0 for each in found):
        return found[0]
    return min(found, key=lambda each: abs(each.price_ticks * tick_microusd - mark_microusd))


def _crossed(book: Book) -> list[Indicative]:
    """Give lots and surplus at each price from the best ask to the best bid, the lowest first."""
    bids, asks = book.bids, book.asks
    if not bids.keys or not asks.keys or -bids.keys[0] < asks.keys[0]:
        return []
    least, most = asks.keys[0], -bids.keys[0]
    buys = {
        -key: bids.levels[key].open_lots for key in bids.keys[: bisect_right(bids.keys, -least)]
    }
    sells = {key: asks.levels[key].open_lots for key in asks.keys[: bisect_right(asks.keys, most)]}
    bought, sold, found = sum(buys.values()), 0, []
    for price_ticks in sorted(buys | sells):
        sold += sells.get(price_ticks, 0)
        found.append(Indicative(price_ticks, min(bought, sold), bought - sold))
        bought -= buys.get(price_ticks, 0)
    return found
