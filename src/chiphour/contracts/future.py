"""FUTURE: a contract that ends at the fix of one day.

Takes   the series that it settles on: its ticker and number; the day of that fix; another index to
        fall back on, or none.
Gives   its name, and the terms row that the kernel knows.
Keeps   every term but these at the rulebook's default (`contracts/table.py`).
Source  Rulebook 4, 6, 8; decision 0006: clamp 30 %, no funding; trading ends at 00:20 UTC of the
        day, its strike is 00:30. A narrow underlying is a filtered series, a broad one a basket.
"""

from dataclasses import dataclass
from datetime import date

from chiphour.contracts.names import contract_name
from chiphour.contracts.table import FUTURE_CLAMP_PPM
from chiphour.contracts.table import Type
from chiphour.contracts.table import row_of
from chiphour.units import strike_ns

WATERFALL = (
    "The provisional fix of its day, corrected by the final one 24 h later; without a fit one, the"
    " next fit fix within 72 h; then {fallback}the median of the last three fit fixes; then a price"
    " set by the operator with a published reason (rulebook 8.3 to 8.7)."
)


@dataclass(frozen=True)
class Future:
    """A future on the series `ticker`, whose number is `index`, settling on the fix of `expiry`."""

    ticker: str
    index: int
    expiry: date
    fallback_index: int = 0

    @property
    def name(self) -> str:
        """Give the contract's name: H100SXMOD_USDC-31AUG26."""
        return contract_name(self.ticker, self.expiry)

    @property
    def waterfall(self) -> str:
        """Say what it settles on when the fix of its day is suppressed."""
        named = f"the last fit fix of index {self.fallback_index}; else " * bool(
            self.fallback_index
        )
        return WATERFALL.format(fallback=named)

    def lower(self) -> tuple[int, ...]:
        """Give the terms row: one value for each of `table.TERMS`, in order."""
        return row_of(
            type=Type.FUTURE,
            index=self.index,
            index_ticks=0,
            fallback_index=self.fallback_index,
            expiry_ns=strike_ns(self.expiry),
            premium_clamp_ppm=FUTURE_CLAMP_PPM,
        )
