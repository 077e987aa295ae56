"""DAY: `chiphour day DATE`: one market day in a fresh market, six steps, printed.

Takes   a date that the shipped recordings speak for; an empty folder, or none.
Gives   a table of what each step did, or one JSON object; the day's files in the folder.
Keeps   nothing between runs: the same date gives the same digest every time.
Source  Decision 0011.
"""

import json
import shutil
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated
from typing import Any

import numpy as np
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from chiphour import day as spine
from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.market import Market
from chiphour.cli.fix import day_of
from chiphour.cli.options import JsonOption
from chiphour.cli.progress import Bar
from chiphour.exchange import events as e
from chiphour.observe.observation import MarketError
from chiphour.publish.auction import paid_microusd
from chiphour.publish.statement import statement_csv
from chiphour.simulate.members import DEMONSTRATION
from chiphour.statement import statement
from chiphour.units import text_from_microusd

FreshOption = Annotated[
    Path | None, typer.Option("--data", help="An empty folder.", show_default="a temporary one")
]


class FolderNotEmpty(MarketError):
    """A market day starts from nothing; the folder given holds something."""


def add_to(app: typer.Typer) -> None:
    """Add the command `day`."""
    app.command("day")(day)


def day(
    when: Annotated[str, typer.Argument(metavar="DATE", help="Day of the strike, UTC.")],
    data: FreshOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run one market day from the shipped recordings, in a fresh market; print what it did."""
    wanted = day_of(when)
    folder = fresh_folder(data)
    try:
        summary = run_in(folder, wanted)
    except BaseException:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if as_json:
        print(json.dumps(summary))
    else:
        Console().print(summary_table(summary))


def run_in(folder: Path, wanted: date) -> dict[str, Any]:
    """Run a day in an empty folder; give what its six steps did."""
    with Market(folder, history_ns=None) as market, Bar("one market day") as bar:
        ingest_shipped(market.archive, bar.show)
        market.fix_days(wanted, bar.show)
        for earlier in market.waiting_days(wanted):
            spine.tell_fix(earlier, market)
        found = spine.run_day(wanted, market)
        write_statements(market, found.day)
        return summarise(found, market, folder)


def fresh_folder(data: Path | None) -> Path:
    """Give an empty folder; raises FolderNotEmpty where the one given is not."""
    if data is None:
        return Path(tempfile.mkdtemp(prefix="chiphour-day-"))
    if data.is_dir() and any(data.iterdir()):
        raise FolderNotEmpty(f"expected an empty folder, found files in {data}: name another")
    return data


def write_statements(market: Market, when: date) -> None:
    """Write what each demonstration member sees of its own account."""
    events = market.events_since(0)
    market.write(
        when,
        {
            f"statement-{member.name.replace(' ', '-')}.csv": statement_csv(
                statement(member.account, events)
            )
            for member in DEMONSTRATION
        },
    )


def summarise(found: spine.MarketDay, market: Market, folder: Path) -> dict[str, Any]:
    """Give what the six steps did, as one plain object."""
    states = Counter(fixing.state for fixing in found.fixings)
    kinds = Counter(found.events[:, e.KIND].tolist())
    fills = found.events[found.events[:, e.KIND] == e.Kind.FILL]
    cleared = found.clearing
    cash = market.cash_microusd()
    return {
        "date": found.day.isoformat(),
        "observations": len(market.observe(found.day)),
        "fixed": states["fixed"],
        "suppressed": states["suppressed"],
        "orders": kinds[e.Kind.ACCEPTED],
        "refusals": kinds[e.Kind.REFUSED],
        "fills": len(fills),
        "lots": int(np.sum(fills[:, e.LOTS])),
        "auction_run": cleared.result.run if cleared else None,
        "auction_paid_usd": text_from_microusd(paid_microusd(cleared.result)) if cleared else None,
        "auction_transfers": len(cleared.result.transfers) if cleared else 0,
        "settlements": kinds[e.Kind.SETTLED],
        "fundings": kinds[e.Kind.FUNDED],
        "payments": kinds[e.Kind.PAYMENT],
        "accounts": len(cash),
        "cash_sum_microusd": sum(cash.values()),
        "files": sorted(path.name for path in market.place(found.day).iterdir()),
        "folder": str(folder),
        "commands": market.sequence,
        "digest": market.digest(),
    }


def summary_table(summary: dict[str, Any]) -> Table:
    """Give the six steps as a table."""
    rows = (
        ("1 observe", f"{summary['observations']:,} observations of the last seven days"),
        ("2 fix", f"{summary['fixed']} series fixed, {summary['suppressed']} with a reason"),
        (
            "3 trade",
            f"{summary['orders']:,} orders, {summary['fills']:,} fills, {summary['lots']:,} lots "
            f"(demonstration members), {summary['refusals']} refused",
        ),
        ("4 clear", _clear_words(summary)),
        (
            "5 settle",
            f"settlements {summary['settlements']}, fundings {summary['fundings']}, "
            f"payments {summary['payments']}; {summary['accounts']} accounts sum to "
            f"{summary['cash_sum_microusd']} micro-dollars",
        ),
        ("6 publish", f"{len(summary['files'])} files in {summary['folder']}/publish"),
        ("digest", f"{summary['digest']} after {summary['commands']:,} commands"),
    )
    table = Table("step", "what it did", box=box.SIMPLE, title=f"Market day {summary['date']}")
    for row in rows:
        table.add_row(*row)
    return table


def _clear_words(summary: dict[str, Any]) -> str:
    if summary["auction_run"] is None:
        return "no auction: nobody bid"
    return (
        f"run {summary['auction_run']}: {summary['auction_transfers']} transfers, "
        f"buyers pay ${summary['auction_paid_usd']}"
    )
