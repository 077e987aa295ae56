"""SEGMENTS: a chain of files: in order, whole but for its end, and read on as it grows.

Takes   journals in several segments, then with files missing, renamed, cut or another market's.
Gives   the claims of `adapters/segments.py`, each a test with the words of its refusal.
Keeps   every file as it was when a start is refused.
Source  Rulebook 12.1; docs/reference/journal.md; decision 0026.
"""

import numpy as np
import pytest

from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.journal import Journal
from chiphour.adapters.journal import Scanned
from chiphour.adapters.journal import create
from chiphour.adapters.journal import journal_path
from chiphour.adapters.journal import read_frames
from chiphour.adapters.journal import read_journal_head
from chiphour.adapters.segments import OLD_NAME
from chiphour.adapters.segments import Reader
from chiphour.adapters.segments import RulebookDiffers
from chiphour.adapters.segments import segment_path
from chiphour.exchange.limits import Limits
from chiphour.wire.journal import Head
from chiphour.wire.journal import JournalDamaged
from chiphour.wire.journal import encode_head

HEAD = Head("full", "0f" * 16, 1_783_296_000_000_000_000, "2", "ab" * 32, Limits(accounts=64))


@pytest.fixture
def segments(tmp_path):
    """Create a journal of five frames in three segments: 2, 2 and 1."""
    return made(tmp_path / "segments", 5, segment_bytes=1700)


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


def test_journal_of_format_1_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / FOLDER_NAME / OLD_NAME
    path.parent.mkdir()
    path.write_bytes(b"{}\n")
    for read in (journal_path, Journal, read_journal_head):
        with pytest.raises(RulebookDiffers) as told:
            Reader(read(path.parent)) if read is journal_path else read(path.parent)
        assert str(told.value) == (
            f"{path}: expected a journal in segments (format 2), found one of format 1, of "
            "rulebook 1: replay it with the version of the program that wrote it, and begin the "
            "new market in another folder"
        )


def test_segment_rolls_at_its_size_and_frames_go_on(segments):
    """Each segment begins with a line that names what went before, and is whole when it has."""
    reader = Reader(segments)
    assert [f.number for f in reader.frames()] == [1, 2, 3, 4, 5]
    heads = [segment.head for segment in reader.segments]
    assert [(head.segment, head.frame, head.sequence) for head in heads] == [
        *((1, 0, 1), (2, 2, 7), (3, 4, 13)),
    ]
    frames = list(read_frames(segments))
    assert [head.previous for head in heads[1:]] == [frames[1].hash.hex(), frames[3].hash.hex()]
    journal, scanned = opened(segments, segment_bytes=1700)
    assert scanned == Scanned(5, 15, 0, 0)
    journal.append(rows(16, 1))
    journal.close()
    assert sum(len(frame.rows) for frame in read_frames(segments)) == 16


def test_reader_goes_on_where_it_stood(segments):
    """It notices frames and segments that came since, as a follower does."""
    reader = Reader(segments)
    assert len(list(reader.frames())) == 5
    journal, _ = opened(segments, segment_bytes=1700)
    for frame in range(4):
        journal.append(rows(16 + frame, 1))
    journal.close()
    reader.look_again()
    assert [frame.number for frame in reader.frames()] == [6, 7, 8, 9]
    late = Reader(segments)
    late.start_at(2)
    assert [frame.number for frame in late.frames()] == [3, 4, 5, 6, 7, 8, 9]


def test_missing_segment_is_refused(segments):
    segment_path(segments, 2).unlink()
    refused(
        segments,
        f"{segments}: expected segment 2, found segment 3 in its place: restore the missing file "
        "from a copy",
    )


def test_segments_that_changed_names_are_refused(segments):
    second, third = segment_path(segments, 2), segment_path(segments, 3)
    content = second.read_bytes()
    second.write_bytes(third.read_bytes())
    third.write_bytes(content)
    refused(
        segments,
        f"{second}: expected segment 2, found segment 3: give each file its own name again",
    )


def test_segment_of_another_market_is_refused(segments, tmp_path):
    path = segment_path(segments, 2)
    head = Reader(segments).segments[1].head._replace(market="f0" * 16)
    path.write_bytes(encode_head(head))
    refused(segments, f"{path}: expected market {'0f' * 16} as in segment 1, found {'f0' * 16}")


def test_cut_segment_before_the_last_is_damage(segments):
    """A torn tail can be in the last segment only: another one began after it was whole."""
    path = segment_path(segments, 2)
    content = path.read_bytes()[:-9]
    path.write_bytes(content)
    with pytest.raises(JournalDamaged) as told:
        opened(segments)
    assert str(told.value).endswith(
        "segment 3 follows, so this one was whole once: restore it from a copy"
    )
    assert path.read_bytes() == content


def test_segment_without_its_last_frame_does_not_join_the_next(segments):
    """Cut at a frame's end nothing looks torn; the next segment's first line tells."""
    path, third = segment_path(segments, 2), segment_path(segments, 3)
    frame = list(read_frames(segments))[3]
    path.write_bytes(path.read_bytes()[: frame.offset])
    refused(segments, f"{third}: expected frame 3 after segment 2, found 4, at byte 0")
    late = Reader(segments)
    with pytest.raises(JournalDamaged, match="expected the last hash"):
        late.start_at(3)


def refused(folder, message: str) -> None:
    """Open, and be refused with these words, every file as it was."""
    before = contents(folder)
    with pytest.raises(JournalDamaged) as told:
        opened(folder)
    assert str(told.value) == message
    assert contents(folder) == before
