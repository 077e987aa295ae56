"""CONFTEST: the served market that these tests talk to, in a process of its own.

Takes   tests/shown.py, tests/indexed.py, tests/officed.py.
Gives   `shown` and `indexed`, their modules; `address` and `index_address`, where they answer;
        `trading`, a market that trades, with its operator and members.
Keeps   one server of each for all tests of this folder, on a free port of this machine.
Source  Decisions 0010 and 0023.
"""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

SHOWN = Path(__file__).resolve().parents[3] / "shown.py"
INDEXED = SHOWN.with_name("indexed.py")


@pytest.fixture(scope="session")
def shown():
    """Give the module that makes the market."""
    return importlib.import_module("shown")


@pytest.fixture
def started():
    """Start servers: a function of the words to start one with; all are ended after the test."""
    processes = []

    def start(*words: str) -> subprocess.Popen:
        command = [sys.executable, str(SHOWN), *words]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def indexed():
    """Give the module that makes the index."""
    return importlib.import_module("indexed")


@pytest.fixture(scope="session")
def address():
    """Serve the market; give its address."""
    yield from _served(SHOWN)


@pytest.fixture(scope="session")
def index_address():
    """Serve the index alone; give its address."""
    yield from _served(INDEXED)


def _served(program):
    command = [sys.executable, str(program), "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process.stdout.readline().removeprefix("ready ").strip()
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


@pytest.fixture(scope="session")
def trading(tmp_path_factory):
    """Serve a market that trades, with its office."""
    trading = importlib.import_module("officed").Trading(tmp_path_factory.mktemp("trading"))
    yield trading
    assert trading.end() == 0
