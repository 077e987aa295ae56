"""AUDITS: every kept vintage computed again from its rows, by the audit's own arithmetic.

Takes   an archive of observations, fixings and named events.
Gives   how many vintages came out as they were kept, by source and series; the first difference.
Keeps   a vintage held to what was known when it was made: the last fix before its strike as that
        stood at its close, and for a revised one at the time of its event. Of two rows known at
        once only the one kept later is published, and audited.
Source  Decisions 0012 and 0017.
"""

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any
from typing import NamedTuple

from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import END_NS
from chiphour.adapters.fixings import REACH_NS
from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import Progress
from chiphour.audit.groups import Row
from chiphour.audit.rows import Window
from chiphour.audit.rows import batch_of
from chiphour.audit.rows import read_row
from chiphour.audit.rows import window_of
from chiphour.audit.rules import Tables
from chiphour.audit.rules import audit_fixing
from chiphour.audit.rules import text_difference
from chiphour.index.fixing import Fixing
from chiphour.index.fixing import to_json
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.revision import Revision
from chiphour.index.series import ALL_SERIES
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_bytes
from chiphour.observe.observation import canonical_json
from chiphour.observe.register import REGISTER
from chiphour.observe.register import REGISTER_SHA256
from chiphour.units import iso_from_ns
from chiphour.units import strike_ns

Name = tuple[str, str]  # Parameter set, series.
Document = Mapping[str, Any]  # A fixing or an event as its JSON says it.


class Audit(NamedTuple):
    """What an audit found. `first_difference` is None when everything matched.

    `of_series` counts (checked, matched) by (source, series), "" being all sources together.
    """

    of_series: Mapping[tuple[str, str], tuple[int, int]]
    first_difference: str | None

    @property
    def checked(self) -> int:
        """Count the vintages that were recomputed."""
        return sum(checked for checked, _ in self.of_series.values())

    @property
    def matched(self) -> int:
        """Count those that came out as they were kept."""
        return sum(matched for _, matched in self.of_series.values())


class Rows:
    """The rows of an archive as the audit reads them, by time."""

    def __init__(self, observations: Sequence[Observation]) -> None:
        """Read observations that are in order of time."""
        self._rows = [read_row(canonical_bytes(seen)) for seen in observations]
        self._times = [row.observed_ns for row in self._rows]

    def before(self, strike: int) -> list[Row]:
        """Give the rows that fixings of a strike may look at."""
        first = bisect_left(self._times, strike - REACH_NS)
        return self._rows[first : bisect_left(self._times, strike)]


class History:
    """The vintages of earlier strikes, by set and series: which of them was fixed last."""

    def __init__(self) -> None:
        """Begin without any."""
        self._kept: dict[Name, list[list[Document]]] = defaultdict(list)

    def add(self, name: Name, vintages: Sequence[Document]) -> None:
        """Keep the vintages of one fixing, of a later strike than all before, in their order."""
        kept = self._kept[name]
        if all(each["state"] == "fixed" for each in vintages):
            kept.clear()  # Whatever the time asked for, one of these stands.
        kept.append(list(vintages))

    def last_fixed(self, name: Name, known_ns: int) -> Document | None:
        """Give the last fixing that was not suppressed, as it was known at a time."""
        for vintages in reversed(self._kept[name]):
            known = [each for each in vintages if each["known_ns"] <= known_ns]
            if known and known[-1]["state"] == "fixed":
                return known[-1]
        return None


def audit_all(archive: Archive, progress: Progress | None = None) -> Audit:
    """Audit every kept vintage of every source and set against the rows of the archive."""
    rows = Rows(archive.observations(0, END_NS, for_fixing=True))
    tables, changes = tables_of(), changes_of(archive.revisions())
    difference = next(filter(None, map(text_difference, tables.parameters.values())), None)
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    histories: dict[str, History] = defaultdict(History)
    work = archive.fixed_strikes()
    for done, (source, strike) in enumerate(work, 1):
        window = window_of([batch_of(rows.before(strike))], strike)
        published = standing(archive.vintages(None, strike, source, None))
        for name, vintages in published.items():
            matching: Document | None = None
            for fixing in vintages:
                answer = None
                if matching is None or not is_its_final(fixing, matching):
                    last = histories[source].last_fixed(name, known_ns_before(fixing))
                    answer = _audited(fixing, window, last, tables, changes)
                matching = fixing if answer is None else None
                checked, matched = counts.get((source, name[1]), (0, 0))
                counts[source, name[1]] = checked + 1, matched + (answer is None)
                difference = difference or answer
        for name, vintages in published.items():
            histories[source].add(name, vintages)
        if progress is not None:
            progress(done, len(work))
    return Audit(counts, difference)


def audit_one(
    archive: Archive,
    series: str,
    day: date,
    source: str = "",
    parameter_set: str = V2026_1.parameter_set,
    as_of_ns: int | None = None,
) -> Audit:
    """Audit the fixing of a series and day that was known last at a time.

    Raises NothingRecorded where none is kept, or none was known then.
    """
    strike = strike_ns(day)
    kept = archive.fixing_as_of(series, strike, as_of_ns, source, parameter_set)
    if kept is None:
        then = "" if as_of_ns is None else f" as of {iso_from_ns(as_of_ns)}"
        raise NothingRecorded(f"expected a kept fixing of {series} on {day}{then}, found none")
    rows = Rows(archive.observations(strike - REACH_NS, strike, source or None, for_fixing=True))
    window = window_of([batch_of(rows.before(strike))], strike)
    fixing = to_json(kept)
    of = (strike, known_ns_before(fixing), source, parameter_set, series)
    last = {name: to_json(found) for name, found in archive.last_fixed(*of).items()}
    changes = changes_of(archive.revisions())
    answer = _audited(fixing, window, last.get(series), tables_of(), changes)
    return Audit({(source, series): (1, int(answer is None))}, answer)


def known_ns_before(fixing: Document) -> int:
    """Give the time as of which the fixing before a vintage counts: its close, or its event."""
    if fixing["vintage"] == "revised":
        return int(fixing["known_ns"])
    return int(fixing["strike_ns"]) + V2026_1.close_ns


def is_its_final(fixing: Document, provisional: Document) -> bool:
    """Tell whether a fixing says what a provisional one said, and is final as it must be."""
    known_ns = fixing["strike_ns"] + V2026_1.final_ns
    final = {**provisional, "vintage": "final", "known_ns": known_ns}
    return provisional["vintage"] == "provisional" and fixing == final


def standing(vintages: Sequence[Fixing]) -> dict[Name, list[Document]]:
    """Group the vintages of a strike by set and series, without those that were replaced."""
    ordered = sorted(vintages, key=lambda each: (name_of(each), each.known_ns))  # Keeps the rest.
    found: dict[Name, list[Document]] = {}
    for name, group in groupby(ordered, key=name_of):
        last = {each.known_ns: each for each in group}
        found[name] = [to_json(each) for each in last.values()]
    return found


def name_of(fixing: Fixing) -> Name:
    """Give the set and the series of a fixing."""
    return fixing.parameter_set, fixing.series


def changes_of(revisions: Sequence[Revision]) -> dict[str, Document]:
    """Give the named events as the audit reads them, by name."""
    return {event.id: event._asdict() for event in revisions}


def tables_of() -> Tables:
    """Give the tables of series, venues and parameters as the audit reads them: plain JSON."""
    words = {
        "series": {s.ticker: s._asdict() | {"filter": s.filter._asdict()} for s in ALL_SERIES},
        "register": {name: row._asdict() for name, row in REGISTER.items()},
        "parameters": {name: found._asdict() for name, found in SETS.items()},
    }
    tables = json.loads(canonical_json(words))
    return Tables(tables["series"], tables["register"], REGISTER_SHA256, tables["parameters"])


def _audited(
    fixing: Document,
    window: Window,
    last: Document | None,
    tables: Tables,
    changes: Mapping[str, Document],
) -> str | None:
    """Give None, or the first difference, with set, source and event where they need saying."""
    answer = audit_fixing(fixing, window, last, tables, changes.get(fixing["revision"]))
    if answer is None:
        return None
    parameter_set = fixing["parameter_set"]
    said = [f"set {parameter_set}"] if parameter_set != V2026_1.parameter_set else []
    said += [f"source {fixing['source']}"] if fixing["source"] else []
    said += [fixing["revision"]] if fixing["revision"] else []
    return f"{answer} ({', '.join(said)})" if said else answer
