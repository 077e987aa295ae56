"""REFERENCE STATE: what the plain exchange holds, and every question that it can answer.

Takes   postings of money and of open lots.
Gives   equity, margin, what may be withdrawn, the next due time, the sections of the digest.
Keeps   dictionaries and Python integers; a position exists only while it holds something.
Source  Rulebook 2.6, 3, 6 and 13; kept apart from `reference.py`, which alone decides changes.
"""

from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Side
from chiphour.exchange.digest import WIDTHS
from chiphour.exchange.digest import Sections
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference_book import Book
from chiphour.exchange.reference_book import Order

Rows = NDArray[np.int64]
Levels = list[tuple[int, int, int]]  # (price in ticks, lots, orders), best first.
BookDepth = tuple[Levels, Levels]  # Bids and asks.


@dataclass
class Account:
    """An account: its group as given, its cash in micro-dollars, its positions by contract."""

    group: int
    cash_microusd: int = 0
    positions: dict[int, "Position"] = field(default_factory=dict)


@dataclass
class Position:
    """What an account holds and has open in one contract."""

    value_seen_microusd: int  # V when it was last touched.
    lots: int = 0
    buy_lots: int = 0
    sell_lots: int = 0
    reserve_microusd: int = 0

    def add_open_lots(self, order: Order, lots: int) -> None:
        """Open (or, negative, release) lots of an order with their reserve (rulebook 6.2)."""
        if order.side == Side.BUY:
            self.buy_lots += lots
        else:
            self.sell_lots += lots
        self.reserve_microusd += lots * order.reserve_microusd
        assert self.buy_lots >= 0 and self.sell_lots >= 0

    def worst_lots(self) -> int:
        """Give W (rulebook 6.1)."""
        return rules.worst_lots(self.lots, self.buy_lots, self.sell_lots)

    def is_empty(self) -> bool:
        """Tell whether the position no longer exists (rulebook 3.5)."""
        return self.lots == 0 and self.buy_lots == 0 and self.sell_lots == 0


@dataclass
class Contract:
    """A contract: its row, its book, and whether it has passed its fallback (rulebook 8.4)."""

    row: rules.Row
    book: Book = field(default_factory=Book)
    fallback_passed: bool = False

    def due_ns(self) -> int:
        """Give the earliest time at which something is due (rulebook 2.6)."""
        return rules.due_ns(self.row, self.book.first() is not None, self.fallback_passed)


@dataclass
class Index:
    """A series: the last strike of each vintage, and the last fit fixes, newest first."""

    provisional_strike_ns: int = 0
    final_strike_ns: int = 0
    fixes_microusd: list[int] = field(default_factory=list)


def _reserved() -> dict[int, Account]:
    return {number: Account(0) for number in range(bounds.ACCOUNTS_RESERVED)}


@dataclass
class MarketState:
    """The whole state. Rows 0 to 7 of the accounts are there from the start (rulebook 3.1)."""

    limits: Limits
    sequence: int = 0
    time_ns: int = 0
    accounts: dict[int, Account] = field(default_factory=_reserved)
    contracts: dict[int, Contract] = field(default_factory=dict)
    indexes: dict[int, Index] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)  # Those that rest.
    sweep_ns: int | None = None  # The instant whose sweep is in work.
    sweep_account: int = 0

    @property
    def next_due_ns(self) -> int:
        """Give the earliest time at which something is due; 2^62 when nothing is (rulebook 2.6)."""
        if self.sweep_ns is not None:
            return self.sweep_ns
        return min(
            (contract.due_ns() for contract in self.contracts.values()), default=rules.NEVER_NS
        )

    def book(self, contract: int, depth: int) -> BookDepth:
        """Give the best `depth` bids and asks, each as (price in ticks, lots, orders)."""
        found = self.contracts.get(contract)
        book = Book() if found is None else found.book
        return book.depth(Side.BUY, depth), book.depth(Side.SELL, depth)

    def sections(self) -> Sections:
        """Give the state as rulebook 13 writes it."""
        sweeping = int(self.sweep_ns is not None)
        market = [self.sequence, self.time_ns, self.next_due_ns, sweeping, self.sweep_account]
        accounts = [[n, a.group, a.cash_microusd] for n, a in sorted(self.accounts.items())]
        contracts = [[n, *c.row] for n, c in sorted(self.contracts.items())]
        rows = ([market], accounts, contracts, self._index_rows(), self._position_rows())
        listed = (*rows, self._order_rows())
        return Sections(*(table_of(r, int(width)) for r, width in zip(listed, WIDTHS, strict=True)))

    def _index_rows(self) -> list[list[int]]:
        return [
            [n, i.provisional_strike_ns, i.final_strike_ns, *(*i.fixes_microusd, 0, 0, 0)[:3]]
            for n, i in sorted(self.indexes.items())
        ]

    def _position_rows(self) -> list[list[int]]:
        return [
            [n, c, p.lots, p.value_seen_microusd, p.buy_lots, p.sell_lots, p.reserve_microusd]
            for n, account in sorted(self.accounts.items())
            for c, p in sorted(account.positions.items())
        ]

    def _order_rows(self) -> list[list[int]]:
        return [
            [o.order, o.account, n, side, o.price_ticks, o.lots, o.reserve_microusd, *_words(o)]
            for n, contract in sorted(self.contracts.items())
            for side in Side
            for o in contract.book.orders(side)
        ]

    def post(self, account: int, amount_microusd: int) -> int:
        """Change an account's cash, give what it is then; its bound is asserted (rulebook 1.2)."""
        cash = self.accounts[account].cash_microusd + amount_microusd
        assert abs(cash) <= bounds.CASH_MICROUSD_MAX
        self.accounts[account].cash_microusd = cash
        return cash

    def equity_microusd(self, account: int) -> int:
        """Give cash and what the positions are worth at the mark (rulebook 3.4)."""
        total = self.accounts[account].cash_microusd
        for number, position in self.accounts[account].positions.items():
            row = self.contracts[number].row
            if row[table.STATE] in (State.OPEN, State.STOPPED):
                gain = row[table.MARK_MICROUSD] - row[table.SETTLEMENT_MICROUSD]
                total += position.lots * gain
        return total

    def position(self, account: int, number: int) -> Position:
        """Give a position as it is, or an empty one that is not kept."""
        empty = Position(0)
        return self.accounts[account].positions.get(number, empty)

    def reserves_microusd(self, account: int) -> int:
        """Give what the account's open lots reserve (rulebook 6.2)."""
        return sum(p.reserve_microusd for p in self.accounts[account].positions.values())

    def margin_microusd(self, account: int) -> int:
        """Give IM: the positions' margins and the reserves (rulebook 6.3)."""
        positions = self.accounts[account].positions
        margins = [self.position_margin_microusd(n, p) for n, p in positions.items()]
        return self.reserves_microusd(account) + sum(margins)

    def position_margin_microusd(self, number: int, position: Position) -> int:
        """Give one position's margin without its reserves (rulebook 6.1, 6.3)."""
        row = self.contracts[number].row
        return rules.margin_microusd(row, position.lots, position.buy_lots, position.sell_lots)

    def needed_microusd(self, order: Order) -> int:
        """Give the equity that an order needs, added in full to the open lots (rulebook 6.4)."""
        before = self.position(order.account, order.contract)
        after = replace(before)
        after.add_open_lots(order, order.lots)
        reserves = self.reserves_microusd(order.account) + order.lots * order.reserve_microusd
        if after.worst_lots() <= before.worst_lots():
            return reserves
        margins = {
            number: self.position_margin_microusd(number, position)
            for number, position in self.accounts[order.account].positions.items()
        }
        margins[order.contract] = self.position_margin_microusd(order.contract, after)
        return reserves + sum(margins.values())

    def withdrawable_microusd(self, account: int) -> int:
        """Give what may leave the account now (rulebook 3.6)."""
        cash = self.accounts[account].cash_microusd
        if account < bounds.ACCOUNTS_RESERVED:
            return cash
        within = min(cash, self.equity_microusd(account)) - self.margin_microusd(account)
        return max(0, within)

    def fixes_microusd(self, index: int) -> list[int]:
        """Give the last fit fixes of an index, newest first, three at most."""
        return self.indexes[index].fixes_microusd if index in self.indexes else []

    def by_number(
        self, state: State | None, index: int | None = None
    ) -> list[tuple[int, Contract]]:
        """Give the contracts in a state and on an index (None: any), by number."""
        return [
            (number, contract)
            for number, contract in sorted(self.contracts.items())
            if state in (None, contract.row[table.STATE])
            and index in (None, contract.row[table.INDEX])
        ]

    def owed_microusd(self, account: int, number: int) -> int:
        """Give what V has moved for a position since it was last touched (rulebook 3.3)."""
        position = self.accounts[account].positions[number]
        value = self.contracts[number].row[table.VALUE_PER_LOT_MICROUSD]
        return position.lots * (value - position.value_seen_microusd)

    def add_open_lots(self, order: Order, lots: int) -> None:
        """Open (or, negative, release) lots of an order with their reserve (3.5, 6.2)."""
        positions = self.accounts[order.account].positions
        if order.contract not in positions:
            value = self.contracts[order.contract].row[table.VALUE_PER_LOT_MICROUSD]
            positions[order.contract] = Position(value)
        positions[order.contract].add_open_lots(order, lots)
        self.drop_if_empty(order.account, order.contract)

    def drop_if_empty(self, account: int, number: int) -> None:
        """Let a position vanish that holds nothing any more (rulebook 3.5)."""
        position = self.accounts[account].positions[number]
        if position.is_empty():
            assert position.reserve_microusd == 0
            del self.accounts[account].positions[number]


def _words(order: Order) -> tuple[int, int]:
    return order.client_order_id, order.label


def table_of(rows: list[list[int]], width: int) -> Rows:
    """Make int64[n, width] of lists; n may be 0."""
    return np.array(rows, np.int64).reshape(len(rows), width)
