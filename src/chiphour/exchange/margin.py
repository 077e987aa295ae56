"""MARGIN: what an account must hold for its positions and open orders, and what it has.

Takes   an account; for an order, the row TAKER of the market.
Gives   equity, IM, MM, what is free, and whether an order is covered.
Keeps   each account's sums true while it is fresh. Nothing but a mark, a settlement price, a
        setting or a contract's state moves them for accounts that did not trade. How far marks may
        have moved them is known (safety.py): an order that is covered all the same, as almost
        every one is, is spared the walk over the account's positions.
Source  Rulebook 3.4, 3.6, 6.1, 6.3, 6.5, 6.6; decision 0005. P is at most the sum of im(|n|), so
        IM is at most the sum of im(W), FROZEN parts and reserves: an order that this bound covers
        needs no P. IM itself is the bound less what P lies under its sum: `relief`.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import state as col
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.flatten import flatten
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import ppm_up
from chiphour.exchange.safety import UNKNOWN
from chiphour.exchange.safety import drift
from chiphour.exchange.safety import follow_epoch
from chiphour.exchange.scenario import know
from chiphour.exchange.state import NONE
from chiphour.exchange.state import TAKER
from chiphour.exchange.tiers import tier_margin
from chiphour.ledger.kernel import door
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel


@hot
def worst_lots(lots, open_buy, open_sell):
    """Give W: the largest net that the open orders may lead to (rulebook 6.1)."""
    return max(abs(lots + open_buy), abs(lots - open_sell))


@hot
def position_margin(contracts, contract, lots, open_buy, open_sell):
    """Give what one position adds to the bound of IM, without its reserves (rulebook 6.5)."""
    if contracts[contract, term.STATE] == State.FROZEN:
        return divide_up(3 * tier_margin(contracts, contract, abs(lots)), 5)
    if contracts[contract, term.STATE] == State.EXPIRED:
        return 0
    return tier_margin(contracts, contract, worst_lots(lots, open_buy, open_sell))


@hot
def update_margin(accounts, contracts, positions, account, contract, place):
    """Bring one position's part of its account's margin up to date."""
    margin = position_margin(
        contracts,
        contract,
        positions[place, col.POSITION_LOTS],
        positions[place, col.POSITION_OPEN_BUY],
        positions[place, col.POSITION_OPEN_SELL],
    )
    accounts[account, col.ACCOUNT_MARGIN] += margin - positions[place, col.POSITION_MARGIN]
    positions[place, col.POSITION_MARGIN] = margin


@hot
def refresh(state, account):
    """Make the sums of an account true for this epoch; changes nothing that a digest counts."""
    if drift(state, account) != 0:
        _sum_anew(state, account)


@kernel
def _sum_anew(state, account):
    accounts, contracts, positions = state.accounts, state.contracts, state.positions
    follow_epoch(state)
    accounts[account, col.ACCOUNT_MOVE] = state.market[0, col.MOVE]
    accounts[account, col.ACCOUNT_DRIFT] = 0
    accounts[account, col.ACCOUNT_SCENARIO_KNOWN] = 0
    unrealised = 0
    place = accounts[account, col.ACCOUNT_FIRST]
    while place != NONE:
        contract = place // accounts.shape[0]
        update_margin(accounts, contracts, positions, account, contract, place)
        per_lot = unrealised_per_lot(contracts, contract)
        unrealised += positions[place, col.POSITION_LOTS] * per_lot
        place = positions[place, col.POSITION_NEXT]
    accounts[account, col.ACCOUNT_UNREALISED] = unrealised


@hot
def unrealised_per_lot(contracts, contract):
    """Give M - S where positions still move with the mark, else 0 (rulebook 3.4)."""
    state = contracts[contract, term.STATE]
    if state == State.OPEN or state == State.CALL or state == State.STOPPED:
        mark = contracts[contract, term.MARK_MICROUSD]
        return mark - contracts[contract, term.SETTLEMENT_MICROUSD]
    return 0


@hot
def equity(accounts, account):
    """Give cash plus unrealised profit; the account is fresh (rulebook 3.4)."""
    return accounts[account, col.ACCOUNT_CASH] + accounts[account, col.ACCOUNT_UNREALISED]


@hot
def _relief(state, account):
    """Give what P lies under the sum of im(|n|); the account is fresh."""
    know(state, account)
    accounts = state.accounts
    return accounts[account, col.ACCOUNT_NET_MARGIN] - accounts[account, col.ACCOUNT_SCENARIO]


@kernel
def initial_margin(state, account):
    """Give IM, the reserves included (rulebook 6.5)."""
    refresh(state, account)
    bound = state.accounts[account, col.ACCOUNT_MARGIN]
    bound += state.accounts[account, col.ACCOUNT_RESERVES]
    return bound - _relief(state, account)


@kernel
def maintenance_margin(state, account):
    """Give MM (rulebook 6.5)."""
    refresh(state, account)
    know(state, account)
    part = divide_up(3 * state.accounts[account, col.ACCOUNT_SCENARIO], 5)
    return part + state.accounts[account, col.ACCOUNT_FROZEN]


@kernel
def withdrawable(state, account):
    """Give what a member may take out (rulebook 3.6)."""
    if state.accounts[account, col.ACCOUNT_LIQUIDATION] != 0:
        return 0
    needed = initial_margin(state, account)
    cash = state.accounts[account, col.ACCOUNT_CASH]
    return max(0, min(cash, equity(state.accounts, account)) - needed)


@door
def account_sums(state, account):
    """Give cash, unrealised profit, IM, the reserves in it, and MM, in micro-dollars."""
    state = flatten(state)
    needed = initial_margin(state, account)
    return (
        state.accounts[account, col.ACCOUNT_CASH],
        state.accounts[account, col.ACCOUNT_UNREALISED],
        needed,
        state.accounts[account, col.ACCOUNT_RESERVES],
        maintenance_margin(state, account),
    )


@hot
def reserve_per_lot(contracts, contract, side, price_ticks):
    """Give what one open lot reserves, fixed at its entry (rulebook 6.3)."""
    price = price_ticks * contracts[contract, term.TICK_MICROUSD]
    beyond = price - contracts[contract, term.MARK_MICROUSD]
    if side != Side.BUY:
        beyond = -beyond
    worth = max(abs(price), contracts[contract, term.BASE_MICROUSD])
    return max(0, beyond) + ppm_up(worth, contracts[contract, term.TAKER_FEE_PPM])


@hot
def _taker_worst(state, less_buy, less_sell):
    """Give W of the taker's position without, and with, its order in full.

    Open lots that `less_...` names, of an order that it replaces, are left out of account.
    """
    market, positions = state.market, state.positions
    account = market[TAKER, col.TAKER_ACCOUNT]
    place = market[TAKER, col.TAKER_CONTRACT] * state.accounts.shape[0] + account
    net = positions[place, col.POSITION_LOTS]
    open_buy = positions[place, col.POSITION_OPEN_BUY] - less_buy
    open_sell = positions[place, col.POSITION_OPEN_SELL] - less_sell
    before = worst_lots(net, open_buy, open_sell)
    if market[TAKER, col.TAKER_SIDE] == Side.BUY:
        open_buy += market[TAKER, col.TAKER_LOTS]
    else:
        open_sell += market[TAKER, col.TAKER_LOTS]
    return before, worst_lots(net, open_buy, open_sell)


@hot
def raises_worst(state, less_buy, less_sell):
    """Tell whether the order in TAKER raises W of its position (rulebook 6.6)."""
    before, after = _taker_worst(state, less_buy, less_sell)
    return after > before


@hot
def order_is_covered(state, less_buy, less_sell, less_reserve):
    """Tell whether an account can bear the order in TAKER, in full (rulebook 6.6)."""
    market, accounts, contracts = state.market, state.accounts, state.contracts
    account = market[TAKER, col.TAKER_ACCOUNT]
    contract = market[TAKER, col.TAKER_CONTRACT]
    before, after = _taker_worst(state, less_buy, less_sell)
    side = market[TAKER, col.TAKER_SIDE]
    per_lot = reserve_per_lot(contracts, contract, side, market[TAKER, col.TAKER_PRICE_TICKS])
    needed = accounts[account, col.ACCOUNT_RESERVES] - less_reserve
    needed += market[TAKER, col.TAKER_LOTS] * per_lot
    live = contracts[contract, term.QUALITY] == Quality.LIVE
    far = drift(state, account)
    if far != UNKNOWN and (live or after <= before):
        bound = needed + far
        if after > before:
            place = contract * accounts.shape[0] + account
            bound += accounts[account, col.ACCOUNT_MARGIN]
            bound += tier_margin(contracts, contract, after)
            bound -= state.positions[place, col.POSITION_MARGIN]
        if equity(accounts, account) >= bound:
            return True
    return _is_covered_exactly(state, account, before, after, needed, live)


@kernel
def _is_covered_exactly(state, account, before, after, needed, live):
    """Tell the same of IM itself; while the index is not live, of 3/2 of it (rulebook 10.2).

    `needed` is what reserves take.
    """
    refresh(state, account)
    held = equity(state.accounts, account)
    if after <= before:
        return held >= needed
    contract = state.market[TAKER, col.TAKER_CONTRACT]
    place = contract * state.accounts.shape[0] + account
    needed += state.accounts[account, col.ACCOUNT_MARGIN] - _relief(state, account)
    needed += tier_margin(state.contracts, contract, after)
    needed -= state.positions[place, col.POSITION_MARGIN]
    if live:
        return held >= needed
    # 2 held >= 3 needed, where the products might not fit.
    return held >= 0 and held - needed >= divide_up(needed, 2)
