"""ARCHIVE_TABLES: the tables of the archive, and all that differs between databases.

Takes   the URL of a SQLite or PostgreSQL database.
Gives   the tables; an engine whose transactions are durable and whose writers take turns; `add`,
        which adds the rows that are new.
Keeps   rows for good: UPDATE and DELETE are refused by triggers, in both databases, on every table
        but MUTABLE. A database of someone else, or of an earlier layout, is left as it is.
Source  Decisions 0003 and 0015.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import DDL
from sqlalchemy import URL
from sqlalchemy import BigInteger
from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import Index
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import PrimaryKeyConstraint
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import Text
from sqlalchemy import create_engine
from sqlalchemy import delete
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import literal_column
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import DBAPIError

from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.observe.observation import Observation

METADATA = MetaData()
_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")  # Only INTEGER numbers itself there.
_COUNTS = ("memory_gb", "price_nanousd", "gpus", "observed_ns", "received_ns")
_RATE = literal_column("kind") == literal_column("'rate'")  # As an index must have it: no marks.


def _sequence() -> Column[int]:
    return Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True)


def _hash(name: str, **options: Any) -> Column[str]:
    return Column(name, String(64), nullable=False, **options)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


# A body, read at one time. The same bytes that come again later are another reading.
READINGS = Table(
    "readings",
    METADATA,
    _hash("id", primary_key=True),
    _hash("sha256"),
    _text("source"),
    _text("shape"),
    _text("path"),
    _hash("file_sha256"),
    _count("bytes"),
    _count("observed_ns"),
    _count("received_ns"),
    Column("dated", Boolean, nullable=False),
    _text("reader_version"),
    _text("rates"),
    _count("rows"),
    _hash("rows_root"),
    Index("readings_by_time", "source", "observed_ns"),
)
# Where a recording was found: the same bytes may lie in several places.
RECORDINGS = Table(
    "recordings",
    METADATA,
    Column("path", Text, primary_key=True),
    _hash("file_sha256"),
    _hash("reading"),
)
OBSERVATIONS = Table(
    "observations",
    METADATA,
    _sequence(),
    _hash("id", unique=True),
    _hash("reading"),
    *(_count(field) if field in _COUNTS else _text(field) for field in Observation._fields),
    Index("observations_by_time", "observed_ns"),
    Index("observations_by_reading", "reading"),
    Index("observations_by_offer", "source", "venue", "observed_ns", "kind"),
    Index("observations_rates", "spec", "observed_ns", sqlite_where=_RATE, postgresql_where=_RATE),
)
# Whose prices each source has ever shown: where a search for current offers begins.
SHOWN = Table(
    "shown",
    METADATA,
    Column("source", Text),
    Column("venue", Text),
    PrimaryKeyConstraint("source", "venue"),
)
# Every vintage of every fixing. The last known of a strike is found by the first index alone.
FIXINGS = Table(
    "fixings",
    METADATA,
    _sequence(),
    _hash("sha256", unique=True),
    _text("source"),
    Column("parameter_set", String(16), nullable=False),
    Column("series", String(64), nullable=False),
    _count("strike_ns"),
    _count("known_ns"),
    Column("methodology", String(64), nullable=False),
    Column("vintage", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    _text("document"),
    Index(
        "fixings_by_vintage",
        *("source", "parameter_set", "series", "strike_ns", "known_ns", "sequence"),
        *("state", "vintage"),  # So that who looks through all needs no row.
    ),
    Index("fixings_by_strike", "strike_ns", "source", "parameter_set"),
)
# Batches that are closed for good: a row with a larger number than `sequence` is in none of them.
CLOSED = Table(
    "closed",
    METADATA,
    Column("strike_ns", BigInteger, primary_key=True, autoincrement=False),
    _count("sequence"),
    _count("rows"),
    _hash("root"),
)
# Named events: why fixings of these strikes were made again, without some rows or with others.
REVISIONS = Table(
    "revisions",
    METADATA,
    Column("id", String(16), primary_key=True),
    _count("known_ns"),
    _text("document"),
)
REFUSALS = Table(
    "refusals",
    METADATA,
    _sequence(),
    _text("source"),
    _text("shape"),
    _text("path"),
    _count("observed_ns"),
    _count("received_ns"),
    Column("code", String(32), nullable=False),
    _text("detail"),
    _hash("sha256"),
    _hash("file_sha256"),
    Index("refusals_by_path", "path", "file_sha256", "code"),
    Index("refusals_by_source", "source", "sequence"),
)
COMMITMENTS = Table(
    "commitments",
    METADATA,
    Column("venue", Text),
    Column("day", String(10)),
    _hash("commitment"),
    _count("committed_ns"),
    PrimaryKeyConstraint("venue", "day"),
)
REVEALS = Table(
    "reveals",
    METADATA,
    Column("venue", Text),
    Column("day", String(10)),
    _text("revealed"),
    _count("revealed_ns"),
    PrimaryKeyConstraint("venue", "day"),
)
# How each task of the collector fares now: the one table that forgets.
TASKS = Table(
    "tasks",
    METADATA,
    Column("source", Text, primary_key=True),
    _text("document"),
    _count("written_ns"),
)
MUTABLE = (TASKS,)
EARLIER = "bodies"  # A table of the layout before this one.

_REFUSE_SQLITE = (
    "CREATE TRIGGER {table}_refuse_{word} BEFORE {verb} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'append only'); END"
)
_REFUSE_POSTGRESQL = (
    "CREATE TRIGGER {table}_refuse_{word} BEFORE {verb} ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION chiphour_append_only()"
)
_FUNCTION_POSTGRESQL = """
CREATE OR REPLACE FUNCTION chiphour_append_only() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN RAISE EXCEPTION ''append only''; END'
"""
_VERBS = {"sqlite": ("UPDATE", "DELETE"), "postgresql": ("UPDATE", "DELETE", "TRUNCATE")}
_WRITERS_LOCK = 0x6368_6970_686F_7572  # Any number; this one is "chiphour".
_LOCK_POSTGRESQL = (
    "SET LOCAL lock_timeout = '30s'",
    f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})",
)
_PRAGMAS = (
    "busy_timeout = 30000",
    "journal_mode = WAL",
    "synchronous = FULL",
    "cache_size = -65536",  # KiB: ids are scattered, so their index must fit.
)


def _refuse_changes() -> None:
    """Let each table that is made refuse what would change a row."""
    made = DDL(_FUNCTION_POSTGRESQL)  # type: ignore[no-untyped-call]
    event.listen(METADATA, "before_create", made.execute_if(dialect="postgresql"))
    words = {"sqlite": _REFUSE_SQLITE, "postgresql": _REFUSE_POSTGRESQL}
    for table in METADATA.tables.values():
        for dialect, verbs in _VERBS.items():
            for verb in verbs if table not in MUTABLE else ():
                text = words[dialect].format(table=table.name, word=verb.lower(), verb=verb)
                trigger = DDL(text)  # type: ignore[no-untyped-call]
                event.listen(table, "after_create", trigger.execute_if(dialect=dialect))


_refuse_changes()


def connected(url: URL | str) -> Engine:
    """Give the engine of a database; raises ArchiveDamaged for a URL that leads to none we know."""
    try:
        found = make_url(url)
        engine = create_engine(found)
    except (ArgumentError, ImportError) as fault:
        raise ArchiveDamaged(f"expected the URL of a database, found: {_line(fault)}") from None
    name = engine.dialect.name
    if name not in _VERBS:
        raise ArchiveDamaged(f"expected a database of {' or '.join(_VERBS)}, found {name}")
    if name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite if name == "sqlite" else _begin_postgresql)
    return engine


def make_tables(engine: Engine, where_to_remove: str) -> None:
    """Make the tables that are missing; raises ArchiveDamaged where the database is not ours.

    A database of an earlier layout is refused too: `where_to_remove` says what to take away.
    """
    with transaction(engine) as connection:
        found = inspect(connection).get_multi_columns()
    columns = {name: {column["name"] for column in of} for (_, name), of in found.items()}
    foreign = sorted(set(columns) - {*METADATA.tables, EARLIER})
    if foreign:
        where = engine.url.render_as_string()
        raise ArchiveDamaged(f"{where}: expected an archive, found the table {foreign[0]!r}")
    for name, names in columns.items():
        if name == EARLIER or names != set(METADATA.tables[name].c.keys()):
            raise ArchiveDamaged(
                f"{engine.url.render_as_string()}: expected the tables of this version, found an "
                f"earlier {name!r}: remove {where_to_remove}; it is made again from the recordings"
            )
    with transaction(engine, writes=True) as connection:
        METADATA.create_all(connection)


@contextmanager
def transaction(engine: Engine, writes: bool = False) -> Iterator[Connection]:
    """Open a transaction; a fault of the database comes out as ArchiveDamaged, in one line."""
    try:
        with engine.execution_options(writes=writes).begin() as connection:
            yield connection
    except DBAPIError as fault:
        where = engine.url.render_as_string()
        found = _line(fault.orig)
        raise ArchiveDamaged(f"{where}: expected an archive, found {found}") from None


def add(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> int:
    """Add the rows whose key is new; give their number.

    A row has the columns of the table in their order, but for one that numbers itself. One
    prepared statement is run over all rows: a poll of 20,000 must not wait.
    """
    if not rows:
        return 0
    names = [f'"{column.name}"' for column in table.c if column is not table.autoincrement_column]
    marks = ["?" if connection.dialect.paramstyle == "qmark" else "%s"] * len(names)
    words = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(marks)})"
    done = connection.exec_driver_sql(f"{words} ON CONFLICT DO NOTHING", [tuple(r) for r in rows])
    return done.rowcount


def put(connection: Connection, table: Table, key: str, row: Sequence[Any]) -> None:
    """Put a row in the place of the one with its key, in a table that forgets."""
    assert table in MUTABLE
    value = row[list(table.c.keys()).index(key)]
    connection.execute(delete(table).where(table.c[key] == value))
    add(connection, table, [row])


def _line(fault: BaseException | None) -> str:
    return " ".join(str(fault).split())


def _configure_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # We say BEGIN ourselves.
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once, so that what it reads is what it adds to."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    """Writers take turns, so that rows become visible in the order of their sequence."""
    if connection.get_execution_options().get("writes", False):
        for statement in _LOCK_POSTGRESQL:
            connection.exec_driver_sql(statement)
