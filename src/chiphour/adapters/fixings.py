"""FIXINGS: compute and keep the fixings of an archive, strike by strike, by every parameter set.

Takes   an archive of observations, a range of days, a source; the transparency log.
Gives   the fixings of the range.
Keeps   results independent of the range asked for: every run starts at the first strike that has
        data, so each fix is split against the one before it. What is published stands; what is
        kept and still follows from its inputs is not computed again. Things are kept and logged
        in the order of their time.
Source  docs/methodology/v2026_1.md; decisions 0004 and 0017.

    MarketError
    └── NothingRecorded    no observation speaks for the days or the source asked for
"""

import logging
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from typing import Any
from typing import NamedTuple

from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import fixing_row
from chiphour.adapters.closings import Fixable
from chiphour.adapters.closings import late_words
from chiphour.adapters.log import Log
from chiphour.adapters.logged import Logged
from chiphour.adapters.manifest import RecordingRefused
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.adapters.recordings import shipped_paths
from chiphour.index import v2026_1
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import BY_TICKER
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import day_from_ns
from chiphour.units import strike_ns

END_NS = 1 << 62  # After every time that an observation can carry.
REACH_NS = V2026_1.memory_ns  # How far before a strike its fixings look.
KEPT_TOGETHER = 5_000  # Fixings of the past that are made before they are kept.
COMPLETE = {(name, series.ticker) for name in SETS for series in ALL_SERIES}  # At each strike.
LOGGER = logging.getLogger(__name__)

Progress = Callable[[int, int], None]  # Strikes done, strikes in all.


class NothingRecorded(MarketError):
    """No observation speaks for the days or the source asked for."""


class Span(NamedTuple):
    """The first and the last day whose strike recorded observations can speak for."""

    first: date
    last: date


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
    return fixable(archive, source).rows


def fixable(archive: Archive, source: str = "") -> Fixable:
    """Give what `recorded` gives, and what came in after its batch was closed; raises as it does.

    Such rows enter no fix: a closed batch takes none, and what was made from it stands.
    """
    read = archive.fixable(0, END_NS, source)
    if not read.rows:
        known = sorted({row.source for row in archive.observations(0, END_NS, for_fixing=True)})
        raise NothingRecorded(
            f"expected a source of {', '.join(known) or 'a filled archive'}, found {source!r}"
        )
    return read


def fix_range(
    archive: Archive,
    first: date,
    last: date,
    source: str = "",
    progress: Progress | None = None,
    log: Log | None = None,
    parameter_set: str = V2026_1.parameter_set,
    now_ns: int = END_NS,
) -> list[Fixing]:
    """Fix every series at every strike from `first` to `last` by every parameter set; keep all.

    Gives those of one set, as they are known last. Work begins at the first strike that has data
    and goes on to the end of what is kept. A fixing becomes final when the next strike has come. A
    strike that closes after `now_ns` is fixed as far as its rows go, and not kept.

    With `log`, the data folder's, the batch of a strike is closed for good, each vintage is logged
    after it was kept, and the batch of a strike that is not final yet before its fix is made. What
    is published stands: only a named event changes it. What is not, and fixings of one source,
    which are never logged, are replaced where their inputs or their predecessor changed. Raises
    NothingRecorded where a day lies outside what was recorded, BatchClosed where archive and log
    speak of other rows. Rows that came in too late for their batch are told as a warning.
    """
    read = fixable(archive, source)
    observations = read.rows
    if read.late:
        LOGGER.warning("%s", late_words(read.late))
    days = span(observations)
    days_asked(first, last, days, source)
    logged = Logged(archive, log, read) if log is not None and not source else None
    work = Work(archive, observations, source, logged, now_ns)
    until_ns = max(strike_ns(last), work.last_kept_ns)
    last_final_ns = max(until_ns, strike_ns(days.last)) - NS_PER_DAY
    strikes = range(strike_ns(days.first), until_ns + 1, NS_PER_DAY)
    early: list[Fixing] = []
    for done, strike in enumerate(strikes, 1):
        if strike + V2026_1.close_ns > now_ns:
            early += work.fixed(strike)[parameter_set]
        else:
            work.fix(strike, comes_final=strike <= last_final_ns)
        if progress is not None:
            progress(done, len(strikes))
    work.finish()
    ends = strike_ns(first), strike_ns(last) + 1
    kept = archive.fixings(None, *ends, source, parameter_set)
    wanted = [fixing for fixing in (*kept, *early) if ends[0] <= fixing.strike_ns < ends[1]]
    return sorted(wanted, key=lambda fixing: (fixing.strike_ns, BY_TICKER[fixing.series].number))


class Work:
    """The strikes of one source, fixed one after the other by every set."""

    def __init__(
        self,
        archive: Archive,
        observations: Sequence[Observation],
        source: str,
        logged: Logged | None,
        now_ns: int,
    ) -> None:
        """Look at what is kept."""
        self._archive = archive
        self._observations = observations
        self._times = [row.observed_ns for row in observations]
        self._source = source
        self._logged = logged
        self._now_ns = now_ns
        self._vintages = _kept_vintages(archive, source)
        closed = archive.closed_batches() if logged is None and not source else []
        self._closed = {each.strike_ns for each in closed}
        self._changed = False
        self._previous: dict[str, dict[str, Fixing]] | None = None
        self._made: list[tuple[Any, ...]] = []  # As rows of the archive.

    @property
    def last_kept_ns(self) -> int:
        """Give the last strike of which a fixing is kept, or 0."""
        return max(self._vintages, default=0)

    def fix(self, strike: int, comes_final: bool) -> None:
        """Fix a strike unless what is kept of it holds; make it final too, once it may be.

        Strikes of the past are kept and logged many at a time. Of one that is not final yet the
        batch is in the log before anything is made from it.
        """
        is_past = strike + V2026_1.final_ns <= self._now_ns
        if self._is_published(strike):
            self._previous = None
            if comes_final and is_past:
                self._add(self._final(strike))
            return
        if self._stands(strike):
            self._previous = None
            return
        if not is_past:
            self.keep()
        if self._logged is not None:
            self._logged.batch(strike)
            if not is_past:
                self._logged.flush()
        found = self.fixed(strike)
        kept = self._vintages.get(strike, {})
        fixings = [fixing for of_set in found.values() for fixing in of_set]
        final = [
            v2026_1.as_final(fixing)
            for fixing in fixings
            if (comes_final and is_past)
            or kept.get((fixing.parameter_set, fixing.series)) == "final"
        ]
        self._add([*fixings, *final])
        if (kept and self._logged is None) or len(self._made) >= KEPT_TOGETHER:
            self.keep()

    def keep(self) -> None:
        """Close the batches, keep what was made from them, then let it be logged."""
        if self._logged is not None:
            self._logged.close()
        if self._made:
            self._changed = self._archive.keep_fixing_rows(self._made) > 0 or self._changed
            self._made = []
        if self._logged is not None:
            self._logged.flush()

    def fixed(self, strike: int) -> dict[str, list[Fixing]]:
        """Fix a strike by every set, each against its own last fixings; keep nothing."""
        if self._previous is None:
            self.keep()
            known_ns = strike + V2026_1.close_ns
            self._previous = {
                name: self._archive.last_fixed(strike, known_ns, self._source, name)
                for name in SETS
            }
        rows = before(self._observations, self._times, strike)
        found = v2026_1.fix_sets(rows, strike, self._previous, self._source)
        for name, fixings in found.items():
            self._previous[name] |= {f.series: f for f in fixings if f.state == "fixed"}
        return found

    def finish(self) -> None:
        """Keep and log what is left, and events that waited for the strikes they speak of."""
        self.keep()
        if self._logged is not None and self._logged.postponed:
            self._logged.catch_up()

    def _add(self, fixings: Sequence[Fixing]) -> None:
        """Take fixings to be kept and logged."""
        for fixing in fixings:
            row = fixing_row(fixing)
            self._made.append(row)
            if self._logged is not None:
                self._logged.fixing(fixing, row[0])

    def _is_published(self, strike: int) -> bool:
        """Tell whether what is kept of a strike stands for good, whatever came in since.

        Without the log at hand, what is kept of a closed batch may be in it.
        """
        if self._logged is not None:
            return self._logged.publishes(strike)
        return strike in self._closed and strike in self._vintages

    def _final(self, strike: int) -> list[Fixing]:
        """Give the final word on a published strike, where the last one was provisional."""
        kept = self._vintages.get(strike, {})
        if "provisional" not in kept.values():
            return []
        return [
            v2026_1.as_final(fixing)
            for name in SETS
            for fixing in _in_order(
                self._archive.fixings(None, strike, strike + 1, self._source, name)
            )
            if fixing.vintage == "provisional"
        ]

    def _stands(self, strike: int) -> bool:
        """Tell whether an unpublished strike is final by every set and no input of it changed.

        With a log it is made again in any case, so that what is logged is what these rows give.
        """
        kept = self._vintages.get(strike, {})
        if self._logged is not None or self._changed or self._made or kept.keys() != COMPLETE:
            return False
        if "provisional" in kept.values():
            return False
        fixings = self._archive.fixings(None, strike, strike + 1, self._source)
        rows = before(self._observations, self._times, strike)
        return v2026_1.inputs_unchanged(_in_order(fixings), rows)


def is_kept(archive: Archive, series: str | None, day: date | None, source: str = "") -> bool:
    """Tell whether a fixing of a series (or any) is kept for a day (or any)."""
    if day is None:
        return bool(archive.fixed_strikes(source))
    return bool(archive.vintages(series, strike_ns(day), source))


def before(
    observations: Sequence[Observation], times: Sequence[int], strike: int
) -> Sequence[Observation]:
    """Give the observations that fixings of a strike may look at; `times` are theirs, rising."""
    return observations[bisect_left(times, strike - REACH_NS) : bisect_left(times, strike)]


def days_asked(first: date, last: date, days: Span, source: str) -> Span:
    """Give the days asked for; raises NothingRecorded where they do not lie in those recorded."""
    if first > last:
        raise NothingRecorded(f"expected the earlier day first, found {first} and {last}")
    for day in (first, last):
        if not days.first <= day <= days.last:
            place = f"the recordings of {source}" if source else "the recordings"
            raise NothingRecorded(
                f"expected a day from {days.first} to {days.last}, which {place} speak for, "
                f"found {day}"
            )
    return Span(first, last)


def _in_order(fixings: Sequence[Fixing]) -> list[Fixing]:
    return sorted(fixings, key=lambda fixing: BY_TICKER[fixing.series].number)


def _kept_vintages(archive: Archive, source: str) -> dict[int, dict[tuple[str, str], str]]:
    """Give by strike the vintage that is known last of each set and series."""
    found: dict[int, dict[tuple[str, str], str]] = defaultdict(dict)
    for name in SETS:
        for strike, series, vintage, _ in archive.fixing_states(source, name):
            found[strike][name, series] = vintage
    return found
