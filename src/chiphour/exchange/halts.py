"""HALTS: the operator gives a contract, all of them, or a member a mode; the kill switch.

Takes   a HALT: row `i` of the commands.
Gives   the first reason to refuse it; or MODE_SET, the calls of what trades again, an item of work.
Keeps   what a mode forbids to the checks of orders: nothing is decided here.
Source  Rulebook 10.3.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.calls import begin_call
from chiphour.exchange.commands import Mode
from chiphour.exchange.emit import emit_mode_set
from chiphour.exchange.events import CallReason
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.listed import is_listed
from chiphour.exchange.reasons import Reason
from chiphour.exchange.work import Item
from chiphour.exchange.work import put
from chiphour.ledger.kernel import kernel

ALL = -1  # A CONTRACT, or the subject of an item: each of them.


@kernel
def halt_reason(state, commands, i):
    """Give the first reason to refuse a HALT, or NONE."""
    account = commands[i, ask.ACCOUNT]
    contract = commands[i, ask.CONTRACT]
    if account != 0:
        if account < 0 or account >= state.accounts.shape[0]:
            return Reason.ACCOUNT_UNKNOWN
        if state.accounts[account, col.ACCOUNT_GROUP] == 0:
            return Reason.ACCOUNT_UNKNOWN
        return Reason.ACCOUNT_RESERVED if account < ACCOUNTS_RESERVED else Reason.NONE
    if contract == ALL:
        return Reason.NONE
    if not is_listed(state.contracts, contract):
        return Reason.CONTRACT_UNKNOWN
    return Reason.NONE


@kernel
def halt(state, commands, i, events, written):
    """Do a HALT that nothing refuses (rulebook 10.3)."""
    account = commands[i, ask.ACCOUNT]
    contract = commands[i, ask.CONTRACT]
    mode = commands[i, ask.MODE]
    told = contract if account == 0 else 0
    written = emit_mode_set(events, written, state.market, account, told, mode)
    if account > 0:
        state.accounts[account, col.ACCOUNT_MODE] = mode
        contract = ALL
    elif contract == ALL:
        for each in range(state.contracts.shape[0]):
            written = _give_mode(state, each, mode, events, written)
    else:
        written = _give_mode(state, contract, mode, events, written)
    if commands[i, ask.FLAGS] == 1:
        subject = account if account > 0 else ALL
        before = commands[i, ask.SEQUENCE]
        put(state, Item.CANCEL_ALL, subject, contract, 0, 0, before, Reason.HALTED)
    return written


@kernel
def _give_mode(state, contract, mode, events, written):
    """Set the mode of one contract; an open one that was halted begins again with a call."""
    contracts = state.contracts
    if contracts[contract, term.STATE] == State.ABSENT:
        return written
    resumes = contracts[contract, term.MODE] == Mode.HALTED and mode != Mode.HALTED
    contracts[contract, term.MODE] = mode
    seconds = contracts[contract, term.CALL_S]
    if resumes and seconds > 0 and contracts[contract, term.STATE] == State.OPEN:
        return begin_call(state, contract, CallReason.RESUMED, seconds, events, written)
    return written
