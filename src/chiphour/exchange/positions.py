"""POSITIONS: what an account holds and has open in a contract.

Takes   the tables `market`, `accounts`, `contracts`, `positions`.
Gives   one way to change a position, which keeps all that hangs on it.
Keeps   a position in its account's chain exactly while it exists; the counts; open interest;
        the account's margin, reserves and unrealised sum.
Source  Rulebook 1.2, 3.2, 3.3, 3.5.
"""

from chiphour.contracts import table as term
from chiphour.exchange import state as col
from chiphour.exchange.margin import unrealised_per_lot
from chiphour.exchange.margin import update_margin
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
def change_position(
    market, accounts, contracts, positions, account, contract, lots, open_buy, open_sell, reserve
):
    """Add to a position's lots, open buys, open sells (lots) and reserve (micro-dollars)."""
    place = contract * accounts.shape[0] + account
    if not position_exists(positions, place):
        _begin(market, accounts, contracts, positions, account, contract, place)
    before = positions[place, col.POSITION_LOTS]
    after = before + lots
    positions[place, col.POSITION_LOTS] = after
    positions[place, col.POSITION_OPEN_BUY] += open_buy
    positions[place, col.POSITION_OPEN_SELL] += open_sell
    positions[place, col.POSITION_RESERVE] += reserve
    accounts[account, col.ACCOUNT_RESERVES] += reserve
    contracts[contract, term.OPEN_INTEREST_LOTS] += max(0, after) - max(0, before)
    unrealised = lots * unrealised_per_lot(contracts, contract)
    accounts[account, col.ACCOUNT_UNREALISED] += unrealised
    update_margin(accounts, contracts, positions, account, contract, place)
    if not position_exists(positions, place):
        _end(market, accounts, positions, account, place)


@kernel
def end_position(market, accounts, positions, account, place):
    """Let a position in a contract that has expired vanish (rulebook 8.5); it has no open lots."""
    accounts[account, col.ACCOUNT_MARGIN] -= positions[place, col.POSITION_MARGIN]
    positions[place, col.POSITION_MARGIN] = 0
    positions[place, col.POSITION_LOTS] = 0
    assert not position_exists(positions, place)
    _end(market, accounts, positions, account, place)


@kernel
def _begin(market, accounts, contracts, positions, account, contract, place):
    """Put a position first in its account's chain; it starts at the present V."""
    positions[place, col.POSITION_VALUE_SEEN] = contracts[contract, term.VALUE_PER_LOT_MICROUSD]
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
