"""OPTIONS: what several commands share: where state lies, and JSON or a table.

Takes   `--data DIR`, `CHIPHOUR_DATA`, `--store URL`, `--json`.
Gives   the data folder; the option types.
Keeps   one meaning of each option for all commands.
Source  Decision 0001.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder for state.", show_default="$CHIPHOUR_DATA, else var"),
]
StoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        help="Database of the archive, such as postgresql+psycopg://USER@HOST/NAME.",
        show_default="SQLite in the data folder",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


def data_folder(given: Path | None) -> Path:
    """Give the folder for state: the option, else $CHIPHOUR_DATA, else `var` here."""
    return given or Path(os.environ.get("CHIPHOUR_DATA") or "var")
