"""CONFTEST: the served market that these tests talk to, in a process of its own.

Takes   tests/shown.py.
Gives   `shown`, its module; `address`, where it answers.
Keeps   one server for all tests of this folder, on a free port of this machine.
Source  Decision 0010.
"""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

SHOWN = Path(__file__).resolve().parents[3] / "shown.py"


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
def address():
    """Serve the market; give its address."""
    command = [sys.executable, str(SHOWN), "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process.stdout.readline().removeprefix("ready ").strip()
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
