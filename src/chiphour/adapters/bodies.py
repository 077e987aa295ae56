"""BODIES: the raw bytes of every answer and recording, each in a file named by its hash.

Takes   bytes.
Gives   the SHA-256 under which they lie; the bytes again.
Keeps   a file whole or not there: written beside, made durable, then renamed. The same bytes give
        the same file. What is read has the hash that it was asked for, and is bounded.
Source  Decision 0003.

    folder/<first two>/<SHA-256 of the bytes>.gz      packed by gzip, without a time or a name

    MarketError
    └── ArchiveDamaged    what is stored is not what was kept, or cannot be read
"""

import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from chiphour.observe.observation import MarketError

BODY_BYTES_MAX = 64 << 20  # A body larger than this, packed or not, is not one of ours.
PACKED_BYTES_MAX = BODY_BYTES_MAX + (1 << 20)  # What cannot be packed grows by less.
PACKING_LEVEL = 6
SUFFIX = ".gz"
_TAIL_BYTES = 8  # Gzip ends with the CRC-32 and the length of what was packed.
_GZIP_WINDOW = 31  # In zlib's words: expect a header of gzip, not of zlib.


class ArchiveDamaged(MarketError):
    """What is stored is not what was kept, or cannot be read."""


class TooLarge(MarketError):
    """More bytes than a body may have."""


class Bodies:
    """The bodies below a folder. Safe for many readers and writers at once."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made when the first body is kept."""
        self.folder = folder

    def file(self, sha256: str) -> Path:
        """Give the file in which a body lies, or would."""
        return self.folder / sha256[:2] / f"{sha256}{SUFFIX}"

    def keep(self, content: bytes) -> str:
        """Keep a body, durably and at once; give its SHA-256. One that lies there is left alone."""
        assert len(content) <= BODY_BYTES_MAX, "whoever fetches or reads a file bounds it first"
        sha256 = hashlib.sha256(content).hexdigest()
        file = self.file(sha256)
        try:
            if not _holds(file, content):
                make_folder(file.parent)
                write_durably(file, gzip.compress(content, PACKING_LEVEL, mtime=0))
        except OSError as fault:
            raise ArchiveDamaged(f"{file}: expected to write a body, found {fault}") from None
        return sha256

    def body(self, sha256: str) -> bytes:
        """Give a body; raises ArchiveDamaged where it is gone, torn, or its hash differs."""
        file = self.file(sha256)
        try:
            with file.open("rb") as stream:
                content = unpacked(stream.read(PACKED_BYTES_MAX), BODY_BYTES_MAX)
        except FileNotFoundError as fault:
            raise ArchiveDamaged(f"expected the body {sha256}, found {fault}") from None
        except (OSError, EOFError, zlib.error, TooLarge) as fault:
            raise ArchiveDamaged(f"{file}: expected the body {sha256}, found {fault}") from None
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise ArchiveDamaged(f"{file}: expected the body {sha256}, found {found}")
        return content

    def hashes(self) -> Iterator[str]:
        """Yield the hash of every body, sorted. What a killed writer left half done is hidden."""
        for file in sorted(self.folder.glob(f"??/*{SUFFIX}")):
            if not file.name.startswith("."):
                yield file.name.removesuffix(SUFFIX)


def unpacked(packed: bytes, bytes_max: int) -> bytes:
    """Unpack gzip, of one member or several, to at most `bytes_max` bytes.

    Raises TooLarge for more, EOFError for a torn end, zlib.error for anything that is not gzip.
    """
    parts: list[bytes] = []
    left, room = packed, bytes_max + 1
    while left:
        unpacker = zlib.decompressobj(_GZIP_WINDOW)
        parts.append(unpacker.decompress(left, room))
        room -= len(parts[-1])
        if room == 0:
            raise TooLarge(f"more than {bytes_max} bytes unpacked")
        if not unpacker.eof:
            raise EOFError("an end that is torn off")
        left = unpacker.unused_data
    if not parts:
        raise EOFError("no bytes at all")
    return b"".join(parts)


def _holds(file: Path, content: bytes) -> bool:
    """Tell whether the file there ends as one that holds these bytes must."""
    try:
        with file.open("rb") as stream:
            stream.seek(-_TAIL_BYTES, os.SEEK_END)
            tail = stream.read()
    except OSError:
        return False
    length = len(content) & 0xFFFF_FFFF
    return tail == zlib.crc32(content).to_bytes(4, "little") + length.to_bytes(4, "little")


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably: a folder's name stands in the one above."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def write_durably(file: Path, content: bytes) -> None:
    """Write beside, make durable, then rename: the file is there whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
