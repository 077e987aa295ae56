"""MARKET: one market on disk: archive, journal, exchange, members. The world of `day.py`.

Takes   a data folder; whether demonstration members trade; the speed of market time.
Gives   `Market`, which is the `World` that a market day asks for, and answers what the pages
        ask. Threads may ask while the market moves: the one writer answers between two groups.
Keeps   the journal as the only truth: all else here is rebuilt from it at the start.
Source  Decision 0011.

    MarketError
    └── ReleaseUnwritten    the files of a day cannot be written
"""

import time
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import fixable
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.log import open_log
from chiphour.adapters.logged import Logged
from chiphour.adapters.recovery import recover
from chiphour.adapters.sequencer import Sequencer
from chiphour.adapters.serve.pages import listings_of
from chiphour.adapters.serve.pages import release_of
from chiphour.adapters.shown import Shown
from chiphour.adapters.solver import SolverProcess
from chiphour.auction.instance import Instance
from chiphour.auction.model import Program
from chiphour.auction.solve import Solution
from chiphour.contracts import table
from chiphour.contracts.cycle import month_end
from chiphour.contracts.names import name_of
from chiphour.exchange import events as e
from chiphour.exchange.commands import TIME_NS
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.engine import Engine
from chiphour.exchange.limits import Limits
from chiphour.index.fixing import Fixing
from chiphour.index.series import BY_NUMBER
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import PARAMETERS
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.publish.market import MarketRelease
from chiphour.simulate.members import DEMONSTRATION
from chiphour.simulate.members import LABEL
from chiphour.simulate.members import Crowd
from chiphour.simulate.members import Quoted
from chiphour.simulate.members import enrolment
from chiphour.simulate.workloads import demonstration_run
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


class ReleaseUnwritten(MarketError):
    """The files of a day cannot be written; a restart writes those of the day it stopped in."""


class Stopped(Exception):
    """The market was asked to stop while members were trading."""


class Replayed:
    """An engine while its journal is replayed: what it says is heard."""

    def __init__(self, limits: Limits, hear: Callable[[Rows], None]) -> None:
        """Allocate an empty exchange; `hear` receives the events of each batch."""
        self.engine = Engine(limits)
        self._hear = hear

    def apply(self, rows: Rows) -> Rows:
        """Apply commands and let their events be heard."""
        events = self.engine.apply(rows)
        self._hear(events)
        return events

    @property
    def next_due_ns(self) -> int:
        """Give the time at which something is due."""
        return self.engine.next_due_ns

    @property
    def sequence(self) -> int:
        """Give the sequence of the last command."""
        return self.engine.sequence

    @property
    def time_ns(self) -> int:
        """Give the time of the last command."""
        return self.engine.time_ns

    @property
    def work_waits(self) -> bool:
        """Tell whether something waits in the queue of work."""
        return self.engine.work_waits

    def digest(self) -> str:
        """Give the digest of the state."""
        return self.engine.digest()


class Market:
    """A market in a data folder. Use it as a context manager, or `close` it."""

    def __init__(
        self, folder: Path, demonstration: bool = True, history_ns: int | None = KEPT_NS
    ) -> None:
        """Open or create the market in `folder`, and replay its journal.

        Raises JournalDamaged, JournalLocked or ArchiveDamaged where the folder does not hold.
        """
        self.folder = folder
        self.archive = Archive(folder)
        self.log = open_log(folder)
        self._logged: Logged | None = None
        self._crowd = Crowd(DEMONSTRATION, SEED) if demonstration else None
        self._history_ns = history_ns  # None keeps every event.
        self._recent: list[Rows] = []
        self._paid: dict[int, set[int]] = defaultdict(set)
        self._fits: dict[int, tuple[int, int]] = {}
        self._pause: Callable[[int], None] | None = None
        replayed, journal, self.recovery = recover(
            folder, Limits(), lambda limits: Replayed(limits, self._hear)
        )
        assert isinstance(replayed, Replayed)
        self._engine = replayed.engine
        self._sequencer = Sequencer(self._engine, journal, lambda: self._engine.time_ns)
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

    def at_wall_speed(self, pause: Callable[[int], None]) -> None:
        """From now on wait before each moment: `pause(time_ns)` returns when it has come."""
        self._pause = pause

    @property
    def time_ns(self) -> int:
        """Give the market time: that of the last command."""
        return self.ask(lambda engine: engine.time_ns)

    @property
    def sequence(self) -> int:
        """Give the sequence of the last command."""
        return self.ask(lambda engine: engine.sequence)

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
        logged = self._logged or Logged(self.archive, self.log, read)
        logged.see(read)
        logged.batch(strike_ns(day))
        logged.flush()
        self._logged = logged

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
        if self._logged is None:
            self._logged = Logged(self.archive, self.log, fixable(self.archive))
        self._logged.fixings(fixings)
        self._logged.flush()

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

    def has_fit_fix(self, index: int) -> bool:
        """Tell whether the exchange knows a fix of a series that is fit for settlement."""
        return index in self._fits

    def submit(self, rows: Rows) -> Rows:
        """Journal and apply commands; gives their events once durable, and heard by all here."""
        events = self._sequencer.submit(rows)
        self.ask(lambda engine: None)  # Listeners hear a group before anyone's next question.
        return events

    def trade(self, until_ns: int) -> None:
        """Send marks, and what the members send, until a market time (exclusive)."""
        while (moments := self._moments(until_ns)) and self._trading():
            if self._pause is not None:
                self._pause(moments[0])
                moments = moments[:1]
            rows = [self._marks(moments)]
            if self._crowd is not None and moments[0] % MEMBERS_EVERY_NS == 0:
                rows.append(self._crowd.step(moments[0], self._quoted()))
            together = np.concatenate(rows)
            ranked = together[np.argsort(together[:, TIME_NS], kind="stable")]
            self.submit(ranked)
        if self._pause is not None:
            self._pause(until_ns)

    def paid(self, run: int) -> Collection[int]:
        """Give the items of an auction run whose transfers the journal holds."""
        return self._paid[run]

    def gather(self, day: date) -> Instance | None:
        """Give the demonstration members' bids and offers, or None without them."""
        if self._crowd is None:
            return None
        return demonstration_run(day, self.previous(day + timedelta(days=1)), DEMONSTRATION, SEED)

    def solve(self, program: Program) -> Solution:
        """Solve one linear program in the solver's process."""
        return self._solver.solve(program)

    def events_since(self, time_ns: int) -> Rows:
        """Give the events at or after a market time, at most two days back."""
        held = self.ask(lambda engine: list(self._recent))
        recent = [rows[rows[:, e.TIME_NS] >= time_ns] for rows in held]
        return np.concatenate([np.empty((0, e.EVENT_COLUMNS), np.int64), *recent])

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
        draft = place / ".draft"
        try:
            place.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                draft.write_bytes(content)
                draft.replace(place / name)
        except OSError as fault:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise ReleaseUnwritten(
                f"{place}: expected to write a day's files, found {fault.strerror}"
            ) from None

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
        recent = self.ask(lambda engine: list(self._recent))
        found: list[Rows] = []
        missing = count
        while recent and missing > 0:
            rows = recent.pop()
            fills = (rows[:, e.KIND] == e.Kind.FILL) & (rows[:, e.CONTRACT] == contract)
            found.insert(0, rows[fills][-missing:])
            missing -= len(found[0])
        return np.concatenate([np.empty((0, e.EVENT_COLUMNS), np.int64), *found])

    def _enrol(self) -> None:
        """Enrol the demonstration members that this market does not know yet."""
        known = self.names()
        fresh = [member for member in DEMONSTRATION if member.account not in known]
        names = [
            {"account": member.account, "name": member.name, "label": LABEL} for member in fresh
        ]
        if fresh:
            self._sequencer.submit(enrolment(fresh), canonical_json(names).encode())

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

    def _hear(self, events: Rows) -> None:
        if self._crowd is not None:
            self._crowd.hear(events)
        if not len(events):
            return
        for row in events[events[:, e.KIND] == e.Kind.TRANSFERRED].tolist():
            self._paid[row[e.RUN]].add(row[e.ITEM])
        fixed = events[(events[:, e.KIND] == e.Kind.FIXED) & (events[:, e.VALUE_MICROUSD] > 0)]
        for row in fixed[fixed[:, e.REASON] == Vintage.PROVISIONAL].tolist():
            last = self._fits.get(row[e.INDEX], (row[e.VALUE_MICROUSD],) * 2)[1]
            self._fits[row[e.INDEX]] = (last, row[e.VALUE_MICROUSD])
        self._recent.append(events)
        oldest = int(events[-1, e.TIME_NS]) - (self._history_ns or NEVER_NS)
        while self._recent and self._recent[0][-1, e.TIME_NS] < oldest:
            self._recent.pop(0)


def _ends_a_month(row: Sequence[int]) -> bool:
    """Tell whether a contract ends on the last day of a month."""
    expiry_ns = row[table.EXPIRY_NS]
    return expiry_ns > 0 and month_end(day_from_ns(expiry_ns)) == day_from_ns(expiry_ns)
