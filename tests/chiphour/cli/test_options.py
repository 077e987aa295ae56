"""OPTIONS: where state lies.

Takes   an option, the environment.
Gives   the folder.
Keeps   the option above the environment, the environment above the default.
Source  Decision 0001.
"""

from pathlib import Path

from chiphour.cli.options import data_folder


def test_the_option_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("CHIPHOUR_DATA", "from-environment")
    assert data_folder(Path("given")) == Path("given")
    assert data_folder(None) == Path("from-environment")


def test_without_either_state_lies_in_var(monkeypatch):
    monkeypatch.delenv("CHIPHOUR_DATA", raising=False)
    assert data_folder(None) == Path("var")
