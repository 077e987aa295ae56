"""QA: the fix that the same machines would give were each of one quality.

Takes   the rows that the headline looks at; multipliers that `analyse` published the day before.
Gives   the fix of the same rules over the adjusted rows, with the raw fix beside it.
Keeps   the arithmetic of the index: whole multipliers, applied once to each row; the estimate was
        made elsewhere, in floating point, and cannot see this day.
Source  docs/methodology/companions.md, "QA"; decision 0021.
"""

from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import suppressed
from chiphour.index.parameters import SETS
from chiphour.index.quality import adjusted
from chiphour.index.series import BY_KEY
from chiphour.index.v2026_1 import fix_one
from chiphour.units import PPM
from chiphour.units import div_half_even

VARIANT = "QA"
MEASURES = (
    "What a GPU-hour costs on a machine of the reference bundle. It is a research series until its "
    "error on machines seen twice beats that of the raw fix; no contract settles on it."
)


def companion(given: Given) -> Companion:
    """Give the quality-adjusted fix, or suppress it without multipliers known before the strike."""
    found, headline = given.multipliers, given.fixing
    series = BY_KEY[given.series.chip, given.series.form, given.series.tenor]
    if (
        found is None
        or found.known_ns >= headline.strike_ns
        or not any(key[0] == series.ticker for key, _ in found.factors)
    ):
        return suppressed(given, VARIANT, "NO_MULTIPLIERS", "ticks")
    past = (*given.history, *((given.previous,) if given.previous else ()))
    before = max((p for p in past if p.state == "fixed"), key=lambda p: p.strike_ns, default=None)
    changed = adjusted(given.window, found)
    moved = sum(new != old for new, old in zip(changed, given.window, strict=True))
    figures = {"rows": len(changed), "adjusted_rows": moved}
    if changed:
        figures["adjusted_share_ppm"] = div_half_even(moved * PPM, len(changed))
    if headline.fix_ticks is not None:
        figures["raw_ticks"] = headline.fix_ticks
    fixing = fix_one(
        given.series,
        adjusted(given.rows, found),
        headline.strike_ns,
        before,
        headline.source,
        SETS[headline.parameter_set],
    )
    if fixing.fix_ticks is None:
        return suppressed(given, VARIANT, "HEADLINE_SUPPRESSED", "ticks", figures)
    return fixed(given, VARIANT, fixing.fix_ticks, "ticks", figures)
