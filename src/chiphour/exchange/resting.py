"""RESTING: how orders join the book, lose lots, show their next ones and leave.

Takes   TAKER, or the row of an order.
Gives   its events, from row `written` of the events on; the row after them.
Keeps   a position's open lots and reserve equal to its orders'; every chain an order is in.
Source  Rulebook 9.1, 9.9, 9.11; decision 0005. `book.py` says when; this file is below it.
"""

from chiphour.contracts import table as term
from chiphour.exchange import state as col
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.emit import emit_order
from chiphour.exchange.events import Kind
from chiphour.exchange.ladder import clear_rank
from chiphour.exchange.ladder import join_level
from chiphour.exchange.ladder import leave_level
from chiphour.exchange.ladder import set_rank
from chiphour.exchange.links import join as join_links
from chiphour.exchange.links import left
from chiphour.exchange.orders import chain
from chiphour.exchange.orders import contract_of
from chiphour.exchange.orders import free_row
from chiphour.exchange.orders import position_of
from chiphour.exchange.orders import side_of
from chiphour.exchange.orders import take_row
from chiphour.exchange.orders import unchain
from chiphour.exchange.positions import change_position
from chiphour.exchange.state import NONE
from chiphour.exchange.timers import join as join_timers
from chiphour.exchange.timers import leave as leave_timers
from chiphour.exchange.waiting import unhold
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel

_RARE_FLAGS = Flag.REDUCE_ONLY | Flag.PROTECTED


@hot
def place_of(market, contracts, place):
    """Split a place into contract, side and price in ticks."""
    window = market[0, col.WINDOW_TICKS]
    ladder = place >> market[0, col.WINDOW_SHIFT]
    contract = ladder >> 1
    side = 1 + (ladder & 1)
    rank = place & window - 1
    offset = window - 1 - rank if side == Side.BUY else rank
    return contract, side, offset + contracts[contract, term.PRICE_TICKS_MIN]


@hot
def open_lots(orders, row):
    """Give all lots of an order, hidden ones too."""
    return (orders[row, col.ORDER_HOLDER] & col.HOLDER_LOTS) + orders[row, col.ORDER_HIDDEN]


@hot
def rest(state, place, lots, reserve):
    """Let so many lots of TAKER join the book; their open lots are counted by the caller."""
    market = state.market
    orders = state.orders
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    order_type = market[col.TAKER, col.TAKER_TYPE]
    flags = market[col.TAKER, col.TAKER_FLAGS]
    row = market[col.TAKER, col.TAKER_ROW]
    rare = flags & _RARE_FLAGS | market[col.TAKER, col.TAKER_EXPIRE_NS] | row
    rare |= market[col.TAKER, col.TAKER_PARTNER] | order_type ^ OrderType.LIMIT
    words = flags | order_type << col.WORDS_TYPE_SHIFT
    words |= market[col.TAKER, col.TAKER_TIME_IN_FORCE] << col.WORDS_TIME_IN_FORCE_SHIFT
    words |= market[col.TAKER, col.TAKER_SIDE] << col.WORDS_SIDE_SHIFT
    if row == NONE:
        row = take_row(market, orders, state.slots, market[col.TAKER, col.TAKER_ORDER])
        position = market[col.TAKER, col.TAKER_CONTRACT] * state.accounts.shape[0] + account
        chain(state.positions, orders, position, row)
    orders[row, col.ORDER_HOLDER] = account << col.HOLDER_SHIFT | lots
    orders[row, col.ORDER_PLACE] = place
    orders[row, col.ORDER_RESERVE] = reserve
    orders[row, col.ORDER_WORDS] = words
    traded = market[col.TAKER, col.TAKER_TRADED] + market[col.TAKER, col.TAKER_FILLED]
    orders[row, col.ORDER_TRADED] = traded
    orders[row, col.ORDER_CLIENT_ORDER_ID] = market[col.TAKER, col.TAKER_CLIENT_ORDER_ID]
    orders[row, col.ORDER_LABEL] = market[col.TAKER, col.TAKER_LABEL]
    if rare != 0:
        lots = _rest_rare(state, row, lots)
    _join_book(state, row, place, lots)


@kernel
def _rest_rare(state, row, lots):
    """Do what a plain limit order does not need; give how many lots show."""
    market = state.market
    orders = state.orders
    orders[row, col.ORDER_WORDS] |= col.WORDS_RARE
    shown = lots
    orders[row, col.ORDER_HIDDEN] = 0
    orders[row, col.ORDER_DISPLAY] = 0
    if market[col.TAKER, col.TAKER_TYPE] == OrderType.ICEBERG:
        shown = min(lots, market[col.TAKER, col.TAKER_TRIGGER])
        orders[row, col.ORDER_DISPLAY] = market[col.TAKER, col.TAKER_TRIGGER]
        orders[row, col.ORDER_HIDDEN] = lots - shown
        orders[row, col.ORDER_HOLDER] -= lots - shown
    orders[row, col.ORDER_EXPIRE_NS] = market[col.TAKER, col.TAKER_EXPIRE_NS]
    orders[row, col.ORDER_TRIGGER] = 0
    orders[row, col.ORDER_EXTREME] = 0
    orders[row, col.ORDER_PRICE_TICKS] = 0
    orders[row, col.ORDER_FIRED] = 0
    if market[col.TAKER, col.TAKER_ROW] == NONE:
        if orders[row, col.ORDER_EXPIRE_NS] != 0:
            join_timers(state, row)
        join_links(state, row)
    if market[col.TAKER, col.TAKER_FLAGS] & Flag.REDUCE_ONLY != 0:
        _join_reducing(state, row)
    return shown


@hot
def _join_book(state, row, place, shown):
    """Put an order last at its place, with the priority of now."""
    state.market[0, col.PRIORITY] += 1
    state.orders[row, col.ORDER_PRIORITY] = state.market[0, col.PRIORITY]
    if join_level(state.levels, state.orders, place, row, shown):
        window = state.market[0, col.WINDOW_TICKS]
        ladder = place >> state.market[0, col.WINDOW_SHIFT]
        set_rank(state.ladders, ladder, window, place & window - 1)


@hot
def leave_book(state, row, place, shown):
    """Take an order with so many lots shown out of its level."""
    if leave_level(state.levels, state.orders, place, row, shown):
        window = state.market[0, col.WINDOW_TICKS]
        ladder = place >> state.market[0, col.WINDOW_SHIFT]
        clear_rank(state.ladders, ladder, window, place & window - 1)


@kernel
def _join_reducing(state, row):
    position = position_of(state, row)
    state.orders[row, col.ORDER_REDUCING] = state.positions[position, col.POSITION_REDUCING]
    state.positions[position, col.POSITION_REDUCING] = row
    state.positions[position, col.POSITION_REDUCING_COUNT] += 1


@kernel
def leave_reducing(state, row):
    """Take a resting reduce-only order out of those of its position; others are not in it."""
    if state.orders[row, col.ORDER_WORDS] & Flag.REDUCE_ONLY == 0:
        return
    position = position_of(state, row)
    orders = state.orders
    other = state.positions[position, col.POSITION_REDUCING]
    state.positions[position, col.POSITION_REDUCING_COUNT] -= 1
    if other == row:
        state.positions[position, col.POSITION_REDUCING] = orders[row, col.ORDER_REDUCING]
    else:
        while orders[other, col.ORDER_REDUCING] != row:
            other = orders[other, col.ORDER_REDUCING]
        orders[other, col.ORDER_REDUCING] = orders[row, col.ORDER_REDUCING]
    orders[row, col.ORDER_REDUCING] = NONE


@hot
def drop(state, position, row):
    """Forget an order that has left the book, or the waiting ones."""
    if state.orders[row, col.ORDER_WORDS] >= col.WORDS_RARE:
        part(state, position, row)
    else:
        unchain(state.positions, state.orders, position, row)
    free_row(state.market, state.orders, state.slots, row)


@kernel
def part(state, position, row):
    """Take an order that goes out of its position's, end its timer and its links."""
    unchain(state.positions, state.orders, position, row)
    leave_timers(state, row)
    left(state, row)


@kernel
def take_off(state, row, lots):
    """Take lots off a resting order, displays merged (rulebook 9.6); give how many are left.

    With none left it is out of the book, but keeps its row: the caller parts it and frees that.
    """
    place = state.orders[row, col.ORDER_PLACE]
    holder = state.orders[row, col.ORDER_HOLDER]
    account = holder >> col.HOLDER_SHIFT
    shown = holder & col.HOLDER_LOTS
    rest_lots = open_lots(state.orders, row) - lots
    contract, side, _ = place_of(state.market, state.contracts, place)
    _close_rare(state, row, account, contract, side, lots)
    if rest_lots == 0:
        leave_reducing(state, row)
        leave_book(state, row, place, shown)
        shown = 0
    display = state.orders[row, col.ORDER_DISPLAY]
    shows = rest_lots if display == 0 else min(display, rest_lots)
    state.levels[place, col.LEVEL_LOTS] += shows - shown
    state.orders[row, col.ORDER_HOLDER] = account << col.HOLDER_SHIFT | shows
    state.orders[row, col.ORDER_HIDDEN] = rest_lots - shows
    return rest_lots


@kernel
def cancel_row(state, row, reason, events, written):
    """Cancel an order that rests or waits, whoever wants it."""
    return cancel_inline(state, row, reason, events, written)


@hot
def cancel_inline(state, row, reason, events, written):
    """Do the same on the path of every CANCEL."""
    place = state.orders[row, col.ORDER_PLACE]
    holder = state.orders[row, col.ORDER_HOLDER]
    shown = holder & col.HOLDER_LOTS
    if place >= col.PLACE_WAITING:
        return _cancel_waiting(state, row, reason, events, written)
    contract, side, price_ticks = place_of(state.market, state.contracts, place)
    lots = shown
    if state.orders[row, col.ORDER_WORDS] >= col.WORDS_RARE:
        lots += state.orders[row, col.ORDER_HIDDEN]
        leave_reducing(state, row)
    written = emit_order(
        events,
        written,
        state.market,
        state.orders,
        row,
        contract,
        side,
        price_ticks,
        Kind.CANCELLED,
        reason,
        0,
        lots,
    )
    _close(state, row, holder >> col.HOLDER_SHIFT, contract, side, lots)
    leave_book(state, row, place, shown)
    position = contract * state.accounts.shape[0] + (holder >> col.HOLDER_SHIFT)
    drop(state, position, row)
    return written


@kernel
def _cancel_waiting(state, row, reason, events, written):
    contract = contract_of(state.market, state.orders, row)
    written = emit_order(
        events,
        written,
        state.market,
        state.orders,
        row,
        contract,
        side_of(state.orders[row, col.ORDER_WORDS]),
        state.orders[row, col.ORDER_PRICE_TICKS],
        Kind.CANCELLED,
        reason,
        0,
        open_lots(state.orders, row),
    )
    position = position_of(state, row)
    unhold(state, row)
    drop(state, position, row)
    return written


@hot
def _close(state, row, account, contract, side, lots):
    """Take lots of a resting order out of its position's open ones."""
    change_position(
        state,
        account,
        contract,
        0,
        -lots if side == Side.BUY else 0,
        0 if side == Side.BUY else -lots,
        -lots * state.orders[row, col.ORDER_RESERVE],
        0,
    )


@kernel
def _close_rare(state, row, account, contract, side, lots):
    """Do `_close` for all but a CANCEL, which has a copy of its own."""
    _close(state, row, account, contract, side, lots)


@kernel
def withdraw_row(state, row):
    """Take a resting order out of the book and its lots out of its position; it keeps its row."""
    place = state.orders[row, col.ORDER_PLACE]
    holder = state.orders[row, col.ORDER_HOLDER]
    contract, side, _ = place_of(state.market, state.contracts, place)
    leave_reducing(state, row)
    _close_rare(
        state, row, holder >> col.HOLDER_SHIFT, contract, side, open_lots(state.orders, row)
    )
    leave_book(state, row, place, holder & col.HOLDER_LOTS)


@kernel
def take_out(state, row, hidden, shown):
    """Take lots out of a resting order that keeps some: so many hidden, so many shown ones."""
    place = state.orders[row, col.ORDER_PLACE]
    account = state.orders[row, col.ORDER_HOLDER] >> col.HOLDER_SHIFT
    contract, side, _ = place_of(state.market, state.contracts, place)
    _close_rare(state, row, account, contract, side, hidden + shown)
    state.orders[row, col.ORDER_HIDDEN] -= hidden
    state.orders[row, col.ORDER_HOLDER] -= shown
    state.levels[place, col.LEVEL_LOTS] -= shown


@kernel
def reduce_row(state, row, lots, reason, events, written):
    """Take lots out of a resting order, hidden ones first: REDUCED, or CANCELLED when all go."""
    total = open_lots(state.orders, row)
    if lots >= total:
        return cancel_row(state, row, reason, events, written)
    hidden = min(lots, state.orders[row, col.ORDER_HIDDEN])
    take_out(state, row, hidden, lots - hidden)
    return tell_row(state, row, Kind.REDUCED, reason, lots, total - lots, events, written)


@kernel
def decrement_row(state, row, lots, reason, events, written):
    """Take shown lots out of a resting order (rulebook 9.3); an iceberg then shows its next."""
    total = open_lots(state.orders, row)
    if lots >= total:
        return cancel_row(state, row, reason, events, written)
    take_out(state, row, 0, lots)
    written = tell_row(state, row, Kind.REDUCED, reason, lots, total - lots, events, written)
    if state.orders[row, col.ORDER_HOLDER] & col.HOLDER_LOTS == 0:
        written = refresh_row(state, row, events, written)
    return written


@kernel
def tell_row(state, row, kind, reason, lots, left_lots, events, written):
    """Tell of a resting order: REDUCED or REFRESHED."""
    place = state.orders[row, col.ORDER_PLACE]
    contract, side, price_ticks = place_of(state.market, state.contracts, place)
    return emit_order(
        events,
        written,
        state.market,
        state.orders,
        row,
        contract,
        side,
        price_ticks,
        kind,
        reason,
        lots,
        left_lots,
    )


@kernel
def refresh_row(state, row, events, written):
    """Let an iceberg with nothing left to see show its next lots, last at its price."""
    place = state.orders[row, col.ORDER_PLACE]
    hidden = state.orders[row, col.ORDER_HIDDEN]
    shown = min(hidden, state.orders[row, col.ORDER_DISPLAY])
    leave_book(state, row, place, 0)
    state.orders[row, col.ORDER_HIDDEN] = hidden - shown
    state.orders[row, col.ORDER_HOLDER] += shown
    _join_book(state, row, place, shown)
    return tell_row(state, row, Kind.REFRESHED, 0, shown, hidden, events, written)
