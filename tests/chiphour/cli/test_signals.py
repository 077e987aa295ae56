"""TEST SIGNALS: the command, on a small archive.

Takes   words on the command line.
Gives   claims on tables, JSON and refusals.
Keeps   the shipped recordings out: tests/laws/test_signals.py has them.
Source  Decision 0042.
"""

import json
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from archives import answer
from asking import hour
from asking import price
from chiphour.adapters.archive import Archive
from chiphour.adapters.questions import TimeUnknown
from chiphour.analyse.goods import GoodUnknown
from chiphour.cli import build

RUNNER = CliRunner()


@dataclass
class Folder:
    path: str

    def __call__(self, *words):
        return RUNNER.invoke(build("signals"), ["signals", *words, "--data", self.path])


@pytest.fixture
def run(tmp_path):
    """Fill an archive by a recording of somebody else, so that the shipped ones are left alone."""
    archive = Archive(tmp_path)
    rows = [price("lambda", hour(24 * n), 2 + n) for n in range(3)]
    rows.append(price("runpod", hour(48), 3))
    for row in rows:
        body = str(row).encode()
        at = {"observed_ns": row["observed_ns"], "path": f"/mine/{row['observed_ns']}"}
        archive.keep_poll("acme", "1", [answer(body, [row], file_sha256="0" * 64, **at)])
    archive.close()
    return Folder(str(tmp_path))


def test_a_table_has_four_signals_for_a_chip(run):
    shown = run().stdout
    assert shown.count("h100-sxm") == 4
    assert "Signals at 2026-05-06T00:00:00Z" in shown


def test_one_chip_is_told_in_sentences(run):
    lines = run("H100-SXM").stdout.splitlines()
    assert len(lines) == 8
    assert lines[0].startswith(
        "H100 SXM: spread between venues, stated rule: $1.0000 an hour, green"
    )


def test_json_is_a_line_for_each_chip_and_at_goes_back(run):
    (line,) = run("--json").stdout.splitlines()
    assert json.loads(line)["prices"][0]["floor_usd"] == "4.000000000"
    (line,) = run("--json", "--at", "2026-05-05T01:00Z").stdout.splitlines()
    assert [each["floor_usd"] for each in json.loads(line)["prices"]] == ["3.000000000"]


def test_viability_is_a_row_and_a_line(run):
    assert "not yet" in run("--viability").stdout
    (line,) = run("--viability", "--json").stdout.splitlines()
    assert json.loads(line)["lacking"][0] == {"what": "days with a price", "found": 3, "needed": 30}


def test_refusals(run):
    assert isinstance(run("h100").exception, GoodUnknown)
    assert isinstance(run("b200-sxm").exception, GoodUnknown)
    early = run("--at", "2026-01-01T00:00Z").exception
    assert isinstance(early, TimeUnknown)
    assert "expected a time from 2026-05-04T00:00:00Z on" in str(early)
    assert run("--at", "yesterday").exit_code == 2
