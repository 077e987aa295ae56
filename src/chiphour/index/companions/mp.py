"""MP: how prices moved since yesterday at members that were there on both days.

Takes   the panels of two strikes, a day apart.
Gives   the change of the median of the members of both, in parts per million of yesterday's.
Keeps   who came and who went without effect. It is a change and never a level: chained over 800
        days it drifted 12 to 16 % from the level that the same members showed.
Source  docs/methodology/companions.md, "MP"; decision 0021.
"""

from fractions import Fraction

from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import rate_of
from chiphour.index.companion import suppressed
from chiphour.index.companion import ticks_of
from chiphour.index.statistics import median
from chiphour.units import NS_PER_DAY
from chiphour.units import PPM
from chiphour.units import round_half_even

VARIANT = "MP"
MEASURES = (
    "How far prices moved in a day at the venues that were there on both days: a change, never to "
    "be chained into a level. No contract settles on it."
)

MATCHED_MIN = 3


def companion(given: Given) -> Companion:
    """Give the day change of matched members, or suppress it where they are too few."""
    before = given.previous
    if before is None or given.fixing.strike_ns - before.strike_ns != NS_PER_DAY:
        return suppressed(given, VARIANT, "NO_PREVIOUS", "ppm")
    rates = {member.name: rate_of(member) for member in given.fixing.members}
    rates_before = {member.name: rate_of(member) for member in before.members}
    both = sorted(rates.keys() & rates_before.keys())
    if len(both) < MATCHED_MIN:
        return suppressed(given, VARIANT, "FEW_MATCHED", "ppm", {"matched_members": len(both)})
    now = median(rates[name] for name in both)
    then = median(rates_before[name] for name in both)
    figures = {
        "matched_members": len(both),
        "moved_members": sum(rates[name] != rates_before[name] for name in both),
        "before_ticks": ticks_of(then),
        "now_ticks": ticks_of(now),
        "change_ticks": ticks_of(now - then),
    }
    return fixed(given, VARIANT, round_half_even(Fraction(now - then, then) * PPM), "ppm", figures)
