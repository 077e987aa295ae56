"""JOURNAL: commands as bytes, each frame sealed by a hash over all that came before it.

Takes   rows of commands and private bytes; or a stream of bytes.
Gives   frames as bytes; `Head` and `Frame` records from bytes; the public form of a segment.
Keeps   nothing is read that was changed: strict, or `JournalDamaged` with byte and frame.
Source  Rulebook 12.1 and 13.2; docs/reference/journal.md; decisions 0007 and 0026.

    journal  segment 1 | segment 2 | ...                     one file each
    segment  first line | its hash | frame | frame | ...
    line     canonical JSON with the form "full" or "public", and a newline
    its hash SHA-256 of the first line as it stands in the full form: 32 bytes, as every hash
    frame    header 184 | public rows, 128 each | salt 16 | private bytes | hash     full form
             header 184 | public rows, 128 each | SHA-256(salt | private) | hash     public form
    header   magic "CHFR" | version u16 | rulebook u16 | frame number u64 | first sequence i64
             | rows u32 | private bytes u32 | first time_ns i64 | last time_ns i64
             | kernel's hash 32 | previous hash 32 | event digest after this frame 32
             | digest of the state before this frame, or 32 zero bytes | seal 8
    seal     the first 8 bytes of SHA-256(the 176 bytes before it)
    hash     SHA-256(previous hash | header | public rows | SHA-256(salt | private bytes))
    events   SHA-256(event digest before | the frame's events, 128 bytes each); at first zeros

All numbers are little-endian. The previous hash of a segment's first frame is that of the line, and
the line names the hash of the last frame before it. The seal lets a reader trust the lengths before
it uses them: without it a changed length in the middle would look like a torn tail, and recovery
would cut good frames.

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

FORMAT = "chiphour-journal/2"
FORMS = ("full", "public")
LINE_BYTES_MAX = 1 << 14
ROWS_MAX = 1 << 16
PRIVATE_BYTES_MAX = 1 << 24
ROW_BYTES = 8 * COMMAND_COLUMNS
HASH_BYTES = 32
SALT_BYTES = 16
ZERO = bytes(HASH_BYTES)  # The hash before the first frame; the event digest before any event.

MAGIC = b"CHFR"
VERSION = 2
FIELDS = struct.Struct("<4sHHQqIIqq32s32s32s32s")  # The header without its seal.
SEAL_BYTES = 8
HEADER_BYTES = FIELDS.size + SEAL_BYTES
assert HEADER_BYTES == 184
BEGIN = struct.Struct("<4sHHQq")  # Of the header: all that a reader knows before it reads.
BEGIN_ENDS = ((4, "magic"), (6, "version"), (8, "rulebook"), (16, "frame number"), (24, "sequence"))
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


class Origin(NamedTuple):
    """Where a chain of segments begins that does not begin with nothing: an upgrade."""

    snapshot: str  # The digest of the state that it begins from.
    rulebook: str  # Of the journal that made that state.


class Head(NamedTuple):
    """The first line of a segment: what the market was when the segment began.

    `market` is 32 random hexadecimal digits, `kernel` the hash of the program that began the
    segment, `created_ns` the time of the market's creation, `limits` the capacities that a replay
    must use. From `frame` on it says what went before: the last frame, the next sequence, the time,
    the last frame's hash and the event digest, in hexadecimal.
    """

    form: str
    market: str
    created_ns: int
    rulebook: str
    kernel: str
    limits: Limits
    segment: int = 1
    frame: int = 0
    sequence: int = 1
    time_ns: int = 0
    previous: str = ZERO.hex()
    events: str = ZERO.hex()
    origin: Origin | None = None  # Of each segment of the chain.


class Frame(NamedTuple):
    """A group of commands that became durable together. `rows` is int64[rows, 16], read-only.

    `digest` is that of the state before the frame, "" when it was not taken; `events` the running
    digest of events after it. A frame without rows states a digest only. `sealed` is SHA-256(salt |
    private); in the public form `salt` and `private` are empty. `offset` and `size` say where the
    frame lies in its segment.
    """

    number: int
    first_sequence: int
    first_time_ns: int
    last_time_ns: int
    kernel: str
    events: bytes
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

    rulebook: int
    number: int  # Of the last frame; 0 before the first.
    next_sequence: int
    time_ns: int
    hash: bytes  # Of the last frame, or of the segment's line.
    events: bytes  # The event digest.
    offset: int  # The byte after the last whole frame of the segment.


def encode_head(head: Head) -> bytes:
    """Write the first line of a segment and its hash."""
    return _line(head) + hashlib.sha256(_line(head._replace(form="full"))).digest()


def first_mark(head: Head) -> Mark:
    """Give the mark of a segment without frames."""
    whole = encode_head(head)
    return Mark(
        int(head.rulebook),
        head.frame,
        head.sequence,
        head.time_ns,
        whole[-HASH_BYTES:],
        bytes.fromhex(head.events),
        len(whole),
    )


def next_head(head: Head, mark: Mark, kernel: str) -> Head:
    """Give the first line of the segment that follows one which ends at `mark`."""
    return head._replace(
        kernel=kernel,
        segment=head.segment + 1,
        frame=mark.number,
        sequence=mark.next_sequence,
        time_ns=mark.time_ns,
        previous=mark.hash.hex(),
        events=mark.events.hex(),
    )


def check_follows(before: Head, mark: Mark, head: Head, name: str) -> None:
    """Raise JournalDamaged unless `head` begins the segment after the one that ends at `mark`."""
    expected = next_head(before, mark, head.kernel)._replace(form=head.form)
    for field, wanted, found in zip(Head._fields, expected, head, strict=True):
        if wanted != found:
            raise JournalDamaged(
                f"{name}: expected {field} {wanted} after segment {before.segment}, "
                f"found {found}, at byte 0"
            )


def chained_events(before: bytes, *events: Rows) -> bytes:
    """Give the event digest after a frame with rows: SHA-256(before | its events, in parts)."""
    total = hashlib.sha256(before)
    for part in events:
        total.update(np.ascontiguousarray(part, "<i8"))  # type: ignore[arg-type]
    return total.digest()


def encode_frame(
    mark: Mark,
    rows: Rows,
    salt: bytes,
    private: bytes = b"",
    digest: str = "",
    events: bytes | None = None,
    kernel: str = ZERO.hex(),
) -> tuple[bytes, Mark]:
    """Write one frame in the full form after `mark`; give the bytes and the new mark.

    `rows` is int64[rows, 16] with SEQUENCE and TIME_NS stamped; `private` is from `pack_private`;
    `events` is the event digest after the frame, None for that of the mark. A frame without rows
    needs a digest and keeps time and events. Raises nothing: what is wrong here is ours, and
    asserted.
    """
    assert rows.shape == (len(rows), COMMAND_COLUMNS)
    assert rows.dtype == np.int64
    assert 0 < len(rows) <= ROWS_MAX or (len(rows) == 0 and digest and not private and not events)
    assert len(salt) == SALT_BYTES
    assert len(private) <= PRIVATE_BYTES_MAX
    first_ns, last_ns = _times(rows, mark.time_ns)
    assert not _disorder(rows, mark.next_sequence, mark.time_ns)
    after_events = mark.events if events is None else events
    fields = FIELDS.pack(
        *(MAGIC, VERSION, mark.rulebook, mark.number + 1, mark.next_sequence, len(rows)),
        *(len(private), first_ns, last_ns, bytes.fromhex(kernel).ljust(HASH_BYTES, b"\0")),
        *(mark.hash, after_events, bytes.fromhex(digest).ljust(HASH_BYTES, b"\0")),
    )
    header = fields + _seal(fields)
    public = np.ascontiguousarray(rows, "<i8").tobytes()
    sealed = hashlib.sha256(salt + private).digest()
    hash_of_frame = _hash(mark.hash, header, public, sealed)
    whole = b"".join((header, public, salt, private, hash_of_frame))
    after = mark._replace(
        number=mark.number + 1,
        next_sequence=mark.next_sequence + len(rows),
        time_ns=last_ns,
        hash=hash_of_frame,
        events=after_events,
        offset=mark.offset + len(whole),
    )
    return whole, after


def read_head(stream: BinaryIO, name: str = "journal") -> Head:
    """Read the first line and its hash from the start of a buffered stream.

    Raises JournalDamaged: a segment is created whole, so no crash leaves half a first line.
    """
    line = stream.readline(LINE_BYTES_MAX)
    found = stream.read(HASH_BYTES)
    head = _head(line)
    if head is None:
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
    """Yield every frame of one segment, verified, one in memory at a time.

    The buffered stream stands at its start. Raises JournalDamaged; and, after the last whole frame,
    TornTail when the stream does not end there.
    """
    head = read_head(stream, name)
    yield from scan_after(stream, head.form, first_mark(head), name)


def scan_after(stream: BinaryIO, form: str, mark: Mark, name: str = "journal") -> Iterator[Frame]:
    """Yield the verified frames of a segment from where the stream stands, which is `mark`."""
    while header := stream.read(HEADER_BYTES):
        frame = _frame(stream, header, mark, form, name)
        yield frame
        mark = mark_after(frame, mark.rulebook)


def mark_after(frame: Frame, rulebook: int) -> Mark:
    """Give the mark that a frame leaves."""
    return Mark(
        rulebook,
        frame.number,
        frame.next_sequence,
        frame.last_time_ns,
        frame.hash,
        frame.events,
        frame.offset + frame.size,
    )


def public_head(head: Head) -> bytes:
    """Write the first line of a segment's public form."""
    return encode_head(head._replace(form="public"))


def public_frame(frame: Frame) -> bytes:
    """Write the public form of a frame: it verifies with the same hashes."""
    rows = frame.rows.astype("<i8", copy=False).tobytes()
    return b"".join((frame.header, rows, frame.sealed, frame.hash))


def public_form(stream: BinaryIO, name: str = "journal") -> Iterator[bytes]:
    """Yield the public form of a segment piece by piece.

    Raises what `scan` raises; a public segment gives itself.
    """
    yield public_head(read_head(stream, name))
    stream.seek(0)
    for frame in scan(stream, name):
        yield public_frame(frame)


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
    first_sequence, row_count, private_count, first_ns, last_ns = fields[4:9]
    kernel, _, events, digest = fields[9:]
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
    if not len(rows) and events != mark.events:
        raise JournalDamaged(
            f"{name}: expected the event digest {mark.events.hex()} of the frame before, "
            f"found {events.hex()}, at byte {offset} (frame {number})"
        )
    return Frame(
        number=number,
        first_sequence=first_sequence,
        first_time_ns=first_ns,
        last_time_ns=last_ns,
        kernel=kernel.hex(),
        events=events,
        digest="" if digest == ZERO else digest.hex(),
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
    begin = BEGIN.pack(MAGIC, VERSION, mark.rulebook, mark.number + 1, mark.next_sequence)
    if not any(header):
        _refuse_zeros(stream, len(header), mark, name)
    if not begin.startswith(header[: len(begin)]):
        start = 0
        for end, field in BEGIN_ENDS:
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
    seal = _seal(header[: FIELDS.size])
    if header[FIELDS.size :] != seal:
        raise JournalDamaged(
            f"{name}: expected the header's seal {seal.hex()}, "
            f"found {header[FIELDS.size :].hex()}, {where}"
        )
    fields = FIELDS.unpack_from(header)
    if fields[10] != mark.hash:
        raise JournalDamaged(
            f"{name}: expected the previous hash {mark.hash.hex()}, "
            f"found {fields[10].hex()}, {where}"
        )
    rows, private = fields[5:7]
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
    origin = None if head.origin is None else head.origin._asdict()
    fields = head._asdict() | {"format": FORMAT, "limits": head.limits._asdict(), "origin": origin}
    return canonical_json(fields).encode() + b"\n"


def _head(line: bytes) -> Head | None:
    """Read a first line; None unless it is one that `_line` writes."""
    try:
        fields = json.loads(line)
        format_found, origin = fields.pop("format"), fields.pop("origin")
        head = Head(
            limits=Limits(**fields.pop("limits")),
            origin=None if origin is None else Origin(**origin),
            **fields,
        )
        first_mark(head)  # Its hashes are hashes.
        counts = (head.created_ns, head.segment, head.frame, head.sequence, head.time_ns)
        right = format_found == FORMAT and head.form in FORMS and _line(head) == line
        right = right and all(type(count) is int for count in counts)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return head if right else None


def _seal(fields: bytes) -> bytes:
    return hashlib.sha256(fields).digest()[:SEAL_BYTES]


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
