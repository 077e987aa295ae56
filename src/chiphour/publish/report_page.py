"""REPORT_PAGE: the daily report, for people: what it says, the verdicts, whose words and sources.

Takes   a report as it is shown.
Gives   `report_page`, HTML; `report_news`, its entry in a feed.
Keeps   every text a text: nothing that a model or a page elsewhere wrote becomes markup. A claim
        leads to its page, and says when it was read and with which hash.
Source  Decision 0043.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from chiphour.publish.addresses import report_path
from chiphour.publish.addresses import tag
from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.html import joined
from chiphour.publish.news import News
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
from chiphour.publish.words import day_words

HEADS = ("Chip", "Signal", "Rule", "Verdict", "Reason")
REPORT_FEED = ("/feeds/report.atom", "Daily report on GPU rental prices", "/report")


class Source(NamedTuple):
    """A page that a claim was read on. `id` is how the text cites it."""

    id: str
    title: str
    url: str
    retrieved: str
    sha256: str


class ReportShown(NamedTuple):
    """A report as its page shows it. `sections` are pairs of a title and a text of lines.

    `verdicts` hold what HEADS names; `older` is the day of the sources where that is an older one.
    """

    day: date
    made_ns: int
    time: str
    writer: str
    title: str
    lead: str
    summary: str
    sections: tuple[tuple[str, str], ...]
    verdicts: tuple[tuple[str, ...], ...]
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
    earlier: date | None
    later: date | None


def report_news(shown: ReportShown) -> News:
    """Give a report as an item of a feed."""
    day = shown.day
    return News(
        id=tag("report", day.isoformat()),
        kind="report",
        time_ns=shown.made_ns,
        series="",
        title=f"{day.isoformat()}: {shown.title}",
        text=f"{shown.lead} {shown.summary}",
        address=report_path(day),
    )


def report_page(shown: ReportShown, frame: Frame) -> bytes:
    """Give the page of a report."""
    when = f"{day_words(shown.day)}, data as of {shown.time}, worded by {shown.writer}"
    main: list[Child] = [
        title_block(
            element("h1", None, shown.title),
            paragraph(when),
            element("p", {"class": "lede"}, shown.lead),
        ),
        paragraph(shown.summary),
    ]
    for title, text in shown.sections:
        main += [element("h2", None, title), *_lines(text)]
    if shown.sources:
        main += [element("h2", {"id": "sources"}, "Sources"), _sources(shown.sources)]
    main += [element("h2", {"id": "verdicts"}, "Verdicts"), _verdicts(shown.verdicts)]
    main += [paragraph(note) for note in shown.notes]
    api = (f"/api{report_path(shown.day)}", "this report, JSON")
    files = file_list((api, (REPORT_FEED[0], "new reports as they come, Atom")))
    main += [element("h2", {"id": "data"}, "Data"), files, _others(shown)]
    path = report_path(shown.day)
    return page_bytes(f"Report of {shown.day}", shown.lead, path, frame, main)


def _lines(text: str) -> list[Html]:
    return [paragraph(line) for line in text.splitlines() if line]


def _sources(sources: Sequence[Source]) -> Html:
    rows = [
        [
            Cell(source.id),
            Cell(_address(source)),
            Cell(source.retrieved, "t"),
            Cell(element("abbr", {"class": "hash", "title": source.sha256}, source.sha256[:16])),
        ]
        for source in sources
    ]
    heads = [Cell("Id"), Cell("Page"), Cell("Read, UTC"), Cell("SHA-256")]
    return inside("Sources", table("Pages elsewhere, as they were read.", heads, [group(rows)]))


def _address(source: Source) -> Child:
    """Link to a page that a browser can open safely; another address is only written."""
    words = f"{source.title} ({source.url})"
    if not source.url.startswith("https://") or source.url[8:9] in ("", "/", "\\"):
        return words
    return element("a", {"href": source.url, "rel": "nofollow noopener"}, words)


def _verdicts(verdicts: Sequence[Sequence[str]]) -> Html:
    rows = [[Cell(text) for text in verdict] for verdict in verdicts]
    caption = "Computed, whoever worded the report."
    return inside("Verdicts", table(caption, [Cell(head) for head in HEADS], [group(rows)]))


def _others(shown: ReportShown) -> Html:
    days = [day for day in (shown.earlier, shown.later) if day is not None]
    return joined(paragraph(link(report_path(day), f"Report of {day_words(day)}")) for day in days)
