"""CONTRACTS: `chiphour contracts [DATE]`: what is listed on a day, by rule, and its waterfall.

Takes   a day, else today; a series, else that of the first contracts.
Gives   a table: each contract with its end, what it settles on when a fix is missing; with --json
        its terms too.
Keeps   the rule of `contracts/cycle.py` as the only judge: no market is asked.
Source  Rulebook 8.2 to 8.7; decision 0025.
"""

import json
from datetime import UTC
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from chiphour.cli.fix import day_of
from chiphour.cli.fix import plain_table
from chiphour.cli.fix import series_of
from chiphour.cli.options import JsonOption
from chiphour.contracts.cycle import Contract
from chiphour.contracts.cycle import listed_on
from chiphour.contracts.table import TERMS
from chiphour.day import UNDERLYING

DayArgument = Annotated[
    str | None, typer.Argument(metavar="DATE", help="Day, UTC.", show_default="today")
]
SeriesOption = Annotated[
    str, typer.Option("--series", metavar="SERIES", help="Such as CHR.H100.SXM.OD or h100-sxm-od.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command `contracts`."""
    app.command("contracts")(contracts)


def contracts(
    day: DayArgument = None, series: SeriesOption = UNDERLYING, as_json: JsonOption = False
) -> None:
    """Show the contracts that are listed on a day, by rule, and their waterfalls.

    The perpetual; futures of the next Fridays, month ends and quarter ends; averages of months.
    """
    when = datetime.now(UTC).date() if day is None else day_of(day)
    found = series_of(series)
    listed = listed_on(when, found.ticker, found.number)
    if as_json:
        print(json.dumps([_object(contract) for contract in listed]))
        return
    table = plain_table(f"Listed on {when}", "contract")
    for name in ("kind", "when a fix is missing"):
        table.add_column(name)
    for contract in listed:
        table.add_row(contract.name, type(contract).__name__.lower(), contract.waterfall)
    Console().print(table)


def _object(contract: Contract) -> dict[str, object]:
    terms = dict(zip((term.name for term in TERMS), contract.lower(), strict=True))
    kind = type(contract).__name__.lower()
    return {
        "contract": contract.name,
        "kind": kind,
        "waterfall": contract.waterfall,
        "terms": terms,
    }
