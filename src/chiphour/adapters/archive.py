"""ARCHIVE: what was observed and fixed, kept for good.

Takes   raw bodies, the observations read from them, fixings.
Gives   them back: by time, by source, by what was known last.
Keeps   everything: rows are only ever added (SQLite refuses UPDATE and DELETE), a body lies under
        its SHA-256, and a body is on the disk before any row speaks of it. Adding twice adds once.
Source  Decision 0005. SQLite in WAL mode by default; another database is another URL.

    folder/chiphour.db                    the tables
    folder/raw/<first two>/<SHA-256>      the bodies, as they were received

    MarketError
    └── ArchiveDamaged    what is stored is not what was kept, or cannot be read
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from typing import NamedTuple

from sqlalchemy import DDL
from sqlalchemy import URL
from sqlalchemy import BigInteger
from sqlalchemy import Column
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import create_engine
from sqlalchemy import event
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import inspect
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import from_json
from chiphour.index.fixing import to_json
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.observe.observation import observation_id

DATABASE = "chiphour.db"
METADATA = MetaData()
_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")  # Only INTEGER numbers itself there.

BODIES = Table(
    "bodies",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("path", Text, nullable=False),
    Column("file_sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("received_ns", BigInteger, nullable=False),
    Column("reader_version", String(64), nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("rows_root", String(64), nullable=False),
)
# Where a body was found: the same body may lie in several places.
RECORDINGS = Table(
    "recordings",
    METADATA,
    Column("path", Text, primary_key=True),
    Column("file_sha256", String(64), nullable=False),
    Column("body_sha256", String(64), nullable=False),
)
_COUNTS = ("memory_gb", "price_nanousd", "gpus", "observed_ns", "received_ns")
OBSERVATIONS = Table(
    "observations",
    METADATA,
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    *(
        Column(field, BigInteger if field in _COUNTS else Text, nullable=False)
        for field in Observation._fields
    ),
    Index("observations_by_time", "source", "observed_ns"),
    Index("observations_by_body", "raw_sha256"),
)
FIXINGS = Table(
    "fixings",
    METADATA,
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("series", String(64), nullable=False),
    Column("strike_ns", BigInteger, nullable=False),
    Column("source", String(64), nullable=False),
    Column("methodology", String(64), nullable=False),
    Column("vintage", String(16), nullable=False),
    Column("known_ns", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Index("fixings_by_strike", "series", "strike_ns"),
)
for _table in METADATA.tables.values():
    for _verb in ("UPDATE", "DELETE"):
        event.listen(
            _table,
            "after_create",
            DDL(  # type: ignore[no-untyped-call]
                f"CREATE TRIGGER {_table.name}_refuse_{_verb.lower()} BEFORE {_verb} "
                f"ON {_table.name} BEGIN SELECT RAISE(ABORT, 'append only'); END"
            ).execute_if(dialect="sqlite"),
        )


class ArchiveDamaged(MarketError):
    """What is stored is not what was kept, or cannot be read."""


class BodyRow(NamedTuple):
    """What is known of a body. `path` is where it was first found, `rows_root` is of its rows."""

    sha256: str
    source: str
    path: str
    file_sha256: str
    bytes: int
    received_ns: int
    reader_version: str
    rows: int
    rows_root: str


class Recording(NamedTuple):
    """A place where a body was found: the file there had this hash."""

    path: str
    file_sha256: str
    body_sha256: str


def rows_root(ids: Iterable[str]) -> str:
    """Give the SHA-256 over the ids of a body's observations, in the order of the body."""
    return hashlib.sha256("".join(f"{identifier}\n" for identifier in ids).encode()).hexdigest()


class Archive:
    """The store of a folder. Safe for many readers; writers wait for one another."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """Open or create the archive; raises ArchiveDamaged where it cannot be opened."""
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise ArchiveDamaged(
                f"{folder}: expected a folder for state, found {fault.strerror}"
            ) from None
        found = url or URL.create("sqlite", database=str(folder / DATABASE))
        self._engine = _engine(found)
        with self._begin() as connection:
            self._refuse_foreign(inspect(connection).get_table_names())
        with self._begin(writes=True) as connection:
            METADATA.create_all(connection)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def keep(
        self,
        body: bytes,
        source: str,
        path: str,
        received_ns: int,
        observations: Sequence[Observation],
        *,
        reader_version: str = "",
        file_sha256: str = "",
    ) -> int:
        """Keep a body and what was read from it; give the number of observations that are new.

        `file_sha256` is the hash of the file at `path`, where the body lay packed in it. The file
        is durable before the rows; the rows come in one transaction. A known body adds nothing.
        """
        sha256 = hashlib.sha256(body).hexdigest()
        place = Recording(path, file_sha256 or sha256, sha256)
        self._keep_raw(sha256, body)
        ids = [observation_id(observation) for observation in observations]
        version = reader_version or (observations[0].reader_version if observations else "")
        row = BodyRow(
            sha256,
            source,
            path,
            place.file_sha256,
            len(body),
            received_ns,
            version,
            len(ids),
            rows_root(ids),
        )
        with self._begin(writes=True) as connection:
            _add(connection, RECORDINGS, "path", [place._asdict()])
            if not _add(connection, BODIES, "sha256", [row._asdict()]):
                return 0
            rows = zip(ids, observations, strict=True)
            return _add(
                connection,
                OBSERVATIONS,
                "id",
                [{"id": identifier} | _columns(seen) for identifier, seen in rows],
            )

    def observations(
        self, observed_from_ns: int, observed_before_ns: int, source: str | None = None
    ) -> list[Observation]:
        """Give the observations of [from, before), of one source or all, by time then id."""
        wanted = (
            select(*_FIELDS)
            .where(
                OBSERVATIONS.c.observed_ns >= observed_from_ns,
                OBSERVATIONS.c.observed_ns < observed_before_ns,
            )
            .order_by(OBSERVATIONS.c.observed_ns, OBSERVATIONS.c.id)
        )
        if source is not None:
            wanted = wanted.where(OBSERVATIONS.c.source == source)
        with self._begin() as connection:
            return [_observation(row) for row in connection.execute(wanted)]

    def rows_of_body(self, sha256: str) -> list[tuple[str, Observation]]:
        """Give the observations that were read from a body, with their stored ids, in its order."""
        wanted = select(OBSERVATIONS.c.id, *_FIELDS).where(OBSERVATIONS.c.raw_sha256 == sha256)
        with self._begin() as connection:
            rows = connection.execute(wanted.order_by(OBSERVATIONS.c.sequence))
            return [(row.id, _observation(row[1:])) for row in rows]

    def bodies(self) -> list[BodyRow]:
        """Give what is known of every body, by source, then time, then hash."""
        columns = [BODIES.c[field] for field in BodyRow._fields]
        wanted = select(*columns).order_by(BODIES.c.source, BODIES.c.received_ns, BODIES.c.sha256)
        with self._begin() as connection:
            return [BodyRow(*row) for row in connection.execute(wanted)]

    def recordings(self) -> list[Recording]:
        """Give every place where a body was found, by path."""
        columns = [RECORDINGS.c[field] for field in Recording._fields]
        with self._begin() as connection:
            rows = connection.execute(select(*columns).order_by(RECORDINGS.c.path))
            return [Recording(*row) for row in rows]

    def body(self, sha256: str) -> bytes:
        """Give a body; raises ArchiveDamaged where it is gone or its hash differs."""
        file = self._raw_file(sha256)
        try:
            body = file.read_bytes()
        except OSError as fault:
            raise ArchiveDamaged(f"expected the body {sha256}, found {fault}") from None
        found = hashlib.sha256(body).hexdigest()
        if found != sha256:
            raise ArchiveDamaged(f"{file}: expected the body {sha256}, found {found}")
        return body

    def keep_fixings(self, fixings: Sequence[Fixing]) -> int:
        """Keep fixings in one transaction; give how many are new. The same content adds nothing."""
        rows = [_fixing_row(fixing) for fixing in fixings]
        with self._begin(writes=True) as connection:
            return _add(connection, FIXINGS, "sha256", rows)

    def fixings(
        self,
        series: str | None = None,
        from_ns: int | None = None,
        before_ns: int | None = None,
        source: str = "",
    ) -> list[Fixing]:
        """Give the fixing known last for each series and strike in [from, before), by strike.

        `source` is that of the fixing: "" for those made from all sources. Within one strike the
        order is that of the ticker. Raises ArchiveDamaged where a document is not what was kept.
        """
        wanted = select(FIXINGS.c.sha256, FIXINGS.c.document).where(FIXINGS.c.source == source)
        if series is not None:
            wanted = wanted.where(FIXINGS.c.series == series)
        if from_ns is not None:
            wanted = wanted.where(FIXINGS.c.strike_ns >= from_ns)
        if before_ns is not None:
            wanted = wanted.where(FIXINGS.c.strike_ns < before_ns)
        ranked = wanted.order_by(
            FIXINGS.c.strike_ns, FIXINGS.c.series, FIXINGS.c.known_ns, FIXINGS.c.sequence
        )
        with self._begin() as connection:
            found = [_fixing(*row) for row in connection.execute(ranked)]
        return list({(fixing.strike_ns, fixing.series): fixing for fixing in found}.values())

    def count(self) -> dict[str, int]:
        """Give the number of rows of each table."""
        with self._begin() as connection:
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in METADATA.tables.items()
            }

    def _refuse_foreign(self, tables: Sequence[str]) -> None:
        """Raise ArchiveDamaged where the database is someone else's, before anything is added."""
        foreign = sorted(set(tables) - set(METADATA.tables))
        if foreign:
            where = self._engine.url.render_as_string()
            raise ArchiveDamaged(f"{where}: expected an archive, found the table {foreign[0]!r}")

    def _raw_file(self, sha256: str) -> Path:
        return self.folder / "raw" / sha256[:2] / sha256

    def _keep_raw(self, sha256: str, body: bytes) -> None:
        """Write a body under its hash, durably and at once; one that lies there is left alone."""
        file = self._raw_file(sha256)
        if file.exists() and file.stat().st_size == len(body):
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            _write_durably(file, body)
        except OSError as fault:
            raise ArchiveDamaged(f"{file}: expected to write a body, found {fault}") from None

    @contextmanager
    def _begin(self, writes: bool = False) -> Iterator[Connection]:
        """Open a transaction; a fault of the database comes out as ArchiveDamaged."""
        try:
            with self._engine.execution_options(writes=writes).begin() as connection:
                yield connection
        except DatabaseError as fault:
            where = self._engine.url.render_as_string()
            raise ArchiveDamaged(f"{where}: expected an archive, found {fault.orig}") from None


_FIELDS = [OBSERVATIONS.c[field] for field in Observation._fields]


def _engine(url: URL | str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # We say BEGIN ourselves.
    for pragma in ("busy_timeout = 30000", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once, so that what it reads is what it adds to."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _add(connection: Connection, table: Table, key: str, rows: list[dict[str, Any]]) -> int:
    """Add the rows whose key is new; give their number."""
    known: set[str] = set()
    keys = [row[key] for row in rows]
    for start in range(0, len(keys), 500):
        some = table.c[key].in_(keys[start : start + 500])
        known.update(connection.execute(select(table.c[key]).where(some)).scalars())
    new = {row[key]: row for row in rows if row[key] not in known}
    if new:
        connection.execute(insert(table), list(new.values()))
    return len(new)


def _columns(observation: Observation) -> dict[str, Any]:
    return observation._asdict() | {"flags": " ".join(observation.flags)}


def _observation(row: Sequence[Any]) -> Observation:
    fields = dict(zip(Observation._fields, row, strict=True))
    return Observation(**fields | {"flags": tuple(fields["flags"].split())})


def _fixing_row(fixing: Fixing) -> dict[str, Any]:
    document = canonical_json(to_json(fixing))
    return {
        "sha256": hashlib.sha256(document.encode()).hexdigest(),
        "series": fixing.series,
        "strike_ns": fixing.strike_ns,
        "source": fixing.source,
        "methodology": fixing.methodology,
        "vintage": fixing.vintage,
        "known_ns": fixing.known_ns,
        "document": document,
    }


def _fixing(sha256: str, document: str) -> Fixing:
    found = hashlib.sha256(document.encode()).hexdigest()
    if found != sha256:
        raise ArchiveDamaged(f"fixings: expected the document {sha256}, found {found}")
    return from_json(json.loads(document))


def _write_durably(file: Path, body: bytes) -> None:
    """Write beside, make durable, then rename: the file is there whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise
    for folder in (file.parent, file.parent.parent):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
