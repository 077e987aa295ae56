"""JOURNAL: round trips, every changed byte noticed, every cut told where it is.

Takes   any frames that hypothesis finds, and small journals changed at each byte.
Gives   the laws of the format.
Keeps   a torn tail and damage apart: recovery cuts one and refuses the other.
Source  Rulebook 12.1 and 13.2; docs/reference/journal.md; decision 0026.
"""

import hashlib
import io
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.exchange.limits import Limits
from chiphour.observe.observation import MarketError
from chiphour.wire import journal
from chiphour.wire.journal import Head
from chiphour.wire.journal import JournalDamaged
from chiphour.wire.journal import Mark
from chiphour.wire.journal import TornTail

ROOT = Path(__file__).resolve().parents[3]
HEAD = Head("full", "0f" * 16, 1_783_296_000_000_000_000, "2", "ab" * 32, Limits(accounts=64))
KERNEL = "ce" * 32


class Given(NamedTuple):
    """What one frame is made from."""

    rows: np.ndarray
    salt: bytes
    private: bytes
    digest: str
    events: bytes | None


def frame_given(values, steps, salt, private, digest, events=None):
    """Make rows from loose numbers: order is stamped later."""
    rows = np.zeros((len(values), 16), np.int64)
    rows[:, 2:] = np.array(values, np.int64).reshape(len(values), 1)
    rows[:, 1] = np.cumsum(np.array(steps[: len(values)], np.int64))
    if not len(rows):
        private, digest, events = b"", digest or "cd" * 32, None
    return Given(rows, salt, private, digest, events)


NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1)
FRAME = st.builds(
    frame_given,
    st.lists(NUMBERS, max_size=6),
    st.lists(st.integers(0, 1 << 40), min_size=6, max_size=6),
    st.binary(min_size=16, max_size=16),
    st.binary(max_size=40),
    st.sampled_from(["", "5a" * 32]),
    st.binary(min_size=32, max_size=32),
)


def written(frames, head=HEAD) -> tuple[bytes, list[Mark]]:
    """Write a journal; give its bytes and the mark before each frame, and the last."""
    mark = journal.first_mark(head)
    pieces, marks = [journal.encode_head(head)], [mark]
    for frame in frames:
        rows = frame.rows.copy()
        rows[:, 0] = np.arange(mark.next_sequence, mark.next_sequence + len(rows))
        rows[:, 1] += mark.time_ns
        piece, mark = journal.encode_frame(mark, rows, *frame[1:], kernel=KERNEL)
        pieces.append(piece)
        marks.append(mark)
    return b"".join(pieces), marks


def scanned(content: bytes) -> tuple[list[journal.Frame], MarketError | None]:
    """Read all that can be read, and what stopped the reading."""
    frames = []
    try:
        for frame in journal.scan(io.BytesIO(content)):
            frames.append(frame)
    except MarketError as fault:
        return frames, fault
    return frames, None


def simple(count: int, rows: int = 2) -> list[Given]:
    """Give frames of equal size with some private bytes."""
    numbers = [list(range(7 * i, 7 * i + rows)) for i in range(count)]
    return [frame_given(n, [5] * rows, b"s" * 16, b"secret", "") for n in numbers]


@settings(max_examples=60)
@given(st.lists(FRAME, max_size=4))
def test_decode_gives_back_what_was_encoded(given_frames):
    """Write any frames, read them, and compare every part; the marks are those of the writer."""
    content, marks = written(given_frames)
    assert journal.read_head(io.BytesIO(content)) == HEAD
    frames, fault = scanned(content)
    assert fault is None
    assert len(frames) == len(given_frames)
    for frame, expected, before, after in zip(
        frames, given_frames, marks[:-1], marks[1:], strict=True
    ):
        assert (frame.rows[:, 2:] == expected.rows[:, 2:]).all()
        assert (frame.rows[:, 1] == expected.rows[:, 1] + before.time_ns).all()
        assert (frame.salt, frame.private) == (expected.salt, expected.private)
        assert frame.digest == expected.digest
        assert frame.events == (before.events if expected.events is None else expected.events)
        assert frame.kernel == KERNEL
        assert journal.mark_after(frame, 2) == after


@settings(max_examples=40)
@given(st.lists(FRAME, max_size=4))
def test_public_form_verifies_with_the_same_hashes(given_frames):
    """Convert: rows, header and hashes are equal, salt and private bytes gone; twice is once."""
    content, _ = written(given_frames)
    public = b"".join(journal.public_form(io.BytesIO(content)))
    full_frames, _ = scanned(content)
    frames, fault = scanned(public)
    assert fault is None
    assert [f.hash for f in frames] == [f.hash for f in full_frames]
    assert [f.header for f in frames] == [f.header for f in full_frames]
    assert [f.sealed for f in frames] == [f.sealed for f in full_frames]
    assert all((a.rows == b.rows).all() for a, b in zip(frames, full_frames, strict=True))
    assert all(f.salt == f.private == b"" for f in frames)
    assert journal.read_head(io.BytesIO(public)).form == "public"
    assert b"".join(journal.public_form(io.BytesIO(public))) == public


def test_public_form_holds_no_private_byte():
    """A name in the private bytes, and the salt that hides it, are not in the public form."""
    frames = [frame_given([1], [1], b"0123456789abcdef", b"Ada Lovelace", "")]
    content, _ = written(frames)
    public = b"".join(journal.public_form(io.BytesIO(content)))
    assert b"Ada Lovelace" in content
    assert b"Ada Lovelace" not in public
    assert b"0123456789abcdef" not in public


@pytest.mark.parametrize("form", ["full", "public"])
def test_any_changed_bit_is_damage(form):
    """Flip one bit of each byte of a small journal, the first line included: never a torn tail.

    So a changed length in the middle cannot make recovery cut frames that were acknowledged.
    """
    content, _ = written(simple(3))
    if form == "public":
        content = b"".join(journal.public_form(io.BytesIO(content)))
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << (place % 8)
        frames, fault = scanned(bytes(changed))
        assert isinstance(fault, JournalDamaged), place
        assert "expected" in str(fault)
        assert "at byte" in str(fault)
        assert len(frames) < 3


@pytest.mark.parametrize("filler", [b"", b"\0" * 7, b"\0" * 5000])
def test_any_cut_is_a_torn_tail_at_the_last_whole_frame(filler):
    """Cut a journal at every length inside its last frame: the tail begins where that frame did.

    With zero bytes after a cut at a frame's end too: a file that grew before its data came.
    """
    content, marks = written(simple(2))
    start = marks[1].offset
    lengths = [start] if filler else range(start + 1, len(content))
    for length in lengths:
        frames, fault = scanned(content[:length] + filler)
        assert isinstance(fault, TornTail), length
        assert len(frames) == 1
        assert fault.offset == start
        assert fault.cut_bytes == length - start + len(filler)
        assert str(start) in str(fault)


def test_cut_at_a_frame_end_is_a_shorter_journal():
    """No reader can know of a frame that is wholly missing: the hash of the last one tells."""
    content, marks = written(simple(2))
    frames, fault = scanned(content[: marks[1].offset])
    assert fault is None
    assert [f.hash for f in frames] == [marks[1].hash]


def test_zeros_then_data_is_damage():
    """Zero bytes with something after them are no write that was cut off."""
    content, _ = written(simple(1))
    _, fault = scanned(content + b"\0" * 200 + b"x")
    assert isinstance(fault, JournalDamaged)
    assert "200 zero bytes" in str(fault)


def test_wrong_hash_of_the_last_whole_frame_names_the_remedy():
    """It may have been acknowledged, so it is damage; the message says what can be done."""
    content, marks = written(simple(2))
    frames, fault = scanned(content[:-1] + bytes([content[-1] ^ 1]))
    assert isinstance(fault, JournalDamaged)
    assert len(frames) == 1
    assert f"cut it at byte {marks[1].offset}" in str(fault)
    assert "sequences 3 to 4" in str(fault)


@pytest.mark.parametrize("tail", [b"garbage", b"CHFX", b"CHFR\1\0", b"CHFR\2\0\1\0"])
def test_bytes_that_begin_no_frame_are_damage(tail):
    """Not zeros and not the beginning of the next frame: nothing of ours was cut off there."""
    content, _ = written(simple(1))
    _, fault = scanned(content + tail)
    assert isinstance(fault, JournalDamaged)


def test_frames_out_of_place_are_damage():
    """Leave out, swap or repeat whole frames: the number, then the chain, notices."""
    content, marks = written(simple(3))
    ends = [mark.offset for mark in marks]
    first, second, third = (content[a:b] for a, b in pairwise(ends))
    head = content[: ends[0]]
    for order in [(second, third), (first, third), (second, first, third), (first, first)]:
        _, fault = scanned(head + b"".join(order))
        assert isinstance(fault, JournalDamaged)
        assert "frame number" in str(fault)


def test_frame_of_another_journal_is_damage():
    """The same frame after another first line names another previous hash."""
    content, marks = written(simple(1))
    other, _ = written([], HEAD._replace(market="f0" * 16))
    _, fault = scanned(other + content[marks[0].offset :])
    assert isinstance(fault, JournalDamaged)
    assert "previous hash" in str(fault)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[1]\n",
        b"[" * 9000 + b"\n",
        b'{"format":"chiphour-journal/1"}\n',
        b"SQLite format 3\0",
        journal.encode_head(HEAD)[:-40],
        journal.encode_head(HEAD).replace(b'"full"', b'"half"'),
        journal.encode_head(HEAD).replace(b'{"', b'{ "', 1),
        journal.encode_head(HEAD).replace(b'"accounts":64', b'"accounts":65'),
        journal.encode_head(HEAD)[:-1],
        journal.encode_head(HEAD).replace(b'"segment":1', b'"segment":1.0'),
        journal.encode_head(HEAD).replace(b'"origin":null', b'"origin":[]'),
        journal.encode_head(HEAD).replace(b'"rulebook":"2"', b'"rulebook":"two"'),
    ],
)
def test_wrong_first_line_is_damage(line):
    """Other files, other formats, an edited or shortened first line."""
    _, fault = scanned(line)
    assert isinstance(fault, JournalDamaged)
    assert "first line" in str(fault)


def test_next_segment_names_what_went_before():
    """Its first line follows from the first one's and the mark; any other is told by the field."""
    _, marks = written(simple(2))
    following = journal.next_head(HEAD, marks[-1], "be" * 32)
    assert (following.segment, following.frame, following.sequence) == (2, 2, 5)
    assert (following.time_ns, following.previous) == (marks[-1].time_ns, marks[-1].hash.hex())
    assert following.events == marks[-1].events.hex()
    journal.check_follows(HEAD, marks[-1], following, "segment 2")
    for field, value in (("segment", 3), ("sequence", 6), ("previous", "00" * 32), ("market", "")):
        wrong = following._replace(**{field: value})
        expected = getattr(following, field)
        with pytest.raises(JournalDamaged) as told:
            journal.check_follows(HEAD, marks[-1], wrong, "segment 2")
        assert str(told.value) == (
            f"segment 2: expected {field} {expected} after segment 1, found {value}, at byte 0"
        )


def test_frames_of_the_next_segment_follow_its_line():
    """The line is part of the chain: its hash is the previous hash of the segment's first frame."""
    _, marks = written(simple(2))
    following = journal.next_head(HEAD, marks[-1], "be" * 32)
    content, later = written(simple(1), following)
    frames, fault = scanned(content)
    assert fault is None
    assert [(f.number, f.first_sequence) for f in frames] == [(3, 5)]
    assert later[0].hash == hashlib.sha256(content[: content.index(b"\n") + 1]).digest()


def test_event_digest_is_a_chain_over_the_events_of_frames():
    events = np.arange(32).reshape(2, 16)
    first = journal.chained_events(journal.ZERO, events)
    assert first == hashlib.sha256(bytes(32) + events.astype("<i8").tobytes()).digest()
    assert journal.chained_events(first, events[:0]) == hashlib.sha256(first).digest()


def test_frame_without_rows_keeps_the_event_digest():
    """Change it, seal and hash anew: still damage."""
    mark = journal.first_mark(HEAD)
    forged = mark._replace(events=b"x" * 32)
    piece, _ = journal.encode_frame(forged, np.zeros((0, 16), np.int64), b"s" * 16, b"", "cd" * 32)
    _, fault = scanned(journal.encode_head(HEAD) + piece)
    assert isinstance(fault, JournalDamaged)
    assert "expected the event digest" in str(fault)


@given(st.lists(st.tuples(st.integers(0, 65535), st.binary(max_size=30)), max_size=5))
def test_private_entries_come_back(entries):
    """Each submission's private bytes are found again with their row."""
    assert journal.unpack_private(journal.pack_private(entries)) == entries


@pytest.mark.parametrize("private", [b"\0", journal.pack_private([(0, b"abc")])[:-1]])
def test_private_entry_cut_short_is_damage(private):
    """Private bytes that no writer of ours made."""
    with pytest.raises(JournalDamaged, match="private bytes"):
        journal.unpack_private(private)


def test_program_in_the_reference_verifies_both_forms(tmp_path):
    """Run the program that docs/reference/journal.md prints: it needs Python alone."""
    page = (ROOT / "docs" / "reference" / "journal.md").read_text()
    program = page.partition("```python\n")[2].partition("```")[0]
    content, marks = written([*simple(3), frame_given([], [], b"s" * 16, b"", "cd" * 32)])
    second, ends = written(simple(1), journal.next_head(HEAD, marks[-1], "be" * 32))
    public = [b"".join(journal.public_form(io.BytesIO(each))) for each in (content, second)]
    changed = bytearray(content)
    changed[marks[1].offset + 300] ^= 1
    given = [([content, second], 0), (public, 0), ([bytes(changed), second], 1), ([content] * 2, 1)]
    for number, (files, code) in enumerate(given):
        paths = [tmp_path / f"{number}-{place}" for place in range(len(files))]
        for path, file in zip(paths, files, strict=True):
            path.write_bytes(file)
        words = [sys.executable, "-c", program, *paths]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        if code == 0:
            assert done.stdout == f"5 8 {ends[-1].hash.hex()}\n"
        else:
            assert ("frame 2: hash" if number == 2 else "segment 2") in done.stderr
