"""INDEXES: what is known of each index, and the I and B that a contract takes from it.

Takes   ticks (MARK) and fixes (FIXING): row `i` of the commands; or a contract.
Gives   whether an index is known and its value; a contract's I, B and legs.
Keeps   the last 20 ticks, the last three fit fixes, the last fit fix of each vintage.
Source  Rulebook 4.1, 4.2, 4.4, 8.3.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import Type
from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Vintage
from chiphour.exchange.reasons import Reason
from chiphour.exchange.rounding import divide_even
from chiphour.exchange.rounding import divide_up
from chiphour.ledger.kernel import kernel

assert col.INDEX_TICK + col.INDEX_TICKS_MAX <= col.INDEX_COLUMNS


@kernel
def tick_reason(state, commands, i):
    """Give the first reason to refuse the tick of a MARK, or NONE (rulebook 4.4)."""
    indexes = state.indexes
    index = commands[i, ask.INDEX]
    value = commands[i, ask.VALUE_MICROUSD]
    if value < 0 or value > state.market[0, col.PRICE_MICROUSD_MAX]:
        return Reason.PARAMETER_OUT_OF_RANGE
    if commands[i, ask.STRIKE_NS] > commands[i, ask.TIME_NS]:
        return Reason.PARAMETER_OUT_OF_RANGE
    if index <= 0 or index >= indexes.shape[0]:
        return Reason.INDEX_UNKNOWN
    if value == 0:
        if indexes[index, col.INDEX_TICK_COUNT] == 0 and indexes[index, col.INDEX_FIX] == 0:
            return Reason.INDEX_UNKNOWN
    elif _tick_time(commands, i) < indexes[index, col.INDEX_TICK_NS]:
        return Reason.FIXING_OUT_OF_ORDER
    return Reason.NONE


@kernel
def _tick_time(commands, i):
    time_ns = commands[i, ask.STRIKE_NS]
    return commands[i, ask.TIME_NS] if time_ns == 0 else time_ns


@kernel
def take_tick(state, commands, i):
    """Take the tick and the quality of a MARK that nothing refuses (rulebook 4.4)."""
    indexes = state.indexes
    index = commands[i, ask.INDEX]
    value = commands[i, ask.VALUE_MICROUSD]
    indexes[index, col.INDEX_QUALITY] = commands[i, ask.FIT]
    count = indexes[index, col.INDEX_TICK_COUNT]
    time_ns = _tick_time(commands, i)
    if value == 0 or (count > 0 and time_ns <= indexes[index, col.INDEX_TICK_NS]):
        return
    indexes[index, col.INDEX_TICK_NS] = time_ns
    if count < col.INDEX_TICKS_MAX:
        indexes[index, col.INDEX_TICK + count] = value
        indexes[index, col.INDEX_TICK_COUNT] = count + 1
        return
    for place in range(col.INDEX_TICK, col.INDEX_TICK + col.INDEX_TICKS_MAX - 1):
        indexes[index, place] = indexes[index, place + 1]
    indexes[index, col.INDEX_TICK + col.INDEX_TICKS_MAX - 1] = value


@kernel
def take_fix(state, commands, i):
    """Let an index remember a fixing that nothing refuses (rulebook 8.3)."""
    indexes = state.indexes
    index = commands[i, ask.INDEX]
    strike = commands[i, ask.STRIKE_NS]
    value = commands[i, ask.VALUE_MICROUSD]
    fit = commands[i, ask.FIT]
    if indexes[index, col.INDEX_QUALITY] == 0:
        indexes[index, col.INDEX_QUALITY] = Quality.LIVE
    if commands[i, ask.VINTAGE] == Vintage.FINAL:
        last = indexes[index, col.INDEX_FINAL_NS]
        indexes[index, col.INDEX_FINAL_NS] = max(strike, last)
        if fit == 1:
            indexes[index, col.INDEX_FINAL_FIX] = value
            indexes[index, col.INDEX_FINAL_FIX_NS] = strike
        return
    indexes[index, col.INDEX_PROVISIONAL_NS] = strike
    indexes[index, col.INDEX_FIT] = fit
    if fit == 1:
        indexes[index, col.INDEX_FIX + 2] = indexes[index, col.INDEX_FIX + 1]
        indexes[index, col.INDEX_FIX + 1] = indexes[index, col.INDEX_FIX]
        indexes[index, col.INDEX_FIX] = value
        indexes[index, col.INDEX_FIX_NS] = strike


@kernel
def fix_known(indexes, index, strike, final):
    """Tell whether the last fit fix of a vintage is of this strike, and give it (rulebook 8.3)."""
    if final:
        known = indexes[index, col.INDEX_FINAL_FIX_NS] == strike
        return known, indexes[index, col.INDEX_FINAL_FIX]
    return indexes[index, col.INDEX_FIX_NS] == strike, indexes[index, col.INDEX_FIX]


@kernel
def median_fix(indexes, index):
    """Tell whether three fit fixes are remembered, and give their median (rulebook 8.4)."""
    first = indexes[index, col.INDEX_FIX]
    second = indexes[index, col.INDEX_FIX + 1]
    third = indexes[index, col.INDEX_FIX + 2]
    median = max(min(first, second), min(max(first, second), third))
    return third != 0, median


@kernel
def first_index(contracts, contract):
    """Give the index that a contract is marked by: of a CALENDAR its far leg's (rulebook 4.4)."""
    if contracts[contract, term.TYPE] == Type.CALENDAR and contracts[contract, term.LEG_FAR] >= 0:
        return contracts[contracts[contract, term.LEG_FAR], term.INDEX]
    return contracts[contract, term.INDEX]


@kernel
def on_index(contracts, contract, index):
    """Tell whether it is a contract's first or second index."""
    return first_index(contracts, contract) == index or contracts[contract, term.INDEX_B] == index


@kernel
def _index_value(indexes, index, ticks):
    """Tell whether an index is known, and give the median of its last ticks, or its last fix."""
    count = min(ticks, indexes[index, col.INDEX_TICK_COUNT])
    if count == 0:
        fix = indexes[index, col.INDEX_FIX]
        return fix != 0, fix
    first = col.INDEX_TICK + indexes[index, col.INDEX_TICK_COUNT] - count
    low = _ranked(indexes, index, first, count, (count - 1) // 2)
    high = _ranked(indexes, index, first, count, count // 2)
    return True, (low + high) // 2


@kernel
def _ranked(indexes, index, first, count, rank):
    """Give the tick that `rank` others precede, by value and then by place; they are few."""
    for place in range(first, first + count):
        before = 0
        for other in range(first, first + count):
            less = indexes[index, other] < indexes[index, place]
            equal = indexes[index, other] == indexes[index, place]
            if less or (equal and other < place):
                before += 1
        if before == rank:
            return indexes[index, place]
    return 0


@kernel
def _values(state, contract):
    """Give whether a contract's I is known, I, and what stands on its two legs (rulebook 4.1)."""
    contracts = state.contracts
    ticks = contracts[contract, term.INDEX_TICKS]
    if contracts[contract, term.TYPE] == Type.CALENDAR:
        far = contracts[contracts[contract, term.LEG_FAR], term.MARK_MICROUSD]
        near = contracts[contracts[contract, term.LEG_NEAR], term.MARK_MICROUSD]
        return True, far - near, far, near
    known, value = _index_value(state.indexes, contracts[contract, term.INDEX], ticks)
    second = contracts[contract, term.INDEX_B]
    if second > 0:
        also, other = _index_value(state.indexes, second, ticks)
        return known and also, value - other, value, other
    days = contracts[contract, term.AVERAGE_DAYS]
    if days > 0:
        left = days - contracts[contract, term.PROVISIONAL_FIXES]
        total = contracts[contract, term.PROVISIONAL_SUM_MICROUSD] + left * value
        value = divide_even(total, days)
    return known, value, value, 0


@kernel
def index_price(state, contract):
    """Tell whether a contract's I is known, and give it (rulebook 4.1)."""
    known, value, _, _ = _values(state, contract)
    return known, value


@kernel
def refresh_base(state, contract):
    """Let a contract take I, B and its legs from what is known now (rulebook 4.1, 4.2)."""
    contracts = state.contracts
    _, value, first, second = _values(state, contract)
    two_legs = contracts[contract, term.INDEX_B] > 0
    two_legs = two_legs or contracts[contract, term.TYPE] == Type.CALENDAR
    base = max(1, divide_up(first + second, 2)) if two_legs else max(1, value)
    contracts[contract, term.INDEX_MICROUSD] = value
    contracts[contract, term.BASE_MICROUSD] = base
    contracts[contract, term.LEG_A_MICROUSD] = max(1, first) if two_legs else base
    contracts[contract, term.LEG_B_MICROUSD] = max(1, second) if two_legs else 0
