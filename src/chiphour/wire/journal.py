"""JOURNAL: commands as bytes, each frame sealed by a hash over all that came before it.

Takes   rows of commands and private bytes; or a stream of bytes.
Gives   frames as bytes; `Head` and `Frame` records from bytes; the public form of a journal.
Keeps   nothing is read that was changed: strict, or `JournalDamaged` with byte and frame.
Source  Rulebook 12.1; docs/reference/journal.md; decision 0007.

    journal  first line | hash 0 | frame 1 | frame 2 | ...
    line     canonical JSON with the form "full" or "public", and a newline
    hash 0   SHA-256 of the first line as it stands in the full form: 32 bytes, as every hash
    frame    header 88 | public rows, 128 each | salt 16 | private bytes | hash      full form
             header 88 | public rows, 128 each | SHA-256(salt | private) | hash      public form
    header   magic "CHFR" | version u16 | zero u16 | frame number u64 | first sequence i64
             | rows u32 | private bytes u32 | first time_ns i64 | last time_ns i64
             | digest of the state before this frame, or 32 zero bytes | seal 8
    seal     the first 8 bytes of SHA-256(previous hash | the 80 bytes before it)
    hash     SHA-256(previous hash | header | public rows | SHA-256(salt | private bytes))

All numbers are little-endian. The seal lets a reader trust the lengths before it uses them: without
it a changed length in the middle would look like a torn tail, and recovery would cut good frames.

    MarketError
    ├── JournalDamaged      bytes that no crash of ours leaves behind
    └── TornTail            the file ends inside a frame, or in zero bytes: a write that was cut off
"""

import hashlib
import json
import struct
from collections.abc import Iterable
from collections.abc import Iterator
from typing import BinaryIO
from typing import NamedTuple
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import SEQUENCE
from chiphour.exchange.commands import TIME_NS
from chiphour.exchange.limits import Limits
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json

FORMAT = "chiphour-journal/1"
FORMS = ("full", "public")
LINE_BYTES_MAX = 1 << 14
ROWS_MAX = 1 << 16
PRIVATE_BYTES_MAX = 1 << 24
ROW_BYTES = 8 * COMMAND_COLUMNS
HASH_BYTES = 32
SALT_BYTES = 16

MAGIC = b"CHFR"
VERSION = 1
FIELDS = struct.Struct("<4sHHQqIIqq32s")  # The header without its seal.
SEAL_BYTES = 8
HEADER_BYTES = FIELDS.size + SEAL_BYTES
assert HEADER_BYTES == 88
ENTRY = struct.Struct("<II")  # Of the private bytes: the row that they belong to, their count.

Rows = NDArray[np.int64]


class JournalDamaged(MarketError):
    """A journal that was changed, or that another program wrote."""


class TornTail(MarketError):
    """The last write was cut off: whole frames end at byte `offset`, `cut_bytes` follow."""

    def __init__(self, message: str, offset: int, cut_bytes: int) -> None:
        """Remember where to cut."""
        super().__init__(message)
        self.offset = offset
        self.cut_bytes = cut_bytes


class Head(NamedTuple):
    """The first line: what the market was when its journal began.

    `market` is 32 random hexadecimal digits, `kernel` the hash of the program that began it,
    `created_ns` the time of creation, `limits` the capacities that a replay must use.
    """

    form: str
    market: str
    created_ns: int
    rulebook: str
    kernel: str
    limits: Limits


class Frame(NamedTuple):
    """A group of commands that became durable together. `rows` is int64[rows, 16], read-only.

    `digest` is that of the state before the frame, "" when it was not taken. A frame without
    rows states a digest only. `sealed` is SHA-256(salt | private); in the public form `salt`
    and `private` are empty. `offset` and `size` say where the frame lies in the stream.
    """

    number: int
    first_sequence: int
    first_time_ns: int
    last_time_ns: int
    digest: str
    rows: Rows
    salt: bytes
    private: bytes
    sealed: bytes
    header: bytes
    hash: bytes
    offset: int
    size: int

    @property
    def next_sequence(self) -> int:
        """Give the sequence that the next frame begins with."""
        return self.first_sequence + len(self.rows)


class Mark(NamedTuple):
    """How far a journal goes: what the next frame must follow."""

    number: int  # Of the last frame; 0 before the first.
    next_sequence: int
    time_ns: int
    hash: bytes
    offset: int  # The byte after the last whole frame.


def encode_head(head: Head) -> bytes:
    """Write the first line and hash 0."""
    return _line(head) + hashlib.sha256(_line(head._replace(form="full"))).digest()


def first_mark(head: Head) -> Mark:
    """Give the mark of a journal without frames."""
    whole = encode_head(head)
    return Mark(0, 1, 0, whole[-HASH_BYTES:], len(whole))


def encode_frame(
    mark: Mark, rows: Rows, salt: bytes, private: bytes = b"", digest: str = ""
) -> tuple[bytes, Mark]:
    """Write one frame in the full form after `mark`; give the bytes and the new mark.

    `rows` is int64[rows, 16] with SEQUENCE and TIME_NS stamped; `private` is from `pack_private`.
    A frame without rows needs a digest and keeps the time. Raises nothing: what is wrong here
    is ours, and asserted.
    """
    assert rows.shape == (len(rows), COMMAND_COLUMNS)
    assert rows.dtype == np.int64
    assert 0 < len(rows) <= ROWS_MAX or (len(rows) == 0 and digest and not private)
    assert len(salt) == SALT_BYTES
    assert len(private) <= PRIVATE_BYTES_MAX
    first_ns, last_ns = _times(rows, mark.time_ns)
    assert not _disorder(rows, mark.next_sequence, mark.time_ns)
    fields = FIELDS.pack(
        *(MAGIC, VERSION, 0, mark.number + 1, mark.next_sequence, len(rows), len(private)),
        *(first_ns, last_ns, bytes.fromhex(digest).ljust(HASH_BYTES, b"\0")),
    )
    header = fields + _seal(mark.hash, fields)
    public = np.ascontiguousarray(rows, "<i8").tobytes()
    sealed = hashlib.sha256(salt + private).digest()
    digest_of_frame = _hash(mark.hash, header, public, sealed)
    whole = b"".join((header, public, salt, private, digest_of_frame))
    after = Mark(
        mark.number + 1,
        mark.next_sequence + len(rows),
        last_ns,
        digest_of_frame,
        mark.offset + len(whole),
    )
    return whole, after


def read_head(stream: BinaryIO, name: str = "journal") -> Head:
    """Read the first line and hash 0 from the start of a buffered stream.

    Raises JournalDamaged: a journal is created whole, so no crash leaves half a first line.
    """
    line = stream.readline(LINE_BYTES_MAX)
    found = stream.read(HASH_BYTES)
    try:
        fields = json.loads(line)
        format_found = fields.pop("format")
        head = Head(limits=Limits(**fields.pop("limits")), **fields)
        canonical = format_found == FORMAT and head.form in FORMS and _line(head) == line
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        canonical = False
    if not canonical:
        raise JournalDamaged(
            f"{name}: expected a first line of format {FORMAT}, found {line[:60]!r}, at byte 0"
        )
    expected = encode_head(head)[-HASH_BYTES:]
    if found != expected:
        raise JournalDamaged(
            f"{name}: expected the first line's hash {expected.hex()}, found {found.hex()}, "
            f"at byte {len(line)}"
        )
    return head


def scan(stream: BinaryIO, name: str = "journal") -> Iterator[Frame]:
    """Yield every frame of a buffered stream, verified, one in memory at a time.

    The stream stands at its start. Raises JournalDamaged; and, after the last whole frame,
    TornTail when the stream does not end there.
    """
    head = read_head(stream, name)
    mark = first_mark(head)
    while header := stream.read(HEADER_BYTES):
        frame = _frame(stream, header, mark, head.form, name)
        yield frame
        mark = mark_after(frame)


def mark_after(frame: Frame) -> Mark:
    """Give the mark that a frame leaves."""
    return Mark(
        frame.number,
        frame.next_sequence,
        frame.last_time_ns,
        frame.hash,
        frame.offset + frame.size,
    )


def public_form(stream: BinaryIO, name: str = "journal") -> Iterator[bytes]:
    """Yield the public form of a journal piece by piece; it verifies with the same hashes.

    Raises what `scan` raises; a public journal gives itself.
    """
    head = read_head(stream, name)
    yield encode_head(head._replace(form="public"))
    stream.seek(0)
    for frame in scan(stream, name):
        rows = frame.rows.astype("<i8", copy=False).tobytes()
        yield b"".join((frame.header, rows, frame.sealed, frame.hash))


def pack_private(entries: Iterable[tuple[int, bytes]]) -> bytes:
    """Write private bytes, each with the row of its frame that it belongs to."""
    return b"".join(ENTRY.pack(row, len(content)) + content for row, content in entries)


def unpack_private(private: bytes) -> list[tuple[int, bytes]]:
    """Read what `pack_private` wrote; raises JournalDamaged on bytes that it cannot have."""
    entries = []
    offset = 0
    while offset < len(private):
        if offset + ENTRY.size > len(private):
            raise JournalDamaged(f"private bytes: expected an entry, found the end, at {offset}")
        row, count = ENTRY.unpack_from(private, offset)
        offset += ENTRY.size
        if offset + count > len(private):
            raise JournalDamaged(
                f"private bytes: expected {count} bytes, found {len(private) - offset}, at {offset}"
            )
        entries.append((row, private[offset : offset + count]))
        offset += count
    return entries


def _frame(stream: BinaryIO, header: bytes, mark: Mark, form: str, name: str) -> Frame:
    """Read the frame whose header was just read; raise JournalDamaged or TornTail."""
    offset, number = mark.offset, mark.number + 1
    _check_header(stream, header, mark, name)
    fields = FIELDS.unpack_from(header)
    first_sequence, row_count, private_count, first_ns, last_ns, digest = fields[4:]
    public_bytes = row_count * ROW_BYTES
    secret_bytes = SALT_BYTES + private_count if form == "full" else HASH_BYTES
    body_bytes = public_bytes + secret_bytes + HASH_BYTES
    body = stream.read(body_bytes)
    if len(body) < body_bytes:
        raise TornTail(
            f"{name}: expected frame {number} of {HEADER_BYTES + body_bytes} bytes, found "
            f"{HEADER_BYTES + len(body)} before the end, at byte {offset}",
            *(offset, HEADER_BYTES + len(body)),
        )
    secret = body[public_bytes:-HASH_BYTES]
    sealed = hashlib.sha256(secret).digest() if form == "full" else secret
    found = body[-HASH_BYTES:]
    expected = _hash(mark.hash, header, memoryview(body)[:public_bytes], sealed)
    if found != expected:
        _refuse_hash(stream, mark, row_count, (expected, found), name)
    flat = np.frombuffer(body, "<i8", row_count * COMMAND_COLUMNS).astype(np.int64, copy=False)
    rows = flat.reshape(row_count, COMMAND_COLUMNS)
    disorder = _disorder(rows, first_sequence, mark.time_ns)
    if disorder or _times(rows, mark.time_ns) != (first_ns, last_ns):
        raise JournalDamaged(
            f"{name}: expected rows in order of sequence and time, as the header says, found "
            f"{disorder or 'other times'}, at byte {offset + HEADER_BYTES} (frame {number})"
        )
    return Frame(
        number=number,
        first_sequence=first_sequence,
        first_time_ns=first_ns,
        last_time_ns=last_ns,
        digest="" if digest == bytes(HASH_BYTES) else digest.hex(),
        rows=rows,
        salt=secret[:SALT_BYTES] if form == "full" else b"",
        private=secret[SALT_BYTES:] if form == "full" else b"",
        sealed=sealed,
        header=header,
        hash=found,
        offset=offset,
        size=HEADER_BYTES + body_bytes,
    )


def _check_header(stream: BinaryIO, header: bytes, mark: Mark, name: str) -> None:
    """Raise JournalDamaged or TornTail unless this is the header of the frame after `mark`."""
    where = f"at byte {mark.offset} (frame {mark.number + 1})"
    begin = FIELDS.pack(MAGIC, VERSION, 0, mark.number + 1, mark.next_sequence, *(0, 0, 0, 0, b""))
    begin = begin[:24]  # Magic, version, zero, frame number and first sequence: all known.
    if not any(header):
        _refuse_zeros(stream, len(header), mark, name)
    if not begin.startswith(header[: len(begin)]):
        names = ((4, "magic"), (6, "version"), (8, "zero"), (16, "frame number"), (24, "sequence"))
        start = 0
        for end, field in names:
            if not begin[start:end].startswith(header[start:end]):
                raise JournalDamaged(
                    f"{name}: expected {field} {_number(begin, start, end)}, "
                    f"found {_number(header, start, end)}, {where}"
                )
            start = end
    if len(header) < HEADER_BYTES:
        raise TornTail(
            f"{name}: expected a header of {HEADER_BYTES} bytes, found {len(header)} before the "
            f"end, {where}",
            *(mark.offset, len(header)),
        )
    seal = _seal(mark.hash, header[: FIELDS.size])
    if header[FIELDS.size :] != seal:
        raise JournalDamaged(
            f"{name}: expected the header's seal {seal.hex()}, "
            f"found {header[FIELDS.size :].hex()}, {where}"
        )
    rows, private = FIELDS.unpack_from(header)[5:7]
    if rows > ROWS_MAX or private > PRIVATE_BYTES_MAX:
        raise JournalDamaged(
            f"{name}: expected at most {ROWS_MAX} rows and {PRIVATE_BYTES_MAX} private bytes, "
            f"found {rows} and {private}, {where}"
        )


def _refuse_zeros(stream: BinaryIO, zeros: int, mark: Mark, name: str) -> NoReturn:
    """Raise TornTail when all that follows is zero, else JournalDamaged at the first that is not.

    A file system may lengthen a file before it holds the data: zeros are a write cut off.
    """
    while chunk := stream.read(1 << 20):
        rest = chunk.lstrip(b"\0")
        zeros += len(chunk) - len(rest)
        if rest:
            raise JournalDamaged(
                f"{name}: expected a frame or the end, found {zeros} zero bytes and then others, "
                f"at byte {mark.offset} (frame {mark.number + 1})"
            )
    raise TornTail(
        f"{name}: expected frame {mark.number + 1} or the end, found {zeros} zero bytes to the "
        f"end, at byte {mark.offset}",
        *(mark.offset, zeros),
    )


def _refuse_hash(
    stream: BinaryIO, mark: Mark, rows: int, hashes: tuple[bytes, bytes], name: str
) -> NoReturn:
    """Raise JournalDamaged for a whole frame with a wrong hash, with the remedy."""
    first = mark.next_sequence
    message = (
        f"{name}: expected hash {hashes[0].hex()}, found {hashes[1].hex()}, "
        f"at byte {mark.offset} (frame {mark.number + 1}, sequences {first} to {first + rows - 1})"
    )
    if not stream.read(1):
        message += (
            ": the last frame is whole, so its commands may have been acknowledged; restore the "
            f"file from a copy, or cut it at byte {mark.offset} to give those commands up"
        )
    else:
        message += ": restore the file from a copy"
    raise JournalDamaged(message)


def _line(head: Head) -> bytes:
    fields = head._asdict() | {"format": FORMAT, "limits": head.limits._asdict()}
    return canonical_json(fields).encode() + b"\n"


def _seal(previous: bytes, fields: bytes) -> bytes:
    return hashlib.sha256(previous + fields).digest()[:SEAL_BYTES]


def _hash(previous: bytes, header: bytes, public: bytes | memoryview, sealed: bytes) -> bytes:
    total = hashlib.sha256(previous + header)
    total.update(public)
    total.update(sealed)
    return total.digest()


def _times(rows: Rows, time_ns: int) -> tuple[int, int]:
    """Give the first and last time of the rows; of no rows, the time before them."""
    if len(rows) == 0:
        return time_ns, time_ns
    return int(rows[0, TIME_NS]), int(rows[-1, TIME_NS])


def _disorder(rows: Rows, first_sequence: int, time_ns: int) -> str:
    """Say where sequence or time breaks its order; "" when they keep it."""
    if len(rows) == 0:
        return ""
    expected = np.arange(first_sequence, first_sequence + len(rows))
    gaps = np.flatnonzero(rows[:, SEQUENCE] != expected)
    if gaps.size:
        row = int(gaps[0])
        return f"sequence {rows[row, SEQUENCE]} in place of {expected[row]} in row {row}"
    times = rows[:, TIME_NS]
    if times[0] < time_ns or (times[1:] < times[:-1]).any():
        return "a time that decreases"
    return ""


def _number(header: bytes, start: int, end: int) -> str:
    return repr(header[:4]) if start == 0 else str(int.from_bytes(header[start:end], "little"))
