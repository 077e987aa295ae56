"""JOURNAL: replay and the public form from the command line, on files good, torn and damaged.

Takes   a journal that a sequencer wrote.
Gives   what is printed, and the exit code.
Keeps   the file as it was, whatever is asked of it.
Source  Rulebook 12 and 13; decision 0007.
"""

import json

import numpy as np
import pytest

from chiphour.adapters.journal import FILE_NAME
from chiphour.adapters.recovery import recover
from chiphour.adapters.sequencer import Sequencer
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
    """From the data folder, the journal's folder and the file; by kernel and reference."""
    for place in (data, data / "journal", data / "journal" / FILE_NAME):
        assert run("replay", place, "--json", *engine) == 0
        assert json.loads(capsys.readouterr().out) == {"commands": 100, "digest": digest}
    assert run("replay", data, *engine) == 0
    assert capsys.readouterr().out == f"100 commands, digest {digest}\n"


def test_public_form_replays_to_the_same_digest(data, digest, run, capsys, tmp_path):
    out = tmp_path / "public.journal"
    assert run("journal", "public", data, out) == 0
    assert b"Ada Lovelace" in (data / "journal" / FILE_NAME).read_bytes()
    assert b"Ada Lovelace" not in out.read_bytes()
    assert run("replay", out, "--json", "--reference") == 0
    assert json.loads(capsys.readouterr().out)["digest"] == digest


def test_public_form_overwrites_nothing(data, run, capsys):
    path = data / "journal" / FILE_NAME
    content = path.read_bytes()
    assert run("journal", "public", data, path) == 1
    assert "expected to create a new file, found File exists" in capsys.readouterr().err
    assert path.read_bytes() == content


def test_torn_tail_is_told_and_passed_over(data, digest, run, capsys, tmp_path):
    path = data / "journal" / FILE_NAME
    content = path.read_bytes() + b"CHFR"
    path.write_bytes(content)
    assert run("replay", data, "--json", "--reference") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["digest"] == digest
    assert told.err.count("\n") == 1
    assert "torn tail" in told.err
    assert run("journal", "public", data, tmp_path / "out") == 0
    assert path.read_bytes() == content


def test_damage_is_one_line_and_exit_code_1(data, run, capsys, tmp_path):
    path = data / "journal" / FILE_NAME
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for words in (["replay", data, "--reference"], ["journal", "public", data, tmp_path / "out"]):
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
