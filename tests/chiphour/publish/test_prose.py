"""PROSE: our documents become blocks, and no word of them is lost.

Takes   texts by hand; every document of this checkout.
Gives   failures.
Keeps   a mark that is not closed as it is written.
Source  Decision 0041.
"""

import re
from pathlib import Path

import pytest

from chiphour.publish.prose import Block
from chiphour.publish.prose import Cell
from chiphour.publish.prose import Line
from chiphour.publish.prose import Section
from chiphour.publish.prose import Span
from chiphour.publish.prose import id_of
from chiphour.publish.prose import sections_of
from chiphour.publish.prose import spans_of

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = [ROOT / "CHANGELOG.md", *sorted((ROOT / "docs" / "methodology").glob("*.md"))]
DOCUMENTS += sorted((ROOT / "changelog.d").glob("*.md"))
TEXT = """# One

<!-- not
shown -->
First `a|b` and *so*.
It goes on.
- item **bold**
  goes on
- second
| head | more |
|---|--:|
| 1 | [here](#one) |

## Two, then
```
# no heading
```
"""


def plain(*words):
    return tuple(Span("text", word) for word in words)


def test_a_text_is_read_block_by_block():
    one, two = sections_of(TEXT)
    paragraph, items, table = one.blocks
    assert (one.id, one.level, one.title) == ("one", 1, "One")
    assert paragraph.spans == (
        *plain("First "),
        Span("code", "a|b"),
        *plain(" and "),
        Span("emphasis", "so"),
        *plain(". It goes on."),
    )
    assert items.rows == (
        Line((Cell((*plain("item "), Span("strong", "bold"), *plain(" goes on"))),)),
        Line((Cell(plain("second")),)),
    )
    assert [[c.spans for c in row.cells] for row in table.rows] == [
        [plain("head"), plain("more")],
        [plain("1"), (Span("link", "here", "#one"),)],
    ]
    assert two == Section(
        "two-then", 2, "Two, then", (Block("code", (Span("code", "# no heading"),)),)
    )


@pytest.mark.parametrize(
    ("target", "href"),
    [
        ("#window", "#window"),
        ("/log", "/log"),
        ("statistics.md", ""),
        ("https://elsewhere.example/", ""),
        ("javascript:alert", ""),
        ("//elsewhere.example", ""),
    ],
)
def test_a_link_leads_nowhere_else(target, href):
    (span,) = spans_of(f"[word]({target})")
    assert span == Span("link", "word", href)


def test_marks_that_are_not_closed_stay():
    for text in ("2 * 3", "a `b", "**c", "[d](e", "n * (m * k)"):
        assert spans_of(text) == plain(text)


def test_a_heading_has_a_name_in_addresses():
    assert id_of("What is measured, & how?") == "what-is-measured-how"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_word_of_a_document_is_lost(path):
    """All letters of the source stand in the spans, in their order: only marks are gone."""
    text = path.read_text()
    found = []
    for section in sections_of(text):
        found.append(section.title)
        for block in section.blocks:
            found += [span.text for span in block.spans]
            found += [s.text for row in block.rows for cell in row.cells for s in cell.spans]
    source = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    source = re.sub(r"^```\w*$", "", source, flags=re.M)
    source = re.sub(r"\]\([^)\s]+\)", "", source)
    assert re.findall(r"\w", "".join(found)) == re.findall(r"\w", source)
