"""GPUPRICING: a catalogue of list prices of many venues, collected by hand on one day.

Takes   the catalogue: a list of offerings, each with the price of one GPU and remarks on it.
Gives   a list price for each offering, seen by the end of its day.
Keeps   terms by tier: "on-demand" is SPOT on a marketplace and OD elsewhere; RunPod's "community",
        Akash's "marketplace" and Thunder Compute's tiers are hosts' hourly prices (SPOT); Spheron's
        "marketplace" is "likely spot": unknown terms. A price that a remark calls estimated was
        never seen: no row. Where a remark says that processor and memory are billed apart:
        PARTIAL_PRICE; TensorDock bills them apart, whatever is remarked. The form is what the name
        says, else the link. A stated memory that the chip does not have is kept and flagged.
Source  tardellirs/gpu-pricing, MIT.
"""

from collections.abc import Iterator

from chiphour.hardware import interconnect_named
from chiphour.hardware.chips import CHIPS
from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_objects
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue_names import hourly_tenor
from chiphour.observe.venue_names import venue_named

VENUE = Venue(
    name="gpupricing",
    publisher="gpu-pricing contributors, https://github.com/tardellirs/gpu-pricing",
    terms="MIT, https://github.com/tardellirs/gpu-pricing/blob/main/LICENSE",
    description="https://github.com/tardellirs/gpu-pricing/blob/main/src/data/schema.ts",
    site="https://github.com/tardellirs/gpu-pricing",
    recordings=(Recorded("multi_catalogue/*/offerings.json.gz", "offerings"),),
    cadence="recorded only: one catalogue, of 2026-05-24",
    feed="posted",
    evidence="recorded",
    reader_version="gpupricing-1",
    compared=True,
)

ON_DEMAND = "on-demand"
TENOR_BY_TIER = {
    "secure": "OD",
    "community": "SPOT",
    "marketplace": "SPOT",
    "production": "SPOT",
    "prototyping": "SPOT",
    "spot": "INT",
}
TERMS_UNSURE = (("spheron", "marketplace"),)
ANOTHER_PRODUCT = ("prototyping",)  # A GPU reached over the network, with others on it.

ESTIMATED = (
    "Interruptible estimated at ~50% of on-demand per Vast.ai documentation",
    "Spot price estimated",
    "Spot price estimated (-56%); exact per-GPU price not published by provider",
)
BILLED_APART = (
    "Serverless billing per second (idle-free); CPU/RAM/storage billed separately",
    "vCPU $0.01/h and RAM $0.005/GB/h billed separately",
    "vCPU/RAM billed separately: $0.004/vCPU/h + $0.001/GB/h.",
)
BILLS_APART = ("tensordock",)
OUTDATED = "Provider page references July 2024; prices may be stale"

MODIFIED = ("RTX4090-48",)  # Rebuilt by others than its maker.
# The form that a link tells, for the chips that exist in it.
BARE_BY_LINK: dict[str, dict[str, str]] = {
    link: {chip.name: form for chip in CHIPS.values() if form in chip.forms}
    for link, form in (("SXM", "SXM"), ("PCIe", "PCIE"), ("NVL", "NVL"))
} | {"NVLink": {}, "": {}}


def requests() -> Iterator[Request]:
    """Yield nothing: the catalogue is only recorded."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the end of the last day on which a price was collected; raises UnexpectedData."""
    offerings = parse_objects(content, VENUE.name)
    return max((offering.day_end_ns("collected_at") for _, offering in offerings), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield each price that somebody saw; raises UnexpectedData."""
    repeats = Repeats()
    for number, offering in parse_objects(body.content, VENUE.name):
        remarks = offering.texts("caveats") if offering.has("caveats") else []
        seen = _offering(offering, body, str(number), remarks, repeats)
        if not set(remarks) & set(ESTIMATED):
            yield seen


def _offering(
    offering: Fields, body: Body, row: str, remarks: list[str], repeats: Repeats
) -> Observation:
    provider = offering.text("provider_id")
    venue = venue_named(provider)
    name = offering.text("gpu_model")
    tier = offering.text("tier")
    identifier = offering.text("id")
    memory_gb = offering.count("vram_gb", least=1)
    link = offering.one_of_or_none("interconnect", BARE_BY_LINK) or ""
    card = card_named(name, memory_gb, BARE_BY_LINK[link])
    price_nanousd = offering.price_nanousd("price_usd_hour")
    time_ns = offering.day_end_ns("collected_at")
    spec = {"offer": identifier, "link": link, "interconnect": interconnect_named(link) or ""}
    for kept, given in (("vcpus", "vcpu"), ("memory_gb_host", "ram_gb")):
        spec[kept] = (offering.number_or_none(given) or "") if offering.has(given) else ""
    spec |= {"source_url": offering.text("source_url"), "remarks": " ".join(remarks)}
    is_spot = offering.boolean("is_spot")
    offering.skip(("gpu_brand",))
    offering.skip_if_there(("notes",))
    offering.end()
    flags = (*_doubts(venue, tier, card, remarks), *repeats.flags(identifier, str(time_ns)))
    return record(
        body.at(time_ns),
        VENUE,
        row,
        card,
        name,
        _tenor(venue, tier),
        price_nanousd,
        of=venue,
        terms={"kind": tier, "is_spot": "true" if is_spot else "false"},
        spec=spec,
        flags=flags,
    )


def _tenor(venue: str, tier: str) -> str | None:
    if (venue, tier) in TERMS_UNSURE:
        return None
    return hourly_tenor(venue) if tier == ON_DEMAND else TENOR_BY_TIER.get(tier)


def _doubts(venue: str, tier: str, card: Card | None, remarks: list[str]) -> Iterator[str]:
    if tier in ANOTHER_PRODUCT:
        yield "OTHER_PRODUCT"
    if card is not None and card.chip in MODIFIED:
        yield "MODIFIED_CARD"
    if venue in BILLS_APART or set(remarks) & set(BILLED_APART):
        yield "PARTIAL_PRICE"
    if OUTDATED in remarks:
        yield "FROZEN_FILE"
