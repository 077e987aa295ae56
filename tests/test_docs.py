"""DOCS: the documents say what the program does.

Takes   the documents, the command line, the enums and tables of words.
Gives   a failure that names what is missing, stale or broken.
Keeps   generated pages equal to what the program would write now.
Source  STYLE.md; CONTRIBUTING.md, "What a change brings along".
"""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from chiphour.cli import build
from chiphour.contracts import table
from chiphour.exchange import commands
from chiphour.exchange import events
from chiphour.exchange import reasons
from chiphour.index import companion
from chiphour.index import transacted
from chiphour.index import v2026_1
from chiphour.index.companions import variants
from chiphour.observe import checks

ROOT = Path(__file__).resolve().parent.parent
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def generator():
    path = ROOT / "docs" / "reference" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documents() -> list[Path]:
    """List the Markdown files that git tracks or would track."""
    if not shutil.which("git"):
        pytest.skip("no git")
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).is_file()]


def test_every_command_says_what_it_does():
    group = typer.main.get_command(build())
    silent = []
    for name, command in group.commands.items():
        for each in getattr(command, "commands", {"": command}).values():
            silent += [] if each.help else [name]
            silent += [f"{name} {p.name}" for p in each.params if not p.help]
    assert not silent


def test_generated_reference_is_current():
    stale = generator().differing()
    assert not stale, f"{stale}: run `.venv/bin/python docs/reference/generate.py`"


def test_every_command_is_documented():
    text = (ROOT / "docs/reference/cli.md").read_text()
    group = typer.main.get_command(build())
    assert not [name for name in group.commands if f"\n## {name}\n" not in text]


def words_of_the_program() -> set[str]:
    modules = (commands, events, reasons, table)
    enums = [found for module in modules for found in generator().enums(module)]
    words = {member.name for found in enums for member in found}
    of_fixes = {*v2026_1.REASONS, *v2026_1.RULES, *v2026_1.NOTES}
    of_companions = {*companion.REASONS, *transacted.RULES, *variants()}
    return words | set(checks.FLAGS) | of_fixes | of_companions


def test_every_word_is_in_the_glossary():
    glossary = set(re.findall(r"`([A-Z][A-Z0-9_]*)`", (ROOT / "docs/glossary.md").read_text()))
    assert not sorted(words_of_the_program() - glossary)


def test_decisions_are_numbered_without_gaps():
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_decision_answers_the_five_questions():
    parts = ("Question", "Decision", "Why", "What we gave up", "How we would know it was wrong")
    missing = [
        f"{path.name}: {part}"
        for path in DECISIONS
        for part in parts
        if f"**{part}.**" not in path.read_text() and f"## {part}" not in path.read_text()
    ]
    assert not missing


def test_every_decision_is_listed_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    assert not [p.name for p in DECISIONS if f"(docs/decisions/{p.name})" not in text]


def test_every_link_inside_the_repository_resolves():
    broken = []
    for path in documents():
        text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:|#", target):
                continue
            if not (path.parent / target.partition("#")[0]).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken


def test_decisions_named_in_headers_exist():
    numbers = {path.name[:4] for path in DECISIONS}
    named = {
        (number, path.relative_to(ROOT).as_posix())
        for path in (ROOT / "src").rglob("*.py")
        for words in re.findall(r"[Dd]ecisions? ((?:\d{4}(?:, | and | to )?)+)", path.read_text())
        for number in re.findall(r"\d{4}", words)
    }
    assert not sorted((number, name) for number, name in named if number not in numbers)
