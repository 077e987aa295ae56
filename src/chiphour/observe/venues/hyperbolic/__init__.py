"""HYPERBOLIC: the machines of hosts on Hyperbolic's marketplace.

Takes   the marketplace: a list of machines, each with its GPUs, its host and its price.
Gives   for each machine an ask (by the hour, hosts set it, not preemptible: SPOT) for one GPU, and
        how many of its GPUs are free (stock).
Keeps   the unit certain. Its public clients read the amount as cents, its documentation says
        dollars: it is read as cents, and a body is refused in which the amounts are plausible only
        as dollars, or as often. A machine that is not ready, is reserved or has no GPU free is
        NOT_RENTABLE; of one that is not ready nobody knows what is free. One without GPUs is left
        out. A GPU's memory is in MB, or in GB below 1,000.
Source  https://docs.hyperbolic.xyz/docs/marketplace-api
"""

from collections.abc import Iterator
from typing import NamedTuple

from chiphour.hardware import Card
from chiphour.hardware import card_named
from chiphour.hardware import memory_gb_from_mib
from chiphour.hardware import price_is_plausible
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import canonical_json
from chiphour.observe.reading import CENTS_PER_USD
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue

VENUE = Venue(
    name="hyperbolic",
    publisher="Hyperbolic Labs",
    terms="terms of use, https://www.hyperbolic.ai/terms-of-use",
    description="https://docs.hyperbolic.xyz/docs/marketplace-api",
    site="https://app.hyperbolic.ai/",
    recordings=(),
    cadence="live: every 5 to 30 minutes",
    feed="book",
    evidence="schema",
    reader_version="hyperbolic-1",
    base_url="https://api.hyperbolic.xyz/v1",
)

PERIOD = "hourly"
READY = "node_ready"
MIB_FROM = 1_000  # No GPU has so many GB; none has so few MB.
# The driver's name for the SXM part has no form: "H100-80GB-HBM3". The others say theirs.
BARE = {"H100": "SXM", "H200": "SXM"}


class Machine(NamedTuple):
    """A machine of a host. The price is for one GPU, one hour."""

    row: str
    name: str
    cluster: str
    host: str
    card: Card | None
    card_name: str
    gpus: int
    free: int | None  # None: not said.
    price_nanousd: int
    region: str
    spec: dict[str, str]


def requests() -> Iterator[Request]:
    """Yield the one request of a poll: all machines. It wants no key."""
    yield Request("marketplace", "/marketplace", body=canonical_json({"filters": {}}))


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give None: an answer carries no time."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the ask and the stock of each machine; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    rows = page.objects("instances")
    page.end()
    machines = [_machine(fields, f"instances/{number}") for number, fields in rows]
    machines = [machine for machine in machines if machine.gpus > 0 and machine.card_name]
    _refuse_dollars(machines)
    repeats = Repeats()
    for machine in machines:
        yield from _offer(machine, body, repeats.flags(machine.cluster, machine.name))


def _refuse_dollars(machines: list[Machine]) -> None:
    """Raise UnexpectedData where the amounts are plausible only as dollars, or as often."""
    known = [(machine.card.chip, machine.price_nanousd) for machine in machines if machine.card]
    as_cents = sum(price_is_plausible(chip, price) for chip, price in known)
    as_dollars = sum(price_is_plausible(chip, price * CENTS_PER_USD) for chip, price in known)
    if as_dollars and as_dollars >= as_cents:
        raise UnexpectedData(
            f"{VENUE.name}: expected amounts in cents, found {as_dollars} of {len(known)} that are "
            f"plausible as dollars and {as_cents} as cents"
        )


def _offer(machine: Machine, body: Body, flags: tuple[str, ...]) -> Iterator[Observation]:
    doubts = () if machine.free else ("NOT_RENTABLE",)
    rows = [("ask", machine.price_nanousd, 1, machine.spec, (*flags, *doubts))]
    if machine.free is not None:
        stock = {**machine.spec, "stock": f"{machine.free} of {machine.gpus}"}
        rows.append(("stock", 0, machine.free, stock, flags))
    for kind, nanousd, gpus, spec, marks in rows:
        yield record(
            body,
            VENUE,
            machine.row,
            machine.card,
            machine.card_name,
            "SPOT",
            nanousd,
            gpus,
            kind=kind,
            region=machine.region,
            machine=f"{machine.cluster}/{machine.name}",
            host=machine.host,
            terms={"kind": PERIOD} if kind == "ask" else {},
            spec=spec,
            flags=marks,
        )


def _machine(fields: Fields, row: str) -> Machine:
    card, card_name, spec = _hardware(fields.object("hardware"))
    gpus, reserved = fields.count("gpus_total"), fields.count("gpus_reserved")
    if reserved > gpus:
        raise UnexpectedData(f"{fields.where}: gpus_reserved: expected at most {gpus}")
    free = 0 if fields.boolean("reserved") else gpus - reserved
    status = fields.text("status")
    machine = Machine(
        row=row,
        name=fields.text("id"),
        cluster=fields.text("cluster_name"),
        host=fields.text("supplier_id"),
        card=card,
        card_name=card_name,
        gpus=gpus,
        free=free if status == READY else None,
        price_nanousd=_price_nanousd(fields.object("pricing")),
        region=_region(fields.object("location")),
        spec={**spec, "gpus": str(gpus), "status": status},
    )
    fields.boolean("has_persistent_storage")
    fields.object("network").end()
    for _, instance in fields.objects("instances"):
        _rented(instance)
    fields.end()
    return machine


def _hardware(hardware: Fields) -> tuple[Card | None, str, dict[str, str]]:
    """Take what a machine is made of: the card, its names, processors and memory.

    All its GPUs are one card, or the names of all are kept and it is unknown.
    """
    gpus = [_gpu(gpu) for _, gpu in hardware.objects("gpus")]
    vcpus = [_processor(cpu) for _, cpu in hardware.objects("cpus")]
    memory_gb = [_capacity(part) for _, part in hardware.objects("ram")]
    storage_gb = [_capacity(part) for _, part in hardware.objects("storage")]
    hardware.end()
    names = " + ".join(dict.fromkeys(name for name, _ in gpus))
    card = card_named(*gpus[0], BARE) if len(set(gpus)) == 1 else None
    spec = {"vcpus": vcpus, "memory_gb_host": memory_gb, "storage_gb": storage_gb}
    return card, names, {name: str(sum(counts)) for name, counts in spec.items() if counts}


def _gpu(gpu: Fields) -> tuple[str, int]:
    """Take one GPU: its model and its memory in GB."""
    memory = gpu.count("ram")
    found = gpu.word("model"), memory if memory < MIB_FROM else memory_gb_from_mib(memory, ())
    for name in ("hardware_type", "interface"):
        gpu.text(name)
    for name in ("clock_speed", "compute_power"):
        gpu.number(name)
    gpu.end()
    return found


def _processor(cpu: Fields) -> int:
    """Take one processor: its virtual cores."""
    vcpus = cpu.count("virtual_cores")
    cpu.count("cores")
    for name in ("hardware_type", "model"):
        cpu.text(name)
    cpu.end()
    return vcpus


def _capacity(part: Fields) -> int:
    """Take memory or a disk: how much of it there is."""
    found = part.count("capacity")
    part.text("hardware_type")
    part.end()
    return found


def _price_nanousd(pricing: Fields) -> int:
    """Take the price of one GPU for an hour, in whole cents."""
    price = pricing.object("price")
    pricing.end()
    price_nanousd = price.cents_price_nanousd("amount")
    price.one_of("period", (PERIOD,))
    price.text("agent")
    price.end()
    return price_nanousd


def _region(location: Fields) -> str:
    region = location.text("region")
    location.end()
    return region


def _rented(instance: Fields) -> None:
    """Read a part of the machine that is let already; none is kept."""
    instance.text("id")
    instance.text("status")
    for _, part in instance.objects("hardware"):
        gpu = part.object("gpu")
        part.end()
        for name in ("hardware_type", "model"):
            gpu.text(name)
        gpu.count("ram")
        gpu.end()
    instance.end()
