"""TEST OBSERVE: the command reads recordings and says what it read.

Takes   the command line, in this process.
Gives   claims on its table, its JSON, its faults and exit codes.
Keeps   standard output for results, standard error for faults.
Source  Decision 0001.
"""

import gzip
import json
import os
import shutil

import pytest

from chiphour.adapters.recordings import embedded_folder
from chiphour.observe.venues import venues


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(embedded_folder() / "vast" / "2026-02-27", tmp_path / "recorded" / "vast")
    return tmp_path / "recorded"


def test_a_table_of_the_shipped_recordings(run, capsys, tmp_path):
    assert run("observe", "vast", "--data", tmp_path) == 0
    told = capsys.readouterr()
    assert "5,794" in told.out
    assert "2897 rows flagged BID_FLOOR" in told.out
    assert "no reader yet:" in told.out


def test_json_is_one_object_a_line(run, capsys, tmp_path, folder):
    words = ("observe", "--from", folder, "--data", tmp_path / "state", "--json")
    assert run(*words) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = {line["venue"]: line for line in lines}
    assert set(found) == set(venues())
    assert (found["vast"]["files"], found["vast"]["rows"], found["vast"]["new"]) == (2, 994, 994)
    assert found["vast"]["flags"]["BID_FLOOR"] == 497
    assert run(*words) == 0
    again = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["new"] for line in again] == [0] * len(venues())


def test_a_torn_file_is_one_line_and_exit_code_1(run, capsys, tmp_path, folder):
    torn = sorted(folder.rglob("*.gz"))[0]
    os.truncate(torn, 1_000)
    code = run("observe", "vast", "--from", folder, "--data", tmp_path / "state")
    told = capsys.readouterr()
    assert code == 1
    (line,) = told.err.splitlines()
    assert line.startswith(f"chiphour: {torn}: expected a whole gzip file")
    assert "496" in told.out  # The other file was read.


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("acme",), "chiphour: expected a venue of"),
        (("--from", "absent"), "absent: expected recordings in"),
    ],
)
def test_a_wrong_word_is_one_line_and_exit_code_1(run, capsys, tmp_path, words, line):
    assert run("observe", *words, "--data", tmp_path) == 1
    told = capsys.readouterr()
    assert line in told.err
    assert len(told.err.splitlines()) == 1
    assert told.out == ""


def test_unmapped_lists_the_names(run, capsys, tmp_path, folder):
    file = sorted(folder.rglob("*.gz"))[0]
    body = gzip.decompress(file.read_bytes()).replace(b'"L40S"', b'"L41"')
    file.write_bytes(gzip.compress(body))
    words = ("observe", "vast", "--from", folder, "--data", tmp_path / "state", "--unmapped")
    assert run(*words, "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["unmapped"] == "chip"
    assert lines[-1]["name"] == "L41"
    assert lines[-1]["rows"] == lines[0]["unmapped"] > 0
    assert run(*words) == 0
    assert "unknown chip 'L41'" in capsys.readouterr().out
