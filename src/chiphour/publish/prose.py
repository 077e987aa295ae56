"""PROSE: our own Markdown as blocks of plain records, so that a page needs no markup to show it.

Takes   a text of ours: headings, paragraphs, lists, tables, code; in them code, strong, links.
Gives   `Section` records: each heading with the blocks below it.
Keeps   every word of the text, in its order: a mark that is not closed stays as it is written.
Source  The part of CommonMark and of its tables that our documents use; decision 0041.
"""

import re
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

HEADING = re.compile(r"(#{1,6}) +(.+)")
ITEM = re.compile(r"[-*] +(.*)")
RULE = re.compile(r"\|[-:| ]+\|")
COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
SPAN = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\*\*(?P<strong>[^*]+)\*\*"
    r"|\*(?P<emphasis>[^*\s][^*]*)\*"
    r"|\[(?P<link>[^\]]+)\]\((?P<href>[^)\s]+)\)"
)
FENCE = "```"


class Span(NamedTuple):
    """Words of one kind: text, code, strong, emphasis or link, which has an `href`.

    `href` is "" where the target is no address of ours.
    """

    kind: str
    text: str
    href: str = ""


class Cell(NamedTuple):
    """A cell of a table, or a whole item of a list."""

    spans: tuple[Span, ...]


class Line(NamedTuple):
    """A row of a table, or an item of a list."""

    cells: tuple[Cell, ...]


class Block(NamedTuple):
    """A paragraph or code, which has spans; or a list or table, which has rows, a head first."""

    kind: str
    spans: tuple[Span, ...] = ()
    rows: tuple[Line, ...] = ()


class Section(NamedTuple):
    """A heading with what stands below it up to the next; `level` 0 and no title: before any."""

    id: str
    level: int
    title: str
    blocks: tuple[Block, ...]


def sections_of(text: str) -> list[Section]:
    """Read a text."""
    found: list[Section] = []
    level, title, lines = 0, "", []
    in_code = False
    for line in COMMENT.sub("", text).splitlines():
        in_code ^= line.startswith(FENCE)
        heading = None if in_code else HEADING.fullmatch(line)
        if heading is None:
            lines.append(line)
            continue
        found += _section(level, title, lines)
        level, title, lines = len(heading[1]), heading[2].strip(), []
    return [*found, *_section(level, title, lines)]


def _section(level: int, title: str, lines: Sequence[str]) -> Iterator[Section]:
    blocks = tuple(_blocks(lines))
    if title or blocks:
        yield Section(id_of(title), level, title, blocks)


def id_of(title: str) -> str:
    """Give the name of a heading in addresses: `What is measured` is what-is-measured."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    """Yield the blocks; an empty line ends one, and so does one of another kind."""
    place = 0
    while place < len(lines):
        end = place + 1
        line = lines[place]
        if line.startswith(FENCE):
            while end < len(lines) and not lines[end].startswith(FENCE):
                end += 1
            yield Block("code", (Span("code", "\n".join(lines[place + 1 : end])),))
            end += 1
        elif line.strip():
            kind = _kind(line)
            while end < len(lines) and lines[end].strip() and _goes_on(kind, lines[end]):
                end += 1
            yield _block(kind, lines[place:end])
        place = end


def _kind(line: str) -> str:
    if line.startswith("|"):
        return "table"
    return "list" if ITEM.match(line) else "paragraph"


def _goes_on(kind: str, line: str) -> bool:
    """Tell whether a line belongs to the block before it; an item may go on below itself."""
    if line.startswith(FENCE):
        return False
    return _kind(line) == kind or (kind == "list" and _kind(line) == "paragraph")


def _block(kind: str, lines: Sequence[str]) -> Block:
    if kind == "table":
        rows = [line for line in lines if not RULE.fullmatch(line.strip())]
        return Block(kind, (), tuple(Line(_cells(row)) for row in rows))
    if kind == "paragraph":
        return Block(kind, spans_of(" ".join(line.strip() for line in lines)))
    items: list[list[str]] = []
    for line in lines:
        item = ITEM.fullmatch(line)
        if item:
            items.append([item[1]])
        else:
            items[-1].append(line.strip())
    return Block(kind, (), tuple(Line((Cell(spans_of(" ".join(item))),)) for item in items))


def _cells(row: str) -> tuple[Cell, ...]:
    inner = row.strip().removeprefix("|").removesuffix("|")
    return tuple(Cell(spans_of(cell.strip())) for cell in inner.split("|"))


def spans_of(text: str) -> tuple[Span, ...]:
    """Read the marks in a line of text."""
    found: list[Span] = []
    place = 0
    for mark in SPAN.finditer(text):
        if mark.start() > place:
            found.append(Span("text", text[place : mark.start()]))
        kind = mark.lastgroup or ""
        if kind == "href":
            found.append(Span("link", mark["link"], _ours(mark["href"])))
        else:
            found.append(Span(kind, mark[kind]))
        place = mark.end()
    if place < len(text):
        found.append(Span("text", text[place:]))
    return tuple(found)


def _ours(target: str) -> str:
    """Give a target that a page of ours can follow: a place on it, or another page."""
    return target if re.fullmatch(r"#[a-z0-9-]+|/([A-Za-z0-9._-][A-Za-z0-9._/-]*)?", target) else ""
