"""TIMERS: the ends of orders, the earliest first: a heap of rows.

Takes   the tables `market` and `orders`.
Gives   the order that ends first, and when.
Keeps   place p of the heap (from 1) in ORDER_HEAP of row p of the orders table, and p in
        ORDER_TIMER of the order there; parents before children by (EXPIRE_NS, id). Who becomes
        or was first says so in DUE_MOVED, and NEXT_DUE_NS is found anew after the command.
Source  Rulebook 2.3, 2.6.
"""

from chiphour.exchange import state as col
from chiphour.exchange.state import NEVER_NS
from chiphour.exchange.state import NONE
from chiphour.ledger.kernel import kernel


@kernel
def first(state):
    """Give the row of the order that ends first, or NONE."""
    if state.market[0, col.TIMERS] == 0:
        return NONE
    return state.orders[1, col.ORDER_HEAP]


@kernel
def due_ns(state):
    """Give when the first order ends, or NEVER_NS."""
    if state.market[0, col.TIMERS] == 0:
        return NEVER_NS
    return state.orders[state.orders[1, col.ORDER_HEAP], col.ORDER_EXPIRE_NS]


@kernel
def join(state, row):
    """Let an order's end be waited for; one without an end is passed over."""
    if state.orders[row, col.ORDER_EXPIRE_NS] == 0:
        return
    assert state.orders[row, col.ORDER_TIMER] == 0
    state.market[0, col.TIMERS] += 1
    _rise(state.orders, state.market[0, col.TIMERS], row)
    if state.orders[row, col.ORDER_TIMER] == 1:
        state.market[0, col.DUE_MOVED] = 1


@kernel
def leave(state, row):
    """Forget an order's end, if it has one."""
    orders = state.orders
    place = orders[row, col.ORDER_TIMER]
    if place == 0:
        return
    orders[row, col.ORDER_TIMER] = 0
    last = state.market[0, col.TIMERS]
    moved = orders[last, col.ORDER_HEAP]
    orders[last, col.ORDER_HEAP] = NONE
    state.market[0, col.TIMERS] = last - 1
    if place != last:
        if place > 1 and _before(orders, moved, orders[place >> 1, col.ORDER_HEAP]):
            _rise(orders, place, moved)
        else:
            _sink(orders, place, last - 1, moved)
    if place == 1:
        state.market[0, col.DUE_MOVED] = 1


@kernel
def _before(orders, row, other):
    """Tell whether an order ends before another: by EXPIRE_NS, then id."""
    end = orders[row, col.ORDER_EXPIRE_NS]
    other_end = orders[other, col.ORDER_EXPIRE_NS]
    if end != other_end:
        return end < other_end
    return orders[row, col.ORDER_ID] < orders[other, col.ORDER_ID]


@kernel
def _rise(orders, place, row):
    """Put a row at a place of the heap, or at the highest above it where it belongs."""
    while place > 1:
        above = orders[place >> 1, col.ORDER_HEAP]
        if not _before(orders, row, above):
            break
        orders[place, col.ORDER_HEAP] = above
        orders[above, col.ORDER_TIMER] = place
        place >>= 1
    orders[place, col.ORDER_HEAP] = row
    orders[row, col.ORDER_TIMER] = place


@kernel
def _sink(orders, place, count, row):
    """Put a row at a place of the heap, or at the lowest below it where it belongs."""
    while 2 * place <= count:
        below = 2 * place
        if below < count and _before(
            orders, orders[below + 1, col.ORDER_HEAP], orders[below, col.ORDER_HEAP]
        ):
            below += 1
        child = orders[below, col.ORDER_HEAP]
        if not _before(orders, child, row):
            break
        orders[place, col.ORDER_HEAP] = child
        orders[child, col.ORDER_TIMER] = place
        place = below
    orders[place, col.ORDER_HEAP] = row
    orders[row, col.ORDER_TIMER] = place
