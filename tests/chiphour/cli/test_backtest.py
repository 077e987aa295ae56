"""TEST BACKTEST: what `fix --params` prints.

Takes   a small archive of rate cards, a file of changed numbers.
Gives   a failure where a table or an object says something else than was computed.
Keeps   nothing kept.
Source  Decision 0017.
"""

import json

import pytest

from carded import DAYS
from carded import card
from carded import filled
from carded import keep
from chiphour.adapters.backtest import Pair
from chiphour.cli.backtest import backtest_lines
from chiphour.cli.backtest import backtest_table
from records import fixing


@pytest.fixture
def params(tmp_path):
    archive = filled(tmp_path / "state")
    keep(archive, DAYS[1], [card(DAYS[1], "together", 4 * 10**9, "other")])
    archive.close()
    (tmp_path / "p.json").write_text('{"screen_multiple": 1000}')
    return ("--params", str(tmp_path / "p.json"), "--data", str(tmp_path / "state"))


def test_a_row_for_each_series_that_was_fixed(run, params, capsys):
    assert run("fix", *params) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "2026-07-01 to 2026-07-10: 10 strikes; nothing" in lines[0]
    rows = [line.split() for line in lines if "H100" in line]
    assert rows == [["H100.SXM.OD", "9", "9", "1", "0.0006", "0.0183", "0.0050", "0.165"]]


def test_an_object_for_each_series_and_strike_that_differs(run, params, capsys):
    assert run("fix", *params, "--json") == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {
            "series": "CHR.H100.SXM.OD",
            "date": "2026-07-02",
            "strike": "2026-07-02T00:30:00Z",
            "fix_usd_before": "3.0300",
            "fix_usd_after": "3.0350",
            "reason_before": "",
            "reason_after": "",
            "difference_usd": "0.0050",
            "difference_percent": "0.165",
        }
    ]
    assert run("fix", "2026-07-03", *params, "--json") == 0
    assert capsys.readouterr().out == ""
    assert run("fix", "2026-07-02", *params, "--json", "--series", "l4-od") == 0
    assert capsys.readouterr().out == ""


def test_a_fix_that_is_gone_has_no_difference():
    gone = fixing(fix_ticks=None, state="suppressed", reason="FEW_MEMBERS")
    (line,) = backtest_lines([Pair(fixing(), gone), Pair(fixing(), fixing())])
    said = json.loads(line)
    assert (said["fix_usd_before"], said["fix_usd_after"]) == ("3.1700", None)
    assert (said["reason_after"], said["difference_usd"]) == ("FEW_MEMBERS", None)
    assert backtest_table([Pair(fixing(), gone)]).row_count == 1


def test_a_bad_file_is_one_line_and_exit_code_1(run, params, tmp_path, capsys):
    (tmp_path / "p.json").write_text('{"screen_multiple": 0}')
    assert run("fix", *params) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    assert len(errors.splitlines()) == 1
    assert "screen_multiple: expected a whole number from 1 to 1000, found 0" in errors


@pytest.mark.parametrize("words", [("--strike", "2026-07-02T00:00Z"), ("not-a-day",)])
def test_wrong_words_are_exit_code_2(run, params, words):
    assert run("fix", *words, *params) == 2
