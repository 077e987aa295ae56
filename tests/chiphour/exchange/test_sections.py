"""SECTIONS: what a digest counts, in its order, and nothing that history left behind.

Takes   two markets that came to the same state on different ways.
Gives   equal sections; rows in the order of rulebook 13; the levels of a book.
Keeps   the plain reference as the judge.
Source  Rulebook 13.
"""

import numpy as np

from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.digest import WIDTHS
from chiphour.exchange.reference import Reference
from chiphour.exchange.sections import level_rows
from chiphour.exchange.work import Item


def test_sections_are_those_of_the_reference(empty):
    replay = empty()
    reference = Reference(replay.limits)
    apply = replay.engine.apply
    replay.engine.apply = lambda rows: (reference.apply(rows), apply(rows))[1]
    for account in (10, 8, 9):
        replay.member(account, group=account % 2)
    replay.fix()
    for contract in (2, 0):
        replay.list(contract)
    for number, (side, price) in enumerate([("sell", 305), ("buy", 295), ("sell", 303)] * 4):
        for contract in (2, 0):
            replay.order(8 + number % 3, side, price, 1 + number, contract=contract, label=number)
    replay.order(9, "buy", 304, 7)
    for section, other, width in zip(
        replay.engine.sections(), reference.sections(), WIDTHS, strict=True
    ):
        assert section.dtype == np.int64
        assert section.shape[1] == width
        assert np.array_equal(section, other)


def test_what_came_and_went_leaves_no_trace(market, empty):
    other = empty()
    for account in range(8, 12):
        other.member(account)
    other.fix()
    other.list(0)
    for price in range(290, 300):
        order = market.order(8, "buy", price, 5)[0]["order"]
        market.do(Kind.CANCEL, account=8, order=order)
    while other.engine.sequence < market.engine.sequence:
        other.advance()
    for section, same in zip(
        market.engine.sections()[3:], other.engine.sections()[3:], strict=True
    ):
        assert np.array_equal(section, same)


def test_what_waits_stands_apart_from_what_rests(market):
    """Rulebook 13.1: waiting orders by id; the queue of work and ids as they are."""
    wait = {"account": 9, "contract": 0, "side": 1, "order_type": OrderType.STOP_LIMIT}
    wait |= {"time_in_force": TimeInForce.GTC, "price_ticks": 310, "lots": 4, "trigger_ticks": 305}
    market.order(8, "sell", 306, 7, client_order_id=5)
    second = market.do(Kind.ORDER, **wait, client_order_id=3)[0]["order"]
    market.do(Kind.PROTECT, account=8, contract=0, interval_s=5, frozen_s=6, lots=7)
    market.do(Kind.CANCEL_ALL, account=9, contract=-1)
    found = market.engine.sections()
    assert found.orders[:, [0, 4, 5, 7]].tolist() == [[second - 1, 306, 7, 5]]
    waiting = [second, 9, 0, 1, 310, 4, 3, 0, 3, 1, 0, 0, 305, 0, 0, 0, 0]
    assert found.waiting.tolist() == [waiting]
    assert found.protections.tolist() == [[8, 0, 5, 6, 7, 0, 0, 0]]
    assert found.work[:, [0, 1, 2, 5]].tolist() == [[Item.CANCEL_ALL, 9, -1, second + 2]]
    assert found.ids[:, :3].tolist() == [[8, 5, second - 1], [9, 3, second]]
    assert found.ids[:, 4:].tolist() == [[0, 0], [0, 0]]


def test_an_empty_market_has_sections_of_the_right_width(empty):
    found = [section.shape for section in empty().engine.sections()]
    rows = (1, 1, 8, *[0] * 9)
    assert found == list(zip(rows, WIDTHS, strict=True))


def test_levels_come_best_first_and_no_deeper_than_asked(market):
    for price, lots in ((299, 1), (297, 2), (299, 3), (298, 4)):
        market.order(8, "buy", price, lots)
        market.order(9, "sell", 600 - price, lots)
    state = market.engine._state
    bids = level_rows(state, 0, int(Side.BUY), 2)
    assert bids.tolist() == [[299, 4, 2], [298, 4, 1]]
    asks = level_rows(state, 0, int(Side.SELL), 9)
    assert asks.tolist() == [[301, 4, 2], [302, 4, 1], [303, 2, 1]]
    assert level_rows(state, 0, int(Side.SELL), 0).shape == (0, 3)
