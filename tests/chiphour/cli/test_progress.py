"""TEST PROGRESS: the bar shows on a terminal, after two seconds, and is gone at the end.

Takes   a console of our own, and patience set to nothing.
Gives   claims on `Bar`.
Keeps   standard output free of it.
Source  Decision 0001.
"""

import io

import pytest
from rich.console import Console

from chiphour.cli import progress
from chiphour.cli.progress import Bar


def shown(monkeypatch, patience_s, terminal):
    stream = io.StringIO()
    monkeypatch.setattr(progress, "PATIENCE_S", patience_s)
    with Bar("reading", Console(file=stream, force_terminal=terminal, width=80)) as bar:
        bar.show(1, 2)
        bar.show(2, 2)
    return stream.getvalue()


def test_a_long_step_shows_its_bar_on_a_terminal(monkeypatch):
    told = shown(monkeypatch, 0.0, True)
    assert "reading" in told
    assert "2/2" in told


@pytest.mark.parametrize(("patience_s", "terminal"), [(60.0, True), (0.0, False)])
def test_nothing_is_shown_for_a_short_step_or_into_a_file(monkeypatch, patience_s, terminal):
    assert shown(monkeypatch, patience_s, terminal) == ""


def test_a_fault_inside_takes_the_bar_away(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    bar = Bar("reading", Console(file=io.StringIO(), force_terminal=True))

    def step():
        bar.show(1, 2)
        raise KeyError

    with pytest.raises(KeyError), bar:
        step()
    assert bar._progress is None
