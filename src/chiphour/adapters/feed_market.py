"""FEED MARKET: the channels of the market: books, quotes, tickers, trades, candles, calls.

Takes   frames as the gateway folded them.
Gives   `FAMILIES`: sources by the first word of a channel's name.
Keeps   one chain of change ids in a channel, whoever comes and goes; nothing said twice, nothing
        empty.
Source  Deribit's API v2, "Subscriptions"; `wire/book_channel.py`; decisions 0030 and 0035.

    book.X.raw|100ms|agg2               prices: a snapshot, then changes
    book.X.GROUP.DEPTH.100ms|agg2       at most DEPTH prices in steps of GROUP ticks, always whole
    quote.X                             the best bid and ask
    orders.X.raw                        single orders (ours)
    ticker.X.raw|100ms|agg2             prices, interest, funding, bands, quality
    trades.X.raw|100ms|agg2             public trades, as a list; X is also future.USDC, any.any
    chart.trades.X.RESOLUTION           the last candle, when a trade changes it
    auction.X                           a call as it stands, what it printed (ours)
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Protocol

from chiphour.adapters.feed import Family
from chiphour.adapters.feed import Source
from chiphour.adapters.feed_account import contract_of_words
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.gateway import Heard
from chiphour.adapters.rpc import Asker
from chiphour.adapters.rpc_market import quote_of
from chiphour.exchange import events as said
from chiphour.wire import dialect_market
from chiphour.wire.book_channel import DEPTHS
from chiphour.wire.book_channel import GROUPS_TICKS
from chiphour.wire.book_channel import GroupedLevels
from chiphour.wire.book_channel import LevelChanges
from chiphour.wire.book_channel import OrderChanges
from chiphour.wire.book_channel import Quotes
from chiphour.wire.call_channel import Auctions
from chiphour.wire.candles import RESOLUTIONS_NS
from chiphour.wire.depth import Depth
from chiphour.wire.depth import Moved
from chiphour.wire.dialect import Instrument
from chiphour.wire.tape import PublicTrade
from chiphour.wire.tape import trade_object

TURNS = {"raw": 0, "100ms": 1, "agg2": 10}

Message = dict[str, object]


class Told(Protocol):
    """What a channel of a book has to say."""

    def take(self, depth: Depth, listed: Instrument) -> Message | None:
        """Give what there is to say since the last time, or None."""

    def snapshot(self, depth: Depth, listed: Instrument) -> Message:
        """Give all of it."""


class OfBook:
    """A channel of one contract's book."""

    begins_anew = True

    def __init__(
        self,
        gateway: Gateway,
        contract: int,
        turns: int,
        told: Told,
        add: Callable[[Moved], None] = lambda moved: None,
    ) -> None:
        """Say what `told` has to say: after each frame, or each so many turns of the timer."""
        self._gateway, self._contract, self._turns = gateway, contract, turns
        self._told, self._add = told, add
        self._touched = False

    def first(self) -> object | None:
        """Give all of it."""
        return self._told.snapshot(self._gateway.board.depth, self._listed())

    def hear(self, heard: Heard) -> Iterable[object]:
        """Take what a frame moved in this book."""
        for moved in heard.seen.moved:
            if moved.book.contract == self._contract:
                self._add(moved)
                self._touched = True
        return self.flush() if self._touched and not self._turns else ()

    def flush(self) -> Iterable[object]:
        """Give what has gathered."""
        if not self._touched:
            return ()
        self._touched = False
        found = self._told.take(self._gateway.board.depth, self._listed())
        return () if found is None else (found,)

    def tick(self, turn: int) -> Iterable[object]:
        """Give what has gathered, when it is the turn for it."""
        return self.flush() if self._turns and turn % self._turns == 0 else ()

    def _listed(self) -> Instrument:
        return self._gateway.instruments[self._contract]


def _book(gateway: Gateway, words: Sequence[str], asker: Asker) -> Source | None:
    listed = gateway.by_name.get(words[0]) if words else None
    if listed is None:
        return None
    book = gateway.board.depth.book(listed.number)
    match words[1:]:
        case [interval] if interval in TURNS:
            changes = LevelChanges(book)
            turns = TURNS[interval]
            return OfBook(
                gateway, listed.number, turns, changes, lambda moved: changes.add(moved.levels)
            )
        case [group, depth, interval] if group in GROUPS_TICKS and depth in _DEPTHS:
            if TURNS.get(interval, 0):
                told = GroupedLevels(book, GROUPS_TICKS[group], int(depth))
                return OfBook(gateway, listed.number, TURNS[interval], told)
    return None


def _quote(gateway: Gateway, words: Sequence[str], asker: Asker) -> Source | None:
    listed = gateway.by_name.get(words[0]) if len(words) == 1 else None
    if listed is None:
        return None
    return OfBook(gateway, listed.number, 0, Quotes(gateway.board.depth.book(listed.number)))


def _orders(gateway: Gateway, words: Sequence[str], asker: Asker) -> Source | None:
    listed = gateway.by_name.get(words[0]) if len(words) == 2 and words[1] == "raw" else None
    if listed is None:
        return None
    changes = OrderChanges(gateway.board.depth.book(listed.number))
    return OfBook(gateway, listed.number, 0, changes, lambda moved: changes.add(moved.orders))


class Ticker(OfBook):
    """The ticker of a contract: when its book, its trades, its prices or its state have changed."""

    def __init__(self, gateway: Gateway, listed: Instrument, turns: int) -> None:
        """Begin with nothing said."""
        super().__init__(gateway, listed.number, turns, _Tickers(gateway))
        self._row = listed.row

    def hear(self, heard: Heard) -> Iterable[object]:
        """Note whether anything may have changed; the row is compared when it is said."""
        number = self._contract
        events = heard.told.events
        of_it = events[:, said.CONTRACT] == number
        self._touched = self._touched or bool(of_it.any())
        return self.flush() if self._touched and not self._turns else ()


class _Tickers:
    """What a ticker says, unless it would say the same again."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._last: Message = {}

    def take(self, depth: Depth, listed: Instrument) -> Message | None:
        found = self.snapshot(depth, listed)
        same = self._last | {"timestamp": found["timestamp"]} == found
        self._last = found
        return None if same else found

    def snapshot(self, depth: Depth, listed: Instrument) -> Message:
        gateway = self._gateway
        return dialect_market.ticker(quote_of(gateway, listed), gateway.limits, depth.time_ns)


class Trades:
    """Public trades of one contract, or of all (-1): as they come, or gathered over turns."""

    begins_anew = False

    def __init__(self, gateway: Gateway, contract: int, turns: int) -> None:
        """Begin with the next trade."""
        self._gateway, self._contract, self._turns = gateway, contract, turns
        self._gathered: list[PublicTrade] = []

    def first(self) -> object | None:
        """Tell nothing: what was before is asked for by `public/get_last_trades_...`."""
        return None

    def hear(self, heard: Heard) -> Iterable[object]:
        """Take the trades of a frame."""
        for trade in heard.seen.trades:
            if self._contract in (-1, trade.contract):
                self._gathered.append(trade)
        return self.flush() if self._gathered and not self._turns else ()

    def flush(self) -> Iterable[object]:
        """Give what has gathered."""
        gathered, self._gathered = self._gathered, []
        instruments = self._gateway.instruments
        found = [trade_object(trade, instruments[trade.contract]) for trade in gathered]
        return (found,) if found else ()

    def tick(self, turn: int) -> Iterable[object]:
        """Give what has gathered, when it is the turn for it."""
        return self.flush() if self._turns and turn % self._turns == 0 else ()


class Chart:
    """The last candle of a contract: at the turn after a trade."""

    begins_anew = True

    def __init__(self, gateway: Gateway, listed: Instrument, resolution: str) -> None:
        """Begin with the last candle."""
        self._gateway, self._listed, self._resolution = gateway, listed, resolution
        self._touched = False

    def first(self) -> object | None:
        """Give the last candle, or nothing before the first trade."""
        return self._gateway.board.candles_of.last(self._listed, self._resolution)

    def hear(self, heard: Heard) -> Iterable[object]:
        """Note whether a frame changed it."""
        self._touched = self._touched or self._listed.number in heard.seen.candled
        return ()

    def flush(self) -> Iterable[object]:
        """Give it, where it has changed."""
        if not self._touched:
            return ()
        self._touched = False
        found = self.first()
        return () if found is None else (found,)

    def tick(self, turn: int) -> Iterable[object]:
        """Give it, where it has changed."""
        return self.flush()


class Auction:
    """A contract's call: when it begins or ends, and when orders move what it would give."""

    begins_anew = True

    def __init__(self, gateway: Gateway, listed: Instrument) -> None:
        """Begin with how it stands."""
        self._gateway, self._listed = gateway, listed
        self._told = Auctions(gateway.board.book(listed.number))
        self._touched = False

    def first(self) -> object | None:
        """Tell how it stands."""
        board = self._gateway.board
        return self._told.snapshot(board.calls, board.depth, self._listed)

    def hear(self, heard: Heard) -> Iterable[object]:
        """Note whether a frame may have changed it."""
        number, seen = self._listed.number, heard.seen
        moved = any(each.book.contract == number for each in seen.moved)
        self._touched = self._touched or moved or number in seen.called
        return ()

    def flush(self) -> Iterable[object]:
        """Tell it, where it is another than before."""
        if not self._touched:
            return ()
        self._touched = False
        board = self._gateway.board
        found = self._told.take(board.calls, board.depth, self._listed)
        return () if found is None else (found,)

    def tick(self, turn: int) -> Iterable[object]:
        """Tell it each turn, where it is another than before."""
        return self.flush()


def _ticker(gateway: Gateway, words: Sequence[str], asker: Asker) -> Source | None:
    listed = gateway.by_name.get(words[0]) if len(words) == 2 and words[1] in TURNS else None
    return None if listed is None else Ticker(gateway, listed, TURNS[words[1]])


def _trades(gateway: Gateway, words: Sequence[str], asker: Asker) -> Source | None:
    if not words or words[-1] not in TURNS:
        return None
    contract = contract_of_words(gateway, words[:-1])
    return None if contract is None else Trades(gateway, contract, TURNS[words[-1]])


def _chart(gateway: Gateway, words: Sequence[str], asker: Asker) -> Source | None:
    if len(words) != 3 or words[0] != "trades" or words[2] not in RESOLUTIONS_NS:
        return None
    listed = gateway.by_name.get(words[1])
    return None if listed is None else Chart(gateway, listed, words[2])


def _auction(gateway: Gateway, words: Sequence[str], asker: Asker) -> Source | None:
    listed = gateway.by_name.get(words[0]) if len(words) == 1 else None
    return None if listed is None else Auction(gateway, listed)


_DEPTHS = frozenset(str(depth) for depth in DEPTHS)
FAMILIES: dict[str, Family] = {
    "book": _book,
    "quote": _quote,
    "orders": _orders,
    "ticker": _ticker,
    "trades": _trades,
    "chart": _chart,
    "auction": _auction,
}
