"""STATEMENT: what happened to the money of one account, line by line.

Takes   an account and the events of the exchange from its first one on, int64[n, 16].
Gives   one `Line` for each event that moved the account's cash, with the balance after it.
Keeps   every sum exact in micro-dollars; where an event states the account's cash, the balance
        is that; over all accounts, the outside world's included, the balances sum to zero.
Source  Rulebook 3.2, 3.3, 3.6, 5.2, 7.4, 7.5, 8.1, 8.2, 11: a fill posts lots times (S - price), S
        being the price at which all positions of the contract are carried.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.exchange import events as e
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind
from chiphour.exchange.limits import FEES
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.exchange.limits import OUTSIDE
from chiphour.publish.words import price_text
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd

Rows = NDArray[np.int64]

# Kinds that change the price at which positions are carried, its tick, or V.
_CARRYING = (Kind.LISTED, Kind.PARAMETER_SET, Kind.OPENED, Kind.SETTLED, Kind.FUNDED)
_MONEY = (Kind.DEPOSITED, Kind.WITHDRAWN)
_FUND = (Kind.FEE_PAID, Kind.FUND_PAID)
CSV_COLUMNS = (
    *("sequence", "time", "what", "contract", "side", "price_usd", "lots"),
    *("rate_ppm", "period_s", "mark_usd", "index_usd"),
    *("amount_usd", "balance_usd"),
)


class Line(NamedTuple):
    """One movement of cash. Columns that do not belong to its kind are None.

    what            "deposit", "withdrawal", "transfer", "fill", "fee", "rebate", "funding",
                    "variation", "liquidation fee" or "fund"
    contract        its number; `price_ticks` are ticks of `tick_microusd` each, in deleveraging
                    micro-dollars
    side            of the account's own side of a fill: 1 buy, 2 sell
    rate_ppm        of funding: per 8 h, in ppm of B; `period_s` is what it was paid for
    mark_microusd   of funding and variation: the mark and the index that were used
    amount_microusd what the account received; negative when it paid
    """

    sequence: int
    time_ns: int
    what: str
    amount_microusd: int
    balance_microusd: int = 0
    contract: int | None = None
    side: int | None = None
    price_ticks: int | None = None
    tick_microusd: int | None = None
    lots: int | None = None
    rate_ppm: int | None = None
    period_s: int | None = None
    mark_microusd: int | None = None
    index_microusd: int | None = None


class _Terms:
    """What lines need of each contract: its tick, the price S it is carried at, how V moved.

    All moves of V that a payment pays come from one command (rulebook 2.3): those of the last one.
    """

    def __init__(self) -> None:
        self.tick_microusd: dict[int, int] = {}
        self.carried_microusd: dict[int, int] = {}
        self.moves: dict[int, list[list[int]]] = defaultdict(list)

    def take(self, row: list[int]) -> None:
        """Follow one event of `_CARRYING`."""
        kind, contract = row[e.KIND], row[e.CONTRACT]
        if kind == Kind.LISTED:
            self.tick_microusd[contract] = TERMS[table.TICK_MICROUSD].default
            self.moves[contract] = []
        elif kind == Kind.PARAMETER_SET:
            if row[e.PARAMETER] == table.TICK_MICROUSD and contract >= 0:
                self.tick_microusd[contract] = row[e.VALUE]
        else:
            if kind != Kind.FUNDED:
                self.carried_microusd[contract] = row[e.MARK_MICROUSD]
            if kind != Kind.OPENED:
                moves = self.moves[contract]
                if moves and moves[0][e.SEQUENCE] != row[e.SEQUENCE]:
                    moves.clear()
                moves.append(row)


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
    moved = np.isin(kind, (*_MONEY, Kind.TRANSFERRED, Kind.PAYMENT, *_FUND))
    others = np.isin(kind, _MONEY) & (account == OUTSIDE)
    others |= np.isin(kind, _FUND) & (account == INSURANCE_FUND)
    others |= (kind == Kind.TRANSFERRED) & (events[:, e.TARGET] == account)
    taken = own | (events[:, e.TAKER_ACCOUNT] == account) | (account == FEES)
    chosen: NDArray[np.bool_] = np.isin(kind, _CARRYING) | (moved & own)
    chosen |= others | ((kind == Kind.FILL) & taken)
    return chosen


def _lines(account: int, row: list[int], terms: _Terms) -> Iterable[Line]:
    kind, amount = row[e.KIND], row[e.AMOUNT_MICROUSD]
    is_own = row[e.ACCOUNT] == account
    if kind == Kind.FILL:
        yield from _fill_lines(account, row, terms)
    elif kind == Kind.PAYMENT:
        yield from _payment_lines(row, terms)
    elif kind == Kind.TRANSFERRED:
        yield _line(row, "transfer", amount if row[e.TARGET] == account else -amount)
    elif kind in _FUND:
        what = "fund" if kind == Kind.FUND_PAID else "liquidation fee"
        yield _line(row, what, amount if is_own else -amount)
    else:
        what = "deposit" if kind == Kind.DEPOSITED else "withdrawal"
        yield _line(row, what, amount if is_own else -amount)


def _payment_lines(row: list[int], terms: _Terms) -> Iterator[Line]:
    """Give a line for each move of V that the payment pays: they add up to it."""
    contract, lots = row[e.CONTRACT], row[e.LOTS]
    moves = terms.moves[contract]
    assert sum(lots * move[e.PER_LOT_MICROUSD] for move in moves) == row[e.AMOUNT_MICROUSD], row
    for move in moves:
        is_funding = move[e.KIND] == Kind.FUNDED
        yield _line(
            row, "funding" if is_funding else "variation", lots * move[e.PER_LOT_MICROUSD]
        )._replace(
            contract=contract,
            lots=lots,
            rate_ppm=move[e.RATE_PPM] if is_funding else None,
            period_s=move[e.PERIOD_S] if is_funding else None,
            mark_microusd=move[e.MARK_MICROUSD],
            index_microusd=move[e.INDEX_MICROUSD],
        )


def _fill_lines(account: int, row: list[int], terms: _Terms) -> Iterator[Line]:
    """Give the account's side of a fill, and its fees; SIDE of a FILL is the taker's."""
    contract, taker_side = row[e.CONTRACT], row[e.SIDE]
    tick_microusd = terms.tick_microusd[contract]
    if row[e.CAUSE] == Cause.DELEVERAGING:  # Its price is on no tick (rulebook 7.7).
        tick_microusd = 1
    gap_microusd = terms.carried_microusd[contract] - row[e.PRICE_TICKS] * tick_microusd
    maker_side = Side.SELL if taker_side == Side.BUY else Side.BUY
    fee, rebate = -row[e.TAKER_FEE_MICROUSD], row[e.MAKER_REBATE_MICROUSD]
    for owner, side, charge in (
        (row[e.MAKER_ACCOUNT], maker_side, rebate),
        (row[e.TAKER_ACCOUNT], taker_side, fee),
    ):
        if owner == account:
            lots = row[e.LOTS] if side == Side.BUY else -row[e.LOTS]
            yield _line(row, "fill", lots * gap_microusd)._replace(
                contract=contract,
                side=int(side),
                price_ticks=row[e.PRICE_TICKS],
                tick_microusd=tick_microusd,
                lots=row[e.LOTS],
            )
            if charge:
                what = "fee" if charge < 0 else "rebate"
                yield _line(row, what, charge)._replace(contract=contract, lots=row[e.LOTS])
    if account == FEES and fee + rebate:
        yield _line(row, "fee", -fee - rebate)._replace(contract=contract, lots=row[e.LOTS])


def _line(row: list[int], what: str, amount_microusd: int) -> Line:
    return Line(row[e.SEQUENCE], row[e.TIME_NS], what, amount_microusd)


def _states_balance(account: int, row: list[int]) -> int | None:
    """Give the cash that an event states for the account, or None."""
    states = row[e.KIND] in (*_MONEY, Kind.TRANSFERRED, Kind.PAYMENT, *_FUND)
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
                "" if line.rate_ppm is None else line.rate_ppm,
                "" if line.period_s is None else line.period_s,
                "" if line.mark_microusd is None else text_from_microusd(line.mark_microusd),
                "" if line.index_microusd is None else text_from_microusd(line.index_microusd),
                text_from_microusd(line.amount_microusd),
                text_from_microusd(line.balance_microusd),
            )
        )
    return text.getvalue().encode()
