"""PUBLISH: the command `publish bundle` as a user runs it, from nothing to a bundle that holds.

Takes   words on the command line; small archives, and once the shipped recordings.
Gives   a failure where output, exit code or folder is not what was promised.
Keeps   a refusal on one line, before anything is read or written.
Source  Decision 0019; docs/how-to/verify.md.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bundles import fixed
from carded import DAYS
from carded import filled
from chiphour.adapters.archive import Archive
from chiphour.audit.bundle import check_bundle
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns

COMMAND = [Path(sys.executable).with_name("chiphour")]


def test_a_bundle_is_published_and_holds(run, tmp_path, capsys, monkeypatch):
    fixed(tmp_path / "data")[0].close()
    monkeypatch.setattr("chiphour.cli.fix.ingest_shipped", lambda *_: None)
    assert run("publish", "bundle", tmp_path / "b", "--data", tmp_path / "data") == 0
    place = tmp_path / "b"
    assert capsys.readouterr().out == (
        f"{place}: 1566 fixings; check them with `python {place / 'verify.py'}`\n"
    )
    assert check_bundle(place).first_difference is None


def test_a_folder_in_use_is_refused_at_once(run, tmp_path, capsys):
    (tmp_path / "b").mkdir()
    (tmp_path / "b/mine").write_text("mine")
    assert run("publish", "bundle", tmp_path / "b", "--data", tmp_path / "data") == 1
    assert capsys.readouterr().err == (
        f"chiphour: {tmp_path / 'b'}: expected a folder that is absent or empty, found one in use\n"
    )
    assert not (tmp_path / "data").exists()


def test_a_strike_that_has_not_closed_is_left_to_its_time(run, tmp_path, monkeypatch):
    """Its batch would be closed before its rows are there, and nothing opens it again."""
    filled(tmp_path / "data").close()
    monkeypatch.setattr("chiphour.cli.fix.ingest_shipped", lambda *_: None)
    monkeypatch.setattr("time.time_ns", lambda: strike_ns(DAYS[-1]) - NS_PER_HOUR)
    assert run("publish", "bundle", tmp_path / "b", "--data", tmp_path / "data") == 0
    last = (tmp_path / "b/fixings").iterdir()
    assert max(file.name for file in last) == f"{DAYS[-2]}.jsonl"
    archive = Archive(tmp_path / "data")
    assert max(each.strike_ns for each in archive.closed_batches()) == strike_ns(DAYS[-2])
    archive.close()


@pytest.mark.long
@pytest.mark.suite
def test_from_an_empty_folder_to_a_bundle_that_anyone_can_verify(tmp_path):
    def runs(*words):
        done = subprocess.run(words, cwd=tmp_path, env=os.environ, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()[-1]

    runs(*COMMAND, "publish", "bundle", "b")
    alone = runs(sys.executable, "-I", "-S", "b/verify.py")
    assert alone == runs(*COMMAND, "verify", "--all", "--bundle", "b")
    assert alone.startswith("match: ")
