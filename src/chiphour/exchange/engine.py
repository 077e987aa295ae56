"""ENGINE: the kernel as an object: one market, its commands, its questions.

Takes   limits; then commands, stamped and in sequence.
Gives   events; the state's digest; views of the book, of accounts and of contracts.
Keeps   the state to itself: `apply` is the only way to change it, and questions change nothing.
Source  Rulebook; decision 0005.
"""

from typing import NamedTuple
from typing import Self

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table as term
from chiphour.exchange import commands as ask
from chiphour.exchange import state as col
from chiphour.exchange.apply import apply
from chiphour.exchange.cache import kernel_hash as kernel_hash
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import Side
from chiphour.exchange.digest import Sections
from chiphour.exchange.digest import digest
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.limits import Limits
from chiphour.exchange.margin import account_sums
from chiphour.exchange.preview import preview
from chiphour.exchange.reasons import Reason
from chiphour.exchange.restore import restore
from chiphour.exchange.sections import level_rows
from chiphour.exchange.sections import sections_of
from chiphour.exchange.state import allocate

Rows = NDArray[np.int64]
Levels = list[tuple[int, int, int]]  # (price_ticks, lots, orders), best first.

BUFFER_ROWS = 1024  # Beyond what one command may need; so much stays in the processor's cache.


class Position(NamedTuple):
    """A position as it stands."""

    contract: int
    lots: int
    open_buy_lots: int
    open_sell_lots: int
    reserve_microusd: int
    initial_margin_microusd: int  # Of its worst lots, alone; without the reserve.
    entry_microusd: int  # The average price of its lots (rulebook 3.7).


class Account(NamedTuple):
    """An account as it stands. `initial_margin_microusd` includes the reserves (rulebook 6.5)."""

    account: int
    cash_microusd: int
    equity_microusd: int
    initial_margin_microusd: int
    reserves_microusd: int
    positions: tuple[Position, ...]
    maintenance_margin_microusd: int
    mode: int  # commands.Mode
    liquidation: int  # 0 no, 1 begun, 2 after its first step.
    tier: int


class Preview(NamedTuple):
    """What an order would be answered now, and the margin that its account would then need."""

    reason: Reason
    equity_microusd: int
    initial_margin_microusd: int


class Engine:
    """One market."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Make an empty market; memory is taken as it comes into use."""
        self.limits = Limits() if limits is None else limits
        self._state = allocate(self.limits)
        rows = self.limits.events_per_command + BUFFER_ROWS
        self._events = np.zeros((rows, EVENT_COLUMNS), np.int64)

    @classmethod
    def from_sections(cls, limits: Limits, sections: Sections) -> Self:
        """Make a market that goes on as the one that the sections are of (rulebook 13.1).

        No sweep may be in work there.
        """
        made = cls(limits)
        restore(made._state, sections)
        return made

    def apply(self, commands: Rows) -> Rows:
        """Do commands, int64[n, 16], in sequence; give all their events, int64[m, 16].

        Raises AssertionError when a sequence or time is not what the sequencer promises, or a
        balance leaves its bounds: the commands before that one are done, and the market must be
        built again from its journal.
        """
        assert commands.ndim == 2 and commands.shape[1] == COMMAND_COLUMNS
        commands = np.require(commands, np.int64, ["C", "W"])  # Of others Numba compiles anew.
        told = np.empty((2 * len(commands) + 32, EVENT_COLUMNS), np.int64)
        count = 0
        while len(commands):
            done, written = apply(self._state, commands, self._events)
            assert done > 0
            if count + written > len(told):
                told = np.concatenate((told[:count], np.empty_like(told), self._events[:written]))
            told[count : count + written] = self._events[:written]
            count += written
            commands = commands[done:]
        return told[:count]

    @property
    def sequence(self) -> int:
        """Give the sequence of the last command; 0 before the first."""
        return int(self._state.market[0, col.SEQUENCE])

    @property
    def time_ns(self) -> int:
        """Give the market time."""
        return int(self._state.market[0, col.TIME_NS])

    @property
    def next_due_ns(self) -> int:
        """Give the earliest time at which something is due (rulebook 2.2)."""
        return int(self._state.market[0, col.NEXT_DUE_NS])

    @property
    def work_waits(self) -> bool:
        """Tell whether an idle sequencer should send ADVANCE (rulebook 2.8)."""
        market = self._state.market[0]
        return bool(market[col.WORK_COUNT] > 0 or market[col.SCAN_LEFT] > 0)

    def sections(self) -> Sections:
        """Give the state as rulebook 13 writes it."""
        return sections_of(self._state)

    def digest(self) -> str:
        """Give the digest of the state, in hexadecimal (rulebook 13)."""
        return digest(self.sections())

    def book(self, contract: int, depth: int) -> tuple[Levels, Levels]:
        """Give the best bids and asks of a contract, at most `depth` levels of each."""
        assert 0 <= contract < self.limits.contracts and depth >= 0
        bids = level_rows(self._state, contract, int(Side.BUY), depth)
        asks = level_rows(self._state, contract, int(Side.SELL), depth)
        return _levels(bids), _levels(asks)

    def account(self, account: int) -> Account | None:
        """Give an account as it stands, or None when there is none of this number."""
        if not 0 <= account < self.limits.accounts:
            return None
        if self._state.accounts[account, col.ACCOUNT_GROUP] == 0:
            return None
        row = self._state.accounts[account]
        sums = account_sums(self._state, account)
        cash, unrealised, initial, reserves, maintenance = (int(amount) for amount in sums)
        return Account(
            account,
            cash,
            cash + unrealised,
            initial,
            reserves,
            self._positions(account),
            maintenance,
            int(row[col.ACCOUNT_MODE]),
            int(row[col.ACCOUNT_LIQUIDATION]),
            int(row[col.ACCOUNT_TIER]),
        )

    def _positions(self, account: int) -> tuple[Position, ...]:
        places = range(account, len(self._state.positions), self.limits.accounts)
        found = ((number, self._state.positions[place]) for number, place in enumerate(places))
        order = (
            col.POSITION_LOTS,
            col.POSITION_OPEN_BUY,
            col.POSITION_OPEN_SELL,
            col.POSITION_RESERVE,
            col.POSITION_MARGIN,
            col.POSITION_ENTRY,
        )
        exists = slice(col.POSITION_LOTS, col.POSITION_OPEN_SELL + 1)
        return tuple(
            Position(number, *(int(row[column]) for column in order))
            for number, row in found
            if row[exists].any()
        )

    def liquidation_price_microusd(self, account: int, contract: int) -> int | None:
        """Estimate the mark at which an account would meet its maintenance margin.

        All else, that margin too, is taken to stand still. None without lots, or where no mark of
        this contract alone could do it.
        """
        held = self.account(account)
        lots = {} if held is None else {each.contract: each.lots for each in held.positions}
        if held is None or lots.get(contract, 0) == 0:
            return None
        slack = held.equity_microusd - held.maintenance_margin_microusd
        mark = int(self._state.contracts[contract, term.MARK_MICROUSD])
        price = mark - slack // lots[contract]
        return price if abs(price) <= self.limits.price_microusd_max else None

    def preview(self, order: Rows) -> Preview:
        """Tell what one ORDER would be answered now, its id aside; nothing changes."""
        assert order.shape == (COMMAND_COLUMNS,) and order[ask.KIND] == ask.Kind.ORDER
        row = np.array(order, np.int64)
        row[ask.SEQUENCE] = self.sequence + 1
        row[ask.TIME_NS] = self.time_ns
        reason, equity, initial = preview(self._state, row[None])
        return Preview(Reason(int(reason)), int(equity), int(initial))

    def contract(self, contract: int) -> Rows:
        """Give a contract's row: int64[CONTRACT_COLUMNS], columns of `contracts/table.py`."""
        assert 0 <= contract < self.limits.contracts
        row: Rows = self._state.contracts[contract, : term.CONTRACT_COLUMNS].copy()
        return row

    def contracts(self) -> list[tuple[int, list[int]]]:
        """Give (number, row) of each contract ever listed, by number."""
        rows = self.sections().contracts.tolist()
        return [(row[0], row[1:]) for row in rows]


def _levels(rows: Rows) -> Levels:
    return [(int(price), int(lots), int(orders)) for price, lots, orders in rows]
