"""QUALITY: how good what a contract is marked by is, and what follows from it.

Takes   a contract, and the time.
Gives   its quality: the worst of its indexes', or legs'; an event when it changed.
Keeps   an unfit or old fix from being taken for a live one.
Source  Rulebook 10.1, 10.2.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import Type
from chiphour.exchange import events as tell
from chiphour.exchange import state as col
from chiphour.exchange.commands import Quality
from chiphour.exchange.emit import emit_contract
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_HOUR

FIX_AGE_MAX_NS = 36 * NS_PER_HOUR
_LIVE = int(Quality.LIVE)  # As an integer: compiled code knows no maximum of words.
_HALTED = int(Quality.HALTED)


@kernel
def renew(state, contract, time_ns, events, written):
    """Let a contract take its quality; tell it when it changed (rulebook 10.1)."""
    quality = quality_of(state, contract, time_ns)
    if quality == state.contracts[contract, term.QUALITY]:
        return written
    state.contracts[contract, term.QUALITY] = quality
    return emit_contract(events, written, state.market, tell.Kind.QUALITY, contract, quality)


@kernel
def quality_of(state, contract, time_ns):
    """Give the quality of a contract at a time."""
    contracts = state.contracts
    if contracts[contract, term.TYPE] == Type.CALENDAR:
        far = contracts[contracts[contract, term.LEG_FAR], term.QUALITY]
        return max(far, contracts[contracts[contract, term.LEG_NEAR], term.QUALITY])
    by_ticks = contracts[contract, term.INDEX_TICKS] > 0
    quality = _of_index(state.indexes, contracts[contract, term.INDEX], by_ticks, time_ns)
    second = contracts[contract, term.INDEX_B]
    if second > 0:
        quality = max(quality, _of_index(state.indexes, second, by_ticks, time_ns))
    return quality


@kernel
def _of_index(indexes, index, by_ticks, time_ns):
    quality = indexes[index, col.INDEX_QUALITY]
    if quality == 0:
        quality = _LIVE  # There was no MARK yet.
    if by_ticks:
        return quality
    if indexes[index, col.INDEX_PROVISIONAL_NS] > 0 and indexes[index, col.INDEX_FIT] == 0:
        return _HALTED
    fixed_ns = indexes[index, col.INDEX_FIX_NS]
    if fixed_ns > 0 and fixed_ns + FIX_AGE_MAX_NS < time_ns:
        return _HALTED
    return quality if quality == Quality.HALTED else _LIVE
