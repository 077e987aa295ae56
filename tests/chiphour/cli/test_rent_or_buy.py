"""TEST RENT OR BUY: the command as a user runs it, on the shipped recordings.

Takes   words on the command line, a folder with the shipped recordings.
Gives   a failure where output, exit code or message is not what was promised.
Keeps   every figure that it stands on printed with its source.
Source  docs/how-to/rent-or-buy.md; decision 0044.
"""

import json

import pytest


@pytest.mark.suite
def test_the_recorded_market_is_compared(run, recorded, tmp_path, capsys):
    chart = tmp_path / "chart.svg"
    words = ("rent-or-buy", "H100-SXM", "--data", recorded)
    assert run(*words, "--chart", chart) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "One H100-SXM in us-ohio, 500 useful hours a month" in shown
    assert "fix of 2026-08-13" in shown and "where the rule says 500" in shown
    assert "CBRE, North America" in shown
    assert chart.read_text().startswith("<svg ")
    assert run(*words, "--json", "--set", "electricity_usd_mwh=200", "--hours", 300) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["hours_per_month"] == 300
    (power,) = [each for each in found["assumptions"] if each["name"] == "electricity_usd_mwh"]
    assert (power["value"], power["overridden"]) == ("200", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "pue"), "--set: expected NAME=VALUE, found 'pue'"),
        (("--hours", 0), "rent-or-buy: expected `int` >= 1"),
        (("--set", "pue=-1"), "regex"),
    ],
)
def test_wrong_words_are_one_line(run, capsys, words, said):
    assert run("rent-or-buy", *words) == 1
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1
