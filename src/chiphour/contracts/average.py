"""AVERAGE: a future on the average of a month's fixes: what a buyer of hours really pays.

Takes   the series, its number, and a day of the month.
Gives   its name, and the terms row that the kernel knows.
Keeps   the month whole: the first fix is that of its first day, the last that of its last.
Source  Rulebook 4.1, 8.3; decision 0025. Its name has a word of its own: H100SXMODAVG_USDC-31AUG26.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from chiphour.contracts.names import contract_name
from chiphour.contracts.table import FUTURE_CLAMP_PPM
from chiphour.contracts.table import Type
from chiphour.contracts.table import row_of
from chiphour.units import strike_ns

FIXES_MIN = 10


@dataclass(frozen=True)
class Average:
    """A future on the average of the fixes of the month in which `day` lies."""

    ticker: str
    index: int
    day: date

    @property
    def expiry(self) -> date:
        """Give the last day of the month."""
        return self.day.replace(day=monthrange(self.day.year, self.day.month)[1])

    @property
    def name(self) -> str:
        """Give the contract's name: H100SXMODAVG_USDC-31AUG26."""
        return contract_name(f"{self.ticker}.AVG", self.expiry)

    @property
    def waterfall(self) -> str:
        """Say what it settles on when fixes of its month are suppressed."""
        return (
            f"The average of the month's fit fixes, at least {FIXES_MIN} of them; with fewer, 72 h"
            " after the last day, the median of the last three fit fixes; then a price set by the"
            " operator with a published reason (rulebook 8.3 to 8.7)."
        )

    def lower(self) -> tuple[int, ...]:
        """Give the terms row: one value for each of `table.TERMS`, in order."""
        return row_of(
            type=Type.FUTURE,
            index=self.index,
            index_ticks=0,
            expiry_ns=strike_ns(self.expiry),
            average_days=self.expiry.day,
            average_first_ns=strike_ns(self.day.replace(day=1)),
            average_fixes_min=FIXES_MIN,
            premium_clamp_ppm=FUTURE_CLAMP_PPM,
        )
