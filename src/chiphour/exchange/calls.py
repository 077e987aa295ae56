"""CALLS: trading pauses: orders gather, to be matched at one price.

Takes   a contract, and why it pauses.
Gives   its state CALL and the event that says until when.
Keeps   NEXT_DUE_NS to be found anew. The end of a call stands in `uncross.py`, above the book.
Source  Rulebook 8.2, 9.6, 9.8, 10.3.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import state as col
from chiphour.exchange.emit import emit_call_begun
from chiphour.exchange.events import CallReason
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_SECOND

EXTENSION_S = 60


@kernel
def begin_call(state, contract, reason, seconds, events, written):
    """Let a contract go to CALL for some seconds (rulebook 9.8): it is OPEN, or being opened."""
    contracts = state.contracts
    end = state.market[0, col.TIME_NS] + seconds * NS_PER_SECOND
    contracts[contract, term.STATE] = State.CALL
    contracts[contract, term.CALL_END_NS] = end
    contracts[contract, term.CALL_EXTENDED] = 0
    return _tell(state, contract, reason, events, written)


@kernel
def extend_call(state, contract, events, written):
    """Let a call go on, once, for another minute (rulebook 9.6)."""
    state.contracts[contract, term.CALL_END_NS] += EXTENSION_S * NS_PER_SECOND
    state.contracts[contract, term.CALL_EXTENDED] = 1
    return _tell(state, contract, CallReason.EXTENDED, events, written)


@kernel
def _tell(state, contract, reason, events, written):
    state.market[0, col.DUE_MOVED] = 1
    end_ns = state.contracts[contract, term.CALL_END_NS]
    return emit_call_begun(events, written, state.market, contract, reason, end_ns)


@kernel
def end_call(contracts, contract):
    """Let a contract leave CALL; its next state is the caller's to set."""
    contracts[contract, term.CALL_END_NS] = 0
    contracts[contract, term.CALL_EXTENDED] = 0
    contracts[contract, term.UNCROSS_TICKS] = 0
    contracts[contract, term.UNCROSS_LOTS] = 0
