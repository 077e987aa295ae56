"""TERM: the price of one delivery hour as month, week, day and real-time runs saw it.

Takes   published prices of runs.
Gives   the path of each slot's price; the forward curve as of any time, by hour and by day; how
        far each kind of run lay from the real-time price; all as canonical JSON.
Keeps   nothing from a run in a curve as of a time before that run was published.
Source  docs/formulation/runs.md, section 7, equations 15 and 16.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import isqrt
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.instance import canonical
from chiphour.auction.obligations import read_slot_minutes
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.auction.positions import read_slot
from chiphour.auction.positions import slot_fields
from chiphour.auction.record import RUN_MAX
from chiphour.auction.record import read_record
from chiphour.auction.record import time_ns
from chiphour.auction.record import word
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import round_half_even
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ticks

REAL_TIME = "real-time"
KINDS = ("month", "week", "day-ahead", "intraday", REAL_TIME)  # The earliest first.
TERM_SCHEMA = "chiphour.auction.term/1"


class RunPrice(NamedTuple):
    """What one run said of one slot: its price, and how much was bought in it.

    `published_ns` is when the result was published; `kind` one of KINDS; `minutes` the length of
    the slot.
    """

    run: int
    kind: str
    published_ns: int
    product: str
    tier: str
    hour_ns: int
    price_ticks: int
    quantity_hundredths: int
    minutes: int = MINUTES_PER_HOUR

    @property
    def slot(self) -> Slot:
        """Give the slot that is priced."""
        return Slot(self.product, self.tier, self.hour_ns)

    @property
    def end_ns(self) -> int:
        """Give the end of the slot."""
        return self.hour_ns + self.minutes * NS_PER_MINUTE


class Path(NamedTuple):
    """The prices of one slot, in the order in which they were published."""

    slot: Slot
    prices: tuple[RunPrice, ...]


class DayPoint(NamedTuple):
    """A forward price for one day: the mean over its hours that have one, half-even."""

    product: str
    tier: str
    day: date
    hours: int
    price_ticks: int


class Convergence(NamedTuple):
    """How far one kind of run lay from the real-time price of the same slots.

    `mean` is signed: above zero the runs were dearer, the risk premium of buyers. `absolute` is
    the mean distance, `square` the root of the mean square, rounded down.
    """

    kind: str
    slots: int
    mean_nanousd: int
    absolute_nanousd: int
    square_nanousd: int


def run_prices(
    trades: Iterable[Trade], kind: str, published_ns: int, minutes: int = MINUTES_PER_HOUR
) -> tuple[RunPrice, ...]:
    """Give the prices of a run's slots from its trades: the slot's own is the one most bought.

    `minutes` is the length of the slots. A gang may pay its pool's price beside the slot's. Ties go
    to the lower price.
    """
    bought: dict[tuple[int, Slot], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for trade in trades:
        bought[trade.run, trade.slot][trade.price_ticks] += max(trade.quantity_hundredths, 0)
    found = []
    for (run, slot), by_price in sorted(bought.items()):
        price = min(by_price, key=lambda ticks: (-by_price[ticks], ticks))
        amount = sum(by_price.values())
        found.append(RunPrice(run, kind, published_ns, *slot, price, amount, minutes))
    return tuple(found)


def paths(prices: Iterable[RunPrice]) -> tuple[Path, ...]:
    """Give the path of each slot's price: the term structure of one delivery, run by run."""
    by_slot: dict[Slot, list[RunPrice]] = defaultdict(list)
    for price in prices:
        by_slot[price.slot].append(price)
    return tuple(Path(slot, tuple(sorted(by_slot[slot], key=_in_time))) for slot in sorted(by_slot))


def forward_curve(prices: Iterable[RunPrice], as_of_ns: int) -> tuple[RunPrice, ...]:
    """Give the last price known at a time for each slot that has not ended by then (eq. 15)."""
    known = (price for price in prices if price.published_ns <= as_of_ns)
    return tuple(path.prices[-1] for path in paths(known) if path.prices[-1].end_ns > as_of_ns)


def days(curve: Iterable[RunPrice]) -> tuple[DayPoint, ...]:
    """Give a forward curve by UTC days, each minute counting the same (equation 15)."""
    by_day: dict[tuple[str, str, date], list[RunPrice]] = defaultdict(list)
    for price in curve:
        by_day[price.product, price.tier, day_from_ns(price.hour_ns)].append(price)
    return tuple(
        DayPoint(*key, len({each.hour_ns // NS_PER_HOUR for each in found}), mean_ticks(found))
        for key, found in sorted(by_day.items())
    )


def mean_ticks(prices: Iterable[RunPrice]) -> int:
    """Give the mean of prices, each minute counting the same, half-even."""
    found = [(price.price_ticks, price.minutes) for price in prices]
    total = sum(ticks * minutes for ticks, minutes in found)
    return round_half_even(Fraction(total, sum(minutes for _, minutes in found)))


def convergence(prices: Iterable[RunPrice]) -> tuple[Convergence, ...]:
    """Give for each kind of run its distance from the real-time price (equation 16).

    Only slots that have both count; of several runs of one kind the last published does.
    """
    errors: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for path in paths(prices):
        last = {price.kind: price.price_ticks for price in path.prices}
        if REAL_TIME in last:
            for kind in last.keys() - {REAL_TIME}:
                errors[kind].append(last[kind] - last[REAL_TIME])
    return tuple(_convergence(kind, errors[kind]) for kind in KINDS if errors[kind])


def to_json(prices: Sequence[RunPrice]) -> bytes:
    """Write the paths of prices as canonical JSON, with how they converged."""
    return canonical(
        {
            "schema": TERM_SCHEMA,
            "paths": [_path_fields(path) for path in paths(prices)],
            "convergence": [_convergence_fields(part) for part in convergence(prices)],
        }
    )


def from_json(body: bytes) -> tuple[RunPrice, ...]:
    """Read published paths; raises RequestMalformed where they are not what `to_json` writes."""

    def read(fields: Fields) -> tuple[RunPrice, ...]:
        rows = fields.each("paths", _read_path)
        fields.raw("convergence")
        return tuple(price for path in rows for price in path)

    prices = read_record(body, "term", TERM_SCHEMA, read)
    if to_json(prices) != body:
        raise RequestMalformed("term: expected paths in order, and the convergence that they give")
    return prices


def _in_time(price: RunPrice) -> tuple[int, int]:
    return price.published_ns, price.run


def _convergence(kind: str, errors: Sequence[int]) -> Convergence:
    count = len(errors)
    mean, absolute = (
        round_half_even(Fraction(total * NANOUSD_PER_TICK, count))
        for total in (sum(errors), sum(map(abs, errors)))
    )
    squares = sum(error * error for error in errors) * NANOUSD_PER_TICK**2
    return Convergence(kind, count, mean, absolute, isqrt(squares // count))


def _convergence_fields(part: Convergence) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "slots": part.slots,
        "mean": text_from_nanousd(part.mean_nanousd),
        "absolute": text_from_nanousd(part.absolute_nanousd),
        "square": text_from_nanousd(part.square_nanousd),
    }


def _path_fields(path: Path) -> dict[str, Any]:
    minutes = path.prices[0].minutes  # All runs of a product's hours settle by the same.
    return {
        **slot_fields(path.slot),
        **({} if minutes == MINUTES_PER_HOUR else {"minutes": minutes}),
        "prices": [_price_fields(price) for price in path.prices],
    }


def _price_fields(price: RunPrice) -> dict[str, Any]:
    return {
        "run": price.run,
        "kind": price.kind,
        "published": iso_from_ns(price.published_ns),
        "price": text_from_ticks(price.price_ticks),
        "quantity": hundredths_text(price.quantity_hundredths),
    }


def _read_path(fields: Fields) -> tuple[RunPrice, ...]:
    slot, minutes = read_slot(fields), read_slot_minutes(fields)
    return fields.each("prices", lambda row: _read_price(row, slot, minutes))


def _read_price(fields: Fields, slot: Slot, minutes: int) -> RunPrice:
    return RunPrice(
        fields.integer("run", 1, RUN_MAX),
        word(fields, "kind", KINDS),
        time_ns(fields, "published"),
        *slot,
        fields.ticks("price"),
        fields.hundredths("quantity"),
        minutes,
    )
