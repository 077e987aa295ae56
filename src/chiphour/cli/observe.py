"""OBSERVE: `chiphour observe`: read recordings, or venues live, into the archive; check it.

Takes   a folder of recordings, the shipped ones by default; or `--live`, and where to ask.
Gives   one row for each source: what was read, what is new, what no table knew, what was refused.
Keeps   a non-zero exit where anything was refused, after all the others were read. Secrets are
        taken from the environment and never shown.
Source  Methodology, "Observations"; decision 0015.
"""

import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chiphour.adapters.archive import Archive
from chiphour.adapters.closings import late_words
from chiphour.adapters.collection import Collecting
from chiphour.adapters.collection import collect_once
from chiphour.adapters.export import export_parquet
from chiphour.adapters.observed import Observed
from chiphour.adapters.recordings import check_raw
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.adapters.report import Report
from chiphour.adapters.report import Summary
from chiphour.adapters.serve.index_app import create_collection_app
from chiphour.adapters.serve.run import listen
from chiphour.adapters.serve.run import serve as serve_app
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import StoreOption
from chiphour.cli.options import data_folder
from chiphour.cli.progress import Bar
from chiphour.observe.observation import MarketError
from chiphour.publish.words import age_words
from chiphour.units import NS_PER_SECOND
from chiphour.units import div_floor

FILE_WIDTH = 120  # Of a table that is not for a terminal: wide enough to leave nothing out.
END_NS = 1 << 62  # After every time that an observation can carry.

VenueArgument = Annotated[str | None, typer.Argument(help="Read this source only.")]
FromOption = Annotated[
    Path | None,
    typer.Option("--from", help="Folder of recordings.", show_default="the shipped ones"),
]
LiveOption = Annotated[bool, typer.Option("--live", help="Ask the venues themselves, once.")]
WatchOption = Annotated[
    bool, typer.Option("--watch", help="With --live: go on in the lanes, and show it, till Ctrl-C.")
]
BaseOption = Annotated[
    str, typer.Option("--base-url", help="Ask BASE/<venue> instead, with no secret: a simulator.")
]
PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="With --watch: where offers are shown.")
]
CheckOption = Annotated[
    bool, typer.Option("--check", help="Read every archived body again; say what differs.")
]
ExportOption = Annotated[
    Path | None, typer.Option("--export", help="Write the archive as Parquet, by day and venue.")
]
UnmappedOption = Annotated[bool, typer.Option("--unmapped", help="List the names no table knows.")]


class CheckFailed(MarketError):
    """The archive is not what its bodies give."""


def add_to(app: typer.Typer) -> None:
    """Add the command `observe`."""
    app.command("observe")(observe)


def observe(
    venue: VenueArgument = None,
    folder: FromOption = None,
    live: LiveOption = False,
    watch: WatchOption = False,
    base_url: BaseOption = "",
    port: PortOption = 8081,
    check: CheckOption = False,
    export: ExportOption = None,
    store: StoreOption = "",
    data: DataOption = None,
    unmapped: UnmappedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read recorded or live prices into the archive; reading the same again adds nothing."""
    if (watch or base_url) and not live:
        raise typer.BadParameter("expected --live with --watch and --base-url")
    archive = Archive(data_folder(data), store or None)
    try:
        if check:
            _check(archive, as_json)
        elif export is not None:
            _export(archive, export, as_json)
        elif live and watch:
            _watch(archive, base_url, port)
        else:
            report = _read(archive, venue, folder, live, base_url)
            _print(report, unmapped, as_json)
    finally:
        archive.close()


def _read(
    archive: Archive, venue: str | None, folder: Path | None, live: bool, base_url: str
) -> Report:
    if live:
        return collect_once(archive, venue, base_url, os.environ)
    with Bar("reading recordings") as bar:
        report = ingest(archive, folder or embedded_folder(), bar.show, venue)
    late = late_words(archive.fixable(0, END_NS).late)
    return report._replace(warnings=(*report.warnings, late)) if late else report


def _watch(archive: Archive, base_url: str, port: int) -> None:
    """Collect, and show it, until SIGINT or SIGTERM; what happens is logged to standard error."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    listen("127.0.0.1", port).close()  # A port in use is told before anybody is asked.
    app = create_collection_app(Observed(archive, time.time_ns))
    with Collecting(archive, base_url, os.environ):
        serve_app(app, port=port)


def _check(archive: Archive, as_json: bool) -> None:
    difference = check_raw(archive)
    counts = archive.count()
    found = {
        "readings": counts["readings"],
        "observations": counts["observations"],
        "first_difference": difference,
    }
    if as_json:
        print(json.dumps(found))
    elif difference is None:
        print(f"whole: {found['readings']} readings, {found['observations']} observations")
    if difference is not None:
        raise CheckFailed(difference)


def _export(archive: Archive, folder: Path, as_json: bool) -> None:
    counts = export_parquet(archive, folder, 0, END_NS)
    if as_json:
        print(json.dumps(counts._asdict()))
    else:
        print(f"{folder}: " + ", ".join(f"{n:,} {name}" for name, n in counts._asdict().items()))


def _print(report: Report, unmapped: bool, as_json: bool) -> None:
    for line in report.warnings:
        print(f"chiphour: {line}", file=sys.stderr)
    for summary in report.venues:
        for refusal in summary.refused:
            print(f"chiphour: {summary.venue}: {refusal.code}: {refusal.detail}", file=sys.stderr)
    if as_json:
        _print_json(report, unmapped)
    else:
        _print_tables(report, unmapped)
    if report.refused:
        raise typer.Exit(1)


def _print_json(report: Report, unmapped: bool) -> None:
    for summary in report.venues:
        refusals = [refusal._asdict() for refusal in summary.refused]
        age_ns = summary.age_ns
        age_s = None if age_ns is None else div_floor(age_ns, NS_PER_SECOND)
        more = {"age_seconds": age_s, "flags": summary.flags, "refusals": refusals}
        print(json.dumps(_counts(summary) | more))
    for folder, files in report.unread.items():
        print(json.dumps({"folder": folder, "files": files, "reader": None}))
    if unmapped:
        for summary in report.venues:
            for (what, name), rows in summary.unmapped.items():
                line = {"venue": summary.venue, "unmapped": what, "name": name, "rows": rows}
                print(json.dumps(line))


def _counts(summary: Summary) -> dict[str, int | str]:
    return {
        "venue": summary.venue,
        "files": summary.files,
        "rows": summary.rows,
        "machines": summary.machines,
        "gpus": summary.gpus,
        "new": summary.new,
        "unmapped": sum(summary.unmapped.values()),
        "flagged": summary.flagged,
        "refused": len(summary.refused),
    }


def _print_tables(report: Report, unmapped: bool) -> None:
    console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH)
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    for column in (*_counts(report.venues[0]), "age"):
        table.add_column(column, justify="left" if column == "venue" else "right", no_wrap=True)
    for summary in filter(_has_something, report.venues):
        cells = [f"{v:,}" if isinstance(v, int) else v for v in _counts(summary).values()]
        table.add_row(*cells, "-" if summary.age_ns is None else age_words(summary.age_ns))
    console.print(f"observed in {report.folder}", highlight=False, soft_wrap=True)
    console.print(table)
    for summary in report.venues:
        flags = ", ".join(f"{flag} {rows:,}" for flag, rows in summary.flags.items())
        if flags:
            console.print(f"{summary.venue}: rows flagged {flags}", highlight=False)
    silent = [summary.venue for summary in report.venues if not _has_something(summary)]
    if silent:
        console.print(f"nothing here of {', '.join(silent)}", highlight=False)
    if report.unread:
        folders = ", ".join(f"{name} ({files})" for name, files in report.unread.items())
        console.print(f"no reader yet: {folders}", highlight=False)
    if unmapped:
        for summary in report.venues:
            for (what, name), rows in summary.unmapped.items():
                console.print(
                    f"{summary.venue}: unknown {what} {name!r}, {rows} rows", highlight=False
                )


def _has_something(summary: Summary) -> bool:
    return bool(summary.files or summary.rows or summary.refused)
