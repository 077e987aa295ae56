"""GPURENTALPRICES: a daily snapshot of the list prices of many venues.

Takes   a snapshot: one offer for each provider, chip and kind, per GPU, with its time of fetching.
Gives   an observation for each offer: the provider is the venue, `fetched_at` is when it was seen.
Keeps   the terms by what they are, not by what they are called: "community" is an hourly price of
        hosts, not preemptible (SPOT); "on-demand" is SPOT on a marketplace and OD elsewhere;
        "spot" is preemptible (INT). A bare h100 or a100 may be SXM or PCIe: its form is unknown.
Source  GPU rental price data by gpurentalprices.com, CC BY 4.0.
"""

from collections.abc import Iterator
from datetime import date

from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import canonical_json
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue_names import hourly_tenor
from chiphour.units import day_from_ns

VENUE = Venue(
    name="gpurentalprices",
    publisher="gpurentalprices.com, https://gpurentalprices.com/",
    terms="CC BY 4.0, https://creativecommons.org/licenses/by/4.0/",
    description="https://github.com/adriannutiu/gpu-rental-prices",
    site="https://gpurentalprices.com/",
    recordings=(Recorded("multi_gpurentalprices/*.json.gz", "snapshot"),),
    cadence="one snapshot a day",
    feed="posted",
    evidence="recorded",
    reader_version="gpurentalprices-2",
    base_url="https://raw.githubusercontent.com/adriannutiu/gpu-rental-prices/main",
    requests_per_minute=10,
    content_types=("application/json", "text/plain"),
)

# The source's bare names that mean one form of several.
BARE = {"H200": "SXM"}

ON_DEMAND = "on-demand"
TENOR_BY_KIND = {
    "secure": "OD",
    "community": "SPOT",
    "spot": "INT",
    "serverless": "OTHER",
}
# An order book of whole clusters: its spot price is the market's, and nobody is preempted.
SPOT_IS_NOT_PREEMPTIBLE = ("sfcompute",)

FROZEN = (("aws", "spot"),)  # Above its own on-demand price, and never moves.
PRICED_IN_EURO = ("scaleway",)


def requests() -> Iterator[Request]:
    """Yield the one request of a poll: the latest snapshot."""
    yield Request("snapshot", "/data/latest.json")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the time at which the snapshot was put together; raises UnexpectedData."""
    return parse_object(content, VENUE.name).time_ns("generated_at")


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield an observation for each offer; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    day = _day(page)
    page.skip(("generated_at",))
    _providers(page.object("providers"))
    if page.has("meta"):
        _meta(page.object("meta"))
    offers = page.objects("offers")
    page.end()
    repeats = Repeats()
    for number, offer in offers:
        yield _offer(offer, body, f"offers/{number}", day, repeats)


def _offer(offer: Fields, body: Body, row: str, day: date, repeats: Repeats) -> Observation:
    venue = offer.text("provider")
    name = offer.text("gpu")
    kind = offer.text("kind")
    observed_ns = offer.time_ns("fetched_at")
    if observed_ns > body.received_ns:
        raise UnexpectedData(f"{offer.where}: fetched_at: expected no time after the snapshot's")
    terms = {"kind": kind}
    if offer.has("min_gpus"):
        terms["min_gpus"] = str(offer.count("min_gpus", least=1))
    memory_gb = offer.count("vram_gb")
    price_nanousd = offer.price_nanousd("usd_hr")
    flags = (
        *_flags(venue, kind, day_from_ns(observed_ns) < day),
        *repeats.flags(venue, name, canonical_json(terms), str(price_nanousd)),
    )
    seen = record(
        body._replace(observed_ns=observed_ns),
        VENUE,
        row,
        card_named(name, memory_gb, BARE),
        name,
        _tenor(venue, kind),
        price_nanousd,
        of=venue,
        terms=terms,
        spec={"source_url": offer.text("source_url")},
        flags=flags,
    )
    offer.end()
    return seen


def _tenor(venue: str, kind: str) -> str | None:
    """Give the tenor of a kind; None for one that no table holds."""
    if kind == ON_DEMAND:
        return hourly_tenor(venue)
    if kind == "spot" and venue in SPOT_IS_NOT_PREEMPTIBLE:
        return "SPOT"
    return TENOR_BY_KIND.get(kind)


def _flags(venue: str, kind: str, fetched_earlier: bool) -> Iterator[str]:
    if kind == "serverless":
        yield "OTHER_PRODUCT"
    if (venue, kind) in FROZEN:
        yield "FROZEN_FILE"
    if venue in PRICED_IN_EURO:
        yield "FX_UPSTREAM"
    if fetched_earlier:
        yield "CARRIED"


def _day(page: Fields) -> date:
    text = page.text("date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnexpectedData(f"{VENUE.name}: date: expected YYYY-MM-DD, found {text!r}") from None


def _providers(providers: Fields) -> None:
    """Read how fetching went at each provider; each offer carries its own time, so none is kept."""
    for name in providers.names():
        provider = providers.object(name)
        provider.boolean("ok")
        provider.boolean("stale")
        provider.time_ns("last_verified")
        if provider.has("error"):
            provider.text("error")
        provider.end()


def _meta(meta: Fields) -> None:
    """Read the source's own counts, and the names that it could not place; none is kept."""
    for name in ("provider_count", "ok_count", "stale_count"):
        meta.count(name)
    meta.rows("stale_providers")
    for _, unplaced in meta.objects("unknown_skus"):
        unplaced.skip(("provider", "name"))
        unplaced.end()
    meta.end()
