"""TREE: the root is that of RFC 6962, and the tiles are those that a log serves.

Takes   leaves drawn at random, and the definition of the RFC word for word.
Gives   a failure where root, tile or path differs.
Keeps   each leaf in the root: one that is changed, moved or dropped changes it.
Source  RFC 6962 section 2.1; C2SP tlog-tiles.
"""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from chiphour.audit.tree import ID_BYTES
from chiphour.audit.tree import TILE
from chiphour.audit.tree import entries_of
from chiphour.audit.tree import entry_paths
from chiphour.audit.tree import leaf_hash
from chiphour.audit.tree import root_of
from chiphour.audit.tree import root_of_ids
from chiphour.audit.tree import tile_path
from chiphour.audit.tree import tiles_of


def as_defined(leaves: list[bytes]) -> bytes:
    """Hash a tree as RFC 6962 says: split at the largest power of two below the count."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\1" + as_defined(leaves[:half]) + as_defined(leaves[half:])).digest()


def root_over(leaves: list[bytes]) -> bytes:
    return root_of([leaf_hash(leaf) for leaf in leaves])


@given(st.lists(st.binary(max_size=40), max_size=80))
def test_the_root_is_that_of_the_rfc(leaves):
    assert root_over(leaves) == as_defined(leaves)


def test_the_root_is_that_of_another_implementation():
    leaves = [bytes([number]) * ID_BYTES for number in range(100)]
    other = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        other.append_entry(leaf)
    assert root_of_ids(b"".join(leaves)) == other.get_root()


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=20, unique=True), st.data())
def test_a_leaf_that_is_changed_moved_or_dropped_changes_the_root(leaves, data):
    at = data.draw(st.integers(0, len(leaves) - 2))
    root = as_defined(leaves)
    changed = [*leaves[:at], leaves[at] + b"!", *leaves[at + 1 :]]
    moved = [*leaves[:at], leaves[at + 1], leaves[at], *leaves[at + 2 :]]
    assert root not in map(root_over, (changed, moved, leaves[:at] + leaves[at + 1 :]))


def test_tiles_hold_every_hash_and_the_roots_of_full_tiles():
    hashes = [leaf_hash(number.to_bytes(4, "big")) for number in range(TILE * TILE + 300)]
    tiles = dict(tiles_of(hashes))
    assert len(tiles) == 258 + 2 + 1
    assert tiles["tile/0/000"] == b"".join(hashes[:TILE])
    assert tiles["tile/0/257.p/44"] == b"".join(hashes[-44:])
    assert tiles["tile/1/000"][:32] == root_of(hashes[:TILE])
    assert tiles["tile/1/001.p/1"] == root_of(hashes[TILE * TILE :][:TILE])
    assert tiles["tile/2/000.p/1"] == root_of(hashes[: TILE * TILE])
    assert root_of([tiles["tile/2/000.p/1"], root_of(hashes[TILE * TILE :])]) == root_of(hashes)
    assert dict(tiles_of([])) == {}


def test_paths_are_in_groups_of_three_digits():
    assert tile_path("0", 1234067, TILE) == "tile/0/x001/x234/067"
    assert tile_path("entries", 1000, 5) == "tile/entries/x001/000.p/5"
    assert list(entry_paths(300)) == ["tile/entries/000", "tile/entries/001.p/44"]


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_entries_are_read_back(leaves):
    content = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)
    assert entries_of(content) == leaves
    for short in (content[:-1], content + b"\0"):
        if content:
            with pytest.raises(ValueError, match="expected an entry to end at byte"):
                entries_of(short)
