"""TILES: a growing tree cut into pieces of 256 hashes, each a file that never changes again.

Takes   the right edge of a tree and the hashes of new leaves; leaves as bytes.
Gives   the new edge, the tiles that came or grew, the root; paths of files; bundles of leaves.
Keeps   what is needed to go on small: at most 255 hashes a level, whatever the size of the tree.
Source  C2SP tlog-tiles; RFC 6962 section 2.1; decision 0018.

A tile of level 0 has the hashes of leaves; one of level L + 1 has the roots of full tiles of level
L. The tile of level L and number N is the file `tile/L/N`, a bundle of leaves `tile/entries/N`; one
that is not full carries its width as `.p/W`. N is written in groups of three digits, all but the
last behind an x: 1234067 is `x001/x234/067`.
"""

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from chiphour.index.merkle import EMPTY_ROOT
from chiphour.index.merkle import HASH_BYTES
from chiphour.index.merkle import node_hash
from chiphour.index.merkle import whole_root
from chiphour.observe.observation import MarketError

HEIGHT = 8
WIDTH = 1 << HEIGHT
TILE_BYTES = WIDTH * HASH_BYTES
LEAF_BYTES_MAX = 65_535  # The length before a leaf is a uint16.
ENTRIES = "entries"


class BundleRefused(MarketError):
    """Bytes that are not a bundle of so many leaves."""


class Tile(NamedTuple):
    """The hashes of one tile, 1 to 256 of them, one after another."""

    level: int
    number: int
    hashes: bytes

    @property
    def width(self) -> int:
        """Count the hashes."""
        return len(self.hashes) // HASH_BYTES


class Edge(NamedTuple):
    """What must be known of a tree to make it grow: its size, and by level the unfinished tile."""

    size: int
    rows: tuple[bytes, ...]


EMPTY = Edge(0, ())


def grown(edge: Edge, hashes: bytes) -> tuple[Edge, list[Tile]]:
    """Add the hashes of new leaves; give the new edge and every tile that is new or wider."""
    assert len(hashes) % HASH_BYTES == 0
    rows, tiles = list(edge.rows), []
    size, added = edge.size, hashes
    for level in count():
        if not added:
            break
        row = (rows[level] if level < len(rows) else b"") + added
        number = size >> HEIGHT * (level + 1)
        whole = len(row) - len(row) % TILE_BYTES
        full = [row[start : start + TILE_BYTES] for start in range(0, whole, TILE_BYTES)]
        tiles += [Tile(level, number + at, each) for at, each in enumerate(full)]
        rest = row[whole:]
        if rest:
            tiles.append(Tile(level, number + len(full), rest))
        rows[level : level + 1] = [rest]
        added = b"".join([whole_root(each) for each in full])
    return Edge(size + len(hashes) // HASH_BYTES, tuple(rows)), tiles


def edge_root(edge: Edge) -> bytes:
    """Give the root of the tree that an edge belongs to."""
    root = b""
    for row in edge.rows:
        end, width = len(row), len(row) // HASH_BYTES
        while width:
            lowest = width & -width
            start = end - lowest * HASH_BYTES
            whole = whole_root(row[start:end])
            root = node_hash(whole, root) if root else whole
            end, width = start, width - lowest
    return root or EMPTY_ROOT


def tile_count(size: int, level: int) -> int:
    """Count the tiles of a level, the unfinished one included, in a tree of so many leaves."""
    return -(-(size >> HEIGHT * level) // WIDTH)


def tile_width(size: int, level: int, number: int) -> int:
    """Count the hashes that a tile has in a tree of so many leaves; 0 when it has no such tile."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - number * WIDTH))


def levels(size: int) -> range:
    """Give the levels of tiles that a tree of so many leaves has."""
    return range(-(-size.bit_length() // HEIGHT))


def number_path(number: int) -> str:
    """Write the number of a tile as a path: 67 is `067`, 1234067 is `x001/x234/067`."""
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Give the path of a tile below the log's folder; the level `entries` is for the leaves."""
    assert 0 < width <= WIDTH
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{number_path(number)}{partial}"


def bundle_of(leaves: Sequence[bytes]) -> bytes:
    """Write leaves one after another, each behind its length as a big-endian uint16."""
    return b"".join([len(leaf).to_bytes(2, "big") + leaf for leaf in leaves])


def leaves_of(bundle: bytes, width: int) -> list[bytes]:
    """Read a bundle of so many leaves; raises BundleRefused when it holds fewer or more."""
    leaves = []
    at, end = 0, len(bundle)
    while at < end:
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        leaves.append(bundle[start:at])
    if at != end or len(leaves) != width:
        raise BundleRefused(
            f"expected {width} leaves, found {len(leaves)} in {end} bytes"
            + (f", the last one cut off by {at - end}" if at > end else "")
        )
    return leaves
