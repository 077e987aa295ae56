"""AUCTION_PUBLISHED: what cleared runs hand on: prices by hour, and who bought from whom.

Takes   a cleared run, who stands behind each account; later the data folder alone.
Gives   two files beside the run's lines; the prices of all runs; trades as the index takes them;
        the days of a series' forward curve that an auction has priced.
Keeps   index and curve apart from the auction: they know their own records alone. A file is whole
        or not there, and never changes.
Source  docs/formulation/runs.md, section 7, equations 14 and 15; docs/methodology/companions.md.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from chiphour.adapters.auction_file import write_file
from chiphour.adapters.auction_run import AuctionRun
from chiphour.analyse.curve import Point
from chiphour.auction.pairs import Party
from chiphour.auction.pairs import Sale
from chiphour.auction.pairs import sales
from chiphour.auction.pairs import sales_from_json
from chiphour.auction.pairs import sales_to_json
from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import Position
from chiphour.auction.term import RunPrice
from chiphour.auction.term import days
from chiphour.auction.term import forward_curve
from chiphour.auction.term import from_json as prices_from_json
from chiphour.auction.term import run_prices
from chiphour.auction.term import to_json as prices_to_json
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import NS_PER_SECOND
from chiphour.units import div_ceil

FOLDER = "auctions"
PRICES_FILE, SALES_FILE = "prices.json", "sales.json"
FILES_KEPT = 4_096


def publish(run: AuctionRun, before: list[Position], parties: Mapping[int, Party]) -> None:
    """Write what a cleared run hands on; `before` are the positions before it."""
    kind = run.gate.empty.kind
    sold = sales(run.trades, kind, before, parties, run.gate.empty.rent_account)
    write_file(run.folder / SALES_FILE, sales_to_json(sold))
    told_ns = div_ceil(run.cleared_ns, NS_PER_SECOND) * NS_PER_SECOND  # Never before it was.
    prices = run_prices(run.trades, kind, told_ns, run.grid.slot_minutes)
    write_file(run.folder / PRICES_FILE, prices_to_json(prices))


def is_published(run: AuctionRun) -> bool:
    """Tell whether a run's files are written: the prices are the last."""
    return (run.folder / PRICES_FILE).is_file()


def published_sales(folder: Path) -> Iterator[Sale]:
    """Yield the sales of every run in a data folder that handed on its own."""
    for place in _places(folder, SALES_FILE):
        yield from _sales(place)


def published_prices(folder: Path) -> Iterator[RunPrice]:
    """Yield the prices of every run in a data folder."""
    for place in _places(folder, PRICES_FILE):
        yield from _prices(place)


def ahead_points(
    folder: Path, series_of: Mapping[str, str], series: str, as_of_ns: int
) -> list[Point]:
    """Give the days of a series for which an auction has sold on demand, by the last run of each.

    `series_of` gives the series of a product's chip and domain, such as "H100/node8". The interval
    is that of the regions; the price is their mean's lower neighbour.
    """
    curve = forward_curve(published_prices(folder), as_of_ns)
    found: dict[date, list[int]] = {}
    for point in days(each for each in curve if each.tier == ON_DEMAND.name):
        if series_of.get(point.product.rpartition("/")[0]) == series:
            found.setdefault(point.day, []).append(point.price_ticks * MICROUSD_PER_TICK)
    return [
        Point(day, "ahead auction", series, sum(each) // len(each), min(each), max(each), "")
        for day, each in sorted(found.items())
    ]


def _places(folder: Path, name: str) -> list[Path]:
    return sorted((folder / FOLDER).glob(f"*/{name}"))


@lru_cache(maxsize=FILES_KEPT)
def _sales(path: Path) -> tuple[Sale, ...]:
    return sales_from_json(path.read_bytes())


@lru_cache(maxsize=FILES_KEPT)
def _prices(path: Path) -> tuple[RunPrice, ...]:
    return prices_from_json(path.read_bytes())
