"""POSITIONS: what an account holds and has open in a contract.

Takes   the whole state; how much a position changes, and the price of lots that changed hands.
Gives   one way to change a position, which keeps all that hangs on it.
Keeps   a position in its account's chain exactly while it exists; the counts; open interest;
        the account's margin, reserves and unrealised sum; the entry price.
Source  Rulebook 1.2, 3.2, 3.3, 3.5, 3.7. Cash is the caller's: a fill posts it, and its fees, to
        both sides first.
"""

from chiphour.contracts import table as term
from chiphour.exchange import state as col
from chiphour.exchange.margin import unrealised_per_lot
from chiphour.exchange.margin import update_margin
from chiphour.exchange.rounding import divide_even
from chiphour.exchange.safety import keep_safe
from chiphour.exchange.safety import roll_drift
from chiphour.exchange.safety import set_safe
from chiphour.exchange.state import NONE
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel


@hot
def position_exists(positions, place):
    """Tell whether a position exists (rulebook 3.5)."""
    return (
        positions[place, col.POSITION_LOTS]
        | positions[place, col.POSITION_OPEN_BUY]
        | positions[place, col.POSITION_OPEN_SELL]
    ) != 0


@hot
def change_position(state, account, contract, lots, open_buy, open_sell, reserve, price_microusd):
    """Add to a position's lots, open buys, open sells (lots) and reserve (micro-dollars).

    The price is that of the lots, which are positive when bought; it moves the entry alone, since
    all positions are carried at S (rulebook 3.2). Cash that goes with the lots has moved before.
    """
    accounts, contracts, positions = state.accounts, state.contracts, state.positions
    place = contract * accounts.shape[0] + account
    roll_drift(state, account)
    accounts[account, col.ACCOUNT_REACH] += open_buy + open_sell
    if not position_exists(positions, place):
        _begin(state.market, accounts, contracts, positions, account, contract, place)
    positions[place, col.POSITION_OPEN_BUY] += open_buy
    positions[place, col.POSITION_OPEN_SELL] += open_sell
    positions[place, col.POSITION_RESERVE] += reserve
    accounts[account, col.ACCOUNT_RESERVES] += reserve
    if lots != 0:
        _change_lots(accounts, contracts, positions, account, contract, place, lots, price_microusd)
    update_margin(accounts, contracts, positions, account, contract, place)
    if lots != 0:
        keep_safe(state, account)
    if not position_exists(positions, place):
        _end(state.market, accounts, positions, account, place)


@hot
def _change_lots(accounts, contracts, positions, account, contract, place, lots, price_microusd):
    """Add lots to a position, and to what hangs on them."""
    before = positions[place, col.POSITION_LOTS]
    after = before + lots
    entry = positions[place, col.POSITION_ENTRY]
    positions[place, col.POSITION_LOTS] = after
    positions[place, col.POSITION_ENTRY] = _entry(before, entry, lots, price_microusd)
    contracts[contract, term.OPEN_INTEREST_LOTS] += max(0, after) - max(0, before)
    unrealised = lots * unrealised_per_lot(contracts, contract)
    accounts[account, col.ACCOUNT_UNREALISED] += unrealised
    accounts[account, col.ACCOUNT_REACH] += abs(after) - abs(before)
    accounts[account, col.ACCOUNT_SCENARIO_KNOWN] = 0


@hot
def _entry(before, entry, lots, price_microusd):
    """Give the average entry price after a fill, micro-dollars (rulebook 3.7)."""
    after = before + lots
    if after == 0:
        return 0
    if before == 0 or (before > 0) != (after > 0):
        return price_microusd
    if (before > 0) != (lots > 0):
        return entry
    return divide_even(abs(before) * entry + abs(lots) * price_microusd, abs(after))


@kernel
def holds_lots(state, account):
    """Tell whether an account has lots in any contract."""
    place = state.accounts[account, col.ACCOUNT_FIRST]
    while place != NONE:
        if state.positions[place, col.POSITION_LOTS] != 0:
            return True
        place = state.positions[place, col.POSITION_NEXT]
    return False


@kernel
def end_position(state, account, place):
    """Let a position in a contract that has expired vanish (rulebook 8.5); it has no open lots."""
    accounts, positions = state.accounts, state.positions
    accounts[account, col.ACCOUNT_MARGIN] -= positions[place, col.POSITION_MARGIN]
    accounts[account, col.ACCOUNT_SCENARIO_KNOWN] = 0
    set_safe(state, account, 0)
    accounts[account, col.ACCOUNT_REACH] -= abs(positions[place, col.POSITION_LOTS])
    positions[place, col.POSITION_MARGIN] = 0
    positions[place, col.POSITION_LOTS] = 0
    positions[place, col.POSITION_ENTRY] = 0
    assert not position_exists(positions, place)
    _end(state.market, accounts, positions, account, place)


@kernel
def _begin(market, accounts, contracts, positions, account, contract, place):
    """Put a position first in its account's chain; it starts at the present V (rulebook 3.3)."""
    value = contracts[contract, term.VALUE_PER_LOT_MICROUSD]
    positions[place, col.POSITION_VALUE_SEEN] = value
    first = accounts[account, col.ACCOUNT_FIRST]
    positions[place, col.POSITION_NEXT] = first
    positions[place, col.POSITION_PREVIOUS] = NONE
    if first != NONE:
        positions[first, col.POSITION_PREVIOUS] = place
    accounts[account, col.ACCOUNT_FIRST] = place
    accounts[account, col.ACCOUNT_POSITIONS] += 1
    market[0, col.POSITIONS] += 1


@kernel
def _end(market, accounts, positions, account, place):
    """Take a position out of its account's chain; nothing of it stays."""
    assert positions[place, col.POSITION_RESERVE] == 0
    assert positions[place, col.POSITION_MARGIN] == 0
    before = positions[place, col.POSITION_PREVIOUS]
    after = positions[place, col.POSITION_NEXT]
    if before != NONE:
        positions[before, col.POSITION_NEXT] = after
    else:
        accounts[account, col.ACCOUNT_FIRST] = after
    if after != NONE:
        positions[after, col.POSITION_PREVIOUS] = before
    accounts[account, col.ACCOUNT_POSITIONS] -= 1
    market[0, col.POSITIONS] -= 1
