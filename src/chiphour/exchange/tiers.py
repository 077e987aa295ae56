"""TIERS: the margin of one position, and the rates that it is charged at.

Takes   a contract's row: its base, its tiers, its open interest.
Gives   im(W), and the rates of now.
Keeps   each tier rounded up on its own; rates as they were at the last mark, whatever is traded.
Source  Rulebook 6.1, 6.2.
"""

from chiphour.contracts import table as term
from chiphour.exchange.rounding import ppm_down
from chiphour.exchange.rounding import ppm_up
from chiphour.ledger.kernel import kernel
from chiphour.units import PPM

TIERS = 4


@kernel
def tier_margin(contracts, contract, lots):
    """Give im(W) in micro-dollars for so many lots (rulebook 6.1)."""
    base = contracts[contract, term.BASE_MICROUSD]
    end = min(lots, contracts[contract, term.TIER_1_LOTS])
    total = ppm_up(base * end, contracts[contract, term.RATE_1_PPM])
    if lots == end:
        return total
    begin, end = end, min(lots, contracts[contract, term.TIER_2_LOTS])
    total += ppm_up(base * (end - begin), contracts[contract, term.RATE_2_PPM])
    begin, end = end, min(lots, contracts[contract, term.TIER_3_LOTS])
    total += ppm_up(base * (end - begin), contracts[contract, term.RATE_3_PPM])
    return total + ppm_up(base * (lots - end), contracts[contract, term.RATE_4_PPM])


@kernel
def take_rates(contracts, contract):
    """Take the tiers' rates of now: the nearer open interest is to U, the nearer to the whole.

    SET may bring U down to L while the contract trades; all of the way is gone then (rulebook 6.2).
    """
    lower = contracts[contract, term.OPEN_INTEREST_LOWER_LOTS]
    upper = contracts[contract, term.OPEN_INTEREST_UPPER_LOTS]
    above = contracts[contract, term.OPEN_INTEREST_LOTS] - lower
    share = 0
    if upper != 0 and above > 0:
        share = min(PPM, above * PPM // max(1, upper - lower))
    for tier in range(TIERS):
        rate = contracts[contract, term.TIER_1_PPM + tier]
        if rate < PPM:
            rate += ppm_down(PPM - rate, share)
        contracts[contract, term.RATE_1_PPM + tier] = rate
