"""ATTACK_RULE: the fix as a function of its members' rates, fast enough for very many questions.

Takes   rates in whole numbers, a measure for units, the parameters of a methodology.
Gives   twice the fix, or None where there is none, with its panel; and, as some rates are one rate
        that goes from end to end, every stretch along which the fix is a straight line.
Keeps   the arithmetic of the methodology, in integers: a test holds it to `unit_errors`, `screen`
        and `median`.
Source  docs/methodology/v2026_1.md, "Unit" and "Screen"; decision 0022.

Along a stretch the rule takes one course: the order of the rates, who leaves, whose distances make
the deviation, whom the screen keeps. Each of these is a comparison of straight lines, so each says
by itself how far it lasts; the stretch ends where the first of them does.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from chiphour.index.parameters import Parameters
from chiphour.units import PPM
from chiphour.units import div_floor


class Outcome(NamedTuple):
    """What the rule makes of some rates: twice the fix, None when suppressed; and its panel.

    The screen keeps what doubled lies from `low_doubled` to `high_doubled`; 0 and 0 where there is
    no screen.
    """

    fix_doubled: int | None
    panel: int
    kept: int
    low_doubled: int = 0
    high_doubled: int = 0


def outcome_of(rates: Sequence[int], measure: int | None, parameters: Parameters) -> Outcome:
    """Apply the rule to the members' rates."""
    ordered = _in_unit(sorted(rates), measure, parameters)
    count = len(ordered)
    if count < parameters.members_min:
        return Outcome(None, count, count)
    centre = _doubled(ordered)
    if not parameters.screened or count < parameters.screen_members_min:
        return Outcome(centre, count, count)
    distances = sorted([abs(2 * rate - centre) for rate in ordered])
    # All of it four million times: |u - m| <= multiple * max(scale * deviation, floor * m).
    scaled = _doubled(distances) * parameters.screen_scale_ppm
    floor = 2 * centre * parameters.screen_floor_ppm
    reach_doubled = div_floor(parameters.screen_multiple * max(scaled, floor), 2 * PPM)
    low, high = centre - reach_doubled, centre + reach_doubled
    kept = [rate for rate in ordered if low <= 2 * rate <= high]
    fix_doubled = _doubled(kept) if len(kept) >= parameters.members_min else None
    return Outcome(fix_doubled, count, len(kept), low, high)


def _in_unit(ordered: list[int], measure: int | None, parameters: Parameters) -> list[int]:
    """Leave out, of rates in order, those that are in another unit than the others."""
    times, count = parameters.unit_multiple, len(ordered)
    if count - 1 < parameters.unit_members_min:
        if measure is None:
            return ordered
        return [rate for rate in ordered if rate < times * measure and rate * times > measure]
    if ordered[-1] < times * ordered[0]:
        return ordered  # A median of some lies between the least and the most.
    kept = []
    for at, rate in enumerate(ordered):
        other = _doubled([*ordered[:at], *ordered[at + 1 :]])
        if 2 * rate < times * other and 2 * rate * times > other:
            kept.append(rate)
    return kept


def _doubled(ordered: Sequence[int]) -> int:
    """Give twice the median."""
    middle, odd = divmod(len(ordered), 2)
    return 2 * ordered[middle] if odd else ordered[middle - 1] + ordered[middle]


class Span(NamedTuple):
    """A rate, or a fix, that is somewhere from `low` to `high`, both included."""

    low: int
    high: int


def span_of(rates: Sequence[Span], measure: int | None, parameters: Parameters) -> Span | None:
    """Give where twice the fix can be while each rate is anywhere in its span; None for no fix.

    It may give more than can be, never less; of rates that are known it gives the fix.
    """
    found = _spans_in_unit(rates, measure, parameters)
    if found is None:
        return Span(2 * min(rate.low for rate in rates), 2 * max(rate.high for rate in rates))
    if len(found) < parameters.members_min:
        return None
    sure, possible = found, list[Span]()
    if parameters.screened and len(found) >= parameters.screen_members_min:
        sure, possible = _spans_screened(found, parameters)
    highs = sorted(rate.high for rate in sure)
    lows = sorted(rate.low for rate in sure)
    more = sorted((rate.high for rate in possible), reverse=True)
    less = sorted(rate.low for rate in possible)
    most: list[int] = []
    least: list[int] = []
    for taken in range(len(possible) + 1):
        if len(sure) + taken >= parameters.members_min:
            most.append(_doubled(sorted([*highs, *more[:taken]])))
            least.append(_doubled(sorted([*lows, *less[:taken]])))
    return Span(min(least), max(most)) if most else None


def _spans_in_unit(
    rates: Sequence[Span], measure: int | None, parameters: Parameters
) -> list[Span] | None:
    """Leave out rates that are in another unit; None where that depends on where they are."""
    times = parameters.unit_multiple
    alone = len(rates) - 1 < parameters.unit_members_min
    if alone and measure is None:
        return list(rates)
    if not alone and max(rate.high for rate in rates) < times * min(rate.low for rate in rates):
        return list(rates)
    kept = []
    for at, (low, high) in enumerate(rates):
        other = Span(2 * (measure or 0), 2 * (measure or 0))
        if not alone:
            others = [*rates[:at], *rates[at + 1 :]]
            other = Span(
                _doubled(sorted(rate.low for rate in others)),
                _doubled(sorted(rate.high for rate in others)),
            )
        if 2 * high < times * other.low and 2 * low * times > other.high:
            kept.append(rates[at])
        elif 2 * low < times * other.high and 2 * high * times > other.low:
            return None
    return kept


def _spans_screened(rates: Sequence[Span], parameters: Parameters) -> tuple[list[Span], list[Span]]:
    """Give the rates that the screen keeps wherever they are, and those that it may keep."""
    centre = Span(
        _doubled(sorted(rate.low for rate in rates)), _doubled(sorted(rate.high for rate in rates))
    )
    far = [max(2 * high - centre.low, centre.high - 2 * low) for low, high in rates]
    near = [max(0, 2 * low - centre.high, centre.low - 2 * high) for low, high in rates]
    reach = [
        div_floor(
            parameters.screen_multiple
            * max(
                _doubled(sorted(distances)) * parameters.screen_scale_ppm,
                2 * middle * parameters.screen_floor_ppm,
            ),
            2 * PPM,
        )
        for distances, middle in ((near, centre.low), (far, centre.high))
    ]
    sure = [rate for rate, most in zip(rates, far, strict=True) if most <= reach[0]]
    possible = [
        rate
        for rate, least, most in zip(rates, near, far, strict=True)
        if most > reach[0] and least <= reach[1]
    ]
    return sure, possible


class Stretch(NamedTuple):
    """Rates from `low` to `high`, both included, along which the fix is a straight line.

    Twice the fix at both ends; both None where there is no fix all along.
    """

    low: int
    high: int
    fix_low: int | None
    fix_high: int | None


def stretches(
    others: Sequence[int],
    copies: int,
    low: int,
    high: int,
    measure: int | None,
    parameters: Parameters,
) -> Iterator[Stretch]:
    """Follow the fix while `copies` members share one rate that goes from `low` to `high`."""
    while low <= high:
        fixed: list[_Line] = [(rate, 0) for rate in others]
        course = _Course([*fixed, *[(low, 1)] * copies], measure, parameters)
        length = min(course.lasts, high - low) if course.lasts >= 0 else high - low
        if course.fix is None:
            yield Stretch(low, low + length, None, None)
        else:
            value, slope = course.fix
            yield Stretch(low, low + length, value, value + slope * length)
        low += length + 1


_Line = tuple[int, int]  # Its value here, and by how much it changes for each step.


class _Course:
    """The rule applied to lines: the fix as a line, and for how many steps it stays that line.

    `lasts` is -1 where it stays so for ever. Lines that meet here are put in the order in which
    they go on.
    """

    def __init__(self, lines: Sequence[_Line], measure: int | None, parameters: Parameters) -> None:
        self.lasts = -1
        self.fix: _Line | None = None
        self._parameters = parameters
        ordered = sorted(lines)
        for before, after in pairwise(ordered):
            self._hold(after[0] - before[0], after[1] - before[1])
        ordered = self._in_unit(ordered, measure)
        if len(ordered) >= parameters.members_min:
            kept = self._screened(ordered)
            if len(kept) >= parameters.members_min:
                self.fix = _doubled_line(kept)

    def _hold(self, value: int, slope: int) -> None:
        """End the course before a line that is not below zero here comes to be."""
        assert value >= 0
        if slope < 0:
            steps = div_floor(value, -slope)
            self.lasts = steps if self.lasts < 0 else min(self.lasts, steps)

    def _test(self, value: int, slope: int) -> bool:
        """Tell whether a line is at least zero here, and end the course before that changes."""
        if value >= 0:
            self._hold(value, slope)
            return True
        self._hold(-value - 1, -slope)
        return False

    def _in_unit(self, ordered: list[_Line], measure: int | None) -> list[_Line]:
        times, count = self._parameters.unit_multiple, len(ordered)
        alone = count - 1 < self._parameters.unit_members_min
        if alone and measure is None:
            return ordered
        (least, falls), (most, rises) = ordered[0], ordered[-1]
        if not alone and most < times * least:
            self._hold(times * least - most - 1, times * falls - rises)
            return ordered
        kept = []
        for at, (rate, slope) in enumerate(ordered):
            other = (2 * (measure or 0), 0)
            if not alone:
                other = _doubled_line([*ordered[:at], *ordered[at + 1 :]])
            below = self._test(times * other[0] - 2 * rate - 1, times * other[1] - 2 * slope)
            above = self._test(2 * rate * times - other[0] - 1, 2 * slope * times - other[1])
            if below and above:
                kept.append((rate, slope))
        return kept

    def _screened(self, ordered: list[_Line]) -> list[_Line]:
        parameters = self._parameters
        if not parameters.screened or len(ordered) < parameters.screen_members_min:
            return ordered
        centre = _doubled_line(ordered)
        deviation = self._deviation(ordered, centre)
        scale, floor = parameters.screen_scale_ppm, 2 * parameters.screen_floor_ppm
        reach = (deviation[0] * scale, deviation[1] * scale)
        least = (centre[0] * floor, centre[1] * floor)
        if self._test(least[0] - reach[0], least[1] - reach[1]):
            reach = least
        reach = (reach[0] * parameters.screen_multiple, reach[1] * parameters.screen_multiple)
        kept = []
        for at, (rate, slope) in enumerate(ordered):
            sign = 2 * PPM if at >= div_floor(len(ordered), 2) else -2 * PPM
            value = reach[0] - sign * (2 * rate - centre[0])
            if self._test(value, reach[1] - sign * (2 * slope - centre[1])):
                kept.append((rate, slope))
        return kept

    def _deviation(self, ordered: list[_Line], centre: _Line) -> _Line:
        """Give four times the median distance from half of `centre`.

        The nearest rates lie side by side: both sides are walked outwards from the middle.
        """
        count = len(ordered)
        left, right = div_floor(count - 1, 2), div_floor(count - 1, 2) + 1
        before = last = (0, 0)
        for _ in range(div_floor(count, 2) + 1):
            before = last
            rate, slope = ordered[left] if left >= 0 else ordered[0]
            on_left = (centre[0] - 2 * rate, centre[1] - 2 * slope)
            rate, slope = ordered[right] if right < count else ordered[-1]
            on_right = (2 * rate - centre[0], 2 * slope - centre[1])
            if right == count or (left >= 0 and on_left <= on_right):
                last, left, beyond = on_left, left - 1, on_right
                alone = right == count
            else:
                last, right, beyond = on_right, right + 1, on_left
                alone = left < 0
            if not alone:
                self._hold(beyond[0] - last[0], beyond[1] - last[1])
        if count % 2:
            return 2 * last[0], 2 * last[1]
        return before[0] + last[0], before[1] + last[1]


def _doubled_line(ordered: Sequence[_Line]) -> _Line:
    middle, odd = divmod(len(ordered), 2)
    one, other = ordered[middle - 1 + odd], ordered[middle]
    return one[0] + other[0], one[1] + other[1]
