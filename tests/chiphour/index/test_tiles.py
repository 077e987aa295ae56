"""TILES: the tree in pieces is the tree, however it grew.

Takes   lists of hashes that grow in steps of any length.
Gives   the claims of `index/tiles.py`, each a test.
Keeps   `merkle.root_of` over the whole list as the judge.
Source  C2SP tlog-tiles.
"""

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index.merkle import leaf_hash
from chiphour.index.merkle import root_of
from chiphour.index.tiles import EMPTY
from chiphour.index.tiles import BundleRefused
from chiphour.index.tiles import bundle_of
from chiphour.index.tiles import edge_root
from chiphour.index.tiles import grown
from chiphour.index.tiles import leaves_of
from chiphour.index.tiles import levels
from chiphour.index.tiles import number_path
from chiphour.index.tiles import tile_count
from chiphour.index.tiles import tile_path
from chiphour.index.tiles import tile_width

HASHES = [leaf_hash(str(number).encode()) for number in range(70_000)]
WHOLE = b"".join(HASHES)


def hashes(start: int, end: int) -> bytes:
    return WHOLE[32 * start : 32 * end]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 700), min_size=1, max_size=12))
def test_growing_in_steps_gives_the_root_and_the_tiles_of_the_whole(steps):
    edge, files = EMPTY, {}
    for step in steps:
        edge, tiles = grown(edge, hashes(edge.size, edge.size + step))
        files |= {tile_path(tile.level, tile.number, tile.width): tile.hashes for tile in tiles}
        assert edge_root(edge) == root_of(HASHES[: edge.size])
    at_once, tiles = grown(EMPTY, hashes(0, sum(steps)))
    assert at_once.size == edge.size == sum(steps)
    for tile in tiles:
        assert files[tile_path(tile.level, tile.number, tile.width)] == tile.hashes
    wanted = [
        (level, number, tile_width(edge.size, level, number))
        for level in levels(edge.size)
        for number in range(tile_count(edge.size, level))
    ]
    assert sorted((tile.level, tile.number, tile.width) for tile in tiles) == wanted


def test_tree_of_70000_has_the_tiles_that_the_specification_counts():
    """273 full and one of 112 at level 0; one full and one of 17 at level 1; one of 1 above."""
    edge, tiles = grown(EMPTY, WHOLE)
    widths = [(tile.level, tile.width) for tile in tiles]
    assert widths.count((0, 256)) == 273
    assert widths.count((1, 256)) == 1
    assert [each for each in widths if each[1] < 256] == [(0, 112), (1, 17), (2, 1)]
    assert edge_root(edge) == root_of(HASHES)
    assert [len(row) // 32 for row in edge.rows] == [112, 17, 1]


def test_tree_of_256_has_a_full_tile_and_one_hash_above_it():
    _, tiles = grown(EMPTY, hashes(0, 256))
    assert [(tile.level, tile.number, tile.width) for tile in tiles] == [(0, 0, 256), (1, 0, 1)]
    assert [list(levels(size)) for size in (0, 1, 255, 256, 65_535, 65_536)] == [
        *([], [0], [0], [0, 1], [0, 1], [0, 1, 2]),
    ]


def test_numbers_are_written_in_groups_of_three_digits():
    assert number_path(0) == "000"
    assert number_path(67) == "067"
    assert number_path(999) == "999"
    assert number_path(1_000) == "x001/000"
    assert number_path(1_234_067) == "x001/x234/067"
    assert tile_path(0, 273, 112) == "tile/0/273.p/112"
    assert tile_path("entries", 1_234_067) == "tile/entries/x001/x234/067"


@given(st.lists(st.binary(max_size=400), max_size=256))
def test_bundle_gives_its_leaves_back(leaves):
    assert leaves_of(bundle_of(leaves), len(leaves)) == leaves


def test_bundle_is_lengths_of_two_bytes_and_leaves():
    assert bundle_of([b"abc", b"", b"d" * 258]) == b"\0\3abc" + b"\0\0" + b"\1\2" + b"d" * 258


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20), st.data())
def test_truncated_bundle_is_refused(leaves, data):
    whole = bundle_of(leaves)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(BundleRefused, match=f"expected {len(leaves)} leaves, found"):
        leaves_of(whole[:cut], len(leaves))
    with pytest.raises(BundleRefused, match=f"expected {len(leaves)} leaves, found"):
        leaves_of(whole + b"\0", len(leaves))
