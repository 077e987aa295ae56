"""PRICES: what is asked now, how it changed, who differs, what is free, and the floors.

Takes   the aggregate rows of a time.
Gives   the answers to five of the questions.
Keeps   integers: every mean is rounded half-even to a nano-dollar, every ratio to a part per
        million. Where samples are too few the answer says how many were found.
Source  "Can You Build a Futures Market for GPU Compute?", gpu-spot.com; decision 0042.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import combinations
from itertools import groupby
from math import log
from typing import NamedTuple
from typing import TypeVar

from chiphour.analyse.aggregates import ChangedRow
from chiphour.analyse.aggregates import FloorRow
from chiphour.analyse.aggregates import FreeRow
from chiphour.analyse.aggregates import QuotedRow
from chiphour.analyse.goods import Good
from chiphour.analyse.questions import ALL
from chiphour.analyse.questions import CrossDelta
from chiphour.analyse.questions import CurrentPrice
from chiphour.analyse.questions import FloorPoint
from chiphour.analyse.questions import FloorSeries
from chiphour.analyse.questions import Lacking
from chiphour.analyse.questions import PriceChange
from chiphour.analyse.questions import SupplyMetric
from chiphour.analyse.thresholds import DAY_HOURS
from chiphour.analyse.thresholds import FEE_PPM
from chiphour.analyse.thresholds import FLOOR_DAYS_MIN
from chiphour.analyse.thresholds import FLOOR_SAMPLES_MIN
from chiphour.analyse.thresholds import SAMPLE_NS
from chiphour.analyse.thresholds import WEEK_DAYS_MIN
from chiphour.units import PPM
from chiphour.units import div_ceil
from chiphour.units import div_half_even

R = TypeVar("R", QuotedRow, ChangedRow, FreeRow, FloorRow)


def of_each_good(rows: Iterable[R]) -> Iterator[tuple[Good, list[R]]]:
    """Yield each good with its rows; rows come sorted by chip and form."""
    for words, group in groupby(rows, lambda row: (row.chip, row.form)):
        yield Good(*words), list(group)


def current_prices(rows: Iterable[QuotedRow]) -> tuple[CurrentPrice, ...]:
    """Give what each venue asks now."""
    return tuple(
        CurrentPrice(
            Good(row.chip, row.form),
            row.tenor,
            row.venue,
            row.feed,
            row.observed_ns,
            row.floor_nanousd,
            div_half_even(row.total_nanousd, row.offers),
            row.ceiling_nanousd,
            row.ceiling_nanousd - row.floor_nanousd,
            row.offers,
            row.hosts or None,
        )
        for row in rows
    )


def price_changes(rows: Iterable[ChangedRow]) -> tuple[PriceChange, ...]:
    """Give each venue's change, and after a good's venues that of all together, by tenor."""
    found: list[PriceChange] = []
    for _, of in of_each_good(rows):
        each = [_change(row) for row in of]
        tenors = sorted({change.tenor for change in each})
        found += each
        found += [_together([one for one in each if one.tenor == tenor]) for tenor in tenors]
    return tuple(found)


class _Past(NamedTuple):
    before_nanousd: int | None
    change_nanousd: int | None
    change_ppm: int | None
    samples: int


def _past(now_nanousd: int, total_nanousd: int, samples: int, enough: bool) -> _Past:
    if not enough:
        return _Past(None, None, None, samples)
    before = div_half_even(total_nanousd, samples)
    change = now_nanousd - before
    return _Past(before, change, div_half_even(change * PPM, before), samples)


def _change(row: ChangedRow) -> PriceChange:
    now = div_half_even(row.total_nanousd, row.offers)
    lacking = []
    if row.day_samples < 1:
        lacking.append(Lacking("samples in the 24 hours before", row.day_samples, 1))
    if row.week_days < WEEK_DAYS_MIN:
        lacking.append(Lacking("days with a sample in the week before", row.week_days, 2))
    day = _past(now, row.day_total_nanousd, row.day_samples, row.day_samples >= 1)
    week = _past(now, row.week_total_nanousd, row.week_samples, row.week_days >= WEEK_DAYS_MIN)
    good = Good(row.chip, row.form)
    return PriceChange(good, row.tenor, row.venue, now, *day, *week, tuple(lacking))


def _together(each: Sequence[PriceChange]) -> PriceChange:
    """Give the change of all venues that have a price both now and before."""
    first = each[0]
    now = div_half_even(sum(one.now_nanousd for one in each), len(each))
    day = _matched([(one.now_nanousd, one.day_before_nanousd) for one in each])
    week = _matched([(one.now_nanousd, one.week_before_nanousd) for one in each])
    lacking = [
        Lacking(f"venues with a price now and {when}", 0, 1)
        for when, past in (("in the 24 hours before", day), ("in the week before", week))
        if past.samples == 0
    ]
    return PriceChange(first.good, first.tenor, ALL, now, *day, *week, tuple(lacking))


def _matched(pairs: Sequence[tuple[int, int | None]]) -> _Past:
    """Give the mean before of the venues that have one, and their change since then."""
    both = [(now, before) for now, before in pairs if before is not None]
    if not both:
        return _Past(None, None, None, 0)
    now, before = (div_half_even(sum(side), len(both)) for side in zip(*both, strict=True))
    return _Past(before, now - before, div_half_even((now - before) * PPM, before), len(both))


def cross_deltas(prices: Iterable[CurrentPrice]) -> tuple[CrossDelta, ...]:
    """Give every two venues of a good: under any hourly terms (ALL), then under the same."""
    found: list[CrossDelta] = []
    for good, group in groupby(prices, lambda price: price.good):
        of = list(group)
        for tenor in (ALL, *sorted({price.tenor for price in of})):
            least: dict[str, int] = {}
            for price in of:
                if tenor in (ALL, price.tenor):
                    floor = price.floor_nanousd
                    least[price.venue] = min(floor, least.get(price.venue, floor))
            ranked = sorted((floor, venue) for venue, floor in least.items())
            found += [_delta(good, tenor, *pair) for pair in combinations(ranked, 2)]
    return tuple(found)


def _delta(good: Good, tenor: str, cheap: tuple[int, str], dear: tuple[int, str]) -> CrossDelta:
    delta, both = dear[0] - cheap[0], dear[0] + cheap[0]
    fee = div_ceil(both * FEE_PPM, PPM)
    relative = div_half_even(2 * delta * PPM, both)
    return CrossDelta(
        *(good, tenor, cheap[1], dear[1], cheap[0], dear[0], delta, relative, fee, delta - fee)
    )


def supply_metrics(rows: Iterable[FreeRow]) -> tuple[SupplyMetric, ...]:
    """Give what each venue has free now, and after a good's venues all of them together."""
    found: list[SupplyMetric] = []
    for good, of in of_each_good(rows):
        now = {row.venue: row for row in of if row.moment == 0}
        before = {row.venue: row for row in of if row.moment == 1}
        each = [_supply(good, row, before.get(venue)) for venue, row in now.items()]
        if each:
            found += [*each, _all_supply(good, each)]
    return tuple(found)


def _supply(good: Good, row: FreeRow, before: FreeRow | None) -> SupplyMetric:
    lacking = () if before else (Lacking("polls 24 hours before", 0, 1),)
    return SupplyMetric(
        good,
        row.venue,
        row.observed_ns,
        row.hosts or None,
        row.gpus,
        row.largest_host_gpus if row.hosts else None,
        before.gpus if before else None,
        row.gpus - before.gpus if before else None,
        lacking,
    )


def _all_supply(good: Good, each: Sequence[SupplyMetric]) -> SupplyMetric:
    """Add the venues up; the change is that of the venues that were seen a day before too."""
    named = [one for one in each if one.hosts]
    both = [one for one in each if one.gpus_day_before is not None]
    return SupplyMetric(
        good,
        ALL,
        max(one.observed_ns for one in each),
        sum(one.hosts or 0 for one in named) if named else None,
        sum(one.gpus or 0 for one in each),
        max(one.largest_host_gpus or 0 for one in named) if named else None,
        sum(one.gpus_day_before or 0 for one in both) if both else None,
        sum(one.gpus_change or 0 for one in both) if both else None,
        () if both else (Lacking("venues that were polled 24 hours before", 0, 1),),
    )


def floor_series(rows: Iterable[FloorRow]) -> tuple[FloorSeries, ...]:
    """Give the floors of each good, and their trend where there are enough."""
    return tuple(_floors(good, of) for good, of in of_each_good(rows))


def _floors(good: Good, rows: Sequence[FloorRow]) -> FloorSeries:
    points = tuple(FloorPoint(r.hour * SAMPLE_NS, r.floor_nanousd, r.venue) for r in rows)
    days = len({row.hour // DAY_HOURS for row in rows})
    lacking = []
    if len(rows) < FLOOR_SAMPLES_MIN:
        lacking.append(Lacking("hours with a price", len(rows), FLOOR_SAMPLES_MIN))
    if days < FLOOR_DAYS_MIN:
        lacking.append(Lacking("days with a price", days, FLOOR_DAYS_MIN))
    trend = None if lacking else round(_slope_per_day(rows) * PPM)
    return FloorSeries(good, points, trend, tuple(lacking))


def _slope_per_day(rows: Sequence[FloorRow]) -> float:
    """Give the least-squares slope of the logarithm of the floor on days."""
    days = [row.hour / DAY_HOURS for row in rows]
    logs = [log(row.floor_nanousd) for row in rows]
    day, mean = sum(days) / len(days), sum(logs) / len(logs)
    above = sum((t - day) * (y - mean) for t, y in zip(days, logs, strict=True))
    return above / sum((t - day) ** 2 for t in days)
