"""JOURNAL: replay, follow, publish and begin from the command line, on files good and damaged.

Takes   a journal that a sequencer wrote.
Gives   what is printed, and the exit code.
Keeps   the files as they were, whatever is asked of them.
Source  Rulebook 12 and 13; decisions 0007 and 0026.
"""

import json

import numpy as np
import pytest

from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.recovery import recover
from chiphour.adapters.segments import OLD_NAME
from chiphour.adapters.segments import segment_path
from chiphour.adapters.sequencer import Sequencer
from chiphour.adapters.snapshot import snapshot_paths
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference

LIMITS = Limits(accounts=64, contracts=4, indexes=4, orders=4096, positions=256)


@pytest.fixture
def data(tmp_path):
    """Give a data folder whose journal holds 100 commands and a name."""
    rows = [command(Kind.OPEN_ACCOUNT, account=8)]
    rows += [command(Kind.DEPOSIT, account=8, amount_microusd=1 + i) for i in range(99)]
    engine, journal, _ = recover(tmp_path, LIMITS, Reference)
    with Sequencer(engine, journal, lambda: 1_000) as sequencer:
        for part in np.split(commands(rows), 10):
            sequencer.submit(part, b"Ada Lovelace")
    return tmp_path


def file_of(data):
    return segment_path(data / FOLDER_NAME, 1)


@pytest.fixture
def digest():
    """Give the digest of those commands, by the exchange alone."""
    rows = [command(Kind.OPEN_ACCOUNT, account=8)]
    rows += [command(Kind.DEPOSIT, account=8, amount_microusd=1 + i) for i in range(99)]
    stamped = commands(rows)
    stamped[:, 0] = np.arange(1, 101)
    stamped[:, 1] = 1_000
    engine = Reference(LIMITS)
    engine.apply(stamped)
    return engine.digest()


@pytest.mark.parametrize("engine", [[], ["--reference"]])
def test_replay_prints_commands_and_digest(data, digest, run, capsys, engine):
    """From the data folder and the journal's own; by kernel and reference."""
    for place in (data, data / FOLDER_NAME):
        assert run("replay", place, "--json", *engine) == 0
        assert json.loads(capsys.readouterr().out) == {"commands": 100, "digest": digest}
    assert run("replay", data, *engine) == 0
    assert capsys.readouterr().out == f"100 commands, digest {digest}\n"


def test_public_form_replays_to_the_same_digest(data, digest, run, capsys, tmp_path):
    """By kernel and by the plain reference; a day of market time is held back unless told."""
    out = tmp_path / "public"
    assert run("journal", "publish", data, out, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"segments": 0, "frames": 0, "commands": 0}
    assert run("journal", "publish", data, out, "--hours", "0") == 0
    assert capsys.readouterr().out == "100 commands in 11 frames and 1 segments\n"
    assert b"Ada Lovelace" in file_of(data).read_bytes()
    assert b"Ada Lovelace" not in segment_path(out, 1).read_bytes()
    for words in ([], ["--reference"]):
        assert run("replay", out, "--json", *words) == 0
        assert json.loads(capsys.readouterr().out)["digest"] == digest


def test_public_form_overwrites_no_journal(data, run, capsys):
    content = file_of(data).read_bytes()
    assert run("journal", "publish", data, data / FOLDER_NAME, "--hours", "0") == 1
    assert "publish into another folder" in capsys.readouterr().err
    assert file_of(data).read_bytes() == content


def test_follow_once_writes_a_snapshot_that_a_new_chain_begins_from(
    data, digest, run, capsys, tmp_path
):
    assert run("follow", data, "--once", "--json") == 0
    path = snapshot_paths(data / FOLDER_NAME)[0]
    told = json.loads(capsys.readouterr().out)
    assert told == {"commands": 100, "digest": digest, "snapshot": str(path)}
    assert run("follow", data, "--once") == 0
    assert capsys.readouterr().out == ""
    assert run("journal", "begin", path, tmp_path / "new") == 0
    assert capsys.readouterr().out == f"begins with sequence 101, from digest {digest}\n"
    for words in ([], ["--reference"]):
        assert run("replay", tmp_path / "new", *words) == 0
        assert capsys.readouterr().out == f"100 commands, digest {digest}\n"


def test_damaged_snapshot_is_told_and_passed_over(data, digest, run, capsys):
    assert run("follow", data, "--once") == 0
    path = snapshot_paths(data / FOLDER_NAME)[0]
    path.write_bytes(path.read_bytes()[:-1])
    capsys.readouterr()
    assert run("replay", data, "--json", "--reference") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["digest"] == digest
    assert told.err.startswith(f"chiphour: passed over a damaged snapshot: {path}: expected")


def test_journal_of_format_1_is_one_line_and_exit_code_1(run, capsys, tmp_path):
    (tmp_path / OLD_NAME).write_bytes(b"{}\n")
    assert run("replay", tmp_path) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "replay it with the version of the program that wrote it" in told


def test_torn_tail_is_told_and_passed_over(data, digest, run, capsys, tmp_path):
    path = file_of(data)
    content = path.read_bytes() + b"CHFR"
    path.write_bytes(content)
    assert run("replay", data, "--json", "--reference") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["digest"] == digest
    assert told.err.count("\n") == 1
    assert "torn tail" in told.err
    assert run("journal", "publish", data, tmp_path / "out", "--hours", "0") == 0
    assert path.read_bytes() == content


def test_damage_is_one_line_and_exit_code_1(data, run, capsys, tmp_path):
    path = file_of(data)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for words in (["replay", data, "--reference"], ["journal", "publish", data, tmp_path / "out"]):
        assert run(*words) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1
        assert "at byte" in told.err
    assert not (tmp_path / "out").exists()
    assert path.read_bytes() == content


def test_no_journal_is_one_line_and_exit_code_1(run, capsys, tmp_path):
    assert run("replay", tmp_path / "none") == 1
    assert "expected a journal" in capsys.readouterr().err
