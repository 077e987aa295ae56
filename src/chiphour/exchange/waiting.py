"""WAITING: orders that wait: for their trigger, their parent, their counterparty.

Takes   the order that acts now (TAKER), or a row.
Gives   the reason why it may not wait; a HELD event and its row among those that wait.
Keeps   a contract's waiting orders in one chain, by id; how many there are, of the contract and
        of each account in it; between which last prices none of them fires.
Source  Rulebook 1.6, 9.5, 9.12, 9.13, 9.16.
"""

from chiphour.contracts import table as term
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange import timers
from chiphour.exchange.bands import in_static_band
from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.emit import emit_taker
from chiphour.exchange.limits import WAITING_MAX
from chiphour.exchange.links import join as join_links
from chiphour.exchange.orders import join_position
from chiphour.exchange.orders import take_row
from chiphour.exchange.reasons import Reason
from chiphour.exchange.state import NONE
from chiphour.ledger.kernel import kernel

_FAR_TICKS = 1 << 40  # Beyond any price.
_SOURCE = 3


@kernel
def hold_reason(state):
    """Give the first reason, from LOTS_BELOW_MIN on, why TAKER may not wait (rulebook 9.5)."""
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    kind = market[col.TAKER, col.TAKER_TYPE]
    price_ticks = market[col.TAKER, col.TAKER_PRICE_TICKS]
    is_block = kind == OrderType.BLOCK
    least_lots = state.contracts[contract, term.BLOCK_LOTS_MIN]
    if is_block and market[col.TAKER, col.TAKER_LOTS] < least_lots:
        return Reason.LOTS_BELOW_MIN
    if has_price(kind) and not _in_window(state, contract, price_ticks):
        return Reason.PRICE_OUT_OF_RANGE
    if is_trigger(kind):
        most = market[0, col.PRICE_MICROUSD_MAX] // state.contracts[contract, term.TICK_MICROUSD]
        trigger = market[col.TAKER, col.TAKER_TRIGGER]
        if trigger < -most or trigger > most:
            return Reason.PRICE_OUT_OF_RANGE
        if market[col.TAKER, col.TAKER_PARENT] == NONE and trigger_passed(state):
            return Reason.TRIGGER_PASSED
    if is_block and not in_static_band(state.contracts, contract, price_ticks):
        return Reason.PRICE_OUT_OF_BAND
    is_full = market[0, col.ORDERS] >= market[0, col.ORDERS_MAX]
    if is_full and market[col.TAKER, col.TAKER_ROW] == NONE:
        return Reason.ORDERS_FULL
    if state.contracts[contract, term.WAITING] >= market[0, col.TRIGGERS_MAX]:
        return Reason.TRIGGERS_FULL
    at = contract * state.accounts.shape[0] + market[col.TAKER, col.TAKER_ACCOUNT]
    if state.positions[at, col.POSITION_WAITING] >= WAITING_MAX:
        return Reason.TRIGGERS_FULL
    return Reason.NONE


@kernel
def _in_window(state, contract, price_ticks):
    least = state.contracts[contract, term.PRICE_TICKS_MIN]
    if price_ticks < least or price_ticks >= least + state.market[0, col.WINDOW_TICKS]:
        return False  # Compared, not subtracted: any int64 may be asked for.
    price = price_ticks * state.contracts[contract, term.TICK_MICROUSD]
    return abs(price) <= state.market[0, col.PRICE_MICROUSD_MAX]


@kernel
def is_trigger(kind):
    """Tell whether orders of a type wait for a trigger."""
    return kind >= OrderType.STOP_LIMIT and kind <= OrderType.TRAILING


@kernel
def has_price(kind):
    """Tell whether orders of a type have a price of their own (rulebook 9.10)."""
    return (
        kind == OrderType.LIMIT
        or kind == OrderType.STOP_LIMIT
        or kind == OrderType.TAKE_LIMIT
        or kind == OrderType.ICEBERG
        or kind == OrderType.BLOCK
    )


@kernel
def fires_upward(kind, side):
    """Tell whether a stop or take fires at or above its trigger, rather than at or below."""
    is_stop = kind == OrderType.STOP_LIMIT or kind == OrderType.STOP_MARKET
    return is_stop == (side == Side.BUY)


@kernel
def source_of(flags):
    """Give the Source of an order's flags."""
    return flags >> SOURCE_SHIFT & _SOURCE


@kernel
def source_microusd(state, contract, source):
    """Give the price that a mark or index trigger looks at."""
    if source == Source.MARK:
        return state.contracts[contract, term.MARK_MICROUSD]
    return state.contracts[contract, term.INDEX_MICROUSD]


@kernel
def trigger_passed(state):
    """Tell whether the condition of TAKER, a stop or take, holds already (rulebook 9.12)."""
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    kind = market[col.TAKER, col.TAKER_TYPE]
    if kind == OrderType.TRAILING:
        return False
    trigger = market[col.TAKER, col.TAKER_TRIGGER]
    source = source_of(market[col.TAKER, col.TAKER_FLAGS])
    if source == Source.LAST:
        if state.contracts[contract, term.HAS_LAST] == 0:
            return False
        price = state.contracts[contract, term.LAST_TICKS]
    else:
        price = source_microusd(state, contract, source)
        trigger *= state.contracts[contract, term.TICK_MICROUSD]
    if fires_upward(kind, market[col.TAKER, col.TAKER_SIDE]):
        return price >= trigger
    return price <= trigger


@kernel
def hold(state, events, written):
    """Let TAKER wait: in the row that it has already, or in one of its own; event HELD."""
    market = state.market
    orders = state.orders
    row = market[col.TAKER, col.TAKER_ROW]
    is_new = row == NONE
    if is_new:
        row = take_row(market, orders, state.slots, market[col.TAKER, col.TAKER_ORDER])
    _fill_row(state, row)
    _join_chain(state, row)
    if is_new:
        join_links(state, row)
        join_position(state, row)
        timers.join(state, row)
    _watch(state, row)
    lots = market[col.TAKER, col.TAKER_LOTS]
    return emit_taker(events, written, market, tell.Kind.HELD, Reason.NONE, lots, 0)


@kernel
def _fill_row(state, row):
    """Write what TAKER is into its row; not its relations, nor its neighbours."""
    market = state.market
    orders = state.orders
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    words = market[col.TAKER, col.TAKER_FLAGS]
    words |= market[col.TAKER, col.TAKER_TYPE] << col.WORDS_TYPE_SHIFT
    words |= market[col.TAKER, col.TAKER_TIME_IN_FORCE] << col.WORDS_TIME_IN_FORCE_SHIFT
    words |= market[col.TAKER, col.TAKER_SIDE] << col.WORDS_SIDE_SHIFT
    orders[row, col.ORDER_HOLDER] = account << col.HOLDER_SHIFT | market[col.TAKER, col.TAKER_LOTS]
    orders[row, col.ORDER_PLACE] = col.PLACE_WAITING + market[col.TAKER, col.TAKER_CONTRACT]
    orders[row, col.ORDER_RESERVE] = 0
    orders[row, col.ORDER_WORDS] = words | col.WORDS_RARE
    orders[row, col.ORDER_TRADED] = market[col.TAKER, col.TAKER_TRADED]
    orders[row, col.ORDER_CLIENT_ORDER_ID] = market[col.TAKER, col.TAKER_CLIENT_ORDER_ID]
    orders[row, col.ORDER_LABEL] = market[col.TAKER, col.TAKER_LABEL]
    orders[row, col.ORDER_PRIORITY] = 0
    orders[row, col.ORDER_HIDDEN] = 0
    is_iceberg = market[col.TAKER, col.TAKER_TYPE] == OrderType.ICEBERG
    orders[row, col.ORDER_DISPLAY] = market[col.TAKER, col.TAKER_TRIGGER] if is_iceberg else 0
    orders[row, col.ORDER_EXPIRE_NS] = market[col.TAKER, col.TAKER_EXPIRE_NS]
    orders[row, col.ORDER_TRIGGER] = market[col.TAKER, col.TAKER_TRIGGER]
    orders[row, col.ORDER_EXTREME] = 0
    orders[row, col.ORDER_PRICE_TICKS] = market[col.TAKER, col.TAKER_PRICE_TICKS]
    orders[row, col.ORDER_FIRED] = 0


@kernel
def _join_chain(state, row):
    """Put a row among those that wait in its contract, by id: mostly it is the last."""
    orders = state.orders
    contract = orders[row, col.ORDER_PLACE] - col.PLACE_WAITING
    ladder = 2 * contract
    before = state.ladders[ladder, col.LADDER_WAITING_LAST]
    after = NONE
    while before != NONE and orders[before, col.ORDER_ID] > orders[row, col.ORDER_ID]:
        after = before
        before = orders[before, col.ORDER_PREVIOUS]
    orders[row, col.ORDER_PREVIOUS] = before
    orders[row, col.ORDER_NEXT] = after
    if before != NONE:
        orders[before, col.ORDER_NEXT] = row
    else:
        state.ladders[ladder, col.LADDER_WAITING_FIRST] = row
    if after != NONE:
        orders[after, col.ORDER_PREVIOUS] = row
    else:
        state.ladders[ladder, col.LADDER_WAITING_LAST] = row
    at = contract * state.accounts.shape[0] + (orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT)
    state.positions[at, col.POSITION_WAITING] += 1
    state.contracts[contract, term.WAITING] += 1
    if waits_for_last(orders, row):
        if state.ladders[ladder, col.LADDER_LASTS] == 0:
            state.ladders[ladder, col.LADDER_LAST_UP] = _FAR_TICKS
            state.ladders[ladder, col.LADDER_LAST_DOWN] = -_FAR_TICKS
        state.ladders[ladder, col.LADDER_LASTS] += 1


@kernel
def unhold(state, row):
    """Take a row out of those that wait in its contract; all else of it stays."""
    orders = state.orders
    contract = orders[row, col.ORDER_PLACE] - col.PLACE_WAITING
    ladder = 2 * contract
    before = orders[row, col.ORDER_PREVIOUS]
    after = orders[row, col.ORDER_NEXT]
    if before != NONE:
        orders[before, col.ORDER_NEXT] = after
    else:
        state.ladders[ladder, col.LADDER_WAITING_FIRST] = after
    if after != NONE:
        orders[after, col.ORDER_PREVIOUS] = before
    else:
        state.ladders[ladder, col.LADDER_WAITING_LAST] = before
    at = contract * state.accounts.shape[0] + (orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT)
    state.positions[at, col.POSITION_WAITING] -= 1
    state.contracts[contract, term.WAITING] -= 1
    if waits_for_last(orders, row):
        state.ladders[ladder, col.LADDER_LASTS] -= 1
    orders[row, col.ORDER_FIRED] = 0


@kernel
def waits_for_last(orders, row):
    """Tell whether a waiting order's trigger looks at the last price."""
    words = orders[row, col.ORDER_WORDS]
    kind = words >> col.WORDS_TYPE_SHIFT & col.WORDS_BYTE
    return is_trigger(kind) and source_of(words & col.WORDS_FLAGS) == Source.LAST


@kernel
def retrigger(state, row):
    """Let the last prices at which nothing fires follow an order's new trigger (rulebook 9.14)."""
    if waits_for_last(state.orders, row):
        narrow(state, row)


@kernel
def narrow(state, row):
    """Narrow the last prices at which nothing fires by an order that waits for one."""
    words = state.orders[row, col.ORDER_WORDS]
    kind = words >> col.WORDS_TYPE_SHIFT & col.WORDS_BYTE
    trigger = state.orders[row, col.ORDER_TRIGGER]
    ladder = 2 * (state.orders[row, col.ORDER_PLACE] - col.PLACE_WAITING)
    ladders = state.ladders
    if fires_upward(kind, words >> col.WORDS_SIDE_SHIFT & col.WORDS_BYTE):
        ladders[ladder, col.LADDER_LAST_UP] = min(trigger, ladders[ladder, col.LADDER_LAST_UP])
    else:
        ladders[ladder, col.LADDER_LAST_DOWN] = max(trigger, ladders[ladder, col.LADDER_LAST_DOWN])


@kernel
def _watch(state, row):
    """Let the triggers see an order from now on, unless it waits for its parent first."""
    if state.orders[row, col.ORDER_PARENT] != NONE:
        return
    words = state.orders[row, col.ORDER_WORDS]
    if words >> col.WORDS_TYPE_SHIFT & col.WORDS_BYTE == OrderType.TRAILING:
        contract = state.orders[row, col.ORDER_PLACE] - col.PLACE_WAITING
        price = source_microusd(state, contract, source_of(words & col.WORDS_FLAGS))
        state.orders[row, col.ORDER_EXTREME] = price
    elif waits_for_last(state.orders, row):
        narrow(state, row)
