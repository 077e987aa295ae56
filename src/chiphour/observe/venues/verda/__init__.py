"""VERDA: the rate card of Verda, formerly DataCrunch, and what it has in stock.

Takes   the instance types; the types in stock by location, asked once for machines by the hour and
        once for spot machines; its locations, which are only read to the end.
Gives   for each type with GPUs its price by the hour (OD) and its spot price (INT), the same
        everywhere; a stock row for each type and location that has one: one machine at least.
Keeps   prices for the whole machine, in the currency that it names. What is sold out is not listed:
        an absent row says nothing. A type of no GPUs, or of a code that begins with "CPU.", is a
        processor's, and left out. In a code an A100 that does not say "40S" is the 80 GB part.
Source  https://api.datacrunch.io/v1/docs; recordings by dstack (gpuhunt), MPL-2.0.
"""

import re
from collections.abc import Iterator

from chiphour.hardware import Card
from chiphour.hardware import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_objects
from chiphour.observe.record import Repeats
from chiphour.observe.record import currency_of
from chiphour.observe.record import in_nanousd
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue

VENUE = Venue(
    name="verda",
    publisher="Verda (formerly DataCrunch); recorded by dstack (gpuhunt)",
    terms="recordings: MPL-2.0, https://www.mozilla.org/MPL/2.0/",
    description="https://api.datacrunch.io/v1/docs",
    site="https://verda.com/pricing",
    recordings=(
        Recorded("verda/*/instance_types.json", "instance-types"),
        Recorded("verda/*/instance_availability.json", "instance-availability"),
        Recorded("verda/*/locations.json", "locations"),
    ),
    cadence="live: every 5 to 30 minutes; recordings: of unknown date",
    feed="posted",
    evidence="recorded",
    reader_version="verda-1",
    base_url="https://api.datacrunch.io/v1",
)

TOKEN = "VERDA_TOKEN"  # Of OAuth2, got with the client's credentials; it expires.

TYPES = "instance-types"
LOCATIONS = "locations"
TENOR_BY_STOCK = {"instance-availability": "OD", "spot-availability": "INT"}
TENOR_BY_PRICE = {"price_per_hour": "OD", "spot_price": "INT"}
OTHER_PRICES = ("dynamic_price", "max_dynamic_price", "serverless_price", "serverless_spot_price")

# Its H100, H200, A100 and V100 are SXM parts in every description that says so.
BARE = dict.fromkeys(("A100", "A100-40", "H100", "H200", "V100"), "SXM")
MEMORY_GB_UNSAID = {"A100": 80}
PROCESSORS = "CPU."
_CODE = re.compile(r"(\d{1,2})([A-Z][A-Z0-9]*)((?:\.[A-Z0-9]+)+)")  # "1H100.80S.30V"
_MEMORY = re.compile(r"\.(\d{1,3})S(?:\.|$)")


def requests() -> Iterator[Request]:
    """Yield what a poll asks for: prices, and what is in stock by the hour and as spot."""
    yield Request(TYPES, "/instance-types", secret=TOKEN)
    for shape, is_spot in (("instance-availability", "false"), ("spot-availability", "true")):
        yield Request(shape, "/instance-availability", (("is_spot", is_spot),), secret=TOKEN)


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give None: an answer carries no time."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the prices of each type, or what is in stock; raises UnexpectedData."""
    where = f"{VENUE.name} {body.shape}"
    rows = parse_objects(body.content, where)
    if not rows:
        raise UnexpectedData(f"{where}: expected at least one row, found none")
    repeats = Repeats()
    for number, row in rows:
        if body.shape == TYPES:
            yield from _type(row, body, str(number), repeats)
        elif body.shape == LOCATIONS:
            _location(row, repeats)
        else:
            yield from _stock(row, body, str(number), repeats)


def _type(kind: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    code = kind.text("instance_type")
    name = kind.text("name")
    gpus = _described(kind.object("gpu"), "number_of_gpus")
    memory_gb = _memory_of_one(kind, gpus)
    currency = currency_of(kind)
    spec = {
        "offer": code,
        "vcpus": str(_described(kind.object("cpu"), "number_of_cores")),
        "memory_gb_host": str(_described(kind.object("memory"))),
        "p2p": kind.text_or_none("p2p") or "",
    }
    prices = {word: kind.decimal(word) for word in TENOR_BY_PRICE}
    _rest(kind)
    if gpus == 0:
        return
    card = card_named(name, memory_gb, BARE)
    flags = repeats.flags(code)
    for word, tenor in TENOR_BY_PRICE.items():
        price_nanousd, terms, doubts = in_nanousd(prices[word], currency, body, kind.where)
        yield record(
            body,
            VENUE,
            row,
            card,
            name,
            tenor,
            price_nanousd,
            gpus,
            terms={"kind": word, **terms},
            spec=spec,
            flags=(*flags, *doubts),
        )


def _memory_of_one(kind: Fields, gpus: int) -> int:
    """Take the memory of all GPUs: that of one, in GB."""
    memory_gb, rest_gb = divmod(_described(kind.object("gpu_memory")), max(gpus, 1))
    if rest_gb:
        raise UnexpectedData(f"{kind.where}: gpu_memory: expected as much for each GPU, found not")
    return memory_gb


def _described(part: Fields, size: str = "size_in_gigabytes") -> int:
    """Take a part of a machine: its size; its description says the same in words."""
    part.text("description")
    found = part.count(size)
    part.end()
    return found


def _rest(kind: Fields) -> None:
    """Take what is known of a type and not kept; its dynamic prices belong to other products."""
    storage = kind.object("storage")
    storage.text("description")
    if storage.has("size_in_gigabytes"):
        storage.count("size_in_gigabytes")
    storage.end()
    for name in ("id", "description", "manufacturer", "model"):
        kind.text(name)
    for name in ("deploy_warning", "display_name"):
        kind.text_or_none(name)
    for name in ("best_for", "supported_os"):
        kind.texts(name)
    for name in OTHER_PRICES:
        if kind.has(name):
            kind.decimal_or_none(name)
    kind.end()


def _location(place: Fields, repeats: Repeats) -> None:
    """Read a location: `hardware` knows where its codes lie, so none is kept."""
    code = place.text("code")
    for name in ("name", "country_code"):
        place.text(name)
    place.end()
    if repeats.flags(code):
        raise UnexpectedData(f"{place.where}: code: expected each once, found {code!r} again")


def _stock(place: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    location = place.text("location_code")
    codes = place.texts("availabilities")
    place.end()
    for number, code in enumerate(codes):
        if code.startswith(PROCESSORS):
            continue
        name, card, gpus = _card(code)
        yield record(
            body,
            VENUE,
            f"{row}/{number}",
            card,
            name,
            TENOR_BY_STOCK[body.shape],
            0,
            gpus,
            kind="stock",
            region=location,
            spec={"offer": code, "stock": "listed"},
            flags=repeats.flags(location, code),
        )


def _card(code: str) -> tuple[str, Card | None, int]:
    """Read a type's code: the chip's name in it, the card, how many; (code, None, 1) if unknown."""
    parts = _CODE.fullmatch(code)
    if parts is None or int(parts[1]) == 0:
        return code, None, 1
    name = parts[2]
    memory = _MEMORY.search(parts[3])
    memory_gb = int(memory[1]) if memory else MEMORY_GB_UNSAID.get(name, 0)
    return name, card_named(name, memory_gb, BARE), int(parts[1])
