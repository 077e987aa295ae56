"""JARVISLABS: the rate card of JarvisLabs, with what it has free.

Takes   `server_meta`: a row for each pool of GPUs of one kind, in one region, for one workload
        (containers, virtual machines, or unsaid).
Gives   for each pool the price of one GPU for an hour, at will (OD), as spot (INT) and reserved for
        months (R1M to R1Y), and how many are free at will and as spot (stock).
Keeps   one price once: pools of one GPU and region at one price sell the same, so the second is
        REPEATED; what is free is each pool's own. Null is "not sold so", or "not said". Prices by
        the week and the month contradict the hourly ones: they are read and left out, as are
        processors without GPUs. Dollars, unless the body says another currency; an account in
        rupees whose body does not say so is out of every bound.
Source  https://docs.jarvislabs.ai/sdk; dstack's reader (gpuhunt), which was run on live answers.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from chiphour.hardware import Card
from chiphour.hardware import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_object
from chiphour.observe.record import Repeats
from chiphour.observe.record import committed
from chiphour.observe.record import currency_of
from chiphour.observe.record import in_nanousd
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import DECIMAL_TEXT

VENUE = Venue(
    name="jarvislabs",
    publisher="JarvisLabs",
    terms="terms of service, https://jarvislabs.ai/termsandservice",
    description="https://docs.jarvislabs.ai/sdk",
    site="https://jarvislabs.ai/pricing",
    recordings=(),
    cadence="live: every 5 to 30 minutes",
    feed="posted",
    evidence="schema",
    reader_version="jarvislabs-1",
    base_url="https://backendprod.jarvislabs.net",
)

# Its page of prices says which part its bare names mean; of its A100 it does not.
BARE = {"H100": "SXM", "H200": "SXM"}
SPOT = ("spot_price", "spot_num_free_devices")  # Both, or neither: not every region has spot.
LEFT_OUT = ("price_per_week", "price_per_month")
WORKLOADS = ("container", "vm", "")
_RESERVED = re.compile(r"reserved_(\d{1,2})([my])")  # "reserved_3m", "reserved_1y"
MONTHS = {"m": 1, "y": 12}


class Price(NamedTuple):
    """What one GPU costs for an hour under some terms; `word` is the source's for them."""

    word: str
    tenor: str | None
    text: str
    months: int = 0


class Pool(NamedTuple):
    """GPUs of one kind in one region for one workload. How many are free may not be said."""

    row: str
    where: str
    name: str
    card: Card | None
    region: str
    workload: str
    prices: tuple[Price, ...]
    free: dict[str, int | None]
    is_spot_only: bool
    spec: dict[str, str]

    @property
    def what(self) -> str:
        """Tell one kind of GPU from another, however it is spelled."""
        return str(self.card) if self.card else self.name


def requests() -> Iterator[Request]:
    """Yield the one request of a poll: all pools."""
    yield Request("server-meta", "/misc/server_meta", secret="JARVISLABS_API_KEY")


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give None: an answer carries no time."""
    return None


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the prices and the stock of each pool; raises UnexpectedData."""
    page = parse_object(body.content, VENUE.name)
    currency = currency_of(page) if page.has("currency") else "USD"
    if page.has("cpu_meta"):
        _processors(page.object("cpu_meta"))
    pools = [_pool(row, f"server_meta/{number}") for number, row in page.objects("server_meta")]
    page.end()
    repeats = Repeats()
    for pool in pools:
        yield from _prices(pool, currency, body, repeats)
        yield from _stock(pool, body, repeats)


def _prices(pool: Pool, currency: str, body: Body, repeats: Repeats) -> Iterator[Observation]:
    for price in pool.prices:
        price_nanousd, terms, doubts = in_nanousd(price.text, currency, body, pool.where)
        terms |= {"kind": price.word}
        if price.months:
            terms |= {"commitment_months": str(price.months)}
        is_closed = price.tenor == "OD" and pool.is_spot_only
        yield record(
            body,
            VENUE,
            pool.row if price.tenor in ("OD", "INT") else f"{pool.row}/{price.word}",
            pool.card,
            pool.name,
            price.tenor,
            price_nanousd,
            region=pool.region,
            terms=terms,
            spec=pool.spec,
            flags=(
                *repeats.flags(price.word, pool.what, pool.region, str(price_nanousd)),
                *doubts,
                *(("NOT_RENTABLE",) if is_closed else ()),
            ),
        )


def _stock(pool: Pool, body: Body, repeats: Repeats) -> Iterator[Observation]:
    for tenor, free in pool.free.items():
        if free is None:
            continue
        identity = ("stock", tenor, pool.what, pool.region, pool.workload, str(free))
        yield record(
            body,
            VENUE,
            pool.row,
            pool.card,
            pool.name,
            tenor,
            0,
            free,
            kind="stock",
            region=pool.region,
            spec={**pool.spec, "stock": str(free)},
            flags=repeats.flags(*identity),
        )


def _pool(row: Fields, place: str) -> Pool:
    name = row.text("gpu_type")
    region = row.text("region")
    workload = row.one_of_or_none("workload_type", WORKLOADS) or ""
    memory_gb = row.whole_or_none("vram")
    if memory_gb is None:
        raise UnexpectedData(f"{row.where}: vram: expected the memory of a GPU, found none")
    sizes = {"vcpus": "cpus_per_gpu", "memory_gb_host": "ram_per_gpu", "gpus_max": "num_gpus"}
    counts = {ours: row.whole_or_none(theirs) for ours, theirs in sizes.items() if row.has(theirs)}
    spec = {ours: str(count) for ours, count in counts.items() if count is not None}
    prices, free = _offered(row)
    is_spot_only = row.boolean("spot_only_server") if row.has("spot_only_server") else False
    sold = {price.tenor for price in prices} - ({"OD"} if is_spot_only else set())
    pool = Pool(
        row=place,
        where=row.where,
        name=name,
        card=card_named(name, memory_gb, BARE),
        region=region,
        workload=workload,
        prices=tuple(prices),
        free={tenor: count for tenor, count in free.items() if tenor in sold},
        is_spot_only=is_spot_only,
        spec=spec | {"offer": f"{name}/{region}/{workload}", "workload": workload},
    )
    _rest(row)
    return pool


def _offered(row: Fields) -> tuple[list[Price], dict[str, int | None]]:
    """Take the prices under all terms, and how many are free at will and as spot."""
    prices = [*_sold(row, "price_per_hour", "OD")]
    free = {"OD": row.whole_or_none("num_free_devices")}
    if any(row.has(word) for word in SPOT):
        prices += _sold(row, SPOT[0], "INT")
        free["INT"] = row.whole_or_none(SPOT[1])
    if row.has("reserved_pricing"):
        prices += _reserved(row)
    return prices, free


def _sold(row: Fields, word: str, tenor: str | None, months: int = 0) -> Iterator[Price]:
    """Take a price, a number from 0 up; null gives none: it is not sold so."""
    text = row.number_or_none(word)
    if text is None:
        return
    if not DECIMAL_TEXT.fullmatch(text) or text.startswith("-"):
        raise UnexpectedData(f"{row.where}: {word}: expected a price from 0 up, found {text}")
    yield Price(word, tenor, text, months)


def _reserved(row: Fields) -> Iterator[Price]:
    """Take what a GPU costs for an hour when it is reserved for months; or null."""
    terms = row.object_or_none("reserved_pricing")
    if terms is None:
        return
    for word in terms.names():
        term = _RESERVED.fullmatch(word)
        months = int(term[1]) * MONTHS[term[2]] if term else 0
        yield from _sold(terms, word, committed(months), months)


def _rest(row: Fields) -> None:
    """Read what is known of a pool and not kept."""
    if row.has("arc"):
        row.text_or_none("arc")
    if row.has("effective_num_free_devices"):
        row.whole_or_none("effective_num_free_devices")
    for word in LEFT_OUT:
        if row.has(word):
            row.decimal_or_none(word)
    row.end()


def _processors(processors: Fields) -> None:
    """Read what is sold without GPUs; none is kept."""
    for word in ("workload_type", "region"):
        if processors.has(word):
            processors.text_or_none(word)
    if processors.has("available"):
        processors.boolean("available")
    for _, size in processors.objects("combinations"):
        for word in ("vcpus", "ram_gb", "price"):
            size.number(word)
        size.boolean("available")
        regions = size.object("regions")
        for region in regions.names():
            regions.boolean(region)
        if size.has("reserved_pricing"):
            size.take("reserved_pricing")
        size.end()
    processors.end()
