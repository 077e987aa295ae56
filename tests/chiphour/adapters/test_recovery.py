"""RECOVERY: start-up gives what live gave, from a snapshot or from the beginning, or refuses.

Takes   markets that traded through a sequencer, then their files, whole, cut, edited or mixed up.
Gives   the claims of `adapters/recovery.py`, each a test.
Keeps   the small exchange of `toy.py` as the judge; `tests/laws` has the real one.
Source  Rulebook 12 and 13; decisions 0007 and 0026.
"""

import random
from typing import NamedTuple

import numpy as np
import pytest

from chiphour.adapters import recovery
from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.journal import JournalLocked
from chiphour.adapters.journal import read_frames
from chiphour.adapters.recovery import ReplayDiffers
from chiphour.adapters.recovery import Report
from chiphour.adapters.recovery import recover
from chiphour.adapters.segments import RulebookDiffers
from chiphour.adapters.segments import read_segments
from chiphour.adapters.segments import segment_path
from chiphour.exchange.commands import AMOUNT_MICROUSD
from chiphour.exchange.commands import KIND
from chiphour.exchange.commands import Kind
from chiphour.exchange.limits import Limits
from chiphour.wire.journal import JournalDamaged
from journals import contents
from journals import followed
from journals import refused
from journals import replayed
from journals import started
from journals import traded
from toy import LIMITS
from toy import Toy


def test_new_market_is_created_and_reported(tmp_path):
    engine, journal, report = recover(tmp_path / "data", LIMITS, Toy, created_ns=5)
    journal.close()
    assert report == Report(True, 0, 0, 0, 0, Toy(LIMITS).digest())
    assert engine.sequence == 0
    assert (journal.head.limits, journal.head.created_ns) == (LIMITS, 5)
    other = recover(tmp_path / "other", LIMITS, Toy)
    other.journal.close()
    assert other.journal.head.market != journal.head.market


def test_recovery_gives_what_live_gave(tmp_path):
    """Three runs one after another: each begins where the last ended, on the same digest."""
    digest = traded(tmp_path, runs=3)
    engine, report = started(tmp_path)
    assert engine.digest() == report.digest == digest
    assert not report.created
    assert report.commands == engine.sequence > 18 * 20
    assert report.cut_bytes == report.snapshot == 0
    assert len(read_segments(tmp_path / FOLDER_NAME)) > 2


def test_limits_of_the_journal_win(tmp_path):
    """A program with other defaults goes on with the capacities that the market began with."""
    digest = traded(tmp_path)
    seen = []
    engine, journal, _ = recover(tmp_path, Limits(), lambda limits: seen.append(limits) or Toy())
    journal.close()
    assert engine.digest() == digest
    assert seen == [LIMITS]


def test_second_start_in_the_same_folder_is_refused(tmp_path):
    _, journal, _ = recover(tmp_path, LIMITS, Toy)
    refused(tmp_path, JournalLocked)
    journal.close()
    started(tmp_path)


@pytest.mark.parametrize("restore", [None, Toy.from_sections])
@pytest.mark.parametrize("seed", range(4))
def test_torn_tail_costs_the_last_frame_only(tmp_path, seed, restore):
    """Cut inside the last frame: recovery gives the state before it, and says what it cut."""
    traded(tmp_path)
    place = tmp_path / FOLDER_NAME
    path = segment_path(place, len(read_segments(place)))
    frames = list(read_frames(place))
    assert len(frames[-1].rows) == 0
    path.write_bytes(path.read_bytes()[: frames[-1].offset])  # The closing statement.
    last = frames[-2]
    cut = random.Random(seed).randrange(last.offset + 1, last.offset + last.size)
    path.write_bytes(path.read_bytes()[:cut])
    engine, report = started(tmp_path, restore=restore)
    expected = Toy(LIMITS)
    expected.apply(np.concatenate([f.rows for f in frames if f.number < last.number]))
    assert engine.digest() == expected.digest()
    assert (report.cut_offset, report.cut_bytes) == (last.offset, cut - last.offset)
    assert path.stat().st_size == last.offset


@pytest.mark.parametrize("seed", range(8))
def test_edited_middle_is_refused_and_the_files_stay(tmp_path, seed):
    """Change one bit before the last frame: no start, one clear line, every file untouched."""
    traded(tmp_path)
    path = segment_path(tmp_path / FOLDER_NAME, 2)
    content = bytearray(path.read_bytes())
    draw = random.Random(seed)
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)
    assert "expected" in refused(tmp_path, JournalDamaged)


class Drifted(Toy):
    """A program that is not the one that wrote the journal: it credits too much."""

    def apply(self, rows):
        changed = rows.copy()
        changed[changed[:, 0] > 70, AMOUNT_MICROUSD] += 1
        return super().apply(changed)


def test_program_that_replays_differently_is_refused_at_the_first_frame(tmp_path):
    """Each frame says what it did: the first that does something else is named."""
    traded(tmp_path)
    drifts = lambda rows: ((rows[:, 0] > 70) & (rows[:, KIND] == Kind.DEPOSIT)).any()  # noqa: E731
    frame = next(f for f in read_frames(tmp_path / FOLDER_NAME) if drifts(f.rows))
    before = contents(tmp_path)
    for start in (lambda: recover(tmp_path, LIMITS, Drifted), lambda: replayed(tmp_path, Drifted)):
        with pytest.raises(ReplayDiffers) as told:
            start()
        assert f"expected the event digest {frame.events.hex()}, found" in str(told.value)
        assert (
            f"after frame {frame.number} (sequences {frame.first_sequence} to "
            f"{frame.next_sequence - 1}), the first that differs"
        ) in str(told.value)
    assert contents(tmp_path) == before


class Forgetful(Toy):
    """A program that says the same and knows something else."""

    def digest(self):
        return "00" * 32 if self.sequence > 70 else super().digest()


def test_state_that_differs_from_a_stated_digest_is_refused(tmp_path):
    """Events may be equal and the state not: the closing frame, and each snapshot, tell."""
    traded(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(ReplayDiffers, match="expected the state's digest"):
        recover(tmp_path, LIMITS, Forgetful)
    assert contents(tmp_path) == before
    newest, *_ = followed(tmp_path)
    with pytest.raises(ReplayDiffers, match=r"after sequence \d+ \(the snapshot after frame"):
        replayed(tmp_path, Forgetful)
    assert newest > 70


def test_other_rulebook_is_refused_in_one_sentence(tmp_path, monkeypatch):
    traded(tmp_path)
    monkeypatch.setattr(recovery, "RULEBOOK", "3")
    assert refused(tmp_path, RulebookDiffers) == (
        f"{tmp_path / FOLDER_NAME}: expected a journal of rulebook 3, found rulebook 2: replay it "
        "with the version of the program that wrote it, and begin a new chain from a snapshot"
    )


def test_replay_reads_only_and_passes_over_a_torn_tail(tmp_path):
    digest = traded(tmp_path)
    place = tmp_path / FOLDER_NAME
    with segment_path(place, len(read_segments(place))).open("ab") as file:
        file.write(b"CHFR")
    before = contents(tmp_path)
    told = []
    assert replayed(tmp_path, told=told).digest() == digest
    assert [tail.cut_bytes for tail in told] == [4]
    assert contents(tmp_path) == before


def test_start_from_a_snapshot_gives_what_a_whole_replay_gives(tmp_path):
    digest = traded(tmp_path, runs=2)
    kept = followed(tmp_path)
    assert len(kept) == 3
    engine, report = started(tmp_path, restore=Toy.from_sections)
    assert (report.snapshot, report.passed_over) == (kept[0], ())
    assert engine.digest() == digest == started(tmp_path)[0].digest()
    assert traded(tmp_path, 1, restore=Toy.from_sections)  # It goes on, too.
    assert replayed(tmp_path).digest() == started(tmp_path)[0].digest()


def test_start_from_a_snapshot_reads_no_segment_before_it(tmp_path, monkeypatch):
    """Earlier files need only be there, with the hashes that the next ones name."""
    traded(tmp_path, runs=2)
    followed(tmp_path)
    fed = []

    class Counted(Toy):
        def apply(self, rows):
            fed.extend(rows[:, 0].tolist())
            return super().apply(rows)

    _, report = started(tmp_path, restore=Counted.from_sections)
    assert fed == list(range(report.snapshot + 1, report.commands + 1))


class Read(NamedTuple):
    """What stands for a frame here: it has a size."""

    number: int
    size: int = recovery.AHEAD_BYTES // 3


@pytest.mark.parametrize("whole", [0, 1, 3, 4, 11])
def test_what_is_read_ahead_comes_in_order_and_a_fault_after_it(whole):
    def torn():
        yield from (Read(number) for number in range(whole))
        raise JournalDamaged("here")

    found = []
    with pytest.raises(JournalDamaged, match="here"):
        found.extend(frame.number for frame in recovery.read_ahead(torn()))
    seen = []
    for frame in recovery.read_ahead(Read(number) for number in range(whole)):
        seen.append(frame.number)
    assert seen == list(range(whole))


def test_reading_ahead_ends_when_nobody_wants_more():
    taken = []
    frames = (taken.append(number) or Read(number) for number in range(1_000))
    ahead = recovery.read_ahead(frames)
    assert next(ahead).number == 0
    ahead.close()
    assert 1 <= len(taken) < 20
