"""TEST REVISE: `chiphour revise` as a user runs it.

Takes   a small archive of rate cards, fixed and logged.
Gives   a failure where output, exit code or message is not what was promised.
Keeps   a dry run without effect.
Source  Decision 0017.
"""

import json

import pytest

from carded import DAYS
from carded import filled
from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.log import open_log
from chiphour.cli import revise as command
from chiphour.observe.observation import observation_id
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import strike_ns

LAST_NS = strike_ns(DAYS[-1]) + 5 * NS_PER_MINUTE


@pytest.fixture
def data(tmp_path):
    archive, log = filled(tmp_path), open_log(tmp_path)
    fix_range(archive, DAYS[0], DAYS[-1], log=log)
    archive.close()
    return tmp_path


@pytest.fixture
def run(run, data, capsys):
    def running(*words):
        code = run("revise", *words, "--data", str(data))
        output, errors = capsys.readouterr()
        return code, output.splitlines(), errors.splitlines()

    return running


def vintages(data, day=DAYS[2]):
    archive = Archive(data)
    found = archive.vintages("CHR.H100.SXM.OD", strike_ns(day))
    archive.close()
    return found


def test_a_revision_shows_old_new_and_what_became_of_it(run, data):
    words = ("2026-07-03", "--cause", "a test price", "--strike-out", "coreweave")
    code, dry, errors = run(*words, "--dry-run")
    assert (code, errors) == (0, [])
    assert dry[-1] == "REV-2026-001 revises 3 of 3 fixings; nothing kept"
    assert len(vintages(data)) == 2
    code, lines, errors = run(*words)
    assert (code, errors) == (0, [])
    assert lines[-1] == "REV-2026-001 revises 3 of 3 fixings; known 2026-07-10T00:36:00Z"
    assert lines[:-1] == dry[:-1]
    assert "REV-2026-001: a test price" in lines[0]
    rows = [line.split() for line in lines if line.startswith(" H100")]
    assert rows[0] == "H100.SXM.OD 2026-07-03 v2026_1 3.0400 3.0450 +0.0050 revised".split()
    assert [f.vintage for f in vintages(data)] == ["provisional", "final", "revised"]


def test_an_object_for_each_fixing_touched(run, data):
    archive = Archive(data)
    rows = archive.observations(strike_ns(DAYS[2]) - NS_PER_DAY, strike_ns(DAYS[2]))
    archive.close()
    words = [part for row in rows[:3] for part in ("--strike-out", observation_id(row))]
    at = ("--at", "2026-11-27T00:00Z")
    code, lines, _ = run("2026-07-03", "--cause", "x", *words, *at, "--json")
    assert code == 0
    said = [json.loads(line) for line in lines]
    assert {row["parameter_set"] for row in said} == {"v2026_1", "robust", "plain"}
    assert said[0] == {
        "revision": "REV-2026-001",
        "cause": "x",
        "known": "2026-11-27T00:00:00Z",
        "kept": True,
        "series": "CHR.H100.SXM.OD",
        "date": "2026-07-03",
        "parameter_set": "v2026_1",
        "old_usd": "3.0400",
        "new_usd": None,
        "old_reason": "",
        "new_reason": "FEW_MEMBERS",
        "change_usd": None,
        "material": True,
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("2026-07-03", "--strike-out", "nobody"), "found 'nobody'"),
        (("2026-07-10", "--strike-out", "ovh"), "found 2026-07-10 provisional"),
        (("2026-07-03", "--let-in", "ab"), "expected the id of a row that the fixes of"),
        (("2026-07-03",), "expected rows to strike out or to let in, found none"),
        (
            ("2026-07-03", "--strike-out", "ovh", "--at", "2026-07-10T00:35Z"),
            "expected a time after 2026-07-10T00:35:00Z",
        ),
        (
            ("2026-07-03", "--strike-out", "ovh", "--at", "2199-01-01T00:00Z"),
            "expected a time that has come, found 2199-01-01T00:00:00Z",
        ),
    ],
)
def test_what_cannot_be_revised_is_one_line_and_exit_code_1(run, data, words, told):
    code, output, errors = run(*words, "--cause", "x")
    assert (code, output, len(errors)) == (1, [], 1)
    assert told in errors[0]
    assert len(vintages(data)) == 2


@pytest.mark.parametrize(
    "words", [("2026-07-03",), ("yesterday", "--cause", "x"), ("2026-07-03", "--cause", "x", "-z")]
)
def test_wrong_words_are_exit_code_2(run, words):
    assert run(*words)[0] == 2


def test_a_folder_of_today_takes_the_clock_and_a_replay_its_own_time(data, monkeypatch):
    archive = Archive(data)
    for now_ns, expected in (
        (LAST_NS + NS_PER_DAY, LAST_NS + NS_PER_DAY),
        (LAST_NS + 100 * NS_PER_DAY, LAST_NS + NS_PER_MINUTE),
    ):
        monkeypatch.setattr(command.time, "time_ns", lambda now_ns=now_ns: now_ns)
        assert command.known_now(archive) == expected
    archive.close()
