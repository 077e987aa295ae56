"""LOCK: no fix is computed with anything else than what the lock names.

Takes   docs/methodology/lock.json; the sources.
Gives   a failure that names the module, number or register that changed.
Keeps   a change of the calculation an act: the lock is written anew by hand, with a changelog line.
Source  IOSCO FR07/13, 12; decision 0016.
"""

import ast
import json
from pathlib import Path

from chiphour.adapters.lock import CALCULATION
from chiphour.adapters.lock import SOURCES
from chiphour.adapters.lock import calculation

LOCK = Path(__file__).resolve().parents[1] / "docs" / "methodology" / "lock.json"
REMEDY = "run docs/methodology/lock.py, add a line to changelog.d, and a decision for a rule"


def test_parameters_register_and_code_are_those_of_the_lock():
    locked, now = json.loads(LOCK.read_text()), calculation()
    changed = [
        name for name in now["modules"] if now["modules"][name] != locked["modules"].get(name)
    ]
    assert not changed, f"{changed} changed: {REMEDY}"
    assert now == locked, REMEDY


def imported_by(path: Path) -> set[str]:
    """Give the files of this package that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chiphour."):
            place = SOURCES / Path(*node.module.split(".")[1:])
            found.add(place / "__init__.py" if place.is_dir() else place.with_suffix(".py"))
    return {each.relative_to(SOURCES).as_posix() for each in found}


def test_the_lock_holds_every_module_that_the_methodology_runs_through():
    waiting, reached = {"index/v2026_1.py"}, set()
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= imported_by(SOURCES / name) - reached
    assert reached == set(CALCULATION)
