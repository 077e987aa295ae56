"""ARCHIVE: what was observed, refused and fixed, kept for good.

Takes   polls: answers and the observations read from them; refusals; fixings; what the collector
        must find again after a stop.
Gives   them back: by time, by source, by what was known last.
Keeps   everything: rows are only ever added, but for the state of the collector's tasks. A body
        is on the disk before any row speaks of it; all rows of a poll come in one transaction, so
        a poll is there whole or not at all. Adding twice adds once.
Source  Decisions 0003 and 0015. SQLite in WAL mode by default; PostgreSQL is another URL.

    folder/chiphour.db     the tables (archive_tables.py)
    folder/raw/            the bodies (bodies.py)
"""

import json
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import URL
from sqlalchemy import Connection
from sqlalchemy import Select
from sqlalchemy import Table
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import literal
from sqlalchemy import literal_column
from sqlalchemy import select

from chiphour.adapters import closings
from chiphour.adapters import vintages as kept
from chiphour.adapters.archive_rows import Answer
from chiphour.adapters.archive_rows import Commitment
from chiphour.adapters.archive_rows import Reading
from chiphour.adapters.archive_rows import Recording
from chiphour.adapters.archive_rows import Reveal
from chiphour.adapters.archive_rows import Stored
from chiphour.adapters.archive_rows import Task
from chiphour.adapters.archive_rows import fixing_row
from chiphour.adapters.archive_rows import identified
from chiphour.adapters.archive_rows import observation_from
from chiphour.adapters.archive_rows import observation_row
from chiphour.adapters.archive_rows import reading_from
from chiphour.adapters.archive_rows import reading_of
from chiphour.adapters.archive_rows import reading_row
from chiphour.adapters.archive_rows import revision_row
from chiphour.adapters.archive_rows import stored_from
from chiphour.adapters.archive_tables import COMMITMENTS
from chiphour.adapters.archive_tables import FIXINGS
from chiphour.adapters.archive_tables import METADATA
from chiphour.adapters.archive_tables import OBSERVATIONS
from chiphour.adapters.archive_tables import READINGS
from chiphour.adapters.archive_tables import RECORDINGS
from chiphour.adapters.archive_tables import REFUSALS
from chiphour.adapters.archive_tables import REVEALS
from chiphour.adapters.archive_tables import REVISIONS
from chiphour.adapters.archive_tables import SHOWN
from chiphour.adapters.archive_tables import TASKS
from chiphour.adapters.archive_tables import add
from chiphour.adapters.archive_tables import connected
from chiphour.adapters.archive_tables import make_tables
from chiphour.adapters.archive_tables import put
from chiphour.adapters.archive_tables import transaction
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.adapters.bodies import Bodies
from chiphour.adapters.closings import Closed
from chiphour.adapters.closings import Closings
from chiphour.adapters.closings import Fixable
from chiphour.adapters.offers import ALL
from chiphour.adapters.offers import Filter
from chiphour.adapters.offers import Page
from chiphour.adapters.offers import current_offers
from chiphour.adapters.refusal import CODES
from chiphour.adapters.refusal import Refusal
from chiphour.adapters.refusal import bounded_detail
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import V2026_1
from chiphour.index.revision import Revision
from chiphour.observe.observation import NEVER_FIXED
from chiphour.observe.observation import PRICES
from chiphour.observe.observation import Observation
from chiphour.observe.observation import can_be_fixed
from chiphour.observe.venue import PART
from chiphour.observe.venue import Body
from chiphour.observe.venue import Rate

DATABASE = "chiphour.db"
RAW = "raw"
REFUSALS_MAX = 1000  # So many refusals are given at most.
_SOME = 500  # Keys in one question.

_OF_RATE = ("spec", "observed_ns", "price_nanousd", "flags")


class Archive:
    """The store of a folder. Safe for many readers; writers wait for one another."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """Open or create the archive; raises ArchiveDamaged where it cannot be opened.

        `url` names another database than the folder's own; the bodies lie in the folder all the
        same.
        """
        self.folder = folder
        self.bodies = Bodies(folder / RAW)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise ArchiveDamaged(
                f"{folder}: expected a folder for state, found {fault.strerror}"
            ) from None
        self._engine = connected(url or URL.create("sqlite", database=str(folder / DATABASE)))
        try:
            make_tables(self._engine, "its tables" if url else f"the folder {folder}")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    # -- polls --------------------------------------------------------------------------------

    def keep_poll(self, source: str, reader_version: str, answers: Sequence[Answer]) -> int:
        """Keep the answers of one poll and what was read from them; give the observations new.

        The bodies are durable before the rows; the rows of all answers come in one transaction. A
        reading that is known adds nothing. Raises UnexpectedData, before anything is added, for an
        observation that no database can hold.
        """
        readings: list[Reading] = []
        rows: list[list[tuple[Any, ...]]] = []
        for answer in answers:
            seen = identified(answer.observations)
            reading = reading_of(answer, source, reader_version, seen, len(seen))
            assert all(row.raw_sha256 == reading.sha256 for row in seen.values())
            readings.append(reading)
            rows.append([observation_row(key, reading.id, row) for key, row in seen.items()])
        for answer in answers:
            sha256 = self.bodies.keep(answer.body.content)
            assert sha256 == answer.body.sha256
        shown = {(row.source, row.venue) for answer in answers for row in answer.observations}
        with self._begin(writes=True) as connection:
            known = _known(connection, [reading.id for reading in readings])
            add(connection, RECORDINGS, _places(readings))
            add(connection, READINGS, [reading_row(reading) for reading in readings])
            add(connection, SHOWN, sorted(shown))
            fresh = zip(readings, rows, strict=True)
            new = [row for reading, of in fresh if reading.id not in known for row in of]
            return add(connection, OBSERVATIONS, new)

    def readings(self) -> list[Reading]:
        """Give every reading, by source, then time, then id."""
        ranked = (READINGS.c.source, READINGS.c.observed_ns, READINGS.c.id)
        with self._begin() as connection:
            rows = connection.execute(select(READINGS).order_by(*ranked))
            return [reading_from(row) for row in rows]

    def recordings(self) -> list[Recording]:
        """Give every place where a body was found, by path."""
        with self._begin() as connection:
            rows = connection.execute(select(RECORDINGS).order_by(RECORDINGS.c.path))
            return [Recording(*row) for row in rows]

    def body_of(self, reading: Reading) -> Body:
        """Give what the reader was given; raises ArchiveDamaged where the bytes are not as kept."""
        return Body(
            self.bodies.body(reading.sha256),
            reading.shape,
            reading.observed_ns,
            reading.received_ns,
            reading.sha256,
            reading.rates,
            reading.dated,
        )

    def last_polls(self, *, whole: bool = False) -> dict[str, int]:
        """Give for each source the `observed_ns` of its last reading.

        `whole` passes over polls that asked for a part of what the source offers.
        """
        last = select(READINGS.c.source, func.max(READINGS.c.observed_ns))
        if whole:
            last = last.where(READINGS.c.shape.not_like(f"%{PART}"))
        with self._begin() as connection:
            rows = connection.execute(last.group_by(READINGS.c.source))
            return {row[0]: row[1] for row in rows}

    def polls(self, source: str, from_ns: int, before_ns: int, *, whole: bool = False) -> list[int]:
        """Give the `observed_ns` of each poll of a source in [from, before) that was kept.

        `whole` passes over polls that asked for a part of what the source offers.
        """
        at = READINGS.c.observed_ns
        wanted = select(at).where(READINGS.c.source == source, at >= from_ns, at < before_ns)
        if whole:
            wanted = wanted.where(READINGS.c.shape.not_like(f"%{PART}"))
        with self._begin() as connection:
            return list(connection.execute(wanted.distinct().order_by(at)).scalars())

    # -- observations -------------------------------------------------------------------------

    def observations(
        self,
        observed_from_ns: int,
        observed_before_ns: int,
        source: str | None = None,
        kinds: Collection[str] | None = None,
        *,
        for_fixing: bool = False,
        of: tuple[str, str, str] | None = None,
    ) -> list[Observation]:
        """Give the observations of [from, before), by time then id.

        `of`: chip, form, tenor. `for_fixing`: all of them that a fix may consider, and in time.
        """
        if for_fixing:
            rows = self.fixable(observed_from_ns, observed_before_ns, source or "").rows
            return rows if kinds is None else [row for row in rows if row.kind in kinds]
        wanted = _observed(_FIELDS, observed_from_ns, observed_before_ns, source)
        if kinds is not None:
            wanted = wanted.where(OBSERVATIONS.c.kind.in_(sorted(kinds)))
        for name, word in zip(("chip", "form", "tenor"), of or (), strict=False):
            wanted = wanted.where(OBSERVATIONS.c[name] == word)
        with self._begin() as connection:
            return [observation_from(row) for row in connection.execute(wanted)]

    def fixable(self, observed_from_ns: int, observed_before_ns: int, source: str = "") -> Fixable:
        """Give what a fix may consider of [from, before), of a source or all, by time then id.

        Apart from it what came in after its batch was closed; with it the number of the last row
        that was there: what is kept later has a larger one.
        """
        columns = [OBSERVATIONS.c.sequence, *_FIELDS]
        wanted = _observed(columns, observed_from_ns, observed_before_ns, source or None)
        found = Fixable([], [], 0)
        with self._begin() as connection:
            # A row that becomes visible meanwhile has a larger number, and is left for later.
            last = connection.execute(select(func.max(OBSERVATIONS.c.sequence))).scalar() or 0
            known = Closings(closings.closed_batches(connection, observed_from_ns))
            for sequence, *fields in connection.execute(_for_fixing(wanted)):
                row = observation_from(fields)
                if sequence <= last and can_be_fixed(row):
                    (found.late if known.is_late(sequence, row) else found.rows).append(row)
        return found._replace(sequence=last)

    def close_batches(self, closed: Sequence[Closed]) -> None:
        """Close batches for good; raises BatchClosed where one was closed with other rows."""
        with self._begin(writes=True) as connection:
            closings.close(connection, closed)

    def closed_batches(self) -> list[Closed]:
        """Give every batch that is closed, by strike."""
        with self._begin() as connection:
            return closings.closed_batches(connection, 0)

    def stored(self, observed_from_ns: int, observed_before_ns: int) -> list[Stored]:
        """Give the observations of [from, before) as they lie here, by time then id."""
        return self._stored(_observed([OBSERVATIONS], observed_from_ns, observed_before_ns, None))

    def rows_of(self, reading: str) -> list[Stored]:
        """Give the observations that a reading added, in the order of its body."""
        wanted = select(OBSERVATIONS).where(OBSERVATIONS.c.reading == reading)
        return self._stored(wanted.order_by(OBSERVATIONS.c.sequence))

    def rows_named(self, ids: Iterable[str]) -> list[Stored]:
        """Give the observations with these ids, those there are, in the order they came."""
        names, found = sorted(ids), list[Stored]()
        for start in range(0, len(names), _SOME):
            some = OBSERVATIONS.c.id.in_(names[start : start + _SOME])
            found += self._stored(select(OBSERVATIONS).where(some))
        return sorted(found, key=lambda row: row.sequence)

    def row_without_reading(self) -> Stored | None:
        """Give the first observation whose reading is not here, or None."""
        known = select(READINGS.c.id)
        lost = select(OBSERVATIONS).where(OBSERVATIONS.c.reading.not_in(known))
        found = self._stored(lost.order_by(OBSERVATIONS.c.sequence).limit(1))
        return found[0] if found else None

    def venue_not_shown(self) -> tuple[str, str] | None:
        """Give the first source and venue of the observations that SHOWN lacks, or None."""
        seen = select(OBSERVATIONS.c.source, OBSERVATIONS.c.venue).distinct()
        lacking = seen.except_(select(SHOWN.c.source, SHOWN.c.venue)).order_by("source", "venue")
        with self._begin() as connection:
            found = connection.execute(lacking.limit(1)).first()
        return None if found is None else (found[0], found[1])

    def span(self) -> tuple[int, int] | None:
        """Give the first and last `observed_ns` of all observations, or None for none."""
        ends = select(func.min(OBSERVATIONS.c.observed_ns), func.max(OBSERVATIONS.c.observed_ns))
        with self._begin() as connection:
            first, last = connection.execute(ends).one()
        return None if first is None else (first, last)

    def sources(self) -> list[str]:
        """Give the sources of which anything was observed, sorted."""
        with self._begin() as connection:
            return sorted(connection.execute(select(SHOWN.c.source).distinct()).scalars())

    def rates(self, before_ns: int) -> tuple[Rate, ...]:
        """Give for each currency the last rate published before a time, by currency."""
        of_rates = OBSERVATIONS.c.kind == literal_column("'rate'")
        said = select(OBSERVATIONS.c.spec, func.max(OBSERVATIONS.c.observed_ns).label("at"))
        last = said.where(of_rates, OBSERVATIONS.c.observed_ns < before_ns)
        newest = last.group_by(OBSERVATIONS.c.spec).subquery()
        is_newest = and_(
            OBSERVATIONS.c.spec == newest.c.spec, OBSERVATIONS.c.observed_ns == newest.c.at
        )
        wanted = (
            select(*(OBSERVATIONS.c[name] for name in _OF_RATE))
            .join_from(newest, OBSERVATIONS, is_newest)
            .where(of_rates)
            .order_by(OBSERVATIONS.c.observed_ns, OBSERVATIONS.c.sequence)
        )
        with self._begin() as connection:
            found = [
                Rate(
                    json.loads(spec)["currency"],
                    published_ns,
                    nanousd,
                    proved="SCHEMA_ONLY" not in flags.split(),
                )
                for spec, published_ns, nanousd, flags in connection.execute(wanted)
            ]
        return tuple(sorted({rate.currency: rate for rate in found}.values()))

    def offers(
        self, now_ns: int, age_ns_max: int, only: Filter = ALL, after: int = 0, limit: int = 100
    ) -> Page:
        """Give a page of the offers that are current at a time; see offers.py."""
        with self._begin() as connection:
            return current_offers(connection, now_ns, age_ns_max, only, after, limit)

    # -- refusals -----------------------------------------------------------------------------

    def refuse(
        self, refusal: Refusal, content: bytes | None = None, *, file_sha256: str = ""
    ) -> bool:
        """Keep why something was refused, its body, if any, before it; tell whether it is new.

        `file_sha256` is the hash of a recording's file: the same file is refused once for each
        code, however often it is found.
        """
        assert refusal.code in CODES
        if content is not None:
            sha256 = self.bodies.keep(content)
            assert refusal.sha256 in ("", sha256)
            refusal = refusal._replace(sha256=sha256)
        row = refusal._replace(
            path=bounded_detail(refusal.path), detail=bounded_detail(refusal.detail)
        )
        same = select(REFUSALS.c.sequence).where(
            REFUSALS.c.path == row.path,
            REFUSALS.c.file_sha256 == file_sha256,
            REFUSALS.c.code == row.code,
        )
        with self._begin(writes=True) as connection:
            if file_sha256 and connection.execute(same.limit(1)).first() is not None:
                return False
            return bool(add(connection, REFUSALS, [(*row, file_sha256)]))

    def refusals(
        self, source: str | None = None, since_ns: int = 0, last: int = 100
    ) -> list[Refusal]:
        """Give the last refusals, the newest first: of one source or all, received since a time."""
        assert 1 <= last <= REFUSALS_MAX
        columns = [REFUSALS.c[field] for field in Refusal._fields]
        wanted = select(*columns).where(REFUSALS.c.received_ns >= since_ns)
        if source is not None:
            wanted = wanted.where(REFUSALS.c.source == source)
        newest = wanted.order_by(REFUSALS.c.sequence.desc()).limit(last)
        with self._begin() as connection:
            return [Refusal(*row) for row in connection.execute(newest)]

    # -- what the collector must find again ---------------------------------------------------

    def keep_task(self, source: str, document_json: str, written_ns: int) -> None:
        """Keep how the task of a source fares, in place of what was kept of it before."""
        with self._begin(writes=True) as connection:
            put(connection, TASKS, "source", (source, document_json, written_ns))

    def tasks(self) -> list[Task]:
        """Give how every task fared last, by source."""
        with self._begin() as connection:
            rows = connection.execute(select(TASKS).order_by(TASKS.c.source))
            return [Task(*row) for row in rows]

    def commit(self, venue: str, day: date, commitment: str, committed_ns: int) -> bool:
        """Keep a commitment; give False where one for the venue and day stands: the first stays."""
        row = (venue, day.isoformat(), commitment, committed_ns)
        with self._begin(writes=True) as connection:
            return bool(add(connection, COMMITMENTS, [row]))

    def reveal(self, venue: str, day: date, revealed: str, revealed_ns: int) -> bool:
        """Keep what a commitment hid, as JSON text; give False where it was revealed before."""
        row = (venue, day.isoformat(), revealed, revealed_ns)
        with self._begin(writes=True) as connection:
            return bool(add(connection, REVEALS, [row]))

    def commitments(self, day: date | None = None) -> list[Commitment]:
        """Give the commitments for the strike of a day, or all, by day, then venue."""
        rows = self._by_day(COMMITMENTS, day)
        return [Commitment(row[0], date.fromisoformat(row[1]), row[2], row[3]) for row in rows]

    def reveals(self, day: date | None = None) -> list[Reveal]:
        """Give what was revealed for the strike of a day, or all, by day, then venue."""
        rows = self._by_day(REVEALS, day)
        return [Reveal(row[0], date.fromisoformat(row[1]), row[2], row[3]) for row in rows]

    # -- fixings ------------------------------------------------------------------------------

    def keep_fixings(self, fixings: Sequence[Fixing], revision: Revision | None = None) -> int:
        """Keep fixings in one transaction; give how many are new. The same content adds nothing.

        With a `revision`, that event and the fixings that it revises come in together; raises
        ArchiveDamaged where an event of that name is there already.
        """
        return self.keep_fixing_rows([fixing_row(fixing) for fixing in fixings], revision)

    def keep_fixing_rows(
        self, rows: Sequence[tuple[Any, ...]], revision: Revision | None = None
    ) -> int:
        """Keep fixings of which `fixing_row` was already made, as `keep_fixings` does."""
        with self._begin(writes=True) as connection:
            if revision is not None and not add(connection, REVISIONS, [revision_row(revision)]):
                raise ArchiveDamaged(f"revisions: expected a new event, found {revision.id} there")
            return add(connection, FIXINGS, rows)

    def fixings(
        self,
        series: str | None = None,
        from_ns: int | None = None,
        before_ns: int | None = None,
        source: str = "",
        parameter_set: str = V2026_1.parameter_set,
        as_of_ns: int | None = None,
    ) -> list[Fixing]:
        """Give the fixing known last for each series and strike in [from, before), by strike.

        `source` is that of the fixing: "" for those made from all sources. What became known after
        `as_of_ns` is passed over. Within one strike the order is that of the ticker. Raises
        ArchiveDamaged where a document is not what was kept.
        """
        of = (source, parameter_set)
        with self._begin() as connection:
            return kept.fixings_as_of(connection, series, from_ns, before_ns, of, as_of_ns)

    def fixing_as_of(
        self,
        series: str,
        strike_ns: int,
        as_of_ns: int | None = None,
        source: str = "",
        parameter_set: str = V2026_1.parameter_set,
    ) -> Fixing | None:
        """Give the fixing of a series and strike that was known last at a time, or None."""
        of = (source, parameter_set)
        with self._begin() as connection:
            return kept.fixing_as_of(connection, series, strike_ns, of, as_of_ns)

    def vintages(
        self,
        series: str | None,
        strike_ns: int,
        source: str = "",
        parameter_set: str | None = V2026_1.parameter_set,
    ) -> list[Fixing]:
        """Give every fixing ever kept of a strike, in the order they became known.

        Of one series or all, of one parameter set or all.
        """
        with self._begin() as connection:
            return kept.vintages(connection, series, strike_ns, source, parameter_set)

    def fixed_strikes(self, source: str | None = None) -> list[tuple[str, int]]:
        """Give each source and strike of which a fixing is kept, of one source or all."""
        with self._begin() as connection:
            return kept.strikes(connection, source)

    def last_fixed(
        self,
        before_ns: int,
        as_of_ns: int | None = None,
        source: str = "",
        parameter_set: str = V2026_1.parameter_set,
        series: str | None = None,
    ) -> dict[str, Fixing]:
        """Give by ticker the last fixing before a strike that is not suppressed, as known then."""
        of = (source, parameter_set)
        with self._begin() as connection:
            return kept.last_fixed(connection, series, before_ns, of, as_of_ns)

    def first_fixed_ns(
        self, source: str = "", parameter_set: str = V2026_1.parameter_set
    ) -> int | None:
        """Give the first strike of which any series was ever fixed, or None."""
        with self._begin() as connection:
            return kept.first_fixed_ns(connection, (source, parameter_set))

    def fixing_states(
        self,
        source: str = "",
        parameter_set: str = V2026_1.parameter_set,
        from_ns: int | None = None,
    ) -> list[tuple[int, str, str, int]]:
        """Give strike, series, vintage and time known of each fixing known last, by strike."""
        with self._begin() as connection:
            return kept.states(connection, (source, parameter_set), from_ns)

    def fixing_hashes(self, source: str = "") -> list[tuple[int, int, str]]:
        """Give time known, sequence and SHA-256 of every fixing of a source ever kept, by time."""
        with self._begin() as connection:
            return kept.kept_hashes(connection, source)

    def standing(self, sequences: Sequence[int]) -> list[tuple[int, int]]:
        """Give sequence and strike of those of these fixings that no later one replaced."""
        with self._begin() as connection:
            return kept.standing(connection, sequences)

    def fixings_numbered(self, sequences: Sequence[int]) -> list[Fixing]:
        """Give the fixings of these sequences, by sequence."""
        with self._begin() as connection:
            return kept.fixings_by_sequence(connection, sequences)

    def last_known_ns(self) -> int | None:
        """Give the latest time at which a fixing or an event became known, or None for none."""
        with self._begin() as connection:
            return kept.last_known_ns(connection)

    def last_fixing(self) -> int:
        """Give the sequence of the fixing that was kept last, 0 for none: it only grows."""
        with self._begin() as connection:
            return connection.execute(select(func.max(FIXINGS.c.sequence))).scalar() or 0

    def revisions(self, as_of_ns: int | None = None) -> list[Revision]:
        """Give the named events known at a time, in their order."""
        with self._begin() as connection:
            return kept.revisions(connection, as_of_ns)

    def count(self) -> dict[str, int]:
        """Give the number of rows of each table."""
        with self._begin() as connection:
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in METADATA.tables.items()
            }

    def _begin(self, writes: bool = False) -> AbstractContextManager[Connection]:
        return transaction(self._engine, writes)

    def _stored(self, wanted: Select[Any]) -> list[Stored]:
        with self._begin() as connection:
            return [stored_from(row) for row in connection.execute(wanted)]

    def _by_day(self, table: Table, day: date | None) -> list[Sequence[Any]]:
        wanted = select(table).order_by(table.c.day, table.c.venue)
        if day is not None:
            wanted = wanted.where(table.c.day == day.isoformat())
        with self._begin() as connection:
            return [tuple(row) for row in connection.execute(wanted)]


_FIELDS = [OBSERVATIONS.c[field] for field in Observation._fields]


def _observed(
    columns: Sequence[Any], observed_from_ns: int, observed_before_ns: int, source: str | None
) -> Select[Any]:
    """Choose the observations of [from, before), of one source or all, by time then id."""
    at = OBSERVATIONS.c.observed_ns
    wanted = select(*columns).where(at >= observed_from_ns, at < observed_before_ns)
    if source is not None:
        wanted = wanted.where(OBSERVATIONS.c.source == source)
    return wanted.order_by(at, OBSERVATIONS.c.id)


def _known(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Give those of the readings that are here already."""
    known: set[str] = set()
    for start in range(0, len(ids), _SOME):
        some = READINGS.c.id.in_(ids[start : start + _SOME])
        known.update(connection.execute(select(READINGS.c.id).where(some)).scalars())
    return known


def _places(readings: Sequence[Reading]) -> list[tuple[str, str, str]]:
    return [(row.path, row.file_sha256, row.id) for row in readings if row.path]


def _for_fixing(wanted: Select[Any]) -> Select[Any]:
    """Leave out what no fix may consider: the flags are words between spaces."""
    flags = literal(" ") + OBSERVATIONS.c.flags + literal(" ")
    clear = [~flags.contains(f" {word} ", autoescape=True) for word in NEVER_FIXED]
    return wanted.where(OBSERVATIONS.c.kind.in_(PRICES), *clear)
