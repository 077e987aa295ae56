"""TEST DAY: the command as a user types it.

Takes   the shipped recordings.
Gives   claims on its table, its JSON, its refusals.
Keeps   one line for each fault.
Source  Decision 0011.
"""

import json
import tempfile

import pytest


@pytest.mark.long
def test_json_and_table_tell_the_same_digest(run, capsys, tmp_path):
    assert run("day", "2026-07-08", "--json", "--data", tmp_path / "one") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cash_sum_microusd"] == 0
    assert told["fills"] > 0
    assert told["auction_run"] is None or told["auction_transfers"] > 0
    assert run("day", "2026-07-08", "--data", tmp_path / "two") == 0
    table = capsys.readouterr().out
    assert told["digest"] in table
    for step in ("1 observe", "2 fix", "3 trade", "4 clear", "5 settle", "6 publish"):
        assert step in table


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(run, capsys, tmp_path):
    (tmp_path / "mine").write_text("precious")
    assert run("day", "2026-07-08", "--data", tmp_path) == 1
    assert "expected an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_file_in_place_of_the_folder_is_one_line(run, capsys, tmp_path):
    file = tmp_path / "mine"
    file.write_text("precious")
    assert run("day", "2026-07-08", "--data", file) == 1
    assert capsys.readouterr().err == (
        f"chiphour: {file}: expected a folder for state, found File exists\n"
    )
    assert file.read_text() == "precious"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("2027-01-01", "expected a day from 2026-02-28 to 2026-08-13"),
        ("July", "expected"),
    ],
)
def test_a_day_without_data_is_one_line(run, capsys, tmp_path, when, words):
    assert run("day", when, "--data", tmp_path / "state") != 0
    assert words in capsys.readouterr().err


@pytest.mark.long
def test_a_day_that_fails_leaves_no_folder_behind(run, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert run("day", "2027-01-01") == 1
    assert list(tmp_path.iterdir()) == []
