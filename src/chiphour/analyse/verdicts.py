"""VERDICTS: green, amber, red or not enough data, for each good and signal, by both rules.

Takes   the answers to the seven questions.
Gives   a `Verdict` for every good, signal and rule, with the figures behind it and a sentence.
Keeps   the stated rule exactly as the article has it, whatever its faults, and the repaired one
        beside it; a verdict without enough data says what was found and is needed, and no colour.
Source  "Can You Build a Futures Market for GPU Compute?", gpu-spot.com; decision 0042.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from statistics import median
from typing import Literal
from typing import NamedTuple
from typing import get_args

from chiphour.analyse.goods import Good
from chiphour.analyse.questions import ALL
from chiphour.analyse.questions import Answers
from chiphour.analyse.questions import CrossDelta
from chiphour.analyse.questions import Lacking
from chiphour.analyse.questions import SupplyMetric
from chiphour.analyse.questions import TodPattern
from chiphour.analyse.questions import Volatility
from chiphour.analyse.thresholds import STATED_HOURS_MIN
from chiphour.analyse.thresholds import STATED_SAMPLES_MIN
from chiphour.analyse.thresholds import THRESHOLDS
from chiphour.analyse.thresholds import VARIATION_DAYS_MIN
from chiphour.analyse.thresholds import VENUES_MIN
from chiphour.analyse.thresholds import WHOLE_DAYS_MIN
from chiphour.analyse.thresholds import Rule
from chiphour.analyse.thresholds import Signal
from chiphour.analyse.thresholds import Threshold
from chiphour.analyse.thresholds import Unit
from chiphour.units import PPM

Colour = Literal["green", "amber", "red", "not_enough_data"]
COLOURS: tuple[Colour, ...] = get_args(Colour)
NANOUSD_PER_USD = 1_000_000_000
Figures = tuple[tuple[str, int | float | str], ...]


class Verdict(NamedTuple):
    """What one rule says of one signal of one good.

    `value`, its 90 % interval `low` and `high` where it has one, and both thresholds are in `unit`;
    `value` is None with "not_enough_data" alone, and then `lacking` says what there should be.
    """

    good: Good
    signal: Signal
    rule: Rule
    colour: Colour
    value: float | None
    low: float | None
    high: float | None
    unit: Unit
    green_above: float
    red_below: float | None
    figures: Figures
    lacking: Lacking | None
    reason: str


class _Found(NamedTuple):
    """A figure before it is judged: the value or what is lacking."""

    value: float | None
    figures: Figures = ()
    lacking: Lacking | None = None
    low: float | None = None
    high: float | None = None


class _OfGood(NamedTuple):
    """The answers that the verdicts on one good are made from."""

    deltas: Sequence[CrossDelta]
    venues: int
    supply: SupplyMetric | None
    volatility: Volatility | None
    tod: TodPattern | None


def verdicts(answers: Answers) -> tuple[Verdict, ...]:
    """Give every verdict: by good, then signal, the stated before the repaired."""
    return tuple(
        _judged(good, threshold, _MEASURES[threshold.signal, threshold.rule](of))
        for good, of in _by_good(answers).items()
        for threshold in THRESHOLDS
    )


def colour_of(value: float, threshold: Threshold) -> Colour:
    """Give the colour of a value: green above, red below, amber between, bounds included."""
    if value > threshold.green_above:
        return "green"
    if threshold.red_below is not None and value < threshold.red_below:
        return "red"
    return "amber"


def _by_good(answers: Answers) -> Mapping[Good, _OfGood]:
    goods = {each.good for each in answers.prices} | {each.good for each in answers.supply}
    goods |= {each.good for each in answers.volatility} | {each.good for each in answers.tod}
    venues: dict[Good, set[str]] = {}
    for price in answers.prices:
        venues.setdefault(price.good, set()).add(price.venue)
    deltas: dict[Good, list[CrossDelta]] = {}
    for delta in answers.deltas:
        deltas.setdefault(delta.good, []).append(delta)
    supply = {each.good: each for each in answers.supply if each.venue == ALL}
    volatility = {each.good: each for each in answers.volatility}
    tod = {each.good: each for each in answers.tod}
    return {
        good: _OfGood(
            deltas.get(good, ()),
            len(venues.get(good, ())),
            supply.get(good),
            volatility.get(good),
            tod.get(good),
        )
        for good in sorted(goods)
    }


def _spread_stated(of: _OfGood) -> _Found:
    pairs = [delta for delta in of.deltas if delta.tenor == ALL]
    if not pairs:
        return _Found(None, lacking=Lacking("venues with a price now", of.venues, VENUES_MIN))
    widest = max(pairs, key=lambda delta: delta.delta_nanousd)
    figures: Figures = (
        ("cheap_venue", widest.cheap_venue),
        ("cheap_nanousd", widest.cheap_nanousd),
        ("dear_venue", widest.dear_venue),
        ("dear_nanousd", widest.dear_nanousd),
        ("venues", of.venues),
    )
    return _Found(widest.delta_nanousd / NANOUSD_PER_USD, figures)


def _spread_repaired(of: _OfGood) -> _Found:
    pairs = [delta for delta in of.deltas if delta.tenor != ALL]
    if not pairs:
        what = "venues with a price now under the same terms"
        return _Found(None, lacking=Lacking(what, min(of.venues, 1), VENUES_MIN))
    after = [_after_fees(delta) for delta in pairs]
    venues = {v for delta in pairs for v in (delta.cheap_venue, delta.dear_venue)}
    figures: Figures = (
        ("pairs", len(pairs)),
        ("venues", len(venues)),
        ("pairs_above_fees", sum(delta.after_fees_nanousd > 0 for delta in pairs)),
        ("median_before_fees_ppm", median(delta.delta_ppm for delta in pairs)),
    )
    return _Found(round(median(after), 6), figures)


def _after_fees(delta: CrossDelta) -> float:
    """Give what is left of a gap after fees, as a part of the mean of the two; not below zero."""
    both = delta.cheap_nanousd + delta.dear_nanousd
    return max(2 * delta.after_fees_nanousd / both, 0.0)


def _variation_stated(of: _OfGood) -> _Found:
    found = of.volatility
    if found is None or found.cv is None or found.sd_usd is None:
        samples = 0 if found is None else found.samples
        return _Found(None, lacking=Lacking("hours with a price", samples, STATED_SAMPLES_MIN))
    figures: Figures = (
        ("samples", found.samples),
        ("days", found.days),
        ("mean_nanousd", found.mean_nanousd or 0),
        ("sd_usd", found.sd_usd),
    )
    return _Found(found.cv, figures)


def _variation_repaired(of: _OfGood) -> _Found:
    found = of.volatility
    if found is None or found.log_variation is None:
        lacking = found.lacking[-1] if found is not None and found.lacking else None
        what = "days with an hour of a venue with a trend of its own"
        return _Found(None, lacking=lacking or Lacking(what, 0, VARIATION_DAYS_MIN))
    figures: Figures = (("samples", found.samples), ("days", found.days))
    return _Found(found.log_variation, figures, None, found.low, found.high)


def _tod_stated(of: _OfGood) -> _Found:
    found = of.tod
    if found is None or found.swing_ppm is None:
        hours = 0 if found is None else len(found.hours)
        what = "hours of the day with a price"
        return _Found(None, lacking=Lacking(what, hours, STATED_HOURS_MIN))
    dearest = max(found.hours, key=lambda hour: hour.mean_nanousd)
    cheapest = min(found.hours, key=lambda hour: hour.mean_nanousd)
    figures: Figures = (
        ("dearest_hour_utc", dearest.hour_utc),
        ("dearest_nanousd", dearest.mean_nanousd),
        ("cheapest_hour_utc", cheapest.hour_utc),
        ("cheapest_nanousd", cheapest.mean_nanousd),
        ("days", found.days),
    )
    return _Found(found.swing_ppm / PPM, figures)


def _tod_repaired(of: _OfGood) -> _Found:
    found = of.tod
    if found is None or found.matched_swing_ppm is None:
        days = 0 if found is None else found.whole_days
        what = "days with a price in nearly every hour"
        return _Found(None, lacking=Lacking(what, days, WHOLE_DAYS_MIN))
    low, high = (None if one is None else one / PPM for one in (found.low_ppm, found.high_ppm))
    figures: Figures = (("whole_days", found.whole_days),)
    return _Found(found.matched_swing_ppm / PPM, figures, None, low, high)


def _supply_stated(of: _OfGood) -> _Found:
    found = of.supply
    if found is None or found.gpus is None:
        return _Found(None, lacking=Lacking("venues that state what is free", 0, 1))
    figures: Figures = (("gpus", found.gpus),)
    if found.hosts is not None:
        figures += (("hosts", found.hosts),)
    return _Found(float(found.gpus), figures)


def _supply_repaired(of: _OfGood) -> _Found:
    found = of.supply
    if found is None or found.gpus is None or found.largest_host_gpus is None:
        return _Found(None, lacking=Lacking("named hosts with something free", 0, 1))
    figures: Figures = (
        ("gpus", found.gpus),
        ("largest_host_gpus", found.largest_host_gpus),
        ("hosts", found.hosts or 0),
    )
    return _Found(float(found.gpus - found.largest_host_gpus), figures)


_MEASURES: Mapping[tuple[Signal, Rule], Callable[[_OfGood], _Found]] = {
    ("spread", "stated"): _spread_stated,
    ("spread", "repaired"): _spread_repaired,
    ("variation", "stated"): _variation_stated,
    ("variation", "repaired"): _variation_repaired,
    ("tod_swing", "stated"): _tod_stated,
    ("tod_swing", "repaired"): _tod_repaired,
    ("supply", "stated"): _supply_stated,
    ("supply", "repaired"): _supply_repaired,
}


def _judged(good: Good, threshold: Threshold, found: _Found) -> Verdict:
    colour: Colour = "not_enough_data"
    if found.value is not None:
        colour = colour_of(found.value, threshold)
    return Verdict(
        good,
        threshold.signal,
        threshold.rule,
        colour,
        found.value,
        found.low,
        found.high,
        threshold.unit,
        threshold.green_above,
        threshold.red_below,
        found.figures,
        found.lacking,
        _sentence(good, threshold, found, colour),
    )


_SIGNAL_WORDS: Mapping[Signal, str] = {
    "spread": "spread between venues",
    "variation": "variation of prices",
    "tod_swing": "swing with the hour of the day",
    "supply": "supply",
}


def _sentence(good: Good, threshold: Threshold, found: _Found, colour: Colour) -> str:
    what = f"{good.name}: {_SIGNAL_WORDS[threshold.signal]}, {threshold.rule} rule:"
    if found.value is None:
        assert found.lacking is not None
        return f"{what} not enough data, {found.lacking.words()}."
    shown = in_words(found.value, threshold.unit)
    bounds = f"green above {in_words(threshold.green_above, threshold.unit)}"
    if threshold.red_below is not None:
        bounds += f", red below {in_words(threshold.red_below, threshold.unit)}"
    within = ""
    if found.low is not None and found.high is not None:
        low, high = (in_words(one, threshold.unit) for one in (found.low, found.high))
        within = f" (90 % interval {low} to {high})"
    return f"{what} {shown}{within}, {colour}: {bounds}."


def in_words(value: float, unit: Unit) -> str:
    """Write a value with its unit: dollars an hour, per cent, or GPUs."""
    if unit == "usd_per_hour":
        return f"${value:.4f} an hour"
    if unit == "ratio":
        return f"{100 * value:.2f} %"
    return f"{value:.0f} GPUs"
