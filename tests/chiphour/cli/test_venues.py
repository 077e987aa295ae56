"""TEST VENUES: the table of venues, and the simulator as a process of its own.

Takes   the command line: in this process for the table, in a child for the simulator.
Gives   claims on its output, its faults, its end.
Keeps   SIGTERM as an order to stop, not a fault.
Source  Decisions 0001 and 0015.
"""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from chiphour.observe.venues import venues
from chiphour.publish.venue_table import COLUMNS

START = [sys.executable, "-c", "from chiphour.cli import main; main()", "venues", "simulate"]


def test_the_table_has_a_row_for_each_venue(run, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert run("venues", "list") == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert "fault cases" in head
    named = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert set(venues()) <= set(named)


def test_json_is_one_object_a_line(run, capsys):
    assert run("venues", "list", "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["venue"] for row in rows] == list(venues())
    assert all(list(row) == list(COLUMNS) for row in rows)
    assert all(row["fault_cases"] >= 10 and row["samples"] >= 1 for row in rows)


@contextmanager
def simulating(*words):
    """Run the simulator; gives its process and its address once it is ready."""
    with subprocess.Popen([*START, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            said, _, address = process.stdout.readline().strip().partition(" ")
            assert said == "ready"
            yield process, address
        finally:
            process.kill()


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_until_it_is_told_to_stop(order):
    with simulating("--offers", "2000", "--fault", "gpurentalprices=server_error") as (child, at):
        about = httpx.get(at).json()["venues"]
        assert set(about) <= set(venues())
        assert sum(venue["offers"] for venue in about.values()) >= 1_000
        assert httpx.get(f"{at}/gpurentalprices/data/latest.json").status_code == 500
        httpx.delete(f"{at}/fault/gpurentalprices")
        assert httpx.get(f"{at}/gpurentalprices/data/latest.json").status_code == 200
        child.send_signal(order)
        assert child.wait(timeout=10) == 0
        assert child.stdout.read() == ""


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("vast", "--fault: expected VENUE=FAULT, found 'vast'"),
        ("nobody=hang", "expected a venue of"),
        ("vast=sulk", "expected a fault of hang"),
    ],
)
def test_a_wrong_word_is_one_line_and_exit_code_1(run, capsys, fault, line):
    assert run("venues", "simulate", "--fault", fault) == 1
    told = capsys.readouterr()
    assert line in told.err
    assert len(told.err.splitlines()) == 1
    assert told.out == ""
