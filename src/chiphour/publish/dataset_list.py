"""DATASET_LIST: every file that anyone can take, with what is in it.

Takes   how many rows and bytes the index has; what a market adds.
Gives   `Dataset` records and their published shape.
Keeps   columns those of the table that the file is written from; a size that was not counted null.
Source  Decisions 0010, 0023 and 0041.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from chiphour.index.series import ALL_SERIES
from chiphour.index.series import BY_TICKER
from chiphour.publish.columns import Column
from chiphour.publish.columns import Shape
from chiphour.publish.columns import count_or_null
from chiphour.publish.columns import many
from chiphour.publish.columns import text
from chiphour.publish.columns import truth
from chiphour.publish.columns import word
from chiphour.publish.datasets import FIXING_COLUMNS
from chiphour.publish.datasets import LICENCE
from chiphour.publish.feeds import ATOM
from chiphour.publish.feeds import FEEDS
from chiphour.publish.words import series_words

TYPES = {str: "string", int: "integer", bool: "boolean", list: "list"}
PARQUET = "application/vnd.apache.parquet"
FORMS = (("csv", "text/csv"), ("json", "application/json"), ("parquet", PARQUET))
FIXINGS_SCHEMA = "/schema/fixings.json"


class Dataset(NamedTuple):
    """A file. `of` is the slug of the series that it holds alone; `rows`, `bytes` may be None.

    `table` names its columns: files with the same name have the same ones.
    """

    name: str
    title: str
    address: str
    media_type: str
    rows: int | None = None
    bytes: int | None = None
    of: str = ""
    schema: str = ""
    table: str = ""
    columns: tuple[Column[Any], ...] = ()


COLUMN = Shape[Column[Any]](
    "DatasetColumn",
    "A column of a file.",
    (
        text("name", "Its name.", "series", lambda c: c.name),
        word("type", "What its values are.", "string", lambda c: TYPES[c.type], TYPES.values()),
        truth("nullable", "Whether one may be missing.", False, lambda c: c.nullable),
        text("meaning", "What they mean.", "Ticker of the series.", lambda c: c.meaning),
        text("example", "One of them.", "CHR.H100.SXM.OD", lambda c: example_text(c)),
    ),
)
DATASET = Shape[Dataset](
    "Dataset",
    "A file that anyone can take.",
    (
        text("name", "Its name, for good.", "fixings-csv", lambda d: d.name),
        text("title", "What is in it.", "Every fixing", lambda d: d.title),
        text("address", "Where it lies.", "/data/fixings.csv", lambda d: d.address),
        text("media_type", "What it is.", "text/csv", lambda d: d.media_type),
        count_or_null("rows", "How many rows; null: not counted.", 12_000, lambda d: d.rows),
        count_or_null("bytes", "Its size; null: not counted.", 3_364_932, lambda d: d.bytes),
        text("of", "Slug of the one series in it; else empty.", "", lambda d: d.of),
        text("schema", "Its JSON Schema; else empty.", FIXINGS_SCHEMA, lambda d: d.schema),
        text("table", "Which of `tables` it is; else empty.", "fixings", lambda d: d.table),
    ),
)
TABLE = Shape[Dataset](
    "DatasetTable",
    "What the columns of some files are.",
    (text("name", "Its name.", "fixings", lambda d: d.table),),
    (many("columns", COLUMN, "In their order.", lambda d: d.columns),),
)
DATASETS = Shape[Sequence[Dataset]](
    "Datasets",
    "Every file that anyone can take.",
    (text("licence", "Licence.", LICENCE, lambda _: LICENCE),),
    (
        many("datasets", DATASET, "Whole tables first.", lambda rows: rows),
        many("tables", TABLE, "The columns of each kind of table.", lambda rows: tables_of(rows)),
    ),
)


def tables_of(datasets: Iterable[Dataset]) -> list[Dataset]:
    """Give one file of each kind of table."""
    return list({each.table: each for each in datasets if each.table}.values())


def example_text(column: Column[Any]) -> str:
    """Write a column's example as a file of text has it."""
    if isinstance(column.example, bool):
        return "true" if column.example else "false"
    if isinstance(column.example, list):
        return " ".join(column.example)
    return "" if column.example is None else str(column.example)


def index_datasets(rows: Mapping[str, int], sizes: Mapping[str, int]) -> list[Dataset]:
    """Give the files of an index: `rows` by ticker, `sizes` in bytes by address."""
    total = sum(rows.values())
    found = list(_tables("fixings", "Every fixing", "/data/fixings", total, sizes))
    for series in ALL_SERIES:
        if rows.get(series.ticker):
            title, place = series_words(BY_TICKER[series.ticker]), f"/data/series/{series.slug}"
            each = _tables(series.slug, title, place, rows[series.ticker], sizes)
            found += [one._replace(of=series.slug) for one in each]
    found += [
        Dataset(f"feed-{name}", title, f"/feeds/{name}.atom", ATOM)
        for name, (_, title) in FEEDS.items()
    ]
    return [*found, *_LOG]


def _tables(
    name: str, title: str, place: str, rows: int, sizes: Mapping[str, int]
) -> Iterable[Dataset]:
    for end, media_type in FORMS:
        address = f"{place}.{end}"
        schema = FIXINGS_SCHEMA if end == "json" else ""
        yield Dataset(
            *(f"{name}-{end}", title, address, media_type, rows, sizes.get(address)),
            *("", schema, "fixings", FIXING_COLUMNS),
        )


_LOG = (
    Dataset("log-checkpoint", "The signed checkpoint of the log", "/log/checkpoint", "text/plain"),
    Dataset("log-key", "The key that signs the log", "/log/key", "text/plain"),
    Dataset("log-tiles", "Its tiles", "/log/tile/0/000", "application/octet-stream"),
    Dataset("log-leaves", "Its leaves", "/log/tile/entries/000", "application/octet-stream"),
    Dataset("schemas", "Every JSON Schema", "/schema/index.json", "application/json"),
    Dataset("openapi", "The API, described", "/schema/openapi.json", "application/json"),
)
