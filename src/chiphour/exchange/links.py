"""LINKS: orders that hang on each other: partners that cancel each other, children that wait.

Takes   the tables `market`, `orders`, `slots`; the order that acts now (TAKER), or a row.
Gives   the reason why a LINK is not possible; or items in the queue of work.
Keeps   ORDER_PARTNER the same from both sides, -1 for a new order that acts and has no row yet;
        a parent's children in ORDER_CHILD and the first one's ORDER_SIBLING, by id. A tie ends
        when the item that it causes is put.
Source  Rulebook 9.13.
"""

from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.commands import Flag
from chiphour.exchange.orders import contract_of
from chiphour.exchange.orders import find_order
from chiphour.exchange.reasons import Reason
from chiphour.exchange.state import NONE
from chiphour.exchange.work import Item
from chiphour.exchange.work import put
from chiphour.ledger.kernel import kernel

ACTING = -1  # In place of a row: the new order that acts now.
FIRED_BY_PARENT = 2  # ORDER_FIRED while the item waits that its parent's going put.


@kernel
def link_reason(state, commands, i):
    """Give LINK_UNKNOWN or NONE for an ORDER with a LINK; TAKER then knows its relations."""
    account = commands[i, ask.ACCOUNT]
    link = commands[i, ask.LINK]
    if link == -1:
        link = state.accounts[account, col.ACCOUNT_ORDER]
    elif link == -2:
        link = state.accounts[account, col.ACCOUNT_ORDER_BEFORE]
    if link <= 0:
        return Reason.LINK_UNKNOWN
    row = find_order(state.orders, state.slots, link)
    if row == NONE or state.orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT != account:
        return Reason.LINK_UNKNOWN
    if contract_of(state.market, state.orders, row) != commands[i, ask.CONTRACT]:
        return Reason.LINK_UNKNOWN
    parent = row
    if commands[i, ask.FLAGS] & Flag.OCO != 0:
        if state.orders[row, col.ORDER_PARTNER] != NONE:
            return Reason.LINK_UNKNOWN
        parent = state.orders[row, col.ORDER_PARENT]
        state.market[col.TAKER, col.TAKER_PARTNER] = row
    if parent != NONE and _children(state.orders, parent) == 2:
        return Reason.LINK_UNKNOWN
    state.market[col.TAKER, col.TAKER_PARENT] = parent
    return Reason.NONE


@kernel
def _children(orders, parent):
    child = orders[parent, col.ORDER_CHILD]
    if child == NONE:
        return 0
    return 1 if orders[child, col.ORDER_SIBLING] == NONE else 2


@kernel
def tie(state):
    """Let the partner of a new order know it before it acts: it may meet it in the book."""
    partner = state.market[col.TAKER, col.TAKER_PARTNER]
    state.orders[partner, col.ORDER_PARTNER] = ACTING
    state.orders[partner, col.ORDER_WORDS] |= col.WORDS_RARE


@kernel
def join(state, row):
    """Give a row, new in the tables, the relations of TAKER; both sides then know each other."""
    orders = state.orders
    partner = state.market[col.TAKER, col.TAKER_PARTNER]
    parent = state.market[col.TAKER, col.TAKER_PARENT]
    orders[row, col.ORDER_PARTNER] = partner
    orders[row, col.ORDER_PARENT] = parent
    orders[row, col.ORDER_CHILD] = NONE
    orders[row, col.ORDER_SIBLING] = NONE
    if partner != NONE:
        orders[partner, col.ORDER_PARTNER] = row
        orders[partner, col.ORDER_WORDS] |= col.WORDS_RARE
        orders[row, col.ORDER_WORDS] |= col.WORDS_RARE
    if parent != NONE:
        first = orders[parent, col.ORDER_CHILD]
        if first == NONE:
            orders[parent, col.ORDER_CHILD] = row
        else:  # A new order has the highest id.
            assert orders[first, col.ORDER_SIBLING] == NONE
            orders[first, col.ORDER_SIBLING] = row
        orders[parent, col.ORDER_WORDS] |= col.WORDS_RARE
        orders[row, col.ORDER_WORDS] |= col.WORDS_RARE


@kernel
def filled(state, row):
    """Let a fill of an order cancel its partner."""
    orders = state.orders
    partner = orders[row, col.ORDER_PARTNER]
    if partner == NONE:
        return
    orders[row, col.ORDER_PARTNER] = NONE
    order = state.market[col.TAKER, col.TAKER_ORDER]
    if partner == ACTING:
        state.market[col.TAKER, col.TAKER_PARTNER] = NONE
    else:
        orders[partner, col.ORDER_PARTNER] = NONE
        order = orders[partner, col.ORDER_ID]
    put(state, Item.CANCEL, order, Reason.ONE_CANCELS_OTHER, 0, 0, 0, 0)


@kernel
def left(state, row):
    """Let the going of an order cancel its partner, and free its children or cancel them.

    Its row is still there, with all that it traded; it is no longer anybody's child after this.
    """
    orders = state.orders
    filled(state, row)
    _leave_parent(orders, row)
    child = orders[row, col.ORDER_CHILD]
    orders[row, col.ORDER_CHILD] = NONE
    while child != NONE:
        after = orders[child, col.ORDER_SIBLING]
        orders[child, col.ORDER_PARENT] = NONE
        orders[child, col.ORDER_SIBLING] = NONE
        orders[child, col.ORDER_FIRED] = FIRED_BY_PARENT
        if orders[row, col.ORDER_TRADED] > 0:
            lots = orders[row, col.ORDER_TRADED]
            put(state, Item.ACTIVATE, orders[child, col.ORDER_ID], lots, 0, 0, 0, 0)
        else:
            put(state, Item.CANCEL, orders[child, col.ORDER_ID], Reason.PARENT_ENDED, 0, 0, 0, 0)
        child = after


@kernel
def _leave_parent(orders, row):
    parent = orders[row, col.ORDER_PARENT]
    if parent == NONE:
        return
    first = orders[parent, col.ORDER_CHILD]
    if first == row:
        orders[parent, col.ORDER_CHILD] = orders[row, col.ORDER_SIBLING]
    else:
        orders[first, col.ORDER_SIBLING] = NONE
    orders[row, col.ORDER_PARENT] = NONE
    orders[row, col.ORDER_SIBLING] = NONE


@kernel
def taker_done(state):
    """Let a new order that was filled at all, or went without ever resting, cancel its partner."""
    partner = state.market[col.TAKER, col.TAKER_PARTNER]
    if partner == NONE:
        return
    row = state.orders[partner, col.ORDER_PARTNER]
    if row == ACTING:
        state.market[col.TAKER, col.TAKER_PARTNER] = NONE
        state.orders[partner, col.ORDER_PARTNER] = NONE
        order = state.orders[partner, col.ORDER_ID]
        put(state, Item.CANCEL, order, Reason.ONE_CANCELS_OTHER, 0, 0, 0, 0)
    elif row != NONE and state.market[col.TAKER, col.TAKER_FILLED] > 0:
        filled(state, row)
