"""PUBLISH: `chiphour publish bundle`: everything that the fixings rest on, in one folder.

Takes   the folder to write; the data folder (an empty one first reads the shipped recordings).
Gives   a bundle that anyone can verify, without this program and without a network.
Keeps   what is published logged: days that were not fixed yet are fixed first, through the log.
Source  docs/how-to/verify.md; decision 0019.
"""

import time
from pathlib import Path
from typing import Annotated

import typer

from chiphour.adapters.bundle import publish_bundle
from chiphour.adapters.bundle import refuse_in_use
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.log import open_log
from chiphour.cli.fix import filled_archive
from chiphour.cli.options import DataOption
from chiphour.cli.options import data_folder
from chiphour.cli.progress import Bar

app = typer.Typer(help="Write what was fixed into files for others.", no_args_is_help=True)

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="A folder absent or empty.")]


def add_to(group: typer.Typer) -> None:
    """Add the command `publish bundle`."""
    app.callback()(lambda: None)
    group.add_typer(app, name="publish")


@app.command("bundle")
def bundle(folder: FolderArgument, data: DataOption = None) -> None:
    """Write a bundle: rows, fixings, tables, log, and the program that checks them."""
    refuse_in_use(folder)
    with filled_archive(data) as archive:
        log = open_log(data_folder(data))
        days = span(recorded(archive))
        with Bar("fixing") as bar:
            fix_range(archive, *days, "", bar.show, log, now_ns=time.time_ns())
        with Bar("writing") as bar:
            count = publish_bundle(archive, log, log.key.text, folder, bar.show)
    print(f"{folder}: {count} fixings; check them with `python {folder / 'verify.py'}`")
