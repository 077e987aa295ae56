"""TRIGGERS: which waiting orders fire when a price has moved.

Takes   a contract that was marked; or the lowest and highest price of fills in one.
Gives   a TRIGGERED item for each order whose condition came true, by id.
Keeps   one item at most for an order (ORDER_FIRED); children unseen; a TRAILING's extreme.
Source  Rulebook 9.12, 9.13. What a fired order then does stands in `draining.py`.
"""

from chiphour.contracts import table as term
from chiphour.exchange import state as col
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.state import NONE
from chiphour.exchange.waiting import fires_upward
from chiphour.exchange.waiting import is_trigger
from chiphour.exchange.waiting import narrow
from chiphour.exchange.waiting import source_microusd
from chiphour.exchange.waiting import source_of
from chiphour.exchange.waiting import trigger_passed  # noqa: F401  For those who look for it here.
from chiphour.exchange.waiting import waits_for_last
from chiphour.exchange.work import Item
from chiphour.exchange.work import put
from chiphour.ledger.kernel import kernel

_FAR_TICKS = 1 << 40  # Beyond any price.


@kernel
def look_at_marks(state, contract):
    """Let the mark and index triggers of a contract that was just marked fire."""
    orders = state.orders
    row = state.ladders[2 * contract, col.LADDER_WAITING_FIRST]
    while row != NONE:
        seen = orders[row, col.ORDER_FIRED] == 0 and orders[row, col.ORDER_PARENT] == NONE
        if seen and _mark_fires(state, contract, row):
            _fire(state, row)
        row = orders[row, col.ORDER_NEXT]


@kernel
def _mark_fires(state, contract, row):
    """Tell whether a waiting order's condition on mark or index holds; follow a TRAILING's."""
    words = state.orders[row, col.ORDER_WORDS]
    kind = words >> col.WORDS_TYPE_SHIFT & col.WORDS_BYTE
    side = words >> col.WORDS_SIDE_SHIFT & col.WORDS_BYTE
    source = source_of(words & col.WORDS_FLAGS)
    if not is_trigger(kind) or source == Source.LAST:
        return False
    price = source_microusd(state, contract, source)
    trigger = state.orders[row, col.ORDER_TRIGGER] * state.contracts[contract, term.TICK_MICROUSD]
    if kind == OrderType.TRAILING:
        extreme = state.orders[row, col.ORDER_EXTREME]
        if side == Side.BUY:
            extreme = min(extreme, price)
            state.orders[row, col.ORDER_EXTREME] = extreme
            return price >= extreme + trigger
        extreme = max(extreme, price)
        state.orders[row, col.ORDER_EXTREME] = extreme
        return price <= extreme - trigger
    if fires_upward(kind, side):
        return price >= trigger
    return price <= trigger


@kernel
def look_at_last(state, contract, low_ticks, high_ticks):
    """Let the triggers of the last price fire that lie within the fills of one run."""
    ladder = 2 * contract
    ladders = state.ladders
    if ladders[ladder, col.LADDER_LASTS] == 0:
        return
    if (
        high_ticks < ladders[ladder, col.LADDER_LAST_UP]
        and low_ticks > ladders[ladder, col.LADDER_LAST_DOWN]
    ):
        return
    ladders[ladder, col.LADDER_LAST_UP] = _FAR_TICKS
    ladders[ladder, col.LADDER_LAST_DOWN] = -_FAR_TICKS
    orders = state.orders
    row = ladders[ladder, col.LADDER_WAITING_FIRST]
    while row != NONE:
        seen = orders[row, col.ORDER_FIRED] == 0 and orders[row, col.ORDER_PARENT] == NONE
        if seen and waits_for_last(orders, row):
            if _last_fires(orders, row, low_ticks, high_ticks):
                _fire(state, row)
            else:
                narrow(state, row)
        row = orders[row, col.ORDER_NEXT]


@kernel
def _last_fires(orders, row, low_ticks, high_ticks):
    words = orders[row, col.ORDER_WORDS]
    kind = words >> col.WORDS_TYPE_SHIFT & col.WORDS_BYTE
    if fires_upward(kind, words >> col.WORDS_SIDE_SHIFT & col.WORDS_BYTE):
        return high_ticks >= orders[row, col.ORDER_TRIGGER]
    return low_ticks <= orders[row, col.ORDER_TRIGGER]


@kernel
def _fire(state, row):
    state.orders[row, col.ORDER_FIRED] = 1
    put(state, Item.TRIGGERED, state.orders[row, col.ORDER_ID], 0, 0, 0, 0, 0)
