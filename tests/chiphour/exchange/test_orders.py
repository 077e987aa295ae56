"""ORDERS: an id leads to its row exactly while its order rests.

Takes   random orders coming and going in a small table, ids rising and far apart.
Gives   equality with a dictionary.
Keeps   the table full at times: every row is used again.
Source  Rulebook 1.6, 9.9.
"""

import numpy as np
import pytest

from chiphour.exchange import orders
from chiphour.exchange import state as col
from chiphour.exchange.limits import Limits
from chiphour.exchange.state import NONE
from chiphour.exchange.state import allocate

ROWS = 20


@pytest.mark.parametrize("stride", [1, 8, 1 << 33, 1 << 39])
def test_ids_are_found_while_they_rest(stride, callable_from_python):
    take_row = callable_from_python(orders.take_row)
    free_row = callable_from_python(orders.free_row)
    find_order = callable_from_python(orders.find_order)
    state = allocate(Limits(accounts=9, contracts=1, orders=ROWS, positions=4, window_ticks=64))
    random = np.random.default_rng(5)
    rows: dict[int, int] = {}
    for step in range(1, 800):
        order = step * stride
        if len(rows) < ROWS and (not rows or random.random() < 0.55):
            row = int(take_row(state.market, state.orders, state.slots, order))
            assert row not in rows.values()
            rows[order] = row
        else:
            gone = int(random.choice(list(rows)))
            free_row(state.market, state.orders, state.slots, rows.pop(gone))
            assert find_order(state.orders, state.slots, gone) == NONE
        assert state.market[0, col.ORDERS] == len(rows)
        for known, row in rows.items():
            assert find_order(state.orders, state.slots, known) == row
        assert find_order(state.orders, state.slots, order + stride) == NONE
        assert find_order(state.orders, state.slots, -order) == NONE
