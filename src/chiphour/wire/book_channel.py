"""BOOK CHANNEL: the folded books as the dialect publishes them, and single orders as ours does.

Takes   a `Depth` after each frame, and what the frame moved; the contract.
Gives   messages of `book.X.raw`, `book.X.100ms`, `book.X.GROUP.DEPTH.INTERVAL`, `quote.X` and
        our own `orders.X.raw`, as objects ready for JSON.
Keeps   whoever applies the rows of a snapshot and of all changes after it has the book; no change
        is empty; `prev_change_id` is the `change_id` of the message before; `checksum` is that
        of the book after the message. Nothing of an account or of hidden lots is in any of them.
Source  Deribit's API v2; docs/api/checksum.md; decision 0030.

    frame ─▶ Depth.hear ─▶ LevelChanges.add ... add ─▶ take ─▶ {"type": "change", ...}

Who joins a channel is given `snapshot`; before it `take` is published to those who are there
already, so that one chain of `change_id`s serves all. It raises nothing.
"""

from collections.abc import Sequence
from decimal import Decimal
from zlib import crc32

from chiphour.exchange.commands import Side
from chiphour.units import div_ceil
from chiphour.wire import dialect
from chiphour.wire.depth import CHANGE
from chiphour.wire.depth import DELETE
from chiphour.wire.depth import NEW
from chiphour.wire.depth import Book
from chiphour.wire.depth import Depth
from chiphour.wire.depth import Ladder
from chiphour.wire.depth import LevelMove
from chiphour.wire.depth import OrderMove
from chiphour.wire.dialect import Instrument

CHECKSUM_LEVELS = 10  # Of each side.
GROUPS_TICKS = {"none": 1} | {str(ticks): ticks for ticks in (1, 2, 5, 10, 25, 100, 250)}
DEPTHS = (1, 10, 20)

Message = dict[str, object]
_NAMES = {int(Side.BUY): "bids", int(Side.SELL): "asks"}


class LevelChanges:
    """What a channel of prices has not yet published: of each price touched its lots then.

    One serves `raw`, with `take` after each frame; another `100ms`, with `take` so often.
    """

    def __init__(self, book: Book) -> None:
        """Begin at the book as it is."""
        self.book = book
        self.change_id = book.levels_sequence
        self._before: dict[tuple[int, int], int] = {}

    def add(self, levels: Sequence[LevelMove]) -> None:
        """Take in what a frame moved."""
        for move in levels:
            self._before.setdefault((move.side, move.price_ticks), move.before_lots)

    def take(self, depth: Depth, listed: Instrument) -> Message | None:
        """Give what changed since the last message, or None where every price is as it was."""
        rows: dict[str, list[list[object]]] = {"bids": [], "asks": []}
        for (side, price_ticks), before_lots in sorted(self._before.items(), key=_best_first):
            ladder = self.book.side(side)
            level = ladder.levels.get(ladder.price_ticks(price_ticks))
            lots = 0 if level is None else level.lots
            if lots != before_lots:
                action = DELETE if lots == 0 else CHANGE if before_lots else NEW
                row = [action, dialect.price(price_ticks, listed), dialect.amount(lots)]
                rows[_NAMES[side]].append(row)
        self._before = {}
        if not rows["bids"] and not rows["asks"]:
            return None
        previous, self.change_id = self.change_id, self.book.levels_sequence
        return _headed("change", depth, listed, self.change_id, previous) | rows | _sum(self.book)

    def snapshot(self, depth: Depth, listed: Instrument) -> Message:
        """Give all prices, as the last message left them: nothing may wait to be taken."""
        assert not self._before
        rows = {
            _NAMES[side]: [
                [NEW, price, amount] for price, amount in levels(self.book, side, listed)
            ]
            for side in _NAMES
        }
        return _headed("snapshot", depth, listed, self.change_id) | rows | _sum(self.book)


class GroupedLevels:
    """A channel of at most `count` prices of each side, in steps of `group_ticks`.

    Bids are counted to the step below, asks to the step above. Each message is whole.
    """

    def __init__(self, book: Book, group_ticks: int, count: int) -> None:
        """Begin with nothing published."""
        assert group_ticks in GROUPS_TICKS.values() and count in DEPTHS
        self.book, self.group_ticks, self.count = book, group_ticks, count
        self._last: list[list[tuple[int, int]]] = []

    def take(self, depth: Depth, listed: Instrument) -> Message | None:
        """Give the prices, or None where they are as they were."""
        found = [grouped(self.book.side(side), self.group_ticks, self.count) for side in _NAMES]
        if found == self._last:
            return None
        self._last = found
        return self.snapshot(depth, listed)

    def snapshot(self, depth: Depth, listed: Instrument) -> Message:
        """Give the prices as they are."""
        said: Message = {
            "timestamp": dialect.ms_of_ns(depth.time_ns),
            "instrument_name": listed.name,
            "change_id": self.book.levels_sequence,
            "sequence": depth.sequence,
        }
        for side, name in _NAMES.items():
            found = grouped(self.book.side(side), self.group_ticks, self.count)
            said[name] = [
                [dialect.price(ticks, listed), dialect.amount(lots)] for ticks, lots in found
            ]
        return said


class Quotes:
    """A channel of the best bid and the best ask, with what shows there."""

    def __init__(self, book: Book) -> None:
        """Begin with nothing published."""
        self.book = book
        self._last: list[tuple[int, int] | None] = []

    def take(self, depth: Depth, listed: Instrument) -> Message | None:
        """Give the quote, or None where it is as it was."""
        found = [self.book.best(side) for side in _NAMES]
        if found == self._last:
            return None
        self._last = found
        return self.snapshot(depth, listed)

    def snapshot(self, depth: Depth, listed: Instrument) -> Message:
        """Give the quote as it is."""
        said: Message = {
            "timestamp": dialect.ms_of_ns(depth.time_ns),
            "instrument_name": listed.name,
            "sequence": depth.sequence,
        }
        return said | best(self.book, listed)


class OrderChanges:
    """Our channel of single orders. Its rows are applied one by one, in their order.

    A row is [action, number, price, amount]; "new" is last at its price, "change" keeps its place.
    Of each side the rows of a snapshot stand in the order in which they would trade.
    """

    def __init__(self, book: Book) -> None:
        """Begin at the book as it is."""
        self.book = book
        self.change_id = book.orders_sequence
        self._moves: list[OrderMove] = []

    def add(self, moves: Sequence[OrderMove]) -> None:
        """Take in what a frame did."""
        self._moves += moves

    def take(self, depth: Depth, listed: Instrument) -> Message | None:
        """Give what happened since the last message, or None for nothing."""
        if not self._moves:
            return None
        rows: dict[str, list[list[object]]] = {"bids": [], "asks": []}
        for move in self._moves:
            price, amount = dialect.price(move.price_ticks, listed), dialect.amount(move.lots)
            rows[_NAMES[move.side]].append([move.action, move.number, price, amount])
        self._moves = []
        previous, self.change_id = self.change_id, self.book.orders_sequence
        return _headed("change", depth, listed, self.change_id, previous) | rows | _sum(self.book)

    def snapshot(self, depth: Depth, listed: Instrument) -> Message:
        """Give all orders, as the last message left them: nothing may wait to be taken."""
        assert not self._moves
        rows = {
            name: [
                [NEW, number, dialect.price(price_ticks, listed), dialect.amount(lots)]
                for number, price_ticks, lots in self.book.orders(side)
            ]
            for side, name in _NAMES.items()
        }
        return _headed("snapshot", depth, listed, self.change_id) | rows | _sum(self.book)


def checksum(book: Book) -> int:
    """Give the CRC-32 of the best levels of both sides, in ticks and lots."""
    sides = (
        ",".join(f"{price}:{lots}" for price, lots, _ in book.depth(side, CHECKSUM_LEVELS))
        for side in _NAMES
    )
    return crc32("|".join(sides).encode())


def levels(
    book: Book, side: int, listed: Instrument, count: int | None = None
) -> list[list[Decimal | int]]:
    """Give [price, amount] of the best prices of a side, as `public/get_order_book` has them."""
    return [
        [dialect.price(price_ticks, listed), dialect.amount(lots)]
        for price_ticks, lots, _ in book.depth(side, count)
    ]


def best(book: Book, listed: Instrument) -> dict[str, object]:
    """Give best prices and amounts as a quote and a ticker have them: None and 0 for no one."""
    said: dict[str, object] = {}
    for side, word in ((Side.BUY, "bid"), (Side.SELL, "ask")):
        found = book.best(side)
        said[f"best_{word}_price"] = None if found is None else dialect.price(found[0], listed)
        said[f"best_{word}_amount"] = 0 if found is None else dialect.amount(found[1])
    return said


def grouped(ladder: Ladder, group_ticks: int, count: int) -> list[tuple[int, int]]:
    """Give (price in ticks, lots) of the best `count` steps of a side, the best first."""
    found: list[tuple[int, int]] = []
    for key in ladder.keys:
        # A key rises from best to worst on both sides: its step is the one above it.
        step = div_ceil(key, group_ticks) * group_ticks
        price_ticks = ladder.price_ticks(step)
        lots = ladder.levels[key].lots
        if found and found[-1][0] == price_ticks:
            found[-1] = (price_ticks, found[-1][1] + lots)
        elif len(found) == count:
            break
        else:
            found.append((price_ticks, lots))
    return found


def _headed(
    kind: str, depth: Depth, listed: Instrument, change_id: int, previous: int | None = None
) -> Message:
    """Give what every message begins with."""
    said: Message = {
        "type": kind,
        "timestamp": dialect.ms_of_ns(depth.time_ns),
        "instrument_name": listed.name,
        "change_id": change_id,
        "sequence": depth.sequence,
    }
    return said if previous is None else said | {"prev_change_id": previous}


def _sum(book: Book) -> Message:
    return {"checksum": checksum(book)}


def _best_first(touched: tuple[tuple[int, int], int]) -> tuple[int, int]:
    (side, price_ticks), _ = touched
    return side, -price_ticks if side == Side.BUY else price_ticks
