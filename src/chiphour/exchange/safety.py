"""SAFETY: how far marks may move before an account must be looked at again.

Takes   a full look at an account; at each mark, what a contract was before it.
Gives   ACCOUNT_SAFE: the scan passes the account over while MOVE stays below it.
Keeps   an account that is passed over one of which the full look would tell nothing: it only saves
        time. Events and digests never depend on it.
Source  Rulebook 6.4, 6.5, 7.1.

The bound. Fix an account's positions: G = sum of |n|. While it neither trades nor pays, only marks
move 4 equity - 5 MM, and the scan does nothing with it while equity >= MM + up(MM / 4). Let P* be P
without any rounding. Everything that rounds in P rounds up, or down where it is taken off, so
    P* <= P < P* + 4p + 9,  p the number of positions (four tiers and two legs of each, a quarter of
    the sum, eight credits),  and  MM + up(MM / 4) < 3/4 P* + FROZEN's part + 3p + 9.
A mark of contract c moves, for each lot of it,
  * equity by |dM|;
  * the sum of im by at most the largest |d(B rate)| of its tiers: each tier's lots are the same;
  * what is long and what is short on the indexes, and so |L - S| and min(L, S) together, by
    (RATE + SPREAD_RATE) times (|dA| + |dB|) of its two legs; matching a pair moves nothing further
    apart than its two nets were (it leaves their sum, or nothing), so each credit moves by at most
    its rate times the same.
P* is a clamp of the scenario between a quarter of the sum and the sum, so it moves by at most the
larger of both. Hence an account moves by at most G times
    |dM| + 3/4 max(largest |d(B rate)|, (RATE + SPREAD_RATE + credits)(|dA| + |dB|)),
of the contract where that is largest: MOVE grows by it, rounded up. With slack = equity - MM -
up(MM / 4) at the look, nothing is to be told while MOVE has grown by no more than
(slack - 4p - 16) / G. What is no mark (settlement, a setting, a contract that stops or settles, a
sweep that pays) makes a new EPOCH: the scan then lets MOVE leap beyond every ACCOUNT_SAFE.
"""

from chiphour.contracts import table as term
from chiphour.contracts.settings import PAIR_A
from chiphour.contracts.settings import PAIR_CREDIT_PPM
from chiphour.contracts.settings import PAIRS
from chiphour.contracts.settings import RATE_PPM
from chiphour.contracts.settings import SPREAD_RATE_PPM
from chiphour.exchange import state as col
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import ppm_up
from chiphour.exchange.state import NEVER_NS
from chiphour.exchange.state import SETTINGS
from chiphour.exchange.tiers import TIERS
from chiphour.ledger.kernel import kernel
from chiphour.units import PPM

SAFE_FOR_EVER = NEVER_NS  # An account without lots: only a fill, which makes it 0, gives it any.
MOVE_MOST = 1 << 32  # No account is called safe for a longer move than this,
LEAP = 1 << 33  # so that this one ends all safety.


@kernel
def call_safe(state, account, gross, slack):
    """Note how far marks may move from here; the full look found nothing to tell."""
    slack -= 4 * state.accounts[account, col.ACCOUNT_POSITIONS] + 16
    safe = 0
    if slack > 0:
        safe = state.market[0, col.MOVE] + min(MOVE_MOST, slack // gross)
    state.accounts[account, col.ACCOUNT_SAFE] = safe


@kernel
def follow_epoch(state):
    """End all safety when something but marks made a new epoch."""
    market = state.market
    if market[0, col.SCAN_EPOCH] != market[0, col.EPOCH]:
        market[0, col.SCAN_EPOCH] = market[0, col.EPOCH]
        market[0, col.MOVE] += LEAP
        assert market[0, col.MOVE] < SAFE_FOR_EVER


@kernel
def note_before(state, contract):
    """Keep, in scratch, what a mark of a contract is going to change."""
    contracts, scratch = state.contracts, state.market
    row = col.RANKING
    scratch[row, col.BEFORE_MARK] = contracts[contract, term.MARK_MICROUSD]
    scratch[row, col.BEFORE_LEG_A] = contracts[contract, term.LEG_A_MICROUSD]
    scratch[row, col.BEFORE_LEG_B] = contracts[contract, term.LEG_B_MICROUSD]
    base = contracts[contract, term.BASE_MICROUSD]
    for tier in range(TIERS):
        rate = contracts[contract, term.RATE_1_PPM + tier]
        scratch[row, col.BEFORE_TIER + tier] = base * rate


@kernel
def moved(state, contract):
    """Give the bound on what one lot of a contract moved since `note_before`, micro-dollars."""
    contracts, scratch = state.contracts, state.market
    row = col.RANKING
    base = contracts[contract, term.BASE_MICROUSD]
    tiers = 0
    for tier in range(TIERS):
        now = base * contracts[contract, term.RATE_1_PPM + tier]
        tiers = max(tiers, abs(now - scratch[row, col.BEFORE_TIER + tier]))
    legs = abs(contracts[contract, term.LEG_A_MICROUSD] - scratch[row, col.BEFORE_LEG_A])
    legs += abs(contracts[contract, term.LEG_B_MICROUSD] - scratch[row, col.BEFORE_LEG_B])
    margin = max(divide_up(tiers, PPM), ppm_up(legs, _rates(scratch)))
    mark = abs(contracts[contract, term.MARK_MICROUSD] - scratch[row, col.BEFORE_MARK])
    return mark + divide_up(3 * margin, 4)


@kernel
def _rates(market):
    """Give the sum of all rates that the scenario may take of one leg."""
    total = market[SETTINGS, RATE_PPM] + market[SETTINGS, SPREAD_RATE_PPM]
    for pair in range(PAIRS):
        if market[SETTINGS, PAIR_A + pair] != 0:
            total += market[SETTINGS, PAIR_CREDIT_PPM + pair]
    return total
