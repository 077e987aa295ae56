"""LADDER: the prices of one side of one book, and which of them is best.

Takes   the tables `ladders` and `levels`, and a rank: 0 is the best price the side could have.
Gives   the best rank with orders, the next one after a rank; orders in time at each.
Keeps   a bit for a rank exactly while it has orders; LADDER_BEST the lowest such rank.
Source  Rulebook 9.1; decision 0005. Words hold 32 bits: the trick below then never leaves an
        int64, so it is the same in compiled code and in plain Python.
"""

import numpy as np

from chiphour.exchange import state as col
from chiphour.exchange.state import NONE
from chiphour.exchange.state import WORD_BITS
from chiphour.ledger.kernel import kernel

# A word with one bit, times this number (de Bruijn's), tells the bit by its bits 27 to 31.
_BRUIJN = 0x077CB531
_BIT = np.zeros(WORD_BITS, np.int64)
for _place in range(WORD_BITS):
    _BIT[(_BRUIJN << _place) >> 27 & 31] = _place
assert sorted(_BIT.tolist()) == list(range(WORD_BITS))
_SHIFT = 5
_MASK = WORD_BITS - 1
assert 1 << _SHIFT == WORD_BITS


@kernel
def lowest_bit(word):
    """Tell the lowest bit that is set; 0 < word < 2^32."""
    return _BIT[(word & -word) * _BRUIJN >> 27 & 31]


@kernel
def set_rank(ladders, ladder, window_ticks, rank):
    """Note that a rank has orders."""
    if rank < ladders[ladder, col.LADDER_BEST]:
        ladders[ladder, col.LADDER_BEST] = rank
    base = col.LADDER_BITS
    width = window_ticks
    while width > 1:
        width = (width + _MASK) >> _SHIFT
        word = ladders[ladder, base + (rank >> _SHIFT)]
        ladders[ladder, base + (rank >> _SHIFT)] = word | 1 << (rank & _MASK)
        if word != 0:
            break
        base += width
        rank >>= _SHIFT


@kernel
def clear_rank(ladders, ladder, window_ticks, rank):
    """Note that a rank has no orders left; the best moves on when it was this one."""
    if rank == ladders[ladder, col.LADDER_BEST]:
        ladders[ladder, col.LADDER_BEST] = next_rank(ladders, ladder, window_ticks, rank)
    base = col.LADDER_BITS
    width = window_ticks
    while width > 1:
        width = (width + _MASK) >> _SHIFT
        word = ladders[ladder, base + (rank >> _SHIFT)] & ~(1 << (rank & _MASK))
        ladders[ladder, base + (rank >> _SHIFT)] = word
        if word != 0:
            break
        base += width
        rank >>= _SHIFT


@kernel
def next_rank(ladders, ladder, window_ticks, rank):
    """Give the lowest rank with orders above `rank`, or the window when there is none.

    Climbs while a word holds nothing above, then descends along the lowest bits.
    """
    base = col.LADDER_BITS
    width = window_ticks
    height = 0
    while width > 1:
        width = (width + _MASK) >> _SHIFT
        word = ladders[ladder, base + (rank >> _SHIFT)] & -2 << (rank & _MASK)
        if word != 0:
            rank = (rank & ~_MASK) + lowest_bit(word)
            return _descend(ladders, ladder, window_ticks, rank, height)
        base += width
        rank >>= _SHIFT
        height += 1
    return window_ticks


@kernel
def _descend(ladders, ladder, window_ticks, rank, height):
    """Follow the lowest bits from a bit `height` words above the ranks down to a rank."""
    while height > 0:
        height -= 1
        base = col.LADDER_BITS
        width = window_ticks
        for _ in range(height):
            width = (width + _MASK) >> _SHIFT
            base += width
        rank = (rank << _SHIFT) + lowest_bit(ladders[ladder, base + rank])
    return rank


@kernel
def join_level(levels, orders, place, row, lots):
    """Put an order last in time at its price; tell whether it is the first there."""
    last = levels[place, col.LEVEL_LAST]
    orders[row, col.ORDER_PREVIOUS] = last
    orders[row, col.ORDER_NEXT] = NONE
    levels[place, col.LEVEL_LAST] = row
    levels[place, col.LEVEL_LOTS] += lots
    levels[place, col.LEVEL_ORDERS] += 1
    if last != NONE:
        orders[last, col.ORDER_NEXT] = row
        return False
    levels[place, col.LEVEL_FIRST] = row
    return True


@kernel
def leave_level(levels, orders, place, row, lots):
    """Take an order with so many lots left out of its price; tell whether it was the only one."""
    before = orders[row, col.ORDER_PREVIOUS]
    after = orders[row, col.ORDER_NEXT]
    if before != NONE:
        orders[before, col.ORDER_NEXT] = after
    else:
        levels[place, col.LEVEL_FIRST] = after
    if after != NONE:
        orders[after, col.ORDER_PREVIOUS] = before
    else:
        levels[place, col.LEVEL_LAST] = before
    levels[place, col.LEVEL_LOTS] -= lots
    levels[place, col.LEVEL_ORDERS] -= 1
    return before == NONE and after == NONE
