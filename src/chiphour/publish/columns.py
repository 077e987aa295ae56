"""COLUMNS: the one table behind every published form of a record.

Takes   for each kind of record its columns and the records inside it.
Gives   `Shape`, and from it the plain object of a record, rows of CSV and what a reader of the
        documentation, of a JSON Schema and of OpenAPI is told.
Keeps   names written once: a form that differs from another cannot be made. Columns are only ever
        appended: readers of CSV count them.
Source  Decisions 0010 and 0023.
"""

import csv
import io
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import Generic
from typing import NamedTuple
from typing import TypeVar

from chiphour.units import iso_from_ns
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ppm
from chiphour.units import text_from_ticks

Plain = str | int | bool | None | list[str]
Json = dict[str, object]
R = TypeVar("R")
S = TypeVar("S")

# What the texts look like, as JSON Schema writes it.
DAY = r"^\d{4}-\d{2}-\d{2}$"
TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$"
TICKS = r"^-?\d+\.\d{4}$"
SHARE = r"^-?\d+\.\d{6}$"
NANOUSD = r"^-?\d+\.\d{9}$"
HASH = r"^[0-9a-f]{64}$"


class Column(NamedTuple, Generic[R]):
    """One column: its name, its JSON type, what it means, how it is read from a record.

    `nullable` is null in JSON and an empty field in CSV. `pattern` is what its text looks like;
    `words` are the only texts it can be.
    """

    name: str
    type: type
    nullable: bool
    meaning: str
    example: Plain
    read: Callable[[R], Plain]
    pattern: str = ""
    words: tuple[str, ...] = ()


class Part(NamedTuple, Generic[R]):
    """Records inside a record: `many` is a list of them, `nullable` one that may be missing."""

    name: str
    shape: "Shape[Any]"
    meaning: str
    many: bool
    nullable: bool
    write: Callable[[R], object]


class Shape(NamedTuple, Generic[R]):
    """A kind of record as it is published: scalars first, then what stands inside it."""

    name: str
    meaning: str
    columns: tuple[Column[R], ...]
    parts: tuple[Part[R], ...] = ()


def text(
    name: str, meaning: str, example: str, read: Callable[[R], str], pattern: str = ""
) -> Column[R]:
    """Make a column of text."""
    return Column(name, str, False, meaning, example, read, pattern)


def word(
    name: str, meaning: str, example: str, read: Callable[[R], str], words: Iterable[str]
) -> Column[R]:
    """Make a column of text that is one of a few words."""
    return Column(name, str, False, meaning, example, read, "", tuple(words))


def count(name: str, meaning: str, example: int, read: Callable[[R], int]) -> Column[R]:
    """Make a column of whole numbers."""
    return Column(name, int, False, meaning, example, read)


def count_or_null(
    name: str, meaning: str, example: int, read: Callable[[R], int | None]
) -> Column[R]:
    """Make a column of whole numbers that may be missing."""
    return Column(name, int, True, meaning, example, read)


def truth(name: str, meaning: str, example: bool, read: Callable[[R], bool]) -> Column[R]:
    """Make a column of true or false."""
    return Column(name, bool, False, meaning, example, read)


def texts(
    name: str, meaning: str, example: Sequence[str], read: Callable[[R], Iterable[str]]
) -> Column[R]:
    """Make a column of several texts."""
    return Column(name, list, False, meaning, list(example), lambda record: list(read(record)))


def usd(name: str, meaning: str, example: str, read: Callable[[R], int | None]) -> Column[R]:
    """Make a column of dollars with four decimals, from ticks; null where there is no price."""
    return Column(name, str, True, meaning, example, _unless_none(read, text_from_ticks), TICKS)


def rate(name: str, meaning: str, example: str, read: Callable[[R], int | None]) -> Column[R]:
    """Make a column of dollars with nine decimals, from nano-dollars, or null."""
    return Column(name, str, True, meaning, example, _unless_none(read, text_from_nanousd), NANOUSD)


def share(name: str, meaning: str, example: str, read: Callable[[R], int | None]) -> Column[R]:
    """Make a column of shares of one with six decimals, from parts per million, or null."""
    return Column(name, str, True, meaning, example, _unless_none(read, text_from_ppm), SHARE)


def moment(name: str, meaning: str, example: str, read: Callable[[R], int]) -> Column[R]:
    """Make a column of times, UTC, from nanoseconds."""
    return Column(name, str, False, meaning, example, lambda one: iso_from_ns(read(one)), TIME)


def moment_or_null(
    name: str, meaning: str, example: str, read: Callable[[R], int | None]
) -> Column[R]:
    """Make a column of times that may be missing."""
    return Column(name, str, True, meaning, example, _unless_none(read, iso_from_ns), TIME)


def _unless_none(
    read: Callable[[R], int | None], write: Callable[[int], str]
) -> Callable[[R], str | None]:
    def written(record: R) -> str | None:
        value = read(record)
        return None if value is None else write(value)

    return written


def lifted(columns: Iterable[Column[S]], inner: Callable[[R], S]) -> tuple[Column[R], ...]:
    """Give the columns of a record for another one that holds it."""
    return tuple(_lifted(column, inner) for column in columns)


def _lifted(column: Column[S], inner: Callable[[R], S]) -> Column[R]:
    name, kind, nullable, meaning, example, read, pattern, words = column
    return Column(
        name, kind, nullable, meaning, example, lambda record: read(inner(record)), pattern, words
    )


def many(name: str, shape: Shape[S], meaning: str, read: Callable[[R], Iterable[S]]) -> Part[R]:
    """Make a part that is a list of records."""
    return Part(
        name,
        shape,
        meaning,
        True,
        False,
        lambda one: [object_of(shape, each) for each in read(one)],
    )


def one(name: str, shape: Shape[S], meaning: str, read: Callable[[R], S | None]) -> Part[R]:
    """Make a part that is one record, or null."""

    def write(record: R) -> object:
        inner = read(record)
        return None if inner is None else object_of(shape, inner)

    return Part(name, shape, meaning, False, True, write)


def object_of(shape: Shape[R], record: R) -> Json:
    """Give the plain object of a record: its columns in order, then its parts."""
    found: Json = {column.name: column.read(record) for column in shape.columns}
    return found | {part.name: part.write(record) for part in shape.parts}


def csv_bytes(columns: Sequence[Column[R]], records: Iterable[R]) -> bytes:
    """Give one row per record, RFC 4180, UTF-8, with a header line."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(column.name for column in columns)
    for record in records:
        writer.writerow(_field(column.read(record)) for column in columns)
    return stream.getvalue().encode()


def _field(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else str(value)
