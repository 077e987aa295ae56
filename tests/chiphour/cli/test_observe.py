"""TEST OBSERVE: the command reads recordings and says what it read.

Takes   the command line, in this process.
Gives   claims on its table, its JSON, its faults and exit codes.
Keeps   standard output for results, standard error for faults.
Source  Decision 0001.
"""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.venue_server import serving
from chiphour.observe.venues import venues


@pytest.fixture
def folder(tmp_path):
    day = "vast/2026-02-27"
    shutil.copytree(embedded_folder() / day, tmp_path / "recorded" / day)
    return tmp_path / "recorded"


def test_a_table_of_the_shipped_recordings(run, capsys, tmp_path):
    assert run("observe", "vast", "--data", tmp_path) == 0
    told = capsys.readouterr()
    assert "5,794" in told.out
    assert "vast: rows flagged BID_FLOOR 2,897" in told.out


def test_json_is_one_object_a_line(run, capsys, tmp_path, folder):
    words = ("observe", "--from", folder, "--data", tmp_path / "state", "--json")
    assert run(*words) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = {line["venue"]: line for line in lines}
    assert set(found) == set(venues())
    assert (found["vast"]["files"], found["vast"]["rows"], found["vast"]["new"]) == (2, 994, 994)
    assert found["vast"]["flags"]["BID_FLOOR"] == 497
    assert run(*words) == 0
    again = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["new"] for line in again] == [0] * len(venues())


def test_a_torn_file_is_one_line_and_exit_code_1(run, capsys, tmp_path, folder):
    torn = sorted(folder.rglob("*.gz"))[0]
    os.truncate(torn, 1_000)
    code = run("observe", "vast", "--from", folder, "--data", tmp_path / "state")
    told = capsys.readouterr()
    assert code == 1
    (line,) = told.err.splitlines()
    assert line.startswith(f"chiphour: vast: NOT_A_RECORDING: {torn}: expected a whole gzip file")
    assert "496" in told.out  # The other file was read.


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("acme",), "chiphour: expected a venue of"),
        (("--from", "absent"), "absent: expected recordings in"),
    ],
)
def test_a_wrong_word_is_one_line_and_exit_code_1(run, capsys, tmp_path, words, line):
    assert run("observe", *words, "--data", tmp_path) == 1
    told = capsys.readouterr()
    assert line in told.err
    assert len(told.err.splitlines()) == 1
    assert told.out == ""


def test_unmapped_lists_the_names(run, capsys, tmp_path, folder):
    file = sorted(folder.rglob("*.gz"))[0]
    body = gzip.decompress(file.read_bytes()).replace(b'"L40S"', b'"L41"')
    file.write_bytes(gzip.compress(body))
    words = ("observe", "vast", "--from", folder, "--data", tmp_path / "state", "--unmapped")
    assert run(*words, "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (lines[-1]["venue"], lines[-1]["unmapped"]) == ("vast", "chip")
    assert lines[-1]["name"] == "L41"
    assert lines[-1]["rows"] == lines[0]["unmapped"] > 0
    assert run(*words) == 0
    assert "unknown chip 'L41'" in capsys.readouterr().out


def test_a_live_round_is_asked_of_a_simulator_and_checked(run, capsys, tmp_path):
    """Collect one venue over HTTP, twice; the archive is whole, and the second poll is new rows."""
    with serving(only=("verda",)) as base_url:
        words = ("observe", "verda", "--live", "--base-url", base_url, "--data", tmp_path, "--json")
        for _ in range(2):
            assert run(*words) == 0
            (line,) = map(json.loads, capsys.readouterr().out.splitlines())
            assert line["rows"] == line["new"] > 0
            assert 0 <= line["age_seconds"] < 60
    assert run("observe", "--check", "--data", tmp_path, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["observations"] == 2 * line["rows"]
    assert found["first_difference"] is None


def test_a_refused_poll_is_one_line_with_its_code_and_exit_code_1(run, capsys, tmp_path):
    with serving(only=("verda",), faults={"verda": "rate_limited"}) as base_url:
        code = run("observe", "verda", "--live", "--base-url", base_url, "--data", tmp_path)
    told = capsys.readouterr()
    assert code == 1
    assert "chiphour: verda: RATE_LIMITED: " in told.err
    assert "refused" in told.out


def test_a_secret_that_is_missing_is_asked_for_by_name(run, capsys, tmp_path, monkeypatch):
    """Without --base-url nobody is asked before the secret is there."""
    monkeypatch.delenv("LAMBDA_API_KEY", raising=False)
    assert run("observe", "lambda", "--live", "--data", tmp_path) == 1
    assert "SECRET_MISSING: " in (told := capsys.readouterr().err)
    assert "LAMBDA_API_KEY" in told


def test_a_damaged_archive_is_one_line_and_exit_code_1(run, capsys, tmp_path, folder):
    assert run("observe", "vast", "--from", folder, "--data", tmp_path / "state") == 0
    body = next((tmp_path / "state" / "raw").rglob("*.gz"))
    body.write_bytes(body.read_bytes()[:-9])
    capsys.readouterr()
    assert run("observe", "--check", "--data", tmp_path / "state") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert body.name.removesuffix(".gz") in line


def test_an_export_is_parquet_by_day_and_venue(run, capsys, tmp_path, folder):
    assert run("observe", "vast", "--from", folder, "--data", tmp_path / "state") == 0
    capsys.readouterr()
    words = ("observe", "--export", tmp_path / "parquet", "--data", tmp_path / "state", "--json")
    assert run(*words) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 994
    assert list((tmp_path / "parquet").glob("day=2026-02-27/venue=vast/*.parquet"))


@pytest.mark.parametrize("words", [("--watch",), ("--base-url", "http://127.0.0.1:1")])
def test_what_belongs_to_live_is_refused_without_it(run, capsys, tmp_path, words):
    assert run("observe", *words, "--data", tmp_path) == 2
    assert "--live" in capsys.readouterr().err


@pytest.mark.suite
def test_watching_collects_and_shows_it_until_it_is_told_to_stop(tmp_path):
    """Run the real command against the simulator; ask it what is on offer; stop it cleanly."""
    with serving() as base_url:
        words = ["observe", "--live", "--watch", "--base-url", base_url, "--port", "0"]
        program = str(Path(sys.executable).with_name("chiphour"))
        command = [program, *words, "--data", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            try:
                address = child.stdout.readline().decode().split()[1]
                until = time.monotonic() + 60
                found = []
                while not found and time.monotonic() < until:
                    found = httpx.get(f"{address}/api/offers?venue=verda").json()["offers"]
                metrics = httpx.get(f"{address}/metrics").text
                venues_told = httpx.get(f"{address}/api/venues").json()["venues"]
            finally:
                child.send_signal(signal.SIGTERM)
                told = child.communicate(timeout=30)[1].decode()
    assert child.returncode == 0, told
    assert found
    assert 'chiphour_venue_state{state="closed",venue="verda"} 1.0' in metrics
    assert {one["venue"]: one["state"] for one in venues_told}["verda"] == "closed"
    assert "polled source=" in told
