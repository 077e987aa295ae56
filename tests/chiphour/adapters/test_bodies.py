"""TEST BODIES: bytes come back under their hash, and damage of any kind is noticed.

Takes   a fresh folder; bytes of all kinds.
Gives   claims on keeping, packing, damage and bounds.
Keeps   one file for one body.
Source  Decision 0003.
"""

import gzip
import hashlib
import os
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters import bodies as module
from chiphour.adapters.bodies import BODY_BYTES_MAX
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.adapters.bodies import Bodies
from chiphour.adapters.bodies import TooLarge
from chiphour.adapters.bodies import unpacked

BODY = b'{"offers": []}' * 100


@pytest.fixture
def bodies(tmp_path):
    return Bodies(tmp_path / "state" / "raw")


@pytest.mark.parametrize("content", [b"", b"x", BODY, os.urandom(100_000), b"\0" * (1 << 20)])
def test_what_was_kept_is_given_back_under_its_hash(bodies, content):
    sha256 = bodies.keep(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert bodies.body(sha256) == content
    assert bodies.file(sha256).parent.name == sha256[:2]
    assert list(bodies.hashes()) == [sha256]


def written(file):
    """Give which file it is, and when it was written; when it was read last may change."""
    found = file.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def test_the_same_bytes_are_one_file_that_is_left_alone(bodies):
    sha256 = bodies.keep(BODY)
    before = written(bodies.file(sha256))
    bodies.keep(BODY)
    assert written(bodies.file(sha256)) == before
    assert [file.name for file in bodies.file(sha256).parent.iterdir()] == [f"{sha256}.gz"]


def test_the_file_says_nothing_of_time_or_name(bodies):
    packed = bodies.file(bodies.keep(BODY)).read_bytes()
    assert packed == gzip.compress(BODY, 6, mtime=0)
    assert packed[4:8] == b"\0\0\0\0"
    assert gzip.decompress(packed) == BODY


@pytest.mark.parametrize("left", [0, 1, 17, 30])
def test_a_torn_file_is_told_and_mended_by_keeping_again(bodies, left):
    sha256 = bodies.keep(BODY)
    os.truncate(bodies.file(sha256), left)
    with pytest.raises(ArchiveDamaged, match=f"expected the body {sha256}"):
        bodies.body(sha256)
    bodies.keep(BODY)
    assert bodies.body(sha256) == BODY


def test_other_bytes_under_the_hash_are_told(bodies):
    sha256 = bodies.keep(BODY)
    bodies.file(sha256).write_bytes(gzip.compress(b"another"))
    with pytest.raises(ArchiveDamaged, match=f"expected the body {sha256}, found [0-9a-f]"):
        bodies.body(sha256)
    bodies.file(sha256).write_bytes(b"not gzip at all")
    with pytest.raises(ArchiveDamaged, match="incorrect header"):
        bodies.body(sha256)


def test_a_body_that_is_gone_is_told(bodies):
    with pytest.raises(ArchiveDamaged, match="No such file"):
        bodies.body("0" * 64)


def test_a_bomb_under_the_hash_is_not_unpacked(bodies, monkeypatch):
    sha256 = bodies.keep(b" " * 5_000)
    monkeypatch.setattr(module, "BODY_BYTES_MAX", 4_000)
    with pytest.raises(ArchiveDamaged, match="more than 4000 bytes unpacked"):
        bodies.body(sha256)


def test_what_a_killed_writer_left_is_not_taken_for_a_body(bodies):
    sha256 = bodies.keep(BODY)
    (bodies.file(sha256).parent / ".half.gz").write_bytes(b"half")
    (bodies.file(sha256).parent / ".tmp1234").write_bytes(b"half")
    assert list(bodies.hashes()) == [sha256]


def test_a_disk_that_takes_nothing_is_told(bodies):
    bodies.folder.parent.mkdir()
    bodies.folder.write_text("a file where the folder should be")
    with pytest.raises(ArchiveDamaged, match="expected to write a body"):
        bodies.keep(BODY)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.integers(0, 400))
def test_unpacking_gives_every_member_within_the_bound(members, bytes_max):
    packed = b"".join(gzip.compress(member) for member in members)
    whole = b"".join(members)
    if len(whole) <= bytes_max:
        assert unpacked(packed, bytes_max) == whole
    else:
        with pytest.raises(TooLarge, match=f"more than {bytes_max} bytes"):
            unpacked(packed, bytes_max)


@pytest.mark.parametrize("cut", [1, 8, 9, 20])
def test_a_torn_end_is_told(cut):
    with pytest.raises((EOFError, zlib.error)):
        unpacked(gzip.compress(BODY)[:-cut], 1 << 20)


def test_no_bytes_and_bytes_behind_the_end_are_told():
    with pytest.raises(EOFError, match="no bytes at all"):
        unpacked(b"", 10)
    with pytest.raises(zlib.error):
        unpacked(gzip.compress(BODY) + b"more", 1 << 20)


def test_a_file_of_any_length_is_read_within_the_bound(tmp_path):
    """A file with a hole of gigabytes takes no place on the disk, and would fill the memory."""
    bodies = Bodies(tmp_path)
    sha256 = bodies.keep(b"body")
    with bodies.file(sha256).open("wb") as stream:
        stream.truncate(4 << 30)
    tracemalloc.start()
    with pytest.raises(ArchiveDamaged, match=f"expected the body {sha256}"):
        bodies.body(sha256)
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most_bytes < 3 * BODY_BYTES_MAX
