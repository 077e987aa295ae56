"""TEST STORM: `chiphour storm` tells what ran and what went wrong, and its exit code says so.

Takes   storms of a few commands; one that goes wrong, made up.
Gives   a failure when a seed that went wrong is not named.
Keeps   storms short here: what they find is told by `tests/laws/test_storm.py`.
Source  docs/how-to/storm.md.
"""

import json
import subprocess
import sys

import pytest

from chiphour.adapters.storm import Storm
from chiphour.cli import storm as command
from chiphour.exchange.cache import kernel_hash


def test_a_clean_storm_is_told_as_an_object(run, capsys):
    assert run("storm", 0, "--commands", 20, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["commands"] > 20
    assert report["kernel"] == kernel_hash()
    assert (report["first"], report["last"], report["clean"], report["faults"]) == (0, 0, 1, {})


def test_a_seed_that_went_wrong_is_named(run, capsys, monkeypatch):
    found = [Storm(6, 1_200, 3_000, ""), Storm(7, 34, 50, "the digests differ at the end")]
    monkeypatch.setattr(command, "_storms", lambda *_: found)
    assert run("storm", 6, "--seeds", 2) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first == "seed 7: the digests differ at the end"
    assert last.startswith("seeds 6 to 7: 1 of 2 clean, 1,234 commands, 3,050 events, ")
    assert last.endswith(f"kernel {kernel_hash()}")


@pytest.mark.long
def test_several_seeds_run_in_processes_of_their_own():
    """In a fresh process, as the shell starts it."""
    words = [sys.executable, "-c", "from chiphour.cli import main; main()", "storm", "3"]
    more = ["--seeds", "2", "--commands", "5", "--processes", "2", "--json"]
    done = subprocess.run([*words, *more], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["first"], report["last"], report["clean"]) == (3, 4, 2)
