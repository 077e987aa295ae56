"""CLOSINGS: batches that are closed for good, and the rows that came in too late for theirs.

Takes   an open connection to the archive; the rows of a strike, and the number of the archive's
        last row when they were read.
Gives   which batches are closed; whether a row was kept after its batch was.
Keeps   the first closing of a strike: another one, with other rows, is refused. A row that comes
        in after its batch enters no fix, no batch and no audit, whatever its times say.
Source  Methodology v2026_1, "Window"; decision 0017.

    MarketError
    └── BatchClosed    a strike was closed, or published, with other rows or other figures
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy import select

from chiphour.adapters.archive_tables import CLOSED
from chiphour.adapters.archive_tables import add
from chiphour.index.batch import batch_strike_ns
from chiphour.index.parameters import V2026_1
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.units import day_from_ns

CLOSE_NS = V2026_1.close_ns
_DAYS_TOLD = 3  # Of so many strikes each is named; of more, the first and the last.


class BatchClosed(MarketError):
    """A strike was closed, or published, with other rows or other figures."""


class Closed(NamedTuple):
    """A batch that is closed: rows of the archive up to `sequence`; their number and root."""

    strike_ns: int
    sequence: int
    rows: int
    root: str


class Fixable(NamedTuple):
    """What a fix may consider, by time; rows that came in after their batch; the last row then."""

    rows: list[Observation]
    late: list[Observation]
    sequence: int


class Closings:
    """Tells the rows that came in too late for their batch."""

    def __init__(self, closed: Sequence[Closed]) -> None:
        """Take the closed batches, by strike: all those that the rows in question can be of."""
        self._strikes = [each.strike_ns for each in closed]
        self._sequences = [each.sequence for each in closed]
        self._least = min(self._sequences, default=0)

    def is_late(self, sequence: int, row: Observation) -> bool:
        """Tell whether a row was kept after its batch, or the first one behind it, was closed."""
        if sequence <= self._least or not self._strikes or row.observed_ns >= self._strikes[-1]:
            return False
        at = bisect_left(self._strikes, batch_strike_ns(row, CLOSE_NS))
        return at < len(self._strikes) and sequence > self._sequences[at]


def closed_batches(connection: Connection, from_ns: int) -> list[Closed]:
    """Give the batches of strikes from a time on that are closed, by strike."""
    wanted = select(CLOSED).where(CLOSED.c.strike_ns >= from_ns).order_by(CLOSED.c.strike_ns)
    return [Closed(*row) for row in connection.execute(wanted)]


def close(connection: Connection, closed: Sequence[Closed]) -> None:
    """Close batches for good; raises BatchClosed where one was closed with other rows."""
    add(connection, CLOSED, closed)
    stands = closed_batches(connection, min(each.strike_ns for each in closed))
    by_strike = {each.strike_ns: each for each in stands}
    for each in closed:
        refuse_other_rows(each, by_strike[each.strike_ns], "archive")


def refuse_other_rows(found: Closed, stands: Closed, where: str) -> None:
    """Raise BatchClosed unless a batch has the rows that it was closed with."""
    if (found.rows, found.root) != (stands.rows, stands.root):
        raise BatchClosed(
            f"batch of {day_from_ns(stands.strike_ns)}: expected the {stands.rows} rows of the "
            f"{where}, root {stands.root}, found {found.rows}, root {found.root}: read the "
            "recordings into a fresh data folder"
        )


def late_words(late: Iterable[Observation]) -> str:
    """Say in one line how many rows came in too late, of which strikes; "" for none."""
    counts = Counter(day_from_ns(batch_strike_ns(row, CLOSE_NS)).isoformat() for row in late)
    if not counts:
        return ""
    days = sorted(counts)
    strikes = ", ".join(days)
    if len(days) > _DAYS_TOLD:
        strikes = f"{len(days)} strikes from {days[0]} to {days[-1]}"
    total = counts.total()
    rows = "1 row came" if total == 1 else f"{total} rows came"
    return (
        f"{rows} in after the batch was closed, of {strikes}: no fix considers "
        f"{'it' if total == 1 else 'them'}; a fresh data folder fixes with "
        f"{'it' if total == 1 else 'them'}"
    )
