"""SUPERVISOR: the tasks of a running market, each on a thread of its own, kept at work.

Takes   duties: a line of the calendar each, and what to do at a moment; the market's time.
Gives   `Supervisor`, a context: inside it the duties are done when they are due; how each fares.
Keeps   each task apart: what fails in one, a fault of ours or its thread's own death too, is
        counted, told and tried again soon, and touches no other. A moment is left behind only when
        its work has returned, so work must be such that doing it again changes nothing.
        Where the market itself stands still nothing is hidden: the process is asked to end.
Source  Decision 0033.

    waiting ──moment has come──▶ running ──done──▶ waiting
                                 │    ▲
                           fault │    │ after 1 s, 2 s, ... at most 64 s
                                 ▼    │
                                backing off          any ──market stopped──▶ failed

    MarketError
    └── TaskEnded    a task, or its thread, ended though nobody asked it to
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple

from chiphour.adapters.calendar import Entry
from chiphour.adapters.calendar import due
from chiphour.adapters.commit import SequencerStopped
from chiphour.adapters.market_time import MarketTime
from chiphour.adapters.refusal import bounded_detail
from chiphour.observe.observation import MarketError
from chiphour.publish.tasks import STATES
from chiphour.publish.tasks import TaskRow
from chiphour.units import NS_PER_SECOND
from chiphour.units import iso_from_ns

WAIT_NS = NS_PER_SECOND  # After the first failure; it doubles with each further one in a row ...
DOUBLINGS_MAX = 6  # ... up to 64 s: a task that is down for long is down by a minute too much.
LOOK_S = 0.2  # How often it is looked whether every thread lives.
log = logging.getLogger(__name__)


class TaskEnded(MarketError):
    """A task, or its thread, ended though nobody asked it to."""


class Duty(NamedTuple):
    """What one task has to do.

    `work` does a moment, or, where the calendar has no moments, works until the end; None where
    this market has nobody to do it. All moments up to `done_ns` need no doing. `begun` tells of a
    missed moment whether it was begun.
    """

    entry: Entry
    work: Callable[[int], None] | None
    done_ns: int = 0
    begun: Callable[[int], bool] = lambda moment_ns: False


class Supervisor:
    """Keeps tasks at work inside its context. `rows` may be asked by any thread."""

    def __init__(self, duties: Iterable[Duty], time: MarketTime, stop: threading.Event) -> None:
        """Prepare; nothing is done before the context is entered. `stop` ends all of it."""
        self._time = time
        self._stop = stop
        self._tasks = [_Task(duty, time.now_ns()) for duty in duties]
        self._threads: dict[str, threading.Thread] = {}
        self._watch = threading.Thread(target=self._look_after, name="supervisor")
        self._turn = threading.Lock()
        self.fault: SequencerStopped | None = None

    def __enter__(self) -> "Supervisor":
        """Begin."""
        for task in self._tasks:
            if task.duty.work is not None:
                self._start(task)
        self._watch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End every task after the moment that it is at; raise why the market stopped, if so."""
        self._stop.set()
        self._watch.join()
        for thread in self._threads.values():
            thread.join()
        for task in self._tasks:
            if task.state not in ("failed", "not there yet"):
                task.enter("stopped", self._time.now_ns())
        if self.fault is not None and fault is None:
            raise self.fault

    def now_ns(self) -> int:
        """Give the market time."""
        return self._time.now_ns()

    def rows(self) -> tuple[TaskRow, ...]:
        """Give how each task fares, in the order of the duties."""
        return tuple(task.row() for task in self._tasks)

    def _start(self, task: "_Task") -> None:
        name = task.duty.entry.task
        thread = threading.Thread(target=self._keep_at, args=(task,), name=name)
        thread.start()
        self._threads[name] = thread

    def _look_after(self) -> None:
        """Begin again every task whose thread has died, until the end."""
        while not self._stop.wait(LOOK_S):
            for task in self._tasks:
                thread = self._threads.get(task.duty.entry.task)
                if thread is None or thread.is_alive() or task.state in ("failed", "stopped"):
                    continue
                if not self._stop.is_set():
                    died = TaskEnded("expected its thread at work, found it dead: begun again")
                    task.fails(died, self._time.now_ns())
                    with suppress(RuntimeError):  # No thread to be had now: look again.
                        self._start(task)

    def _keep_at(self, task: "_Task") -> None:
        """Do a duty until the end, and again after each fault."""
        while not self._stop.is_set():
            try:
                self._do(task)
            except SequencerStopped as fault:
                self._give_up(task, fault)
                return
            except BaseException as fault:
                task.fails(fault, self._time.now_ns())
                self._time.wait(task.next_ns, self._stop)
        task.enter("stopped", self._time.now_ns())

    def _do(self, task: "_Task") -> None:
        """Wait for the next moment of a duty and do it, or work at it until the end."""
        entry, work = task.duty.entry, task.duty.work
        assert work is not None
        now_ns = self._time.now_ns()
        moment_ns = now_ns
        if entry.times is not None:
            moment_ns, passed_over = due(entry, task.done_ns, now_ns, task.duty.begun)
            task.passes_over(passed_over)
            if moment_ns > now_ns:
                task.waits(moment_ns, now_ns)
                self._time.wait(moment_ns, self._stop)
                return  # Of moments that came meanwhile it may be another one that is due.
        task.begins(now_ns)
        work(moment_ns)
        if entry.times is None and not self._stop.is_set():
            raise TaskEnded("expected to work until the end, found its work ended")
        task.ends(moment_ns, now_ns)

    def _give_up(self, task: "_Task", fault: SequencerStopped) -> None:
        """Let the process end: the market stands still, and must not look alive."""
        task.last_error = bounded_detail(str(fault))
        task.enter("failed", self._time.now_ns())
        with self._turn:
            is_first, self.fault = self.fault is None, self.fault or fault
        if is_first and not self._stop.is_set():
            os.kill(os.getpid(), signal.SIGTERM)


class _Task:
    """What is remembered of one task while it runs. Its own thread writes, any may read."""

    def __init__(self, duty: Duty, now_ns: int) -> None:
        self.duty = duty
        self.done_ns = duty.done_ns
        self.state = "waiting" if duty.work is not None else "not there yet"
        self.next_ns = 0
        self.last_error = ""
        self._since_ns = now_ns
        self._last_run_ns = self._last_success_ns = 0
        self._runs = self._failures = self._in_a_row = self._missed = 0

    def waits(self, moment_ns: int, now_ns: int) -> None:
        """Note that its next moment has not come."""
        self.next_ns = moment_ns
        self.enter("waiting", now_ns)

    def begins(self, now_ns: int) -> None:
        """Note that it begins to work."""
        self._runs += 1
        self._last_run_ns = now_ns
        self.next_ns = 0
        self.enter("running", now_ns)

    def ends(self, moment_ns: int, now_ns: int) -> None:
        """Note that the work of a moment, begun at `now_ns`, went well."""
        self.done_ns = moment_ns
        self._last_success_ns = now_ns
        self._in_a_row = 0
        self.last_error = ""

    def fails(self, fault: BaseException, now_ns: int) -> None:
        """Note that it failed, and when it tries again."""
        is_known = isinstance(fault, MarketError)
        detail = str(fault) if is_known else f"{type(fault).__name__}: {fault}"
        self.last_error = bounded_detail(detail)
        self.next_ns = now_ns + backoff_ns(self._in_a_row)
        self._failures += 1
        self._in_a_row += 1
        self.enter("backing off", now_ns)
        name = self.duty.entry.task
        log.error("%s: %s", name, self.last_error, exc_info=None if is_known else fault)

    def passes_over(self, moments_ns: Iterable[int]) -> None:
        """Tell of the moments that were missed and will not be done."""
        for moment_ns in moments_ns:
            self._missed += 1
            self.done_ns = moment_ns
            if self.duty.entry.catch_up == "within its day":
                log.error("%s: missed %s", self.duty.entry.task, iso_from_ns(moment_ns))

    def enter(self, state: str, now_ns: int) -> None:
        """Enter a state, or stay in it."""
        assert state in STATES
        if state != self.state:
            self.state, self._since_ns = state, now_ns

    def row(self) -> TaskRow:
        """Give all of it as a record."""
        return TaskRow(
            self.duty.entry.task,
            self.state,
            self._since_ns,
            self._last_run_ns,
            self._last_success_ns,
            self.next_ns,
            self._runs,
            self._failures,
            self._missed,
            self.last_error,
            self.duty.entry.catch_up,
        )


def backoff_ns(failures: int) -> int:
    """Give how long to wait after one more failure than so many in a row."""
    return WAIT_NS << min(failures, DOUBLINGS_MAX)
