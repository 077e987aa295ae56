"""ORDERS: the rows of resting orders, and where an order's id leads.

Takes   the tables `orders`, `slots` and `market`.
Gives   a free row; the row of an id; the row back.
Keeps   a slot's word = row + 2^24 x (the low 39 bits of the id), 0 when empty. A slot is looked
        for from its home onward; on removal those behind are moved back, so no slot is ever
        "deleted" and a search ends at the first empty one.
Source  Rulebook 9.6; decision 0005. Eight successive ids share one cache line of homes, and
        such groups are scattered: orders come in the order of their ids.
"""

from chiphour.exchange import state as col
from chiphour.exchange.state import NONE
from chiphour.exchange.state import SLOT_ORDER
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
    """Give the row of a resting order, or NONE."""
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
