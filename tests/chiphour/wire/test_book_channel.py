"""TEST BOOK CHANNEL: whoever applies what is published has the book.

Takes   flows of storms and crowds, frames of any size, clients that join at any time.
Gives   a failure that names the sequence at which a client's book is another.
Keeps   every message of a chain not empty, its checksum that of docs/api/checksum.md.
Source  Deribit's API v2; docs/api/checksum.md.
"""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.contracts.table import CONTRACT_COLUMNS
from chiphour.contracts.table import TICK_MICROUSD
from chiphour.exchange.commands import Side
from chiphour.wire import book_channel
from chiphour.wire.book_channel import DEPTHS
from chiphour.wire.book_channel import GROUPS_TICKS
from chiphour.wire.book_channel import GroupedLevels
from chiphour.wire.book_channel import LevelChanges
from chiphour.wire.book_channel import OrderChanges
from chiphour.wire.book_channel import Quotes
from chiphour.wire.book_channel import grouped
from chiphour.wire.depth import Book
from chiphour.wire.depth import Depth
from chiphour.wire.depth import Ladder
from chiphour.wire.depth import Level
from chiphour.wire.dialect import Instrument
from chiphour.wire.jsonrpc import notification
from heard import SIDES
from heard import crowded
from heard import frames
from heard import stormed

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/api/checksum.md").read_text()
TICK = Decimal("0.01")
ROW = [0] * CONTRACT_COLUMNS
ROW[TICK_MICROUSD] = 10_000
LISTED = Instrument(0, "H100SXMOD_USDC-PERPETUAL", ROW, "CHR.H100.SXM.OD", 0)


def reference_checksum():
    """Run the code of the page, as a client would."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    names = {}
    exec(code, names)
    return names["checksum"]


CHECKSUM = reference_checksum()


class Client:
    """Applies messages of prices; refuses what a strict client of the dialect refuses."""

    def __init__(self, message):
        self.books = {}
        self.change_id = message["change_id"]
        assert message["type"] == "snapshot" and "prev_change_id" not in message
        self.apply_rows(message)

    def apply(self, message):
        assert message["type"] == "change" and message["bids"] + message["asks"]
        assert message["prev_change_id"] == self.change_id < message["change_id"]
        self.change_id = message["change_id"]
        self.apply_rows(message)

    def apply_rows(self, message):
        message = json.loads(notification("subscription", {"data": message}), parse_float=str)
        message = message["params"]["data"]
        for side in ("bids", "asks"):
            book = self.books.setdefault(side, {})
            for action, price, amount in message[side]:
                price = str(price)
                assert (price in book) == (action != "new"), (action, price)
                assert (amount == 0) == (action == "delete")
                book.pop(price, None)
                if amount:
                    book[price] = amount
        assert message["checksum"] == CHECKSUM(*self.books.values(), str(TICK))

    def levels(self):
        return [
            sorted((int(Decimal(price) / TICK), lots) for price, lots in book.items())
            for book in self.books.values()
        ]


class OrdersClient:
    """Applies messages of single orders."""

    def __init__(self, message):
        self.orders = {"bids": {}, "asks": {}}
        self.change_id = message["change_id"]
        assert message["type"] == "snapshot"
        self.apply_rows(message)

    def apply(self, message):
        assert message["prev_change_id"] == self.change_id <= message["change_id"]
        self.change_id = message["change_id"]
        self.apply_rows(message)

    def apply_rows(self, message):
        for side, orders in self.orders.items():
            for action, number, price, amount in message[side]:
                assert (number in orders) == (action != "new")
                if action == "delete":
                    assert orders.pop(number)[0] == price and amount == 0
                else:
                    orders[number] = (price, amount)

    def singles(self):
        found = []
        for turn, orders in zip((-1, 1), self.orders.values(), strict=True):
            rows = [(turn * int(price / TICK), n, lots) for n, (price, lots) in orders.items()]
            found.append([(n, turn * ticks, lots) for ticks, n, lots in sorted(rows)])
        return found


@pytest.mark.parametrize("flow", [(crowded, 11), (crowded, 12), (stormed, 3), (stormed, 4)])
@pytest.mark.parametrize("every", [1, 7])
def test_clients_have_the_book_whenever_they_join(flow, every):
    """Take after every frame (raw) or every seventh (100ms); a client joins at each take."""
    make, seed = flow
    depth = Depth()
    book = depth.book(0)
    changes, orders = LevelChanges(book), OrderChanges(book)
    clients, followers = [], []
    for place, (batch, events, _) in enumerate(frames(*make(seed), 3)):
        for moved in depth.hear(batch, events):
            if moved.book is book:
                changes.add(moved.levels)
                orders.add(moved.orders)
        if place % every:
            continue
        if message := changes.take(depth, LISTED):
            for client in clients:
                client.apply(message)
        assert changes.take(depth, LISTED) is None
        if message := orders.take(depth, LISTED):
            for follower in followers:
                follower.apply(message)
        if place % 21 == 0:
            clients.append(Client(changes.snapshot(depth, LISTED)))
            followers.append(OrdersClient(orders.snapshot(depth, LISTED)))
        theirs = [sorted((p, lots) for p, lots, _ in book.depth(side)) for side in SIDES]
        assert all(client.levels() == theirs for client in clients), depth.sequence
        singles = [list(book.orders(side)) for side in SIDES]
        assert all(follower.singles() == singles for follower in followers), depth.sequence
    assert len(clients) > 2 and book.levels_sequence > 0


def test_quotes_and_groups_speak_when_they_changed_and_never_else():
    depth = Depth()
    book, said = depth.book(0), {"quote": None, "group": None}
    quotes, groups = Quotes(book), GroupedLevels(book, 2, 1)
    for batch, events, _ in frames(*crowded(13), 2):
        depth.hear(batch, events)
        for name, channel in (("quote", quotes), ("group", groups)):
            message, whole = channel.take(depth, LISTED), channel.snapshot(depth, LISTED)
            now = {key: whole[key] for key in whole if key[:4] in ("best", "bids", "asks")}
            assert (message is None) == (now == said[name])
            assert message is None or message == whole
            said[name] = now
    assert said["quote"]["best_bid_price"] is None or said["quote"]["best_bid_amount"] > 0


def ladder_of(side, levels):
    ladder = Ladder(Book(0), side)
    for price_ticks, lots in levels.items():
        level = ladder.levels[ladder.price_ticks(price_ticks)] = Level()
        level.lots = level.open_lots = lots
    ladder.keys = sorted(ladder.levels)
    return ladder


LEVELS = st.dictionaries(st.integers(-300, 300), st.integers(1, 99), max_size=40)


@settings(max_examples=200)
@given(LEVELS, st.sampled_from(sorted(GROUPS_TICKS.values())), st.sampled_from(DEPTHS))
def test_groups_count_each_lot_once_at_a_step_that_is_no_better(levels, step, count):
    """Bids go to the step below, asks to the one above: nobody is promised a better price."""
    for side in SIDES:
        expected = {}
        for price_ticks, lots in levels.items():
            down = price_ticks - price_ticks % step
            place = down if side == Side.BUY or down == price_ticks else down + step
            expected[place] = expected.get(place, 0) + lots
        best_first = sorted(expected.items(), reverse=side == Side.BUY)
        assert grouped(ladder_of(side, levels), step, count) == best_first[:count]


def test_example_of_the_page_is_true():
    assert CHECKSUM({"2.4": 5, "2.39": 2}, {"2.51": 3}, "0.01") == 916876420
    assert "gives 916876420." in PAGE
    book = Book(0)
    book.bids, book.asks = ladder_of(Side.BUY, {240: 5, 239: 2}), ladder_of(Side.SELL, {251: 3})
    assert book_channel.checksum(book) == 916876420
    assert book_channel.checksum(Book(0)) == CHECKSUM({}, {}, "0.01")


def test_empty_side_has_no_price_and_no_amount():
    quote = Quotes(Book(0)).take(Depth(), LISTED)
    assert (quote["best_bid_price"], quote["best_ask_amount"]) == (None, 0)
    assert book_channel.levels(Book(0), Side.BUY, LISTED) == []
