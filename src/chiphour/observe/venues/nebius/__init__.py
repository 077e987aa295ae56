"""NEBIUS: the price page of Nebius, a provider with a rate card.

Takes   its web page (`prices`): the tables of GPU instances and of preemptible ones.
Gives   for each card a price of one GPU by the hour: on demand (OD), and what preemptible ones
        start at (INT).
Keeps   to tables and columns that we know: another title or caption over prices by the GPU-hour is
        refused. A column of prices "effective" from a day holds from that day, 00:00 UTC, in the
        place of those before it. Preemptible prices move: what they are "from" is the least, a
        bound (bid_floor). On demand "from" is the price of the smallest machine, kept as a term.
        "Contact us" is no price: no row. The page says neither region nor stock.
Source  The page as others have published it. Nebius states prices to programs only by its billing
        calculator, over gRPC and with credentials. No recording: a schema.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from chiphour.hardware.names import card_named
from chiphour.observe.markup import texts_seen
from chiphour.observe.markup import whole_page
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import nanousd_of
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import ns_from_iso

VENUE = Venue(
    name="nebius",
    publisher="Nebius B.V.",
    terms="https://docs.nebius.com/legal/agreement",
    description="https://nebius.com/prices",
    site="https://nebius.com/prices",
    recordings=(),
    cadence="live: every 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="nebius-1",
    base_url="https://nebius.com",
    requests_per_minute=2,
    body_bytes_max=4 << 20,
    content_types=("text/html",),
)

_BLOCK = '<div class="pc-highlight-table-block__'
TABLE, ROW, CELL, TABLE_END = (f'{_BLOCK}{x}">' for x in ("content", "row", "cell", "scrollbar"))
TITLE = 'pc-title-item__text">'

ON_DEMAND, PREEMPTIBLE = "NVIDIA GPU Instances", "Preemptible NVIDIA GPU Instances"
BY_GPU_HOUR = "GPU-hour"  # In a caption: the table has prices of GPUs.
PLAIN = ("Item", "vCPUs", "RAM, GB")
# The captions of prices, by the title of their table.
CAPTIONS = {
    ON_DEMAND: ("On-demand, GPU-hour",),
    PREEMPTIBLE: ("Preemptible, GPU-hour", "Spot price, GPU-hour"),
}
EFFECTIVE = re.compile(r"GPU-hour \(Effective ([A-Z][a-z]+) (\d{1,2}), (\d{4})\)")
_MONTHS = "January February March April May June July August September October November December"
MONTHS = {name: number for number, name in enumerate(_MONTHS.split(), 1)}
PRICE = re.compile(r"(from )?\$(\d{1,6}(?:\.\d{1,6})?)\*{0,3}")
NO_PRICE = ("Contact us", "--", "—")
BESIDES = (" with AMD CPU", " with Intel CPU")  # Words after a card's name.


class _Table(NamedTuple):
    """A table of the page: its title, its captions, and the texts of each row."""

    title: str
    captions: list[str]
    rows: list[list[str]]


def requests() -> Iterator[Request]:
    """Yield the one request of a poll."""
    yield Request("prices", "/prices")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give no time: the page does not say when it was fetched."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the prices of each card; raises UnexpectedData."""
    page = whole_page(body.content, VENUE.name)
    tables = [table for table in _tables(page) if _is_of_gpus(table)]
    titles = [table.title for table in tables]
    if ON_DEMAND not in titles or len(set(titles)) != len(titles) or not set(titles) <= {*CAPTIONS}:
        raise UnexpectedData(f"{VENUE.name}: expected tables {list(CAPTIONS)}, found {titles}")
    for table in tables:
        column = _column(table, body.observed_ns)
        repeats = Repeats()
        for number, row in enumerate(table.rows):
            found = _row(table, row, column, body, number, repeats)
            if found is not None:
                yield found


# The page.


def _tables(page: str) -> Iterator[_Table]:
    before, *parts = page.split(TABLE)
    for part in parts:
        title = unescape(before.rpartition(TITLE)[2].partition("<")[0]).strip()
        inside, end, _ = part.partition(TABLE_END)
        if not end:
            raise UnexpectedData(f"{VENUE.name}: {title}: expected a table that ends, found none")
        captions, *rows = [_texts(row) for row in inside.split(ROW)[1:]] or [[]]
        yield _Table(title, [caption.rstrip("*") for caption in captions], rows)
        before = part


def _texts(row: str) -> list[str]:
    """Give the text of each cell, as a reader of the page sees it."""
    return ["|".join(texts_seen(cell)) for cell in row.split(CELL)[1:]]


def _is_of_gpus(table: _Table) -> bool:
    return table.title in CAPTIONS or any(BY_GPU_HOUR in caption for caption in table.captions)


def _column(table: _Table, observed_ns: int) -> int:
    """Give the column of the prices that hold; every caption must be known."""
    column, since_ns = -1, -1
    for number, caption in enumerate(table.captions):
        effective = EFFECTIVE.fullmatch(caption)
        if caption in CAPTIONS[table.title]:
            from_ns = 0
        elif effective is not None:
            from_ns = _day_ns(*effective.groups())
        elif caption in PLAIN:
            continue
        else:
            known = [*PLAIN, *CAPTIONS[table.title]]
            raise UnexpectedData(f"{VENUE.name} {table.title}: expected {known}, found {caption!r}")
        if since_ns < from_ns <= observed_ns:
            column, since_ns = number, from_ns
    if column < 0 or table.captions[: len(PLAIN)] != list(PLAIN):
        raise UnexpectedData(f"{VENUE.name} {table.title}: expected prices, found {table.captions}")
    return column


def _day_ns(month: str, day: str, year: str) -> int:
    text = f"{year}-{MONTHS.get(month, 0):02}-{int(day):02}T00:00:00+00:00"
    try:
        return ns_from_iso(text)
    except ValueError:
        raise UnexpectedData(f"{VENUE.name}: expected a day, found {month} {day}, {year}") from None


# A row.


def _row(
    table: _Table, row: list[str], column: int, body: Body, number: int, repeats: Repeats
) -> Observation | None:
    where = f"{VENUE.name} {table.title} row {number}"
    if len(row) != len(table.captions):
        raise UnexpectedData(f"{where}: expected {len(table.captions)} cells, found {row}")
    name, vcpus, memory_gb_host = row[:3]
    again = repeats.flags(name, vcpus, memory_gb_host)
    prices = [PRICE.fullmatch(text) for text in row[len(PLAIN) :]]
    for price, text in zip(prices, row[len(PLAIN) :], strict=True):
        if price is None and text not in NO_PRICE:
            raise UnexpectedData(f"{where}: expected a price, found {text!r}")
    said = prices[column - len(PLAIN)]
    if said is None:
        return None
    price_nanousd = nanousd_of(said[2], where)
    is_floor = said[1] is not None and table.title == PREEMPTIBLE
    is_least = said[1] is not None and table.title == ON_DEMAND
    chip_name = name
    for words in BESIDES:
        chip_name = chip_name.removesuffix(words)
    return record(
        body,
        VENUE,
        f"{'od' if table.title == ON_DEMAND else 'spot'}/{number}",
        card_named(chip_name),
        name,
        "OD" if table.title == ON_DEMAND else "INT",
        price_nanousd,
        kind="bid_floor" if is_floor else "list",
        terms={"kind": table.captions[column], "price_from": "true" if is_least else ""},
        spec={"vcpus": vcpus, "memory_gb_host": memory_gb_host},
        flags=(*again, "BID_FLOOR") if is_floor else again,
    )
