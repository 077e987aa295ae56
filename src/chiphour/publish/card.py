"""CARD: the picture that stands where a page is shared: a fix, or a day's figures, at a glance.

Takes   a `FixCard` or a `DayCard`: words, figures, the points of small charts.
Gives   a PNG of 1200 by 630 pixels; the icons of the page in pixels.
Keeps   the label of a replay on every picture that carries one; the same words the same bytes.
        Whole pixels only; nothing is read but the font that Pillow brings.
Source  The Open Graph protocol; decision 0041.

The font has ASCII and little more: minus and dash are drawn as strokes of its weight, and what it
lacks stands as a question mark.
"""

import io
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from PIL import Image
from PIL import ImageDraw
from PIL import ImageFont

from chiphour.publish.chart import Point
from chiphour.publish.chart import Scale
from chiphour.publish.chart import runs_of
from chiphour.publish.chart import span_of
from chiphour.publish.words import DASH
from chiphour.publish.words import MINUS

WIDTH, HEIGHT = 1_200, 630
EDGE = 64
FINER = 3  # Lines are drawn so many times larger, then reduced: Pillow draws them with steps.
COLOURS = 128  # A card has few; so it is a third of the size.
PAPER, PANEL, INK, MUTED, RULE = "#fcfbf8", "#f4f1e9", "#1b1a17", "#5f5a50", "#ddd7ca"
ACCENT, LINE, BAND, NOTE = "#7d2418", "#24506f", "#cfdde6", "#fff6d8"
STROKES = {MINUS: 17, DASH: 20}  # How long they are, in fortieths of the size.
ROWS_MOST = 4
ICON_LINE = ((6, 21), (12, 21), (15, 11), (19, 25), (22, 17), (26, 17))  # In 32 by 32: page.ICON.

Box = tuple[int, int, int, int]


class FixCard(NamedTuple):
    """One fix of one series. `facts` are short lines below it, `points` its strikes up to it."""

    name: str
    date: str
    figure: str
    unit: str
    facts: tuple[str, ...]
    points: tuple[Point, ...]
    label: str = ""


class DayRow(NamedTuple):
    """One series on a card of a day."""

    name: str
    figure: str
    change: str
    points: tuple[Point, ...]


class DayCard(NamedTuple):
    """The figures of a day; at most four rows are shown."""

    title: str
    date: str
    summary: str
    rows: tuple[DayRow, ...]
    label: str = ""


def fix_card(card: FixCard) -> bytes:
    """Draw the card of a fix."""
    image, draw = _sheet(card.date, card.label)
    _write(draw, (EDGE, 146), _cut(card.name, 46, 2 * WIDTH // 3), 46)
    size = 132 if _width(card.figure, 132) <= 500 else 84
    _write(draw, (EDGE - 4, 214), _cut(card.figure, size, 540), size, INK, weight=1)
    _write(draw, (EDGE, 366), card.unit, 28, MUTED)
    for place, fact in enumerate(card.facts[:4]):
        _write(draw, (EDGE, 416 + 36 * place), _cut(fact, 26, 540), 26)
    box, points = (640, 222, WIDTH - EDGE - 86, 520), _begun(card.points)
    _chart(image, box, points, band=True)
    _levels(draw, box, points)
    return _png(image)


def day_card(card: DayCard) -> bytes:
    """Draw the card of a day."""
    image, draw = _sheet(card.date, card.label)
    _write(draw, (EDGE, 142), _cut(card.title, 46, WIDTH - 2 * EDGE), 46)
    _write(draw, (EDGE, 204), _cut(card.summary, 26, WIDTH - 2 * EDGE), 26, MUTED)
    for place, row in enumerate(card.rows[:ROWS_MOST]):
        top = 254 + 72 * place
        draw.line((EDGE, top, WIDTH - EDGE, top), fill=RULE, width=1)
        _write(draw, (EDGE, top + 20), _cut(row.name, 28, 380), 28)
        _chart(image, (470, top + 14, 690, top + 60), _begun(row.points), band=False)
        _right(draw, (910, top + 12), row.figure, 42, INK, weight=1)
        _right(draw, (WIDTH - EDGE, top + 22), _cut(row.change, 26, 210), 26, MUTED)
    return _png(image)


def icon_png(size: int) -> bytes:
    """Draw the icon of the page, square, without round corners: who shows it rounds them."""
    return _png(_icon(size, 0), colours=0)


def icon_ico() -> bytes:
    """Draw the icon in the sizes that old browsers ask for."""
    stream = io.BytesIO()
    _icon(48, 7).save(stream, "ICO", sizes=[(16, 16), (32, 32), (48, 48)])
    return stream.getvalue()


def _sheet(date: str, label: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Begin a card: its paper, whose it is, its date, its label."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    image.paste(_icon(44, 7), (EDGE, 44), _icon(44, 7))
    _write(draw, (EDGE + 60, 48), "chiphour", 32, INK, weight=1)
    _right(draw, (WIDTH - EDGE, 54), date, 26, MUTED)
    draw.line((EDGE, 112, WIDTH - EDGE, 112), fill=INK, width=3)
    foot = HEIGHT - 62
    draw.rectangle((0, foot, WIDTH, HEIGHT), fill=NOTE if label else PANEL)
    _write(draw, (EDGE, foot + 19), _cut(label, 22, 900), 22)
    _right(draw, (WIDTH - EDGE, foot + 19), "CC BY 4.0", 22, MUTED)
    return image, draw


@lru_cache(maxsize=8)
def _icon(size: int, radius: int) -> Image.Image:
    large = Image.new("RGBA", (size * FINER, size * FINER), (0, 0, 0, 0))
    draw = ImageDraw.Draw(large)
    end = size * FINER - 1
    draw.rounded_rectangle((0, 0, end, end), radius * FINER, fill=ACCENT)
    drawn = [(x * size * FINER // 32, y * size * FINER // 32) for x, y in ICON_LINE]
    draw.line(drawn, fill=PAPER, width=max(1, size * FINER * 5 // 64), joint="curve")
    return large.resize((size, size), Image.Resampling.LANCZOS)


def _begun(points: Sequence[Point]) -> Sequence[Point]:
    """Leave out the strikes before the first fix."""
    first = next((n for n, point in enumerate(points) if point.fix_ticks is not None), 0)
    return points[first:]


def _chart(image: Image.Image, box: Box, points: Sequence[Point], band: bool) -> None:
    """Draw the fixes of consecutive strikes with their intervals; gaps stay gaps."""
    values = list(_values(points, band))
    if not values:
        return
    left, top, right, bottom = box
    large = Image.new("RGB", ((right - left) * FINER, (bottom - top) * FINER), PAPER)
    draw = ImageDraw.Draw(large)
    pad = 6 * FINER
    across = Scale(0, max(1, len(points) - 1), pad, large.width - pad)
    upward = Scale(*span_of(values), large.height - pad, pad)
    if band:
        for run in runs_of([_ends(point, place) for place, point in enumerate(points)]):
            up = [(across.place(at), upward.place(high)) for at, _, high in run]
            down = [(across.place(at), upward.place(low)) for at, low, _ in reversed(run)]
            draw.polygon(_wide(up) + _wide(down), fill=BAND)
    placed = [
        None if point.fix_ticks is None else (across.place(at), upward.place(point.fix_ticks))
        for at, point in enumerate(points)
    ]
    for line in runs_of(placed):
        draw.line(_wide(line), fill=LINE, width=3 * FINER, joint="curve")
    if placed[-1] is not None:
        (x, y), size = placed[-1], 5 * FINER
        draw.ellipse((x - size, y - size, x + size, y + size), fill=LINE)
    small = large.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    image.paste(small, (left, top))


def _wide(line: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give a line of one point some length, so that it is seen."""
    if len(line) > 1:
        return line
    ((x, y),) = line
    return [(x - 3 * FINER, y), (x + 3 * FINER, y)]


def _ends(point: Point, place: int) -> tuple[int, int, int] | None:
    if point.low_ticks is None or point.high_ticks is None:
        return None
    return place, point.low_ticks, point.high_ticks


def _values(points: Iterable[Point], band: bool) -> Iterator[int]:
    for point in points:
        known = (point.fix_ticks, *((point.low_ticks, point.high_ticks) if band else ()))
        yield from (value for value in known if value is not None)


def _levels(draw: ImageDraw.ImageDraw, box: Box, points: Sequence[Point]) -> None:
    """Write the ends of the chart's scale, and how many strikes it shows."""
    values = list(_values(points, band=True))
    if not values:
        return
    _, top, right, bottom = box
    for value, y in ((max(values), top - 2), (min(values), bottom - 24)):
        _write(draw, (right + 14, y), f"{value // 10_000}.{value % 10_000 // 100:02}", 22, MUTED)
    draw.line((box[0], bottom + 8, right, bottom + 8), fill=RULE, width=1)
    _right(draw, (right, bottom + 14), f"last {len(points)} strikes", 20, MUTED)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow is built without FreeType"
    return font


def _plain(text: str) -> str:
    """Give a text in letters that the font has, minus and dash beside them."""
    spaced = text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u00b7", ",")
    return "".join(c if " " <= c <= "~" or c in STROKES else "?" for c in spaced)


def _pieces(text: str) -> Iterator[str]:
    """Split a text at what is drawn as a stroke."""
    piece = ""
    for letter in _plain(text):
        if letter in STROKES:
            yield from (each for each in (piece, letter) if each)
            piece = ""
        else:
            piece += letter
    if piece:
        yield piece


def _piece_width(piece: str, size: int) -> int:
    if piece in STROKES:
        return (STROKES[piece] + 6) * size // 40  # With a little space on both sides.
    return int(_font(size).getlength(piece))


def _width(text: str, size: int) -> int:
    return sum(_piece_width(piece, size) for piece in _pieces(text))


def _cut(text: str, size: int, width: int) -> str:
    """Shorten a text to a width."""
    if _width(text, size) <= width:
        return text
    while text and _width(f"{text} ...", size) > width:
        text = text[:-1]
    return f"{text.rstrip()} ..."


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    size: int,
    colour: str = INK,
    weight: int = 0,
) -> None:
    """Write a text from its upper left corner; `weight` 1 makes it bolder."""
    x, y = at
    for piece in _pieces(text):
        wide = _piece_width(piece, size)
        if piece in STROKES:
            middle, inset = y + size * 27 // 40, 3 * size // 40
            thick = max(2, size * 3 // 40)
            draw.rectangle((x + inset, middle, x + wide - inset, middle + thick - 1), fill=colour)
        else:
            draw.text((x, y), piece, fill=colour, font=_font(size), stroke_width=weight)
        x += wide


def _right(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    size: int,
    colour: str = INK,
    weight: int = 0,
) -> None:
    """Write a text that ends at a place."""
    _write(draw, (at[0] - _width(text, size), at[1]), text, size, colour, weight)


def _png(image: Image.Image, colours: int = COLOURS) -> bytes:
    stream = io.BytesIO()
    few = image.quantize(colours, dither=Image.Dither.NONE) if colours else image
    few.save(stream, "PNG", optimize=True)
    return stream.getvalue()
