"""GENERATE: writes the tables of docs/reference from the program itself.

Takes   the enums of the exchange with the words that stand beside their members, the tables of
        columns and terms, the series, the words of the index, and the command line.
Gives   commands.md, events.md, reasons.md, contracts.md, index.md, fixings.md, published.md,
        venues.md, cli.md and the methodology; `--check` writes nothing and exits 1 if one differs.
Keeps   the reference equal to the code: tests/test_docs.py runs the same functions.
Source  Decision 0001. Run: `.venv/bin/python docs/reference/generate.py`
"""

import ast
import re
import sys
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from types import ModuleType
from typing import Any

import typer

from chiphour.adapters.refusal import CODES
from chiphour.adapters.venue_answers import venue_facts
from chiphour.cli import build
from chiphour.contracts import settings
from chiphour.contracts import table
from chiphour.exchange import commands
from chiphour.exchange import events
from chiphour.exchange import reasons
from chiphour.index import v2026_1
from chiphour.index.series import FILTERED
from chiphour.index.series import SERIES
from chiphour.observe import checks
from chiphour.observe.register import REGISTER
from chiphour.observe.register import REGISTER_SHA256
from chiphour.observe.register import VERSION
from chiphour.observe.register import registered
from chiphour.publish.columns import Shape
from chiphour.publish.datasets import FIXING_ROW
from chiphour.publish.methodology import methodology_text
from chiphour.publish.news import KINDS as NEWS_KINDS
from chiphour.publish.schema import SHAPES
from chiphour.publish.venue_table import COLUMNS
from chiphour.publish.venue_table import row_text
from chiphour.publish.venue_table import venue_rows
from chiphour.publish.words import filter_words
from chiphour.simulate.venue_bodies import FAULTS

FOLDER = Path(__file__).resolve().parent
NOTE = "<!-- Written by docs/reference/generate.py. Change the program, then run that. -->"


def words_beside(module: ModuleType, owner: str = "") -> dict[str, str]:
    """Give the comment beside each name of a class, or of the module: `NAME = 1  # Words.`"""
    source = Path(str(module.__file__)).read_text()
    if owner:
        source = source.partition(f"class {owner}(")[2].partition("\n\n\n")[0]
    indent = "    " if owner else ""
    found = re.findall(rf"^{indent}([A-Z][A-Z0-9_]*) = [^#\n]+  # (.+)$", source, re.M)
    return dict(found)


def enums(module: ModuleType) -> list[type[IntEnum]]:
    """List the enums that a module defines, in the order of its text."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    named = [getattr(module, node.name) for node in tree.body if isinstance(node, ast.ClassDef)]
    return [found for found in named if issubclass(found, IntEnum)]


def rows(header: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    """Write a table in Markdown."""
    head = list(header)
    body = [head, ["---"] * len(head), *([str(cell) for cell in line] for line in lines)]
    return "\n".join("| " + " | ".join(cell or " " for cell in line) + " |" for line in body)


def page(title: str, *parts: str) -> str:
    """Join the parts of a page."""
    return "\n\n".join((f"# {title}", NOTE, *parts)) + "\n"


def enum_part(found: type[IntEnum], module: ModuleType) -> str:
    """Write one enum as a section."""
    words = words_beside(module, found.__name__)
    lines = ((m.value, f"`{m.name}`", words.get(m.name, "")) for m in found)
    return f"## {found.__name__}\n\n{found.__doc__}\n\n{rows(('number', 'name', ''), lines)}"


def column_part(uses: dict[IntEnum, tuple[str, ...]], module: ModuleType) -> str:
    """Write which columns each kind has, with their places."""
    lines = (
        (f"`{kind.name}`", ", ".join(f"`{name}` {getattr(module, name)}" for name in names))
        for kind, names in uses.items()
    )
    return "## Columns of each kind\n\n" + rows(("kind", "columns, each with its place"), lines)


def meaning_part(module: ModuleType) -> str:
    """Write what stands beside the columns of a language, where a name does not say it all."""
    lines = (
        (f"`{name}`", getattr(module, name), said) for name, said in words_beside(module).items()
    )
    return "## What columns hold\n\n" + rows(("name", "number", ""), lines)


def language_page(title: str, opening: str, module: ModuleType, uses: object) -> str:
    """Write the page of commands or of events."""
    assert isinstance(uses, dict)
    tables = [enum_part(found, module) for found in enums(module)]
    columns = column_part(uses, module), meaning_part(module)
    return page(title, opening, tables[0], *columns, *tables[1:])


def term_part(module: ModuleType, terms: Iterable[table.Term]) -> str:
    """Write terms or settings: place, name, bounds, default, whether live, the words beside."""
    words = {getattr(module, name): said for name, said in words_beside(module).items()}
    lines = (
        (
            t.column,
            f"`{t.name}`",
            f"{t.least:,}",
            f"{t.most:,}",
            f"{t.default:,}",
            "yes" if t.live else "",
            words.get(t.column, ""),
        )
        for t in terms
    )
    return rows(("column", "name", "least", "most", "default", "live", ""), lines)


def state_part() -> str:
    """Write the columns of a contract that trading changes."""
    words = words_beside(table)
    text = Path(str(table.__file__)).read_text()
    state = text.partition("# State: ")[2].partition("\n\n\n")[0]
    names = re.findall(r"^([A-Z][A-Z0-9_]*) = \d+", state, re.M)
    lines = ((getattr(table, name), f"`{name}`", words.get(name, "")) for name in names)
    return rows(("column", "name", ""), lines)


def contracts_page() -> str:
    """Write the terms and settings that SET may give, a contract's other columns, its enums."""
    opening = (
        f"A contract is one row of {table.CONTRACT_COLUMNS} integers. `SET` gives its terms "
        "between `LIST` and `OPEN`, and those that are live later too; with CONTRACT -1 it gives "
        "the market's settings, at any time. What is not named is zero."
    )
    return page(
        "Contracts",
        opening,
        f"## Terms\n\n{term_part(table, table.TERMS)}",
        f"## State\n\nChanged by trading, marks, fixings and time.\n\n{state_part()}",
        f"## Settings of the market\n\n{term_part(settings, settings.SETTINGS)}",
        *(enum_part(found, table) for found in enums(table)),
    )


KINDS = {str: "text", int: "integer", bool: "true or false", list: "list of text"}


def shape_lines(shape: Shape[Any]) -> Iterable[tuple[str, ...]]:
    """Give one line to each column of a shape, then one to each part of it."""
    for column in shape.columns:
        example = column.example
        shown = str(example).lower() if column.type is bool else str(example)
        yield (
            f"`{column.name}`",
            KINDS[column.type] + (" or null" if column.nullable else ""),
            column.meaning,
            f"`{shown}`" if example != "" and column.type is not list else "",
        )
    for part in shape.parts:
        kind = f"[{part.shape.name}](#{part.shape.name.lower()})"
        yield (
            f"`{part.name}`",
            f"list of {kind}" if part.many else f"{kind} or null",
            part.meaning,
            "",
        )


def published_page() -> str:
    """Write every shape that is published, with its fields."""
    found: dict[str, Shape[Any]] = {}

    def walk(shape: Shape[Any]) -> None:
        found[shape.name] = shape
        for part in shape.parts:
            walk(part.shape)

    for shape in SHAPES.values():
        walk(shape)
    opening = (
        "What the server gives, as JSON. `/schema/index.json` lists the same as JSON Schema "
        "2020-12, `/schema/openapi.json` says at which address each is served. A field may be "
        "appended at any time; none is ever taken away or given another meaning."
    )
    parts = (
        f"## {name}\n\n{found[name].meaning}\n\n"
        + rows(("field", "type", "", "example"), shape_lines(found[name]))
        for name in sorted(found)
    )
    news = rows(("kind", ""), ((f"`{kind}`", words) for kind, words in NEWS_KINDS.items()))
    return page("Published shapes", opening, *parts, f"## Kinds of news\n\n{news}")


def fixings_page() -> str:
    """Write the columns of the fixings, as CSV, JSON and the command line give them."""
    opening = (
        "`/data/fixings.csv`, `.json` and `.parquet`, `/data/series/SLUG.csv`, `.json` and "
        "`.parquet`, `/api/series` and `chiphour fix --json` carry these fields under these names. "
        "Amounts are decimal text, never a binary float. Where a value is missing, CSV has an "
        "empty field and JSON `null`; a truth value is `true` or "
        "`false` in both. Licence: CC BY 4.0."
    )
    lines = shape_lines(FIXING_ROW)
    return page("Fixings", opening, rows(("column", "type", "", "example"), lines))


def index_page() -> str:
    """Write the series, and every word that says why something is missing or doubtful."""
    series = rows(
        ("number", "ticker", "slug", "chip", "form", "tenor"),
        ((s.number, f"`{s.ticker}`", f"`{s.slug}`", s.chip, s.form, s.tenor) for s in SERIES),
    )
    narrower = rows(
        ("number", "ticker", "slug", "only offers that say so"),
        ((s.number, f"`{s.ticker}`", f"`{s.slug}`", filter_words(s.filter)) for s in FILTERED),
    )
    parts = {
        "Why a series has no fix": v2026_1.REASONS,
        "Why a row, a venue or a member is left out": v2026_1.RULES,
        "What is noted and leaves nothing out": v2026_1.NOTES,
        "Doubts about an observation": checks.FLAGS,
    }
    lists = (
        f"## {title}\n\n{rows(('word', ''), ((f'`{word}`', text) for word, text in words.items()))}"
        for title, words in parts.items()
    )
    opening = "A series keeps its number for good: contracts and commands name it by that."
    parts_of = f"## Narrower series\n\n{narrower}"
    return page("Series and the words of the index", opening, series, parts_of, *lists)


def venues_page() -> str:
    """Write every source of the register that has a reader, the faults, the refusals.

    A candidate, which has a reader and no row in the register, is shown by `venues list` alone.
    """
    known = [facts for facts in venue_facts() if registered(facts.venue.name) is not None]
    table = rows(COLUMNS, (row_text(row) for row in venue_rows(known)))
    columns = rows(("column", ""), COLUMNS.items())
    register = rows(
        ("venue", "owner", "role", "marketplace", "tier", "who counted", "terms reviewed"),
        (
            [
                *(r.venue, r.owner, r.role, "yes" if r.marketplace else "", r.tier or ""),
                *(r.citation, r.terms_reviewed),
            ]
            for r in REGISTER.values()
        ),
    )
    faults = rows(
        ("fault", "what is done", "outcome, where `wire.json` names no other"),
        ((f"`{name}`", fault.description, f"`{fault.outcome}`") for name, fault in FAULTS.items()),
    )
    codes = rows(("code", ""), ((f"`{code}`", text) for code, text in CODES.items()))
    opening = (
        "What is observed, by which reader, on what evidence, within what limits. "
        "[How to collect](../how-to/collect.md) says how it is run."
    )
    return page(
        "Venues",
        opening,
        f"## Readers\n\n{table}\n\n{columns}",
        f"## Register of {VERSION}\n\nSHA-256 `{REGISTER_SHA256}`\n\n{register}",
        f"## Faults that every reader is tested with\n\n{faults}",
        f"## Why a poll or a recording is refused\n\n{codes}",
    )


def command_part(name: str, command: Any) -> str:
    """Write one command: how it is called, what it does, its arguments and options."""
    under = getattr(command, "commands", {})
    names = {p: p.name.upper() for p in command.params if p.param_type_name == "argument"}
    usage = " ".join(("chiphour", name, *names.values()))
    lines = [(f"`{names.get(p) or ', '.join(p.opts)}`", p.help or "") for p in command.params]
    said = " ".join((command.help or "").split())
    options = [rows(("", ""), lines)] if lines else []
    own = [f"## {name}", said, f"    {usage}{' COMMAND' if under else ''}", *options]
    return "\n\n".join(own + [command_part(f"{name} {n}", under[n]) for n in sorted(under)])


def cli_page() -> str:
    """Write every command with its help."""
    group: Any = typer.main.get_command(build())
    opening = (
        "In a checkout write `./chiphour` for `chiphour`. "
        "`check`, `test` and `bench` exist in a checkout only."
    )
    parts = [command_part(name, group.commands[name]) for name in sorted(group.commands)]
    return page("Commands of the command line", opening, *parts)


def pages() -> dict[str, str]:
    """Give every generated file of this folder and its text."""
    opening = "A command is one row of 16 int64. Every column that its kind does not use is zero."
    answer = "An event is one row of 16 int64. Every column that its kind does not fill is zero."
    why = "Of several reasons that hold, the one with the lowest number is reported."
    return {
        "cli.md": cli_page(),
        "commands.md": language_page("Commands", opening, commands, commands.USES),
        "contracts.md": contracts_page(),
        "events.md": language_page("Events", answer, events, events.FILLS),
        "fixings.md": fixings_page(),
        "index.md": index_page(),
        "published.md": published_page(),
        "venues.md": venues_page(),
        "../methodology/v2026_1.md": methodology_text(),
        "reasons.md": page("Reasons", why, enum_part(reasons.Reason, reasons)),
    }


def differing() -> list[str]:
    """Name the files that are not as the program would write them."""
    return [
        name
        for name, text in pages().items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text() != text
    ]


def main() -> None:
    """Write the files, or with `--check` only compare."""
    stale = differing()
    if "--check" in sys.argv[1:]:
        sys.exit(f"stale: {', '.join(stale)}" if stale else 0)
    for name in stale:
        (FOLDER / name).write_text(pages()[name])
        print(f"wrote docs/reference/{name}")


if __name__ == "__main__":
    main()
