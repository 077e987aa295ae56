"""COLLECTOR: every venue polled in its lanes, all day, and what came kept.

Takes   readers, the fetcher, a store, the secret seed of the strike's times; a clock and a jitter.
Gives   one round, or the lanes until told to stop; the state of each venue's task, in the store.
Keeps   each venue in a task of its own, so that one that hangs, floods or answers rubbish delays
        no other; a task that dies of a fault of ours, an assertion too, is counted and begun
        again, for the other venues' sake. One thread touches the store, and the queue before it
        is bounded; a poll is kept by one call, so it is there whole or not at all.
Source  Decision 0015; requirement O3.
"""

import asyncio
import contextlib
import json
import logging
import secrets
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from types import TracebackType
from typing import NamedTuple
from typing import Protocol
from typing import TypeVar

from chiphour.adapters.breaker import may_ask
from chiphour.adapters.fetch import Fetcher
from chiphour.adapters.fetch import Sleep
from chiphour.adapters.poll import Poll
from chiphour.adapters.poll import poll
from chiphour.adapters.refusal import Refusal
from chiphour.adapters.refusal import bounded_detail
from chiphour.adapters.schedule import Commitment
from chiphour.adapters.schedule import Lane
from chiphour.adapters.schedule import Revealed
from chiphour.adapters.schedule import check_reveal
from chiphour.adapters.schedule import commitment
from chiphour.adapters.schedule import due_ns
from chiphour.adapters.schedule import next_strike_day
from chiphour.adapters.schedule import next_strike_poll_ns
from chiphour.adapters.schedule import requests_of
from chiphour.adapters.schedule import reveal
from chiphour.adapters.task import Task
from chiphour.adapters.task import TaskState
from chiphour.observe.observation import MarketError
from chiphour.observe.venue import Rate
from chiphour.observe.venue import Reader
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import PPM
from chiphour.units import strike_ns

FIRST_WAIT_S = 10  # So long the other venues wait for the rates of currencies, and no longer.
STEP_NS = NS_PER_SECOND  # The longest sleep: a clock that was set is noticed after it.
QUEUE_MAX = 64  # Calls that may wait for the store's thread; then their tasks wait.
COMMIT_RETRY_NS = NS_PER_MINUTE

T = TypeVar("T")
log = logging.getLogger("chiphour.collect")


class Outcome(NamedTuple):
    """What became of one venue in a round.

    `poll` is None where its breaker let nobody ask, or where our own program failed: then the
    state says how. `new` counts the observations that the store did not have.
    """

    source: str
    poll: Poll | None
    new: int
    elapsed_ns: int
    state: TaskState


class Store(Protocol):
    """What the collector needs of the archive. One thread calls it; each call is atomic."""

    def keep_poll(self, poll: Poll) -> int:
        """Keep a poll and its bodies; of a refused one bodies and refusal. Give the new rows."""
        ...

    def refuse(self, refusal: Refusal) -> None:
        """Keep a refusal that belongs to no poll: a fault of ours."""
        ...

    def keep_task(self, state: TaskState) -> None:
        """Keep the state of a task in place of the last one of its source."""
        ...

    def tasks(self) -> tuple[TaskState, ...]:
        """Give the states kept last, by source."""
        ...

    def last_polls(self) -> Mapping[str, int]:
        """Give for each source the `observed_ns` of the last poll kept of all that it offers.

        One of a part alone, or one that was refused, leaves the lane "round" due.
        """
        ...

    def rates(self, before_ns: int) -> tuple[Rate, ...]:
        """Give for each currency the last rate published before a time."""
        ...

    def commit(self, commitment: Commitment) -> None:
        """Keep a commitment; where the venue and day have one already, that one stays."""
        ...

    def reveal(self, revealed: Revealed) -> None:
        """Keep what a commitment hid."""
        ...

    def unrevealed(self) -> tuple[Commitment, ...]:
        """Give the commitments that are not revealed."""
        ...


class Collector:
    """Polls venues and keeps what comes. One `round` or `run` at a time."""

    def __init__(
        self,
        readers: Iterable[Reader],
        fetcher: Fetcher,
        store: Store,
        *,
        seed: bytes,
        first: frozenset[str] = frozenset(),
        intervals_ns: Mapping[str, int] | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        sleep: Sleep = asyncio.sleep,
        jitter_ppm: Callable[[], int] = lambda: secrets.randbelow(PPM + 1),
    ) -> None:
        """Prepare the tasks of all readers that have somebody to ask.

        `first` names the sources that give rates of currencies: they are polled before others.
        `intervals_ns` gives venues an interval of their own in the lane "round".
        """
        self._fetcher = fetcher
        self._store = store
        self._seed = seed
        self._intervals_ns = intervals_ns or {}
        self._now_ns = now_ns
        self._sleep = sleep
        self._jitter_ppm = jitter_ppm
        asked = (reader for reader in readers if reader.VENUE.base_url)
        self._tasks = {reader.VENUE.name: Task(reader, now_ns()) for reader in asked}
        self._first = first & self._tasks.keys()
        self._unheard: set[str] = set()
        self._all_heard = asyncio.Event()
        self._writer = _Writer()

    async def round(self) -> list[Outcome]:
        """Poll every venue once, all at the same time, those of `first` before the others."""
        async with self._writer:
            await self._begin()
            tasks = self._tasks.values()
            return list(await asyncio.gather(*(self._take_part(task) for task in tasks)))

    async def run(self, stop: asyncio.Event) -> None:
        """Poll in the lanes until `stop` is set. What is older than its interval comes at once."""
        async with self._writer:
            await self._begin()
            log.info(_line("started", venues=len(self._tasks)))
            again_ns = await self._commit_and_reveal()  # Before anybody is polled.
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(self._keep_at(task)) for task in self._tasks.values()]
                running.append(group.create_task(self._keep_commitments(again_ns)))
                await stop.wait()
                for each in running:
                    each.cancel()
        log.info(_line("stopped", venues=len(self._tasks)))

    def states(self) -> tuple[TaskState, ...]:
        """Give the states of all tasks, by source."""
        return tuple(self._state(self._tasks[name]) for name in sorted(self._tasks))

    async def _begin(self) -> None:
        """Go on from what the store has of an earlier collector."""
        self._unheard = set(self._first)
        self._all_heard.clear()
        last_polls = await self._writer.call(self._store.last_polls)
        before = {state.source: state for state in await self._writer.call(self._store.tasks)}
        for name, task in self._tasks.items():
            if task.last_try_ns == 0:
                task.goes_on(last_polls.get(name, 0), before.get(name), self._now_ns())
                task.next_ns = self._next(task)[1]
                await self._writer.call(self._store.keep_task, self._state(task))

    async def _take_part(self, task: Task) -> Outcome:
        """Poll a venue once in a round, if its breaker lets us."""
        await self._after_first(task)
        began_ns = self._now_ns()
        found: tuple[Poll | None, int] = (None, 0)
        if may_ask(task.breaker, began_ns):
            try:
                found = await self._poll(task, "round")
            except Exception as fault:
                await self._fail(task, fault)
        self._heard(task)
        return Outcome(task.source, *found, self._now_ns() - began_ns, self._state(task))

    async def _keep_at(self, task: Task) -> None:
        """Run the lanes of a venue, and again where they die."""
        while True:
            try:
                await self._run_lanes(task)
            except Exception as fault:
                await self._fail(task, fault)

    async def _run_lanes(self, task: Task) -> None:
        while True:
            lane, task.next_ns = self._next(task)
            if task.next_ns > self._now_ns():
                self._heard(task)  # Nothing of it is due: nobody need wait for it.
            if back_ns := await self._until(task.next_ns):
                task.goes_back(back_ns)
                continue
            await self._after_first(task)
            await self._poll(task, lane)

    def _next(self, task: Task) -> tuple[Lane, int]:
        """Give the lane that is due first, and when; in a tie the one that asks for more."""
        now_ns = self._now_ns()
        least_ns = max(now_ns, task.breaker.retry_ns)
        times = {lane: max(self._due_ns(task, lane, now_ns), least_ns) for lane in task.lanes}
        lane = min(times, key=times.__getitem__)
        return lane, times[lane]

    def _due_ns(self, task: Task, lane: Lane, now_ns: int) -> int:
        last_ns = task.lasts_ns.get(lane, 0)
        if lane == "strike":
            return next_strike_poll_ns(self._seed, task.source, last_ns, now_ns)
        interval_ns = self._intervals_ns.get(task.source) if lane == "round" else None
        return due_ns(lane, last_ns, now_ns, interval_ns)

    async def _poll(self, task: Task, lane: Lane) -> tuple[Poll, int]:
        """Poll a venue and keep what came; give it and the number of new rows."""
        now_ns = self._now_ns()
        task.asks(now_ns)
        try:
            rates = await self._writer.call(self._store.rates, now_ns)
            before_ns = strike_ns(next_strike_day(now_ns)) if lane == "strike" else None
            wanted = requests_of(task.reader, lane)
            found = await poll(task.reader, self._fetcher, self._now_ns, rates, wanted, before_ns)
            new = await self._writer.call(self._store.keep_poll, found)
        except asyncio.CancelledError:
            task.gives_up()
            raise
        finally:
            self._heard(task)
        task.hears(found, lane, self._now_ns(), self._jitter_ppm())
        task.next_ns = self._next(task)[1]
        self._log_poll(task, found, lane, new)
        await self._writer.call(self._store.keep_task, self._state(task))
        return found, new

    async def _fail(self, task: Task, fault: Exception) -> None:
        """Count a fault of ours, and try again later; where the store fails too, say so only."""
        now_ns = self._now_ns()
        is_known = isinstance(fault, MarketError)
        detail = bounded_detail(str(fault) if is_known else f"{type(fault).__name__}: {fault}")
        task.fails(detail, now_ns, self._jitter_ppm())
        text = _line("failed", source=task.source, detail=detail, next_ns=task.next_ns)
        log.error(text, exc_info=None if is_known else fault)
        refusal = Refusal(task.source, "", "", task.last_try_ns, now_ns, "FAILED", detail, "")
        try:
            await self._writer.call(self._store.refuse, refusal)
            await self._writer.call(self._store.keep_task, self._state(task))
        except Exception as further:
            log.error(_line("unkept", source=task.source, detail=str(further)))

    async def _keep_commitments(self, again_ns: int) -> None:
        while True:
            await self._until(again_ns)
            again_ns = await self._commit_and_reveal()

    async def _commit_and_reveal(self) -> int:
        """Commit to the next strike's times, reveal those of strikes that are past.

        Gives when to do so again: when the strike is past, or in a minute where the store fails.
        """
        now_ns = self._now_ns()
        day = next_strike_day(now_ns)
        again_ns = strike_ns(day)
        try:
            await self._commit(day, now_ns)
            await self._reveal(now_ns)
        except Exception as fault:
            log.error(_line("uncommitted", day=day.isoformat(), detail=str(fault)))
            again_ns = min(again_ns, now_ns + COMMIT_RETRY_NS)
        return again_ns

    async def _commit(self, day: date, now_ns: int) -> None:
        for venue in (name for name, task in self._tasks.items() if "strike" in task.lanes):
            made = Commitment(venue, day, commitment(self._seed, venue, day), now_ns)
            await self._writer.call(self._store.commit, made)
            log.info(_line("committed", source=venue, day=day.isoformat(), sha256=made.sha256))

    async def _reveal(self, now_ns: int) -> None:
        """Reveal what was committed to for strikes that are past, if it was with this seed."""
        for made in await self._writer.call(self._store.unrevealed):
            if strike_ns(made.day) > now_ns:
                continue
            revealed = reveal(self._seed, made.venue, made.day)
            if check_reveal(made.sha256, revealed):
                await self._writer.call(self._store.reveal, revealed)
                log.info(_line("revealed", source=made.venue, day=made.day.isoformat()))
            else:
                why = "expected the seed that was committed with, found another"
                day = made.day.isoformat()
                log.warning(_line("unrevealed", source=made.venue, day=day, detail=why))

    def _heard(self, task: Task) -> None:
        """Note that a source of rates was polled, or need not be."""
        self._unheard.discard(task.source)
        if not self._unheard:
            self._all_heard.set()

    async def _after_first(self, task: Task) -> None:
        """Wait for the sources of rates, but not for long."""
        if self._unheard and task.source not in self._first:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_WAIT_S):
                    await self._all_heard.wait()

    async def _until(self, time_ns: int) -> int:
        """Sleep until a time and give 0, or until the clock is set back and give by how much."""
        now_ns = self._now_ns()
        while (left_ns := time_ns - now_ns) > 0:
            before_ns = now_ns
            await self._sleep(min(left_ns, STEP_NS) / NS_PER_SECOND)
            now_ns = self._now_ns()
            if now_ns < before_ns:
                return before_ns - now_ns
        return 0

    def _state(self, task: Task) -> TaskState:
        return task.state(self._writer.queue)

    def _log_poll(self, task: Task, found: Poll, lane: Lane, new: int) -> None:
        fields: dict[str, str | int] = {
            "source": found.source,
            "lane": lane,
            "observed_ns": found.observed_ns,
            "answers": len(found.answers),
            "bytes": sum(len(answer.body.content) for answer in found.answers),
            "ms": (self._now_ns() - found.observed_ns) // 1_000_000,
        }
        if found.refusal is None:
            fields |= {"rows": task.rows, "new": new, "unmapped": task.unmapped}
            log.info(_line("polled", **fields))
        else:
            told = found.refusal._asdict()
            fields |= {name: told[name] for name in ("code", "shape", "detail", "sha256")}
            log.warning(_line("refused", **fields, next_ns=task.next_ns))


class _Writer:
    """The store's one thread, and those who wait for it. An asynchronous context."""

    def __init__(self) -> None:
        self.queue = 0

    async def __aenter__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "collect-store")
        self._places = asyncio.Semaphore(QUEUE_MAX)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Let the call under way end; those that waited were given up with their tasks."""
        await asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=True)

    async def call(self, function: Callable[..., T], *arguments: object) -> T:
        """Call a function of the store on its thread."""
        self.queue += 1
        try:
            async with self._places:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._thread, function, *arguments)
        finally:
            self.queue -= 1


def _line(what: str, **fields: str | int) -> str:
    """Write one line for people and programs: a word, then fields, each as JSON."""
    return " ".join([what, *(f"{name}={json.dumps(value)}" for name, value in fields.items())])
