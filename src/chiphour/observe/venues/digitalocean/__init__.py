"""DIGITALOCEAN: the price of each GPU Droplet, and the regions in which one can be made.

Takes   pages of the API's list of sizes ("sizes"); what a third party's probe noted of that list,
        as a daily table ("sizes-daily") and as evidence, region by region ("probe-evidence").
Gives   OD from the price by the hour, for all GPUs of a Droplet, in each region that the size
        names; beside it the stock: the GPUs of one Droplet where it is available, else 0.
Keeps   a size with regions [] as listed and sold out everywhere: its price, and stock 0, without a
        region. A size without `gpu_info`, or of 0 GPUs, has none and is left out. `vram` is the
        memory of all GPUs together. A size whose slug ends in "-contracted" is let by contract
        alone, for nobody says how long: OTHER. What the probe noted is flagged COMPARISON; it says
        a price only where its sentence is the one that it always writes, else the stock alone.
Source  https://docs.digitalocean.com/reference/api/reference/sizes/; recordings by dstack (sizes,
        MPL-2.0) and by the contributors of Canadian GPU Availability (MIT).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import nanousd_of
from chiphour.observe.reading import parse_csv
from chiphour.observe.reading import parse_object
from chiphour.observe.reading import parse_objects
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue import next_page
from chiphour.units import div_floor

VENUE = Venue(
    name="digitalocean",
    publisher="DigitalOcean; recorded by dstack and by Canadian GPU Availability",
    terms="recordings: MPL-2.0 and MIT; https://www.digitalocean.com/legal/terms-of-service-agreement",
    description="https://docs.digitalocean.com/reference/api/reference/sizes/",
    site="https://www.digitalocean.com/pricing/gpu-droplets",
    recordings=(
        Recorded("digitalocean/*/sizes.json", "sizes"),
        Recorded("digitalocean/sizes_daily.csv.gz", "sizes-daily"),
        Recorded("digitalocean/*/probe_evidence.json", "probe-evidence"),
    ),
    cadence="live: every 30 minutes; recordings: one excerpt, 96 noted prices, one probe",
    feed="posted",
    evidence="recorded",
    reader_version="digitalocean-1",
    base_url="https://api.digitalocean.com",
    requests_per_minute=60,
)

PATH = "/v2/sizes"
SIZES_MAX = 200  # For a page: the most that may be asked for.
CONTRACTED = "-contracted"  # Ends the slug of a size for those alone who have a contract.
MB_PER_GB = 1024
BARE = {"H100": "SXM", "H200": "SXM"}  # "NVIDIA HGX H100", by its own pages.
SKIPPED = ("disk", "transfer", "price_monthly")
SKIPPED_AT_TIMES = ("description", "disk_info", "networking_throughput")

DAILY_COLUMNS = (
    "captured region sku size_slug available price_hourly gpu_count gpu_model response_hash"
).split()
DAILY_NUMBERS = ("price_hourly", "gpu_count")
PROBE_SKIPPED = (
    "country",
    "endpoint",
    "listed",
    "probe_duration_ms",
    "probe_type",
    "probe_version",
    "request_hash",
    "response_hash",
    "sku_raw",
    "taxonomy_version",
)
# What the probe writes of a size that it found.
_FOUND = re.compile(
    r"DO /v2/sizes \(authed\): \d+ sizes, \d+ GPU\. (?P<slug>[\w-]+) → region (?P<region>\w+) → "
    r"available=(?:true|false), \$(?P<price>\d+(?:\.\d+)?)/hr\. "
    r"(?P<gpus>[1-9]\d?)\u00d7 \w+ \d+gib\."
)


class _Droplet(NamedTuple):
    """A Droplet that is for rent somewhere: `free` of its GPUs, by the source's word `said`."""

    card: Card | None
    name: str
    gpus: int
    price_nanousd: int  # 0 where none is known.
    free: int
    said: str
    spec: dict[str, str]
    flags: tuple[str, ...]


FIRST = Request("sizes", PATH, query=(("per_page", str(SIZES_MAX)),), secret="DIGITALOCEAN_TOKEN")


def requests() -> Iterator[Request]:
    """Yield the first page of sizes; the others follow by their links."""
    yield FIRST


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the last time that a probe noted; None for a page; raises UnexpectedData."""
    if shape == "sizes-daily":
        return max((line.time_ns("captured") for _, line in _days(content)), default=None)
    if shape == "probe-evidence":
        probes = parse_objects(content, f"{VENUE.name} {shape}")
        return max((probe.time_ns("timestamp") for _, probe in probes), default=None)
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield price and stock of each Droplet, then the next page; raises UnexpectedData."""
    if body.shape == "sizes-daily":
        yield from _daily(body)
    elif body.shape == "probe-evidence":
        yield from _evidence(body)
    else:
        yield from _sizes(body)


# The list of sizes.


def _sizes(body: Body) -> Iterator[Observation | Request]:
    page = parse_object(body.content, VENUE.name)
    sizes = page.objects("sizes")
    link = _link(page.object("links"))
    meta = page.object("meta")
    total = meta.count("total")
    meta.end()
    page.end()
    if link is None and SIZES_MAX <= len(sizes) < total:
        raise UnexpectedData(f"{page.where}: expected {total} sizes or a next page, found neither")
    repeats = Repeats()
    for number, size in sizes:
        yield from _size(size, body, number, repeats)
    if link is not None:
        yield link


def _link(links: Fields) -> Request | None:
    """Take the link to the next page as a request to the same host and path."""
    if not links.has("pages"):
        links.end()
        return None
    pages = links.object("pages")
    links.end()
    found = pages.text("next") if pages.has("next") else ""
    pages.skip_if_there(("first", "prev", "last"))
    pages.end()
    return next_page(FIRST, found, VENUE) if found else None


def _size(size: Fields, body: Body, number: int, repeats: Repeats) -> Iterator[Observation]:
    slug = size.text("slug")
    price_nanousd = size.price_nanousd("price_hourly")
    is_available = size.boolean("available")
    regions = size.texts("regions")
    spec = {
        "memory_gb_host": str(div_floor(size.count("memory"), MB_PER_GB)),
        "sku": slug,
        "vcpus": str(size.count("vcpus")),
    }
    name, gpus, memory_gb = _gpus(size)
    size.skip(SKIPPED)
    size.skip_if_there(SKIPPED_AT_TIMES)
    size.end()
    if gpus == 0:
        return
    found = _Droplet(
        card_named(name, memory_gb, BARE),
        name,
        gpus,
        price_nanousd,
        gpus if is_available and regions else 0,
        "true" if is_available else "false",
        spec,
        repeats.flags(slug),
    )
    for region in regions or [""]:
        yield from _seen(found, body, f"sizes/{number}/{region}", region)


def _gpus(size: Fields) -> tuple[str, int, int]:
    """Take the name of the card, how many there are, and the memory of one; 0 cards if none."""
    if not size.has("gpu_info"):
        return "", 0, 0
    info = size.object("gpu_info")
    name, gpus = info.text("model"), info.count("count")
    memory = info.object("vram")
    total_gb = memory.count("amount")
    memory.one_of("unit", ("gib",))
    memory.end()
    info.end()
    return name, gpus, div_floor(total_gb, gpus) if gpus else 0


def _seen(found: _Droplet, body: Body, row: str, region: str) -> Iterator[Observation]:
    """Yield the price, if one is known, and the stock."""
    is_contracted = found.spec["sku"].endswith(CONTRACTED)
    tenor, terms = ("OTHER", "contracted") if is_contracted else ("OD", "hourly")
    for kind, price_nanousd, gpus in (
        ("list", found.price_nanousd, found.gpus),
        ("stock", 0, found.free),
    ):
        if kind == "list" and price_nanousd == 0:
            continue
        yield record(
            body,
            VENUE,
            row,
            found.card,
            found.name,
            tenor,
            price_nanousd,
            gpus,
            kind=kind,
            region=region,
            terms={"kind": terms} if kind == "list" else {},
            spec=found.spec | ({"stock": found.said} if kind == "stock" else {}),
            flags=found.flags,
        )


# What a third party's probe noted of it.


def _daily(body: Body) -> Iterator[Observation]:
    repeats = Repeats()
    for row, line in _days(body.content):
        seen_ns = line.time_ns("captured")
        region, slug, name = line.text("region"), line.text("size_slug"), line.text("sku")
        said = line.one_of("available", ("True", "False"))
        gpus = line.count("gpu_count", least=1)
        price_nanousd = line.price_nanousd("price_hourly")
        spec = {"sku": slug, "model": line.text("gpu_model")}
        line.skip(("response_hash",))
        line.end()
        flags = ("COMPARISON", *repeats.flags(str(seen_ns), region, slug))
        free = gpus if said == "True" else 0
        found = _Droplet(
            card_named(name, 0, BARE), name, gpus, price_nanousd, free, said, spec, flags
        )
        yield from _seen(found, body.at(seen_ns), row, region)


def _days(content: bytes) -> Iterator[tuple[str, Fields]]:
    return parse_csv(content, VENUE.name, DAILY_COLUMNS, DAILY_NUMBERS)


def _evidence(body: Body) -> Iterator[Observation]:
    repeats = Repeats()
    for number, probe in parse_objects(body.content, f"{VENUE.name} {body.shape}"):
        seen_ns = probe.time_ns("timestamp")
        provider = probe.text("provider")
        region, name = probe.text("region"), probe.text("sku")
        is_free, said = probe.boolean("launchable"), probe.text("verdict")
        sentence = _FOUND.fullmatch(probe.text("response_excerpt"))
        probe.skip(PROBE_SKIPPED)
        probe.end()
        if provider != VENUE.name or (sentence and sentence["region"] != region):
            raise UnexpectedData(
                f"{probe.where}: expected {VENUE.name} in one region, found others"
            )
        gpus = int(sentence["gpus"]) if sentence else 1
        price_nanousd = nanousd_of(sentence["price"] if sentence else "0", probe.where)
        spec = {"sku": sentence["slug"] if sentence else ""}
        flags = ("COMPARISON", *repeats.flags(str(seen_ns), region, name))
        free = gpus if is_free else 0
        found = _Droplet(
            card_named(name, 0, BARE), name, gpus, price_nanousd, free, said, spec, flags
        )
        yield from _seen(found, body.at(seen_ns), str(number), region)
