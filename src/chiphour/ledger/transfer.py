"""TRANSFER: money from one account to another: what the auction asks of the ledger.

Takes   two accounts and a positive amount in integer micro-dollars.
Gives   the record that both the exchange and the auction speak.
Keeps   the sum of all accounts: what one pays, another receives.
Source  Rulebook 1; decision 0002.
"""

from typing import NamedTuple


class Transfer(NamedTuple):
    """Pay `amount_microusd` > 0 from account `source` to account `target`.

    `run` numbers the auction run (or 0), `item` the line within it: together an audit key.
    """

    source: int
    target: int
    amount_microusd: int
    run: int
    item: int
