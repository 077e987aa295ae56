"""CCIR: rate cards that CCIR read beside its index, and the levels of that index.

Takes   `rate-cards`: a list of posted prices of Azure, AWS, GCP and RunPod; `cri` and `cri-h100`: a
        line for each publication of a weekly index, one header for the H100 and one for the rest.
Gives   a list price for each rate, per GPU; a level for each publication, seen when computed.
Keeps   the card that a SKU has: Azure's, AWS's by a table, RunPod's by its name. Azure's NC40ads
        H100 v5, NC24ads A100 v4 and NC6s v3 carry NVL and PCIe cards but are called SXM here: their
        form is UNKNOWN. GCP's prices are the GPU's SKU alone: PARTIAL_PRICE. An index is a median
        of asks of hosts in the United States on Vast.ai over its window, disk included: SPOT.
Source  CCIR (Compute Credit Index Research), CC BY 4.0; its methodology 1.1.0.
"""

from collections.abc import Iterator

from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_csv
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue

VENUE = Venue(
    name="ccir",
    publisher="CCIR (Compute Credit Index Research), https://github.com/ccir-index/cri-h100",
    terms="CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    description="https://github.com/ccir-index/cri-h100/blob/main/METHODOLOGY-v1.1.0.md",
    site="https://ccir.io/",
    recordings=(
        Recorded("ratecards/*/ccir_reference_rates.json", "rate-cards"),
        Recorded("index_reference/ccir_v1/cri-h100-index.csv", "cri-h100"),
        Recorded("index_reference/ccir_v1/cri-h200-index.csv", "cri"),
        Recorded("index_reference/ccir_v1/cri-l40s-index.csv", "cri"),
        Recorded("index_reference/ccir_v1/cri-4090-index.csv", "cri"),
    ),
    cadence="recorded only: rate cards of 2026-03-03, index values of 2026-03-05 and 2026-03-06",
    feed="posted",
    evidence="recorded",
    reader_version="ccir-1",
    compared=True,
)

TENOR_BY_PRICE_TYPE = {
    "on_demand": "OD",
    "secure": "OD",
    "community": "SPOT",
    "spot": "INT",
    "spot_posted": "INT",
    "secure_spot": "INT",
}
# Names of `hardware`, without a form where the list's contradicts the SKU.
NAME_BY_SKU = {
    "Standard_NC24ads_A100_v4": "A100 80GB",
    "Standard_NC40ads_H100_v5": "H100",
    "Standard_NC6s_v3": "V100 16GB",
    "p3.16xlarge": "V100 SXM 16GB",
    "p4d.24xlarge": "A100 SXM 40GB",
    "p5.48xlarge": "H100 SXM",
}
OF_TABLE = ("aws", "azure")
WITHOUT_MACHINE = ("gcp",)
BARE = {"H200": "SXM"}  # RunPod's bare H200 is the SXM part.

# Names of `hardware` for what an index measures.
NAME_BY_INDEX = {
    "CRI-4090": "RTX 4090",
    "CRI-H100": "H100 SXM",
    "CRI-H200": "H200 SXM",
    "CRI-L40S": "L40S",
}
COUNTS = ("total_observations", "valid_days")
SUMMARY = ("obs_min", "obs_max", "obs_mean", "obs_stdev")
TEXTS = ("publication_date", "window_start", "window_end", "low_confidence", "methodology_version")
LEVEL_BY_SHAPE = {"cri": "index_value", "cri-h100": "cri_h100"}


def requests() -> Iterator[Request]:
    """Yield nothing: the source is only recorded."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give when rates were collected, or the last level computed; raises UnexpectedData."""
    if shape == "rate-cards":
        return parse_object(content, VENUE.name).time_ns("collected_utc")
    return max((line.time_ns("calculated_utc") for _, line in _lines(content, shape)), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield each rate, or each level; raises UnexpectedData."""
    repeats = Repeats()
    if body.shape == "rate-cards":
        page = parse_object(body.content, VENUE.name)
        page.skip(("collected_utc", "collection_date", "description", "source_type"))
        rates = page.objects("results")
        page.end()
        for number, rate in rates:
            yield _rate(rate, body, f"results/{number}", repeats)
        return
    for row, line in _lines(body.content, body.shape):
        yield _level(line, body, row, repeats)


def _rate(rate: Fields, body: Body, row: str, repeats: Repeats) -> Observation:
    venue = rate.text("source")
    name = rate.text("gpu_model")
    sku = rate.text("sku")
    kind = rate.text("price_type")
    offer = rate.text("source_id")
    time_ns = rate.time_ns("collected_utc")
    price_nanousd = rate.price_nanousd("price_per_gpu_hr")
    gpus = rate.number_or_none("gpus_per_vm") or ""
    region = rate.text("region")
    terms = {"kind": kind, "rate_type": rate.text("rate_type")}
    spec = {"offer": offer, "sku": sku, "gpus": gpus}
    spec["effective_date"] = rate.text_or_none("effective_date") or ""
    rate.skip(("auth_required", "reproducible", "vm_price_hr"))
    rate.end()
    flags = (
        *(("PARTIAL_PRICE",) if venue in WITHOUT_MACHINE else ()),
        *repeats.flags(offer, str(time_ns)),
    )
    return record(
        body.at(time_ns),
        VENUE,
        row,
        _card(venue, name, sku),
        name,
        TENOR_BY_PRICE_TYPE.get(kind),
        price_nanousd,
        of=venue,
        region=region,
        terms=terms,
        spec=spec,
        flags=flags,
    )


def _card(venue: str, name: str, sku: str) -> Card | None:
    """Give the card of the SKU where it can be told, else of the list's name for it."""
    if venue in OF_TABLE:
        return card_named(NAME_BY_SKU.get(sku, sku))
    return card_named(sku, 0, BARE) if venue == "runpod" else card_named(name)


def _lines(content: bytes, shape: str) -> Iterator[tuple[str, Fields]]:
    level = LEVEL_BY_SHAPE[shape]
    columns = (*TEXTS, *COUNTS, *SUMMARY, level, "index_name", "calculated_utc")
    return parse_csv(content, VENUE.name, columns, (*COUNTS, *SUMMARY, level))


def _level(line: Fields, body: Body, row: str, repeats: Repeats) -> Observation:
    index = line.text("index_name")
    level_nanousd = line.price_nanousd(LEVEL_BY_SHAPE[body.shape])
    time_ns = line.time_ns("calculated_utc")
    spec = {name: line.text(name) for name in TEXTS}
    spec |= {name: str(line.count(name)) for name in COUNTS}
    spec |= {name: line.decimal(name) for name in SUMMARY}
    line.end()
    return record(
        body.at(time_ns),
        VENUE,
        row,
        card_named(NAME_BY_INDEX.get(index, index)),
        index,
        "SPOT",
        level_nanousd,
        kind="level",
        of=VENUE.name,
        spec=spec,
        flags=repeats.flags(index, spec["publication_date"]),
    )
