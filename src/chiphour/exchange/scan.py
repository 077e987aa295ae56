"""SCAN: after each mark every account is looked at once: who is short of margin joins the queue.

Takes   the accounts, a thousand rows at a command.
Gives   MARGIN_CALLED and LIQUIDATION_BEGUN events, and LIQUIDATE items.
Keeps   an account in the queue at most once. A row that is safe costs one comparison (safety.py).
Source  Rulebook 2.8, 7.1.
"""

from chiphour.exchange import state as col
from chiphour.exchange.emit import emit_risk
from chiphour.exchange.events import Kind
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.limits import SCAN_ROWS
from chiphour.exchange.margin import equity
from chiphour.exchange.margin import maintenance_margin
from chiphour.exchange.margin import refresh
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.safety import SAFE_FOR_EVER
from chiphour.exchange.safety import call_safe
from chiphour.exchange.safety import follow_epoch
from chiphour.exchange.state import NONE
from chiphour.exchange.work import Item
from chiphour.exchange.work import put
from chiphour.ledger.kernel import kernel

BLOCK = 16  # Accounts whose positions are fetched together.
assert col.RANKING + BLOCK <= col.MARKET_ROWS


@kernel
def begin(state):
    """Begin a round: every row once, from where the last round stopped (rulebook 7.1)."""
    state.market[0, col.SCAN_LEFT] = state.accounts.shape[0]


@kernel
def scan(state, events, written):
    """Go on with the round, by so many rows as one command may scan (rulebook 2.8)."""
    market, accounts = state.market, state.accounts
    rows = min(SCAN_ROWS, market[0, col.SCAN_LEFT])
    if rows == 0:
        return written
    follow_epoch(state)
    move = market[0, col.MOVE]
    account = market[0, col.SCAN_ACCOUNT]
    for done in range(rows):
        if done % BLOCK == 0:
            _fetch(market, accounts, state.positions, account, move)
        if accounts[account, col.ACCOUNT_SAFE] <= move:
            written = _look(state, account, events, written)
        account += 1
        if account == accounts.shape[0]:
            account = 0
    market[0, col.SCAN_ACCOUNT] = account
    market[0, col.SCAN_LEFT] -= rows
    return written


@kernel
def _fetch(market, accounts, positions, first, move):
    """Read the positions of the next accounts that will be looked at, many chains side by side.

    One after another each position would be waited for; it changes nothing but scratch.
    """
    last = min(first + BLOCK, accounts.shape[0])
    waiting = 0
    for account in range(first, last):
        place = NONE
        if accounts[account, col.ACCOUNT_SAFE] <= move:
            place = accounts[account, col.ACCOUNT_FIRST]
        market[col.RANKING + account - first, col.FETCHED] = place
        waiting |= place
    while waiting != 0:
        waiting = 0
        for at in range(col.RANKING, col.RANKING + last - first):
            place = positions[market[at, col.FETCHED], col.POSITION_NEXT]
            market[at, col.FETCHED] = place
            waiting |= place


@kernel
def margin_of_safety(held, needed):
    """Give equity - 5/4 MM, rounded down: below 0 exactly when 4 equity < 5 MM."""
    return held - needed - divide_up(needed, 4)


@kernel
def _look(state, account, events, written):
    """Look at one account in full (rulebook 7.1)."""
    accounts, market = state.accounts, state.market
    in_liquidation = accounts[account, col.ACCOUNT_LIQUIDATION] != 0
    gross = accounts[account, col.ACCOUNT_GROSS]
    if account < ACCOUNTS_RESERVED or (gross == 0 and not in_liquidation):
        accounts[account, col.ACCOUNT_SAFE] = SAFE_FOR_EVER
        return written
    refresh(state, account)
    held = equity(accounts, account)
    slack = margin_of_safety(held, accounts[account, col.ACCOUNT_MARGIN])
    if slack >= 0 and not in_liquidation:  # MM is at most the sum of im(W): P need not be known.
        accounts[account, col.ACCOUNT_CALLED] = 0
        call_safe(state, account, gross, slack)
        return written
    accounts[account, col.ACCOUNT_SAFE] = 0
    needed = maintenance_margin(state, account)
    if in_liquidation or held < needed:
        if not in_liquidation:
            accounts[account, col.ACCOUNT_LIQUIDATION] = 1
            written = emit_risk(
                events, written, market, Kind.LIQUIDATION_BEGUN, account, held, needed
            )
        if accounts[account, col.ACCOUNT_QUEUED] == 0:
            accounts[account, col.ACCOUNT_QUEUED] = 1
            put(state, Item.LIQUIDATE, account, 0, 0, 0, 0, 0)
        return written
    slack = margin_of_safety(held, needed)
    if slack >= 0:
        accounts[account, col.ACCOUNT_CALLED] = 0
        call_safe(state, account, gross, slack)
    elif accounts[account, col.ACCOUNT_CALLED] == 0:
        accounts[account, col.ACCOUNT_CALLED] = 1
        written = emit_risk(events, written, market, Kind.MARGIN_CALLED, account, held, needed)
    return written
