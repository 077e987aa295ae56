"""CRUSOE: the price page of Crusoe Cloud, a provider with a rate card.

Takes   its web page (`pricing`): the table "GPU instances pricing", up to that of CPU instances.
Gives   for each card a price of one GPU by the hour: on demand (OD), and the current spot (INT).
Keeps   to that table: the same cards stand below as other products. Each row must say exactly its
        name, memory, form (or none) and two prices, under the captions that we know; anything else
        is refused. "Contact sales" is no price: no row. The page says neither region nor stock.
Source  The page as others have published it. Crusoe's API lists types and capacity to signed
        requests of its customers alone, and no prices. No recording: a schema.
"""

import re
from collections.abc import Iterator

from chiphour.hardware.names import card_named
from chiphour.observe.markup import part_between
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

VENUE = Venue(
    name="crusoe",
    publisher="Crusoe, Inc. (Crusoe Cloud)",
    terms="https://legal.crusoe.ai/",
    description="https://www.crusoe.ai/cloud/pricing",
    site="https://www.crusoe.ai/cloud/pricing",
    recordings=(),
    cadence="live: every 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="crusoe-1",
    base_url="https://www.crusoe.ai",
    requests_per_minute=2,
    body_bytes_max=4 << 20,
    content_types=("text/html",),
)

BEGIN, END = ">GPU instances pricing<", ">CPU instances pricing<"
ROW = '<div role="listitem" class="prixing-item w-dyn-item">'  # So it is spelled there.
CAPTIONS = ["GPU model", "On-demand", "Current spot"]
TENORS = ("OD", "INT")  # Of the two prices of a row.
MEMORY = re.compile(r"(\d{1,4})GB")
PRICE = re.compile(r"\$(\d{1,6}(?:\.\d{1,6})?)/GPU-hr")
NO_PRICE = "Contact sales"


def requests() -> Iterator[Request]:
    """Yield the one request of a poll."""
    yield Request("pricing", "/cloud/pricing")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give no time: the page does not say when it was fetched."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the prices of each card; raises UnexpectedData."""
    page = whole_page(body.content, VENUE.name)
    head, *rows = part_between(page, BEGIN, END, VENUE.name).split(ROW)
    captions = texts_seen(head)[-len(CAPTIONS) :]
    if captions != CAPTIONS:
        raise UnexpectedData(f"{VENUE.name}: expected the captions {CAPTIONS}, found {captions}")
    repeats = Repeats()
    for number, row in enumerate(rows):
        yield from _row(row, body, str(number), repeats)


def _row(row: str, body: Body, number: str, repeats: Repeats) -> Iterator[Observation]:
    where = f"{VENUE.name} row {number}"
    pieces = texts_seen(row)
    if len(pieces) not in (4, 5):
        raise UnexpectedData(f"{where}: expected a card and two prices, found {pieces}")
    name, memory, *form = pieces[:-2]
    said = MEMORY.fullmatch(memory)
    if said is None:
        raise UnexpectedData(f"{where}: expected its memory, found {memory!r}")
    chip_name = " ".join((name, *form))
    flags = repeats.flags(chip_name, memory)
    for caption, tenor, text in zip(CAPTIONS[1:], TENORS, pieces[-2:], strict=True):
        price = PRICE.fullmatch(text)
        if price is None and text != NO_PRICE:
            raise UnexpectedData(f"{where}: {caption}: expected a price, found {text!r}")
        if price is not None:
            price_nanousd = nanousd_of(price[1], where)
            yield record(
                body,
                VENUE,
                number,
                card_named(chip_name, int(said[1])),
                chip_name,
                tenor,
                price_nanousd,
                terms={"kind": caption},
                flags=flags,
            )
