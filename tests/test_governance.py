"""GOVERNANCE: the registers are there, dated, and name only what exists.

Takes   docs/governance; docs/methodology/iosco.md.
Gives   a failure where a register is malformed, or a principle points at nothing.
Keeps   nineteen principles, each held by a file or a test.
Source  IOSCO FR07/13, 3, 13, 16; docs/methodology/governance.md.
"""

import json
import re
from datetime import date
from pathlib import Path

from chiphour.index.series import BY_TICKER

DOCS = Path(__file__).resolve().parents[1] / "docs"
CONFLICT = {"date", "who", "interest", "measure"}
CESSATION = {"ticker", "announced", "last_strike", "successor", "reason"}


def register(name):
    record = json.loads((DOCS / "governance" / f"{name}.json").read_text())
    assert set(record) == {"updated", name}
    date.fromisoformat(record["updated"])
    return record[name]


def test_the_register_of_conflicts_is_whole():
    assert all(set(each) == CONFLICT for each in register("conflicts"))


def test_the_register_of_cessations_names_series():
    for each in register("cessations"):
        assert set(each) == CESSATION
        assert each["ticker"] in BY_TICKER
        assert each["successor"] in ("", *BY_TICKER)
        assert date.fromisoformat(each["announced"]) <= date.fromisoformat(each["last_strike"])


def test_nineteen_principles_point_at_what_holds_them():
    rows = re.findall(r"^\| (\d+) \|.*\|(.*)\|$", (DOCS / "methodology/iosco.md").read_text(), re.M)
    assert [int(number) for number, _ in rows] == list(range(1, 20))
    for _, held in rows:
        targets = re.findall(r"\]\(([^)#]+)", held)
        assert targets
        assert all((DOCS / "methodology" / target).exists() for target in targets)
