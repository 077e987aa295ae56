"""PROTECTION: a market maker's limit on what may be filled against it in a while.

Takes   a PROTECT: row `i` of the commands; each fill of an order with the flag PROTECTED.
Gives   the reason to refuse it; PROTECTION_SET, PROTECTED, and an item that cancels.
Keeps   one window at a time, which begins with its first fill; nothing counted while frozen.
Source  Rulebook 9.19.
"""

from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.commands import Flag
from chiphour.exchange.emit import emit_counted
from chiphour.exchange.listed import is_listed
from chiphour.exchange.orders import position_of
from chiphour.exchange.reasons import Reason
from chiphour.exchange.state import NEVER_NS
from chiphour.exchange.trader import trader_reason
from chiphour.exchange.work import FLAGS_SHIFT
from chiphour.exchange.work import Item
from chiphour.exchange.work import put
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_SECOND

_CANCELS = Reason.PROTECTION + (Flag.PROTECTED << FLAGS_SHIFT)


@kernel
def protect_reason(state, commands, i):
    """Give the first reason to refuse a PROTECT, or NONE; its form is right."""
    reason = trader_reason(state.accounts, commands[i, ask.ACCOUNT])
    if reason != Reason.NONE:
        return reason
    contract = commands[i, ask.CONTRACT]
    if not is_listed(state.contracts, contract):
        return Reason.CONTRACT_UNKNOWN
    return Reason.NONE


@kernel
def protect(state, commands, i, events, written):
    """Do a PROTECT that nothing refuses: set a protection, or with no lots end it; reset it."""
    account = commands[i, ask.ACCOUNT]
    contract = commands[i, ask.CONTRACT]
    lots = commands[i, ask.LOTS]
    at = contract * state.accounts.shape[0] + account
    positions = state.positions
    positions[at, col.PROTECTION_INTERVAL_S] = commands[i, ask.INTERVAL_S] if lots > 0 else 0
    positions[at, col.PROTECTION_FROZEN_S] = commands[i, ask.FROZEN_S] if lots > 0 else 0
    positions[at, col.PROTECTION_LIMIT_LOTS] = lots
    positions[at, col.PROTECTION_START_NS] = 0
    positions[at, col.PROTECTION_LOTS] = 0
    positions[at, col.PROTECTION_UNTIL_NS] = 0
    kind = tell.Kind.PROTECTION_SET
    return emit_counted(events, written, state.market, kind, account, contract, lots)


@kernel
def frozen(state, account, contract):
    """Tell whether new orders with the flag are refused (rulebook 9.19)."""
    at = contract * state.accounts.shape[0] + account
    return state.market[0, col.TIME_NS] < state.positions[at, col.PROTECTION_UNTIL_NS]


@kernel
def count(state, row, lots, events, written):
    """Count a maker's fill; at the limit its orders with the flag are cancelled and frozen."""
    market = state.market
    positions = state.positions
    at = position_of(state, row)
    limit = positions[at, col.PROTECTION_LIMIT_LOTS]
    time_ns = market[0, col.TIME_NS]
    if limit == 0 or time_ns < positions[at, col.PROTECTION_UNTIL_NS]:
        return written
    passed_s = (time_ns - positions[at, col.PROTECTION_START_NS]) // NS_PER_SECOND
    counted = positions[at, col.PROTECTION_LOTS]
    if counted == 0 or passed_s >= positions[at, col.PROTECTION_INTERVAL_S]:
        positions[at, col.PROTECTION_START_NS] = time_ns
        counted = 0
    counted += lots
    positions[at, col.PROTECTION_LOTS] = counted
    if counted < limit:
        return written
    account = at % state.accounts.shape[0]
    contract = at // state.accounts.shape[0]
    positions[at, col.PROTECTION_START_NS] = 0
    positions[at, col.PROTECTION_LOTS] = 0
    frozen_s = positions[at, col.PROTECTION_FROZEN_S]
    until_ns = NEVER_NS
    if frozen_s > 0 and frozen_s <= (NEVER_NS - time_ns) // NS_PER_SECOND:
        until_ns = time_ns + frozen_s * NS_PER_SECOND
    positions[at, col.PROTECTION_UNTIL_NS] = until_ns
    put(state, Item.CANCEL_ALL, account, contract, 0, 0, market[0, col.SEQUENCE], _CANCELS)
    return emit_counted(events, written, market, tell.Kind.PROTECTED, account, contract, counted)
