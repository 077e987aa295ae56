"""PLAIN: the median of the panel with nobody screened out.

Takes   the record of the same strike under the parameter set "plain".
Gives   its fix, and how far the screen took the headline from it.
Keeps   the effect of the screen visible on every day.
Source  docs/methodology/companions.md, "PLAIN"; decision 0021.
"""

from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import suppressed

VARIANT = "PLAIN"
MEASURES = "The median of all members, without the screen. No contract settles on it."

PARAMETER_SET = "plain"


def companion(given: Given) -> Companion:
    """Give the plain median, or suppress it where that set has no fix either."""
    plain = given.sets.get(PARAMETER_SET)
    if plain is None:
        return suppressed(given, VARIANT, "NO_SET", "ticks")
    if plain.fix_ticks is None:
        return suppressed(given, VARIANT, "HEADLINE_SUPPRESSED", "ticks", {"members": plain.panel})
    figures = {"members": plain.panel}
    if given.fixing.fix_ticks is not None:
        figures["screen_ticks"] = given.fixing.fix_ticks - plain.fix_ticks
    return fixed(given, VARIANT, plain.fix_ticks, "ticks", figures)
