"""TEST REFERENCE CALLS: the price of a call, the pairs at it, and what goes on when it ends.

Takes   books that cross.
Gives   UNCROSSED, fills, and the state after.
Keeps   the rules of the price in their order.
Source  Rulebook 9.6 and 9.8.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.reference_book import Book
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_calls import uncross
from chiphour.units import NS_PER_SECOND
from told import NOW
from told import kinds
from told import order
from told import told_market


def book(bids, asks):
    """Make a book of (price, lots)."""
    made = Book()
    for side, orders in ((Side.BUY, bids), (Side.SELL, asks)):
        for number, (price, lots) in enumerate(orders):
            made.add(Order(number, 8, 0, side, OrderType.LIMIT, 1, price, lots, priority=number))
    return made


@pytest.mark.parametrize(
    ("bids", "asks", "mark", "found"),
    [
        ([(9, 1)], [(10, 1)], 9, None),
        ([], [(10, 1)], 9, None),
        ([(12, 5), (10, 5)], [(9, 4), (11, 5)], 9, (11, 5, -4)),  # The most lots.
        ([(12, 5), (10, 3)], [(9, 5)], 9, (12, 5, 0)),  # Then the least surplus.
        ([(12, 6)], [(9, 5), (10, 1)], 9, (10, 6, 0)),
        ([(12, 7)], [(9, 5)], 9, (12, 5, 2)),  # All with a surplus of bids: the highest.
        ([(12, 5)], [(9, 7)], 12, (9, 5, -2)),  # All of asks: the lowest.
        ([(12, 5)], [(8, 5)], 11, (12, 5, 0)),  # Nearest to the mark.
        ([(12, 5)], [(8, 5)], 10, (8, 5, 0)),  # As near: the lower.
    ],
)
def test_price_of_a_call(bids, asks, mark, found):
    assert uncross(book(bids, asks), mark, 1) == found  # Rulebook 9.6.


def in_call(**terms):
    """Give a market in its opening call of 20 s."""
    return told_market(opening_call_s=20, **terms)


def end_of(told, seconds=20):
    told.time_ns = NOW + seconds * NS_PER_SECOND
    return told.do(Kind.ADVANCE)


def test_call_gathers_then_pairs_by_price_and_time_at_one_price():
    told = in_call()
    told.tell(order(8, "buy", 260, 5), order(9, "sell", 240, 3), order(10, "sell", 250, 4))
    first = told.reference.sequence - 2
    events = end_of(told)
    assert kinds(events) == ["UNCROSSED", "FILL", "FILL"]
    # All 5 bid lots at 250 or 260, 2 asks left over at both: the lowest of these.
    assert (events[0]["price_ticks"], events[0]["lots"], events[0]["surplus_lots"]) == (250, 5, -2)
    pairs = [(e["maker_order"], e["taker_order"], e["lots"], e["side"]) for e in events[1:]]
    assert pairs == [(first, first + 1, 3, "SELL"), (first, first + 2, 2, "SELL")]
    assert {e["price_ticks"] for e in events} == {250} and {e["cause"] for e in events[1:]} == {
        "CALL"
    }
    row = told.row()
    assert row[table.STATE] == State.OPEN
    assert not any(row[c] for c in (table.CALL_END_NS, table.UNCROSS_TICKS, table.UNCROSS_LOTS))
    assert (row[table.LAST_TICKS], row[table.HAS_LAST]) == (250, 1)


def test_call_without_a_cross_opens_without_a_print():
    told = in_call()
    told.tell(order(8, "buy", 240, 5), order(9, "sell", 260, 3))
    assert end_of(told) == []
    assert (told.row()[table.STATE], told.row()[table.HAS_LAST]) == (State.OPEN, 0)


def test_price_outside_the_band_extends_the_call_once():
    told = in_call(dynamic_band_ppm=10_000)
    told.tell(order(8, "buy", 280, 5), order(9, "sell", 280, 5))
    (event,) = end_of(told)
    assert (event["kind"], event["reason"]) == ("CALL_BEGUN", "EXTENDED")
    assert event["end_ns"] == NOW + 80 * NS_PER_SECOND
    assert kinds(end_of(told, 80)) == ["UNCROSSED", "FILL"]


def test_pair_of_one_group_loses_lots_the_ask_first_in_place_of_a_fill():
    told = in_call()
    told.tell(order(8, "buy", 250, 5), order(8, "sell", 250, 3), order(9, "sell", 250, 2))
    events = end_of(told)
    assert kinds(events) == ["UNCROSSED", "CANCELLED", "REDUCED", "FILL"]
    assert events[1]["side"] == "SELL" and events[2]["lots_left"] == 2


def test_one_advance_makes_at_most_256_pairs_and_the_next_goes_on():
    told = in_call()
    told.tell(*[order(8, "sell", 250, 1) for _ in range(258)], order(9, "buy", 250, 258))
    assert kinds(end_of(told)).count("FILL") == 256  # Rulebook 2.3.
    assert told.row()[table.UNCROSS_LOTS] == 2
    assert told.reference.next_due_ns == NOW + 20 * NS_PER_SECOND
    assert kinds(told.do(Kind.ADVANCE)) == ["FILL", "FILL"]
    assert told.row()[table.STATE] == State.OPEN


def test_fill_beyond_the_dynamic_band_begins_a_call():
    told = told_market(dynamic_band_ppm=10_000, call_s=30)
    told.tell(order(8, "sell", 252, 1), order(8, "sell", 260, 1))
    events = told.tell(order(9, "buy", 260, 2))
    assert kinds(events) == ["ACCEPTED", "FILL", "CALL_BEGUN", "RESTED"]  # Rulebook 9.8.
    assert (events[2]["reason"], events[2]["end_ns"]) == ("BAND", NOW + 30 * NS_PER_SECOND)
