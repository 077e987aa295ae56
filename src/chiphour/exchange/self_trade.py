"""SELF_TRADE: what happens when an order meets one of its own group.

Takes   TAKER, its lots left, and the row of the resting order that it meets.
Gives   the row after the events, the taker's lots left, and the reason when it ends the taker.
Keeps   no fill between accounts of one group.
Source  Rulebook 9.3: the taker's mode decides.
"""

from chiphour.exchange import state as col
from chiphour.exchange.commands import STP_SHIFT
from chiphour.exchange.commands import Stp
from chiphour.exchange.emit import emit_taker
from chiphour.exchange.events import Kind
from chiphour.exchange.reasons import Reason
from chiphour.exchange.resting import cancel_row
from chiphour.exchange.resting import decrement_row
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel

_MODE = 3
_SELF_TRADE = int(Reason.SELF_TRADE)  # As a plain number: of a reason that may also be none, 0.


@hot
def mode_of(flags):
    """Give the mode that stands in an order's flags."""
    return flags >> STP_SHIFT & _MODE


@kernel
def meet_own(state, row, left, events, written):
    """Do one self-trade step; a reason other than NONE ends the taker."""
    mode = mode_of(state.market[col.TAKER, col.TAKER_FLAGS])
    if mode == Stp.DECREMENT:
        return _decrement(state, row, left, events, written)
    if mode != Stp.CANCEL_TAKER:
        written = cancel_row(state, row, Reason.SELF_TRADE, events, written)
    if mode == Stp.CANCEL_MAKER:
        return written, left, 0
    return written, left, _SELF_TRADE


@kernel
def _decrement(state, row, left, events, written):
    lots = min(left, state.orders[row, col.ORDER_HOLDER] & col.HOLDER_LOTS)
    written = decrement_row(state, row, lots, Reason.SELF_TRADE, events, written)
    left -= lots
    kind, cut, told = Kind.REDUCED, lots, left
    if left == 0:
        kind, cut, told = Kind.CANCELLED, 0, lots
    written = emit_taker(events, written, state.market, kind, Reason.SELF_TRADE, cut, told)
    return written, left, _SELF_TRADE if left == 0 else 0
