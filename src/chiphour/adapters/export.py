"""EXPORT: the observations as Parquet, a file for each day and venue, and questions about them.

Takes   an archive and a range of days; or a folder that was exported, and a question in SQL; or
        fixings.
Gives   day=YYYY-MM-DD/venue=NAME/part-0.parquet with every column of an observation, its id and its
        reading; the rows that answer the question; fixings or other records as one Parquet file.
Keeps   a part whole or not there, and untouched where it would be the same: the same observations
        give the same bytes. A question reads the export and nothing else, writes nothing, and is
        bounded in rows, memory and time.
Source  Decision 0015. Settled figures come from our own integers, never from here.

    MarketError
    ├── ExportRefused      a range or folder that cannot be exported
    └── QuestionRefused    a question that cannot be answered, or may not be
"""

import hashlib
import json
import re
import tempfile
import threading
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any
from typing import NamedTuple
from typing import TypeVar
from urllib.parse import quote

import duckdb

from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import Stored
from chiphour.adapters.bodies import make_folder
from chiphour.adapters.bodies import write_durably
from chiphour.index.fixing import Fixing
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.publish.columns import Column
from chiphour.publish.datasets import FIXING_COLUMNS
from chiphour.publish.datasets import in_order
from chiphour.units import NS_PER_DAY
from chiphour.units import day_from_ns

R = TypeVar("R")

PART = "part-0.parquet"
PARTS = "day=*/venue=*/part-*.parquet"
ROOT = "chiphour_root"  # Under this name a part says what it was made from.
VIEW = "observations"  # The table that a question asks.
ROWS_MAX = 10_000
SECONDS_MAX = 60
MEMORY = "1GB"
SQL_TYPES = {str: "VARCHAR", int: "BIGINT", bool: "BOOLEAN"}
FOLDER_CHARACTERS_MAX = 200  # A file system allows 255 bytes for a name.

_COUNTS = {name for name, of in Observation.__annotations__.items() if of is int}
COLUMNS = {"id": "VARCHAR", "reading": "VARCHAR"} | {
    name: "BIGINT" if name in _COUNTS else "VARCHAR" for name in Observation._fields
}


class ExportRefused(MarketError):
    """A range or folder that cannot be exported."""


class QuestionRefused(MarketError):
    """A question that cannot be answered, or may not be."""


class Export(NamedTuple):
    """What was exported: rows, parts they are in, and how many of these were new or different."""

    rows: int
    parts: int
    written: int


class Answered(NamedTuple):
    """The rows that answer a question, under the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class _Writer(NamedTuple):
    """Makes parts in a draft, one after another: one thread does, so that rows keep their order."""

    connection: duckdb.DuckDBPyConnection
    draft: Path

    def part(self, rows: Sequence[Stored], root: str) -> bytes:
        """Give the bytes of a part, which say what they were made from."""
        lines, part = self.draft / "rows.ndjson", self.draft / "part.parquet"
        with lines.open("w", encoding="utf-8") as stream:
            stream.writelines(f"{json.dumps(_object(row))}\n" for row in rows)
        columns = ", ".join(f"'{name}': '{of}'" for name, of in COLUMNS.items())
        source = (
            f"read_json('{_quoted(lines)}', format = 'newline_delimited', columns = {{{columns}}})"
        )
        words = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{ROOT}: '{root}'}}"
        self.connection.execute(f"COPY (FROM {source}) TO '{_quoted(part)}' ({words})")
        return part.read_bytes()

    def roots(self, folder: Path) -> dict[Path, str]:
        """Give for every part of the folder what it was made from."""
        parts = f"parquet_kv_metadata('{quoted_pattern(folder)}/{PARTS}')"
        wanted = f"SELECT file_name, decode(value) FROM {parts} WHERE decode(key) = '{ROOT}'"
        if not any(folder.glob(PARTS)):
            return {}
        return {Path(file): root for file, root in self.connection.execute(wanted).fetchall()}


def export_parquet(archive: Archive, folder: Path, from_ns: int, before_ns: int) -> Export:
    """Export the observations of [from, before), which are whole days, by day and venue.

    Raises ExportRefused for a range that cuts a day of the archive, or a folder that cannot be
    written.
    """
    span = archive.span() or (0, -1)
    for bound_ns in (from_ns, before_ns):
        if bound_ns % NS_PER_DAY and span[0] < bound_ns <= span[1]:
            raise ExportRefused(f"expected whole days, found {from_ns} to {before_ns} ns")
    first = max(day_from_ns(from_ns), day_from_ns(span[0]))
    last = min(day_from_ns(before_ns - 1), day_from_ns(span[1]))
    total = Export(0, 0, 0)
    try:
        make_folder(folder)
        with (
            tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as draft,
            duckdb.connect(":memory:", config={"threads": 1}) as connection,
        ):
            writer = _Writer(connection, Path(draft))
            known = writer.roots(folder)
            for day in _days(first, last):
                done = _export_day(archive, folder, writer, known, day)
                total = Export(*(a + b for a, b in zip(total, done, strict=True)))
    except (OSError, duckdb.Error) as fault:
        found = " ".join(str(fault).split())
        raise ExportRefused(f"{folder}: expected to write an export, found {found}") from None
    return total


def fixings_parquet(fixings: Iterable[Fixing]) -> bytes:
    """Give the rows of `fixings_csv` as a Parquet file: the same columns, typed, null where empty.

    Raises ExportRefused where the disk has no room for a draft.
    """
    return table_parquet(FIXING_COLUMNS, in_order(fixings))


def table_parquet(columns: Sequence[Column[R]], records: Iterable[R]) -> bytes:
    """Give records as a Parquet file, by their columns: the same records give the same bytes.

    Raises ExportRefused where the disk has no room for a draft.
    """
    types = ", ".join(f"'{column.name}': '{SQL_TYPES[column.type]}'" for column in columns)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="chiphour-") as draft,
            duckdb.connect(":memory:", config={"threads": 1}) as connection,
        ):
            lines, part = Path(draft) / "rows.ndjson", Path(draft) / "part.parquet"
            with lines.open("w", encoding="utf-8") as stream:
                for record in records:
                    row = {column.name: column.read(record) for column in columns}
                    stream.write(f"{json.dumps(row)}\n")
            source = (
                f"read_json('{_quoted(lines)}', format = 'newline_delimited', "
                f"columns = {{{types}}})"
            )
            connection.execute(
                f"COPY (FROM {source}) TO '{_quoted(part)}' (FORMAT parquet, COMPRESSION zstd)"
            )
            return part.read_bytes()
    except (OSError, duckdb.Error) as fault:
        found = " ".join(str(fault).split())
        raise ExportRefused(f"expected to write a table as Parquet, found {found}") from None


def query(folder: Path, sql: str, rows_max: int = ROWS_MAX, seconds: int = SECONDS_MAX) -> Answered:
    """Answer one SELECT over the view `observations` of an export.

    Its columns are those of the parts, and `day`. Raises QuestionRefused for anything else than one
    SELECT, for a file outside the export, for more rows or time than allowed.
    """
    if not any(folder.glob(PARTS)):
        raise QuestionRefused(f"{folder}: expected an export, found no {PARTS}")
    connection = _opened(folder)
    clock = threading.Timer(seconds, connection.interrupt)
    clock.start()
    try:
        statements = connection.extract_statements(sql)
        if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
            raise QuestionRefused(f"expected one SELECT, found {len(statements)} statements: {sql}")
        answer = connection.execute(statements[0])
        rows = answer.fetchmany(rows_max + 1)
        columns = tuple(str(column[0]) for column in answer.description or ())
    except duckdb.InterruptException:
        raise QuestionRefused(f"expected an answer in {seconds} seconds, found none") from None
    except duckdb.Error as fault:
        raise QuestionRefused(" ".join(str(fault).split())) from None
    finally:
        clock.cancel()
        connection.close()
    if len(rows) > rows_max:
        raise QuestionRefused(
            f"expected at most {rows_max} rows, found more: ask for a sum, or LIMIT"
        )
    return Answered(columns, tuple(rows))


def _export_day(
    archive: Archive, folder: Path, writer: _Writer, known: dict[Path, str], day: date
) -> Export:
    """Export one day: every part that differs is made in the draft, then put in place."""
    start_ns = (day - day_from_ns(0)).days * NS_PER_DAY
    rows = archive.stored(start_ns, start_ns + NS_PER_DAY)
    if not rows:
        return Export(0, 0, 0)
    venue = attrgetter("observation.venue")
    of_venue = {name: list(of) for name, of in groupby(sorted(rows, key=venue), venue)}
    written = 0
    for name, part in of_venue.items():
        file = folder / f"day={day.isoformat()}" / f"venue={_folder_name(name)}" / PART
        root = _root(part)
        if known.get(file) != root:
            make_folder(file.parent)
            write_durably(file, writer.part(part, root))
            written += 1
    return Export(len(rows), len(of_venue), written)


def _root(rows: Sequence[Stored]) -> str:
    """Give the hash of what a part is made from: its columns, and its rows with their readings."""
    of_rows = canonical_json([[row.id, row.reading] for row in rows])
    return hashlib.sha256(f"{canonical_json(COLUMNS)} {of_rows}".encode()).hexdigest()


def _object(row: Stored) -> dict[str, Any]:
    seen = row.observation
    own = {"id": row.id, "reading": row.reading}
    return own | seen._asdict() | {"flags": " ".join(seen.flags)}


def _opened(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that can read the export and touch nothing else."""
    place, parts = _quoted(folder.resolve()), quoted_pattern(folder.resolve())
    connection = duckdb.connect(":memory:", config={"threads": 2, "memory_limit": MEMORY})
    for statement in (
        f"SET allowed_directories = ['{place}', '{parts}']",  # And as the pattern writes it.
        "SET temp_directory = ''",
        "SET enable_external_access = false",
        f"CREATE VIEW {VIEW} AS FROM read_parquet('{parts}/{PARTS}', hive_partitioning = true)",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)
    return connection


def _days(first: date, last: date) -> Iterator[date]:
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(number)


def _folder_name(venue: str) -> str:
    """Give a venue's word as a name that any file system takes; a very long one is cut, hashed."""
    name = quote(venue, safe="")
    if len(name) <= FOLDER_CHARACTERS_MAX:
        return name
    return name[:100] + hashlib.sha256(venue.encode()).hexdigest()[:16]


def quoted_pattern(path: Path) -> str:
    """Quote a path that begins a pattern: what would be one in its own name stands for itself."""
    return re.sub(r"[*?\[]", r"[\g<0>]", _quoted(path))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
