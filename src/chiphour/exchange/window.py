"""WINDOW: the prices that a contract's book can hold follow its mark.

Takes   a contract that was just marked.
Gives   the cancels of orders that would lie outside; WINDOW_MOVED.
Keeps   every order at its price and in its time: only ranks change, and with them places.
Source  Rulebook 9.18.
"""

from chiphour.contracts import table as term
from chiphour.exchange import state as col
from chiphour.exchange.commands import Side
from chiphour.exchange.emit import emit_window_moved
from chiphour.exchange.ladder import next_rank
from chiphour.exchange.ladder import set_rank
from chiphour.exchange.limits import CANCELS_MAX
from chiphour.exchange.orders import type_of
from chiphour.exchange.reasons import Reason
from chiphour.exchange.resting import cancel_row
from chiphour.exchange.state import NONE
from chiphour.exchange.waiting import has_price
from chiphour.ledger.kernel import kernel


@kernel
def move(state, contract, events, written):
    """Move a window whose middle is far from M, once nothing lies outside the new one."""
    contracts = state.contracts
    if contracts[contract, term.FIXED_WINDOW] == 1:
        return written
    window = state.market[0, col.WINDOW_TICKS]
    tick = contracts[contract, term.TICK_MICROUSD]
    least = contracts[contract, term.PRICE_TICKS_MIN]
    mark_ticks = contracts[contract, term.MARK_MICROUSD] // tick
    if abs(mark_ticks - (least + window // 2)) <= window // 4:
        return written
    bound = state.market[0, col.PRICE_MICROUSD_MAX] // tick
    target = max(-bound, min(bound - window + 1, mark_ticks - window // 2))
    if target == least:
        return written
    written, complete = _empty_outside(state, contract, target, events, written)
    if not complete:
        return written
    contracts[contract, term.PRICE_TICKS_MIN] = target
    _shift(state, 2 * contract, target - least)
    _shift(state, 2 * contract + 1, least - target)
    return emit_window_moved(events, written, state.market, contract, target)


@kernel
def _empty_outside(state, contract, target, events, written):
    """Cancel what lies outside the window from `target` on; gives (row, whether none is left)."""
    window = state.market[0, col.WINDOW_TICKS]
    least = state.contracts[contract, term.PRICE_TICKS_MIN]
    cancels = 0
    for side in range(Side.BUY, Side.SELL + 1):
        ladder = 2 * contract + side - 1
        rank = state.ladders[ladder, col.LADDER_BEST]
        while rank < window:
            offset = window - 1 - rank if side == Side.BUY else rank
            after = next_rank(state.ladders, ladder, window, rank)
            if least + offset < target or least + offset >= target + window:
                place = ladder * window + rank
                while state.levels[place, col.LEVEL_FIRST] != NONE:
                    if cancels == CANCELS_MAX:
                        return written, False
                    cancels += 1
                    row = state.levels[place, col.LEVEL_FIRST]
                    written = cancel_row(state, row, Reason.OUT_OF_RANGE, events, written)
            rank = after
    return _empty_waiting(state, contract, target, cancels, events, written)


@kernel
def _empty_waiting(state, contract, target, cancels, events, written):
    """Cancel the waiting orders outside; gives (row, whether none is left)."""
    orders = state.orders
    window = state.market[0, col.WINDOW_TICKS]
    row = state.ladders[2 * contract, col.LADDER_WAITING_FIRST]
    while row != NONE:
        after = orders[row, col.ORDER_NEXT]
        price_ticks = orders[row, col.ORDER_PRICE_TICKS]
        outside = price_ticks < target or price_ticks >= target + window
        if outside and has_price(type_of(orders[row, col.ORDER_WORDS])):
            if cancels == CANCELS_MAX:
                return written, False
            cancels += 1
            written = cancel_row(state, row, Reason.OUT_OF_RANGE, events, written)
        row = after
    return written, True


@kernel
def _shift(state, ladder, ranks):
    """Give each level of a side a rank higher by so many; none leaves the window."""
    window = state.market[0, col.WINDOW_TICKS]
    for word in range(col.LADDER_BITS, state.ladders.shape[1]):
        state.ladders[ladder, word] = 0
    state.ladders[ladder, col.LADDER_BEST] = window
    for step in range(window):
        # From the side to which they go, so that no level is put upon one yet to go.
        rank = window - 1 - step if ranks > 0 else step
        place = ladder * window + rank
        if state.levels[place, col.LEVEL_ORDERS] > 0:
            _move_level(state, place, place + ranks)
            set_rank(state.ladders, ladder, window, rank + ranks)


@kernel
def _move_level(state, place, target):
    """Put a level with its orders at another place, which is empty."""
    for column in range(col.LEVEL_COLUMNS):
        state.levels[target, column] = state.levels[place, column]
        state.levels[place, column] = 0
    row = state.levels[target, col.LEVEL_FIRST]
    while row != NONE:
        state.orders[row, col.ORDER_PLACE] = target
        row = state.orders[row, col.ORDER_NEXT]
