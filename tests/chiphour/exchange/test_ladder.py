"""LADDER: the best price is found again whatever comes and goes.

Takes   random ranks of windows of two, three and four storeys; orders at one price.
Gives   equality with a plain set; time order with a plain list.
Keeps   both ends of the window in the sample.
Source  Rulebook 9.1.
"""

import numpy as np
import pytest

from chiphour.exchange import ladder
from chiphour.exchange import state as col
from chiphour.exchange.limits import Limits
from chiphour.exchange.state import allocate


@pytest.fixture
def tables():
    """Give the tables of a market with one contract, by window."""

    def make(window_ticks):
        return allocate(
            Limits(accounts=9, contracts=1, orders=16, positions=4, window_ticks=window_ticks)
        )

    return make


def test_every_bit_is_told(callable_from_python):
    lowest_bit = callable_from_python(ladder.lowest_bit)
    for bit in range(32):
        assert lowest_bit(1 << bit) == bit
        assert lowest_bit((1 << 32) - (1 << bit)) == bit


@pytest.mark.parametrize("window", [64, 2048, 1 << 16])
def test_best_and_next_are_those_of_a_set(window, tables, callable_from_python):
    set_rank = callable_from_python(ladder.set_rank)
    clear_rank = callable_from_python(ladder.clear_rank)
    next_rank = callable_from_python(ladder.next_rank)
    ladders = tables(window).ladders
    random = np.random.default_rng(window)
    ranks: set[int] = set()
    for _ in range(600):
        rank = int(random.choice([0, window - 1, random.integers(window), random.integers(40)]))
        if rank in ranks:
            clear_rank(ladders, 1, window, rank)
            ranks.remove(rank)
        else:
            set_rank(ladders, 1, window, rank)
            ranks.add(rank)
        assert ladders[1, col.LADDER_BEST] == min(ranks, default=window)
        after = int(random.integers(window))
        found = next_rank(ladders, 1, window, after)
        assert found == min((other for other in ranks if other > after), default=window)
    assert not ladders[0, col.LADDER_BITS :].any()


def test_a_level_keeps_its_orders_in_time(tables, callable_from_python):
    join = callable_from_python(ladder.join_level)
    leave = callable_from_python(ladder.leave_level)
    state = tables(64)
    random = np.random.default_rng(1)
    queue: list[int] = []
    for step in range(300):
        row = int(random.integers(1, 17))
        if row in queue:
            assert leave(state.levels, state.orders, 5, row, row) == (queue == [row])
            queue.remove(row)
        else:
            assert join(state.levels, state.orders, 5, row, row) == (not queue)
            queue.append(row)
        walked, at = [], state.levels[5, col.LEVEL_FIRST]
        while at:
            walked.append(int(at))
            at = state.orders[at, col.ORDER_NEXT]
        assert walked == queue, step
        assert state.levels[5, col.LEVEL_LOTS] == sum(queue)
        assert state.levels[5, col.LEVEL_ORDERS] == len(queue)
