"""BADGE: the latest fix as a small picture for a readme, and as the JSON that badge makers read.

Takes   a series, its latest fixing.
Gives   SVG; the object of shields.io's endpoint badge.
Keeps   a series without a fix as "no fix", never as the last one it had; a picture that needs no
        font of ours and loads nothing.
Source  shields.io, "endpoint badge", schema version 1; decision 0023.
"""

from chiphour.index.fixing import Fixing
from chiphour.index.series import Series
from chiphour.publish.columns import Json
from chiphour.publish.datasets import strike_day
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.words import series_words
from chiphour.units import div_ceil
from chiphour.units import div_floor
from chiphour.units import text_from_ticks

COLORS = {"A": "#1f6f43", "B": "#24506f", "C": "#7a6a1c", "": "#6b6b6b"}
KEPT_SECONDS = 300
HEIGHT = 20
EDGE = 6
# Widths in tenths of a pixel of 11 px Verdana or its like: enough for any reader's own font.
_NARROW, _WIDE, _USUAL = frozenset("iljtfrI.,:;|!'() "), frozenset("mwMW@%"), 68


def badge_object(series: Series, latest: Fixing | None) -> Json:
    """Give the badge as shields.io's endpoint reads it."""
    return {
        "schemaVersion": 1,
        "label": series_words(series),
        "message": message(latest),
        "color": _color(latest),
        "cacheSeconds": KEPT_SECONDS,
    }


def badge_svg(series: Series, latest: Fixing | None) -> bytes:
    """Give the badge as a picture."""
    label, words = series_words(series), message(latest)
    left, right = _width(label), _width(words)
    whole, height = str(left + right), str(HEIGHT)
    size = {"width": whole, "height": height}
    picture = element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "role": "img",
            "viewBox": f"0 0 {whole} {HEIGHT}",
            **size,
        },
        element("title", None, f"{label}: {words}"),
        element("rect", {**size, "rx": "3", "fill": _color(latest)}),
        element(
            "path",
            {
                "d": f"M3 0h{left - 3}v{HEIGHT}h-{left - 3}a3 3 0 0 1-3-3v-14a3 3 0 0 1 3-3z",
                "fill": "#333",
            },
        ),
        element(
            "g",
            {
                "fill": "#fff",
                "text-anchor": "middle",
                "font-family": "Verdana,DejaVu Sans,Geneva,sans-serif",
                "font-size": "11",
            },
            _text(label, div_floor(left, 2)),
            _text(words, left + div_floor(right, 2)),
        ),
    )
    return picture.text.encode() + b"\n"


def message(latest: Fixing | None) -> str:
    """Say the fix with its day and grade, or that there is none."""
    if latest is None:
        return "not yet"
    day = strike_day(latest).isoformat()
    if latest.fix_ticks is None:
        return f"no fix, {day}"
    return f"${text_from_ticks(latest.fix_ticks)}/h {latest.grade}, {day}"


def _color(latest: Fixing | None) -> str:
    return COLORS[latest.grade if latest is not None else ""]


def _text(words: str, middle: int) -> Html:
    length = str(_width(words) - 2 * EDGE)
    attributes = {"x": str(middle), "y": "14", "textLength": length}
    return element("text", attributes, words)


def _width(words: str) -> int:
    """Give the width in pixels that a text takes at most, with an edge on both sides."""
    tenths = sum(40 if c in _NARROW else 110 if c in _WIDE else _USUAL for c in words)
    return 2 * EDGE + div_ceil(tenths, 10)
