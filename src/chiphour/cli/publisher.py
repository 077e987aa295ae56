"""PUBLISHER: `chiphour publisher`: whose fixes the market settles on, and taking one of theirs.

Takes   keys of publishers and witnesses; a signed fix, from a file or standard input.
Gives   the publishers that are believed; what the exchange said to a fix.
Keeps   a fix that proves nothing out of the journal, with exit code 1 and one line that says why.
Source  docs/integrate/README.md; decision 0020.
"""

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from chiphour.adapters.market import Market
from chiphour.adapters.publishers import Publishers
from chiphour.adapters.publishers import settling_rows
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.day import submit
from chiphour.publish.datasets import fixing_object
from chiphour.publish.signed import BYTES_MAX
from chiphour.publish.signed import FixRefused
from chiphour.units import iso_from_ns

app = typer.Typer(help="Say whose fixes the market settles on, and take theirs.")

KeyArgument = Annotated[
    str, typer.Argument(metavar="KEY", help="NAME+ID+BASE64, as `log key` says.")
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name in the key.")]
WitnessOption = Annotated[
    list[str] | None, typer.Option("--witness", help="The key of a witness; may be repeated.")
]
LeastOption = Annotated[
    int, typer.Option("--at-least", min=0, help="So many of the witnesses must have cosigned.")
]
SeriesOption = Annotated[
    list[str] | None,
    typer.Option("--series", help="Believe it for this series; may be repeated. Default: all."),
]
FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="A signed fix; - is standard input.")
]


def add_to(group: typer.Typer) -> None:
    """Add the commands `publisher add`, `list`, `remove` and `take`."""
    group.add_typer(app, name="publisher")


@app.command("add")
def add(
    key: KeyArgument,
    witness: WitnessOption = None,
    at_least: LeastOption = 0,
    series: SeriesOption = None,
    data: DataOption = None,
) -> None:
    """Believe a publisher's signed fixes from now on."""
    added = Publishers(data_folder(data)).add(key, witness or (), at_least, series or ())
    print(f"believed: {added.key.name}, with {at_least} of {len(added.witnesses)} witnesses")


@app.command("list")
def listed(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the publishers that are believed."""
    for publisher in Publishers(data_folder(data)).known:
        witnesses = [each.text for each in publisher.witnesses]
        if as_json:
            line = {
                "key": publisher.key.text,
                "witnesses": witnesses,
                "witnesses_min": publisher.witnesses_min,
                "series": list(publisher.series),
            }
            print(json.dumps(line))
        else:
            print(f"{publisher.key.text} {publisher.witnesses_min} of {len(witnesses)} witnesses")


@app.command("remove")
def remove(name: NameArgument, data: DataOption = None) -> None:
    """Believe a publisher no more."""
    Publishers(data_folder(data)).remove(name)
    print(f"no longer believed: {name}")


@app.command("take")
def take(file: FileArgument, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Check a signed fix and tell the exchange; the market must not be running."""
    folder = data_folder(data)
    believed = Publishers(folder).believed(_read(file))
    rows = settling_rows(believed.fixing, time.time_ns())
    with Market(folder, demonstration=False) as market:
        submit(f"fix of {believed.publisher}", rows, market)
    said = fixing_object(believed.fixing)
    if as_json:
        print(json.dumps({"publisher": believed.publisher, "fix": said}))
    else:
        strike = iso_from_ns(believed.fixing.strike_ns)
        print(f"taken: {said['series']} {strike} {said['fix_usd']} of {believed.publisher}")


def _read(file: str) -> bytes:
    """Read at most what a fix may have; raises FixRefused."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(BYTES_MAX + 1)
        with Path(file).open("rb") as content:
            return content.read(BYTES_MAX + 1)
    except OSError as fault:
        raise FixRefused(f"{file}: expected a signed fix, found {fault.strerror}") from None
