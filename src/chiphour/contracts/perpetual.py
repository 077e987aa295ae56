"""PERPETUAL: a contract without an end, tied to its index by daily funding.

Takes   the series that it follows: its ticker and number; how often a live MARK is sent.
Gives   its name, and the terms row that the kernel knows.
Keeps   every term but these at the rulebook's default (`contracts/table.py`).
Source  Rulebook 4, 5, 6; decision 0006: clamp 2 %, funding at 00:30 UTC over 24 hours.
"""

from dataclasses import dataclass

from chiphour.contracts import table
from chiphour.contracts.names import contract_name
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND

FUNDING_PERIOD_S = NS_PER_DAY // NS_PER_SECOND
PREMIUM_CLAMP_PPM = 20_000


@dataclass(frozen=True)
class Perpetual:
    """A perpetual on the series `ticker`, whose number is `index`."""

    ticker: str
    index: int
    mark_every_s: int = 60  # Each live mark gives a funding sample.

    @property
    def name(self) -> str:
        """Give the contract's name: H100SXMOD_USDC-PERPETUAL."""
        return contract_name(self.ticker, None)

    def lower(self) -> tuple[int, ...]:
        """Give the terms row: one value for each of `table.TERMS`, in order."""
        terms = [term.default for term in table.TERMS]
        terms[table.TYPE] = table.Type.PERPETUAL
        terms[table.INDEX] = self.index
        terms[table.FUNDING_PERIOD_S] = FUNDING_PERIOD_S
        terms[table.FUNDING_SAMPLES_EXPECTED] = FUNDING_PERIOD_S // self.mark_every_s
        terms[table.PREMIUM_CLAMP_PPM] = PREMIUM_CLAMP_PPM
        return tuple(int(term) for term in terms)
