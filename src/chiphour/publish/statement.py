"""STATEMENT: what happened to the money of one account, as a file for its owner.

Takes   the lines of `statement.py`.
Gives   CSV; a line as an object; the lines of a span of time.
Keeps   one column for each column of a line; a cell is empty where its kind has none.
Source  RFC 4180; rulebook 1.1.
"""

import csv
import io
from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.exchange.commands import Side
from chiphour.publish.words import price_text
from chiphour.statement import Line
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd

CSV_COLUMNS = (
    *("sequence", "time", "what", "contract", "side", "price_usd", "lots"),
    *("rate_ppm", "period_s", "mark_usd", "index_usd"),
    *("amount_usd", "balance_usd"),
)


class Period(NamedTuple):
    """The lines of some time, and what the account held before and after them."""

    opening_microusd: int
    closing_microusd: int
    lines: tuple[Line, ...]


def within(lines: Sequence[Line], from_ns: int, before_ns: int) -> Period:
    """Give the lines of [from, before): the opening and their amounts add up to the closing."""
    earlier = [line for line in lines if line.time_ns < from_ns]
    chosen = tuple(line for line in lines if from_ns <= line.time_ns < before_ns)
    opening_microusd = earlier[-1].balance_microusd if earlier else 0
    closing_microusd = chosen[-1].balance_microusd if chosen else opening_microusd
    assert opening_microusd + sum(line.amount_microusd for line in chosen) == closing_microusd
    return Period(opening_microusd, closing_microusd, chosen)


def statement_csv(lines: Iterable[Line]) -> bytes:
    """Give a statement as CSV (RFC 4180), amounts in dollars with six decimals."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for line in lines:
        writer.writerow("" if value is None else value for value in line_object(line).values())
    return text.getvalue().encode()


def line_object(line: Line) -> dict[str, str | int | None]:
    """Give a line under the names of `CSV_COLUMNS`; what does not belong to its kind is None."""
    price = None
    if line.price_ticks is not None and line.tick_microusd is not None:
        price = price_text(line.price_ticks, line.tick_microusd)
    values = (
        line.sequence,
        iso_from_ns(line.time_ns),
        line.what,
        line.contract,
        None if line.side is None else Side(line.side).name.lower(),
        price,
        line.lots,
        line.rate_ppm,
        line.period_s,
        _dollars(line.mark_microusd),
        _dollars(line.index_microusd),
        _dollars(line.amount_microusd),
        _dollars(line.balance_microusd),
    )
    return dict(zip(CSV_COLUMNS, values, strict=True))


def _dollars(amount_microusd: int | None) -> str | None:
    return None if amount_microusd is None else text_from_microusd(amount_microusd)
