"""TEST WORK: the queue is first in, first out, around its ring.

Takes   items put and taken off.
Gives   the first of them, and how many there are.
Keeps   nothing of an item that was taken off.
Source  Rulebook 2.7.
"""

from chiphour.exchange import state as col
from chiphour.exchange import work
from chiphour.exchange.limits import Limits


def test_queue_is_first_in_first_out_around_the_ring(callable_from_python):
    """What joins first leaves first, and nothing of it stays (rulebook 2.7)."""
    put = callable_from_python(work.put)
    take_off = callable_from_python(work.take_off)
    limits = Limits(accounts=16, contracts=1, indexes=2, orders=8, triggers=4, ids=8)
    state = col.allocate(limits)
    for subject in range(1, 2 * limits.work):
        put(state, 1, subject, 2, 3, 4, 5, 6)
        if subject > 5:
            first = state.market[0, col.WORK_FIRST]
            assert state.work[first].tolist() == [1, subject - 5, 2, 3, 4, 5, 0, 6]
            take_off(state)
            assert not state.work[first].any()
    assert state.market[0, col.WORK_COUNT] == 5
