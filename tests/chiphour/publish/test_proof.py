"""PROOF: where a fix stands in the log, and how the log stands.

Takes   a leaf, a checkpoint.
Gives   failures.
Keeps   what is hashed as the bytes that are hashed.
Source  RFC 6962; C2SP tlog-checkpoint.
"""

import hashlib

from chiphour.publish.columns import object_of
from chiphour.publish.proof import LOG
from chiphour.publish.proof import LOGGED
from chiphour.publish.proof import Logged
from published import LOG_STATE
from published import SIGNED

LEAF = b'{"type":"fix"}'


def test_a_leaf_is_given_as_it_is_hashed():
    assert object_of(LOGGED, Logged(3, LEAF, "ab" * 32)) == {
        "index": 3,
        "leaf": '{"type":"fix"}',
        "leaf_hash": hashlib.sha256(b"\x00" + LEAF).hexdigest(),
        "root": "ab" * 32,
    }


def test_the_log_says_what_its_checkpoint_says():
    assert object_of(LOG, LOG_STATE) == {
        "origin": "index.example/log",
        "size": 7,
        "root": bytes(range(32)).hex(),
        "checkpoint": SIGNED,
        "vkey": "key",
        "tiles": "/log/",
    }
