"""VERIFY: the command `verify` as a user runs it, on a bundle and on the archive of a data folder.

Takes   words on the command line; a small bundle, and the shipped recordings for the module.
Gives   a failure where output, exit code or message is not what was promised.
Keeps   a difference on one line, with exit code 1.
Source  Decisions 0012 and 0019.
"""

import json
import shutil
from pathlib import Path

import pytest

from bundles import DAYS
from bundles import SERIES
from bundles import forge
from bundles import make
from chiphour.adapters.recordings import embedded_folder

SOURCE = ("--source", "gpurentalprices")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "bundle")


@pytest.fixture
def verify(run, capsys):
    """Run `verify`; give exit code, lines of output, and of errors."""

    def running(*words):
        code = run("verify", *words)
        output, errors = capsys.readouterr()
        return code, output.splitlines(), errors.splitlines()

    return running


def test_a_bundle_is_verified_whole_or_one_fixing_of_it(verify, made):
    said = ["match: 1566 of 1566 fixings, 1571 proofs"]
    assert verify("--all", "--bundle", made) == (0, said, [])
    said = ["match: 6 of 6 fixings, 14 proofs"]
    assert verify("h100-sxm-od", DAYS[1], "--bundle", made) == (0, said, [])
    at = ("--as-of", "2026-07-21T12:00:00Z")
    assert verify(SERIES, DAYS[1], "--bundle", made, *at)[1][0].startswith("match: 3 of 3 ")


def test_a_bundle_of_many_rows_is_read_by_compiled_code(verify, made, monkeypatch):
    monkeypatch.setattr("chiphour.cli.verify.COMPILED_FROM_BYTES", 0)
    said = ["match: 1566 of 1566 fixings, 1571 proofs"]
    assert verify("--all", "--bundle", made) == (0, said, [])


def test_in_the_folder_of_a_bundle_no_option_is_needed(verify, made, monkeypatch):
    monkeypatch.chdir(made)
    code, lines, _ = verify("--all", "--json")
    found = {"checked": 1566, "matched": 1566, "first_difference": None, "proofs": 1571}
    assert (code, json.loads(lines[0])) == (0, found)


def test_a_bundle_that_differs_is_named_in_one_line(verify, made, tmp_path):
    shutil.copytree(made, tmp_path / "b")
    forge(tmp_path / "b", "events.jsonl", b"{}\n")
    said = "events.jsonl: expected the events of the log, found others"
    assert verify("--all", "--bundle", tmp_path / "b") == (1, [f"difference: {said}"], [])
    code, lines, _ = verify("--all", "--bundle", tmp_path / "b", "--json")
    assert (code, json.loads(lines[0])["first_difference"]) == (1, said)
    code, lines, _ = verify("--all", "--bundle", tmp_path / "none")
    assert (code, lines[0][:60]) == (
        1,
        "difference: manifest.json: expected layout and files, found ",
    )


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("h100-sxm-od",),
        ("h100-sxm-od", "2026-07-21", "--all"),
        ("h100-sxm-od", "monday", "--bundle", "."),
        ("--all", "--as-of", "noon", "--bundle", "."),
        ("--all", "--as-of", "2026-07-21T12:00:00Z"),
        ("--all", "--bundle", ".", "--raw"),
        ("--all", "--bundle", ".", "--source", "acme"),
    ],
)
def test_wrong_words_are_exit_code_2(verify, words):
    assert verify(*words)[0] == 2


def test_an_unknown_series_is_one_line_and_exit_code_1(verify, data):
    code, lines, errors = verify("h100-sxm", "2026-07-21", "--data", data)
    assert (code, lines, len(errors)) == (1, [], 1)
    assert "CHR.H100.SXM.OD" in errors[0]


@pytest.mark.long
def test_the_archive_matches_for_one_fixing_and_for_all(verify, data):
    there = (*SOURCE, "--data", data)
    assert verify("h100-sxm-od", "2026-07-21", *there)[1] == ["match: 1 of 1 fixings"]
    at = ("--as-of", "2026-07-21T12:00:00Z")
    assert verify("h100-sxm-od", "2026-07-21", *there, *at)[1] == ["match: 1 of 1 fixings"]
    code, lines, _ = verify("--all", *there)
    assert code == 0
    assert lines[-1].startswith("match: ")
    assert not [line for line in lines if "differs" in line]


@pytest.mark.long
def test_a_changed_byte_of_a_recording_is_named(run, verify, tmp_path):
    folder, state = tmp_path / "open", ("--data", tmp_path / "state")
    name = Path("multi_gpurentalprices") / "2026-07-20.json.gz"
    (folder / name).parent.mkdir(parents=True)
    for file in sorted((embedded_folder() / name).parent.glob("2026-07-2*.gz")):
        shutil.copy(file, folder / name.parent)
    assert run("observe", "--from", str(folder), *state) == 0
    code, lines, _ = verify("--all", "--raw", "--json", *state)
    found = json.loads(lines[-1])
    assert (code, found["first_difference"]) == (0, None)
    assert found["checked"] == found["matched"] > 0
    damaged = bytearray((folder / name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (folder / name).write_bytes(damaged)
    code, lines, _ = verify("--all", "--raw", "--json", *state)
    assert code == 1
    assert "2026-07-20.json.gz" in json.loads(lines[-1])["first_difference"]
    code, lines, _ = verify("--all", "--raw", *state)
    assert code == 1
    assert lines[-1].startswith("difference: ")
