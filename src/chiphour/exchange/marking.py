"""MARKING: an index value comes in; the mark price follows it and the book.

Takes   a MARK: row `i` of the commands.
Gives   the first reason to refuse it; or a MARKED event for each open contract on the index.
Keeps   the mark within the clamp of the index, however the book is pushed.
Source  Rulebook 4, 5.1.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.commands import Quality
from chiphour.exchange.emit import emit_valued
from chiphour.exchange.funding import take_sample
from chiphour.exchange.ladder import next_rank
from chiphour.exchange.reasons import Reason
from chiphour.exchange.rounding import clamp
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import divide_zero
from chiphour.exchange.rounding import ppm_down
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_SECOND

BASIS_MEMORY_S = 150  # The basis follows the book by the share that has passed of this time.
NANOUSD_PER_MICROUSD = 1000


@kernel
def mark_reason(state, commands, i):
    """Give the first reason to refuse a MARK, or NONE."""
    index = commands[i, ask.INDEX]
    value = commands[i, ask.VALUE_MICROUSD]
    if value < 0 or value > state.market[0, col.PRICE_MICROUSD_MAX]:
        return Reason.PARAMETER_OUT_OF_RANGE
    if index <= 0 or index >= state.indexes.shape[0]:
        return Reason.INDEX_UNKNOWN
    if value == 0 and state.indexes[index, col.INDEX_FIX] == 0:
        return Reason.INDEX_UNKNOWN
    return Reason.NONE


@kernel
def mark(state, commands, i, events, written):
    """Do a MARK that nothing refuses (rulebook 4.4)."""
    if commands[i, ask.FIT] != Quality.LIVE:
        return written
    index = commands[i, ask.INDEX]
    value = commands[i, ask.VALUE_MICROUSD]
    if value == 0:
        value = state.indexes[index, col.INDEX_FIX]
    contracts = state.contracts
    for contract in range(contracts.shape[0]):
        on_index = contracts[contract, term.INDEX] == index
        if on_index and contracts[contract, term.STATE] == State.OPEN:
            _mark_contract(state, contract, value, commands[i, ask.TIME_NS])
            written = emit_valued(
                events, written, state.market, contracts, contract, tell.Kind.MARKED
            )
    state.market[0, col.EPOCH] += 1
    return written


@kernel
def _mark_contract(state, contract, index_microusd, time_ns):
    contracts = state.contracts
    contracts[contract, term.INDEX_MICROUSD] = index_microusd
    bound = ppm_down(max(index_microusd, 1), contracts[contract, term.PREMIUM_CLAMP_PPM])
    bid_found, bid = impact_price(state, 2 * contract)
    ask_found, offer = impact_price(state, 2 * contract + 1)
    both = bid_found and ask_found
    if contracts[contract, term.FUNDING_PERIOD_S] > 0:
        take_sample(contracts, contract, both, bid, offer, bound)
    basis = contracts[contract, term.BASIS_NANOUSD]
    if both:
        aim = clamp(divide_zero(bid + offer, 2) - index_microusd, bound)
        passed_s = (time_ns - contracts[contract, term.MARKED_NS]) // NS_PER_SECOND
        step = (NANOUSD_PER_MICROUSD * aim - basis) * min(passed_s, BASIS_MEMORY_S)
        basis += divide_zero(step, BASIS_MEMORY_S)
        contracts[contract, term.BASIS_NANOUSD] = basis
    mark_microusd = index_microusd + clamp(divide_zero(basis, NANOUSD_PER_MICROUSD), bound)
    most = state.market[0, col.PRICE_MICROUSD_MAX]
    contracts[contract, term.MARK_MICROUSD] = clamp(mark_microusd, most)
    contracts[contract, term.MARKED_NS] = time_ns


@kernel
def impact_price(state, ladder):
    """Give (whether there is one, the average price in micro-dollars) of the first IMPACT_LOTS.

    Of bids it is rounded down, of asks up (rulebook 4.3).
    """
    contract = ladder >> 1
    wanted = state.contracts[contract, term.IMPACT_LOTS]
    window = state.market[0, col.WINDOW_TICKS]
    least = state.contracts[contract, term.PRICE_TICKS_MIN]
    left = wanted
    total_ticks = 0
    rank = state.ladders[ladder, col.LADDER_BEST]
    while left > 0 and rank < window:
        lots = min(left, state.levels[ladder * window + rank, col.LEVEL_LOTS])
        offset = rank if ladder & 1 == 1 else window - 1 - rank
        total_ticks += lots * (least + offset)
        left -= lots
        rank = next_rank(state.ladders, ladder, window, rank)
    if left > 0:
        return False, 0
    total = total_ticks * state.contracts[contract, term.TICK_MICROUSD]
    if ladder & 1 == 1:
        return True, divide_up(total, wanted)
    return True, total // wanted
