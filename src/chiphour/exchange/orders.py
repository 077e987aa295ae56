"""ORDERS: the rows of orders, where an order's id leads, and the orders of a position.

Takes   the tables `orders`, `slots`, `positions` and `market`.
Gives   a free row; the row of an id; the row back; the chain of a position's orders, by id.
Keeps   a slot's word = row + 2^24 x (the low 39 bits of the id), 0 when empty. A slot is looked
        for from its home onward; on removal those behind are moved back, so no slot is ever
        "deleted" and a search ends at the first empty one. Of a free row, and of one without
        WORDS_RARE, every column from ORDER_HIDDEN on is zero (but ORDER_HEAP, which is not its).
Source  Rulebook 1.6, 9.9; decision 0005. Eight successive ids share one cache line of homes, and
        such groups are scattered: orders come in the order of their ids.
"""

from chiphour.exchange import state as col
from chiphour.exchange.state import NONE
from chiphour.exchange.state import SLOT_ORDER
from chiphour.ledger.flat import fetch
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel

_ROW_BITS = 24
_ROW = (1 << _ROW_BITS) - 1
_TAG = (1 << 39) - 1
_GROUP_BITS = 3  # 2^3 words of 8 bytes are a cache line.
_GROUP = (1 << _GROUP_BITS) - 1
_SCATTER = 0x9E3779B1  # 2^32 divided by the golden ratio, odd.
_SCATTERED = (1 << 31) - 1
assert _SCATTER * _SCATTERED < 1 << 63


@kernel
def _home(tag, mask):
    scattered = (tag >> _GROUP_BITS & _SCATTERED) * _SCATTER >> 20
    return (scattered << _GROUP_BITS | tag & _GROUP) & mask


@kernel
def find_order(orders, slots, order):
    """Give the row of an order that rests or waits, or NONE."""
    mask = slots.shape[0] - 1
    tag = order & _TAG
    slot = _home(tag, mask)
    while slots[slot, SLOT_ORDER] != 0:
        word = slots[slot, SLOT_ORDER]
        if word >> _ROW_BITS == tag and orders[word & _ROW, col.ORDER_ID] == order:
            return word & _ROW
        slot = (slot + 1) & mask
    return NONE


@kernel
def row_near(slots, order):
    """Give the row in the home slot of an id, most often its order's; NONE where there is none."""
    return slots[_home(order & _TAG, slots.shape[0] - 1), SLOT_ORDER] & _ROW


@hot
def fetch_slot(slots, order):
    """Ask for the home slot of an id, which is read soon."""
    fetch(slots, _home(order & _TAG, slots.shape[0] - 1), SLOT_ORDER)


@kernel
def take_row(market, orders, slots, order):
    """Give a free row to an order and enter its id; the table is not full."""
    row = market[0, col.ORDERS_FREE]
    if row != NONE:
        market[0, col.ORDERS_FREE] = orders[row, col.ORDER_NEXT]
    else:
        row = market[0, col.ORDERS_USED] + 1
        assert row < orders.shape[0]
        market[0, col.ORDERS_USED] = row
    market[0, col.ORDERS] += 1
    orders[row, col.ORDER_ID] = order
    mask = slots.shape[0] - 1
    slot = _home(order & _TAG, mask)
    while slots[slot, SLOT_ORDER] != 0:
        slot = (slot + 1) & mask
    slots[slot, SLOT_ORDER] = (order & _TAG) << _ROW_BITS | row
    return row


@kernel
def free_row(market, orders, slots, row):
    """Take a row back and forget its id."""
    mask = slots.shape[0] - 1
    tag = orders[row, col.ORDER_ID] & _TAG
    slot = _home(tag, mask)
    while slots[slot, SLOT_ORDER] != (tag << _ROW_BITS | row):
        slot = (slot + 1) & mask
    _empty(slots, slot, mask)
    if orders[row, col.ORDER_WORDS] >= col.WORDS_RARE:
        for column in range(col.ORDER_HIDDEN, col.ORDER_HEAP):
            orders[row, column] = 0
    orders[row, col.ORDER_ID] = 0
    orders[row, col.ORDER_NEXT] = market[0, col.ORDERS_FREE]
    market[0, col.ORDERS_FREE] = row
    market[0, col.ORDERS] -= 1


@kernel
def _empty(slots, slot, mask):
    """Empty a slot and move back each later one of the run that may not lie behind a gap."""
    gap = slot
    slot = (slot + 1) & mask
    while slots[slot, SLOT_ORDER] != 0:
        word = slots[slot, SLOT_ORDER]
        from_home = (slot - _home(word >> _ROW_BITS, mask)) & mask
        if from_home >= (slot - gap) & mask:
            slots[gap, SLOT_ORDER] = word
            gap = slot
        slot = (slot + 1) & mask
    slots[gap, SLOT_ORDER] = 0


@hot
def side_of(words):
    """Give the side that stands in a row's ORDER_WORDS."""
    return words >> col.WORDS_SIDE_SHIFT & col.WORDS_BYTE


@hot
def type_of(words):
    """Give the type that stands in a row's ORDER_WORDS."""
    return words >> col.WORDS_TYPE_SHIFT & col.WORDS_BYTE


@hot
def time_in_force_of(words):
    """Give the time in force that stands in a row's ORDER_WORDS."""
    return words >> col.WORDS_TIME_IN_FORCE_SHIFT & col.WORDS_BYTE


@hot
def contract_of(market, orders, row):
    """Give the contract of an order that rests or waits."""
    place = orders[row, col.ORDER_PLACE]
    if place >= col.PLACE_WAITING:
        return place - col.PLACE_WAITING
    return place >> (market[0, col.WINDOW_SHIFT] + 1)


@hot
def position_of(state, row):
    """Give the row of the positions table to which an order belongs."""
    account = state.orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT
    return contract_of(state.market, state.orders, row) * state.accounts.shape[0] + account


@kernel
def join_position(state, row):
    """Put a new order last among the orders of its position: its id is the highest there."""
    chain(state.positions, state.orders, position_of(state, row), row)


@kernel
def leave_position(state, row):
    """Take an order out of the orders of its position."""
    unchain(state.positions, state.orders, position_of(state, row), row)


@hot
def chain(positions, orders, position, row):
    """Put an order last among the orders of a position."""
    last = positions[position, col.POSITION_ORDER_LAST]
    orders[row, col.ORDER_EARLIER] = last
    orders[row, col.ORDER_LATER] = NONE
    positions[position, col.POSITION_ORDER_LAST] = row
    if last != NONE:
        orders[last, col.ORDER_LATER] = row
    else:
        positions[position, col.POSITION_ORDER_FIRST] = row


@hot
def unchain(positions, orders, position, row):
    """Take an order out of the orders of a position."""
    before = orders[row, col.ORDER_EARLIER]
    after = orders[row, col.ORDER_LATER]
    if before != NONE:
        orders[before, col.ORDER_LATER] = after
    else:
        positions[position, col.POSITION_ORDER_FIRST] = after
    if after != NONE:
        orders[after, col.ORDER_EARLIER] = before
    else:
        positions[position, col.POSITION_ORDER_LAST] = before
