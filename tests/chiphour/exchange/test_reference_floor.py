"""TEST REFERENCE FLOOR: an event has exactly its columns, and what is elsewhere says so.

Takes   a floor without its sides.
Gives   events as rows, or an error.
Keeps   a forgotten column from passing unseen.
Source  Rulebook 1.3.
"""

import pytest

from chiphour.exchange.commands import Side
from chiphour.exchange.compose import named_event
from chiphour.exchange.events import Kind
from chiphour.exchange.reference_floor import Floor
from chiphour.exchange.reference_floor import side_of


def test_event_is_stamped_and_complete():
    floor = Floor()
    floor.state.sequence, floor.now_ns = 7, 9
    floor._emit(Kind.LISTED, contract=3)
    (row,) = floor._events
    assert named_event(row) == {"kind": "LISTED", "sequence": 7, "time_ns": 9, "contract": 3}


@pytest.mark.parametrize("columns", [{}, {"contract": 1, "lots": 2}])
def test_missing_or_foreign_column_is_our_fault(columns):
    with pytest.raises(AssertionError):
        Floor()._emit(Kind.LISTED, **columns)


def test_deed_of_another_side_is_not_done_here():
    with pytest.raises(NotImplementedError):
        Floor().scan()


def test_side_of_signed_lots():
    assert (side_of(3), side_of(-3)) == (Side.BUY, Side.SELL)
