"""LOG: the transparency log against another implementation, against harm, and against SIGKILL.

Takes   logs of real leaves; `pymerkle`, which shares no code with ours; files changed at random; a
        child process that appends and is killed, again and again, in one folder.
Gives   both implementations of one mind; every harm found; nothing acknowledged lost.
Keeps   the moments of the kills to a seed; what the child was doing then is up to the machine.
Source  RFC 6962; decision 0018.
"""

import random
import shutil
import sys
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from pymerkle import ConsistencyProof
from pymerkle import InclusionProof
from pymerkle import InmemoryTree
from pymerkle import InvalidProof
from pymerkle import verify_consistency
from pymerkle import verify_inclusion

from chiphour.adapters.log import LogReader
from chiphour.adapters.log_check import first_fault
from chiphour.audit import signature
from chiphour.index.merkle import consistency_path
from chiphour.index.merkle import inclusion_path
from chiphour.index.merkle import is_consistent
from chiphour.index.merkle import leaf_hash
from chiphour.index.merkle import node_hash
from chiphour.index.merkle import nodes_of
from chiphour.index.merkle import root_from_inclusion
from chiphour.index.merkle import root_of
from chiphour.index.note import verified
from killed import Breeder
from killed import breed
from killed import say
from logs import GROUP
from logs import leaf
from logs import leaves
from logs import log
from logs import signer

SEED = 20261118
KILLS = 30
LIFE_S = (0.02, 0.4)  # How long a child may live.
HARMS = 100


def layout_of(proof):
    """Give what stands around the path of their proof: it follows from index and sizes."""
    return {"algorithm": "sha256", "security": True, "size": proof.size, "rule": proof.rule}


@settings(max_examples=80)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=120), st.data())
def test_another_implementation_accepts_our_proofs_and_ours_accept_its(entries, data):
    theirs = InmemoryTree(algorithm="sha256")
    theirs.append_entries(entries)
    hashes = [leaf_hash(entry) for entry in entries]
    node, new = nodes_of(hashes), len(entries)
    old = data.draw(st.integers(1, new))
    index = data.draw(st.integers(0, old - 1))
    roots = [root_of(hashes[:size]) for size in range(new + 1)]
    assert roots == [theirs.get_root(size) for size in range(new + 1)]

    made = theirs.prove_inclusion(index + 1, old)  # They count leaves from one.
    path = inclusion_path(index, old, node)
    assert made.path == [hashes[index], *path]  # They begin with the leaf itself.
    ours = InclusionProof(**layout_of(made), index=index + 1, path=[hashes[index], *path])
    verify_inclusion(hashes[index], roots[old], ours, index=index + 1, size=old)
    assert root_from_inclusion(index, old, hashes[index], made.path[1:]) == roots[old]

    # Their proof of consistency is the path of the first new leaf: it holds the RFC's, in pieces.
    made = theirs.prove_consistency(old, new)
    detailed = [hashes[old], *inclusion_path(old, new, node)] if old < new else [roots[new]]
    assert made.path == detailed
    ours = ConsistencyProof(
        **layout_of(made), prior_size=old, subset=made.subset, path=list(detailed)
    )
    verify_consistency(roots[old], roots[new], ours, prior_size=old, later_size=new)
    path = path_of_the_rfc(made.path, old, new)
    assert path == consistency_path(old, new, node)
    assert is_consistent(old, roots[old], new, roots[new], path)
    with pytest.raises(InvalidProof):
        verify_consistency(roots[old - 1], roots[new], ours, prior_size=old, later_size=new)


def path_of_the_rfc(theirs: list[bytes], old: int, new: int) -> list[bytes]:
    """Put the hashes of their proof together as SUBPROOF of RFC 6962 section 2.1.2 asks."""
    if old == new:
        return []
    start, end, ranges = 0, new, []
    while end - start > 1:
        middle = start + half(end - start)
        ranges.append((middle, end) if old < middle else (start, middle))
        start, end = (start, middle) if old < middle else (middle, end)
    known = dict(zip([(old, old + 1), *reversed(ranges)], theirs, strict=True))

    def root(start: int, end: int) -> bytes:
        middle = start + half(end - start) if end - start > 1 else start
        found = known.get((start, end))
        return found or node_hash(root(start, middle), root(middle, end))

    def subproof(count: int, start: int, end: int, is_whole: bool) -> list[bytes]:
        if count == end - start:
            return [] if is_whole else [root(start, end)]
        middle = start + half(end - start)
        if count <= middle - start:
            return [*subproof(count, start, middle, is_whole), root(middle, end)]
        return [*subproof(count - middle + start, middle, end, False), root(start, middle)]

    return subproof(old, 0, new, True)


def half(count: int) -> int:
    """Give the largest power of two below a count."""
    return 1 << (count - 1).bit_length() - 1


def test_another_implementation_accepts_proofs_from_the_files_of_a_log(tmp_path):
    """A log of several levels, read back from its tiles."""
    theirs, one = InmemoryTree(algorithm="sha256"), log(tmp_path)
    draw = random.Random(SEED)
    while one.size < 2_000:
        group = leaves(range(one.size, one.size + draw.randrange(1, 300)))
        one.append(group)
        theirs.append_entries(group)
        assert one.root == theirs.get_root()
    reader = LogReader(tmp_path / "log")
    for _ in range(100):
        size = draw.randrange(1, reader.size + 1)
        index = draw.randrange(size)
        made = theirs.prove_inclusion(index + 1, size)
        assert [leaf_hash(reader.leaf(index)), *reader.inclusion(index, size)] == made.path
        made = theirs.prove_consistency(size, reader.size)
        path = path_of_the_rfc(made.path, size, reader.size)
        assert path == reader.consistency(size)
        assert is_consistent(size, theirs.get_root(size), reader.size, reader.root, path)


def test_checkpoint_is_believed_by_two_programs_that_share_no_code(tmp_path):
    one = log(tmp_path)
    one.append(leaves(range(5)))
    ours = verified(one.checkpoint(), one.key)
    theirs = signature.checkpoint_of(one.checkpoint(), signature.key_of(one.key.text))
    assert tuple(ours) == tuple(theirs)


def harm(folder: Path, draw: random.Random) -> str:
    """Change one file of a log that its checkpoint speaks of; say what was done."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "lock"]
    path = draw.choice(paths)
    whole = path.read_bytes()
    what = draw.choice(["flip", "cut", "swap", "remove", "grow"])
    if what == "flip":
        place = draw.randrange(len(whole))
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 1 << draw.randrange(8)]) + whole[place + 1 :]
        )
    elif what == "cut":
        path.write_bytes(whole[: draw.randrange(len(whole))])
    elif what == "swap" and len(whole) > 64:
        path.write_bytes(whole[32:64] + whole[:32] + whole[64:])
    elif what == "remove":
        path.unlink()
    else:
        path.write_bytes(whole + b"\0")
    return f"{what} {path.relative_to(folder)}"


@pytest.mark.suite
def test_every_random_harm_is_found(tmp_path):
    one = log(tmp_path)
    one.append(leaves(range(1_500)))
    draw, key = random.Random(SEED), one.key
    for _ in range(HARMS):
        shutil.rmtree(tmp_path / "harmed", ignore_errors=True)
        shutil.copytree(tmp_path / "log", tmp_path / "harmed")
        done = harm(tmp_path / "harmed", draw)
        if done == "remove checkpoint":
            continue  # That is no log at all: LogMissing.
        assert first_fault(one.files.__class__(tmp_path / "harmed"), key), done


def work(folder: Path) -> None:
    """Be the child: go on where the log ends, until killed; print what is acknowledged."""
    one = log(folder)
    draw = random.Random(one.size)
    for _ in count():
        group = leaves(range(one.size, one.size + draw.choice((1, 3, GROUP, 256))))
        say("S", one.append(group) + len(group))


@pytest.mark.long
@pytest.mark.suite
def test_no_acknowledged_leaf_is_lost_to_sigkill(tmp_path):
    draw, last, torn = random.Random(SEED), 0, 0
    breeder = Breeder("laws.test_log", tmp_path)
    for _ in range(KILLS):
        breeder.live_and_die(draw.uniform(*LIFE_S))
        if not (tmp_path / "log" / "checkpoint").exists():
            continue
        reader = LogReader(tmp_path / "log")  # A reader needs no repair.
        assert verified(reader.checkpoint(), signer(tmp_path).verifier).size == reader.size
        torn += lies_beyond(tmp_path / "log", reader.size)
        one = log(tmp_path)
        assert one.size == reader.size >= max(last, breeder.said["S"])
        assert one.check() is None
        assert not lies_beyond(tmp_path / "log", one.size)
        assert one.leaves(last, one.size) == leaves(range(last, one.size))
        old = one.root_at(last)
        assert is_consistent(last, old, one.size, one.root, one.consistency(last))
        last = one.size
    breeder.end()
    assert last > 10 * KILLS, "the children did too little for the kills to mean anything"
    assert torn > 0, "no kill fell between the leaves and their checkpoint"
    root = root_of([leaf_hash(leaf(number)) for number in range(last)])
    assert LogReader(tmp_path / "log").root == root


def lies_beyond(folder: Path, size: int) -> bool:
    """Tell whether there is a draft, or a bundle of leaves that a log of this size has not."""
    full, width = divmod(size, 256)
    for path in (folder / "tile" / "entries").glob("**/*"):
        if path.is_file():
            words = path.relative_to(folder / "tile" / "entries").as_posix().split(".p/")
            number = int(words[0].replace("x", "").replace("/", ""))
            if (number, int(words[1]) if words[1:] else 256) > (full, width):
                return True
    return any(folder.glob("checkpoint.*"))


if __name__ == "__main__":
    breed(lambda: work(Path(sys.argv[1])))
