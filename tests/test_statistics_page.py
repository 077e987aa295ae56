"""STATISTICS_PAGE: the page of statistics shows the recorded run, and hides no miss.

Takes   docs/methodology/statistics.md, statistics.json and benchmarks/goals.toml.
Gives   a failure when the page is stale, a goal of today was not held against, or a table lacks.
Keeps   the recorded run to the goals as they stand: a goal that moves needs a new run.
Source  docs/methodology/tables.py.
"""

import importlib.util
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def tables():
    path = ROOT / "docs" / "methodology" / "tables.py"
    spec = importlib.util.spec_from_file_location("tables", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def goals_of_the_index() -> list[dict]:
    text = (ROOT / "benchmarks" / "goals.toml").read_text()
    part = text.partition("# benchmarks/bench_index.py")[2].partition("# benchmarks/")[0]
    return tomllib.loads(part)["goal"]


def test_statistics_page_shows_the_recorded_run():
    assert tables().is_current(), "run `.venv/bin/python docs/methodology/tables.py`"


def test_every_table_stands_on_the_page():
    module = tables()
    shown = [mark[2] for mark in module.BLOCK.finditer(module.PAGE.read_text())]
    assert sorted(shown) == sorted(module.TABLES)


def test_recorded_run_was_held_against_the_goals_of_today():
    run = tables().recorded_run()
    for goal in goals_of_the_index():
        found = run.of(goal["name"], **goal.get("params", {}))
        assert found, goal
        assert {each["goal"] for each in found} == {goal["value"]}, goal


def test_every_goal_that_was_missed_is_said_to_be():
    module = tables()
    missed = [each for each in module.recorded_run().figures if each["holds"] is False]
    assert module.goals(module.recorded_run()).count("**no**") == len(missed)
