"""TEST DEPTH: the folded books against the exchange's own, after every command.

Takes   storms of every weather, the scenario files, frames of one command and of many.
Gives   a failure that names the flow, the sequence and the contract.
Keeps   prices, lots, counts, numbers and order equal; what a frame moved is what differs.
Source  Rulebook 9, 13.1.
"""

from collections import Counter

import numpy as np
import pytest

from chiphour.exchange import commands as c
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import command
from chiphour.exchange.engine import Engine
from chiphour.exchange.reference import Reference
from chiphour.wire.depth import CHANGE
from chiphour.wire.depth import DELETE
from chiphour.wire.depth import NEW
from chiphour.wire.depth import Depth
from heard import SCENARIOS
from heard import SIDES
from heard import crowded
from heard import frames
from heard import scenario
from heard import standing
from heard import stormed
from told import order
from told import told_market

DEPTH_ALL = 1 << 20


def hold_equal(depth, reference):
    """Hold L2, L1 and L3 of every contract against the exchange."""
    found = {}
    for number in range(reference.state.limits.contracts):
        book = depth.book(number)
        theirs = reference.book(number, DEPTH_ALL)
        ours = tuple(book.depth(side) for side in SIDES)
        where = f"sequence {reference.sequence}, contract {number}"
        assert ours == tuple(theirs), f"{where}: expected {theirs}, found {ours}"
        for side, levels in zip(SIDES, theirs, strict=True):
            assert book.best(side) == (levels[0][:2] if levels else None), where
            singles = list(book.orders(side))
            sums = {}
            for _, price_ticks, lots in singles:
                sums[price_ticks] = sums.get(price_ticks, 0) + lots
            assert sums == {price: lots for price, lots, _ in levels}, where
            if singles:
                found[number, int(side)] = singles
    assert found == standing(reference), f"sequence {reference.sequence}"


def follow(copies, moved):
    """Move copies of the books, L2 and L3, by what a frame says that it moved."""
    for book, levels, orders in moved:
        prices, singles = copies.setdefault(book.contract, ({}, {}))
        for side, price_ticks, before_lots, lots in levels:
            assert before_lots != lots and prices.pop((side, price_ticks), 0) == before_lots
            if lots:
                prices[side, price_ticks] = lots
        for action, number, side, price_ticks, lots in orders:
            assert (number in singles) == (action != NEW)
            assert (lots == 0) == (action == DELETE)
            if action == DELETE:
                del singles[number]
            else:
                singles[number] = (side, price_ticks, lots)
        assert orders


def hold_copies(copies, depth):
    for number, book in depth.books.items():
        prices, singles = copies.get(number, ({}, {}))
        assert prices == {(s, p): lots for s in SIDES for p, lots, _ in book.depth(s)}
        assert singles == {n: (s, p, lots) for s in SIDES for n, p, lots in book.orders(s)}


def fold(limits, rows, size=1):
    depth, copies = Depth(), {}
    for batch, events, reference in frames(limits, rows, size):
        moved = depth.hear(batch, events)
        follow(copies, moved)
        hold_equal(depth, reference)
        hold_copies(copies, depth)
        assert (depth.sequence, depth.time_ns) == (batch[-1, 0], batch[-1, 1])
        for book, levels, _ in moved:
            assert batch[0, 0] <= book.orders_sequence <= batch[-1, 0]
            assert (book.levels_sequence == book.orders_sequence) == bool(levels)
    held = {row[0] for row in reference.sections().orders.tolist() if row[14]}
    held |= {row[0] for row in reference.sections().waiting.tolist() if row[8] == 8}
    assert set(depth._displays) == held  # Nothing is remembered of what has ended.


@pytest.mark.parametrize("seed", range(15))
def test_books_are_the_exchanges_after_every_command(seed):
    fold(*stormed(seed))


@pytest.mark.parametrize("seed", range(15, 20))
def test_books_are_the_exchanges_after_frames_of_many_commands(seed):
    fold(*stormed(seed), size=17)


@pytest.mark.parametrize("seed", range(8))
def test_books_are_the_exchanges_in_a_crowd_of_icebergs(seed):
    fold(*crowded(seed), size=1 + 2 * (seed % 2))


@pytest.mark.parametrize("name", SCENARIOS)
def test_books_are_the_exchanges_in_every_scenario(name):
    fold(*scenario(name))


@pytest.mark.parametrize("flow", [crowded(3), stormed(3), stormed(8)])
def test_books_that_begin_from_a_snapshot_go_on_alike(flow):
    """Begin in the midst from the sections; the numbers too must be those of the whole story."""
    heard = list(frames(*flow))
    half = len(heard) // 2
    limits, rows = flow
    reference, depth = Reference(limits), Depth()
    reference.apply(rows[:half])
    depth.adopt(reference.sections())
    hold_equal(depth, reference)
    for batch, _, _ in heard[half:]:
        depth.hear(batch, reference.apply(batch))
        hold_equal(depth, reference)


def test_iceberg_that_waits_in_a_snapshot_shows_its_part_when_it_comes():
    told, depth = told_market(), Depth()
    told.tell(order(8, "buy", 250, 9))
    ice = {"trigger_ticks": 2, "flags": Flag.CHILD, "link": -1}
    told.tell(order(8, "sell", 260, 7, OrderType.ICEBERG, **ice))
    depth.adopt(told.reference.sections())
    for row in (order(9, "sell", 250, 9), command(Kind.ADVANCE)):
        row[c.SEQUENCE], row[c.TIME_NS] = told.reference.sequence + 1, told.time_ns
        depth.hear(row[None], told.reference.apply(row[None]))
        hold_equal(depth, told.reference)
    assert depth.book(0).depth(Side.SELL) == [(260, 2, 1)]


@pytest.mark.long
def test_books_are_the_compiled_exchanges():
    limits, rows = crowded(5)
    engine, depth = Engine(limits), Depth()
    for row in rows:
        depth.hear(row[None], engine.apply(row[None]))
        theirs = engine.book(0, DEPTH_ALL)
        assert tuple(depth.book(0).depth(side) for side in SIDES) == theirs


def test_every_rule_of_the_fold_is_reached(monkeypatch):
    """Count what the crowd makes the fold do, so that the laws above are not empty."""
    found = Counter()
    for name in ("_merge", "_cut", "_leave", "_met_taker", "_rested", "_set"):
        whole = getattr(Depth, name)

        def counted(self, *given, _whole=whole, _name=name):
            result = _whole(self, *given)
            found[_name, result] += 1
            return result

        monkeypatch.setattr(Depth, name, counted)
    for seed in range(8):
        depth = Depth()
        for batch, events, _ in frames(*crowded(seed), 5):
            depth.hear(batch, events)
    assert found["_met_taker", True] > 10 and found["_met_taker", False] > 10
    assert min(found.values()) > 10, found


def test_icebergs_next_lots_are_a_new_order_and_hidden_ones_move_nothing():
    told, depth = told_market(), Depth()

    def hear(row):
        row[c.SEQUENCE], row[c.TIME_NS] = told.reference.sequence + 1, told.time_ns
        return depth.hear(row[None], told.reference.apply(row[None]))

    first = hear(order(8, "sell", 250, 10, OrderType.ICEBERG, trigger_ticks=4))
    id = told.reference.sequence
    assert first[0].orders == [(NEW, 1, Side.SELL, 250, 4)]
    assert first[0].levels == [(Side.SELL, 250, 0, 4)]
    taken = hear(order(9, "buy", 250, 5))
    assert [move.action for move in taken[0].orders] == [DELETE, NEW, CHANGE]
    assert [move.number for move in taken[0].orders] == [1, 2, 2]
    assert taken[0].levels == [(Side.SELL, 250, 4, 3)]
    before = depth.book(0).orders_sequence
    assert hear(command(Kind.AMEND, account=8, order=id, price_ticks=250, lots=9)) == []
    assert depth.book(0).orders_sequence == before
    book = depth.book(0)
    assert (book.asks.levels[250].lots, book.asks.levels[250].open_lots) == (3, 4)


def test_orders_that_leave_every_price_as_it_was_move_no_level():
    depth, reference = Depth(), told_market().reference
    rows = [order(8, "sell", 250, 3), command(Kind.CANCEL, account=8, order=0)]
    for place, row in enumerate(rows, reference.sequence + 1):
        row[c.SEQUENCE], row[c.TIME_NS] = place, reference.time_ns
    rows[1][c.ORDER] = rows[0][c.SEQUENCE]
    batch = np.stack(rows)
    ((book, levels, orders),) = depth.hear(batch, reference.apply(batch))
    assert levels == [] and [move.action for move in orders] == [NEW, DELETE]
    assert (book.levels_sequence, book.orders_sequence) == (0, rows[1][c.SEQUENCE])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20, 220))
def test_books_are_the_exchanges_in_many_storms(seed):
    fold(*stormed.__wrapped__(seed, 400), size=1 + seed % 5)
