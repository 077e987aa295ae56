"""SEEWEB: the price of each plan with GPUs, in euro, and where one can be had now.

Takes   the API's list of plans ("plans"), and of those that can be activated now ("availables").
Gives   OD from the price by the hour, for all GPUs of a plan, in each region that the plan names;
        from the second list the stock: the GPUs of one machine in each region, 0 without a region.
Keeps   the currency: the body does not name it, the provider's pages do: the API's 2.60 for an
        H200 is their "Hourly Cost 2.60 EUR". A plan of no GPU, and one with Windows in its
        price, are left out on that sign; one that is not active is flagged. A region of a plan is
        no promise that it can be had there, so a price never makes a stock.
Source  https://docs.seeweb.it/en/hosting/cloudserver/rest-api/API-Endpoints/Plan; the ecsapi client
        for what it leaves out. The one recording (dstack, MPL-2.0) holds a plan that its authors
        made up for a test: it is read, and proves nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple

from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import in_nanousd
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import div_floor

VENUE = Venue(
    name="seeweb",
    publisher="Seeweb",
    terms="https://www.seeweb.it/en/",
    description="https://docs.seeweb.it/en/hosting/cloudserver/rest-api/API-Endpoints/Plan",
    site="https://www.seeweb.it/en/products/cloud-server-gpu",
    recordings=(Recorded("seeweb/*/plans.json", "plans"),),
    cadence="live: every 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="seeweb-1",
    base_url="https://api.seeweb.it/ecs/v2",
)

CURRENCY = "EUR"
MB_PER_GB = 1024
BARE = {"H100": "SXM", "H200": "SXM"}  # By the product page; of its A100 it does not say.


class _Plan(NamedTuple):
    """A plan with GPUs. `flags` are doubts about all that is said of it."""

    name: str
    label: str
    card: Card | None
    gpus: int
    amount: str
    spec: dict[str, str]
    flags: tuple[str, ...]


def requests() -> Iterator[Request]:
    """Yield the two requests of a poll: all plans, and those that can be had now."""
    for shape, path in (("plans", "/plans"), ("availables", "/plans/availables")):
        yield Request(shape, path, secret="SEEWEB_API_TOKEN", secret_as="header X-APITOKEN")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give None: a list does not say when it was made."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the price, or the stock, of each plan with GPUs; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    if page.has("status"):
        page.one_of("status", ("ok",))
    plans = page.objects("plans")
    page.end()
    reader = _stock if body.shape == "availables" else _prices
    repeats = Repeats()
    for number, plan in plans:
        yield from reader(plan, body, f"plans/{number}", repeats)


def _prices(fields: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    regions = [_region(region) for _, region in fields.objects("available_regions")]
    plan = _plan(fields, repeats)
    if plan is None:
        return
    price_nanousd, money, stale = in_nanousd(plan.amount, CURRENCY, body, fields.where)
    if price_nanousd == 0:
        return
    for region in dict.fromkeys(regions or [""]):
        yield record(
            body,
            VENUE,
            f"{row}/{region}",
            plan.card,
            plan.label,
            "OD",
            price_nanousd,
            plan.gpus,
            region=region,
            terms=money | {"kind": "hourly"},
            spec=plan.spec,
            flags=(*plan.flags, *stale),
        )


def _stock(fields: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    regions = [_region(region) for _, region in fields.objects("region_availables")]
    fields.skip(("os_availables",))
    plan = _plan(fields, repeats)
    if plan is None:
        return
    for region in dict.fromkeys(regions or [""]):
        yield record(
            body,
            VENUE,
            f"{row}/{region}",
            plan.card,
            plan.label,
            "OD",
            0,
            plan.gpus if region else 0,
            kind="stock",
            region=region,
            spec=plan.spec | {"stock": "available" if region else "nowhere available"},
            flags=plan.flags,
        )


def _plan(plan: Fields, repeats: Repeats) -> _Plan | None:
    """Take a plan; None where it has no GPU, or Windows. A plan with an id is told in full."""
    is_active, has_windows = True, False
    if plan.has("id"):
        plan.skip(("id", "montly_price", "host_type"))
        is_active, has_windows = plan.boolean("available"), plan.boolean("windows")
        plan.skip_if_there(("default_image", "runtimeclass"))
    name = plan.text("name")
    gpus = plan.whole_or_none("gpu") or 0
    label = plan.text_or_none("gpu_label") or ""
    amount = plan.decimal("hourly_price")
    spec = {
        "memory_gb_host": str(div_floor(plan.whole_or_none("ram") or 0, MB_PER_GB)),
        "sku": name,
        "vcpus": str(plan.whole_or_none("cpu") or 0),
    }
    plan.skip(("disk",))
    plan.end()
    if gpus == 0 or has_windows:
        return None
    flags = (*(() if is_active else ("NOT_RENTABLE",)), *repeats.flags(name))
    return _Plan(name, label, card_named(label, 0, BARE), gpus, amount, spec, flags)


def _region(region: Fields) -> str:
    """Take the code of a region, from either list."""
    code = region.word("location" if region.has("location") else "region")
    region.skip_if_there(("id", "description", "hosts"))
    region.end()
    return code
