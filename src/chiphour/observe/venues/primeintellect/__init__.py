"""PRIMEINTELLECT: the offers of Prime Intellect, which rents out the machines of other clouds.

Takes   the availability of GPUs page by page (`availability` is the first, `page` a later one or
        one by itself), and its digest (`summary`): the least price for each GPU, count and region.
Gives   for each offer its price by the hour (OD; SPOT where hosts set the price, INT where it may
        be taken back), that of the community where there is one (SPOT), and what there is of it.
Keeps   the cloud as the venue whose price it is, by an exact table: a cloud that the register lacks
        comes out flagged. Prices are for all GPUs of an offer, and carry Prime Intellect's part:
        COMPARISON. A price of null is of something not sold so: no row. Of the stock it says a
        word; one that we do not know stays a word beside the price. The digest names no cloud.
        The summary's "cheapest" is the least of the regions that follow it.
Source  Prime Intellect's API reference; recordings of its command line's tests.
"""

from collections.abc import Iterator

from chiphour.hardware.interconnects import interconnect_named
from chiphour.hardware.names import card_named
from chiphour.hardware.regions import place_of
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
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
from chiphour.units import div_ceil

VENUE = Venue(
    name="primeintellect",
    publisher="Prime Intellect, Inc.",
    terms="https://www.primeintellect.ai/terms",
    description="https://docs.primeintellect.ai/api-reference/availability",
    site="https://app.primeintellect.ai/dashboard/create-cluster",
    recordings=(
        Recorded("primeintellect/*/availability_gpus.json", "page"),
        Recorded("primeintellect/*/availability_summary.json", "summary"),
    ),
    cadence="live: every 30 minutes",
    feed="posted",
    evidence="recorded",
    reader_version="primeintellect-1",
    compared=True,
    base_url="https://api.primeintellect.ai",
)

OFFERS_PER_PAGE = 100  # The most that it gives.
SHARED_BY_HOSTS = {"secure_cloud": False, "community_cloud": True}
FREE = {"available": True, "high": True, "medium": True, "low": True, "unavailable": False}
CPU_ONLY = "CPU_NODE"
CHEAPEST = "cheapest"
_RESOURCE = "minCount maxCount pricePerUnit step defaultIncludedInPrice additionalInfo"
RESOURCE_SKIPPED = tuple(_RESOURCE.split())
SKIPPED = ("internetSpeed", "provisioningTime", "images")


def requests() -> Iterator[Request]:
    """Yield the one request of a poll: the first page."""
    yield _page("availability", 1)


def _page(shape: str, number: int) -> Request:
    query = (("page", str(number)), ("page_size", str(OFFERS_PER_PAGE)))
    path = "/api/v1/availability/gpus"
    return Request(shape, path, query, secret="PRIME_API_KEY")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give no time: an answer does not say when it was fetched."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield what is offered, then, after a first page, the others; raises UnexpectedData."""
    answer = parse_object(body.content, f"{VENUE.name} {body.shape}")
    if body.shape == "summary":
        yield from _summary(answer, body)
        return
    offers = answer.objects("items")
    total = answer.count("totalCount")
    answer.end()
    repeats = Repeats()
    for number, offer in offers:
        yield from _Offer(offer, body, str(number), repeats).observations()
    if body.shape == "availability" and offers:
        pages = div_ceil(total, len(offers))
        yield from (_page("page", number) for number in range(2, pages + 1))


class _Offer:
    """An offer being read."""

    def __init__(self, offer: Fields, body: Body, row: str, repeats: Repeats) -> None:
        """Take all fields of an offer."""
        self._body = body
        self._row = row
        self._tenor: str | None = None
        self._unknown = ""
        self._name = offer.text("gpuType")
        socket = offer.text_or_none("socket") or ""
        self._card = card_named(f"{self._name} {socket}".strip())
        cloud = offer.text("provider")
        self._of = venue_named(cloud)
        self._gpus = offer.count("gpuCount")
        self._stock = offer.text("stockStatus")
        link = offer.text_or_none("interconnectType") or ""
        self._spec = {
            "offer": offer.text("cloudId"),
            "stock": self._stock,
            "socket": socket,
            "gpus": str(self._gpus),
            "vcpus": _size(offer.object("vcpu")),
            "memory_gb_host": _size(offer.object("memory")),
            "interconnect": interconnect_named(link) or "",
        }
        self._region = self._place(offer)
        self._prices = list(self._priced(offer))
        offer.number_or_none("gpuMemory")  # Of one GPU or of all: the name says it better.
        offer.number_or_none("interconnect")
        _size(offer.object("disk"))
        if offer.has("sharedDisk"):
            _size(offer.object("sharedDisk"))
        offer.skip(SKIPPED)
        offer.end()
        place = (self._spec["data_center"], self._region)
        sizes = (self._spec["gpus"], self._spec["vcpus"], self._spec["memory_gb_host"])
        kinds = tuple(f"{tenor} {terms['kind']}" for tenor, _, terms in self._prices)
        offered = (cloud, self._spec["offer"], self._name, socket, link, *place, *sizes, *kinds)
        self._flags = repeats.flags(*offered)

    def _place(self, offer: Fields) -> str:
        """Take the data centre, country and region: give the first that a table knows."""
        words = [offer.text_or_none(name) or "" for name in ("dataCenter", "country")]
        words.append(offer.text_or_none("region") or "" if offer.has("region") else "")
        self._spec["data_center"] = words[0]
        known = [word for word in words if word and place_of(word, self._of) is not None]
        return next(filter(None, [*known, *words]), "")

    def _priced(self, offer: Fields) -> Iterator[tuple[str | None, int, dict[str, str]]]:
        """Take the prices: (tenor, nano-dollars, terms)."""
        security = offer.text("security")
        is_spot = _is_so(offer, "isSpot")
        prepaid = offer.take("prepaidTime")
        prices = offer.object("prices")
        prices.one_of("currency", ("USD",))
        terms = {"security": security, "variable": "true" if _is_so(prices, "isVariable") else ""}
        self._tenor = _tenor(self._of, security, is_spot) if prepaid is None else None
        self._unknown = "" if self._tenor else security
        self._unknown = self._unknown if prepaid is None else f"prepaid {prepaid}"
        for name in ("onDemand", "communityPrice"):
            price_nanousd = prices.decimal_price_nanousd_or_none(name)
            if price_nanousd is not None:
                is_of_hosts = (name, self._tenor) == ("communityPrice", "OD")
                own = "SPOT" if is_of_hosts else self._tenor
                yield own, price_nanousd, {**terms, "kind": self._unknown or name}
        prices.end()

    def observations(self) -> Iterator[Observation]:
        """Yield the prices and what there is; nothing for an offer without GPUs."""
        if self._gpus == 0 or self._name == CPU_ONLY:
            return
        for number, (tenor, price_nanousd, terms) in enumerate(self._prices):
            row = f"{self._row}/{number}" if number else self._row
            if price_nanousd:
                yield self._observed("list", row, tenor, price_nanousd, self._gpus, terms)
        is_free = FREE.get(self._stock.lower())
        if is_free is not None:
            gpus = self._gpus if is_free else 0
            terms = {"kind": self._unknown}
            yield self._observed("stock", self._row, self._tenor, 0, gpus, terms)

    def _observed(
        self,
        kind: str,
        row: str,
        tenor: str | None,
        price_nanousd: int,
        gpus: int,
        terms: dict[str, str],
    ) -> Observation:
        return record(
            self._body,
            VENUE,
            row,
            self._card,
            self._name,
            tenor,
            price_nanousd,
            gpus,
            kind=kind,
            of=self._of,
            region=self._region,
            terms=terms,
            spec=self._spec,
            flags=self._flags,
        )


def _tenor(of: str, security: str, is_spot: bool) -> str | None:
    """Give the tenor of an offer's price; None for an unknown word for who lets it."""
    if security not in SHARED_BY_HOSTS:
        return None
    if is_spot:
        return "INT"
    return "SPOT" if SHARED_BY_HOSTS[security] else hourly_tenor(of)


def _is_so(fields: Fields, name: str) -> bool:
    """Take true or false; null is false."""
    value = fields.take(name)
    if value is None or isinstance(value, bool):
        return value is True
    raise UnexpectedData(f"{fields.where}: {name}: expected true, false or null, found {value!r}")


def _size(resource: Fields) -> str:
    """Take how much comes of a resource: a whole number, "" for what is not said."""
    default = resource.number_or_none("defaultCount")
    resource.skip(RESOURCE_SKIPPED)
    resource.end()
    return default or ""


# The digest.

SUMMARY_TENORS = {"onDemand": "OD", "communityPrice": "SPOT", "spotPrice": "INT"}


def _summary(answer: Fields, body: Body) -> Iterator[Observation]:
    for name in answer.names():
        counts = answer.object(name)
        for count in counts.names():
            regions = counts.object(count)
            if not count.isdecimal() or len(count) > 4 or int(count) == 0:
                raise UnexpectedData(f"{counts.where}: expected a count of GPUs, found {count!r}")
            for region in regions.names():
                prices = regions.object(region)
                row = f"{name}/{count}/{region}"
                yield from _least(prices, body, row, name, int(count), region)
                prices.end()


def _least(
    prices: Fields, body: Body, row: str, name: str, gpus: int, region: str
) -> Iterator[Observation]:
    for kind, tenor in SUMMARY_TENORS.items():
        price_nanousd = prices.decimal_price_nanousd_or_none(kind)
        if price_nanousd and name != CPU_ONLY:
            yield record(
                body,
                VENUE,
                row,
                card_named(name),
                name,
                tenor,
                price_nanousd,
                gpus,
                region="" if region == CHEAPEST else region,
                terms={"kind": kind},
                spec={"gpus": str(gpus)},
            )
