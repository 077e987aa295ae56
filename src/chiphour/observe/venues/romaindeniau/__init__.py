"""ROMAINDENIAU: a daily table of prices of RunPod, DataCrunch, TensorDock and Vast.ai, per GPU.

Takes   a month of it as CSV: a line for each day, provider, card, broad region and tier.
Gives   a list price for each line, seen by the end of its day.
Keeps   the tiers by what its collector asked for. RunPod "on_demand" and "spot" are of the secure
        cloud (OD, INT), "community" is hosts' hourly price (SPOT); a "spot" that is only that day's
        "on_demand" again is REPEATED: nothing was preemptible. Vast.ai's "interruptible", at
        first "spot", is the ask with its disk (SPOT): the word says only that bids are taken too.
        TensorDock bills processor and memory apart: PARTIAL_PRICE. RunPod's 0.50 stands for no
        price: NOT_RENTABLE. Four of its words cover several cards, as "RTX 6000 Ada" does every
        "RTX ... 6000": no chip is read from them. A processor without a GPU gives no row.
Source  romaindeniau75-commits/gpu-price-scraper; no licence stated: recordings for local use only.
"""

from collections.abc import Iterator

from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_csv
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue_names import venue_named

VENUE = Venue(
    name="romaindeniau",
    publisher="Romain Deniau, https://github.com/romaindeniau75-commits/gpu-price-scraper",
    terms="no licence stated, https://github.com/romaindeniau75-commits/gpu-price-scraper",
    description="https://github.com/romaindeniau75-commits/gpu-price-scraper#readme",
    site="https://github.com/romaindeniau75-commits/gpu-price-scraper",
    recordings=(Recorded("multi_daily_romaindeniau/*.csv.gz", "history"),),
    cadence="recorded only: daily, 2026-05-10 to 2026-07-23",
    feed="posted",
    evidence="schema",
    reader_version="romaindeniau-1",
    compared=True,
)

PRICE = "price_per_gpu_hour"
TEXTS = (
    "snapshot_date",
    "provider",
    "gpu_model",
    "region_canonical",
    "availability_tier",
    "commitment_term",
)

TENOR_BY_TIER = {
    ("DataCrunch", "on_demand"): "OD",
    ("DataCrunch", "spot"): "INT",
    ("RunPod", "on_demand"): "OD",
    ("RunPod", "spot"): "INT",
    ("RunPod Community", "community"): "SPOT",
    ("TensorDock", "on_demand"): "SPOT",
    ("Vast.ai", "interruptible"): "SPOT",
    ("Vast.ai", "spot"): "SPOT",
}
REPEATS_ON_DEMAND = ("RunPod", "spot")  # Its price where nothing is preemptible.
BILLS_APART = ("tensordock",)
NOT_A_PLACE = "unknown"
NOT_A_GPU = ("AMD EPYC",)
SEVERAL_CARDS = ("RTX 3080", "RTX 3090", "RTX 4080", "RTX 6000 Ada")
SLICES = ("PRO 6000 MIG 24GB", "PRO 6000 MIG 48GB")  # Parts of an RTX PRO 6000.
PLACEHOLDER_NANOUSD = 500_000_000


def requests() -> Iterator[Request]:
    """Yield nothing: the table is only recorded."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the end of the last day; raises UnexpectedData."""
    return max((line.day_end_ns("snapshot_date") for _, line in _lines(content)), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield a price for each line that is of a GPU; raises UnexpectedData."""
    repeats, prices = Repeats(), Repeats()
    for row, line in _lines(body.content):
        seen = _line(line, body, row, repeats, prices)
        if seen is not None:
            yield seen


def _lines(content: bytes) -> Iterator[tuple[str, Fields]]:
    return parse_csv(content, VENUE.name, (*TEXTS, PRICE), (PRICE,))


def _line(
    line: Fields, body: Body, row: str, repeats: Repeats, prices: Repeats
) -> Observation | None:
    time_ns = line.day_end_ns("snapshot_date")
    provider = line.text("provider")
    name = line.text("gpu_model")
    tier = line.text("availability_tier")
    region = line.text("region_canonical")
    commitment = line.text("commitment_term")
    price_nanousd = line.price_nanousd(PRICE)
    line.end()
    if name in NOT_A_GPU:
        return None
    venue = venue_named(provider)
    tenor = None if commitment else TENOR_BY_TIER.get((provider, tier))
    before = prices.flags(str(time_ns), provider, name, str(price_nanousd))
    flags = (
        *(("OTHER_PRODUCT",) if name in SLICES else ()),
        *(("PARTIAL_PRICE",) if venue in BILLS_APART else ()),
        *(("NOT_RENTABLE",) if venue == "runpod" and price_nanousd == PLACEHOLDER_NANOUSD else ()),
        *repeats.flags(str(time_ns), provider, name, tier, region, commitment),
        *(before if (provider, tier) == REPEATS_ON_DEMAND else ()),
    )
    return record(
        body.at(time_ns),
        VENUE,
        row,
        _card(name),
        name,
        tenor,
        price_nanousd,
        of=venue,
        region="" if region == NOT_A_PLACE else region,
        terms={"kind": tier, "commitment": commitment},
        spec={"provider": provider},
        flags=flags,
    )


def _card(name: str) -> Card | None:
    if name in SLICES:
        return Card("RTXPRO6000", "", int(name.split()[-1].removesuffix("GB")))
    return None if name in SEVERAL_CARDS else card_named(name)
