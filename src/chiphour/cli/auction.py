"""AUCTION: `chiphour auction clear`, `certify`, `explain` and `schema`.

Takes   a run file; a result file.
Gives   the result of a run; whether a result is valid, by a checker without a solver; why a bid won
        or lost; the schema.
Keeps   a result file whole: written beside its place, then moved there.
Source  Decision 0008.
"""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from typing import TypeVar

import typer
from rich.console import Console

from chiphour.adapters.solver import SECONDS_MAX
from chiphour.adapters.solver import SolverProcess
from chiphour.auction.check import certified_gap_ppb
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.explain import explain
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import decimal_text
from chiphour.auction.instance import Instance
from chiphour.auction.instance import read_run_json
from chiphour.auction.result import from_json as result_from_json
from chiphour.auction.result import to_json
from chiphour.auction.schema import run_schema
from chiphour.cli.auction_tables import show
from chiphour.cli.auction_tables import summary
from chiphour.cli.options import JsonOption
from chiphour.observe.observation import MarketError

T = TypeVar("T")
RunArgument = Annotated[Path, typer.Argument(help="The run: what it trades, and its bids.")]
ResultArgument = Annotated[Path, typer.Argument(help="The result of a run.")]
RunOption = Annotated[Path | None, typer.Option("--run", help="The run that it is the result of.")]
OutOption = Annotated[Path | None, typer.Option("-o", "--out", help="Where the result is written.")]
LimitOption = Annotated[
    float, typer.Option("--time-limit", min=0.001, help="Seconds that solving may take.")
]


class Pricing(StrEnum):
    """How a run is priced, in place of what it says itself."""

    IP = "ip"
    HULL = "hull"
    EU = "eu"


PricingOption = Annotated[
    Pricing | None, typer.Option("--pricing", help="ip, hull or eu, instead of the run's own.")
]
FILES_MAX = 1_000
PPB = 10**9


class FileUnusable(MarketError):
    """A file that cannot be read or written."""


class CertificateRefused(MarketError):
    """A result that breaks a rule of its run."""


def add_to(app: typer.Typer) -> None:
    """Add the group `auction`."""
    group = typer.Typer(help="Clear compute by the value of the work.", no_args_is_help=True)
    group.command("clear")(clear_run)
    group.command("certify")(certify)
    group.command("explain")(explain_bid)
    group.command("schema")(schema)
    app.add_typer(group, name="auction")


def clear_run(
    run: RunArgument,
    out: OutOption = None,
    pricing: PricingOption = None,
    time_limit: LimitOption = SECONDS_MAX,
    as_json: JsonOption = False,
) -> None:
    """Clear RUN: prints prices, who got what, who was left out and why; writes the result."""
    instance, refused = _parsed(run, read_run_json)
    instance = _priced(instance, pricing)
    with Console(stderr=True).status("clearing"), SolverProcess() as solver:
        result = clear(instance, solver.within(time_limit))
    if out is not None:
        _write(out, to_json(instance, result) + b"\n")
    if as_json:
        print(json.dumps(summary(instance, result, refused)))
    else:
        show(Console(), instance, result, refused)


def certify(
    run: RunArgument,
    result: ResultArgument,
    pricing: PricingOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check RESULT against RUN in exact numbers, without a model or a solver."""
    instance = _priced(_parsed(run, read_run_json)[0], pricing)
    found = _parsed(result, lambda body: result_from_json(instance, body))
    broken = violations(instance, found)
    gap = certified_gap_ppb(instance, found) if not broken else None
    if as_json:
        shown = [violation._asdict() for violation in broken]
        certified = None if gap is None else decimal_text(gap, PPB)
        print(json.dumps({"violations": shown, "certified_gap": certified}))
    for violation in broken:
        raise CertificateRefused(
            f"{result}: {violation.rule} at {violation.where}: expected {violation.expected}, "
            f"found {violation.found}"
        )
    if not as_json and gap is not None:
        claimed = found.claimed_gap_ppb
        word = "none" if claimed is None else decimal_text(claimed, PPB)
        print(
            f"certified: run {found.run}, within {decimal_text(gap, PPB)} of the best award; "
            f"the solver's own word is {word}"
        )


def explain_bid(
    result: ResultArgument,
    bid: Annotated[str, typer.Argument(help="The id of a bid or an offer.")],
    run: RunOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell why BID was or was not awarded, and what would have changed it.

    Without --run the run is sought beside RESULT, by its root.
    """
    body = _read(result)
    instance = _parsed(run, read_run_json)[0] if run else _run_beside(result, body)
    found = _parsed(result, lambda body: result_from_json(instance, body))
    counted = instance.at_prices(found.reference, found.scaled)
    with Console(stderr=True).status("solving once more"), SolverProcess() as solver:
        said = explain(counted, found, bid, solver.solve)
    if as_json:
        print(json.dumps({"bid": bid, "sentences": said}))
    else:
        print("\n".join(said))


def schema() -> None:
    """Print the JSON Schema of a run file."""
    print(json.dumps(run_schema(), indent=2))


def _priced(instance: Instance, pricing: Pricing | None) -> Instance:
    """Give the run as priced by another rule than its own: another run, with another root."""
    return instance if pricing is None else replace(instance, pricing=pricing.value)


def _run_beside(result: Path, body: bytes) -> Instance:
    """Find the run of a result among the JSON files of its folder."""
    try:
        root = json.loads(body).get("root")
    except (ValueError, AttributeError):
        raise RequestMalformed(f"{result}: expected a result, found another file") from None
    for path in sorted(result.parent.glob("*.json"))[:FILES_MAX]:
        try:
            instance, _ = read_run_json(path.read_bytes())
        except (RequestMalformed, OSError):
            continue
        if instance.root == root:
            return instance
    raise FileUnusable(
        f"{result.parent}: expected the run of {result.name} beside it (or --run), found none"
    )


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
