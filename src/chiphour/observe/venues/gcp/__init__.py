"""GCP: what Google Cloud lists for its GPU machines, and for the GPU alone.

Takes   a history of machine prices ("machine-price-changes", CSV: a line whenever a price of a
        machine in a region changed) and pages of the Cloud Billing Catalog ("skus").
Gives   OD, INT (spot), R1Y and R3Y: from a line for each of the four that is there, from a SKU for
        each of its regions.
Keeps   the machine's price whole (GPU, processor and memory) and divided by 730 where it is for a
        month; `month` and `month_spot` are the hourly prices again and left out. A SKU is the GPU
        alone, flagged PARTIAL_PRICE, but for a "1 gpu slice", which is its whole share of the
        machine. Flex-start, calendar mode and slices of a GPU are other products. SKUs of another
        resource group than GPU are left out; so is a price of 0, which marks what is prepaid or not
        sold. No recorded bytes have passed "skus" yet: its rows are flagged SCHEMA_ONLY.
Source  Recordings by Nils Knieling (google-cloud-pricing-cost-calculator), Apache-2.0: `first_seen`
        is the day of a commit, about weekly, and read as its end in UTC. Cloud Billing Catalog API.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_csv
from chiphour.observe.reading import parse_object
from chiphour.observe.record import HOURS_PER_MONTH
from chiphour.observe.record import Repeats
from chiphour.observe.record import committed
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import NANOUSD_PER_USD

VENUE = Venue(
    name="gcp",
    publisher="Google Cloud; machine prices recorded by Nils Knieling",
    terms="recordings: Apache-2.0, https://www.apache.org/licenses/LICENSE-2.0",
    description="https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list",
    site="https://cloud.google.com/compute/gpus-pricing",
    recordings=(Recorded("gcp/machine_price_changes.csv.gz", "machine-price-changes"),),
    cadence="live: once a day; recordings: a line for each change since 2022, about weekly",
    feed="posted",
    evidence="recorded",
    reader_version="gcp-1",
    compared=True,
    base_url="https://cloudbilling.googleapis.com",
    body_bytes_max=32 << 20,
    deadline_s=180,
)

# The form that Google means where it names none.
BARE = {
    "A100": "SXM",
    "A100-40": "SXM",
    "H100": "SXM",
    "H200": "SXM",
    "P100": "PCIE",
    "V100": "SXM",
}
MEMORY_BY_CHIP = {"A100": 40}  # Google's bare "Tesla A100" is the 40 GB part.

COLUMNS = (
    "first_seen commit machine_type gpu gpu_count region hour hour_spot month month_1y month_3y "
    "month_spot"
).split()
NUMBERS = ("gpu_count", "hour", "hour_spot", "month", "month_1y", "month_3y", "month_spot")
# Column: tenor, what the price is divided by, months of commitment.
PRICES = {
    "hour": ("OD", 1, 0),
    "hour_spot": ("INT", 1, 0),
    "month_1y": (committed(12), HOURS_PER_MONTH, 12),
    "month_3y": (committed(36), HOURS_PER_MONTH, 36),
}

COMPUTE_ENGINE = "/v1/services/6F81-5844-456A/skus"
SKUS_MAX = 5_000  # For a page: the most that may be asked for.
# Usage type: tenor, months of commitment.
TENOR_BY_USAGE = {
    "OnDemand": ("OD", 0),
    "Preemptible": ("INT", 0),
    "Commit1Yr": (committed(12), 12),
    "Commit3Yr": (committed(36), 36),
}
_DESCRIPTION = re.compile(
    r"(?:Commitment v\d: |DWS Calendar Mode |Spot Preemptible |Reserved )?"
    r"(?:A\d[A-Za-z]* (?=Nvidia ))?"
    r"(?P<name>.+?)(?P<share> \(1 gpu slice\))?"
    r"(?: attached to (?:DWS Defined Duration|Spot Preemptible|preemptible) VMs)?"
    r"(?: running)? in (?P<place>.+)"
)
OTHER_PRODUCT_WORDS = ("DWS ", "Calendar Mode", "Reserved ", "vGPU")
PREEMPTIBLE_WORDS = ("Spot Preemptible", "attached to preemptible")
# Names that say less than Google means by them.
NAMES = {
    "Nvidia H100 80GB Plus GPU": "Nvidia H100 80GB",
    "RTX 6000 96GB": "RTX PRO 6000 96GB",
}


class _Product(NamedTuple):
    """What a SKU's description says: of which card, on which terms, with which doubts."""

    name: str
    tenor: str | None
    terms: dict[str, str]
    flags: tuple[str, ...]


def requests() -> Iterator[Request]:
    """Yield the first page of Compute Engine's SKUs; the others follow by their tokens."""
    yield _page("")


def _page(token: str) -> Request:
    query = (("currencyCode", "USD"), ("pageSize", str(SKUS_MAX)))
    return Request(
        "skus",
        COMPUTE_ENGINE,
        query=(*query, ("pageToken", token)) if token else query,
        secret="GCP_API_KEY",
        secret_as="query key",
    )


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the end of the last day of a history; None for a page; raises UnexpectedData."""
    if shape != "machine-price-changes":
        return None
    lines = parse_csv(content, VENUE.name, COLUMNS, NUMBERS)
    return max((_seen_ns(line) for _, line in lines), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield each price that is there, and the next page if there is one; raises UnexpectedData."""
    if body.shape == "machine-price-changes":
        yield from _changes(body)
    else:
        yield from _skus(body)


# The history of machine prices.


def _changes(body: Body) -> Iterator[Observation]:
    repeats = Repeats()
    for row, line in parse_csv(body.content, VENUE.name, COLUMNS, NUMBERS):
        yield from _change(line, body, row, repeats)


def _change(line: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    commit = line.text("commit")
    seen_ns = _seen_ns(line)
    machine = line.text("machine_type")
    name = line.text("gpu")
    gpus = line.count("gpu_count", least=1)
    region = line.text("region")
    prices = {
        column: line.decimal_price_nanousd_or_none(column, per=hours)
        for column, (_, hours, _) in PRICES.items()
    }
    line.skip(("month", "month_spot"))
    line.end()
    flags = repeats.flags(commit, machine, region)
    for column, price_nanousd in prices.items():
        if not price_nanousd:
            continue
        tenor, _, months = PRICES[column]
        yield record(
            body.at(seen_ns),
            VENUE,
            row,
            _card(name),
            name,
            tenor,
            price_nanousd,
            gpus,
            region=region,
            terms=_terms(column, months),
            spec={"sku": machine},
            flags=flags,
        )


def _seen_ns(line: Fields) -> int:
    """Take the day on which a price was first seen: give its last second."""
    return line.day_end_ns("first_seen")


def _terms(kind: str, months: int) -> dict[str, str]:
    return {"kind": kind} | ({"commitment_months": str(months)} if months else {})


@lru_cache(maxsize=1024)
def _card(name: str) -> Card | None:
    card = card_named(NAMES.get(name, name), 0, BARE)
    if card is None or card.memory_gb or card.chip not in MEMORY_BY_CHIP:
        return card
    return card_named(name, MEMORY_BY_CHIP[card.chip], BARE)


# The Cloud Billing Catalog.


def _skus(body: Body) -> Iterator[Observation | Request]:
    page = parse_object(body.content, VENUE.name)
    skus = page.objects("skus")
    token = page.text("nextPageToken") if page.has("nextPageToken") else ""
    page.end()
    if len(skus) >= SKUS_MAX and not token:
        raise UnexpectedData(f"{page.where}: expected a page after {SKUS_MAX} SKUs, found none")
    repeats = Repeats()
    for number, sku in skus:
        yield from _sku(sku, body, number, repeats)
    if token:
        yield _page(token)


def _sku(sku: Fields, body: Body, number: int, repeats: Repeats) -> Iterator[Observation]:
    """Yield the price of a GPU's SKU once for each region in which it is sold."""
    identifier = sku.text("skuId")
    description = sku.text("description")
    is_gpu, usage = _category(sku.object("category"))
    regions = sku.texts("serviceRegions")
    sku.skip(("name", "serviceProviderName"))
    sku.skip_if_there(("geoTaxonomy",))
    if not is_gpu:
        sku.skip(("pricingInfo",))
        sku.end()
        return
    pricing = [price for _, price in sku.objects("pricingInfo")]
    sku.end()
    if len(pricing) != 1:
        raise UnexpectedData(f"{sku.where}: expected one price, found {len(pricing)}")
    price_nanousd = _price_nanousd(pricing[0])
    product = _product(description, usage)
    repeated = repeats.flags(identifier)
    if price_nanousd == 0:
        return
    for region in regions or [""]:
        yield record(
            body,
            VENUE,
            f"skus/{number}/{region}",
            _card(product.name),
            product.name,
            product.tenor,
            price_nanousd,
            region=region,
            terms=product.terms,
            spec={"offer": identifier, "sku": description},
            flags=(*product.flags, *repeated),
        )


def _category(category: Fields) -> tuple[bool, str]:
    """Take whether a SKU is a GPU's, and for what kind of use it is."""
    group = (category.text("resourceFamily"), category.text("resourceGroup"))
    usage = category.text("usageType")
    category.skip(("serviceDisplayName",))
    category.end()
    return group == ("Compute", "GPU"), usage


def _product(description: str, usage: str) -> _Product:
    """Take a description apart; what it says of preemption goes before the usage type."""
    said = _DESCRIPTION.fullmatch(description)
    if any(word in description for word in PREEMPTIBLE_WORDS):
        usage = "Preemptible"
    tenor, months = TENOR_BY_USAGE.get(usage, (None, 0))
    is_other = any(word in description for word in OTHER_PRODUCT_WORDS)
    flags = (
        "SCHEMA_ONLY",
        *(("PARTIAL_PRICE",) if said is None or said["share"] is None else ()),
        *(("OTHER_PRODUCT",) if is_other else ()),
    )
    name = said["name"] if said else description
    return _Product(name, "OTHER" if is_other and tenor else tenor, _terms(usage, months), flags)


def _price_nanousd(pricing: Fields) -> int:
    """Take the price of one GPU for one hour: whole dollars as text, and nano-dollars."""
    expression = pricing.object("pricingExpression")
    expression.one_of("usageUnit", ("h",))
    tiers = expression.objects("tieredRates")
    expression.skip(
        (
            "displayQuantity",
            "usageUnitDescription",
            "baseUnit",
            "baseUnitDescription",
            "baseUnitConversionFactor",
        )
    )
    expression.end()
    pricing.skip(("summary", "currencyConversionRate", "effectiveTime"))
    pricing.skip_if_there(("aggregationInfo",))
    pricing.end()
    if len(tiers) != 1:
        raise UnexpectedData(f"{pricing.where}: expected one tier, found {len(tiers)}")
    tier = tiers[0][1]
    tier.skip(("startUsageAmount",))
    price = tier.object("unitPrice")
    tier.end()
    price.one_of("currencyCode", ("USD",))
    units, nanos = price.decimal("units"), price.count("nanos")
    price.end()
    if not units.isdecimal() or nanos >= NANOUSD_PER_USD:
        raise UnexpectedData(f"{price.where}: expected whole USD, found {units} and {nanos} nanos")
    return int(units) * NANOUSD_PER_USD + nanos
