"""DISPERSION: how far apart the members are, and on whom the fix rests.

Takes   the panel, the rows in the window, the records of thirty days.
Gives   the spread of the middle half of the panel; beside it every figure of the distribution.
Keeps   the figures a description of the same panel that the headline was made from.
Source  docs/methodology/companions.md, "DISPERSION"; decision 0021.
"""

from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import suppressed
from chiphour.index.distribution import distribution_of

VARIANT = "DISPERSION"
MEASURES = (
    "How far apart the middle half of the members' rates lie, with the concentration of hosts and "
    "members beside it. No contract settles on it."
)

MEMBERS_MIN = 2


def companion(given: Given) -> Companion:
    """Give the distance of the quartiles in ticks, or suppress it for a panel of fewer than two."""
    figures = distribution_of(given.fixing, given.window, given.history)
    if len(given.fixing.members) < MEMBERS_MIN:
        return suppressed(given, VARIANT, "FEW_MEMBERS", "ticks", figures)
    value_ticks = figures["percentile_75_ticks"] - figures["percentile_25_ticks"]
    return fixed(given, VARIANT, value_ticks, "ticks", figures)
