"""CHECKOUT: `test` and `check`, the commands that need the source tree around the package.

Takes   the folder of the checkout: where this file lies, if that is a checkout.
Gives   each step with its seconds; the words of the first that failed; its exit code.
Keeps   one list of steps: `check` runs them all in under a minute, `test` runs the same tools
        and then the whole suite, of which tidy, docs and laws are a part.
Source  Decision 0009; CONTRIBUTING.md.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from typing import NamedTuple

import typer

from chiphour.observe.observation import MarketError


class NotACheckout(MarketError):
    """The command needs the source tree, and the package is installed without it."""


class Step(NamedTuple):
    """One tool: its name and the words that start it, the first a program of this Python."""

    name: str
    words: tuple[str, ...]


TREE = ("src", "tests", "benchmarks", "docs", "chiphour", "hatch_build.py")
TOOLS = (
    Step("format", ("ruff", "format", "--check", "--quiet", *TREE)),
    Step("lint", ("ruff", "check", "--quiet", *TREE)),
    Step("types", ("mypy", "--no-error-summary")),
    Step("imports", ("lint-imports",)),
)
QUICK_TESTS = (
    Step("tidy", ("pytest", "tests/test_tidy.py")),
    Step("docs", ("pytest", "tests/test_docs.py")),
    Step("laws", ("pytest", "tests/laws", "-m", "not suite and not long and not extra", "-n", "2")),
)
FEW_EXAMPLES = {"CHIPHOUR_EXAMPLES": "6"}  # For the laws in `check`; the suite draws more.
NO_TESTS_COLLECTED = 5


def checkout() -> Path:
    """Give the root of the checkout; raises NotACheckout when the package stands alone."""
    root = Path(__file__).resolve().parents[3]
    if not (root / "pyproject.toml").is_file() or not (root / "tests").is_dir():
        raise NotACheckout(f"expected a checkout of chiphour (see README), found none at {root}")
    return root


def program(name: str) -> str:
    """Give the path of a tool that was installed beside this Python; raises NotACheckout."""
    found = Path(sys.executable).with_name(name)
    if not found.exists():
        raise NotACheckout(f"expected {name} beside {sys.executable}: start it as ./chiphour")
    return str(found)


def say(text: str) -> None:
    """Print one line at once, so that it stands before what a tool prints itself."""
    print(text, flush=True)


def run_step(step: Step, root: Path) -> bool:
    """Run one tool and tell its seconds; show what it said only when it failed."""
    began = time.monotonic()
    words = [program(step.words[0]), *step.words[1:]]
    quick = os.environ | FEW_EXAMPLES
    done = subprocess.run(words, cwd=root, env=quick, capture_output=True, text=True)
    passed = done.returncode == 0 or (
        step.words[0] == "pytest" and done.returncode == NO_TESTS_COLLECTED
    )
    say(f"{step.name:<8} {'ok' if passed else 'FAILED':<6} {time.monotonic() - began:5.1f} s")
    if not passed:
        say((done.stdout + done.stderr).rstrip())
    return passed


def run_steps(steps: Sequence[Step], root: Path) -> None:
    """Run tools in order; the first that fails ends the command with exit code 1."""
    for step in steps:
        if not run_step(step, root):
            raise typer.Exit(1)


def check() -> None:
    """Check format, lint, types, imports, tidiness, docs and laws: under a minute."""
    began = time.monotonic()
    run_steps(TOOLS + QUICK_TESTS, checkout())
    say(f"all checks passed in {time.monotonic() - began:.1f} s")


def run_tests(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Also the long tests and those of extras.")
    ] = False,
) -> None:
    """Run the checks, then the test suite; further words go to pytest."""
    root = checkout()
    run_steps(TOOLS, root)
    marked = [] if everything else ["-m", "not long and not extra"]
    words = [program("pytest"), "-n", "2", "--dist", "loadfile", *marked, *context.args]
    raise typer.Exit(subprocess.run(words, cwd=root).returncode)


def add_to(app: typer.Typer) -> None:
    """Add `check` and `test`."""
    app.command()(check)
    passing = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("test", context_settings=passing)(run_tests)
