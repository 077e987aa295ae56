"""AUCTION_DOOR: `chiphour auction submit`, `awards` and `prove`: at the door of a market's auction.

Takes   a bid and a key; a run with its result; the files that a run has disclosed.
Gives   what was taken; awards as JSON, CSV or Slurm reservations; whether what was sealed is what
        was cleared.
Keeps   one group `auction`, which cli/auction.py begins.
Source  Decision 0039.
"""

import json
from pathlib import Path
from typing import Annotated
from typing import Literal

import typer

from chiphour.adapters.auction_client import AuctionClient
from chiphour.auction.disclosure import check_disclosure
from chiphour.auction.instance import from_json
from chiphour.auction.record import json_value
from chiphour.auction.result import from_json as result_from_json
from chiphour.cli.options import JsonOption
from chiphour.cli.supply import URL
from chiphour.cli.supply import KeyOption
from chiphour.cli.supply import UrlOption
from chiphour.observe.observation import MarketError
from chiphour.publish.awards import award_rows
from chiphour.publish.awards import awards_csv
from chiphour.publish.awards import awards_json
from chiphour.publish.awards import awards_slurm


class FileUnread(MarketError):
    """A file that cannot be read."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group `auction`."""
    group = next(each.typer_instance for each in app.registered_groups if each.name == "auction")
    assert group is not None
    group.command("submit")(submit)
    group.command("awards")(awards)
    group.command("prove")(prove)


def submit(
    run: Annotated[int, typer.Argument(metavar="RUN", min=1, help="The number of the run.")],
    bid: Annotated[Path, typer.Argument(metavar="BID", help="The bid, as JSON.")],
    key: KeyOption,
    url: UrlOption = URL,
    check: Annotated[bool, typer.Option("--check", help="Look at it, and store nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Submit BID to RUN; one of the same id that stands is changed."""
    body = json_value(_read(bid), str(bid))
    with AuctionClient(url, key) as client:
        if check:
            taken = client.ask("POST", "/api/auction/validate", {"run": run, "bid": body})
        else:
            path = f"/api/auction/runs/{run}"
            named = body.get("id") if isinstance(body, dict) else None
            standing = {each["bid"] for each in client.ask("GET", path)["own"]["bids"]}
            is_there = named in standing
            where = f"{path}/bids/{named}" if is_there else f"{path}/bids"
            taken = client.ask("PUT" if is_there else "POST", where, body)
    words = "would be taken" if check else "is taken"
    print(
        json.dumps(taken)
        if as_json
        else f"run {run}: {bid} {words}, {taken['reserved_usd']} reserved, hash {taken['hash']}"
    )


def awards(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="The result of a run.")],
    run: Annotated[
        Path | None, typer.Option("--run", help="The run; else run.json beside the result.")
    ] = None,
    form: Annotated[
        Literal["json", "csv", "slurm"], typer.Option("--format", help="How to write them.")
    ] = "json",
    account: Annotated[int | None, typer.Option("--account", help="Of one account.")] = None,
) -> None:
    """Write what everyone got, or one account: for a program, a spreadsheet, or Slurm."""
    instance = from_json(_read(run or result.with_name("run.json")))
    outcome = result_from_json(instance, _read(result))
    rows = award_rows(instance, outcome, account)
    if form == "slurm":
        text = awards_slurm(rows, outcome.run)
    else:
        text = awards_json(rows) if form == "json" else awards_csv(rows)
    typer.echo(text, nl=False)


def prove(
    commitment: Annotated[str, typer.Argument(help="As it was published when the gate closed.")],
    sealed: Annotated[Path, typer.Argument(help="sealed.json, as disclosed.")],
    run: Annotated[Path, typer.Argument(help="run.json.")],
    result: Annotated[Path, typer.Argument(help="result.json.")],
    guarded: Annotated[
        Path | None, typer.Argument(help="guarded.json: what the guard rails did.")
    ] = None,
) -> None:
    """Prove that what was sealed is what was cleared; needs neither market nor solver."""
    files = (sealed, run, result, *(() if guarded is None else (guarded,)))
    left_out = check_disclosure(commitment, *map(_read, files))
    words = f", left out: {' '.join(left_out)}" if left_out else ""
    print(f"proved: the run is what was sealed, its result is valid{words}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise FileUnread(f"{path}: expected a file to read, found {fault.strerror}") from None
