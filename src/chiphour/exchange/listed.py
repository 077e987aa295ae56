"""LISTED: whether a number is a contract's.

Takes   the contracts table and a number, whatever it is.
Gives   true when a contract was ever listed under it.
Keeps   every later use of the number inside the table.
Source  Rulebook 8.2.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.ledger.kernel import hot


@hot
def is_listed(contracts, contract):
    """Tell whether there is a contract of this number (rulebook 8.2)."""
    if contract < 0 or contract >= contracts.shape[0]:
        return False
    return contracts[contract, term.STATE] != State.ABSENT
