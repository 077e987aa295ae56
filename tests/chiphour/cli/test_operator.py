"""TEST OPERATOR: the password that was set on the command line lets the operator in.

Takes   words after `chiphour operator`, a line of standard input or a terminal.
Gives   what is printed, and what a server with that folder admits.
Keeps   no password in what is printed.
Source  Decision 0034.
"""

import io
import sys

import pytest

from chiphour.adapters.operator import Operator

PASSWORD = "correct horse battery"


@pytest.fixture
def password(run, tmp_path, capsys, monkeypatch):
    """Give a function that runs `chiphour operator password` with an input."""

    def running(text):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        code = run("operator", "password", "--data", str(tmp_path))
        said = capsys.readouterr()
        return code, said.out, said.err

    return running


def test_a_password_from_standard_input_is_set(password, tmp_path):
    assert password(f"{PASSWORD}\n") == (0, "the password of 'operator' is set\n", "")
    assert Operator(tmp_path).admits_password("operator", PASSWORD)


@pytest.mark.parametrize("text", ["", "short\n", "x" * 300])
def test_a_password_that_cannot_be_is_one_line_on_standard_error(password, tmp_path, text):
    code, out, err = password(text)
    assert (code, out) == (1, "")
    assert err.startswith("chiphour: expected a password of 12 to 256 characters, found ")
    assert not list(tmp_path.iterdir())


def test_at_a_terminal_it_is_asked_for_twice(run, tmp_path, capsys, monkeypatch):
    """A terminal in a test is one that says it is one; what reads from it is replaced."""
    typed = iter([PASSWORD, PASSWORD + "!", PASSWORD, PASSWORD])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    assert run("operator", "password", "--data", str(tmp_path)) == 1
    assert "expected the same password twice" in capsys.readouterr().err
    assert run("operator", "password", "--data", str(tmp_path)) == 0
    assert Operator(tmp_path).admits_password("operator", PASSWORD)
