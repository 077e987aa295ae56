"""REPORT_API: the daily report for programs, for people and for feed readers.

Takes   requests.
Gives   the report of a day, or the last one: JSON, HTML, Atom.
Keeps   the address of a report for good; its bytes never change.
Source  Decision 0043.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec
from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.params import PathParameter

from chiphour.adapters.serve.answer import HTML
from chiphour.adapters.serve.answer import IMMUTABLE
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import day_from_text
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import frame_of
from chiphour.adapters.serve.asked import gives
from chiphour.adapters.serve.asked import gives_file
from chiphour.adapters.serve.view import IndexView
from chiphour.analyse.report import Report
from chiphour.publish.feeds import ATOM
from chiphour.publish.feeds import Feed
from chiphour.publish.feeds import feed_bytes
from chiphour.publish.page import message_page
from chiphour.publish.report_page import REPORT_FEED
from chiphour.publish.report_page import ReportShown
from chiphour.publish.report_page import Source
from chiphour.publish.report_page import report_news
from chiphour.publish.report_page import report_page
from chiphour.units import ns_from_iso

NONE_YET = "The first report is made at 07:00 UTC."
FEED_REPORTS = 30  # The last ones, that a feed tells of.

ReportDay = Annotated[str, PathParameter(description="Day of the report, such as 2026-07-20.")]


@get(
    "/api/report",
    summary="The last daily report",
    responses=gives(Report, "The report."),
    media_type=JSON,
    sync_to_thread=True,
)
def last_report(request: Asked) -> Response[bytes]:
    """Give the last report; before the first one there is none."""
    view = view_of(request)
    report = _report(view, _last(view.report_days()))
    return answered(request, msgspec.json.encode(report), JSON)


@get(
    "/api/report/{day:str}",
    summary="The daily report of a day",
    description="Signals are computed; the words are a model's or a template's, and were checked.",
    responses=gives(Report, "The report."),
    media_type=JSON,
    sync_to_thread=True,
)
def dated_report(request: Asked, day: ReportDay) -> Response[bytes]:
    """Give the report of a day; it never changes."""
    view = view_of(request)
    report = _report(view, day_from_text(day, view.report_days(), "report"))
    return answered(request, msgspec.json.encode(report), JSON, IMMUTABLE)


@get(
    "/feeds/report.atom",
    summary="A feed of daily reports",
    description="Atom (RFC 4287).",
    responses=gives_file(ATOM, "The feed."),
    media_type=ATOM,
    sync_to_thread=True,
)
def report_feed(request: Asked) -> Response[bytes]:
    """Give the last reports as a feed, the latest first."""
    view = view_of(request)
    days = list(view.report_days())[-FEED_REPORTS:]
    items = [report_news(shown_of(view, day)) for day in reversed(days)]
    about = Feed(*REPORT_FEED, frame_of(request).address)
    return answered(request, feed_bytes(about, items), ATOM)


@get("/report", include_in_schema=False, media_type=HTML, sync_to_thread=True)
def last_report_page(request: Asked) -> Response[bytes]:
    """Show the last report."""
    view = view_of(request)
    days = view.report_days()
    if not days:
        return answered(request, message_page("Daily report", NONE_YET, view.frame()), HTML)
    return answered(request, report_page(shown_of(view, days[-1]), view.frame()), HTML)


@get("/report/{day:str}", include_in_schema=False, media_type=HTML, sync_to_thread=True)
def dated_report_page(request: Asked, day: FromPath[str]) -> Response[bytes]:
    """Show the report of a day."""
    view = view_of(request)
    shown = shown_of(view, day_from_text(day, view.report_days(), "report"))
    return answered(request, report_page(shown, view.frame()), HTML)


def shown_of(view: IndexView, day: date) -> ReportShown:
    """Gather what a page shows of the report of a day; raises NotFoundException."""
    report, days = _report(view, day), list(view.report_days())
    place = days.index(day)
    return ReportShown(
        day=day,
        made_ns=ns_from_iso(report.made),
        time=report.time,
        writer=report.writer,
        title=report.title,
        lead=report.lead_signal,
        summary=report.summary,
        sections=tuple((section.title, section.text) for section in report.sections),
        verdicts=tuple(
            (signal.gpu, signal.type, signal.rule, signal.verdict, signal.reason)
            for signal in report.signals
        ),
        sources=tuple(
            Source(claim.id, claim.title, claim.url, claim.retrieved, claim.sha256)
            for claim in report.claims
        ),
        notes=report.notes,
        earlier=days[place - 1] if place > 0 else None,
        later=days[place + 1] if place + 1 < len(days) else None,
    )


def _report(view: IndexView, day: date) -> Report:
    report = view.report(day)
    if report is None:
        raise NotFoundException(f"date: expected a day with a report, found {day}")
    return report


def _last(days: Sequence[date]) -> date:
    if not days:
        raise NotFoundException(f"expected a first report, found none yet. {NONE_YET}")
    return days[-1]


REPORT_API: Sequence[HTTPRouteHandler] = (last_report, dated_report, report_feed)
REPORT_PAGES: Sequence[HTTPRouteHandler] = (last_report_page, dated_report_page)
