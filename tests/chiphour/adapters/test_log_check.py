"""LOG CHECK: the first fault of a log, in words, with its file and its leaf.

Takes   a log of 700 leaves of which one file was changed.
Gives   the claims of `adapters/log_check.py`, each a test.
Keeps   the exact words of each kind of fault.
Source  Decision 0018.
"""

import shutil
from hashlib import sha256

import pytest

from chiphour.adapters.log import LogReader
from chiphour.adapters.log_check import first_fault
from chiphour.index.leaves import batch_leaf
from chiphour.index.merkle import leaf_hash
from chiphour.index.merkle import root_of
from chiphour.index.note import Checkpoint
from chiphour.index.note import Note
from chiphour.index.note import checkpoint_body
from chiphour.index.note import note_text
from chiphour.index.series import ALL_SERIES
from chiphour.index.tiles import bundle_of
from chiphour.index.tiles import leaves_of
from chiphour.units import NS_PER_MINUTE
from logs import FIRST_NS
from logs import GROUP
from logs import leaf
from logs import leaves
from logs import log
from logs import signer

SIZE = 700


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Make a log of three bundles, the last unfinished and kept at two widths."""
    place = tmp_path_factory.mktemp("original")
    one = log(place)
    one.append(leaves(range(600)))
    one.append(leaves(range(600, SIZE)))
    return place


@pytest.fixture
def place(original, tmp_path):
    """Copy the log, to be changed."""
    shutil.copytree(original, tmp_path / "copy")
    return tmp_path / "copy"


def fault_of(place) -> str | None:
    return first_fault(LogReader(place / "log").files, signer(place).verifier)


def test_sound_log_has_no_fault(place):
    assert fault_of(place) is None


def test_changed_leaf_is_named(place):
    path = place / "log/tile/entries/001"
    found = leaves_of(path.read_bytes(), 256)
    digest = sha256(b"fix 300").hexdigest().encode()
    found[44] = found[44].replace(digest, b"0" * 64)
    path.write_bytes(bundle_of(found))
    assert fault_of(place) == (
        f"tile/0/001: expected the hash {leaf_hash(found[44]).hex()} of leaf 300, "
        f"found {leaf_hash(leaf(300)).hex()}"
    )


def test_swapped_leaves_are_named(place):
    path = place / "log/tile/entries/001"
    found = leaves_of(path.read_bytes(), 256)
    found[10], found[11] = found[11], found[10]
    path.write_bytes(bundle_of(found))
    assert fault_of(place) == (
        f"tile/0/001: expected the hash {leaf_hash(found[10]).hex()} of leaf 266, "
        f"found {leaf_hash(leaf(266)).hex()}"
    )


def test_truncated_tile_and_bundle_are_named(place):
    for name, words in (
        ("tile/0/001", "tile/0/001: expected 256 hashes of 32 bytes, found 8191 bytes"),
        ("tile/1/000.p/2", "tile/1/000.p/2: expected 2 hashes of 32 bytes, found 63 bytes"),
    ):
        path = place / "log" / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        assert fault_of(place) == words
        path.write_bytes(whole)
    path = place / "log/tile/entries/002.p/188"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert fault_of(place) == (
        f"tile/entries/002.p/188: expected 188 leaves, found 188 in {len(whole) - 1} bytes, "
        "the last one cut off by 1"
    )
    path.unlink()
    assert fault_of(place) == "tile/entries/002.p/188: expected the tile, found no file"


def test_changed_hash_of_any_level_is_named(place):
    for name, words in (
        ("tile/0/000", "tile/0/000: expected the hash"),
        ("tile/0/002.p/188", "of leaf 512, found"),
        ("tile/1/000.p/2", "of tile 0 of level 0, found"),
        ("tile/0/002.p/88", "tile/0/002.p/88: expected the hash"),
    ):
        path = place / "log" / name
        whole = path.read_bytes()
        path.write_bytes(bytes([whole[0] ^ 128]) + whole[1:])
        assert words in fault_of(place)
        path.write_bytes(whole)
    path = place / "log/tile/entries/002.p/88"
    path.write_bytes(path.read_bytes().replace(b"fix", b"fax", 1))
    assert fault_of(place) == (
        "tile/entries/002.p/88: expected the first 88 leaves of tile/entries/002.p/188, "
        "found others"
    )


def test_files_that_no_log_has_are_passed_over_or_named(place):
    """A copy may be anybody's: names that are no widths, and a tile of any length."""
    partial = place / "log/tile/0/002.p"
    for name in ("0", "007", "256", "1_0", "\u00b2", "\u0663"):
        (partial / name).write_bytes(b"x")
    assert fault_of(place) is None
    with (place / "log/tile/entries/000").open("ab") as file:
        file.truncate(1 << 40)  # Of holes: no disk is filled, but a memory would be.
    assert "tile/entries/000: expected 256 leaves" in fault_of(place)


def test_forged_checkpoint_is_named(place):
    path = place / "log/checkpoint"
    whole = path.read_text()
    path.write_text(whole.replace("\n700\n", "\n699\n"))
    assert fault_of(place) == (
        f"checkpoint: expected a signature of {signer(place).vkey} over the text, found another"
    )
    other = Checkpoint("log.example/chiphour", SIZE, root_of([leaf_hash(b"another list")]))
    text = checkpoint_body(other)
    path.write_text(note_text(Note(text, (signer(place).signature(text),))))
    root = root_of([leaf_hash(each) for each in leaves(range(SIZE))])
    assert fault_of(place) == (
        f"checkpoint: expected the root {root.hex()} that the tiles make, found {other.root.hex()}"
    )


def signed_log(tmp_path, content):
    """Make a log of leaves in an order that no writer of ours would choose."""
    one = log(tmp_path)
    one.append(content)
    return fault_of(tmp_path)


def test_fix_before_its_batch_is_a_fault(tmp_path):
    assert signed_log(tmp_path, [leaf(1), leaf(0), *leaves(range(2, GROUP))]) == (
        f"leaf 0: expected the batch {sha256(b'batch 0').hexdigest()} of 2026-07-20T06:10:00Z "
        "before the fix of CHR.H100.SXM.SPOT, found none"
    ).replace("06:10", "00:30")


def test_batch_of_another_root_or_strike_does_not_count(tmp_path):
    other_root = batch_leaf(FIRST_NS, FIRST_NS, 1, "ab" * 32)
    root = sha256(b"batch 0").hexdigest()
    other_strike = batch_leaf(FIRST_NS - 1_000, FIRST_NS, 1, root)
    fault = signed_log(tmp_path, [other_root, other_strike, leaf(1)])
    assert fault.startswith(f"leaf 2: expected the batch {root} of ")


def changed(number, old, new):
    """Give a leaf in other words."""
    return leaf(number).replace(old, new)


def test_second_batch_of_a_strike_is_a_fault(tmp_path):
    other, root = "ab" * 32, sha256(b"batch 0").hexdigest()
    again = batch_leaf(FIRST_NS, FIRST_NS + 5 * NS_PER_MINUTE, 1_000, other)
    same = leaf(0)
    assert signed_log(tmp_path, [leaf(0), leaf(1), same, again]) == (
        f"leaf 3: expected one batch of 2026-07-20T00:30:00Z, {root}, found {other} too"
    )


def test_second_document_of_a_vintage_is_a_fault(tmp_path):
    """Of another vintage, set or series it is none, and the same again is none."""
    digest = sha256(b"fix 1").hexdigest()
    forged = changed(1, digest.encode(), b"0" * 64)
    others = [
        forged.replace(b"provisional", b"final"),
        forged.replace(b"v2026_1", b"robust"),
        forged.replace(b'"revision":""', b'"revision":"REV-2026-001"'),
    ]
    sound = [leaf(0), leaf(1), leaf(2), leaf(1), *others]
    assert signed_log(tmp_path / "sound", sound) is None
    assert signed_log(tmp_path / "forged", [*sound, forged]) == (
        "leaf 7: expected one document of CHR.H100.SXM.OD 2026-07-20T00:30:00Z v2026_1 "
        f"provisional, {digest}, found {'0' * 64} too"
    ).replace("CHR.H100.SXM.OD", ALL_SERIES[0].ticker)
    revised = others[2].replace(b"0" * 64, b"1" * 64)
    assert signed_log(tmp_path / "event", [*sound, revised]).startswith(
        f"leaf 7: expected one document of {ALL_SERIES[0].ticker} 2026-07-20T00:30:00Z v2026_1 "
        f"provisional REV-2026-001, {'0' * 64}, found "
    )


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600, SIZE])
def test_what_was_cosigned_must_be_of_this_log(place, size):
    """The last cosigned checkpoint may be behind; its root must be that of the log then."""
    one, path = signer(place), place / "log/witnessed"
    hashes = [leaf_hash(each) for each in leaves(range(size))]

    def write(signing, root):
        text = checkpoint_body(Checkpoint(one.name, size, root))
        path.write_text(note_text(Note(text, (signing.signature(text),))))

    write(one, root_of(hashes))
    assert fault_of(place) is None
    other = root_of([leaf_hash(b"another"), *hashes[1:]])
    write(one, other)
    assert fault_of(place) == (
        f"witnessed: expected the root {root_of(hashes).hex()} that the tiles make, "
        f"found {other.hex()}"
    )
    write(signer(place / "elsewhere"), root_of(hashes))
    assert fault_of(place) == f"witnessed: expected a signature of {one.vkey}, found none"


def test_leaves_that_were_cosigned_and_are_gone_are_a_fault(place):
    text = checkpoint_body(Checkpoint(signer(place).name, SIZE + 1, b"0" * 32))
    signed = note_text(Note(text, (signer(place).signature(text),)))
    (place / "log/witnessed").write_text(signed)
    assert fault_of(place) == (
        f"witnessed: expected a log of {SIZE + 1} leaves, which were cosigned, found {SIZE}"
    )


def test_time_that_goes_back_is_a_fault(place):
    """Written by a program that does not look at times."""
    path = place / "log/tile/entries/000"
    found = leaves_of(path.read_bytes(), 256)
    found[70], found[0] = found[0], found[70]
    path.write_bytes(bundle_of(found))
    assert fault_of(place).startswith("leaf 0: expected the batch ")
    found[70], found[0], found[1] = found[0], found[70], found[GROUP]
    path.write_bytes(bundle_of(found))
    assert fault_of(place) == (
        "leaf 2: expected a time of 2026-07-21T00:35:00Z or later, found 2026-07-20T00:35:00Z"
    )
