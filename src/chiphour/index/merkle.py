"""MERKLE: one hash over a list that only grows, and short proofs of what the list holds.

Takes   leaves as bytes; hashes of 32 bytes; the sizes of a list at two times.
Gives   the root over a list; the path that proves a leaf, or that a list only grew; the answer
        whether a path proves what it is said to prove.
Keeps   a leaf apart from a node: a zero byte before the one, a one byte before the other, so
        that no bytes are both. A path of any other length than the sizes demand is refused.
Source  RFC 6962 section 2.1; RFC 9162 section 2.1; decision 0018.

    root of a, b, c, d, e           the node of (height 2, position 0) is the one above a, b, c, d
            ┌──────┴──────┐
        ┌───┴───┐         e         the path of c: d, the node of a and b, e
      ┌─┴─┐   ┌─┴─┐                 from 3 to 5: c, d, the node of a and b, e
      a   b   c   d

    MarketError
    └── ProofRefused    a path that cannot be one, or a question outside of the list
"""

from collections.abc import Callable
from collections.abc import Sequence
from hashlib import sha256

from chiphour.observe.observation import MarketError

HASH_BYTES = 32
LEAF = b"\x00"
NODE = b"\x01"
EMPTY_ROOT = sha256(b"").digest()

# The hash over the leaves from position << height on, 1 << height of them: a whole subtree.
NodeOf = Callable[[int, int], bytes]


class ProofRefused(MarketError):
    """A path that cannot be one, or a question outside of the list."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash the bytes of a leaf."""
    return sha256(LEAF + leaf).digest()


def leaf_hashes(leaves: Sequence[bytes]) -> bytes:
    """Hash many leaves; give their hashes one after another."""
    digest = sha256  # A local name: this loop is where appending spends its time.
    return b"".join([digest(b"\x00" + leaf).digest() for leaf in leaves])


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into the node above them."""
    return sha256(NODE + left + right).digest()


def whole_root(hashes: bytes) -> bytes:
    """Give the hash over neighbours that fill a subtree: one after another, a power of two."""
    assert hashes
    assert len(hashes) & (len(hashes) - 1) == 0 and len(hashes) % HASH_BYTES == 0
    digest = sha256
    while len(hashes) > HASH_BYTES:
        pairs = range(0, len(hashes), 2 * HASH_BYTES)
        hashes = b"".join([digest(b"\x01" + hashes[i : i + 64]).digest() for i in pairs])
    return hashes


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Give the root over a list of leaf hashes; over none, the hash of no bytes."""
    return _range_root(0, len(hashes), nodes_of(hashes)) if hashes else EMPTY_ROOT


def nodes_of(hashes: Sequence[bytes]) -> NodeOf:
    """Give the function that finds any whole subtree over a list of leaf hashes."""

    def node(height: int, position: int) -> bytes:
        return whole_root(b"".join(hashes[position << height : (position + 1) << height]))

    return node


def root_at(size: int, node: NodeOf) -> bytes:
    """Give the root over the first `size` leaves."""
    return _range_root(0, size, node) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, node: NodeOf) -> list[bytes]:
    """Give the hashes that lead from a leaf to the root over `size` leaves, lowest first.

    Raises ProofRefused unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ProofRefused(f"expected a leaf from 0 to {size - 1}, found {index}")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _half(end - start)
        if index < middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    return path[::-1]


def consistency_path(old_size: int, new_size: int, node: NodeOf) -> list[bytes]:
    """Give the hashes that show that the list of `new_size` begins with that of `old_size`.

    Empty for an old list of none or of all. Raises ProofRefused unless 0 <= old_size <= new_size.
    """
    if not 0 <= old_size <= new_size:
        raise ProofRefused(f"expected an old size from 0 to {new_size}, found {old_size}")
    if old_size in (0, new_size):
        return []
    path = []
    start, end = 0, new_size
    while old_size != end:
        middle = start + _half(end - start)
        if old_size <= middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    if start:  # Else the old list is one whole subtree, and its root is known already.
        path.append(_range_root(start, end, node))
    return path[::-1]


def root_from_inclusion(index: int, size: int, hash_of_leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Give the root that a leaf and its path make; the caller compares it with a signed one.

    Raises ProofRefused for an index outside of the list and for a path of a wrong length.
    """
    if not 0 <= index < size:
        raise ProofRefused(f"expected a leaf from 0 to {size - 1}, found {index}")
    inner = (index ^ (size - 1)).bit_length()  # Below, neighbours on either side; above, the left.
    _check_path(path, inner + (index >> inner).bit_count())
    root = hash_of_leaf
    for height, other in enumerate(path):
        is_left = height < inner and not index >> height & 1
        root = node_hash(root, other) if is_left else node_hash(other, root)
    return root


def is_consistent(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Tell whether a path shows that the list of the new root begins with that of the old root."""
    if not 0 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    if old_size == 0:  # Nothing is the beginning of everything.
        return not path and old_root == EMPTY_ROOT
    low = (old_size & -old_size).bit_length() - 1  # The last whole subtree of the old list.
    position, last = (old_size - 1) >> low, (new_size - 1) >> low
    inner = (position ^ last).bit_length()
    is_whole = old_size == 1 << low
    expected = (not is_whole) + inner + (position >> inner).bit_count()
    if len(path) != expected or any(len(each) != HASH_BYTES for each in path):
        return False
    old = new = old_root if is_whole else path[0]
    for height, other in enumerate(path if is_whole else path[1:]):
        if height < inner and not position >> height & 1:
            new = node_hash(new, other)
        else:
            old, new = node_hash(other, old), node_hash(other, new)
    return old == old_root and new == new_root


def _half(count: int) -> int:
    """Give the largest power of two below a count of two or more."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_root(start: int, end: int, node: NodeOf) -> bytes:
    """Give the hash over the leaves from start to end, as the tree cuts its ranges."""
    pieces = []
    while start < end:
        height = (end - start).bit_length() - 1
        pieces.append(node(height, start >> height))
        start += 1 << height
    root = pieces.pop()
    while pieces:
        root = node_hash(pieces.pop(), root)
    return root


def _check_path(path: Sequence[bytes], expected: int) -> None:
    if len(path) != expected:
        raise ProofRefused(f"expected a path of {expected} hashes, found {len(path)}")
    for each in path:
        if len(each) != HASH_BYTES:
            raise ProofRefused(f"expected hashes of {HASH_BYTES} bytes, found {len(each)}")
