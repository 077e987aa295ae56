"""MAP: the map of ARCHITECTURE.md is held by the import contracts, and they do bite.

Takes   a copy of the sources, with one fault planted in it.
Gives   the verdict of lint-imports on the copy.
Keeps   the checkout itself untouched.
Source  ARCHITECTURE.md, "The map"; decision 0001.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run lint-imports on the package that lies in this tree."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree / "src")},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def tree(tmp_path):
    """Copy the sources and their contracts; recordings are no sources."""
    shutil.copytree(
        ROOT / "src" / "chiphour",
        tmp_path / "src" / "chiphour",
        ignore=lambda _, names: {n for n in names if n == "__pycache__" or n == "recordings"},
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_sources_keep_every_contract(tree):
    done = lint(tree)
    assert done.returncode == 0, done.stdout


FAULTS = {
    "upward": ("exchange/limits.py", "import chiphour.adapters", "one direction"),
    "across": ("exchange/limits.py", "import chiphour.auction", "one direction"),
    "clock": ("index/series.py", "import time", "only adapters touch the world"),
    "solver": ("auction/__init__.py", "import highspy", "one home for the solver"),
    "compiler": ("index/series.py", "import numba", "one home for the compiler"),
    "venues": (
        "observe/venues/vast/__init__.py",
        "import chiphour.observe.venues.gpurentalprices",
        "venues do not know one another",
    ),
    "audit": (
        "audit/rules.py",
        "import chiphour.index.statistics",
        "one direction",
    ),
    "homeless": ("misc/__init__.py", "", "one direction"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_reported(tree, fault):
    name, line, contract = FAULTS[fault]
    path = tree / "src" / "chiphour" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text() if path.exists() else "") + line + "\n")
    done = lint(tree)
    assert done.returncode == 1, done.stdout
    assert any(contract in row and "BROKEN" in row for row in done.stdout.splitlines())
