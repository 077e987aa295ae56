"""MONEY: accounts open; money enters, leaves, and moves between them.

Takes   OPEN_ACCOUNT, DEPOSIT, WITHDRAW or TRANSFER: row `i` of the commands.
Gives   the first reason to refuse it; or its event, when nothing does.
Keeps   all accounts, the outside world's included, at a sum of zero.
Source  Rulebook 3.1, 3.6.
"""

from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from chiphour.exchange.emit import emit_account_opened
from chiphour.exchange.emit import emit_money
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.limits import MONEY_MICROUSD_MAX
from chiphour.exchange.limits import OUTSIDE
from chiphour.exchange.margin import withdrawable
from chiphour.exchange.reasons import Reason
from chiphour.exchange.safety import set_safe
from chiphour.ledger.kernel import kernel
from chiphour.ledger.post import post


@kernel
def open_account_reason(state, commands, i):
    """Give the first reason to refuse an OPEN_ACCOUNT, or NONE."""
    account = commands[i, ask.ACCOUNT]
    if account < 0 or account >= state.accounts.shape[0]:
        return Reason.ACCOUNT_UNKNOWN
    if account < ACCOUNTS_RESERVED:
        return Reason.ACCOUNT_RESERVED
    if state.accounts[account, col.ACCOUNT_GROUP] != 0:
        return Reason.ACCOUNT_EXISTS
    return Reason.NONE


@kernel
def open_account(state, commands, i, events, written):
    """Do an OPEN_ACCOUNT that nothing refuses."""
    account = commands[i, ask.ACCOUNT]
    group = commands[i, ask.GROUP]
    state.accounts[account, col.ACCOUNT_GROUP] = group if group > 0 else -1 - account
    return emit_account_opened(events, written, state.market, account)


@kernel
def _exists(accounts, account):
    if account < 0 or account >= accounts.shape[0]:
        return False
    return accounts[account, col.ACCOUNT_GROUP] != 0


@kernel
def deposit_reason(state, commands, i):
    """Give the first reason to refuse a DEPOSIT, or NONE."""
    amount = commands[i, ask.AMOUNT_MICROUSD]
    if not _exists(state.accounts, commands[i, ask.ACCOUNT]):
        return Reason.ACCOUNT_UNKNOWN
    if commands[i, ask.ACCOUNT] == OUTSIDE:
        return Reason.ACCOUNT_RESERVED
    if amount <= 0:
        return Reason.AMOUNT_NOT_POSITIVE
    if amount > MONEY_MICROUSD_MAX:
        return Reason.AMOUNT_ABOVE_MAX
    if amount - state.accounts[OUTSIDE, col.ACCOUNT_CASH] > MONEY_MICROUSD_MAX:
        return Reason.MONEY_ABOVE_MAX
    return Reason.NONE


@kernel
def deposit(state, commands, i, events, written):
    """Do a DEPOSIT that nothing refuses (rulebook 3.6)."""
    account = commands[i, ask.ACCOUNT]
    amount = commands[i, ask.AMOUNT_MICROUSD]
    post(state.accounts, OUTSIDE, account, amount)
    cash = state.accounts[account, col.ACCOUNT_CASH]
    return emit_money(events, written, state.market, tell.Kind.DEPOSITED, account, cash, amount)


@kernel
def payment_out_reason(state, commands, i):
    """Give the first reason to refuse a WITHDRAW or a TRANSFER, or NONE."""
    account = commands[i, ask.ACCOUNT]
    amount = commands[i, ask.AMOUNT_MICROUSD]
    if not _exists(state.accounts, account):
        return Reason.ACCOUNT_UNKNOWN
    moves = commands[i, ask.KIND] == Kind.TRANSFER
    if moves and not _exists(state.accounts, commands[i, ask.TARGET]):
        return Reason.ACCOUNT_UNKNOWN
    if account == OUTSIDE or (moves and commands[i, ask.TARGET] == OUTSIDE):
        return Reason.ACCOUNT_RESERVED
    if amount <= 0:
        return Reason.AMOUNT_NOT_POSITIVE
    if amount > MONEY_MICROUSD_MAX:
        return Reason.AMOUNT_ABOVE_MAX
    if account < ACCOUNTS_RESERVED:
        free = state.accounts[account, col.ACCOUNT_CASH]
    else:
        free = withdrawable(state, account)
    if amount > free:
        return Reason.FUNDS_INSUFFICIENT
    return Reason.NONE


@kernel
def withdraw(state, commands, i, events, written):
    """Do a WITHDRAW that nothing refuses."""
    account = commands[i, ask.ACCOUNT]
    amount = commands[i, ask.AMOUNT_MICROUSD]
    post(state.accounts, account, OUTSIDE, amount)
    set_safe(state, account, 0)
    cash = state.accounts[account, col.ACCOUNT_CASH]
    return emit_money(events, written, state.market, tell.Kind.WITHDRAWN, account, cash, -amount)


@kernel
def transfer(state, commands, i, events, written):
    """Do a TRANSFER that nothing refuses."""
    account = commands[i, ask.ACCOUNT]
    amount = commands[i, ask.AMOUNT_MICROUSD]
    post(state.accounts, account, commands[i, ask.TARGET], amount)
    set_safe(state, account, 0)
    cash = state.accounts[account, col.ACCOUNT_CASH]
    events_end = emit_money(
        events, written, state.market, tell.Kind.TRANSFERRED, account, cash, amount
    )
    events[written, tell.TARGET] = commands[i, ask.TARGET]
    events[written, tell.RUN] = commands[i, ask.RUN]
    events[written, tell.ITEM] = commands[i, ask.ITEM]
    return events_end
