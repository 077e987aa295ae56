"""SNAPSHOT: a damaged one costs time; one that does not belong to the journal is refused.

Takes   journals with snapshots, damaged, mixed up, or newer than what they are of.
Gives   the claims of `adapters/snapshot.py`, each a test with the words of its refusal.
Keeps   every file as it was when a start is refused.
Source  Rulebook 13; decision 0026.
"""

import shutil

import pytest

from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.journal import read_frames
from chiphour.adapters.recovery import ReplayDiffers
from chiphour.adapters.recovery import recover
from chiphour.adapters.segments import read_segments
from chiphour.adapters.segments import segment_path
from chiphour.adapters.sequencer import Sequencer
from chiphour.adapters.snapshot import SnapshotForeign
from chiphour.adapters.snapshot import snapshot_paths
from journals import SEGMENT_BYTES
from journals import followed
from journals import refused
from journals import started
from journals import traded
from toy import LIMITS
from toy import Toy
from toy import deposit


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damaged_snapshot_is_passed_over_and_told(tmp_path, damage, caplog):
    """The next older one is taken; with none left, the beginning of the journal."""
    digest = traded(tmp_path, runs=2)
    kept = followed(tmp_path)
    for number, path in enumerate(snapshot_paths(tmp_path / FOLDER_NAME)):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes({"flip": content, "cut": content[:-40], "empty": b""}[damage])
        engine, report = started(tmp_path, restore=Toy.from_sections)
        assert engine.digest() == digest
        assert report.snapshot == [*kept, 0][number + 1]
        assert len(report.passed_over) == number + 1
        assert all("expected" in fault for fault in report.passed_over)
        assert f"{path}: expected" in caplog.text
        assert "a damaged snapshot was passed over" in caplog.text


def test_snapshot_of_another_market_is_refused(tmp_path):
    for name in ("one", "two"):
        traded(tmp_path / name)
        followed(tmp_path / name)
    one, two = (snapshot_paths(tmp_path / name / FOLDER_NAME)[0] for name in ("one", "two"))
    one.unlink()
    one = shutil.copy(two, one.parent)
    own, other = (
        read_segments(tmp_path / name / FOLDER_NAME)[0].head.market for name in ("one", "two")
    )
    for restore in (None, Toy.from_sections):
        assert refused(tmp_path / "one", SnapshotForeign, restore=restore) == (
            f"{one}: expected a snapshot of market {own}, found {other}: remove it"
        )


def test_snapshot_newer_than_the_journal_is_refused(tmp_path):
    """The journal was cut, by whole frames or segments: acknowledged commands are gone."""
    traded(tmp_path, runs=2)
    newest, *_ = followed(tmp_path)
    place = tmp_path / FOLDER_NAME
    frame = next(f for f in read_frames(place) if f.first_sequence > 40)
    for number in range(len(read_segments(place)), 1, -1):
        segment_path(place, number).unlink()
    for restore in (Toy.from_sections, None):
        end = list(read_frames(place))[-1].next_sequence - 1
        assert refused(tmp_path, SnapshotForeign, restore=restore) == (
            f"{snapshot_paths(place)[0]}: expected a snapshot no newer than the journal, which "
            f"ends with sequence {end}, found sequence {newest}: restore the journal from a copy, "
            "or remove the snapshot to give the commands between up"
        )
        first = segment_path(place, 1)
        first.write_bytes(first.read_bytes()[: frame.offset])


def test_snapshot_of_a_journal_that_went_on_otherwise_is_refused(tmp_path):
    """The same market, cut and gone on: the snapshot's frame has another hash."""
    traded(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    traded(tmp_path / "one", runs=1)
    engine, journal, _ = recover(tmp_path / "two", LIMITS, Toy, segment_bytes=SEGMENT_BYTES)
    with Sequencer(engine, journal, lambda: engine.time_ns) as sequencer:
        for _ in range(200):
            sequencer.submit(deposit())
    followed(tmp_path / "one")
    snapshot = snapshot_paths(tmp_path / "one" / FOLDER_NAME)[0]
    shutil.copy(snapshot, tmp_path / "two" / FOLDER_NAME)
    told = refused(tmp_path / "two", SnapshotForeign, restore=Toy.from_sections)
    assert "remove it" in told


def test_snapshot_that_restores_to_another_state_is_refused(tmp_path):
    traded(tmp_path)
    followed(tmp_path)
    told = refused(tmp_path, ReplayDiffers, restore=lambda limits, sections: Toy(limits))
    assert told.endswith("remove the snapshot to begin from an older one")
