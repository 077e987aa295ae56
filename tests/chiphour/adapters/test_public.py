"""PUBLIC: the public form only grows; a new chain begins from a snapshot.

Takes   journals that traded over days, and their snapshots.
Gives   the claims of `adapters/public.py`, each a test.
Keeps   what is private out, and what is another market's alone.
Source  Rulebook 12.1; decision 0026.
"""

import shutil

import numpy as np
import pytest

from chiphour.adapters.follower import Follower
from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.journal import read_frames
from chiphour.adapters.public import begin_from
from chiphour.adapters.public import publish
from chiphour.adapters.recovery import ReplayDiffers
from chiphour.adapters.recovery import replay
from chiphour.adapters.segments import JournalFailed
from chiphour.adapters.segments import RulebookDiffers
from chiphour.adapters.segments import segment_path
from chiphour.adapters.snapshot import SnapshotForeign
from chiphour.adapters.snapshot import snapshot_paths
from chiphour.units import NS_PER_DAY
from chiphour.wire.snapshot import SnapshotDamaged
from journals import followed
from journals import refused
from journals import replayed
from journals import started
from journals import traded
from toy import LIMITS
from toy import Toy


def test_public_form_is_a_day_behind_and_only_grows(tmp_path):
    """It replays like the full one, as far as it goes; called again it goes further."""
    traded(tmp_path, turns=40)
    place, out = tmp_path / FOLDER_NAME, tmp_path / "out"
    until_ns = list(read_frames(place))[-1].last_time_ns - NS_PER_DAY
    published = publish(place, out, pytest.fail)
    full = [f for f in read_frames(place) if f.last_time_ns <= until_ns]
    found = list(read_frames(out))
    assert [f.hash for f in found] == [f.hash for f in full]
    assert published.frames == len(full) < len(list(read_frames(place)))
    assert not any(b"name" in path.read_bytes() for path in out.iterdir())
    judge = Toy(LIMITS)
    judge.apply(np.concatenate([f.rows for f in full]))
    assert replay(out, Toy, pytest.fail).digest() == judge.digest()
    assert publish(place, out, pytest.fail, 2 * NS_PER_DAY) == published
    assert publish(place, out, pytest.fail, 0).frames == len(list(read_frames(place)))
    assert replay(out, Toy, pytest.fail).digest() == replayed(tmp_path).digest()


def test_public_form_of_another_market_is_not_written_over(tmp_path):
    for name in ("one", "two"):
        traded(tmp_path / name)
    publish(tmp_path / "one" / FOLDER_NAME, tmp_path / "out", pytest.fail, 0)
    before = segment_path(tmp_path / "out", 1).read_bytes()
    with pytest.raises(JournalFailed, match="found another journal: publish into another folder"):
        publish(tmp_path / "two" / FOLDER_NAME, tmp_path / "out", pytest.fail, 0)
    with pytest.raises(JournalFailed, match="expected the public form"):
        publish(tmp_path / "one" / FOLDER_NAME, tmp_path / "two" / FOLDER_NAME, pytest.fail, 0)
    assert segment_path(tmp_path / "out", 1).read_bytes() == before


def test_new_chain_begins_from_a_snapshot_and_says_so(tmp_path):
    """An upgrade: state, sequence, frames and event digest go on; the head names where from."""
    digest = traded(tmp_path / "old")
    follower = Follower(tmp_path / "old" / FOLDER_NAME, Toy, Toy.from_sections)
    follower.step()
    made = follower.snapshot()
    path = snapshot_paths(tmp_path / "old" / FOLDER_NAME)[0]
    new = tmp_path / "new"
    head = begin_from(path, new / FOLDER_NAME)
    assert (head.sequence, head.frame) == (made.sequence + 1, made.frame)
    assert (head.origin.snapshot, head.origin.rulebook) == (digest, "2")
    assert started(new, restore=Toy.from_sections)[0].digest() == digest
    later = traded(new, runs=1, restore=Toy.from_sections)
    assert traded(tmp_path / "old", runs=1) == later
    assert replayed(new).digest() == later
    publish(new / FOLDER_NAME, tmp_path / "out", pytest.fail, 0)
    out = replay(tmp_path / "out", Toy, pytest.fail, Toy.from_sections)
    assert out.digest() == later
    assert "expected a way to begin from" in refused(new, ReplayDiffers)
    with pytest.raises(JournalFailed, match="expected a folder without a journal, found one"):
        begin_from(path, new / FOLDER_NAME)


def test_chain_without_the_snapshot_that_it_begins_from_is_refused(tmp_path):
    traded(tmp_path / "old")
    followed(tmp_path / "old")
    begin_from(snapshot_paths(tmp_path / "old" / FOLDER_NAME)[0], tmp_path / "new" / FOLDER_NAME)
    base = snapshot_paths(tmp_path / "new" / FOLDER_NAME)[0]
    base.write_bytes(base.read_bytes()[:-1])
    told = refused(tmp_path / "new", SnapshotDamaged, restore=Toy.from_sections)
    assert f"{base}: expected the hash" in told
    shutil.copy(snapshot_paths(tmp_path / "old" / FOLDER_NAME)[1], base)
    told = refused(tmp_path / "new", SnapshotForeign, restore=Toy.from_sections)
    assert f"{base}: expected the snapshot that its name says" in told


def test_snapshot_of_an_unknown_rulebook_begins_nothing(tmp_path, monkeypatch):
    traded(tmp_path)
    followed(tmp_path)
    monkeypatch.setattr("chiphour.adapters.public.CONVERSIONS", {"3": None})
    with pytest.raises(
        RulebookDiffers, match="expected a snapshot of rulebook 3, found rulebook 2"
    ):
        begin_from(snapshot_paths(tmp_path / FOLDER_NAME)[0], tmp_path / "new")
    assert not (tmp_path / "new").exists()
