"""APPLY: the kernel's door: commands change the state and give events.

Takes   a state, commands (int64[n, COMMAND_COLUMNS]) and a buffer for events
        (int64[m, EVENT_COLUMNS], m at least `events_per_command`).
Gives   how many commands are done, and how many events they gave.
Keeps   refuse, then change: `x_reason` decides and changes nothing that a digest counts, `x`
        changes and cannot fail. Same commands, same state, same events: nothing else is read.
Source  Rulebook 1.3, 1.5, 2.1, 2.2, 2.8, 12.2; decision 0005. Only this function and the questions
        are called from Python, so only they are kept in Numba's cache, with all that they call.
"""

import numpy as np

from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.advance import advance
from chiphour.exchange.advance import renew_due
from chiphour.exchange.amend import amend
from chiphour.exchange.amend import amend_reason
from chiphour.exchange.blocks import confirm
from chiphour.exchange.blocks import confirm_reason
from chiphour.exchange.book import cancel
from chiphour.exchange.book import cancel_reason
from chiphour.exchange.book import order
from chiphour.exchange.cancel_all import cancel_all
from chiphour.exchange.cancel_all import cancel_all_reason
from chiphour.exchange.checks import order_reason
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import Kind
from chiphour.exchange.draining import drain
from chiphour.exchange.emit import emit_refused
from chiphour.exchange.emit import emit_repeated
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.flatten import flatten
from chiphour.exchange.form import form_reason
from chiphour.exchange.halts import halt
from chiphour.exchange.halts import halt_reason
from chiphour.exchange.ids import NOT_FOUND
from chiphour.exchange.ids import body_of
from chiphour.exchange.ids import find
from chiphour.exchange.ids import is_full
from chiphour.exchange.ids import remember
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
from chiphour.exchange.protection import protect
from chiphour.exchange.protection import protect_reason
from chiphour.exchange.reasons import Reason
from chiphour.exchange.settlement import fixing
from chiphour.exchange.settlement import fixing_reason
from chiphour.exchange.settlement import settle
from chiphour.exchange.settlement import settle_reason
from chiphour.exchange.state import NEVER_NS
from chiphour.exchange.touch import begin_touching
from chiphour.exchange.touch import touch
from chiphour.exchange.trader import trader_reason
from chiphour.ledger.flat import flat
from chiphour.ledger.kernel import cold
from chiphour.ledger.kernel import door
from chiphour.ledger.kernel import hot


@door
def apply(state, commands, events):
    """Do commands in order while the buffer has room for all that one more could cause.

    Gives (commands done, events written). Raises AssertionError when a sequence or a time is not
    what the sequencer promises, or a balance leaves its bounds.
    """
    state = flatten(state)
    commands = flat(commands, COMMAND_COLUMNS, "commands")
    events = flat(events, EVENT_COLUMNS, "events")
    done = np.int64(0)  # Not plain noughts: Numba would compile all below for the constant too.
    written = np.int64(0)
    market = state.market
    most = events.shape[0] - market[0, col.EVENTS_PER_COMMAND]
    begin_touching(state, commands)
    while done < commands.shape[0] and written <= most:
        touch(state, commands, done)
        time_ns = commands[done, ask.TIME_NS]
        assert commands[done, ask.SEQUENCE] == market[0, col.SEQUENCE] + 1
        assert time_ns < NEVER_NS
        market[0, col.SEQUENCE] += 1
        decreases = time_ns < market[0, col.TIME_NS]
        if not decreases:
            market[0, col.TIME_NS] = time_ns
            waits = market[0, col.WORK_COUNT] | market[0, col.SCAN_LEFT]
            if waits != 0 and not is_due(market, time_ns):
                written = drain(state, events, written)
        written = _do(state, commands, done, decreases, events, written)
        if market[0, col.DUE_MOVED] != 0:
            market[0, col.DUE_MOVED] = 0
            renew_due(state)
        done += 1
    return done, written


@hot
def is_due(market, time_ns):
    """Tell whether something is due at a time (rulebook 2.2)."""
    return time_ns >= market[0, col.NEXT_DUE_NS]


@hot
def _do(state, commands, i, decreases, events, written):
    """Check one command, then do or refuse it."""
    kind = commands[i, ask.KIND]
    reason = form_reason(commands, i)
    if reason == Reason.NONE:
        if decreases:
            reason = Reason.TIME_DECREASES
        elif kind != Kind.ADVANCE and is_due(state.market, commands[i, ask.TIME_NS]):
            reason = Reason.ADVANCE_DUE
    if reason == Reason.NONE:
        if kind == Kind.ORDER:
            return _order(state, commands, i, events, written)
        if kind == Kind.CANCEL:
            reason = cancel_reason(state, commands, i)
            if reason == Reason.NONE:
                return cancel(state, commands, i, events, written)
        else:
            state.market[0, col.DUE_MOVED] = 1
            reason = _rare_reason(state, commands, i)
            if reason == Reason.NONE:
                return _change(state, commands, i, events, written)
    return emit_refused(events, written, state.market, commands, i, reason)


@hot
def _order(state, commands, i, events, written):
    """Do or refuse an ORDER; its id, if it has one, is looked up and remembered (12.2)."""
    account = commands[i, ask.ACCOUNT]
    reason = trader_reason(state.accounts, account)
    number = commands[i, ask.CLIENT_ORDER_ID]
    if reason == Reason.NONE:
        if number != 0:
            known = find(state, account, number)
            if known != NOT_FOUND or is_full(state):
                return _known(state, commands, i, known, events, written)
        reason = order_reason(state, commands, i)
        if number != 0:
            body = body_of(commands, i)
            remember(state, account, number, commands[i, ask.SEQUENCE], body, reason)
        if reason == Reason.NONE:
            return order(state, commands, i, events, written)
    return emit_refused(events, written, state.market, commands, i, reason)


@cold
def _known(state, commands, i, known, events, written):
    """Answer an ORDER whose id is known, or for whose id there is no room."""
    if known == NOT_FOUND:
        return emit_refused(events, written, state.market, commands, i, Reason.IDS_FULL)
    if state.ids[known, col.ID_BODY] != body_of(commands, i):
        return emit_refused(events, written, state.market, commands, i, Reason.ID_REUSED)
    first = state.ids[known, col.ID_SEQUENCE]
    answer = state.ids[known, col.ID_ANSWER]
    return emit_repeated(events, written, state.market, commands, i, first, answer)


@cold
def _rare_reason(state, commands, i):
    """Give the first reason to refuse a command of any kind but ORDER and CANCEL, or NONE."""
    kind = commands[i, ask.KIND]
    if kind == Kind.OPEN_ACCOUNT:
        return open_account_reason(state, commands, i)
    if kind == Kind.DEPOSIT:
        return deposit_reason(state, commands, i)
    if kind == Kind.WITHDRAW or kind == Kind.TRANSFER:
        return payment_out_reason(state, commands, i)
    if kind == Kind.LIST:
        return list_reason(state, commands, i)
    if kind == Kind.SET:
        return set_reason(state, commands, i)
    if kind == Kind.OPEN:
        return open_reason(state, commands, i)
    if kind == Kind.FIXING:
        return fixing_reason(state, commands, i)
    if kind == Kind.MARK:
        return mark_reason(state, commands, i)
    if kind == Kind.AMEND:
        return amend_reason(state, commands, i)
    if kind == Kind.CANCEL_ALL:
        return cancel_all_reason(state, commands, i)
    if kind == Kind.PROTECT:
        return protect_reason(state, commands, i)
    if kind == Kind.CONFIRM:
        return confirm_reason(state, commands, i)
    if kind == Kind.HALT:
        return halt_reason(state, commands, i)
    if kind == Kind.SETTLE:
        return settle_reason(state, commands, i)
    return Reason.NONE


@cold
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
    if kind == Kind.OPEN:
        return open_contract(state, commands, i, events, written)
    if kind == Kind.FIXING:
        return fixing(state, commands, i, events, written)
    if kind == Kind.MARK:
        return mark(state, commands, i, events, written)
    if kind == Kind.AMEND:
        return amend(state, commands, i, events, written)
    if kind == Kind.CANCEL_ALL:
        return cancel_all(state, commands, i, events, written)
    if kind == Kind.PROTECT:
        return protect(state, commands, i, events, written)
    if kind == Kind.CONFIRM:
        return confirm(state, commands, i, events, written)
    if kind == Kind.HALT:
        return halt(state, commands, i, events, written)
    assert kind == Kind.SETTLE
    return settle(state, commands, i, events, written)
