"""CONFTEST: the command line as the shell calls it, in this process.

Takes   the words after `chiphour`.
Gives   `run`: a function of the words that gives the exit code; `recorded`: a data folder that the
        shipped recordings fill at its first use, for tests that only ask.
Keeps   sys.argv as it was, once the test is over.
Source  Decision 0001.
"""

import sys

import pytest

from chiphour.cli import main


@pytest.fixture
def run(monkeypatch):
    """Give a function that runs `chiphour WORDS` and gives the exit code."""

    def running(*words) -> int:
        monkeypatch.setattr(sys, "argv", ["chiphour", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0

    return running


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """Give a data folder for all tests that ask about the shipped recordings and change nothing."""
    return tmp_path_factory.mktemp("recorded")
