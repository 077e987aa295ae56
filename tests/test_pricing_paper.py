"""PRICING_PAPER: the paper on pricing is what the program builds, and holds what it shows.

Takes   docs/pricing.
Gives   a failure when the paper is stale, a figure is missing or idle, or a mark is left.
Keeps   the build in a process of its own, as a reader would start it; a figure as it was drawn on
        another processor, to a ten-thousandth of a point.
Source  docs/pricing/build.py; decision 0045.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pricing"


def test_every_figure_is_shown_and_every_shown_one_is_there():
    paper = (FOLDER / "README.md").read_text()
    shown = set(re.findall(r"\]\(figures/([\w-]+\.svg)\)", paper))
    assert shown == {path.name for path in (FOLDER / "figures").iterdir()}
    assert "{{" not in paper


def test_tables_and_figures_are_numbered_without_gaps():
    paper = (FOLDER / "README.md").read_text()
    for kind, count in (("Table", 12), ("Figure", 9)):
        assert re.findall(rf"^\*{kind} (\d+)\.", paper, re.M) == [str(n + 1) for n in range(count)]


@pytest.mark.suite
@pytest.mark.parametrize(
    ("name", "drawn", "expected"),
    [
        ("a.svg", b"M 34.453443 17.206552 z", True),
        ("a.svg", b"M 34.453443 17.207553 z", False),
        ("a.svg", b"L 34.453443 17.206553 z", False),
        ("README.md", b"M 34.453443 17.206552 z", False),
    ],
)
def test_only_what_nobody_sees_may_differ_and_only_in_a_figure(name, drawn, expected):
    code = "import sys, build; print(build.is_same(sys.argv[1], *map(str.encode, sys.argv[2:])))"
    words = [sys.executable, "-c", code, name, "M 34.453443 17.206553 z", drawn.decode()]
    done = subprocess.run(words, cwd=FOLDER, capture_output=True, text=True)
    assert done.stdout.strip() == str(expected), done.stderr


@pytest.mark.long
def test_the_paper_is_what_the_program_builds(tmp_path):
    """Fix all recorded days anew, compute and draw everything, and compare each byte."""
    words = [sys.executable, str(FOLDER / "build.py"), "--check", "--data", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
