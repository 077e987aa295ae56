"""INDEX_RECORDED: the same attacks on every panel that the shipped recordings give.

Takes   the shipped recordings, in a temporary archive; the daily fixings made from them.
Gives   for each panel of H100 and H200 with a fix: shifts by capture and silence, the width of its
        interval; which panels do not reach the goals of the synthetic market.
Keeps   what fails in sight: real panels have three to ten members, and are not made to fit.
Source  docs/methodology/statistics.md; Methodology v2026_1.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import V2026_1
from chiphour.simulate.panel_market import Floats
from index_attacks import WAYS
from index_attacks import captured
from index_attacks import silenced

CHIPS = ("CHR.H100.", "CHR.H200.")


class Panel(NamedTuple):
    """One recorded panel: its rates in nano-dollars, how wide its interval is, in percent."""

    series: str
    rates: Floats
    width: float
    books: int


def recorded_panels(folder: Path) -> list[Panel]:
    """Read the recordings into an archive at `folder` and give the panels with a fix."""
    archive = Archive(folder)
    ingest_shipped(archive)
    days = span(recorded(archive))
    fixings = fix_range(archive, days.first, days.last)
    archive.close()
    return [
        panel_of(fixing)
        for fixing in fixings
        if fixing.series.startswith(CHIPS)
        and fixing.state == "fixed"
        and fixing.parameter_set == V2026_1.parameter_set
    ]


def panel_of(fixing: Fixing) -> Panel:
    """Take from a fixing what the attacks need."""
    low, high, fix = fixing.interval_low_ticks, fixing.interval_high_ticks, fixing.fix_ticks
    assert low is not None and high is not None and fix is not None
    rates = [member.rate_numerator / member.rate_denominator for member in fixing.members]
    capped = {note.what for note in fixing.notes if note.rule in ("CAPPED", "NO_HOST", "VANISHED")}
    return Panel(fixing.series, np.array(rates), 100 * (high - low) / fix, len(capped))


def shifts(panel: Panel) -> dict[tuple[str, int], float]:
    """Give the largest shift of a panel by attack and number of members; k is under half of them.

    With half of a panel or more a capture has no bound: it is left out, and counts as failing.
    """
    found = {}
    members = len(panel.rates)
    for count in (1, 2, 3):
        if 2 * count < members:
            found["capture", count] = max(
                captured(panel.rates, count, way, V2026_1) for way in WAYS.values()
            )
    if members > V2026_1.members_min:
        found["silence", 1] = silenced(panel.rates, 1, V2026_1)
    return found
