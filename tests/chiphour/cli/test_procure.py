"""TEST PROCURE: the command and its exit codes, on the shipped recordings.

Takes   words on the command line, a folder with the shipped recordings.
Gives   a failure where output, exit code or message is not what was promised.
Keeps   3 for a price above the limit, 4 for a job that nothing can do, 1 for a bad one.
Source  docs/how-to/rent-or-buy.md; decision 0044.
"""

import json

import pytest

from chiphour.cli import procure as command

JOB = {"gpus": 8, "hours": 100, "chips": ["H100"], "forms": ["SXM"]}


@pytest.fixture
def job(tmp_path):
    path = tmp_path / "job.json"
    path.write_text(json.dumps(JOB))
    return path


@pytest.mark.long
@pytest.mark.suite
def test_a_job_is_priced_and_guarded(run, recorded, job, capsys):
    assert run("procure", job, "--data", recorded, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    (taken,) = found["chosen"]
    assert (taken["venue"], taken["price_usd"], found["cost_usd"]) == (
        "tensordock",
        "2.250000",
        "1800.000000",
    )
    assert run("procure", job, "--data", recorded, "--limit", "2.25") == 0
    assert "within the limit" in capsys.readouterr().out
    assert run("procure", job, "--data", recorded, "--limit", "2.24") == 3
    assert "above the limit of $2.2400" in capsys.readouterr().out
    assert run("procure", job, "--data", recorded, "--country", "FR") == 4
    assert "where it stands is not" in capsys.readouterr().out


@pytest.mark.long
@pytest.mark.suite
def test_watching_ends_when_the_price_has_risen(run, recorded, job, capsys, monkeypatch):
    """Let each wait end at once; at the third look the price is what another series costs."""
    looks = []
    real = command._look

    def look(asked, url, folder, today):
        looks.append(asked)
        found = real(asked, url, folder, today)
        found.above_limit = len(looks) == 3
        return found

    monkeypatch.setattr(command, "_look", look)
    monkeypatch.setattr(command.time, "sleep", lambda seconds: None)
    assert run("procure", job, "--data", recorded, "--limit", "2.25", "--watch") == 3
    assert len(looks) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--gpus", 8, "--hours", 5, "--chip", "H100", "--watch"), "--watch: expected --limit"),
        (("--gpus", 0, "--hours", 5, "--chip", "H100"), "procure: expected `int` >= 1"),
        (("--hours", 5), "missing required field"),
    ],
)
def test_a_bad_job_is_one_line(run, capsys, words, said):
    assert run("procure", *words) == 1
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1
