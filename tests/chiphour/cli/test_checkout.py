"""CHECKOUT: the steps run in order, and the first that fails ends the command.

Takes   small tools: this Python, told to succeed or to fail.
Gives   what the command prints, and its exit code.
Keeps   the real list of steps for the command itself, which runs in continuous integration.
Source  Decision 0009.
"""

import re
from pathlib import Path

import pytest
import typer

from chiphour.cli import checkout

ROOT = Path(__file__).resolve().parents[3]
GOOD = checkout.Step("good", ("python", "-c", "print('quiet')"))
BAD = checkout.Step("bad", ("python", "-c", "print('the reason'); raise SystemExit(3)"))


def test_this_is_a_checkout():
    assert checkout.checkout() == ROOT


def test_a_package_without_its_tree_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(checkout, "__file__", str(tmp_path / "a" / "b" / "c" / "checkout.py"))
    with pytest.raises(checkout.NotACheckout, match="expected a checkout"):
        checkout.checkout()


def test_a_tool_that_is_not_installed_is_refused():
    with pytest.raises(checkout.NotACheckout, match=r"expected no-such-tool .* \./chiphour"):
        checkout.program("no-such-tool")


def test_steps_tell_their_seconds_and_keep_quiet_when_they_pass(capsys):
    checkout.run_steps((GOOD, GOOD), ROOT)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2
    assert all(re.fullmatch(r"good +ok +\d+\.\d s", line) for line in printed)


def test_the_first_failure_is_shown_and_ends_the_command(capsys):
    with pytest.raises(typer.Exit) as stopped:
        checkout.run_steps((BAD, GOOD), ROOT)
    assert stopped.value.exit_code == 1
    printed = capsys.readouterr().out
    assert "bad      FAILED" in printed
    assert "the reason" in printed
    assert "good" not in printed


def test_every_tool_of_the_steps_is_installed():
    for step in checkout.TOOLS + checkout.QUICK_TESTS:
        assert checkout.program(step.words[0])
