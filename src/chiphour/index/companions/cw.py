"""CW: the headline's members, weighted by how much capacity their venues have.

Takes   the members that the screen kept; the capacity tiers of the register.
Gives   the weighted median of their rates.
Keeps   the same survivors as the headline: only the weights differ. A tier that nobody can cite
        weighs what the smallest weighs, and does not count as a tier.
Source  docs/methodology/companions.md, "CW"; decision 0021.
"""

from fractions import Fraction

from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import rate_of
from chiphour.index.companion import suppressed
from chiphour.index.companion import ticks_of
from chiphour.index.fixing import Member
from chiphour.index.statistics import weighted_median
from chiphour.observe.register import standing

VARIANT = "CW"
MEASURES = (
    "What a GPU-hour costs where the capacity is: large venues weigh three times what small ones "
    "do. No contract settles on it."
)

WEIGHTS = {1: 3, 2: 2, 3: 1, 0: 1}  # By tier of the register; 0 is unknown.
MEMBERS_MIN = 2
TIERS_MIN = 2


def companion(given: Given) -> Companion:
    """Give the weighted median, or suppress it with too few members or known tiers."""
    kept = [member for member in given.fixing.members if member.kept]
    known = {tier for member in kept for tier in _tiers(member) if tier}
    figures = {"members": len(kept), "known_tiers": len(known)}
    if given.fixing.state != "fixed":
        return suppressed(given, VARIANT, "HEADLINE_SUPPRESSED", "ticks", figures)
    if len(kept) < MEMBERS_MIN:
        return suppressed(given, VARIANT, "FEW_MEMBERS", "ticks", figures)
    if len(known) < TIERS_MIN:
        return suppressed(given, VARIANT, "FEW_TIERS", "ticks", figures)
    value = weighted_median((rate_of(member), Fraction(weight_of(member))) for member in kept)
    figures["weight"] = sum(weight_of(member) for member in kept)
    return fixed(given, VARIANT, ticks_of(value), "ticks", figures)


def weight_of(member: Member) -> int:
    """Give what a member weighs: as much as the greatest of its venues."""
    return max(WEIGHTS[tier] for tier in _tiers(member))


def _tiers(member: Member) -> list[int]:
    return [standing(venue).tier for venue in member.venues]
