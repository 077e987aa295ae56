"""LISTING: a contract comes into being, gets its terms, and opens; the market gets its settings.

Takes   LIST, SET or OPEN: row `i` of the commands.
Gives   the first reason to refuse it; or its events, when nothing does.
Keeps   a contract's terms fixed from OPEN on, but for those that are live.
Source  Rulebook 8.2; the bounds stand in `contracts/table.py` and `contracts/settings.py`.
"""

import numpy as np

from chiphour.contracts import table as term
from chiphour.contracts.settings import SETTINGS
from chiphour.contracts.table import CONTRACT_COLUMNS
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import TERMS_COLUMNS
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.calls import begin_call
from chiphour.exchange.emit import emit_contract
from chiphour.exchange.emit import emit_parameter_set
from chiphour.exchange.emit import emit_valued
from chiphour.exchange.events import CallReason
from chiphour.exchange.indexes import index_price
from chiphour.exchange.indexes import refresh_base
from chiphour.exchange.listed import is_listed
from chiphour.exchange.positions import position_exists
from chiphour.exchange.quality import quality_of
from chiphour.exchange.reasons import Reason
from chiphour.exchange.rounding import clamp
from chiphour.exchange.tiers import take_rates
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import STRIKE_OFFSET_NS

STOP_BEFORE_EXPIRY_NS = 10 * NS_PER_MINUTE
THE_MARKET = -1  # A CONTRACT: SET then means a setting of the market.

_LEAST = np.array([entry.least for entry in TERMS], np.int64)
_MOST = np.array([entry.most for entry in TERMS], np.int64)
_DEFAULT = np.array([entry.default for entry in TERMS], np.int64)
_LIVE = np.array([int(entry.live) for entry in TERMS], np.int64)
_SETTING_LEAST = np.array([entry.least for entry in SETTINGS], np.int64)
_SETTING_MOST = np.array([entry.most for entry in SETTINGS], np.int64)


@kernel
def list_reason(state, commands, i):
    """Give the first reason to refuse a LIST, or NONE (rulebook 8.2)."""
    contract = commands[i, ask.CONTRACT]
    if contract < 0 or contract >= state.contracts.shape[0]:
        return Reason.CONTRACT_UNKNOWN
    now = state.contracts[contract, term.STATE]
    if now != State.ABSENT and (now != State.EXPIRED or _is_used(state, contract)):
        return Reason.CONTRACT_EXISTS
    return Reason.NONE


@kernel
def _is_used(state, contract):
    """Tell whether a contract has a position: so it is while it has an order."""
    first = contract * state.accounts.shape[0]
    for place in range(first, first + state.accounts.shape[0]):
        if position_exists(state.positions, place):
            return True
    return state.contracts[contract, term.WAITING] > 0


@kernel
def list_contract(state, commands, i, events, written):
    """Do a LIST that nothing refuses."""
    contract = commands[i, ask.CONTRACT]
    for column in range(CONTRACT_COLUMNS):
        state.contracts[contract, column] = 0
    for column in range(TERMS_COLUMNS):
        state.contracts[contract, column] = _DEFAULT[column]
    state.contracts[contract, term.STATE] = State.LISTED
    return emit_contract(events, written, state.market, tell.Kind.LISTED, contract, 0)


@kernel
def set_reason(state, commands, i):
    """Give the first reason to refuse a SET, or NONE (rulebook 8.2)."""
    contract = commands[i, ask.CONTRACT]
    parameter = commands[i, ask.PARAMETER]
    value = commands[i, ask.VALUE]
    if contract == THE_MARKET:
        inside = value >= _SETTING_LEAST[parameter] and value <= _SETTING_MOST[parameter]
        return Reason.NONE if inside else Reason.PARAMETER_OUT_OF_RANGE
    if not is_listed(state.contracts, contract):
        return Reason.CONTRACT_UNKNOWN
    now = state.contracts[contract, term.STATE]
    ended = now == State.FROZEN or now == State.EXPIRED
    if now != State.LISTED and (ended or _LIVE[parameter] == 0):
        return Reason.CONTRACT_ALREADY_OPEN
    if value < _LEAST[parameter] or value > _MOST[parameter]:
        return Reason.PARAMETER_OUT_OF_RANGE
    return Reason.NONE


@kernel
def set_term(state, commands, i, events, written):
    """Do a SET that nothing refuses; margins are then no longer what they were."""
    contract = commands[i, ask.CONTRACT]
    parameter = commands[i, ask.PARAMETER]
    value = commands[i, ask.VALUE]
    if contract == THE_MARKET:
        state.market[col.SETTINGS, parameter] = value
    else:
        state.contracts[contract, parameter] = value
    state.market[0, col.EPOCH] += 1
    return emit_parameter_set(events, written, state.market, contract, parameter, value)


@kernel
def open_reason(state, commands, i):
    """Give the first reason to refuse an OPEN, or NONE (rulebook 8.2)."""
    contract = commands[i, ask.CONTRACT]
    if not is_listed(state.contracts, contract):
        return Reason.CONTRACT_UNKNOWN
    if state.contracts[contract, term.STATE] != State.LISTED:
        return Reason.CONTRACT_ALREADY_OPEN
    if not _terms_make_sense(state, contract, commands[i, ask.TIME_NS]):
        return Reason.PARAMETER_OUT_OF_RANGE
    known, _ = index_price(state, contract)
    return Reason.NONE if known else Reason.INDEX_UNKNOWN


@kernel
def _terms_make_sense(state, contract, time_ns):
    contracts = state.contracts
    if not _indexes_make_sense(contracts, contract, state.indexes.shape[0]):
        return False
    if not _life_makes_sense(contracts, contract, time_ns):
        return False
    first, second = contracts[contract, term.TIER_1_LOTS], contracts[contract, term.TIER_2_LOTS]
    if first >= second or second >= contracts[contract, term.TIER_3_LOTS]:
        return False
    upper = contracts[contract, term.OPEN_INTEREST_UPPER_LOTS]
    if upper != 0 and contracts[contract, term.OPEN_INTEREST_LOWER_LOTS] >= upper:
        return False
    if contracts[contract, term.MAKER_REBATE_PPM] > contracts[contract, term.TAKER_FEE_PPM]:
        return False
    tick = contracts[contract, term.TICK_MICROUSD]
    least = contracts[contract, term.PRICE_TICKS_MIN]
    most = least + state.market[0, col.WINDOW_TICKS] - 1
    bound = state.market[0, col.PRICE_MICROUSD_MAX]
    return least * tick >= -bound and most * tick <= bound


@kernel
def _indexes_make_sense(contracts, contract, indexes):
    index = contracts[contract, term.INDEX]
    second = contracts[contract, term.INDEX_B]
    if index <= 0 or index >= indexes or second >= indexes or second == index:
        return False
    return contracts[contract, term.FALLBACK_INDEX] < indexes


@kernel
def _life_makes_sense(contracts, contract, time_ns):
    """Check expiry, funding, legs and average against the type."""
    kind = contracts[contract, term.TYPE]
    expiry = contracts[contract, term.EXPIRY_NS]
    days = contracts[contract, term.AVERAGE_DAYS]
    if kind == Type.PERPETUAL:
        if expiry != 0 or days != 0:
            return False
    else:
        if expiry <= time_ns + STOP_BEFORE_EXPIRY_NS or expiry % NS_PER_DAY != STRIKE_OFFSET_NS:
            return False
        if contracts[contract, term.FUNDING_PERIOD_S] != 0:
            return False
    if kind == Type.CALENDAR:
        return days == 0 and _legs_make_sense(contracts, contract)
    if contracts[contract, term.LEG_FAR] != -1 or contracts[contract, term.LEG_NEAR] != -1:
        return False
    if days == 0:
        return True
    first = contracts[contract, term.AVERAGE_FIRST_NS]
    is_strike = first % NS_PER_DAY == STRIKE_OFFSET_NS
    covers = first + (days - 1) * NS_PER_DAY == expiry
    return is_strike and covers and contracts[contract, term.INDEX_B] == 0


@kernel
def _legs_make_sense(contracts, contract):
    far = contracts[contract, term.LEG_FAR]
    near = contracts[contract, term.LEG_NEAR]
    if contracts[contract, term.INDEX_B] != 0:
        return False
    if not _is_leg(contracts, contract, far) or not _is_leg(contracts, contract, near):
        return False
    if contracts[far, term.INDEX] != contracts[near, term.INDEX]:
        return False
    expiry = contracts[contract, term.EXPIRY_NS]
    return contracts[near, term.EXPIRY_NS] == expiry and contracts[far, term.EXPIRY_NS] > expiry


@kernel
def _is_leg(contracts, contract, leg):
    if leg < 0 or leg >= contract or contracts[leg, term.TYPE] != Type.FUTURE:
        return False
    now = contracts[leg, term.STATE]
    trades = now == State.OPEN or now == State.CALL
    return trades and contracts[leg, term.INDEX_B] == 0


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
    refresh_base(state, contract)
    bound = state.market[0, col.PRICE_MICROUSD_MAX]
    price = clamp(contracts[contract, term.INDEX_MICROUSD], bound)
    contracts[contract, term.STATE] = State.OPEN
    contracts[contract, term.SETTLEMENT_MICROUSD] = price
    contracts[contract, term.MARK_MICROUSD] = price
    contracts[contract, term.MARKED_NS] = time_ns
    contracts[contract, term.NEXT_SETTLEMENT_NS] = first_after(time_ns, NS_PER_DAY)
    period_s = contracts[contract, term.FUNDING_PERIOD_S]
    if period_s > 0:
        next_funding = first_after(time_ns, period_s * NS_PER_SECOND)
        contracts[contract, term.NEXT_FUNDING_NS] = next_funding
    contracts[contract, term.QUALITY] = quality_of(state, contract, time_ns)
    take_rates(contracts, contract)
    state.market[0, col.EPOCH] += 1
    written = emit_valued(events, written, state.market, contracts, contract, tell.Kind.OPENED)
    seconds = contracts[contract, term.OPENING_CALL_S]
    if seconds > 0:
        return begin_call(state, contract, CallReason.OPENING, seconds, events, written)
    return written
