"""BASIS: a contract on one index less another; its price may be negative.

Takes   two series or licensed indices, their numbers; the day of the fixes that it settles on, or
        none for a perpetual.
Gives   its name, and the terms row that the kernel knows.
Keeps   an index of a third party out unless its licence allows a contract on it.
Source  Rulebook 4.1, 4.2, 6.4, 8.3; decisions 0006 and 0025. Each pair has a name of its own:
        H200SXMODH100SXMOD_USDC-31AUG26: clients take two contracts of one word for one.
"""

from dataclasses import dataclass
from datetime import date

from chiphour.contracts.names import contract_name
from chiphour.contracts.table import FUTURE_CLAMP_PPM
from chiphour.contracts.table import PERPETUAL_CLAMP_PPM
from chiphour.contracts.table import WINDOW_BELOW_TICKS
from chiphour.contracts.table import Type
from chiphour.contracts.table import row_of
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from chiphour.units import strike_ns

DAY_S = NS_PER_DAY // NS_PER_SECOND
MARK_EVERY_S = 60  # Each live mark gives a funding sample.


@dataclass(frozen=True)
class Leg:
    """An index that a contract may stand on. `licensed` tells whether a contract on it is allowed.

    Our own series always are; a third party's is by the word of its publisher.
    """

    ticker: str
    index: int
    licensed: bool = True


@dataclass(frozen=True)
class Basis:
    """A contract on `first` less `second`; a future when it has an expiry, else a perpetual."""

    first: Leg
    second: Leg
    expiry: date | None

    def __post_init__(self) -> None:
        """Refuse what may not be listed; raises ValueError."""
        if self.first.index == self.second.index:
            raise ValueError(f"expected two indices, found {self.first.ticker} twice")
        for leg in (self.first, self.second):
            if not leg.licensed:
                raise ValueError(f"expected a licence for a contract on {leg.ticker}, found none")

    @property
    def name(self) -> str:
        """Give the contract's name: H200SXMODH100SXMOD_USDC-31AUG26."""
        second = self.second.ticker.removeprefix("CHR.")
        return contract_name(f"{self.first.ticker}.{second}", self.expiry)

    @property
    def waterfall(self) -> str:
        """Say what it settles on when one of the fixes is suppressed."""
        return (
            "The two fixes of its day; without both, those of the next strike within 72 h at which"
            " both are fit; then the median of the first's last three fit fixes less that of the"
            " second's; then a price set by the operator with a published reason (rulebook 8.3 to"
            " 8.7)."
        )

    def lower(self) -> tuple[int, ...]:
        """Give the terms row: one value for each of `table.TERMS`, in order."""
        legs = {"index": self.first.index, "index_b": self.second.index, "index_ticks": 0}
        if self.expiry is None:
            return row_of(
                **legs,
                type=Type.PERPETUAL,
                price_ticks_min=-WINDOW_BELOW_TICKS,
                funding_period_s=DAY_S,
                funding_samples_expected=DAY_S // MARK_EVERY_S,
                premium_clamp_ppm=PERPETUAL_CLAMP_PPM,
            )
        return row_of(
            **legs,
            type=Type.FUTURE,
            price_ticks_min=-WINDOW_BELOW_TICKS,
            expiry_ns=strike_ns(self.expiry),
            premium_clamp_ppm=FUTURE_CLAMP_PPM,
        )
