"""VAST: the offers of Vast.ai, a marketplace on which hosts let slices of machines.

Takes   a capture as CCIR recorded it: one list of raw offers for each model that was asked for.
Gives   two observations an offer: the ask (by the hour, not preemptible: SPOT) and the bid floor
        (INT, flagged: nobody need rent at it).
Keeps   the ask free of disk and traffic: `dph_base`, for all `num_gpus` GPUs of the offer. A 40 GB
        A100 and a rebuilt 48 GB RTX 4090 are told by `gpu_ram`, which is MiB of one GPU.
Source  Recordings by CCIR (Compute Credit Index Research), CC BY 4.0.
"""

from collections.abc import Iterator

from chiphour.hardware import CHIPS
from chiphour.hardware import UNKNOWN
from chiphour.hardware import memory_gb_from_mib
from chiphour.hardware import memory_sizes_gb
from chiphour.observe.checks import checked
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import canonical_json
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.venue import Venue
from chiphour.observe.venue import salted_key
from chiphour.units import NS_PER_HOUR

VENUE = Venue(
    name="vast",
    publisher="Vast.ai, recorded by CCIR (Compute Credit Index Research)",
    terms="CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    recordings="vast",
    cadence="captures at irregular times",
    feed="book",
    price_nanousd_min=5_000_000,
    price_nanousd_max=30_000_000_000,
    staleness_ns=24 * NS_PER_HOUR,
    reader_version="vast-1",
)

# Vast.ai's name: (chip, form). Its bare H200 is the SXM part; its V100 does not say.
CHIP_BY_NAME = {
    "A10": ("A10", ""),
    "A100 PCIE": ("A100", "PCIE"),
    "A100 SXM4": ("A100", "SXM"),
    "A40": ("A40", ""),
    "B200": ("B200", "SXM"),
    "H100 NVL": ("H100", "NVL"),
    "H100 PCIE": ("H100", "PCIE"),
    "H100 SXM": ("H100", "SXM"),
    "H200": ("H200", "SXM"),
    "H200 NVL": ("H200", "NVL"),
    "L4": ("L4", ""),
    "L40": ("L40", ""),
    "L40S": ("L40S", ""),
    "RTX 3090": ("RTX3090", ""),
    "RTX 4090": ("RTX4090", ""),
    "RTX 5090": ("RTX5090", ""),
    "RTX 6000Ada": ("RTX6000ADA", ""),
    "RTX A6000": ("RTXA6000", ""),
    "Tesla T4": ("T4", ""),
    "Tesla V100": ("V100", UNKNOWN),
}
# A chip that has another name when it has this much memory.
CHIP_BY_MEMORY_GB = {("A100", 40): "A100-40", ("RTX4090", 48): "RTX4090-48"}
MODIFIED = ("RTX4090-48",)

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
SPEC_TEXTS_OR_NULL = ("cpu_name", "driver_version", "geolocation", "verification")
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
SKIPPED_OBJECTS = ("instance", "search")  # The offer's costs again, with some disk.
SKIPPED_COSTS = (
    "discountTotalHour",
    "discountedTotalPerHour",
    "diskHour",
    "gpuCostPerHour",
    "totalHour",
)


def fetched_ns(body: bytes) -> int:
    """Give the time at which the capture was taken; raises UnexpectedData."""
    return parse_object(body, VENUE.name).time_ns("collected_utc")


def read(body: bytes, received_ns: int, raw_sha256: str) -> Iterator[Observation]:
    """Yield an ask and a bid floor for each offer; raises UnexpectedData."""
    page = parse_object(body, VENUE.name)
    observed_ns = page.time_ns("collected_utc")
    page.skip(("collection_date", "description", "source"))
    models = page.rows("models_queried")
    lists = Fields(page.take("offers_by_model"), f"{VENUE.name} offers_by_model")
    page.end()
    if sorted(lists.names()) != sorted(str(model) for model in models):
        raise UnexpectedData(f"{VENUE.name}: expected offers of {models}, found {lists.names()}")
    for model in lists.names():
        for number, value in enumerate(lists.rows(model)):
            row = f"{model}/{number}"
            offer = Fields(value, f"{VENUE.name} row {row}")
            for observation in _offer(offer, row):
                stamped = observation._replace(
                    observed_ns=observed_ns, received_ns=received_ns, raw_sha256=raw_sha256
                )
                yield checked(stamped, VENUE)


def _offer(offer: Fields, row: str) -> tuple[Observation, Observation]:
    chip, form, memory_gb, spec, flags = _card(offer)
    identifier = offer.number("id")
    ask_nanousd = offer.price_nanousd("dph_base")
    floor_nanousd = offer.price_nanousd("min_bid")
    is_bid = offer.boolean("is_bid")  # Never seen true: what `dph_base` is then, is not known.
    terms = {"kind": "is_bid"} if is_bid else {}
    if not offer.boolean("rentable") or offer.boolean("rented"):
        flags += ("NOT_RENTABLE",)
    ask = Observation(
        source=VENUE.name,
        venue=VENUE.name,
        feed=VENUE.feed,
        kind="ask",
        chip=chip,
        form=form,
        memory_gb=memory_gb,
        tenor="OTHER" if is_bid else "SPOT",
        price_nanousd=ask_nanousd,
        gpus=offer.count("num_gpus", least=1),
        machine_key=salted_key(VENUE.name, "machine", offer.number("machine_id")),
        host_key=salted_key(VENUE.name, "host", offer.number("host_id")),
        terms=canonical_json(terms | {name: offer.number(name) for name in TERMS_NUMBERS}),
        spec=canonical_json(spec | _spec(offer) | {"offer": identifier}),
        flags=(*flags, "TENOR_UNKNOWN") if is_bid else flags,
        observed_ns=0,
        received_ns=0,
        raw_sha256="",
        row=row,
        reader_version=VENUE.reader_version,
    )
    offer.skip(SKIPPED)
    for name in SKIPPED_OBJECTS:
        costs = Fields(offer.take(name), f"{offer.where} {name}")
        costs.skip(SKIPPED_COSTS)
        costs.end()
    offer.end()
    floor = ask._replace(
        kind="bid_floor", tenor="INT", price_nanousd=floor_nanousd, flags=(*flags, "BID_FLOOR")
    )
    return ask, floor


def _card(offer: Fields) -> tuple[str, str, int, dict[str, object], tuple[str, ...]]:
    """Take name and memory: chip, form, nominal memory, what the source said, flags."""
    name = offer.text("gpu_name")
    memory_mib = offer.count("gpu_ram")
    said: dict[str, object] = {"chip_name": name, "gpu_ram": str(memory_mib)}
    chip, form = CHIP_BY_NAME.get(name, ("", UNKNOWN))
    if chip == "":
        return "", UNKNOWN, memory_gb_from_mib(memory_mib, ()), said, ()
    others = tuple(size_gb for of, size_gb in CHIP_BY_MEMORY_GB if of == chip)
    memory_gb = memory_gb_from_mib(memory_mib, memory_sizes_gb(chip, form) + others)
    chip = CHIP_BY_MEMORY_GB.get((chip, memory_gb), chip)
    assert chip in CHIPS
    return chip, form, memory_gb, said, ("MODIFIED_CARD",) if chip in MODIFIED else ()


def _spec(offer: Fields) -> dict[str, object]:
    """Take what tells one machine from another; null is left out."""
    spec: dict[str, object] = {name: offer.number(name) for name in SPEC_NUMBERS}
    spec |= {name: offer.number_or_none(name) for name in SPEC_NUMBERS_OR_NULL}
    spec |= {name: offer.text_or_none(name) for name in SPEC_TEXTS_OR_NULL}
    spec["static_ip"] = offer.boolean("static_ip")
    return {name: value for name, value in spec.items() if value is not None}
