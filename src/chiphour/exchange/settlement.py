"""SETTLEMENT: a contract's price is set, daily by its mark and at its end by the fix.

Takes   a FIXING (row `i` of the commands); or an instant at which something is due.
Gives   the first reason to refuse a FIXING; FIXED, SETTLED and EXPIRED events.
Keeps   what one side gains, the other loses: only V moves here, and positions follow it.
Source  Rulebook 8.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.commands import Vintage
from chiphour.exchange.emit import emit_contract
from chiphour.exchange.emit import emit_fixed
from chiphour.exchange.emit import emit_valued
from chiphour.exchange.reasons import Reason
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR

FALLBACK_AFTER_EXPIRY_NS = 72 * NS_PER_HOUR
STOPPED = 0  # REASON of an EXPIRED event: trading ended ...
FINISHED = 1  # ... or the final price is known.


@kernel
def fixing_reason(state, commands, i):
    """Give the first reason to refuse a FIXING, or NONE."""
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
    if index <= 0 or index >= state.indexes.shape[0]:
        return Reason.INDEX_UNKNOWN
    final = commands[i, ask.VINTAGE] == Vintage.FINAL
    last = col.INDEX_FINAL_NS if final else col.INDEX_PROVISIONAL_NS
    in_order = strike > state.indexes[index, last]
    if in_order or (final and _is_awaited(state.contracts, index, strike)):
        return Reason.NONE
    return Reason.FIXING_OUT_OF_ORDER


@kernel
def _is_awaited(contracts, index, strike):
    """Tell whether a contract waits for the final fix of a strike, however late."""
    for contract in range(contracts.shape[0]):
        if contracts[contract, term.INDEX] == index:
            state = contracts[contract, term.STATE]
            if state == State.STOPPED and contracts[contract, term.EXPIRY_NS] == strike:
                return True
            if state == State.FROZEN and contracts[contract, term.SETTLED_STRIKE_NS] == strike:
                return True
    return False


@kernel
def fixing(state, commands, i, events, written):
    """Do a FIXING that nothing refuses; gives (row after the events, whether it settled any)."""
    index = commands[i, ask.INDEX]
    strike = commands[i, ask.STRIKE_NS]
    value = commands[i, ask.VALUE_MICROUSD]
    final = commands[i, ask.VINTAGE] == Vintage.FINAL
    fit = commands[i, ask.FIT] == 1
    last = col.INDEX_FINAL_NS if final else col.INDEX_PROVISIONAL_NS
    state.indexes[index, last] = max(strike, state.indexes[index, last])
    if fit and not final:
        state.indexes[index, col.INDEX_FIX + 2] = state.indexes[index, col.INDEX_FIX + 1]
        state.indexes[index, col.INDEX_FIX + 1] = state.indexes[index, col.INDEX_FIX]
        state.indexes[index, col.INDEX_FIX] = value
    written = emit_fixed(
        events, written, state.market, index, strike, commands[i, ask.VINTAGE], value
    )
    settled = False
    if fit:
        for contract in range(state.contracts.shape[0]):
            if _settles_on(state.contracts, contract, index, strike, final):
                settled = True
                written = _settle_on_fix(state, contract, value, strike, final, events, written)
    return written, settled


@kernel
def _settles_on(contracts, contract, index, strike, final):
    """Tell whether a contract takes this fix as its price (rulebook 8.3)."""
    if contracts[contract, term.INDEX] != index:
        return False
    state = contracts[contract, term.STATE]
    if state == State.STOPPED:
        expiry = contracts[contract, term.EXPIRY_NS]
        return expiry <= strike and strike < expiry + FALLBACK_AFTER_EXPIRY_NS
    if state == State.FROZEN:
        return final and strike == contracts[contract, term.SETTLED_STRIKE_NS]
    return False


@kernel
def _settle_on_fix(state, contract, fix, strike, final, events, written):
    written = settle(state.market, state.contracts, contract, fix, fix, events, written)
    if final:
        return _expire(state.market, state.contracts, contract, events, written)
    state.contracts[contract, term.STATE] = State.FROZEN
    state.contracts[contract, term.SETTLED_STRIKE_NS] = strike
    return written


@kernel
def settle(market, contracts, contract, price, shown, events, written):
    """Move V by what S moves to `price`; M is S then (rulebook 8.1).

    `shown` is the VALUE of the event.
    """
    per_lot = price - contracts[contract, term.SETTLEMENT_MICROUSD]
    contracts[contract, term.VALUE_PER_LOT_MICROUSD] += per_lot
    contracts[contract, term.SETTLEMENT_MICROUSD] = price
    contracts[contract, term.MARK_MICROUSD] = price
    market[0, col.EPOCH] += 1
    end = emit_valued(events, written, market, contracts, contract, tell.Kind.SETTLED)
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
def settle_daily(market, contracts, contract, events, written):
    """Settle an open contract on its mark (rulebook 8.1)."""
    mark = contracts[contract, term.MARK_MICROUSD]
    contracts[contract, term.NEXT_SETTLEMENT_NS] += NS_PER_DAY
    return settle(market, contracts, contract, mark, 0, events, written)


@kernel
def fall_back(state, contract, events, written):
    """Settle a stopped contract that no fix came for on the median of three (rulebook 8.4)."""
    index = state.contracts[contract, term.INDEX]
    first = state.indexes[index, col.INDEX_FIX]
    second = state.indexes[index, col.INDEX_FIX + 1]
    third = state.indexes[index, col.INDEX_FIX + 2]
    if third == 0:
        return written
    median = max(min(first, second), min(max(first, second), third))
    return _settle_on_fix(state, contract, median, 0, True, events, written)
