"""TEST LOGGED: the log says what the archive keeps, once, in the order of time.

Takes   a small archive of rate cards; real logs in temporary folders; stops at every step.
Gives   a failure where a leaf is missing, repeated, out of order, or before its batch.
Keeps   the same recordings the same leaves, however often the work was broken off; what is
        published, whatever is read in afterwards.
Source  Decisions 0017 and 0018.
"""

import json
from contextlib import suppress

import pytest

from carded import DAYS
from carded import H100
from carded import SILENT
from carded import card
from carded import filled
from carded import keep
from chiphour.adapters import fixings as adapter
from chiphour.adapters.audits import audit_all
from chiphour.adapters.closings import BatchClosed
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import fixable
from chiphour.adapters.fixings import recorded
from chiphour.adapters.log import Log
from chiphour.adapters.log import open_log
from chiphour.adapters.logged import METHODOLOGY
from chiphour.adapters.logged import Logged
from chiphour.adapters.logged import batches_of
from chiphour.adapters.logged import event_of
from chiphour.index.batch import batch_root
from chiphour.index.fixing import fixing_sha256
from chiphour.index.leaves import Batch
from chiphour.index.leaves import Event
from chiphour.index.leaves import Fix
from chiphour.index.leaves import leaf_from
from chiphour.index.parameters import SETS
from chiphour.index.revision import Revision
from chiphour.index.series import ALL_SERIES
from chiphour.observe.observation import observation_id
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import strike_ns

EACH = len(SETS) * len(ALL_SERIES)  # Fixings of one strike.
LATE_NS = strike_ns(DAYS[-1]) + NS_PER_DAY


class Stopped(Exception):
    """Stands for the end of the process."""


def stop(*of):
    raise Stopped


@pytest.fixture
def archive(tmp_path):
    opened = filled(tmp_path / "one")
    yield opened
    opened.close()


@pytest.fixture
def log(tmp_path):
    opened = open_log(tmp_path / "one")
    yield opened
    opened.close()


def leaves_of(log):
    return [leaf_from(leaf) for leaf in log.leaves(0, log.size)]


def test_a_strike_logs_its_batch_then_its_fixings_then_the_final_word(archive, log):
    fix_range(archive, DAYS[0], DAYS[1], log=log)
    found = leaves_of(log)
    assert found.pop(0).event == METHODOLOGY
    assert len(found) == 2 * (1 + EACH + EACH)
    batch, provisional, final = found[0], found[1 : 1 + EACH], found[1 + EACH : 1 + 2 * EACH]
    strike = strike_ns(DAYS[0])
    ids = [observation_id(row) for row in batches_of(recorded(archive))[strike]]
    assert batch == Batch(strike, strike + 5 * NS_PER_MINUTE, 5, batch_root(ids))
    assert {(leaf.vintage, leaf.batch) for leaf in provisional} == {("provisional", batch.root)}
    assert {leaf.time_ns for leaf in provisional} == {strike + 5 * NS_PER_MINUTE}
    assert {(leaf.vintage, leaf.time_ns) for leaf in final} == {("final", strike + NS_PER_DAY)}
    kept = [
        fixing_sha256(fixing)
        for name in SETS
        for fixing in archive.vintages(None, strike, parameter_set=name)
    ]
    assert sorted(kept) == sorted(leaf.sha256 for leaf in (*provisional, *final))
    assert log.check() is None


def test_times_never_go_back_and_each_leaf_is_there_once(archive, log):
    for day in (DAYS[3], DAYS[9], DAYS[5]):
        fix_range(archive, day, day, log=log)
    leaves = log.leaves(0, log.size)
    times = [leaf_from(leaf).time_ns for leaf in leaves]
    assert times == sorted(times)
    assert len(set(leaves)) == len(leaves) == 1 + len(DAYS) + archive.count()["fixings"]


def test_the_same_recordings_give_the_same_log_in_any_number_of_runs(archive, log, tmp_path):
    fix_range(archive, DAYS[0], DAYS[9], log=log)
    other, again = filled(tmp_path / "two"), open_log(tmp_path / "two")
    for day in DAYS:
        fix_range(other, day, day, log=again)
    assert again.leaves(0, again.size) == log.leaves(0, log.size)
    other.close()


@pytest.mark.long
@pytest.mark.parametrize("at", ["append", "close_batches", "keep_fixing_rows"])
@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_run_that_was_broken_off_goes_on_to_the_same_log(
    archive, log, tmp_path, monkeypatch, at, after
):
    """Stop before the n-th call that closes, keeps or logs; the next run ends as one unstopped."""
    others = filled(tmp_path / "two")
    whole = open_log(tmp_path / "two")
    now_ns = strike_ns(DAYS[3]) + NS_PER_DAY - 1  # The last strike is logged step by step.
    fix_range(others, DAYS[0], DAYS[3], log=whole, now_ns=now_ns)
    with monkeypatch.context() as patched:
        owner = Log if at == "append" else type(archive)
        honest, calls = getattr(owner, at), []

        def stopping(self, *words):
            calls.append(words)
            if len(calls) > after:
                raise Stopped
            return honest(self, *words)

        patched.setattr(owner, at, stopping)
        with suppress(Stopped):
            fix_range(archive, DAYS[0], DAYS[3], log=log, now_ns=now_ns)
    fix_range(archive, DAYS[0], DAYS[3], log=open_log(tmp_path / "one"), now_ns=now_ns)
    log.refresh()
    assert log.leaves(0, log.size) == whole.leaves(0, whole.size)
    assert archive.count() == others.count()
    others.close()


def test_what_was_kept_without_a_log_is_logged_by_the_next_that_has_one(archive, log, tmp_path):
    fix_range(archive, DAYS[0], DAYS[5])
    fix_range(archive, DAYS[0], DAYS[9], log=log)
    other, whole = filled(tmp_path / "two"), open_log(tmp_path / "two")
    fix_range(other, DAYS[0], DAYS[9], log=whole)
    assert log.leaves(0, log.size) == whole.leaves(0, whole.size)
    other.close()


def test_the_batch_of_a_strike_that_is_not_final_is_durable_before_the_fix(
    archive, log, monkeypatch
):
    honest, seen = adapter.v2026_1.fix_sets, {}

    def looking(rows, strike, *of):
        seen[strike] = leaves_of(log)[-1:] if log.size else []
        return honest(rows, strike, *of)

    monkeypatch.setattr(adapter.v2026_1, "fix_sets", looking)
    now_ns = strike_ns(DAYS[2]) + NS_PER_DAY - 1
    fix_range(archive, DAYS[0], DAYS[2], log=log, now_ns=now_ns)
    (last,) = seen[strike_ns(DAYS[2])]
    assert isinstance(last, Batch)
    assert last.strike_ns == strike_ns(DAYS[2])


def test_rows_that_are_read_in_afterwards_change_nothing(archive, log):
    """Neither the log nor the archive nor an answer about the past; the audit still matches."""
    fix_range(archive, DAYS[0], DAYS[9], log=log)
    before, count = log.leaves(0, log.size), archive.count()["fixings"]
    closed = archive.closed_batches()
    published = archive.fixings(H100)
    keep(archive, DAYS[6], [card(DAYS[6], "together", 4 * 10**9, "other")])
    for of in (log, None, log):
        fix_range(archive, DAYS[0], DAYS[9], log=of)
        assert log.leaves(0, log.size) == before
        assert archive.count()["fixings"] == count
        assert archive.closed_batches() == closed
        assert archive.fixings(H100) == published
    assert [(each.strike_ns, each.rows) for each in closed] == [
        (strike_ns(day), 0 if day == SILENT else 5) for day in DAYS
    ]
    assert len({each.sequence for each in closed}) == 1
    found = audit_all(archive)
    assert (found.checked, found.first_difference) == (count, None)
    assert len(batches_of(recorded(archive))[strike_ns(DAYS[6])]) == 5


def test_code_that_is_another_now_changes_nothing_that_is_published(archive, log, monkeypatch):
    """The last day is provisional: it becomes final as it was, though the code would say more."""
    fix_range(archive, DAYS[0], DAYS[8], log=log, now_ns=strike_ns(DAYS[9]) - 1)
    provisional = archive.fixing_as_of(H100, strike_ns(DAYS[8]))
    honest = adapter.v2026_1.fix_sets

    def dearer(*of):
        return {
            name: [f._replace(fix_ticks=f.fix_ticks and f.fix_ticks + 1) for f in found]
            for name, found in honest(*of).items()
        }

    monkeypatch.setattr(adapter.v2026_1, "fix_sets", dearer)
    size = log.size
    fix_range(archive, DAYS[0], DAYS[9], log=log, now_ns=strike_ns(DAYS[9]) + 5 * NS_PER_MINUTE)
    final = archive.fixing_as_of(H100, strike_ns(DAYS[8]))
    assert final == adapter.v2026_1.as_final(provisional)
    assert archive.fixing_as_of(H100, strike_ns(DAYS[9])).fix_ticks % 10 == 1
    found = leaves_of(log)[size:]
    assert [type(leaf) for leaf in found] == [Fix] * EACH + [Batch] + [Fix] * EACH
    assert log.check() is None


def test_a_batch_is_closed_before_its_leaf_and_what_comes_in_between_is_too_late(
    archive, log, monkeypatch
):
    """Stop between the closing and the leaf, read a row in, start again: the same leaves."""
    now_ns = strike_ns(DAYS[3]) + NS_PER_DAY - 1
    fix_range(archive, DAYS[0], DAYS[2], log=log, now_ns=strike_ns(DAYS[3]))
    size = log.size
    with monkeypatch.context() as patched:
        patched.setattr(Log, "append", stop)
        with pytest.raises(Stopped):
            fix_range(archive, DAYS[0], DAYS[3], log=log, now_ns=now_ns)
    closed = archive.closed_batches()[-1]
    assert (closed.strike_ns, closed.rows, log.size) == (strike_ns(DAYS[3]), 5, size)
    keep(archive, DAYS[3], [card(DAYS[3], "together", 4 * 10**9, "other")])
    fix_range(archive, DAYS[0], DAYS[3], log=open_log(archive.folder), now_ns=now_ns)
    log.refresh()
    said = [leaf for leaf in leaves_of(log)[size:] if isinstance(leaf, Batch)]
    assert [(leaf.strike_ns, leaf.rows, leaf.root) for leaf in said] == [
        (closed.strike_ns, 5, closed.root)
    ]
    assert audit_all(archive).first_difference is None


def test_a_row_that_comes_in_before_the_closing_is_in_time(archive, log, monkeypatch):
    """Stop at the closing itself: nothing was said of the strike, so the row still counts."""
    with monkeypatch.context() as patched:
        patched.setattr(type(archive), "close_batches", stop)
        with pytest.raises(Stopped):
            fix_range(archive, DAYS[0], DAYS[3], log=log)
    assert (log.size, archive.closed_batches(), archive.count()["fixings"]) == (0, [], 0)
    keep(archive, DAYS[3], [card(DAYS[3], "together", 4 * 10**9, "other")])
    fix_range(archive, DAYS[0], DAYS[3], log=log)
    assert [each.rows for each in archive.closed_batches()] == [5, 5, 5, 6]
    assert archive.fixing_as_of(H100, strike_ns(DAYS[3])).panel == 6


def test_a_row_that_comes_in_while_fixes_are_made_is_too_late_for_them(archive, log, monkeypatch):
    """The closing speaks of the rows as they were read, not of those that are there by then."""
    honest = adapter.v2026_1.fix_sets

    def slow(rows, strike, *of):
        if strike == strike_ns(DAYS[0]):
            keep(archive, DAYS[2], [card(DAYS[2], "together", 4 * 10**9, "other")])
        return honest(rows, strike, *of)

    monkeypatch.setattr(adapter.v2026_1, "fix_sets", slow)
    fix_range(archive, DAYS[0], DAYS[2], log=log)
    assert [each.rows for each in archive.closed_batches()] == [5, 5, 5]
    assert archive.fixing_as_of(H100, strike_ns(DAYS[2])).panel == 5
    assert audit_all(archive).first_difference is None


def test_what_was_kept_without_a_log_and_rests_on_other_rows_is_made_again(archive, log):
    """Nobody was shown it: the log has one document of each vintage, made from the closed rows."""
    fix_range(archive, DAYS[0], DAYS[5])
    keep(archive, DAYS[3], [card(DAYS[3], "together", 4 * 10**9, "other")])
    fix_range(archive, DAYS[0], DAYS[5], log=log)
    assert archive.fixing_as_of(H100, strike_ns(DAYS[3])).panel == 6
    assert log.check() is None
    assert audit_all(archive).first_difference is None
    size = log.size
    Logged(archive, log, fixable(archive))
    assert log.size == size, "what was replaced before it was published is never logged"


def test_an_event_waits_until_its_strikes_are_in_the_log(archive, log):
    fix_range(archive, DAYS[0], DAYS[9])
    old = archive.fixing_as_of(H100, strike_ns(DAYS[2]))
    event = Revision("REV-2026-001", "wrong", LATE_NS, (old.strike_ns,), ("a" * 64,), ())
    new = old._replace(vintage="revised", revision=event.id, known_ns=LATE_NS, fix_ticks=1)
    archive.keep_fixings([new], event)
    assert Logged(archive, log, fixable(archive)).postponed
    assert log.size == 0
    fix_range(archive, DAYS[0], DAYS[9], log=log)
    event_said, revised = leaves_of(log)[-2:]
    assert event_said.event["revision"] == event.id
    assert (revised.sha256, revised.revision) == (fixing_sha256(new), event.id)
    assert archive.fixing_as_of(H100, old.strike_ns) == new


def test_an_archive_that_has_other_rows_than_the_log_says_is_refused(archive, log, tmp_path):
    """Made again from its recordings it is taken; with a row more it is not the log's any more."""
    fix_range(archive, DAYS[0], DAYS[2], log=log)
    closed, leaves = archive.closed_batches(), log.leaves(0, log.size)
    again = filled(tmp_path / "two")
    fix_range(again, DAYS[0], DAYS[2], log=log)
    assert (again.closed_batches(), log.leaves(0, log.size)) == (closed, leaves)
    again.close()
    other = filled(tmp_path / "three")
    keep(other, DAYS[1], [card(DAYS[1], "together", 4 * 10**9, "other")])
    with pytest.raises(BatchClosed) as told:
        fix_range(other, DAYS[0], DAYS[2], log=log)
    assert str(told.value).startswith(
        f"batch of {DAYS[1]}: expected the 5 rows of the log, root {closed[1].root}, found 6, root "
    )
    assert (other.count()["fixings"], other.closed_batches()) == (0, [])
    other.close()


def test_a_second_document_of_a_vintage_is_refused(archive, log):
    fix_range(archive, DAYS[0], DAYS[0], log=log)
    mine, size = Logged(archive, log, fixable(archive)), log.size
    kept = archive.fixing_as_of(H100, strike_ns(DAYS[0]))
    with pytest.raises(BatchClosed, match=f"{H100} {DAYS[0]} final: expected the document "):
        mine.fixings([kept._replace(fix_ticks=1)])
    mine.flush()
    assert log.size == size


def test_two_writers_take_turns(archive, log, tmp_path):
    """Another process fixes meanwhile: what it logged is not said again, nor before its time."""
    mine = Logged(archive, log, fixable(archive))
    fix_range(archive, DAYS[0], DAYS[3], log=open_log(tmp_path / "one"))
    mine.batch(strike_ns(DAYS[3]))
    mine.batch(strike_ns(DAYS[4]))
    mine.flush()
    log.refresh()
    batches = [leaf.strike_ns for leaf in leaves_of(log) if isinstance(leaf, Batch)]
    assert batches == [strike_ns(day) for day in DAYS[:5]]


def test_an_event_is_logged_before_what_it_revises_and_once(archive, log):
    fix_range(archive, DAYS[0], DAYS[9], log=log)
    old = archive.fixing_as_of(H100, strike_ns(DAYS[2]))
    event = Revision("REV-2026-001", "wrong", LATE_NS, (old.strike_ns,), ("a" * 64,), ())
    new = old._replace(vintage="revised", revision=event.id, known_ns=LATE_NS, fix_ticks=1)
    archive.keep_fixings([new], event)
    size = log.size
    for _ in range(2):
        Logged(archive, log, fixable(archive))  # Catches up.
        found = leaves_of(log)[size:]
        assert len(found) == 2
        assert found[0].event == event_of(event, True) | {"kind": "revision"}
        assert (found[1].sha256, found[1].revision) == (fixing_sha256(new), event.id)
    said = json.dumps(found[0].event)
    assert "a" * 64 not in said, "rows are named by their number and one hash: they may be many"


def test_an_event_without_a_vintage_is_an_erratum(archive, log):
    fix_range(archive, DAYS[0], DAYS[0], log=log)
    event = Revision("REV-2026-001", "small", LATE_NS, (strike_ns(DAYS[0]),), ("a" * 64,), ())
    archive.keep_fixings([], event)
    Logged(archive, log, fixable(archive))
    assert leaves_of(log)[-1].event["kind"] == "erratum"


def test_changed_code_is_announced_before_the_first_fix_that_it_computes(archive, log, monkeypatch):
    fix_range(archive, DAYS[0], DAYS[0], log=log)
    changed = METHODOLOGY | {"code_sha256": "0" * 64}
    monkeypatch.setattr("chiphour.adapters.logged.METHODOLOGY", changed)
    size = log.size
    fix_range(archive, DAYS[0], DAYS[0], log=log)
    assert log.size == size  # Nothing was computed anew.
    fix_range(archive, DAYS[1], DAYS[1], log=log)
    new = leaves_of(log)[size:]
    announced = [at for at, leaf in enumerate(new) if isinstance(leaf, Event)]
    first = next(at for at, leaf in enumerate(new) if isinstance(leaf, Fix))
    assert [new[at].event for at in announced] == [changed]
    assert announced[0] < first
