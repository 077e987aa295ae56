"""PERPETUAL: a contract without an end, tied to its index by funding.

Takes   the series that it follows: its ticker and number; whether its index is the daily fix or the
        15 s index; how often a live MARK is sent.
Gives   its name, and the terms row that the kernel knows.
Keeps   every term but these at the rulebook's default (`contracts/table.py`).
Source  Rulebook 4, 5, 6; decisions 0006 and 0025: clamp 2 %. On the daily fix it is funded at
        00:30 UTC over 24 hours; on the 15 s index hourly, at minute 30.
"""

from dataclasses import dataclass

from chiphour.contracts.names import contract_name
from chiphour.contracts.table import PERPETUAL_CLAMP_PPM
from chiphour.contracts.table import Type
from chiphour.contracts.table import row_of
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND

DAY_S = NS_PER_DAY // NS_PER_SECOND
HOUR_S = NS_PER_HOUR // NS_PER_SECOND
MEDIAN_TICKS = 20  # Five minutes of the 15 s index (rulebook 4.1).


@dataclass(frozen=True)
class Perpetual:
    """A perpetual on the series `ticker`, whose number is `index`."""

    ticker: str
    index: int
    mark_every_s: int = 60  # Each live mark gives a funding sample.
    index_ticks: int = 0  # Of the 15 s index, whose median is I; 0: the daily fix is.

    @property
    def name(self) -> str:
        """Give the contract's name: H100SXMOD_USDC-PERPETUAL."""
        return contract_name(self.ticker, None)

    @property
    def waterfall(self) -> str:
        """Say what becomes of it when its index does not come."""
        return "It has no end: without a live index it is not marked, funded or liquidated."

    def lower(self) -> tuple[int, ...]:
        """Give the terms row: one value for each of `table.TERMS`, in order."""
        period_s = HOUR_S if self.index_ticks else DAY_S
        return row_of(
            type=Type.PERPETUAL,
            index=self.index,
            index_ticks=self.index_ticks,
            funding_period_s=period_s,
            funding_samples_expected=period_s // self.mark_every_s,
            premium_clamp_ppm=PERPETUAL_CLAMP_PPM,
        )
