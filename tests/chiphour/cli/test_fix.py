"""FIX: the commands `fix` and `verify` as a user runs them, on the shipped recordings.

Takes   words on the command line, a fresh data folder for the module.
Gives   a failure where output, exit code or message is not what was promised.
Keeps   each refusal on one line that says what was expected and found.
Source  Decision 0004.
"""

import json
import shutil
from pathlib import Path

import pytest

from chiphour.adapters.recordings import embedded_folder

SOURCE = ("--source", "gpurentalprices")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def run(run, data, capsys):
    """Run a command in the data folder; give exit code, lines of output, and of errors."""

    def running(*words, folder=data):
        code = run(*words, "--data", folder)
        output, errors = capsys.readouterr()
        return code, output.splitlines(), errors.splitlines()

    return running


def test_fix_prints_an_object_a_line(run):
    code, lines, errors = run("fix", "2026-07-20", "2026-07-21", *SOURCE, "--json")
    assert (code, errors) == (0, [])
    rows = {(row["series"], row["date"]): row for row in map(json.loads, lines)}
    row = rows["CHR.H100.SXM.OD", "2026-07-21"]
    assert (row["fix_usd"], row["venues"], row["kept"], row["rejected"]) == ("3.1700", 7, 6, 1)
    assert (row["grade"], row["state"], row["reason"], row["fit"]) == ("A", "fixed", "", True)
    assert row["methodology"] == "v2026_1"
    missing = rows["CHR.MI250.OD", "2026-07-21"]
    assert (missing["fix_usd"], missing["reason"]) == (None, "NO_DATA")
    assert run("fix", "2026-07-20", "2026-07-21", *SOURCE, "--json")[1] == lines


def test_fix_shows_a_day_a_range_and_a_series(run):
    day = "\n".join(run("fix", "2026-07-21", *SOURCE)[1])
    assert "H100.SXM.OD      3.1700  A" in day
    assert "FEW_MEMBERS" in day
    between = "\n".join(run("fix", "2026-07-06", "2026-08-13", *SOURCE)[1])
    assert "39 strikes" in between
    assert "H100.SXM.OD         35" in between
    one = run("fix", "2026-07-16", "2026-07-18", *SOURCE, "--series", "h100-sxm-od")[1]
    assert [line.split()[:3] for line in one if line.startswith(" 2026")] == [
        ["2026-07-16", "3.2000", "B"],
        ["2026-07-17", "-", "STALE"],
        ["2026-07-18", "3.2000", "B"],
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fix", "2026-09-01"), "expected a day from 2026-02-28 to 2026-08-13"),
        (("fix", "2026-07-05", *SOURCE), "expected a day from 2026-07-06 to 2026-08-13"),
        (("fix", "2026-07-21", "--source", "none"), "found 'none'"),
        (("fix", "2026-07-21", "--series", "h100-pcie"), "CHR.H100.PCIE.OD"),
        (("verify", "h100-sxm", "2026-07-21"), "CHR.H100.SXM.OD"),
        (("fix", "--strike", "2026-03-05T20:31Z"), "nearest polls are at 2026-03-05T19:30:44"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(run, words, message):
    code, output, errors = run(*words)
    assert (code, output, len(errors)) == (1, [], 1)
    assert errors[0].startswith("chiphour: expected ")
    assert message in errors[0]


@pytest.mark.parametrize(
    "words",
    [
        ("fix", "yesterday"),
        ("fix",),
        ("fix", "2026-07-21", "--strike", "2026-03-05T19:31Z"),
        ("fix", "--strike", "2026-03-05T19:31"),
        ("verify",),
        ("verify", "h100-sxm-od"),
        ("verify", "h100-sxm-od", "2026-07-21", "--all"),
    ],
)
def test_wrong_words_are_exit_code_2(run, words):
    assert run(*words)[0] == 2


def test_off_strike_statistics_are_no_fix_and_are_not_kept(run):
    code, lines, _ = run("fix", "--strike", "2026-03-05T19:31Z", "--json")
    assert code == 0
    books = {row["series"]: row for row in map(json.loads, lines)}
    book = books["CHR.H100.SXM.SPOT"]
    assert (book["state"], book["fix_usd"], book["venue"]) == ("off-strike", None, "vast")
    assert (book["polls"], book["reason"]) == (1, "THIN_BOOK")
    shown = "\n".join(run("fix", "--strike", "2026-03-05T19:31Z")[1])
    assert "not fixings" in shown
    deep = run("fix", "--strike", "2026-02-28T22:10Z", "--series", "H100-SXM-SPOT", "--json")[1]
    assert [json.loads(line)["reason"] for line in deep] == [""]


def test_verify_prints_match_for_one_fix_and_for_all(run):
    assert run("verify", "h100-sxm-od", "2026-07-21", *SOURCE)[1] == ["match: 1 of 1 fixings"]
    code, lines, _ = run("verify", "--all", *SOURCE)
    assert code == 0
    assert lines[-1].startswith("match: ")
    assert not [line for line in lines if "differs" in line]


def test_a_changed_byte_of_a_recording_is_named(run, tmp_path):
    folder, state = tmp_path / "open", tmp_path / "state"
    name = Path("multi_gpurentalprices") / "2026-07-20.json.gz"
    (folder / name).parent.mkdir(parents=True)
    for file in sorted((embedded_folder() / name).parent.glob("2026-07-2*.gz")):
        shutil.copy(file, folder / name.parent)
    assert run("observe", "--from", str(folder), folder=state)[0] == 0
    code, lines, _ = run("verify", "--all", "--raw", "--json", folder=state)
    found = json.loads(lines[-1])
    assert (code, found["first_difference"]) == (0, None)
    assert found["checked"] == found["matched"] > 0
    damaged = bytearray((folder / name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (folder / name).write_bytes(damaged)
    code, lines, _ = run("verify", "--all", "--raw", "--json", folder=state)
    assert code == 1
    assert "2026-07-20.json.gz" in json.loads(lines[-1])["first_difference"]
    code, lines, _ = run("verify", "--all", "--raw", folder=state)
    assert code == 1
    assert lines[-1].startswith("difference: ")
