"""SERIES_PAGE: one series: what it measures, its history, and what its latest fix was made from.

Takes   a series and its fixings.
Gives   `series_page`, HTML.
Keeps   every strike in the table, fixed or not; the latest panel in full, with what was left out.
Source  Methodology, "Publication"; decision 0010.
"""

from collections.abc import Iterable
from collections.abc import Sequence

from chiphour.index.companion import Companion
from chiphour.index.fixing import Fixing
from chiphour.index.series import BY_TICKER
from chiphour.index.series import Series
from chiphour.publish.addresses import day_path
from chiphour.publish.addresses import series_path
from chiphour.publish.chart import history_chart
from chiphour.publish.companions import companions_table
from chiphour.publish.datasets import base_of
from chiphour.publish.datasets import in_order
from chiphour.publish.datasets import narrower
from chiphour.publish.datasets import series_of
from chiphour.publish.datasets import strike_day
from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.html import joined
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
from chiphour.publish.panel_tables import members_table
from chiphour.publish.panel_tables import notes_table
from chiphour.publish.panel_tables import rejections_table
from chiphour.publish.panel_tables import sets_table
from chiphour.publish.panel_tables import split_sentence
from chiphour.publish.release import change_words
from chiphour.publish.release import grade_mark
from chiphour.publish.release import interval_cell
from chiphour.publish.release import points
from chiphour.publish.words import DASH
from chiphour.publish.words import day_words
from chiphour.publish.words import filter_words
from chiphour.publish.words import measures
from chiphour.publish.words import reason_words
from chiphour.publish.words import series_words
from chiphour.publish.words import signed_ticks
from chiphour.units import text_from_ticks

BLANK_STRIKES = 7  # How much of the silence before the first fix a chart shows.
STRIKES_SHOWN = 366


def series_page(
    series: Series,
    fixings: Iterable[Fixing],
    frame: Frame,
    companions: Sequence[Companion] = (),
    sets: Sequence[Fixing] = (),
) -> bytes:
    """Give the page of a series; `fixings` are its own, in any order.

    `companions` and `sets` are those of the latest strike: figures beside the fix, and the fixings
    under the other parameter sets.
    """
    history = in_order(fixings)[-STRIKES_SHOWN:]
    main: list[Child] = [_title(series, history)]
    if history:
        chart = history_chart(points(since_first_fix(history)), series_words(series))
        legend = "Line: the fix. Band: its interval. A tick at the foot: a strike without a fix."
        main += [
            element("h2", {"id": "history"}, "History"),
            inside("Chart of the history", chart, "latest"),
            element("p", {"class": "dateline"}, legend),
            element("h2", {"id": "panel"}, f"Behind {day_words(strike_day(history[-1]))}"),
            _panel(history[-1]),
        ]
    if companions:
        main += [element("h2", {"id": "companions"}, "Companions"), companions_table(companions)]
    if sets:
        heading = element("h2", {"id": "sets"}, "Under other parameters")
        main += [heading, sets_table(sets)]
    main += _relatives(series)
    if history:
        main += [element("h2", {"id": "strikes"}, "Every strike"), _strikes_table(history)]
    main.append(_data(series, history))
    return page_bytes(series_words(series), measures(series), "", frame, main)


def _relatives(series: Series) -> list[Child]:
    """Link the series that this one narrows, or those that narrow it."""
    base, parts = base_of(series), narrower(series)
    if base:
        whole = BY_TICKER[base]
        words = paragraph("It narrows ", link(series_path(whole), series_words(whole)), ".")
        return [element("h2", {"id": "narrower"}, "The whole series"), words]
    if not parts:
        return []
    lines = [
        element("li", None, link(series_path(part), filter_words(part.filter))) for part in parts
    ]
    return [
        element("h2", {"id": "narrower"}, "Narrower series"),
        paragraph("Only offers that say so count:"),
        element("ul", {"class": "plain"}, *lines),
    ]


def since_first_fix(history: Sequence[Fixing]) -> Sequence[Fixing]:
    """Leave out what lies more than a week before the first fix; all of it when there is none."""
    fixed = [place for place, fixing in enumerate(history) if fixing.fix_ticks is not None]
    return history[max(0, fixed[0] - BLANK_STRIKES) :] if fixed else history


def _title(series: Series, history: Sequence[Fixing]) -> Html:
    words = series_words(series)
    parts: list[Child] = [
        element("p", {"class": "dateline"}, element("code", None, series.ticker)),
        element("h1", None, words),
        element("p", {"class": "lede"}, measures(series)),
    ]
    if history:
        parts.append(element("dl", {"class": "key"}, *_key_figures(history[-1])))
    else:
        parts.append(paragraph("This series has had no strike yet."))
    return title_block(*parts)


def _key_figures(latest: Fixing) -> list[Html]:
    fix = DASH if latest.fix_ticks is None else f"${text_from_ticks(latest.fix_ticks)}"
    figures = [
        (f"Fix of {day_words(strike_day(latest))}", fix, change_words(latest)),
        ("Owners kept", f"{latest.kept} of {latest.panel}", latest.vintage),
    ]
    if latest.fix_ticks is not None:
        fit = "fit to settle contracts" if latest.fit else "for information only"
        figures.append(("Grade", latest.grade, fit))
    return [
        element(
            "div",
            None,
            element("dt", None, name),
            element("dd", {"class": "figure"}, figure),
            element("dd", {"class": "small"}, small),
        )
        for name, figure, small in figures
    ]


def _panel(latest: Fixing) -> Html:
    parts: list[Child] = []
    if latest.fix_ticks is None:
        parts.append(paragraph("No fix: ", reason_words(latest.reason)))
    elif latest.change_ticks is not None:
        parts.append(split_sentence(latest))
    if latest.members:
        parts.append(members_table(latest.members))
    else:
        parts.append(paragraph("No owner was in the panel."))
    if latest.rejections:
        parts.append(rejections_table(latest))
    if latest.notes:
        parts.append(notes_table(latest.notes))
    whole = link(day_path(series_of(latest), strike_day(latest)), "All that is known of this fix")
    return joined([*parts, paragraph(whole)])


def _strikes_table(history: Sequence[Fixing]) -> Html:
    heads = [
        Cell("Strike, 00:30 UTC"),
        Cell("Fix", "n"),
        Cell("Change", "n"),
        Cell("Interval, 90\u00a0%", "n"),
        Cell("Grade", "c"),
        Cell("Owners kept", "n"),
        Cell("Vintage"),
    ]
    rows = [_strike_row(fixing) for fixing in reversed(history)]
    return table("The latest first.", heads, [group(rows)], "reflow compact")


def _strike_row(fixing: Fixing) -> list[Cell]:
    day = strike_day(fixing)
    name = Cell(link(day_path(series_of(fixing), day), day_words(day)), "lead")
    owners = Cell(f"{fixing.kept} of {fixing.panel}", "n", "owners")
    if fixing.fix_ticks is None:
        code = element("abbr", {"title": reason_words(fixing.reason)}, fixing.reason)
        empty = [Cell(DASH, "n fix quiet"), Cell(code, "n quiet"), Cell(""), Cell("")]
        return [name, *empty, owners, Cell(fixing.vintage, "", "vintage")]
    change = DASH if fixing.change_ticks is None else signed_ticks(fixing.change_ticks)
    return [
        name,
        Cell(text_from_ticks(fixing.fix_ticks), "n fix"),
        Cell(change, "n" if fixing.change_ticks else "n quiet", "change"),
        Cell(interval_cell(fixing), "n", "interval"),
        Cell(grade_mark(fixing), "c", "grade"),
        owners,
        Cell(fixing.vintage, "", "vintage"),
    ]


def _data(series: Series, history: Sequence[Fixing]) -> Html:
    slug = series.slug
    files = [
        (f"/data/series/{slug}.csv", "the whole history, CSV"),
        (f"/data/series/{slug}.json", "the whole history, JSON"),
        (f"/data/series/{slug}.parquet", "the whole history, Parquet"),
        (f"/api/series/{slug}", "history and panel, JSON"),
        (f"/feeds/series/{slug}.atom", "new fixes as they come, Atom"),
        (f"/badge/{slug}.svg", "the latest fix as a badge"),
    ]
    parts: list[Child] = [element("h2", {"id": "data"}, "Data and proof"), file_list(files)]
    if history:
        command = f"chiphour verify {series.ticker} {strike_day(history[-1]).isoformat()}"
        parts.append(element("pre", None, element("code", None, command)))
    return joined(parts)
