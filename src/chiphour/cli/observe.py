"""OBSERVE: `chiphour observe`: read recordings into the archive.

Takes   a folder of recordings, the shipped ones by default.
Gives   one row for each venue: what was read, what is new, what no table knew.
Keeps   a non-zero exit where any file was refused, after all the others were read.
Source  Methodology, "Observations".
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chiphour.adapters.archive import Archive
from chiphour.adapters.recordings import Report
from chiphour.adapters.recordings import Summary
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.cli.progress import Bar

VenueArgument = Annotated[str | None, typer.Argument(help="Read this venue's recordings only.")]
FromOption = Annotated[
    Path | None,
    typer.Option("--from", help="Folder of recordings.", show_default="the shipped ones"),
]
UnmappedOption = Annotated[bool, typer.Option("--unmapped", help="List the names no table knows.")]


def add_to(app: typer.Typer) -> None:
    """Add the command `observe`."""
    app.command("observe")(observe)


def observe(
    venue: VenueArgument = None,
    folder: FromOption = None,
    data: DataOption = None,
    unmapped: UnmappedOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read recorded prices into the archive; reading the same recordings again adds nothing."""
    archive = Archive(data_folder(data))
    try:
        with Bar("reading recordings") as bar:
            report = ingest(archive, folder or embedded_folder(), bar.show, venue)
    finally:
        archive.close()
    for line in (*report.warnings, *report.refused):
        print(f"chiphour: {line}", file=sys.stderr)
    if as_json:
        _print_json(report, unmapped)
    else:
        _print_tables(report, unmapped)
    if report.refused:
        raise typer.Exit(1)


def _print_json(report: Report, unmapped: bool) -> None:
    for summary in report.venues:
        print(json.dumps(_counts(summary) | {"flags": summary.flags}))
    for folder, files in report.unread.items():
        print(json.dumps({"folder": folder, "files": files, "reader": None}))
    if unmapped:
        for summary in report.venues:
            for (what, name), rows in summary.unmapped.items():
                print(json.dumps({"unmapped": what, "name": name, "rows": rows}))


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
    console = Console()
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    for column in _counts(report.venues[0]):
        table.add_column(column, justify="left" if column == "venue" else "right", no_wrap=True)
    for summary in report.venues:
        table.add_row(*(f"{v:,}" if isinstance(v, int) else v for v in _counts(summary).values()))
    console.print(f"observed in {report.folder}", highlight=False, soft_wrap=True)
    console.print(table)
    for summary in report.venues:
        for flag, rows in summary.flags.items():
            console.print(f"{summary.venue}: {rows} rows flagged {flag}", highlight=False)
    if report.unread:
        folders = ", ".join(f"{name} ({files})" for name, files in report.unread.items())
        console.print(f"no reader yet: {folders}", highlight=False)
    if unmapped:
        for summary in report.venues:
            for (what, name), rows in summary.unmapped.items():
                console.print(
                    f"{summary.venue}: unknown {what} {name!r}, {rows} rows", highlight=False
                )
