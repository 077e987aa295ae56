"""POST: money moves between accounts: what one is debited, another is credited.

Takes   the accounts table (int64[account, ACCOUNT_COLUMNS]) and integer micro-dollars.
Gives   nothing: the balances have changed.
Keeps   the sum over all accounts, the outside world's included; every balance below 2^61.
Source  Rulebook 1.2, 3.2, 3.3, 3.6; decision 0005.
"""

from chiphour.ledger.kernel import kernel

CASH = 0  # The column of the accounts table that holds the balance.
CASH_MICROUSD_MAX = (1 << 61) - 1  # The most that one account may hold or owe.
assert 2 * CASH_MICROUSD_MAX < 1 << 63  # A balance plus an amount fits an int64.


@kernel
def credit(accounts, account, amount_microusd):
    """Add to one balance, or take from it when negative: one half of a posting.

    Alone it serves payments from a contract's V, whose other halves are paid by the same sweep.
    """
    cash_microusd = accounts[account, CASH] + amount_microusd
    assert abs(cash_microusd) <= CASH_MICROUSD_MAX
    accounts[account, CASH] = cash_microusd


@kernel
def post(accounts, source, target, amount_microusd):
    """Debit the source and credit the target; a negative amount goes the other way."""
    credit(accounts, source, -amount_microusd)
    credit(accounts, target, amount_microusd)
