"""BENCH: `bench NAME` runs benchmarks/bench_NAME.py and holds its figures against the goals.

Takes   `figures()` of that file, which yields mappings with name, params, value and unit;
        benchmarks/goals.toml.
Gives   a table, or with `--json` one object: the machine and the figures, each with its goal and
        whether it holds. Exit code 1 when a goal is missed.
Keeps   a figure that could not be measured (value null, with a reason) apart from one that
        missed its goal: `holds` is then null too.
Source  Decision 0009; the numbers to reach stand in benchmarks/goals.toml alone.
"""

import importlib
import inspect
import json
import os
import platform
import sys
import tomllib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Annotated
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from chiphour.cli.checkout import checkout
from chiphour.cli.options import JsonOption
from chiphour.observe.observation import MarketError

Figure = Mapping[str, Any]
HOLDS = {
    "at least": lambda value, goal: value >= goal,
    "at most": lambda value, goal: value <= goal,
    "equal": lambda value, goal: value == goal,
}


class BenchmarkUnknown(MarketError):
    """No such file under benchmarks/."""


def names(folder: Path) -> list[str]:
    """List the benchmarks: the folder is the registration."""
    return sorted(path.stem.removeprefix("bench_") for path in folder.glob("bench_*.py"))


def load_figures(folder: Path, name: str, **asked: Any) -> Iterable[Figure]:
    """Import one benchmark and start it with what is asked for, None and False left out.

    Raises BenchmarkUnknown, also where it cannot be asked for that.
    """
    path = folder / f"bench_{name}.py"
    if not path.is_file():
        known = ", ".join(names(folder)) or "none"
        raise BenchmarkUnknown(f"expected one of {known}, found {name!r} (files of {folder})")
    sys.path.insert(0, str(folder))  # A benchmark may import its neighbours.
    measure: Callable[..., Iterable[Figure]] = importlib.import_module(path.stem).figures
    given = {option: value for option, value in asked.items() if value}
    for option in given:
        if option not in inspect.signature(measure).parameters:
            raise BenchmarkUnknown(f"expected a benchmark that takes --{option}, found {name}")
    return measure(**given)


def read_goals(path: Path) -> list[dict[str, Any]]:
    """Read the goals: each has a figure's name, a direction, a goal, and params it applies to."""
    goals: list[dict[str, Any]] = tomllib.loads(path.read_text())["goal"]
    for goal in goals:
        assert goal["direction"] in HOLDS, goal
    return goals


def with_goal(figure: Figure, goals: list[dict[str, Any]]) -> dict[str, Any]:
    """Add `goal` and `holds` to a figure; both are null where no goal is set."""
    merged = {key: figure.get(key) for key in ("name", "params", "value", "unit")}
    merged |= {key: value for key, value in figure.items() if key not in merged}
    merged |= {"goal": None, "holds": None}
    for goal in goals:
        wanted = goal.get("params", {})
        params = figure.get("params") or {}
        same = all(params.get(key) == value for key, value in wanted.items())
        if goal["name"] == figure["name"] and same:
            merged["goal"] = goal["value"]
            if figure.get("value") is not None:
                merged["holds"] = bool(HOLDS[goal["direction"]](figure["value"], goal["value"]))
    return merged


def machine() -> dict[str, Any]:
    """Say what the figures were measured on, and how busy it was."""
    processor = platform.processor() or platform.machine()
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        models = [
            line for line in listing.read_text().splitlines() if line.startswith("model name")
        ]
        processor = models[0].partition(":")[2].strip() if models else processor
    packages = ("numpy", "numba", "highspy")
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in packages},
    }


def show(measured: list[dict[str, Any]], about: dict[str, Any]) -> None:
    """Print the figures as a table."""
    table = Table("figure", "params", "value", "unit", "goal", "holds")
    for figure in measured:
        params = " ".join(f"{key}={value}" for key, value in (figure["params"] or {}).items())
        shown = {None: "", True: "yes", False: "NO"}[figure["holds"]]
        value, goal = figure["value"], figure["goal"]
        found = figure.get("reason", "not measured") if value is None else _text(value)
        table.add_row(figure["name"], params, found, figure["unit"], _text(goal), shown)
    console = Console()
    console.print(table)
    console.print(", ".join(f"{key} {value}" for key, value in about.items()))


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"


def bench(
    name: Annotated[str, typer.Argument(help="Which: a file bench_NAME.py of benchmarks/.")],
    minutes: Annotated[
        int | None, typer.Option(min=1, help="How long the soak of `gateway` lasts.")
    ] = None,
    references: Annotated[
        bool, typer.Option("--references", help="Of `auction`, the reference cases alone.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure one part of the market and hold the figures against the goals."""
    folder = checkout() / "benchmarks"
    goals = read_goals(folder / "goals.toml")
    about = machine()
    started = load_figures(folder, name, minutes=minutes, references=references)
    measured = [with_goal(figure, goals) for figure in started]
    if as_json:
        print(json.dumps({"machine": about, "figures": measured}))
    else:
        show(measured, about)
    if any(figure["holds"] is False for figure in measured):
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Add `bench`."""
    app.command()(bench)
