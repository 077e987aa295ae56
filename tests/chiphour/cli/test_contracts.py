"""TEST CONTRACTS: what the command shows of a day.

Takes   a day.
Gives   failures.
Keeps   each contract with its waterfall and its terms.
Source  Rulebook 8.2; decision 0025.
"""

import json

from typer.testing import CliRunner

from chiphour.cli import build
from chiphour.contracts.table import TERMS


def asked(*words):
    done = CliRunner().invoke(build("contracts"), ["contracts", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_every_contract_of_a_day_states_its_waterfall_and_terms():
    rows = json.loads(asked("2026-07-07", "--json"))
    assert [row["contract"] for row in rows[:3]] == [
        "H100SXMOD_USDC-PERPETUAL",
        "H100SXMOD_USDC-10JUL26",
        "H100SXMOD_USDC-17JUL26",
    ]
    assert {row["kind"] for row in rows} == {"perpetual", "future", "average"}
    for row in rows:
        assert row["waterfall"].endswith(".")
        assert list(row["terms"]) == [term.name for term in TERMS]


def test_the_table_names_each_contract():
    shown = asked("2026-07-07", "--series", "h200-sxm-od")
    assert "H200SXMODAVG_USDC" in shown
