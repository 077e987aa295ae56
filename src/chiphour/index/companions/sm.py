"""SM: a smooth mean of the middle of the panel, for those who watch rather than settle.

Takes   the members of the panel.
Gives   the mean of the survivors of a scaled screen, after a fifth is dropped at each end.
Keeps   exact fractions and one rounding; a value between the least and the greatest survivor,
        whatever their order.
Source  docs/methodology/companions.md, "SM"; decision 0021.
"""

from collections.abc import Sequence
from fractions import Fraction

from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import rate_of
from chiphour.index.companion import suppressed
from chiphour.index.companion import ticks_of
from chiphour.index.parameters import ROBUST
from chiphour.index.statistics import median
from chiphour.index.statistics import median_absolute_deviation
from chiphour.units import PPM
from chiphour.units import div_floor

VARIANT = "SM"
MEASURES = (
    "The trimmed mean of the panel: it moves a little whenever any member of the middle does. No "
    "contract settles on it."
)

MEMBERS_MIN = 5
TRIMMED_OF = 5  # One in five is dropped at each end.


def companion(given: Given) -> Companion:
    """Give the trimmed mean of the survivors, or suppress it under five of them."""
    survivors = scaled_survivors([rate_of(member) for member in given.fixing.members])
    figures = {"members": len(survivors)}
    if given.fixing.state != "fixed":
        return suppressed(given, VARIANT, "HEADLINE_SUPPRESSED", "ticks", figures)
    if len(survivors) < MEMBERS_MIN:
        return suppressed(given, VARIANT, "FEW_MEMBERS", "ticks", figures)
    dropped = div_floor(len(survivors), TRIMMED_OF)
    figures["dropped_each_end"] = dropped
    return fixed(given, VARIANT, ticks_of(trimmed_mean(survivors)), "ticks", figures)


def scaled_survivors(rates: Sequence[Fraction]) -> list[Fraction]:
    """Give the rates within three scaled deviations of their median, once, sorted.

    The screen of the parameter set "robust": all stay where they are too few to be screened.
    """
    if len(rates) < ROBUST.screen_members_min:
        return sorted(rates)
    centre = median(rates)
    scaled = median_absolute_deviation(rates, centre) * Fraction(ROBUST.screen_scale_ppm, PPM)
    reach = ROBUST.screen_multiple * max(scaled, centre * Fraction(ROBUST.screen_floor_ppm, PPM))
    return sorted(rate for rate in rates if abs(rate - centre) <= reach)


def trimmed_mean(rates: Sequence[Fraction]) -> Fraction:
    """Give the exact mean of what is left when a fifth, rounded down, is dropped at each end."""
    dropped = div_floor(len(rates), TRIMMED_OF)
    middle = sorted(rates)[dropped : len(rates) - dropped]
    return Fraction(sum(middle, Fraction(0)), len(middle))
