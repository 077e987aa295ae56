"""AUCTION: `chiphour auction clear`, `certify` and `schema`.

Takes   a run file; a result file.
Gives   the result of a run; whether a result is valid, by a checker without a solver; the schema.
Keeps   a result file whole: written beside its place, then moved there.
Source  Decision 0008.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from typing import TypeVar

import typer
from rich.console import Console
from rich.table import Table

from chiphour.adapters.solver import SECONDS_MAX
from chiphour.adapters.solver import SolverProcess
from chiphour.auction.check import certified_gap_usd
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import SELL
from chiphour.auction.instance import Instance
from chiphour.auction.instance import from_json
from chiphour.auction.result import Result
from chiphour.auction.result import from_json as result_from_json
from chiphour.auction.result import to_json
from chiphour.auction.schema import run_schema
from chiphour.cli.options import JsonOption
from chiphour.observe.observation import MarketError
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import round_half_even
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ticks

T = TypeVar("T")
RunArgument = Annotated[Path, typer.Argument(help="The run: its bids, offers, products and arcs.")]
OutOption = Annotated[Path, typer.Option("-o", "--out", help="Where the result is written.")]
LimitOption = Annotated[
    float, typer.Option("--time-limit", min=0.001, help="Seconds that solving may take.")
]


class FileUnusable(MarketError):
    """A file that cannot be read or written."""


class CertificateRefused(MarketError):
    """A result that breaks a rule of its run."""


def add_to(app: typer.Typer) -> None:
    """Add the group `auction`."""
    group = typer.Typer(help="Clear compute by the value of the work.", no_args_is_help=True)
    group.command("clear")(clear_run)
    group.command("certify")(certify)
    group.command("schema")(schema)
    app.add_typer(group, name="auction")


def clear_run(
    run: RunArgument,
    out: OutOption,
    time_limit: LimitOption = SECONDS_MAX,
    as_json: JsonOption = False,
) -> None:
    """Clear RUN and write its result: prices, awards, transfers."""
    instance = _parsed(run, from_json)
    with (
        Console(stderr=True).status("clearing"),
        SolverProcess() as solver,
    ):
        result = clear(instance, solver.within(time_limit))
    _write(out, to_json(instance, result) + b"\n")
    if as_json:
        print(json.dumps(_summary(instance, result)))
    else:
        Console().print(_table(instance, result))


def certify(
    run: RunArgument,
    result: Annotated[Path, typer.Argument(help="The result to check.")],
    as_json: JsonOption = False,
) -> None:
    """Check RESULT against RUN in exact numbers, without a model or a solver."""
    instance = _parsed(run, from_json)
    found = _parsed(result, lambda body: result_from_json(instance, body))
    broken = violations(instance, found)
    if as_json:
        print(json.dumps({"violations": [violation._asdict() for violation in broken]}))
    for violation in broken:
        raise CertificateRefused(
            f"{result}: {violation.rule} at {violation.where}: expected {violation.expected}, "
            f"found {violation.found}"
        )
    if not as_json:
        gap_nanousd = round_half_even(certified_gap_usd(instance, found) * NANOUSD_PER_USD)
        print(f"certified: run {found.run}, gap at most {text_from_nanousd(gap_nanousd)} dollars")


def schema() -> None:
    """Print the JSON Schema of a run file."""
    print(json.dumps(run_schema(), indent=2))


def _summary(instance: Instance, result: Result) -> dict[str, object]:
    return {
        "run": result.run,
        "root": result.root,
        "welfare": text_from_nanousd(result.welfare_nanousd),
        "bids": len(instance.bids),
        "offers": len(instance.offers),
        "awards": len(result.award.parts),
        "transfers": len(result.transfers),
    }


def _table(instance: Instance, result: Result) -> Table:
    table = Table("product", "hour", "price", "chip-hours", title=f"Run {result.run}")
    sold: dict[tuple[str, int], int] = {}
    for part in result.award.parts:
        for product_id, hour, quantity in part.lines:
            if part.side == SELL:
                sold[product_id, hour] = sold.get((product_id, hour), 0) + quantity
    grid = instance.grid
    for number, product in enumerate(grid.products):
        for hour in range(grid.hours):
            ticks = result.prices[grid.slot(number, hour)].price_ticks
            price = "none" if ticks is None else text_from_ticks(ticks)
            traded = hundredths_text(sold.get((product.id, hour), 0))
            table.add_row(product.id, grid.iso(hour), price, traded)
    table.caption = f"welfare {text_from_nanousd(result.welfare_nanousd)} dollars"
    return table


def _parsed(path: Path, parse: Callable[[bytes], T]) -> T:
    """Parse a file; a fault in it names the file."""
    try:
        return parse(_read(path))
    except RequestMalformed as fault:
        raise RequestMalformed(f"{path}: {fault}") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise FileUnusable(f"{path}: expected a file to read, found {fault.strerror}") from None


def _write(path: Path, body: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(body)
        beside.replace(path)
    except OSError as fault:
        beside.unlink(missing_ok=True)
        raise FileUnusable(f"{path}: expected to write here, found {fault.strerror}") from None
