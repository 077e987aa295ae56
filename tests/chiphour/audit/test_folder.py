"""FOLDER: a bundle that is not what its manifest, key or log say is refused in one exact line.

Takes   a small bundle, spoiled in one way for each test.
Gives   a failure where it passes, or where the line says something else.
Keeps   both ways to spoil: with the manifest left as it was, and with it forged as well.
Source  Decision 0019.
"""

import json
from hashlib import sha256

import pytest

from bundles import forge
from bundles import leaves_of
from bundles import log_again
from chiphour.audit.folder import Differs
from chiphour.audit.folder import open_bundle
from chiphour.audit.tree import leaf_hash
from chiphour.audit.tree import root_of

ENTRIES, TILE = "log/tile/entries/006.p/36", "log/tile/0/006.p/36"
LEAVES = 1_572  # A methodology, five batches, three sets of 58 series on five days, final on four.


def refusal(folder):
    """Open a bundle that must be refused; give the line."""
    with pytest.raises(Differs) as refused:
        open_bundle(folder)
    return str(refused.value)


def hash_of(path):
    return sha256(path.read_bytes()).hexdigest()


def test_a_bundle_is_opened_with_its_tables_and_its_log(made):
    bundle = open_bundle(made)
    assert len(bundle.tables.series) == 58
    assert sorted(bundle.tables.parameters) == ["plain", "robust", "v2026_1"]
    assert sorted(bundle.logged.batches) == sorted(bundle.logged.fixes)
    assert [event["kind"] for event in bundle.logged.events.values()] == ["methodology"]
    assert bundle.revisions == []


def test_a_missing_file_is_named(bundle):
    path = bundle / "batches/2026-07-22.jsonl"
    size = path.stat().st_size
    path.unlink()
    assert refusal(bundle) == (
        f"batches/2026-07-22.jsonl: expected a file of {size} bytes, found none"
    )


def test_a_file_too_many_is_named(bundle):
    (bundle / "log/note.txt").write_text("hello")
    assert refusal(bundle) == "log/note.txt: expected no such file, found one"


def test_a_file_of_another_length_or_content_is_named(bundle):
    path = bundle / "tables.json"
    was = path.read_bytes()
    path.write_bytes(was + b" ")
    assert refusal(bundle) == f"tables.json: expected {len(was)} bytes, found {len(was) + 1}"
    expected = sha256(was).hexdigest()
    path.write_bytes(was.replace(b"SXM", b"SXN"))
    assert refusal(bundle) == f"tables.json: expected SHA-256 {expected}, found {hash_of(path)}"


def test_an_unknown_layout_is_refused(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps(manifest | {"layout": 2}))
    assert refusal(bundle) == "manifest.json: expected the layout 1, found 2"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"layout": 1, "files": 3}'])
def test_a_manifest_that_is_none_is_refused(bundle, text):
    (bundle / "manifest.json").write_text(text)
    assert refusal(bundle).startswith("manifest.json: expected layout and files, found ")
    (bundle / "manifest.json").unlink()
    assert refusal(bundle).startswith("manifest.json: expected layout and files, found ")


@pytest.mark.parametrize("path", ["tables.json", "revisions.jsonl", "log.pub", "log/checkpoint"])
def test_a_file_that_even_the_manifest_lacks_is_named(bundle, path):
    forge(bundle, path, None)
    assert refusal(bundle) == f"{path}: expected a file, found none"


def test_a_truncated_tile_is_named(bundle):
    content = (bundle / TILE).read_bytes()
    (bundle / TILE).write_bytes(content[:-32])
    assert refusal(bundle) == f"{TILE}: expected {len(content)} bytes, found {len(content) - 32}"
    forge(bundle, TILE, content[:-32])
    assert refusal(bundle) == f"{TILE}: expected the hashes of its leaves, found others"
    forge(bundle, TILE, None)
    assert refusal(bundle) == f"{TILE}: expected a tile, found none"


def test_truncated_entries_are_named(bundle):
    content = (bundle / ENTRIES).read_bytes()
    forge(bundle, ENTRIES, content[:-1])
    assert refusal(bundle) == (
        f"{ENTRIES}: expected an entry to end at byte {len(content)}, "
        f"found {len(content) - 1} bytes"
    )


def test_a_changed_leaf_does_not_make_the_signed_root(bundle):
    content = (bundle / ENTRIES).read_bytes()
    signed = root_of([leaf_hash(leaf) for leaf in leaves_of(bundle)]).hex()
    forge(bundle, ENTRIES, content.replace(b"plain", b"plaiN"))
    found = root_of([leaf_hash(leaf) for leaf in leaves_of(bundle)]).hex()
    assert refusal(bundle) == (
        f"log/checkpoint: expected the root {signed} over {LEAVES} leaves, "
        f"found {found} over {LEAVES}"
    )


def test_a_checkpoint_of_another_key_is_not_believed(bundle, tmp_path):
    name, number, _ = (bundle / "log.pub").read_text().split("+", 2)
    log_again(bundle, leaves_of(bundle), tmp_path / "another.key")
    assert refusal(bundle) == (
        f"log/checkpoint: expected a signature of {name}+{number}, found none"
    )


def test_a_flipped_bit_of_the_signature_is_not_believed(bundle):
    name, number, _ = (bundle / "log.pub").read_text().split("+", 2)
    text = (bundle / "log/checkpoint").read_text()
    flipped = "B" if text[-10] != "B" else "C"
    forge(bundle, "log/checkpoint", f"{text[:-10]}{flipped}{text[-9:]}".encode())
    assert refusal(bundle) == (
        f"log/checkpoint: the signature of {name}+{number} does not fit the checkpoint"
    )


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"\xff"])
def test_what_is_no_checkpoint_is_not_believed(bundle, content):
    forge(bundle, "log/checkpoint", content)
    assert refusal(bundle).startswith("log/checkpoint: expected ")


@pytest.mark.parametrize(
    "leaf",
    [
        b'{"strike":"2026-07-20T00:31:00Z","type":"batch","root":"","rows":0}',
        b'{"strike":"2026-07-20T00:30:00Z","type":"fix"}',
        b'{"type":"other"}',
        b"[]",
        b"",
    ],
)
def test_a_leaf_that_says_nothing_known_is_named(bundle, leaf):
    log_again(bundle, [*leaves_of(bundle), leaf])
    assert refusal(bundle) == f"log: leaf {LEAVES}: expected a batch, a fix or an event"


def test_a_batch_and_a_vintage_are_said_once(bundle):
    leaves = leaves_of(bundle)
    for kind in (b'"type":"batch"', b'"type":"fix"'):
        again = next(leaf for leaf in leaves if kind in leaf)
        other = again.replace(b'{"batch":"', b'{"batch":"0').replace(b'"rows":', b'"rows":1')
        log_again(bundle, [*leaves, other])
        assert refusal(bundle) == (
            f"log: leaf {LEAVES}: expected what no leaf before it says, found it again"
        )


def test_events_and_revisions_are_those_of_the_log(bundle):
    events = (bundle / "events.jsonl").read_bytes()
    forge(bundle, "events.jsonl", b"{}\n")
    assert refusal(bundle) == "events.jsonl: expected the events of the log, found others"
    forge(bundle, "events.jsonl", events)
    forge(bundle, "revisions.jsonl", b"{}\n")
    digest = sha256(b"{}").hexdigest()
    assert refusal(bundle) == (
        f"revisions.jsonl: line 1: expected an event of the log with SHA-256 {digest}, found none"
    )


def test_the_register_is_held_to_its_hash_and_the_parameters_to_the_text(bundle):
    tables = json.loads((bundle / "tables.json").read_text())
    tables["register"]["rows"][0]["owner"] = "another"
    forge(bundle, "tables.json", json.dumps(tables).encode())
    assert refusal(bundle).startswith("tables.json: register: expected SHA-256 ")
    tables["register"]["rows"][0]["owner"] = tables["register"]["rows"][0]["venue"]
    tables["parameters"]["v2026_1"]["members_min"] = 2
    forge(bundle, "tables.json", json.dumps(tables).encode())
    assert refusal(bundle) == (
        "tables.json: parameter set v2026_1: members_min: published 2, the text states 3"
    )
    forge(bundle, "tables.json", b"[]")
    assert refusal(bundle).startswith("tables.json: expected the tables of the rules, found ")
