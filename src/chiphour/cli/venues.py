"""VENUES: `chiphour venues list` and `simulate`: what is observed, and a stand-in for all of it.

Takes   the readers and their samples; for the simulator how many offers to show, and faults.
Gives   the table of venues; or `ready http://127.0.0.1:PORT`, and the simulated venues there until
        Ctrl-C or SIGTERM.
Keeps   the simulator on this machine.
Source  Decision 0015.
"""

import json
import signal
from contextlib import suppress
from typing import Annotated
from typing import Literal

import typer
from rich.console import Console
from rich.table import Table

from chiphour.adapters.venue_answers import SimulationRefused
from chiphour.adapters.venue_answers import venue_facts
from chiphour.adapters.venue_server import serving
from chiphour.cli.options import JsonOption
from chiphour.publish.venue_table import COLUMNS
from chiphour.publish.venue_table import row_text
from chiphour.publish.venue_table import venue_rows

PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")]
OffersOption = Annotated[
    int, typer.Option("--offers", min=0, help="Offers in all; 0 serves the samples as they are.")
]
FaultOption = Annotated[
    list[str], typer.Option("--fault", help="VENUE=FAULT: this venue is wrong; may be repeated.")
]
SeedOption = Annotated[str, typer.Option("--seed", help="The same seed, the same offers.")]

LIMITS = ("requests_per_minute", "pages_max", "body_bytes_max", "deadline_s")  # Shown as one.


def add_to(app: typer.Typer) -> None:
    """Add the group `venues`."""
    group = typer.Typer(help="What is observed, and a stand-in for it.", no_args_is_help=True)
    group.command("list")(list_venues)
    group.command("simulate")(simulate)
    app.add_typer(group, name="venues")


def list_venues(as_json: JsonOption = False) -> None:
    """List every venue: its role, evidence, shapes, limits, samples and fault cases."""
    rows = venue_rows(venue_facts())
    if as_json:
        for row in rows:
            print(json.dumps(row))
        return
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    for name in COLUMNS:
        if name not in LIMITS:
            is_count = isinstance(rows[0][name], int)
            justify: Literal["left", "right"] = "right" if is_count else "left"
            table.add_column(name.replace("_", " "), justify=justify, overflow="fold")
    table.add_column("limits", no_wrap=True)
    for row in rows:
        cells = dict(zip(COLUMNS, row_text(row), strict=True))
        pace, pages, size, seconds = (cells.pop(name) for name in LIMITS)
        table.add_row(*cells.values(), f"{pace}/min {pages} pages {size} {seconds} s")
    Console().print(table)


def simulate(
    port: PortOption = 0,
    offers: OffersOption = 0,
    fault: FaultOption = [],  # noqa: B006
    seed: SeedOption = "1",
) -> None:
    """Answer as every venue does, on this machine, until Ctrl-C or SIGTERM.

    `POST /fault/VENUE/FAULT` and `DELETE /fault/VENUE` change what is wrong; `GET /` says it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    faults = dict(_named(text) for text in fault)
    with (
        suppress(KeyboardInterrupt),
        serving(offers=offers, faults=faults, seed=seed, port=port) as base_url,
    ):
        print(f"ready {base_url}", flush=True)
        signal.pause()


def _named(text: str) -> tuple[str, str]:
    """Read VENUE=FAULT."""
    venue, equals, fault = text.partition("=")
    if not equals:
        raise SimulationRefused(f"--fault: expected VENUE=FAULT, found {text!r}")
    return venue, fault
