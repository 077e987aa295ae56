"""VIABILITY: can a chip carry a futures market? Yes, no, or not yet, with the figures.

Takes   every sample of a span: the hours of each venue with a price, by good and tenor.
Gives   a `Viability` for each good: how wide and how lasting the gaps between venues are, how far
        they can be foretold better than by "as now", how much prices move, what cannot be said.
Keeps   pairs of venues under the same terms, so that no venue's coming or going is a move. A
        forecast is judged only on the later half of the steps, fitted on the earlier one.
Source  Decision 0042. The bias of an autoregression: M. G. Kendall, 1954,
        Biometrika 41. The random walk as what to beat: R. Meese and K. Rogoff, 1983, J. Int. Econ.
        14.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from itertools import combinations
from itertools import groupby
from math import inf
from math import log
from statistics import quantiles
from typing import Literal
from typing import NamedTuple
from typing import get_args

import numpy as np

from chiphour.analyse.aggregates import MovedRow
from chiphour.analyse.aggregates import SampleRow
from chiphour.analyse.goods import Good
from chiphour.analyse.questions import Lacking
from chiphour.analyse.thresholds import BY_SIGNAL
from chiphour.analyse.thresholds import DAY_HOURS
from chiphour.analyse.thresholds import FEE_PPM
from chiphour.analyse.thresholds import HOURLY_STEPS_MIN
from chiphour.analyse.thresholds import PAIR_STEPS_MIN
from chiphour.analyse.thresholds import PANEL_SAMPLES_MIN
from chiphour.analyse.thresholds import SAMPLE_NS
from chiphour.analyse.thresholds import SHARE_ABOVE_FEES_MIN
from chiphour.analyse.thresholds import SKILL_DAYS_MIN
from chiphour.analyse.thresholds import VARIATION_DAYS_MIN
from chiphour.analyse.thresholds import VIABLE_DAYS_MIN
from chiphour.analyse.thresholds import VIABLE_STEPS_MIN
from chiphour.analyse.thresholds import VIABLE_VENUES_MIN
from chiphour.analyse.variation import Estimate
from chiphour.analyse.variation import detrended
from chiphour.analyse.variation import jackknife
from chiphour.units import PPM

Answer = Literal["yes", "no", "not yet"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
ENDLESS_HOURS = 1e6  # A half-life of over a hundred years is no return at all.
COMPARED_RANK = 2  # Of a sample that only a third party's table has.
GAP = BY_SIGNAL["spread", "repaired"]
VARIATION = BY_SIGNAL["variation", "repaired"]
Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Hours = np.ndarray[tuple[int], np.dtype[np.int64]]


class Viability(NamedTuple):
    """The answer for one good. Shares and gaps are parts of one; None is "not enough data".

    `first_ns` and `last_ns` are the hours of the first and the last sample, `venues` the most that
    were seen under one tenor, `pairs` those with PAIR_STEPS_MIN steps, `pair_hours` their common
    samples. `gap` is the median over these of what a gap leaves after fees; `half_life` in hours,
    over pairs that moved, with their middle half (math.inf: no return); `skill` is one minus the
    squared error over that of "as now", on `skill_steps` later steps.
    """

    good: Good
    answer: Answer
    first_ns: int
    last_ns: int
    days: int
    venues: int
    samples: int
    compared_share: float
    pairs: int
    pair_hours: int
    hourly_pairs: int
    share_above_fees: float | None
    gap: float | None
    never_moved_share: float | None
    half_life: Estimate | None
    skill: Estimate | None
    skill_steps: int
    variation: Estimate | None
    lacking: tuple[Lacking, ...]
    reasons: tuple[str, ...]
    cannot_say: tuple[str, ...]


def viabilities(samples: Sequence[SampleRow]) -> tuple[Viability, ...]:
    """Give the answer for each good; samples come sorted by good, tenor, venue and hour."""
    found = groupby(samples, lambda row: (row.chip, row.form))
    return tuple(_viability(Good(*words), list(of)) for words, of in found)


class _Pair(NamedTuple):
    """Two venues' common hours: the logarithm of their ratio, the gap after fees; and its steps.

    A step goes from one sample to the next of the grid: `before` and `after` are logarithms,
    `days` those in which steps end.
    """

    gap: Floats
    hourly: bool
    before: Floats
    after: Floats
    days: Hours


def _viability(good: Good, samples: Sequence[SampleRow]) -> Viability:
    venues = max(
        len({row.venue for row in of}) for _, of in groupby(samples, lambda row: row.tenor)
    )
    days = len({row.hour // DAY_HOURS for row in samples})
    pairs = list(_pairs(samples))
    steps = sum(len(pair.before) for pair in pairs)
    lacking = [
        Lacking(what, count, least)
        for what, count, least in (
            ("days with a price", days, VIABLE_DAYS_MIN),
            ("venues under the same terms", venues, VIABLE_VENUES_MIN),
            ("steps of pairs of venues", steps, VIABLE_STEPS_MIN),
        )
        if count < least
    ]
    gaps = np.concatenate([pair.gap for pair in pairs]) if pairs else np.empty(0)
    skill, skill_steps = _skill(pairs)
    part = _Figures(
        _rounded(float(np.mean(gaps > 0))) if pairs else None,
        _rounded(float(np.median(np.maximum(gaps, 0)))) if pairs else None,
        _rounded(sum(_is_still(p) for p in pairs) / len(pairs)) if pairs else None,
        _half_life(pairs),
        skill,
        _variation(samples),
    )
    answer, reasons = _answered(part, lacking)
    hourly = sum(pair.hourly for pair in pairs)
    compared = sum(row.rank == COMPARED_RANK for row in samples) / len(samples)
    return Viability(
        good,
        answer,
        min(row.hour for row in samples) * SAMPLE_NS,
        max(row.hour for row in samples) * SAMPLE_NS,
        days,
        venues,
        len(samples),
        _rounded(compared),
        len(pairs),
        len(gaps),
        hourly,
        *part[:5],
        skill_steps,
        part.variation,
        tuple(lacking),
        reasons,
        tuple(_silences(compared, hourly, part)),
    )


class _Figures(NamedTuple):
    share_above_fees: float | None
    gap: float | None
    never_moved_share: float | None
    half_life: Estimate | None
    skill: Estimate | None
    variation: Estimate | None


def _rounded(value: float) -> float:
    """Round to six decimals: what any order of adding up gives alike."""
    return round(value, 6) + 0.0


def _pairs(samples: Sequence[SampleRow]) -> Iterator[_Pair]:
    """Yield every two venues under the same terms that have steps enough."""
    for _, group in groupby(samples, lambda row: row.tenor):
        of = {venue: list(rows) for venue, rows in groupby(group, lambda row: row.venue)}
        hours = {venue: np.array([row.hour for row in rows]) for venue, rows in of.items()}
        floors = {
            venue: np.array([row.floor_nanousd for row in rows], dtype=float)
            for venue, rows in of.items()
        }
        for one, other in combinations(of, 2):
            common, left, right = np.intersect1d(
                hours[one], hours[other], assume_unique=True, return_indices=True
            )
            if len(common) > PAIR_STEPS_MIN:
                pair = _pair(common, floors[one][left], floors[other][right])
                if len(pair.before) >= PAIR_STEPS_MIN:
                    yield pair


def _pair(hours: Hours, one: Floats, other: Floats) -> _Pair:
    both = one + other
    gap = 2 * np.abs(one - other) / both - 2 * FEE_PPM / PPM
    ratio = np.log(one / other)
    at = np.flatnonzero(np.diff(hours) == 1)
    hourly = len(at) >= HOURLY_STEPS_MIN
    if not hourly:  # The last sample of each day, and steps from one day to the next.
        last = np.append(np.flatnonzero(np.diff(hours // DAY_HOURS)), len(hours) - 1)
        hours, ratio = hours[last], ratio[last]
        at = np.flatnonzero(np.diff(hours // DAY_HOURS) == 1)
    return _Pair(gap, hourly, ratio[at], ratio[at + 1], hours[at + 1] // DAY_HOURS)


def _is_still(pair: _Pair) -> bool:
    return bool(np.ptp(np.append(pair.before, pair.after)) < 1e-9)


def reversion(before: Floats, after: Floats) -> float | None:
    """Give the part of a gap that is left after a step, its small-sample bias taken off.

    None where the gap stood still before every step.
    """
    x = before - before.mean()
    squares = float(x @ x)
    if len(x) < 3 or squares < 1e-12:
        return None
    slope = float(x @ (after - after.mean())) / squares
    return slope + (1 + 3 * slope) / len(x)


def half_life_hours(part: float, hours: int) -> float:
    """Give the time in which half of a gap is gone, when `part` of it is left after some hours."""
    if part >= 1:
        return inf
    return hours * log(0.5) / log(part) if part > 0 else 0.0


def _half_life(pairs: Sequence[_Pair]) -> Estimate | None:
    """Give the median over pairs that moved, and the middle half of them."""
    found = []
    for pair in pairs:
        part = reversion(pair.before, pair.after)
        if part is not None:
            found.append(half_life_hours(part, 1 if pair.hourly else DAY_HOURS))
    if len(found) < 3:
        return None
    found.sort()
    if found[len(found) // 4] == inf:
        return Estimate(inf, inf, inf)
    bounded = [min(each, 10 * ENDLESS_HOURS) for each in found]
    low, middle, high = (
        inf if each > ENDLESS_HOURS else round(each, 3)
        for each in quantiles(bounded, n=4, method="inclusive")
    )
    return Estimate(middle, low, high)


def _skill(pairs: Sequence[_Pair]) -> tuple[Estimate | None, int]:
    """Give how much better a return to the mean foretells than "as now", and on how many steps."""
    by_day: dict[int, tuple[float, float]] = {}
    steps = 0
    for pair in pairs:
        half = len(pair.before) // 2
        part = reversion(pair.before[:half], pair.after[:half])
        x, y = pair.before[half:], pair.after[half:]
        expected = x
        if part is not None:
            mean_x, mean_y = pair.before[:half].mean(), pair.after[:half].mean()
            expected = mean_y + min(max(part, 0.0), 1.0) * (x - mean_x)
        for day, ours, walk in zip(
            pair.days[half:].tolist(),
            ((y - expected) ** 2).tolist(),
            ((y - x) ** 2).tolist(),
            strict=True,
        ):
            before = by_day.get(day, (0.0, 0.0))
            by_day[day] = (before[0] + ours, before[1] + walk)
        steps += len(x)
    ours, walk = (
        (sum(column) for column in zip(*by_day.values(), strict=True)) if by_day else (0, 0)
    )

    def without(day: int | None) -> float | None:
        out = (0.0, 0.0) if day is None else by_day[day]
        left = walk - out[1]
        return 1 - (ours - out[0]) / left if left > 1e-12 else None

    moved = sum(walk > 1e-12 for _, walk in by_day.values())
    enough = steps >= VIABLE_STEPS_MIN and moved >= SKILL_DAYS_MIN
    found = jackknife(sorted(by_day), without) if enough else None
    return (Estimate(*map(_rounded, found)) if found else None), steps


def _variation(samples: Sequence[SampleRow]) -> Estimate | None:
    """Give the variation of each venue's logarithm about its own trend over the whole span."""
    rows = list(_moved(samples))
    days = sorted({row.day for row in rows})
    if len(days) < VARIATION_DAYS_MIN:
        return None
    found = detrended(rows, days)
    if found is None:
        return None
    return Estimate(_rounded(found.value), _rounded(max(found.low, 0.0)), _rounded(found.high))


def _moved(samples: Sequence[SampleRow]) -> Iterator[MovedRow]:
    """Yield the sums of each venue's days."""
    for (tenor, venue), group in groupby(samples, lambda row: (row.tenor, row.venue)):
        of = list(group)
        if len(of) < PANEL_SAMPLES_MIN:
            continue
        logs = np.log(np.array([row.mean_nanousd for row in of], dtype=float))
        logs -= logs.mean()
        hours = np.array([row.hour for row in of])
        times = (hours - hours[-1]) / DAY_HOURS
        for day in np.unique(hours // DAY_HOURS).tolist():
            here = hours // DAY_HOURS == day
            t, y = times[here], logs[here]
            sums = (float(t.sum()), float(y.sum()), float(t @ t), float(t @ y), float(y @ y))
            yield MovedRow("", "", tenor, venue, day, int(here.sum()), 0, 0, *sums)


def _answered(part: _Figures, lacking: Sequence[Lacking]) -> tuple[Answer, tuple[str, ...]]:
    """Answer, with the reasons: not enough data first, then what stands against, then for."""
    if lacking or part.gap is None or part.share_above_fees is None:
        words = [f"not enough data: {one.words()}" for one in lacking]
        return "not yet", tuple(words or ["not enough data: no pair of venues has steps enough"])
    against = []
    if part.share_above_fees < SHARE_ABOVE_FEES_MIN:
        against.append(f"gaps exceed fees in {100 * part.share_above_fees:.1f} % of hours alone")
    assert GAP.red_below is not None
    assert VARIATION.red_below is not None
    if part.gap < GAP.red_below:
        against.append(
            f"the gap after fees is {100 * part.gap:.2f} %, below {100 * GAP.red_below:.0f} %"
        )
    if part.variation is not None and part.variation.high < VARIATION.red_below:
        against.append(
            f"prices vary by {100 * part.variation.value:.2f} % about their trend, surely below "
            f"{100 * VARIATION.red_below:.0f} %: little risk to pass on in this span"
        )
    if against:
        return "no", tuple(against)
    open_points = []
    if part.gap <= GAP.green_above:
        open_points.append(
            f"the gap after fees is {100 * part.gap:.2f} %, not above {100 * GAP.green_above:.0f} %"
        )
    if part.skill is None or part.skill.low <= 0:
        open_points.append("no forecast is surely better than the random walk")
    if part.variation is None:
        open_points.append("how much prices vary is not known")
    if open_points:
        return "not yet", tuple(open_points)
    return "yes", ("gaps are wide after fees, prices vary, and a forecast beats the random walk",)


def _silences(compared: float, hourly: int, part: _Figures) -> Iterator[str]:
    """Yield what the data cannot say."""
    yield "what anyone paid: these are asks and lists, not rentals"
    yield "whether two chips are alike: processor, memory, network and region are not matched"
    yield "what a year brings: a trend is no variation here, though it is a risk to whoever pays"
    if hourly == 0:
        yield "what happens within a day: too few pairs of venues were seen hour after hour"
    if part.skill is None:
        yield "whether gaps can be foretold: they moved on too few days of the later half"
    if compared > 0:
        yield f"{100 * compared:.0f} % of samples are a third party's table, not our own readings"
