"""TEST FLAT: a table as the kernel sees it is the same memory, whatever its width.

Takes   small tables, compiled functions made here.
Gives   failures.
Keeps   an eye on Numba's extension interface, and on what the optimiser is told.
Source  Decision 0027.
"""

import numba
import numpy as np
import pytest

from chiphour.ledger.flat import fetch
from chiphour.ledger.flat import flat
from chiphour.ledger.kernel import kernel

COMPILED = not numba.config.DISABLE_JIT


@kernel
def add(table, row, column, amount):
    table[row, column] += amount
    return table[row, column]


@numba.njit
def known(rows, row, column, amount):
    table = flat(rows, 4, "known")
    return add(table, row, column, amount), table.shape[0], table.shape[1]


@numba.njit
def unknown(rows, row, column, amount):
    table = flat(rows, 0, "unknown")
    return add(table, row, column, amount), table.shape[0], table.shape[1]


@numba.njit
def both(first, second):
    left = flat(first, 2, "left")
    right = flat(second, 2, "right")
    before = left[0, 0]
    right[0, 0] = 7
    return before + left[0, 0]


@numba.njit
def ask(rows, row):
    table = flat(rows, 4, "asked")
    fetch(table, row, 0)
    return table[0, 0]


@pytest.mark.parametrize("function", [known, unknown])
def test_every_word_is_read_and_written_in_its_place(function):
    rows = np.arange(12).reshape(3, 4)
    for row in range(3):
        for column in range(4):
            expected = rows.copy()
            expected[row, column] += 100
            found = function(rows, row, column, 100)
            assert found == (expected[row, column], 3, 4)
            assert (rows == expected).all()


@pytest.mark.parametrize("value", [-(1 << 63), -1, (1 << 63) - 1])
def test_a_word_holds_every_int64(value):
    rows = np.zeros((1, 4), np.int64)
    assert known(rows, 0, 3, value)[0] == value
    assert rows[0, 3] == value


@pytest.mark.parametrize("row", [0, -1, 1 << 40])
def test_to_ask_for_a_row_changes_nothing_even_where_there_is_none(row):
    assert ask(np.full((1, 4), 5), row) == 5


@pytest.mark.skipif(not COMPILED, reason="there is no machine code")
def test_the_optimiser_is_told_which_table_a_word_is_of():
    first, second = np.full((1, 2), 3), np.zeros((1, 2), np.int64)
    assert both(first, second) == 6
    (code,) = both.inspect_llvm().values()
    assert '!"left"' in code and '!"right"' in code
    ask(np.zeros((1, 4), np.int64), 0)
    (code,) = ask.inspect_llvm().values()
    assert "llvm.prefetch" in code
    (code,) = known.inspect_llvm().values()
    assert "Flat" in code


@pytest.mark.skipif(not COMPILED, reason="there is no type")
def test_a_table_is_read_by_row_and_column_only():
    @numba.njit
    def row_of(rows):
        return flat(rows, 4, "rows")[0]

    with pytest.raises(numba.TypingError):
        row_of(np.zeros((1, 4), np.int64))
