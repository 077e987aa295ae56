"""CHART: a history drawn as SVG by the server, in whole tenths of a pixel.

Takes   points in time: a day, a fix in ticks or None, the ends of its interval.
Gives   `sparkline`, the size of a word; `history_chart`, with axes and the interval as a band.
Keeps   a day without a fix as a gap, never bridged; a small move small: the scale spans at least
        5 % of the level.
Source  Decision 0010.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from typing import NamedTuple
from typing import TypeVar

from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.words import day_words
from chiphour.publish.words import short_day
from chiphour.units import div_floor
from chiphour.units import text_from_ticks

# Tenths of a pixel.
SPARK_WIDTH = 1200
SPARK_HEIGHT = 260
SPARK_EDGE = 40
CHART_WIDTH = 7600
CHART_HEIGHT = 3000
LEFT, RIGHT, TOP, BOTTOM = 620, 120, 120, 320
LINES_MOST = 8
DAYS_LABELLED = 6
Run = TypeVar("Run")


class Point(NamedTuple):
    """One strike: its fix and interval in ticks, None where the series was suppressed."""

    day: date
    fix_ticks: int | None
    low_ticks: int | None
    high_ticks: int | None


class Scale(NamedTuple):
    """A straight map of integers: `least` falls on `start`, `most` on `end`."""

    least: int
    most: int
    start: int
    end: int

    def place(self, value: int) -> int:
        """Give the place of a value, rounded down."""
        if self.least == self.most:
            return div_floor(self.start + self.end, 2)
        return self.start + div_floor(
            (value - self.least) * (self.end - self.start), self.most - self.least
        )


def sparkline(points: Sequence[Point], name: str) -> Html:
    """Draw the fixes of consecutive strikes; a tick at the foot marks each without a fix."""
    fixes = [point.fix_ticks for point in points if point.fix_ticks is not None]
    if not fixes:
        return element("span", {"class": "none"}, "no fix")
    least, most = span_of(fixes)
    across = Scale(0, max(1, len(points) - 1), SPARK_EDGE, SPARK_WIDTH - SPARK_EDGE)
    upward = Scale(least, most, SPARK_HEIGHT - SPARK_EDGE, SPARK_EDGE)
    marks = [
        _foot(across.place(index), SPARK_HEIGHT - 50, SPARK_HEIGHT)
        for index, point in enumerate(points)
        if point.fix_ticks is None
    ]
    placed = [
        None if point.fix_ticks is None else (across.place(index), upward.place(point.fix_ticks))
        for index, point in enumerate(points)
    ]
    title = (
        f"{name}: {len(fixes)} fixes on {len(points)} strikes from {day_words(points[0].day)} "
        f"to {day_words(points[-1].day)}, lowest {text_from_ticks(min(fixes))}, "
        f"highest {text_from_ticks(max(fixes))}, last {text_from_ticks(fixes[-1])}"
    )
    return _picture("spark", SPARK_WIDTH, SPARK_HEIGHT, title, [*marks, *_line(placed, "tip")])


def history_chart(points: Sequence[Point], name: str) -> Html:
    """Draw a history with axes: the fix as a line, its interval as a band, gaps as gaps."""
    figures = [(point.fix_ticks, point.low_ticks, point.high_ticks) for point in points]
    known = [value for figure in figures for value in figure if value is not None]
    if not known:
        return element("p", {"class": "none"}, "No fix in this period, so there is no chart.")
    least, most = span_of(known)
    first = points[0].day
    across = Scale(0, (points[-1].day - first).days, LEFT, CHART_WIDTH - RIGHT)
    upward = Scale(least, most, CHART_HEIGHT - BOTTOM, TOP)
    places = [across.place((point.day - first).days) for point in points]
    band = [
        None
        if point.low_ticks is None or point.high_ticks is None
        else (x, upward.place(point.low_ticks), upward.place(point.high_ticks))
        for x, point in zip(places, points, strict=True)
    ]
    line = [
        None if point.fix_ticks is None else (x, upward.place(point.fix_ticks))
        for x, point in zip(places, points, strict=True)
    ]
    feet = [
        _foot(x, CHART_HEIGHT - BOTTOM - 60, CHART_HEIGHT - BOTTOM)
        for x, point in zip(places, points, strict=True)
        if point.fix_ticks is None
    ]
    title = (
        f"{name}, daily fix with its interval, {day_words(first)} to {day_words(points[-1].day)}"
    )
    parts = [*_price_axis(upward), *_day_axis(first, across), *_band(band), *feet]
    return _picture("history", CHART_WIDTH, CHART_HEIGHT, title, [*parts, *_line(line, "dot")])


def _picture(kind: str, width: int, height: int, title: str, parts: Sequence[Html]) -> Html:
    attributes = {"class": kind, "viewBox": f"0 0 {width} {height}", "role": "img"}
    return element("svg", attributes, element("title", None, title), *parts)


def span_of(values: Sequence[int]) -> tuple[int, int]:
    """Give the ends of a scale: those of the values, widened to 5 % of the level."""
    least, most = min(values), max(values)
    missing = max(0, div_floor(abs(most), 20) - (most - least))
    return least - div_floor(missing, 2), most + div_floor(missing + 1, 2)


def runs_of(values: Sequence[Run | None]) -> Iterator[list[Run]]:
    """Yield the stretches without None."""
    run: list[Run] = []
    for value in [*values, None]:
        if value is not None:
            run.append(value)
        elif run:
            yield run
            run = []


def _line(placed: Sequence[tuple[int, int] | None], dots: str) -> list[Html]:
    """Draw each stretch as a line and a lone fix as a dot; "tip" also dots the last, "dot" all."""
    parts: list[Html] = []
    for run in runs_of(placed):
        if len(run) > 1:
            text = " ".join(f"{x},{y}" for x, y in run)
            parts.append(element("polyline", {"class": "line", "points": text}))
        if len(run) == 1 or dots == "dot":
            parts.extend(_dot(x, y) for x, y in run)
    last = placed[-1] if placed else None
    if dots == "tip" and last is not None:
        parts.append(_dot(*last))
    return parts


def _dot(x: int, y: int) -> Html:
    return element("circle", {"class": "dot", "cx": str(x), "cy": str(y), "r": "24"})


def _band(band: Sequence[tuple[int, int, int] | None]) -> list[Html]:
    """Draw the interval of each stretch as an area; of a lone fix as a bar."""
    parts: list[Html] = []
    for run in runs_of(band):
        if len(run) == 1:
            x, low, high = run[0]
            run = [(x - 30, low, high), (x + 30, low, high)]
        corners = [(x, high) for x, _, high in run] + [(x, low) for x, low, _ in reversed(run)]
        text = " ".join(f"{x},{y}" for x, y in corners)
        parts.append(element("polygon", {"class": "band", "points": text}))
    return parts


def _foot(x: int, top: int, foot: int) -> Html:
    return stroke("gap", (x, top), (x, foot))


def stroke(kind: str, start: tuple[int, int], end: tuple[int, int]) -> Html:
    """Draw a straight line."""
    (x1, y1), (x2, y2) = start, end
    return element(
        "line", {"class": kind, "x1": str(x1), "y1": str(y1), "x2": str(x2), "y2": str(y2)}
    )


def _price_axis(upward: Scale) -> Iterator[Html]:
    """Yield rules at round prices with their labels."""
    step = round_step(upward.most - upward.least)
    value = -div_floor(-upward.least, step) * step
    while value <= upward.most:
        y = upward.place(value)
        yield stroke("grid", (LEFT, y), (CHART_WIDTH - RIGHT, y))
        # A step of whole cents needs two decimals only.
        text = text_from_ticks(value)[:-2] if step % 100 == 0 else text_from_ticks(value)
        yield label(text, LEFT - 80, y + 40, "end")
        value += step


def round_step(span: int) -> int:
    """Give the smallest of 1, 2, 5, 10, 20, ... that needs at most LINES_MOST rules."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if span < step * factor * LINES_MOST:
                return step * factor
        step *= 10


def _day_axis(first: date, across: Scale) -> Iterator[Html]:
    """Yield the foot line, and labels for about DAYS_LABELLED evenly spaced days."""
    foot = CHART_HEIGHT - BOTTOM
    yield stroke("axis", (LEFT, foot), (CHART_WIDTH - RIGHT, foot))
    for offset in range(0, across.most + 1, max(1, div_floor(across.most, DAYS_LABELLED))):
        x = across.place(offset)
        yield stroke("axis", (x, foot), (x, foot + 40))
        yield label(short_day(first + timedelta(days=offset)), x, foot + 180, "middle")


def label(text: str, x: int, y: int, anchor: str) -> Html:
    """Write a text at a place; `anchor`: start, middle or end."""
    return element("text", {"x": str(x), "y": str(y), "text-anchor": anchor}, text)
