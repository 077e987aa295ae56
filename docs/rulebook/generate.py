"""GENERATE: the table of rules: for each one the files that hold it and the tests that try it.

Takes   docs/rulebook/rulebook.md; the sources of the exchange, every test and scenario.
Gives   docs/rulebook/rules.md, rewritten; `rules` and `cited` for the test that holds them.
Keeps   a citation exact: "rulebook 9.12" counts for rule 9.12, "Rulebook 9" for none.
Source  docs/rulebook/rulebook.md.

Run it after a rule was added or moved: `.venv/bin/python docs/rulebook/generate.py`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULEBOOK = ROOT / "docs" / "rulebook" / "rulebook.md"
TABLE = ROOT / "docs" / "rulebook" / "rules.md"
CODE = (
    "src/chiphour/exchange",
    "src/chiphour/contracts",
    "src/chiphour/ledger",
    "src/chiphour/wire",
)
TESTS = ("tests",)
SHOWN = 6  # Files named for a rule; more are counted.

_RULE = re.compile(r"^(\d+\.\d+) (.*)")
_NUMBER = r"\d+\.\d+(?:\.\d+)?"
_CITED = re.compile(rf"[Rr]ulebook,? ((?:{_NUMBER}|\d+|,|;| |and|to)+)")


def rules() -> dict[str, str]:
    """Give each rule of the rulebook, in its order, with its first words."""
    found = (_RULE.match(line) for line in RULEBOOK.read_text().splitlines())
    return {match[1]: _words(match[2]) for match in found if match}


def cited(folders: Iterable[str]) -> Mapping[str, list[str]]:
    """Give, by rule, the files of some folders that cite it, by path."""
    known = list(rules())
    places: dict[str, list[str]] = defaultdict(list)
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".py", ".txt"):
                continue
            named = {
                rule for match in _CITED.finditer(_joined(path)) for rule in _each(match[1], known)
            }
            for rule in named:
                places[rule].append(path.relative_to(ROOT).as_posix())
    return places


def table() -> str:
    """Write the page."""
    code, tests = cited(CODE), cited(TESTS)
    lines = [
        "# Where each rule is",
        "",
        "Written by `docs/rulebook/generate.py` from the citations in code and tests. A test fails",
        "on a rule that has no code or no test.",
        "",
        "| rule | says | code | tests |",
        "|---|---|---|---|",
    ]
    for rule, words in rules().items():
        lines.append(f"| {rule} | {words} | {_listed(code[rule])} | {_listed(tests[rule])} |")
    return "\n".join(lines) + "\n"


def _joined(path: Path) -> str:
    """Read a file with its line breaks inside sentences undone, comment marks with them."""
    return re.sub(r"\s*\n[\s#*]*", " ", path.read_text())


def _each(text: str, known: list[str]) -> Iterable[str]:
    """Give the rules that a citation names: 9.1, 9.3 to 9.5, 2.3.1 (which counts for 2.3)."""
    words = re.findall(rf"{_NUMBER}|to|\d+", text)
    for place, word in enumerate(words):
        rule = ".".join(word.split(".")[:2])
        if rule in known:
            yield rule
        if word == "to" and 0 < place < len(words) - 1:
            first, last = words[place - 1], words[place + 1]
            if first in known and last in known:
                yield from known[known.index(first) : known.index(last) + 1]


def _words(text: str) -> str:
    """Give the title of a rule, else its first words, without what a table would break on."""
    title = re.match(r"\*\*(.+?)\.?\*\*", text)
    words = title[1] if title else " ".join(text.split()[:9]).rstrip(":;,.") + " ..."
    return words.replace("|", "\\|")


def _listed(paths: list[str]) -> str:
    names = [path.removeprefix("src/chiphour/").removeprefix("tests/") for path in paths]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:SHOWN]) + more


if __name__ == "__main__":
    TABLE.write_text(table())
