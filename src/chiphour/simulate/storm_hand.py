"""STORM HAND: gives wishes their time, order, price and strike, as members and operators would.

Takes   wishes (`storm.py`), and the plain exchange, which knows what there is.
Gives   the commands that a sequencer would send for them, ADVANCE inserted where it is due.
Keeps   a wish that is not relative, or that finds nothing to fit to, as it is: it is refused then.
Source  Rulebook 2.2, 2.8.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import commands as c
from chiphour.exchange import events as said
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.exchange.reference_margin import maintenance_margin_microusd
from chiphour.simulate.storm import ALL
from chiphour.simulate.storm import ALL_AND_ONE
from chiphour.simulate.storm import TOTAL_LOTS
from chiphour.simulate.storm import Wish
from chiphour.simulate.storm import World
from chiphour.simulate.storm_weathers import weather_of
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import ns_from_iso

Rows = NDArray[np.int64]

START_NS = ns_from_iso("2026-07-06T09:00:00+00:00")
NEAR_TICKS = 1_000  # A price farther from nought than this is not counted from the mark.
_WORD = (1 << 64) - 1
CALM_COMMANDS = 2_000  # So many are enough to drain any queue of these small markets.
_DATES = (table.EXPIRY_NS, table.AVERAGE_FIRST_NS)
_SOURCED = (
    OrderType.STOP_LIMIT,
    OrderType.STOP_MARKET,
    OrderType.TAKE_LIMIT,
    OrderType.TAKE_MARKET,
)
_UNPRICED = (
    OrderType.MARKET,
    OrderType.STOP_MARKET,
    OrderType.TAKE_MARKET,
    OrderType.TRAILING,
)


class Hand:
    """Stamps wishes as a sequencer would; a reference tells it what there is."""

    def __init__(self, limits: Limits, is_ordered: bool = False) -> None:
        """Begin with an empty market; an ordered hand never lets time decrease, as a sequencer."""
        self.reference = Reference(limits)
        self.is_ordered = is_ordered
        self.sent: list[Rows] = []
        self.told: list[Rows] = []

    def send(self, wish: Wish) -> None:
        """Stamp one wish and, unless it is late, each ADVANCE that is due before it."""
        reference = self.reference
        mode, step_ns = wish.step
        time_ns = max(reference.time_ns, START_NS)
        if mode == "due" and reference.next_due_ns < time_ns + 5 * NS_PER_DAY:
            time_ns = reference.next_due_ns
        elif mode == "strike":
            time_ns += NS_PER_DAY - (time_ns - STRIKE_OFFSET_NS) % NS_PER_DAY
        least_ns = reference.time_ns if self.is_ordered else 0
        time_ns = max(time_ns + step_ns, START_NS, least_ns)
        if not wish.is_late:
            while reference.next_due_ns <= time_ns:
                due_ns = max(reference.next_due_ns, reference.time_ns)
                self._apply(command(Kind.ADVANCE), due_ns)
        row = wish.row.copy()
        if wish.is_relative:
            self._resolve(row, time_ns)
        self._apply(row, time_ns)

    def unattended(self) -> list[str]:
        """Name the members below maintenance that are not in liquidation (rulebook 7.1).

        Asked when the scan after a live mark has seen everyone and nothing came after it.
        """
        state = self.reference.state
        return [
            f"account {number}: expected it in liquidation, found it at rest"
            for number, account in state.accounts.items()
            if number >= ACCOUNTS_RESERVED
            and any(position.lots for position in account.positions.values())
            and not account.liquidation
            and state.equity_microusd(number) < maintenance_margin_microusd(state, number)
        ]

    def _resolve(self, row: Rows, time_ns: int) -> None:
        """Give a relative command its true order, price, strike or expiry."""
        kind = row[c.KIND]
        last_ns = time_ns - (time_ns - STRIKE_OFFSET_NS) % NS_PER_DAY
        if kind in (Kind.CANCEL, Kind.AMEND, Kind.CONFIRM):
            self._name_order(row)
        elif kind == Kind.ORDER:
            self._price(row, int(row[c.CONTRACT]), int(row[c.ORDER_TYPE]))
            self._fit(row)
            if row[c.TIME_IN_FORCE] == TimeInForce.GTD and 0 <= row[c.EXPIRE_NS] < NS_PER_DAY:
                row[c.EXPIRE_NS] += time_ns
        elif kind == Kind.FIXING and -9 < row[c.STRIKE_NS] < 9:
            row[c.STRIKE_NS] = last_ns + int(row[c.STRIKE_NS]) * NS_PER_DAY
        elif kind == Kind.MARK and row[c.STRIKE_NS] != 0:
            row[c.STRIKE_NS] = time_ns + (0 if row[c.STRIKE_NS] > 0 else -NS_PER_MINUTE)
        elif kind in (Kind.WITHDRAW, Kind.TRANSFER):
            self._amount(row)
        elif kind == Kind.SET and row[c.PARAMETER] in _DATES and 0 < row[c.VALUE] < 9:
            self._date(row, last_ns)

    def _name_order(self, row: Rows) -> None:
        """Name the nth order that rests or waits, by its owner (or the one who may confirm)."""
        standing = list(self.reference.state.orders.values())
        if row[c.KIND] == Kind.CONFIRM:
            standing = [order for order in standing if order.order_type == OrderType.BLOCK]
        if not standing:
            return
        order = standing[int(row[c.ORDER]) % len(standing)]
        row[c.ORDER], row[c.ACCOUNT] = order.order, order.account
        if row[c.KIND] == Kind.CONFIRM:
            row[c.ACCOUNT] = order.trigger_ticks
        elif row[c.KIND] == Kind.AMEND:
            if abs(int(row[c.LOTS]) - TOTAL_LOTS) < NEAR_TICKS:
                row[c.LOTS] += order.traded_lots + order.open_lots - TOTAL_LOTS
            if row[c.PRICE_TICKS] == 0 and order.order_type not in _UNPRICED:
                row[c.PRICE_TICKS] = order.price_ticks  # The same price.
            else:
                self._price(row, order.contract, order.order_type)
            if order.order_type == OrderType.TRAILING:
                row[c.TRIGGER_TICKS] = max(1, row[c.TRIGGER_TICKS])
            elif order.order_type not in _SOURCED:
                row[c.TRIGGER_TICKS] = 0

    def _price(self, row: Rows, contract: int, order_type: int) -> None:
        """Count prices and triggers from the mark."""
        known = self.reference.state.contracts.get(contract)
        if known is None or known.row[table.STATE] in (State.LISTED, State.EXPIRED):
            return
        middle = known.row[table.MARK_MICROUSD] // known.row[table.TICK_MICROUSD]
        if order_type in _UNPRICED:
            row[c.PRICE_TICKS] = 0
        elif abs(int(row[c.PRICE_TICKS])) < NEAR_TICKS:
            row[c.PRICE_TICKS] += middle
        if order_type in _SOURCED and abs(int(row[c.TRIGGER_TICKS])) < NEAR_TICKS:
            row[c.TRIGGER_TICKS] += middle

    def _fit(self, row: Rows) -> None:
        """Let a reduce-only order close what there is; name the nth order of a link."""
        account, contract = int(row[c.ACCOUNT]), int(row[c.CONTRACT])
        held = self.reference.state.accounts.get(account)
        if held is not None and row[c.FLAGS] & Flag.REDUCE_ONLY and contract in held.positions:
            row[c.SIDE] = Side.SELL if held.positions[contract].lots > 0 else Side.BUY
        standing = [
            order.order
            for order in self.reference.state.orders.values()
            if order.account == account and order.contract == contract
        ]
        if row[c.FLAGS] & (Flag.OCO | Flag.CHILD) and row[c.LINK] > 0 and standing:
            row[c.LINK] = standing[int(row[c.LINK]) % len(standing)]

    def _amount(self, row: Rows) -> None:
        known = int(row[c.ACCOUNT]) in self.reference.state.accounts
        if known and row[c.AMOUNT_MICROUSD] in (ALL, ALL_AND_ONE):
            more = int(row[c.AMOUNT_MICROUSD]) - ALL
            within = self.reference.state.withdrawable_microusd(int(row[c.ACCOUNT]))
            row[c.AMOUNT_MICROUSD] = within + more

    def _date(self, row: Rows, last_ns: int) -> None:
        """Count an expiry from the last strike; an average's days end at its expiry."""
        if row[c.PARAMETER] == table.EXPIRY_NS:
            row[c.VALUE] = last_ns + int(row[c.VALUE]) * NS_PER_DAY
            return
        known = self.reference.state.contracts.get(int(row[c.CONTRACT]))
        if known is not None:
            days = int(known.row[table.AVERAGE_DAYS])
            row[c.VALUE] = known.row[table.EXPIRY_NS] - (days - 1) * NS_PER_DAY

    def _apply(self, row: Rows, time_ns: int) -> None:
        row[c.SEQUENCE], row[c.TIME_NS] = self.reference.sequence + 1, time_ns
        self.told.append(self.reference.apply(row[None]))
        self.sent.append(row)


def stamped(wished: Iterable[Wish], limits: Limits) -> Rows:
    """Give the commands that a sequencer would send for these wishes: int64[n, 16]."""
    hand = Hand(limits)
    for wish in wished:
        hand.send(wish)
    return commands(hand.sent)


def seeded(seed: int, count: int) -> tuple[Limits, Rows]:
    """Make a market and about `count` commands in the weather of a seed."""
    hand, world = _played(seed, count, is_ordered=False)
    return world.limits, commands(hand.sent)


class Played(NamedTuple):
    """A flow with what the plain exchange says to it, command by command, and its digest then."""

    limits: Limits
    rows: Rows
    events: list[Rows]
    digest: str
    faults: list[str]


def played(seed: int, count: int) -> Played:
    """Make a flow from a seed; then let the market come to rest: all work done, all books empty.

    Time never decreases here: no journal would take it. `faults` names the accounts below
    maintenance that nobody liquidates (rulebook 7.1).
    """
    hand, world = _played(seed, count, is_ordered=True)
    for account in world.members:
        row = command(Kind.CANCEL_ALL, account=account, contract=-1)
        hand.send(Wish(row, ("on", NS_PER_SECOND)))
    for index in (1, 2):
        hand.send(Wish(command(Kind.MARK, index=index, fit=Quality.LIVE), ("on", NS_PER_SECOND)))
    marked = any((rows[:, said.KIND] == said.Kind.MARKED).any() for rows in hand.told[-2:])
    for _ in range(CALM_COMMANDS):
        if not hand.reference.work_waits:
            break
        hand.send(Wish(command(Kind.ADVANCE)))
    faults = ["the queue of work never ends"] * hand.reference.work_waits
    if marked and not faults:
        faults = hand.unattended()
    return Played(world.limits, commands(hand.sent), hand.told, hand.reference.digest(), faults)


def _played(seed: int, count: int, is_ordered: bool) -> tuple[Hand, World]:
    weather, world = weather_of(seed)
    hand = Hand(world.limits, is_ordered)
    for wish in weather.flow(Draw(seed), world, count):
        hand.send(wish)
    return hand, world


class Draw:
    """Picks one of several values, by a seed: the same ones on any machine and version, for good.

    The generator is splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
    """

    def __init__(self, seed: int) -> None:
        """Begin where the seed says."""
        self._state = seed

    def __call__(self, values: Sequence[Any]) -> Any:
        """Give one of the values."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _WORD
        mixed = ((self._state ^ (self._state >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
        return values[((mixed ^ (mixed >> 31)) * len(values)) >> 64]
