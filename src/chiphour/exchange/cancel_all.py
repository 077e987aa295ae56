"""CANCEL_ALL: many orders go, one step at a time: a member's wish, protection, the kill switch.

Takes   a CANCEL_ALL: row `i` of the commands; then the first item of the queue of work.
Gives   the reason to refuse it; a step of the item: one order cancelled or passed over, or its end.
Keeps   the item's progress in itself. A subject below 0 means all accounts, -1 - the one at work;
        a contract below 0 likewise; WORK_DONE = orders cancelled + 2^24 x the least id still to
        be looked at in that account and contract; WORK_WHY = the reason + 2^16 x the flags that
        an order must have.
Source  Rulebook 2.8, 9.15, 9.19, 10.3.
"""

from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.emit import emit_counted
from chiphour.exchange.listed import is_listed
from chiphour.exchange.orders import find_order
from chiphour.exchange.orders import position_of
from chiphour.exchange.orders import side_of
from chiphour.exchange.reasons import Reason
from chiphour.exchange.resting import cancel_row
from chiphour.exchange.state import NONE
from chiphour.exchange.trader import trader_reason
from chiphour.exchange.work import FLAGS_SHIFT
from chiphour.exchange.work import Item
from chiphour.exchange.work import put
from chiphour.ledger.kernel import kernel

DONE_SHIFT = 24
_DONE = (1 << DONE_SHIFT) - 1
_WHY = (1 << FLAGS_SHIFT) - 1


@kernel
def cancel_all_reason(state, commands, i):
    """Give the first reason to refuse a CANCEL_ALL, or NONE; its form is right."""
    reason = trader_reason(state.accounts, commands[i, ask.ACCOUNT])
    if reason != Reason.NONE:
        return reason
    contract = commands[i, ask.CONTRACT]
    if contract != -1 and not is_listed(state.contracts, contract):
        return Reason.CONTRACT_UNKNOWN
    return Reason.NONE


@kernel
def cancel_all(state, commands, i, events, written):
    """Do a CANCEL_ALL that nothing refuses: it joins the queue, and tells when it is drained."""
    put(
        state,
        Item.CANCEL_ALL,
        commands[i, ask.ACCOUNT],
        commands[i, ask.CONTRACT],
        commands[i, ask.SIDE],
        commands[i, ask.LABEL],
        commands[i, ask.SEQUENCE],
        Reason.MASS_CANCELLED,
    )
    return written


@kernel
def step(state, events, written):
    """Do one step of the item that is first; gives (row, whether it was the last)."""
    work = state.work
    at = state.market[0, col.WORK_FIRST]
    why = work[at, col.WORK_WHY] & _WHY
    row = _next(state, at)
    if row == NONE:
        if why == Reason.MASS_CANCELLED:
            kind = tell.Kind.CANCELLED_ALL
            account = work[at, col.WORK_SUBJECT]
            contract = max(-1, work[at, col.WORK_REASON])
            count = work[at, col.WORK_DONE] & _DONE
            written = emit_counted(events, written, state.market, kind, account, contract, count)
        return written, True
    position = position_of(state, row)
    if work[at, col.WORK_SUBJECT] < 0:
        work[at, col.WORK_SUBJECT] = -1 - position % state.accounts.shape[0]
    if work[at, col.WORK_REASON] < 0:
        work[at, col.WORK_REASON] = -1 - position // state.accounts.shape[0]
    count = work[at, col.WORK_DONE] & _DONE
    meant = _is_meant(state, at, row)
    if meant:
        count += 1
    work[at, col.WORK_DONE] = count | (state.orders[row, col.ORDER_ID] + 1) << DONE_SHIFT
    state.market[0, col.WORK_HINT] = state.orders[state.orders[row, col.ORDER_LATER], col.ORDER_ID]
    if meant:
        written = cancel_row(state, row, why, events, written)
    return written, False


@kernel
def _is_meant(state, at, row):
    """Tell whether an order is of the item's side, label and flags."""
    words = state.orders[row, col.ORDER_WORDS]
    side = state.work[at, col.WORK_SIDE]
    label = state.work[at, col.WORK_LABEL]
    flags = state.work[at, col.WORK_WHY] >> FLAGS_SHIFT
    if side != 0 and side_of(words) != side:
        return False
    if label != 0 and state.orders[row, col.ORDER_LABEL] != label:
        return False
    return words & flags == flags


@kernel
def _next(state, at):
    """Give the row of the next order that the item must look at, or NONE."""
    subject = state.work[at, col.WORK_SUBJECT]
    reason = state.work[at, col.WORK_REASON]
    least = state.work[at, col.WORK_DONE] >> DONE_SHIFT
    account = subject if subject >= 0 else -1 - subject
    contract = reason if reason >= 0 else -1 - reason
    first_contract = contract if reason >= 0 else 0
    contracts_end = contract + 1 if reason >= 0 else state.contracts.shape[0]
    accounts_end = account + 1 if subject >= 0 else state.accounts.shape[0]
    before = state.work[at, col.WORK_BEFORE]
    while account < accounts_end:
        if state.accounts[account, col.ACCOUNT_GROUP] != 0:
            while contract < contracts_end:
                row = _first_from(state, contract * state.accounts.shape[0] + account, least)
                if row != NONE and state.orders[row, col.ORDER_ID] < before:
                    return row
                contract += 1
                least = 0
        account += 1
        contract = first_contract
        least = 0
    return NONE


@kernel
def _first_from(state, position, least):
    """Give the first order of a position with an id of at least `least`, or NONE."""
    orders = state.orders
    row = state.positions[position, col.POSITION_ORDER_FIRST]
    if row == NONE or orders[row, col.ORDER_ID] >= least:
        return row
    hint = find_order(orders, state.slots, state.market[0, col.WORK_HINT])
    if hint != NONE and orders[hint, col.ORDER_ID] >= least:
        earlier = orders[hint, col.ORDER_EARLIER]
        if position_of(state, hint) == position and orders[earlier, col.ORDER_ID] < least:
            return hint
    while row != NONE and orders[row, col.ORDER_ID] < least:
        row = orders[row, col.ORDER_LATER]
    return row
