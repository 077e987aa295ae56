"""LOG: the transparency log: leaves that are there to stay, under checkpoints that are signed.

Takes   a folder, a signer; leaves as bytes, cosignatures as lines.
Gives   `LogReader`: leaves, proofs, the checkpoint that it saw. `Log`: the same, and `append`.
Keeps   a leaf that was appended durable under a signed checkpoint; the tree append-only; times
        that never go back. A refusal changes nothing. Writers take turns; readers need no lock.
Source  RFC 6962; C2SP tlog-tiles and tlog-checkpoint; decision 0018.

    MarketError
    ├── ClockWentBack   a leaf earlier than one that the log holds
    └── LogRefused      a leaf that is too long, a log of another origin, a witness unknown
"""

import fcntl
import secrets
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from chiphour.adapters.log_check import first_fault
from chiphour.adapters.log_tiles import CHECKPOINT
from chiphour.adapters.log_tiles import TILES
from chiphour.adapters.log_tiles import WITNESSED
from chiphour.adapters.log_tiles import LogDamaged
from chiphour.adapters.log_tiles import LogMissing
from chiphour.adapters.log_tiles import TileFiles
from chiphour.adapters.signing import Signer
from chiphour.index.leaves import leaf_from
from chiphour.index.merkle import HASH_BYTES
from chiphour.index.merkle import ProofRefused
from chiphour.index.merkle import consistency_path
from chiphour.index.merkle import inclusion_path
from chiphour.index.merkle import leaf_hashes
from chiphour.index.merkle import root_at
from chiphour.index.merkle import whole_root
from chiphour.index.note import Checkpoint
from chiphour.index.note import Note
from chiphour.index.note import NoteRefused
from chiphour.index.note import VerifierKey
from chiphour.index.note import checkpoint_body
from chiphour.index.note import checkpoint_of
from chiphour.index.note import cosignature_of
from chiphour.index.note import note_of
from chiphour.index.note import note_text
from chiphour.index.note import signature_of
from chiphour.index.note import verified
from chiphour.index.note import vkey_of
from chiphour.index.tiles import EMPTY
from chiphour.index.tiles import ENTRIES
from chiphour.index.tiles import HEIGHT
from chiphour.index.tiles import LEAF_BYTES_MAX
from chiphour.index.tiles import WIDTH
from chiphour.index.tiles import Edge
from chiphour.index.tiles import Tile
from chiphour.index.tiles import bundle_of
from chiphour.index.tiles import edge_root
from chiphour.index.tiles import grown
from chiphour.index.tiles import levels
from chiphour.index.tiles import tile_path
from chiphour.index.tiles import tile_width
from chiphour.observe.observation import MarketError
from chiphour.units import iso_from_ns

LOCK = "lock"
FOLDER = "log"  # Inside the data folder, as are the two below.
KEY = "keys/log.key"
WITNESSES = "keys/witnesses"  # The keys of those who may cosign, one a line.
CACHED_TILES = 64


class ClockWentBack(MarketError):
    """A leaf earlier than one that the log holds."""


class LogRefused(MarketError):
    """A leaf that is too long, a log of another origin, a witness that is not known."""


class LogReader:
    """A log as it was when it was opened, or last refreshed; it may have grown since."""

    def __init__(self, folder: Path, name: str = CHECKPOINT) -> None:
        """Read the checkpoint, or that of another name; its signature is not checked here.

        Raises LogMissing, LogDamaged.
        """
        self.files = TileFiles(folder)
        self._name = name
        self._tiles: dict[tuple[int, int], bytes] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read the checkpoint again; raises LogMissing, LogDamaged."""
        self._see(self.files.text(self._name))

    def checkpoint(self) -> str:
        """Give the text of the checkpoint, with all its signatures."""
        return self._text

    @property
    def size(self) -> int:
        """Count the leaves under the checkpoint."""
        return self._checkpoint.size

    @property
    def root(self) -> bytes:
        """Give the root that the checkpoint states."""
        return self._checkpoint.root

    @property
    def origin(self) -> str:
        """Give whose log it is."""
        return self._checkpoint.origin

    def leaf(self, index: int) -> bytes:
        """Give a leaf; raises ProofRefused outside of the log, LogDamaged."""
        if not 0 <= index < self.size:
            raise ProofRefused(f"expected a leaf from 0 to {self.size - 1}, found {index}")
        return self.leaves(index, index + 1)[0]

    def leaves(self, first: int, last: int) -> list[bytes]:
        """Give the leaves from `first` to before `last`; raises as `leaf` does."""
        if not 0 <= first <= last <= self.size:
            raise ProofRefused(f"expected leaves up to {self.size}, found {first} to {last}")
        found: list[bytes] = []
        for number in range(first // WIDTH, -(-last // WIDTH)):
            found += self.files.bundle(number, tile_width(self.size, 0, number))
        start = first % WIDTH
        return found[start : start + last - first]

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Give the path of a leaf to the root, or to that of an earlier size.

        Raises ProofRefused, LogDamaged.
        """
        return inclusion_path(index, self._bounded(size), self._node)

    def consistency(self, old_size: int, new_size: int | None = None) -> list[bytes]:
        """Give the path that shows that nothing of an earlier size was changed.

        Raises ProofRefused, LogDamaged.
        """
        return consistency_path(old_size, self._bounded(new_size), self._node)

    def root_at(self, size: int) -> bytes:
        """Compute the root of an earlier size, or of this one, from the tiles."""
        return root_at(self._bounded(size), self._node)

    def _see(self, text: str) -> None:
        try:
            self._checkpoint: Checkpoint = checkpoint_of(note_of(text).text)
        except NoteRefused as fault:
            raise LogDamaged(f"{self.files.folder / self._name}: {fault}") from fault
        self._text = text

    def _bounded(self, size: int | None) -> int:
        if size is not None and not 0 <= size <= self.size:
            raise ProofRefused(f"expected a size from 0 to {self.size}, found {size}")
        return self.size if size is None else size

    def _node(self, height: int, position: int) -> bytes:
        """Find a whole subtree: a stretch of hashes within one tile."""
        level, above = divmod(height, HEIGHT)
        number, start = divmod(position << above, WIDTH)
        tile = self._tiles.get((level, number))
        if tile is None:
            width = tile_width(self.size, level, number)
            tile = self.files.tile(level, number, width)
            if width == WIDTH:  # It never changes again.
                if len(self._tiles) >= CACHED_TILES:
                    self._tiles.clear()
                self._tiles[level, number] = tile
        return whole_root(tile[start * HASH_BYTES : (start + (1 << above)) * HASH_BYTES])


class Log(LogReader):
    """A log and the right to write to it. Several may be open: each write takes its turn."""

    def __init__(
        self,
        folder: Path,
        origin: str,
        signer: Signer,
        witnesses: Sequence[VerifierKey] = (),
    ) -> None:
        """Open the log of an origin ("" for the signer's name), or make an empty one.

        What a killed writer left beyond the last checkpoint is removed. Raises LogDamaged when
        the newest tiles do not make the checkpoint's root, LogRefused, LogFailed.
        """
        if origin not in ("", signer.name):
            raise LogRefused(f"{folder}: expected the origin {signer.name}, found {origin}")
        self._signer = signer
        self._witnesses = tuple(witnesses)
        self._edge, self._last_ns, self._fault = EMPTY, 0, ""
        self._unfinished: list[bytes] = []  # The leaves of the bundle that is not full.
        folder.mkdir(parents=True, exist_ok=True)
        files = TileFiles(folder)
        with _turn(folder):
            if not (folder / CHECKPOINT).exists():
                if (folder / TILES).exists():
                    raise LogDamaged(f"{folder}: expected a checkpoint, found tiles without one")
                files.replace(CHECKPOINT, self._signed(EMPTY))
            super().__init__(folder)
            self._load()
            self.files.discard_beyond(self.size)

    @property
    def key(self) -> VerifierKey:
        """Give the key that verifies the checkpoints."""
        return self._signer.verifier

    def append(self, leaves: Sequence[bytes]) -> int:
        """Add leaves and return the index of the first when all are durable and signed for.

        Raises, before anything changes: LogRefused for a leaf that is too long, LeafRefused for
        bytes that are none, ClockWentBack, LogDamaged. LogFailed when the disk refuses: then the
        log is as it was, unless the last step of all failed; the next call sees which.
        """
        first_ns, last_ns = _times(leaves)
        with _turn(self.files.folder):
            self._follow()
            if not leaves:
                return self.size
            if first_ns < self._last_ns:
                raise _went_back(self._last_ns, first_ns)
            first, before = self.size, self._edge
            edge, tiles = grown(before, leaf_hashes(leaves))
            unfinished = [*self._unfinished, *leaves]
            text, draft = self._signed(edge), f"{CHECKPOINT}.{secrets.token_hex(4)}"
            self._clear(edge.size)
            tree = chain(_bundles(unfinished, first // WIDTH), _hashes(tiles))
            self.files.write(chain(tree, [(draft, text.encode())]))
            self.files.rename(draft, CHECKPOINT)
            self._see(text)
            self._edge, self._last_ns = edge, last_ns
            self._unfinished = unfinished[len(unfinished) - edge.size % WIDTH :]
            self._drop_partials(before)
        return first

    def add_cosignature(self, line: str) -> None:
        """Put a witness's cosignature under the checkpoint, in place of its last one.

        Raises NoteRefused unless it is good and over the current checkpoint, LogRefused for a
        witness that is not known, LogFailed.
        """
        signature = signature_of(line.strip("\n"))
        by_id = {(each.name, each.id): each for each in self._witnesses}
        witness = by_id.get((signature.name, signature.id))
        if witness is None:
            known = ", ".join(each.text for each in self._witnesses) or "none, none is configured"
            raise LogRefused(f"expected a witness of {known}, found {signature.name}")
        with _turn(self.files.folder):
            self._follow()
            note = note_of(self.checkpoint())
            cosignature_of(note.text, signature, witness)
            others = [
                each
                for each in note.signatures
                if (each.name, each.id) != (signature.name, signature.id)
            ]
            text = note_text(Note(note.text, (*others, signature)))
            self.files.replace(WITNESSED, text)
            self.files.replace(CHECKPOINT, text)
            self._see(text)

    def check(self) -> str | None:
        """Read everything; give the first fault in words, or None. A faulty log takes no leaf."""
        fault = first_fault(self.files, self.key, self._witnesses)
        self._fault = fault or ""
        return fault

    def close(self) -> None:
        """Let the log go."""
        self.files.close()

    def _signed(self, edge: Edge) -> str:
        text = checkpoint_body(Checkpoint(self._signer.name, edge.size, edge_root(edge)))
        return note_text(Note(text, (self._signer.signature(text),)))

    def _follow(self) -> None:
        """See what another writer has done since; raises LogDamaged."""
        if self._fault:
            raise LogDamaged(f"{self.files.folder}: expected a log without fault: {self._fault}")
        text = self.files.text()
        if text != self._text:
            self._see(text)
        if (self._edge.size, edge_root(self._edge)) != (self.size, self.root):
            self._load()  # Also where `refresh` saw the other's work already.

    def _load(self) -> None:
        """Read the right edge, and believe it only if it makes the signed root."""
        try:
            checkpoint = verified(self._text, self.key)
        except NoteRefused as fault:
            raise LogDamaged(f"{self.files.folder / CHECKPOINT}: {fault}") from fault
        size, rows = checkpoint.size, []
        for level in levels(size):
            full, width = divmod(size >> HEIGHT * level, WIDTH)
            rows.append(self.files.tile(level, full, width) if width else b"")
        edge = Edge(size, tuple(rows))
        if edge_root(edge) != checkpoint.root:
            raise LogDamaged(
                f"{self.files.folder}: expected newest tiles that make the root "
                f"{checkpoint.root.hex()}, found {edge_root(edge).hex()}"
            )
        last = self.leaves(max(0, (size - 1) // WIDTH * WIDTH), size)
        if last and leaf_hashes(last) != self.files.tile(0, (size - 1) // WIDTH, len(last)):
            raise LogDamaged(
                f"{tile_path(ENTRIES, (size - 1) // WIDTH, len(last))}: "
                "expected leaves that make the hashes of their tile, found others"
            )
        self._edge = edge
        self._last_ns = leaf_from(last[-1]).time_ns if last else 0
        self._unfinished = last if size % WIDTH else []

    def _clear(self, size: int) -> None:
        """Remove what another writer left who was stopped before its checkpoint.

        Its leaves are not ours: a later check would hold them against the tiles that we write.
        """
        for level in (ENTRIES, *levels(size)):
            below = HEIGHT * (0 if level == ENTRIES else int(level))
            number, width = divmod(self.size >> below, WIDTH)
            last = size >> below + HEIGHT
            self.files.drop_wider(level, last, width if last == number else 0)

    def _drop_partials(self, before: Edge) -> None:
        """Remove the partial tiles of what was unfinished before and is full now."""
        for level in levels(before.size):
            number, width = divmod(before.size >> HEIGHT * level, WIDTH)
            if width and tile_width(self.size, level, number) == WIDTH:
                self.files.drop_partials(level, number)
                if level == 0:
                    self.files.drop_partials(ENTRIES, number)


def open_log(data: Path, origin: str = "") -> Log:
    """Open the log of a data folder, or make it, with its key; its witnesses as configured.

    Raises what `Log` and `Signer` raise, and LogRefused for a log whose key is gone.
    """
    if (data / FOLDER / CHECKPOINT).exists() and not (data / KEY).exists():
        raise LogRefused(f"{data / KEY}: expected the key of {data / FOLDER}, found no such file")
    signer = Signer(data / KEY, origin)
    return Log(data / FOLDER, signer.name, signer, witnesses_of(data))


def witnesses_of(data: Path) -> list[VerifierKey]:
    """Read the keys of the witnesses that a data folder knows; raises NoteRefused."""
    path = data / WITNESSES
    lines = path.read_text().splitlines() if path.exists() else []
    return [vkey_of(line) for line in lines if line.strip()]


def witnessed_reader(folder: Path) -> LogReader:
    """Open a log at the last checkpoint that a witness cosigned; raises LogMissing."""
    return LogReader(folder, WITNESSED)


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Be the only writer for a while; whoever was killed has let go."""
    try:
        turn = (folder / LOCK).open("w")
    except OSError as fault:
        raise LogMissing(f"{folder}: expected to write a log, found {fault.strerror}") from fault
    with turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _times(leaves: Sequence[bytes]) -> tuple[int, int]:
    """Read every leaf; give the times of the first and the last; raises as `append` does."""
    first_ns = last_ns = 0
    for at, leaf in enumerate(leaves):
        if len(leaf) > LEAF_BYTES_MAX:
            raise LogRefused(
                f"expected leaves of at most {LEAF_BYTES_MAX} bytes, found {len(leaf)} "
                f"(number {at} of {len(leaves)})"
            )
        time_ns = leaf_from(leaf).time_ns
        if time_ns < last_ns:
            raise _went_back(last_ns, time_ns)
        last_ns = time_ns
        first_ns = first_ns if at else time_ns
    return first_ns, last_ns


def _went_back(last_ns: int, time_ns: int) -> ClockWentBack:
    return ClockWentBack(
        f"expected a leaf of {iso_from_ns(last_ns)} or later, found {iso_from_ns(time_ns)}: "
        "the clock stepped back; set it right, or wait until it is there again"
    )


def _hashes(tiles: Sequence[Tile]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of tiles."""
    for tile in tiles:
        yield tile_path(tile.level, tile.number, tile.width), tile.hashes


def _bundles(leaves: Sequence[bytes], number: int) -> Iterator[tuple[str, bytes]]:
    """Yield the files of leaves that begin with a bundle."""
    for start in range(0, len(leaves), WIDTH):
        part = leaves[start : start + WIDTH]
        yield tile_path(ENTRIES, number + start // WIDTH, len(part)), bundle_of(part)
