"""GATEWAY: where all doors of a market meet: orders in, answers out, what everyone is told.

Takes   commands of members from any door; every durable frame, from the journal's beginning on.
Gives   to each command what came of it; to each door all that happened, folded: orders, trades,
        contracts as they stood.
Keeps   nothing told that is not durable. What was answered is in every fold already. A member's
        orders are told to nobody else. Full is a refusal, at once: no queue grows without end.
Source  Decisions 0028 and 0035; rulebook 12.

    door ─▶ place ─▶ one submission for each turn of the loop ─▶ sequencer ─▶ disk
    door ◀─ outcome ◀──────── fold ◀──────── frame, durable ◀──────────────────┘
                               └──▶ listeners: feeds, drop copies, exports

One loop: whatever is not said to come from another thread belongs to it.

    MarketError
    ├── GatewayBusy         too many commands wait already
    └── SequencerStopped    the market takes nothing more
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple
from typing import Protocol
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.board import Board
from chiphour.adapters.board import Seen
from chiphour.adapters.budget import Budgets
from chiphour.adapters.budget import Rate
from chiphour.adapters.commit import SequencerStopped
from chiphour.adapters.commit import Told
from chiphour.adapters.kinds import flags_of
from chiphour.adapters.labels import Label
from chiphour.adapters.labels import Labels
from chiphour.adapters.labels import private_of
from chiphour.adapters.sequencer import Submission
from chiphour.contracts import table
from chiphour.exchange import commands as ask
from chiphour.exchange import events as said
from chiphour.exchange.engine import Engine
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.index.series import BY_NUMBER
from chiphour.observe.observation import MarketError
from chiphour.wire.blotter import Blotter
from chiphour.wire.blotter import Change
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import instrument_of
from chiphour.wire.dialect import refused_by
from chiphour.wire.history import Histories
from chiphour.wire.jsonrpc import RpcRefused

Rows = NDArray[np.int64]
T = TypeVar("T")

log = logging.getLogger(__name__)

LOST = "gateway: closed by a fault of ours; what was sent was done, or a restart tells"
PENDING_MAX = 1 << 14  # Commands of members that wait for their answer.
ROWS_EACH = 512  # Commands of one submission, at most.


class GatewayBusy(MarketError):
    """Too many commands wait: nothing was done, it may be tried again."""


class Heard(NamedTuple):
    """A durable frame, folded.

    `changes` are what its events did to members' orders: (account, change, place among
    `told.events`). `trades` has, for each FILL of `told.events` in order, its number within its
    contract. `seen` is what it changed of what anybody may see.
    """

    told: Told
    changes: list[tuple[int, Change, int]]
    trades: list[int]
    seen: Seen


class Answer(NamedTuple):
    """What came of a submission: its commands as they were stamped, and their own events."""

    rows: Rows
    events: Rows


class Outcome(NamedTuple):
    """What came of one command: its row as stamped, its events, what they did to orders."""

    row: list[int]
    events: list[list[int]]
    changes: list[tuple[int, Change]]


Done = Callable[[Outcome | MarketError], None]


class Floor(Protocol):
    """What the gateway needs of a market."""

    def hand_in(self, rows: Rows, private: bytes = b"") -> Submission:
        """Hand commands to the one writer."""

    def question(self, question: Callable[[Engine], T]) -> "Future[T]":
        """Ask the engine between two groups."""

    def listed(self) -> list[tuple[int, list[int]]]:
        """Give the number and row of each contract ever listed."""


class _Placed(NamedTuple):
    row: Rows
    done: Done
    labels: Sequence[Label]


class Gateway:
    """All doors of a market. It hears from the market's beginning; `open` it on a loop."""

    def __init__(
        self,
        limits: Limits | None = None,
        rate: Rate = Rate(),  # noqa: B008  It cannot change.
    ) -> None:
        """Begin with an empty market; `hear` tells what it is. `rate` is what each may ask for."""
        self.limits, self.rate = limits or Limits(), rate
        self.budgets = Budgets(rate)
        self.labels = Labels()
        self.instruments: dict[int, Instrument] = {}
        self.board = Board(self.instruments)
        self.histories = Histories(lambda index: BY_NUMBER[index].ticker)
        self.by_name: dict[str, Instrument] = {}
        self.time_ns = 0
        self.sequence = 0
        self._blotters: dict[int, Blotter] = {}
        self._created_ns: dict[int, int] = {}
        self._rows: dict[int, Rows] = {}
        self._trades: dict[int, int] = {}
        self._listeners: list[Callable[[Heard], None]] = []
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._floor: Floor | None = None
        self._is_lost = False
        self._waiting: list[_Placed] = []
        self._pending = 0
        self._outcomes: dict[int, Outcome] = {}
        self._mass: dict[int, deque[int]] = {}  # By account: its CANCEL_ALLs in work, in order.
        self._mass_ended: dict[int, list[int]] = {}
        self._late: dict[int, tuple[_Placed, Outcome]] = {}

    # -- what is heard ------------------------------------------------------------------------

    def hear(self, told: Told) -> None:
        """Take a durable frame; from any thread, in order."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._take_or_close, told)
                return
        self._take(told)

    def open(self, floor: Floor, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to serve on a loop; on its thread."""
        with self._lock:
            self._floor, self._loop = floor, loop
        self._name({number: np.array(row, np.int64) for number, row in floor.listed()})

    def close(self) -> None:
        """Serve no more; what is heard from now on is folded by whoever tells it."""
        with self._lock:
            self._floor = self._loop = None

    def listen(self, hear: Callable[[Heard], None]) -> Callable[[], None]:
        """Call `hear` with each frame once it is folded, in order; give what ends that."""
        self._listeners.append(hear)
        return lambda: self._listeners.remove(hear)

    def _take_or_close(self, told: Told) -> None:
        """Take a frame; where that fails the fault is ours: what is told from now on is not true.

        So nothing more is: every door says that the market is closed, until it is started again.
        """
        if self._is_lost:
            return
        try:
            self._take(told)
        except BaseException:
            self._is_lost = True
            log.exception("the gateway closes: a fault of ours after sequence %d", self.sequence)
            self.close()
            late, self._late = self._late, {}
            for placed, _ in late.values():
                placed.done(SequencerStopped(LOST))
            raise

    def _take(self, told: Told) -> None:
        """Fold a frame, then tell it; one without commands, as a market's last, says nothing."""
        if not len(told.rows):
            return
        if told.contracts is not None:
            self._name(told.contracts)
        else:
            self._replay_terms(told.events)
        for _, content in told.private:
            self.labels.hear(content)
        rows = {row[ask.SEQUENCE]: row for row in told.rows.tolist()}
        for row in rows.values():
            if row[ask.KIND] == ask.Kind.ORDER:
                self.blotter(row[ask.ACCOUNT]).ask(row)
            elif row[ask.KIND] == ask.Kind.CANCEL_ALL:
                self._mass.setdefault(row[ask.ACCOUNT], deque()).append(row[ask.SEQUENCE])
        heard = Heard(told, [], [], _UNSEEN)
        events = told.events.tolist()
        for place, event in enumerate(events):
            self._fold_event(event, place, rows, heard)
        self.sequence, self.time_ns = (int(told.rows[-1, c]) for c in (ask.SEQUENCE, ask.TIME_NS))
        heard = heard._replace(seen=self.board.hear(told, heard.trades))
        self.histories.hear(told.rows, told.events, heard.changes)
        if self._pending:
            self._keep_outcomes(rows, events, heard)
        for listen in tuple(self._listeners):
            listen(heard)
        self._give_late()

    def _fold_event(
        self, event: list[int], place: int, rows: Mapping[int, list[int]], heard: Heard
    ) -> None:
        kind = event[said.KIND]
        if kind == Event.FILL:
            number = self._trades.get(event[said.CONTRACT], 0) + 1
            self._trades[event[said.CONTRACT]] = number
            heard.trades.append(number)
            for account in (event[said.MAKER_ACCOUNT], event[said.TAKER_ACCOUNT]):
                self._tell(account, event, place, heard, number)
        elif kind == Event.LISTED:
            self._created_ns[event[said.CONTRACT]] = event[said.TIME_NS]
            self._trades.pop(event[said.CONTRACT], None)  # The number may have been another's.
        elif kind == Event.CANCELLED_ALL:
            self._mass_ended[self._mass[event[said.ACCOUNT]].popleft()] = event
        elif kind in _OF_ORDERS:
            word = ""
            if kind == Event.REFUSED and event[said.SEQUENCE] in rows:
                row = rows[event[said.SEQUENCE]]
                if row[ask.KIND] == ask.Kind.CANCEL_ALL:
                    self._mass[row[ask.ACCOUNT]].remove(row[ask.SEQUENCE])
                word = self.refusal(Reason(event[said.REASON]), row).message
            self._tell(event[said.ACCOUNT], event, place, heard, refusal=word)

    def _tell(
        self,
        account: int,
        event: list[int],
        place: int,
        heard: Heard,
        number: int = 0,
        refusal: str = "",
    ) -> None:
        change = self.blotter(account).tell(event, number, refusal)
        if change.order is not None or change.trade is not None:
            heard.changes.append((account, change, place))

    def _keep_outcomes(
        self, rows: Mapping[int, list[int]], events: list[list[int]], heard: Heard
    ) -> None:
        """Keep what came of each command of a frame until its sender asks."""
        found = {sequence: Outcome(row, [], []) for sequence, row in rows.items()}
        for event in events:
            # What ends a mass cancel comes with a later command, of anybody: `_give` adds it.
            if event[said.KIND] != Event.CANCELLED_ALL:
                found[event[said.SEQUENCE]].events.append(event)
        for account, change, place in heard.changes:
            found[events[place][said.SEQUENCE]].changes.append((account, change))
        self._outcomes.update(found)

    def _replay_terms(self, events: Rows) -> None:
        """Take what a replay tells of contracts' terms; their rows come when it has ended."""
        for event in events[_OF_TERMS[events[:, said.KIND]]].tolist():
            kind, number = event[said.KIND], event[said.CONTRACT]
            if number < 0:
                continue  # A setting of the market.
            row = self._rows.setdefault(number, np.zeros(table.CONTRACT_COLUMNS, np.int64))
            if kind == Event.LISTED:
                row[:] = 0
                row[[term.column for term in table.TERMS]] = [t.default for t in table.TERMS]
            elif kind == Event.PARAMETER_SET:
                row[event[said.PARAMETER]] = event[said.VALUE]
            else:
                row[table.MARK_MICROUSD] = event[said.MARK_MICROUSD]
                row[table.INDEX_MICROUSD] = event[said.INDEX_MICROUSD]
                if kind == Event.OPENED:
                    row[table.STATE] = table.State.OPEN
            if kind in (Event.LISTED, Event.OPENED):
                self._name_all()

    def _name(self, rows: Mapping[int, Rows]) -> None:
        """Take contracts' rows as they are now; name those that are new, or other ones."""
        fresh = False
        for number, row in rows.items():
            if number not in self._rows:
                self._rows[number] = np.zeros(table.CONTRACT_COLUMNS, np.int64)
            held = self._rows[number]
            fresh = fresh or _is_other(held, row)
            held[:] = row
        if fresh:
            self._name_all()

    def _name_all(self) -> None:
        for number, row in self._rows.items():
            if not _is_open(row):
                self.instruments.pop(number, None)
                continue
            self.instruments[number] = instrument_of(
                number,
                row,  # type: ignore[arg-type]  # A sequence of integers in all that is asked of it.
                lambda index: BY_NUMBER[index].ticker,
                lambda contract: int(self._rows[contract][table.EXPIRY_NS]),
                self._created_ns.get(number, 0),
            )
        self.by_name = {each.name: each for each in self.instruments.values()}

    # -- what is asked ------------------------------------------------------------------------

    def blotter(self, account: int) -> Blotter:
        """Give the orders of an account."""
        if account not in self._blotters:
            self._blotters[account] = Blotter(account)
        return self._blotters[account]

    def desk(self, account: int, fresh: list[Label] | None = None) -> Desk:
        """Give an account's desk; new words that its orders use are added to `fresh`.

        Whoever makes orders with it gives `fresh` to `place`.
        """

        def number_of(word: str) -> int:
            number, label = self.labels.number_of(account, word)
            if label is not None:
                assert fresh is not None, "a desk that only reads draws no number"
                fresh.append(label)
            return number

        return Desk(
            account,
            self.by_name,
            self.instruments,
            number_of,
            lambda number: self.labels.word_of(account, number),
            lambda word: self.labels.known_number_of(account, word),
            self.limits,
        )

    def refusal(self, reason: Reason, row: Sequence[int]) -> RpcRefused:
        """Say a refusal of a command with the nearest legal values, where they are known."""
        number, side = row[ask.CONTRACT], None
        if row[ask.KIND] == ask.Kind.AMEND:
            order = self.blotter(row[ask.ACCOUNT]).orders.get(row[ask.ORDER])
            if order is not None:
                number, side = order.contract, ask.Side(order.side)
        elif row[ask.KIND] == ask.Kind.ORDER and row[ask.SIDE] in _SIDES:
            side = ask.Side(row[ask.SIDE])
        else:
            return refused_by(reason)
        listed = self.instruments.get(number)
        return refused_by(reason, row, listed, self.limits, None, side)

    def rates(self, account: int) -> Mapping[str, object]:
        """Say how often an account may ask, as `limits` of its summary has it."""
        return {"rate": self.rate.per_second, "burst": self.rate.most}

    async def ask(self, question: Callable[[Engine], T]) -> T:
        """Ask the engine between two groups: all that it tells is durable."""
        return await asyncio.wrap_future(self._at_work().question(question))

    # -- what is sent -------------------------------------------------------------------------

    def place(self, row: Rows, done: Done, labels: Sequence[Label] = ()) -> None:
        """Send one command, int64[16]; `done` is told what came of it, durable and folded.

        `labels` are the new words that it uses. Raises GatewayBusy, SequencerStopped.
        """
        self._at_work()
        if self._pending + len(self._waiting) >= PENDING_MAX:
            raise GatewayBusy(
                f"expected fewer than {PENDING_MAX} commands to wait, found as many: try again"
            )
        if not self._waiting:
            assert self._loop is not None
            self._loop.call_soon(self._flush)
        self._waiting.append(_Placed(row, done, labels))

    async def place_one(self, row: Rows, labels: Sequence[Label] = ()) -> Outcome:
        """Send one command and wait for what comes of it; raises as `place` does."""
        assert self._loop is not None
        future: asyncio.Future[Outcome] = self._loop.create_future()

        def done(outcome: Outcome | MarketError) -> None:
            if future.cancelled():
                return
            if isinstance(outcome, MarketError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        self.place(row, done, labels)
        return await future

    async def submit(self, rows: Rows, private: bytes = b"") -> Answer:
        """Send commands that belong together; gives what came of them, durable and folded.

        Raises GatewayBusy, RequestMalformed, SequencerStopped.
        """
        if self._pending + len(self._waiting) + len(rows) > PENDING_MAX:
            raise GatewayBusy(f"expected at most {PENDING_MAX} commands to wait: try again")
        submission = self._at_work().hand_in(rows, private)
        return await self._loop_future(submission)

    def _loop_future(self, submission: Submission) -> Awaitable[Answer]:
        async def waited() -> Answer:
            events = await asyncio.wrap_future(submission.future)
            return Answer(submission.rows, events)

        return waited()

    def _at_work(self) -> Floor:
        if self._floor is None:
            raise SequencerStopped("gateway: expected a market that serves, found it closed")
        return self._floor

    def _flush(self) -> None:
        """Hand in what gathered in this turn of the loop."""
        waiting, self._waiting = self._waiting, []
        for first in range(0, len(waiting), ROWS_EACH):
            batch = waiting[first : first + ROWS_EACH]
            self._pending += len(batch)
            private = private_of(label for placed in batch for label in placed.labels)
            try:
                rows = np.stack([placed.row for placed in batch])
                submission = self._at_work().hand_in(rows, private)
            except MarketError as fault:
                self._fail(batch, fault)
                continue
            submission.future.add_done_callback(self._come_back(batch, submission))

    def _come_back(
        self, batch: list[_Placed], submission: Submission
    ) -> "Callable[[Future[Rows]], None]":
        """Give what a submission's future calls, on the committer's thread."""
        loop, held = self._loop, [submission]
        assert loop is not None

        def come_back(future: "Future[Rows]") -> None:
            fault, rows = future.exception(), held.pop().rows  # Else each holds the other for good.
            if fault is None:
                loop.call_soon_threadsafe(self._give, batch, rows)
            else:
                loop.call_soon_threadsafe(self._fail, batch, fault)

        return come_back

    def _give(self, batch: list[_Placed], rows: Rows) -> None:
        """Tell each sender what came of its command; forget what came of others before."""
        if self._is_lost:
            self._fail(batch, SequencerStopped(LOST))
            return
        sequences = rows[:, ask.SEQUENCE].tolist()
        outcomes = [self._outcomes.pop(sequence) for sequence in sequences]
        self._pending -= len(batch)
        if not self._pending:
            self._outcomes.clear()
        elif len(self._outcomes) > PENDING_MAX:
            self._forget(sequences[-1])
        for sequence, placed, outcome in zip(sequences, batch, outcomes, strict=True):
            if sequence in self._mass.get(outcome.row[ask.ACCOUNT], ()):
                self._late[sequence] = placed, outcome
                continue
            if sequence in self._mass_ended:
                outcome.events.append(self._mass_ended.pop(sequence))
            placed.done(outcome)

    def _give_late(self) -> None:
        """Answer mass cancels whose work has ended since; it follows the command (rulebook 2.8)."""
        for sequence in [each for each in self._mass_ended if each in self._late]:
            placed, outcome = self._late.pop(sequence)
            outcome.events.append(self._mass_ended.pop(sequence))
            placed.done(outcome)
        if not self._pending:
            self._mass_ended.clear()

    def _forget(self, until: int) -> None:
        for sequence in [each for each in self._outcomes if each <= until]:
            del self._outcomes[sequence]

    def _fail(self, batch: Iterable[_Placed], fault: BaseException) -> None:
        for placed in batch:
            self._pending -= 1
            known = isinstance(fault, MarketError)
            placed.done(fault if known else SequencerStopped(str(fault)))  # type: ignore[arg-type]


_OF_ORDERS = frozenset(
    {
        *(Event.ACCEPTED, Event.REFUSED, Event.REPEATED, Event.RESTED, Event.CANCELLED),
        *(Event.HELD, Event.TRIGGERED, Event.AMENDED, Event.REDUCED, Event.REFRESHED),
    }
)
_OF_TERMS = flags_of((Event.LISTED, Event.PARAMETER_SET, Event.OPENED, Event.MARKED, Event.SETTLED))
_UNSEEN = Seen([], [], set(), set())
_SIDES = frozenset(int(side) for side in ask.Side)
# What a contract is called depends on these alone.
_NAMING = np.array(
    [
        *(table.TYPE, table.INDEX, table.INDEX_B, table.EXPIRY_NS, table.AVERAGE_DAYS),
        *(table.LEG_FAR, table.LEG_NEAR),
    ]
)


def _is_open(row: Rows) -> bool:
    """Tell whether a contract has been opened: before, its terms come one by one."""
    return int(row[table.STATE]) not in (table.State.ABSENT, table.State.LISTED)


def _is_other(held: Rows, row: Rows) -> bool:
    """Tell whether a row names another contract than before: its number was taken again."""
    return _is_open(held) != _is_open(row) or bool((held[_NAMING] != row[_NAMING]).any())
