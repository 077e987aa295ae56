"""FUNDING: longs pay shorts while the book stands above the index, and the other way round.

Takes   the impact prices of each live mark; the time at which a period ends.
Gives   the move of V, micro-dollars per lot.
Keeps   what is too small for a micro-dollar: FUNDING_REST carries it into the next period.
Source  Rulebook 5.
"""

from chiphour.contracts import table as term
from chiphour.exchange import events as tell
from chiphour.exchange.emit import emit_valued
from chiphour.exchange.rounding import clamp
from chiphour.exchange.rounding import divide_zero
from chiphour.exchange.rounding import ppm_down
from chiphour.ledger.kernel import kernel
from chiphour.units import NS_PER_SECOND
from chiphour.units import PPM

RATE_PERIOD_S = 28_800  # Rates are per eight hours.


@kernel
def take_sample(contracts, contract, both, bid, offer, bound):
    """Add one premium sample: `both` impact prices exist, in micro-dollars (rulebook 5.1)."""
    if both:
        index = contracts[contract, term.INDEX_MICROUSD]
        sample = clamp(max(0, bid - index) - max(0, index - offer), bound)
        contracts[contract, term.PREMIUM_SUM_MICROUSD] += sample
    contracts[contract, term.PREMIUM_COUNT] += 1


@kernel
def fund(state, contract, events, written):
    """End a funding period of a contract: move its V (rulebook 5.2)."""
    contracts = state.contracts
    base = contracts[contract, term.BASE_MICROUSD]
    samples = contracts[contract, term.PREMIUM_COUNT]
    per_lot = 0
    rate_ppm = 0
    if samples > 0 and 2 * samples >= contracts[contract, term.FUNDING_SAMPLES_EXPECTED]:
        rate = _rate(contracts, contract, base, samples)
        rate_ppm = divide_zero(rate * PPM, base)
        owed = rate * contracts[contract, term.FUNDING_PERIOD_S]
        owed += contracts[contract, term.FUNDING_REST]
        per_lot = divide_zero(owed, RATE_PERIOD_S)
        contracts[contract, term.FUNDING_REST] = owed - RATE_PERIOD_S * per_lot
        contracts[contract, term.VALUE_PER_LOT_MICROUSD] -= per_lot
    contracts[contract, term.PREMIUM_SUM_MICROUSD] = 0
    contracts[contract, term.PREMIUM_COUNT] = 0
    period_ns = contracts[contract, term.FUNDING_PERIOD_S] * NS_PER_SECOND
    contracts[contract, term.NEXT_FUNDING_NS] += period_ns
    end = emit_valued(events, written, state.market, contracts, contract, tell.Kind.FUNDED)
    events[written, tell.RATE_PPM] = rate_ppm
    events[written, tell.PERIOD_S] = contracts[contract, term.FUNDING_PERIOD_S]
    events[written, tell.PER_LOT_MICROUSD] = -per_lot
    return end


@kernel
def _rate(contracts, contract, base, samples):
    """Give F, micro-dollars per lot and eight hours: the average beyond the dead band, capped."""
    average = divide_zero(contracts[contract, term.PREMIUM_SUM_MICROUSD], samples)
    dead_band = ppm_down(base, contracts[contract, term.FUNDING_DEAD_BAND_PPM])
    beyond = average - clamp(average, dead_band)
    return clamp(beyond, ppm_down(base, contracts[contract, term.FUNDING_CAP_PPM]))
