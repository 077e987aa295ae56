"""DOCUMENTS: the methodology and the changes of the program, as programs and pages read them.

Takes   sections of `prose`; what is in force; releases with their entries.
Gives   the published shapes METHODOLOGY and CHANGELOG.
Keeps   the text that the program itself writes: no number of it was typed.
Source  IOSCO FR07/13, 11; decisions 0016 and 0041.
"""

import re
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import parameters_sha256
from chiphour.observe.register import REGISTER_SHA256
from chiphour.observe.register import VERSION
from chiphour.publish.columns import HASH
from chiphour.publish.columns import Shape
from chiphour.publish.columns import count
from chiphour.publish.columns import many
from chiphour.publish.columns import text
from chiphour.publish.columns import word
from chiphour.publish.methodology import methodology_text
from chiphour.publish.prose import Block
from chiphour.publish.prose import Cell
from chiphour.publish.prose import Line
from chiphour.publish.prose import Section
from chiphour.publish.prose import Span
from chiphour.publish.prose import sections_of

_HASH = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
SPAN_KINDS = ("text", "code", "strong", "emphasis", "link")
BLOCK_KINDS = ("paragraph", "list", "table", "code")
NEXT = "next"
RELEASED = re.compile(r"(\d+\.\d+\.\d+)(?: +\((.+)\))?")


class Release(NamedTuple):
    """One release of the program with what changed; `date` as its heading says it, or "".

    `entries` are sections without a heading of their own, each titled by its topic.
    """

    version: str
    date: str
    entries: tuple[Section, ...]


SPAN = Shape[Span](
    "Span",
    "Words of one kind.",
    (
        word("kind", "How they are set.", "text", lambda s: s.kind, SPAN_KINDS),
        text("text", "The words.", "A row belongs to a strike.", lambda s: s.text),
        text("href", "Where a link leads; empty: not here.", "#window", lambda s: s.href),
    ),
)
CELL = Shape[Cell](
    "ProseCell",
    "A cell of a table, or an item of a list.",
    (),
    (many("spans", SPAN, "Its words.", lambda c: c.spans),),
)
LINE = Shape[Line](
    "ProseRow",
    "A row of a table, or an item of a list as its one cell.",
    (),
    (many("cells", CELL, "From the left.", lambda row: row.cells),),
)
BLOCK = Shape[Block](
    "Block",
    "A paragraph, a list, a table or code.",
    (word("kind", "What it is.", "paragraph", lambda b: b.kind, BLOCK_KINDS),),
    (
        many("spans", SPAN, "Of a paragraph or code: its words.", lambda b: b.spans),
        many("rows", LINE, "Of a list or table; a table's head is the first.", lambda b: b.rows),
    ),
)
SECTION = Shape[Section](
    "Section",
    "A heading with what stands below it.",
    (
        text("id", "Its name in addresses.", "window", lambda s: s.id),
        count("level", "1 for the title of the text; 0: no heading.", 2, lambda s: s.level),
        text("title", "The heading.", "Window", lambda s: s.title),
    ),
    (many("blocks", BLOCK, "In their order.", lambda s: s.blocks),),
)
SET = Shape[str](
    "ParameterSet",
    "A set of parameters that runs every day.",
    (
        text("name", "Its name.", "v2026_1", lambda name: name),
        text("sha256", "Of its parameters.", _HASH, lambda n: parameters_sha256(SETS[n]), HASH),
    ),
)
METHODOLOGY = Shape[Sequence[Section]](
    "Methodology",
    "The statement of the benchmark, as the program writes it.",
    (
        text("methodology", "Its version.", "v2026_1", lambda _: V2026_1.methodology),
        text("parameter_set", "The set that settles.", "v2026_1", lambda _: V2026_1.parameter_set),
        text("register_version", "The register in force.", "2026-11-27", lambda _: VERSION),
        text("register_sha256", "Its hash.", _HASH, lambda _: REGISTER_SHA256, HASH),
    ),
    (
        many("sets", SET, "Every set, with its hash.", lambda _: SETS),
        many("sections", SECTION, "The text.", lambda sections: sections),
    ),
)
RELEASE = Shape[Release](
    "ProgramRelease",
    "What changed in the program with one release.",
    (
        text("version", f"Its number; `{NEXT}`: not yet released.", "0.1.0", lambda r: r.version),
        text("date", "When, as its heading says; else empty.", "2026-11-28", lambda r: r.date),
    ),
    (many("entries", SECTION, "By topic, each without a heading.", lambda r: r.entries),),
)
CHANGELOG = Shape[Sequence[Release]](
    "Changelog",
    "What a user notices of each release of the program, the latest first.",
    (),
    (many("releases", RELEASE, "Each of them.", lambda releases: releases),),
)


def methodology_sections() -> list[Section]:
    """Give the statement in force, section by section."""
    return sections_of(methodology_text())


def releases_of(gathered: str, fragments: Mapping[str, str]) -> list[Release]:
    """Read the changelog: what was gathered with each release, and what waits, by topic."""
    waiting = tuple(
        Section(topic, 0, topic.replace("_", " "), section.blocks)
        for topic, words in sorted(fragments.items())
        for section in sections_of(words)
    )
    found = [Release(NEXT, "", waiting)] if waiting else []
    for section in sections_of(gathered):
        named = RELEASED.fullmatch(section.title)
        if named:
            plain = section._replace(id="", level=0, title="")
            found.append(Release(named[1], named[2] or "", (plain,)))
        elif found and section.level > 2:
            last = found[-1]
            found[-1] = last._replace(entries=(*last.entries, section._replace(level=0)))
    return found
