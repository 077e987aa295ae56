"""SECTIONS: what a digest counts, in its order, and nothing that history left behind.

Takes   two markets that came to the same state on different ways.
Gives   equal sections; rows in the order of rulebook 13; the levels of a book.
Keeps   the plain reference as the judge.
Source  Rulebook 13.
"""

import numpy as np

from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Side
from chiphour.exchange.digest import WIDTHS
from chiphour.exchange.reference import Reference
from chiphour.exchange.sections import level_rows


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
    assert other.engine.digest() == market.engine.digest()


def test_an_empty_market_has_sections_of_the_right_width(empty):
    found = [section.shape for section in empty().engine.sections()]
    assert found == [(1, 5), (8, 3), (0, 49), (0, 6), (0, 7), (0, 9)]


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
