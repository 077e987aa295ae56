"""ROUNDED: decimal text as an amount of so many decimals, half-even.

Takes   decimal text, or a decimal.
Gives   `rounded`.
Keeps   the answer its own: whatever else runs in the process may have set another rounding for all
        decimals of its thread, as some clients of exchanges do.
Source  Decision 0002.
"""

from decimal import ROUND_HALF_EVEN
from decimal import Context
from decimal import Decimal

_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)


def rounded(amount: str | Decimal, decimals: int) -> Decimal:
    """Give an amount of so many decimals; raises InvalidOperation where it has over 60 digits."""
    return Decimal(amount).quantize(Decimal((0, (1,), -decimals)), context=_EXACT)
