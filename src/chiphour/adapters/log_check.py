"""LOG CHECK: read a whole log and name the first thing that is not as it should be.

Takes   the files of a log; the key of the log, those of its witnesses.
Gives   the first fault in words, with the file and the leaf; or None.
Keeps   nothing believed that was not computed: leaves make the hashes of level 0, these those
        above, and these the root that was signed, and that which was cosigned. Of one batch there
        is one root, of one vintage one document.
Source  RFC 6962 section 2.1; C2SP tlog-tiles; decision 0018.
"""

from collections.abc import Sequence

from chiphour.adapters.log_tiles import CHECKPOINT
from chiphour.adapters.log_tiles import WITNESSED
from chiphour.adapters.log_tiles import LogDamaged
from chiphour.adapters.log_tiles import LogMissing
from chiphour.adapters.log_tiles import TileFiles
from chiphour.index.leaves import Batch
from chiphour.index.leaves import Fix
from chiphour.index.leaves import LeafRefused
from chiphour.index.leaves import leaf_from
from chiphour.index.merkle import HASH_BYTES
from chiphour.index.merkle import leaf_hashes
from chiphour.index.merkle import whole_root
from chiphour.index.note import Checkpoint
from chiphour.index.note import NoteRefused
from chiphour.index.note import VerifierKey
from chiphour.index.note import cosignatures
from chiphour.index.note import verified
from chiphour.index.tiles import ENTRIES
from chiphour.index.tiles import HEIGHT
from chiphour.index.tiles import WIDTH
from chiphour.index.tiles import Edge
from chiphour.index.tiles import edge_root
from chiphour.index.tiles import levels
from chiphour.index.tiles import tile_count
from chiphour.index.tiles import tile_path
from chiphour.index.tiles import tile_width
from chiphour.units import iso_from_ns


def first_fault(
    files: TileFiles, key: VerifierKey, witnesses: Sequence[VerifierKey] = ()
) -> str | None:
    """Read everything that the checkpoint speaks of; give the first fault, or None.

    Raises LogMissing, LogFailed.
    """
    try:
        text = files.text()
        try:
            checkpoint = verified(text, key)
            cosignatures(text, witnesses)
        except NoteRefused as fault:
            raise LogDamaged(f"{CHECKPOINT}: {fault}") from fault
        edge = _read_tree(files, checkpoint.size)
        if edge_root(edge) != checkpoint.root:
            raise _other_root(CHECKPOINT, edge_root(edge), checkpoint)
        _check_witnessed(files, key, witnesses, checkpoint.size)
    except LogDamaged as fault:
        return str(fault)
    return None


def _check_witnessed(
    files: TileFiles, key: VerifierKey, witnesses: Sequence[VerifierKey], size: int
) -> None:
    """Hold the checkpoint that was cosigned last, if any, against the tiles that were checked.

    A copy of a log may lack it. One that is ahead of the log was cosigned, and is gone from it.
    """
    try:
        text = files.text(WITNESSED)
    except LogMissing:
        return
    try:
        checkpoint = verified(text, key)
        cosignatures(text, witnesses)
    except NoteRefused as fault:
        raise LogDamaged(f"{WITNESSED}: {fault}") from fault
    if checkpoint.size > size:
        raise LogDamaged(
            f"{WITNESSED}: expected a log of {checkpoint.size} leaves, which were cosigned, "
            f"found {size}"
        )
    root = edge_root(_edge_at(files, checkpoint.size, size))
    if root != checkpoint.root:
        raise _other_root(WITNESSED, root, checkpoint)


def _edge_at(files: TileFiles, size: int, size_now: int) -> Edge:
    """Read the edge of a log as it was at a smaller size, from its tiles of now."""
    rows = []
    for level in levels(size):
        number, width = divmod(size >> HEIGHT * level, WIDTH)
        widest = tile_width(size_now, level, number)
        rows.append(files.tile(level, number, widest)[: width * HASH_BYTES] if width else b"")
    return Edge(size, tuple(rows))


def _other_root(name: str, expected: bytes, checkpoint: Checkpoint) -> LogDamaged:
    return LogDamaged(
        f"{name}: expected the root {expected.hex()} that the tiles make, "
        f"found {checkpoint.root.hex()}"
    )


def _read_tree(files: TileFiles, size: int) -> Edge:
    """Read leaves and tiles from the lowest up; give the edge that they make."""
    rows = []
    expected = _read_leaves(files, size)
    for level in levels(size):
        above = []
        tile = b""
        for number in range(tile_count(size, level)):
            width = tile_width(size, level, number)
            tile = files.tile(level, number, width)
            start = number * WIDTH * HASH_BYTES
            _compare(level, number, tile, expected[start : start + len(tile)])
            if width == WIDTH:
                above.append(whole_root(tile))
                tile = b""
        if tile:
            _read_partials(files, level, number, tile)
        rows.append(tile)
        expected = b"".join(above)
    return Edge(size, tuple(rows))


def _read_leaves(files: TileFiles, size: int) -> bytes:
    """Read every leaf, in order, and give their hashes."""
    order = _Order()
    hashes = []
    for number in range(tile_count(size, 0)):
        leaves = files.bundle(number, tile_width(size, 0, number))
        order.follow(number * WIDTH, leaves)
        hashes.append(leaf_hashes(leaves))
        if len(leaves) < WIDTH:
            for width in files.partials(ENTRIES, number):
                if width < len(leaves) and files.bundle(number, width) != leaves[:width]:
                    raise LogDamaged(
                        f"{tile_path(ENTRIES, number, width)}: expected the first {width} leaves "
                        f"of {tile_path(ENTRIES, number, len(leaves))}, found others"
                    )
    return b"".join(hashes)


def _read_partials(files: TileFiles, level: int, number: int, tile: bytes) -> None:
    """Hold the earlier widths of an unfinished tile against the newest."""
    for width in files.partials(level, number):
        if width * HASH_BYTES < len(tile):
            found = files.tile(level, number, width)
            _compare(level, number, found, tile[: len(found)])


def _compare(level: int, number: int, found: bytes, expected: bytes) -> None:
    """Raise LogDamaged at the first hash of a tile that what lies below does not make."""
    if found == expected:
        return
    starts = range(0, len(found), HASH_BYTES)
    at = next(i for i in starts if found[i : i + HASH_BYTES] != expected[i : i + HASH_BYTES])
    index = number * WIDTH + at // HASH_BYTES
    below = f"leaf {index}" if level == 0 else f"tile {index} of level {level - 1}"
    raise LogDamaged(
        f"{tile_path(level, number, len(found) // HASH_BYTES)}: expected the hash "
        f"{expected[at : at + HASH_BYTES].hex()} of {below}, "
        f"found {found[at : at + HASH_BYTES].hex()}"
    )


class _Order:
    """What was read so far that a later leaf depends on."""

    def __init__(self) -> None:
        self._last_ns = 0
        self._batches: dict[int, str] = {}
        self._fixes: dict[tuple[int, str, str, str, str], bytes] = {}

    def follow(self, first: int, leaves: Sequence[bytes]) -> None:
        """Read the next leaves; raises LogDamaged at one that should not stand there."""
        for index, content in enumerate(leaves, first):
            try:
                leaf = leaf_from(content)
            except LeafRefused as fault:
                raise LogDamaged(f"leaf {index}: {fault}") from fault
            if leaf.time_ns < self._last_ns:
                raise LogDamaged(
                    f"leaf {index}: expected a time of {iso_from_ns(self._last_ns)} or later, "
                    f"found {iso_from_ns(leaf.time_ns)}"
                )
            self._last_ns = leaf.time_ns
            if isinstance(leaf, Batch):
                self._follow_batch(index, leaf)
            elif isinstance(leaf, Fix):
                self._follow_fix(index, leaf)

    def _follow_batch(self, index: int, leaf: Batch) -> None:
        """Raise LogDamaged for a second root of one strike: its rows were closed for good."""
        root = self._batches.setdefault(leaf.strike_ns, leaf.root)
        if root != leaf.root:
            raise LogDamaged(
                f"leaf {index}: expected one batch of {iso_from_ns(leaf.strike_ns)}, {root}, "
                f"found {leaf.root} too"
            )

    def _follow_fix(self, index: int, leaf: Fix) -> None:
        """Raise LogDamaged for a fix without its batch, or a second document of one vintage."""
        if self._batches.get(leaf.strike_ns) != leaf.batch:
            raise LogDamaged(
                f"leaf {index}: expected the batch {leaf.batch} of "
                f"{iso_from_ns(leaf.strike_ns)} before the fix of {leaf.series}, found none"
            )
        name = (leaf.strike_ns, leaf.series, leaf.parameter_set, leaf.vintage, leaf.revision)
        found = bytes.fromhex(leaf.sha256)
        said = self._fixes.setdefault(name, found)
        if said != found:
            event = f" {leaf.revision}" if leaf.revision else ""
            raise LogDamaged(
                f"leaf {index}: expected one document of {leaf.series} "
                f"{iso_from_ns(leaf.strike_ns)} {leaf.parameter_set} {leaf.vintage}{event}, "
                f"{said.hex()}, found {leaf.sha256} too"
            )
