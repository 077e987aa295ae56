"""LOG TILES: files of a log are whole or refused, and what is nobody's is removed.

Takes   folders with tiles of any number.
Gives   the claims of `adapters/log_tiles.py`, each a test.
Keeps   everything that belongs to the log of the size that was said.
Source  C2SP tlog-tiles; decision 0018.
"""

import pytest

from chiphour.adapters.log_tiles import LogDamaged
from chiphour.adapters.log_tiles import LogFailed
from chiphour.adapters.log_tiles import LogMissing
from chiphour.adapters.log_tiles import TileFiles
from chiphour.index.tiles import bundle_of
from chiphour.index.tiles import tile_path


def names(folder) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_written_files_are_read_back(tmp_path):
    files = TileFiles(tmp_path / "log")
    files.write([(tile_path(1, 1_234_067, 2), b"a" * 64), (tile_path("entries", 0), b"")])
    assert names(tmp_path / "log") == ["tile/1/x001/x234/067.p/2", "tile/entries/000"]
    assert files.tile(1, 1_234_067, 2) == b"a" * 64
    assert files.partials(1, 1_234_067) == [2]
    assert files.partials(1, 3) == []


def test_partial_tile_that_is_gone_is_read_from_the_full_one(tmp_path):
    files = TileFiles(tmp_path)
    leaves = [bytes([number]) for number in range(256)]
    files.write([("tile/0/000", bytes(8192)), ("tile/entries/000", bundle_of(leaves))])
    assert files.tile(0, 0, 3) == bytes(96)
    assert files.bundle(0, 3) == leaves[:3]


def test_tile_of_a_wrong_length_or_none_is_damage(tmp_path):
    files = TileFiles(tmp_path)
    files.write([("tile/0/000.p/3", bytes(95)), ("tile/0/001", bytes(95))])
    with pytest.raises(LogDamaged, match="expected 3 hashes of 32 bytes, found 95 bytes"):
        files.tile(0, 0, 3)
    with pytest.raises(LogDamaged, match="expected 256 hashes of 32 bytes, found 95 bytes"):
        files.tile(0, 1, 3)
    with pytest.raises(LogDamaged, match=r"tile/0/002\.p/3: expected the tile, found no file"):
        files.tile(0, 2, 3)


def test_checkpoint_takes_the_place_of_the_last_one(tmp_path):
    files = TileFiles(tmp_path / "log")
    with pytest.raises(LogMissing, match="expected a checkpoint, found no such file"):
        files.text()
    files.replace("checkpoint", "one")
    files.replace("checkpoint", "other")
    assert files.text() == "other"
    assert names(tmp_path) == ["log/checkpoint"]
    (tmp_path / "log/checkpoint").write_bytes(b"\xff")
    with pytest.raises(LogDamaged, match="expected UTF-8"):
        files.text()


def test_disk_that_refuses_is_told(tmp_path):
    (tmp_path / "log").write_text("a file where the folder should be")
    files = TileFiles(tmp_path / "log")
    with pytest.raises(LogFailed, match="expected to write, found"):
        files.write([("tile/0/000", b"x")])
    (tmp_path / "other" / "checkpoint").mkdir(parents=True)
    with pytest.raises(LogFailed, match="expected to replace it, found Is a directory"):
        TileFiles(tmp_path / "other").replace("checkpoint", "x")


@pytest.mark.parametrize("full", [0, 3, 999, 1_000, 1_001, 5_200])
def test_tiles_beyond_the_log_are_removed_and_no_other(tmp_path, full):
    """Of a log with so many full tiles and ten leaves more: what has a larger number or width."""
    size = 256 * full + 10
    files = TileFiles(tmp_path)
    kept = [tile_path(0, number) for number in {0, 1, 998, 999, 1_000, full - 1} if number < full]
    kept = sorted({*kept, tile_path(0, full, 4), tile_path(0, full, 10), "checkpoint", "other"})
    beyond = [
        tile_path(0, full, 11),
        *(tile_path(0, full + more) for more in (0, 1, 700, 2_000)),
        tile_path("entries", full + 1, 7),
        *("checkpoint.0a1b2c3d", "witnessed.0a1b2c3d"),
    ]
    if full > 1:
        beyond.append(tile_path(0, full - 1, 200))  # Left over: the full one is there.
    files.write((name, b"x") for name in [*kept, *beyond])
    files.discard_beyond(size)
    assert names(tmp_path) == kept
