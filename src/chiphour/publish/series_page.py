"""SERIES_PAGE: one series: what it measures, its history, and what its latest fix was made from.

Takes   a series and its fixings.
Gives   `series_page`, HTML.
Keeps   every strike in the table, fixed or not; the latest panel in full, with what was left out.
Source  Methodology, "Publication"; decision 0010.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from fractions import Fraction

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.series import Series
from chiphour.publish.chart import history_chart
from chiphour.publish.datasets import in_order
from chiphour.publish.datasets import rate_text
from chiphour.publish.datasets import strike_day
from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.html import joined
from chiphour.publish.page import Cell
from chiphour.publish.page import Frame
from chiphour.publish.page import group
from chiphour.publish.page import inside
from chiphour.publish.page import link
from chiphour.publish.page import page_bytes
from chiphour.publish.page import paragraph
from chiphour.publish.page import table
from chiphour.publish.page import title_block
from chiphour.publish.release import change_words
from chiphour.publish.release import grade_mark
from chiphour.publish.release import interval_cell
from chiphour.publish.release import points
from chiphour.publish.words import DASH
from chiphour.publish.words import day_words
from chiphour.publish.words import measures
from chiphour.publish.words import reason_words
from chiphour.publish.words import rule_words
from chiphour.publish.words import series_words
from chiphour.publish.words import signed_ticks
from chiphour.units import text_from_ticks

BLANK_STRIKES = 7  # How much of the silence before the first fix a chart shows.
STRIKES_SHOWN = 366
REJECTIONS_SHOWN = 200


def series_page(series: Series, fixings: Iterable[Fixing], frame: Frame) -> bytes:
    """Give the page of a series; `fixings` are its own, in any order."""
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
            element("h2", {"id": "strikes"}, "Every strike"),
            _strikes_table(history),
        ]
    main.append(_data(series, history))
    return page_bytes(series_words(series), measures(series), "", frame, main)


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
        parts.append(_split(latest))
    if latest.members:
        parts.append(_members_table(latest.members))
    else:
        parts.append(paragraph("No owner was in the panel."))
    if latest.rejections:
        parts.append(_rejections_table(latest))
    return joined(parts)


def _split(latest: Fixing) -> Html:
    matched, screen, composition = (
        signed_ticks(part or 0)
        for part in (latest.matched_ticks, latest.screen_ticks, latest.composition_ticks)
    )
    return paragraph(
        f"The change of {signed_ticks(latest.change_ticks or 0)} is {matched} price (owners "
        f"present on both days), {screen} screen and {composition} composition (owners that came "
        "or went)."
    )


def _members_table(members: Sequence[Member]) -> Html:
    heads = [Cell("Owner"), Cell("Venues"), Cell("Rate, $ per GPU-hour", "n"), Cell("Kept", "c")]
    ranked = sorted(members, key=lambda m: (Fraction(m.rate_numerator, m.rate_denominator), m.name))
    rows = [
        [
            Cell(_foreign(member.name)),
            Cell(_foreign(", ".join(member.venues))),
            Cell(rate_text(member), "n"),
            Cell("yes" if member.kept else "no", "c" if member.kept else "c quiet"),
        ]
        for member in ranked
    ]
    caption = "The panel: one rate for each owner, before the screen."
    return inside("The panel", table(caption, heads, [group(rows)]))


def _rejections_table(latest: Fixing) -> Html:
    heads = [Cell("Left out"), Cell("Rule"), Cell("Statistic", "n"), Cell("Threshold", "n")]
    rows = [
        [
            Cell(element("bdi", {"class": "hash"}, rejection.what)),
            Cell(element("abbr", {"title": rule_words(rejection.rule)}, rejection.rule)),
            Cell(rejection.statistic, "n"),
            Cell(rejection.threshold, "n"),
        ]
        for rejection in latest.rejections[:REJECTIONS_SHOWN]
    ]
    more = len(latest.rejections) - len(rows)
    caption = "What was left out, by which rule." + (f" And {more} more." if more else "")
    return inside("What was left out", table(caption, heads, [group(rows)]))


def _foreign(text: str) -> Html:
    """Set a text from outside apart, so that it cannot turn the direction of ours."""
    return element("bdi", None, text)


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
    name = Cell(link(f"/release/{day.isoformat()}", day_words(day)), "lead")
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
    address = f"/api/series/{series.slug}"
    csv = f"/data/fixings.csv?series={series.slug}"
    lines = [
        element("li", None, link(to, element("code", None, to)), f" {DASH} {words}")
        for to, words in ((csv, "the history, CSV"), (address, "history and panel, JSON"))
    ]
    parts: list[Child] = [
        element("h2", {"id": "data"}, "Data and proof"),
        element("ul", {"class": "plain"}, *lines),
    ]
    if history:
        command = f"chiphour verify {series.ticker} {strike_day(history[-1]).isoformat()}"
        parts.append(element("pre", None, element("code", None, command)))
    return joined(parts)
