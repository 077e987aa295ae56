"""WEEK_CHART: how the price of the same hours came nearer, run by run, drawn as one SVG.

Takes   a price by hour for each kind of run; figures by kind of run; an outage.
Gives   a picture that stands alone: bytes of an SVG file.
Keeps   an hour without a price as a gap; every axis with its unit; colours that differ in
        lightness too, each line named.
Source  docs/formulation/runs.md, section 11.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.publish.chart import Scale
from chiphour.publish.chart import label
from chiphour.publish.chart import round_step
from chiphour.publish.chart import stroke
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.units import div_floor
from chiphour.units import text_from_ticks

# Tenths of a pixel.
WIDTH, HEIGHT = 11_000, 7_700
LEFT, RIGHT = 900, 10_700
TOP, FOOT = 1_250, 4_500
PANEL_TOP, PANEL_FOOT = 5_650, 7_300
PANEL_GAP = 1_200
HOURS = 24
NAMESPACE = "http://www.w3.org/2000/svg"
STYLE = (
    "svg{background:#fcfbf8;font:190px system-ui,'Liberation Sans',Arial,sans-serif}"
    "text{fill:#1b1a17}.small{font-size:170px;fill:#5f5a50}.head{font-size:270px;font-weight:600}"
    ".grid{stroke:#ddd7ca;stroke-width:10}.axis{stroke:#5f5a50;stroke-width:14}"
    "polyline{fill:none;stroke-linejoin:round}"
    ".c0{stroke:#d9a441;stroke-width:34}.c1{stroke:#5f9c6d;stroke-width:34}"
    ".c2{stroke:#3f78a8;stroke-width:34}.c3{stroke:#7d2418;stroke-width:26}"
    ".p0{stroke:#24506f;stroke-width:34}"
    ".p1{stroke:#a35a1f;stroke-width:34;stroke-dasharray:110 70}"
    ".d0{fill:#24506f}.d1{fill:#a35a1f}.outage{fill:#ecd9d3}"
)


class Curve(NamedTuple):
    """One kind of run: its name, and its price in each hour, or None."""

    name: str
    price_ticks: Sequence[int | None]


class Row(NamedTuple):
    """One line of a small panel: its name and a figure for each kind of run, in ticks."""

    name: str
    value_ticks: Sequence[int]


class Panel(NamedTuple):
    """A small chart under the large one: kinds of run along its foot."""

    title: str
    kinds: Sequence[str]
    rows: Sequence[Row]


class Marked(NamedTuple):
    """Hours to be shaded, from first to before end, and why."""

    name: str
    first: int
    end: int


def week_chart(
    title: str,
    days: Sequence[str],
    curves: Sequence[Curve],
    marked: Marked | None,
    panels: Sequence[Panel],
) -> bytes:
    """Draw prices by hour over the named days, and the panels side by side below."""
    attributes = {"xmlns": NAMESPACE, "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img"}
    attributes |= {"width": str(div_floor(WIDTH, 10)), "height": str(div_floor(HEIGHT, 10))}
    width = div_floor(RIGHT - LEFT - PANEL_GAP * (len(panels) - 1), max(1, len(panels)))
    places = [LEFT + number * (width + PANEL_GAP) for number in range(len(panels))]
    parts = [
        element("title", None, title),
        Html(f"<style>{STYLE}</style>"),
        _text(title, LEFT - 760, 400, "head"),
        *_legend([curve.name for curve in curves], "c", LEFT - 760, 780),
        *_hours(days, curves, marked),
    ]
    for panel, left in zip(panels, places, strict=True):
        parts += _panel(panel, left, left + width)
    return (element("svg", attributes, *parts).text + "\n").encode()


def _hours(days: Sequence[str], curves: Sequence[Curve], marked: Marked | None) -> Iterator[Html]:
    """Yield the large chart: axes, the shaded hours, and each curve as steps."""
    known = [ticks for curve in curves for ticks in curve.price_ticks if ticks is not None]
    across = Scale(0, len(days) * HOURS, LEFT, RIGHT)
    upward = _upward(known, TOP, FOOT)
    if marked is not None:
        first, end = across.place(marked.first), across.place(marked.end)
        size = {"x": str(first), "y": str(TOP), "width": str(end - first)}
        yield element("rect", {"class": "outage"} | size | {"height": str(FOOT - TOP)})
        yield _text(marked.name, div_floor(first + end, 2), TOP - 60, "small", "middle")
    yield from _rules(upward, LEFT, RIGHT)
    yield stroke("axis", (LEFT, FOOT), (RIGHT, FOOT))
    for number, day in enumerate(days):
        x = across.place(number * HOURS)
        yield stroke("axis", (x, FOOT), (x, FOOT + 70))
        yield label(day, across.place(number * HOURS + 12), FOOT + 280, "middle")
    yield _text("dollars per chip-hour", LEFT - 760, TOP - 130, "small")
    for number, curve in enumerate(curves):
        yield from _steps(curve, f"c{number}", across, upward)


def _steps(curve: Curve, kind: str, across: Scale, upward: Scale) -> Iterator[Html]:
    """Yield a curve as steps: each hour's price from its beginning to its end; gaps as gaps."""
    points: list[str] = []
    for hour, ticks in enumerate([*curve.price_ticks, None]):
        if ticks is not None:
            y = upward.place(ticks)
            points += [f"{across.place(hour)},{y}", f"{across.place(hour + 1)},{y}"]
        elif points:
            yield element("polyline", {"class": kind, "points": " ".join(points)})
            points = []


def _panel(panel: Panel, left: int, right: int) -> Iterator[Html]:
    """Yield a small chart: a line for each row, a dot and its figure at each kind of run."""
    values = [value for row in panel.rows for value in row.value_ticks]
    upward = _upward([*values, 0], PANEL_TOP, PANEL_FOOT)
    edge = div_floor(right - left, 10)
    across = Scale(0, max(1, len(panel.kinds) - 1), left + edge, right - edge)
    yield _text(panel.title, left - 760, PANEL_TOP - 520, "")
    yield from _legend([row.name for row in panel.rows], "p", left - 760, PANEL_TOP - 200)
    yield from _rules(upward, left, right)
    yield stroke("axis", (left, upward.place(0)), (right, upward.place(0)))
    for place, name in enumerate(panel.kinds):
        yield label(name, across.place(place), PANEL_FOOT + 280, "middle")
    for number, row in enumerate(panel.rows):
        dots = [(across.place(n), upward.place(v)) for n, v in enumerate(row.value_ticks)]
        points = " ".join(f"{x},{y}" for x, y in dots)
        yield element("polyline", {"class": f"p{number}", "points": points})
        for x, y in dots:
            circle = {"cx": str(x), "cy": str(y), "r": "55", "class": f"d{number}"}
            yield element("circle", circle)


def _upward(values: Sequence[int], top: int, foot: int) -> Scale:
    """Give a scale from a round figure below all values to one above them."""
    least, most = min(values), max(values)
    step = round_step(max(1, most - least))
    low = div_floor(least, step) * step
    return Scale(low, -div_floor(-max(most, low + step), step) * step, foot, top)


def _rules(upward: Scale, left: int, right: int) -> Iterator[Html]:
    """Yield rules at round figures with their labels, in dollars."""
    step = round_step(upward.most - upward.least)
    for ticks in range(upward.least, upward.most + 1, step):
        y = upward.place(ticks)
        yield stroke("grid", (left, y), (right, y))
        text = text_from_ticks(ticks)[:-2] if step % 100 == 0 else text_from_ticks(ticks)
        yield label(text, left - 120, y + 65, "end")


def _legend(names: Sequence[str], kind: str, x: int, y: int) -> Iterator[Html]:
    """Yield a short line in each colour with its name, side by side."""
    for number, name in enumerate(names):
        points = f"{x},{y - 65} {x + 450},{y - 65}"
        yield element("polyline", {"class": f"{kind}{number}", "points": points})
        yield label(name, x + 540, y, "start")
        x += 950 + 105 * len(name)


def _text(text: str, x: int, y: int, kind: str, anchor: str = "start") -> Html:
    place = {"x": str(x), "y": str(y), "text-anchor": anchor}
    return element("text", place | ({"class": kind} if kind else {}), text)
