"""AWS: what Amazon lists for its GPU machines, and what spot capacity has cost.

Takes   the document behind Amazon's page of on-demand prices, one for a region ("ec2-calc"); pages
        of DescribeSpotPriceHistory ("spot-history"); the price of one machine as a third party
        noted it daily ("p5-daily").
Gives   OD from a list price and INT from a spot event, each for the whole machine, its GPUs from
        a table of instance types; the third party's prices are flagged COMPARISON.
Keeps   Linux alone: what is of another system, or has software with it, is left out on that sign.
        A machine of a family that has no GPU is left out; a GPU machine that no table holds is
        kept, CHIP_UNKNOWN. A part of a GPU, and a region for governments, are other products. Each
        spot event has its own time; it holds until the next of its zone and machine. The third
        party's times have no zone, and are read as UTC. Live, only the document is asked for: spot
        history needs signed requests.
Source  Recordings by E. Wyluda (document, MIT), L. Marques (spot) and amorton45 (daily); Amazon EC2
        API reference, DescribeSpotPriceHistory.
"""

from collections.abc import Iterator
from typing import Any

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
from chiphour.observe.venues.aws.machines import CODE_BY_LOCATION
from chiphour.observe.venues.aws.machines import MACHINES
from chiphour.observe.venues.aws.machines import SLICES

VENUE = Venue(
    name="aws",
    publisher="Amazon Web Services; document recorded by E. Wyluda",
    terms="recording: MIT (prices are their publisher's); https://aws.amazon.com/terms/",
    description="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
    "API_DescribeSpotPriceHistory.html",
    site="https://aws.amazon.com/ec2/pricing/on-demand/",
    recordings=(
        Recorded("aws/*/ec2_calc_*.json", "ec2-calc"),
        Recorded("aws_spot/*/*.json.gz", "spot-history"),
        Recorded("aws/p5_48xlarge_ondemand_daily.csv", "p5-daily"),
    ),
    cadence="live: once a day; recordings: one document, 90 days of spot events, 404 daily prices",
    feed="posted",
    evidence="recorded",
    reader_version="aws-1",
    compared=True,
    base_url="https://b0.p.awsstatic.com",
    requests_per_minute=30,
    body_bytes_max=8 << 20,
)

DOCUMENTS = "/pricing/2.0/meteredUnitMaps/ec2/USD/current/ec2-ondemand-without-sec-sel"
# Where Amazon lists most of its GPU machines.
ASKED = (
    "US East (N. Virginia)",
    "US East (Ohio)",
    "US West (Oregon)",
    "EU (Stockholm)",
    "Asia Pacific (Mumbai)",
    "Asia Pacific (Tokyo)",
)
# Families that have no GPU.
WITHOUT_GPU = (
    "Compute optimized",
    "FPGA Instances",
    "General purpose",
    "Machine Learning ASIC Instances",
    "Media Accelerator Instances",
    "Memory optimized",
    "Storage optimized",
)
MANIFEST = (
    "serviceId",
    "accessType",
    "hawkFilePublicationDate",
    "ETLIngestionTriggerDate",
    "source",
)
SKIPPED = (
    "Storage",
    "Network Performance",
    "plc:OperatingSystem",
    "plc:InstanceFamily",
    "License Model",
)
GOVERNMENTS = "us-gov-"  # How the regions begin that governments alone may use.
LINUX = ("Linux/UNIX", "Linux/UNIX (Amazon VPC)")  # One system, before and after VPC.


def requests() -> Iterator[Request]:
    """Yield one request for each region asked for."""
    for location in ASKED:
        yield Request("ec2-calc", f"{DOCUMENTS}/{location.replace(' ', '%20')}/Linux/index.json")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the time of the last event of a history; None for a document; raises UnexpectedData."""
    if shape == "spot-history":
        events = parse_object(content, VENUE.name).objects("SpotPriceHistory")
        return max((event.time_ns("Timestamp") for _, event in events), default=None)
    if shape == "p5-daily":
        return max((line.utc_time_ns("timestamp") for _, line in _days(content)), default=None)
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the price of each GPU machine, or each spot event; raises UnexpectedData."""
    reader = {"spot-history": _history, "p5-daily": _daily}.get(body.shape, _document)
    yield from reader(body)


# The document of list prices.


def _document(body: Body) -> Iterator[Observation]:
    page = parse_object(body.content, VENUE.name)
    if page.has("manifest"):
        _manifest(page.object("manifest"))
    regions = page.object("regions")
    page.end()
    repeats = Repeats()
    for location in regions.names():
        machines = regions.object(location)
        for name in machines.names():
            yield from _machine(machines.object(name), body, f"{location}/{name}", repeats)


def _manifest(manifest: Fields) -> None:
    manifest.one_of("currencyCode", ("USD",))
    manifest.skip(MANIFEST)
    manifest.end()


def _machine(offer: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    kind = offer.text("Instance Type")
    family = offer.text("Instance Family")
    system = (offer.text("Operating System"), offer.text("Pre Installed S/W"))
    location = offer.text("Location")
    identifier = offer.text("rateCode")
    price_nanousd = offer.decimal_price_nanousd("price")
    spec = {
        "memory_gb_host": offer.text("Memory").removesuffix(" GiB"),
        "offer": identifier,
        "sku": kind,
        "vcpus": offer.text("vCPU"),
    }
    offer.skip(SKIPPED)
    offer.end()
    if system != ("Linux", "NA") or (family in WITHOUT_GPU and kind not in MACHINES):
        return
    region = CODE_BY_LOCATION.get(location, location)
    yield _priced(
        *(body, row, kind, "OD", price_nanousd),
        region=region,
        terms={"kind": "OnDemand"},
        spec=spec,
        flags=repeats.flags(region, identifier),
    )


def _priced(
    body: Body,
    row: str,
    kind: str,
    tenor: str,
    price_nanousd: int,
    flags: tuple[str, ...],
    **said: Any,
) -> Observation:
    """Make a price of a machine, of its GPUs by the table; a slice is another product."""
    if said.get("region", "").startswith(GOVERNMENTS):
        flags = (*flags, "OTHER_PRODUCT")
    card, gpus = MACHINES.get(kind, (None, 1))
    if kind.startswith(SLICES):
        tenor, flags = "OTHER", (*flags, "OTHER_PRODUCT")
    return record(body, VENUE, row, card, kind, tenor, price_nanousd, gpus, flags=flags, **said)


# The history of spot prices.


def _history(body: Body) -> Iterator[Observation]:
    page = parse_object(body.content, VENUE.name)
    events = page.objects("SpotPriceHistory")
    page.skip_if_there(("NextToken",))
    page.end()
    repeats = Repeats()
    for number, event in events:
        yield from _event(event, body, str(number), repeats)


def _event(event: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    zone = event.text("AvailabilityZone")
    kind = event.text("InstanceType")
    system = event.text("ProductDescription")
    price_nanousd = event.decimal_price_nanousd("SpotPrice")
    changed_ns = event.time_ns("Timestamp")
    event.skip_if_there(("AvailabilityZoneId",))
    event.end()
    if system not in LINUX:
        return
    yield _priced(
        *(body.at(changed_ns), row, kind, "INT", price_nanousd),
        region=zone,
        terms={"kind": "spot"},
        spec={"sku": kind},
        flags=repeats.flags(zone, kind, str(changed_ns)),
    )


# One machine's price as a third party noted it.


def _daily(body: Body) -> Iterator[Observation]:
    repeats = Repeats()
    for row, line in _days(body.content):
        seen_ns = line.utc_time_ns("timestamp")
        kind = line.text("instance")
        price_nanousd = line.decimal_price_nanousd("price_usd")
        line.end()
        yield _priced(
            *(body.at(seen_ns), row, kind, "OD", price_nanousd),
            terms={"kind": "on-demand"},
            spec={"sku": kind},
            flags=("COMPARISON", *repeats.flags(kind, str(seen_ns))),
        )


def _days(content: bytes) -> Iterator[tuple[str, Fields]]:
    return parse_csv(content, VENUE.name, ("timestamp", "instance", "price_usd"), ("price_usd",))
