"""REDUCING: orders that may only reduce a position are never more than it.

Takes   TAKER, or an account and a contract whose position changed.
Gives   the events of what is cut.
Keeps   the lots of a position's resting reduce-only orders at most the position.
Source  Rulebook 9.17.
"""

from chiphour.contracts import table as term
from chiphour.exchange import state as col
from chiphour.exchange.commands import Side
from chiphour.exchange.emit import emit_taker
from chiphour.exchange.events import Kind
from chiphour.exchange.orders import side_of
from chiphour.exchange.reasons import Reason
from chiphour.exchange.resting import open_lots
from chiphour.exchange.resting import reduce_row
from chiphour.exchange.state import NONE
from chiphour.ledger.kernel import kernel


@kernel
def closes(state):
    """Tell whether TAKER's side closes its position."""
    market = state.market
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    position = market[col.TAKER, col.TAKER_CONTRACT] * state.accounts.shape[0] + account
    return _room(state.positions, position, market[col.TAKER, col.TAKER_SIDE]) > 0


@kernel
def _room(positions, position, side):
    """Give how many lots a side may close."""
    lots = positions[position, col.POSITION_LOTS]
    return max(0, -lots) if side == Side.BUY else max(0, lots)


@kernel
def taker_room(state):
    """Give the position less its other reduce-only lots of equal or better price than TAKER's."""
    market = state.market
    orders = state.orders
    account = market[col.TAKER, col.TAKER_ACCOUNT]
    side = market[col.TAKER, col.TAKER_SIDE]
    position = market[col.TAKER, col.TAKER_CONTRACT] * state.accounts.shape[0] + account
    room = _room(state.positions, position, side)
    place = _taker_place(state)
    row = state.positions[position, col.POSITION_REDUCING]
    while row != NONE:
        same = side_of(orders[row, col.ORDER_WORDS]) == side
        if same and orders[row, col.ORDER_PLACE] <= place:
            room -= open_lots(orders, row)
        row = orders[row, col.ORDER_REDUCING]
    return max(0, room)


@kernel
def _taker_place(state):
    """Give the place that TAKER's price has on its ladder: lower is better."""
    market = state.market
    contract = market[col.TAKER, col.TAKER_CONTRACT]
    side = market[col.TAKER, col.TAKER_SIDE]
    window = market[0, col.WINDOW_TICKS]
    price_ticks = market[col.TAKER, col.TAKER_PRICE_TICKS]
    offset = price_ticks - state.contracts[contract, term.PRICE_TICKS_MIN]
    rank = window - 1 - offset if side == Side.BUY else offset
    return (2 * contract + side - 1) * window + max(-1, min(window, rank))


@kernel
def cut_taker(state, events, written):
    """Cut TAKER's lots to what it may close; with none left it is cancelled."""
    lots = state.market[col.TAKER, col.TAKER_LOTS]
    room = taker_room(state)
    if lots <= room:
        return written
    state.market[col.TAKER, col.TAKER_LOTS] = room
    kind, cut = Kind.REDUCED, lots - room
    if room == 0:
        kind, cut, room = Kind.CANCELLED, 0, lots
    return emit_taker(events, written, state.market, kind, Reason.REDUCE_ONLY_CUT, cut, room)


@kernel
def trim(state, account, contract, events, written):
    """Cut the resting reduce-only orders of a position to it, the least aggressive first."""
    orders = state.orders
    position = contract * state.accounts.shape[0] + account
    row = state.positions[position, col.POSITION_REDUCING]
    if row == NONE:
        return written
    excess = -_room(state.positions, position, side_of(orders[row, col.ORDER_WORDS]))
    while row != NONE:
        excess += open_lots(orders, row)
        row = orders[row, col.ORDER_REDUCING]
    while excess > 0:
        row = _least_aggressive(state, position)
        cut = min(excess, open_lots(orders, row))
        written = reduce_row(state, row, cut, Reason.REDUCE_ONLY_CUT, events, written)
        excess -= cut
    return written


@kernel
def _least_aggressive(state, position):
    """Give the reduce-only order of the worst price, of equals the newest: all are of one side."""
    orders = state.orders
    worst = state.positions[position, col.POSITION_REDUCING]
    row = orders[worst, col.ORDER_REDUCING]
    while row != NONE:
        place = orders[row, col.ORDER_PLACE]
        least = orders[worst, col.ORDER_PLACE]
        newer = orders[row, col.ORDER_PRIORITY] > orders[worst, col.ORDER_PRIORITY]
        if place > least or (place == least and newer):
            worst = row
        row = orders[row, col.ORDER_REDUCING]
    return worst
