"""JOURNAL: a real file: one writer, whole or cut, and byte for byte as it was when refused.

Takes   files in a temporary folder, a second process, a disk that refuses.
Gives   the claims of `adapters/journal.py`, each a test.
Keeps   what was durable: no test of a refusal leaves the file changed.
Source  Rulebook 12.1; decision 0007.
"""

import os
import resource
import subprocess
import sys

import numpy as np
import pytest

from chiphour.adapters.journal import FILE_NAME
from chiphour.adapters.journal import Journal
from chiphour.adapters.journal import JournalFailed
from chiphour.adapters.journal import JournalLocked
from chiphour.adapters.journal import JournalMissing
from chiphour.adapters.journal import Scanned
from chiphour.adapters.journal import create
from chiphour.adapters.journal import journal_path
from chiphour.adapters.journal import read_frames
from chiphour.adapters.journal import read_journal_head
from chiphour.exchange.limits import Limits
from chiphour.wire.journal import Head
from chiphour.wire.journal import JournalDamaged
from chiphour.wire.journal import TornTail
from chiphour.wire.journal import public_form

HEAD = Head("full", "0f" * 16, 1_783_296_000_000_000_000, "1", "ab" * 16, Limits(accounts=64))


@pytest.fixture
def path(tmp_path):
    """Create a journal of three frames, three rows each."""
    path = tmp_path / "journal" / FILE_NAME
    create(path, HEAD)
    journal, _ = opened(path)
    for frame in range(3):
        journal.append(rows(1 + 3 * frame, 3), b"private")
    journal.close()
    return path


def rows(first: int, count: int):
    """Make rows in order; the journal does not look at the rest."""
    made = np.zeros((count, 16), np.int64)
    made[:, 0] = np.arange(first, first + count)
    made[:, 1] = 1_000 + made[:, 0]
    return made


def opened(path):
    """Open for writing; give what recovery scanned too."""
    journal = Journal(path)
    for _ in journal.frames():
        pass
    return journal, journal.begin()


def test_frames_come_back_and_appending_goes_on(path):
    journal, scanned = opened(path)
    assert scanned == Scanned(3, 9, 0, 0)
    journal.append(rows(10, 1))
    journal.close()
    frames = list(read_frames(path))
    assert [len(frame.rows) for frame in frames] == [3, 3, 3, 1]
    assert len({frame.salt for frame in frames}) == 4
    assert read_journal_head(path) == HEAD


def test_create_keeps_what_is_there(path):
    content = path.read_bytes()
    create(path, HEAD._replace(market="f0" * 16))
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == [FILE_NAME]


def test_second_writer_is_refused(path):
    """In this process and in another one; a reader is not; after close the next writer may."""
    journal = Journal(path)
    with pytest.raises(JournalLocked, match="another one holds it"):
        Journal(path)
    program = (
        "import sys, pathlib\n"
        "from chiphour.adapters.journal import Journal, JournalLocked\n"
        "try:\n    Journal(pathlib.Path(sys.argv[1]))\n"
        "except JournalLocked:\n    sys.exit(7)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, path], timeout=60).returncode == 7
    assert len(list(read_frames(path))) == 3
    journal.close()
    assert subprocess.run([sys.executable, "-c", program, path], timeout=60).returncode == 0


@pytest.mark.parametrize("tail", ["cut", "zeros"])
def test_torn_tail_is_cut_told_and_written_over(path, tail, caplog):
    content = path.read_bytes()
    last = list(read_frames(path))[-1]
    kept = last.offset if tail == "cut" else len(content)
    torn = content[:-70] if tail == "cut" else content + bytes(300)
    path.write_bytes(torn)
    journal, scanned = opened(path)
    assert scanned.cut_offset == kept
    assert scanned.cut_bytes == len(torn) - kept
    assert f"{len(torn) - kept} bytes of an unfinished write are cut" in caplog.text
    assert path.read_bytes() == content[:kept]
    journal.append(rows(journal.mark.next_sequence, 2))
    journal.close()
    assert [len(frame.rows) for frame in read_frames(path)][-1] == 2


@pytest.mark.parametrize("place", [10, 500, 1500, -1])
def test_damaged_file_is_refused_and_stays_as_it_was(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)
    with pytest.raises(JournalDamaged, match=str(path)):
        opened(path)
    assert path.read_bytes() == content


def test_damage_before_a_torn_tail_is_refused_whole(path):
    """The tail is not cut from a file whose middle cannot be believed."""
    content = bytearray(path.read_bytes()[:-9])
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(JournalDamaged):
        opened(path)
    assert path.read_bytes() == content


def test_reader_changes_nothing_and_tells_a_torn_tail(path):
    path.write_bytes(path.read_bytes()[:-5])
    content = path.read_bytes()
    frames = read_frames(path)
    assert len([next(frames), next(frames)]) == 2
    with pytest.raises(TornTail):
        next(frames)
    assert path.read_bytes() == content


def test_public_form_is_read_but_not_written_on(path, tmp_path):
    public = tmp_path / "public.journal"
    with path.open("rb") as stream:
        public.write_bytes(b"".join(public_form(stream)))
    assert [f.hash for f in read_frames(public)] == [f.hash for f in read_frames(path)]
    with pytest.raises(JournalFailed, match="full form"):
        opened(public)


def test_full_disk_refuses_for_good_and_leaves_a_torn_tail(path):
    """The system refuses after 100 bytes: no later append is tried; recovery cuts the 100."""
    journal, _ = opened(path)
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
    assert opened(path)[1].cut_bytes == 100
    assert path.read_bytes() == content


def test_failed_sync_is_not_tried_again(path, monkeypatch):
    journal, _ = opened(path)

    def refuse(file: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", refuse)
        with pytest.raises(JournalFailed, match="Input/output error"):
            journal.append(rows(10, 1))
    with pytest.raises(JournalFailed, match="Input/output error"):
        journal.append(rows(10, 1))


def test_file_changed_under_its_writer_is_noticed(path):
    journal, _ = opened(path)
    with path.open("ab") as other:
        other.write(b"x")
    with pytest.raises(JournalFailed, match="something else wrote"):
        journal.append(rows(10, 1))


def test_place_may_be_the_data_folder_the_journal_folder_or_the_file(path, tmp_path):
    assert journal_path(tmp_path) == journal_path(path.parent) == journal_path(path) == path
    for wrong in (tmp_path / "none", tmp_path / "journal" / "none"):
        with pytest.raises(JournalMissing, match="expected a journal"):
            journal_path(wrong)


def test_missing_or_forbidden_place_is_one_clear_line(path, tmp_path):
    for read in (Journal, read_journal_head, lambda place: list(read_frames(place))):
        with pytest.raises(JournalMissing):
            read(tmp_path / "none")
    with pytest.raises(JournalFailed, match="create a journal"):
        create(path / "inside" / FILE_NAME, HEAD)
    with pytest.raises(JournalFailed, match="open the journal"):
        Journal(path.parent)
