"""TRADER: whether an account may trade at all: the first check of each command of an order.

Takes   the accounts table and an account's number.
Gives   the first reason why not, or NONE.
Keeps   the reserved accounts out of every book.
Source  Rulebook 3.1.
"""

from chiphour.exchange import state as col
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.reasons import Reason
from chiphour.ledger.kernel import hot


@hot
def trader_reason(accounts, account):
    """Give the reason why an account may not trade, or NONE (rulebook 3.1)."""
    if account < 0 or account >= accounts.shape[0]:
        return Reason.ACCOUNT_UNKNOWN
    if accounts[account, col.ACCOUNT_GROUP] == 0:
        return Reason.ACCOUNT_UNKNOWN
    if account < ACCOUNTS_RESERVED:
        return Reason.ACCOUNT_RESERVED
    return Reason.NONE
