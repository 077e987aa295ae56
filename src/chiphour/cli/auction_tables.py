"""AUCTION_TABLES: the outcome of a run on a terminal, and as one JSON object.

Takes   a run, its result, the bids that were refused.
Gives   tables of prices, awards and bids left out; what bound; what is proved.
Keeps   the words of `auction/outcome.py`, `binding.py` and `demand.py`: nothing is counted here.
Source  Decision 0038.
"""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from chiphour.auction.binding import bindings
from chiphour.auction.check import certified_gap_ppb
from chiphour.auction.demand import demand
from chiphour.auction.demand import work_prices
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.instance import Instance
from chiphour.auction.instance import Refused
from chiphour.auction.outcome import award_rows
from chiphour.auction.outcome import dollars
from chiphour.auction.outcome import left_out
from chiphour.auction.outcome import price_rows
from chiphour.auction.result import Result
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ticks

PPB = 10**9
BINDINGS_MAX = 12


def show(console: Console, instance: Instance, result: Result, refused: Sequence[Refused]) -> None:
    """Print the outcome of a run for people."""
    console.print(_prices(instance, result))
    console.print(_awards(instance, result))
    _print_left_out(console, instance, result, refused)
    found = bindings(instance, result)
    if found:
        console.print("[bold]What held the run back[/bold]")
        for binding in found[:BINDINGS_MAX]:
            console.print(f"  {binding.text}", highlight=False)
        if len(found) > BINDINGS_MAX:
            console.print(f"  and {len(found) - BINDINGS_MAX} more")
    for work in work_prices(instance, result):
        price = "masked: fewer than three bidders"
        if work.median_picousd is not None:
            price = f"${decimal_text(work.median_picousd // 10**8 * 10**8, PICOS)}"
        console.print(f"A {work.unit} of {work.work_class}: {price}", highlight=False)
    console.print(_proof(instance, result), highlight=False)


def summary(instance: Instance, result: Result, refused: Sequence[Refused]) -> dict[str, Any]:
    """Give the outcome of a run as one JSON object: its head, not its whole account."""
    buyers = sum(bid.side == BUY for bid in instance.bids)
    return {
        "run": result.run,
        "root": result.root,
        "pricing": result.pricing,
        "status": result.status,
        "welfare": text_from_nanousd(result.welfare_nanousd),
        "bound": text_from_nanousd(result.bound_nanousd),
        "certified_gap": decimal_text(certified_gap_ppb(instance, result), PPB),
        "bids": buyers,
        "offers": len(instance.bids) - buyers,
        "awards": sum(not part.held.is_empty for part in result.award.parts),
        "transfers": len(result.transfers),
        "refused": [one._asdict() for one in refused],
        "left_out": [one._asdict() for one in left_out(instance, result)],
        "binding": [one.text for one in bindings(instance, result)],
        "demand": [one._asdict() for one in demand(instance, result)],
    }


def _prices(instance: Instance, result: Result) -> Table:
    title = f"Run {result.run}: {instance.grid.iso(0)[:16].replace('T', ' ')} UTC"
    table = Table("product", "tier", "when", "price", "chip-hours", title=title)
    for row in price_rows(instance, result):
        price = f"${text_from_ticks(row.price_ticks or 0)}"
        hours = hundredths_text(row.chip_hours_hundredths)
        table.add_row(row.product, row.tier, row.when, price, hours)
    return table


def _awards(instance: Instance, result: Result) -> Table:
    table = Table("bid", "chip-hours", "pays", "uplift", "gains", "where", title="Awards")
    for row in award_rows(instance, result):
        owed, gains = dollars(row.owed_microusd), dollars(row.gains_microusd)
        uplift = row.charge_microusd - row.make_whole_microusd
        hours = hundredths_text(row.chip_hours_hundredths)
        cells = row.bid, hours, owed, dollars(uplift) if uplift else "", gains, row.where
        table.add_row(*cells)
    table.caption = "Below zero is received. Gains are by each bid's own declaration."
    return table


def _print_left_out(
    console: Console, instance: Instance, result: Result, refused: Sequence[Refused]
) -> None:
    rows = left_out(instance, result)
    if not rows and not refused:
        console.print("Nobody was left out.")
        return
    table = Table("bid", "why", title="Left out")
    for row in rows:
        table.add_row(escape(row.bid), escape(row.why))
    for one in refused:
        table.add_row(escape(one.id), escape(f"refused: {one.reason}"))
    console.print(table)


def _proof(instance: Instance, result: Result) -> str:
    gap = decimal_text(certified_gap_ppb(instance, result), PPB)
    worth = dollars(result.welfare_nanousd // 1_000)
    return (
        f"All work together is worth {worth} more than it costs; no other award could be worth "
        f"more than a share of {gap} beyond that (certified, without the solver)."
    )
