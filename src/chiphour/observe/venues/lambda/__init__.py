"""LAMBDA: the rate card of Lambda's on-demand cloud, with the regions that have room.

Takes   the instance types: a map from a type's name to its machine and its regions with capacity.
Gives   for each type its price (OD; INT where its name says "spot"), and one stock row for each
        region that has room: one machine at least. A type without a region is sold out: stock 0.
Keeps   cents for the whole machine, all its GPUs. The card is what `gpu_description` says, word for
        word: a GH200 is no H200. A type with no GPU is a processor's, and left out.
Source  https://docs-api.lambda.ai/api/cloud
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
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue

VENUE = Venue(
    name="lambda",
    publisher="Lambda",
    terms="terms of service, https://lambda.ai/legal/terms-of-service",
    description="https://docs-api.lambda.ai/api/cloud",
    site="https://lambda.ai/pricing",
    recordings=(),
    cadence="live: every 5 to 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="lambda-1",
    base_url="https://cloud.lambda.ai/api/v1",
    requests_per_minute=60,
)

PREEMPTIBLE = "spot"  # Its spot machines are types of their own.


class Machine(NamedTuple):
    """An instance type: its price is for all its GPUs."""

    name: str
    card: Card | None
    card_name: str
    gpus: int
    price_nanousd: int
    spec: dict[str, str]


def requests() -> Iterator[Request]:
    """Yield the one request of a poll: all instance types."""
    yield Request("instance-types", "/instance-types", secret="LAMBDA_API_KEY")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give None: an answer carries no time."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the price of each type and its stock by region; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    types = page.object("data")
    page.end()
    for name in types.names():
        yield from _type(types.object(name), body, name)


def _type(entry: Fields, body: Body, name: str) -> Iterator[Observation]:
    machine = _machine(entry.object("instance_type"), name)
    regions = [_region(region) for _, region in entry.objects("regions_with_capacity_available")]
    entry.end()
    if machine.gpus == 0:
        return
    kind = PREEMPTIBLE if PREEMPTIBLE in name.split("_") else "on-demand"
    tenor = "INT" if kind == PREEMPTIBLE else "OD"
    yield record(
        body,
        VENUE,
        name,
        machine.card,
        machine.card_name,
        tenor,
        machine.price_nanousd,
        machine.gpus,
        terms={"kind": kind},
        spec=machine.spec,
    )
    yield from _stock(machine, regions, tenor, body)


def _stock(machine: Machine, regions: list[str], tenor: str, body: Body) -> Iterator[Observation]:
    """Yield a row for each region with room, or one row of nothing."""
    repeats = Repeats()
    for number, region in enumerate(regions or [""]):
        yield record(
            body,
            VENUE,
            f"{machine.name}/{number}",
            machine.card,
            machine.card_name,
            tenor,
            0,
            machine.gpus if region else 0,
            kind="stock",
            region=region,
            spec={**machine.spec, "stock": "capacity" if region else "no capacity"},
            flags=repeats.flags(region),
        )


def _machine(kind: Fields, name: str) -> Machine:
    card_name = kind.text("gpu_description")
    price_nanousd = kind.cents_price_nanousd("price_cents_per_hour")
    specs = kind.object("specs")
    gpus = specs.count("gpus")
    spec = {
        "offer": name,
        "vcpus": str(specs.count("vcpus")),
        "memory_gb_host": str(specs.count("memory_gib")),
        "storage_gb": str(specs.count("storage_gib")),
    }
    specs.end()
    for repeated in ("name", "description"):  # The key again; the card again, with its count.
        kind.text(repeated)
    kind.end()
    return Machine(name, card_named(card_name), card_name, gpus, price_nanousd, spec)


def _region(region: Fields) -> str:
    """Take a region: its code; its description says where that is."""
    code = region.word("name")
    region.text("description")
    region.end()
    return code
