"""FIXINGS: compute, keep and audit the fixings of an archive, strike by strike.

Takes   an archive of observations, a range of days, a source.
Gives   the fixings of the range; what an audit of the kept ones finds.
Keeps   results independent of the range asked for: every run starts at the first strike that has
        data, so each fix is split against the one before it. What is kept and still follows from
        its inputs is not computed again.
Source  docs/methodology/v2026_1.md; decision 0004.

    MarketError
    └── NothingRecorded    no observation speaks for the days or the source asked for
"""

from bisect import bisect_left
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from itertools import groupby
from typing import NamedTuple

from chiphour.adapters.archive import Archive
from chiphour.adapters.manifest import RecordingRefused
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.adapters.recordings import shipped_paths
from chiphour.index import v2026_1
from chiphour.index.audit import audit_strike
from chiphour.index.fixing import Fixing
from chiphour.index.series import BY_TICKER
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import day_from_ns
from chiphour.units import strike_ns

END_NS = 1 << 62  # After every time that an observation can carry.
REACH_NS = v2026_1.PARAMETERS.memory_ns  # How far before a strike its fixings look.

Progress = Callable[[int, int], None]  # Strikes done, strikes in all.


class NothingRecorded(MarketError):
    """No observation speaks for the days or the source asked for."""


class Span(NamedTuple):
    """The first and the last day whose strike recorded observations can speak for."""

    first: date
    last: date


class Audit(NamedTuple):
    """What an audit found. `first_difference` is None when everything matched.

    `of_series` counts (checked, matched) by (source, series), "" being all sources together.
    """

    of_series: Mapping[tuple[str, str], tuple[int, int]]
    first_difference: str | None

    @property
    def checked(self) -> int:
        """Count the fixings that were recomputed."""
        return sum(checked for checked, _ in self.of_series.values())

    @property
    def matched(self) -> int:
        """Count those that came out as they were kept."""
        return sum(matched for _, matched in self.of_series.values())


def ingest_shipped(archive: Archive, progress: Progress | None = None) -> None:
    """Read the shipped recordings that can move a fix, into an archive that lacks some of them.

    So a reading that was broken off, or that a refused file left with a gap, is finished before
    anything is made from it; an archive of other recordings alone is left as it is. What serves
    comparison alone is most of what is shipped, and left to `chiphour observe`. Raises
    RecordingRefused, after all the others were read, where one of them is not as shipped.
    """
    known = {place.path for place in archive.recordings()}
    shipped = set(shipped_paths())
    if shipped <= known or (known and not shipped & known):
        return
    refused = ingest(archive, embedded_folder(), progress, compared=False).refused
    if refused:
        raise RecordingRefused(refused[0])


def span(observations: Sequence[Observation]) -> Span:
    """Give the days that observations in order of time can speak for; at least one is given."""
    first, last = (
        day_from_ns(observations[at].observed_ns - STRIKE_OFFSET_NS) + timedelta(days=1)
        for at in (0, -1)
    )
    return Span(first, last)


def recorded(archive: Archive, source: str = "") -> Sequence[Observation]:
    """Give what a fix may consider, of a source or all, by time; raises NothingRecorded for none.

    What serves comparison alone is left out: it would lengthen the span and fix nothing.
    """
    observations = archive.observations(0, END_NS, source or None, for_fixing=True)
    if not observations:
        known = sorted({row.source for row in archive.observations(0, END_NS, for_fixing=True)})
        raise NothingRecorded(
            f"expected a source of {', '.join(known) or 'a filled archive'}, found {source!r}"
        )
    return observations


def fix_range(
    archive: Archive,
    first: date,
    last: date,
    source: str = "",
    progress: Progress | None = None,
) -> list[Fixing]:
    """Fix every series at every strike from `first` to `last`, both included; keep what is new.

    Kept fixings whose inputs or predecessor changed are replaced by newer ones, to the end of
    what is kept. Raises NothingRecorded where a day lies outside what was recorded.
    """
    observations = recorded(archive, source)
    days = span(observations)
    if first > last:
        raise NothingRecorded(f"expected the earlier day first, found {first} and {last}")
    for day in (first, last):
        if not days.first <= day <= days.last:
            place = f"the recordings of {source}" if source else "the recordings"
            raise NothingRecorded(
                f"expected a day from {days.first} to {days.last}, which {place} speak for, "
                f"found {day}"
            )
    kept = _by_strike(archive.fixings(source=source))
    until_ns = max(strike_ns(last), *kept) if kept else strike_ns(last)
    found: list[Fixing] = []
    fresh: list[Fixing] = []
    previous: dict[str, Fixing] = {}
    strikes = range(strike_ns(days.first), until_ns + 1, NS_PER_DAY)
    times = [row.observed_ns for row in observations]
    for done, strike in enumerate(strikes, 1):
        rows = _before(observations, times, strike)
        fixings = kept.get(strike)
        if fixings is None or fresh or not v2026_1.inputs_unchanged(fixings, rows):
            fixings = _fixed_again(rows, strike, previous, source, fixings)
            known = set(kept.get(strike, ()))
            fresh += [fixing for fixing in fixings if fixing not in known]
        previous |= {fixing.series: fixing for fixing in fixings if fixing.state == "fixed"}
        if strike_ns(first) <= strike <= strike_ns(last):
            found += fixings
        if progress is not None:
            progress(done, len(strikes))
    if fresh:
        archive.keep_fixings(fresh)
    return found


def audit_all(archive: Archive, progress: Progress | None = None) -> Audit:
    """Audit every kept fixing of every source against the observations of the archive."""
    observations = archive.observations(0, END_NS, for_fixing=True)
    times = [row.observed_ns for row in observations]
    sources = ["", *sorted({row.source for row in observations})]
    work = [
        (source, strike, fixings)
        for source in sources
        for strike, fixings in _by_strike(archive.fixings(source=source)).items()
    ]
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    previous: dict[tuple[str, str], Fixing] = {}
    difference = None
    for done, (source, strike, fixings) in enumerate(work, 1):
        rows = _before(observations, times, strike)
        last = {series: fixing for (of, series), fixing in previous.items() if of == source}
        answers = audit_strike(fixings, rows, last)
        for fixing, answer in zip(fixings, answers, strict=True):
            key = (source, fixing.series)
            checked, matched = counts.get(key, (0, 0))
            counts[key] = checked + 1, matched + (answer is None)
            if answer is not None and difference is None:
                difference = f"{answer} (source {source})" if source else answer
            if fixing.state == "fixed":
                previous[key] = fixing
        if progress is not None:
            progress(done, len(work))
    return Audit(counts, difference)


def audit_one(archive: Archive, series: str, day: date, source: str = "") -> Audit:
    """Audit the kept fixing of a series and day; raises NothingRecorded where none is kept."""
    strike = strike_ns(day)
    history = archive.fixings(series, None, strike + 1, source)
    if not history or history[-1].strike_ns != strike:
        raise NothingRecorded(f"expected a kept fixing of {series} on {day}, found none")
    fixed = [fixing for fixing in history[:-1] if fixing.state == "fixed"]
    observations = archive.observations(strike - REACH_NS, strike, source or None, for_fixing=True)
    previous = {series: fixed[-1]} if fixed else {}
    difference = audit_strike([history[-1]], observations, previous)[0]
    return Audit({(source, series): (1, int(difference is None))}, difference)


def is_kept(archive: Archive, series: str | None, day: date | None, source: str = "") -> bool:
    """Tell whether a fixing of a series (or any) is kept for a day (or any)."""
    if day is None:
        return bool(archive.fixings(series, source=source))
    return bool(archive.fixings(series, strike_ns(day), strike_ns(day) + 1, source))


def _fixed_again(
    observations: Sequence[Observation],
    strike: int,
    previous: Mapping[str, Fixing],
    source: str,
    kept: Sequence[Fixing] | None,
) -> list[Fixing]:
    """Fix a strike; where a final fixing is kept, the newer one is final too, to stand after it."""
    fixings = v2026_1.fix_all(observations, strike, previous, source)
    final = {fixing.series for fixing in kept or () if fixing.vintage == "final"}
    return [v2026_1.as_final(f) if f.series in final else f for f in fixings]


def _before(
    observations: Sequence[Observation], times: Sequence[int], strike: int
) -> Sequence[Observation]:
    """Give the observations that fixings of a strike may look at."""
    return observations[bisect_left(times, strike - REACH_NS) : bisect_left(times, strike)]


def _by_strike(fixings: Sequence[Fixing]) -> dict[int, list[Fixing]]:
    """Group fixings by strike, each group in the order of the table of series."""
    ordered = sorted(fixings, key=lambda f: (f.strike_ns, BY_TICKER[f.series].number))
    return {strike: list(group) for strike, group in groupby(ordered, lambda f: f.strike_ns)}
