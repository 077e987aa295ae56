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
from chiphour.exchange.positions import holds_lots
from chiphour.exchange.safety import SAFE_FOR_EVER
from chiphour.exchange.safety import call_safe
from chiphour.exchange.safety import follow_epoch
from chiphour.exchange.safety import is_safe
from chiphour.exchange.safety import margin_of_safety
from chiphour.exchange.safety import set_safe
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
    market = state.market
    rows = min(SCAN_ROWS, market[0, col.SCAN_LEFT])
    if rows == 0:
        return written
    follow_epoch(state)
    market[0, col.SCAN_LEFT] -= rows
    account = market[0, col.SCAN_ACCOUNT]
    while rows > 0:
        end = min(account + min(BLOCK, rows), state.accounts.shape[0])
        found = _gather(state, account, end)
        if found > 0:
            _fetch(market, state.positions, found)
            for row in range(col.RANKING, col.RANKING + found):
                written = _look(state, market[row, col.FETCHED_ACCOUNT], events, written)
        rows -= end - account
        account = 0 if end == state.accounts.shape[0] else end
    market[0, col.SCAN_ACCOUNT] = account
    return written


@kernel
def _gather(state, first, end):
    """Gather, in scratch, the accounts of which something may be to tell; give how many."""
    market, accounts = state.market, state.accounts
    move = market[0, col.MOVE]
    found = 0
    for account in range(first, end):
        if state.safety[account, col.SAFETY_MOVE] > move:
            continue
        if account < ACCOUNTS_RESERVED or accounts[account, col.ACCOUNT_GROUP] == 0:
            set_safe(state, account, SAFE_FOR_EVER)
        elif not is_safe(state, account):
            market[col.RANKING + found, col.FETCHED_ACCOUNT] = account
            market[col.RANKING + found, col.FETCHED] = accounts[account, col.ACCOUNT_FIRST]
            found += 1
    return found


@kernel
def _fetch(market, positions, found):
    """Read the positions of the accounts gathered, many chains side by side.

    One after another each position would be waited for; it changes nothing but scratch.
    """
    waiting = 1
    while waiting != 0:
        waiting = 0
        for at in range(col.RANKING, col.RANKING + found):
            place = positions[market[at, col.FETCHED], col.POSITION_NEXT]
            market[at, col.FETCHED] = place
            waiting |= place


@kernel
def _look(state, account, events, written):
    """Look at one account in full (rulebook 7.1)."""
    accounts, market = state.accounts, state.market
    in_liquidation = accounts[account, col.ACCOUNT_LIQUIDATION] != 0
    if not in_liquidation and not holds_lots(state, account):
        set_safe(state, account, SAFE_FOR_EVER)
        return written
    set_safe(state, account, 0)
    refresh(state, account)
    held = equity(accounts, account)
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
        call_safe(state, account, slack)
    elif accounts[account, col.ACCOUNT_CALLED] == 0:
        accounts[account, col.ACCOUNT_CALLED] = 1
        written = emit_risk(events, written, market, Kind.MARGIN_CALLED, account, held, needed)
    return written
