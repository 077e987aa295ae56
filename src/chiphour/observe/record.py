"""RECORD: what a reader took from a row, made into an observation in the common words.

Takes   the body, the venue, and what the row said: its card, price, terms, place.
Gives   the observation, stamped and checked; prices of other currencies in nano-dollars.
Keeps   the source's own words beside ours (`spec`, `terms`), so that a mapping can be judged; an
        unknown word a flag, never a guess; money exact until it is rounded once to nano-dollars.
Source  Methodology, "Observations"; decisions 0003 and 0015.
"""

from collections.abc import Iterable
from collections.abc import Mapping

from chiphour.hardware import UNKNOWN
from chiphour.hardware.currencies import currency_named
from chiphour.hardware.names import Card
from chiphour.hardware.regions import place_of
from chiphour.observe.checks import checked
from chiphour.observe.observation import Observation
from chiphour.observe.observation import RateMissing
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import canonical_json
from chiphour.observe.reading import Fields
from chiphour.observe.reading import nanousd_of
from chiphour.observe.venue import Body
from chiphour.observe.venue import Rate
from chiphour.observe.venue import Venue
from chiphour.observe.venue import salted_key
from chiphour.units import NS_PER_DAY

HOURS_PER_MONTH = 730  # As cloud price lists count: 8,760 hours a year over 12.
HOURS_PER_YEAR = 8_760
TENOR_BY_MONTHS = {1: "R1M", 3: "R3M", 6: "R6M", 12: "R1Y", 24: "R2Y", 36: "R3Y"}
RATE_AGE_NS_MAX = 7 * NS_PER_DAY  # Index rules, "FX": an older rate is flagged.


def record(
    body: Body,
    venue: Venue,
    row: str,
    card: Card | None,
    chip_name: str,
    tenor: str | None,
    price_nanousd: int,
    gpus: int = 1,
    *,
    kind: str = "list",
    of: str | None = None,
    region: str = "",
    machine: str = "",
    host: str = "",
    terms: Mapping[str, str] = {},
    spec: Mapping[str, str] = {},
    flags: Iterable[str] = (),
) -> Observation:
    """Make one observation.

    `row` locates it in the body. `card` is what `card_named` gave for the source's `chip_name`,
    None when no table holds it; so is `tenor` None for terms that no table holds, and `terms` has
    the source's word as kind. `price_nanousd` is for all `gpus` GPUs, one hour; for what was free
    (kind "stock") it is 0 and `gpus` counts it: where a source says only whether, the GPUs of one
    machine. `of` is whose price it is, where the source is not the venue. `region` is the source's
    word. `machine` and `host` are the source's identifiers: only their salted hashes are kept.
    Times are those of the body: a row that has its own is recorded from `body.at(time_ns)`.
    """
    whose = venue.name if of is None else of
    chip, form, memory_gb = card or Card("", UNKNOWN, 0)
    said = {name: text for name, text in spec.items() if text != ""} | {"chip_name": chip_name}
    doubts = set(flags)
    if region:
        place = place_of(region, whose)
        said |= {"region": region}
        if place is None:
            doubts.add("REGION_UNKNOWN")
        else:
            said |= {"country": place.country} if place.country else {"area": place.area}
    if tenor is None:
        doubts.add("TENOR_UNKNOWN")
    if not body.dated:
        doubts.add("UNDATED")
    seen = Observation(
        source=venue.name,
        venue=whose,
        feed=venue.feed,
        kind=kind,
        chip=chip,
        form=form,
        memory_gb=memory_gb,
        tenor="OTHER" if tenor is None else tenor,
        price_nanousd=price_nanousd,
        gpus=gpus,
        machine_key=salted_key(whose, "machine", machine) if machine else "",
        host_key=salted_key(whose, "host", host) if host else "",
        terms=canonical_json({name: text for name, text in terms.items() if text != ""}),
        spec=canonical_json(said),
        flags=tuple(doubts),
        observed_ns=body.observed_ns,
        received_ns=body.received_ns,
        raw_sha256=body.sha256,
        row=row,
        reader_version=venue.reader_version,
    )
    return checked(seen, venue)


class Repeats:
    """Notices a row that a body gives twice. Each reader says what makes a row the same."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._seen: set[tuple[str, ...]] = set()

    def flags(self, *identity: str) -> tuple[str, ...]:
        """Give ("REPEATED",) for an identity that came before, else ()."""
        if identity in self._seen:
            return ("REPEATED",)
        self._seen.add(identity)
        return ()


def currency_of(fields: Fields) -> str:
    """Take a currency as its code; raises UnexpectedData for a word that no table holds."""
    word = fields.text("currency")
    code = currency_named(word)
    if code is None:
        raise UnexpectedData(f"{fields.where}: currency: expected one that we know, found {word!r}")
    return code


def in_nanousd(
    text: str, currency: str, body: Body, where: str
) -> tuple[int, dict[str, str], tuple[str, ...]]:
    """Turn a price into nano-dollars by the last rate published before the body was observed.

    `text` is a decimal in units of `currency`, `where` names it in faults. It is rounded once,
    half-even. Gives the price, what belongs into `terms`, and flags: FX_STALE for a rate older than
    seven days, SCHEMA_ONLY for one that is not proved. Raises RateMissing without a rate,
    UnexpectedData for a text that is no price.
    """
    if currency == "USD":
        return nanousd_of(text, where), {}, ()
    rate = _rate(currency, body, where)
    price_nanousd = nanousd_of(text, where, unit_nanousd=rate.nanousd)
    terms = {"currency": currency, "price": text, "rate_nanousd": str(rate.nanousd)}
    stale = ("FX_STALE",) if body.observed_ns - rate.published_ns > RATE_AGE_NS_MAX else ()
    return price_nanousd, terms, (*stale, *(() if rate.proved else ("SCHEMA_ONLY",)))


def _rate(currency: str, body: Body, where: str) -> Rate:
    for rate in body.rates:
        if rate.currency == currency and rate.published_ns < body.observed_ns:
            return rate
    known = ", ".join(rate.currency for rate in body.rates) or "none"
    raise RateMissing(
        f"{where}: expected a rate of {currency} published before the price, found {known}"
    )


def committed(months: int) -> str | None:
    """Give the tenor of a commitment; None for a length that no series has."""
    return TENOR_BY_MONTHS.get(months)
