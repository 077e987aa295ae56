"""CHERIELILILI: a daily table of least, median and greatest prices of some forty venues.

Takes   a month of it as CSV: a line for each venue, chip, number of GPUs, region and rental type.
Gives   the median of each line as a list price, beside it the least and the greatest (`spec`).
Keeps   units by date: what was read from getdeploying.com until noon of 2026-02-18 is the price of
        the whole machine, afterwards that of one GPU. Of that day's lines the least is of the
        later poll, so of one GPU: it is taken. Prices read from venues themselves are per GPU.
        Terms by what was asked for: RunPod's "community spot" is its hourly community price (SPOT);
        its "any spot" is the least bid for a pod (INT), its "any on_demand" the lower price of two
        clouds: unknown terms. Spot prices of Vast.ai are hosts' least bids (INT, BID_FLOOR). SF
        Compute's spot price preempts nobody. A source that nobody has looked at is refused: what
        its prices are of is not known. RunPod's 0.50 stands for no price: NOT_RENTABLE.
Source  cherielilili/gpu-pricing-tracker; no licence stated: recordings are for local use only.
"""

from collections.abc import Iterator
from typing import NamedTuple

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
from chiphour.observe.venue_names import hourly_tenor
from chiphour.observe.venue_names import venue_named
from chiphour.units import day_from_ns
from chiphour.units import ns_from_iso
from chiphour.units import text_from_nanousd

VENUE = Venue(
    name="cherielilili",
    publisher="cherielilili, https://github.com/cherielilili/gpu-pricing-tracker",
    terms="no licence stated, https://github.com/cherielilili/gpu-pricing-tracker",
    description="https://github.com/cherielilili/gpu-pricing-tracker#readme",
    site="https://cherielilili.github.io/gpu-pricing-tracker/",
    recordings=(Recorded("multi_daily_cherielilili/*.csv.gz", "observations"),),
    cadence="recorded only: daily, 2026-02-11 to 2026-05-29",
    feed="posted",
    evidence="schema",
    reader_version="cherielilili-1",
    compared=True,
)

MEDIAN, LEAST, GREATEST = "price_median_usd", "price_min_usd", "price_max_usd"
NUMBERS = (MEDIAN, LEAST, GREATEST, "gpu_count", "n_offers")
TEXTS = ("date", "provider", "gpu_model", "region", "rental_type", "source_url", "fetched_at")

TENOR_BY_TYPE = {"on_demand": "OD", "spot": "INT"}
# RunPod itself has its clouds in the column of regions.
TENOR_OF_RUNPOD = {
    ("secure", "on_demand"): "OD",
    ("community", "spot"): "SPOT",
    ("any", "spot"): "INT",
}
SPOT_IS_NOT_PREEMPTIBLE = ("sfcompute",)
CONVERTED = ("gcore", "scaleway", "upcloud")  # Move daily: euro prices in dollars.

AGGREGATOR = "https://getdeploying.com"
RUNPOD = "https://api.runpod.io/graphql"
SOURCES = (
    AGGREGATOR,
    RUNPOD,
    "https://console.vast.ai/api/v0/bundles/",
    "https://crusoe.ai/cloud/pricing/",
    "https://lambda.ai/service/gpu-cloud",
    "https://nebius.com/prices",
    "https://sfcompute.com/",
)
PER_GPU_SINCE_NS = ns_from_iso("2026-02-18T12:00:00+00:00")
DAY_OF_BOTH = day_from_ns(PER_GPU_SINCE_NS)
PLACEHOLDER_NANOUSD = 500_000_000


def requests() -> Iterator[Request]:
    """Yield nothing: the table is only recorded."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the time of the last fetch; raises UnexpectedData."""
    return max((line.time_ns("fetched_at") for _, line in _lines(content)), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield a price for each line; raises UnexpectedData."""
    repeats = Repeats()
    for row, line in _lines(body.content):
        yield _line(line, body, row, repeats)


def _lines(content: bytes) -> Iterator[tuple[str, Fields]]:
    return parse_csv(content, VENUE.name, (*TEXTS, *NUMBERS), NUMBERS)


class _Terms(NamedTuple):
    """What a line's words mean: whose price, under which terms, in which cloud or region."""

    venue: str
    tenor: str | None
    is_floor: bool
    rental_type: str
    cloud: str
    region: str


def _line(line: Fields, body: Body, row: str, repeats: Repeats) -> Observation:
    url = line.one_of("source_url", SOURCES)
    terms = _terms(line.text("provider"), line.text("region"), line.text("rental_type"), url)
    name = line.text("gpu_model")
    gpus = line.count("gpu_count", least=1)
    time_ns = line.time_ns("fetched_at")
    spec = {"gpus": str(gpus), "offers": str(line.count("n_offers")), "source_url": url}
    prices = {column: line.price_nanousd(column) for column in (MEDIAN, LEAST, GREATEST)}
    line.skip(("date",))
    line.end()
    has_units = url == AGGREGATOR and gpus > 1
    is_machine = has_units and time_ns < PER_GPU_SINCE_NS
    is_mixed = has_units and not is_machine and day_from_ns(time_ns) == DAY_OF_BOTH
    column = LEAST if is_mixed else MEDIAN
    spec |= {given: text_from_nanousd(price) for given, price in prices.items()}
    same = (terms.venue, name, str(gpus), terms.cloud, terms.region, terms.rental_type, url)
    return record(
        body.at(time_ns),
        VENUE,
        row,
        card_named(name),
        name,
        terms.tenor,
        prices[column],
        gpus if is_machine else 1,
        kind="bid_floor" if terms.is_floor else "list",
        of=terms.venue,
        region=terms.region,
        terms={"kind": terms.rental_type, "cloud": terms.cloud, "price": column},
        spec=spec,
        flags=(*_doubts(terms, prices[column]), *repeats.flags(str(time_ns), *same)),
    )


def _terms(provider: str, region: str, rental_type: str, url: str) -> _Terms:
    venue = venue_named(provider)
    if url == RUNPOD:
        tenor = TENOR_OF_RUNPOD.get((region, rental_type))
        return _Terms(venue, tenor, False, rental_type, region, "")
    tenor = TENOR_BY_TYPE.get(rental_type)
    if tenor == "OD":
        tenor = hourly_tenor(venue)
    if tenor == "INT" and venue in SPOT_IS_NOT_PREEMPTIBLE:
        tenor = "SPOT"
    return _Terms(venue, tenor, venue == "vast" and tenor == "INT", rental_type, "", region)


def _doubts(terms: _Terms, price_nanousd: int) -> Iterator[str]:
    if terms.is_floor:
        yield "BID_FLOOR"
    if terms.venue in CONVERTED:
        yield "FX_UPSTREAM"
    if terms.venue == "runpod" and price_nanousd == PLACEHOLDER_NANOUSD:
        yield "NOT_RENTABLE"
