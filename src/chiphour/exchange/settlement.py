"""SETTLEMENT: a contract's price is set, daily by its mark and at its end by the fix.

Takes   a FIXING or SETTLE (row `i` of the commands); or an instant at which something is due.
Gives   the first reason to refuse it; FIXED, QUALITY, SETTLED and EXPIRED events.
Keeps   what one side gains, the other loses: only V moves here, and positions follow it.
Source  Rulebook 8.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.commands import Vintage
from chiphour.exchange.emit import emit_contract
from chiphour.exchange.emit import emit_fixed
from chiphour.exchange.emit import emit_valued
from chiphour.exchange.indexes import fix_known
from chiphour.exchange.indexes import median_fix
from chiphour.exchange.indexes import on_index
from chiphour.exchange.indexes import take_fix
from chiphour.exchange.listed import is_listed
from chiphour.exchange.quality import renew
from chiphour.exchange.reasons import Reason
from chiphour.exchange.rounding import clamp
from chiphour.exchange.rounding import divide_even
from chiphour.exchange.sweep import begin_sweep
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR

FALLBACK_AFTER_EXPIRY_NS = 72 * NS_PER_HOUR
STOPPED = 0  # REASON of an EXPIRED event: trading ended ...
FINISHED = 1  # ... or the final price is known.


@kernel
def fixing_reason(state, commands, i):
    """Give the first reason to refuse a FIXING, or NONE (rulebook 8.3)."""
    indexes = state.indexes
    index = commands[i, ask.INDEX]
    strike = commands[i, ask.STRIKE_NS]
    value = commands[i, ask.VALUE_MICROUSD]
    if strike > commands[i, ask.TIME_NS]:
        return Reason.PARAMETER_OUT_OF_RANGE
    if commands[i, ask.FIT] == 1:
        if value <= 0 or value > state.market[0, col.PRICE_MICROUSD_MAX]:
            return Reason.PARAMETER_OUT_OF_RANGE
    elif value != 0:
        return Reason.PARAMETER_OUT_OF_RANGE
    if index <= 0 or index >= indexes.shape[0]:
        return Reason.INDEX_UNKNOWN
    in_order = strike > indexes[index, col.INDEX_FINAL_NS]
    if commands[i, ask.VINTAGE] == Vintage.FINAL:
        in_order = in_order or _is_awaited(state.contracts, index, strike)
    else:
        in_order = in_order and strike > indexes[index, col.INDEX_PROVISIONAL_NS]
    return Reason.NONE if in_order else Reason.FIXING_OUT_OF_ORDER


@kernel
def _is_awaited(contracts, index, strike):
    """Tell whether a contract waits for the final fix of a strike, however late (8.4, 8.6)."""
    for contract in range(contracts.shape[0]):
        now = contracts[contract, term.STATE]
        waits = now == State.STOPPED and contracts[contract, term.EXPIRY_NS] == strike
        waits = waits or (
            now == State.FROZEN and contracts[contract, term.SETTLED_STRIKE_NS] == strike
        )
        if waits and on_index(contracts, contract, index):
            return True
        if waits and contracts[contract, term.FALLBACK_INDEX] == index:
            return True
    return False


@kernel
def fixing(state, commands, i, events, written):
    """Do a FIXING that nothing refuses; what it settles is swept next (rulebook 2.5, 8.3)."""
    contracts = state.contracts
    index = commands[i, ask.INDEX]
    strike = commands[i, ask.STRIKE_NS]
    value = commands[i, ask.VALUE_MICROUSD]
    vintage = commands[i, ask.VINTAGE]
    final = vintage == Vintage.FINAL
    fit = commands[i, ask.FIT] == 1
    take_fix(state, commands, i)
    written = emit_fixed(events, written, state.market, index, strike, vintage, value)
    if fit:
        for contract in range(contracts.shape[0]):
            _count(contracts, contract, index, strike, value, final)
    settled = False
    for contract in range(contracts.shape[0]):
        now = contracts[contract, term.STATE]
        if now == State.ABSENT or not on_index(contracts, contract, index):
            continue
        if now == State.OPEN or now == State.CALL:
            written = renew(state, contract, commands[i, ask.TIME_NS], events, written)
        settles, price = _fix_price(state, contract, strike, final, fit)
        if settles:
            settled = True
            written = _take_price(state, contract, price, strike, final, events, written)
    if settled:
        begin_sweep(state.market, commands[i, ask.TIME_NS], 1)
    return written


@kernel
def _count(contracts, contract, index, strike, value, final):
    """Let an average count a fit fix of one of its days (rulebook 8.3)."""
    if contracts[contract, term.AVERAGE_DAYS] == 0 or contracts[contract, term.INDEX] != index:
        return
    now = contracts[contract, term.STATE]
    counts = now == State.OPEN or now == State.CALL or now == State.STOPPED
    if not counts and not (final and now == State.FROZEN):
        return
    if strike < contracts[contract, term.AVERAGE_FIRST_NS]:
        return
    if strike > contracts[contract, term.EXPIRY_NS]:
        return
    if final:
        contracts[contract, term.FINAL_SUM_MICROUSD] += value
        contracts[contract, term.FINAL_FIXES] += 1
    else:
        contracts[contract, term.PROVISIONAL_SUM_MICROUSD] += value
        contracts[contract, term.PROVISIONAL_FIXES] += 1


@kernel
def _fix_price(state, contract, strike, final, fit):
    """Tell whether a contract on the index takes this fixing as its price, and that price."""
    contracts = state.contracts
    now = contracts[contract, term.STATE]
    if now != State.STOPPED and now != State.FROZEN:
        return False, 0
    if contracts[contract, term.TYPE] == Type.CALENDAR:
        return False, 0  # It settles with its near leg.
    if now == State.FROZEN and not (
        final and strike == contracts[contract, term.SETTLED_STRIKE_NS]
    ):
        return False, 0
    if contracts[contract, term.AVERAGE_DAYS] > 0:
        return _average_price(contracts, contract, strike, final)
    expiry = contracts[contract, term.EXPIRY_NS]
    in_time = strike >= expiry and strike < expiry + FALLBACK_AFTER_EXPIRY_NS
    if not fit or (now == State.STOPPED and not in_time):
        return False, 0
    known, price = fix_known(state.indexes, contracts[contract, term.INDEX], strike, final)
    second = contracts[contract, term.INDEX_B]
    if second > 0:
        also, other = fix_known(state.indexes, second, strike, final)
        return known and also, price - other
    return known, price


@kernel
def _average_price(contracts, contract, strike, final):
    """Tell whether an average takes this fixing, and its price (rulebook 8.3)."""
    fixes_min = contracts[contract, term.AVERAGE_FIXES_MIN]
    if contracts[contract, term.STATE] == State.STOPPED:
        fixes = contracts[contract, term.PROVISIONAL_FIXES]
        last = not final and strike == contracts[contract, term.EXPIRY_NS]
        if not last or fixes < fixes_min:
            return False, 0
        return True, divide_even(contracts[contract, term.PROVISIONAL_SUM_MICROUSD], fixes)
    fixes = contracts[contract, term.FINAL_FIXES]
    if fixes < fixes_min:
        return True, contracts[contract, term.SETTLEMENT_MICROUSD]
    return True, divide_even(contracts[contract, term.FINAL_SUM_MICROUSD], fixes)


@kernel
def _take_price(state, contract, price, strike, final, events, written):
    """Settle a contract on its price, and then the calendars whose near leg it is (8.3, 8.4)."""
    contracts = state.contracts
    written = _take_one(state, contract, price, strike, final, events, written)
    for calendar in range(contract + 1, contracts.shape[0]):
        if contracts[calendar, term.TYPE] != Type.CALENDAR:
            continue
        now = contracts[calendar, term.STATE]
        waits = now == State.STOPPED or (final and now == State.FROZEN)
        if waits and contracts[calendar, term.LEG_NEAR] == contract:
            far = contracts[contracts[calendar, term.LEG_FAR], term.MARK_MICROUSD]
            near = contracts[contract, term.MARK_MICROUSD]
            written = _take_one(state, calendar, far - near, strike, final, events, written)
    return written


@kernel
def _take_one(state, contract, price, strike, final, events, written):
    price = clamp(price, state.market[0, col.PRICE_MICROUSD_MAX])
    written = _move(state, contract, price, price, events, written)
    if final:
        return _expire(state.market, state.contracts, contract, events, written)
    state.contracts[contract, term.STATE] = State.FROZEN
    state.contracts[contract, term.SETTLED_STRIKE_NS] = strike
    return written


@kernel
def _move(state, contract, price, shown, events, written):
    """Move V by what S moves to `price`; M is S then (rulebook 8.1).

    `shown` is the VALUE of the event.
    """
    contracts = state.contracts
    per_lot = price - contracts[contract, term.SETTLEMENT_MICROUSD]
    contracts[contract, term.VALUE_PER_LOT_MICROUSD] += per_lot
    contracts[contract, term.SETTLEMENT_MICROUSD] = price
    contracts[contract, term.MARK_MICROUSD] = price
    state.market[0, col.EPOCH] += 1
    end = emit_valued(events, written, state.market, contracts, contract, tell.Kind.SETTLED)
    events[written, tell.VALUE_MICROUSD] = shown
    events[written, tell.PER_LOT_MICROUSD] = per_lot
    return end


@kernel
def _expire(market, contracts, contract, events, written):
    """Note that a contract has its final price (rulebook 8.5); the sweep ends its positions."""
    contracts[contract, term.STATE] = State.EXPIRED
    contracts[contract, term.OPEN_INTEREST_LOTS] = 0
    return emit_contract(events, written, market, tell.Kind.EXPIRED, contract, FINISHED)


@kernel
def settle_daily(state, contract, events, written):
    """Settle an open contract on its mark (rulebook 8.1)."""
    mark = state.contracts[contract, term.MARK_MICROUSD]
    state.contracts[contract, term.NEXT_SETTLEMENT_NS] += NS_PER_DAY
    return _move(state, contract, mark, 0, events, written)


@kernel
def fall_back(state, contract, events, written):
    """Settle a stopped contract that no fix came for on what is known; or let it wait (8.4)."""
    known, price = _fallback_price(state, contract)
    if known:
        return _take_price(state, contract, price, 0, True, events, written)
    state.contracts[contract, term.FALLBACK_PASSED] = 1
    return written


@kernel
def _fallback_price(state, contract):
    contracts = state.contracts
    if contracts[contract, term.TYPE] == Type.CALENDAR:
        return False, 0  # It waits for its near leg alone.
    second = contracts[contract, term.INDEX_B]
    known, price = median_fix(state.indexes, contracts[contract, term.INDEX])
    if second > 0:
        also, other = median_fix(state.indexes, second)
        return known and also, price - other
    fallback = contracts[contract, term.FALLBACK_INDEX]
    if fallback > 0 and state.indexes[fallback, col.INDEX_FIX] > 0:
        return True, state.indexes[fallback, col.INDEX_FIX]
    return known, price


@kernel
def settle_reason(state, commands, i):
    """Give the first reason to refuse a SETTLE, or NONE (rulebook 8.7)."""
    contracts = state.contracts
    contract = commands[i, ask.CONTRACT]
    if not is_listed(contracts, contract):
        return Reason.CONTRACT_UNKNOWN
    now = contracts[contract, term.STATE]
    passed = now == State.STOPPED and contracts[contract, term.FALLBACK_PASSED] == 1
    if not passed and now != State.FROZEN:
        return Reason.CONTRACT_NOT_OPEN
    bound = state.market[0, col.PRICE_MICROUSD_MAX]
    value = commands[i, ask.VALUE_MICROUSD]
    if value < -bound or value > bound:
        return Reason.PARAMETER_OUT_OF_RANGE
    return Reason.NONE


@kernel
def settle(state, commands, i, events, written):
    """Do a SETTLE that nothing refuses: the operator's final price (rulebook 8.7)."""
    contract = commands[i, ask.CONTRACT]
    price = commands[i, ask.VALUE_MICROUSD]
    written = _take_price(state, contract, price, 0, True, events, written)
    begin_sweep(state.market, commands[i, ask.TIME_NS], 1)
    return written
