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
of the contract where that is largest. MOVE grows by it, rounded up, with 1 in the place of 3/4:
then MOVE bounds the order's check too, where IM counts in full. With slack = equity - MM -
up(MM / 4) at the look, nothing is to be told while MOVE has grown by no more than
(slack - 4p - 16) / G. What is no mark (settlement, a setting, a contract that stops or settles, a
sweep that pays) makes a new EPOCH: MOVE then leaps beyond every ACCOUNT_SAFE.

The drift. The sums of an account (UNREALISED, MARGIN) are brought up to date by its own trades, in
the one position that trades, and by no mark. Let R be its reach: the sum of |n| and of its open
lots, at least G and at least the sum of W. Over a mark, the sum of n (M - S) moves by at most
G |dM|, the sum of im(W) by at most the sum of W times |d(B rate)|: together by at most R times what
MOVE grew. DRIFT gathers R times the growth of MOVE, with R as it was: rolled before R changes. So
    true UNREALISED - true MARGIN  >=  UNREALISED - MARGIN - drift - 4p
(im rounds up once in each of four tiers of each position). A position that a trade brought up to
date is nearer the truth than the drift says. A leap makes the drift unknown: then no
check may go by it, and the sums are found anew.
"""

from chiphour.contracts import table as term
from chiphour.contracts.settings import PAIR_A
from chiphour.contracts.settings import PAIR_CREDIT_PPM
from chiphour.contracts.settings import PAIRS
from chiphour.contracts.settings import RATE_PPM
from chiphour.contracts.settings import SPREAD_RATE_PPM
from chiphour.exchange import state as col
from chiphour.exchange.limits import MOVE_MICROUSD_MOST
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import ppm_up
from chiphour.exchange.state import NEVER_NS
from chiphour.exchange.state import SETTINGS
from chiphour.exchange.tiers import TIERS
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel
from chiphour.units import PPM

SAFE_FOR_EVER = NEVER_NS  # An account without lots: only a fill, which ends this, gives it any.
LEAP = 1 << 33  # MOVE leaps by this, beyond MOVE_MICROUSD_MOST, to end all safety.
UNKNOWN = 1 << 60  # The drift that is not known, or as large as that: no check goes by it.


@hot
def drift(state, account):
    """Give how far, at most, the account's sums are from the truth, micro-dollars; 0: fresh."""
    market, accounts = state.market, state.accounts
    moved = market[0, col.MOVE] - accounts[account, col.ACCOUNT_MOVE]
    if market[0, col.SCAN_EPOCH] != market[0, col.EPOCH] or moved > MOVE_MICROUSD_MOST:
        return UNKNOWN
    moved = accounts[account, col.ACCOUNT_DRIFT] + moved * accounts[account, col.ACCOUNT_REACH]
    return min(UNKNOWN, moved if moved == 0 else moved + 4 * market[0, col.POSITIONS_PER_ACCOUNT])


@hot
def roll_drift(state, account):
    """Gather the account's drift before its reach changes; one that is unknown stays so."""
    accounts = state.accounts
    moved = state.market[0, col.MOVE] - accounts[account, col.ACCOUNT_MOVE]
    if moved != 0 and moved <= MOVE_MICROUSD_MOST:
        moved *= accounts[account, col.ACCOUNT_REACH]
        total = min(UNKNOWN, accounts[account, col.ACCOUNT_DRIFT] + moved)
        accounts[account, col.ACCOUNT_DRIFT] = total
        accounts[account, col.ACCOUNT_MOVE] = state.market[0, col.MOVE]


@hot
def margin_of_safety(held, needed):
    """Give equity - 5/4 MM, rounded down: below 0 exactly when 4 equity < 5 MM (rulebook 7.1)."""
    return held - needed - divide_up(needed, 4)


@hot
def _slack(state, account):
    """Give what marks may take off an account before it is to be looked at; below 0: unknown.

    MM is at most the sum of im(W), so neither it nor P need be known.
    """
    accounts = state.accounts
    far = drift(state, account)
    if far == UNKNOWN:
        return -1
    margin = accounts[account, col.ACCOUNT_MARGIN]
    held = accounts[account, col.ACCOUNT_CASH] + accounts[account, col.ACCOUNT_UNREALISED]
    slack = margin_of_safety(held, margin) - far
    return slack - 4 * state.market[0, col.POSITIONS_PER_ACCOUNT] - 16


@kernel
def is_safe(state, account):
    """Tell whether nothing is to be told of an account, whatever its positions; note till when.

    One that was called, or is being closed, is looked at in full: that may be over.
    """
    accounts = state.accounts
    if accounts[account, col.ACCOUNT_LIQUIDATION] | accounts[account, col.ACCOUNT_CALLED] != 0:
        return False
    slack = _slack(state, account)
    if slack >= 0:
        _note_safe(state, account, slack)
    return slack >= 0


@hot
def keep_safe(state, account):
    """End the safety of an account that traded, unless what it then has bears it still."""
    left = state.accounts[account, col.ACCOUNT_SAFE] - state.market[0, col.MOVE]
    if left > 0:
        reach = state.accounts[account, col.ACCOUNT_REACH]
        lost = left > MOVE_MICROUSD_MOST or left * reach > _slack(state, account)
        if lost and not is_safe(state, account):
            set_safe(state, account, 0)


@hot
def set_safe(state, account, move):
    """Let the scan pass an account over while MOVE is below."""
    state.accounts[account, col.ACCOUNT_SAFE] = move
    state.safety[account, col.SAFETY_MOVE] = move


@kernel
def call_safe(state, account, slack):
    """Note how far marks may move from here; the full look found nothing to tell."""
    slack -= 4 * state.accounts[account, col.ACCOUNT_POSITIONS] + 16
    if slack > 0:
        _note_safe(state, account, slack)
    else:
        set_safe(state, account, 0)


@kernel
def _note_safe(state, account, slack):
    """Half of the slack is for marks; the other half lets the account trade and stay safe."""
    reach = max(1, state.accounts[account, col.ACCOUNT_REACH])
    far = min(MOVE_MICROUSD_MOST, slack // (2 * reach))
    set_safe(state, account, state.market[0, col.MOVE] + far)


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
    return mark + margin


@kernel
def _rates(market):
    """Give the sum of all rates that the scenario may take of one leg."""
    total = market[SETTINGS, RATE_PPM] + market[SETTINGS, SPREAD_RATE_PPM]
    for pair in range(PAIRS):
        if market[SETTINGS, PAIR_A + pair] != 0:
            total += market[SETTINGS, PAIR_CREDIT_PPM + pair]
    return total
