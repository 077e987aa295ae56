"""STATE: the tables are as large as the limits say, and begin on cache lines.

Takes   small limits.
Gives   an empty market.
Keeps   the reserved accounts, and nothing else, in it.
Source  Rulebook 3.1; decision 0005.
"""

import numpy as np
import pytest

from chiphour.exchange import state as col
from chiphour.exchange.limits import Limits
from chiphour.exchange.state import allocate
from chiphour.exchange.state import words_per_ladder

SMALL = Limits(accounts=9, contracts=2, indexes=3, orders=5, positions=4, window_ticks=128)
LARGE = SMALL._replace(accounts=1 << 10, orders=1 << 14)


def test_tables_begin_on_cache_lines_and_are_contiguous():
    for table in allocate(SMALL):
        assert table.dtype == np.int64
        assert table.flags.c_contiguous
        assert table.ctypes.data % 64 == 0


def test_a_large_market_begins_on_a_large_page():
    assert allocate(LARGE).market.ctypes.data % (1 << 21) == 0


@pytest.mark.parametrize("limits", [SMALL, LARGE])
def test_no_table_reaches_into_another(limits):
    """Fill one table after another with its own number: each still holds that number alone."""
    state = allocate(limits)
    for number, table in enumerate(state):
        table[:] = number
    assert [set(table.ravel().tolist()) for table in state] == [{i} for i in range(len(state))]


def test_tables_have_the_rows_of_the_limits():
    state = allocate(SMALL)
    assert state.accounts.shape == (9, col.ACCOUNT_COLUMNS)
    assert state.contracts.shape[0] == 2
    assert state.indexes.shape[0] == 3
    assert state.positions.shape[0] == 2 * 9
    assert state.orders.shape[0] == 5 + 1
    assert state.levels.shape[0] == 2 * 2 * 128
    assert len(state.slots) >= 2 * 5
    assert len(state.slots) & (len(state.slots) - 1) == 0


def test_an_empty_market_holds_the_reserved_accounts_only():
    state = allocate(SMALL)
    assert np.flatnonzero(state.accounts[:, col.ACCOUNT_GROUP]).tolist() == list(range(8))
    assert (state.ladders[:, col.LADDER_BEST] == 128).all()
    assert state.market[0, col.NEXT_DUE_NS] == 1 << 62


@pytest.mark.parametrize(("window", "words"), [(64, 3), (1024, 33), (2048, 67), (1 << 18, 8457)])
def test_a_bitmap_ends_in_a_single_word(window, words):
    assert words_per_ladder(window) == words


@pytest.mark.parametrize(
    "wrong", [{"window_ticks": 96}, {"window_ticks": 32}, {"accounts": 8}, {"orders": 1 << 23}]
)
def test_impossible_limits_are_our_fault(wrong):
    with pytest.raises(AssertionError):
        allocate(SMALL._replace(**wrong))
