"""TX: what buyers really paid in the auction for chips that were delivered.

Takes   trades of the auction, as records.
Gives   the quantity-weighted median of their prices.
Keeps   the headline free of it: prices that are listed and prices that are traded are two series.
        Every trade that does not count is published with its rule.
Source  docs/methodology/companions.md, "TX"; decision 0021.
"""

from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import suppressed
from chiphour.index.transacted import transacted

VARIANT = "TX"
MEASURES = (
    "What buyers paid in the auction for on-demand chips delivered in the day before. No contract "
    "settles on it."
)


def companion(given: Given) -> Companion:
    """Give the transacted price, or the reason why there is none."""
    found = transacted(given.trades, given.fixing.series, given.fixing.strike_ns)
    figures = {
        "trades": found.trades,
        "buyers": found.buyers,
        "sellers": found.sellers,
        "chip_hours_hundredths": found.hundredths,
        "top_buyer_ppm": found.top_buyer_ppm,
        "top_seller_ppm": found.top_seller_ppm,
    }
    if found.price_ticks is None:
        return suppressed(given, VARIANT, found.reason, "ticks", figures, found.rejections)
    return fixed(given, VARIANT, found.price_ticks, "ticks", figures, found.rejections)
