"""SEQUENCER: one order for all, nothing told that is not durable, each submitter its own events.

Takes   the plain exchange and real files; a disk that refuses; many threads.
Gives   the claims of `adapters/sequencer.py`, each a test.
Keeps   the journal as the judge: what it replays to is what everyone was told.
Source  Rulebook 1.5, 2.1 and 2.2; decision 0007.
"""

import os
import resource
import threading
from concurrent.futures import CancelledError

import numpy as np
import pytest

from chiphour.adapters.journal import journal_path
from chiphour.adapters.journal import read_frames
from chiphour.adapters.recovery import recover
from chiphour.adapters.sequencer import QUEUE_ROWS
from chiphour.adapters.sequencer import RequestMalformed
from chiphour.adapters.sequencer import Sequencer
from chiphour.adapters.sequencer import SequencerStopped
from chiphour.contracts.table import TERMS
from chiphour.exchange import events as e
from chiphour.exchange.commands import KIND
from chiphour.exchange.commands import SEQUENCE
from chiphour.exchange.commands import TIME_NS
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference import Reference
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from chiphour.wire.journal import unpack_private
from opened import STRIKE_NS
from opened import opening

LIMITS = Limits(accounts=64, contracts=4, indexes=4, orders=4096, positions=256)
START_NS = STRIKE_NS + NS_PER_HOUR


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
    engine, journal, _ = recover(folder, LIMITS, Reference)
    with Sequencer(engine, journal, clock) as running:
        yield running


def order(account: int, side: int, price_ticks: int, lots: int = 1, **more: int):
    given = {"contract": 0, "order_type": 1, "time_in_force": 1} | more
    row = command(
        Kind.ORDER, account=account, side=side, price_ticks=price_ticks, lots=lots, **given
    )
    return row[np.newaxis]


def journalled(folder):
    """Give all rows that the journal holds, and the length of each frame with rows."""
    frames = [f for f in read_frames(journal_path(folder)) if len(f.rows)]
    return np.concatenate([f.rows for f in frames]), [len(f.rows) for f in frames]


def replayed(folder):
    """Give the events and the digest that the journal makes."""
    engine = Reference(LIMITS)
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
    assert refusals(sequencer.submit(opening())) == []
    bought = sequencer.submit(order(8, 1, 25_000, lots=5, client_order_id=77))
    assert bought[:, e.KIND].tolist() == [e.Kind.ACCEPTED, e.Kind.RESTED]
    assert bought[:, e.CLIENT_ORDER_ID].tolist() == [77, 77]
    sold = sequencer.submit(order(9, 2, 25_000, lots=5))
    assert sold[:, e.KIND].tolist() == [e.Kind.ACCEPTED, e.Kind.FILL]
    rows, _ = journalled(folder)
    assert rows[-1, SEQUENCE] == sold[0, e.SEQUENCE] == len(rows)
    assert not sold.flags.writeable


def test_time_is_stamped_and_never_decreases(sequencer, folder, clock):
    """A zero is the clock; a given time counts unless it is lower than the last."""
    sequencer.submit(opening())
    clock.now_ns = START_NS - 5
    sequencer.submit(order(8, 1, 100))
    early, late, unset = order(8, 1, 101), order(8, 1, 102), order(8, 1, 103)
    early[0, TIME_NS], late[0, TIME_NS] = START_NS - 1, START_NS + 7
    sequencer.submit(np.concatenate([early, late, unset]))
    rows, _ = journalled(folder)
    assert rows[-4:, TIME_NS].tolist() == [START_NS, START_NS, START_NS + 7, START_NS + 7]
    assert rows[:, SEQUENCE].tolist() == list(range(1, len(rows) + 1))


def test_advance_comes_before_what_is_later_than_due(sequencer, folder, clock):
    """Orders over three days of hourly funding, in one submission and in several.

    None is refused for time, the submitter sees nothing of the ADVANCEs, subscribers see all.
    """
    heard = []
    sequencer.subscribe(heard.append)
    first = sequencer.submit(opening())
    rows = np.concatenate([order(8, 1, 100 + i) for i in range(6)])
    rows[:, TIME_NS] = START_NS + np.arange(6) * 12 * NS_PER_HOUR
    own = [first, sequencer.submit(rows)]
    clock.now_ns = START_NS + 3 * NS_PER_DAY
    own.append(sequencer.submit(order(8, 1, 200)))
    assert sequencer.ask(lambda engine: engine.next_due_ns) > clock.now_ns
    told = np.concatenate(own)
    assert refusals(told) == []
    assert not np.isin(told[:, e.KIND], [e.Kind.FUNDED, e.Kind.SETTLED]).any()
    everything = np.concatenate(heard)
    assert (everything[:, e.KIND] == e.Kind.FUNDED).sum() == 72
    assert (everything[:, e.KIND] == e.Kind.SETTLED).sum() == 3
    assert (everything == replayed(folder)[0]).all()


def test_open_brings_due_times_and_what_follows_in_the_submission_waits_for_them(sequencer):
    """A contract is opened and traded two days later, in one submission."""
    late = order(8, 1, 100)
    late[0, TIME_NS] = START_NS + 2 * NS_PER_DAY
    events = sequencer.submit(np.concatenate([opening(), late]))
    assert refusals(events) == []
    assert events[-1, e.KIND] == e.Kind.RESTED


def test_fixing_makes_its_instant_and_what_follows_in_the_submission_waits_for_it(
    sequencer, folder, clock
):
    """The fix of an expired future moves V, so its own time is due (rulebook 2.5).

    The order after it still passes; after the last FIXING the sweep is done without being asked.
    """
    expiry_ns = STRIKE_NS + NS_PER_DAY
    given = {"type": 2, "index": 1, "expiry_ns": expiry_ns}
    future = listing(1, [given.get(term.name, term.default) for term in TERMS])
    bought, sold = order(8, 1, 25_100, contract=1), order(9, 2, 25_100, contract=1)
    sequencer.submit(np.concatenate([opening(), future, bought, sold]))
    clock.now_ns = expiry_ns + NS_PER_HOUR
    fixed = {"index": 1, "strike_ns": expiry_ns, "fit": 1, "value_microusd": 2_600_000}
    provisional = command(Kind.FIXING, vintage=1, **fixed)[np.newaxis]
    final = command(Kind.FIXING, vintage=2, **fixed | {"value_microusd": 2_700_000})[np.newaxis]
    events = sequencer.submit(np.concatenate([provisional, order(8, 1, 100), final]))
    assert refusals(events) == []
    assert (events[:, e.KIND] == e.Kind.ACCEPTED).sum() == 1
    assert sequencer.ask(lambda engine: engine.next_due_ns) > clock.now_ns
    paid = [k for k in replayed(folder)[0][:, e.KIND].tolist() if k == e.Kind.PAYMENT]
    assert len(paid) >= 4  # Two positions, paid by each of two sweeps.


def test_advance_does_what_is_due_and_writes_nothing_when_nothing_is(sequencer, folder):
    sequencer.submit(opening())
    size = journal_path(folder).stat().st_size
    assert len(sequencer.advance(START_NS + NS_PER_SECOND)) == 0
    assert journal_path(folder).stat().st_size == size
    events = sequencer.advance(START_NS + 2 * NS_PER_HOUR)
    assert events[:, e.KIND].tolist() == [e.Kind.FUNDED] * 2
    assert journalled(folder)[0][-2:, KIND].tolist() == [Kind.ADVANCE] * 2


def test_given_advance_is_one_command_among_others(sequencer):
    sequencer.submit(opening())
    row = command(Kind.ADVANCE)[np.newaxis]
    row[0, TIME_NS] = START_NS + NS_PER_HOUR
    assert len(sequencer.submit(row)) == 0  # What was due, the inserted one has done.
    assert sequencer.ask(lambda engine: engine.time_ns) == START_NS + NS_PER_HOUR


def test_threads_get_exactly_their_own_events_in_the_order_of_the_journal(sequencer, folder):
    """Eight threads submit at once: together they were told all that the journal replays to."""
    heard, answers = [], {}
    sequencer.subscribe(heard.append)
    opened = sequencer.submit(opening())

    def trade(account: int) -> None:
        mine = []
        for turn in range(40):
            price = 24_990 + (account * 7 + turn) % 20
            count = 1 + turn % 3
            number = account * 1000 + turn
            rows = [order(account, 1 + (account + turn) % 2, price, client_order_id=number)] * count
            mine.append((count, number, sequencer.submit(np.concatenate(rows))))
        answers[account] = mine

    threads = [threading.Thread(target=trade, args=(account,)) for account in range(8, 16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for account, mine in answers.items():
        for count, number, events in mine:
            accepted = events[events[:, e.KIND] == e.Kind.ACCEPTED]
            assert accepted[:, e.ACCOUNT].tolist() == [account] * count
            assert accepted[:, e.CLIENT_ORDER_ID].tolist() == [number] * count
            first = accepted[0, e.SEQUENCE]
            assert np.unique(events[:, e.SEQUENCE]).tolist() == list(range(first, first + count))
    told = np.concatenate([opened, *(a[2] for mine in answers.values() for a in mine)])
    told = told[np.argsort(told[:, e.SEQUENCE], kind="stable")]
    events, digest = replayed(folder)
    assert (np.concatenate(heard) == events).all()
    assert (told == events).all()
    assert sequencer.ask(lambda engine: engine.digest()) == digest


def test_what_waits_becomes_durable_together(sequencer, folder):
    """While the writer is kept busy 300 submissions gather: they share few frames."""
    sequencer.submit(opening())
    before = len(journalled(folder)[1])
    release = hold(sequencer)
    futures = [sequencer.submit_nowait(order(8, 1, 100 + i)) for i in range(300)]
    release()
    answers = [future.result(10) for future in futures]
    assert [len(events) for events in answers] == [2] * 300
    assert [int(events[0, e.PRICE_TICKS]) for events in answers] == list(range(100, 400))
    assert journalled(folder)[1][before:] == [300]


def test_large_submission_is_cut_into_frames_and_answered_once(sequencer, folder):
    sequencer.submit(opening())
    before = len(journalled(folder)[1])
    cancels = np.repeat(command(Kind.CANCEL, account=8, order=1)[np.newaxis], 5000, axis=0)
    events = sequencer.submit(cancels, b"of the first")
    assert refusals(events) == [Reason.ORDER_UNKNOWN] * 5000
    assert max(journalled(folder)[1][before:]) <= 2048
    entries = [unpack_private(frame.private) for frame in read_frames(journal_path(folder))]
    assert entries[before] == [(0, b"of the first")]
    assert not any(entries[before + 1 :])


def test_private_bytes_stand_with_their_row(sequencer, folder, clock):
    """Three submissions in one frame, whose first rows are what had come due before them."""
    sequencer.submit(opening())
    release = hold(sequencer)
    clock.now_ns = START_NS + 2 * NS_PER_HOUR
    two = np.concatenate([order(8, 1, 100), order(8, 1, 101)])
    futures = [sequencer.submit_nowait(two, name) for name in (b"Ada", b"", b"Bob")]
    release()
    for future in futures:
        future.result(10)
    *_, last = read_frames(journal_path(folder))
    assert last.rows[:, KIND].tolist() == [Kind.ADVANCE] * 2 + [Kind.ORDER] * 6
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
    size = journal_path(folder).stat().st_size
    with pytest.raises(RequestMalformed, match="expected"):
        sequencer.submit(wrong)
    assert journal_path(folder).stat().st_size == size


def test_too_much_private_and_too_late_a_time_are_refused(sequencer):
    with pytest.raises(RequestMalformed, match="private"):
        sequencer.submit(opening(), bytes((1 << 20) + 1))
    with pytest.raises(RequestMalformed, match="2\\^62"):
        sequencer.advance(1 << 62)


def test_nothing_submitted_gives_nothing(sequencer, folder):
    size = journal_path(folder).stat().st_size
    assert sequencer.submit(np.zeros((0, 16), np.int64)).shape == (0, 16)
    assert journal_path(folder).stat().st_size == size


def test_full_disk_stops_the_sequencer_and_only_what_was_told_is_lost_to_nobody(folder, clock):
    """Let the system refuse to lengthen the file: all who wait hear of it, and so do all later.

    After a restart everything acknowledged is there.
    """
    engine, journal, _ = recover(folder, LIMITS, Reference)
    sequencer = Sequencer(engine, journal, clock)
    acknowledged = [sequencer.submit(opening())]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    release = hold(sequencer)
    waiting = [sequencer.submit_nowait(order(8, 1, 100 + i)) for i in range(3)]
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal_path(folder).stat().st_size + 50, hard))
    try:
        release()
        for future in waiting:
            with pytest.raises(SequencerStopped, match="durable"):
                future.result(10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with pytest.raises(SequencerStopped, match="durable"):
        sequencer.submit(order(8, 1, 100))
    assert "durable" in sequencer.stopped
    sequencer.close()
    engine, journal, report = recover(folder, LIMITS, Reference)
    journal.close()
    assert report.cut_bytes == 50
    assert engine.sequence == acknowledged[-1][-1, e.SEQUENCE]


def test_failed_sync_stops_the_sequencer(sequencer, monkeypatch):
    """A sync that fails once is never tried again: what the disk holds is unknown."""
    sequencer.submit(opening())

    def refuse(file: int) -> None:
        raise OSError(5, "Input/output error")

    heard = []
    sequencer.subscribe(heard.append)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", refuse)
        with pytest.raises(SequencerStopped, match="Input/output error"):
            sequencer.submit(order(8, 1, 100))
    with pytest.raises(SequencerStopped, match="Input/output error"):
        sequencer.submit(order(8, 1, 100))
    with pytest.raises(SequencerStopped):
        sequencer.ask(lambda engine: engine.digest())
    assert heard == []


class Faulty(Reference):
    """An exchange with a fault of ours: it does not survive the label 666."""

    def apply(self, rows):
        assert not (rows[:, 13] == 666).any(), "found 666"
        return super().apply(rows)


def test_fault_of_ours_stops_the_sequencer_and_does_not_come_back(folder, clock):
    """The command that trips an assertion is in no journal: the next start goes on before it."""
    engine, journal, _ = recover(folder, LIMITS, Faulty)
    sequencer = Sequencer(engine, journal, clock)
    last = sequencer.submit(opening())[-1, e.SEQUENCE]
    with pytest.raises(SequencerStopped, match="found 666"):
        sequencer.submit(order(8, 1, 100, label=666))
    with pytest.raises(SequencerStopped, match="found 666"):
        sequencer.submit(order(8, 1, 100))
    sequencer.close()
    engine, journal, report = recover(folder, LIMITS, Faulty)
    journal.close()
    assert engine.sequence == last
    assert report.cut_bytes == 0


def test_subscriber_that_fails_stops_the_sequencer(sequencer):
    """Its own submitter was told already: the frame is durable."""
    sequencer.submit(opening())

    def fail(events) -> None:
        raise ValueError("deaf")

    sequencer.subscribe(fail)
    assert len(sequencer.submit(order(8, 1, 100))) == 2
    with pytest.raises(SequencerStopped, match="deaf"):
        sequencer.submit(order(8, 1, 100))


def test_unsubscribed_hears_no_more(sequencer):
    heard = []
    end = sequencer.subscribe(heard.append)
    sequencer.submit(opening())
    sequencer.ask(lambda engine: None)
    count = len(heard)
    end()
    sequencer.submit(order(8, 1, 100))
    assert len(heard) == count > 0


def test_close_does_what_waits_and_refuses_what_comes(folder, clock):
    engine, journal, _ = recover(folder, LIMITS, Reference)
    sequencer = Sequencer(engine, journal, clock)
    futures = [sequencer.submit_nowait(opening())]
    futures += [sequencer.submit_nowait(order(8, 1, 100 + i)) for i in range(20)]
    sequencer.close()
    sequencer.close()
    assert all(len(future.result(0)) for future in futures)
    with pytest.raises(SequencerStopped, match="closed"):
        sequencer.submit(order(8, 1, 100))
    *_, last = read_frames(journal_path(folder))
    assert len(last.rows) == 0
    assert last.digest == replayed(folder)[1]


def test_cancelled_before_it_is_taken_is_never_done(sequencer, folder):
    sequencer.submit(opening())
    release = hold(sequencer)
    count = len(journalled(folder)[0])
    future = sequencer.submit_nowait(order(8, 1, 100))
    assert future.cancel()
    release()
    sequencer.ask(lambda engine: None)
    with pytest.raises(CancelledError):
        future.result(0)
    assert len(journalled(folder)[0]) == count


def test_full_queue_makes_submitters_wait(sequencer):
    """With the writer kept busy one large submission fills the queue; the next one waits."""
    sequencer.submit(opening())
    release = hold(sequencer)
    cancel = command(Kind.CANCEL, account=8, order=1)[np.newaxis]
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
    assert refusals(sequencer.submit(opening())) == []
