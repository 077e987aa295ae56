"""BENCH: figures are held against the goals, and an unmeasured one is told apart.

Takes   a small benchmark in a folder of its own; the goals of this checkout.
Gives   figures with goal and verdict.
Keeps   real measurements out of the suite: they are commands.
Source  Decision 0009.
"""

import json
import sys

import pytest
import typer

from chiphour.cli import bench
from chiphour.cli import checkout

GOALS = """
[[goal]]
name = "speed"
params = { contracts = 50 }
value = 10
direction = "at least"

[[goal]]
name = "latency"
value = 5
direction = "at most"
"""
TOY = """
def figures():
    yield {"name": "speed", "params": {"contracts": 50, "seed": 1}, "value": SPEED, "unit": "/s"}
    yield {"name": "speed", "params": {"contracts": 1}, "value": 3, "unit": "/s"}
    yield {"name": "latency", "params": {}, "value": None, "unit": "ms", "reason": "no server"}
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Make a checkout with one benchmark; give a function that runs it at a speed."""
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "goals.toml").write_text(GOALS)
    monkeypatch.setattr(bench, "checkout", lambda: tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(speed: int, **said) -> None:
        (folder / "bench_toy.py").write_text(TOY.replace("SPEED", str(speed)))
        sys.modules.pop("bench_toy", None)
        sys.dont_write_bytecode = True  # Two versions within a second.
        try:
            bench.bench("toy", as_json=True, **said)
        finally:
            sys.dont_write_bytecode = False

    return run


def test_a_benchmark_lasts_as_long_as_one_says_where_it_can(toy, capsys, monkeypatch):
    with pytest.raises(bench.BenchmarkUnknown, match="takes --minutes"):
        toy(12, minutes=2)
    changed = TOY.replace("figures()", "figures(minutes=1)").replace("SPEED", "minutes")
    monkeypatch.setattr(sys.modules[__name__], "TOY", changed)
    with pytest.raises(typer.Exit):
        toy(0, minutes=7)
    assert json.loads(capsys.readouterr().out)["figures"][0]["value"] == 7


def test_figures_carry_goal_and_verdict(toy, capsys):
    toy(12)
    printed = json.loads(capsys.readouterr().out)
    fast, other, unmeasured = printed["figures"]
    assert (fast["goal"], fast["holds"]) == (10, True)
    assert (other["goal"], other["holds"]) == (None, None)
    assert (unmeasured["goal"], unmeasured["holds"]) == (5, None)
    assert unmeasured["reason"] == "no server"
    assert {"processor", "cores", "python", "load"} <= printed["machine"].keys()


def test_a_missed_goal_is_exit_code_1(toy, capsys):
    with pytest.raises(typer.Exit) as stopped:
        toy(9)
    assert stopped.value.exit_code == 1
    assert json.loads(capsys.readouterr().out)["figures"][0]["holds"] is False


def test_an_unknown_benchmark_is_refused_with_the_names_there_are(toy, capsys):
    toy(12)
    with pytest.raises(bench.BenchmarkUnknown, match="expected one of toy, found 'no'"):
        bench.bench("no")


def test_every_goal_of_this_checkout_can_be_read():
    goals = bench.read_goals(checkout.checkout() / "benchmarks" / "goals.toml")
    assert goals
    assert all({"name", "value", "direction"} <= goal.keys() for goal in goals)
