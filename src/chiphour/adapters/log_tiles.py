"""LOG TILES: the files of a transparency log: written once, durable, readable while it grows.

Takes   tiles and bundles of leaves as bytes; the text of a checkpoint.
Gives   them back; `LogDamaged` where a file is not what the size of the log demands.
Keeps   everything that a checkpoint speaks of on the disk before the checkpoint itself, which
        takes the place of the last one in one step: a reader needs no lock, a kill leaves the
        last checkpoint, and what lies beyond it is nobody's.
Source  C2SP tlog-tiles; decision 0018.

    MarketError
    ├── LogMissing      no log where one was named
    ├── LogDamaged      a file that no crash of ours leaves behind
    └── LogFailed       the disk refused: the log is as it was before, or as it was to become
"""

import os
import secrets
import shutil
from collections.abc import Iterable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path

from chiphour.index.merkle import HASH_BYTES
from chiphour.index.note import NOTE_CHARACTERS_MAX
from chiphour.index.tiles import ENTRIES
from chiphour.index.tiles import HEIGHT
from chiphour.index.tiles import LEAF_BYTES_MAX
from chiphour.index.tiles import WIDTH
from chiphour.index.tiles import BundleRefused
from chiphour.index.tiles import leaves_of
from chiphour.index.tiles import number_path
from chiphour.index.tiles import tile_path
from chiphour.observe.observation import MarketError

CHECKPOINT = "checkpoint"
WITNESSED = "witnessed"  # The last checkpoint that a witness cosigned.
TILES = "tile"
LEVELS_MAX = 64 // HEIGHT
SYNCS_AT_ONCE = 16
FILES_OPEN_MAX = 256
NUMBER_DIGITS = 3
WIDTHS = frozenset(str(width) for width in range(1, WIDTH))  # As the names of files.
CHECKPOINT_BYTES_MAX = 4 * NOTE_CHARACTERS_MAX  # UTF-8.


class LogMissing(MarketError):
    """No log where one was named."""


class LogDamaged(MarketError):
    """A file of the log that no crash of ours leaves behind."""


class LogFailed(MarketError):
    """The disk refused."""


class TileFiles:
    """The folder of one log."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is read or made yet."""
        self.folder = folder
        self._known: set[Path] = set()  # Folders that are there, and durable.
        self._pool: ThreadPoolExecutor | None = None

    def text(self, name: str = CHECKPOINT) -> str:
        """Give the text of a checkpoint; raises LogMissing."""
        path = self.folder / name
        try:
            return _content(path, CHECKPOINT_BYTES_MAX).decode()
        except (FileNotFoundError, NotADirectoryError):
            raise LogMissing(f"{path}: expected a checkpoint, found no such file") from None
        except OSError as fault:
            raise LogFailed(f"{path}: expected to read it, found {fault.strerror}") from fault
        except UnicodeDecodeError as fault:
            raise LogDamaged(f"{path}: expected UTF-8, found {fault.reason}") from fault

    def tile(self, level: int, number: int, width: int) -> bytes:
        """Give the first hashes of a tile; raises LogDamaged."""
        content, path, found = self._read(level, number, width)
        if len(content) != found * HASH_BYTES:
            raise LogDamaged(
                f"{path}: expected {found} hashes of {HASH_BYTES} bytes, found {len(content)} bytes"
            )
        return content[: width * HASH_BYTES]

    def bundle(self, number: int, width: int) -> list[bytes]:
        """Give the first leaves of a bundle; raises LogDamaged."""
        content, path, found = self._read(ENTRIES, number, width)
        try:
            return leaves_of(content, found)[:width]
        except BundleRefused as fault:
            raise LogDamaged(f"{path}: {fault}") from fault

    def partials(self, level: int | str, number: int) -> list[int]:
        """Give the widths at which an unfinished tile was kept, in order."""
        folder = self.folder / tile_path(level, number, 1).rpartition("/")[0]
        names = os.listdir(folder) if folder.is_dir() else []
        widths = (int(name) for name in names if name in WIDTHS)
        return sorted(widths)

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write files and make them and their folders durable; raises LogFailed."""
        left = iter(files)
        try:
            while part := list(islice(left, FILES_OPEN_MAX)):
                self._write(part)
        except OSError as fault:
            self._known.clear()
            raise LogFailed(f"{self.folder}: expected to write, found {fault.strerror}") from fault

    def replace(self, name: str, text: str) -> None:
        """Put a checkpoint in the place of the last one, in one durable step; raises LogFailed."""
        draft = f"{name}.{secrets.token_hex(4)}"
        self.write([(draft, text.encode())])
        self.rename(draft, name)

    def rename(self, draft: str, name: str) -> None:
        """Give a file that is durable already the name of another; raises LogFailed."""
        try:
            (self.folder / draft).rename(self.folder / name)
            _sync_folder(self.folder)
        except OSError as fault:
            raise LogFailed(
                f"{self.folder / name}: expected to replace it, found {fault.strerror}"
            ) from fault

    def close(self) -> None:
        """Let the threads that sync go."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def drop_wider(self, level: int | str, number: int, width: int) -> None:
        """Remove the widths of a tile above that which is signed for: a writer was stopped there.

        What cannot be removed now is written over, or found by a check.
        """
        for each in self.partials(level, number):
            if each > width:
                with suppress(OSError):
                    (self.folder / tile_path(level, number, each)).unlink()

    def drop_partials(self, level: int | str, number: int) -> None:
        """Remove the widths of a tile that is full now: whoever asks for one reads the full one."""
        partial = self.folder / tile_path(level, number, 1).rpartition("/")[0]
        shutil.rmtree(partial, ignore_errors=True)

    def discard_beyond(self, size: int) -> None:
        """Remove what a killed writer left: drafts, and tiles that a log of this size has not."""
        for name in os.listdir(self.folder):
            if name.startswith((f"{CHECKPOINT}.", f"{WITNESSED}.")):
                (self.folder / name).unlink(missing_ok=True)
        for level in (ENTRIES, *range(LEVELS_MAX)):
            hashes = size >> HEIGHT * (0 if level == ENTRIES else int(level))
            full, width = divmod(hashes, WIDTH)
            base = self.folder / TILES / str(level)
            for number, path in list(_numbered(base, full)):
                if path.name.endswith(".p") and number == full:
                    self.drop_wider(level, number, width)
                elif path.name.endswith(".p"):
                    shutil.rmtree(path, ignore_errors=True)
                elif number >= full:
                    path.unlink()

    def _read(self, level: int | str, number: int, width: int) -> tuple[bytes, str, int]:
        """Give a tile's bytes, its path and its width: that asked for, or by now the full one."""
        bytes_max = 2 + LEAF_BYTES_MAX if level == ENTRIES else HASH_BYTES
        for found in dict.fromkeys((width, WIDTH)):
            path = tile_path(level, number, found)
            try:
                return _content(self.folder / path, found * bytes_max), path, found
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as fault:
                raise LogFailed(f"{path}: expected to read it, found {fault.strerror}") from fault
        raise LogDamaged(f"{tile_path(level, number, width)}: expected the tile, found no file")

    def _write(self, files: list[tuple[str, bytes]]) -> None:
        """Write some files, then sync them all at once: a disk makes them durable together."""
        folders = set()
        opened: list[int] = []
        try:
            for name, content in files:
                path = self.folder / name
                folders |= self._make_folder(path.parent)
                opened.append(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644))
                left = memoryview(content)
                while left:
                    left = left[os.write(opened[-1], left) :]
            opened += [os.open(folder, os.O_RDONLY | os.O_DIRECTORY) for folder in folders]
            if self._pool is None:
                self._pool = ThreadPoolExecutor(SYNCS_AT_ONCE, "log-sync")
            for _ in self._pool.map(os.fsync, opened):
                pass
        finally:
            for file in opened:
                os.close(file)

    def _make_folder(self, folder: Path) -> set[Path]:
        """Make a folder and those above it; give all that must be synced for a file in it.

        One that is there already may be of a writer who was killed before it was durable.
        """
        if folder in self._known:
            return {folder}
        above = {folder.parent} if folder == self.folder else self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        self._known.add(folder)
        return above | {folder}


def _numbered(base: Path, least: int, above: int = 0, depth: int = 1) -> Iterator[tuple[int, Path]]:
    """Yield the tiles from `least` on, and neighbours; a folder wholly below it is passed over.

    A group of leaves is far smaller than a folder, so that no tile beyond the log hides in one.
    """
    groups = number_path(least).count("/") + 1
    if not base.is_dir():
        return
    for entry in os.scandir(base):
        digits = entry.name.removeprefix("x").removesuffix(".p")
        if len(digits) != NUMBER_DIGITS or not (digits.isascii() and digits.isdigit()):
            continue
        number = above * 1_000 + int(digits)
        if not entry.name.startswith("x"):
            yield number, Path(entry.path)
        elif depth >= groups or (number + 1) * 1_000 ** (groups - depth) > least:
            yield from _numbered(Path(entry.path), least, number, depth + 1)


def _content(path: Path, bytes_max: int) -> bytes:
    """Read a file, of one that is longer than it can be a byte more: a copy may be anybody's."""
    with path.open("rb") as file:
        return file.read(bytes_max + 1)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
