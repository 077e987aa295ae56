"""REPORT: the command prints the report of a morning, keeps it, and refuses what is refused.

Takes   the command, a folder of its own with the shipped recordings.
Gives   a failure where a report is not printed or a lie is.
Keeps   the real command, in a process of its own.
Source  docs/how-to/report.md; decision 0043.
"""

import json
import os
import subprocess
import sys

import pytest

from model_server import ModelServer

pytestmark = pytest.mark.suite
COMMAND = [sys.executable, "-c", "from chiphour.cli import main; main()", "report"]
KEY = "sk-ant-" + "not-a-key-" * 3


def report(folder, *words, **environment):
    clean = {name: text for name, text in os.environ.items() if "ANTHROPIC" not in name}
    return subprocess.run(
        [*COMMAND, *words, "--data", str(folder)],
        capture_output=True,
        text=True,
        env=clean | environment,
        timeout=120,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


@pytest.mark.long
def test_a_report_is_printed_and_kept(folder):
    done = report(folder, "2026-07-20", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    kinds = [section["kind"] for section in found["sections"]]
    assert kinds == ["snapshot", "movers", "volatility", "context"]
    assert found["writer"] == "template"
    assert len(found["signals"]) > 100
    assert (folder / "reports" / "2026-07-20.json").read_bytes() == done.stdout.strip().encode()
    again = report(folder, "2026-07-20", "--json")
    assert again.stdout == done.stdout


def test_people_get_words(folder):
    done = report(folder, "2026-07-20")
    assert done.returncode == 0
    assert "Market snapshot" in done.stdout
    assert "by template" in done.stdout


def test_a_model_that_lies_is_refused(folder):
    pytest.importorskip("pydantic_ai")
    lie = {"lead_signal": "It costs $9.99.", "title": "t", "summary": "s", "sections": []}
    with ModelServer(lambda request: [("final_result", lie)]) as server:
        words = ("2026-07-21", "--model-url", server.url, "--model", "a-model")
        done = report(folder, *words, ANTHROPIC_API_KEY=KEY)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("chiphour: report of 2026-07-21: ")
    assert "found '$9.99'" in done.stderr
    assert KEY not in done.stderr
    assert not (folder / "reports" / "2026-07-21.json").exists()


@pytest.mark.parametrize(
    ("day", "named"), [("2020-01-01", "expected"), ("2999-01-01", "expected a day up to")]
)
def test_a_day_without_prices_is_refused(folder, day, named):
    done = report(folder, day)
    assert done.returncode == 1
    assert named in done.stderr
    assert done.stderr.count("\n") == 1
