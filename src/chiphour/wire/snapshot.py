"""SNAPSHOT: the state of a market as bytes, so that a start need not replay all that ever was.

Takes   where in the journal the state stands, and its twelve sections; or a stream of bytes.
Gives   the file's bytes; the head and the sections from them.
Keeps   nothing is read that was changed: strict, or `SnapshotDamaged`.
Source  Rulebook 13; docs/reference/journal.md; decision 0026.

    file     first line | sections | SHA-256 of all that stands before it
    line     canonical JSON and a newline: `SnapshotHead` and the format
    section  row count i64 | width i64 | rows, little-endian i64; twelve of them, as rulebook 13.1

The SHA-256 of the sections as they stand is the digest of the state: it needs no program to check.

    MarketError
    └── SnapshotDamaged     not whole, or changed, or no snapshot at all
"""

import hashlib
import json
from collections.abc import Iterator
from typing import BinaryIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.exchange.digest import WIDTHS
from chiphour.exchange.digest import Sections
from chiphour.exchange.limits import Limits
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json

FORMAT = "chiphour-snapshot/1"
LINE_BYTES_MAX = 1 << 14
HASH_BYTES = 32

Rows = NDArray[np.int64]


class SnapshotDamaged(MarketError):
    """A snapshot that is not whole, or was changed."""


class SnapshotHead(NamedTuple):
    """The first line: whose state it is, and where in the journal it stands.

    It is the state after frame `frame` of segment `segment`, which ends with sequence `sequence` at
    `time_ns`, has the hash `hash` and leaves the event digest `events`. `digest` is the state's.
    """

    market: str
    created_ns: int
    rulebook: str
    kernel: str  # Of the program that made the snapshot.
    limits: Limits
    segment: int
    frame: int
    sequence: int
    time_ns: int
    hash: str
    events: str
    digest: str


def encode_snapshot(head: SnapshotHead, sections: Sections) -> Iterator[bytes]:
    """Yield the bytes of a snapshot, piece by piece."""
    total = hashlib.sha256()
    for piece in (_line(head), *_bodies(sections)):
        total.update(piece)
        yield piece
    yield total.digest()


def read_snapshot_head(stream: BinaryIO, name: str) -> SnapshotHead:
    """Read the first line from the start of a stream; nothing is verified beyond its form.

    Raises SnapshotDamaged.
    """
    line = stream.readline(LINE_BYTES_MAX)
    try:
        fields = json.loads(line)
        found = fields.pop("format")
        head = SnapshotHead(limits=Limits(**fields.pop("limits")), **fields)
        right = found == FORMAT and _line(head) == line
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        right = False
    if not right:
        raise SnapshotDamaged(
            f"{name}: expected a first line of format {FORMAT}, found {line[:60]!r}"
        )
    return head


def read_snapshot(stream: BinaryIO, name: str) -> tuple[SnapshotHead, Sections]:
    """Read a whole snapshot from the start of a stream; raises SnapshotDamaged."""
    head = read_snapshot_head(stream, name)
    body = stream.read()
    found = body[-HASH_BYTES:]
    expected = hashlib.sha256(_line(head))
    expected.update(memoryview(body)[:-HASH_BYTES])
    if found != expected.digest():
        raise SnapshotDamaged(
            f"{name}: expected the hash {expected.hexdigest()} at its end, found {found.hex()}: "
            "the file was cut or changed"
        )
    state = hashlib.sha256(memoryview(body)[:-HASH_BYTES]).hexdigest()
    if state != head.digest:
        raise SnapshotDamaged(f"{name}: expected the state's digest {head.digest}, found {state}")
    return head, _sections(body[:-HASH_BYTES], name)


def _sections(body: bytes, name: str) -> Sections:
    parts = []
    place = 0
    for section, width in zip(Sections._fields, map(int, WIDTHS), strict=True):
        shape = np.frombuffer(body[place : place + 16].ljust(16, b"\0"), "<i8").tolist()
        count, found = int(shape[0]), int(shape[1])
        place += 16
        if found != width or count < 0 or place + 8 * count * width > len(body):
            raise SnapshotDamaged(
                f"{name}: expected section {section} of width {width}, found width {found}"
            )
        flat = np.frombuffer(body, "<i8", count * width, place).astype(np.int64)
        parts.append(flat.reshape(count, width))
        place += 8 * count * width
    if place != len(body):
        raise SnapshotDamaged(f"{name}: expected the end after 12 sections, found more")
    return Sections(*parts)


def _bodies(sections: Sections) -> Iterator[bytes]:
    for rows, width in zip(sections, WIDTHS, strict=True):
        assert rows.ndim == 2 and rows.shape[1] == width and rows.dtype == np.int64
        yield np.array(rows.shape, "<i8").tobytes()
        yield np.ascontiguousarray(rows, "<i8").tobytes()


def _line(head: SnapshotHead) -> bytes:
    fields = head._asdict() | {"format": FORMAT, "limits": head.limits._asdict()}
    return canonical_json(fields).encode() + b"\n"
