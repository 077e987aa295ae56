"""HYPERSTACK: the price book of Hyperstack (NexGen Cloud), and what it has in stock by region.

Takes   the price book: a name and a price an hour for all that is sold; the stocks: for each region
        how many GPUs of each model are free.
Gives   a price for each GPU (OD, or INT where the name ends in "-spot"), the same in all regions;
        a stock row for each model and region.
Keeps   the price that anyone pays: `original_value`, before the account's own discount; `value` is
        kept beside it. A price of zero ("0E-9") means "not sold". What is no GPU is left out by its
        name: processors, memory, disks, addresses, and language models, which have an owner
        ("meta-llama/...") or a direction ("(input)"). Stock is a floor: "10+" is ten at least.
Source  https://docs.hyperstack.cloud/docs/api-reference/get-pricebook and .../get-gpu-stock
"""

import re
from collections.abc import Iterator

from chiphour.hardware import Card
from chiphour.hardware import card_named
from chiphour.hardware import interconnect_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.reading import parse_objects
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue

VENUE = Venue(
    name="hyperstack",
    publisher="Hyperstack (NexGen Cloud)",
    terms="terms of service, https://www.hyperstack.cloud/terms-and-conditions",
    description="https://docs.hyperstack.cloud/docs/api-reference/get-pricebook",
    site="https://www.hyperstack.cloud/gpu-pricing",
    recordings=(),
    cadence="live: every 5 to 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="hyperstack-1",
    base_url="https://infrahub-api.nexgencloud.com/v1",
)

PRICE_BOOK = "pricebook"
STOCKS = "stocks"

SPOT = "-spot"
# What is billed beside GPUs, by the whole name; "(cpu-only-flavors)" may follow.
NO_GPU = ("vCPU", "RAM", "Cloud-SSD", "ObjectStorage", "hypervisor-local-storage", "PublicIP")
_NO_GPU = re.compile(rf"({'|'.join(NO_GPU)})( \(cpu-only-flavors\))?")
_LANGUAGE_MODEL = re.compile(r".*/.*|.* \((input|output)\)")
_STOCK = re.compile(r"(\d{1,6})\+?")
_CONFIGURATION = re.compile(r"\d{1,2}x")  # Machines of so many GPUs; they share the same GPUs.
STOCK_PLANNED = ("planned_7_days", "planned_30_days", "planned_100_days")


def requests() -> Iterator[Request]:
    """Yield what a poll asks for: the price book and the stocks."""
    for shape, path in ((PRICE_BOOK, "/pricebook"), (STOCKS, "/core/stocks")):
        yield Request(shape, path, secret="HYPERSTACK_API_KEY", secret_as="header api_key")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give None: an answer carries no time."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the price of each GPU, or what is in stock; raises UnexpectedData."""
    where = f"{VENUE.name} {body.shape}"
    repeats = Repeats()
    if body.shape == PRICE_BOOK:
        prices = parse_objects(body.content, where)
        _refuse_none(len(prices), where)
        for number, entry in prices:
            yield from _price(entry, body, str(number), repeats)
        return
    page = parse_object(body.content, where)
    page.skip_if_there(("status", "message"))
    stocks = page.objects("stocks")
    page.end()
    _refuse_none(len(stocks), where)
    for number, stock in stocks:
        yield from _region(stock, body, f"stocks/{number}", repeats)


def _refuse_none(rows: int, where: str) -> None:
    """Refuse a list of nothing: a poll has two answers, and the other would hide it."""
    if rows == 0:
        raise UnexpectedData(f"{where}: expected at least one row, found none")


def _price(entry: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    name = entry.text("name")
    price_nanousd = entry.decimal_price_nanousd("original_value")
    account_price = entry.decimal("value")
    spec = {"offer": name, "sku": entry.number("id")}
    is_discounted = entry.boolean("discount_applied")
    starts_ns, ends_ns = _time_or_none(entry, "start_time"), _time_or_none(entry, "end_time")
    entry.end()
    if _NO_GPU.fullmatch(name) or _LANGUAGE_MODEL.fullmatch(name) or price_nanousd == 0:
        return
    is_valid = (starts_ns or 0) <= body.observed_ns < (ends_ns or body.observed_ns + 1)
    tenor, card = _model(name)
    terms = {"kind": "spot" if tenor == "INT" else "on-demand"}
    if is_discounted:
        terms["value"] = account_price
    yield record(
        body,
        VENUE,
        row,
        card,
        name,
        tenor,
        price_nanousd,
        terms=terms,
        spec=spec | _links(name),
        flags=(*repeats.flags(name), *(() if is_valid else ("NOT_RENTABLE",))),
    )


def _region(stock: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    region = stock.text("region")
    stock.one_of("stock-type", ("GPU",))
    models = stock.objects("models")
    stock.end()
    for number, model in models:
        name = model.text("model")
        free = model.text("available")
        floor = _STOCK.fullmatch(free)
        if floor is None:
            raise UnexpectedData(f"{model.where}: available: expected a count, found {free!r}")
        for planned in STOCK_PLANNED:
            model.text_or_none(planned)
        _configurations(model.object("configurations"))
        model.end()
        tenor, card = _model(name)
        yield record(
            body,
            VENUE,
            f"{row}/models/{number}",
            card,
            name,
            tenor,
            0,
            int(floor[1]),
            kind="stock",
            region=region,
            spec={"offer": name, "stock": free} | _links(name),
            flags=repeats.flags(region, name),
        )


def _model(name: str) -> tuple[str, Card | None]:
    """Read a model's name: the tenor and the card."""
    return ("INT" if name.endswith(SPOT) else "OD"), card_named(name.removesuffix(SPOT))


def _links(name: str) -> dict[str, str]:
    """Give what a model's name says of the links between its GPUs: "...-PCIe-NVLink"."""
    words = name.removesuffix(SPOT).split("-")
    link = interconnect_named(words[-1]) if len(words) > 1 else None
    return {} if link is None or "pcie" in words[-1].lower() else {"interconnect": link}


def _configurations(counts: Fields) -> None:
    """Read how many machines of each size could be made of what is free; none is kept."""
    for size in counts.names():
        if _CONFIGURATION.fullmatch(size):
            counts.count(size)
    counts.end()


def _time_or_none(entry: Fields, name: str) -> int | None:
    """Take a time, or null."""
    value = entry.take(name)
    return None if value is None else Fields({name: value}, entry.where).time_ns(name)
