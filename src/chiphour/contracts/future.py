"""FUTURE: a contract that ends at the fix of one day.

Takes   the series that it settles on: its ticker and number; the day of that fix.
Gives   its name, and the terms row that the kernel knows.
Keeps   every term but these at the rulebook's default (`contracts/table.py`).
Source  Rulebook 4, 6, 8; decision 0006: clamp 30 %, no funding; trading ends at 00:20 UTC of the
        day, its strike is 00:30.
"""

from dataclasses import dataclass
from datetime import date

from chiphour.contracts import table
from chiphour.contracts.names import contract_name
from chiphour.units import strike_ns

PREMIUM_CLAMP_PPM = 300_000


@dataclass(frozen=True)
class Future:
    """A future on the series `ticker`, whose number is `index`, settling on the fix of `expiry`."""

    ticker: str
    index: int
    expiry: date

    @property
    def name(self) -> str:
        """Give the contract's name: H100SXMOD_USDC-31AUG26."""
        return contract_name(self.ticker, self.expiry)

    def lower(self) -> tuple[int, ...]:
        """Give the terms row: one value for each of `table.TERMS`, in order."""
        terms = [term.default for term in table.TERMS]
        terms[table.TYPE] = table.Type.FUTURE
        terms[table.INDEX] = self.index
        terms[table.EXPIRY_NS] = strike_ns(self.expiry)
        terms[table.PREMIUM_CLAMP_PPM] = PREMIUM_CLAMP_PPM
        return tuple(int(term) for term in terms)
