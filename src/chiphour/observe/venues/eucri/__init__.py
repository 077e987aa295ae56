"""EUCRI: prices that EU-CRI collected, each with its venue's own record, and EU-CRI's levels.

Takes   `vast_ai`, `runpod`, `gpuhunt`: a line of JSON for each price, the venue's record inside
        (`raw`); `index`: a line of CSV for each print of each EU-CRI series.
Gives   what a venue's record says: Vast.ai's ask and bid floor; RunPod's secure and community price
        and least bid; list prices of AWS and GCP. A level for each print that has a value, seen by
        the end of its day.
Keeps   prices as the venue stated them, not as EU-CRI took them: it adds Vast.ai's disk. RunPod's
        price of a cloud counts where that cloud has the card; its least bid is for the pod of as
        many GPUs as were asked for; its "region" is EU-CRI's scope, no place. A print without a
        value is no level, and EU-CRI-COMPUTE, in points, is no price: no rows. A series of
        market sources alone is SPOT, the others are OD.
Source  markrusch/Compute-Index; no licence stated for the data: recordings are for local use only.
"""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from chiphour.hardware import interconnect_named
from chiphour.hardware import memory_gb_from_mib
from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_csv
from chiphour.observe.reading import parse_lines
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue

VENUE = Venue(
    name="eucri",
    publisher="EU-CRI (Mark Rusch), https://github.com/markrusch/Compute-Index",
    terms="no licence stated for the data; its publisher forbids use as a reference price",
    description="https://github.com/markrusch/Compute-Index/blob/main/METHODOLOGY.md",
    site="https://github.com/markrusch/Compute-Index",
    recordings=(
        Recorded("eucri_vast_ai/observations.jsonl.gz", "vast_ai"),
        Recorded("eucri_runpod/observations.jsonl.gz", "runpod"),
        Recorded("eucri_gpuhunt/observations.jsonl.gz", "gpuhunt"),
        Recorded("index_reference/eucri_daily_index.csv", "index"),
    ),
    cadence="recorded only: daily with gaps, 2026-07-18 to 2026-08-12",
    feed="posted",
    evidence="schema",
    reader_version="eucri-1",
    compared=True,
)

ON_DEMAND = "on_demand"
TENOR_BY_CLOUD = {"secure": "OD", "community": "SPOT"}
LEAST_BID = "minimumBidPrice"
BARE = {"H200": "SXM"}  # Vast.ai's and RunPod's bare H200 is the SXM part.
# What a record of Vast.ai holds that is not kept: totals with its disk, and codes.
SKIPPED_OF_VAST = ("ask_contract_id", "discounted_dph_total", "dph_total", "geolocode")
KEPT_OF_VAST = ("bw_nvlink", "duration", "hosting_type", "reliability")
# What a series measures: a name of `hardware`, and the tenor of what it is made of.
MEASURED = {
    "EU-CRI-A100": ("A100 SXM", "OD"),
    "EU-CRI-B200": ("B200", "OD"),
    "EU-CRI-H100": ("H100 SXM", "OD"),
    "EU-CRI-H100-7D": ("H100 SXM", "OD"),
    "EU-CRI-H100-CLOUD": ("H100 SXM", "OD"),
    "EU-CRI-H100-HS": ("H100 SXM", "OD"),
    "EU-CRI-H100-MKT": ("H100 SXM", "SPOT"),
    "EU-CRI-H100-NC": ("H100 SXM", "OD"),
    "EU-CRI-H100-SOV": ("H100 SXM", "OD"),
}
NOT_A_PRICE = ("EU-CRI-COMPUTE",)
COUNTS = ("revision", "n_sources", "n_executable")
VALUES = ("value_usd", "value_eur")
TEXTS = ("date", "series", "flags", "methodology_version")


class _Said(NamedTuple):
    """What a line says beside its venue's record; `gpus` is 0 where it does not say."""

    row: str
    time_ns: int
    venue: str
    name: str
    gpus: int
    term: str
    spec: dict[str, str]


def requests() -> Iterator[Request]:
    """Yield nothing: the source is only recorded."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the time of the last line; raises UnexpectedData."""
    if shape == "index":
        return max((line.day_end_ns("date") for _, line in _prints(content)), default=None)
    lines = parse_lines(content, VENUE.name)
    return max((line.time_ns("ts_utc") for _, line in lines), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield what each venue's record says, or each level; raises UnexpectedData."""
    repeats = Repeats()
    if body.shape == "index":
        for row, line in _prints(body.content):
            yield from _level(line, body, row, repeats)
        return
    read_raw = READER_BY_SHAPE[body.shape]
    for row, line in parse_lines(body.content, VENUE.name):
        raw = line.object("raw")
        said = _said(line, row)
        yield from read_raw(raw, said, body, repeats)


def _said(line: Fields, row: str) -> _Said:
    link = line.text("interconnect")
    said = _Said(
        row,
        line.time_ns("ts_utc"),
        line.text("provider"),
        line.text("gpu_model"),
        line.count_or_none("gpu_count", least=1) or 0,
        line.text("term"),
        {
            "link": link,
            "interconnect": interconnect_named(link) or "",
            "scope": line.text("region"),
            "tier": line.text("tier"),
        },
    )
    line.text_or_none("country")
    line.decimal("price_usd_per_gpu_hr")
    line.skip(("source",))
    line.end()
    return said


def _price(
    said: _Said,
    body: Body,
    card: Card | None,
    name: str,
    tenor: str,
    price_nanousd: int,
    gpus: int,
    **more: Any,
) -> Observation:
    """Make a price of what a record says; of terms other than on demand the tenor is unknown."""
    return record(
        body.at(said.time_ns),
        VENUE,
        said.row,
        card,
        name,
        tenor if said.term == ON_DEMAND else None,
        price_nanousd,
        gpus,
        **more,
    )


def _of_vast(raw: Fields, said: _Said, body: Body, repeats: Repeats) -> Iterator[Observation]:
    name = raw.text("gpu_name")
    memory_mib = raw.count("gpu_ram")
    card = card_named(name, memory_gb_from_mib(memory_mib, ()), BARE)
    offer = raw.number("id")
    gpus = raw.count("num_gpus", least=1)
    prices = {"ask": raw.price_nanousd("dph_base"), "bid_floor": raw.price_nanousd("min_bid")}
    is_free = raw.boolean("rentable")
    is_free = not raw.boolean("rented") and is_free
    machine, host = raw.number("machine_id"), raw.number("host_id")
    region = raw.text("geolocation")
    spec = said.spec | {"offer": offer, "gpu_ram": str(memory_mib)}
    spec |= {kept: raw.number(kept) for kept in KEPT_OF_VAST}
    spec |= {"verification": raw.text("verification")}
    spec |= {"static_ip": "true" if raw.boolean("static_ip") else "false"}
    raw.skip(SKIPPED_OF_VAST)
    raw.end()
    flags = (
        *(() if is_free else ("NOT_RENTABLE",)),
        *repeats.flags(offer, str(said.time_ns)),
    )
    for kind, price_nanousd in prices.items():
        yield _price(
            said,
            body,
            card,
            name,
            "SPOT" if kind == "ask" else "INT",
            price_nanousd,
            gpus,
            flags=(*flags, *(("BID_FLOOR",) if kind == "bid_floor" else ())),
            kind=kind,
            of="vast",
            region=region,
            machine=machine,
            host=host,
            terms={"kind": said.term},
            spec=spec,
        )


def _of_runpod(raw: Fields, said: _Said, body: Body, repeats: Repeats) -> Iterator[Observation]:
    identifier = raw.text("id")
    name = raw.text("displayName")
    card = card_named(name, raw.count("memoryInGb"), BARE)
    prices = {cloud: raw.price_nanousd(f"{cloud}Price") for cloud in TENOR_BY_CLOUD}
    sold = [cloud for cloud in TENOR_BY_CLOUD if raw.boolean(f"{cloud}Cloud")]
    found = [(cloud, TENOR_BY_CLOUD[cloud], prices[cloud], 1) for cloud in sold]
    bid_nanousd, stock = _lowest(raw.object("lowestPrice"))
    raw.end()
    if bid_nanousd is not None and said.gpus > 0:
        found.append((LEAST_BID, "INT", bid_nanousd, said.gpus))
    flags = repeats.flags(identifier, str(said.time_ns))
    for kind, tenor, price_nanousd, gpus in found:
        yield _price(
            said,
            body,
            card,
            name,
            tenor,
            price_nanousd,
            gpus,
            flags=flags,
            of="runpod",
            terms={"kind": kind},
            spec=said.spec | {"offer": identifier, "stock": stock},
        )


def _lowest(lowest: Fields) -> tuple[int | None, str]:
    """Take the least bid for a pod, and how many pods there are, in a word."""
    bid_nanousd = lowest.price_nanousd_or_none(LEAST_BID)
    stock = lowest.text_or_none("stockStatus") or ""
    lowest.decimal_or_none("uninterruptablePrice")  # The lower of the clouds' prices again.
    lowest.end()
    return bid_nanousd, stock


def _of_gpuhunt(raw: Fields, said: _Said, body: Body, repeats: Repeats) -> Iterator[Observation]:
    instance = raw.text("instance_name")
    region = raw.text("location")
    price_nanousd = raw.price_nanousd("price_instance_hr")
    raw.skip(("gpu_name", "gpu_memory", "gpuhunt_version"))
    raw.end()
    if said.gpus == 0:
        raise UnexpectedData(f"{raw.where}: expected a gpu_count beside the instance, found null")
    yield _price(
        said,
        body,
        card_named(said.name),
        said.name,
        "OD",
        price_nanousd,
        said.gpus,
        flags=repeats.flags(said.venue, instance, region, str(said.time_ns)),
        of=said.venue,
        region=region,
        terms={"kind": said.term},
        spec=said.spec | {"offer": instance},
    )


Reading = Callable[[Fields, _Said, Body, Repeats], Iterator[Observation]]
READER_BY_SHAPE: dict[str, Reading] = {
    "vast_ai": _of_vast,
    "runpod": _of_runpod,
    "gpuhunt": _of_gpuhunt,
}


def _prints(content: bytes) -> Iterator[tuple[str, Fields]]:
    return parse_csv(content, VENUE.name, (*TEXTS, *COUNTS, *VALUES), (*COUNTS, *VALUES))


def _level(line: Fields, body: Body, row: str, repeats: Repeats) -> Iterator[Observation]:
    time_ns = line.day_end_ns("date")
    series = line.text("series")
    level_nanousd = line.price_nanousd_or_none("value_usd")
    spec = {"value_eur": line.decimal_or_none("value_eur") or ""}
    spec |= {name: str(line.count(name)) for name in COUNTS}
    spec |= {name: line.text(name) for name in ("flags", "methodology_version")}
    line.end()
    if level_nanousd is None or series in NOT_A_PRICE:
        return
    name, tenor = MEASURED.get(series, (series, None))
    yield record(
        body.at(time_ns),
        VENUE,
        row,
        card_named(name),
        series,
        tenor,
        level_nanousd,
        kind="level",
        of=VENUE.name,
        spec=spec,
        flags=repeats.flags(series, str(time_ns)),
    )
