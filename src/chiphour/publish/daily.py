"""DAILY: what was traded on a day, as tables that anybody may have: trades, book, funding.

Takes   events of the exchange, levels of books, the names of contracts.
Gives   `Fill`, `Level` and `Funding` records, and the columns of their tables.
Keeps   no account in any of them: a law. Integers as the exchange has them, the unit in the name.
Source  Rulebook 3.2, 5.2 and 7.7; decision 0034.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import Any
from typing import NamedTuple

from chiphour.exchange import events as e
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Cause
from chiphour.publish.columns import Column
from chiphour.publish.columns import count
from chiphour.publish.columns import count_or_null
from chiphour.publish.columns import text
from chiphour.publish.columns import word
from chiphour.publish.dataset_list import PARQUET
from chiphour.publish.dataset_list import Dataset

SIDES = tuple(side.name.lower() for side in Side)
CAUSES = tuple(cause.name.lower() for cause in Cause)
NAME = "H100SXMOD_USDC-PERPETUAL"


class Named(NamedTuple):
    """What a contract is called, and its tick."""

    name: str
    tick_microusd: int


class Fill(NamedTuple):
    """Lots that changed hands; `side` is the taker's."""

    sequence: int
    time_ns: int
    contract: str
    side: str
    price_microusd: int
    lots: int
    cause: str


class Funding(NamedTuple):
    """Funding of a contract: what a long lot received, and by which prices."""

    sequence: int
    time_ns: int
    contract: str
    rate_ppm: int
    period_s: int
    mark_microusd: int
    index_microusd: int
    per_lot_microusd: int


class Level(NamedTuple):
    """A price of a book at the end of a minute in which the book moved; `level` 1 is the best.

    An empty side is one row of level 0, without a price.
    """

    time_ns: int
    contract: str
    side: str
    level: int
    price_microusd: int | None
    lots: int


def fill_of(event: list[int], named: Named) -> Fill:
    """Give a FILL as anybody may have it."""
    is_deleveraging = event[e.CAUSE] == Cause.DELEVERAGING  # Its price is on no tick.
    return Fill(
        sequence=event[e.SEQUENCE],
        time_ns=event[e.TIME_NS],
        contract=named.name,
        side=Side(event[e.SIDE]).name.lower(),
        price_microusd=event[e.PRICE_TICKS] * (1 if is_deleveraging else named.tick_microusd),
        lots=event[e.LOTS],
        cause=Cause(event[e.CAUSE]).name.lower(),
    )


def levels_of(
    time_ns: int, named: Named, side: Side, depth: Sequence[tuple[int, int]]
) -> list[Level]:
    """Give a side of a book from its (price in ticks, lots), the best first."""
    fixed = (time_ns, named.name, side.name.lower())
    if not depth:
        return [Level(*fixed, 0, None, 0)]
    return [
        Level(*fixed, place, price_ticks * named.tick_microusd, lots)
        for place, (price_ticks, lots) in enumerate(depth, 1)
    ]


def funding_of(event: list[int], named: Named) -> Funding:
    """Give a FUNDED."""
    return Funding(
        sequence=event[e.SEQUENCE],
        time_ns=event[e.TIME_NS],
        contract=named.name,
        rate_ppm=event[e.RATE_PPM],
        period_s=event[e.PERIOD_S],
        mark_microusd=event[e.MARK_MICROUSD],
        index_microusd=event[e.INDEX_MICROUSD],
        per_lot_microusd=event[e.PER_LOT_MICROUSD],
    )


_TIME: Column[Any] = count(
    "time_ns", "Market time, UTC nanoseconds.", 1_784_508_400_000_000_000, lambda one: one.time_ns
)
_CONTRACT: Column[Any] = text("contract", "Name.", NAME, lambda one: one.contract)
_SEQUENCE: Column[Any] = count("sequence", "Of the command.", 79, lambda one: one.sequence)
_LOTS: Column[Any] = count("lots", "Lots, one GPU-hour each.", 40, lambda one: one.lots)
_PRICE: Column[Any] = count(
    "price_microusd", "Micro-dollars a lot.", 3_201_000, lambda one: one.price_microusd
)

TRADES: tuple[Column[Any], ...] = (
    *(_SEQUENCE, _TIME, _CONTRACT),
    word("side", "The taker's.", "buy", lambda fill: fill.side, SIDES),
    *(_PRICE, _LOTS),
    word("cause", "Why lots changed hands.", "order", lambda fill: fill.cause, CAUSES),
)
FUNDINGS: tuple[Column[Any], ...] = (
    *(_SEQUENCE, _TIME, _CONTRACT),
    count("rate_ppm", "Per 8 h, in ppm of the index.", 12, lambda one: one.rate_ppm),
    count("period_s", "What it was paid for, in seconds.", 3_600, lambda one: one.period_s),
    count("mark_microusd", "The mark.", 3_200_000, lambda one: one.mark_microusd),
    count("index_microusd", "The index.", 3_200_000, lambda one: one.index_microusd),
    count("per_lot_microusd", "What a long lot received.", -3, lambda one: one.per_lot_microusd),
)
BOOK: tuple[Column[Any], ...] = (
    *(_TIME, _CONTRACT),
    word("side", "Of the book.", "buy", lambda level: level.side, SIDES),
    count("level", "From 1, the best; 0: the side is empty.", 1, lambda level: level.level),
    count_or_null("price_microusd", "Micro-dollars.", 3_201_000, lambda one: one.price_microusd),
    _LOTS,
)
TABLES: Mapping[str, tuple[Column[Any], ...]] = {
    "trades": TRADES,
    "book": BOOK,
    "funding": FUNDINGS,
}
TITLES = {
    "trades": "Every trade of {day}",
    "book": "The book at each minute of {day} in which it moved",
    "funding": "Every funding payment of {day}",
}


def daily_datasets(day: date, sizes: Mapping[str, int]) -> list[Dataset]:
    """Give the tables of a day as files that anyone can take; `sizes` in bytes, by table."""
    return [
        Dataset(
            f"market-{name}",
            TITLES[name].format(day=day.isoformat()),
            f"/data/market/{day.isoformat()}/{name}.parquet",
            PARQUET,
            bytes=sizes.get(name),
            table=f"market-{name}",
            columns=columns,
        )
        for name, columns in TABLES.items()
    ]
