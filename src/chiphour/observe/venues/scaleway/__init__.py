"""SCALEWAY: the instance types of Scaleway, a provider with a rate card in euros, zone by zone.

Takes   `servers-ZONE`: the types of a zone with their price a machine; `stock-ZONE`: what of each
        there is. A shape that ends in "-p2" is the second page.
Gives   a list price (OD) for each type with GPUs, and what was free (stock): the GPUs of one
        machine for "available" and "scarce", none for "shortage".
Keeps   H100-SXM apart from the bare H100, which is the PCIe card: the type's name says it where the
        GPU's does not, and where neither can be read the form is unknown. A type without GPUs says
        so (0); among the stock it is known by its family. A price of null is of something not
        sold: no row. What has a MIG profile is a slice. Neither answer states its zone or how many
        pages there are: the shape says the one, a full page the other.
Source  Scaleway's Instance API, v1, which asks for no key. No recording: a schema.
"""

import re
from collections.abc import Iterator

from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import in_nanousd
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import div_floor

VENUE = Venue(
    name="scaleway",
    publisher="Scaleway SAS",
    terms="https://www.scaleway.com/en/terms-of-services/",
    description="https://www.scaleway.com/en/developers/api/instances/",
    site="https://www.scaleway.com/en/pricing/gpu/",
    recordings=(),
    cadence="live: every 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="scaleway-1",
    base_url="https://api.scaleway.com",
    requests_per_minute=60,
    body_bytes_max=4 << 20,
)

ZONES = ("fr-par-1", "fr-par-2", "pl-waw-2")  # The zones that have GPUs.
PATHS = {"servers": "products/servers", "stock": "products/servers/availability"}
TYPES_PER_PAGE = 100  # The most that it gives.
SHAPE = re.compile(r"(servers|stock)-([a-z]{2}-[a-z]{3}-\d)(?:-p(\d{1,2}))?")

BARE = {"H100": "PCIE"}  # Its other H100 is named H100-SXM.
BYTES_PER_GB = 1 << 30
GPU_TYPE = re.compile(r"([A-Z0-9-]+?)-(\d{1,2})-(\d{1,3})G")  # H100-SXM-8-80G
OLDER_TYPES = {"RENDER-S": ("P100", 1, 16), "GPU-3070-S": ("RTX 3070", 1, 8)}
# Families without GPUs; the later ones state cores and memory: POP2-HC-32C-64G.
_FAMILIES = "ARM64 BASIC2 C1 C2L C2M C2S COPARM1 DEV1 ENT1 GP1 PLAY2 POP2 PRO2 STARDUST1 START1 VC1"
CPU_TYPE = re.compile(rf"({'|'.join(_FAMILIES.split())}|X64)(-.*)?|.*-[A-Z]?\d+C-\d+G(-.*)?")
# What of a type there is: whether a machine can be had.
FREE = {"available": True, "scarce": True, "shortage": False}

_SKIPPED = "alt_names arch volumes_constraint per_volume_constraint monthly_price network"
SKIPPED = tuple(_SKIPPED.split())
_OPTIONAL = """
    baremetal block_bandwidth capabilities scratch_storage_max_size
    scratch_storage_max_volumes_count
"""
SKIPPED_OPTIONAL = tuple(_OPTIONAL.split())


def requests() -> Iterator[Request]:
    """Yield the requests of a poll: the prices and the stock of each zone, first pages."""
    for zone in ZONES:
        yield _page("servers", zone, 1)
        yield _page("stock", zone, 1)


def _page(kind: str, zone: str, page: int) -> Request:
    return Request(
        f"{kind}-{zone}" + (f"-p{page}" if page > 1 else ""),
        f"/instance/v1/zones/{zone}/{PATHS[kind]}",
        (("page", str(page)), ("per_page", str(TYPES_PER_PAGE))),
    )


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give no time: an answer does not say when it was fetched."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the prices or the stock of a zone, then the next page; raises UnexpectedData."""
    said = SHAPE.fullmatch(body.shape)
    assert said is not None, body.shape
    kind, zone, page = said[1], said[2], int(said[3] or 1)
    answer = parse_object(body.content, f"{VENUE.name} {body.shape}")
    servers = answer.object("servers")
    answer.end()
    names = servers.names()
    for name in names:
        server = servers.object(name)
        found = _price(server, name, zone, body) if kind == "servers" else None
        found = _stock(server, name, zone, body) if kind == "stock" else found
        server.end()
        if found is not None:
            yield found
    if len(names) >= TYPES_PER_PAGE:
        yield _page(kind, zone, page + 1)


def _price(server: Fields, name: str, zone: str, body: Body) -> Observation | None:
    gpus = server.count_or_none("gpu") or 0
    price = server.decimal_or_none("hourly_price")
    spec = {
        "sku": name,
        "gpus": str(gpus),
        "vcpus": str(server.count("ncpus")),
        "memory_gb_host": str(div_floor(server.count("ram"), BYTES_PER_GB)),
    }
    chip_name, memory_gb = _gpu(server, name)
    profile = server.take("mig_profile") if server.has("mig_profile") else None
    if server.has("end_of_service") and server.boolean("end_of_service"):
        spec["end_of_service"] = "true"
    server.skip(SKIPPED)
    server.skip_if_there(SKIPPED_OPTIONAL)
    if gpus == 0 or price is None:
        return None
    price_nanousd, terms, doubts = in_nanousd(price, "EUR", body, server.where)
    if price_nanousd == 0:
        return None
    return record(
        body,
        VENUE,
        name,
        card_named(chip_name, memory_gb, _bare(name)),
        chip_name,
        "OD",
        price_nanousd,
        gpus,
        region=zone,
        terms=terms,
        spec=spec,
        flags=doubts if profile is None else (*doubts, "OTHER_PRODUCT"),
    )


def _gpu(server: Fields, name: str) -> tuple[str, int]:
    """Take the GPU's name and its memory in GB; without them, what the type's name says."""
    if not server.has("gpu_info"):
        said = _named(name)
        return (said[0], said[2]) if said else (name, 0)
    gpu = server.object_or_none("gpu_info")
    if gpu is None:
        return name, 0
    chip_name = gpu.text("gpu_name")
    memory_gb = div_floor(gpu.count("gpu_memory"), BYTES_PER_GB)
    gpu.skip(("gpu_manufacturer",))
    gpu.end()
    return chip_name, memory_gb


def _bare(name: str) -> dict[str, str]:
    """Give the form that a GPU's bare name means in a type of this name: none where nothing says.

    A type H100-SXM-8-80G whose GPU is called "H100" has no PCIe cards.
    """
    said = _named(name)
    card = card_named(said[0], said[2], BARE) if said else None
    return {} if card is None else {card.chip: card.form}


def _named(name: str) -> tuple[str, int, int] | None:
    """Read H100-SXM-8-80G: the GPU's name, how many, memory in GB; None for another name."""
    said = GPU_TYPE.fullmatch(name)
    return (said[1], int(said[2]), int(said[3])) if said else OLDER_TYPES.get(name)


def _stock(server: Fields, name: str, zone: str, body: Body) -> Observation | None:
    word = server.one_of("availability", FREE)
    if CPU_TYPE.fullmatch(name):
        return None
    chip_name, gpus, memory_gb = _named(name) or (name, 1, 0)
    return record(
        body,
        VENUE,
        name,
        card_named(chip_name, memory_gb, BARE),
        chip_name,
        "OD",
        0,
        gpus if FREE[word] else 0,
        kind="stock",
        region=zone,
        spec={"sku": name, "gpus": str(gpus), "stock": word},
    )
