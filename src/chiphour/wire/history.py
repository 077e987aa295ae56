"""HISTORY: what happened to each account: its money line by line, its trades, its ended orders.

Takes   the market's frames from its first one on: commands, events, and what these did to members'
        orders: the changes that their blotters told.
Gives   a `History` for each account: `Entry`s of money, `Done` trades, `Ended` orders, what became
        of orders that waited; its positions since the last settlement; the contracts as they were.
Keeps   each balance equal to the exchange's own cash after every event; the cash flows of all
        accounts, the market's own and the outside world's included, at a sum of zero. Of each
        account so many of each as `Bounds` says: the oldest go. Nothing of one account is in the
        history of another.
Source  Rulebook 3 to 8; `statement.py`; Deribit's API v2 for what is asked of it.

A contract's number may be listed anew when it has ended. Each `Life` of a number keeps its own
name, tick and prices, so that old trades are told as they were.

It raises nothing: an event that does not fit is our mistake, and asserted.
"""

from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.contracts import table
from chiphour.contracts.settings import SETTINGS
from chiphour.exchange import commands as ask
from chiphour.exchange import events as said
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import Rows
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.reasons import Reason
from chiphour.statement import CARRYING
from chiphour.statement import Line
from chiphour.statement import Terms
from chiphour.statement import lines_of
from chiphour.statement import states_balance
from chiphour.units import NS_PER_SECOND
from chiphour.wire import dialect
from chiphour.wire.blotter import Change
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import Order
from chiphour.wire.dialect import Trade
from chiphour.wire.held import Held
from chiphour.wire.held import Life

ID_SHIFT = 12  # An entry's id: the SEQUENCE of its command, then its place among the account's own.

NEVER_NS = 1 << 62  # As the exchange says that a protection has struck until it is reset.


class Bounds(NamedTuple):
    """How many of each an account's history keeps."""

    entries: int = 10_000
    trades: int = 10_000
    orders: int = 10_000
    triggers: int = 1_000


class Done(NamedTuple):
    """A trade of an account, with the prices of its time."""

    trade: Trade
    listed: Instrument
    mark_microusd: int
    index_microusd: int
    tick_direction: int


class Ended(NamedTuple):
    """An order that has ended, and its contract as it was."""

    order: Order
    listed: Instrument


class Waited(NamedTuple):
    """What became of an order that waits: `what` is "new", "triggered", "cancelled", "rejected"."""

    id: int
    what: str
    order: Order
    listed: Instrument


class Entry(NamedTuple):
    """A movement of an account's cash, and what the account had after it.

    `id` is the same in every replay, `number` counts the account's entries from 1. The fee of a
    fill is part of it: positive when paid. `position_lots` is what is held after it. `brought` is
    what the session that a settlement ends brought: floating, realised, funding.
    """

    id: int
    number: int
    line: Line
    fee_microusd: int
    balance_microusd: int
    equity_microusd: int
    listed: Instrument | None = None
    position_lots: int | None = None
    done: Done | None = None
    brought: tuple[int, int, int] | None = None
    is_delivery: bool = False
    run: int = 0  # TRANSFERRED: the auction run, and the line within it.
    item: int = 0


class Protection(NamedTuple):
    """A market-maker protection as it was set, and until when it has struck (rulebook 9.19)."""

    interval_s: int
    frozen_s: int
    lots: int
    until_ns: int = 0


class History:
    """What one account's history holds, the oldest first."""

    def __init__(self, account: int, bounds: Bounds) -> None:
        """Begin empty, before the account's first event."""
        self.account = account
        self.opened_ns = 0
        self.balance_microusd = 0
        self.entries: deque[Entry] = deque(maxlen=bounds.entries)
        self.trades: deque[Done] = deque(maxlen=bounds.trades)
        self.orders: dict[int, Ended] = {}
        self.waited: deque[Waited] = deque(maxlen=bounds.triggers)
        self.protections: dict[int, Protection] = {}
        self.counted = self.waited_counted = 0  # All entries and waits there ever were.
        self._orders_max = bounds.orders
        self._held: dict[int, Held] = {}
        self._of_command = (0, 0)  # The last command's SEQUENCE, and its entries so far.

    def held(self, contract: int) -> Held | None:
        """Give the position in a contract as it is now, also one that lots have left; else None."""
        held = self._held.get(contract)
        return None if held is None or held.life.ended else held.now()

    def position(self, life: Life, contract: int) -> Held:
        """Give the position in a life; one in an earlier life of the number is forgotten."""
        held = self._held.get(contract)
        if held is None or held.life is not life:
            held = self._held[contract] = Held(life)
        return held

    @property
    def equity_microusd(self) -> int:
        """Give cash and what the positions are worth at the mark (rulebook 3.4)."""
        total = self.balance_microusd
        for held in self._held.values():
            life = held.life
            if held.lots and not life.ended:
                total += held.lots * (life.mark_microusd - life.settled_microusd)
        return total

    def keep(
        self,
        line: Line,
        fee_microusd: int = 0,
        listed: Instrument | None = None,
        position_lots: int | None = None,
        done: Done | None = None,
        brought: tuple[int, int, int] | None = None,
        is_delivery: bool = False,
        run: int = 0,
        item: int = 0,
    ) -> None:
        """Add an entry; it moves the account's balance."""
        self.balance_microusd += line.amount_microusd - fee_microusd
        sequence, place = line.sequence, 0
        if self._of_command[0] == sequence:
            place = self._of_command[1] + 1
        assert place < 1 << ID_SHIFT
        self._of_command = sequence, place
        self.counted += 1
        self.entries.append(
            Entry(  # By place: an account that trades much has many.
                (sequence << ID_SHIFT) + place,
                self.counted,
                line,
                fee_microusd,
                self.balance_microusd,
                self.equity_microusd,
                listed,
                position_lots,
                done,
                brought,
                is_delivery,
                run,
                item,
            )
        )

    def end(self, ended: Ended) -> None:
        """Keep an order that has ended."""
        self.orders[ended.order.order] = ended
        if len(self.orders) > self._orders_max:
            del self.orders[next(iter(self.orders))]

    def wait(self, what: str, order: Order, listed: Instrument) -> None:
        """Keep what became of an order that waits."""
        self.waited_counted += 1
        id = (self.waited_counted << 1) + 1  # Odd, so that none is 0.
        self.waited.append(Waited(id, what, order, listed))


class Histories:
    """The histories of all members, folded from all events; reserved accounts from `first` on.

    `ticker_of` gives the ticker of an index, as in `dialect.instrument_of`.
    """

    def __init__(
        self,
        ticker_of: Callable[[int], str],
        bounds: Bounds | None = None,
        first: int = ACCOUNTS_RESERVED,
    ) -> None:
        """Begin before the market's first event."""
        self.lives: dict[int, Life] = {}
        self.settings = [each.default for each in SETTINGS]
        self._ticker_of = ticker_of
        self._bounds = bounds or Bounds()
        self._first = first
        self._terms = Terms()
        self._rows: Rows  # The commands of the frame in work.
        self._histories: dict[int, History] = {}

    def of(self, account: int) -> History:
        """Give an account's history: an empty one where nothing happened yet."""
        found = self._histories.get(account)
        return History(account, self._bounds) if found is None else found

    def hear(self, rows: Rows, events: Rows, changes: Sequence[tuple[int, Change, int]]) -> None:
        """Fold a frame: its commands, its events, and what these did to orders.

        Changes are (account, change, place among the events).
        """
        self._rows = rows
        told: dict[int, list[tuple[int, Change]]] = {}
        for account, change, place in changes:
            told.setdefault(place, []).append((account, change))
        for place, event in enumerate(events.tolist()):
            kind, here = event[said.KIND], told.get(place, ())
            if kind in _HEARD:
                trades = {account: change.trade for account, change in here if change.trade}
                self._fold(event, kind, trades)
            for account, change in here:
                if change.order is not None and account >= self._first:
                    self._follow(self._of(account), change.order, kind)

    def _of(self, account: int) -> History:
        found = self._histories.get(account)
        if found is None:
            found = self._histories[account] = History(account, self._bounds)
        return found

    def _fold(self, event: list[int], kind: int, trades: Mapping[int, Trade]) -> None:
        if kind in _CARRYING:
            self._terms.take(event)
        if kind in _OF_CONTRACTS:
            self._take(event, kind)
        elif kind == Kind.ACCOUNT_OPENED:
            self._of(event[said.ACCOUNT]).opened_ns = event[said.TIME_NS]
        elif kind == _FILL:
            self._fill(event, trades)
        elif kind in _OF_PROTECTION:
            self._guard(event, kind)
        else:
            self._move(event, kind)

    def _take(self, event: list[int], kind: int) -> None:
        """Follow what a contract is called, and its prices."""
        contract = event[said.CONTRACT]
        if kind == Kind.LISTED:
            self.lives[contract] = Life(event[said.TIME_NS])
            return
        if kind == Kind.PARAMETER_SET:
            row = self.settings if contract < 0 else self.lives[contract].row
            row[event[said.PARAMETER]] = event[said.VALUE]
            return
        life = self.lives[contract]
        if kind == Kind.EXPIRED:
            life.stopped, life.ended = True, bool(event[said.REASON])
            return
        life.mark_microusd, life.index_microusd = (
            event[said.MARK_MICROUSD],
            event[said.INDEX_MICROUSD],
        )
        if kind == Kind.FUNDED:
            life.interest_microusd -= event[said.PER_LOT_MICROUSD]
        elif kind != Kind.MARKED:
            life.settled_before_microusd = life.settled_microusd
            life.settled_microusd = life.mark_microusd
            life.session += 1
        if kind == Kind.OPENED:
            life.listed = dialect.instrument_of(
                contract, life.row, self._ticker_of, self._expiry_ns, life.created_ns
            )

    def _expiry_ns(self, contract: int) -> int:
        return self.lives[contract].row[table.EXPIRY_NS]

    def _guard(self, event: list[int], kind: int) -> None:
        """Follow a protection: it is set, or it strikes."""
        protections = self._of(event[said.ACCOUNT]).protections
        contract = event[said.CONTRACT]
        if kind == Kind.PROTECTED:
            found = protections[contract]
            until_ns = event[said.TIME_NS] + found.frozen_s * NS_PER_SECOND
            until_ns = min(until_ns, NEVER_NS) if found.frozen_s else NEVER_NS
            protections[contract] = found._replace(until_ns=until_ns)
        elif event[said.LOTS]:
            (row,) = self._rows[self._rows[:, ask.SEQUENCE] == event[said.SEQUENCE]].tolist()
            protections[contract] = Protection(
                row[ask.INTERVAL_S], row[ask.FROZEN_S], event[said.LOTS]
            )
        else:
            protections.pop(contract, None)

    def _fill(self, event: list[int], trades: Mapping[int, Trade]) -> None:
        """Fold a fill: both sides, each with its fee, and what the fees account keeps."""
        life, contract = self.lives[event[said.CONTRACT]], event[said.CONTRACT]
        assert life.listed is not None
        is_ticked = event[said.CAUSE] != _DELEVERAGING
        price_microusd = event[said.PRICE_TICKS] * (life.listed.tick_microusd if is_ticked else 1)
        life.trade(price_microusd)
        for account, line, fee_microusd in _with_fees(lines_of(event, self._terms)):
            if account < self._first:
                continue
            history = self._of(account)
            if line.what != "fill":
                history.keep(line, fee_microusd, life.listed)
                continue
            held = history.position(life, contract)
            if held.session != life.session:
                held.settle(life.session)
            lots = event[said.LOTS] if line.side == _BUY else -event[said.LOTS]
            held.fill(lots, price_microusd)
            done = _done(trades, account, life)
            history.keep(line, fee_microusd, life.listed, held.lots, done)
            if done is not None:
                history.trades.append(done)

    def _move(self, event: list[int], kind: int) -> None:
        """Fold an event that moves money and is no fill."""
        lines = [*lines_of(event, self._terms)]
        ends = any(line.what == "variation" for _, line in lines)
        for account, line in lines:
            if account < self._first:
                continue
            history = self._of(account)
            if kind == Kind.TRANSFERRED:
                history.keep(line, run=event[said.RUN], item=event[said.ITEM])
            elif kind == Kind.PAYMENT:
                self._pay(history, line, ends)
            else:
                history.keep(line)
        account = event[said.ACCOUNT]
        if account >= self._first:
            assert self._of(account).balance_microusd == states_balance(account, event), event

    def _pay(self, history: History, line: Line, ends: bool) -> None:
        """Keep a payment's line: funding, or the settlement that ends the session, if it `ends`.

        A settlement that moved nothing was paid by no line: its session is over all the same. A
        position in a contract that has its final price goes with it (rulebook 8.5).
        """
        contract = line.contract
        assert contract is not None
        life = self.lives[contract]
        held = history.position(life, contract)
        assert held.lots == line.lots, line
        paid = life.session - 1 if ends else life.session
        if held.session < paid:
            held.settle(paid)
        left = 0 if life.ended else held.lots
        if line.what == "funding":
            held.funding_microusd += line.amount_microusd
            history.keep(line, 0, life.listed, left)
        else:
            brought = held.settle(life.session)
            history.keep(line, 0, life.listed, left, None, brought, life.stopped)

    def _follow(self, history: History, order: Order, kind: int) -> None:
        """Follow an order that changed, by the kind of the event that changed it."""
        life = self.lives.get(order.contract)
        if life is None or life.listed is None or order.reason == _MALFORMED:
            return  # Refused, for there is no such contract, or no such order.
        if order.order_type in dialect.WAITING and kind in _WAITED:
            what = _WAITED[kind]
            if what != dialect.CANCELLED or not order.is_triggered:
                history.wait(what, order, life.listed)
        if not order.is_standing and kind != _REPEATED:
            history.end(Ended(order, life.listed))


_BUY, _FILL, _REPEATED = int(Side.BUY), int(Kind.FILL), int(Kind.REPEATED)  # Found sooner.
_DELEVERAGING, _MALFORMED = int(Cause.DELEVERAGING), int(Reason.MALFORMED)
_CARRYING = frozenset(map(int, CARRYING))
_OF_CONTRACTS = frozenset(map(int, (*CARRYING, Kind.MARKED, Kind.EXPIRED)))
_MONEY = (Kind.DEPOSITED, Kind.WITHDRAWN, Kind.TRANSFERRED, Kind.FEE_PAID, Kind.FUND_PAID)
_OF_PROTECTION = frozenset(map(int, (Kind.PROTECTION_SET, Kind.PROTECTED)))
_HEARD = _OF_CONTRACTS | _OF_PROTECTION
_HEARD |= set(map(int, (*_MONEY, Kind.PAYMENT, Kind.FILL, Kind.ACCOUNT_OPENED)))
_WAITED: dict[int, str] = {
    Kind.HELD: "new",
    Kind.TRIGGERED: "triggered",
    Kind.CANCELLED: dialect.CANCELLED,
    Kind.REFUSED: dialect.REJECTED,
}


def _with_fees(lines: Iterator[tuple[int, Line]]) -> Iterator[tuple[int, Line, int]]:
    """Give each fill with what its own account paid for it; a fee of no fill stands alone."""
    waiting: tuple[int, Line, int] | None = None
    for account, line in lines:
        is_fee = line.what in ("fee", "rebate")
        if is_fee and waiting is not None and waiting[0] == account:
            waiting = account, waiting[1], -line.amount_microusd
            continue
        if waiting is not None:
            yield waiting
        waiting = account, line, 0
    if waiting is not None:
        yield waiting


def _done(trades: Mapping[int, Trade], account: int, life: Life) -> Done | None:
    """Give an account's trade with the prices of now; None where no blotter told one."""
    trade = trades.get(account)
    if trade is None:
        return None
    assert life.listed is not None
    return Done(trade, life.listed, life.mark_microusd, life.index_microusd, life.direction)
