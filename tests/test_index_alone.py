"""INDEX_ALONE: the index runs as a process of its own, with the exchange deleted.

Takes   a copy of the sources without `exchange`, `auction`, `contracts` and `ledger`.
Gives   a failure where the index cannot fix, publish, serve or verify without them.
Keeps   the whole way: what the process serves is believed by a market that has its key alone.
Source  Decision 0020.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import chiphour
from chiphour.index.note import vkey_of
from chiphour.publish.signed import Publisher
from chiphour.publish.signed import believed_fix

pytestmark = pytest.mark.suite

SOURCES = Path(chiphour.__file__).parent
DELETED = ("exchange", "auction", "contracts", "ledger")
COMMAND = "from chiphour.cli import main; main()"


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Give the environment of a Python that finds the copy first."""
    copy = tmp_path_factory.mktemp("alone")
    shutil.copytree(
        SOURCES, copy / "chiphour", ignore=shutil.ignore_patterns("__pycache__", *DELETED)
    )
    assert not [name for name in DELETED if (copy / "chiphour" / name).exists()]
    return {**os.environ, "PYTHONPATH": str(copy)}


def started(alone, *words):
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *words], env=alone, stdout=subprocess.PIPE, text=True
    )


def ran(alone, *words):
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words], env=alone, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def got(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read()


def test_the_copy_is_what_runs(alone):
    where = "import chiphour, sys; print(chiphour.__file__)"
    done = subprocess.run([sys.executable, "-c", where], env=alone, capture_output=True, text=True)
    assert done.stdout.startswith(alone["PYTHONPATH"])


@pytest.mark.long
def test_an_index_without_an_exchange_fixes_signs_serves_and_verifies(alone, tmp_path):
    data = ("--data", str(tmp_path))
    process = started(alone, "index", "serve", "--port", "0", *data)
    try:
        line = process.stdout.readline()
        assert line.startswith("ready http://127.0.0.1:")
        address = line.split()[1]
        key = vkey_of(ran(alone, "log", "key", *data).strip())
        content = got(f"{address}/api/signed/h100-sxm-od/2026-08-12")
        believed = believed_fix(content, [Publisher(key)])
        assert believed.fixing.vintage == "final"
        assert json.loads(content)["fix"]["fix_usd"] == "3.2250"
        assert b"3.2250" in got(f"{address}/series/h100-sxm-od/2026-08-12")
        assert got(f"{address}/log/checkpoint").decode().startswith(key.name)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    verified = json.loads(ran(alone, "verify", "h100-sxm-od", "2026-08-12", "--json", *data))
    assert (verified["checked"], verified["matched"]) == (1, 1)
    assert json.loads(ran(alone, "log", "check", "--json", *data))["fault"] is None
