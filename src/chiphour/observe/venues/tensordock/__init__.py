"""TENSORDOCK: what the hosts of TensorDock ask, by location.

Takes   the locations with their GPUs; an excerpt of them as it was before the answer carried the
        prices of processors and memory (`locations-without-pricing`).
Gives   for each location and card the price of one GPU by the hour (SPOT: hosts set it), and how
        many there are (stock).
Keeps   processors and memory in, because they are billed apart. With each GPU goes a fixed bundle:
        8 vCPU and 32 GB of memory, from a card of 48 GB up 16 vCPU and 128 GB, at the location's
        own prices. Where these are not told, or the card's memory is not known, the price is the
        GPU's alone: PARTIAL_PRICE. Disk stays out. A price of 0 is of something not sold: no row.
Source  https://dashboard.tensordock.com/api/docs/fetch-hostnodes
"""

from collections.abc import Iterator
from typing import NamedTuple

from chiphour.hardware import Card
from chiphour.hardware import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import text_from_nanousd

VENUE = Venue(
    name="tensordock",
    publisher="TensorDock",
    terms="terms of service, https://www.tensordock.com/",
    description="https://dashboard.tensordock.com/api/docs/fetch-hostnodes",
    site="https://dashboard.tensordock.com/deploy",
    recordings=(Recorded("tensordock/*/v2_locations_excerpt.json", "locations-without-pricing"),),
    cadence="live: every 5 to 30 minutes",
    feed="posted",  # A location's price stands for all its hosts.
    evidence="schema",
    reader_version="tensordock-1",
    base_url="https://dashboard.tensordock.com/api/v2",
    requests_per_minute=60,
)

LOCATIONS = "locations"


class Bundle(NamedTuple):
    """The processors and the memory that go with one GPU."""

    vcpus: int
    memory_gb: int


class Units(NamedTuple):
    """What one more unit costs at a location, in nano-dollars an hour."""

    vcpu_nanousd: int
    memory_gb_nanousd: int
    storage_gb_nanousd: int


UNITS = ("vcpu", "gb_ram", "gb_storage")  # In the order of Units.

SMALL = Bundle(vcpus=8, memory_gb=32)
LARGE = Bundle(vcpus=16, memory_gb=128)
LARGE_FROM_GB = 48  # Memory of the card.


def requests() -> Iterator[Request]:
    """Yield the one request of a poll: all locations."""
    yield Request(LOCATIONS, "/locations", secret="TENSORDOCK_TOKEN")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give None: an answer carries no time."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the price and the stock of each card at each location; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    data = page.object("data")
    page.end()
    locations = data.objects("locations")
    data.end()
    repeats = Repeats()
    for number, location in locations:
        identifier = location.text("id")
        names = ("city", "stateprovince", "country")
        region = ", ".join(text for name in names if (text := location.text(name)))
        spec = {"location": identifier, "tier": str(location.count("tier"))}
        gpus = location.objects("gpus")
        location.end()
        for place, gpu in gpus:
            row = f"locations/{number}/gpus/{place}"
            yield from _gpu(gpu, body, row, region, spec, repeats)


def _gpu(
    gpu: Fields, body: Body, row: str, region: str, where: dict[str, str], repeats: Repeats
) -> Iterator[Observation]:
    name = gpu.text("displayName")
    sku = gpu.text("v0Name")
    count = gpu.count("max_count")
    gpu_nanousd = gpu.price_nanousd("price_per_hr")
    units = None if body.shape != LOCATIONS else _units(gpu.object("pricing"))
    spec = {**where, "sku": sku, "gpus": str(count), **_limits(gpu.object("resources"))}
    if body.shape == LOCATIONS:
        _network(gpu.object("network_features"))
    gpu.end()
    card = card_named(name)
    is_priced = units is not None and units.vcpu_nanousd > 0 and units.memory_gb_nanousd > 0
    bundle = _bundle(card) if is_priced else None
    price_nanousd = gpu_nanousd + _bundle_nanousd(bundle, units)
    terms = _terms(gpu_nanousd, bundle, units)
    flags = repeats.flags(where["location"], sku)
    doubts = flags if bundle is not None else (*flags, "PARTIAL_PRICE")
    stock = {**spec, "stock": str(count)}
    rows = (("list", price_nanousd, 1, spec, doubts), ("stock", 0, count, stock, flags))
    for kind, nanousd, gpus, said, marks in rows if gpu_nanousd else rows[1:]:
        yield record(
            body,
            VENUE,
            row,
            card,
            name,
            "SPOT",
            nanousd,
            gpus,
            kind=kind,
            region=region,
            terms=terms if kind == "list" else {},
            spec=said,
            flags=marks,
        )


def _bundle(card: Card | None) -> Bundle | None:
    """Give what goes with one GPU, by the memory of its card; None where that is not known."""
    if card is None or card.memory_gb == 0:
        return None
    return LARGE if card.memory_gb >= LARGE_FROM_GB else SMALL


def _bundle_nanousd(bundle: Bundle | None, units: Units | None) -> int:
    """Give the price of a bundle; nothing where there is none."""
    if bundle is None or units is None:
        return 0
    return bundle.vcpus * units.vcpu_nanousd + bundle.memory_gb * units.memory_gb_nanousd


def _units(pricing: Fields) -> Units:
    units = Units(*(pricing.price_nanousd(f"per_{unit}_hr") for unit in UNITS))
    pricing.end()
    return units


def _terms(gpu_nanousd: int, bundle: Bundle | None, units: Units | None) -> dict[str, str]:
    """Give what the price is made of, in dollars an hour."""
    terms = {"kind": "on-demand", "price_per_hr": text_from_nanousd(gpu_nanousd)}
    if units is not None:
        each = zip(UNITS, units, strict=True)
        terms |= {f"per_{unit}_hr": text_from_nanousd(nanousd) for unit, nanousd in each}
    if bundle is not None:
        terms["bundle"] = f"{bundle.vcpus} vCPU, {bundle.memory_gb} GB"
    return terms


def _limits(resources: Fields) -> dict[str, str]:
    """Take how much may be rented with a location's GPUs."""
    names = ("max_vcpus", "max_ram_gb", "max_storage_gb")
    limits = {name: str(resources.count(name)) for name in names}
    resources.end()
    return limits


def _network(features: Fields) -> None:
    """Read what the network can do; none is kept."""
    for name in ("dedicated_ip", "port_forwarding", "network_storage"):
        features.boolean(f"{name}_available")
    features.end()
