"""SIGNAL_OBJECTS: answers, verdicts and the viability report as the shapes that are written.

Takes   records of `analyse`.
Gives   structs of `shapes_signals`.
Keeps   amounts exact, as decimal text; ratios as numbers; what is not known null.
Source  Decision 0042.
"""

from collections.abc import Sequence
from math import isfinite

from chiphour.adapters.serve import shapes_signals as shapes
from chiphour.adapters.signals import Judged
from chiphour.analyse.goods import Good
from chiphour.analyse.questions import CrossDelta
from chiphour.analyse.questions import CurrentPrice
from chiphour.analyse.questions import FloorSeries
from chiphour.analyse.questions import Lacking
from chiphour.analyse.questions import PriceChange
from chiphour.analyse.questions import SupplyMetric
from chiphour.analyse.questions import TodPattern
from chiphour.analyse.questions import Volatility
from chiphour.analyse.variation import Estimate
from chiphour.analyse.verdicts import Verdict
from chiphour.analyse.viability import Viability
from chiphour.units import PPM
from chiphour.units import iso_from_ns
from chiphour.units import text_from_nanousd


def signals_object(judged: Judged) -> shapes.Signals:
    """Give the verdicts on every chip."""
    goods = list(dict.fromkeys(verdict.good for verdict in judged.verdicts))
    return shapes.Signals(
        iso_from_ns(judged.answers.at_ns),
        [
            shapes.Judged(good.slug, good.name, verdict_objects(judged.verdicts, good))
            for good in goods
        ],
    )


def signal_object(judged: Judged, good: Good) -> shapes.Signal:
    """Give all that was answered on one chip."""
    of = judged.answers
    volatility = next((each for each in of.volatility if each.good == good), None)
    tod = next((each for each in of.tod if each.good == good), None)
    floors = next((each for each in of.floors if each.good == good), None)
    return shapes.Signal(
        good.slug,
        good.name,
        iso_from_ns(of.at_ns),
        [_price(each) for each in of.prices if each.good == good],
        [_change(each) for each in of.changes if each.good == good],
        [_delta(each) for each in of.deltas if each.good == good],
        [_supply(each) for each in of.supply if each.good == good],
        None if volatility is None else _volatility(volatility),
        None if tod is None else _tod(tod),
        None if floors is None else _floors(floors),
        verdict_objects(judged.verdicts, good),
    )


def history_object(days: Sequence[Judged], good: Good) -> shapes.History:
    """Give the verdicts on one chip, a day each, those that have any."""
    each = [
        shapes.Day(iso_from_ns(day.answers.at_ns), verdict_objects(day.verdicts, good))
        for day in days
    ]
    return shapes.History(good.slug, good.name, [day for day in each if day.verdicts])


def verdict_objects(verdicts: Sequence[Verdict], good: Good) -> list[shapes.Verdict]:
    """Give the verdicts on one chip."""
    return [
        shapes.Verdict(
            each.signal,
            each.rule,
            each.colour,
            each.value,
            each.low,
            each.high,
            each.unit,
            each.green_above,
            each.red_below,
            dict(each.figures),
            None if each.lacking is None else _lack(each.lacking),
            each.reason,
        )
        for each in verdicts
        if each.good == good
    ]


def viability_object(report: Sequence[Viability]) -> shapes.Viability:
    """Give the viability report."""
    return shapes.Viability([viable_object(each) for each in report])


def viable_object(each: Viability) -> shapes.Viable:
    """Give one chip of the viability report."""
    return shapes.Viable(
        each.good.slug,
        each.good.name,
        each.answer,
        iso_from_ns(each.first_ns),
        iso_from_ns(each.last_ns),
        each.days,
        each.venues,
        each.samples,
        each.compared_share,
        each.pairs,
        each.pair_hours,
        each.hourly_pairs,
        each.share_above_fees,
        each.gap,
        each.never_moved_share,
        _interval(each.half_life),
        _interval(each.skill),
        each.skill_steps,
        _interval(each.variation),
        [_lack(one) for one in each.lacking],
        list(each.reasons),
        list(each.cannot_say),
    )


def _lack(lacking: Lacking) -> shapes.Lack:
    return shapes.Lack(*lacking)


def _interval(found: Estimate | None) -> shapes.Interval | None:
    if found is None:
        return None
    return shapes.Interval(*(each if isfinite(each) else None for each in found))


def _usd(price_nanousd: int) -> str:
    return text_from_nanousd(price_nanousd)


def _usd_or_none(price_nanousd: int | None) -> str | None:
    return None if price_nanousd is None else text_from_nanousd(price_nanousd)


def _ratio(of_ppm: int | None) -> float | None:
    return None if of_ppm is None else of_ppm / PPM


def _price(each: CurrentPrice) -> shapes.Price:
    return shapes.Price(
        each.tenor,
        each.venue,
        each.feed,
        iso_from_ns(each.observed_ns),
        _usd(each.floor_nanousd),
        _usd(each.mean_nanousd),
        _usd(each.ceiling_nanousd),
        _usd(each.spread_nanousd),
        each.offers,
        each.hosts,
    )


def _change(each: PriceChange) -> shapes.Change:
    return shapes.Change(
        each.tenor,
        each.venue,
        _usd(each.now_nanousd),
        _usd_or_none(each.day_before_nanousd),
        _usd_or_none(each.day_change_nanousd),
        _ratio(each.day_change_ppm),
        each.day_samples,
        _usd_or_none(each.week_before_nanousd),
        _usd_or_none(each.week_change_nanousd),
        _ratio(each.week_change_ppm),
        each.week_samples,
        [_lack(one) for one in each.lacking],
    )


def _delta(each: CrossDelta) -> shapes.Delta:
    return shapes.Delta(
        each.tenor,
        each.cheap_venue,
        each.dear_venue,
        _usd(each.cheap_nanousd),
        _usd(each.dear_nanousd),
        _usd(each.delta_nanousd),
        each.delta_ppm / PPM,
        _usd(each.fee_nanousd),
        _usd(each.after_fees_nanousd),
    )


def _supply(each: SupplyMetric) -> shapes.Supply:
    return shapes.Supply(
        each.venue,
        iso_from_ns(each.observed_ns),
        each.hosts,
        each.gpus,
        each.largest_host_gpus,
        each.gpus_day_before,
        each.gpus_change,
        [_lack(one) for one in each.lacking],
    )


def _volatility(each: Volatility) -> shapes.Volatility:
    return shapes.Volatility(
        each.samples,
        each.days,
        _usd_or_none(each.mean_nanousd),
        each.sd_usd,
        each.cv,
        each.log_variation,
        each.low,
        each.high,
        [_lack(one) for one in each.lacking],
    )


def _tod(each: TodPattern) -> shapes.TimeOfDay:
    return shapes.TimeOfDay(
        [shapes.Hour(one.hour_utc, _usd(one.mean_nanousd), one.samples) for one in each.hours],
        each.days,
        _ratio(each.swing_ppm),
        each.whole_days,
        _ratio(each.matched_swing_ppm),
        _ratio(each.low_ppm),
        _ratio(each.high_ppm),
        [_lack(one) for one in each.lacking],
    )


def _floors(each: FloorSeries) -> shapes.Floors:
    points = [
        shapes.Floor(iso_from_ns(one.observed_ns), _usd(one.floor_nanousd), one.venue)
        for one in each.points
    ]
    return shapes.Floors(
        points, _ratio(each.trend_ppm_per_day), [_lack(one) for one in each.lacking]
    )
