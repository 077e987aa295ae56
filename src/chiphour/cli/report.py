"""REPORT: `chiphour report [DATE]`: the report of a morning, 07:00 UTC, printed.

Takes   a day, or none for the last morning that prices speak for; a model's key in the
        environment, or none: then the report is our own words.
Gives   the report as it is kept; one that is not there yet is made and kept first. With `--json`
        the whole object.
Keeps   a model's words that say what nobody gave unpublished: exit code 1, with what they said.
Source  docs/how-to/report.md; decision 0043.
"""

import os
import time
from contextlib import closing
from datetime import date
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from chiphour.adapters.archive import Archive
from chiphour.adapters.questions import Questions
from chiphour.adapters.report_model import model_from
from chiphour.adapters.reporter import MorningUnknown
from chiphour.adapters.reporter import Reporter
from chiphour.adapters.reporter import morning_ns
from chiphour.analyse.report import Report
from chiphour.analyse.thresholds import WINDOW_NS
from chiphour.cli.fix import day_of
from chiphour.cli.fix import filled_archive
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.units import NS_PER_DAY
from chiphour.units import day_from_ns

ModelOption = Annotated[
    str, typer.Option("--model", help="Model that words it.", show_default="$CHIPHOUR_MODEL")
]
UrlOption = Annotated[
    str,
    typer.Option("--model-url", help="Where the model is.", show_default="$CHIPHOUR_MODEL_URL"),
]
TemplateOption = Annotated[
    bool, typer.Option("--template", help="Our own words, even where a key for a model is there.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command `report`."""
    app.command("report")(report)


def report(
    when: Annotated[
        str | None,
        typer.Argument(metavar="DATE", help="Day, UTC.", show_default="the last with prices"),
    ] = None,
    data: DataOption = None,
    model: ModelOption = "",
    model_url: UrlOption = "",
    template: TemplateOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print the report of a morning; make and keep it where it is not there yet."""
    wanted = None if when is None else day_of(when)
    write = None if template else model_from(os.environ, model, model_url)
    with filled_archive(data) as archive:
        reporter = Reporter(
            archive, time.time_ns, write=write, secrets=os.environ, wall_ns=time.time_ns
        )
        day = wanted or last_morning(archive)
        found = reporter.reports.get(day)
        if found is None:
            found = reporter.make(day)
            reporter.reports.keep(found)
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        show(found)


def last_morning(archive: Archive) -> date:
    """Give the last day whose morning is not after the last price; raises MorningUnknown."""
    span = archive.span()
    if span is None:
        raise MorningUnknown("archive: expected prices, found none")
    with closing(Questions.of_archive(archive, max(span[1] - WINDOW_NS, 0), span[1])) as questions:
        last_ns = (questions.span() or span)[1]
    day = day_from_ns(last_ns)
    return day if morning_ns(day) <= last_ns else day_from_ns(last_ns - NS_PER_DAY)


def show(report: Report) -> None:
    """Print a report for people."""
    console = Console(highlight=False)
    console.print(f"[bold]{escape(report.title)}[/bold]")
    console.print(f"{report.date}, data as of {report.time}, by {escape(report.writer)}\n")
    console.print(f"{escape(report.lead_signal)}\n\n{escape(report.summary)}")
    for section in report.sections:
        console.print(f"\n[bold]{escape(section.title)}[/bold]\n{escape(section.text)}")
    for claim in report.claims:
        console.print(f"[dim]{escape(f'[{claim.id}] {claim.url}')}[/dim]")
    for note in report.notes:
        console.print(f"\n[dim]{escape(note)}[/dim]")
