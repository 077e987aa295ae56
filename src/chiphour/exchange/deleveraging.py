"""DELEVERAGING: what book and fund do not cover, those on the other side close, the best off first.

Takes   an account in liquidation, and the contract of it that is to be closed.
Gives   RANKED events, the whole list before anything moves; then fills at one price, without fees.
Keeps   nobody brought below 0 by it, and nobody without an opposite position part of it.
Source  Rulebook 7.5, 7.7, 7.8.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import state as col
from chiphour.exchange.commands import Side
from chiphour.exchange.emit import emit_fill
from chiphour.exchange.emit import emit_money
from chiphour.exchange.emit import emit_ranked
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind
from chiphour.exchange.fees import charge
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.exchange.margin import equity
from chiphour.exchange.margin import refresh
from chiphour.exchange.positions import change_position
from chiphour.exchange.reducing import trim
from chiphour.exchange.rounding import clamp
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import divide_zero
from chiphour.exchange.rounding import ppm_up
from chiphour.exchange.state import NONE
from chiphour.exchange.state import RANK_ACCOUNT
from chiphour.exchange.state import RANK_SCORE
from chiphour.exchange.state import RANKED_MAX
from chiphour.exchange.state import RANKING
from chiphour.exchange.tiers import tier_margin
from chiphour.ledger.kernel import kernel
from chiphour.ledger.post import post
from chiphour.units import PPM

FACTOR_MAX = 10**9  # Of profit and of leverage: their product is a score.
COARSE = 1 << 20  # Margins are divided by it, so that a million times one fits.
assert FACTOR_MAX * FACTOR_MAX < 1 << 63


@kernel
def pay_deficit(state, account, events, written):
    """Let the fund pay what an account's equity lies below 0, as far as it can (rulebook 7.5)."""
    accounts = state.accounts
    refresh(state, account)
    amount = min(accounts[INSURANCE_FUND, col.ACCOUNT_CASH], -equity(accounts, account))
    if amount <= 0:
        return written
    post(accounts, INSURANCE_FUND, account, amount)
    cash = accounts[account, col.ACCOUNT_CASH]
    return emit_money(events, written, state.market, Kind.FUND_PAID, account, cash, amount)


@kernel
def deleverage(state, account, contract, margin, events, written):
    """Close a position, whose margin alone is given, against those opposite (rulebook 7.7)."""
    written = pay_deficit(state, account, events, written)
    place = contract * state.accounts.shape[0] + account
    net = state.positions[place, col.POSITION_LOTS]
    price = _price(state, account, contract, net, _share(state, account, margin))
    ranked = _rank(state, contract, net > 0)
    written = _tell(state, contract, ranked, events, written)
    left = abs(net)
    for rank in range(ranked):
        if left == 0:
            break
        other = state.market[RANKING + rank, RANK_ACCOUNT]
        lots = _lots_taken(state, other, contract, left, net > 0, price)
        if lots > 0:
            left -= lots
            written = _fill(state, account, other, contract, lots, net > 0, price, events, written)
    return written


@kernel
def _share(state, account, margin):
    """Give the part of the account's deficit that this position bears, micro-dollars."""
    deficit = max(0, -equity(state.accounts, account))
    contracts = state.contracts
    positions = 0
    total = 0
    place = state.accounts[account, col.ACCOUNT_FIRST]
    while place != NONE:
        other = place // state.accounts.shape[0]
        lots = state.positions[place, col.POSITION_LOTS]
        phase = contracts[other, term.STATE]
        if lots != 0:
            positions += 1
            if phase != State.FROZEN and phase != State.EXPIRED:
                total += tier_margin(contracts, other, abs(lots))
        place = state.positions[place, col.POSITION_NEXT]
    if positions == 1:
        return deficit
    return ppm_up(deficit, min(PPM, margin // COARSE * PPM // max(1, total // COARSE)))


@kernel
def _price(state, account, contract, net, share):
    """Give the price, micro-dollars: M moved against the others by the share of each lot."""
    per_lot = divide_up(share, abs(net))
    mark = state.contracts[contract, term.MARK_MICROUSD]
    moved = mark + per_lot if net > 0 else mark - per_lot
    return clamp(moved, state.market[0, col.PRICE_MICROUSD_MAX])


@kernel
def _rank(state, contract, shorts):
    """Rank those on the other side, short or long: the first 64; gives how many (rulebook 7.8)."""
    market = state.market
    ranked = 0
    for account in range(state.accounts.shape[0]):
        lots = state.positions[contract * state.accounts.shape[0] + account, col.POSITION_LOTS]
        if lots == 0 or (lots < 0) != shorts:
            continue
        score = _score(state, account, contract, lots)
        row = RANKING + ranked
        if ranked == RANKED_MAX:
            row -= 1
            if market[row, RANK_SCORE] >= score:
                continue
        else:
            ranked += 1
        while row > RANKING and market[row - 1, RANK_SCORE] < score:
            market[row, RANK_SCORE] = market[row - 1, RANK_SCORE]
            market[row, RANK_ACCOUNT] = market[row - 1, RANK_ACCOUNT]
            row -= 1
        market[row, RANK_SCORE] = score
        market[row, RANK_ACCOUNT] = account
    return ranked


@kernel
def _score(state, account, contract, lots):
    """Give profit times leverage, both in their bounds (rulebook 7.8)."""
    contracts = state.contracts
    place = contract * state.accounts.shape[0] + account
    base = contracts[contract, term.BASE_MICROUSD]
    mark = contracts[contract, term.MARK_MICROUSD]
    gain = mark - state.positions[place, col.POSITION_ENTRY]
    if lots < 0:
        gain = -gain
    profit = max(0, min(FACTOR_MAX, divide_zero(gain * PPM, base)))
    refresh(state, account)
    dollars = max(1, equity(state.accounts, account) // PPM)
    return profit * min(FACTOR_MAX, abs(lots) * base // dollars)


@kernel
def _tell(state, contract, ranked, events, written):
    """Tell the list before anything moves."""
    for rank in range(ranked):
        account = state.market[RANKING + rank, RANK_ACCOUNT]
        place = contract * state.accounts.shape[0] + account
        lots = abs(state.positions[place, col.POSITION_LOTS])
        score = state.market[RANKING + rank, RANK_SCORE]
        written = emit_ranked(
            events, written, state.market, account, contract, lots, score, rank + 1
        )
    return written


@kernel
def _lots_taken(state, account, contract, left, buys, price):
    """Give how many lots one of the list takes; 0 when it would have equity below 0 after it."""
    place = contract * state.accounts.shape[0] + account
    lots = min(left, abs(state.positions[place, col.POSITION_LOTS]))
    gain = state.contracts[contract, term.MARK_MICROUSD] - price
    bought = lots if buys else -lots
    refresh(state, account)
    if equity(state.accounts, account) + bought * gain < 0:
        return 0
    return lots


@kernel
def _fill(state, account, other, contract, lots, sells, price, events, written):
    """Let the account, as taker, close lots with one of the list; its event has micro-dollars."""
    sold = lots if sells else -lots
    pays = sold * (price - state.contracts[contract, term.SETTLEMENT_MICROUSD])
    post(state.accounts, other, account, pays)
    change_position(state, other, contract, sold, 0, 0, 0, price)
    change_position(state, account, contract, -sold, 0, 0, 0, price)
    cause = Cause.DELEVERAGING
    charge(state, account, other, contract, lots, cause)
    side = Side.SELL if sells else Side.BUY
    written = emit_fill(
        events,
        written,
        state.market,
        contract,
        price,
        lots,
        side,
        other,
        0,
        0,
        account,
        0,
        0,
        0,
        0,
        cause,
    )
    written = trim(state, other, contract, events, written)
    return trim(state, account, contract, events, written)
