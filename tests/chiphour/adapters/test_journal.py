"""JOURNAL: real files: one writer, whole or cut, and byte for byte as they were when refused.

Takes   files in a temporary folder, a second process, a disk that refuses.
Gives   the claims of `adapters/journal.py`, each a test.
Keeps   what was durable: no test of a refusal leaves the file changed.
Source  Rulebook 12.1; decisions 0007 and 0026.
"""

import os
import resource
import subprocess
import sys

import numpy as np
import pytest

from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.journal import Journal
from chiphour.adapters.journal import JournalLocked
from chiphour.adapters.journal import Scanned
from chiphour.adapters.journal import create
from chiphour.adapters.journal import has_writer
from chiphour.adapters.journal import journal_path
from chiphour.adapters.journal import read_frames
from chiphour.adapters.journal import read_journal_head
from chiphour.adapters.segments import JournalFailed
from chiphour.adapters.segments import JournalMissing
from chiphour.adapters.segments import segment_path
from chiphour.exchange.limits import Limits
from chiphour.wire.journal import Head
from chiphour.wire.journal import JournalDamaged
from chiphour.wire.journal import TornTail
from chiphour.wire.journal import public_form

HEAD = Head("full", "0f" * 16, 1_783_296_000_000_000_000, "2", "ab" * 32, Limits(accounts=64))


@pytest.fixture
def folder(tmp_path):
    """Create a journal of three frames, three rows each."""
    return made(tmp_path / FOLDER_NAME)


@pytest.fixture
def path(folder):
    """Give the one segment of that journal."""
    return segment_path(folder, 1)


def made(folder, frames: int = 3, **more):
    create(folder, HEAD)
    journal, _ = opened(folder, **more)
    for frame in range(frames):
        journal.append(rows(1 + 3 * frame, 3), b"private")
    journal.close()
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(first: int, count: int):
    """Make rows in order; the journal does not look at the rest."""
    made = np.zeros((count, 16), np.int64)
    made[:, 0] = np.arange(first, first + count)
    made[:, 1] = 1_000 + made[:, 0]
    return made


def opened(folder, **more):
    """Open for writing; give what recovery scanned too."""
    journal = Journal(folder, **more)
    for _ in journal.frames():
        pass
    return journal, journal.begin()


def test_frames_come_back_and_appending_goes_on(folder):
    journal, scanned = opened(folder)
    assert scanned == Scanned(3, 9, 0, 0)
    journal.append(rows(10, 1))
    journal.close()
    frames = list(read_frames(folder))
    assert [len(frame.rows) for frame in frames] == [3, 3, 3, 1]
    assert len({frame.salt for frame in frames}) == 4
    assert read_journal_head(folder) == HEAD


def test_create_keeps_what_is_there(folder):
    content = contents(folder)
    create(folder, HEAD._replace(market="f0" * 16))
    assert contents(folder) == content


def test_second_writer_is_refused(folder):
    """In this process and in another one; a reader is not; after close the next writer may."""
    assert not has_writer(folder)
    journal = Journal(folder)
    assert has_writer(folder)
    with pytest.raises(JournalLocked) as told:
        Journal(folder)
    assert str(told.value) == (
        f"{folder}: expected to be its only writer, found that another one holds it: "
        "stop that one first"
    )
    program = (
        "import sys, pathlib\n"
        "from chiphour.adapters.journal import Journal, JournalLocked\n"
        "try:\n    Journal(pathlib.Path(sys.argv[1]))\n"
        "except JournalLocked:\n    sys.exit(7)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, folder], timeout=60).returncode == 7
    assert len(list(read_frames(folder))) == 3
    journal.close()
    assert subprocess.run([sys.executable, "-c", program, folder], timeout=60).returncode == 0


@pytest.mark.parametrize("tail", ["cut", "zeros"])
def test_torn_tail_is_cut_told_and_written_over(folder, path, tail, caplog):
    content = path.read_bytes()
    last = list(read_frames(folder))[-1]
    kept = last.offset if tail == "cut" else len(content)
    torn = content[:-70] if tail == "cut" else content + bytes(300)
    path.write_bytes(torn)
    journal, scanned = opened(folder)
    assert scanned.cut_offset == kept
    assert scanned.cut_bytes == len(torn) - kept
    assert f"{len(torn) - kept} bytes of an unfinished write are cut" in caplog.text
    assert path.read_bytes() == content[:kept]
    journal.append(rows(journal.mark.next_sequence, 2))
    journal.close()
    assert [len(frame.rows) for frame in read_frames(folder)][-1] == 2


@pytest.mark.parametrize("place", [10, 500, 1500, -1])
def test_damaged_file_is_refused_and_stays_as_it_was(folder, path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)
    with pytest.raises(JournalDamaged, match=str(path)):
        opened(folder)
    assert path.read_bytes() == content


def test_damage_before_a_torn_tail_is_refused_whole(folder, path):
    """The tail is not cut from a file whose middle cannot be believed."""
    content = bytearray(path.read_bytes()[:-9])
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(JournalDamaged):
        opened(folder)
    assert path.read_bytes() == content


def test_reader_changes_nothing_and_tells_a_torn_tail(folder, path):
    path.write_bytes(path.read_bytes()[:-5])
    content = path.read_bytes()
    frames = read_frames(folder)
    assert len([next(frames), next(frames)]) == 2
    with pytest.raises(TornTail):
        next(frames)
    assert path.read_bytes() == content


def test_public_form_is_read_but_not_written_on(folder, path, tmp_path):
    public = tmp_path / "public"
    public.mkdir()
    with path.open("rb") as stream:
        segment_path(public, 1).write_bytes(b"".join(public_form(stream)))
    assert [f.hash for f in read_frames(public)] == [f.hash for f in read_frames(folder)]
    with pytest.raises(JournalFailed, match="full form"):
        opened(public)


def test_full_disk_refuses_for_good_and_leaves_a_torn_tail(folder, path):
    """The system refuses after 100 bytes: no later append is tried; recovery cuts the 100."""
    journal, _ = opened(folder)
    content = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) + 100, hard))
    try:
        with pytest.raises(JournalFailed, match=r"frame 4 durable at byte \d+, found File too"):
            journal.append(rows(10, 1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with pytest.raises(JournalFailed, match="frame 4"):
        journal.append(rows(10, 1))
    journal.close()
    assert opened(folder)[1].cut_bytes == 100
    assert path.read_bytes() == content


def test_failed_sync_is_not_tried_again(folder, path, monkeypatch):
    journal, _ = opened(folder)

    def refuse(file: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", refuse)
        with pytest.raises(JournalFailed, match="Input/output error"):
            journal.append(rows(10, 1))
    with pytest.raises(JournalFailed, match="Input/output error"):
        journal.append(rows(10, 1))


def test_file_changed_under_its_writer_is_noticed(folder, path):
    journal, _ = opened(folder)
    with path.open("ab") as other:
        other.write(b"x")
    with pytest.raises(JournalFailed, match="something else wrote"):
        journal.append(rows(10, 1))


def test_place_may_be_the_data_folder_or_the_journals_own(folder, tmp_path):
    assert journal_path(tmp_path) == journal_path(folder) == folder
    with pytest.raises(JournalMissing) as told:
        journal_path(tmp_path / "none")
    assert str(told.value) == (
        f"{tmp_path / 'none'}: expected a journal (a data folder or the journal's own)"
    )


def test_missing_or_forbidden_place_is_one_clear_line(folder, path, tmp_path):
    for read in (Journal, read_journal_head, lambda place: list(read_frames(place))):
        with pytest.raises(JournalMissing):
            read(tmp_path / "none")
    with pytest.raises(JournalFailed, match="create a journal"):
        create(path / "inside", HEAD)
    with pytest.raises(JournalMissing):
        Journal(path)
