"""SPREAD: a calendar spread: a future of a later day less one of an earlier day, as one contract.

Takes   the series, the two expiries, and the numbers that the exchange gave the two futures.
Gives   its name, and the terms row that the kernel knows.
Keeps   its end with that of the earlier future: the later one's mark less the earlier one's fix.
Source  Rulebook 4.1, 4.2, 6.4, 8.2, 8.3; decision 0025.
"""

from dataclasses import dataclass
from datetime import date

from chiphour.contracts.names import contract_name
from chiphour.contracts.names import day_word
from chiphour.contracts.table import FUTURE_CLAMP_PPM
from chiphour.contracts.table import WINDOW_BELOW_TICKS
from chiphour.contracts.table import Type
from chiphour.contracts.table import row_of
from chiphour.units import strike_ns


@dataclass(frozen=True)
class Spread:
    """The future of `far` less that of `near`, whose contracts have these numbers."""

    ticker: str
    index: int
    far: date
    near: date
    far_contract: int
    near_contract: int

    @property
    def name(self) -> str:
        """Give the contract's name: H100SXMODTO31OCT26_USDC-30SEP26."""
        return contract_name(f"{self.ticker}TO{day_word(self.far)}", self.near)

    @property
    def waterfall(self) -> str:
        """Say what it settles on when the earlier future's fix is suppressed."""
        return "It settles when and as the earlier future does, at the later one's mark less that."

    def lower(self) -> tuple[int, ...]:
        """Give the terms row: one value for each of `table.TERMS`, in order."""
        return row_of(
            type=Type.CALENDAR,
            index=self.index,
            leg_far=self.far_contract,
            leg_near=self.near_contract,
            price_ticks_min=-WINDOW_BELOW_TICKS,
            expiry_ns=strike_ns(self.near),
            premium_clamp_ppm=FUTURE_CLAMP_PPM,
        )
