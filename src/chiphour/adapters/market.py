"""MARKET: one market on disk: archive, journal, exchange, members. The world of `day.py`.

Takes   a data folder; whether demonstration members trade; market time, once it runs.
Gives   `Market`, which is the `World` that a market day asks for, and answers what the pages
        ask. Threads may ask while the market moves: the one writer answers between two groups.
        Each supervised task may act on a thread of its own.
Keeps   the journal as the only truth: all else here is rebuilt from it at the start. What acts
        asks it first, so that a task which was broken off anywhere may simply do its moment again.
Source  Decisions 0011 and 0033.

    MarketError
    └── ReleaseUnwritten    the files of a day cannot be written
"""

import gc
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextlib import suppress
from datetime import date
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.archive import Archive
from chiphour.adapters.closings import Fixable
from chiphour.adapters.commit import Told
from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.kinds import flags_of
from chiphour.adapters.log import open_log
from chiphour.adapters.logged import Logged
from chiphour.adapters.recent import Recent
from chiphour.adapters.recent import last_fills
from chiphour.adapters.recent import since
from chiphour.adapters.recovery import recover
from chiphour.adapters.sequencer import Sequencer
from chiphour.adapters.sequencer import Submission
from chiphour.adapters.serve.pages import listings_of
from chiphour.adapters.serve.pages import release_of
from chiphour.adapters.shown import Shown
from chiphour.adapters.solver import SolverProcess
from chiphour.auction.instance import Instance
from chiphour.auction.instance import from_json as instance_from_json
from chiphour.auction.model import Program
from chiphour.auction.solve import Basis
from chiphour.auction.solve import Solution
from chiphour.contracts import table
from chiphour.contracts.cycle import month_end
from chiphour.contracts.names import name_of
from chiphour.exchange import events as e
from chiphour.exchange.commands import ACCOUNT
from chiphour.exchange.commands import FIT
from chiphour.exchange.commands import INDEX
from chiphour.exchange.commands import KIND
from chiphour.exchange.commands import STRIKE_NS
from chiphour.exchange.commands import TIME_NS
from chiphour.exchange.commands import VALUE_MICROUSD
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.engine import Engine
from chiphour.exchange.limits import Limits
from chiphour.index.fixing import Fixing
from chiphour.index.realtime import Tick
from chiphour.index.series import BY_NUMBER
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import PARAMETERS
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.publish.files import RESULT_FILE
from chiphour.publish.files import RUN_FILE
from chiphour.publish.files import TRADES_FILE
from chiphour.publish.market import MarketRelease
from chiphour.simulate.members import DEMONSTRATION
from chiphour.simulate.members import LABEL
from chiphour.simulate.members import Crowd
from chiphour.simulate.members import Quoted
from chiphour.simulate.members import enrolment
from chiphour.simulate.workloads import demonstration_run
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import day_from_ns
from chiphour.units import strike_ns

Rows = NDArray[np.int64]
T = TypeVar("T")

SEED = 2026
MARK_EVERY_NS = NS_PER_MINUTE
MEMBERS_EVERY_NS = 30 * NS_PER_MINUTE
KEPT_NS = 2 * NS_PER_DAY  # How far back `events_since` can look.
SOLVE_LIMIT_S = 60
NEVER_NS = 1 << 62
MONTHS_QUOTED = 2
_ACTS = flags_of((Kind.ORDER, Kind.CANCEL))  # What demonstration members send.
MEMBERS = [member.account for member in DEMONSTRATION]
QUALITIES = {"live": Quality.LIVE, "stale": Quality.STALE, "halted": Quality.HALTED}


class ReleaseUnwritten(MarketError):
    """The files of a day cannot be written; a restart writes those of the day it stopped in."""


class Market:
    """A market in a data folder. Use it as a context manager, or `close` it."""

    def __init__(
        self,
        folder: Path,
        demonstration: bool = True,
        history_ns: int | None = KEPT_NS,
        hear: Callable[[Told], None] | None = None,
    ) -> None:
        """Open or create the market in `folder`, and replay its journal.

        `hear` is told all that is and becomes durable, from the journal's beginning on: first by
        this thread, then by the committer's.
        Raises JournalDamaged, JournalLocked or ArchiveDamaged where the folder does not hold.
        """
        self.folder = folder
        self.archive = Archive(folder)
        self.log = open_log(folder)
        self._logged: Logged | None = None
        self._crowd = Crowd(DEMONSTRATION, SEED) if demonstration else None
        self._also = hear
        self._recent = Recent(history_ns)  # None keeps every event.
        self._listed: tuple[int, ...] = ()  # Contracts ever listed.
        self._paid: dict[int, set[int]] = defaultdict(set)
        self._fits: dict[int, tuple[int, int]] = {}
        self._told: dict[int, set[tuple[int, int]]] = defaultdict(set)  # Fixings, by strike.
        self._marked_ns = 0  # When the last MARK was sent.
        self._acted_ns = 0  # When a demonstration member last did anything.
        self._turn = threading.Lock()  # Of the demonstration members: to hear, or to act.
        with _uncollected():
            engine, journal, self.recovery = recover(folder, Limits(), Engine, hear=self._hear)
        assert isinstance(engine, Engine)
        self._engine = engine
        self._now_ns: Callable[[], int] = lambda: engine.time_ns
        self._sequencer = Sequencer(engine, journal, lambda: self._now_ns(), self._contracts)
        self._sequencer.subscribe(self._hear)
        self._solver = SolverProcess(SOLVE_LIMIT_S)
        if self._crowd is not None:
            self._enrol()

    def __enter__(self) -> "Market":
        """Give the open market."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close the market."""
        self.close()

    def close(self) -> None:
        """Finish what was accepted, and let the files go."""
        self._sequencer.close()
        self._solver.close()
        self.log.close()
        self.archive.close()

    def runs_by(self, now_ns: Callable[[], int]) -> None:
        """From now on stamp what comes without a time by this clock of market time."""
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """Give the time that a command which comes now is stamped with, or the last one's."""
        return max(self.time_ns, self._now_ns())

    @property
    def time_ns(self) -> int:
        """Give the market time: that of the last command."""
        return self.ask(lambda engine: engine.time_ns)

    @property
    def has_members(self) -> bool:
        """Tell whether demonstration members trade here."""
        return self._crowd is not None

    @property
    def sequence(self) -> int:
        """Give the sequence of the last command."""
        return self.ask(lambda engine: engine.sequence)

    @property
    def queued_rows(self) -> int:
        """Give how many commands wait to be applied."""
        return self._sequencer.queued_rows

    def digest(self) -> str:
        """Give the digest of the exchange's state (rulebook 13)."""
        return self.ask(lambda engine: engine.digest())

    def ask(self, question: Callable[[Engine], T]) -> T:
        """Ask the exchange between two groups of commands: all that it tells is durable.

        Raises SequencerStopped.
        """
        return self._sequencer.ask(lambda engine: question(self._engine))

    # -- the world of a market day ------------------------------------------------------------

    def observe(self, day: date) -> Sequence[Observation]:
        """Give the observations that the methodology may look at for the fix of a day."""
        strike = strike_ns(day)
        return self.archive.observations(strike - PARAMETERS.memory_ns, strike, for_fixing=True)

    def close_batch(self, day: date) -> None:
        """Log which rows come in with the strike of a day, unless the log has them."""
        read = self.archive.fixable(0, strike_ns(day))
        with self._logging(read) as logged:
            logged.see(read)
            logged.batch(strike_ns(day))
            logged.flush()

    def previous(
        self, day: date, parameter_set: str = PARAMETERS.parameter_set
    ) -> Mapping[str, Fixing]:
        """Give, by ticker, the last fixing before a day that is not suppressed, as known then."""
        strike = strike_ns(day)
        known_ns = strike + PARAMETERS.close_ns
        return self.archive.last_fixed(strike, known_ns, "", parameter_set)

    def fixings(
        self, day: date, as_of_ns: int, parameter_set: str = PARAMETERS.parameter_set
    ) -> Sequence[Fixing]:
        """Give the fixings of a day as known at a time, in the order of the series table."""
        strike = strike_ns(day)
        found = self.archive.fixings(None, strike, strike + 1, "", parameter_set, as_of_ns)
        return sorted(found, key=lambda fixing: BY_TICKER[fixing.series].number)

    def keep(self, fixings: Sequence[Fixing]) -> None:
        """Keep fixings in the archive, then log those that the log has not got."""
        if not self.archive.keep_fixings(fixings):
            return
        with self._logging() as logged:
            logged.fixings(fixings)
            logged.flush()

    def log_kept(self, day: date) -> None:
        """Log what is kept of a day and the one before, where the last writing was broken off.

        A strike whose batch is not closed was never to be logged.
        """
        strikes = {strike_ns(day) - NS_PER_DAY, strike_ns(day)}
        closed = strikes & {each.strike_ns for each in self.archive.closed_batches()}
        found = [self.archive.vintages(None, strike, "", None) for strike in closed]
        kept = [fixing for each in found for fixing in each if not fixing.revision]
        with self._logging() as logged:
            logged.fixings(sorted(kept, key=lambda fixing: fixing.known_ns))
            logged.flush()

    def contracts(self) -> Mapping[str, int]:
        """Give the number of each contract ever listed, by name."""
        rows = dict(self.listed())
        return {
            name_of(
                row, lambda index: BY_NUMBER[index].ticker, lambda n: rows[n][table.EXPIRY_NS]
            ): (number)
            for number, row in rows.items()
        }

    def free_contracts(self) -> Sequence[int]:
        """Give the numbers that a new contract may take: unused ones first, then expired ones."""
        used = {number: row[table.STATE] for number, row in self.listed()}
        unused = [n for n in range(self._engine.limits.contracts) if n not in used]
        return unused + [n for n, state in used.items() if state == table.State.EXPIRED]

    def told(self, day: date) -> Collection[tuple[int, int]]:
        """Give what the exchange heard of a strike: the number of a series, and the vintage."""
        strike = strike_ns(day)
        return self.ask(lambda engine: frozenset(self._told.get(strike, ())))

    def has_fit_fix(self, index: int) -> bool:
        """Tell whether the exchange knows a fix of a series that is fit for settlement."""
        return index in self._fits

    def submit(self, rows: Rows, private: bytes = b"") -> Rows:
        """Journal and apply commands; gives their events once durable, and heard by all here.

        `private` belongs to the first of them, and goes to the journal only.
        """
        events = self._sequencer.submit(rows, private)
        self.ask(lambda engine: None)  # Listeners hear a group before anyone's next question.
        return events

    def hand_in(self, rows: Rows, private: bytes = b"") -> Submission:
        """Hand commands to the one writer; what comes of them is told to who hears all."""
        return self._sequencer.hand_in(rows, private)

    def question(self, question: Callable[[Engine], T]) -> "Future[T]":
        """Ask as `ask` does, but give a future."""
        return self._sequencer.question(lambda engine: question(self._engine))

    def trade(self, until_ns: int) -> None:
        """Send marks, and what the members send, until a market time (exclusive), at once."""
        while (moments := self._moments(until_ns)) and self._trading():
            rows = [self._marks(moments)]
            if self._crowd is not None and moments[0] % MEMBERS_EVERY_NS == 0:
                rows.append(self._crowd.step(moments[0], self._quoted()))
            together = np.concatenate(rows)
            ranked = together[np.argsort(together[:, TIME_NS], kind="stable")]
            self.submit(ranked)

    def paid(self, run: int) -> Collection[int]:
        """Give the items of an auction run whose transfers the journal holds."""
        return self.ask(lambda engine: frozenset(self._paid.get(run, ())))

    def gather(self, day: date) -> Instance | None:
        """Give the run that was written, else the bids and offers of demonstration members."""
        sealed = self.place(day) / RUN_FILE
        if sealed.exists():
            return instance_from_json(sealed.read_bytes())
        if self._crowd is None:
            return None
        return demonstration_run(day, self.previous(day + timedelta(days=1)), DEMONSTRATION, SEED)

    def solve(self, program: Program, basis: Basis | None = None) -> Solution:
        """Solve one linear program in the solver's process."""
        return self._solver.solve(program, basis)

    def events_since(self, time_ns: int) -> Rows:
        """Give the events at or after a market time, at most two days back.

        Of what is older than the last million of them, only fills. Raises EventsForgotten where
        even of these there were too many.
        """
        return since(time_ns, self.ask(lambda engine: self._recent.held(time_ns)))

    def fills_since(self, time_ns: int) -> Rows:
        """Give the fills at or after a market time, as many of the last as are held."""
        recent = since(time_ns, self.ask(lambda engine: self._recent.held()))
        fills: Rows = recent[recent[:, e.KIND] == e.Kind.FILL]
        return fills

    def release(self, day: date) -> MarketRelease:
        """Give all that the page of a day is made from, with the market of this moment."""
        shown = Shown(self)
        return release_of(shown, day)._replace(listings=tuple(listings_of(shown)))

    def names(self) -> Mapping[int, str]:
        """Give the names of the demonstration members that were ever enrolled, by account."""
        enrolled = self.ask(
            lambda engine: [m for m in DEMONSTRATION if engine.account(m.account) is not None]
        )
        return {member.account: member.name for member in enrolled}

    def place(self, day: date) -> Path:
        """Give the folder of a day's files."""
        return self.folder / "publish" / day.isoformat()

    def write(self, day: date, files: Mapping[str, bytes]) -> None:
        """Write files of a day's release under `publish/<date>`, each whole or not at all.

        Raises ReleaseUnwritten.
        """
        place = self.place(day)
        draft = place
        try:
            place.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                draft = place / f".{name}.draft"
                with draft.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(place / name)
        except OSError as fault:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise ReleaseUnwritten(
                f"{place}: expected to write a day's files, found {fault.strerror}"
            ) from None

    # -- what its tasks do while it runs ------------------------------------------------------

    def pass_time(self, until_ns: int) -> None:
        """Let the exchange do all that is due up to a market time; it does each thing once."""
        self._sequencer.advance(until_ns)
        self.ask(lambda engine: None)

    def mark(self, moment_ns: int, ticks: Sequence[Tick] = ()) -> None:
        """Send the marks of a moment, unless some were sent at it or later.

        An index that some open contract takes from the ticks carries the newest one of `ticks`;
        where there is none yet it is halted.
        """
        if self.ask(lambda engine: self._marked_ns) >= moment_ns:
            return
        by_series = {BY_TICKER[tick.series].number: tick for tick in ticks}
        trading = self._trading()
        ticked = {
            row[column]
            for _, row in trading
            for column in (table.INDEX, table.INDEX_B)
            if row[table.INDEX_TICKS] > 0
        }
        rows = self._marks([moment_ns])
        for row in rows:
            if row[INDEX] in ticked:
                _carry(row, by_series.get(int(row[INDEX])))
        self.submit(rows)

    def let_members_act(self, moment_ns: int) -> None:
        """Send what the demonstration members send at a moment, unless they acted since."""
        if self._crowd is None or self.ask(lambda engine: self._acted_ns) >= moment_ns:
            return
        quoted = self._quoted()
        with self._turn:
            rows = self._crowd.step(moment_ns, quoted)
        self.submit(rows)

    def last_told_day(self) -> date | None:
        """Give the day of the last strike of which the exchange heard, or None."""
        last = self.ask(lambda engine: max(self._told, default=None))
        return None if last is None else day_from_ns(last)

    def auction_begun(self, day: date) -> bool:
        """Tell whether a day's run was written, and its result not yet."""
        place = self.place(day)
        return (place / RUN_FILE).exists() and not (place / RESULT_FILE).exists()

    def is_published(self, day: date) -> bool:
        """Tell whether the files of a day's release are all written."""
        return (self.place(day) / TRADES_FILE).exists()

    # -- what this market knows ---------------------------------------------------------------

    def listed(self) -> list[tuple[int, list[int]]]:
        """Give the number and row of each contract ever listed."""
        numbers = range(self._engine.limits.contracts)
        rows = self.ask(lambda engine: [engine.contract(number).tolist() for number in numbers])
        return [(n, row) for n, row in enumerate(rows) if row[table.STATE] != table.State.ABSENT]

    def fix_days(self, last: date | None, progress: Callable[[int, int], None]) -> date:
        """Fix every recorded day to `last`, or to the last recorded; give that day.

        Raises NothingRecorded for a day that the recordings cannot speak for.
        """
        days = span(recorded(self.archive))
        until = last or days.last
        if not days.first <= until <= days.last:
            raise NothingRecorded(
                f"expected a day from {days.first} to {days.last}, which the recordings "
                f"speak for, found {until}"
            )
        now_ns = time.time_ns()  # A strike that has not closed is left alone.
        fix_range(self.archive, until, until, progress=progress, log=self.log, now_ns=now_ns)
        return until

    def waiting_days(self, last: date) -> list[date]:
        """Give the days before `last` that were not yet run, from the first with a fix on.

        The day that was settled last is one of them while nothing came after it: a stop right
        behind its settlement may have left its files unwritten, and to run it again adds nothing.
        """
        first = self.archive.first_fixed_ns() or strike_ns(last)
        strikes = range(first, strike_ns(last), NS_PER_DAY)
        now_ns = self.time_ns
        return [day_from_ns(strike) for strike in strikes if strike + NS_PER_DAY >= now_ns]

    def cash_microusd(self) -> Mapping[int, int]:
        """Give the cash of every account, the outside world's included: it sums to zero."""
        rows = self.ask(lambda engine: engine.sections().accounts)
        return {account: cash for account, _, cash, *_ in rows.tolist()}

    def last_fills(self, contract: int, count: int) -> Rows:
        """Give the last fills of a contract, the oldest first, of the events still held."""
        return last_fills(self.ask(lambda engine: self._recent.held()), contract, count)

    def _enrol(self) -> None:
        """Enrol the demonstration members that this market does not know yet."""
        known = self.names()
        fresh = [member for member in DEMONSTRATION if member.account not in known]
        names = [
            {"account": member.account, "name": member.name, "label": LABEL} for member in fresh
        ]
        if fresh:
            self._sequencer.submit(enrolment(fresh), canonical_json(names).encode())

    @contextmanager
    def _logging(self, read: Fixable | None = None) -> Iterator[Logged]:
        """Give the writer of the log; after a fault the next one begins from what is written."""
        logged, self._logged = self._logged, None
        if logged is None:
            logged = Logged(self.archive, self.log, read or self.archive.fixable(0, NEVER_NS))
        yield logged
        self._logged = logged

    def _moments(self, until_ns: int) -> list[int]:
        """Give the next minutes: up to, not including, the next time at which members act."""
        first = (self.time_ns // MARK_EVERY_NS + 1) * MARK_EVERY_NS
        acts = (first // MEMBERS_EVERY_NS + 1) * MEMBERS_EVERY_NS
        return list(range(first, min(acts, until_ns), MARK_EVERY_NS))

    def _marks(self, moments: Sequence[int]) -> Rows:
        indexes = sorted({row[table.INDEX] for _, row in self._trading()})
        return commands(
            command(Kind.MARK, time_ns=moment, index=index, fit=Quality.LIVE)
            for moment in moments
            for index in indexes
        )

    def _trading(self) -> list[tuple[int, list[int]]]:
        states = (table.State.OPEN, table.State.CALL)
        return [each for each in self.listed() if each[1][table.STATE] in states]

    def _quoted(self) -> list[Quoted]:
        """Give what the members trade: the perpetual, and the futures of the next month ends."""
        ends = sorted({row[table.EXPIRY_NS] for _, row in self._trading() if _ends_a_month(row)})
        return [
            Quoted(
                number,
                row[table.TICK_MICROUSD],
                row[table.INDEX_MICROUSD],
                self._fits.get(row[table.INDEX], (row[table.INDEX_MICROUSD],) * 2)[0],
                row[table.EXPIRY_NS],
            )
            for number, row in self._trading()
            if row[table.STATE] == table.State.OPEN
            and row[table.AVERAGE_DAYS] == 0
            and row[table.EXPIRY_NS] in (0, *ends[:MONTHS_QUOTED])
        ]

    def _contracts(self) -> dict[int, Rows]:
        """Give the row of each contract that is known to be listed; on the writer's thread."""
        return {number: self._engine.contract(number) for number in self._listed}

    def _hear(self, told: Told) -> None:
        if self._also is not None:
            self._also(told)
        events, kinds = told.events, told.rows[:, KIND]
        if (kinds == Kind.LIST).any():
            listed = events[events[:, e.KIND] == e.Kind.LISTED, e.CONTRACT].tolist()
            self._listed = (*dict.fromkeys((*self._listed, *listed)),)
        self._marked_ns = max(self._marked_ns, *told.rows[kinds == Kind.MARK, TIME_NS].tolist(), 0)
        if self._crowd is not None:
            acts = told.rows[_ACTS[kinds]]
            acts = acts[np.isin(acts[:, ACCOUNT], MEMBERS)]
            self._acted_ns = max(self._acted_ns, int(np.max(acts[:, TIME_NS], initial=0)))
            with self._turn:
                self._crowd.hear(events)
        if not len(events):
            return
        for row in events[events[:, e.KIND] == e.Kind.TRANSFERRED].tolist():
            self._paid[row[e.RUN]].add(row[e.ITEM])
        fixed = events[events[:, e.KIND] == e.Kind.FIXED]
        for row in fixed.tolist():
            self._told[row[e.STRIKE_NS]].add((row[e.INDEX], row[e.REASON]))
        fixed = fixed[fixed[:, e.VALUE_MICROUSD] > 0]
        for row in fixed[fixed[:, e.REASON] == Vintage.PROVISIONAL].tolist():
            last = self._fits.get(row[e.INDEX], (row[e.VALUE_MICROUSD],) * 2)[1]
            self._fits[row[e.INDEX]] = (last, row[e.VALUE_MICROUSD])
        self._recent.add(events)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles meanwhile: what listeners fold is millions of rows, none in a cycle."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _carry(row: Rows, tick: Tick | None) -> None:
    """Let a MARK carry a tick: its value, its own time, how good it is; none is no good."""
    row[FIT] = QUALITIES["halted" if tick is None else tick.state]
    if tick is not None and tick.published_ticks is not None:
        row[VALUE_MICROUSD] = tick.published_ticks * MICROUSD_PER_TICK
        row[STRIKE_NS] = tick.time_ns


def _ends_a_month(row: Sequence[int]) -> bool:
    """Tell whether a contract ends on the last day of a month."""
    expiry_ns = row[table.EXPIRY_NS]
    return expiry_ns > 0 and month_end(day_from_ns(expiry_ns)) == day_from_ns(expiry_ns)
