"""REFERENCES: what other publishers say of the same chips, beside ours, for programs and people.

Takes   levels beside our fix of the same date.
Gives   their published shape; `references_page`, HTML.
Keeps   a level whose licence does not let anyone republish it out of sight, and with it the
        difference, from which it could be told; the licence of every level beside it.
Source  docs/methodology/companions.md, "References"; decision 0023.
"""

from collections.abc import Sequence

from chiphour.index.references import ReferenceRow
from chiphour.index.series import BY_TICKER
from chiphour.publish.columns import DAY
from chiphour.publish.columns import SHARE
from chiphour.publish.columns import Column
from chiphour.publish.columns import Shape
from chiphour.publish.columns import many
from chiphour.publish.columns import moment
from chiphour.publish.columns import text
from chiphour.publish.columns import texts
from chiphour.publish.columns import usd
from chiphour.publish.columns import word
from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.page import Cell
from chiphour.publish.page import Frame
from chiphour.publish.page import file_list
from chiphour.publish.page import group
from chiphour.publish.page import inside
from chiphour.publish.page import link
from chiphour.publish.page import page_bytes
from chiphour.publish.page import paragraph
from chiphour.publish.page import table
from chiphour.publish.page import title_block
from chiphour.publish.panel_tables import foreign
from chiphour.publish.words import DASH
from chiphour.publish.words import MINUS
from chiphour.publish.words import percent_words
from chiphour.publish.words import series_words
from chiphour.units import text_from_ppm
from chiphour.units import text_from_ticks

LICENCES = ("open", "restricted")
REFERENCES_MOST = 5_000
ROWS_SHOWN = 200
REFERENCE = Shape[ReferenceRow](
    "Reference",
    "A level of another publisher beside our fix of the same date.",
    (
        text("publisher", "Who publishes it.", "ccir", lambda r: r.publisher),
        text("name", "Their name of it.", "H100 SXM", lambda r: r.name),
        text("series", "Ours that measures the same; else empty.", "", lambda r: r.series),
        text("date", "The date that it speaks of.", "2026-03-06", lambda r: r.date, DAY),
        Column(
            "level", str, True, "Their number; null: not ours to show.", "2.31", lambda r: level(r)
        ),
        text("unit", "Of the level.", "USD per GPU-hour", lambda r: r.unit),
        word("licence", "Whether anyone may republish it.", "open", lambda r: r.licence, LICENCES),
        texts("flags", "Doubts about it.", ["PARTIAL_PRICE"], lambda r: r.flags),
        moment("known", "When it was seen, UTC.", "2026-03-06T12:00:00Z", lambda r: r.known_ns),
        usd("fix_usd", "Our fix of that date, or null.", "2.2900", lambda r: r.fix_ticks),
        Column(
            "difference",
            str,
            True,
            "Theirs less ours, as a share of ours; null where either is.",
            "0.008734",
            lambda r: difference(r),
            SHARE,
        ),
    ),
)

REFERENCE_LIST = Shape[Sequence[ReferenceRow]](
    "References",
    "Levels of other publishers, by date.",
    (),
    (many("references", REFERENCE, "Each of them.", lambda rows: rows),),
)


def level(row: ReferenceRow) -> str | None:
    """Give the level without trailing zeros, or None where it is not ours to show."""
    if row.licence != "open":
        return None
    whole, point, part = row.level.partition(".")
    return f"{whole}{point}{part.rstrip('0').ljust(2, '0')}"


def difference(row: ReferenceRow) -> str | None:
    """Give the difference as a share of our fix; None where the level is not shown."""
    if row.licence != "open" or row.difference_ppm is None:
        return None
    return text_from_ppm(row.difference_ppm)


def references_page(rows: Sequence[ReferenceRow], frame: Frame) -> bytes:
    """Give the page of the references, the latest first; `rows` come in any order."""
    ranked = sorted(rows, key=lambda r: (r.date, r.known_ns, r.publisher, r.name), reverse=True)
    about = (
        "What others publish of the same chips, beside our fix of the same date. None of it enters "
        "a fix. A number whose licence does not let anyone republish it is compared and not shown."
    )
    main: list[Child] = [
        title_block(
            element("h1", None, "References"),
            element("p", {"class": "lede"}, about),
        )
    ]
    if ranked:
        main.append(_table(ranked))
    else:
        main.append(paragraph("No level of another publisher has been observed."))
    main += [
        element("h2", {"id": "data"}, "Data"),
        file_list([("/api/references", "all of them, JSON")]),
    ]
    return page_bytes("References", "Other publishers' levels.", "/references", frame, main)


def _table(ranked: Sequence[ReferenceRow]) -> Html:
    heads = [
        Cell("Date"),
        Cell("Publisher and index"),
        Cell("Level", "n"),
        Cell("Our fix", "n"),
        Cell("Difference", "n"),
        Cell("Our series"),
        Cell("Licence"),
    ]
    rows = [_row(row) for row in ranked[:ROWS_SHOWN]]
    more = len(ranked) - len(rows)
    caption = "US dollars per GPU-hour, the latest first." + (f" And {more} more." if more else "")
    return inside("References", table(caption, heads, [group(rows)], "reflow compact"))


def _row(row: ReferenceRow) -> list[Cell]:
    series = BY_TICKER.get(row.series)
    ours = link(f"/series/{series.slug}", series_words(series)) if series else DASH
    fix = DASH if row.fix_ticks is None else text_from_ticks(row.fix_ticks)
    publisher = element("strong", None, foreign(row.publisher))
    return [
        Cell(row.date, "lead t"),
        Cell(element("span", None, publisher, " ", foreign(row.name)), "whole"),
        Cell(level(row) or "not shown", "n" if level(row) else "n quiet", "level"),
        Cell(fix, "n", "our fix"),
        Cell(_difference_words(row), "n", "difference"),
        Cell(ours, "", "series"),
        Cell(row.licence, "quiet", "licence"),
    ]


def _difference_words(row: ReferenceRow) -> str:
    if difference(row) is None or row.difference_ppm is None:
        return DASH
    sign = MINUS if row.difference_ppm < 0 else "+"
    return f"{sign}{percent_words(abs(row.difference_ppm))}"
