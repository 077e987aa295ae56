"""MARGIN: what an account must hold for its positions and open orders, and what it has.

Takes   the tables `market`, `accounts`, `contracts`, `positions`.
Gives   im(W), equity, what is free, and whether an order is covered.
Keeps   each account's sums true while its epoch is the market's. Nothing but a mark, a settlement
        price or a contract's state moves them for accounts that did not trade, and those make a
        new epoch; the walk over an account's positions is then done once, at its next order.
Source  Rulebook 3.4, 6; decision 0005.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import state as col
from chiphour.exchange.commands import Side
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import ppm_up
from chiphour.exchange.state import NONE
from chiphour.ledger.kernel import door
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel


@kernel
def tier_margin(contracts, contract, lots):
    """Give im(W) in micro-dollars for so many lots (rulebook 6.1)."""
    base = max(contracts[contract, term.INDEX_MICROUSD], 1)
    end = min(lots, contracts[contract, term.TIER_1_LOTS])
    total = ppm_up(base * end, contracts[contract, term.TIER_1_PPM])
    if lots == end:
        return total
    begin, end = end, min(lots, contracts[contract, term.TIER_2_LOTS])
    total += ppm_up(base * (end - begin), contracts[contract, term.TIER_2_PPM])
    begin, end = end, min(lots, contracts[contract, term.TIER_3_LOTS])
    total += ppm_up(base * (end - begin), contracts[contract, term.TIER_3_PPM])
    return total + ppm_up(base * (lots - end), contracts[contract, term.TIER_4_PPM])


@hot
def worst_lots(lots, open_buy, open_sell):
    """Give W: the largest net that the open orders may lead to (rulebook 6.1)."""
    return max(abs(lots + open_buy), abs(lots - open_sell))


@hot
def position_margin(contracts, contract, lots, open_buy, open_sell):
    """Give what one position adds to IM, without its reserves (rulebook 6.3, 8.5)."""
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


@kernel
def refresh(market, accounts, contracts, positions, account):
    """Make the sums of an account true for this epoch; changes nothing that a digest counts."""
    if accounts[account, col.ACCOUNT_EPOCH] == market[0, col.EPOCH]:
        return
    accounts[account, col.ACCOUNT_EPOCH] = market[0, col.EPOCH]
    accounts[account, col.ACCOUNT_UNREALISED] = 0
    place = accounts[account, col.ACCOUNT_FIRST]
    while place != NONE:
        contract = place // accounts.shape[0]
        update_margin(accounts, contracts, positions, account, contract, place)
        accounts[account, col.ACCOUNT_UNREALISED] += positions[
            place, col.POSITION_LOTS
        ] * unrealised_per_lot(contracts, contract)
        place = positions[place, col.POSITION_NEXT]


@hot
def unrealised_per_lot(contracts, contract):
    """Give M - S where positions still move with the mark, else 0 (rulebook 3.4)."""
    state = contracts[contract, term.STATE]
    if state == State.OPEN or state == State.STOPPED:
        mark = contracts[contract, term.MARK_MICROUSD]
        return mark - contracts[contract, term.SETTLEMENT_MICROUSD]
    return 0


@hot
def equity(accounts, account):
    """Give cash plus unrealised profit; the account is fresh."""
    return accounts[account, col.ACCOUNT_CASH] + accounts[account, col.ACCOUNT_UNREALISED]


@door
def account_sums(state, account):
    """Give an account's cash, unrealised profit, margin and reserves, in micro-dollars."""
    refresh(state.market, state.accounts, state.contracts, state.positions, account)
    return (
        state.accounts[account, col.ACCOUNT_CASH],
        state.accounts[account, col.ACCOUNT_UNREALISED],
        state.accounts[account, col.ACCOUNT_MARGIN],
        state.accounts[account, col.ACCOUNT_RESERVES],
    )


@kernel
def withdrawable(accounts, account):
    """Give what a member may take out (rulebook 3.6); the account is fresh."""
    needed = accounts[account, col.ACCOUNT_MARGIN] + accounts[account, col.ACCOUNT_RESERVES]
    return max(0, min(accounts[account, col.ACCOUNT_CASH], equity(accounts, account)) - needed)


@hot
def reserve_per_lot(contracts, contract, side, price_ticks):
    """Give what one open lot reserves, fixed at its entry (rulebook 6.2)."""
    price = price_ticks * contracts[contract, term.TICK_MICROUSD]
    mark = contracts[contract, term.MARK_MICROUSD]
    return max(0, price - mark) if side == Side.BUY else max(0, mark - price)


@hot
def order_is_covered(accounts, contracts, positions, account, contract, side, price_ticks, lots):
    """Tell whether an account can bear an order in full (rulebook 6.4); the account is fresh."""
    place = contract * accounts.shape[0] + account
    net = positions[place, col.POSITION_LOTS]
    open_buy = positions[place, col.POSITION_OPEN_BUY]
    open_sell = positions[place, col.POSITION_OPEN_SELL]
    if side == Side.BUY:
        worst = worst_lots(net, open_buy + lots, open_sell)
    else:
        worst = worst_lots(net, open_buy, open_sell + lots)
    needed = accounts[account, col.ACCOUNT_RESERVES]
    needed += lots * reserve_per_lot(contracts, contract, side, price_ticks)
    if worst > worst_lots(net, open_buy, open_sell):
        needed += accounts[account, col.ACCOUNT_MARGIN] - positions[place, col.POSITION_MARGIN]
        needed += tier_margin(contracts, contract, worst)
    return equity(accounts, account) >= needed
