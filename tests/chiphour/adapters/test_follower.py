"""FOLLOWER: it replays behind a writer, writes snapshots, and goes on from its own.

Takes   journals that grow while they are followed.
Gives   the claims of `adapters/follower.py`, each a test.
Keeps   the journal ahead of every snapshot.
Source  Rulebook 13; decision 0026.
"""

from chiphour.adapters.follower import Follower
from chiphour.adapters.follower import start_follower
from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.recovery import recover
from chiphour.adapters.segments import read_segments
from chiphour.adapters.segments import segment_path
from chiphour.adapters.snapshot import snapshot_paths
from journals import EVERY
from journals import followed
from journals import started
from journals import traded
from toy import LIMITS
from toy import Toy


def test_follower_goes_on_behind_a_writer_and_from_its_own_snapshots(tmp_path):
    """It sees frames and segments as they come, passes over half a frame, and starts where it was.

    Three snapshots are kept.
    """
    traded(tmp_path)
    place = tmp_path / FOLDER_NAME
    follower = Follower(place, Toy, Toy.from_sections, EVERY)
    assert follower.step() > 0
    assert follower.step() == 0
    traded(tmp_path)
    last = segment_path(place, len(read_segments(place)))
    content = last.read_bytes()
    last.write_bytes(content[:-9])
    follower.step()
    half = follower.sequence
    last.write_bytes(content)
    assert follower.step() == 1
    made = follower.snapshot()
    assert made.sequence == follower.sequence >= half
    assert follower.snapshot() is None
    assert len(snapshot_paths(place)) == 3
    again = Follower(place, Toy, Toy.from_sections, EVERY)
    assert again.sequence == made.sequence
    engine, report = started(tmp_path, restore=Toy.from_sections)
    assert report.snapshot == made.sequence
    assert engine.digest() == made.digest


def test_follower_syncs_the_journal_before_it_writes(tmp_path, monkeypatch):
    """So that no crash leaves a snapshot of what the disk has not got."""
    traded(tmp_path)
    order = []
    monkeypatch.setattr("chiphour.adapters.follower._sync", lambda path: order.append("journal"))
    monkeypatch.setattr(
        "chiphour.adapters.follower.write_snapshot", lambda *_: order.append("snapshot")
    )
    followed(tmp_path)
    assert order[:2] == ["journal", "snapshot"]


def test_follower_process_ends_with_its_writer(tmp_path):
    """Started by a writer it ends when the pipe from there does, whatever it was doing."""
    _, journal, _ = recover(tmp_path, LIMITS, Toy)
    process = start_follower(tmp_path)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(120) == 0
    journal.close()
