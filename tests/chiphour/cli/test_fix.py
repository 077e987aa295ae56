"""FIX: the command `fix` as a user runs it, on the shipped recordings.

Takes   words on the command line, a fresh data folder for the module.
Gives   a failure where output, exit code or message is not what was promised.
Keeps   each refusal on one line that says what was expected and found.
Source  Decision 0004.
"""

import json

import pytest

from carded import DAYS
from carded import filled
from chiphour.adapters.archive import Archive
from chiphour.adapters.log import open_log
from chiphour.cli import fix as command
from chiphour.index.series import ALL_SERIES
from chiphour.units import strike_ns

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


@pytest.mark.long
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


@pytest.fixture
def carded_data(tmp_path):
    archive = filled(tmp_path)
    archive.close()
    return tmp_path


def test_a_set_is_shown_as_it_was_known(run, carded_data):
    """Nothing before its close, provisional until the next strike, then final."""
    words = ("fix", "2026-07-03", "--json", "--series", "h100-sxm-od")
    for parameter_set in ("v2026_1", "robust", "plain"):
        for as_of, vintage in (
            ("2026-07-03T00:35:00Z", "provisional"),
            ("2026-07-04T00:29:59Z", "provisional"),
            ("2026-07-04T00:30:00Z", "final"),
        ):
            of = ("--set", parameter_set, "--as-of", as_of)
            code, lines, _ = run(*words, *of, folder=carded_data)
            (row,) = map(json.loads, lines)
            assert (code, row["parameter_set"], row["vintage"]) == (0, parameter_set, vintage)
            assert row["fix_usd"] == "3.0400"
    code, _, errors = run(*words, "--as-of", "2026-07-03T00:34:59Z", folder=carded_data)
    assert code == 1
    assert "expected a time at which 2026-07-03 was fixed, from 2026-07-03T00:35:00Z" in errors[0]
    assert run(*words, "--set", "none", folder=carded_data)[0] == 2


def test_a_day_names_the_venues_that_were_absent(run, carded_data):
    lines = run("fix", "2026-07-05", folder=carded_data)[1]
    said = [line for line in lines if line.startswith("outage: ")]
    assert said[0] == "outage: coreweave, seen last 2026-07-03T23:30:00Z: H100.SXM.OD"
    assert len(said) == 5
    assert "STALE" in "\n".join(lines)
    present = run("fix", "2026-07-06", folder=carded_data)[1]
    assert not [line for line in present if line.startswith("outage: ")]


def test_every_fix_is_in_the_log_of_the_folder(run, carded_data):
    run("fix", "2026-07-03", folder=carded_data)
    log = open_log(carded_data)
    size = log.size
    assert log.check() is None
    archive = Archive(carded_data)
    # A batch for each of the three days, and what they were computed with.
    assert size == archive.count()["fixings"] + 4
    archive.close()
    run("fix", "2026-07-03", folder=carded_data)
    log.refresh()
    assert log.size == size


def test_a_strike_that_has_not_closed_is_shown_and_not_kept(run, carded_data, monkeypatch):
    now_ns = strike_ns(DAYS[3])
    monkeypatch.setattr(command.time, "time_ns", lambda: now_ns)
    code, lines, errors = run("fix", "2026-07-04", "--json", folder=carded_data)
    assert (code, len(lines)) == (0, len(ALL_SERIES))
    assert errors == ["chiphour: 2026-07-04 has not closed yet: shown, not kept"]
    archive = Archive(carded_data)
    assert max(fixing.strike_ns for fixing in archive.fixings()) == strike_ns(DAYS[2])
    archive.close()
