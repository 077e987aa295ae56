"""APPLY: the kernel's door: commands change the state and give events.

Takes   a state, commands (int64[n, COMMAND_COLUMNS]) and a buffer for events
        (int64[m, EVENT_COLUMNS], m at least `events_per_command`).
Gives   how many commands are done, and how many events they gave.
Keeps   refuse, then change: `x_reason` decides and changes nothing that a digest counts, `x`
        changes and cannot fail. Same commands, same state, same events: nothing else is read.
Source  Rulebook 1.3, 1.5, 2.2; decision 0005. Only this function and those of `sections.py` are
        called from Python, so only they are kept in Numba's cache, with all that they call.
"""

import numpy as np

from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.advance import advance
from chiphour.exchange.advance import begin_sweep
from chiphour.exchange.advance import renew_due
from chiphour.exchange.book import cancel
from chiphour.exchange.book import cancel_reason
from chiphour.exchange.book import order
from chiphour.exchange.book import order_reason
from chiphour.exchange.commands import Kind
from chiphour.exchange.emit import emit_refused
from chiphour.exchange.form import form_reason
from chiphour.exchange.listing import list_contract
from chiphour.exchange.listing import list_reason
from chiphour.exchange.listing import open_contract
from chiphour.exchange.listing import open_reason
from chiphour.exchange.listing import set_reason
from chiphour.exchange.listing import set_term
from chiphour.exchange.marking import mark
from chiphour.exchange.marking import mark_reason
from chiphour.exchange.money import deposit
from chiphour.exchange.money import deposit_reason
from chiphour.exchange.money import open_account
from chiphour.exchange.money import open_account_reason
from chiphour.exchange.money import payment_out_reason
from chiphour.exchange.money import transfer
from chiphour.exchange.money import withdraw
from chiphour.exchange.reasons import Reason
from chiphour.exchange.settlement import fixing
from chiphour.exchange.settlement import fixing_reason
from chiphour.exchange.state import NEVER_NS
from chiphour.ledger.kernel import door
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel


@door
def apply(state, commands, events):
    """Do commands in order while the buffer has room for all that one more could cause.

    Gives (commands done, events written). Raises AssertionError when a sequence or a time is not
    what the sequencer promises, or a balance leaves its bounds.
    """
    done = np.int64(0)  # Not plain noughts: Numba would compile all below for the constant too.
    written = np.int64(0)
    most = events.shape[0] - state.market[0, col.EVENTS_PER_COMMAND]
    while done < commands.shape[0] and written <= most:
        assert commands[done, ask.SEQUENCE] == state.market[0, col.SEQUENCE] + 1
        assert commands[done, ask.TIME_NS] < NEVER_NS
        state.market[0, col.SEQUENCE] += 1
        reason = _first_reason(state, commands, done)
        if reason != Reason.NONE:
            written = emit_refused(events, written, state.market, commands, done, reason)
        elif commands[done, ask.KIND] == Kind.ORDER:
            written = order(state, commands, done, events, written)
        elif commands[done, ask.KIND] == Kind.CANCEL:
            written = cancel(state, commands, done, events, written)
        else:
            written = _change(state, commands, done, events, written)
        done += 1
    return done, written


@hot
def _first_reason(state, commands, i):
    """Give the first reason to refuse a command, or NONE; time moves on either way."""
    time_ns = commands[i, ask.TIME_NS]
    decreases = time_ns < state.market[0, col.TIME_NS]
    if not decreases:
        state.market[0, col.TIME_NS] = time_ns
    reason = form_reason(commands, i)
    if reason != Reason.NONE:
        return reason
    if decreases:
        return Reason.TIME_DECREASES
    kind = commands[i, ask.KIND]
    if kind != Kind.ADVANCE and time_ns >= state.market[0, col.NEXT_DUE_NS]:
        return Reason.ADVANCE_DUE
    if kind == Kind.ORDER:
        return order_reason(state, commands, i)
    if kind == Kind.CANCEL:
        return cancel_reason(state, commands, i)
    return _rare_reason(state, commands, i)


@kernel
def _rare_reason(state, commands, i):
    kind = commands[i, ask.KIND]
    if kind == Kind.OPEN_ACCOUNT:
        return open_account_reason(state.accounts, commands, i)
    if kind == Kind.DEPOSIT:
        return deposit_reason(state.accounts, commands, i)
    if kind == Kind.WITHDRAW or kind == Kind.TRANSFER:
        return payment_out_reason(state, commands, i)
    if kind == Kind.LIST:
        return list_reason(state.contracts, commands, i)
    if kind == Kind.SET:
        return set_reason(state.contracts, commands, i)
    if kind == Kind.OPEN:
        return open_reason(state, commands, i)
    if kind == Kind.FIXING:
        return fixing_reason(state, commands, i)
    if kind == Kind.MARK:
        return mark_reason(state, commands, i)
    return Reason.NONE


@kernel
def _change(state, commands, i, events, written):
    """Do a command that nothing refuses, of any kind but ORDER and CANCEL."""
    kind = commands[i, ask.KIND]
    if kind == Kind.ADVANCE:
        return advance(state, commands, i, events, written)
    if kind == Kind.OPEN_ACCOUNT:
        return open_account(state, commands, i, events, written)
    if kind == Kind.DEPOSIT:
        return deposit(state, commands, i, events, written)
    if kind == Kind.WITHDRAW:
        return withdraw(state, commands, i, events, written)
    if kind == Kind.TRANSFER:
        return transfer(state, commands, i, events, written)
    if kind == Kind.LIST:
        return list_contract(state, commands, i, events, written)
    if kind == Kind.SET:
        return set_term(state, commands, i, events, written)
    if kind == Kind.MARK:
        return mark(state, commands, i, events, written)
    if kind == Kind.OPEN:
        written = open_contract(state, commands, i, events, written)
        renew_due(state.market, state.contracts)
        return written
    assert kind == Kind.FIXING
    written, settled = fixing(state, commands, i, events, written)
    if settled:
        begin_sweep(state.market)
        state.market[0, col.NEXT_DUE_NS] = commands[i, ask.TIME_NS]
    return written
