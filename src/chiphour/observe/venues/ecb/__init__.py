"""ECB: the euro foreign exchange reference rates of the European Central Bank, one set a day.

Takes   its XML of the day (`daily`), and CSV of euros in dollars, a row a day (`eurusd-csv`).
Gives   what one unit of each currency cost in dollars (kind "rate"): the euro as it stands there,
        any other as dollars per euro over its units per euro, divided exactly and rounded once.
Keeps   a rate to the day it is of: it counts as published at 16:00 UTC, a little after the bank's
        own hour (16:00 in Frankfurt), or when it was fetched if that was before. A euro or pound
        far from any that there ever was is refused: it would move every price in that currency. XML
        that declares a document type or an entity is refused before it is parsed.
Source  The bank's page on its reference rates. The XML is a schema; no recording of it is ours.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from xml.etree import ElementTree

from chiphour.hardware.names import Card
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_csv
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import decimal_from_text
from chiphour.units import ns_from_iso
from chiphour.units import round_half_even

VENUE = Venue(
    name="ecb",
    publisher="European Central Bank",
    terms="https://www.ecb.europa.eu/services/using-our-site/disclaimer/html/index.en.html",
    description="https://www.ecb.europa.eu/stats/policy_and_exchange_rates/"
    "euro_reference_exchange_rates/html/index.en.html",
    site="https://www.ecb.europa.eu/stats/policy_and_exchange_rates/"
    "euro_reference_exchange_rates/html/index.en.html",
    recordings=(Recorded("fx/ecb_eurusd.csv", "eurusd-csv"),),
    cadence="live: every 30 minutes; it publishes once on each of its working days",
    feed="posted",
    evidence="schema",
    reader_version="ecb-1",
    base_url="https://www.ecb.europa.eu",
    requests_per_minute=2,
    body_bytes_max=64 << 10,
    content_types=("text/xml", "application/xml"),
)

PUBLISHED = "T16:00:00+00:00"
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
CURRENCY = re.compile(r"[A-Z]{3}")
FORBIDDEN = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
GESMES = "{http://www.gesmes.org/xml/2002-08-01}"
CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"
CSV_COLUMNS = ("date", "eur_usd", "source")
# What one unit may cost, in nano-dollars; the euro was never below $0.82 nor above $1.61.
BOUNDS_NANOUSD = {"EUR": (500_000_000, 2_500_000_000), "GBP": (600_000_000, 3_500_000_000)}
NO_CARD = Card("", "", 0)


def requests() -> Iterator[Request]:
    """Yield the one request of a poll."""
    yield Request("daily", "/stats/eurofxref/eurofxref-daily.xml")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the latest time in a CSV; None for the XML. Raises UnexpectedData."""
    if shape == "daily":
        return None
    return max((published_ns for _, published_ns, _, _ in _days(content)), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the rates, in nano-dollars for one unit; raises UnexpectedData."""
    repeats = Repeats()
    if body.shape == "daily":
        yield from _daily(body, repeats)
        return
    for row, published_ns, amount, source in _days(body.content):
        yield _rate(body, row, "EUR", amount, published_ns, published_ns, source, repeats)


def _rate(
    body: Body,
    row: str,
    currency: str,
    usd: Fraction,
    published_ns: int,
    received_ns: int,
    source: str,
    repeats: Repeats,
) -> Observation:
    price_nanousd = round_half_even(usd * NANOUSD_PER_USD)
    low, high = BOUNDS_NANOUSD.get(currency, (1, 1 << 62))
    if not low <= price_nanousd <= high:
        expected = f"expected {low} to {high} nano-dollars for a unit"
        raise UnexpectedData(f"{VENUE.name} {row}: {currency}: {expected}, found {price_nanousd}")
    return record(
        body._replace(observed_ns=published_ns, received_ns=received_ns),
        VENUE,
        row,
        NO_CARD,
        "",
        "OTHER",
        price_nanousd,
        kind="rate",
        terms={"kind": source},
        spec={"currency": currency},
        flags=repeats.flags(currency, str(published_ns)),
    )


def _published_ns(day: str, where: str) -> int:
    """Give the time at which the rates of a day count as published."""
    try:
        if DATE.fullmatch(day):
            return ns_from_iso(day + PUBLISHED)
    except ValueError:
        pass
    raise UnexpectedData(f"{where}: expected a day, found {day!r}")


# The CSV.


def _days(content: bytes) -> Iterator[tuple[str, int, Fraction, str]]:
    """Yield each day: its row, when it was published, dollars for a euro, and from where."""
    for row, day in parse_csv(content, VENUE.name, CSV_COLUMNS, ("eur_usd",)):
        published_ns = _published_ns(day.text("date"), day.where)
        usd = _above_zero(day, "eur_usd")
        source = day.text("source")
        day.end()
        yield row, published_ns, usd, source


# The XML.


def _daily(body: Body, repeats: Repeats) -> Iterator[Observation]:
    day, per_eur = _parsed(body.content)
    published_ns = min(_published_ns(day, f"{VENUE.name} time"), body.received_ns)
    usd_per_eur = next((units for name, units in per_eur if name == "USD"), None)
    if usd_per_eur is None:
        raise UnexpectedData(f"{VENUE.name}: expected a rate of USD, found none")
    rates = [("0", "EUR", usd_per_eur)]
    rates += [
        (str(number), name, usd_per_eur / units)
        for number, (name, units) in enumerate(per_eur, 1)
        if name != "USD"
    ]
    for row, name, usd in rates:
        yield _rate(body, row, name, usd, published_ns, body.received_ns, "reference", repeats)


def _parsed(content: bytes) -> tuple[str, list[tuple[str, Fraction]]]:
    """Take the XML apart: the day, and for each currency its units for a euro."""
    try:
        text = content.decode()  # A text is read as it is, whatever encoding it declares.
        if FORBIDDEN.search(text):
            raise UnexpectedData(f"{VENUE.name}: expected XML without a document type, found one")
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as fault:
        raise UnexpectedData(f"{VENUE.name}: expected XML, found {fault}") from None
    names = (f"{GESMES}subject", f"{GESMES}Sender", CUBE)
    _, sender, cube = _children(root, f"{GESMES}Envelope", names)
    _children(sender, names[1], (f"{GESMES}name",))
    (day,) = _children(cube, CUBE, (CUBE,))
    said = Fields(dict(day.attrib), f"{VENUE.name} day")
    time = said.text("time")
    said.end()
    return time, [_units(row, number) for number, row in enumerate(day)]


def _children(
    element: ElementTree.Element, tag: str, tags: tuple[str, ...]
) -> list[ElementTree.Element]:
    """Give what lies in an element, which must be exactly this."""
    found = tuple(child.tag for child in element)
    if element.tag != tag or found != tags or element.attrib:
        expected = f"expected a {tag} of {', '.join(tags)}"
        raise UnexpectedData(f"{VENUE.name}: {expected}, found a {element.tag} of {found}")
    return list(element)


def _units(row: ElementTree.Element, number: int) -> tuple[str, Fraction]:
    """Take a currency and how many units of it one euro is."""
    where = f"{VENUE.name} rate {number}"
    if row.tag != CUBE or len(row) or (row.text or "").strip():
        raise UnexpectedData(f"{where}: expected a {CUBE} alone, found {row.tag}")
    said = Fields(dict(row.attrib), where)
    currency = said.text("currency")
    if not CURRENCY.fullmatch(currency):
        raise UnexpectedData(f"{where}: expected a currency's code, found {currency!r}")
    units = _above_zero(said, "rate")
    said.end()
    return currency, units


def _above_zero(fields: Fields, name: str) -> Fraction:
    amount = Fraction(decimal_from_text(fields.decimal(name)))
    if amount == 0:
        raise UnexpectedData(f"{fields.where}: {name}: expected a rate above 0, found 0")
    return amount
