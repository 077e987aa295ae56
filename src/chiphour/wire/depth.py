"""DEPTH: the books of all contracts, folded from durable frames alone.

Takes   frames in order: their commands, int64[n, 16], and their events, int64[m, 16]. Or, to
        begin in the midst, the sections of a snapshot.
Gives   `Book`, with prices (L2), the best ones (L1) and single orders (L3); for each frame what
        moved in which book.
Keeps   L2 equal to the exchange's own book after every command (a law), and each order's number
        equal to its priority (rulebook 13.1): it tells no account, and an iceberg's next lots, or
        an order that was amended and comes again, are a new order to the public. What is hidden
        moves nothing that is told.
Source  Rulebook 9 and 13.1; `exchange/events.py`; decision 0030.

    event       what it does to the book
    RESTED      the order joins, last at its price; one that stands there leaves first
    FILL        takes lots that show, of the maker; in a CALL of both sides, displays merged
    REFRESHED   an iceberg's next lots join, last at their price
    REDUCED     takes lots: see `_reduced`
    AMENDED     takes lots in place, hidden ones first; or the order leaves, to come again
    CANCELLED   the order leaves

What waits, acts as a taker or is agreed as a block is not in the book: no order is known here
until it rests. It raises nothing: an event that the book cannot bear is our mistake, and asserted.
"""

from bisect import bisect_left
from bisect import insort
from collections.abc import Iterator
from typing import NamedTuple

from chiphour.exchange import commands as ask
from chiphour.exchange import events as said
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import Rows
from chiphour.exchange.digest import Sections
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason

NEW, CHANGE, DELETE = "new", "change", "delete"

# Plain integers: an enum's member takes four times as long to compare.
_BUY = int(Side.BUY)
_ACCEPTED, _FILL, _RESTED = int(Event.ACCEPTED), int(Event.FILL), int(Event.RESTED)
_CANCELLED, _AMENDED = int(Event.CANCELLED), int(Event.AMENDED)
_REDUCED, _REFRESHED = int(Event.REDUCED), int(Event.REFRESHED)
_SELF_TRADE, _CALL = int(Reason.SELF_TRADE), int(Cause.CALL)
# Columns of the sections `market`, `orders` and `waiting` (rulebook 13.1).
_MARKET_SEQUENCE, _MARKET_TIME_NS, _MARKET_PRIORITY = 0, 1, 7
_ID, _CONTRACT, _SIDE, _PRICE, _LOTS, _HIDDEN, _DISPLAY, _PRIORITY = 0, 2, 3, 4, 5, 13, 14, 16
_WAITING_TYPE, _WAITING_DISPLAY = 8, 12


class LevelMove(NamedTuple):
    """A price whose lots changed: those before a frame and those after it, 0 for none."""

    side: int
    price_ticks: int
    before_lots: int
    lots: int


class OrderMove(NamedTuple):
    """What happened to one order: NEW is last at its price, CHANGE keeps its place."""

    action: str
    number: int
    side: int
    price_ticks: int
    lots: int


class Moved(NamedTuple):
    """What a frame did to one book: prices from best to worst, bids first; orders as it happened.

    `levels` is empty when orders came and went and left every price as it was.
    """

    book: "Book"
    levels: list[LevelMove]
    orders: list[OrderMove]


class Resting:
    """An order in the book. `key` is its place on its side: the lower the better."""

    __slots__ = ("display_lots", "hidden_lots", "key", "ladder", "lots", "number")

    def __init__(self, ladder: "Ladder", key: int, display_lots: int) -> None:
        """Begin outside the book."""
        self.ladder, self.key, self.display_lots = ladder, key, display_lots
        self.number = self.lots = self.hidden_lots = 0


class Level:
    """The orders of one price, by number, the oldest first; the lots that show, and all lots."""

    __slots__ = ("lots", "open_lots", "orders")

    def __init__(self) -> None:
        """Begin empty."""
        self.lots = self.open_lots = 0
        self.orders: dict[int, Resting] = {}


class Ladder:
    """One side of a book: levels by key, and their keys in order, the best first.

    The key of an ask is its price, that of a bid its price turned round. `before` holds the lots
    of each level that a frame touches, as they were before it.
    """

    __slots__ = ("before", "book", "keys", "levels", "side")

    def __init__(self, book: "Book", side: int) -> None:
        """Begin empty."""
        self.book, self.side = book, side
        self.levels: dict[int, Level] = {}
        self.keys: list[int] = []
        self.before: dict[int, int] = {}

    def price_ticks(self, key: int) -> int:
        """Give the price of a key, or the key of a price."""
        return -key if self.side == _BUY else key


class Book:
    """One contract's book.

    `levels_sequence` is the SEQUENCE of the last command that touched it, of the last frame that
    left a price with other lots than before; `orders_sequence` of the last frame at all.
    """

    __slots__ = (
        *("contract", "bids", "asks", "levels_sequence", "orders_sequence", "_moves", "_touched"),
    )

    def __init__(self, contract: int, sequence: int = 0) -> None:
        """Begin empty."""
        self.contract = contract
        self.bids, self.asks = Ladder(self, Side.BUY), Ladder(self, Side.SELL)
        self.levels_sequence = self.orders_sequence = sequence
        self._moves: list[OrderMove] = []
        self._touched = 0

    def side(self, side: int) -> Ladder:
        """Give one side."""
        return self.bids if side == _BUY else self.asks

    def best(self, side: int) -> tuple[int, int] | None:
        """Give (price in ticks, lots) of the best price of a side, or None: L1."""
        ladder = self.side(side)
        if not ladder.keys:
            return None
        key = ladder.keys[0]
        return ladder.price_ticks(key), ladder.levels[key].lots

    def depth(self, side: int, depth: int | None = None) -> list[tuple[int, int, int]]:
        """Give (price in ticks, lots that show, orders) of the best prices of a side: L2."""
        ladder = self.side(side)
        return [
            (ladder.price_ticks(key), ladder.levels[key].lots, len(ladder.levels[key].orders))
            for key in ladder.keys[:depth]
        ]

    def orders(self, side: int) -> Iterator[tuple[int, int, int]]:
        """Give (number, price in ticks, lots that show) of each order, the first to trade first."""
        ladder = self.side(side)
        for key in ladder.keys:
            for number, order in ladder.levels[key].orders.items():
                yield number, ladder.price_ticks(key), order.lots


class Depth:
    """All books. `sequence` and `time_ns` are those of the last command heard."""

    def __init__(self) -> None:
        """Begin before the first command; see `adopt` for a market that goes on."""
        self.sequence = self.time_ns = 0
        self.books: dict[int, Book] = {}
        self._numbered = 0  # The last number given.
        self._orders: dict[int, Resting] = {}
        self._displays: dict[int, int] = {}  # What shows of each iceberg that is accepted.
        self._moved: list[Book] = []  # The books that the frame in work touches.

    def adopt(self, sections: Sections) -> None:
        """Take the orders of a market that stands; nothing may have been heard before."""
        assert self.sequence == 0
        market = sections.market[0]
        self.sequence, self.time_ns = int(market[_MARKET_SEQUENCE]), int(market[_MARKET_TIME_NS])
        for row in sections.orders.tolist():
            ladder = self.book(row[_CONTRACT]).side(row[_SIDE])
            order = Resting(ladder, ladder.price_ticks(row[_PRICE]), row[_DISPLAY])
            self._orders[row[_ID]] = order
            self._numbered = row[_PRIORITY] - 1
            self._join(order, row[_LOTS], row[_HIDDEN], self.sequence)
            if row[_DISPLAY]:
                self._displays[row[_ID]] = row[_DISPLAY]
        for row in sections.waiting.tolist():
            if row[_WAITING_TYPE] == OrderType.ICEBERG:
                self._displays[row[_ID]] = row[_WAITING_DISPLAY]
        self._numbered = int(market[_MARKET_PRIORITY])
        self._told()

    def book(self, contract: int) -> Book:
        """Give the book of a contract; of one that never had an order an empty one."""
        found = self.books.get(contract)
        if found is None:
            found = self.books[contract] = Book(contract, self.sequence)
        return found

    def hear(self, rows: Rows, events: Rows) -> list[Moved]:
        """Fold a frame; give what it moved, in the order in which the books were first touched."""
        displays = _displays_of(rows)
        listed = events.tolist()
        for place, event in enumerate(listed):
            kind = event[said.KIND]
            if kind == _RESTED:
                self._rested(event)
            elif kind == _FILL:
                self._fill(event)
            elif kind == _CANCELLED:
                self._cancelled(event)
            elif kind == _AMENDED:
                self._amended(event)
            elif kind == _REDUCED:
                self._reduced(event, listed[place + 1] if place + 1 < len(listed) else None)
            elif kind == _REFRESHED:
                order = self._orders[event[said.ORDER]]
                hidden_lots = event[said.LOTS_LEFT] - event[said.LOTS]
                self._join(order, event[said.LOTS], hidden_lots, event[said.SEQUENCE])
            elif kind == _ACCEPTED and event[said.ORDER] in displays:
                self._displays[event[said.ORDER]] = displays[event[said.ORDER]]
        if len(rows):
            self.sequence, self.time_ns = int(rows[-1, ask.SEQUENCE]), int(rows[-1, ask.TIME_NS])
        return self._told() if self._moved else []

    # What an event does.

    def _rested(self, event: list[int]) -> None:
        """Let an order join; one that was amended to where it stands joins anew (9.14)."""
        id, left = event[said.ORDER], event[said.LOTS_LEFT]
        order = self._orders.get(id)
        if order is not None:
            self._leave(order, event[said.SEQUENCE])
        ladder = self.book(event[said.CONTRACT]).side(event[said.SIDE])
        display_lots = self._displays.get(id, 0)
        key = ladder.price_ticks(event[said.PRICE_TICKS])
        order = self._orders[id] = Resting(ladder, key, display_lots)
        lots = min(display_lots, left) if display_lots else left
        self._join(order, lots, left - lots, event[said.SEQUENCE])

    def _fill(self, event: list[int]) -> None:
        """Take what was filled from the maker; in a call from both, for both rest (9.6)."""
        maker, taker = event[said.MAKER_ORDER], event[said.TAKER_ORDER]
        maker_left, taker_left = event[said.MAKER_LOTS_LEFT], event[said.TAKER_LOTS_LEFT]
        order, sequence = self._orders.get(maker), event[said.SEQUENCE]
        if event[said.CAUSE] == _CALL:
            assert order is not None
            self._merge(maker, order, maker_left, sequence)
            self._merge(taker, self._orders[taker], taker_left, sequence)
        elif order is not None:  # A block's order waits, and deleveraging names none.
            if order.lots > event[said.LOTS]:
                self._set(order, order.lots - event[said.LOTS], order.hidden_lots, sequence)
            else:
                assert order.lots == event[said.LOTS] and order.hidden_lots == maker_left
                self._leave(order, sequence)
                if maker_left == 0:  # Else it is REFRESHED at once.
                    self._forget(maker)
        if taker_left == 0:
            self._displays.pop(taker, None)

    def _merge(self, id: int, order: Resting, left: int, sequence: int) -> None:
        """Let an order have lots left in a call: its display merges and shows anew (9.6)."""
        if left == 0:
            self._leave(order, sequence)
            self._forget(id)
        else:
            lots = min(order.display_lots, left) if order.display_lots else left
            self._set(order, lots, left - lots, sequence)

    def _cancelled(self, event: list[int]) -> None:
        id = event[said.ORDER]
        order = self._orders.get(id)
        if order is not None:
            self._leave(order, event[said.SEQUENCE])
        self._forget(id)

    def _amended(self, event: list[int]) -> None:
        """Take lots in place, or let the order go: it comes again as a taker (9.14).

        One that slid back to its price, with no more lots, seems to stay: RESTED follows then.
        """
        id, left, sequence = event[said.ORDER], event[said.LOTS], event[said.SEQUENCE]
        order = self._orders.get(id)
        if order is None:
            return
        stays = order.key == order.ladder.price_ticks(event[said.PRICE_TICKS])
        if stays and left <= order.lots + order.hidden_lots:
            self._cut(order, left, sequence)
        else:
            self._leave(order, sequence)
            del self._orders[id]

    def _reduced(self, event: list[int], after: list[int] | None) -> None:
        """Take lots out of an order that rests, which ones by the reason.

        A reduce-only cut takes hidden lots first (9.17). A self-trade takes lots that show from
        what a taker meets (9.3); in a call displays merge and show anew (9.6). Only what follows
        tells the two apart: a taker is cut next, if the iceberg does not show its next lots first;
        of a pair in a call both rest.
        """
        id, left, sequence = event[said.ORDER], event[said.LOTS_LEFT], event[said.SEQUENCE]
        order = self._orders.get(id)
        if order is None:
            return
        if event[said.REASON] != _SELF_TRADE:
            self._cut(order, left, sequence)
        elif order.display_lots and not self._met_taker(event, after):
            self._merge(id, order, left, sequence)
        elif order.lots > event[said.LOTS]:
            self._set(order, order.lots - event[said.LOTS], order.hidden_lots, sequence)
        else:
            self._leave(order, sequence)  # It is REFRESHED at once.

    def _met_taker(self, event: list[int], after: list[int] | None) -> bool:
        """Tell whether a self-trade of a resting order was with a taker, by the event after it."""
        if after is None or after[said.SEQUENCE] != event[said.SEQUENCE]:
            return False
        if after[said.KIND] == _REFRESHED:
            return after[said.ORDER] == event[said.ORDER]
        if after[said.KIND] not in (_REDUCED, _CANCELLED):
            return False
        return after[said.REASON] == _SELF_TRADE and after[said.ORDER] not in self._orders

    def _cut(self, order: Resting, left: int, sequence: int) -> None:
        """Let an order have lots left, hidden ones taken first."""
        lots = min(order.lots, left)
        self._set(order, lots, left - lots, sequence)

    # What the book does.

    def _join(self, order: Resting, lots: int, hidden_lots: int, sequence: int) -> None:
        """Put an order last at its price, with the next number."""
        assert lots > 0 and order.lots == 0
        ladder, key = order.ladder, order.key
        level = ladder.levels.get(key)
        if level is None:
            level = ladder.levels[key] = Level()
            insort(ladder.keys, key)
        self._numbered += 1
        order.number, order.lots, order.hidden_lots = self._numbered, lots, hidden_lots
        level.orders[order.number] = order
        self._touch(ladder, key, level, sequence, NEW, order.number, lots)
        level.lots += lots
        level.open_lots += lots + hidden_lots

    def _leave(self, order: Resting, sequence: int) -> None:
        """Take an order out of its level; a level without orders vanishes."""
        ladder, key = order.ladder, order.key
        level = ladder.levels[key]
        del level.orders[order.number]
        self._touch(ladder, key, level, sequence, DELETE, order.number, 0)
        level.lots -= order.lots
        level.open_lots -= order.lots + order.hidden_lots
        order.lots = order.hidden_lots = 0
        if not level.orders:
            assert level.lots == level.open_lots == 0
            del ladder.levels[key]
            del ladder.keys[bisect_left(ladder.keys, key)]

    def _set(self, order: Resting, lots: int, hidden_lots: int, sequence: int) -> None:
        """Give an order other lots in its place."""
        assert lots > 0
        ladder, key = order.ladder, order.key
        level = ladder.levels[key]
        if lots != order.lots:  # What is hidden moves nothing.
            self._touch(ladder, key, level, sequence, CHANGE, order.number, lots)
        level.lots += lots - order.lots
        level.open_lots += lots + hidden_lots - order.lots - order.hidden_lots
        order.lots, order.hidden_lots = lots, hidden_lots

    def _touch(
        self,
        ladder: Ladder,
        key: int,
        level: Level,
        sequence: int,
        action: str,
        number: int,
        lots: int,
    ) -> None:
        """Note what a level was before this frame, and what happens to one of its orders."""
        book = ladder.book
        if key not in ladder.before:
            ladder.before[key] = level.lots
        if not book._moves:
            self._moved.append(book)
        price_ticks = -key if ladder.side == _BUY else key
        book._moves.append(OrderMove(action, number, ladder.side, price_ticks, lots))
        book._touched = sequence

    def _forget(self, id: int) -> None:
        self._orders.pop(id, None)
        self._displays.pop(id, None)

    def _told(self) -> list[Moved]:
        """Give what moved in each book since the last frame, and begin anew."""
        found = []
        for book in self._moved:
            levels = [*_level_moves(book.bids), *_level_moves(book.asks)]
            book.orders_sequence = book._touched
            if levels:
                book.levels_sequence = book._touched
            found.append(Moved(book, levels, book._moves))
            book._moves = []
        self._moved = []
        return found


def _displays_of(rows: Rows) -> dict[int, int]:
    """Give the lots that show of each iceberg that a frame asks for, by its SEQUENCE."""
    icebergs = rows[:, ask.ORDER_TYPE] == OrderType.ICEBERG
    if not icebergs.any():
        return {}
    asked = rows[icebergs & (rows[:, ask.KIND] == Kind.ORDER)]
    return dict(asked[:, [ask.SEQUENCE, ask.DISPLAY_LOTS]].tolist())


def _level_moves(ladder: Ladder) -> Iterator[LevelMove]:
    """Give the levels of a side whose lots are others than before, the best first."""
    for key, before_lots in sorted(ladder.before.items()):
        level = ladder.levels.get(key)
        lots = 0 if level is None else level.lots
        if lots != before_lots:
            yield LevelMove(ladder.side, ladder.price_ticks(key), before_lots, lots)
    ladder.before = {}
