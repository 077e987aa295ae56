"""PUBLISHER: a market that is told of a fix from the command line.

Takes   a publisher's key and its signed fix in a file.
Gives   what is printed, and the exit code.
Keeps   a refusal one line on standard error, with nothing in the journal.
Source  Decision 0020.
"""

import json

import pytest

from chiphour.publish.signed import signed_fix
from signed import Published


@pytest.fixture
def ours(tmp_path):
    return Published(tmp_path / "index", "ours.example")


def sent(ours, tmp_path):
    file = tmp_path / "fix.json"
    file.write_bytes(signed_fix(ours.fixings[-1], ours.proof()))
    return str(file)


def test_a_fix_of_a_believed_publisher_is_taken(run, ours, tmp_path, capsys):
    data = ("--data", str(tmp_path / "market"))
    assert run("publisher", "add", ours.key, *data) == 0
    assert capsys.readouterr().out == "believed: ours.example, with 0 of 0 witnesses\n"
    assert run("publisher", "take", sent(ours, tmp_path), *data, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["publisher"] == "ours.example"
    assert (said["fix"]["fix_usd"], said["fix"]["vintage"]) == ("3.0250", "final")
    assert run("replay", str(tmp_path / "market"), "--json") == 0
    assert json.loads(capsys.readouterr().out)["commands"] == 1
    assert run("publisher", "list", *data, "--json") == 0
    assert json.loads(capsys.readouterr().out)["key"] == ours.key


def test_a_fix_of_nobody_known_is_refused(run, ours, tmp_path, capsys):
    data = ("--data", str(tmp_path / "market"))
    assert run("publisher", "take", sent(ours, tmp_path), *data) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "chiphour: checkpoint: expected one of a publisher known for CHR.H100.SXM.OD (none), "
        "found 'ours.example'\n"
    )
    assert not (tmp_path / "market").exists()


def test_a_file_that_is_not_there_is_told(run, tmp_path, capsys):
    assert run("publisher", "take", str(tmp_path / "none"), "--data", str(tmp_path)) == 1
    assert "expected a signed fix, found No such file" in capsys.readouterr().err


def test_a_publisher_can_be_taken_back(run, ours, tmp_path, capsys):
    data = ("--data", str(tmp_path))
    run("publisher", "add", ours.key, *data)
    assert run("publisher", "remove", "ours.example", *data) == 0
    assert capsys.readouterr().out.endswith("no longer believed: ours.example\n")
    assert run("publisher", "remove", "ours.example", *data) == 1
