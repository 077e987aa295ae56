"""BASIS: how far list prices stand above what was traded.

Takes   the headline fix and the trades of the same strike.
Gives   headline less transacted, in ticks.
Keeps   one date: both sides are of one strike, and where either is missing there is no basis.
Source  docs/methodology/companions.md, "BASIS"; decision 0021.
"""

from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import suppressed
from chiphour.index.transacted import transacted
from chiphour.units import PPM
from chiphour.units import div_half_even

VARIANT = "BASIS"
MEASURES = (
    "How much dearer a GPU-hour is listed than it was traded, on one date. No contract settles on "
    "it."
)


def companion(given: Given) -> Companion:
    """Give headline less transacted, or suppress it where either is."""
    headline_ticks = given.fixing.fix_ticks
    if headline_ticks is None:
        return suppressed(given, VARIANT, "HEADLINE_SUPPRESSED", "ticks")
    tx_ticks = transacted(given.trades, given.fixing.series, given.fixing.strike_ns).price_ticks
    if tx_ticks is None:
        figures = {"headline_ticks": headline_ticks}
        return suppressed(given, VARIANT, "TX_SUPPRESSED", "ticks", figures)
    basis_ticks = headline_ticks - tx_ticks
    figures = {"headline_ticks": headline_ticks, "tx_ticks": tx_ticks}
    if headline_ticks > 0:
        figures["basis_ppm"] = div_half_even(basis_ticks * PPM, headline_ticks)
    return fixed(given, VARIANT, basis_ticks, "ticks", figures)
