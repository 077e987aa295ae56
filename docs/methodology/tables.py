"""TABLES: writes the tables of docs/methodology/statistics.md from a recorded run.

Takes   statistics.json beside it: what `chiphour bench index --json` printed, with its machine.
Gives   the tables between the marks of statistics.md; `--check` writes nothing and exits 1 when
        the page differs; `--record FILE` makes FILE the recorded run first.
Keeps   a number of the page to one place: tests/test_statistics_page.py runs the same functions.
Source  benchmarks/bench_index.py. Run: `.venv/bin/python docs/methodology/tables.py`
"""

import json
import re
import sys
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER / "statistics.md"
RECORD = FOLDER / "statistics.json"
BLOCK = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.S)

Figure = dict[str, Any]
SET_NAMES = {
    "v2026_1": "**v2026_1** (in force)",
    "robust": "robust (scaled screen)",
    "plain": "plain venue median",
}
ATTACKS = {"capture": "captured", "silence": "silenced"}


class Run:
    """A recorded run: its machine and its figures, found by name and parameters."""

    def __init__(self, record: dict[str, Any]) -> None:
        """Take what the benchmark printed."""
        self.machine: dict[str, Any] = record["machine"]
        self.figures: list[Figure] = record["figures"]

    def of(self, name: str, **params: Any) -> list[Figure]:
        """Give the figures of a name whose parameters include these."""
        return [
            each
            for each in self.figures
            if each["name"] == name
            and all(each["params"].get(key) == value for key, value in params.items())
        ]

    def one(self, name: str, decimals: int = 1, **params: Any) -> str:
        """Give the value of the only such figure as text, or "none"."""
        found = self.of(name, **params)
        assert len(found) <= 1, (name, params)
        return f"{found[0]['value']:.{decimals}f}" if found else "none"


def rows(header: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """Write a Markdown table."""
    body = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in body)


def machine(run: Run) -> str:
    """Say what it was measured on."""
    found = run.machine
    return (
        f"Recorded on {found['processor']}, {found['cores']} cores, {found['system']}, "
        f"Python {found['python']}, numpy {found['numpy']}."
    )


def goals(run: Run) -> str:
    """List every figure that has a goal."""
    held = {True: "yes", False: "**no**", None: "not measured"}
    lines = (
        (
            each["name"],
            ", ".join(f"{key} {value}" for key, value in each["params"].items() if key != "days"),
            _text(each["value"]),
            f"± {each['standard_error']:.2f}" if "standard_error" in each else "",
            _text(each["goal"]),
            held[each["holds"]],
        )
        for each in run.figures
        if each["goal"] is not None
    )
    return rows(("figure", "of", "value", "error", "goal", "reached"), lines)


def _text(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value).lower()


def flood(run: Run) -> str:
    """Show the shift by false listings in one book."""
    lines = []
    for each in run.of("flood shift"):
        params = each["params"]
        worst = run.one("flood shift, worst day", **params)
        size = f"{params['listings']:,}"
        shift = f"{each['value']:.1f} ± {each['standard_error']:.1f}"
        lines.append((f"v2026_1, {params['by']}, {params['way']}", size, shift, worst))
    for each in run.of("peer flood shift"):
        size = f"{each['params']['listings']:,}"
        shift = f"{each['value']:.1f} ± {each['standard_error']:.1f}"
        lines.append((f"{each['params']['peer']}, up", size, shift, ""))
    return rows(("", "listings", "shift, %", "worst day, %"), lines)


def _ways(run: Run, name: str, words: str, count: int) -> str:
    return " / ".join(run.one(name, set=words, captured=count, way=way) for way in ("up", "down"))


def capture(run: Run) -> str:
    """Show the shift by captured venues, for the sets and the peers."""
    lines: list[Sequence[object]] = [
        (words, *(_ways(run, "capture shift", name, count) for count in (1, 2, 3, 4)))
        for name, words in SET_NAMES.items()
    ]
    worst = [_ways(run, "capture shift, worst day", "v2026_1", count) for count in (1, 2, 3, 4)]
    lines.append(("v2026_1, worst day", *worst))
    for name in ("v2026_1", "robust"):
        found = [_ways(run, "capture shift, any venues", name, count) for count in (1, 2, 3, 4)]
        lines.append((f"{name}, any venues", *found))
    for peer in _peers(run, "peer capture shift"):
        found = [run.one("peer capture shift", peer=peer, captured=n) for n in (1, 2, 3, 4)]
        lines.append((f"{peer}, up", *found))
    return rows(("up / down, %", "1 of 9", "2 of 9", "3 of 9", "4 of 9"), lines)


def _peers(run: Run, name: str) -> list[str]:
    return list(dict.fromkeys(each["params"]["peer"] for each in run.of(name)))


def silence(run: Run) -> str:
    """Show the shift by silenced venues."""
    lines = [
        (words, *(run.one("silence shift", set=name, silenced=n) for n in (1, 2, 3)))
        for name, words in SET_NAMES.items()
    ]
    worst = (run.one("silence shift, worst day", set="v2026_1", silenced=n) for n in (1, 2, 3))
    lines.append(("v2026_1, worst day", *worst))
    for peer in _peers(run, "peer silence shift"):
        found = (run.one("peer silence shift", peer=peer, silenced=n) for n in (1, 2, 3))
        lines.append((peer, *found))
    return rows(("%", "1", "2", "3"), lines)


def errors(run: Run) -> str:
    """Show what one wrong unit, one host and rented machines do."""
    lines = [
        (
            "one venue eight times too dear",
            run.one("unit error shift", 2),
            f"logged as `UNIT`: {100 * run.of('unit errors logged')[0]['value']:.0f} %",
        )
    ]
    for way in ("up", "down"):
        capped, free = (
            run.one("host shift", 2, of="fix", cap=cap, way=way) for cap in ("capped", "uncapped")
        )
        lines.append((f"a host with a third of a book, a fifth {way}", capped, f"no cap: {free}"))
    for each in run.of("rent-out shift", carry="carried"):
        machines = each["params"]["machines"]
        without = run.one("rent-out shift", 2, carry="not carried", machines=machines)
        name = f"the {machines} cheapest machines rented before the strike"
        lines.append((name, f"{each['value']:.2f}", f"no carry: {without}"))
    return rows(("", "shift of the fix, %", ""), lines)


def noise(run: Run) -> str:
    """Show the noise of every estimator in every market."""
    markets = list(dict.fromkeys(each["params"]["market"] for each in run.of("noise of a day")))
    names = list(dict.fromkeys(each["params"]["estimator"] for each in run.of("noise of a day")))
    lines = []
    for name in names:
        cells = []
        for market in markets:
            found = [
                run.one(what, 2, estimator=name, market=market)
                for what in ("noise of a day", "spread of the level", "bias")
            ]
            cells.append("{} ({}; {})".format(*found))
        lines.append((SET_NAMES.get(name, name), *cells))
    return rows(("%", *markets), lines)


def intervals(run: Run) -> str:
    """Show how often the interval holds the true price."""
    lines = [
        (each["params"]["members"], f"{each['params']['stated']:.1f}", f"{each['value']:.2f}")
        for each in run.of("interval coverage")
    ]
    return rows(("members", "stated, %", "found, %"), lines)


def rejections(run: Run) -> str:
    """Show false and true rejections by the size of the panel."""
    lost, caught = "honest days with a rejection", "dear venues caught"
    lines = []
    for members in dict.fromkeys(each["params"]["members"] for each in run.of(lost)):
        cells = [
            run.one(name, screen=screen, members=members)
            for name in (lost, caught)
            for screen in ("raw", "scaled")
        ]
        lines.append((members, *cells))
    header = ("members", "lost: raw, %", "lost: scaled, %", "caught: raw, %", "caught: scaled, %")
    return rows(header, lines)


def recorded(run: Run) -> str:
    """Show the recorded panels, and how many do not reach the goals."""
    lines = []
    for each in run.of("recorded panels"):
        series = each["params"]["series"]
        cells = []
        for failing in run.of("recorded panels failing", series=series):
            attack = {key: failing["params"][key] for key in ("attack", "members")}
            mean = run.one("recorded shift", series=series, **attack)
            cells.append(f"{mean}; {failing['value']} of {failing['params']['of']}")
        width = run.one("recorded interval width", series=series)
        lines.append((f"`{series}`", each["params"]["members"], each["value"], width, *cells))
    attacks = [
        f"{each['params']['members']} {ATTACKS[each['params']['attack']]}"
        for each in run.of("recorded panels failing", series=_first_series(run))
    ]
    return rows(("series", "members", "panels", "interval, %", *attacks), lines)


def _first_series(run: Run) -> str:
    return str(run.of("recorded panels")[0]["params"]["series"])


TABLES: dict[str, Callable[[Run], str]] = {
    function.__name__: function
    for function in (
        machine,
        goals,
        flood,
        capture,
        silence,
        errors,
        noise,
        intervals,
        rejections,
        recorded,
    )
}


def filled(text: str, run: Run) -> str:
    """Give a page with the tables of a run between its marks."""
    return BLOCK.sub(lambda mark: f"{mark[1]}{TABLES[mark[2]](run)}\n{mark[3]}", text)


def recorded_run() -> Run:
    """Read the run that the page shows."""
    return Run(json.loads(RECORD.read_text()))


def is_current() -> bool:
    """Tell whether the page shows the recorded run."""
    text = PAGE.read_text()
    return filled(text, recorded_run()) == text


def record(path: Path) -> None:
    """Keep a run, one figure to a line."""
    found = json.loads(path.read_text())
    lines = ",\n".join(json.dumps(each) for each in found["figures"])
    RECORD.write_text(f'{{"machine": {json.dumps(found["machine"])}, "figures": [\n{lines}\n]}}\n')


def main() -> None:
    """Write the page, or with `--check` only compare."""
    words = sys.argv[1:]
    if "--check" in words:
        sys.exit(0 if is_current() else f"stale: {PAGE.name}")
    if "--record" in words:
        record(Path(words[words.index("--record") + 1]))
    if not is_current():
        PAGE.write_text(filled(PAGE.read_text(), recorded_run()))
        print(f"wrote docs/methodology/{PAGE.name}")


if __name__ == "__main__":
    main()
