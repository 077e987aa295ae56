"""OCI: what Oracle lists for a GPU for an hour, the same in all its regions.

Takes   the list of products of the price list API ("products"); the cost estimator's list of
        machine shapes ("shapes", recorded only).
Gives   OD from each product that is billed by the GPU-hour, processor and memory included. A shape
        has no price: it is read to the last field, and gives no row.
Keeps   what is billed by anything but the GPU-hour out, on that sign: VMware nodes, devices, cores.
        Cloud@Customer, in the customer's own building, and what Oracle files under "Other" are
        other products. Names count whole, after what stands before every name: "GPU - H100T" is not
        "GPU - H100". Which chip H100T and "GPU - E3" are, nobody says for certain: unknown.
Source  Recordings by E. Wyluda (products, MIT) and dstack (shapes, MPL-2.0);
        https://docs.oracle.com/iaas/Content/Billing/Tasks/signingup_topic-Estimating_Costs.htm
"""

import re
from collections.abc import Iterator

from chiphour.hardware import UNKNOWN
from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import nanousd_of
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue

VENUE = Venue(
    name="oci",
    publisher="Oracle Cloud Infrastructure; list recorded by E. Wyluda",
    terms="recording: MIT (prices are their publisher's); https://www.oracle.com/legal/terms/",
    description="https://docs.oracle.com/iaas/Content/Billing/Tasks/"
    "signingup_topic-Estimating_Costs.htm",
    site="https://www.oracle.com/cloud/compute/gpu/pricing/",
    recordings=(
        Recorded("oci/*/cetools_products_gpu.json", "products"),
        Recorded("oci/*/cost_estimator_shapes.json", "shapes"),
    ),
    cadence="live: once a day; recordings: one list",
    feed="posted",
    evidence="recorded",
    reader_version="oci-1",
    compared=True,
    base_url="https://apexapps.oracle.com",
    requests_per_minute=10,
)

PER_GPU_HOUR = "GPU Per Hour"
PAY_AS_YOU_GO = "PAY_AS_YOU_GO"
# Oracle's category: tenor, flags.
TENOR_BY_CATEGORY: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "Compute - GPU": ("OD", ()),
    "Compute - GPU - Other": ("OTHER", ("OTHER_PRODUCT",)),
    "Compute Cloud@Customer": ("OTHER", ("OTHER_PRODUCT",)),
}
# What stands before the name of a card: "OCI - Compute - GPU - H100", "Compute  - GPU - A10".
_BEFORE = re.compile(
    r"(?:OCI ?- |Oracle Cloud Infrastructure - )?Compute +- (?:Bare Metal |Virtual Machine )?"
    r"|Oracle Compute Cloud@Customer - Compute - "
)
# The form that Oracle means where it names none: its machines of eight are HGX boards.
BARE = {"A100": "SXM", "A100-40": "SXM", "H100": "SXM", "H200": "SXM", "V100": "SXM"}
# Names that tell of a processor or a version, not of a card.
CARDS = {
    "GPU Standard - X7": Card("P100", UNKNOWN, 16),
    "GPU Standard - V2": Card("V100", "SXM", 16),
    "GPU - E4": Card("A100-40", "SXM", 40),
    "GPU - A100 - v2": Card("A100", "SXM", 80),
}


def requests() -> Iterator[Request]:
    """Yield the one request of a poll: all products, in dollars."""
    yield Request(
        "products", "/pls/apex/cetools/api/v1/products/", query=(("currencyCode", "USD"),)
    )


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give None: `lastUpdated` is when the list was made, not when it was fetched."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the price of each card; nothing for shapes; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    items = page.objects("items")
    if body.shape == "shapes":
        page.end()
        for _, item in items:
            _shape(item)
        return
    page.time_ns("lastUpdated")
    page.end()
    repeats = Repeats()
    for number, item in items:
        yield from _product(item, body, str(number), repeats)


def _product(item: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    part = item.text("partNumber")
    name = item.text("displayName")
    metric = item.text("metricName")
    category = item.text("serviceCategory")
    item.skip_if_there(("description",))
    if metric != PER_GPU_HOUR:
        item.skip(("currencyCodeLocalizations",))
        item.end()
        return
    price_nanousd = nanousd_of(_amount(item), item.where)
    item.end()
    if price_nanousd == 0:
        return
    tenor, flags = TENOR_BY_CATEGORY.get(category, (None, ()))
    yield record(
        body,
        VENUE,
        row,
        _card(name),
        name,
        tenor,
        price_nanousd,
        terms={"kind": category, "model": PAY_AS_YOU_GO},
        spec={"offer": part},
        flags=(*flags, *repeats.flags(part)),
    )


def _card(name: str) -> Card | None:
    before = _BEFORE.match(name)
    said = (name[before.end() :] if before else name).removesuffix(" - Resource Commit")
    return CARDS.get(said) or card_named(re.sub(r"^GPU(?: - |\.)", "", said), 0, BARE)


def _amount(item: Fields) -> str:
    """Take the one price in dollars as the text it was."""
    found = []
    for _, localization in item.objects("currencyCodeLocalizations"):
        currency = localization.text("currencyCode")
        for _, price in localization.objects("prices"):
            model, amount = price.text("model"), price.decimal("value")
            price.end()
            if (currency, model) == ("USD", PAY_AS_YOU_GO):
                found.append(amount)
        localization.end()
    if len(found) != 1:
        raise UnexpectedData(f"{item.where}: expected one price to pay as you go, found {found}")
    return found[0]


def _shape(item: Fields) -> None:
    """Read a machine shape; none of it is a price."""
    for name in ("name", "status"):
        item.text(name)
    for name in ("hidden", "allowPreemptible"):
        item.boolean(name)
    for name in ("bundleMemoryQty", "gpuQty", "gpuMemoryQty"):
        item.decimal_or_none(name)
    for name in ("processorType", "shapeType", "subType"):
        _value(item.object(name))
    for _, product in item.objects("products"):
        product.text("partNumber")
        product.decimal("qty")
        _value(product.object("type"))
        product.end()
    item.end()


def _value(holder: Fields) -> str:
    value = holder.text("value")
    holder.end()
    return value
