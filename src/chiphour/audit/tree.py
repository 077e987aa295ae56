"""TREE: the hash tree of RFC 6962 and its tiles, computed once more.

Takes   leaves, or their hashes.
Gives   the root that stands for them all; the tiles that a log of them must serve.
Keeps   nothing of ours: the standard library alone, so that a copy of this file is a program.
Source  RFC 6962 section 2.1; C2SP tlog-tiles; decision 0019.

A tree is built from below, level by level: neighbours are hashed together, and a node without a
neighbour moves up as it is. That is the tree of the RFC, whose left part is always the largest
full tree that fits.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from hashlib import sha256
from struct import iter_unpack

ID_BYTES = 32
ID_FORMAT = f"{ID_BYTES}s"
BLOCK = 1 << 10
TILE = 256  # Hashes in a full tile.
TILE_LEVELS = 8  # So many levels of the tree lie between two levels of tiles.


def leaf_hash(leaf: bytes) -> bytes:
    """Give the hash of a leaf, 32 bytes."""
    return sha256(b"\x00" + leaf).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Give the root over the hashes of the leaves; that of no leaves is the hash of nothing."""
    if not hashes:
        return sha256(b"").digest()
    level = list(hashes)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def root_of_ids(ids: bytes) -> bytes:
    """Give the root over ids of 32 bytes, one behind another: a batch's.

    It goes by full trees of BLOCK leaves, small enough to stay at hand.
    """
    blocks = []
    for first in range(0, len(ids), BLOCK * ID_BYTES):
        block = ids[first : first + BLOCK * ID_BYTES]
        leaves = [sha256(b"\x00" + leaf).digest() for (leaf,) in iter_unpack(ID_FORMAT, block)]
        blocks.append(root_of(leaves))
    return root_of(blocks)


def tiles_of(hashes: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Give path and content of every tile of hashes that a log of these leaves serves."""
    level, nodes = 0, list(hashes)
    while nodes:
        for first in range(0, len(nodes), TILE):
            some = nodes[first : first + TILE]
            yield tile_path(str(level), first // TILE, len(some)), b"".join(some)
        nodes = _complete_above(nodes)
        level += 1


def entry_paths(size: int) -> Iterator[str]:
    """Give the paths of the bundles of entries that a log of so many leaves serves, in order."""
    for first in range(0, size, TILE):
        yield tile_path("entries", first // TILE, min(TILE, size - first))


def tile_path(level: str, number: int, width: int) -> str:
    """Give the path of a tile: level, number in groups of three digits, width where partial."""
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.append(f"x{number % 1000:03d}")
    partial = "" if width == TILE else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def entries_of(content: bytes) -> list[bytes]:
    """Read a bundle of entries: each is its length in two bytes, then itself.

    Raises ValueError where the content ends within one.
    """
    found, at = [], 0
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        if end > len(content) or at + 2 > len(content):
            raise ValueError(f"expected an entry to end at byte {end}, found {len(content)} bytes")
        found.append(content[at + 2 : end])
        at = end
    return found


def _above(level: list[bytes]) -> list[bytes]:
    """Give the next level of the tree; a node without a neighbour moves up."""
    even = len(level) // 2 * 2
    pairs = zip(level[:even:2], level[1:even:2], strict=True)
    return [sha256(b"\x01" + left + right).digest() for left, right in pairs] + level[even:]


def _complete_above(nodes: list[bytes]) -> list[bytes]:
    """Give the roots of the complete trees over each full tile's worth of nodes."""
    whole = nodes[: len(nodes) // TILE * TILE]
    for _ in range(TILE_LEVELS):
        whole = _above(whole)
    return whole
