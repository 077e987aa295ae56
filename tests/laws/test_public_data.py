"""TEST PUBLIC DATA: nobody learns from it whose an order is, or what it hides.

Takes   storms and crowds, and the same told again with every private column another.
Gives   a failure that shows the first message that differs, or the word that gives away.
Keeps   all that is published a function of what is public: told twice, it is the same.
Source  Decision 0030.
"""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import OrderType
from chiphour.exchange.compose import COMMAND_PLACES
from chiphour.exchange.compose import EVENT_PLACES
from chiphour.exchange.events import Kind
from chiphour.wire.book_channel import GroupedLevels
from chiphour.wire.book_channel import LevelChanges
from chiphour.wire.book_channel import OrderChanges
from chiphour.wire.book_channel import Quotes
from chiphour.wire.call_channel import Auctions
from chiphour.wire.call_channel import Calls
from chiphour.wire.candles import Candles
from chiphour.wire.depth import Depth
from chiphour.wire.jsonrpc import notification
from chiphour.wire.settled import Settled
from chiphour.wire.tape import Tape
from chiphour.wire.tape import trade_object
from heard import BY_NUMBER
from heard import crowded
from heard import frames
from heard import numbers_of
from heard import ordered
from told import order
from told import told_market

PRIVATE = (
    *("account", "maker_account", "taker_account", "client_order_id", "label", "target", "item"),
    *("cash_microusd", "taker_fee_microusd", "maker_rebate_microusd", "equity_microusd"),
    *("maintenance_microusd", "score", "counterparty", "trigger_ticks", "expire_ns", "flags"),
)
WORDS = re.compile(r'"[a-z_]*(account|label|client|hidden|fee|cash|equity|maker|taker)[a-z_]*"')


class Publisher:
    """Publishes all that there is of all contracts, after every frame."""

    def __init__(self):
        self.depth, self.calls, self.tape = Depth(), Calls(), Tape()
        self.candles, self.settled, self.counts = Candles(), Settled(), {}
        self.channels = {}
        for number in BY_NUMBER:
            book = self.depth.book(number)
            more = (GroupedLevels(book, 5, 10), Quotes(book), Auctions(book))
            self.channels[number] = (LevelChanges(book), OrderChanges(book), *more)

    def hear(self, rows, events):
        """Give the messages of a frame, as bytes."""
        moved = self.depth.hear(rows, events)
        self.calls.hear(events)
        self.settled.hear(events, BY_NUMBER)
        trades = self.tape.hear(events, numbers_of(events, self.counts))
        found = [trade_object(trade, BY_NUMBER[trade.contract]) for trade in trades]
        found += [self.candles.last(BY_NUMBER[n], "5") for n in sorted(self.candles.hear(events))]
        for number, listed in BY_NUMBER.items():
            prices, orders, *more, auctions = self.channels[number]
            for of in moved:
                if of.book.contract == number:
                    prices.add(of.levels)
                    orders.add(of.orders)
            found += [channel.take(self.depth, listed) for channel in (prices, orders, *more)]
            found.append(auctions.take(self.calls, self.depth, listed))
        return [notification("subscription", message) for message in found if message]

    def end(self):
        """Give the answers to all questions, as bytes."""
        found = [self.tape.by_currency(BY_NUMBER, count=1_000)]
        for number, listed in BY_NUMBER.items():
            prices, orders, *_ = self.channels[number]
            found += [channel.snapshot(self.depth, listed) for channel in (prices, orders)]
            found.append(self.settled.funding_history(listed, -1, 1 << 42))
            found.append(self.settled.settlements(listed))
            found.append(self.candles.chart(listed, "720", 0, 1 << 42, self.depth.time_ns))
        return [notification("subscription", message) for message in found]


def disguised(rows, events, seed):
    """Give a frame with every private column another."""
    random = np.random.default_rng(seed)
    rows, events = rows.copy(), events.copy()
    for table, places, kind in ((rows, COMMAND_PLACES, c.KIND), (events, EVENT_PLACES, e.KIND)):
        for row in table:
            for name, place in places.get(int(row[kind]), {}).items():
                is_display = table is rows and row[c.ORDER_TYPE] == OrderType.ICEBERG
                if name in PRIVATE and not (is_display and name == "trigger_ticks"):
                    row[place] = random.integers(1, 1 << 60)
            if table is events and row[kind] in (Kind.PAYMENT, Kind.DEPOSITED, Kind.FEE_PAID):
                row[e.AMOUNT_MICROUSD] = random.integers(1, 1 << 60)
    return rows, events


@pytest.mark.parametrize("flow", [(ordered, 2), (ordered, 1), (ordered, 3), (crowded, 31)])
def test_what_is_published_is_the_same_whoever_trades(flow):
    make, seed = flow
    plain, masked, said = Publisher(), Publisher(), 0
    for batch, events, _ in frames(*make(seed), 4):
        messages = plain.hear(batch, events)
        assert masked.hear(*disguised(batch, events, seed)) == messages
        assert not [message for message in messages if WORDS.search(message.decode())]
        said += len(messages)
    assert plain.end() == masked.end() and said > 80
    assert not [message for message in plain.end() if WORDS.search(message.decode())]


@settings(max_examples=30)
@given(st.lists(st.integers(1, 4), max_size=6), st.integers(30, 300), st.booleans())
def test_what_is_published_is_the_same_however_much_is_hidden(taken, lots, buys):
    """Publish two icebergs that show alike and hide more than is ever taken, but not as much."""
    published = []
    for whole in (lots, 50):
        told, publisher, found = told_market(), Publisher(), []
        sides = ("buy", "sell") if buys else ("sell", "buy")
        rows = [order(8, sides[0], 250, whole, OrderType.ICEBERG, trigger_ticks=3)]
        rows += [order(9, sides[1], 250, some) for some in taken]
        for row in rows:
            row[c.SEQUENCE], row[c.TIME_NS] = told.reference.sequence + 1, told.time_ns
            found += publisher.hear(row[None], told.reference.apply(row[None]))
        published.append(found + publisher.end())
    assert published[0] == published[1]
