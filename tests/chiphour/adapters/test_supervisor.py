"""TEST SUPERVISOR: a task that fails, dies or stands still touches no other.

Takes   duties that do what the test wants, on real threads; market time that jumps.
Gives   claims on states, restarts, catching up and the end.
Keeps   a moment undone until its work has returned.
Source  Decision 0033.
"""

import signal
import threading

import pytest

from chiphour.adapters import supervisor
from chiphour.adapters.calendar import Entry
from chiphour.adapters.calendar import Times
from chiphour.adapters.commit import SequencerStopped
from chiphour.adapters.market_time import PacedTime
from chiphour.adapters.supervisor import Duty
from chiphour.adapters.supervisor import Supervisor
from chiphour.adapters.supervisor import backoff_ns
from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from jumping import JumpingTime

START = 1_000 * NS_PER_HOUR
END = START + 60 * NS_PER_MINUTE


def minutely(task, work, catch_up="newest", **more):
    return Duty(Entry(task, Times(NS_PER_MINUTE), catch_up), work, START, **more)


def hour(*duties):
    """Let an hour pass, and what it takes to try again; give how each fared, then and stopped."""
    parties = sum(duty.work is not None for duty in duties)
    clock, stop = JumpingTime(START, END + 30 * NS_PER_SECOND, parties), threading.Event()
    with Supervisor(duties, clock, stop) as watch:
        assert clock.ended.wait(60), watch.rows()
        before = {row.task: row for row in watch.rows()}
    return before, {row.task: row for row in watch.rows()}


def test_each_moment_is_done_once_and_in_order():
    done = []
    before, after = hour(minutely("a", done.append))
    assert done == list(range(START + NS_PER_MINUTE, END + 1, NS_PER_MINUTE))
    row = before["a"]
    assert (row.state, row.runs, row.failures, row.missed) == ("waiting", 60, 0, 0)
    assert (row.last_run_ns, row.last_success_ns) == (END, END)
    assert row.next_ns == END + NS_PER_MINUTE
    assert after["a"].state == "stopped"


class Death(BaseException):
    """No Exception: what ends a thread that is careless."""


@pytest.mark.parametrize("fault", [RuntimeError("x"), MarketError("x"), Death("x"), MemoryError()])
def test_what_fails_is_tried_again_and_no_other_notices(fault):
    tried, others = [], []

    def fail_at_times(moment_ns):
        tried.append(moment_ns)
        if len(tried) % 3:
            raise fault

    before, _ = hour(minutely("bad", fail_at_times), minutely("good", others.append))
    assert others == list(range(START + NS_PER_MINUTE, END + 1, NS_PER_MINUTE))
    assert sorted(set(tried)) == others, "no moment was lost by it"
    assert all(tried.count(moment_ns) == 3 for moment_ns in others)
    assert (before["bad"].runs, before["bad"].failures) == (180, 120)
    assert (before["good"].runs, before["good"].failures) == (60, 0)
    assert before["bad"].last_error == "", "it went well since"


def test_a_fault_is_told_while_it_lasts_and_the_waits_are_bounded():
    tried = []

    def fail(moment_ns):
        tried.append(moment_ns)
        raise MarketError("disk: expected room, found none")

    before, _ = hour(minutely("bad", fail, "each"))
    row = before["bad"]
    assert row.state == "backing off"
    assert row.last_error == "disk: expected room, found none"
    assert set(tried) == {START + NS_PER_MINUTE}, "a moment is done before the next is"
    assert END < row.next_ns <= END + 64 * NS_PER_SECOND
    assert [backoff_ns(n) // NS_PER_SECOND for n in range(9)] == [1, 2, 4, 8, 16, 32, 64, 64, 64]
    assert 50 < len(tried) < 65


def test_a_task_that_is_down_for_long_passes_over_what_is_stale():
    done, broken = [], [True] * 4

    def fail_at_first(moment_ns):
        if broken:
            broken.pop()
            raise MarketError("x")
        done.append(moment_ns)

    fast = Duty(Entry("a", Times(NS_PER_SECOND), "newest"), fail_at_first, START)
    before, _ = hour(fast)
    assert done[0] == START + 16 * NS_PER_SECOND, "1 s, then after 1 + 2 + 4 + 8 s"
    assert before["a"].missed == 15


def test_a_thread_that_died_is_begun_again(monkeypatch):
    """Let the thread die where nothing can catch it: in noting that it failed."""
    deaths, done = [], []

    def note(self, fault, now_ns):
        if not deaths:
            deaths.append(fault)
            raise Death("noting it")
        noted(self, fault, now_ns)

    def fail_once(moment_ns):
        if not deaths:
            raise MarketError("x")
        done.append(moment_ns)

    noted = supervisor._Task.fails
    monkeypatch.setattr(supervisor._Task, "fails", note)
    monkeypatch.setattr(threading, "excepthook", lambda given: None)
    before, _ = hour(minutely("a", fail_once))
    assert done == list(range(START + NS_PER_MINUTE, END + 1, NS_PER_MINUTE))
    assert (before["a"].state, before["a"].failures) == ("waiting", 1)


def test_a_thread_that_cannot_be_had_is_asked_for_again(monkeypatch):
    """Let a thread die, and the system have no other for it at first."""
    refusals, done = [], []

    def start(self):
        if self.name == "a" and done and len(refusals) < 2:
            refusals.append(self)
            raise RuntimeError("can't start new thread")
        started(self)

    def die_once(moment_ns):
        done.append(moment_ns)
        if len(done) == 1:
            raise Death("x")

    def fails(self, fault, now_ns):
        noted(self, fault, now_ns)
        if isinstance(fault, Death):
            raise fault

    noted, started = supervisor._Task.fails, threading.Thread.start
    monkeypatch.setattr(supervisor._Task, "fails", fails)
    monkeypatch.setattr(threading.Thread, "start", start)
    monkeypatch.setattr(threading, "excepthook", lambda given: None)
    before, _ = hour(minutely("a", die_once))
    assert len(refusals) == 2
    assert sorted(set(done)) == list(range(START + NS_PER_MINUTE, END + 1, NS_PER_MINUTE))
    assert before["a"].state == "waiting"


def test_what_nobody_does_says_so():
    before, after = hour(minutely("report", None), minutely("a", lambda moment_ns: None))
    for row in (before["report"], after["report"]):
        assert (row.state, row.runs, row.next_ns) == ("not there yet", 0, 0)


def test_a_task_without_moments_works_until_the_end():
    begun, ended, stop = threading.Event(), threading.Event(), threading.Event()

    def work(moment_ns):
        begun.set()
        stop.wait(60)
        ended.set()

    duty = Duty(Entry("collection", None, "goes on"), work)
    with Supervisor([duty], PacedTime(START), stop) as watch:
        assert begun.wait(60)
        assert watch.rows()[0].state == "running"
    assert ended.is_set()
    assert watch.rows()[0].state == "stopped"
    assert watch.rows()[0].failures == 0


def test_a_task_without_moments_that_ends_by_itself_has_failed():
    stop, twice, calls = threading.Event(), threading.Event(), []

    def work(moment_ns):
        calls.append(moment_ns)
        if len(calls) == 2:
            twice.set()

    duty = Duty(Entry("collection", None, "goes on"), work)
    with Supervisor([duty], PacedTime(START, 100), stop) as watch:
        assert twice.wait(60)
    assert watch.rows()[0].failures >= 1
    assert "found its work ended" in watch.rows()[0].last_error


def test_where_the_market_stands_still_the_process_is_asked_to_end_and_the_fault_is_raised():
    heard, stop, calls = threading.Event(), threading.Event(), []

    def stopped(moment_ns):
        raise SequencerStopped("sequencer: expected to go on, found a full disk")

    def hear(number, frame):
        calls.append(number)
        heard.set()

    duties = [minutely("a", stopped), minutely("b", stopped)]
    before = signal.signal(signal.SIGTERM, hear)
    try:
        with (
            pytest.raises(SequencerStopped, match="full disk"),
            Supervisor(duties, PacedTime(START, 10_000), stop) as watch,
        ):
            assert heard.wait(timeout=60)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert calls == [signal.SIGTERM], "asked once, however many tasks found it out"
    assert "failed" in {row.state for row in watch.rows()}
