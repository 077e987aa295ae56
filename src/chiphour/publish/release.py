"""RELEASE: the page of a day: every series with its fix, or with the reason that it has none.

Takes   the fixings of a day and the history before it; sections that others add.
Gives   `release_page`, the statistical release as HTML; `release_digest` of its rows.
Keeps   every figure of the page equal to the text in the data files; each series of the day in
        exactly one of the tables.
Source  Methodology, "Publication"; decisions 0010 and 0023.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from chiphour.index.fixing import Fixing
from chiphour.index.series import SERIES
from chiphour.publish.chart import Point
from chiphour.publish.chart import sparkline
from chiphour.publish.datasets import base_of
from chiphour.publish.datasets import fixings_csv
from chiphour.publish.datasets import in_order
from chiphour.publish.datasets import series_of
from chiphour.publish.datasets import strike_day
from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.html import joined
from chiphour.publish.page import Cell
from chiphour.publish.page import Frame
from chiphour.publish.page import group
from chiphour.publish.page import link
from chiphour.publish.page import page_bytes
from chiphour.publish.page import paragraph
from chiphour.publish.page import table
from chiphour.publish.page import title_block
from chiphour.publish.words import DASH
from chiphour.publish.words import GRADES
from chiphour.publish.words import chip_words
from chiphour.publish.words import day_words
from chiphour.publish.words import filter_words
from chiphour.publish.words import percent_words
from chiphour.publish.words import reason_words
from chiphour.publish.words import series_words
from chiphour.publish.words import short_day
from chiphour.publish.words import signed_ticks
from chiphour.publish.words import tenor_words
from chiphour.units import PPM
from chiphour.units import text_from_ticks

SPARK_STRIKES = 30
USUAL_LEVEL_PPM = 9 * PPM // 10
# The four figures at the head of the page: data-centre chips on demand.
HEADLINES = ("CHR.H100.SXM.OD", "CHR.H200.SXM.OD", "CHR.B200.SXM.OD", "CHR.A100.SXM.OD")

History = Mapping[str, Sequence[Fixing]]


class Release(NamedTuple):
    """All that the page of a day is made from.

    `fixings` are those of the day's strike; `history` those at or before it, of any series.
    `sections` stand between the series and the notes: the exchange shows its day there.
    """

    day: date
    fixings: tuple[Fixing, ...]
    history: tuple[Fixing, ...]
    earlier: date | None = None
    later: date | None = None
    sections: tuple[Child, ...] = ()
    frame: Frame = Frame()


def release_digest(fixings: Iterable[Fixing]) -> str:
    """Give the SHA-256 of the day's rows as `/data/fixings.csv?date=DAY` serves them."""
    return hashlib.sha256(fixings_csv(fixings)).hexdigest()


def release_page(release: Release) -> bytes:
    """Give the statistical release of a day as an HTML page in UTF-8."""
    history = by_series(release.history)
    fixed = [f for f in in_order(release.fixings) if f.fix_ticks is not None]
    suppressed = [f for f in in_order(release.fixings) if f.fix_ticks is None]
    whole = [f for f in fixed if not base_of(series_of(f))]
    narrowed = [f for f in fixed if base_of(series_of(f))]
    main: list[Child] = [_title(release, fixed, suppressed), _key(release.fixings)]
    if whole:
        main += [element("h2", {"id": "fixes"}, "Fixes"), _fixed_table(whole, history)]
    if narrowed:
        heading = element("h2", {"id": "narrower"}, "Narrower series")
        words = paragraph("Parts of the series above: only offers that say so count.")
        main += [heading, words, _fixed_table(narrowed, history)]
    if suppressed:
        heading = element("h2", {"id": "suppressed"}, "Series without a fix")
        main += [heading, *_suppressed(suppressed, history)]
    main += [*release.sections, _notes(), _data(release)]
    title = f"GPU reference prices, {day_words(release.day)}"
    description = f"What one GPU-hour cost at 00:30 UTC on {day_words(release.day)}, by series."
    foot = paragraph(
        "SHA-256 of this day's rows: ",
        element("span", {"class": "hash"}, release_digest(release.fixings)),
    )
    return page_bytes(title, description, "/", release.frame, main, foot)


def by_series(fixings: Iterable[Fixing]) -> dict[str, list[Fixing]]:
    """Sort fixings into their series, each in the order of its strikes."""
    rows: dict[str, list[Fixing]] = defaultdict(list)
    for fixing in in_order(fixings):
        rows[fixing.series].append(fixing)
    return rows


def points(fixings: Sequence[Fixing]) -> list[Point]:
    """Give the points of a chart: one for each strike."""
    return [
        Point(strike_day(f), f.fix_ticks, f.interval_low_ticks, f.interval_high_ticks)
        for f in fixings
    ]


def _title(release: Release, fixed: Sequence[Fixing], suppressed: Sequence[Fixing]) -> Html:
    vintages = " and ".join(sorted({fixing.vintage for fixing in release.fixings}))
    methods = " and ".join(sorted({fixing.methodology for fixing in release.fixings}))
    turn = [
        link(f"/release/{day.isoformat()}", f"{words} {short_day(day)}")
        for words, day in (("\u2190", release.earlier), ("\u2192", release.later))
        if day is not None
    ]
    count = len(fixed) + len(suppressed)
    if not suppressed:
        outcome = f"All {count} series have a fix."
    else:
        outcome = f"{len(fixed)} of {count} series have a fix; the others say why they have none."
    return title_block(
        element("h1", None, "GPU rental reference prices"),
        element(
            "p",
            {"class": "dateline"},
            element("strong", None, f"{day_words(release.day)}, 00:30 UTC"),
            f" \u00b7 {vintages} \u00b7 methodology {methods}",
        ),
        element(
            "p",
            {"class": "lede"},
            "The price of one GPU for one hour: the median of what independent owners list, in US "
            f"dollars, after one screen for outliers. {outcome}",
        ),
        element("nav", {"class": "turn", "aria-label": "Other days"}, *turn) if turn else "",
    )


def _key(fixings: Sequence[Fixing]) -> Html:
    by_ticker = {fixing.series: fixing for fixing in fixings}
    shown = [by_ticker[ticker] for ticker in HEADLINES if ticker in by_ticker]
    return element("dl", {"class": "key"}, *(_key_figure(fixing) for fixing in shown))


def _key_figure(fixing: Fixing) -> Html:
    small = change_words(fixing)
    figure = DASH if fixing.fix_ticks is None else f"${text_from_ticks(fixing.fix_ticks)}"
    return element(
        "div",
        None,
        element("dt", None, series_words(series_of(fixing))),
        element("dd", {"class": "figure"}, figure),
        element("dd", {"class": "small"}, small),
    )


def change_words(fixing: Fixing) -> str:
    """Say how a fix moved, against which day; or that there is no fix."""
    if fixing.fix_ticks is None:
        return "no fix"
    if fixing.change_ticks is None or fixing.previous_strike_ns is None:
        return "first fix"
    before = short_day(strike_day(fixing._replace(strike_ns=fixing.previous_strike_ns)))
    if fixing.change_ticks == 0:
        return f"unchanged from {before}"
    return f"{signed_ticks(fixing.change_ticks)} from {before}"


def interval_cell(fixing: Fixing) -> Child:
    """Give the interval, with its level where that is not the usual one."""
    if fixing.interval_low_ticks is None or fixing.interval_high_ticks is None:
        return DASH
    low, high = (
        text_from_ticks(fixing.interval_low_ticks),
        text_from_ticks(fixing.interval_high_ticks),
    )
    text = f"{low}{DASH}{high}"
    if fixing.level_ppm is None or fixing.level_ppm == USUAL_LEVEL_PPM:
        return text
    level = element("span", {"class": "quiet"}, f" ({percent_words(fixing.level_ppm)})")
    return joined([text, level])


def _fixed_table(fixed: Sequence[Fixing], history: History) -> Html:
    heads = [
        Cell("Series"),
        Cell(f"Last {SPARK_STRIKES} strikes"),
        Cell("Fix, $ per GPU-hour", "n"),
        Cell("Change", "n"),
        Cell("Interval, 90\u00a0%", "n"),
        Cell("Grade", "c"),
        Cell("Owners kept", "n"),
        Cell("Fit to settle", "c"),
    ]
    groups = [group([_fixed_row(fixing, history) for fixing in rows]) for rows in _by_chip(fixed)]
    caption = "US dollars per GPU-hour, by chip. A tick under a line marks a strike without a fix."
    return table(caption, heads, groups, "reflow")


def _by_chip(fixings: Sequence[Fixing]) -> list[list[Fixing]]:
    chips = dict.fromkeys(series.chip for series in SERIES)
    found = [[f for f in fixings if series_of(f).chip == chip] for chip in chips]
    return [rows for rows in found if rows]


def series_link(fixing: Fixing) -> Html:
    """Give the name of a series as a link to its page, with its ticker below."""
    series = series_of(fixing)
    chip = element("strong", None, chip_words(series))
    narrowed = filter_words(series.filter)
    how = f" {tenor_words(series.tenor)}" + (f", {narrowed}" if narrowed else "")
    name = link(f"/series/{series.slug}", chip, how)
    return joined([name, " ", element("span", {"class": "ticker"}, series.ticker)])


def grade_mark(fixing: Fixing) -> Html:
    """Give the grade with what it means, for a pointer and for a screen reader."""
    words = GRADES.get(fixing.grade, "")
    return element("abbr", {"class": "grade", "title": words}, fixing.grade or DASH)


def _fixed_row(fixing: Fixing, history: History) -> list[Cell]:
    series = series_of(fixing)
    assert fixing.fix_ticks is not None
    change = DASH if fixing.change_ticks is None else signed_ticks(fixing.change_ticks)
    drawn = sparkline(
        points(history.get(fixing.series, (fixing,))[-SPARK_STRIKES:]), series_words(series)
    )
    return [
        Cell(series_link(fixing), "lead"),
        Cell(drawn, "sketch"),
        Cell(text_from_ticks(fixing.fix_ticks), "n fix"),
        Cell(change, "n" if fixing.change_ticks else "n quiet", "change"),
        Cell(interval_cell(fixing), "n", "interval"),
        Cell(grade_mark(fixing), "c", "grade"),
        Cell(f"{fixing.kept} of {fixing.panel}", "n", "owners"),
        Cell("yes" if fixing.fit else "no", "c" if fixing.fit else "c quiet", "fit"),
    ]


def _suppressed(suppressed: Sequence[Fixing], history: History) -> list[Child]:
    """Show the series without a fix; narrower ones, of which most have none, behind a summary."""
    whole = [fixing for fixing in suppressed if not base_of(series_of(fixing))]
    narrowed = [fixing for fixing in suppressed if base_of(series_of(fixing))]
    found: list[Child] = [_suppressed_table(whole, history)] if whole else []
    if narrowed:
        summary = element("summary", None, f"{len(narrowed)} narrower series without a fix")
        found.append(element("details", None, summary, _suppressed_table(narrowed, history)))
    return found


def _suppressed_table(suppressed: Sequence[Fixing], history: History) -> Html:
    heads = [Cell("Series"), Cell("Owners with a price", "n"), Cell("Last fix", "n")]
    groups = [
        group(
            [_suppressed_row(fixing, history) for fixing in suppressed if fixing.reason == reason],
            joined([reason_words(reason), " ", element("code", {"class": "quiet"}, reason)]),
            len(heads),
        )
        for reason in dict.fromkeys(fixing.reason for fixing in suppressed)
    ]
    caption = "By reason. A fix is never carried over or filled in."
    return table(caption, heads, groups, "reflow compact")


def _suppressed_row(fixing: Fixing, history: History) -> list[Cell]:
    last: Child = "never"
    for earlier in reversed(history.get(fixing.series, ())):
        if earlier.fix_ticks is not None:
            day = element("span", {"class": "quiet"}, f" on {short_day(strike_day(earlier))}")
            last = joined([text_from_ticks(earlier.fix_ticks), day])
            break
    return [
        Cell(series_link(fixing), "lead"),
        Cell(str(fixing.panel), "n", "owners"),
        Cell(last, "n", "last fix"),
    ]


_NOTES = (
    (
        "Fix",
        "Prices are grouped by owner (a member of the panel), so that a venue counts once however "
        "many offers it shows; the fix is the median of the owners that the screen keeps, rounded "
        "once to four decimals.",
    ),
    (
        "Screen",
        "From four owners on, a rate further from the median than three times the median absolute "
        "deviation is left out, once.",
    ),
    (
        "Interval",
        "Where the median of the whole panel lies with a confidence of 90\u00a0%. Three and four "
        "owners can state only 75\u00a0% and 87.5\u00a0%; the row says so.",
    ),
    (
        "Grade",
        "A: seven owners or more. B: five or six. C: three or four. One lower where most "
        "owners were screened out.",
    ),
    (
        "Change",
        "Against the last fix of the series. The page of a series splits it into price, screen and "
        "composition: what moved, and who came or went.",
    ),
    (
        "Fit to settle",
        "Grade A or B, and a change that is mostly price. Contracts settle on fit fixes only.",
    ),
    (
        "Vintage",
        "A fix is provisional for 24 hours, then final. A later change is a named revision.",
    ),
)


def _notes() -> Html:
    pairs = [
        part
        for term, text in _NOTES
        for part in (element("dt", None, term), element("dd", None, text))
    ]
    return joined(
        [
            element("h2", {"id": "notes"}, "How to read this"),
            element("dl", {"class": "notes"}, *pairs),
        ]
    )


def _data(release: Release) -> Html:
    day = release.day.isoformat()
    example = next((f.series for f in release.fixings if f.state == "fixed"), SERIES[0].ticker)
    files = [
        (f"/data/fixings.csv?date={day}", "this release, CSV"),
        ("/data/fixings.csv", "every fixing, CSV"),
        ("/data/fixings.json", "every fixing, JSON"),
        ("/data/fixings.parquet", "every fixing, Parquet"),
        ("/feeds/fixings.atom", "new fixes as they come, Atom"),
        ("/api/series", "series with their latest fix, JSON"),
        ("/schema/openapi.json", "the API, described"),
    ]
    lines = [
        element("li", None, link(address, element("code", None, address)), f" {DASH} {words}")
        for address, words in files
    ]
    verify = element("pre", None, element("code", None, f"chiphour verify {example} {day}"))
    return joined(
        [
            element("h2", {"id": "data"}, "Data and proof"),
            element("ul", {"class": "plain"}, *lines),
            paragraph(
                "Anyone can compute a fix again from the published rows, by a second program that "
                "shares no arithmetic with the first:"
            ),
            verify,
        ]
    )
