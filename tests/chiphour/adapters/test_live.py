"""TEST LIVE: the market goes on by its calendar, from wherever it was stopped.

Takes   a market in a temporary folder, with recordings; market time that jumps, or the wall's.
Gives   claims on what each task does, where it begins, and how it ends.
Keeps   no act done twice, none before its time.
Source  Decisions 0011 and 0033.
"""

import shutil
import threading
import time
from datetime import date
from datetime import timedelta

import pytest

from chiphour.adapters.calendar import calendar
from chiphour.adapters.calendar import due
from chiphour.adapters.live import Work
from chiphour.adapters.live import duties
from chiphour.adapters.live import live
from chiphour.adapters.live import market_day
from chiphour.adapters.market import Market
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.day import KNOWN_AFTER_NS
from chiphour.day import clear_day
from chiphour.day import run_day
from chiphour.day import tell_fix
from chiphour.exchange import events as e
from chiphour.observe.observation import MarketError
from chiphour.publish.files import RESULT_FILE
from chiphour.publish.files import TRADES_FILE
from chiphour.publish.files import run_file
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import iso_from_ns
from chiphour.units import strike_ns
from jumping import JumpingTime

DAY = date(2026, 7, 10)
NEXT = DAY + timedelta(days=1)
COARSE = calendar(30 * NS_PER_MINUTE, 30 * NS_PER_MINUTE, 30 * NS_PER_MINUTE)
TASKS = 9


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """Give the folder of a market at the strike of a day, the day before run as a replay."""
    folder = tmp_path_factory.mktemp("replayed")
    with Market(folder) as market:
        ingest(market.archive, embedded_folder(), only="gpurentalprices")
        market.fix_days(DAY, lambda done, total: None)
        for earlier in market.waiting_days(DAY)[:-1]:
            tell_fix(earlier, market)
        run_day(DAY - timedelta(days=1), market)
    return folder


@pytest.fixture
def market(replayed, tmp_path):
    """Give that market in a folder of its own."""
    shutil.copytree(replayed, tmp_path / "market")
    with Market(tmp_path / "market", history_ns=None) as market:
        yield market


def go_on(market, until_ns, parties=TASKS, **more):
    """Let the market go on to a time; give how its tasks fared."""
    clock = JumpingTime(market.time_ns, until_ns, parties)
    with live(market, clock, COARSE, **more) as supervisor:
        assert clock.ended.wait(120), supervisor.rows()
        return {row.task: row for row in supervisor.rows()}


def beginnings(market, now_ns):
    """Give for each task the first moment that it would do."""
    work = Work(market, None, lambda: now_ns, threading.Event(), None, None)
    return {
        duty.entry.task: iso_from_ns(due(duty.entry, duty.done_ns, now_ns, duty.begun).moment_ns)
        for duty in duties(work, COARSE, now_ns)
        if duty.entry.times is not None
    }


@pytest.mark.long
def test_a_day_passes_and_every_step_of_it_is_made(market):
    rows = go_on(market, strike_ns(NEXT) + NS_PER_HOUR)
    assert {row.failures for row in rows.values()} == {0}
    idle = ("collection", "report", "runs")
    assert {rows[task].state for task in idle} == {"not there yet"}
    events = market.events_since(strike_ns(DAY))
    kinds = set(events[:, e.KIND].tolist())
    assert {e.Kind.FIXED, e.Kind.FILL, e.Kind.TRANSFERRED, e.Kind.SETTLED, e.Kind.FUNDED} <= kinds
    assert not (events[:, e.KIND] == e.Kind.REFUSED).any()
    assert {path.name for path in market.place(DAY).iterdir()} == {
        *("auction-result.json", "auction-run.json", "contracts.json", "fixings.csv"),
        *("fixings.json", "release.html", "trades.csv"),
    }
    assert market.last_told_day() == NEXT
    assert sum(market.cash_microusd().values()) == 0


def test_runs_that_members_bid_in_are_a_task_of_the_calendar(market):
    """Tended every second of market time; what fails is told, counted and tried again."""
    tended = []

    def tend():
        tended.append(market.time_ns)
        if len(tended) == 1:
            raise MarketError("planted")

    rows = go_on(market, market.time_ns + 5 * NS_PER_SECOND, TASKS + 1, tend=tend)
    assert (rows["runs"].failures, rows["runs"].last_error) == (1, "")
    assert rows["runs"].runs == len(tended) > 1


def test_a_trade_at_the_very_instant_of_a_strike_is_in_one_days_files(market):
    go_on(market, strike_ns(NEXT) + NS_PER_DAY + NS_PER_HOUR)
    texts = [(market.place(day) / TRADES_FILE).read_text() for day in (DAY, NEXT)]
    numbers = [line.split(",")[0] for text in texts for line in text.splitlines()[1:]]
    events = market.events_since(strike_ns(DAY))
    fills = events[events[:, e.KIND] == e.Kind.FILL]
    made = fills[fills[:, e.TIME_NS] < strike_ns(NEXT) + NS_PER_DAY][:, e.SEQUENCE].tolist()
    assert sorted(map(int, numbers)) == made
    assert (fills[:, e.TIME_NS] == strike_ns(NEXT)).any(), "members act at that instant too"


def test_a_new_days_tasks_begin_where_the_replay_ended(market):
    found = beginnings(market, market.time_ns)
    assert found == {
        "tick": "2026-07-10T01:00:00Z",
        "fix": "2026-07-09T00:35:00Z",  # Told already: to do it again changes nothing.
        "marks": "2026-07-10T01:00:00Z",
        "members": "2026-07-10T01:00:00Z",
        "timers": "2026-07-10T01:00:00Z",
        "funding": "2026-07-10T01:30:00Z",
        "settlement": "2026-07-11T00:30:00Z",
        "auction": "2026-07-10T12:30:00Z",
        "runs": "2026-07-10T00:30:01Z",
        "release": "2026-07-11T00:30:00Z",
        "report": "2026-07-09T07:00:00Z",
    }


def test_tasks_begin_at_what_a_kill_left_unfinished(market):
    """Break off as the day has settled: its auction begun, its files not written."""
    clear_day(DAY, market)
    (market.place(DAY) / RESULT_FILE).unlink()
    market.pass_time(strike_ns(NEXT))
    found = beginnings(market, strike_ns(NEXT))
    assert found["auction"] == "2026-07-10T12:30:00Z"
    assert found["release"] == "2026-07-11T00:30:00Z"
    rows = go_on(market, strike_ns(NEXT) + NS_PER_HOUR)
    assert rows["auction"].missed == 0
    assert market.is_published(DAY)
    events = market.events_since(0)
    posted = events[events[:, e.KIND] == e.Kind.TRANSFERRED]
    of_day = posted[posted[:, e.RUN] == DAY.toordinal()]
    assert len(of_day) == len({*of_day[:, e.ITEM].tolist()}) > 0


def test_time_that_passed_by_a_strike_leaves_it_to_be_fixed(market):
    """Let marks carry time beyond two strikes while nobody fixes: each is fixed and told."""
    late_ns = strike_ns(NEXT) + 6 * NS_PER_HOUR
    market.mark(late_ns)
    market.mark(late_ns + NS_PER_MINUTE)
    go_on(market, late_ns + NS_PER_HOUR)
    for day, vintages in ((DAY, {1, 2}), (NEXT, {1})):
        assert {vintage for _, vintage in market.told(day)} == vintages
    assert not (market.events_since(0)[:, e.KIND] == e.Kind.REFUSED).any()


def test_a_gate_waits_for_the_fix_of_its_day(market, monkeypatch):
    """Let the fix of the next day fail until its gate is past: the auction waits for it."""
    market.mark(strike_ns(NEXT) + 12 * NS_PER_HOUR - NS_PER_MINUTE)

    def close_batch(day):
        if day == NEXT and clock.now_ns() < strike_ns(NEXT) + 13 * NS_PER_HOUR:
            raise RuntimeError("planted")
        closed(day)

    closed = market.close_batch
    monkeypatch.setattr(market, "close_batch", close_batch)
    clock = JumpingTime(market.time_ns, strike_ns(NEXT) + 14 * NS_PER_HOUR, TASKS)
    with live(market, clock, COARSE) as supervisor:
        assert clock.ended.wait(120), supervisor.rows()
        rows = {row.task: row for row in supervisor.rows()}
    assert min(rows["fix"].failures, rows["auction"].failures) > 10
    assert (rows["fix"].last_error, rows["auction"].last_error) == ("", "")
    assert {rows[name].failures for name in rows if name not in ("fix", "auction")} == {0}
    assert (market.place(NEXT) / RESULT_FILE).exists()


def test_a_gate_that_nobody_closed_in_its_day_is_told_as_missed(market, monkeypatch):
    """Let the auction fail for a whole day: the day after has its auction, the missed one none."""

    def gather(day):
        if day == DAY:
            raise RuntimeError("planted")
        return gathered(day)

    gathered = market.gather
    market.mark(strike_ns(NEXT) - NS_PER_HOUR)
    monkeypatch.setattr(market, "gather", gather)
    rows = go_on(market, strike_ns(NEXT) + 13 * NS_PER_HOUR)
    assert rows["auction"].missed == 1
    assert not (market.place(DAY) / RESULT_FILE).exists()
    assert (market.place(NEXT) / RESULT_FILE).exists()


def test_a_sealed_run_is_the_one_that_is_cleared(market):
    instance = market.gather(DAY)
    market.write(DAY, run_file(instance))
    market.previous = lambda *of: {}
    assert clear_day(DAY, market).instance == instance


def test_the_report_of_the_morning_is_made_once_and_the_last_missed_one_at_the_start(market):
    made = []
    market.pass_time(strike_ns(DAY))
    go_on(market, strike_ns(NEXT) + 8 * NS_PER_HOUR, parties=TASKS + 1, report=made.append)
    assert made == [DAY - timedelta(days=1), DAY, NEXT]


def test_collection_is_a_task_like_any_other(market):
    begun = threading.Event()

    def collect(stop):
        begun.set()
        stop.wait(60)

    with live(market, collect=collect) as supervisor:
        assert begun.wait(60)
        rows = {row.task: row for row in supervisor.rows()}
    assert rows["collection"].state == "running"


def test_market_time_is_the_walls_from_the_present_on_and_orders_are_stamped_by_it(market):
    began_ns, began = market.time_ns, time.monotonic()
    with live(market) as supervisor:
        while market.sequence and time.monotonic() - began < 0.3:
            time.sleep(0.05)
        market.pass_time(began_ns)
        assert {row.state for row in supervisor.rows()} >= {"waiting"}
        stamped_ns = market._now_ns()
    assert began_ns < stamped_ns <= began_ns + (time.monotonic() - began + 1) * NS_PER_SECOND
    assert time.monotonic() - began < 20, "it ends within a moment"


def test_a_market_day_begins_with_its_strike():
    assert market_day(strike_ns(DAY)) == DAY
    assert market_day(strike_ns(DAY) - 1) == DAY - timedelta(days=1)
    assert market_day(strike_ns(DAY) + KNOWN_AFTER_NS) == DAY
