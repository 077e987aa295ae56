"""AWARDS: what everyone got in a run, as rows for a program, a spreadsheet, a cluster's scheduler.

Takes   a run and its result.
Gives   `Row`s: chips of one product for a stretch of time; JSON, CSV, and Slurm reservations.
Keeps   a stretch of the same chips in one row; nodes rounded up, so that nobody gets less.
Source  docs/formulation/auction.md, section 6; Slurm's scontrol, "create reservation".
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import Grid
from chiphour.auction.instance import Instance
from chiphour.auction.result import Result
from chiphour.auction.slots import GANG
from chiphour.units import div_ceil

COLUMNS = ("bid", "account", "side", "product", "tier", "pool", "from", "to", "minutes", "chips",
           "nodes")  # fmt: skip


class Row(NamedTuple):
    """Chips of one product on a tier from one time to another; `nodes` are whole domains."""

    bid: str
    account: int
    side: str
    product: str
    tier: str
    pool: str
    starts: str
    ends: str
    minutes: int
    chips: str
    nodes: int


class _Line(NamedTuple):
    """Where a row's chips are; hundredths by interval stand beside it."""

    bid: str
    account: int
    side: str
    product: str
    tier: str
    pool: str


def award_rows(instance: Instance, result: Result, account: int | None = None) -> list[Row]:
    """Give what an account, or everyone, bought and sold, in order of bid and time."""
    held: dict[_Line, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for part in result.award.parts:
        if account not in (None, part.account):
            continue
        side = "buy" if part.side == BUY else "sell"
        for line in part.lines:
            named = _Line(part.id, part.account, side, line.product, line.tier, line.pool)
            held[named][line.interval] += line.quantity_hundredths
        for gang in part.gangs:
            named = _Line(part.id, part.account, side, gang.product, GANG, gang.pool)
            for interval in range(gang.first, gang.first + gang.intervals):
                held[named][interval] += gang.chips * HUNDREDTHS
    return [row for named in sorted(held) for row in _rows(instance.grid, named, held[named])]


def awards_json(rows: Iterable[Row]) -> str:
    """Write rows as JSON, an object a row."""
    return json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows], indent=1) + "\n"


def awards_csv(rows: Iterable[Row]) -> str:
    """Write rows as CSV (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue()


def awards_slurm(rows: Iterable[Row], run: int) -> str:
    """Write what was bought as `scontrol create reservation` lines, times in UTC."""
    bought = [row for row in rows if row.side == "buy"]
    return "".join(
        f"scontrol create reservation ReservationName=run{run}-{number} "
        f"StartTime={row.starts[:19]} Duration={row.minutes} NodeCnt={row.nodes} "
        f"Accounts=account{row.account} Comment={row.bid}/{row.product.replace('/', '-')}\n"
        for number, row in enumerate(bought, 1)
    )


def _rows(grid: Grid, line: _Line, by_interval: dict[int, int]) -> Iterator[Row]:
    """Yield a row for each stretch of intervals with the same chips."""
    domain = next(p.domain_chips for p in grid.products if p.id == line.product)
    first = 0
    intervals = sorted(by_interval)
    for place, interval in enumerate(intervals):
        follows = intervals[place + 1] if place + 1 < len(intervals) else None
        if follows == interval + 1 and by_interval[follows] == by_interval[interval]:
            continue
        begins, hundredths = intervals[first], by_interval[interval]
        yield Row(
            *line,
            starts=grid.iso(begins),
            ends=grid.iso(interval + 1),
            minutes=(interval + 1 - begins) * grid.step_minutes,
            chips=hundredths_text(hundredths),
            nodes=div_ceil(hundredths, domain * HUNDREDTHS),
        )
        first = place + 1
