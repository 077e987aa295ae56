"""JOURNAL: the one file that holds the truth, written by one process at a time.

Takes   rows of commands to append; on recovery, the file itself.
Gives   `Journal`: `frames` verifies, `begin` cuts a torn tail, `append` makes a frame durable.
Keeps   a damaged file as it was: nothing is cut before everything was read and believed.
        After one failed write or sync nothing more is written: what the disk holds is unknown.
Source  Rulebook 12.1; docs/reference/journal.md; decision 0007.

    MarketError
    ├── JournalMissing      no journal where one was named
    ├── JournalLocked       another process, or another `Journal` of this one, writes it
    └── JournalFailed       the disk refused; a restart recovers what it holds
"""

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from typing import NamedTuple

from chiphour.observe.observation import MarketError
from chiphour.wire.journal import SALT_BYTES
from chiphour.wire.journal import Frame
from chiphour.wire.journal import Head
from chiphour.wire.journal import Mark
from chiphour.wire.journal import Rows
from chiphour.wire.journal import TornTail
from chiphour.wire.journal import encode_frame
from chiphour.wire.journal import encode_head
from chiphour.wire.journal import first_mark
from chiphour.wire.journal import mark_after
from chiphour.wire.journal import read_head
from chiphour.wire.journal import scan

FOLDER_NAME = "journal"  # Inside the data folder.
FILE_NAME = "exchange.journal"
CHUNK_BYTES = 1 << 20

log = logging.getLogger(__name__)


class JournalMissing(MarketError):
    """No journal where one was named."""


class JournalLocked(MarketError):
    """The journal has a writer already."""


class JournalFailed(MarketError):
    """The disk refused a write or a sync, or the file changed under its writer."""


class Scanned(NamedTuple):
    """What recovery read, and what it cut off at which byte; 0 bytes when the end was whole."""

    frames: int
    commands: int
    cut_bytes: int
    cut_offset: int


class Journal:
    """One journal file, locked for this writer: read all `frames`, `begin`, then `append`."""

    def __init__(self, path: Path) -> None:
        """Open and lock an existing journal.

        Raises JournalMissing, JournalLocked, JournalFailed when the system does not let us, and
        JournalDamaged for a wrong first line.
        """
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            raise _missing(path) from None
        except OSError as fault:
            raise _refused(path, "open the journal", fault) from fault
        try:
            self._lock()
            with _stream(self._file) as stream:
                self.head: Head = read_head(stream, str(path))
        except BaseException:
            os.close(self._file)
            raise
        self.mark = first_mark(self.head)  # What the next frame follows: right after `begin`.
        self._verified: tuple[Scanned, Mark] | None = None
        self._fault = ""

    def frames(self) -> Iterator[Frame]:
        """Yield every frame of the file, verified; a torn tail is passed over and remembered.

        Changes nothing. Raises JournalDamaged; JournalFailed when the file is a public form.
        """
        if self.head.form != "full":
            raise JournalFailed(f"{self.path}: expected the full form to write on, found a public")
        scanned, mark = Scanned(0, 0, 0, 0), first_mark(self.head)
        try:
            with _stream(self._file) as stream:
                for frame in scan(stream, str(self.path)):
                    yield frame
                    mark = mark_after(frame)
                    scanned = Scanned(mark.number, mark.next_sequence - 1, 0, 0)
        except TornTail as tail:
            log.warning("%s; %d bytes of an unfinished write are cut", tail, tail.cut_bytes)
            scanned = scanned._replace(cut_bytes=tail.cut_bytes, cut_offset=tail.offset)
        self._verified = scanned, mark

    def begin(self) -> Scanned:
        """After `frames` came to its end: cut the torn tail, sync, and let `append` go on there.

        Raises JournalFailed.
        """
        assert self._verified is not None, "read all frames first"
        scanned, mark = self._verified
        try:
            if scanned.cut_bytes:
                os.ftruncate(self._file, scanned.cut_offset)
            os.fsync(self._file)  # What was read may be in the memory of this machine only.
        except OSError as fault:
            raise _refused(self.path, "cut the torn tail and sync", fault) from fault
        self.mark = mark
        return scanned

    def append(self, rows: Rows, private: bytes = b"", digest: str = "") -> None:
        """Write one frame and return when it is durable.

        `rows` is int64[rows, 16], stamped; `private` is from `wire.journal.pack_private`; `digest`
        is that of the state before the frame, or "". Raises JournalFailed, from then on always.
        """
        assert self._verified is not None, "begin first"
        if self._fault:
            raise JournalFailed(self._fault)
        frame, after = encode_frame(
            self.mark, rows, secrets.token_bytes(SALT_BYTES), private, digest
        )
        try:
            size = os.lseek(self._file, 0, os.SEEK_END)
            if size != self.mark.offset:
                raise OSError(f"{size} bytes: something else wrote to the file or cut it")
            _write(self._file, frame)
            os.fdatasync(self._file)
        except OSError as fault:
            self._fault = (
                f"{self.path}: expected to make frame {after.number} durable at byte "
                f"{self.mark.offset}, found {fault.strerror or fault}: free the disk or restore "
                "the file, then start again: the start reads what the disk holds"
            )
            raise JournalFailed(self._fault) from fault
        self.mark = after

    def close(self) -> None:
        """Let the file and its lock go."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalLocked(
                f"{self.path}: expected to be its only writer, found that another one holds it: "
                "stop that one first"
            ) from None


def journal_path(place: Path) -> Path:
    """Find the journal file from a data folder, a journal folder or the file itself.

    Raises JournalMissing.
    """
    for path in (place / FOLDER_NAME / FILE_NAME, place / FILE_NAME, place):
        if path.is_file():
            return path
    raise _missing(place)


def create(path: Path, head: Head) -> None:
    """Create a journal without frames, durable and whole at once, and its folder.

    Whoever comes second keeps the first one's: nothing is ever overwritten. Raises JournalFailed.
    """
    try:
        _create(path, encode_head(head))
    except OSError as fault:
        raise _refused(path, "create a journal", fault) from fault


def read_frames(path: Path) -> Iterator[Frame]:
    """Yield the verified frames of a journal, full or public, without a lock and read-only.

    Raises JournalMissing, JournalDamaged, and TornTail after the last whole frame.
    """
    try:
        stream = path.open("rb", buffering=CHUNK_BYTES)
    except (FileNotFoundError, IsADirectoryError):
        raise _missing(path) from None
    with stream:
        yield from scan(stream, str(path))


def read_journal_head(path: Path) -> Head:
    """Read the first line of a journal, read-only; raises JournalMissing, JournalDamaged."""
    try:
        with path.open("rb") as stream:
            return read_head(stream, str(path))
    except (FileNotFoundError, IsADirectoryError):
        raise _missing(path) from None


def _create(path: Path, content: bytes) -> None:
    """Write a draft under another name, make it durable, then give it its name."""
    missing = [each for each in (path.parent, *path.parent.parents) if not each.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _write(file, content)
        os.fsync(file)
        os.link(draft, path)
    except FileExistsError:
        log.info("%s: kept the journal that another process has just created", path)
    finally:
        os.close(file)
        os.unlink(draft)
    for folder in (path.parent, *(each.parent for each in missing)):
        _sync_folder(folder)


def _write(file: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]


def _stream(file: int) -> BinaryIO:
    """Open a stream from the start of an open file; closing it leaves the file open."""
    os.lseek(file, 0, os.SEEK_SET)
    return os.fdopen(os.dup(file), "rb", buffering=CHUNK_BYTES)


def _missing(path: Path) -> JournalMissing:
    return JournalMissing(f"{path}: expected a journal (the folder or the file), found none")


def _refused(path: Path, purpose: str, fault: OSError) -> JournalFailed:
    return JournalFailed(f"{path}: expected to {purpose}, found {fault.strerror or fault}")


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
