"""SEQUENCER: the one writer. It stamps commands and applies them; told is what is durable.

Takes   commands of many threads; an engine and a journal that stand at the same sequence; a clock.
Gives   to each submitter the events of its own commands; to every subscriber all that is durable,
        in order.
Keeps   nothing told that is not durable; one order for all, which is the journal's.
        ADVANCE before anything later than what is due, so that no command meets ADVANCE_DUE; and
        while work waits and nobody else wants anything, so that the work gets done.
Source  Rulebook 1.5, 2.1, 2.2 and 2.8; decisions 0007 and 0026.

    submit ─▶ queue ─▶ writer: stamp ▸ apply ─▶ committer: write ▸ fdatasync ─▶ futures, subscribers

A group is applied in memory before it is written, because only the engine knows whether an ADVANCE
must come in between; while one group is synced the next is applied (commit.py). A command that
trips an assertion is thus in no journal, and the next start does not trip over it again.

    MarketError
    └── RequestMalformed    a submission of the wrong shape, refused before it is queued
"""

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from dataclasses import field
from types import TracebackType
from typing import Any
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.commit import NO_COMMANDS
from chiphour.adapters.commit import NO_EVENTS
from chiphour.adapters.commit import Committer
from chiphour.adapters.commit import Group
from chiphour.adapters.commit import SequencerStopped as SequencerStopped
from chiphour.adapters.commit import Told
from chiphour.adapters.commit import fault_of_ours
from chiphour.adapters.commit import raise_priority
from chiphour.adapters.journal import Journal
from chiphour.adapters.recovery import Exchange
from chiphour.adapters.recovery import Rows
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import EXPIRE_NS
from chiphour.exchange.commands import KIND
from chiphour.exchange.commands import SEQUENCE
from chiphour.exchange.commands import TIME_IN_FORCE
from chiphour.exchange.commands import TIME_NS
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.events import SEQUENCE as EVENT_SEQUENCE
from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_SECOND
from chiphour.wire.journal import ROWS_MAX

GROUP_ROWS = 1024  # Commands taken together, about; and of one call of the kernel, at most.
QUEUE_ROWS = 1 << 16  # Commands that may wait; then submitters do.
PRIVATE_BYTES_MAX = 1 << 20  # Of one submission, and of one group, about.
DRAIN_ROWS = ROWS_MAX // 2  # ADVANCEs in a row that drain what one group caused, at most.

# A command of these kinds makes an instant of its own time (a FIXING), or brings times that may be
# due at any moment after it: the engine is asked before anything else is done. What other kinds
# bring is bounded: see `_calm_until`.
RESTLESS = np.ones(max(Kind) + 2, bool)  # By kind; the first and the last stand for any other.
RESTLESS[1 : max(Kind) + 1] = False
for _kind in (Kind.ADVANCE, Kind.OPEN, Kind.FIXING, Kind.SETTLE):
    RESTLESS[_kind] = True
CALL_NS_LEAST = NS_PER_SECOND  # The shortest call that an order can begin (CALL_S in seconds).

TIME_NS_END = 1 << 62  # `next_due_ns` when nothing is due (rulebook 2.6): no time reaches it.
CLOSED = "sequencer: expected to be open, found it closed"

T = TypeVar("T")
log = logging.getLogger(__name__)


class RequestMalformed(MarketError):
    """A submission that is not rows of commands."""


@dataclass(eq=False, slots=True)
class Submission:
    """One wish in the queue: rows; or a time to advance to; or a question to the engine.

    Once `future` is done, `rows` are as they were stamped.
    """

    rows: Rows
    private: bytes = b""
    advance_ns: int = 0
    question: Callable[[Exchange], Any] | None = None
    future: Future[Any] = field(default_factory=Future)
    events: list[Rows] = field(default_factory=list)


class Sequencer:
    """The one writer of a market. Close it, or use it as a context."""

    def __init__(
        self,
        engine: Exchange,
        journal: Journal,
        clock: Callable[[], int],
        contracts: Callable[[], Mapping[int, Rows]] | None = None,
    ) -> None:
        """Start the writer thread. `clock` gives the market time in nanoseconds.

        `contracts` gives copies of contracts' rows, for the subscribers; called by the writer.
        """
        assert engine.sequence + 1 == journal.mark.next_sequence
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._contracts = contracts
        self._changed = threading.Condition()
        self._queue: deque[Submission] = deque()
        self._queued_rows = 0
        self._closing = False
        self._stopped = ""
        self._subscribers: tuple[Callable[[Told], None], ...] = ()
        self._taken: list[Submission] = []  # By the writer, not all handed over yet.
        self._group = Group()
        self._first_sequence = engine.sequence
        self._committer = Committer(journal, self._tell, self._stop)
        self._writer = threading.Thread(target=self._run, name="sequencer", daemon=True)
        self._writer.start()

    def submit(self, commands: Rows, private: bytes = b"") -> Rows:
        """Submit commands; return their events once they are durable.

        `commands` is int64[n, 16]; SEQUENCE is stamped here, TIME_NS too where it is 0 or lower
        than the last. `private` belongs to the first of them and goes to the journal only. The
        commands stay together, except that an ADVANCE may come in between; its events go to
        subscribers only. Waits while the queue is full. Gives int64[m, 16], read-only.
        Raises RequestMalformed, SequencerStopped.
        """
        assert not self._is_writer(), "a subscriber cannot wait for itself"
        result: Rows = self.submit_nowait(commands, private).result()
        return result

    def submit_nowait(self, commands: Rows, private: bytes = b"") -> "Future[Rows]":
        """Submit as `submit` does, but give a future; it may be cancelled until it is taken.

        Waits only while the queue is full. Raises RequestMalformed, SequencerStopped.
        """
        return self.hand_in(commands, private).future

    def hand_in(self, commands: Rows, private: bytes = b"") -> Submission:
        """Submit as `submit_nowait` does, but give all of it: the rows too, for their stamps."""
        check_submission(commands, private)
        submission = Submission(np.array(commands, np.int64), bytes(private))
        if len(commands):
            self._enqueue(submission)
        else:
            submission.future.set_result(NO_EVENTS)
        return submission

    def advance(self, time_ns: int) -> Rows:
        """Do what is due up to `time_ns`, and what work waits; give the events of it.

        Writes nothing when there is nothing to do, so an idle market may call it as often as it
        likes. Raises RequestMalformed, SequencerStopped.
        """
        assert not self._is_writer(), "a subscriber cannot wait for itself"
        if time_ns >= TIME_NS_END:
            raise RequestMalformed(f"advance: expected a time below 2^62, found {time_ns}")
        result: Rows = self._enqueue(Submission(NO_COMMANDS, advance_ns=time_ns)).result()
        return result

    def ask(self, question: Callable[[Exchange], T]) -> T:
        """Call `question` with the engine between two groups, on the writer's thread.

        All that it sees is durable. It must read only, and quickly: everyone waits. Raises
        SequencerStopped, and whatever the question raises.
        """
        assert not self._is_writer(), "a subscriber cannot wait for itself"
        return self.question(question).result()

    def question(self, question: Callable[[Exchange], T]) -> "Future[T]":
        """Ask as `ask` does, but give a future. Raises SequencerStopped."""
        return self._enqueue(Submission(NO_COMMANDS, question=question))

    def subscribe(self, listen: Callable[[Told], None]) -> Callable[[], None]:
        """Call `listen` with all that every later frame makes durable, in order; give what ends it.

        It runs on the committer's thread: it must hand over quickly and not wait for `submit`. If
        it raises, the sequencer stops: the fault is ours.
        """
        with self._changed:
            self._subscribers += (listen,)

        def unsubscribe() -> None:
            with self._changed:
                self._subscribers = tuple(each for each in self._subscribers if each is not listen)

        return unsubscribe

    def close(self) -> None:
        """Do all that waits, state the digest, let the journal go. Twice is once."""
        assert not self._is_writer(), "a subscriber cannot wait for itself"
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._writer.join()
        self._committer.close()
        self._journal.close()

    @property
    def stopped(self) -> str:
        """Say why it takes nothing more; "" while it works."""
        return self._stopped

    @property
    def queued_rows(self) -> int:
        """Give how many commands wait for the writer."""
        return self._queued_rows

    def __enter__(self) -> "Sequencer":
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def _is_writer(self) -> bool:
        return threading.current_thread() in (self._writer, self._committer.thread)

    def _enqueue(self, submission: Submission) -> "Future[Any]":
        count = len(submission.rows)
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._stopped
                    or self._closing
                    or not self._queue
                    or self._queued_rows + count <= QUEUE_ROWS
                    or self._is_writer()
                )
            )
            if self._stopped or self._closing:
                raise SequencerStopped(self._stopped or CLOSED)
            self._queue.append(submission)
            self._queued_rows += count
            self._changed.notify_all()
        return submission.future

    def _tell(self, told: Told) -> None:
        """Tell subscribers; on the committer's thread."""
        for listen in self._subscribers:
            listen(told)

    def _stop(self, why: str) -> None:
        """Take nothing more; tell everyone who still waits. Of two reasons the first stands."""
        with self._changed:
            self._stopped = self._stopped or why
            left = [each for each in self._queue if each.future.set_running_or_notify_cancel()]
            self._queue.clear()
            self._changed.notify_all()
        for submission in left:
            submission.future.set_exception(SequencerStopped(self._stopped))

    # From here on: the writer's thread.

    def _run(self) -> None:
        """Do groups until closed, or until something stops it."""
        raise_priority()
        try:
            while self._take():
                self._do(self._taken)
                self._taken = []
            self._committer.drain()
            if self._engine.sequence != self._first_sequence:
                self._journal.append(NO_COMMANDS, b"", self._engine.digest())
            why = CLOSED
        except SequencerStopped as fault:  # The committer has told of it.
            why = str(fault)
        except MarketError as fault:
            log.error("the sequencer stops: %s", fault)
            why = f"sequencer: expected to go on, found {fault}"
        except BaseException as fault:
            log.exception("the sequencer stops: a fault of ours")
            why = fault_of_ours(fault, self._last_durable())
        self._stop(why)
        for submission in self._taken:
            if not submission.future.done():
                submission.future.set_exception(SequencerStopped(self._stopped))

    def _last_durable(self) -> int:
        """Wait for what was handed over before a fault; give the last sequence that is durable."""
        with contextlib.suppress(SequencerStopped):
            self._committer.drain()
        return self._journal.mark.next_sequence - 1

    def _take(self) -> bool:
        """Wait for a group: commands, up to its size, or one other wish. False when closed."""
        if self._engine.sequence != self._first_sequence:  # Before, subscribers may be missing.
            self._work(self._engine.time_ns)
            self._hand_over()
        with self._changed:
            while not self._taken:
                self._changed.wait_for(lambda: self._queue or self._closing or self._stopped)
                if not self._queue:
                    return False
                rows = private = 0
                while self._queue and rows < GROUP_ROWS and private < PRIVATE_BYTES_MAX:
                    following = self._queue[0]
                    if self._taken and not (len(following.rows) and len(self._taken[0].rows)):
                        break
                    self._queue.popleft()
                    self._queued_rows -= len(following.rows)
                    if following.future.set_running_or_notify_cancel():
                        self._taken.append(following)
                        rows += len(following.rows)
                        private += len(following.private)
                self._changed.notify_all()
        return True

    def _do(self, group: list[Submission]) -> None:
        """Do a group, and hand it over; a question is answered once all before it is durable."""
        first = group[0]
        if first.question is not None:
            self._committer.drain()
            _answer_question(first, self._engine)
        elif len(first.rows) == 0:
            self._advance(first.advance_ns, first.events)
            self._work(max(first.advance_ns, self._engine.time_ns), first.events, idle=False)
            self._group.done.append((first.future, first.events))
        else:
            self._apply_group(group)
            self._work(self._engine.time_ns)
        self._hand_over()

    def _apply_group(self, group: list[Submission]) -> None:
        """Stamp the commands of a group, and apply them in parts that nothing due can interrupt."""
        rows = np.concatenate([submission.rows for submission in group])
        ends = np.cumsum([len(submission.rows) for submission in group])
        for submission, end in zip(group, ends.tolist(), strict=True):
            submission.rows = rows[end - len(submission.rows) : end]
        times = rows[:, TIME_NS]
        times[times == 0] = self._clock()
        times[0] = max(int(times[0]), self._engine.time_ns)
        np.maximum.accumulate(times, out=times)
        cuts = np.flatnonzero(RESTLESS[np.clip(rows[:, KIND], 0, len(RESTLESS) - 1)]) + 1
        start = 0
        while start < len(rows):
            self._advance(int(times[start]))
            stop = min(len(rows), start + GROUP_ROWS)
            cut = int(np.searchsorted(cuts, start, "right"))
            stop = min(stop, int(cuts[cut])) if cut < len(cuts) else stop
            until_ns = min(self._engine.next_due_ns, _calm_until(rows[start:stop]))
            stop = max(start + 1, int(np.searchsorted(times[:stop], until_ns)))
            self._apply_part(group, ends, rows, slice(start, stop))
            start = stop
        self._advance(int(times[-1]))

    def _apply_part(
        self, group: list[Submission], ends: NDArray[np.int64], rows: Rows, part: slice
    ) -> None:
        """Apply rows[part]; give each submission its own events. `ends` are its ends in `rows`."""
        first = int(np.searchsorted(ends, part.start, "right"))
        last = int(np.searchsorted(ends, part.stop, "left"))
        owners, owner_ends = group[first : last + 1], ends[first : last + 1]
        offset = self._group.count - part.start
        for owner, end in zip(owners, owner_ends.tolist(), strict=True):
            begin = end - len(owner.rows)
            if owner.private and begin >= part.start:
                self._group.private.append((begin + offset, owner.private))
                self._group.private_bytes += len(owner.private)
        next_sequences = np.minimum(owner_ends, part.stop) - part.start + self._engine.sequence + 1
        events = self._apply(rows[part])
        places = np.searchsorted(events[:, EVENT_SEQUENCE], next_sequences).tolist()
        for owner, begin, end in zip(owners, [0, *places], places, strict=False):
            owner.events.append(events[begin:end])
        whole = owners if ends[last] == part.stop else owners[:-1]
        self._group.done += [(owner.future, owner.events) for owner in whole]
        if self._group.count >= GROUP_ROWS:
            self._hand_over()

    def _advance(self, time_ns: int, told: list[Rows] | None = None) -> None:
        """Insert ADVANCE until nothing is due at `time_ns`; their events also go to `told`."""
        while (due_ns := self._engine.next_due_ns) <= time_ns:
            events = self._apply(_advance_row(max(due_ns, self._engine.time_ns)))
            assert len(events) or self._engine.next_due_ns != due_ns
            if told is not None:
                told.append(events)
            if self._group.count >= GROUP_ROWS:
                self._hand_over()

    def _work(self, time_ns: int, told: list[Rows] | None = None, idle: bool = True) -> None:
        """Send ADVANCE while work waits (rulebook 2.8); `idle`: and nobody waits in the queue.

        It comes before the answer to what caused the work, so that one member alone, who waits for
        each answer, makes the same journal every time.
        """
        while self._engine.work_waits and not (idle and self._queue):
            events = self._apply(_advance_row(time_ns))
            if told is not None:
                told.append(events)
            if self._group.count >= DRAIN_ROWS:
                self._hand_over()

    def _apply(self, rows: Rows) -> Rows:
        """Number and apply rows, into the group in work."""
        group, last = self._group, self._engine.sequence
        rows[:, SEQUENCE] = np.arange(last + 1, last + 1 + len(rows))
        events = np.array(self._engine.apply(rows), np.int64)
        events.flags.writeable = False
        assert self._engine.sequence == last + len(rows)
        group.rows.append(rows)
        group.count += len(rows)
        group.events.append(events)
        return events

    def _hand_over(self) -> None:
        """Hand the group in work over to be made durable."""
        group, self._group = self._group, Group()
        if group.count and self._contracts is not None:
            group.contracts = self._contracts()
        if group.count or group.done:
            self._committer.hand(group)


def _advance_row(time_ns: int) -> Rows:
    row = np.zeros((1, COMMAND_COLUMNS), np.int64)
    row[0, KIND] = Kind.ADVANCE
    row[0, TIME_NS] = time_ns
    return row


def _calm_until(rows: Rows) -> int:
    """Give a time before which nothing new can come due by these rows, whatever they do.

    A call ends at least a second after the command that began it; an order that ends does so at
    EXPIRE_NS (or, a DAY order, at a 00:30, at which each open contract settles anyway).
    """
    ends = rows[(rows[:, KIND] == Kind.ORDER) & (rows[:, TIME_IN_FORCE] == TimeInForce.GTD)]
    first_end = int(np.min(ends[:, EXPIRE_NS], initial=TIME_NS_END))
    return min(int(rows[0, TIME_NS]) + CALL_NS_LEAST, first_end)


def check_submission(commands: Rows, private: bytes) -> None:
    """Raise RequestMalformed unless `commands` is int64[n, 16] with times below 2^62."""
    shape = getattr(commands, "shape", None)
    if shape is None or len(shape) != 2 or shape[1] != COMMAND_COLUMNS:
        raise RequestMalformed(f"submit: expected int64[n, {COMMAND_COLUMNS}], found shape {shape}")
    if commands.dtype != np.int64:
        raise RequestMalformed(f"submit: expected int64, found {commands.dtype}")
    found = int(np.max(commands[:, TIME_NS], initial=0))
    if found >= TIME_NS_END:
        raise RequestMalformed(f"submit: expected TIME_NS below 2^62, found {found}")
    if len(private) > PRIVATE_BYTES_MAX:
        raise RequestMalformed(
            f"submit: expected at most {PRIVATE_BYTES_MAX} private bytes, found {len(private)}"
        )


def _answer_question(submission: Submission, engine: Exchange) -> None:
    assert submission.question is not None
    try:
        answer = submission.question(engine)
    except Exception as fault:  # The asker's own; it goes back to the asker.
        submission.future.set_exception(fault)
    else:
        submission.future.set_result(answer)
