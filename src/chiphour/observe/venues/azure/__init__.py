"""AZURE: what Microsoft lists for its GPU machines: by the hour, preemptible, reserved.

Takes   pages of the Retail Prices API ("retail-prices").
Gives   OD, INT ("Spot", and "Low Priority" that is being withdrawn) and R1Y or R3Y, each for the
        whole machine, its GPUs from a table of `armSkuName`.
Keeps   a reservation's price by its hours: it is for the whole term, though its unit says 1 Hour.
        "Spot" stands at the end of the meter's name and of the SKU's: they must agree. Windows,
        which only the product's name tells, is left out on that sign; a product named by no rule
        that we know is of unknown terms. Prices for developers' subscriptions, for governments, and
        for a part of a GPU are other products. A price of 0 marks what is not sold and gives no
        row; savings plans are not kept.
Source  Microsoft, "Azure Retail Prices overview"; written from that description: nothing that the
        API sent is among the recordings that may be shipped.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import HOURS_PER_YEAR
from chiphour.observe.record import Repeats
from chiphour.observe.record import committed
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue import next_page
from chiphour.observe.venues.azure.machines import MACHINES
from chiphour.observe.venues.azure.machines import SLICES

VENUE = Venue(
    name="azure",
    publisher="Microsoft Azure",
    terms="https://azure.microsoft.com/support/legal/",
    description="https://learn.microsoft.com/rest/api/cost-management/retail-prices/"
    "azure-retail-prices",
    site="https://azure.microsoft.com/pricing/details/virtual-machines/linux/",
    recordings=(Recorded("azure/*/retail_prices_*.json", "retail-prices"),),
    cadence="live: once a day",
    feed="posted",
    evidence="schema",
    reader_version="azure-1",
    compared=True,
    base_url="https://prices.azure.com",
    pages_max=150,
    body_bytes_max=8 << 20,
    deadline_s=600,
)

PATH = "/api/retail/prices"
FILTER = (
    "serviceName eq 'Virtual Machines' and (startswith(armSkuName, 'Standard_NC') or "
    "startswith(armSkuName, 'Standard_ND') or startswith(armSkuName, 'Standard_NV')) and "
    "contains(productName, 'Windows') eq false"
)

CONSUMPTION = "Consumption"
DEVELOPERS = "DevTestConsumption"
RESERVATION = "Reservation"
YEARS_BY_TERM = {"1 Year": 1, "3 Years": 3, "5 Years": 5}
PREEMPTIBLE = (" Spot", " Low Priority")  # At the end of the meter's name.
GOVERNMENTS = ("usgov", "usdod")  # How the regions begin that governments alone may use.
# How a product is named: "Virtual Machines NCadsH100v5 Series Windows", "NDMI300Xv5 Srs".
_PRODUCT = re.compile(r"[\w ]+ (?:Series|Srs)(?P<system> Linux| Windows)?")
SKIPPED = ("unitPrice", "location", "productId", "serviceName", "serviceId")
SKIPPED_AT_TIMES = ("availabilityId", "effectiveEndDate", "savingsPlan")


FIRST = Request("retail-prices", PATH, query=(("$filter", FILTER),))


class _Terms(NamedTuple):
    """What a price is for: the tenor, in how many hours it is to be divided, words, doubts."""

    tenor: str | None
    hours: int
    terms: dict[str, str]
    flags: tuple[str, ...] = ()


def requests() -> Iterator[Request]:
    """Yield the first page; each page names the next."""
    yield FIRST


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give None: a page does not say when it was made."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the price of each GPU machine, then the page that follows; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    page.one_of("BillingCurrency", ("USD",))
    items = page.objects("Items")
    following = page.text_or_none("NextPageLink")
    page.count("Count")
    page.skip_if_there(("CustomerEntityId", "CustomerEntityType"))
    page.end()
    repeats = Repeats()
    for number, item in items:
        yield from _item(item, body, str(number), repeats)
    if following:
        yield next_page(FIRST, following, VENUE)


def _item(item: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    kind = item.text("armSkuName")
    region = item.text("armRegionName")
    product = item.text("productName")
    spec = {
        "effective": item.text("effectiveStartDate"),
        "meter": item.text("meterId"),
        "offer": item.text("skuId"),
        "sku": kind,
    }
    said = _terms(item)
    price_nanousd = item.decimal_price_nanousd("retailPrice", per=said.hours)
    _check_unit(item)
    item.skip(SKIPPED)
    item.skip_if_there(SKIPPED_AT_TIMES)
    item.end()
    named = _PRODUCT.fullmatch(product)
    if price_nanousd == 0 or (named and named["system"] == " Windows"):
        return
    if named is None:
        said = _Terms(None, said.hours, said.terms | {"kind": product})
    identity = (spec["offer"], spec["meter"], region, spec["effective"], *said.terms.values())
    other = kind.lower() in SLICES or region.startswith(GOVERNMENTS)
    card, gpus = MACHINES.get(kind.lower(), (None, 1))
    yield record(
        body,
        VENUE,
        row,
        card,
        kind,
        said.tenor,
        price_nanousd,
        gpus,
        region=region,
        terms=said.terms,
        spec=spec,
        flags=(
            *said.flags,
            *(("OTHER_PRODUCT",) if other else ()),
            *repeats.flags(*identity),
        ),
    )


def _terms(item: Fields) -> _Terms:
    """Take on which terms a price stands."""
    sold_as = item.text("type")
    meter, sku = item.text("meterName"), item.text("skuName")
    term = item.text("reservationTerm") if item.has("reservationTerm") else ""
    suffixes = {next((s for s in PREEMPTIBLE if name.endswith(s)), "") for name in (meter, sku)}
    if len(suffixes) != 1 or (sold_as == RESERVATION) != bool(term):
        found = f"{meter!r}, {sku!r}, {sold_as!r}, {term!r}"
        raise UnexpectedData(f"{item.where}: expected names and terms that agree, found {found}")
    if term in YEARS_BY_TERM:
        years = YEARS_BY_TERM[term]
        terms = {"kind": sold_as, "term": term, "commitment_months": str(12 * years)}
        return _Terms(committed(12 * years) or "OTHER", HOURS_PER_YEAR * years, terms)
    if sold_as == CONSUMPTION:
        suffix = suffixes.pop()
        return _Terms("INT" if suffix else "OD", 1, {"kind": suffix.strip() or sold_as})
    if sold_as == DEVELOPERS:
        return _Terms("OTHER", 1, {"kind": sold_as}, ("OTHER_PRODUCT",))
    return _Terms(None, 1, {"kind": term or sold_as})


def _check_unit(item: Fields) -> None:
    """Take the unit, the currency and the tier: an hour, dollars, and the first unit on."""
    item.one_of("unitOfMeasure", ("1 Hour",))
    item.one_of("currencyCode", ("USD",))
    item.one_of("serviceFamily", ("Compute",))
    item.boolean("isPrimaryMeterRegion")
    least = item.decimal("tierMinimumUnits")
    if least.strip("0."):
        raise UnexpectedData(f"{item.where}: tierMinimumUnits: expected 0, found {least}")
