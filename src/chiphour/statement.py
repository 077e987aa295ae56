"""STATEMENT: what happened to the money of accounts, line by line.

Takes   the events of the exchange from its first one on, int64[n, 16], at once or one by one.
Gives   a `Line` for each movement of an account's cash: of all accounts by event (`lines_of`), or
        of one account with the balance after it (`statement`).
Keeps   every sum exact in micro-dollars; where an event states the account's cash, the balance
        is that; over all accounts, the outside world's included, the balances sum to zero.
Source  Rulebook 3.2, 3.3, 3.6, 5.2, 7.4, 7.5, 8.1, 8.2, 11: a fill posts lots times (S - price), S
        being the price at which all positions of the contract are carried.
"""

from collections import defaultdict
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

Rows = NDArray[np.int64]

# Kinds that change the price at which positions are carried, its tick, or V.
CARRYING = (Kind.LISTED, Kind.PARAMETER_SET, Kind.OPENED, Kind.SETTLED, Kind.FUNDED)
_MONEY = (Kind.DEPOSITED, Kind.WITHDRAWN)
_FUND = (Kind.FEE_PAID, Kind.FUND_PAID)
_STATING = (*_MONEY, Kind.TRANSFERRED, Kind.PAYMENT, *_FUND)  # What states an account's cash.
NEEDED = (*CARRYING, *_STATING, Kind.FILL)  # Kinds that some statement needs.
_FILL, _DELEVERAGING = int(Kind.FILL), int(Cause.DELEVERAGING)
_BUY, _SELL = int(Side.BUY), int(Side.SELL)  # An enum's member takes longer to find.
_WORDS: dict[int, str] = {
    Kind.DEPOSITED: "deposit",
    Kind.WITHDRAWN: "withdrawal",
    Kind.TRANSFERRED: "transfer",
    Kind.FEE_PAID: "liquidation fee",
    Kind.FUND_PAID: "fund",
}
_OTHER_SIDE: dict[int, int] = {
    **dict.fromkeys(_MONEY, OUTSIDE),
    **dict.fromkeys(_FUND, INSURANCE_FUND),
}


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


class Terms:
    """What lines need of each contract: its tick, the price S it is carried at, how V moved.

    All moves of V that a payment pays come from one command (rulebook 2.3): those of the last one.
    """

    def __init__(self) -> None:
        """Begin before the market's first event."""
        self.tick_microusd: dict[int, int] = {}
        self.carried_microusd: dict[int, int] = {}
        self.moves: dict[int, list[list[int]]] = defaultdict(list)

    def take(self, row: list[int]) -> None:
        """Follow one event of `CARRYING`."""
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
    terms = Terms()
    lines: list[Line] = []
    balance_microusd = 0
    for row in events[relevant(account, events)].tolist():
        if row[e.KIND] in CARRYING:
            terms.take(row)
            continue
        for owner, line in lines_of(row, terms):
            if owner == account:
                balance_microusd += line.amount_microusd
                lines.append(line._replace(balance_microusd=balance_microusd))
        assert states_balance(account, row) in (None, balance_microusd), row
    return lines


def lines_of(row: list[int], terms: Terms) -> Iterator[tuple[int, Line]]:
    """Give the lines of one event of any kind, each with its account; their balances are 0.

    Those of a fill are the maker's, then the taker's, each followed by what it paid or received
    for it; then what is left of both for the fees account. `terms` has taken all events of
    CARRYING until then.
    """
    kind, account, amount = row[e.KIND], row[e.ACCOUNT], row[e.AMOUNT_MICROUSD]
    if kind == _FILL:
        yield from _fill_lines(row, terms)
    elif kind == Kind.PAYMENT:
        for line in _payment_lines(row, terms):
            yield account, line
    elif kind in _WORDS:
        other = row[e.TARGET] if kind == Kind.TRANSFERRED else _OTHER_SIDE[kind]
        given = -amount if kind == Kind.TRANSFERRED else amount
        yield account, _line(row, _WORDS[kind], given)
        yield other, _line(row, _WORDS[kind], -given)


def states_balance(account: int, row: list[int]) -> int | None:
    """Give the cash that an event states for the account, or None."""
    states = row[e.KIND] in _STATING
    return row[e.CASH_MICROUSD] if states and row[e.ACCOUNT] == account else None


def relevant(account: int, events: Rows) -> NDArray[np.bool_]:
    """Tell which events a statement of the account needs: its own, and what they are worth by."""
    kind = events[:, e.KIND]
    own = events[:, e.ACCOUNT] == account
    moved = np.isin(kind, _STATING)
    others = np.isin(kind, _MONEY) & (account == OUTSIDE)
    others |= np.isin(kind, _FUND) & (account == INSURANCE_FUND)
    others |= (kind == Kind.TRANSFERRED) & (events[:, e.TARGET] == account)
    taken = own | (events[:, e.TAKER_ACCOUNT] == account) | (account == FEES)
    chosen: NDArray[np.bool_] = np.isin(kind, CARRYING) | (moved & own)
    chosen |= others | ((kind == Kind.FILL) & taken)
    return chosen


def _payment_lines(row: list[int], terms: Terms) -> Iterator[Line]:
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


def _fill_lines(row: list[int], terms: Terms) -> Iterator[tuple[int, Line]]:
    """Give both sides of a fill, and their fees; SIDE of a FILL is the taker's."""
    sequence, time_ns, contract = row[e.SEQUENCE], row[e.TIME_NS], row[e.CONTRACT]
    tick_microusd, price, lots = terms.tick_microusd[contract], row[e.PRICE_TICKS], row[e.LOTS]
    if row[e.CAUSE] == _DELEVERAGING:  # Its price is on no tick (rulebook 7.7).
        tick_microusd = 1
    bought_microusd = lots * (terms.carried_microusd[contract] - price * tick_microusd)
    maker_side = _SELL if row[e.SIDE] == _BUY else _BUY
    fee, rebate = -row[e.TAKER_FEE_MICROUSD], row[e.MAKER_REBATE_MICROUSD]
    for owner, side, charge in (
        (row[e.MAKER_ACCOUNT], maker_side, rebate),
        (row[e.TAKER_ACCOUNT], row[e.SIDE], fee),
    ):
        amount_microusd = bought_microusd if side == _BUY else -bought_microusd
        known = contract, side, price, tick_microusd, lots
        yield owner, Line(sequence, time_ns, "fill", amount_microusd, 0, *known)
        if charge:
            yield owner, _charge(row, "fee" if charge < 0 else "rebate", charge)
    if fee + rebate:
        yield FEES, _charge(row, "fee", -fee - rebate)


def _charge(row: list[int], what: str, amount_microusd: int) -> Line:
    return _line(row, what, amount_microusd)._replace(contract=row[e.CONTRACT], lots=row[e.LOTS])


def _line(row: list[int], what: str, amount_microusd: int) -> Line:
    return Line(row[e.SEQUENCE], row[e.TIME_NS], what, amount_microusd)
