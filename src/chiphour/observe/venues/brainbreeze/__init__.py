"""BRAINBREEZE: one table of offers of eighteen venues, normalised by a price tracker on one day.

Takes   the table as JSON: an offer for each instance, region and commitment, priced by the machine.
Gives   a list price for each offer, for all its GPUs, seen when the table was made.
Keeps   terms by commitment: "On-Demand" is SPOT on a marketplace and OD elsewhere, "Spot" is INT.
        Vast.ai's "Spot" is a host's least bid (BID_FLOOR); its asks hold the whole disk. RunPod's
        community is told by its region, a country (SPOT); its own cloud's is a data centre (OD).
        Three venues call an instance by its card; else there is only the glued name, without form.
        A memory that the chip does not have is a slice, kept and flagged. Every offer there has
        "High" availability: not kept.
Source  brainbreezegames-lang/gpu-tracker; no licence stated: recordings are for local use only.
"""

import re
from collections.abc import Iterator
from fractions import Fraction

from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue_names import hourly_tenor
from chiphour.observe.venue_names import venue_named
from chiphour.units import decimal_from_text
from chiphour.units import round_half_even

VENUE = Venue(
    name="brainbreeze",
    publisher="brainbreezegames, https://github.com/brainbreezegames-lang/gpu-tracker",
    terms="no licence stated, https://github.com/brainbreezegames-lang/gpu-tracker",
    description="https://github.com/brainbreezegames-lang/gpu-tracker#readme",
    site="https://github.com/brainbreezegames-lang/gpu-tracker",
    recordings=(Recorded("multi_oneoff_brainbreeze/*/gpu-data.json.gz", "gpu-data"),),
    cadence="recorded only: one table, of 2026-02-21",
    feed="posted",
    evidence="schema",
    reader_version="brainbreeze-1",
    compared=True,
)

TENOR_BY_COMMITMENT = {"On-Demand": "OD", "Spot": "INT"}
COUNTRY = re.compile(r"[A-Z]{2}")
BARE = {"H200": "SXM"}  # The NVL part has a word of its own: H200NVL.
NAMED_BY_INSTANCE = ("CoreWeave", "Crusoe", "RunPod")  # Whose instances are called by the card.


def requests() -> Iterator[Request]:
    """Yield nothing: the table is only recorded."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the time at which the table was made; raises UnexpectedData."""
    return parse_object(content, VENUE.name).time_ns("lastUpdated")


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield a price for each offer; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    page.skip(("lastUpdated", "count", "providerCount", "modelCount"))
    offers = page.objects("data")
    page.end()
    repeats = Repeats()
    for number, offer in offers:
        yield _offer(offer, body, f"data/{number}", repeats)


def _offer(offer: Fields, body: Body, row: str, repeats: Repeats) -> Observation:
    provider = offer.text("provider")
    venue = venue_named(provider)
    name = offer.text("model")
    instance = offer.text("instanceName")
    memory = offer.decimal("vram")
    gpus = offer.count("gpuCount", least=1)
    region = offer.word("region")
    commitment = offer.text("commitment")
    identifier = offer.text("id")
    price_nanousd = offer.price_nanousd("pricePerHour")
    time_ns = offer.time_ns("lastUpdated")
    spec = {"offer": identifier, "sku": instance, "memory": memory}
    spec |= {"vcpus": offer.number("cpu"), "memory_gb_host": offer.number("ram")}
    offer.skip(("availability", "link"))
    offer.end()
    tenor = _tenor(venue, commitment, region)
    is_floor = venue == "vast" and tenor == "INT"
    memory_gb = round_half_even(Fraction(decimal_from_text(memory)))
    return record(
        body.at(time_ns),
        VENUE,
        row,
        card_named(instance if provider in NAMED_BY_INSTANCE else name, memory_gb, BARE),
        name,
        tenor,
        price_nanousd,
        gpus,
        kind="bid_floor" if is_floor else "list",
        of=venue,
        region=region,
        terms={"kind": commitment},
        spec=spec,
        flags=(
            *(("BID_FLOOR",) if is_floor else ()),
            *repeats.flags(identifier),
        ),
    )


def _tenor(venue: str, commitment: str, region: str) -> str | None:
    tenor = TENOR_BY_COMMITMENT.get(commitment)
    if tenor != "OD":
        return tenor
    of_hosts = venue == "runpod" and COUNTRY.fullmatch(region) is not None
    return "SPOT" if of_hosts else hourly_tenor(venue)
