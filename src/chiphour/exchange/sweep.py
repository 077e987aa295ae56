"""SWEEP: each position is paid what its contract's V has moved; at 00:30 volumes roll.

Takes   the state: an instant is in work, and V has moved.
Gives   PAYMENT and TIER_SET events, so many for one command; whether all is done.
Keeps   every account touched once in an instant; the place where the next ADVANCE goes on.
Source  Rulebook 2.3, 2.5, 3.3, 8.5, 11.3.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import state as col
from chiphour.exchange.emit import emit_payment
from chiphour.exchange.fees import roll_volume
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.limits import PAYMENTS_MAX
from chiphour.exchange.positions import end_position
from chiphour.exchange.positions import position_exists
from chiphour.ledger.kernel import kernel
from chiphour.ledger.post import credit
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS


@kernel
def begin_sweep(market, instant, made):
    """Let the sweep begin at the first account; margins are no longer what they were.

    `made` is 1 for an instant of which only the sweep is due (rulebook 2.5).
    """
    market[0, col.NEXT_DUE_NS] = instant
    market[0, col.SWEEP_ACTIVE] = 1
    market[0, col.SWEEP_ACCOUNT] = 0
    market[0, col.INSTANT_MADE] = made
    market[0, col.EPOCH] += 1


@kernel
def end_sweep(market):
    """Note that all is paid; what is due next is the caller's to find."""
    market[0, col.SWEEP_ACTIVE] = 0
    market[0, col.SWEEP_ACCOUNT] = 0
    market[0, col.INSTANT_MADE] = 0


@kernel
def rolls(market):
    """Tell whether the sweep in work is that of a market day's end (rulebook 2.3)."""
    ends_day = market[0, col.NEXT_DUE_NS] % NS_PER_DAY == STRIKE_OFFSET_NS
    return ends_day and market[0, col.INSTANT_MADE] == 0


@kernel
def sweep(state, events, written):
    """Pay every position what V has moved; gives (row, whether all of them are paid)."""
    payments = 0
    tiers = 0
    rolling = rolls(state.market)
    accounts = state.accounts
    for account in range(state.market[0, col.SWEEP_ACCOUNT], accounts.shape[0]):
        member = account >= ACCOUNTS_RESERVED and accounts[account, col.ACCOUNT_GROUP] != 0
        if rolling and member and tiers == PAYMENTS_MAX:
            state.market[0, col.SWEEP_ACCOUNT] = account
            return written, False
        if accounts[account, col.ACCOUNT_POSITIONS] > 0:
            written, payments, complete = _pay_account(state, account, payments, events, written)
            if not complete:
                state.market[0, col.SWEEP_ACCOUNT] = account
                return written, False
        if rolling and member:
            before = written
            written = roll_volume(state, account, events, written)
            tiers += written - before
    return written, True


@kernel
def _pay_account(state, account, payments, events, written):
    """Touch an account's positions; gives (row, payments so far, whether none is left)."""
    for contract in range(state.contracts.shape[0]):
        place = contract * state.accounts.shape[0] + account
        if not position_exists(state.positions, place):
            continue
        if owed(state, contract, place) != 0:
            if payments == PAYMENTS_MAX:
                return written, payments, False
            payments += 1
        written = _touch(state, account, contract, place, events, written)
    return written, payments, True


@kernel
def owed(state, contract, place):
    """Give what a position is owed: its lots times the move of V since it was touched."""
    moved = state.contracts[contract, term.VALUE_PER_LOT_MICROUSD]
    moved -= state.positions[place, col.POSITION_VALUE_SEEN]
    return state.positions[place, col.POSITION_LOTS] * moved


@kernel
def _touch(state, account, contract, place, events, written):
    """Pay one position; one in an expired contract then vanishes (rulebook 3.3, 8.5)."""
    amount = owed(state, contract, place)
    value = state.contracts[contract, term.VALUE_PER_LOT_MICROUSD]
    state.positions[place, col.POSITION_VALUE_SEEN] = value
    if amount != 0:
        credit(state.accounts, account, amount)
        cash = state.accounts[account, col.ACCOUNT_CASH]
        lots = state.positions[place, col.POSITION_LOTS]
        written = emit_payment(events, written, state.market, account, contract, lots, cash, amount)
    if state.contracts[contract, term.STATE] == State.EXPIRED:
        end_position(state, account, place)
    return written
