"""SOODDVS: a daily table of hyperscalers' and others' prices by length of commitment, per GPU.

Takes   `raw`: a line for each SKU of a day, with region and tier; `history`: a line for each day,
        provider, card and tier, the lowest of its SKUs in a preferred region.
Gives   a list price for each line: of `raw` when it was fetched, of `history` by the day's end.
Keeps   terms by what its collector asked for. At RunPod "spot" is the community price (SPOT) and
        "36mo" the price for three months (R3M). At GCP commitments, flex-start (DWS) and calendar
        reservations share the tiers 12mo and 36mo: `raw` tells them apart by SKU; in `history` the
        terms are unknown. GCP's prices are of the GPU alone: PARTIAL_PRICE. SageMaker is another,
        dearer product. RunPod's 0.50 stands for no price: NOT_RENTABLE. Names are RunPod's and
        GCP's own where the SKU has them; in `history` RunPod's H100 and H200 mix forms, and an A100
        of Azure, GCP or RunPod may be any. Lines called historical estimates give no row.
Source  sooddvs/gpu-pricing; no licence stated: recordings are for local use only.
"""

import re
from collections.abc import Iterator

from chiphour.hardware.chips import UNKNOWN
from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_csv
from chiphour.observe.record import Repeats
from chiphour.observe.record import committed
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue_names import venue_named

VENUE = Venue(
    name="sooddvs",
    publisher="sooddvs, https://github.com/sooddvs/gpu-pricing",
    terms="no licence stated, https://github.com/sooddvs/gpu-pricing",
    description="https://github.com/sooddvs/gpu-pricing#readme",
    site="https://github.com/sooddvs/gpu-pricing",
    recordings=(
        Recorded("hyperscaler_tenors_sooddvs/raw_daily.csv.gz", "raw"),
        Recorded("hyperscaler_tenors_sooddvs/history_daily.csv.gz", "history"),
    ),
    cadence="recorded only: daily, 2026-05-21 to 2026-06-09",
    feed="posted",
    evidence="schema",
    reader_version="sooddvs-1",
    compared=True,
)

PRICE = "per_gpu_hourly_usd"
TEXTS = ("gpu_type", "provider", "price_tier", "region")
COLUMNS_BY_SHAPE = {
    "raw": (
        *("snapshot_date", "commit", *TEXTS, PRICE),
        *("total_hourly_usd", "gpu_count", "sku", "fetched_at"),
    ),
    "history": ("date", *TEXTS, PRICE, "source"),
}
FETCHED = "live"
ESTIMATE = "historical_estimate"

ANOTHER_PRODUCT = ("AWS SageMaker",)
WITHOUT_MACHINE = ("gcp",)

MONTHS_BY_TIER = {"1mo": 1, "6mo": 6, "12mo": 12, "24mo": 24, "36mo": 36}
TENOR_BY_TIER = {"on_demand": "OD", "spot": "INT"}
TENOR_OF = {
    ("runpod", "spot"): "SPOT",
    ("vast", "spot"): "SPOT",
    ("vast", "spot_low"): "SPOT",
}
GCP_COMMITMENT = re.compile(r"Commitment v1: .* for ([13]) Years?")
GCP_OTHER = re.compile(r".*(?:DWS Defined Duration|DWS Calendar Mode|in Calendar Mode).*")

# RunPod's identifiers name the form, except these two, which are SXM.
RUNPOD_BARE = {"H100": "SXM", "H200": "SXM"}
MIXED_IN_HISTORY = ("H100", "H200")
# The card of a GCP SKU: the 40 GB part is an "A100 GPU" there.
GCP_A100 = re.compile(r".*Nvidia Tesla A100( 80GB)? GPU\b.*")
NAME_BY_SKU = {
    "Standard_NC24ads_A100_v4": "A100 PCIE 80GB",
    "Standard_NC48ads_A100_v4": "A100 PCIE 80GB",
    "Standard_NC96ads_A100_v4": "A100 PCIE 80GB",
    "Standard_ND96amsr_A100_v4": "A100 SXM 80GB",
    "Standard_ND_GB200_v6": "GB200",
    "p4d.24xlarge": "A100 SXM 40GB",
    "p4de.24xlarge": "A100 SXM 80GB",
    "p6e-gb200.36xlarge": "GB200",
}
PLACEHOLDER_NANOUSD = 500_000_000


def requests() -> Iterator[Request]:
    """Yield nothing: the tables are only recorded."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the time of the last line; raises UnexpectedData."""
    return max((_time_ns(line, shape) for _, line in _lines(content, shape)), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield a price for each line that somebody fetched; raises UnexpectedData."""
    repeats = Repeats()
    for row, line in _lines(body.content, body.shape):
        seen = _line(line, body, row, repeats)
        if seen is not None:
            yield seen


def _lines(content: bytes, shape: str) -> Iterator[tuple[str, Fields]]:
    return parse_csv(content, VENUE.name, COLUMNS_BY_SHAPE[shape], (PRICE,))


def _line(line: Fields, body: Body, row: str, repeats: Repeats) -> Observation | None:
    time_ns = _time_ns(line, body.shape)
    provider = line.text("provider")
    venue = venue_named(provider)
    name = line.text("gpu_type")
    tier = line.text("price_tier")
    region = line.text("region")
    price_nanousd = line.price_nanousd(PRICE)
    sku = gpus = ""
    if body.shape == "raw":
        sku, gpus = line.text("sku"), line.text("gpu_count")
        line.skip(("snapshot_date", "commit", "total_hourly_usd"))
    source = line.text("source") if body.shape == "history" else FETCHED
    line.end()
    if source not in (FETCHED, ESTIMATE) or (body.shape == "raw" and sku == ""):
        raise UnexpectedData(
            f"{line.where}: expected a source, or a SKU, found {source!r}, {sku!r}"
        )
    if source == ESTIMATE:
        return None
    months = _months(venue, tier, sku)
    several = region if "," in region else ""
    is_flexible = venue == "gcp" and GCP_OTHER.fullmatch(sku) is not None
    tenor = TENOR_OF.get((venue, tier)) or TENOR_BY_TIER.get(tier) or committed(months)
    flags = (
        *_doubts(provider, venue, price_nanousd),
        *(("OTHER_PRODUCT",) if is_flexible else ()),
        *repeats.flags(str(time_ns), provider, name, tier, region, sku),
    )
    return record(
        body.at(time_ns),
        VENUE,
        row,
        _card(venue, name, sku),
        name,
        tenor or ("OTHER" if is_flexible else None),
        price_nanousd,
        of=venue,
        region="" if several else region,
        terms={"kind": tier, "commitment_months": str(months or "")},
        spec={"provider": provider, "sku": sku, "gpus": gpus, "regions": several},
        flags=flags,
    )


def _months(venue: str, tier: str, sku: str) -> int:
    """Give the months of a commitment, 0 for none, or for one of which nothing tells the length."""
    if (venue, tier) == ("runpod", "36mo"):
        return 3
    months = MONTHS_BY_TIER.get(tier, 0)
    if venue != "gcp" or months == 0:
        return months
    commitment = GCP_COMMITMENT.fullmatch(sku)
    return 12 * int(commitment[1]) if commitment else 0


def _doubts(provider: str, venue: str, price_nanousd: int) -> Iterator[str]:
    if provider in ANOTHER_PRODUCT:
        yield "OTHER_PRODUCT"
    if venue in WITHOUT_MACHINE:
        yield "PARTIAL_PRICE"
    if venue == "runpod" and price_nanousd == PLACEHOLDER_NANOUSD:
        yield "NOT_RENTABLE"


def _card(venue: str, name: str, sku: str) -> Card | None:
    """Give the card of the SKU where it names one, else of the table's own word.

    Where a SKU is told, a word that leaves the form open is not enough.
    """
    if venue == "runpod" and sku:
        return card_named(sku, 0, RUNPOD_BARE)
    a100 = GCP_A100.fullmatch(sku) if venue == "gcp" else None
    if a100:
        return card_named(f"A100 SXM {80 if a100[1] else 40}GB")
    card = card_named(NAME_BY_SKU.get(sku.removeprefix("ml."), name))
    if card is None or (sku and card.form == UNKNOWN):
        return None
    mixed = venue == "runpod" and card.chip in MIXED_IN_HISTORY
    return card._replace(form=UNKNOWN) if mixed else card


def _time_ns(line: Fields, shape: str) -> int:
    """Take the time of the fetch, or the end of the day, UTC."""
    if shape == "raw":
        return line.time_ns("fetched_at")
    return line.day_end_ns("date")
