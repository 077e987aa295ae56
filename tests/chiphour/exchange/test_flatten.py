"""TEST FLATTEN: the state as the kernel sees it is the state.

Takes   an empty state, marked at the last word of each table.
Gives   failures.
Keeps   each width equal to its table's: a wrong one would read other rows' words.
Source  Decision 0027.
"""

import numba
import numpy as np
import pytest

from chiphour.exchange import state as col
from chiphour.exchange.flatten import flatten
from chiphour.exchange.limits import Limits
from chiphour.exchange.state import State
from chiphour.exchange.state import allocate

LIMITS = Limits(accounts=16, contracts=2, indexes=2, orders=8, window_ticks=64, triggers=4, ids=8)


@pytest.mark.parametrize("name", State._fields)
def test_the_last_word_of_each_table_is_where_the_table_has_it(name):
    place = State._fields.index(name)

    @numba.njit
    def last(state):
        table = flatten(state)[place]
        rows, columns = table.shape
        return table[rows - 1, columns - 1], rows, columns

    state = allocate(LIMITS)
    state[place][-1, -1] = 77
    assert last(state) == (77, *state[place].shape)


def test_what_the_kernel_writes_stands_in_the_state():
    @numba.njit
    def write(state):
        flatten(state).accounts[3, col.ACCOUNT_CASH] = 5

    state = allocate(LIMITS)
    write(state)
    assert state.accounts[3, col.ACCOUNT_CASH] == 5
    assert np.count_nonzero(state.accounts[8:]) == 0
