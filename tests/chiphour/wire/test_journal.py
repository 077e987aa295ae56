"""JOURNAL: round trips, every changed byte noticed, every cut told where it is.

Takes   any frames that hypothesis finds, and small journals changed at each byte.
Gives   the laws of the format.
Keeps   a torn tail and damage apart: recovery cuts one and refuses the other.
Source  Rulebook 12.1; docs/reference/journal.md.
"""

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
HEAD = Head("full", "0f" * 16, 1_783_296_000_000_000_000, "1", "ab" * 32, Limits(accounts=64))


class Given(NamedTuple):
    """What one frame is made from."""

    rows: np.ndarray
    salt: bytes
    private: bytes
    digest: str


def frame_given(values, steps, salt, private, digest):
    """Make rows from loose numbers: order is stamped later."""
    rows = np.zeros((len(values), 16), np.int64)
    rows[:, 2:] = np.array(values, np.int64).reshape(len(values), 1)
    rows[:, 1] = np.cumsum(np.array(steps[: len(values)], np.int64))
    if not len(rows):
        private, digest = b"", digest or "cd" * 32
    return Given(rows, salt, private, digest)


NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1)
FRAME = st.builds(
    frame_given,
    st.lists(NUMBERS, max_size=6),
    st.lists(st.integers(0, 1 << 40), min_size=6, max_size=6),
    st.binary(min_size=16, max_size=16),
    st.binary(max_size=40),
    st.sampled_from(["", "5a" * 32]),
)


def written(frames, head=HEAD) -> tuple[bytes, list[Mark]]:
    """Write a journal; give its bytes and the mark before each frame, and the last."""
    mark = journal.first_mark(head)
    pieces, marks = [journal.encode_head(head)], [mark]
    for frame in frames:
        rows = frame.rows.copy()
        rows[:, 0] = np.arange(mark.next_sequence, mark.next_sequence + len(rows))
        rows[:, 1] += mark.time_ns
        piece, mark = journal.encode_frame(mark, rows, frame.salt, frame.private, frame.digest)
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


@settings(deadline=None, max_examples=60)
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
        assert journal.mark_after(frame) == after


@settings(deadline=None, max_examples=40)
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


@pytest.mark.parametrize("tail", [b"garbage", b"CHFX", b"CHFR\2\0"])
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
    """The same frame after another first line has another seal."""
    content, marks = written(simple(1))
    other, _ = written([], HEAD._replace(market="f0" * 16))
    _, fault = scanned(other + content[marks[0].offset :])
    assert isinstance(fault, JournalDamaged)
    assert "seal" in str(fault)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[1]\n",
        b"[" * 9000 + b"\n",
        b'{"format":"chiphour-journal/2"}\n',
        b"SQLite format 3\0",
        journal.encode_head(HEAD)[:-40],
        journal.encode_head(HEAD).replace(b'"full"', b'"half"'),
        journal.encode_head(HEAD).replace(b'{"', b'{ "', 1),
        journal.encode_head(HEAD).replace(b'"accounts":64', b'"accounts":65'),
        journal.encode_head(HEAD)[:-1],
    ],
)
def test_wrong_first_line_is_damage(line):
    """Other files, other formats, an edited or shortened first line."""
    _, fault = scanned(line)
    assert isinstance(fault, JournalDamaged)
    assert "first line" in str(fault)


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
    public = b"".join(journal.public_form(io.BytesIO(content)))
    changed = bytearray(content)
    changed[marks[1].offset + 200] ^= 1
    for number, (form, code) in enumerate([(content, 0), (public, 0), (bytes(changed), 1)]):
        path = tmp_path / str(number)
        path.write_bytes(form)
        done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        if code == 0:
            assert done.stdout == f"4 6 {marks[-1].hash.hex()}\n"
        else:
            assert "frame 2: hash" in done.stderr
