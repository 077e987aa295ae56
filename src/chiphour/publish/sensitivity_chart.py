"""SENSITIVITY_CHART: what each assumption moves, as bars from low to high, drawn as one SVG.

Takes   a figure in ticks as it is, a mark to compare it with, and for each assumption the figure
        at its low and at its high.
Gives   a picture that stands alone: bytes of an SVG file.
Keeps   the longest bar on top; the low end and the high end told apart by more than colour.
Source  Decision 0010; docs/how-to/rent-or-buy.md.
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
from chiphour.publish.week_chart import NAMESPACE
from chiphour.units import div_floor
from chiphour.units import text_from_ticks

# Tenths of a pixel.
WIDTH = 9_600
LEFT, RIGHT, TOP = 3_200, 9_100, 1_150
ROW, BAR = 460, 240
FOOT = 620
STYLE = (
    "svg{background:#fcfbf8;font:180px system-ui,'Liberation Sans',Arial,sans-serif}"
    "text{fill:#1b1a17}.small{font-size:150px;fill:#5f5a50}.head{font-size:240px;font-weight:600}"
    ".grid{stroke:#ddd7ca;stroke-width:10}.axis{stroke:#24506f;stroke-width:20}"
    ".rent{stroke:#7d2418;stroke-width:20;stroke-dasharray:90 60}.low{fill:#9cc0da}"
    ".high{fill:#24506f}"
)


class Bar(NamedTuple):
    """An assumption: its low and high as text, the figure in ticks at each."""

    name: str
    low_text: str
    high_text: str
    at_low_ticks: int
    at_high_ticks: int


def sensitivity_chart(
    title: str, unit: str, centre_ticks: int, rent_ticks: int | None, bars: Sequence[Bar]
) -> bytes:
    """Draw bars from a centre; a dashed line stands where the rent is, if there is one."""
    ranked = sorted(bars, key=lambda bar: -abs(bar.at_high_ticks - bar.at_low_ticks))
    height = TOP + ROW * len(ranked) + FOOT
    known = [centre_ticks, *(each for bar in ranked for each in bar[3:])]
    known += [] if rent_ticks is None else [rent_ticks]
    step = round_step(max(1, max(known) - min(known)))
    least = div_floor(min(known), step) * step
    most = -div_floor(-max(known), step) * step
    across = Scale(least, max(most, least + step), LEFT, RIGHT)
    attributes = {"xmlns": NAMESPACE, "viewBox": f"0 0 {WIDTH} {height}", "role": "img"}
    attributes |= {"width": str(div_floor(WIDTH, 10)), "height": str(div_floor(height, 10))}
    parts = [
        element("title", None, title),
        Html(f"<style>{STYLE}</style>"),
        _text(title, 240, 400, "head"),
        _text(unit, 240, 680, "small"),
        *_rules(across, step, height - FOOT),
        *(
            part
            for place, bar in enumerate(ranked)
            for part in _bar(bar, place, centre_ticks, across)
        ),
        *_line("axis", "as it is", centre_ticks, across, height, 220),
    ]
    if rent_ticks is not None:
        parts += _line("rent", "mean rent", rent_ticks, across, height, 420)
    return (element("svg", attributes, *parts).text + "\n").encode()


def _bar(bar: Bar, place: int, centre_ticks: int, across: Scale) -> Iterator[Html]:
    """Yield the name, and a bar on each side of the centre or both on one."""
    top = TOP + ROW * place + div_floor(ROW - BAR, 2)
    yield label(bar.name, LEFT - 700, top + 190, "end")
    ends = (("low", bar.low_text, bar.at_low_ticks), ("high", bar.high_text, bar.at_high_ticks))
    for kind, text, ticks in ends:
        first, last = sorted((across.place(centre_ticks), across.place(ticks)))
        size = {"x": str(first), "y": str(top), "width": str(last - first), "height": str(BAR)}
        yield element("rect", {"class": kind} | size)
        is_left = ticks < centre_ticks
        yield _text(
            text,
            across.place(ticks) + (-60 if is_left else 60),
            top + 180,
            "small",
            "end" if is_left else "start",
        )


def _rules(across: Scale, step: int, foot: int) -> Iterator[Html]:
    for value in range(across.least, across.most + 1, step):
        x = across.place(value)
        yield stroke("grid", (x, TOP), (x, foot))
        yield _text(text_from_ticks(value)[:-2], x, TOP - 90, "small", "middle")


def _line(
    kind: str, name: str, ticks: int, across: Scale, height: int, below: int
) -> Iterator[Html]:
    x = across.place(ticks)
    yield stroke(kind, (x, TOP), (x, height - FOOT + below - 160))
    yield _text(
        f"{name} {text_from_ticks(ticks)[:-2]}", x, height - FOOT + below, "small", "middle"
    )


def _text(text: str, x: int, y: int, kind: str, anchor: str = "start") -> Html:
    place = {"x": str(x), "y": str(y), "text-anchor": anchor}
    return element("text", {"class": kind} | place, text)
