"""SEGMENTS: the files of a journal, found, read in order and believed as one chain.

Takes   a journal's folder.
Gives   `Reader`, which yields verified frames from any segment on, and goes on when more come;
        where a journal lies; what is created whole.
Keeps   the files as they are: a reader has no lock and changes nothing.
Source  Rulebook 12.1; docs/reference/journal.md; decision 0026.

    MarketError
    ├── JournalMissing      no journal where one was named
    ├── JournalFailed       the disk refused; a restart recovers what it holds
    └── RulebookDiffers     another version of the program wrote it
"""

import logging
import os
import re
import secrets
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chiphour.observe.observation import MarketError
from chiphour.wire.journal import HASH_BYTES
from chiphour.wire.journal import Frame
from chiphour.wire.journal import Head
from chiphour.wire.journal import JournalDamaged
from chiphour.wire.journal import Mark
from chiphour.wire.journal import TornTail
from chiphour.wire.journal import check_follows
from chiphour.wire.journal import encode_head
from chiphour.wire.journal import first_mark
from chiphour.wire.journal import mark_after
from chiphour.wire.journal import read_head
from chiphour.wire.journal import scan_after

FOLDER_NAME = "journal"  # Inside the data folder.
OLD_NAME = "exchange.journal"  # What format 1 had in place of segments.
CHUNK_BYTES = 1 << 20
_SEGMENT = re.compile(r"exchange-([0-9]{6})\.journal")

log = logging.getLogger(__name__)


class JournalMissing(MarketError):
    """No journal where one was named."""


class JournalFailed(MarketError):
    """The disk refused a write or a sync, or the file changed under its writer."""


class RulebookDiffers(MarketError):
    """A journal of another format or another rulebook: another version of the program reads it."""


class Segment(NamedTuple):
    """One file, and its first line."""

    path: Path
    head: Head


class Reader:
    """Yields the frames of a journal. It may be asked again when more have been written."""

    def __init__(self, folder: Path) -> None:
        """Read the first line of each segment, and stand before the first frame.

        Raises JournalMissing, JournalDamaged, RulebookDiffers for a journal of format 1.
        """
        self.folder = folder
        self.segments = read_segments(folder)
        self._place = 0
        self.mark: Mark = first_mark(self.segments[0].head)  # After the last frame yielded.

    @property
    def head(self) -> Head:
        """Give the first line of the segment in which the reader stands."""
        return self.segments[self._place].head

    @property
    def path(self) -> Path:
        """Give the file in which the reader stands."""
        return self.segments[self._place].path

    def start_at(self, segment: int) -> None:
        """Stand before the first frame of a segment; what lies before it is not read again.

        Raises JournalDamaged when the chain of what is left out does not join.
        """
        assert 1 <= segment <= len(self.segments)
        for before, after in zip(self.segments[: segment - 1], self.segments[1:], strict=False):
            _check_joint(before, after)
        self._place = segment - 1
        self.mark = first_mark(self.head)

    def frames(self) -> Iterator[Frame]:
        """Yield every verified frame from here to the end of the last segment.

        Raises JournalDamaged, and TornTail after the last whole frame; the reader then stands
        behind that one.
        """
        while True:
            yield from self._segment_frames()
            if not self._go_on():
                return

    def look_again(self) -> None:
        """Take notice of segments that came since."""
        while (following := segment_path(self.folder, len(self.segments) + 1)).exists():
            self.segments.append(Segment(following, read_segment_head(following)))

    def _segment_frames(self) -> Iterator[Frame]:
        last = self._place == len(self.segments) - 1
        try:
            with self.path.open("rb", buffering=CHUNK_BYTES) as stream:
                stream.seek(self.mark.offset)
                for frame in scan_after(stream, self.head.form, self.mark, str(self.path)):
                    self.mark = mark_after(frame, self.mark.rulebook)
                    yield frame
        except TornTail as tail:
            if last:
                raise
            raise JournalDamaged(
                f"{tail}: segment {self.head.segment + 1} follows, so this one was whole once: "
                "restore it from a copy"
            ) from None

    def _go_on(self) -> bool:
        """Step into the next segment; False when this is the last."""
        if self._place == len(self.segments) - 1:
            return False
        following = self.segments[self._place + 1]
        check_follows(self.head, self.mark, following.head, str(following.path))
        self._place += 1
        self.mark = first_mark(self.head)
        return True


def journal_path(place: Path) -> Path:
    """Find the journal's folder from a data folder or the journal's folder itself.

    Raises JournalMissing.
    """
    for folder in (place / FOLDER_NAME, place):
        if (folder / OLD_NAME).is_file() or segment_path(folder, 1).is_file():
            return folder
    raise JournalMissing(f"{place}: expected a journal (a data folder or the journal's own)")


def segment_path(folder: Path, segment: int) -> Path:
    """Give the file of a segment."""
    return folder / f"exchange-{segment:06d}.journal"


def read_segments(folder: Path) -> list[Segment]:
    """Read the first line of each segment of a journal, in order.

    Raises JournalMissing; JournalDamaged for a segment that is missing or out of its order;
    RulebookDiffers for a journal of format 1.
    """
    if (folder / OLD_NAME).is_file():
        raise RulebookDiffers(
            f"{folder / OLD_NAME}: expected a journal in segments (format 2), found one of format "
            "1, of rulebook 1: replay it with the version of the program that wrote it, and begin "
            "the new market in another folder"
        )
    found = sorted(each.name for each in folder.glob("exchange-*.journal"))
    numbers = [int(match[1]) for name in found if (match := _SEGMENT.fullmatch(name))]
    if not numbers:
        raise JournalMissing(f"{folder}: expected a journal's segments, found none")
    for expected, number in enumerate(numbers, 1):
        if number != expected:
            raise JournalDamaged(
                f"{folder}: expected segment {expected}, found segment {number} in its place: "
                "restore the missing file from a copy"
            )
    segments = [
        Segment(path, read_segment_head(path))
        for path in (segment_path(folder, number) for number in numbers)
    ]
    for number, (path, head) in enumerate(segments, 1):
        if head.segment != number:
            raise JournalDamaged(
                f"{path}: expected segment {number}, found segment {head.segment}: "
                "give each file its own name again"
            )
        for field in ("market", "form", "rulebook", "limits", "origin"):
            wanted, is_found = getattr(segments[0].head, field), getattr(head, field)
            if wanted != is_found:
                raise JournalDamaged(
                    f"{path}: expected {field} {wanted} as in segment 1, found {is_found}"
                )
    return segments


def read_segment_head(path: Path) -> Head:
    """Read the first line of a segment; raises JournalMissing, JournalDamaged, JournalFailed."""
    try:
        with path.open("rb") as stream:
            return read_head(stream, str(path))
    except FileNotFoundError:
        raise JournalMissing(f"{path}: expected a journal's segment, found none") from None
    except OSError as fault:
        raise refused(path, "read the journal", fault) from fault


def read_journal_head(folder: Path) -> Head:
    """Read the first line of a journal, read-only; raises JournalMissing, JournalDamaged."""
    return read_segments(folder)[0].head


def read_frames(folder: Path) -> Iterator[Frame]:
    """Yield the verified frames of a journal, full or public, without a lock and read-only.

    Raises JournalMissing, JournalDamaged, and TornTail after the last whole frame.
    """
    yield from Reader(folder).frames()


def create(folder: Path, head: Head) -> None:
    """Create a journal without frames, durable and whole at once, and its folder.

    Whoever comes second keeps the first one's: nothing is ever overwritten. Raises JournalFailed.
    """
    path = segment_path(folder, head.segment)
    try:
        if not create_whole(path, [encode_head(head)]):
            log.info("%s: kept the journal that another process has just created", path)
    except OSError as fault:
        raise refused(path, "create a journal", fault) from fault


def create_whole(path: Path, pieces: Iterable[bytes], replace: bool = False) -> bool:
    """Write a draft, make it durable, then give it its name; False when that name was taken.

    With `replace` the new file takes the name all the same. Makes the folders that are missing.
    Raises OSError, and leaves no draft behind.
    """
    missing = [each for each in (path.parent, *path.parent.parents) if not each.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        for piece in pieces:
            write_all(file, piece)
        os.fsync(file)
        if replace:
            os.rename(draft, path)
        else:
            os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        os.close(file)
        draft.unlink(missing_ok=True)
    for folder in (path.parent, *(each.parent for each in missing)):
        sync_folder(folder)
    return True


def write_all(file: int, content: bytes) -> None:
    """Write all bytes to an open file. Raises OSError."""
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def refused(path: Path, purpose: str, fault: OSError) -> JournalFailed:
    """Say what the system did not let us do."""
    return JournalFailed(f"{path}: expected to {purpose}, found {fault.strerror or fault}")


def _check_joint(before: Segment, after: Segment) -> None:
    """Raise JournalDamaged unless a file ends with the hash that the next one names."""
    with before.path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - HASH_BYTES))
        found = stream.read().hex()
    if found != after.head.previous:
        raise JournalDamaged(
            f"{before.path}: expected the last hash {after.head.previous}, as segment "
            f"{after.head.segment} says, found {found}: restore the file from a copy"
        )
