"""MARKING: an index value comes in; the mark price follows it and the book.

Takes   a MARK: row `i` of the commands.
Gives   the first reason to refuse it; or QUALITY and MARKED events, triggers, a round of the scan.
Keeps   the mark within the clamp of the index, however the book is pushed.
Source  Rulebook 4.3, 4.4, 5.1, 6.2, 9.18.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.commands import Quality
from chiphour.exchange.emit import emit_valued
from chiphour.exchange.funding import take_sample
from chiphour.exchange.indexes import first_index
from chiphour.exchange.indexes import on_index
from chiphour.exchange.indexes import refresh_base
from chiphour.exchange.indexes import take_tick
from chiphour.exchange.indexes import tick_reason
from chiphour.exchange.ladder import next_rank
from chiphour.exchange.quality import renew
from chiphour.exchange.rounding import clamp
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import divide_zero
from chiphour.exchange.rounding import ppm_down
from chiphour.exchange.safety import moved
from chiphour.exchange.safety import note_before
from chiphour.exchange.scan import begin
from chiphour.exchange.tiers import take_rates
from chiphour.exchange.triggers import look_at_marks
from chiphour.exchange.window import move
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_SECOND

BASIS_MEMORY_S = 150  # The basis follows the book by the share that has passed of this time.
NANOUSD_PER_MICROUSD = 1000


@kernel
def mark_reason(state, commands, i):
    """Give the first reason to refuse a MARK, or NONE."""
    return tick_reason(state, commands, i)


@kernel
def mark(state, commands, i, events, written):
    """Do a MARK that nothing refuses (rulebook 4.4)."""
    take_tick(state, commands, i)
    index = commands[i, ask.INDEX]
    time_ns = commands[i, ask.TIME_NS]
    market, contracts = state.market, state.contracts
    known = market[0, col.SCAN_EPOCH] == market[0, col.EPOCH]
    most = 0
    any_marked = False
    for contract in range(contracts.shape[0]):
        if _trades(contracts, contract) and on_index(contracts, contract, index):
            written = renew(state, contract, time_ns, events, written)
            if _is_marked(contracts, contract, index):
                any_marked = True
                note_before(state, contract)
                _mark_contract(state, contract, time_ns)
                most = max(most, moved(state, contract))
                market[0, col.EPOCH] += 1
                written = emit_valued(
                    events, written, market, contracts, contract, tell.Kind.MARKED
                )
                written = move(state, contract, events, written)
    if not any_marked:
        return written
    if known:  # Else the scan ends all safety anyway.
        market[0, col.SCAN_EPOCH] = market[0, col.EPOCH]
        market[0, col.MOVE] += most
    for contract in range(contracts.shape[0]):
        if _trades(contracts, contract) and _is_marked(contracts, contract, index):
            look_at_marks(state, contract)
    begin(state)
    return written


@kernel
def _trades(contracts, contract):
    state = contracts[contract, term.STATE]
    return state == State.OPEN or state == State.CALL


@kernel
def _is_marked(contracts, contract, index):
    """Tell whether a contract that trades is marked by an index: its first one, and LIVE."""
    live = contracts[contract, term.QUALITY] == Quality.LIVE
    return live and first_index(contracts, contract) == index


@kernel
def _mark_contract(state, contract, time_ns):
    contracts = state.contracts
    refresh_base(state, contract)
    index_microusd = contracts[contract, term.INDEX_MICROUSD]
    base = contracts[contract, term.BASE_MICROUSD]
    bound = ppm_down(base, contracts[contract, term.PREMIUM_CLAMP_PPM])
    both, bid, offer = _impact_prices(state, contract)
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
    take_rates(contracts, contract)


@kernel
def _impact_prices(state, contract):
    """Give (whether both exist, the impact bid, the impact ask); none counts in a call."""
    if state.contracts[contract, term.STATE] != State.OPEN:
        return False, 0, 0
    bid_found, bid = impact_price(state, 2 * contract)
    ask_found, offer = impact_price(state, 2 * contract + 1)
    return bid_found and ask_found, bid, offer


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
