"""OPTIONS: where state lies.

Takes   an option, the environment.
Gives   the folder.
Keeps   the option above the environment, the environment above the default.
Source  Decision 0001.
"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from chiphour.cli import build
from chiphour.cli.options import data_folder


@pytest.mark.parametrize(
    ("command", "default"),
    [
        ("up", "$CHIPHOUR_DATA, else var"),
        ("observe", "the shipped ones"),
        ("fix", "the first"),
        ("day", "a temporary one"),
    ],
)
def test_help_says_what_an_option_is_when_it_is_not_given(command, default, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert (
        f"[default: ({default})]" in CliRunner().invoke(build(command), [command, "--help"]).output
    )


def test_the_option_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("CHIPHOUR_DATA", "from-environment")
    assert data_folder(Path("given")) == Path("given")
    assert data_folder(None) == Path("from-environment")


def test_without_either_state_lies_in_var(monkeypatch):
    monkeypatch.delenv("CHIPHOUR_DATA", raising=False)
    assert data_folder(None) == Path("var")
