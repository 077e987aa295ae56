"""STATEMENT: what happened to the money of one account, line by line.

Takes   an account and the events of the exchange from its first one on, int64[n, 16].
Gives   one `Line` for each event that moved the account's cash, with the balance after it.
Keeps   every sum exact in micro-dollars; where an event states the account's cash, the balance
        is that; over all accounts, the outside world's included, the balances sum to zero.
Source  Rulebook 3.2, 3.3, 3.6, 8.1, 8.2: a fill posts lots times (S - price), S being the price
        at which all positions of the contract are carried.
"""

import csv
import io
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.exchange import events as e
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Vintage
from chiphour.exchange.events import Kind
from chiphour.exchange.limits import OUTSIDE
from chiphour.publish.words import price_text
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd

Rows = NDArray[np.int64]

# Kinds that change the price at which positions are carried, or the terms that it depends on.
_CARRYING = (Kind.LISTED, Kind.PARAMETER_SET, Kind.OPENED, Kind.FIXED, Kind.SETTLED)
CSV_COLUMNS = (
    *("sequence", "time", "what", "contract", "side", "price_usd", "lots"),
    *("amount_usd", "balance_usd"),
)


class Line(NamedTuple):
    """One movement of cash. Columns that do not belong to its kind are None.

    what            "deposit", "withdrawal", "transfer", "fill" or "payment"
    contract        its number; `price_ticks` are ticks of `tick_microusd` each
    side            of the account's own side of a fill: 1 buy, 2 sell
    amount_microusd what the account received; negative when it paid
    """

    sequence: int
    time_ns: int
    what: str
    contract: int | None
    side: int | None
    price_ticks: int | None
    tick_microusd: int | None
    lots: int | None
    amount_microusd: int
    balance_microusd: int


class _Terms:
    """What fills need of each contract: its index, its tick, the price S it is carried at."""

    def __init__(self) -> None:
        self.index: dict[int, int] = {}
        self.tick_microusd: dict[int, int] = {}
        self.carried_microusd: dict[int, int] = {}
        self._fix_microusd: dict[int, int] = {}

    def take(self, row: list[int]) -> None:
        """Follow one event of `_CARRYING`."""
        kind, contract = row[e.KIND], row[e.CONTRACT]
        if kind == Kind.LISTED:
            self.index[contract] = TERMS[table.INDEX].default
            self.tick_microusd[contract] = TERMS[table.TICK_MICROUSD].default
        elif kind == Kind.PARAMETER_SET and row[e.PARAMETER] == table.INDEX:
            self.index[contract] = row[e.VALUE]
        elif kind == Kind.PARAMETER_SET and row[e.PARAMETER] == table.TICK_MICROUSD:
            self.tick_microusd[contract] = row[e.VALUE]
        elif kind == Kind.FIXED and row[e.REASON] == Vintage.PROVISIONAL:
            if row[e.VALUE_MICROUSD] > 0:  # Only a fit fix has a value.
                self._fix_microusd[row[e.INDEX]] = row[e.VALUE_MICROUSD]
        elif kind == Kind.OPENED:
            self.carried_microusd[contract] = self._fix_microusd[self.index[contract]]
        elif kind == Kind.SETTLED:
            self.carried_microusd[contract] = row[e.MARK_MICROUSD]


def statement(account: int, events: Rows) -> list[Line]:
    """Give the lines of an account, in the order of the events.

    The events must begin with the market's first: a fill is worth what its contract is carried
    at. Accounts that never moved money have no lines.
    """
    terms = _Terms()
    lines: list[Line] = []
    balance_microusd = 0
    for row in events[_relevant(account, events)].tolist():
        if row[e.KIND] in _CARRYING:
            terms.take(row)
            continue
        for line in _lines(account, row, terms):
            balance_microusd += line.amount_microusd
            lines.append(line._replace(balance_microusd=balance_microusd))
        assert _states_balance(account, row) in (None, balance_microusd), row
    return lines


def _relevant(account: int, events: Rows) -> NDArray[np.bool_]:
    kind = events[:, e.KIND]
    own = events[:, e.ACCOUNT] == account
    moved = np.isin(kind, (Kind.DEPOSITED, Kind.WITHDRAWN, Kind.TRANSFERRED, Kind.PAYMENT))
    outside = np.isin(kind, (Kind.DEPOSITED, Kind.WITHDRAWN)) & (account == OUTSIDE)
    received = (kind == Kind.TRANSFERRED) & (events[:, e.TARGET] == account)
    filled = (kind == Kind.FILL) & (own | (events[:, e.TAKER_ACCOUNT] == account))
    chosen: NDArray[np.bool_] = np.isin(kind, _CARRYING) | (moved & own)
    chosen |= outside | received | filled
    return chosen


def _lines(account: int, row: list[int], terms: _Terms) -> Iterable[Line]:
    kind, amount = row[e.KIND], row[e.AMOUNT_MICROUSD]
    if kind == Kind.FILL:
        yield from _fill_lines(account, row, terms)
    elif kind == Kind.PAYMENT:
        line = _line(row, "payment", amount)
        yield line._replace(contract=row[e.CONTRACT], lots=row[e.LOTS])
    elif kind == Kind.TRANSFERRED:
        yield _line(row, "transfer", amount if row[e.TARGET] == account else -amount)
    else:
        what = "deposit" if kind == Kind.DEPOSITED else "withdrawal"
        yield _line(row, what, amount if row[e.ACCOUNT] == account else -amount)


def _fill_lines(account: int, row: list[int], terms: _Terms) -> Iterable[Line]:
    """Give the account's side of a fill; SIDE of a FILL is the taker's."""
    contract, taker_side = row[e.CONTRACT], row[e.SIDE]
    tick_microusd = terms.tick_microusd[contract]
    gap_microusd = terms.carried_microusd[contract] - row[e.PRICE_TICKS] * tick_microusd
    maker_side = Side.SELL if taker_side == Side.BUY else Side.BUY
    for owner, side in ((row[e.MAKER_ACCOUNT], maker_side), (row[e.TAKER_ACCOUNT], taker_side)):
        if owner == account:
            lots = row[e.LOTS] if side == Side.BUY else -row[e.LOTS]
            yield _line(row, "fill", lots * gap_microusd)._replace(
                contract=contract,
                side=int(side),
                price_ticks=row[e.PRICE_TICKS],
                tick_microusd=tick_microusd,
                lots=row[e.LOTS],
            )


def _line(row: list[int], what: str, amount_microusd: int) -> Line:
    place = (row[e.SEQUENCE], row[e.TIME_NS], what)
    return Line(*place, None, None, None, None, None, amount_microusd, 0)


def _states_balance(account: int, row: list[int]) -> int | None:
    """Give the cash that an event states for the account, or None."""
    states = row[e.KIND] in (Kind.DEPOSITED, Kind.WITHDRAWN, Kind.TRANSFERRED, Kind.PAYMENT)
    return row[e.CASH_MICROUSD] if states and row[e.ACCOUNT] == account else None


def statement_csv(lines: Iterable[Line]) -> bytes:
    """Give a statement as CSV (RFC 4180), amounts in dollars with six decimals."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for line in lines:
        price = ""
        if line.price_ticks is not None and line.tick_microusd is not None:
            price = price_text(line.price_ticks, line.tick_microusd)
        writer.writerow(
            (
                line.sequence,
                iso_from_ns(line.time_ns),
                line.what,
                "" if line.contract is None else line.contract,
                "" if line.side is None else Side(line.side).name.lower(),
                price,
                "" if line.lots is None else line.lots,
                text_from_microusd(line.amount_microusd),
                text_from_microusd(line.balance_microusd),
            )
        )
    return text.getvalue().encode()
