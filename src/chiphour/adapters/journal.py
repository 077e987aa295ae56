"""JOURNAL: the files that hold the truth, written by one process at a time.

Takes   rows of commands to append; on recovery, the files themselves.
Gives   `Journal`: `frames` verifies, `begin` cuts a torn tail, `append` makes a frame durable.
Keeps   a damaged file as it was: nothing is cut before everything was read and believed.
        After one failed write or sync nothing more is written: what the disk holds is unknown.
        A file is whole before the next one begins, so only the last can have a torn tail.
Source  Rulebook 12.1; docs/reference/journal.md; decisions 0007 and 0026.

    MarketError
    └── JournalLocked       another process, or another `Journal` of this one, writes it
"""

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chiphour.adapters.segments import FOLDER_NAME as FOLDER_NAME
from chiphour.adapters.segments import JournalFailed
from chiphour.adapters.segments import JournalMissing
from chiphour.adapters.segments import Reader
from chiphour.adapters.segments import create as create
from chiphour.adapters.segments import create_whole
from chiphour.adapters.segments import journal_path as journal_path
from chiphour.adapters.segments import read_frames as read_frames
from chiphour.adapters.segments import read_journal_head as read_journal_head
from chiphour.adapters.segments import refused
from chiphour.adapters.segments import segment_path
from chiphour.adapters.segments import write_all
from chiphour.observe.observation import MarketError
from chiphour.wire.journal import SALT_BYTES
from chiphour.wire.journal import ZERO
from chiphour.wire.journal import Frame
from chiphour.wire.journal import Head
from chiphour.wire.journal import Mark
from chiphour.wire.journal import Rows
from chiphour.wire.journal import TornTail
from chiphour.wire.journal import encode_frame
from chiphour.wire.journal import encode_head
from chiphour.wire.journal import first_mark
from chiphour.wire.journal import next_head

SEGMENT_BYTES = 1 << 26  # After which the next frame begins a new file: half a million commands.

log = logging.getLogger(__name__)


class JournalLocked(MarketError):
    """The journal has a writer already."""


class Scanned(NamedTuple):
    """What recovery read, and what it cut off at which byte; 0 bytes when the end was whole."""

    frames: int
    commands: int
    cut_bytes: int
    cut_offset: int


class Journal:
    """One journal, locked for this writer: read all `frames`, `begin`, then `append`."""

    def __init__(
        self, folder: Path, segment_bytes: int = SEGMENT_BYTES, kernel: str = ZERO.hex()
    ) -> None:
        """Open and lock an existing journal; `kernel` is the hash that the frames will name.

        Raises JournalMissing, JournalLocked, RulebookDiffers, JournalFailed when the system does
        not let us, and JournalDamaged for files that do not belong together.
        """
        self.folder = folder
        self._segment_bytes = segment_bytes
        self._kernel = kernel
        self._file = -1
        self._lock = _locked(folder)
        try:
            self.reader = Reader(folder)
        except BaseException:
            self.close()
            raise
        self.head: Head = self.reader.segments[0].head  # Of the first segment, then of the last.
        self.mark: Mark = self.reader.mark  # What the next frame follows: right after `begin`.
        self._torn: TornTail | None = None
        self._read = False
        self._fault = ""

    def frames(self, segment: int = 1) -> Iterator[Frame]:
        """Yield every frame from a segment on, verified; a torn tail is remembered.

        Changes nothing. Raises JournalDamaged; JournalFailed when the journal is a public form.
        """
        if self.head.form != "full":
            raise JournalFailed(
                f"{self.folder}: expected the full form to write on, found a public"
            )
        self.reader.start_at(segment)
        try:
            yield from self.reader.frames()
        except TornTail as tail:
            log.warning("%s; %d bytes of an unfinished write are cut", tail, tail.cut_bytes)
            self._torn = tail
        self._read = True

    def begin(self) -> Scanned:
        """After `frames` came to its end: cut the torn tail, sync, and let `append` go on there.

        Raises JournalFailed.
        """
        assert self._read, "read all frames first"
        path, self.head, self.mark = self.reader.path, self.reader.head, self.reader.mark
        cut = (0, 0) if self._torn is None else (self._torn.cut_bytes, self._torn.offset)
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND)
            if self._torn is not None:
                os.ftruncate(self._file, self._torn.offset)
            os.fsync(self._file)  # What was read may be in the memory of this machine only.
        except OSError as fault:
            raise refused(path, "cut the torn tail and sync", fault) from fault
        return Scanned(self.mark.number, self.mark.next_sequence - 1, *cut)

    def append(
        self, rows: Rows, private: bytes = b"", digest: str = "", events: bytes | None = None
    ) -> None:
        """Write one frame and return when it is durable.

        `rows` is int64[rows, 16], stamped; `private` is from `wire.journal.pack_private`; `digest`
        is that of the state before the frame, or ""; `events` the event digest after it, None
        when it has no events. Raises JournalFailed, from then on always.
        """
        assert self._file >= 0, "begin first"
        if self._fault:
            raise JournalFailed(self._fault)
        try:
            if self.mark.offset >= self._segment_bytes:
                self._roll()
            salt = secrets.token_bytes(SALT_BYTES)
            frame, after = encode_frame(
                self.mark, rows, salt, private, digest, events, self._kernel
            )
            size = os.lseek(self._file, 0, os.SEEK_END)
            if size != self.mark.offset:
                raise OSError(f"{size} bytes: something else wrote to the file or cut it")
            write_all(self._file, frame)
            os.fdatasync(self._file)
        except OSError as fault:
            self._fault = (
                f"{segment_path(self.folder, self.head.segment)}: expected to make frame "
                f"{self.mark.number + 1} durable at byte {self.mark.offset}, found "
                f"{fault.strerror or fault}: free the disk or restore the file, then start again: "
                "the start reads what the disk holds"
            )
            raise JournalFailed(self._fault) from fault
        self.mark = after

    def close(self) -> None:
        """Let the file and the lock go."""
        for file in (self._file, self._lock):
            if file >= 0:
                os.close(file)
        self._file = self._lock = -1

    def _roll(self) -> None:
        """Begin the next segment: whole and durable before its first frame. Raises OSError."""
        head = next_head(self.head, self.mark, self._kernel)
        path = segment_path(self.folder, head.segment)
        if not create_whole(path, [encode_head(head)]):
            raise OSError(f"{path}: something else began the next segment")
        file = os.open(path, os.O_RDWR | os.O_APPEND)
        os.close(self._file)
        self._file, self.head, self.mark = file, head, first_mark(head)


def has_writer(folder: Path) -> bool:
    """Tell whether somebody writes the journal in a folder. Raises JournalFailed."""
    try:
        os.close(_locked(folder))
    except JournalMissing:
        return False
    except JournalLocked:
        return True
    return False


def _locked(folder: Path) -> int:
    """Open a journal's folder and lock it. Raises JournalMissing, JournalLocked, JournalFailed."""
    try:
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        raise JournalMissing(f"{folder}: expected a journal's folder, found none") from None
    except OSError as fault:
        raise refused(folder, "open the journal", fault) from fault
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise JournalLocked(
            f"{folder}: expected to be its only writer, found that another one holds it: "
            "stop that one first"
        ) from None
    return file
