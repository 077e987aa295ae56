"""VULTR: the plans of Vultr, a provider with a rate card: bare metal and virtual machines.

Takes   `plans-metal` and `plans`: pages of plans, each with its price a machine.
Gives   for each plan with GPUs a list price by the hour (OD), a preemptible one (INT) where there
        is one, those of regions with a price of their own, and what each region has (stock).
Keeps   whole machines apart from slices of a GPU, which are another product. How many GPUs bare
        metal has is said by its id alone ("vbm-112c-2048gb-8-h100-gpu"). A machine without GPUs is
        known by its id or type; any other plan is read, whatever it is called. Prices of plans
        that may not be deployed so are flagged. A price of 0 is of something not sold: no row.
Source  Vultr's API reference, v2; the ids as gpuhunt lists them. No recording: a schema.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from chiphour.hardware import CHIPS
from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import div_floor

VENUE = Venue(
    name="vultr",
    publisher="The Constant Company, LLC (Vultr)",
    terms="https://www.vultr.com/legal/tos/",
    description="https://www.vultr.com/api/#tag/plans",
    site="https://www.vultr.com/pricing/#cloud-gpu",
    recordings=(),
    cadence="live: every 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="vultr-1",
    base_url="https://api.vultr.com",
    requests_per_minute=60,  # Its own limit is 30 a second for an address.
    body_bytes_max=8 << 20,
)

MB_PER_GB = 1024
PLANS_PER_PAGE = 500  # The most that it gives.
PATHS = {"plans-metal": "/v2/plans-metal", "plans": "/v2/plans"}
LISTS = {"plans-metal": "plans_metal", "plans": "plans"}
QUERIES = {"plans-metal": (), "plans": (("type", "all"),)}

# A modifier may stand at the end of an id.
CPU_METAL = re.compile(r"vbm-\d+c-\d+gb(-(amd|intel))?(-v\d+)?")
GPU_METAL = re.compile(r"vbm-\d+c-\d+gb(?:-(\d{1,2}))?-([a-z0-9]+)-gpu(?:-[a-z0-9-]+)?")
GPU_VM = re.compile(r"v(?:cg|dm)-([a-z0-9]+)-\d+c-\d+gb?-(\d+)vram(?:-[a-z0-9-]+)?")
CPU_TYPES = ("vc2", "vdc", "vhf", "vhp", "voc", "vx1")

NAMES = {"l40": "L40S"}  # Its bare metal of eight "l40" is sold as L40S.
MEMORY_GB = {"A100": 80}  # It sells no A100 of 40 GB: half of one is a slice.
BOARD_OF_EIGHT = {"A100": "SXM", "H100": "SXM"}  # Eight of these are an HGX board.
WHOLE = 8

_METAL = "cpu_cores cpu_mhz cpu_model cpu_threads disk disk_count bandwidth monthly_cost type"
_VM = "disk disk_count bandwidth monthly_cost"
SKIPPED = {"plans-metal": tuple(_METAL.split()), "plans": tuple(_VM.split())}
_OPTIONAL = """
    cpu_manufacturer cpu_vendor disk_type gpu_brand invoice_type monthly_cost_preemptible network
    physical_cpus storage_type vcpu_type
"""
SKIPPED_OPTIONAL = tuple(_OPTIONAL.split())


class _Gpus(NamedTuple):
    """The GPUs of a plan. A slice is a part of one."""

    name: str
    card: Card | None
    number: int
    is_slice: bool = False


def requests() -> Iterator[Request]:
    """Yield the two requests of a poll: bare metal, then virtual machines."""
    for shape in PATHS:
        yield _page(shape, "")


def _page(shape: str, cursor: str) -> Request:
    further = (("cursor", cursor),) if cursor else ()
    query = (*QUERIES[shape], ("per_page", str(PLANS_PER_PAGE)), *further)
    return Request(shape, PATHS[shape], query)


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give no time: a page does not say when it was fetched."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield prices and stock of each plan with GPUs, then the next page; raises UnexpectedData."""
    page = parse_object(body.content, f"{VENUE.name} {body.shape}")
    plans = page.objects(LISTS[body.shape])
    cursor = _next(page.object("meta"))
    page.end()
    repeats = Repeats()
    for number, plan in plans:
        yield from _plan(plan, body, str(number), repeats)
    if cursor:
        yield _page(body.shape, cursor)


def _next(meta: Fields) -> str:
    """Take the cursor of the page that follows, "" after the last."""
    meta.count("total")
    links = meta.object("links")
    cursor = links.text("next")
    links.skip(("prev",))
    links.end()
    meta.end()
    return cursor


def _plan(plan: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    sku = plan.text("id")
    gpus = _metal(sku) if body.shape == "plans-metal" else _virtual(plan, sku)
    spec = {
        "sku": sku,
        "gpus": str(gpus.number if gpus else 0),
        "vcpus": str(plan.count("cpu_count" if body.shape == "plans-metal" else "vcpu_count")),
        "memory_gb_host": str(div_floor(plan.count("ram"), MB_PER_GB)),
    }
    places = [place for place in dict.fromkeys(plan.texts("locations")) if place]
    plan.skip(SKIPPED[body.shape])
    plan.skip_if_there(SKIPPED_OPTIONAL)
    prices = list(_prices(plan))
    plan.end()
    if gpus is None:
        return
    doubts = (*repeats.flags(sku), *(("OTHER_PRODUCT",) if gpus.is_slice else ()))
    offer = _Offer(body, row, gpus, spec, doubts)
    for region, tenor, price_nanousd, kind, flags in prices:
        terms = {"kind": kind}
        yield offer.observed("list", region, tenor, price_nanousd, gpus.number, terms, flags)
    for place in places or [""]:
        yield offer.observed("stock", place, "OD", 0, gpus.number if place else 0)


class _Offer(NamedTuple):
    """What all observations of a plan have in common."""

    body: Body
    row: str
    gpus: _Gpus
    spec: dict[str, str]
    flags: tuple[str, ...]

    def observed(
        self,
        kind: str,
        region: str,
        tenor: str,
        price_nanousd: int,
        gpus: int,
        terms: Mapping[str, str] = {},
        flags: tuple[str, ...] = (),
    ) -> Observation:
        """Make an observation of the plan in a region, "" for none alone."""
        stocked = {"stock": region or "[]"} if kind == "stock" else {}
        return record(
            self.body,
            VENUE,
            f"{self.row}/{region}" if region else self.row,
            self.gpus.card,
            self.gpus.name,
            tenor,
            price_nanousd,
            gpus,
            kind=kind,
            region=region,
            terms=terms,
            spec=self.spec | stocked,
            flags=self.flags + flags,
        )


def _metal(sku: str) -> _Gpus | None:
    """Read an id of bare metal; None for a machine without GPUs."""
    if CPU_METAL.fullmatch(sku):
        return None
    said = GPU_METAL.fullmatch(sku)
    if said is None:
        return _Gpus(sku, None, 1)
    name = NAMES.get(said[2], said[2])
    count = int(said[1] or 1)
    return _Gpus(name, _whole(name, 0, count), count)


def _virtual(plan: Fields, sku: str) -> _Gpus | None:
    """Take what a virtual machine's plan says of GPUs; None for one without."""
    kind = plan.text("type")
    stated = plan.text_or_none("gpu_type") if plan.has("gpu_type") else None
    vram_gb = plan.count("gpu_vram_gb") if plan.has("gpu_vram_gb") else 0
    counted = _counted(plan.take("gpu_count")) if plan.has("gpu_count") else 0
    said = GPU_VM.fullmatch(sku)
    if stated is None and said is None:
        return None if kind in CPU_TYPES else _Gpus(sku, None, 1)
    name = stated or (said[1] if said else sku)
    memory_gb = vram_gb or (int(said[2]) if said else 0)
    card = card_named(name)
    if card is None:
        return _Gpus(name, None, counted or 1)
    size_gb = next((gb for gb in CHIPS[card.chip].memory_gb if memory_gb % gb == 0), 0)
    if memory_gb and size_gb:
        count = counted or div_floor(memory_gb, size_gb)
        return _Gpus(name, _whole(name, size_gb, count), count)
    return _Gpus(name, Card(card.chip, card.form, memory_gb), 1, is_slice=True)


def _whole(name: str, memory_gb: int, count: int) -> Card | None:
    known = card_named(name)
    stated_gb = memory_gb or (MEMORY_GB.get(known.chip, 0) if known else 0)
    return card_named(name, stated_gb, BOARD_OF_EIGHT if count == WHOLE else {})


def _counted(value: Any) -> int:
    """Give a count of whole GPUs; 0 for a part of one ("1/8") and for no count."""
    text = str(value)
    return int(text) if re.fullmatch(r"\d{1,3}", text) else 0


def _prices(plan: Fields) -> Iterator[tuple[str, str, int, str, tuple[str, ...]]]:
    """Take every price: (region, tenor, nano-dollars, the source's word, doubts)."""
    may = {
        "hourly_cost": not plan.has("deploy_ondemand") or plan.boolean("deploy_ondemand"),
        "hourly_cost_preemptible": not plan.has("deploy_preemptible")
        or plan.boolean("deploy_preemptible"),
    }
    own = plan.take("location_cost") if plan.has("location_cost") else {}
    costs = [("", plan)]
    if own != []:  # An empty map comes as an empty list.
        regions = Fields(own, f"{plan.where} location_cost")
        costs += [(region, regions.object(region)) for region in regions.names()]
    for region, cost in costs:
        if region:
            cost.skip(("monthly_cost",))
            cost.skip_if_there(("monthly_cost_preemptible",))
        for name, tenor in (("hourly_cost", "OD"), ("hourly_cost_preemptible", "INT")):
            if name == "hourly_cost" or cost.has(name):
                price_nanousd = cost.decimal_price_nanousd(name)
                doubts = () if may[name] else ("NOT_RENTABLE",)
                if price_nanousd:
                    yield region, tenor, price_nanousd, name, doubts
        if region:
            cost.end()
