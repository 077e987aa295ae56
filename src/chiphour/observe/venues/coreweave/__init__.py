"""COREWEAVE: the price page of CoreWeave, a provider with a rate card.

Takes   its web page (`pricing`): the tables of on-demand GPU instances, one for each region.
Gives   for each instance of each region its price by the hour: on demand (OD) and spot (INT). A
        price is of the whole instance: of 8 GPUs, of 4, or of 1.
Keeps   to those tables: processors stand below in the same form. A row says everything twice, for
        wide screens and for narrow ones: both must agree, and nothing else may stand in it.
        "Contact sales" and "N/A" are no price: no row. The third price, of inference, is of another
        product. A bare A100 is not said to be of SXM or PCIe. The page does not say what is free.
Source  The page as others have published it. CoreWeave publishes no prices for programs. No
        recording: a schema.
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
    name="coreweave",
    publisher="CoreWeave, Inc.",
    terms="https://docs.coreweave.com/policies/terms-of-service",
    description="https://www.coreweave.com/pricing",
    site="https://www.coreweave.com/pricing",
    recordings=(),
    cadence="live: every 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="coreweave-1",
    base_url="https://www.coreweave.com",
    requests_per_minute=2,
    body_bytes_max=4 << 20,
    content_types=("text/html",),
)

BEGIN, END = ">On-demand GPU instances<", ">On-demand CPU instances<"
REGION = re.compile(r"(?<=>)REGION: ([A-Z ]+)(?=<)")
ROW = re.compile(r'<div role="listitem" class="table-row-v2[^">]*">')
NOTES = '<div class="table-v2-footer-text-container'  # Below the rows of a table.
_CAPTIONS = """
    GPU Model|GPU Count|VRAM (GB)|vCPUs|System RAM|(GB)|Local Storage|(TB)|
    On-Demand Price (Per Hour)|Spot Price (Per Hour)
"""
CAPTIONS = [caption.strip() for caption in _CAPTIONS.split("|")]
FURTHER: list[list[str]] = [
    [],
    ["Inference Single GPU Price(Per Hour)²"],
]  # A caption that may follow.
NO_PRICE = ("Contact sales", "N/A")

_PRICE = r"\$\d[\d,]*(?:\.\d+)?"
# The texts of a row, one a line: wide, narrow, wide, narrow. "4^1" is 4, with a note.
LINES = re.compile(
    rf"""
    (?P<name>.+)\n (?P<gpus>\d{{1,3}})(?P<note>(?:\^\d)?)\n (?P<vram>\d{{1,4}})\n
    (?P<vcpus>\d{{1,4}})\n (?P<ram>\d[\d,]*)\n (?P<disk>\d[\d,.]*)\n
    (?P<od>{_PRICE}|Contact\ sales)\n
    (?P=name)\n On-Demand\ Price:\n (?:(?P<od_again>{_PRICE})\n)? /\ Hour\n
    Spot\ Price:\n (?P<spot>{_PRICE}|N/A)\n /\ Hour\n
    (?:Inference\ Single\ CPU\ Price:\n (?:{_PRICE}\n)? /\ Hour\n)?
    (?:Contact\ sales\n)?
    (?P=spot)\n (?:(?:{_PRICE}|Contact\ sales|N/A)\n)?
    (?P=gpus)(?P=note)\n GPU\ Count\n (?P=vram)\n VRAM\n (?P=vcpus)\n vCPUs\n
    (?P=disk)\n Local\ Storage\ \(TB\)\n (?P=ram)\n System\ RAM
    """,
    re.VERBOSE,
)


def requests() -> Iterator[Request]:
    """Yield the one request of a poll."""
    yield Request("pricing", "/pricing")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give no time: the page does not say when it was fetched."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the prices of each instance in each region; raises UnexpectedData."""
    page = whole_page(body.content, VENUE.name)
    _, *parts = REGION.split(part_between(page, BEGIN, END, VENUE.name))
    regions = dict(zip(parts[::2], parts[1::2], strict=True))
    if not regions or len(regions) * 2 != len(parts):
        raise UnexpectedData(f"{VENUE.name}: expected regions, found {parts[::2]}")
    for region, table in regions.items():
        head, *rows = ROW.split(table.partition(NOTES)[0])
        captions = texts_seen(head)
        if captions[: len(CAPTIONS)] != CAPTIONS or captions[len(CAPTIONS) :] not in FURTHER:
            raise UnexpectedData(f"{VENUE.name} {region}: expected {CAPTIONS}, found {captions}")
        repeats = Repeats()
        for number, row in enumerate(rows):
            yield from _row(row, region, body, str(number), repeats)


def _row(row: str, region: str, body: Body, number: str, repeats: Repeats) -> Iterator[Observation]:
    where = f"{VENUE.name} {region} row {number}"
    pieces = texts_seen(row)
    said = LINES.fullmatch("\n".join(pieces))
    if said is None or (said["od_again"] or NO_PRICE[0]) != said["od"] or said["gpus"] == "0":
        raise UnexpectedData(f"{where}: expected an instance and its prices, found {pieces}")
    name, gpus = said["name"], int(said["gpus"])
    flags = repeats.flags(name, *said.group("gpus", "vram", "vcpus", "ram"))
    for kind, tenor, text in (("On-Demand", "OD", said["od"]), ("Spot", "INT", said["spot"])):
        if text in NO_PRICE:
            continue
        price_nanousd = nanousd_of(text[1:].replace(",", ""), where)
        yield record(
            body,
            VENUE,
            f"{region}/{number}",
            card_named(name, int(said["vram"])),
            name,
            tenor,
            price_nanousd,
            gpus,
            region=region,
            terms={"kind": kind},
            spec={
                "gpus": said["gpus"],
                "vcpus": said["vcpus"],
                "memory_gb_host": said["ram"].replace(",", ""),
            },
            flags=flags,
        )
