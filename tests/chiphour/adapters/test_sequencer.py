"""SEQUENCER: one order for all, nothing told that is not durable, each submitter its own events.

Takes   a small exchange (`toy.py`) and real files; a disk that refuses or is slow; many threads.
Gives   the claims of `adapters/sequencer.py` and `commit.py`, each a test.
Keeps   the journal as the judge: what it replays to is what everyone was told.
Source  Rulebook 1.5, 2.1, 2.2 and 2.8; decisions 0007 and 0026.
"""

import os
import resource
import threading
import time
from concurrent.futures import CancelledError

import numpy as np
import pytest

from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.journal import read_frames
from chiphour.adapters.recovery import recover
from chiphour.adapters.segments import segment_path
from chiphour.adapters.sequencer import QUEUE_ROWS
from chiphour.adapters.sequencer import RequestMalformed
from chiphour.adapters.sequencer import Sequencer
from chiphour.adapters.sequencer import SequencerStopped
from chiphour.exchange import events as e
from chiphour.exchange.commands import ACCOUNT
from chiphour.exchange.commands import KIND
from chiphour.exchange.commands import SEQUENCE
from chiphour.exchange.commands import TIME_NS
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from chiphour.wire.journal import ZERO
from chiphour.wire.journal import chained_events
from chiphour.wire.journal import unpack_private
from toy import LIMITS
from toy import Toy
from toy import deposit

START_NS = 500_000 * NS_PER_HOUR + 1


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_ns = START_NS

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def sequencer(folder, clock):
    engine, journal, _ = recover(folder, LIMITS, Toy)
    with Sequencer(engine, journal, clock) as running:
        yield running


def one(kind: Kind, time_ns: int = 0, **columns: int):
    row = command(kind, **columns)
    row[TIME_NS] = time_ns
    return row[np.newaxis]


def hourly(time_ns: int = 0):
    """Make something due every hour."""
    return one(Kind.MARK, time_ns)


def chores(count: int, **columns: int):
    """Put work into the queue."""
    return one(Kind.ORDER, lots=count, **columns)


def file_of(folder):
    return segment_path(folder / FOLDER_NAME, 1)


def journalled(folder):
    """Give all rows that the journal holds, and the length of each frame with rows."""
    frames = [f for f in read_frames(folder / FOLDER_NAME) if len(f.rows)]
    return np.concatenate([f.rows for f in frames]), [len(f.rows) for f in frames]


def replayed(folder):
    """Give the events and the digest that the journal makes."""
    engine = Toy(LIMITS)
    events = engine.apply(journalled(folder)[0])
    return events, engine.digest()


def hold(sequencer):
    """Keep the writer busy; give what ends that."""
    busy, release = threading.Event(), threading.Event()
    asking = threading.Thread(
        target=sequencer.ask, args=(lambda engine: (busy.set(), release.wait(10)),)
    )
    asking.start()
    assert busy.wait(10)

    def end() -> None:
        release.set()
        asking.join()

    return end


def refusals(events):
    return events[events[:, e.KIND] == e.Kind.REFUSED, e.REASON].tolist()


def test_submitter_gets_its_own_events_and_they_are_durable(sequencer, folder):
    assert sequencer.submit(deposit(8, 7))[:, e.CASH_MICROUSD].tolist() == [7]
    own = sequencer.submit(deposit(9, 5, count=2))
    assert own[:, e.CASH_MICROUSD].tolist() == [5, 10]
    rows, _ = journalled(folder)
    assert rows[-1, SEQUENCE] == own[-1, e.SEQUENCE] == len(rows) == 3
    assert not own.flags.writeable


def test_time_is_stamped_and_never_decreases(sequencer, folder, clock):
    """A zero is the clock; a given time counts unless it is lower than the last."""
    sequencer.submit(deposit())
    clock.now_ns = START_NS - 5
    sequencer.submit(deposit())
    rows = deposit(count=3)
    rows[0, TIME_NS], rows[1, TIME_NS] = START_NS - 1, START_NS + 7
    sequencer.submit(rows)
    rows, _ = journalled(folder)
    assert rows[-4:, TIME_NS].tolist() == [START_NS, START_NS, START_NS + 7, START_NS + 7]
    assert rows[:, SEQUENCE].tolist() == list(range(1, len(rows) + 1))


def test_advance_comes_before_what_is_later_than_due(sequencer, folder, clock):
    """Deposits over three days of hours, in one submission and in several.

    None is refused for time, the submitter sees nothing of the ADVANCEs, subscribers see all.
    """
    heard = []
    sequencer.subscribe(lambda told: heard.append(told.events))
    first = sequencer.submit(hourly())
    rows = deposit(count=6)
    rows[:, TIME_NS] = START_NS + np.arange(6) * 12 * NS_PER_HOUR
    own = [first, sequencer.submit(rows)]
    clock.now_ns = START_NS + 3 * NS_PER_DAY
    own.append(sequencer.submit(deposit()))
    assert sequencer.ask(lambda engine: engine.next_due_ns) > clock.now_ns
    told = np.concatenate(own)
    assert told[:, e.KIND].tolist() == [e.Kind.DEPOSITED] * 7
    everything = np.concatenate(heard)
    assert (everything[:, e.KIND] == e.Kind.FUNDED).sum() == 72
    assert (everything == replayed(folder)[0]).all()


def test_fixing_makes_its_instant_and_what_follows_in_the_submission_waits_for_it(sequencer):
    """Its own time is due (rulebook 2.5): the deposit after it still passes.

    After the last one the sweep is done without being asked.
    """
    fixing = one(Kind.FIXING, index=1)
    events = sequencer.submit(np.concatenate([fixing, deposit(), fixing]))
    assert refusals(events) == []
    assert len(events) == 1
    assert sequencer.ask(lambda engine: engine.next_due_ns) == 1 << 62


def test_order_that_ends_amid_a_submission_ends_before_what_comes_later(sequencer, folder):
    """A GTD order brings a time that is due between the rows of the same submission."""
    order = chores(0, time_in_force=TimeInForce.GTD, expire_ns=START_NS + 5)
    rows = np.concatenate([order, deposit(count=3)])
    rows[:, TIME_NS] = START_NS + np.array([0, 4, 5, 6])
    assert refusals(sequencer.submit(rows)) == []
    kinds = [Kind.ORDER, Kind.DEPOSIT, Kind.ADVANCE, Kind.DEPOSIT, Kind.DEPOSIT]
    assert journalled(folder)[0][:, KIND].tolist() == kinds


def test_advance_does_what_is_due_and_writes_nothing_when_nothing_is(sequencer, folder):
    sequencer.submit(hourly())
    size = file_of(folder).stat().st_size
    assert len(sequencer.advance(START_NS + NS_PER_SECOND)) == 0
    assert file_of(folder).stat().st_size == size
    events = sequencer.advance(START_NS + 2 * NS_PER_HOUR)
    assert events[:, e.KIND].tolist() == [e.Kind.FUNDED] * 2
    assert journalled(folder)[0][-2:, KIND].tolist() == [Kind.ADVANCE] * 2


def test_given_advance_is_one_command_among_others(sequencer):
    sequencer.submit(hourly())
    assert len(sequencer.submit(one(Kind.ADVANCE, START_NS + NS_PER_HOUR))) == 0
    assert sequencer.ask(lambda engine: engine.time_ns) == START_NS + NS_PER_HOUR


def test_idle_sequencer_advances_while_work_waits(sequencer, folder):
    """What one member caused is drained before the answer, each ADVANCE at the market's time.

    Its events go to subscribers, not to the member (rulebook 2.8).
    """
    heard = []
    sequencer.subscribe(lambda told: heard.append(told.events))
    assert len(sequencer.submit(chores(5))) == 0
    assert journalled(folder)[0][:, KIND].tolist() == [Kind.ORDER] + [Kind.ADVANCE] * 5
    assert set(journalled(folder)[0][:, TIME_NS].tolist()) == {START_NS}
    sequencer.ask(lambda engine: None)
    assert np.concatenate(heard)[:, e.KIND].tolist() == [e.Kind.TIER_SET] * 5


def test_work_waits_while_others_want_something(sequencer, folder):
    """Commands that stand in the queue drain on their own; no ADVANCE comes between them."""
    release = hold(sequencer)
    futures = [sequencer.submit_nowait(chores(3)), sequencer.submit_nowait(deposit(count=1024))]
    futures += [sequencer.submit_nowait(deposit())]
    release()
    for future in futures:
        future.result(10)
    kinds = journalled(folder)[0][:, KIND].tolist()
    assert kinds == [Kind.ORDER] + [Kind.DEPOSIT] * 1025


def test_advance_drains_as_well(folder, clock):
    """After a crash work may wait: nobody submits, and advance does it at its time."""
    engine, journal, _ = recover(folder, LIMITS, Toy)
    engine.chores = 2
    with Sequencer(engine, journal, clock) as sequencer:
        events = sequencer.advance(START_NS)
        assert events[:, e.KIND].tolist() == [e.Kind.TIER_SET] * 2
        assert events[:, e.TIME_NS].tolist() == [START_NS] * 2
        assert len(sequencer.advance(START_NS)) == 0


def test_frames_state_the_digest_of_all_events_so_far(sequencer, folder):
    """Rulebook 13.2: a chain over frames, whatever the frames are."""
    for count in (1, 3, 2):
        sequencer.submit(deposit(count=count))
    digest, engine = ZERO, Toy(LIMITS)
    for frame in read_frames(folder / FOLDER_NAME):
        digest = chained_events(digest, engine.apply(frame.rows))
        assert frame.events == digest
    assert frame.number == 3


def test_threads_get_exactly_their_own_events_in_the_order_of_the_journal(sequencer, folder):
    """Eight threads submit at once: together they were told all that the journal replays to."""
    heard, answers = [], {}
    sequencer.subscribe(lambda told: heard.append(told.events))

    def trade(account: int) -> None:
        answers[account] = [
            sequencer.submit(deposit(account, turn, count=1 + turn % 3)) for turn in range(40)
        ]

    threads = [threading.Thread(target=trade, args=(account,)) for account in range(8, 16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for account, mine in answers.items():
        for turn, events in enumerate(mine):
            count = 1 + turn % 3
            assert events[:, e.ACCOUNT].tolist() == [account] * count
            first = events[0, e.SEQUENCE]
            assert events[:, e.SEQUENCE].tolist() == list(range(first, first + count))
    told = np.concatenate([events for mine in answers.values() for events in mine])
    told = told[np.argsort(told[:, e.SEQUENCE], kind="stable")]
    assert sequencer.ask(lambda engine: engine.digest()) == replayed(folder)[1]
    events = replayed(folder)[0]
    assert (np.concatenate(heard) == events).all()
    assert (told == events).all()


def test_next_group_is_applied_while_the_last_one_is_synced(folder, clock, monkeypatch):
    """Hold the disk at the first sync: the engine goes on, nobody is told before the sync."""
    engine, journal, _ = recover(folder, LIMITS, Toy)
    heard = []
    with Sequencer(engine, journal, clock) as sequencer, monkeypatch.context() as patch:
        sequencer.subscribe(lambda told: heard.append(told.events))
        begun, release, sync = threading.Event(), threading.Event(), os.fdatasync
        patch.setattr(os, "fdatasync", lambda file: (begun.set(), release.wait(10), sync(file)))
        futures = [sequencer.submit_nowait(deposit())]
        assert begun.wait(10)
        futures += [sequencer.submit_nowait(deposit(count=2)) for _ in range(3)]
        end = time.monotonic() + 10
        while engine.sequence < 7 and time.monotonic() < end:
            time.sleep(0.001)
        assert engine.sequence == 7
        assert not any(future.done() for future in futures)
        assert heard == []
        release.set()
        assert [len(future.result(10)) for future in futures] == [1, 2, 2, 2]
    assert journalled(folder)[1] == [1, 6]  # What gathered became durable together.


def test_writer_waits_when_the_disk_is_far_behind(folder, clock, monkeypatch):
    """It runs ahead of the disk by so many commands, and no more."""
    monkeypatch.setattr("chiphour.adapters.commit.PENDING_ROWS", 10)
    engine, journal, _ = recover(folder, LIMITS, Toy)
    with Sequencer(engine, journal, clock) as sequencer, monkeypatch.context() as patch:
        release, sync = threading.Event(), os.fdatasync
        patch.setattr(os, "fdatasync", lambda file: (release.wait(10), sync(file)))
        futures = []
        for turn in range(8):
            futures.append(sequencer.submit_nowait(deposit(count=4)))
            time.sleep(0.02)
            assert engine.sequence <= 4 * min(turn + 1, 4)
        release.set()
        for future in futures:
            future.result(10)
        assert engine.sequence == 32


def test_question_sees_only_what_is_durable_and_told(sequencer, folder):
    heard = []
    sequencer.subscribe(lambda told: heard.append(told.events))
    for _ in range(20):
        sequencer.submit_nowait(deposit())
        sequence, told = sequencer.ask(lambda engine: (engine.sequence, sum(map(len, heard))))
        assert told == sequence == len(journalled(folder)[0])


def test_what_waits_becomes_durable_together(sequencer, folder):
    """While the writer is kept busy 300 submissions gather: they share one frame."""
    sequencer.submit(deposit())
    release = hold(sequencer)
    futures = [sequencer.submit_nowait(deposit(8, i)) for i in range(300)]
    release()
    answers = [future.result(10) for future in futures]
    assert [len(events) for events in answers] == [1] * 300
    assert journalled(folder)[1] == [1, 300]


def test_large_submission_is_cut_into_groups_and_answered_once(sequencer, folder):
    events = sequencer.submit(one(Kind.CANCEL, account=8, order=1).repeat(20_000, 0), b"of it")
    assert len(refusals(events)) == 20_000
    frames = [f for f in read_frames(folder / FOLDER_NAME) if len(f.rows)]
    assert max(len(frame.rows) for frame in frames) <= 8192
    entries = [unpack_private(frame.private) for frame in frames]
    assert entries[0] == [(0, b"of it")]
    assert not any(entries[1:])


def test_private_bytes_stand_with_their_row(sequencer, folder, clock):
    """Three submissions in one frame, whose first rows are what had come due before them."""
    sequencer.submit(hourly())
    release = hold(sequencer)
    clock.now_ns = START_NS + 2 * NS_PER_HOUR
    futures = [sequencer.submit_nowait(deposit(count=2), name) for name in (b"Ada", b"", b"Bob")]
    release()
    for future in futures:
        future.result(10)
    *_, last = read_frames(folder / FOLDER_NAME)
    assert last.rows[:, KIND].tolist() == [Kind.ADVANCE] * 2 + [Kind.DEPOSIT] * 6
    assert unpack_private(last.private) == [(2, b"Ada"), (6, b"Bob")]


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros(16, np.int64),
        np.zeros((1, 15), np.int64),
        np.zeros((1, 16)),
        np.zeros((1, 16), np.int32),
        [[0] * 16],
        np.full((1, 16), 1 << 62),
    ],
)
def test_malformed_submission_is_refused_before_the_journal(sequencer, folder, wrong):
    size = file_of(folder).stat().st_size
    with pytest.raises(RequestMalformed, match="expected"):
        sequencer.submit(wrong)
    assert file_of(folder).stat().st_size == size


def test_too_much_private_and_too_late_a_time_are_refused(sequencer):
    with pytest.raises(RequestMalformed, match="private"):
        sequencer.submit(deposit(), bytes((1 << 20) + 1))
    with pytest.raises(RequestMalformed, match="2\\^62"):
        sequencer.advance(1 << 62)


def test_nothing_submitted_gives_nothing(sequencer, folder):
    size = file_of(folder).stat().st_size
    assert sequencer.submit(np.zeros((0, 16), np.int64)).shape == (0, 16)
    assert file_of(folder).stat().st_size == size


def test_full_disk_stops_the_sequencer_and_only_what_was_told_is_lost_to_nobody(folder, clock):
    """Let the system refuse to lengthen the file: all who wait hear of it, and so do all later.

    After a restart everything acknowledged is there.
    """
    engine, journal, _ = recover(folder, LIMITS, Toy)
    sequencer = Sequencer(engine, journal, clock)
    acknowledged = [sequencer.submit(deposit())]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    release = hold(sequencer)
    waiting = [sequencer.submit_nowait(deposit()) for i in range(3)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_of(folder).stat().st_size + 50, hard))
    try:
        release()
        for future in waiting:
            with pytest.raises(SequencerStopped, match="durable"):
                future.result(10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with pytest.raises(SequencerStopped, match="durable"):
        sequencer.submit(deposit())
    assert "durable" in sequencer.stopped
    sequencer.close()
    engine, journal, report = recover(folder, LIMITS, Toy)
    journal.close()
    assert report.cut_bytes == 50
    assert engine.sequence == acknowledged[-1][-1, e.SEQUENCE]


def test_failed_sync_stops_the_sequencer(sequencer, monkeypatch):
    """A sync that fails once is never tried again: what the disk holds is unknown."""
    sequencer.submit(deposit())

    def refuse(file: int) -> None:
        raise OSError(5, "Input/output error")

    heard = []
    sequencer.subscribe(lambda told: heard.append(told.events))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", refuse)
        with pytest.raises(SequencerStopped, match="Input/output error"):
            sequencer.submit(deposit())
    with pytest.raises(SequencerStopped, match="Input/output error"):
        sequencer.submit(deposit())
    with pytest.raises(SequencerStopped):
        sequencer.ask(lambda engine: engine.digest())
    assert heard == []


class Faulty(Toy):
    """An exchange with a fault of ours: it does not survive account 66."""

    def apply(self, rows):
        assert not (rows[:, ACCOUNT] == 66).any(), "found 66"
        return super().apply(rows)


def test_fault_of_ours_stops_the_sequencer_and_does_not_come_back(folder, clock):
    """The command that trips an assertion is in no journal: the next start goes on before it."""
    engine, journal, _ = recover(folder, LIMITS, Faulty)
    sequencer = Sequencer(engine, journal, clock)
    last = sequencer.submit(deposit())[-1, e.SEQUENCE]
    with pytest.raises(SequencerStopped, match="found 66"):
        sequencer.submit(deposit(66))
    with pytest.raises(SequencerStopped, match="found 66"):
        sequencer.submit(deposit())
    sequencer.close()
    engine, journal, report = recover(folder, LIMITS, Faulty)
    journal.close()
    assert engine.sequence == last
    assert report.cut_bytes == 0


def test_subscriber_that_fails_stops_the_sequencer(sequencer, folder):
    """Its own submitter was told already: the frame is durable."""
    sequencer.submit(deposit())

    def fail(events) -> None:
        raise ValueError("deaf")

    sequencer.subscribe(fail)
    with pytest.raises(SequencerStopped, match=r"deaf, after durable sequence 2"):
        sequencer.submit(deposit())
    with pytest.raises(SequencerStopped, match="deaf"):
        sequencer.submit(deposit())
    assert len(journalled(folder)[0]) == 2


def test_unsubscribed_hears_no_more(sequencer):
    heard = []
    end = sequencer.subscribe(lambda told: heard.append(told.events))
    sequencer.submit(deposit())
    sequencer.ask(lambda engine: None)
    count = len(heard)
    end()
    sequencer.submit(deposit())
    assert len(heard) == count > 0


def test_close_does_what_waits_and_refuses_what_comes(folder, clock):
    engine, journal, _ = recover(folder, LIMITS, Toy)
    sequencer = Sequencer(engine, journal, clock)
    futures = [sequencer.submit_nowait(deposit())]
    futures += [sequencer.submit_nowait(deposit()) for i in range(20)]
    sequencer.close()
    sequencer.close()
    assert all(len(future.result(0)) for future in futures)
    with pytest.raises(SequencerStopped, match="closed"):
        sequencer.submit(deposit())
    *_, last = read_frames(folder / FOLDER_NAME)
    assert len(last.rows) == 0
    assert last.digest == replayed(folder)[1]


def test_cancelled_before_it_is_taken_is_never_done(sequencer, folder):
    sequencer.submit(deposit())
    release = hold(sequencer)
    count = len(journalled(folder)[0])
    future = sequencer.submit_nowait(deposit())
    assert future.cancel()
    release()
    sequencer.ask(lambda engine: None)
    with pytest.raises(CancelledError):
        future.result(0)
    assert len(journalled(folder)[0]) == count


def test_full_queue_makes_submitters_wait(sequencer):
    """With the writer kept busy one large submission fills the queue; the next one waits."""
    sequencer.submit(deposit())
    release = hold(sequencer)
    cancel = one(Kind.CANCEL, account=8, order=1)
    sequencer.submit_nowait(np.repeat(cancel, QUEUE_ROWS, axis=0))
    late = threading.Thread(target=sequencer.submit, args=(cancel,))
    late.start()
    late.join(0.2)
    assert late.is_alive()
    release()
    late.join(30)
    assert not late.is_alive()


def test_question_that_fails_is_the_askers(sequencer):
    def divide(engine):
        return 1 // 0

    with pytest.raises(ZeroDivisionError):
        sequencer.ask(divide)
    assert refusals(sequencer.submit(deposit())) == []


def test_what_is_handed_in_shows_its_stamps(sequencer, folder):
    """Hand in rows among others: once durable they are those of the journal."""
    release = hold(sequencer)
    handed = [sequencer.hand_in(deposit(count=count)) for count in (2, 1, 3)]
    release()
    for each in handed:
        each.future.result(10)
    assert [each.rows[:, SEQUENCE].tolist() for each in handed] == [[1, 2], [3], [4, 5, 6]]
    rows = np.concatenate([each.rows for each in handed])
    assert np.array_equal(rows, journalled(folder)[0])


def test_recovery_tells_what_the_sequencer_told(folder, clock):
    """Tell a listener live, then one of a recovery: both hear the same, private bytes too."""
    live, again = [], []
    engine, journal, _ = recover(folder, LIMITS, Toy)
    with Sequencer(engine, journal, clock) as sequencer:
        sequencer.subscribe(live.append)
        for number in range(5):
            sequencer.submit(deposit(count=2), b"%d" % number)
    _, journal, _ = recover(folder, LIMITS, Toy, hear=again.append)
    journal.close()
    assert _flat(live) == _flat(again)
    assert [content for _, content in _flat(live)[2]] == [b"0", b"1", b"2", b"3", b"4"]


def _flat(heard):
    """Join what was told: rows, events, and what is private by the sequence of its command."""
    rows = [row for told in heard for row in told.rows.tolist()]
    events = [row for told in heard for row in told.events.tolist()]
    private = [
        (int(told.rows[place, SEQUENCE]), content)
        for told in heard
        for place, content in told.private
    ]
    return rows, events, private
