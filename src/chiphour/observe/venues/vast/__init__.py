"""VAST: the offers of Vast.ai, a marketplace on which hosts let slices of machines.

Takes   the market's answer (`bundles`); a capture as CCIR recorded it (one list of raw offers for
        each model that was asked for); a third party's digest.
Gives   two observations an offer: the ask (by the hour, not preemptible: SPOT) and the bid floor
        (INT, flagged: nobody need rent at it).
Keeps   the ask free of disk and traffic: `dph_base`, for all `num_gpus` GPUs of the offer. A 40 GB
        A100 and a rebuilt 48 GB RTX 4090 are told by `gpu_ram`, which is MiB of one GPU.
Source  Recordings by CCIR (Compute Credit Index Research), CC BY 4.0.
"""

from collections.abc import Iterator

from chiphour.hardware.chips import memory_gb_from_mib
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import canonical_json
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import PART
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venues.vast.davesbecker import digest_ns
from chiphour.observe.venues.vast.davesbecker import read_digest

VENUE = Venue(
    name="vast",
    publisher="Vast.ai; captures recorded by CCIR (Compute Credit Index Research)",
    terms="recordings: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    description="https://docs.vast.ai/api-reference/search/search-offers",
    site="https://cloud.vast.ai/create/",
    recordings=(
        Recorded("vast/*/offers_*.json.gz", "capture"),
        Recorded("vast/*/bundles.json.gz", "bundles"),
        Recorded("vast/*/davesbecker_*.csv", "davesbecker"),
    ),
    cadence="live: every 15 s to 30 min; recordings: captures at irregular times",
    feed="book",
    evidence="recorded",
    reader_version="vast-2",
    base_url="https://console.vast.ai",
    requests_per_minute=12,
    body_bytes_max=64 << 20,
)

# Chips that the market is asked for, by Vast.ai's names.
ASKED = (
    "A100 PCIE",
    "A100 SXM4",
    "B200",
    "H100 NVL",
    "H100 PCIE",
    "H100 SXM",
    "H200",
    "H200 NVL",
    "L4",
    "L40S",
    "RTX 4090",
    "RTX 5090",
    "RTX PRO 6000 S",
    "RTX PRO 6000 WS",
    "Tesla T4",
)
ASKED_BOOK = ("H100 SXM", "H200")  # What the perpetuals follow, every 15 seconds.
OFFERS_MAX = 5_000  # Without a limit the market answers 64 rows and does not say so.

BARE = {"H200": "SXM"}  # Vast.ai's bare H200 is the SXM part; its V100 does not say.
MODIFIED = ("RTX4090-48",)  # Rebuilt by others than its maker.

SPEC_NUMBERS = (
    "bw_nvlink",
    "compute_cap",
    "cpu_cores_effective",
    "cpu_ram",
    "direct_port_count",
    "disk_bw",
    "disk_space",
    "gpu_frac",
    "gpu_lanes",
    "gpu_max_power",
    "gpu_mem_bw",
    "hosting_type",
    "inet_down",
    "inet_up",
    "pci_gen",
    "reliability2",
)
SPEC_NUMBERS_OR_NULL = ("cluster_id", "cpu_cores", "cpu_ghz", "cuda_max_good", "pcie_bw")
SPEC_TEXTS_OR_NULL = ("cpu_name", "driver_version", "verification")
TERMS_NUMBERS = (
    "credit_discount_max",
    "dph_total",
    "duration",
    "end_date",
    "inet_down_cost",
    "inet_up_cost",
    "storage_cost",
)
# Scores, totals and addresses: known, and not kept.
_SKIPPED = """
    ask_contract_id avail_vol_ask_id avail_vol_dph avail_vol_size bundle_id bundled_results
    cpu_arch discount_rate discounted_dph_total discounted_hourly disk_name dlperf
    dlperf_per_dphtotal dph_total_adj driver_vers expected_reliability external flops_per_dphtotal
    geolocode gpu_arch gpu_display_active gpu_ids gpu_max_temp gpu_total_ram has_avx hostname
    internet_down_cost_per_tb internet_up_cost_per_tb is_vm_deverified logo mobo_name
    nw_disk_avg_bw nw_disk_max_bw nw_disk_min_bw os_version public_ipaddr reliability
    reliability_mult resource_type rn score start_date storage_total_cost time_remaining
    time_remaining_isbid total_flops vericode vms_enabled vram_costperhour webpage
"""
SKIPPED = tuple(_SKIPPED.split())
SKIPPED_NEWER = ("sla_broker_rate", "sla_r_claim", "sla_sigma_x", "target_reliability")  # 2026-07.
SKIPPED_OBJECTS = ("instance", "search")  # The offer's costs again, with some disk.
SKIPPED_COSTS = (
    "discountTotalHour",
    "discountedTotalPerHour",
    "diskHour",
    "gpuCostPerHour",
    "totalHour",
)

SKIPPED_COSTS_NEWER = ("slaPremiumPerHour",)  # 2026-07.


def requests() -> Iterator[Request]:
    """Yield the one request of a poll: all offers of the chips asked for, without bundling."""
    yield _asking("bundles", ASKED)


def requests_book() -> Iterator[Request]:
    """Yield the request of the 15-second lane: the chips that perpetuals follow."""
    yield _asking("bundles" + PART, ASKED_BOOK)


def _asking(shape: str, names: tuple[str, ...]) -> Request:
    wanted = {
        "disable_bundling": True,
        "gpu_name": {"in": list(names)},
        "limit": OFFERS_MAX,
        "rentable": {"eq": True},
        "type": "on-demand",
    }
    return Request(shape, "/api/v0/bundles/", body=canonical_json(wanted), secret="VAST_API_KEY")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the time at which a capture or a digest was taken; raises UnexpectedData."""
    if shape == "davesbecker":
        return digest_ns(content)
    if shape == "capture":
        return parse_object(content, VENUE.name).time_ns("collected_utc")
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield an ask and a bid floor for each offer; raises UnexpectedData."""
    if body.shape == "davesbecker":
        yield from read_digest(body, VENUE)
        return
    page = parse_object(body.content, VENUE.name)
    repeats = Repeats()
    offers = _captured(page) if body.shape == "capture" else _bundled(page)
    for row, offer in offers:
        yield from _offer(offer, body, row, repeats)


def _bundled(page: Fields) -> Iterator[tuple[str, Fields]]:
    """Yield the offers of the market's own answer; refuses one cut off at the limit asked for."""
    offers = page.objects("offers")
    page.end()
    if len(offers) >= OFFERS_MAX:
        raise UnexpectedData(f"{page.where}: expected fewer than {OFFERS_MAX} offers, found that")
    for number, offer in offers:
        yield f"offers/{number}", offer


def _captured(page: Fields) -> Iterator[tuple[str, Fields]]:
    """Yield the offers of a capture: a list for each model that was asked for."""
    page.skip(("collected_utc", "collection_date", "description", "source"))
    models = page.texts("models_queried")
    lists = page.object("offers_by_model")
    page.end()
    if sorted(lists.names()) != sorted(models):
        raise UnexpectedData(f"{VENUE.name}: expected offers of {models}, found {lists.names()}")
    for model in lists.names():
        for number, offer in lists.objects(model):
            yield f"{model}/{number}", offer


def _offer(offer: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    name = offer.text("gpu_name")
    memory_mib = offer.count("gpu_ram")
    card = card_named(name, memory_gb_from_mib(memory_mib, ()), BARE)
    identifier = offer.number("id")
    prices = {"ask": offer.price_nanousd("dph_base"), "bid_floor": offer.price_nanousd("min_bid")}
    is_bid = offer.boolean("is_bid")  # Never seen true: what `dph_base` is then, is not known.
    free = offer.boolean("rentable")
    free = not offer.boolean("rented") and free
    flags = (
        *(("MODIFIED_CARD",) if card is not None and card.chip in MODIFIED else ()),
        *(() if free else ("NOT_RENTABLE",)),
        *repeats.flags(identifier),
    )
    spec = _spec(offer) | {"gpu_ram": str(memory_mib), "offer": identifier}
    terms = {"kind": "is_bid"} if is_bid else {}
    terms |= {name: offer.number(name) for name in TERMS_NUMBERS}
    gpus = offer.count("num_gpus", least=1)
    region = offer.text_or_none("geolocation") or ""
    machine, host = offer.number("machine_id"), offer.number("host_id")
    offer.skip(SKIPPED)
    offer.skip_if_there(SKIPPED_NEWER)
    for held in SKIPPED_OBJECTS:
        costs = offer.object(held)
        costs.skip(SKIPPED_COSTS)
        costs.skip_if_there(SKIPPED_COSTS_NEWER)
        costs.end()
    offer.end()
    doubts = {"ask": (), "bid_floor": ("BID_FLOOR",)}
    tenors = {"ask": None if is_bid else "SPOT", "bid_floor": "INT"}
    for kind, price_nanousd in prices.items():
        yield record(
            body,
            VENUE,
            row,
            card,
            name,
            tenors[kind],
            price_nanousd,
            gpus,
            kind=kind,
            region=region,
            terms=terms,
            spec=spec,
            flags=(*flags, *doubts[kind]),
            machine=machine,
            host=host,
        )


def _spec(offer: Fields) -> dict[str, str]:
    """Take what tells one machine from another; null is left out."""
    spec: dict[str, str | None] = {name: offer.number(name) for name in SPEC_NUMBERS}
    spec |= {name: offer.number_or_none(name) for name in SPEC_NUMBERS_OR_NULL}
    spec |= {name: offer.text_or_none(name) for name in SPEC_TEXTS_OR_NULL}
    spec["static_ip"] = "true" if offer.boolean("static_ip") else "false"
    return {name: text for name, text in spec.items() if text is not None}
