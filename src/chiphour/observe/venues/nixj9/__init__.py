"""NIXJ9: an hourly table of the prices of Vast.ai, RunPod and Lambda, by another collector.

Takes   a month of it as CSV: a line for each provider, chip and poll, prices for one GPU.
Gives   the prices that a line holds, each under its own terms, and what Lambda had free.
Keeps   the columns by what its collector puts into them. Vast.ai: the median of the asks, with its
        disk, is SPOT; its "spot" is the least ask again, not preemptible. RunPod: `on_demand_hr` is
        the community price (SPOT), `max_price_hr` the secure one (OD), `spot_price_hr` the
        community's preemptible one (INT): its median can exceed its maximum. Lambda: one rate
        (OD); `num_offers` counts regions that have capacity. Names are matched by substring there:
        H100 mixes forms, H200 mixes SXM and NVL, and Lambda's H200 is its GH200. RunPod's 0.50
        where nothing is preemptible stands for no price: NOT_RENTABLE. Lines of machines of several
        sizes can be equal: REPEATED. A time has no zone and is UTC.
Source  nixj9/gpu-market-intel, MIT.
"""

from collections.abc import Iterator
from typing import NamedTuple

from chiphour.hardware.names import Card
from chiphour.hardware.names import card_named
from chiphour.observe.observation import Observation
from chiphour.observe.reading import Fields
from chiphour.observe.reading import parse_csv
from chiphour.observe.record import Repeats
from chiphour.observe.record import record
from chiphour.observe.venue import Body
from chiphour.observe.venue import Recorded
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.observe.venue_names import venue_named
from chiphour.units import text_from_nanousd

VENUE = Venue(
    name="nixj9",
    publisher="nixj9, https://github.com/nixj9/gpu-market-intel",
    terms="MIT, stated in the README, https://github.com/nixj9/gpu-market-intel",
    description="https://github.com/nixj9/gpu-market-intel#readme",
    site="https://nixj9.github.io/gpu-market-intel/",
    recordings=(Recorded("hourly_vast_runpod_lambda/*.csv.gz", "prices"),),
    cadence="recorded only: about every hour, 2026-03-11 to 2026-07-31",
    feed="posted",
    evidence="recorded",
    reader_version="nixj9-1",
    compared=True,
)

SUMMARY = ("min_price_hr", "median_price_hr", "max_price_hr")
PRICES = (*SUMMARY, "on_demand_hr", "spot_price_hr")
OFFERS = "num_offers"
NUMBERS = (*PRICES, OFFERS)
COLUMNS = ("timestamp", "provider", "gpu", *NUMBERS, "availability", "top_regions")

# The column of a price, its tenor, and what it is at that provider.
TERMS_BY_PROVIDER: dict[str, tuple[tuple[str, str | None, str], ...]] = {
    "Vast.ai": (("median_price_hr", "SPOT", "median of asks"),),
    "RunPod": (
        ("on_demand_hr", "SPOT", "community"),
        ("max_price_hr", "OD", "secure"),
        ("spot_price_hr", "INT", "community spot"),
    ),
    "Lambda": (("on_demand_hr", "OD", "on-demand"),),
}
OF_ANOTHER = (("median_price_hr", None, "median"),)  # A provider whose columns nobody has read.

MEANT = {("Lambda", "H200"): "GH200"}
COUNTED = "Lambda"  # The provider whose free capacity is said.
PLACEHOLDER_NANOUSD = 500_000_000


def requests() -> Iterator[Request]:
    """Yield nothing: the table is only recorded."""
    yield from ()


def stated_ns(content: bytes, shape: str) -> int | None:
    """Give the time of the last poll; raises UnexpectedData."""
    lines = parse_csv(content, VENUE.name, COLUMNS, NUMBERS)
    return max((line.utc_time_ns("timestamp") for _, line in lines), default=None)


def read(body: Body) -> Iterator[Observation | Request]:
    """Yield the prices of each line, and what was free; raises UnexpectedData."""
    repeats = Repeats()
    for row, fields in parse_csv(body.content, VENUE.name, COLUMNS, NUMBERS):
        line = _taken(fields, row, repeats)
        yield from _prices(line, body)
        if line.provider == COUNTED:
            yield _stock(line, body)


class _Line(NamedTuple):
    """What a line says: its prices by column, nano-dollars for one GPU."""

    row: str
    time_ns: int
    provider: str
    name: str
    prices_nanousd: dict[str, int]
    offers: str
    availability: str
    regions: str
    repeated: tuple[str, ...]


def _taken(line: Fields, row: str, repeats: Repeats) -> _Line:
    time_ns = line.utc_time_ns("timestamp")
    provider = line.text("provider")
    name = line.text("gpu")
    prices_nanousd = {column: line.price_nanousd_or_none(column) for column in PRICES}
    offers = str(line.count(OFFERS)) if provider == COUNTED else line.decimal_or_none(OFFERS) or ""
    availability = line.text("availability")
    regions = line.text("top_regions")
    line.end()
    prices = ",".join(map(str, prices_nanousd.values()))
    same = (str(time_ns), provider, name, prices, offers, availability, regions)
    known = {column: price for column, price in prices_nanousd.items() if price is not None}
    return _Line(
        row, time_ns, provider, name, known, offers, availability, regions, repeats.flags(*same)
    )


def _prices(line: _Line, body: Body) -> Iterator[Observation]:
    spec = {
        column: text_from_nanousd(line.prices_nanousd[column])
        for column in SUMMARY
        if column in line.prices_nanousd
    }
    spec |= {
        "offers": line.offers,
        "availability": line.availability,
        "top_regions": line.regions,
    }
    for column, tenor, kind in TERMS_BY_PROVIDER.get(line.provider, OF_ANOTHER):
        if column not in line.prices_nanousd:
            continue
        yield record(
            body.at(line.time_ns),
            VENUE,
            line.row,
            _card(line),
            line.name,
            tenor,
            line.prices_nanousd[column],
            of=venue_named(line.provider),
            terms={"kind": kind},
            spec=spec,
            flags=(*line.repeated, *_doubts(line, column)),
        )


def _stock(line: _Line, body: Body) -> Observation:
    """Give what was free: a region with capacity has one GPU at least."""
    return record(
        body.at(line.time_ns),
        VENUE,
        line.row,
        _card(line),
        line.name,
        "OD",
        0,
        int(line.offers),
        kind="stock",
        of=venue_named(line.provider),
        spec={"stock": line.availability, "top_regions": line.regions},
        flags=line.repeated,
    )


def _card(line: _Line) -> Card | None:
    return card_named(MEANT.get((line.provider, line.name), line.name))


def _doubts(line: _Line, column: str) -> tuple[str, ...]:
    is_placeholder = line.prices_nanousd[column] == PLACEHOLDER_NANOUSD
    is_lone = line.provider == "RunPod" and "spot_price_hr" not in line.prices_nanousd
    return ("NOT_RENTABLE",) if is_placeholder and is_lone else ()
