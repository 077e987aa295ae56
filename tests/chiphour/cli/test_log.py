"""LOG: the transparency log from the command line; a log and a witness as two processes.

Takes   a data folder with a log of some strikes.
Gives   what is printed, and the exit code.
Keeps   proofs verified by the program that shares no code with ours.
Source  C2SP tlog-tiles, tlog-witness; decision 0018.
"""

import json
import shutil
import subprocess
import sys
from base64 import b64decode

import pytest

from chiphour.adapters.log import open_log
from chiphour.adapters.signing import Signer
from chiphour.audit import signature
from chiphour.index.leaves import leaf_from
from chiphour.index.merkle import is_consistent
from chiphour.index.merkle import leaf_hash
from chiphour.index.merkle import root_from_inclusion
from chiphour.index.note import COSIGNATURE
from logs import GROUP
from logs import leaf
from logs import leaves

SERIES = "CHR.H100.SXM.OD"


@pytest.fixture
def data(tmp_path):
    """Give a data folder whose log has three strikes, the second also as final."""
    log = open_log(tmp_path / "data")
    log.append(leaves(range(3 * GROUP)))
    log.append([leaf(2 * GROUP + 2).replace(b"provisional", b"final")])
    log.close()
    return tmp_path / "data"


@pytest.fixture
def ask(run, capsys, data):
    """Run a command of the group on the data folder; give exit code and what it printed."""

    def ask(*words):
        code = run("log", *words, "--data", data)
        return code, capsys.readouterr()

    return ask


def test_root_prints_what_was_signed(ask, data):
    log = open_log(data)
    code, said = ask("root", "--json")
    shown = json.loads(said.out)
    assert code == 0
    assert shown == {
        "size": 3 * GROUP + 1,
        "root": log.root.hex(),
        "checkpoint": log.checkpoint(),
        "witnesses": [],
    }
    code, said = ask("root")
    assert said.out == f"size  {log.size}\nroot  {log.root.hex()}\n\n{log.checkpoint()}"


def proved(ask, *words):
    """Ask for a proof and verify it, against the checkpoint as another program believes it."""
    code, said = ask("prove", *words, "--json")
    assert code == 0
    proof = json.loads(said.out)
    key = signature.key_of(ask("key")[1].out)
    head = signature.checkpoint_of(proof["checkpoint"], key)
    path = [b64decode(each) for each in proof["path"]]
    root = root_from_inclusion(proof["index"], head.size, leaf_hash(proof["leaf"].encode()), path)
    assert (root, proof["size"]) == (head.root, head.size)
    return proof


def test_leaf_is_proved_by_its_number(ask):
    assert proved(ask, GROUP)["leaf"] == leaf(GROUP).decode()


def test_fix_is_proved_by_series_and_day(ask):
    """The newest of its vintages is."""
    first = proved(ask, SERIES, "2026-07-20")
    assert first["leaf"] == leaf(2).decode()
    newest = proved(ask, "h100-sxm-od", "2026-07-22")
    assert newest["index"] == 3 * GROUP
    assert leaf_from(newest["leaf"].encode()).vintage == "final"


def test_growth_is_proved(ask, data):
    code, said = ask("prove", "--consistency", GROUP, "--json")
    proof = json.loads(said.out)
    log = open_log(data)
    path = [b64decode(each) for each in proof["path"]]
    assert code == 0
    assert (proof["old"], proof["size"]) == (GROUP, log.size)
    assert is_consistent(GROUP, log.root_at(GROUP), log.size, log.root, path)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ([10_000], "expected a leaf from 0 to"),
        ([], "expected INDEX, or SERIES and DATE"),
        ([SERIES], "expected INDEX, or SERIES and DATE"),
        ([SERIES, "2026-07-19"], f"expected a leaf of {SERIES} on 2026-07-19"),
        ([SERIES, "2026-07-20", "--parameter-set", "plain"], "(plain), found none"),
        ([SERIES, "yesterday"], "expected a day such as 2026-07-20"),
        (["h100", "2026-07-20"], "expected a series such as"),
        (["--consistency", 10_000], "expected an old size from 0 to"),
        ([0, "--witnessed"], "expected a checkpoint, found no such file"),
    ],
)
def test_what_cannot_be_proved_is_refused(ask, words, fault):
    code, said = ask("prove", *words)
    assert code == 1
    assert fault in said.err


def test_check_finds_the_first_fault(ask, data, tmp_path):
    code, said = ask("check")
    assert code == 0
    assert said.out.endswith(": no fault\n")
    shutil.copytree(data / "log", tmp_path / "copy")
    path = tmp_path / "copy/tile/0/000.p" / str(3 * GROUP + 1)
    path.write_bytes(b"\0" + path.read_bytes()[1:])
    code, said = ask("check", "--from", tmp_path / "copy", "--json")
    assert code == 1
    assert "of leaf 0, found 00" in json.loads(said.out)["fault"]
    assert ask("check")[0] == 0


def test_copy_of_a_log_needs_its_key(run, capsys, data, tmp_path, ask):
    words = ("log", "check", "--from", data / "log", "--data", tmp_path / "elsewhere")
    assert run(*words) == 1
    assert "expected --vkey or the key" in capsys.readouterr().err
    assert run(*words, "--vkey", ask("key")[1].out.strip()) == 0


def test_log_and_witness_work_together_as_two_processes(ask, data, tmp_path):
    """The witness has a folder of its own, and of the log only its files and its key."""
    key = ask("key")[1].out.strip()

    def witness(*more):
        words = ["log", "witness", "--from", data / "log", "--vkey", key, "--json"]
        words += ["--state", tmp_path / "w", "--name", "w.example/a", *more]
        program = [sys.executable, "-c", "from chiphour.cli import main; main()"]
        return subprocess.run([*program, *map(str, words)], capture_output=True, text=True)

    said = json.loads(witness().stdout)
    assert ask("cosign", said["cosignature"])[0] == 1  # Not trusted yet.
    assert ask("trust", said["vkey"])[0] == 0
    assert ask("trust", said["vkey"])[0] == 0
    code, shown = ask("cosign", said["cosignature"], "--json")
    assert (code, json.loads(shown.out)) == (0, {"witness": "w.example/a", "size": 3 * GROUP + 1})
    assert ask("root", "--witnesses", 1)[0] == 0
    code, shown = ask("root", "--witnesses", 2)
    assert (code, "expected cosignatures of 2 of 1 witnesses" in shown.err) == (1, True)

    open_log(data).append(leaves(range(3 * GROUP, 4 * GROUP)))
    assert ask("root", "--witnesses", 1)[0] == 1  # The new one is not cosigned yet.
    assert proved(ask, SERIES, "2026-07-20", "--witnessed")["size"] == 3 * GROUP + 1
    assert json.loads(witness().stdout)["size"] == 4 * GROUP + 1
    shutil.rmtree(data / "log")
    open_log(data).append([leaf(1)])  # A log that starts anew under the same key.
    refused = witness()
    assert (refused.returncode, "expected an old size from 0 to 1" in refused.stderr) == (1, True)


def test_witness_key_is_no_log(ask, tmp_path):
    vkey = Signer(tmp_path / "w", "w.example/a", COSIGNATURE).vkey
    for command in (["check"], ["root"], ["witness", "--state", tmp_path / "state"]):
        code, said = ask(*command, "--vkey", vkey)
        assert code == 1
        assert "expected a log's key (algorithm 1), found 4" in said.err


def test_log_key_is_no_witness(ask):
    code, said = ask("trust", ask("key")[1].out.strip())
    assert code == 1
    assert "expected a witness's key" in said.err
