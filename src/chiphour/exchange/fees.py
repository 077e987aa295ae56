"""FEES: what takers pay and makers receive, and whose fees are lower.

Takes   a fill: its two sides, contract, lots and cause.
Gives   the fee and the rebate, posted; the lots that count for the tiers; each day's tier.
Keeps   a rebate no larger than the fee that it comes from: FEES never pays more than it got.
Source  Rulebook 11; 9.16 for blocks.
"""

from chiphour.contracts import table as term
from chiphour.contracts.settings import FEE_SHARE_PPM
from chiphour.contracts.settings import TIERS
from chiphour.contracts.settings import VOLUME_LOTS
from chiphour.exchange import state as col
from chiphour.exchange.emit import emit_tier_set
from chiphour.exchange.events import Cause
from chiphour.exchange.limits import FEES
from chiphour.exchange.rounding import ppm_down
from chiphour.exchange.rounding import ppm_up
from chiphour.exchange.state import SETTINGS
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel
from chiphour.ledger.post import post
from chiphour.units import NS_PER_DAY


@hot
def charge(state, taker, maker, contract, lots, cause):
    """Post the fees of a fill and count its lots; gives what taker paid and maker received."""
    accounts = state.accounts
    accounts[taker, col.ACCOUNT_LOTS_TODAY] += lots
    accounts[maker, col.ACCOUNT_LOTS_TODAY] += lots
    if cause == Cause.LIQUIDATION or cause == Cause.DELEVERAGING:
        return 0, 0  # (rulebook 11.2)
    worth = state.contracts[contract, term.BASE_MICROUSD] * lots
    whole = ppm_up(worth, state.contracts[contract, term.TAKER_FEE_PPM])
    fee = _share(state, taker, whole)
    if cause == Cause.BLOCK:
        rebate = -_share(state, maker, whole)  # Both pay as takers (rulebook 9.16).
    else:
        rebate = min(fee, ppm_down(worth, state.contracts[contract, term.MAKER_REBATE_PPM]))
    if fee != 0:
        post(accounts, taker, FEES, fee)
    if rebate != 0:
        post(accounts, FEES, maker, rebate)
    return fee, rebate


@hot
def _share(state, account, whole):
    """Give an account's share of the whole fee, by its tier (rulebook 11.1)."""
    tier = state.accounts[account, col.ACCOUNT_TIER]
    return ppm_up(whole, state.market[SETTINGS, FEE_SHARE_PPM + tier])


@kernel
def roll_volume(state, account, events, written):
    """End a market day of an account: its lots of today, then its tier (rulebook 11.3)."""
    accounts, volumes = state.accounts, state.volumes
    day = state.market[0, col.NEXT_DUE_NS] // NS_PER_DAY % col.VOLUME_DAYS
    volumes[account, day] = accounts[account, col.ACCOUNT_LOTS_TODAY]
    accounts[account, col.ACCOUNT_LOTS_TODAY] = 0
    total = 0
    for each in range(col.VOLUME_DAYS):
        total += volumes[account, each]
    tier = 0
    for each in range(TIERS):
        if total >= state.market[SETTINGS, VOLUME_LOTS + each]:
            tier = each
    if tier != accounts[account, col.ACCOUNT_TIER]:
        accounts[account, col.ACCOUNT_TIER] = tier
        written = emit_tier_set(events, written, state.market, account, tier)
    return written
