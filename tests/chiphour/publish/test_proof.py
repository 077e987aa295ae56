"""PROOF: where a fix stands in the log, and how the log stands.

Takes   a leaf, a checkpoint.
Gives   failures.
Keeps   what is hashed as the bytes that are hashed.
Source  RFC 6962; C2SP tlog-checkpoint.
"""

import hashlib

import pytest

from chiphour.index.merkle import leaf_hash
from chiphour.index.note import Signature
from chiphour.index.tiles import tile_count
from chiphour.publish.columns import object_of
from chiphour.publish.proof import LOG
from chiphour.publish.proof import LOGGED
from chiphour.publish.proof import Logged
from chiphour.publish.proof import levels_of
from chiphour.publish.proof import signers_of
from published import LOG_STATE
from published import SIGNED

LEAF = b'{"type":"fix"}'
OWN = {"name": "index.example/log", "key_id": "00000000", "role": "log", "seen": None}


def test_a_leaf_is_given_as_it_is_hashed():
    assert object_of(LOGGED, Logged(3, LEAF, "ab" * 32)) == {
        "index": 3,
        "leaf": '{"type":"fix"}',
        "leaf_hash": hashlib.sha256(b"\x00" + LEAF).hexdigest(),
        "root": "ab" * 32,
    }


def test_the_log_says_what_its_checkpoint_says():
    assert object_of(LOG, LOG_STATE._replace(witnesses=("one+00+b", "two+00+b"))) == {
        "origin": "index.example/log",
        "size": 7,
        "root": bytes(range(32)).hex(),
        "checkpoint": SIGNED,
        "vkey": "key",
        "witnesses": ["one+00+b", "two+00+b"],
        "tiles": "/log/",
        "signers": [
            {"name": "index.example/log", "key_id": "00000000", "role": "log", "seen": None}
        ],
        "levels": [{"level": 0, "full": 0, "partial": 7}],
        "latest": [
            {"index": each.number, "leaf": each.leaf.decode(), "leaf_hash": hash_of(each)}
            for each in LOG_STATE.latest
        ],
    }


def hash_of(logged):
    return leaf_hash(logged.leaf).hex()


def test_a_witness_is_told_with_the_time_at_which_it_saw_the_log():
    payload = (1_784_507_700).to_bytes(8, "big") + bytes(64)
    line = Signature("witness.example", b"abcd", payload).line
    own, witness = signers_of(SIGNED + line + "\n")
    assert own.role == "log"
    assert witness == ("witness.example", "61626364", "witness", 1_784_507_700 * 10**9)


@pytest.mark.parametrize(
    ("size", "found"),
    [
        (0, []),
        (256, [(0, 1, 0), (1, 0, 1)]),
        (70_000, [(0, 273, 112), (1, 1, 17), (2, 0, 1)]),
    ],
)
def test_levels_are_what_the_files_are(size, found):
    assert levels_of(size) == found
    for level, full, partial in found:
        assert tile_count(size, level) == full + bool(partial)
