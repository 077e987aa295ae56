"""REFERENCE STATE: what the plain exchange holds, and the few ways in which it changes.

Takes   postings of money, of open lots and of traded lots.
Gives   the records (accounts, positions, contracts, indexes), and what can be asked of them.
Keeps   dictionaries and Python integers; a position exists only while it holds something.
Source  Rulebook 1.2, 2.6, 3 and 6; the sections of the digest stand in `reference_sections.py`.
"""

from collections import deque
from dataclasses import dataclass
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.contracts.settings import SETTINGS
from chiphour.contracts.settings import SETTINGS_COLUMNS
from chiphour.contracts.table import State
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_margin as margin
from chiphour.exchange import reference_rules as rules
from chiphour.exchange import reference_sections
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.digest import Sections
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference_book import Book
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_ids import Remembered
from chiphour.units import div_half_even

Rows = NDArray[np.int64]
Levels = list[tuple[int, int, int]]  # (price in ticks, lots, orders), best first.
BookDepth = tuple[Levels, Levels]  # Bids and asks.
TICKS_REMEMBERED = 20  # Of an index (rulebook 4.4).
FIXES_REMEMBERED = 3  # Of an index (rulebook 8.3).


@dataclass
class Position:
    """What an account holds and has open in one contract."""

    value_seen_microusd: int  # V when it was last touched.
    lots: int = 0
    buy_lots: int = 0
    sell_lots: int = 0
    reserve_microusd: int = 0
    entry_microusd: int = 0  # The average price (rulebook 3.7).

    def is_empty(self) -> bool:
        """Tell whether the position no longer exists (rulebook 3.5)."""
        return self.lots == 0 and self.buy_lots == 0 and self.sell_lots == 0


@dataclass
class Protection:
    """Market-maker protection of an account in one contract (rulebook 9.19)."""

    interval_s: int
    frozen_s: int
    limit_lots: int
    start_ns: int = 0
    lots: int = 0
    until_ns: int = 0


@dataclass
class Account:
    """An account: its group as given, its cash, and what it holds by contract."""

    group: int
    cash_microusd: int = 0
    positions: dict[int, Position] = field(default_factory=dict)
    protections: dict[int, Protection] = field(default_factory=dict)
    last_order: int = 0  # The last order accepted from it, and the one before (rulebook 9.13).
    order_before: int = 0
    mode: int = 0
    liquidation: int = 0  # 0 no, 1 begun, 2 after its first step (rulebook 7).
    called: int = 0
    steps: int = 0  # Of liquidation without a fill.
    tier: int = 0
    lots_today: int = 0
    volumes: dict[int, int] = field(default_factory=dict)  # By day number mod 30 (rulebook 11.3).


@dataclass
class Contract:
    """A contract: its row of `contracts/table.py` and its book."""

    row: rules.Row
    book: Book = field(default_factory=Book)


@dataclass
class Index:
    """A series: the last strikes, the last fit fixes, the last ticks, the quality."""

    provisional_strike_ns: int = 0
    final_strike_ns: int = 0
    fixes_microusd: list[int] = field(default_factory=list)  # Fit PROVISIONAL ones, newest first.
    provisional_fix_strike_ns: int = 0  # The strike of the first of them.
    final_fix_microusd: int = 0  # The last fit FINAL one, and its strike.
    final_fix_strike_ns: int = 0
    fit: int = 0  # Whether the last PROVISIONAL fixing was fit.
    quality: int = int(Quality.LIVE)  # Of the last MARK.
    tick_ns: int = 0
    ticks_microusd: list[int] = field(default_factory=list)  # Oldest first.


def _reserved() -> dict[int, Account]:
    return {number: Account(0) for number in range(bounds.ACCOUNTS_RESERVED)}


def _settings() -> list[int]:
    row = [0] * SETTINGS_COLUMNS
    for setting in SETTINGS:
        row[setting.column] = setting.default
    return row


@dataclass
class MarketState:
    """The whole state. Rows 0 to 7 of the accounts are there from the start (rulebook 3.1)."""

    limits: Limits
    sequence: int = 0
    time_ns: int = 0
    settings: list[int] = field(default_factory=_settings)
    accounts: dict[int, Account] = field(default_factory=_reserved)
    contracts: dict[int, Contract] = field(default_factory=dict)
    indexes: dict[int, Index] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)  # Those that rest or wait, by id.
    work: deque[list[int]] = field(default_factory=deque)  # Rulebook 2.7: the eight columns.
    ids: dict[tuple[int, int], Remembered] = field(default_factory=dict)  # By account and id.
    age: int = 2  # Grows at each 00:30 sweep (rulebook 12.2).
    priority: int = 0  # Of the last order that joined a queue of the book (rulebook 13.1).
    sweep_ns: int | None = None  # The instant whose sweep is in work.
    sweep_account: int = 0
    sweep_closes_day: bool = False  # It is that of a 00:30:00 (rulebook 2.3.6).
    scan_left: int = 0  # Rows that the scan's round still has to look at; 0: no round.
    scan_account: int = 0

    # What is due, and what a digest counts.

    @property
    def next_due_ns(self) -> int:
        """Give the earliest time at which something is due; 2^62 when nothing is (rulebook 2.6)."""
        if self.sweep_ns is not None:
            return self.sweep_ns
        ends = (order.expire_ns for order in self.orders.values() if order.expire_ns > 0)
        dues = (rules.due_ns(c.row, self._has_orders(n)) for n, c in self.contracts.items())
        return min([rules.NEVER_NS, *ends, *dues])

    def _has_orders(self, number: int) -> bool:
        return any(order.contract == number for order in self.orders.values())

    def sections(self) -> Sections:
        """Give the state as rulebook 13 writes it."""
        return reference_sections.sections(self)

    # What there is.

    def book(self, contract: int, depth: int) -> BookDepth:
        """Give the best `depth` bids and asks, each as (price in ticks, lots, orders)."""
        found = self.contracts.get(contract)
        book = Book() if found is None else found.book
        return book.depth(Side.BUY, depth), book.depth(Side.SELL, depth)

    def waiting(self, number: int) -> list[Order]:
        """Give the orders of a contract that wait, by id."""
        orders = sorted(self.orders.items())
        return [order for _, order in orders if order.contract == number and order.waits]

    def row(self, number: int) -> rules.Row:
        """Give a contract's row."""
        return self.contracts[number].row

    def in_states(self, *states: State) -> list[tuple[int, Contract]]:
        """Give the contracts in these states, by number."""
        found = sorted(self.contracts.items())
        return [(number, c) for number, c in found if c.row[table.STATE] in states]

    def is_member(self, account: int) -> bool:
        """Tell whether an account exists and is not the market's own (rulebook 3.1)."""
        return account in self.accounts and account >= bounds.ACCOUNTS_RESERVED

    def position(self, account: int, number: int) -> Position:
        """Give a position as it is, or an empty one that is not kept."""
        empty = Position(0)
        return self.accounts[account].positions.get(number, empty)

    def same_group(self, account: int, other: int) -> bool:
        """Tell whether two accounts must not trade with each other (rulebook 9.3)."""
        group = self.accounts[account].group
        return account == other or (group != 0 and group == self.accounts[other].group)

    # What it is worth and what it may do: rulebook 3.4, 3.6 and 6 (`reference_margin.py`).

    def equity_microusd(self, account: int) -> int:
        """Give cash and what the positions are worth at the mark (rulebook 3.4)."""
        return margin.equity_microusd(self, account)

    def raises_worst(self, order: Order, less: Order | None) -> bool:
        """Tell whether an order raises W of its position (rulebook 6.6).

        `less` is an order whose open lots are left out of account (rulebook 9.14), or None.
        """
        return margin.raises_worst(self, order, less)

    def order_is_covered(self, order: Order, less: Order | None) -> bool:
        """Tell whether the account can afford an order (rulebook 6.6); `less` as above."""
        return margin.order_is_covered(self, order, less)

    def withdrawable_microusd(self, account: int) -> int:
        """Give what may leave the account now (rulebook 3.6)."""
        return margin.withdrawable_microusd(self, account)

    # Changes: rulebook 3.

    def post(self, account: int, amount_microusd: int) -> int:
        """Change an account's cash, give what it is then; its bound is asserted (rulebook 1.2)."""
        cash = self.accounts[account].cash_microusd + amount_microusd
        assert abs(cash) <= bounds.CASH_MICROUSD_MAX
        self.accounts[account].cash_microusd = cash
        return cash

    def owed_microusd(self, account: int, number: int) -> int:
        """Give what V has moved for a position since it was last touched (rulebook 3.3)."""
        position = self.accounts[account].positions[number]
        value = self.row(number)[table.VALUE_PER_LOT_MICROUSD]
        return position.lots * (value - position.value_seen_microusd)

    def add_open_lots(self, order: Order, lots: int) -> None:
        """Open (or, negative, release) lots of an order with their reserve (rulebook 3.5, 6.3)."""
        position = self._kept(order.account, order.contract)
        if order.side == Side.BUY:
            position.buy_lots += lots
        else:
            position.sell_lots += lots
        position.reserve_microusd += lots * order.reserve_microusd
        assert position.buy_lots >= 0 and position.sell_lots >= 0
        self.drop_if_empty(order.account, order.contract)

    def change_position(
        self, account: int, number: int, bought_lots: int, price_microusd: int
    ) -> None:
        """Trade: lots (negative: sold) at a price, carried at S (rulebook 3.2, 3.7)."""
        row = self.row(number)
        position = self._kept(account, number)
        assert self.owed_microusd(account, number) == 0  # Only the sweep finds one (rulebook 2.3).
        position.entry_microusd = entry_microusd(position, bought_lots, price_microusd)
        longs_before = max(position.lots, 0)
        position.lots += bought_lots
        row[table.OPEN_INTEREST_LOTS] += max(position.lots, 0) - longs_before
        self.post(account, bought_lots * (row[table.SETTLEMENT_MICROUSD] - price_microusd))
        self.drop_if_empty(account, number)

    def _kept(self, account: int, number: int) -> Position:
        """Give a position, begun at the present V when there was none (rulebook 3.3)."""
        value = self.row(number)[table.VALUE_PER_LOT_MICROUSD]
        return self.accounts[account].positions.setdefault(number, Position(value))

    def drop_if_empty(self, account: int, number: int) -> None:
        """Let a position vanish that holds nothing any more (rulebook 3.5)."""
        position = self.accounts[account].positions[number]
        if position.is_empty():
            assert position.reserve_microusd == 0
            del self.accounts[account].positions[number]


def entry_microusd(position: Position, bought_lots: int, price_microusd: int) -> int:
    """Give the average entry price after a fill (rulebook 3.7)."""
    held, after = abs(position.lots), position.lots + bought_lots
    if after == 0:
        return 0
    if position.lots * bought_lots >= 0:  # The fill adds.
        worth = held * position.entry_microusd + abs(bought_lots) * price_microusd
        return div_half_even(worth, held + abs(bought_lots))
    return position.entry_microusd if after * position.lots > 0 else price_microusd
