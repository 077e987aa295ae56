"""WITNESS: one story of a log is cosigned; every other is refused with its status.

Takes   a log and a second one under the same key that says otherwise: a split view.
Gives   the claims of `adapters/witness.py`, each a test.
Keeps   what the witness remembers through every refusal.
Source  C2SP tlog-witness and tlog-cosignature.
"""

import json
import shutil

import pytest

from chiphour.adapters.log import LogReader
from chiphour.adapters.signing import Signer
from chiphour.adapters.witness import STATE
from chiphour.adapters.witness import Witness
from chiphour.adapters.witness import WitnessRefused
from chiphour.adapters.witness import request_of
from chiphour.index.merkle import EMPTY_ROOT
from chiphour.index.merkle import ProofRefused
from chiphour.index.note import COSIGNATURE
from chiphour.index.note import Checkpoint
from chiphour.index.note import Cosignature
from chiphour.index.note import cosignatures
from logs import ORIGIN
from logs import leaf
from logs import leaves
from logs import log
from logs import signer

NOW_NS = 1_784_600_000_999_999_999
NAME = "w.example/a"


def witness_of(tmp_path, *keys):
    known = Signer(tmp_path / "w.key", NAME, COSIGNATURE)
    return Witness(tmp_path / "w", known, keys or [signer(tmp_path).verifier], lambda: NOW_NS)


def ask(witness, one, old=None):
    """Ask for a cosignature of a log's checkpoint, as a client of the witness does."""
    return witness.add_checkpoint(
        request_of(one, witness.last(one.origin).size if old is None else old)
    )


def status(witness, request: str) -> int:
    """Give the status of a refusal, which changed nothing."""
    before = witness.last(ORIGIN)
    with pytest.raises(WitnessRefused) as fault:
        witness.add_checkpoint(request)
    assert witness.last(ORIGIN) == before
    return fault.value.status


def test_growing_log_is_cosigned_again_and_again(tmp_path):
    key = Signer(tmp_path / "w.key", NAME, COSIGNATURE).verifier
    one = log(tmp_path, key)
    assert witness_of(tmp_path).last(ORIGIN) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    for size in (0, 1, 300, 300, 700):
        one.append(leaves(range(one.size, size)))
        one.add_cosignature(ask(witness_of(tmp_path), one))  # As if started anew each time.
        assert cosignatures(one.checkpoint(), [key]) == [Cosignature(NAME, NOW_NS // 10**9)]
        assert witness_of(tmp_path).last(ORIGIN) == Checkpoint(ORIGIN, size, one.root)
    assert json.loads((tmp_path / "w" / STATE).read_text()) == {ORIGIN: [700, one.root.hex()]}


def test_request_is_spelled_as_the_specification_says(tmp_path):
    one = log(tmp_path)
    one.append(leaves(range(5)))
    lines = request_of(one, 3).split("\n")
    assert lines[0] == "old 3"
    assert all(len(line) == 44 for line in lines[1:5])
    assert lines[5] == ""
    assert "\n".join(lines[6:]) == one.checkpoint()


def test_second_story_of_a_log_is_not_cosigned(tmp_path):
    """A log that shows one tree to the witness and another to a reader is found out."""
    one, witness = log(tmp_path), witness_of(tmp_path)
    one.append(leaves(range(10)))
    shutil.copytree(tmp_path / "log", tmp_path / "fork" / "log")
    shutil.copy(tmp_path / "log.key", tmp_path / "fork" / "log.key")
    one.append([leaf(10)])
    ask(witness, one)
    fork = log(tmp_path / "fork")
    fork.append([leaf(9).replace(b"provisional", b"final")])
    assert status(witness, request_of(fork, 11)) == 409  # The same size, another root.
    fork.append(leaves(range(11, 20)))
    assert status(witness, request_of(fork, 11)) == 422  # No path leads there.
    assert ask(witness, one, 11).startswith(f"\u2014 {NAME} ")


def test_log_that_shrank_is_not_cosigned(tmp_path):
    one, witness = log(tmp_path), witness_of(tmp_path)
    one.append(leaves(range(10)))
    old = LogReader(tmp_path / "log")
    one.append([leaf(10)])
    ask(witness, one)
    assert status(witness, request_of(old, 10)) == 409
    with pytest.raises(ProofRefused, match="expected an old size from 0 to 10, found 11"):
        request_of(old, 11)
    with pytest.raises(WitnessRefused, match="expected the old size 11, found 0") as fault:
        ask(witness, one, 0)
    assert (fault.value.status, fault.value.size) == (409, 11)


def test_unknown_log_and_bad_signature_are_refused(tmp_path):
    one, witness = log(tmp_path), witness_of(tmp_path)
    one.append(leaves(range(10)))
    request = request_of(one, 0)
    assert status(witness, request.replace(f"\n{ORIGIN}\n", "\nother.example\n")) == 404
    assert status(witness, request.replace("\n10\n", "\n11\n")) == 403
    other = Signer(tmp_path / "other.key", ORIGIN).verifier
    assert status(witness_of(tmp_path, other), request) == 403


@pytest.mark.parametrize(
    "change",
    [
        lambda request: "",
        lambda request: request.replace("old 3", "old 03"),
        lambda request: request.replace("old 3", "size 3"),
        lambda request: request.replace("old 3", "old 11"),
        lambda request: request.replace("old 3\n", "old 3\n!\n"),
        lambda request: request.replace("old 3\n", "old 3\n" + 60 * f"{43 * 'A'}=\n"),
        lambda request: request.replace("\n10\n", "\nten\n"),
        lambda request: request.rstrip("\n"),
    ],
)
def test_malformed_request_is_refused(tmp_path, change):
    one, witness = log(tmp_path), witness_of(tmp_path)
    one.append(leaves(range(10)))
    request = request_of(one, 3)
    assert status(witness, change(request)) == 400


def test_path_that_was_changed_is_refused(tmp_path):
    one, witness = log(tmp_path), witness_of(tmp_path)
    one.append(leaves(range(3)))
    ask(witness, one)
    one.append(leaves(range(3, 10)))
    lines = request_of(one, 3).split("\n")
    assert status(witness, "\n".join([lines[0], *lines[2:]])) == 422
    assert status(witness, "\n".join([lines[0], lines[2], lines[1], *lines[3:]])) == 422
    witness.add_checkpoint("\n".join(lines))
