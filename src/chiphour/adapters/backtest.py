"""BACKTEST: what other parameters would have fixed, beside what those in force do.

Takes   an archive, a changed parameter set, a range of days; a JSON file of changed numbers.
Gives   for each series and strike both fixings; sums over the days.
Keeps   nothing: neither the archive nor the log changes. Each side is split and judged against its
        own earlier fixings, from the first strike that has data.
Source  Methodology v2026_1, "Parameters"; decision 0017.
"""

import json
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import Progress
from chiphour.adapters.fixings import before
from chiphour.adapters.fixings import days_asked
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.index import v2026_1
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.parameters import ParametersRefused
from chiphour.index.parameters import changed
from chiphour.units import NS_PER_DAY
from chiphour.units import PPM
from chiphour.units import round_half_even
from chiphour.units import strike_ns

FILE_BYTES_MAX = 1 << 20


class Pair(NamedTuple):
    """One series and strike, fixed by the set in force and by the changed one."""

    ours: Fixing
    theirs: Fixing

    @property
    def difference_ticks(self) -> int | None:
        """Give theirs less ours, or None where either is suppressed."""
        if self.ours.fix_ticks is None or self.theirs.fix_ticks is None:
            return None
        return self.theirs.fix_ticks - self.ours.fix_ticks

    @property
    def difference_ppm(self) -> int | None:
        """Give the difference as a share of ours, or None where either is suppressed."""
        if self.difference_ticks is None or not self.ours.fix_ticks:
            return None
        return round_half_even(Fraction(self.difference_ticks * PPM, self.ours.fix_ticks))

    @property
    def differs(self) -> bool:
        """Tell whether the two publish another fix, or one of them none."""
        return self.ours.fix_ticks != self.theirs.fix_ticks


class Tally(NamedTuple):
    """One series over the days. Differences are absolute, over strikes that both fix."""

    series: str
    fixed_ours: int
    fixed_theirs: int
    differing: int
    mean_ticks: Fraction | None
    mean_ppm: Fraction | None
    largest_ticks: int | None
    largest_ppm: int | None


def parameters_in(path: Path) -> Parameters:
    """Read a JSON object of changed numbers; raises ParametersRefused in one line."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as fault:
        raise ParametersRefused(
            f"{path}: expected a file of parameters, found {fault.strerror}"
        ) from None
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as fault:
        said = " ".join(str(fault).split())
        raise ParametersRefused(f"{path}: expected JSON, found {said}") from None
    if not isinstance(found, dict):
        raise ParametersRefused(f"{path}: expected a JSON object, found {type(found).__name__}")
    try:
        return changed(found)
    except ParametersRefused as fault:
        raise ParametersRefused(f"{path}: {fault}") from None


def backtest(
    archive: Archive,
    parameters: Parameters,
    first: date | None = None,
    last: date | None = None,
    source: str = "",
    progress: Progress | None = None,
) -> list[Pair]:
    """Fix every recorded day by both sets; give the pairs of the days asked for, or of all.

    Raises NothingRecorded where a day lies outside what was recorded.
    """
    observations = recorded(archive, source)
    days = span(observations)
    asked = days_asked(first or days.first, last or first or days.last, days, source)
    times = [row.observed_ns for row in observations]
    sets = {V2026_1.parameter_set: V2026_1, parameters.parameter_set: parameters}
    previous: dict[str, dict[str, Fixing]] = {name: {} for name in sets}
    found: list[Pair] = []
    strikes = range(strike_ns(days.first), strike_ns(asked.last) + 1, NS_PER_DAY)
    for done, strike in enumerate(strikes, 1):
        rows = before(observations, times, strike)
        fixed = v2026_1.fix_sets(rows, strike, previous, source, sets)
        for name, fixings in fixed.items():
            previous[name] |= {f.series: f for f in fixings if f.state == "fixed"}
        if strike >= strike_ns(asked.first):
            found += map(Pair, *fixed.values())
        if progress is not None:
            progress(done, len(strikes))
    return found


def tally(series: str, pairs: Sequence[Pair]) -> Tally:
    """Sum up the pairs of a series."""
    ours = [pair for pair in pairs if pair.ours.series == series]
    ticks = [abs(d) for d in (pair.difference_ticks for pair in ours) if d is not None]
    shares = [abs(d) for d in (pair.difference_ppm for pair in ours) if d is not None]
    return Tally(
        series=series,
        fixed_ours=sum(pair.ours.fix_ticks is not None for pair in ours),
        fixed_theirs=sum(pair.theirs.fix_ticks is not None for pair in ours),
        differing=sum(pair.differs for pair in ours),
        mean_ticks=Fraction(sum(ticks), len(ticks)) if ticks else None,
        mean_ppm=Fraction(sum(shares), len(shares)) if shares else None,
        largest_ticks=max(ticks, default=None),
        largest_ppm=max(shares, default=None),
    )
