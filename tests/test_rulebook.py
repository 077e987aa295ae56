"""TEST RULEBOOK: every rule has code that holds it and a test that tries it; the page says where.

Takes   docs/rulebook/rulebook.md, the sources, the tests, docs/rulebook/rules.md.
Gives   a failure that names the rule.
Keeps   the table of rules as its generator writes it.
Source  docs/rulebook/generate.py.
"""

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "rulebook"
_SPEC = importlib.util.spec_from_file_location("rulebook_generate", FOLDER / "generate.py")
generate = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generate)

RULES = generate.rules()


def test_rules_are_numbered_in_order_each_once():
    numbers = [tuple(map(int, rule.split("."))) for rule in RULES]
    assert numbers == sorted(set(numbers))
    for section, number in numbers:
        assert number == 1 or (section, number - 1) in numbers


@pytest.mark.parametrize("folders", [generate.CODE, generate.TESTS], ids=["code", "tests"])
def test_every_rule_is_cited(folders):
    found = generate.cited(folders)
    assert [rule for rule in RULES if not found[rule]] == []


def test_the_table_of_rules_is_as_it_is_generated():
    assert generate.TABLE.read_text() == generate.table(), "run docs/rulebook/generate.py"
