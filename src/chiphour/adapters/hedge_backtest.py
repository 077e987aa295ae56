"""HEDGE_BACKTEST: how a hedge would have done on the recorded days, venue by venue.

Takes   the record of a series; half a spread and an interest rate, as stated.
Gives   a row for each venue, and one for a buyer who bought evenly at all of them.
Keeps   every ratio from days before the one that it is judged on. Fees and margin are the
        exchange's own answers; the spread is stated, as nobody recorded one.
Source  docs/how-to/hedge.md; decision 0044.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

import numpy as np

from chiphour.adapters.price_record import PriceRecord
from chiphour.analyse.hedge_margin import Leg
from chiphour.analyse.hedge_margin import margined
from chiphour.analyse.hedge_ratio import CHANGES_MIN
from chiphour.analyse.hedge_ratio import Backtest
from chiphour.analyse.hedge_ratio import Changes
from chiphour.analyse.hedge_ratio import Costs
from chiphour.analyse.hedge_ratio import Interval
from chiphour.analyse.hedge_ratio import Ratio
from chiphour.analyse.hedge_ratio import backtest
from chiphour.analyse.hedge_ratio import pooled
from chiphour.analyse.hedge_ratio import ratio_of
from chiphour.contracts.cycle import expiries
from chiphour.contracts.future import Future
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import PPM
from chiphour.units import strike_ns

DAYS_PER_YEAR = 365
LOTS = 10_000  # Whose fee and margin are asked for.
HALF_SPREAD_PPM = 2_500  # A quarter of a per cent of the price: stated, not measured.
INTEREST_PPM = 100_000  # A year, on what margin holds: stated.
SEED = 2026


class Row(NamedTuple):
    """What was bought where, by name; the ratio over all days; the back-test.

    The last row of many series has no ratio of its own.
    """

    name: str
    ratio: Ratio | None
    result: Backtest


def costs_of(record: PriceRecord, half_spread_ppm: int, interest_ppm: int) -> Costs:
    """Give what a lot costs to trade and to hold for a day, USD, at the last fix."""
    ticks = record.fix_ticks[record.last]
    series, day = record.series, record.last
    future = Future(series.ticker, series.number, expiries(day)[-1])
    bought = [Leg(future.lower(), LOTS, ticks)]
    found = margined(bought, series.number, ticks * MICROUSD_PER_TICK, strike_ns(day), ())
    lot = LOTS * MICROUSD_PER_USD
    spread = ticks * MICROUSD_PER_TICK * half_spread_ppm / PPM / MICROUSD_PER_USD
    margin = found.initial_microusd / lot * interest_ppm / PPM / DAYS_PER_YEAR
    return Costs(spread + found.fees_microusd / lot, margin)


def venue_rows(record: PriceRecord, costs: Costs) -> Iterator[Row]:
    """Yield a row for each venue with enough days, then for all of them evenly."""
    venues = venues_of(record)
    for venue in venues:
        yield _row(venue, record.changes((venue,)), costs)
    if len(venues) > 1:
        yield _row(f"all {len(venues)}, evenly", record.changes(venues), costs)


def series_rows(records: Sequence[PriceRecord], half_spread_ppm: int) -> Iterator[Row]:
    """Yield a row for each series, its venues evenly; then every venue of all, pooled."""
    each = []
    for record in records:
        venues = venues_of(record)
        each += [record.changes((venue,)) for venue in venues]
        if venues:
            costs = costs_of(record, half_spread_ppm, INTEREST_PPM)
            yield _row(record.series.slug, record.changes(venues), costs)
    yield Row(f"{len(each)} venues, pooled", None, pooled(each, np.random.default_rng(SEED)))


def venues_of(record: PriceRecord) -> list[str]:
    """Give the venues that have enough days."""
    named = sorted(record.venue_nanousd)
    return [name for name in named if len(record.changes((name,)).days) >= CHANGES_MIN]


def _row(name: str, changes: Changes, costs: Costs) -> Row:
    ratio = ratio_of(changes, np.random.default_rng(SEED))
    return Row(name, ratio, backtest(changes, costs, np.random.default_rng(SEED)))


def backtest_object(row: Row) -> dict[str, object]:
    """Give a row as a plain object; an end of an interval that there is not is null."""
    found = row.ratio
    ratio = found and found._asdict() | {"estimate": _interval_object(found.estimate)}
    result = row.result._asdict() | {"effectiveness": _interval_object(row.result.effectiveness)}
    return {"name": row.name, "ratio": ratio, "backtest": result}


def _interval_object(found: Interval | None) -> dict[str, float | None] | None:
    if found is None:
        return None
    return {name: None if isnan(value) else value for name, value in found._asdict().items()}
