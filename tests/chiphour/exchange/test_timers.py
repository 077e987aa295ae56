"""TEST TIMERS: the heap of ends, against a sorted list.

Takes   orders with ends that join and leave at random.
Gives   the earliest, after each step.
Keeps   the places that orders know of themselves.
Source  Rulebook 2.3, 2.6.
"""

import random

from chiphour.exchange import state as col
from chiphour.exchange import timers
from chiphour.exchange.limits import Limits


def test_first_is_the_earliest_end_then_the_lowest_id(callable_from_python):
    """Orders end by EXPIRE_NS, then id; who has no end is no one (rulebook 2.3)."""
    first = callable_from_python(timers.first)
    due_ns = callable_from_python(timers.due_ns)
    join = callable_from_python(timers.join)
    leave = callable_from_python(timers.leave)
    state = col.allocate(Limits(accounts=16, contracts=1, indexes=2, orders=40))
    dice = random.Random(3)
    held = {}
    for step in range(3_000):
        row = dice.randrange(1, 41)
        if row in held:
            leave(state, row)
            del held[row]
        else:
            end = dice.randrange(12)  # 0: none.
            state.orders[row, col.ORDER_ID] = step + 1
            state.orders[row, col.ORDER_EXPIRE_NS] = end
            join(state, row)
            held[row] = (end, step + 1)
        ending = {row: at for row, at in held.items() if at[0]}
        assert state.market[0, col.TIMERS] == len(ending)
        expected = min(ending, key=ending.__getitem__, default=col.NONE)
        assert first(state) == expected
        assert due_ns(state) == (ending[expected][0] if ending else col.NEVER_NS)
    assert not state.orders[1 + len(ending) :, col.ORDER_HEAP].any()


def test_only_a_new_first_end_moves_what_is_due(callable_from_python):
    """NEXT_DUE_NS needs no look when an order ends later than another (rulebook 2.6)."""
    join = callable_from_python(timers.join)
    leave = callable_from_python(timers.leave)
    state = col.allocate(Limits(accounts=16, contracts=1, indexes=2, orders=8))
    moved = []
    for act, row, end in ((join, 1, 50), (join, 2, 60), (leave, 2, 60), (leave, 1, 50)):
        state.market[0, col.DUE_MOVED] = 0
        state.orders[row, col.ORDER_EXPIRE_NS] = end
        act(state, row)
        moved.append(int(state.market[0, col.DUE_MOVED]))
    assert moved == [1, 0, 0, 1]
