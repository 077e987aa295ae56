"""LOG: leaves are appended for good, proofs lead to the signed root, a refusal changes nothing.

Takes   logs in temporary folders, a second process, files that were changed.
Gives   the claims of `adapters/log.py`, each a test.
Keeps   what a folder holds, byte for byte, through every refusal.
Source  RFC 6962; C2SP tlog-tiles; decision 0018.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chiphour.adapters.log import KEY
from chiphour.adapters.log import WITNESSES
from chiphour.adapters.log import ClockWentBack
from chiphour.adapters.log import Log
from chiphour.adapters.log import LogReader
from chiphour.adapters.log import LogRefused
from chiphour.adapters.log import open_log
from chiphour.adapters.log import witnessed_reader
from chiphour.adapters.log import witnesses_of
from chiphour.adapters.log_tiles import LogDamaged
from chiphour.adapters.log_tiles import LogFailed
from chiphour.adapters.log_tiles import LogMissing
from chiphour.adapters.signing import Signer
from chiphour.index.leaves import LeafRefused
from chiphour.index.leaves import event_leaf
from chiphour.index.merkle import EMPTY_ROOT
from chiphour.index.merkle import ProofRefused
from chiphour.index.merkle import is_consistent
from chiphour.index.merkle import leaf_hash
from chiphour.index.merkle import root_from_inclusion
from chiphour.index.merkle import root_of
from chiphour.index.note import COSIGNATURE
from chiphour.index.note import Checkpoint
from chiphour.index.note import NoteRefused
from chiphour.index.note import note_of
from chiphour.index.note import verified
from chiphour.index.note import witnessed
from logs import GROUP
from logs import ORIGIN
from logs import leaf
from logs import leaves
from logs import log
from logs import signer

TESTS = Path(__file__).resolve().parents[2]


def files(folder: Path) -> dict[str, bytes]:
    """Give everything below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_new_log_is_empty_and_signed(tmp_path):
    one = log(tmp_path)
    assert (one.size, one.root, one.origin) == (0, EMPTY_ROOT, ORIGIN)
    assert verified(one.checkpoint(), one.key) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert one.check() is None
    assert sorted(files(tmp_path / "log")) == ["checkpoint", "lock"]


def test_appended_leaves_are_there_under_a_signed_root(tmp_path):
    one = log(tmp_path)
    assert one.append(leaves(range(300))) == 0
    assert one.append(leaves(range(300, 301))) == 300
    assert one.append([]) == 301
    assert one.leaves(0, 301) == leaves(range(301))
    assert one.leaves(250, 260) == leaves(range(250, 260))
    assert one.leaf(300) == leaf(300)
    root = root_of([leaf_hash(each) for each in leaves(range(301))])
    assert verified(one.checkpoint(), one.key) == Checkpoint(ORIGIN, 301, root)
    assert one.check() is None


def test_files_are_those_that_the_specification_names(tmp_path):
    """A checkpoint at 70, 200 and 300: the partial tiles of the unfinished ones alone remain."""
    one = log(tmp_path)
    for size in (70, 200, 300, 310):
        one.append(leaves(range(one.size, size)))
    assert sorted(files(tmp_path / "log" / "tile")) == [
        *("0/000", "0/001.p/44", "0/001.p/54", "1/000.p/1"),
        *("entries/000", "entries/001.p/44", "entries/001.p/54"),
    ]
    tile = (tmp_path / "log/tile/0/000").read_bytes()
    assert tile == b"".join(leaf_hash(each) for each in leaves(range(256)))


def test_reader_of_an_older_checkpoint_goes_on_reading_while_the_log_grows(tmp_path):
    """Its partial tiles are gone by then: it reads the full ones."""
    one = log(tmp_path)
    one.append(leaves(range(100)))
    reader = LogReader(tmp_path / "log")
    one.append(leaves(range(100, 600)))
    assert reader.size == 100
    assert reader.leaves(0, 100) == leaves(range(100))
    for index in (0, 99):
        path = reader.inclusion(index)
        assert root_from_inclusion(index, 100, leaf_hash(leaf(index)), path) == reader.root
    old = reader.root
    reader.refresh()
    assert (reader.size, reader.root) == (600, one.root)
    assert is_consistent(100, old, 600, reader.root, reader.consistency(100))


def test_log_goes_on_after_it_was_opened_again(tmp_path):
    sizes = (1, 255, 256, 257, 511, 512, 700)
    for size in sizes:
        one = log(tmp_path)
        one.append(leaves(range(one.size, size)))
        one.close()
    at_once = log(tmp_path / "other")
    at_once.append(leaves(range(700)))
    assert log(tmp_path).root == at_once.root
    for size in sizes:
        wanted = root_of([leaf_hash(each) for each in leaves(range(size))])
        assert at_once.root_at(size) == wanted


def test_questions_outside_of_the_log_are_refused(tmp_path):
    one = log(tmp_path)
    one.append(leaves(range(10)))
    for question in (
        lambda: one.leaf(10),
        lambda: one.leaf(-1),
        lambda: one.leaves(5, 11),
        lambda: one.inclusion(10),
        lambda: one.inclusion(0, 11),
        lambda: one.inclusion(5, 5),
        lambda: one.consistency(11),
        lambda: one.root_at(11),
    ):
        with pytest.raises(ProofRefused):
            question()
    with pytest.raises(LogMissing):
        LogReader(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("bad", "fault", "words"),
    [
        (lambda: b"x" * 65_536, LogRefused, "at most 65535 bytes, found 65536 .number 1 of 3."),
        (lambda: b"{}", LeafRefused, "expected the fields of a batch, a fix or an event"),
        (lambda: leaf(0), ClockWentBack, "expected a leaf of 2026-07-2"),
    ],
)
def test_refused_group_changes_nothing(tmp_path, bad, fault, words):
    one = log(tmp_path)
    one.append(leaves(range(GROUP + 5)))
    before, text = files(tmp_path), one.checkpoint()
    with pytest.raises(fault, match=words):
        one.append([leaf(GROUP + 5), bad(), leaf(GROUP + 6)])
    assert files(tmp_path) == before
    assert one.checkpoint() == text
    assert one.append(leaves(range(GROUP + 5, GROUP + 9))) == GROUP + 5


def test_clock_that_steps_back_is_one_clear_error(tmp_path):
    one = log(tmp_path)
    one.append([event_leaf({"kind": "erratum", "cause": "x"}, 2_000_000_000)])
    for again in (one, log(tmp_path)):
        with pytest.raises(ClockWentBack) as fault:
            again.append([event_leaf({"kind": "erratum", "cause": "y"}, 1_999_999_000)])
        assert str(fault.value) == (
            "expected a leaf of 1970-01-01T00:00:02Z or later, found "
            "1970-01-01T00:00:01.999999Z: the clock stepped back; set it right, or wait until it "
            "is there again"
        )
    assert one.append([event_leaf({"kind": "erratum", "cause": "z"}, 2_000_000_000)]) == 1


def test_two_logs_of_one_folder_take_turns(tmp_path):
    one, other = log(tmp_path), log(tmp_path)
    for number in range(0, 60, 2):
        assert one.append(leaves([number])) == number
        assert other.append(leaves([number + 1])) == number + 1
    assert one.check() is None
    other.append(leaves(range(60, 530)))
    assert one.append([leaf(530)]) == 530
    assert log(tmp_path).leaves(0, 531) == leaves(range(531))


def test_two_processes_take_turns(tmp_path):
    log(tmp_path).append([leaf(0)])
    program = (
        "import sys; from pathlib import Path; from logs import leaf, log; "
        "one = log(Path(sys.argv[1])); "
        "[one.append([leaf(0)]) for _ in range(20)]"
    )
    words = [sys.executable, "-c", program, str(tmp_path)]
    running = [subprocess.Popen(words, cwd=TESTS) for _ in range(2)]
    assert [each.wait(60) for each in running] == [0, 0]
    one = log(tmp_path)
    assert (one.size, one.check()) == (41, None)


def test_log_of_another_origin_or_key_is_refused(tmp_path):
    log(tmp_path).append(leaves(range(3)))
    before = files(tmp_path / "log")
    with pytest.raises(LogRefused, match=f"expected the origin {ORIGIN}, found other.example"):
        Log(tmp_path / "log", "other.example", signer(tmp_path))
    with pytest.raises(LogDamaged, match="expected a signature of"):
        Log(tmp_path / "log", ORIGIN, Signer(tmp_path / "other.key", ORIGIN))
    assert files(tmp_path / "log") == before


def test_damage_at_the_edge_is_found_when_the_log_is_opened(tmp_path):
    log(tmp_path).append(leaves(range(300)))
    for name, words in (
        ("tile/0/001.p/44", "expected newest tiles that make the root"),
        ("tile/1/000.p/1", "expected newest tiles that make the root"),
        ("tile/entries/001.p/44", "expected leaves that make the hashes of their tile"),
    ):
        path = tmp_path / "log" / name
        whole = path.read_bytes()
        path.write_bytes(whole[:5] + bytes([whole[5] ^ 1]) + whole[6:])
        with pytest.raises(LogDamaged, match=words):
            log(tmp_path)
        path.write_bytes(whole[:-1])
        with pytest.raises(LogDamaged):
            log(tmp_path)
        path.write_bytes(whole)
    (tmp_path / "log" / "checkpoint").unlink()
    with pytest.raises(LogDamaged, match="expected a checkpoint, found tiles without one"):
        log(tmp_path)


def test_damaged_log_takes_no_leaf(tmp_path):
    one = log(tmp_path)
    one.append(leaves(range(600)))
    path = tmp_path / "log/tile/entries/000"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"provisional", b"provisionaL", 1))
    assert "leaf 1: " in one.check()
    before = files(tmp_path)
    with pytest.raises(LogDamaged, match="expected a log without fault: leaf 1: "):
        one.append([leaf(600)])
    assert files(tmp_path) == before
    path.write_bytes(whole)
    assert one.check() is None
    assert one.append([leaf(600)]) == 600


def test_disk_that_refuses_leaves_the_log_as_it_was(tmp_path):
    one = log(tmp_path)
    one.append(leaves(range(10)))
    (tmp_path / "log/tile/0/000.p/20").mkdir()  # Where the next tile would go.
    with pytest.raises(LogFailed, match="expected to write, found Is a directory"):
        one.append(leaves(range(10, 20)))
    assert (one.size, one.check()) == (10, None)
    assert one.append(leaves(range(10, 21))) == 10
    assert log(tmp_path).leaves(0, 21) == leaves(range(21))


def test_what_lies_beyond_the_checkpoint_is_removed_at_the_next_start(tmp_path):
    """As a kill between the tiles and the checkpoint leaves it."""
    one = log(tmp_path)
    one.append(leaves(range(300)))
    copy = (tmp_path / "log/checkpoint").read_bytes()
    wanted = files(tmp_path / "log")
    one.append(leaves(range(300, 310)))
    shutil.copytree(tmp_path / "log", tmp_path / "after")
    one.append(leaves(range(310, 5_000)))
    (tmp_path / "after/checkpoint").write_bytes(copy)
    (tmp_path / "after/checkpoint.0a1b2c3d").write_bytes(b"draft")
    for path in (tmp_path / "log/tile").rglob("*"):
        target = tmp_path / "after" / path.relative_to(tmp_path / "log")
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    shutil.rmtree(tmp_path / "log")
    shutil.move(tmp_path / "after", tmp_path / "log")
    again = log(tmp_path)
    assert (again.size, again.check()) == (300, None)
    assert files(tmp_path / "log") == wanted
    assert again.append(leaves(range(300, 5_000))) == 300
    assert again.check() is None


@pytest.mark.parametrize("more", [5, 250, 600])
def test_what_a_killed_writer_left_is_not_held_against_another(tmp_path, more, monkeypatch):
    """The other had the log open all the time, and never saw the start that cleans it."""
    one = log(tmp_path)
    one.append(leaves(range(10)))
    killed = log(tmp_path)
    monkeypatch.setattr(killed.files, "rename", lambda *_: 1 / 0)
    for count in (3, more, more + 1):
        with pytest.raises(ZeroDivisionError):
            killed.append(leaves(range(1_000, 1_000 + count)))
    one.append(leaves(range(10, 10 + more + 2)))
    assert one.check() is None
    assert log(tmp_path).leaves(0, one.size) == leaves(range(12 + more))


def test_cosignature_of_a_known_witness_is_served_until_the_log_grows(tmp_path):
    witness = Signer(tmp_path / "w", "w.example/a", COSIGNATURE)
    stranger = Signer(tmp_path / "s", "s.example/b", COSIGNATURE)
    one = log(tmp_path, witness.verifier)
    one.append(leaves(range(10)))
    text = note_of(one.checkpoint()).text
    with pytest.raises(LogRefused, match=r"expected a witness of w.example/a\+.*, found s.exam"):
        one.add_cosignature(stranger.cosignature(text, 5).line)
    wrong = witness.cosignature(text.replace("10", "11"), 5)
    with pytest.raises(NoteRefused, match="expected a cosignature of"):
        one.add_cosignature(wrong.line)
    for time_s in (5, 6):
        one.add_cosignature(witness.cosignature(text, time_s).line + "\n")
    served = (tmp_path / "log/checkpoint").read_text()
    assert served == one.checkpoint()
    assert len(note_of(served).signatures) == 2
    assert witnessed(served, one.key, [witness.verifier], 1).size == 10
    assert one.check() is None
    one.append(leaves(range(10, 12)))
    assert len(note_of(one.checkpoint()).signatures) == 1
    last = witnessed_reader(tmp_path / "log")
    assert (last.size, last.checkpoint()) == (10, served)
    path = last.inclusion(3)
    assert root_from_inclusion(3, 10, leaf_hash(leaf(3)), path) == last.root
    with pytest.raises(NoteRefused):  # It speaks of the checkpoint before.
        one.add_cosignature(witness.cosignature(text, 7).line)


def test_log_of_a_data_folder_has_its_key_and_witnesses_there(tmp_path):
    one = open_log(tmp_path)
    assert one.origin.startswith("chiphour-log/")
    assert open_log(tmp_path).key == one.key
    assert witnesses_of(tmp_path) == []
    witness = Signer(tmp_path / "w", "w.example/a", COSIGNATURE)
    (tmp_path / WITNESSES).write_text(f"{witness.vkey}\n\n")
    assert witnesses_of(tmp_path) == [witness.verifier]
    (tmp_path / KEY).unlink()
    with pytest.raises(LogRefused, match="expected the key of"):
        open_log(tmp_path)
