"""CLOCK: market days on a fast clock, each task killed in turn: every act is done once.

Takes   recordings; the real market on disk with its demonstration members, its calendar, its
        supervisor; market time that jumps from moment to moment. Two ways to die: an exception at
        a random line of one task's own code, in turn for every task; SIGKILL of the whole process
        at a random time, most often one of the busy ones, again and again. `--all` runs seven days,
        with marks and ticks each minute.
Gives   from journal, archive, log and files: each strike one provisional and one final fixing of
        each series, each hour one funding, each day one settlement of each open contract, each
        auction paid once, each release written; and that the other tasks went on.
Keeps   the points of death to a seed; how threads interleave is up to the machine.
Source  Decision 0033.
"""

import json
import math
import os
import random
import signal
import sys
import threading
from collections import Counter
from datetime import date
from datetime import timedelta
from pathlib import Path

import pytest

from chiphour import day as spine
from chiphour.adapters import archive
from chiphour.adapters import calendar as calendars
from chiphour.adapters import live as lives
from chiphour.adapters import logged
from chiphour.adapters import market as markets
from chiphour.adapters import realtime
from chiphour.adapters import supervisor as supervisors
from chiphour.adapters.calendar import calendar
from chiphour.adapters.live import Work
from chiphour.adapters.live import live
from chiphour.adapters.market import Market
from chiphour.adapters.realtime import RealTimeIndex
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.contracts.perpetual import Perpetual
from chiphour.day import KNOWN_AFTER_NS
from chiphour.day import tell_fix
from chiphour.exchange import events as e
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import listing
from chiphour.exchange.reasons import Reason
from chiphour.index.parameters import SETS
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import BY_TICKER
from chiphour.index.series import SERIES
from chiphour.publish.files import RESULT_FILE
from chiphour.simulate.members import DEMONSTRATION
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import microusd_from_text
from chiphour.units import strike_ns
from jumping import JumpingTime
from killed import Breeder
from killed import breed

LAST = date(2026, 7, 25)  # A Saturday: a future ended the day before, its last fixing is today's.
HOURLY = Perpetual("CHR.H200.SXM.OD", BY_TICKER["CHR.H200.SXM.OD"].number, index_ticks=20)
HOURLY_NUMBER = 60  # Its index has no ticks: it is halted, and funded at nothing each hour.
SEED = 20261128
KILLS_EACH = 3  # Of one task in a row, before it is the next one's turn.
# Of these files, any line of the thread of a task may be its last.
MORTAL = {
    module.__file__
    for module in (archive, calendars, lives, logged, markets, realtime, spine, supervisors)
}
KILLS = {"quick": 8, "whole": 30}  # Of the process.
DELAYS_S_MAX = (0.01, 0.1, 1)  # So long after the moment at which it is to die it may live.
MARKS_NS = {"quick": 15 * NS_PER_MINUTE, "whole": NS_PER_MINUTE}
TICK_NS = {"quick": 15 * NS_PER_MINUTE, "whole": NS_PER_MINUTE}
STEPS = {spine.__file__, lives.__file__}  # Where one act follows another.
ONCE_A_DAY = ("settlement", "release", "fix", "auction")
TASKS = (*ONCE_A_DAY, "tick", "marks", "members", "timers", "funding")
LINES = {True: 5_000, False: 200}  # Of a moment of a task that acts once a day, or more often.
AGAIN_LINES = 200  # Of a moment that is done again, and of the supervisor's care for it.


@pytest.fixture(
    params=[
        pytest.param(("quick", 3), marks=pytest.mark.long),
        pytest.param(("whole", 7), marks=pytest.mark.long),
    ],
    ids=["three quick days", "seven days"],
)
def scale(request):
    """Give how close the moments of marks and ticks lie, and how many days there are."""
    return request.param


class Killed(BaseException):
    """What a task dies of."""


class Killer:
    """A trace function that kills one task after the other at random lines."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._turns = list(TASKS)
        self._left = 0
        self.kills: Counter[str] = Counter()
        self.places: set[str] = set()
        self.harmed: list[object] = []  # Tasks that failed before anybody had killed them.
        self.rows = tuple

    def __call__(self, frame, event, argument):
        """Follow the files in question, on the thread whose turn it is, and every thread's loop."""
        code = frame.f_code
        if code.co_filename not in MORTAL:
            return None
        name = threading.current_thread().name
        is_its_turn = bool(self._turns) and name == self._turns[0]
        return self._line if is_its_turn or code.co_name == "_keep_at" else None

    def rest(self) -> None:
        """Kill nobody any more."""
        self._turns = []

    def _line(self, frame, event, argument):
        name = threading.current_thread().name
        if event == "line" and self._turns and name == self._turns[0]:
            self._left -= 1
            if self._left < 0:
                self._kill(name, frame.f_code.co_name)
        return self._line

    def _kill(self, name: str, place: str) -> None:
        """Let this line be the last; the next one to be the last is near or far."""
        self.kills[name] += 1
        self.places.add(place)
        lines_most = AGAIN_LINES
        if self.kills[name] % KILLS_EACH == 0:
            self.harmed += [r for r in self.rows() if r.failures and not self.kills[r.task]]
            self._turns = [*self._turns[1:], name]
            lines_most = LINES[self._turns[0] in ONCE_A_DAY]
        self._left = int(math.exp(self._draw.uniform(0, math.log(lines_most))))
        raise Killed(f"{name} in {place}")


class MortalTime(JumpingTime):
    """The same, and a thread that asks it the time is traced again: a death ends its tracing."""

    killer: Killer | None = None

    def now_ns(self) -> int:
        """Give the market time."""
        if self.killer is not None and threading.current_thread().name in TASKS:
            sys.settrace(self.killer)
        return super().now_ns()


class DoomedTime(JumpingTime):
    """The same, and the process dies a moment after a time has come."""

    def __init__(self, start_ns: int, end_ns: int, parties: int, draw: random.Random) -> None:
        super().__init__(start_ns, end_ns, parties)
        busy = [entry.times.after(start_ns) for entry in calendar() if entry.task in ONCE_A_DAY]
        self._death_ns = draw.choice([*busy, start_ns + draw.randrange(NS_PER_DAY // 2)])
        self._delay_s = draw.uniform(0, draw.choice(DELAYS_S_MAX))

    def _jump(self) -> None:
        super()._jump()
        if self.now_ns() >= self._death_ns:
            self._death_ns = 1 << 62
            threading.Timer(self._delay_s, os.kill, (os.getpid(), signal.SIGKILL)).start()


def live_and_die(folder: Path, kind: str) -> None:
    """Be the child: go on until killed, which is soon."""
    market = Market(folder)
    draw = random.Random(f"{SEED} {market.sequence}")
    clock = DoomedTime(market.time_ns, strike_ns(LAST), len(TASKS), draw)
    with live(market, clock, entries_of(kind)):
        clock.ended.wait()


def entries_of(kind: str):
    """Give the calendar, with its frequent moments as close as asked."""
    return calendar(MARKS_NS[kind], MARKS_NS[kind], TICK_NS[kind])


def prepared(folder: Path, days: int) -> Market:
    """Open a market at the strike of the first day, with recordings, and an hourly perpetual."""
    market = Market(folder, history_ns=None)
    first = LAST - timedelta(days=days)
    if market.time_ns < strike_ns(first):
        ingest(market.archive, embedded_folder(), only="gpurentalprices")
        market.fix_days(first, lambda done, total: None)
        for earlier in market.waiting_days(first):
            tell_fix(earlier, market)
        market.submit(listing(HOURLY_NUMBER, HOURLY.lower()))
        market.pass_time(strike_ns(first))
    return market


def run(market: Market, kind: str, killer: Killer | None = None):
    """Let the market run to an hour after its last strike; give how its tasks fared."""
    end_ns = strike_ns(LAST) + NS_PER_HOUR
    clock = MortalTime(market.time_ns, end_ns, len(TASKS))
    clock.killer = killer
    threading.settrace(killer)
    try:
        with live(market, clock, entries_of(kind)) as supervisor:
            if killer is not None:
                killer.rows = supervisor.rows
            assert clock.ended.wait(1_800), supervisor.rows()
            if killer is not None:
                killer.rest()
            return supervisor.rows()
    finally:
        threading.settrace(None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_each_task_killed_in_turn_harms_no_other_and_every_act_is_done_once(tmp_path, scale):
    """Kill each task three times in a row, at random lines; look at all that is left behind."""
    kind, days = scale
    killer = Killer(SEED)
    with prepared(tmp_path, days) as market:
        rows = run(market, kind, killer)
        assert set(killer.kills) == set(TASKS), "each was killed"
        assert {row.task: row.state for row in rows if row.task in TASKS} == dict.fromkeys(
            TASKS, "waiting"
        )
        assert all(row.failures > 0 for row in rows if row.task in TASKS)
        assert all(row.missed == 0 for row in rows), "each came back before its next moment"
        assert killer.harmed == []
        check_all(market, days, kind, missed_most=0)


def test_a_process_killed_at_any_time_makes_every_act_once(tmp_path, scale):
    """Kill the whole process again and again, then let it come to the end."""
    kind, days = scale
    with prepared(tmp_path, days) as market:
        begun_ns = market.time_ns
    breeder = Breeder("laws.test_clock", tmp_path, kind)
    for _ in range(KILLS[kind]):
        breeder.live()
    breeder.end()
    with prepared(tmp_path, days) as market:
        assert market.time_ns > begun_ns + NS_PER_DAY // 2, (
            "they got somewhere"
        )  # Some lives are short.
        run(market, kind)
        check_all(market, days, kind, missed_most=KILLS[kind])
        events = market.events_since(0)
    with Market(tmp_path, history_ns=None) as market:
        assert (market.events_since(0) == events).all(), "a replay says the same"


@pytest.mark.long
@pytest.mark.suite
def test_a_task_broken_off_at_each_line_of_its_steps_in_turn_does_every_act_once(tmp_path):
    """For n = 0, 1, 2, ... break a moment off at its n-th line, until one attempt comes to its end.

    So there was a death between any two acts of the task, and all that were before it.
    """
    with prepared(tmp_path, 2) as market:
        first, second = LAST - timedelta(days=2), LAST - timedelta(days=1)
        now_ns = [market.time_ns]
        ticks = RealTimeIndex(market.archive)
        work = Work(market, ticks, lambda: now_ns[0], threading.Event(), None, None)
        deaths = {}
        for name, entry in ((entry.task, entry) for entry in calendar()):
            if name in ONCE_A_DAY:
                now_ns[0] = entry.times.after(strike_ns(first))
                deaths[name, first] = deaths_of(getattr(work, f"do_{name}"), now_ns[0])
        now_ns[0] = strike_ns(second) + KNOWN_AFTER_NS
        deaths["fix", second] = deaths_of(work.do_fix, now_ns[0])
        assert min(deaths.values()) >= 3
        assert min(deaths["auction", first], deaths["fix", second]) > 15
        events = market.events_since(0)
        assert not (events[:, e.KIND] == e.Kind.REFUSED).any()
        check_fixings(market, events, [first, second])
        check_auctions(market, events, [first])
        check_settlements(events, [first, second])
        assert market.is_published(first)


def deaths_of(do, moment_ns: int) -> int:
    """Break work off at each of its lines in turn; give how often it died until it came through.

    A line counts when it is first reached.
    """
    reached: set[tuple[object, int]] = set()

    def follow(frame, event, argument):
        return each_line if frame.f_code.co_filename in STEPS else None

    def each_line(frame, event, argument):
        reached.add((frame.f_code, frame.f_lineno))
        if len(reached) > death:
            raise Killed(frame.f_code.co_name)
        return each_line

    for death in range(1, 1_000):
        reached.clear()
        sys.settrace(follow)
        try:
            do(moment_ns)
            return death
        except Killed:
            pass
        finally:
            sys.settrace(None)
    raise AssertionError("it never came through")


def check_all(market: Market, days: int, kind: str, missed_most: int) -> None:
    """Hold all that a week left behind against the calendar."""
    events = market.events_since(0)
    refused = events[events[:, e.KIND] == e.Kind.REFUSED]
    reasons = {Reason(reason).name for reason in refused[:, e.REASON].tolist()}
    assert reasons <= {"REDUCE_ONLY", "ORDER_UNKNOWN"}, "a halted contract; an order just filled"
    assert set(refused[:, e.ACCOUNT].tolist()) <= {member.account for member in DEMONSTRATION}
    assert (events[1:, e.TIME_NS] >= events[:-1, e.TIME_NS]).all()
    every = [LAST - timedelta(days=back) for back in range(days, -1, -1)]
    check_fixings(market, events, every)
    check_settlements(events, every)
    check_fundings(market, events, every)
    check_auctions(market, events, every[:-1])
    check_marks(events, days, kind, missed_most)
    for day in every[:-1]:
        assert market.is_published(day)
    assert sum(market.cash_microusd().values()) == 0


def check_fixings(market: Market, events, every: list[date]) -> None:
    """Each strike: of each series one provisional fixing, a day later one final; each logged."""
    fixed = events[events[:, e.KIND] == e.Kind.FIXED]
    told = Counter(map(tuple, fixed[:, (e.INDEX, e.STRIKE_NS, e.REASON)].tolist()))
    assert set(told.values()) == {1}
    for day in every:
        for series in SERIES:
            assert told[series.number, strike_ns(day), Vintage.PROVISIONAL] == 1
            is_final = told[series.number, strike_ns(day), Vintage.FINAL]
            assert is_final == (day != every[-1])
    leaves = [json.loads(leaf) for leaf in market.log.leaves(0, market.log.size)]
    fields = ("type", "parameter_set", "revision", "series", "strike", "vintage")
    said = Counter(tuple(leaf.get(name) for name in fields) for leaf in leaves)
    said = {name: times for name, times in said.items() if name[0] in ("fix", "batch")}
    assert set(said.values()) == {1}
    for day in every:
        kept = [f for name in SETS for f in market.archive.vintages(None, strike_ns(day), "", name)]
        vintages = Counter((f.parameter_set, f.series, f.vintage) for f in kept)
        assert set(vintages.values()) == {1}
        assert len(vintages) == len(SETS) * len(ALL_SERIES) * (1 if day == every[-1] else 2)


def check_settlements(events, every: list[date]) -> None:
    """Each day: every contract that is open at 00:30 settles once; one that ends, by its fixes."""
    settled = events[events[:, e.KIND] == e.Kind.SETTLED]
    daily = settled[(settled[:, e.VALUE_MICROUSD] == 0)]
    times = Counter(map(tuple, daily[:, (e.CONTRACT, e.TIME_NS)].tolist()))
    opened = spans(events)
    expected = {
        (contract, strike_ns(day))
        for contract, (from_ns, until_ns) in opened.items()
        for day in every
        if from_ns < strike_ns(day) < until_ns
    }
    assert {name for name in times if name[1] >= strike_ns(every[0])} == expected
    assert set(times.values()) == {1}
    ended = settled[settled[:, e.VALUE_MICROUSD] != 0]
    by_fix = Counter(ended[:, e.CONTRACT].tolist())
    last_ns = strike_ns(every[-1])
    assert by_fix == {
        contract: 2
        for contract, (_, until_ns) in opened.items()
        if until_ns + NS_PER_DAY < last_ns + NS_PER_HOUR
    }


def check_fundings(market: Market, events, every: list[date]) -> None:
    """Each perpetual is funded once for each of its periods."""
    funded = events[events[:, e.KIND] == e.Kind.FUNDED]
    times = Counter(map(tuple, funded[:, (e.CONTRACT, e.TIME_NS)].tolist()))
    periods = dict(funded[:, (e.CONTRACT, e.PERIOD_S)].tolist())
    assert sorted(periods.values()) == [3_600, 86_400]
    end_ns = strike_ns(every[-1]) + NS_PER_HOUR
    expected = {
        (contract, time_ns)
        for contract, period_s in periods.items()
        for time_ns in range(strike_ns(every[0]), end_ns + 1, period_s * NS_PER_SECOND)
        if time_ns > spans(events)[contract][0]
    }
    assert {name for name in times if name[1] >= strike_ns(every[0])} == expected
    assert set(times.values()) == {1}


def check_auctions(market: Market, events, days: list[date]) -> None:
    """Each gate was cleared, and each transfer of its result posted once."""
    posted = events[events[:, e.KIND] == e.Kind.TRANSFERRED]
    items = Counter(map(tuple, posted[:, (e.RUN, e.ITEM, e.AMOUNT_MICROUSD)].tolist()))
    assert set(items.values()) == {1}
    expected = set()
    for day in days:
        result = json.loads((market.place(day) / RESULT_FILE).read_text())
        assert len(result["transfers"]) > 0
        expected |= {
            (result["run"], each["item"], microusd_from_text(each["amount"]))
            for each in result["transfers"]
        }
    assert set(items) == expected


def check_marks(events, days: int, kind: str, missed_most: int) -> None:
    """Each contract is marked once at each moment at which it is open; the newest alone counts."""
    marked = events[(events[:, e.KIND] == e.Kind.MARKED) & (events[:, e.CONTRACT] == 0)]
    moments = Counter((marked[:, e.TIME_NS] // MARKS_NS[kind]).tolist())
    assert set(moments.values()) == {1}
    numbers = sorted(moments)
    missed = numbers[-1] - numbers[0] + 1 - len(numbers)
    assert missed <= missed_most
    assert len(numbers) >= days * (NS_PER_DAY // MARKS_NS[kind]) - missed_most


def spans(events) -> dict[int, tuple[int, int]]:
    """Give from when until when each contract was open."""
    opened = events[events[:, e.KIND] == e.Kind.OPENED]
    stopped = events[(events[:, e.KIND] == e.Kind.EXPIRED) & (events[:, e.REASON] == 0)]
    until = dict(stopped[:, (e.CONTRACT, e.TIME_NS)].tolist())
    return {
        contract: (from_ns, until.get(contract, 1 << 62))
        for contract, from_ns in opened[:, (e.CONTRACT, e.TIME_NS)].tolist()
    }


if __name__ == "__main__":
    FOLDER, KIND = Path(sys.argv[1]), sys.argv[2]
    breed(lambda: live_and_die(FOLDER, KIND))
