"""REVISIONS: final fixings made again by a named event: without some rows, or with late ones.

Takes   the strikes, the rows that must not count and those that came late, the cause, a time.
Gives   what each series and set was and would be, and whether that is enough to revise it.
Keeps   what was published: a revision adds vintages and takes none away. The event is kept with
        its vintages, then both are logged, the event first. A refusal changes nothing.
Source  Methodology v2026_1, "Vintages"; decision 0017.

    MarketError
    └── RevisionRefused     a row or a strike that no event can speak of, a time in the past
"""

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from chiphour.adapters.archive import Archive
from chiphour.adapters.closings import Fixable
from chiphour.adapters.fixings import COMPLETE
from chiphour.adapters.fixings import END_NS
from chiphour.adapters.fixings import REACH_NS
from chiphour.adapters.fixings import fixable
from chiphour.adapters.log import Log
from chiphour.adapters.logged import Logged
from chiphour.index import v2026_1
from chiphour.index.batch import batch_strike_ns
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import parameters_sha256
from chiphour.index.revision import Revision
from chiphour.index.revision import is_material
from chiphour.index.revision import next_revision
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.observation import observation_id
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import strike_ns

# The same sets for rows that came after the close: who may count is decided here.
_WITHOUT_CLOSE = {name: of._replace(close_ns=END_NS) for name, of in SETS.items()}
# What is new in every vintage, or follows from earlier strikes alone.
_APART = ("vintage", "known_ns", "revision", "previous_strike_ns", "fit")
_SPLIT = ("change_ticks", "matched_ticks", "screen_ticks", "composition_ticks")


class RevisionRefused(MarketError):
    """A row or a strike that no event can speak of, or a time that is past."""


class Change(NamedTuple):
    """One fixing before and after; `material` when the change is large enough to revise it."""

    old: Fixing
    new: Fixing
    material: bool


class RevisionResult(NamedTuple):
    """An event and all that it touches. Without a material change it is an erratum."""

    revision: Revision
    affected: tuple[Change, ...]

    @property
    def id(self) -> str:
        """Give the name of the event."""
        return self.revision.id

    @property
    def revises(self) -> bool:
        """Tell whether any fixing is revised."""
        return any(change.material for change in self.affected)


def revise(
    archive: Archive,
    log: Log | None,
    cause: str,
    days: Sequence[date],
    struck: Sequence[str],
    added: Sequence[str],
    at_ns: int,
    *,
    dry_run: bool = False,
) -> RevisionResult:
    """Make the fixings of some days again without the struck rows and with the added ones.

    `struck` and `added` are ids of observations; an event builds on all earlier ones of its days.
    Later strikes keep their published split. Raises RevisionRefused, before anything changes, for
    an unknown row, a row that the days cannot look at, one that came in after its batch was
    closed, one that is to be added and was in time, a day that is not final yet or not in the log,
    a time not after all that is known, and when nothing changes.
    """
    strikes = sorted({strike_ns(day) for day in days})
    events = archive.revisions()
    read = _looked_at(archive, strikes)
    _refuse_without_batch(read.late, (*struck, *added))
    rows = {observation_id(row): row for row in read.rows}
    _refuse(archive, events, cause, strikes, rows, struck, added, at_ns)
    _refuse_unlike(events, cause, at_ns, strikes)
    revision = next_revision(events, cause, at_ns, strikes, struck, added)
    affected = _affected(archive, revision, rows)
    if not affected:
        raise RevisionRefused(
            f"expected rows that change a fixing of {_days(strikes)}, found nothing changed"
        )
    result = RevisionResult(revision, affected)
    if not dry_run:
        _keep(archive, log, result)
    return result


def rows_of_venue(archive: Archive, venue: str, days: Sequence[date]) -> list[str]:
    """Give the ids of all rows of a venue that the fixes of some days look at.

    Raises RevisionRefused where there is none.
    """
    strikes = sorted({strike_ns(day) for day in days})
    rows = _looked_at(archive, strikes).rows
    found = [observation_id(row) for row in rows if row.venue == venue]
    if not found:
        known = ", ".join(sorted({row.venue for row in rows})) or "none"
        raise RevisionRefused(
            f"expected the id of a row, or a venue seen before {_days(strikes)} ({known}), "
            f"found {venue!r}"
        )
    return found


def _looked_at(archive: Archive, strikes: Sequence[int]) -> Fixable:
    """Give the rows that some strike looks at, and none of days between that no fix is made of."""
    if not strikes:
        raise RevisionRefused("expected a day, found none")
    read = archive.fixable(strikes[0] - REACH_NS, strikes[-1])
    rows, late = (
        [row for row in of if any(s - REACH_NS <= row.observed_ns < s for s in strikes)]
        for of in (read.rows, read.late)
    )
    return Fixable(rows, late, read.sequence)


def _refuse_without_batch(late: Sequence[Observation], wanted: Sequence[str]) -> None:
    """Raise RevisionRefused for a row that came in after its batch was closed.

    It stands under no root of the log, so that nobody could check a fixing that rests on it.
    """
    without = {observation_id(row): row for row in late}
    for identifier in wanted:
        if identifier in without:
            day = day_from_ns(batch_strike_ns(without[identifier], V2026_1.close_ns))
            raise RevisionRefused(
                f"expected a row of a batch in the log, found {identifier}, which came in after "
                f"the batch of {day} was closed: nobody could prove a fixing that rests on it"
            )


def _refuse(
    archive: Archive,
    events: Sequence[Revision],
    cause: str,
    strikes: Sequence[int],
    rows: Mapping[str, Observation],
    struck: Sequence[str],
    added: Sequence[str],
    at_ns: int,
) -> None:
    """Raise RevisionRefused for the first reason against an event."""
    if not cause.strip() or not cause.isprintable():
        raise RevisionRefused(f"expected a cause in one line, found {cause!r}")
    for strike in strikes:
        _refuse_unfinished(archive, strike)
    last_ns = archive.last_known_ns() or 0
    if at_ns <= last_ns:
        raise RevisionRefused(
            f"expected a time after {iso_from_ns(last_ns)}, when the last fixing or event became "
            f"known, found {iso_from_ns(at_ns)}"
        )
    if not struck and not added:
        raise RevisionRefused("expected rows to strike out or to let in, found none")
    for identifier in (*struck, *added):
        if identifier not in rows:
            raise RevisionRefused(
                f"expected the id of a row that the fixes of {_days(strikes)} look at, "
                f"found {identifier!r}"
            )
    out = {row for event in events for row in event.struck}
    for identifier in added:
        row = rows[identifier]
        late = any(
            row.observed_ns < strike and row.received_ns >= strike + V2026_1.close_ns
            for strike in strikes
        )
        if identifier in struck or not (late or identifier in out):
            raise RevisionRefused(
                f"expected a row to let in that came after the close of {_days(strikes)}, found "
                f"{identifier} received {iso_from_ns(row.received_ns)}"
            )


def _refuse_unlike(
    events: Sequence[Revision], cause: str, at_ns: int, strikes: Sequence[int]
) -> None:
    """Raise RevisionRefused for days of which earlier events struck or let in other rows.

    An event has one list of rows for all its days: it would strike from one what was wrong on
    another alone.
    """
    before = [next_revision(events, cause, at_ns, [strike], (), ()) for strike in strikes]
    if len({(each.struck, each.added) for each in before}) > 1:
        raise RevisionRefused(
            f"expected days that the same events revised before, found {_days(strikes)}: revise "
            "each by an event of its own"
        )


def _refuse_unfinished(archive: Archive, strike: int) -> None:
    """Raise RevisionRefused unless every fixing of a strike is kept and final."""
    day = day_from_ns(strike)
    kept = {
        (name, series): vintage
        for name in SETS
        for at, series, vintage, _ in archive.fixing_states("", name, strike)
        if at == strike
    }
    if not kept.keys() >= COMPLETE:
        raise RevisionRefused(f"expected a day that was fixed, found {day}: fix it first")
    if "provisional" in kept.values():
        raise RevisionRefused(
            f"expected a day whose fixings are final, found {day} provisional: wait until 24 hours "
            "after its strike; until then fix it again"
        )


def _affected(
    archive: Archive, revision: Revision, rows: Mapping[str, Observation]
) -> tuple[Change, ...]:
    """Make the fixings of the event's strikes again; give those that come out different."""
    found: list[Change] = []
    for strike in revision.strikes_ns:
        previous = {name: _last_fixed(archive, name, strike, found) for name in SETS}
        seen = [row for key, row in rows.items() if _counts(key, row, strike, revision)]
        fixed = v2026_1.fix_sets(seen, strike, previous, "", _WITHOUT_CLOSE)
        for name, fixings in fixed.items():
            sha256 = parameters_sha256(SETS[name])
            for fixing in fixings:
                exact = fixing._replace(parameters_sha256=sha256)
                new = v2026_1.as_revised(exact, revision.id, revision.known_ns)
                old = archive.fixing_as_of(new.series, strike, None, "", name)
                assert old is not None
                if _content(old) != _content(new):
                    found.append(Change(old, new, is_material(old, new)))
    return tuple(found)


def _last_fixed(
    archive: Archive, name: str, before_ns: int, found: Sequence[Change]
) -> dict[str, Fixing]:
    """Give by series the last fixing before a strike, with what this event itself revises."""
    last = archive.last_fixed(before_ns, None, "", name)
    revised = [each.new for each in found if each.material and each.new.parameter_set == name]
    for series in {fixing.series for fixing in revised}:
        ours = [fixing for fixing in revised if fixing.series == series]
        fixing = _last_of(archive, ours, before_ns)
        last.pop(series, None)
        last |= {} if fixing is None else {series: fixing}
    return last


def _last_of(archive: Archive, revised: Sequence[Fixing], before_ns: int) -> Fixing | None:
    """Give the last fixing of one series before a strike; `revised` stand in front of the kept."""
    series, name = revised[0].series, revised[0].parameter_set
    kept = archive.last_fixed(before_ns, None, "", name, series).get(series)
    earlier = [fixing for fixing in revised if fixing.strike_ns < before_ns]
    if not earlier or (kept is not None and kept.strike_ns > earlier[-1].strike_ns):
        return kept
    if earlier[-1].state == "fixed":
        return earlier[-1]
    return _last_of(archive, revised, earlier[-1].strike_ns)


def _counts(identifier: str, row: Observation, strike: int, revision: Revision) -> bool:
    """Tell whether a row counts at a strike: in time or let in, and not struck."""
    in_time = row.received_ns < strike + V2026_1.close_ns
    return (
        row.observed_ns < strike
        and (in_time or identifier in revision.added)
        and identifier not in revision.struck
    )


def _content(fixing: Fixing) -> dict[str, object]:
    return {k: v for k, v in fixing._asdict().items() if k not in (*_APART, *_SPLIT)}


def _keep(archive: Archive, log: Log | None, result: RevisionResult) -> None:
    """Keep the event and what it revises, then log them: what is logged is always kept."""
    revised = [change.new for change in result.affected if change.material]
    logged = None if log is None else Logged(archive, log, fixable(archive))
    for strike in result.revision.strikes_ns:
        if logged is not None and not logged.publishes(strike):
            raise RevisionRefused(
                f"expected a day that the log has, found {day_from_ns(strike)}: fix it first"
            )
    archive.keep_fixings(revised, result.revision)
    if logged is not None:
        logged.revision(result.revision, result.revises)
        logged.fixings(revised)
        logged.flush()


def _days(strikes: Sequence[int]) -> str:
    return ", ".join(day_from_ns(strike).isoformat() for strike in strikes)
