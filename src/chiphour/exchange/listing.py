"""LISTING: a contract comes into being, gets its terms, and opens.

Takes   LIST, SET or OPEN: row `i` of the commands.
Gives   the first reason to refuse it; or its event, when nothing does.
Keeps   a contract's terms fixed from OPEN on.
Source  Rulebook 8.2; the bounds of terms stand in `contracts/table.py`.
"""

import numpy as np

from chiphour.contracts import table as term
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import TERMS_COLUMNS
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.emit import emit_contract
from chiphour.exchange.emit import emit_parameter_set
from chiphour.exchange.reasons import Reason
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import STRIKE_OFFSET_NS

STOP_BEFORE_EXPIRY_NS = 10 * NS_PER_MINUTE

_LEAST = np.array([entry.least for entry in TERMS], np.int64)
_MOST = np.array([entry.most for entry in TERMS], np.int64)
_DEFAULT = np.array([entry.default for entry in TERMS], np.int64)


@kernel
def list_reason(contracts, commands, i):
    """Give the first reason to refuse a LIST, or NONE."""
    contract = commands[i, ask.CONTRACT]
    if contract < 0 or contract >= contracts.shape[0]:
        return Reason.CONTRACT_UNKNOWN
    if contracts[contract, term.STATE] != State.ABSENT:
        return Reason.CONTRACT_EXISTS
    return Reason.NONE


@kernel
def list_contract(state, commands, i, events, written):
    """Do a LIST that nothing refuses."""
    contract = commands[i, ask.CONTRACT]
    for column in range(TERMS_COLUMNS):
        state.contracts[contract, column] = _DEFAULT[column]
    state.contracts[contract, term.STATE] = State.LISTED
    return emit_contract(events, written, state.market, tell.Kind.LISTED, contract, 0)


@kernel
def _listed_reason(contracts, contract):
    if contract < 0 or contract >= contracts.shape[0]:
        return Reason.CONTRACT_UNKNOWN
    if contracts[contract, term.STATE] == State.ABSENT:
        return Reason.CONTRACT_UNKNOWN
    if contracts[contract, term.STATE] != State.LISTED:
        return Reason.CONTRACT_ALREADY_OPEN
    return Reason.NONE


@kernel
def set_reason(contracts, commands, i):
    """Give the first reason to refuse a SET, or NONE."""
    reason = _listed_reason(contracts, commands[i, ask.CONTRACT])
    if reason != Reason.NONE:
        return reason
    parameter = commands[i, ask.PARAMETER]
    value = commands[i, ask.VALUE]
    if value < _LEAST[parameter] or value > _MOST[parameter]:
        return Reason.PARAMETER_OUT_OF_RANGE
    return Reason.NONE


@kernel
def set_term(state, commands, i, events, written):
    """Do a SET that nothing refuses."""
    contract = commands[i, ask.CONTRACT]
    parameter = commands[i, ask.PARAMETER]
    value = commands[i, ask.VALUE]
    state.contracts[contract, parameter] = value
    return emit_parameter_set(events, written, state.market, contract, parameter, value)


@kernel
def open_reason(state, commands, i):
    """Give the first reason to refuse an OPEN, or NONE."""
    contract = commands[i, ask.CONTRACT]
    reason = _listed_reason(state.contracts, contract)
    if reason != Reason.NONE:
        return reason
    if not _terms_make_sense(state, contract, commands[i, ask.TIME_NS]):
        return Reason.PARAMETER_OUT_OF_RANGE
    if state.indexes[state.contracts[contract, term.INDEX], col.INDEX_FIX] == 0:
        return Reason.INDEX_UNKNOWN
    return Reason.NONE


@kernel
def _terms_make_sense(state, contract, time_ns):
    contracts = state.contracts
    index = contracts[contract, term.INDEX]
    if index <= 0 or index >= state.indexes.shape[0]:
        return False
    expiry = contracts[contract, term.EXPIRY_NS]
    if contracts[contract, term.TYPE] == Type.FUTURE:
        if expiry <= time_ns + STOP_BEFORE_EXPIRY_NS or expiry % NS_PER_DAY != STRIKE_OFFSET_NS:
            return False
        if contracts[contract, term.FUNDING_PERIOD_S] != 0:
            return False
    elif expiry != 0:
        return False
    first, second = contracts[contract, term.TIER_1_LOTS], contracts[contract, term.TIER_2_LOTS]
    if first >= second or second >= contracts[contract, term.TIER_3_LOTS]:
        return False
    tick = contracts[contract, term.TICK_MICROUSD]
    least = contracts[contract, term.PRICE_TICKS_MIN]
    most = least + state.market[0, col.WINDOW_TICKS] - 1
    bound = state.market[0, col.PRICE_MICROUSD_MAX]
    return least * tick >= -bound and most * tick <= bound


@kernel
def first_after(time_ns, period_ns):
    """Give the first time after `time_ns` that is 00:30 of 1 January 1970 plus whole periods."""
    return STRIKE_OFFSET_NS + ((time_ns - STRIKE_OFFSET_NS) // period_ns + 1) * period_ns


@kernel
def open_contract(state, commands, i, events, written):
    """Do an OPEN that nothing refuses; what is due next is the caller's to renew."""
    contract = commands[i, ask.CONTRACT]
    time_ns = commands[i, ask.TIME_NS]
    contracts = state.contracts
    fix = state.indexes[contracts[contract, term.INDEX], col.INDEX_FIX]
    contracts[contract, term.STATE] = State.OPEN
    contracts[contract, term.SETTLEMENT_MICROUSD] = fix
    contracts[contract, term.MARK_MICROUSD] = fix
    contracts[contract, term.INDEX_MICROUSD] = fix
    contracts[contract, term.MARKED_NS] = time_ns
    contracts[contract, term.NEXT_SETTLEMENT_NS] = first_after(time_ns, NS_PER_DAY)
    period_s = contracts[contract, term.FUNDING_PERIOD_S]
    if period_s > 0:
        next_funding = first_after(time_ns, period_s * NS_PER_SECOND)
        contracts[contract, term.NEXT_FUNDING_NS] = next_funding
    return emit_contract(events, written, state.market, tell.Kind.OPENED, contract, 0)
