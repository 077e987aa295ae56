"""COMPANIONS: the figures beside a fix, as programs and people read them.

Takes   companions of a fixing.
Gives   their published shape; the table of a page.
Keeps   a companion without a value as a row with its reason; every figure under the name that the
        methodology gives it, its unit last.
Source  docs/methodology/companions.md; decision 0023.
"""

from collections.abc import Sequence

from chiphour.index.companion import REASONS
from chiphour.index.companion import Companion
from chiphour.index.companions import variants
from chiphour.publish.columns import Column
from chiphour.publish.columns import Shape
from chiphour.publish.columns import count
from chiphour.publish.columns import many
from chiphour.publish.columns import moment
from chiphour.publish.columns import text
from chiphour.publish.columns import word
from chiphour.publish.datasets import REJECTION
from chiphour.publish.datasets import STATES
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.page import Cell
from chiphour.publish.page import group
from chiphour.publish.page import inside
from chiphour.publish.page import table
from chiphour.publish.words import DASH
from chiphour.publish.words import sentence
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ppm
from chiphour.units import text_from_ticks

NANOUSD_PER = "nanousd per "
FIGURE = Shape[tuple[str, int]](
    "Figure",
    "A figure beside a companion's value; the unit ends its name.",
    (
        text("name", "Its name.", "members", lambda figure: figure[0]),
        count("value", "Its value, a whole number of its unit.", 5, lambda figure: figure[1]),
    ),
)
COMPANION = Shape[Companion](
    "Companion",
    "A figure beside the fix of a series at one strike. No contract settles on it.",
    (
        text("ticker", "Its name.", "CHR.H100.SXM.OD.CW", lambda c: c.ticker),
        text("series", "Ticker of the series.", "CHR.H100.SXM.OD", lambda c: c.series),
        text("variant", "What kind it is.", "CW", lambda c: c.variant),
        moment("strike", "Time of the strike, UTC.", "2026-07-20T00:30:00Z", lambda c: c.strike_ns),
        moment("known", "When it was known, UTC.", "2026-07-20T00:35:00Z", lambda c: c.known_ns),
        word("state", "`fixed` or `suppressed`.", "fixed", lambda c: c.state, STATES),
        text("reason", "Why it has no value; else empty.", "", lambda c: c.reason),
        text("reason_text", "The reason in words.", "", lambda c: companion_reason(c.reason)),
        Column("value", str, True, "Decimal text, or null.", "3.1700", lambda c: value_text(c)),
        text("unit", "Of the value.", "USD per GPU-hour", lambda c: unit_words(c)),
        text("measures", "What it measures.", "", lambda c: measures_words(c)),
        text("methodology", "The methodology followed.", "v2026_1", lambda c: c.methodology),
    ),
    (
        many("figures", FIGURE, "What stands beside the value.", lambda c: c.figures),
        many("rejections", REJECTION, "What it left out itself.", lambda c: c.rejections),
    ),
)

COMPANION_LIST = Shape[Sequence[Companion]](
    "Companions",
    "The companions of a fix.",
    (),
    (many("companions", COMPANION, "Each of them.", lambda rows: rows),),
)


def value_text(companion: Companion) -> str | None:
    """Write the value as decimal text in `unit_words`, exactly; None where there is none."""
    if companion.value is None:
        return None
    if companion.unit == "ticks":
        return text_from_ticks(companion.value)
    if companion.unit == "ppm":
        return text_from_ppm(companion.value)
    if companion.unit.startswith(NANOUSD_PER):
        return text_from_nanousd(companion.value)
    return str(companion.value)


def unit_words(companion: Companion) -> str:
    """Name the unit of `value_text`."""
    if companion.unit == "ticks":
        return "USD per GPU-hour"
    if companion.unit == "ppm":
        return "share"
    if companion.unit.startswith(NANOUSD_PER):
        return f"USD per {companion.unit.removeprefix(NANOUSD_PER)}"
    return companion.unit


def measures_words(companion: Companion) -> str:
    """Say what a companion measures; "" for one of a broad basket, whose unit says it."""
    known = variants().get(companion.variant)
    return "" if known is None else known.MEASURES


def companion_reason(code: str) -> str:
    """Say why a companion has no value; an unknown code stands for itself."""
    return sentence(REASONS[code]) if code in REASONS else code


def companions_table(companions: Sequence[Companion]) -> Html:
    """Give the table of the companions of a fix."""
    heads = [Cell("Companion"), Cell("Value", "n"), Cell("Unit"), Cell("What it is")]
    rows = [_row(each) for each in companions]
    caption = "Figures made from the same rows. No contract settles on them."
    return inside("Companions", table(caption, heads, [group(rows)], "reflow compact"))


def _row(companion: Companion) -> list[Cell]:
    value = value_text(companion)
    measures = measures_words(companion).removesuffix(" No contract settles on it.")
    words = measures if value is not None else companion_reason(companion.reason)
    return [
        Cell(element("code", None, companion.variant), "lead"),
        Cell(DASH if value is None else value, "n fix" if value else "n fix quiet"),
        Cell(unit_words(companion) if value else "", "quiet", "unit" if value else ""),
        Cell(words, "whole" if value else "whole quiet"),
    ]
