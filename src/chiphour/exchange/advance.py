"""ADVANCE: what time brings, instant by instant, and the payments that it causes.

Takes   an ADVANCE: row `i` of the commands.
Gives   its events, from row `written` on; the row after them.
Keeps   instants in order, the steps of one in order, each step once; the work of one command
        bounded, so that no member waits long; NEXT_DUE_NS true.
Source  Rulebook 2. While an instant is in work NEXT_DUE_NS stays at it, so the next ADVANCE
        finds the place where the last one stopped: orders left in a stopped contract, orders that
        have ended, a call not yet matched, or the sweep's account.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange import timers
from chiphour.exchange.calls import end_call
from chiphour.exchange.emit import emit_contract
from chiphour.exchange.funding import fund
from chiphour.exchange.ids import age
from chiphour.exchange.limits import CANCELS_MAX
from chiphour.exchange.listing import STOP_BEFORE_EXPIRY_NS
from chiphour.exchange.reasons import Reason
from chiphour.exchange.resting import cancel_row
from chiphour.exchange.settlement import FALLBACK_AFTER_EXPIRY_NS
from chiphour.exchange.settlement import STOPPED
from chiphour.exchange.settlement import fall_back
from chiphour.exchange.settlement import settle_daily
from chiphour.exchange.state import NEVER_NS
from chiphour.exchange.state import NONE
from chiphour.exchange.sweep import begin_sweep
from chiphour.exchange.sweep import end_sweep
from chiphour.exchange.sweep import rolls
from chiphour.exchange.sweep import sweep
from chiphour.exchange.uncross import end_calls
from chiphour.ledger.kernel import kernel


@kernel
def advance(state, commands, i, events, written):
    """Do the earliest due instant, or as much of it as one command may (rulebook 2.3, 2.4)."""
    market = state.market
    instant = market[0, col.NEXT_DUE_NS]
    if commands[i, ask.TIME_NS] < instant:
        return written
    if market[0, col.SWEEP_ACTIVE] == 0:
        written, complete = _empty_books(state, instant, events, written)
        if complete:
            written, complete = end_calls(state, instant, events, written)
        market[0, col.NEXT_DUE_NS] = instant  # Whatever the orders that went have made of it.
        if not complete:
            return written
        written = _settle_due(state, instant, events, written)
        begin_sweep(market, instant, 0)
        if rolls(market):
            age(state)
    written, complete = sweep(state, events, written)
    if complete:
        end_sweep(market)
        market[0, col.INSTANT_DONE_NS] = instant
        _find_due(state)
    return written


@kernel
def renew_due(state):
    """Find the earliest time at which something is due, unless an instant is in work (2.6)."""
    if state.market[0, col.TIME_NS] < state.market[0, col.NEXT_DUE_NS]:
        _find_due(state)


@kernel
def _find_due(state):
    contracts = state.contracts
    due = timers.due_ns(state)
    for contract in range(contracts.shape[0]):
        now = contracts[contract, term.STATE]
        expiry = contracts[contract, term.EXPIRY_NS]
        if _trades(contracts, contract):
            due = min(due, contracts[contract, term.NEXT_SETTLEMENT_NS])
            if contracts[contract, term.FUNDING_PERIOD_S] > 0:
                due = min(due, contracts[contract, term.NEXT_FUNDING_NS])
            if expiry > 0:
                due = min(due, expiry - STOP_BEFORE_EXPIRY_NS)
        if now == State.CALL:
            due = min(due, contracts[contract, term.CALL_END_NS])
        if now == State.STOPPED and contracts[contract, term.FALLBACK_PASSED] == 0:
            due = min(due, expiry + FALLBACK_AFTER_EXPIRY_NS)
    state.market[0, col.NEXT_DUE_NS] = min(due, NEVER_NS)
    state.market[0, col.DUE_MOVED] = 0


@kernel
def _empty_books(state, instant, events, written):
    """Stop what expires soon and cancel its orders, then those that end; gives (row, complete)."""
    cancels = 0
    contracts = state.contracts
    for contract in range(contracts.shape[0]):
        if _stops(contracts, contract, instant):
            contracts[contract, term.STATE] = State.STOPPED
            end_call(contracts, contract)
            written = emit_contract(
                events, written, state.market, tell.Kind.EXPIRED, contract, STOPPED
            )
        if contracts[contract, term.STATE] == State.STOPPED:
            written, cancels, complete = _empty_book(state, contract, cancels, events, written)
            if not complete:
                return written, False
    while timers.due_ns(state) <= instant:
        if cancels == CANCELS_MAX:
            return written, False
        cancels += 1
        row = timers.first(state)
        written = cancel_row(state, row, Reason.GOOD_TILL_PASSED, events, written)
    return written, True


@kernel
def _stops(contracts, contract, instant):
    """Tell whether a contract stops trading at an instant (rulebook 2.3.1)."""
    expiry = contracts[contract, term.EXPIRY_NS]
    due = expiry > 0 and expiry - STOP_BEFORE_EXPIRY_NS <= instant
    return due and _trades(contracts, contract)


@kernel
def _empty_book(state, contract, cancels, events, written):
    """Cancel a contract's orders; gives (row, cancels so far, whether none is left)."""
    window = state.market[0, col.WINDOW_TICKS]
    for ladder in range(2 * contract, 2 * contract + 2):
        while state.ladders[ladder, col.LADDER_BEST] < window:
            if cancels == CANCELS_MAX:
                return written, cancels, False
            cancels += 1
            place = ladder * window + state.ladders[ladder, col.LADDER_BEST]
            row = state.levels[place, col.LEVEL_FIRST]
            written = cancel_row(state, row, Reason.CONTRACT_STOPPED, events, written)
    while state.ladders[2 * contract, col.LADDER_WAITING_FIRST] != NONE:
        if cancels == CANCELS_MAX:
            return written, cancels, False
        cancels += 1
        row = state.ladders[2 * contract, col.LADDER_WAITING_FIRST]
        written = cancel_row(state, row, Reason.CONTRACT_STOPPED, events, written)
    return written, cancels, True


@kernel
def _settle_due(state, instant, events, written):
    """Do fallbacks, funding and settlement of an instant, in this order (rulebook 2.3, 2.4)."""
    contracts = state.contracts
    for contract in range(contracts.shape[0]):
        if _falls_back(contracts, contract, instant):
            written = fall_back(state, contract, events, written)
    for contract in range(contracts.shape[0]):
        funded = contracts[contract, term.FUNDING_PERIOD_S] > 0
        due = contracts[contract, term.NEXT_FUNDING_NS] == instant
        if funded and due and _trades(contracts, contract):
            written = fund(state, contract, events, written)
    for contract in range(contracts.shape[0]):
        due = contracts[contract, term.NEXT_SETTLEMENT_NS] == instant
        if due and _trades(contracts, contract):
            written = settle_daily(state, contract, events, written)
    return written


@kernel
def _trades(contracts, contract):
    now = contracts[contract, term.STATE]
    return now == State.OPEN or now == State.CALL


@kernel
def _falls_back(contracts, contract, instant):
    """Tell whether no fix came for a contract in 72 hours (rulebook 8.4)."""
    if contracts[contract, term.STATE] != State.STOPPED:
        return False
    if contracts[contract, term.FALLBACK_PASSED] != 0:
        return False
    return contracts[contract, term.EXPIRY_NS] + FALLBACK_AFTER_EXPIRY_NS <= instant
