"""GPUHUNT: the catalogue of dstack's gpuhunt, prices of many clouds in one form: a cross-check.

Takes   lines of JSON, one for each item of the catalogue, as `adapters/gpuhunt_source.py` writes
        them (`items`).
Gives   for each item with GPUs its price by the hour: OD, SPOT on a marketplace, INT where the
        cloud may take it back. Vast.ai's "spot" is a host's least bid: BID_FLOOR.
Keeps   the cloud as the venue whose price it is. The catalogue does not keep the form of a card
        (SXM, PCIe): a chip that has several comes out as unknown, never guessed from the name of
        a type. Memory is of one GPU; where it is no whole number, no card is taken to be meant. An
        item without GPUs says so (0). A price of 0 is of something not sold: no row. Prices stand
        as gpuhunt's floats are written; those of Vast.ai hold the whole disk. RunPod's community is
        told by its location, a country (SPOT); its own cloud's is a data centre (OD). COMPARISON:
        no fix sees it.
Source  gpuhunt's `CatalogItem`. The lines are ours: a schema.
"""

import re
from collections.abc import Iterator

from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_lines
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue_names import hourly_tenor
from chiphour.observe.venue_names import venue_named

VENUE = Venue(
    name="gpuhunt",
    publisher="dstack GmbH (gpuhunt)",
    terms="https://github.com/dstackai/gpuhunt/blob/main/LICENSE",
    description="https://github.com/dstackai/gpuhunt",
    site="https://github.com/dstackai/gpuhunt",
    recordings=(),
    cadence="recorded: whenever the catalogue is queried; dstack renews it daily",
    feed="posted",
    evidence="schema",
    reader_version="gpuhunt-1",
    compared=True,
)

VENDORS = ("amd", "google", "intel", "nvidia", "tenstorrent")
# Where RunPod's machines are: a country's are hosts', a data centre's its own.
RUNPOD_TENORS = ((re.compile(r"[A-Z]{2}"), "SPOT"), (re.compile(r"[A-Z]{2,3}-[A-Z]{2,3}-\d"), "OD"))


def requests() -> Iterator[Request]:
    """Yield nothing: the catalogue is queried by the adapter."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give no time: an item does not say when it was collected."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the price of each item with GPUs; raises UnexpectedData."""
    repeats = Repeats()
    for row, item in parse_lines(body.content, f"{VENUE.name} {body.shape}"):
        found = _item(item, body, row.removeprefix("line "), repeats)
        if found is not None:
            yield found


def _item(item: Fields, body: Body, row: str, repeats: Repeats) -> Observation | None:
    provider = item.text("provider")
    of = venue_named(provider)
    sku, region = item.text("instance_name"), item.text("location")
    price_nanousd = item.decimal_price_nanousd("price")
    gpus = item.count("gpu_count")
    is_spot = item.boolean("spot")
    spec = {
        "sku": sku,
        "gpus": str(gpus),
        "vcpus": item.decimal_or_none("cpu") or "",
        "memory_gb_host": item.decimal_or_none("memory") or "",
        "disk_gb": item.decimal_or_none("disk_size") or "",
        "flags": " ".join(item.texts("flags")),
    }
    chip_name, card = _gpu(item, gpus)
    item.end()
    again = repeats.flags(provider, region, str(is_spot), chip_name, *spec.values())
    if gpus == 0 or price_nanousd == 0:
        return None
    is_floor = is_spot and of == "vast"
    return record(
        body,
        VENUE,
        row,
        card,
        chip_name,
        "INT" if is_spot else _tenor(of, region),
        price_nanousd,
        gpus,
        kind="bid_floor" if is_floor else "list",
        of=of,
        region=region,
        terms={"kind": "spot" if is_spot else "on-demand"},
        spec=spec,
        flags=(*again, "BID_FLOOR") if is_floor else again,
    )


def _tenor(of: str, region: str) -> str | None:
    """Give the tenor of an hour that is not preemptible; None where RunPod's cloud is not told."""
    if of != "runpod":
        return hourly_tenor(of)
    return next((tenor for form, tenor in RUNPOD_TENORS if form.fullmatch(region)), None)


def _gpu(item: Fields, gpus: int) -> tuple[str, Card | None]:
    """Take the name of a GPU, and its card by name and memory; ("", None) for an item without."""
    name, vendor = item.text_or_none("gpu_name"), item.text_or_none("gpu_vendor")
    memory = item.decimal_or_none("gpu_memory")
    if gpus == 0:
        return "", None
    if name is None or memory is None:
        raise UnexpectedData(f"{item.where}: expected a GPU's name and memory, found null")
    whole, _, part = memory.partition(".")
    if vendor not in VENDORS or not whole.isdecimal() or part.strip("0"):
        return name, None
    return name, card_named(name, int(whole))
