"""SNAPSHOT: what was written comes back; what was changed is noticed, wherever.

Takes   sections that hypothesis finds, and a small snapshot changed at each byte.
Gives   the claims of `wire/snapshot.py`, each a test.
Keeps   the digest of rulebook 13.1 as the SHA-256 of the sections as they stand.
Source  Rulebook 13.1; docs/reference/journal.md.
"""

import hashlib
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.exchange.digest import WIDTHS
from chiphour.exchange.digest import Sections
from chiphour.exchange.digest import digest
from chiphour.exchange.limits import Limits
from chiphour.wire.snapshot import SnapshotDamaged
from chiphour.wire.snapshot import SnapshotHead
from chiphour.wire.snapshot import encode_snapshot
from chiphour.wire.snapshot import read_snapshot
from chiphour.wire.snapshot import read_snapshot_head


def sections_given(counts, seed):
    """Make sections of any numbers with so many rows each."""
    draw = np.random.default_rng(seed)
    least, most = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    sized = zip(counts, WIDTHS, strict=True)
    return Sections(*(draw.integers(least, most, (rows, width)) for rows, width in sized))


SECTIONS = st.builds(
    sections_given, st.lists(st.integers(0, 3), min_size=12, max_size=12), st.integers(0, 99)
)


def head_of(sections) -> SnapshotHead:
    """Give a first line for sections."""
    return SnapshotHead(
        *("0f" * 16, 1, "2", "ab" * 32, Limits(accounts=64), 3, 40, 500, 7, "cd" * 32, "ef" * 32),
        digest=digest(sections),
    )


def written(sections) -> bytes:
    return b"".join(encode_snapshot(head_of(sections), sections))


@settings(max_examples=30)
@given(SECTIONS)
def test_sections_come_back_and_their_hash_is_the_digest(sections):
    content = written(sections)
    head, found = read_snapshot(io.BytesIO(content), "it")
    assert head == head_of(sections) == read_snapshot_head(io.BytesIO(content), "it")
    assert all((a == b).all() for a, b in zip(found, sections, strict=True))
    body = content.partition(b"\n")[2][:-32]
    assert hashlib.sha256(body).hexdigest() == head.digest


def test_any_changed_bit_and_any_cut_is_damage():
    content = written(sections_given([1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0], 1))
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << (place % 8)
        for wrong in (bytes(changed), content[:place]):
            with pytest.raises(SnapshotDamaged, match="it: expected"):
                read_snapshot(io.BytesIO(wrong), "it")


def test_sections_of_another_width_are_damage():
    """Hashed and digested anew, as another program would: the width tells."""
    sections = sections_given([0] * 12, 1)
    head = head_of(sections)
    body = b"".join(encode_snapshot(head, sections)).partition(b"\n")[2][:-32]
    wrong = bytearray(body)
    wrong[8] = 9  # The market's width.
    for changed in (bytes(wrong), body + bytes(16)):
        forged = head._replace(digest=hashlib.sha256(changed).hexdigest())
        line = b"".join(encode_snapshot(forged, sections)).partition(b"\n")[0] + b"\n"
        content = line + changed + hashlib.sha256(line + changed).digest()
        with pytest.raises(SnapshotDamaged, match=r"width 9|the end after 12 sections"):
            read_snapshot(io.BytesIO(content), "it")
