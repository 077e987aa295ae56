"""SCENARIO: what the positions of an account, taken together, may lose.

Takes   an account's net positions, its contracts' legs, the settings of the market.
Gives   P, and the sum of the margins of the positions taken one by one.
Keeps   P between a quarter of that sum and the sum; computed once for an epoch and a set of
        positions, and only when somebody needs it: margin.py asks when the sum is not covered.
Source  Rulebook 6.4. Legs gather in scratch rows of the market, a row for each index of the
        account: its number, what is long, what is short (micro-dollars), then their difference.
"""

from chiphour.contracts import table as term
from chiphour.contracts.settings import PAIR_A
from chiphour.contracts.settings import PAIR_B
from chiphour.contracts.settings import PAIR_CREDIT_PPM
from chiphour.contracts.settings import PAIRS
from chiphour.contracts.settings import RATE_PPM
from chiphour.contracts.settings import SPREAD_RATE_PPM
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import state as col
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import ppm_down
from chiphour.exchange.rounding import ppm_up
from chiphour.exchange.state import LEGS
from chiphour.exchange.state import NONE
from chiphour.exchange.state import RANKED_MAX
from chiphour.exchange.state import RANKING
from chiphour.exchange.state import SETTINGS
from chiphour.exchange.tiers import tier_margin
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel

LONG = LEGS + 1  # Then what is long less what is short.
SHORT = LEGS + 2
LEG_ROWS = 32  # Two legs for each of 16 positions.
assert LEG_ROWS <= RANKED_MAX


@hot
def know(state, account):
    """Make P and what goes with it true; the account is fresh."""
    if state.accounts[account, col.ACCOUNT_SCENARIO_KNOWN] == 0:
        _compute(state, account)


@kernel
def _compute(state, account):
    """Compute P of an account, its part of FROZEN positions kept apart (rulebook 6.4)."""
    accounts, contracts, positions = state.accounts, state.contracts, state.positions
    total = 0
    frozen = 0
    legs = 0
    place = accounts[account, col.ACCOUNT_FIRST]
    while place != NONE:
        contract = place // accounts.shape[0]
        lots = positions[place, col.POSITION_LOTS]
        phase = contracts[contract, term.STATE]
        if lots != 0 and phase == State.FROZEN:
            frozen += divide_up(3 * tier_margin(contracts, contract, abs(lots)), 5)
        elif lots != 0 and phase != State.EXPIRED:
            total += tier_margin(contracts, contract, abs(lots))
            legs = _add_position(state.market, contracts, contract, lots, legs)
        place = positions[place, col.POSITION_NEXT]
    worst = _worst(state.market, legs)
    accounts[account, col.ACCOUNT_NET_MARGIN] = total
    accounts[account, col.ACCOUNT_SCENARIO] = max(divide_up(total, 4), min(total, worst))
    accounts[account, col.ACCOUNT_FROZEN] = frozen
    accounts[account, col.ACCOUNT_SCENARIO_KNOWN] = 1


@kernel
def _add_position(market, contracts, contract, lots, legs):
    """Add the legs of one position; gives how many indexes there are now."""
    worth = lots * contracts[contract, term.LEG_A_MICROUSD]
    other = -lots * contracts[contract, term.LEG_B_MICROUSD]
    if contracts[contract, term.TYPE] == Type.CALENDAR:
        far = contracts[contract, term.LEG_FAR]
        index = contracts[far, term.INDEX]
        legs = _add_leg(market, index, worth, legs)
        return _add_leg(market, index, other, legs)
    legs = _add_leg(market, contracts[contract, term.INDEX], worth, legs)
    if contracts[contract, term.INDEX_B] > 0:
        legs = _add_leg(market, contracts[contract, term.INDEX_B], other, legs)
    return legs


@kernel
def _add_leg(market, index, worth, legs):
    """Add micro-dollars on one index; gives how many indexes there are now."""
    row = _row_of(market, index, legs)
    if row == NONE:
        row = RANKING + legs
        legs += 1
        market[row, LEGS] = index
        market[row, LONG] = 0
        market[row, SHORT] = 0
    if worth > 0:
        market[row, LONG] += worth
    else:
        market[row, SHORT] -= worth
    return legs


@kernel
def _row_of(market, index, legs):
    for row in range(RANKING, RANKING + legs):
        if market[row, LEGS] == index:
            return row
    return NONE


@kernel
def _worst(market, legs):
    """Give the scenario of the legs gathered (rulebook 6.4)."""
    total = 0
    for row in range(RANKING, RANKING + legs):
        long = market[row, LONG]
        short = market[row, SHORT]
        total += ppm_up(abs(long - short), market[SETTINGS, RATE_PPM])
        total += ppm_up(min(long, short), market[SETTINGS, SPREAD_RATE_PPM])
        market[row, LONG] = long - short
    if legs < 2:
        return total
    for pair in range(PAIRS):
        if market[SETTINGS, PAIR_A + pair] != 0:
            total -= _credit(market, pair, legs)
    return total


@kernel
def _credit(market, pair, legs):
    """Give the credit of one pair of indexes, and take what it matched off both."""
    first = _row_of(market, market[SETTINGS, PAIR_A + pair], legs)
    second = _row_of(market, market[SETTINGS, PAIR_B + pair], legs)
    if first == NONE or second == NONE:
        return 0
    a = market[first, LONG]
    b = market[second, LONG]
    if (a >= 0) == (b >= 0):
        return 0  # Or one of them is nought: nothing matches either way.
    matched = min(abs(a), abs(b))
    market[first, LONG] -= matched if a > 0 else -matched
    market[second, LONG] -= matched if b > 0 else -matched
    return ppm_down(matched, market[SETTINGS, PAIR_CREDIT_PPM + pair])
