"""MERKLE: the hashes of RFC 6962, and every path for every size.

Takes   the eight leaves that implementations of RFC 6962 are known by, lists of up to 300 leaves,
        a second implementation from the package index.
Gives   the claims of `index/merkle.py`, each a test.
Keeps   the recursive text of the RFC as the judge of the loops.
Source  RFC 6962 section 2.1; RFC 9162 section 2.1.3.2.
"""

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index.merkle import EMPTY_ROOT
from chiphour.index.merkle import ProofRefused
from chiphour.index.merkle import consistency_path
from chiphour.index.merkle import inclusion_path
from chiphour.index.merkle import is_consistent
from chiphour.index.merkle import leaf_hash
from chiphour.index.merkle import leaf_hashes
from chiphour.index.merkle import node_hash
from chiphour.index.merkle import nodes_of
from chiphour.index.merkle import root_at
from chiphour.index.merkle import root_from_inclusion
from chiphour.index.merkle import root_of
from chiphour.index.merkle import whole_root

SIZE_MAX = 300
# The test leaves of the reference implementation of Certificate Transparency, and their roots.
KNOWN_LEAVES = [
    bytes.fromhex(each)
    for each in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(f"leaf {number}".encode()) for number in range(SIZE_MAX)]
NODE = cache(nodes_of(LEAVES))


@cache
def judged_root(start: int, end: int) -> bytes:
    """Give the root as the RFC words it: over two halves, the left a power of two."""
    if end - start == 1:
        return LEAVES[start]
    half = 1
    while 2 * half < end - start:
        half *= 2
    return node_hash(judged_root(start, start + half), judged_root(start + half, end))


def test_known_roots_come_out():
    hashes = [leaf_hash(leaf) for leaf in KNOWN_LEAVES]
    assert [root_of(hashes[: at + 1]).hex() for at in range(8)] == KNOWN_ROOTS
    assert root_of([]) == EMPTY_ROOT == sha256(b"").digest()
    assert leaf_hashes(KNOWN_LEAVES) == b"".join(hashes)


def test_known_inclusion_path_comes_out():
    """The sixth of eight leaves: the path that the RFC's own example names."""
    hashes = [leaf_hash(leaf) for leaf in KNOWN_LEAVES]
    path = inclusion_path(5, 8, nodes_of(hashes))
    assert path == [hashes[4], root_of(hashes[6:8]), root_of(hashes[:4])]


def test_paths_are_those_of_the_rfc_on_its_example_of_seven_leaves():
    d = LEAVES[:7]
    node = nodes_of(d)
    k, i, j = root_of(d[:4]), root_of(d[4:6]), d[6]
    g, h = root_of(d[:2]), root_of(d[2:4])
    assert inclusion_path(0, 7, node) == [d[1], h, root_of(d[4:])]
    assert inclusion_path(3, 7, node) == [d[2], g, root_of(d[4:])]
    assert inclusion_path(4, 7, node) == [d[5], j, k]
    assert inclusion_path(6, 7, node) == [i, k]
    assert consistency_path(3, 7, node) == [d[2], d[3], g, root_of(d[4:])]
    assert consistency_path(4, 7, node) == [root_of(d[4:])]
    assert consistency_path(6, 7, node) == [i, j, k]


def test_root_of_every_size_is_that_of_the_recursion():
    for size in range(1, SIZE_MAX + 1):
        assert root_at(size, NODE) == root_of(LEAVES[:size]) == judged_root(0, size)
    assert root_at(0, NODE) == EMPTY_ROOT


def test_every_inclusion_path_of_every_size_verifies():
    for size in range(1, SIZE_MAX + 1):
        root = judged_root(0, size)
        for index in range(size):
            path = inclusion_path(index, size, NODE)
            assert root_from_inclusion(index, size, LEAVES[index], path) == root


def test_every_consistency_path_of_every_pair_verifies():
    roots = [EMPTY_ROOT, *(judged_root(0, size) for size in range(1, SIZE_MAX + 1))]
    for new in range(SIZE_MAX + 1):
        for old in range(new + 1):
            path = consistency_path(old, new, NODE)
            assert is_consistent(old, roots[old], new, roots[new], path)


@settings(max_examples=300)
@given(st.data())
def test_any_change_of_an_inclusion_proof_is_refused(data):
    """Another leaf, index, size, path: none of them makes the root."""
    size = data.draw(st.integers(1, SIZE_MAX))
    index = data.draw(st.integers(0, size - 1))
    path, root = inclusion_path(index, size, NODE), judged_root(0, size)
    what = data.draw(st.sampled_from(["leaf", "index", "flip", "drop", "add", "swap"]))
    leaf, at = LEAVES[index], index
    if what == "leaf":
        leaf = data.draw(st.sampled_from(LEAVES).filter(lambda other: other != leaf))
    elif what == "index" and size > 1:
        at = data.draw(st.integers(0, size - 1).filter(lambda other: other != index))
    elif what == "flip" and path:
        place, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
        flipped = int.from_bytes(path[place], "big") ^ 1 << bit
        path[place] = flipped.to_bytes(32, "big")
    elif what == "drop" and path:
        path.pop(data.draw(st.integers(0, len(path) - 1)))
    elif what == "swap" and len(path) > 1:
        place = data.draw(st.integers(1, len(path) - 1))
        path[place - 1], path[place] = path[place], path[place - 1]
    else:
        path.insert(data.draw(st.integers(0, len(path))), data.draw(st.sampled_from(LEAVES)))
    try:
        assert root_from_inclusion(at, size, leaf, path) != root
    except ProofRefused as fault:
        assert "expected a path of" in str(fault)  # noqa: PT017


@settings(max_examples=300)
@given(st.data())
def test_any_change_of_a_consistency_proof_is_refused(data):
    new = data.draw(st.integers(1, SIZE_MAX))
    old = data.draw(st.integers(1, new))
    path = consistency_path(old, new, NODE)
    roots = {"old": judged_root(0, old), "new": judged_root(0, new)}
    what = data.draw(st.sampled_from(["old", "new", "flip", "drop", "add", "size"]))
    if what == "flip" and path:
        place, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
        path[place] = (int.from_bytes(path[place], "big") ^ 1 << bit).to_bytes(32, "big")
    elif what == "drop" and path:
        path.pop(data.draw(st.integers(0, len(path) - 1)))
    elif what == "size" and new > 1:
        old = data.draw(st.integers(1, new).filter(lambda other: other != old))
    elif what in roots:
        roots[what] = data.draw(st.sampled_from(LEAVES).filter(lambda o: o != roots[what]))
    else:
        path.insert(data.draw(st.integers(0, len(path))), data.draw(st.sampled_from(LEAVES)))
    assert not is_consistent(old, roots["old"], new, roots["new"], path)


def test_a_question_outside_of_the_list_is_refused():
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(ProofRefused, match="expected a leaf from 0 to"):
            inclusion_path(index, size, NODE)
        with pytest.raises(ProofRefused, match="expected a leaf from 0 to"):
            root_from_inclusion(index, size, LEAVES[0], [])
    with pytest.raises(ProofRefused, match="expected an old size from 0 to 5, found 6"):
        consistency_path(6, 5, NODE)
    assert not is_consistent(6, LEAVES[0], 5, LEAVES[0], [])


def test_hashes_of_another_length_are_refused():
    path = inclusion_path(2, 5, NODE)
    with pytest.raises(ProofRefused, match="expected hashes of 32 bytes, found 31"):
        root_from_inclusion(2, 5, LEAVES[2], [path[0][:31], *path[1:]])
    roots = judged_root(0, 3), judged_root(0, 5)
    path = consistency_path(3, 5, NODE)
    assert not is_consistent(3, roots[0], 5, roots[1], [path[0] + b"\0", *path[1:]])


def test_a_node_is_never_a_leaf():
    """The two children of the root, taken as one leaf of 64 bytes, make another root."""
    pair = LEAVES[0] + LEAVES[1]
    assert leaf_hash(pair) != node_hash(*LEAVES[:2]) == whole_root(pair)
