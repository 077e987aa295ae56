"""SEQUENCER: the one writer. It stamps commands, applies them, makes them durable, then tells.

Takes   commands of many threads; an engine and a journal that stand at the same sequence; a clock.
Gives   to each submitter the events of its own commands, to every subscriber all events in order.
Keeps   nothing told that is not durable; one order for all, which is the journal's.
        ADVANCE before anything later than what is due, so that no command meets ADVANCE_DUE.
Source  Rulebook 1.5, 2.1 and 2.2; decision 0007.

    submit ─▶ queue ─▶ writer: stamp ▸ apply ▸ write ▸ fdatasync ─▶ futures, then subscribers

A group is applied in memory before it is written, because only the engine knows whether an ADVANCE
must come in between; its events leave after the sync. A command that trips an assertion is thus in
no journal, and the next start does not trip over it again.

    MarketError
    ├── RequestMalformed    a submission of the wrong shape, refused before it is queued
    └── SequencerStopped    closed, or stopped by the disk or by a fault of ours
"""

import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from dataclasses import field
from types import TracebackType
from typing import Any
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.journal import Journal
from chiphour.adapters.recovery import Exchange
from chiphour.adapters.recovery import Rows
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import KIND
from chiphour.exchange.commands import SEQUENCE
from chiphour.exchange.commands import TIME_NS
from chiphour.exchange.commands import Kind
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.events import SEQUENCE as EVENT_SEQUENCE
from chiphour.observe.observation import MarketError
from chiphour.wire.journal import pack_private

GROUP_ROWS = 1024  # Commands of one frame, about; and of one call of the kernel, at most.
QUEUE_ROWS = 1 << 16  # Commands that may wait; then submitters do.
PRIVATE_BYTES_MAX = 1 << 20  # Of one submission, and of one group, about.
DIGEST_ROWS = 1 << 20  # Commands after which a frame states the digest of the state.
WRITER_NICE = -10  # A busy machine otherwise wakes the writer 4 ms late (decision 0007).

# After a command of these kinds nothing new can be due at its own time. After any other the
# engine is asked first: a FIXING makes its time an instant, OPEN and ADVANCE bring due times.
CALM = np.zeros(max(Kind) + 2, bool)  # By kind; the first and the last stand for any other.
for _kind in ("OPEN_ACCOUNT", "DEPOSIT", "WITHDRAW", "TRANSFER", "MARK", "ORDER", "CANCEL"):
    CALM[Kind[_kind]] = True

TIME_NS_END = 1 << 62  # `next_due_ns` when nothing is due (rulebook 2.6): no time reaches it.
NO_COMMANDS: Rows = np.zeros((0, COMMAND_COLUMNS), np.int64)
NO_EVENTS: Rows = np.zeros((0, EVENT_COLUMNS), np.int64)
CLOSED = "sequencer: expected to be open, found it closed"

T = TypeVar("T")
log = logging.getLogger(__name__)


class RequestMalformed(MarketError):
    """A submission that is not rows of commands."""


class SequencerStopped(MarketError):
    """The sequencer takes nothing more. What had no answer was not done, or a restart tells."""


@dataclass(eq=False, slots=True)
class _Submission:
    """One wish in the queue: rows; or a time to advance to; or a question to the engine."""

    rows: Rows
    private: bytes = b""
    advance_ns: int = 0
    question: Callable[[Exchange], Any] | None = None
    future: Future[Any] = field(default_factory=Future)
    events: list[Rows] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class _Frame:
    """What was applied and is not durable yet, and who waits for it."""

    rows: list[Rows] = field(default_factory=list)
    count: int = 0
    private: list[tuple[int, bytes]] = field(default_factory=list)
    digest: str = ""
    events: list[Rows] = field(default_factory=list)
    done: list[_Submission] = field(default_factory=list)


class Sequencer:
    """The one writer of a market. Close it, or use it as a context."""

    def __init__(self, engine: Exchange, journal: Journal, clock: Callable[[], int]) -> None:
        """Start the writer thread. `clock` gives the market time in nanoseconds."""
        assert engine.sequence + 1 == journal.mark.next_sequence
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._changed = threading.Condition()
        self._queue: deque[_Submission] = deque()
        self._queued_rows = 0
        self._closing = False
        self._stopped = ""
        self._subscribers: tuple[Callable[[Rows], None], ...] = ()
        self._taken: list[_Submission] = []  # By the writer, not all answered yet.
        self._frame = _Frame()
        self._digest_sequence: int | None = None  # Where this run last stated a digest.
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
        check_submission(commands, private)
        if len(commands):
            return self._enqueue(_Submission(np.array(commands, np.int64), bytes(private)))
        nothing: Future[Rows] = Future()
        nothing.set_result(NO_EVENTS)
        return nothing

    def advance(self, time_ns: int) -> Rows:
        """Do what is due up to `time_ns`, with nothing to submit; give the events of it.

        Writes nothing when nothing is due, so an idle market may call it as often as it likes.
        Raises RequestMalformed, SequencerStopped.
        """
        assert not self._is_writer(), "a subscriber cannot wait for itself"
        if time_ns >= TIME_NS_END:
            raise RequestMalformed(f"advance: expected a time below 2^62, found {time_ns}")
        result: Rows = self._enqueue(_Submission(NO_COMMANDS, advance_ns=time_ns)).result()
        return result

    def ask(self, question: Callable[[Exchange], T]) -> T:
        """Call `question` with the engine between two groups, on the writer's thread.

        All that it sees is durable. It must read only, and quickly: everyone waits. Raises
        SequencerStopped, and whatever the question raises.
        """
        assert not self._is_writer(), "a subscriber cannot wait for itself"
        result: T = self._enqueue(_Submission(NO_COMMANDS, question=question)).result()
        return result

    def subscribe(self, listen: Callable[[Rows], None]) -> Callable[[], None]:
        """Call `listen` with the events of every later frame, in order; give what ends that.

        It runs on the writer's thread: it must hand over quickly and not wait for `submit`. The
        rows are int64[m, 16], read-only. If it raises, the sequencer stops: the fault is ours.
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
        self._journal.close()

    @property
    def stopped(self) -> str:
        """Say why it takes nothing more; "" while it works."""
        return self._stopped

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
        return threading.current_thread() is self._writer

    def _enqueue(self, submission: _Submission) -> "Future[Any]":
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

    # From here on: the writer's thread.

    def _run(self) -> None:
        """Answer groups until closed, or until something stops it."""
        with contextlib.suppress(OSError):  # Not allowed everywhere; then it is as it is.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), WRITER_NICE)
        try:
            while self._take():
                self._answer(self._taken)
                self._taken = []
            self._state_digest()
            self._stop(CLOSED)
        except MarketError as fault:
            log.error("the sequencer stops: %s", fault)
            self._stop(f"sequencer: expected to go on, found {fault}")
        except BaseException as fault:
            log.exception("the sequencer stops: a fault of ours")
            last = self._journal.mark.next_sequence - 1
            self._stop(
                "sequencer: expected to go on, found a fault of ours, "
                f"{type(fault).__name__}: {fault}, after durable sequence {last}: start again"
            )

    def _take(self) -> bool:
        """Wait for a group: commands, up to its size, or one other wish. False when closed."""
        with self._changed:
            while not self._taken:
                self._changed.wait_for(lambda: self._queue or self._closing)
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

    def _answer(self, group: list[_Submission]) -> None:
        """Do a group, and answer all of it."""
        first = group[0]
        if first.question is not None:
            _answer_question(first, self._engine)
        elif len(first.rows) == 0:
            self._advance(first.advance_ns, first.events)
            self._frame.done.append(first)
        else:
            self._apply_group(group)
        self._flush()

    def _apply_group(self, group: list[_Submission]) -> None:
        """Stamp the commands of a group, and apply them in parts that nothing due can interrupt."""
        rows = np.concatenate([submission.rows for submission in group])
        ends = np.cumsum([len(submission.rows) for submission in group])
        times = rows[:, TIME_NS]
        times[times == 0] = self._clock()
        times[0] = max(int(times[0]), self._engine.time_ns)
        np.maximum.accumulate(times, out=times)
        cuts = np.flatnonzero(~CALM[np.clip(rows[:, KIND], 0, len(CALM) - 1)]) + 1
        start = 0
        while start < len(rows):
            self._advance(int(times[start]))
            stop = min(len(rows), start + GROUP_ROWS)
            cut = int(np.searchsorted(cuts, start, "right"))
            stop = min(stop, int(cuts[cut])) if cut < len(cuts) else stop
            stop = int(np.searchsorted(times[:stop], self._engine.next_due_ns))
            assert stop > start
            self._apply_part(group, ends, rows, slice(start, stop))
            start = stop
        self._advance(int(times[-1]))

    def _apply_part(
        self, group: list[_Submission], ends: NDArray[np.int64], rows: Rows, part: slice
    ) -> None:
        """Apply rows[part]; give each submission its own events. `ends` are its ends in `rows`."""
        first = int(np.searchsorted(ends, part.start, "right"))
        last = int(np.searchsorted(ends, part.stop, "left"))
        owners, owner_ends = group[first : last + 1], ends[first : last + 1]
        offset = self._frame.count - part.start
        for owner, end in zip(owners, owner_ends.tolist(), strict=True):
            begin = end - len(owner.rows)
            if owner.private and begin >= part.start:
                self._frame.private.append((begin + offset, owner.private))
        next_sequences = np.minimum(owner_ends, part.stop) - part.start + self._engine.sequence + 1
        events = self._apply(rows[part])
        places = np.searchsorted(events[:, EVENT_SEQUENCE], next_sequences).tolist()
        for owner, begin, end in zip(owners, [0, *places], places, strict=False):
            owner.events.append(events[begin:end])
        self._frame.done += owners if ends[last] == part.stop else owners[:-1]
        if self._frame.count >= GROUP_ROWS:
            self._flush()

    def _advance(self, time_ns: int, told: list[Rows] | None = None) -> None:
        """Insert ADVANCE until nothing is due at `time_ns`; their events also go to `told`."""
        while (due_ns := self._engine.next_due_ns) <= time_ns:
            row = np.zeros((1, COMMAND_COLUMNS), np.int64)
            row[0, KIND] = Kind.ADVANCE
            row[0, TIME_NS] = max(due_ns, self._engine.time_ns)
            events = self._apply(row)
            assert len(events) or self._engine.next_due_ns != due_ns
            if told is not None:
                told.append(events)
            if self._frame.count >= GROUP_ROWS:
                self._flush()

    def _apply(self, rows: Rows) -> Rows:
        """Number and apply rows, into the frame in work; its digest is from before its first."""
        frame, last = self._frame, self._engine.sequence
        stated = self._digest_sequence
        if not frame.count and (stated is None or last - stated >= DIGEST_ROWS):
            frame.digest = self._engine.digest()
            self._digest_sequence = last
        rows[:, SEQUENCE] = np.arange(last + 1, last + 1 + len(rows))
        events = np.array(self._engine.apply(rows), np.int64)
        events.flags.writeable = False
        assert self._engine.sequence == last + len(rows)
        frame.rows.append(rows)
        frame.count += len(rows)
        frame.events.append(events)
        return events

    def _flush(self) -> None:
        """Make the frame in work durable; then answer who waits for it, then tell subscribers."""
        frame, self._frame = self._frame, _Frame()
        if frame.count:
            private = pack_private(frame.private)
            self._journal.append(np.concatenate(frame.rows), private, frame.digest)
        for submission in frame.done:
            submission.future.set_result(_joined(submission.events))
        events = _joined(frame.events)
        if len(events):
            for listen in self._subscribers:
                listen(events)

    def _state_digest(self) -> None:
        """Write a frame without rows that states the digest, when commands came since the last."""
        if self._digest_sequence not in (None, self._engine.sequence):
            self._journal.append(NO_COMMANDS, b"", self._engine.digest())

    def _stop(self, why: str) -> None:
        """Take nothing more; tell everyone who still waits."""
        with self._changed:
            self._stopped = why
            left = [each for each in self._taken if not each.future.done()]
            left += [each for each in self._queue if each.future.set_running_or_notify_cancel()]
            self._queue.clear()
            self._changed.notify_all()
        for submission in left:
            submission.future.set_exception(SequencerStopped(why))


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


def _answer_question(submission: _Submission, engine: Exchange) -> None:
    assert submission.question is not None
    try:
        answer = submission.question(engine)
    except Exception as fault:  # The asker's own; it goes back to the asker.
        submission.future.set_exception(fault)
    else:
        submission.future.set_result(answer)


def _joined(parts: list[Rows]) -> Rows:
    """Join events, read-only; a single part is not copied."""
    if len(parts) == 1:
        return parts[0]
    events = np.concatenate([NO_EVENTS, *parts])
    events.flags.writeable = False
    return events
