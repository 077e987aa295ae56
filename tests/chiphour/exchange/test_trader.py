"""TEST TRADER: who may trade at all.

Takes   account numbers of every sort.
Gives   the reason, or none.
Keeps   the market's own rows from trading.
Source  Rulebook 3.1.
"""

from chiphour.exchange.commands import Kind


def test_unknown_and_reserved_accounts_do_not_trade(market):
    """Rows outside, not opened, and rows 0 to 7."""
    for account, reason in ((-1, "UNKNOWN"), (16, "UNKNOWN"), (15, "UNKNOWN"), (7, "RESERVED")):
        told = market.reason(Kind.CANCEL, account=account, order=1)
        assert told == f"ACCOUNT_{reason}"
