"""PAGE: the frame of every page, and the tables on it.

Takes   a title, what stands in the middle, labels that must be seen.
Gives   a whole page; tables that a screen reader can walk and a telephone can show.
Keeps   the labels of a replay or a demonstration on every page that carries them.
Source  Decision 0010.
"""

from collections.abc import Sequence
from typing import NamedTuple

from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import document_bytes
from chiphour.publish.html import element
from chiphour.publish.html import joined
from chiphour.publish.style import STYLE

LICENCE_ADDRESS = "https://creativecommons.org/licenses/by/4.0/"
NAVIGATION = (
    ("Release", "/"),
    ("News", "/news"),
    ("Report", "/report"),
    ("References", "/references"),
    ("Log", "/log"),
    ("Fixings (CSV)", "/data/fixings.csv"),
    ("API", "/schema/openapi.json"),
)
MARKET_NAVIGATION = (NAVIGATION[0], ("Market", "/market"), *NAVIGATION[1:])
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="5" fill="#7d2418"/>'
    '<path d="M6 21h6l3-10 4 14 3-8h4" fill="none" stroke="#fcfbf8" stroke-width="2.5"/></svg>'
)


class Frame(NamedTuple):
    """What surrounds a page: labels to be seen, whose prices were recorded, where else to go.

    `address` is that under which the public reads this, such as https://index.example; "" where
    none is known: then addresses are written without a host.
    """

    labels: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    navigation: tuple[tuple[str, str], ...] = NAVIGATION
    address: str = ""


class Cell(NamedTuple):
    """One cell. `label` names it where a narrow screen hides the column heads."""

    content: Child
    kind: str = ""
    label: str = ""


def page_bytes(
    title: str, description: str, here: str, frame: Frame, main: Sequence[Child], foot: Child = ""
) -> bytes:
    """Give a page; `here` is its address, marked in the navigation."""
    links = [
        element(
            "li",
            None,
            element("a", {"href": to} | ({"aria-current": "page"} if to == here else {}), word),
        )
        for word, to in frame.navigation
    ]
    body = element(
        "body",
        None,
        element("a", {"class": "skip", "href": "#main"}, "Skip to the content"),
        element(
            "header",
            {"class": "mast"},
            element("a", {"class": "name", "href": "/"}, "chiphour"),
            element("nav", {"aria-label": "Main"}, element("ul", None, *links)),
        ),
        _labels(frame.labels),
        element("main", {"id": "main"}, *main),
        _foot(frame, foot),
    )
    return document_bytes(f"{title} - chiphour", description, STYLE, body)


def _labels(labels: Sequence[str]) -> Html:
    if not labels:
        return Html("")
    return element(
        "aside", {"class": "labels", "aria-label": "About this market"}, paragraph(*labels)
    )


def _foot(frame: Frame, foot: Child) -> Html:
    licence = element("a", {"rel": "license", "href": LICENCE_ADDRESS}, "CC BY 4.0")
    return element(
        "footer",
        {"class": "foot"},
        foot,
        paragraph("Data: ", licence, ". Software: Apache-2.0. Listed prices, not advice."),
        *(paragraph(text) for text in frame.attributions),
    )


def paragraph(*children: Child) -> Html:
    """Give a paragraph; several texts are set apart by a space."""
    spaced: list[Child] = []
    for child in children:
        if spaced and isinstance(child, str) and isinstance(spaced[-1], str):
            spaced.append(" ")
        spaced.append(child)
    return element("p", None, *spaced)


def link(address: str, *children: Child) -> Html:
    """Give a link."""
    return element("a", {"href": address}, *children)


def table(caption: Child, heads: Sequence[Cell], groups: Sequence[Html], kind: str = "") -> Html:
    """Give a table of groups (see `group`). A "reflow" table becomes lines on a narrow screen.

    The roles are written out, because a browser forgets a table's meaning when it is reflowed.
    """
    row = element(
        "tr",
        {"role": "row"},
        *(
            element("th", _kind(head.kind) | {"scope": "col", "role": "columnheader"}, head.content)
            for head in heads
        ),
    )
    return element(
        "table",
        _kind(kind) | {"role": "table"},
        element("caption", None, caption),
        element("thead", {"role": "rowgroup"}, row),
        *groups,
    )


def group(rows: Sequence[Sequence[Cell]], title: Child = "", width: int = 1) -> Html:
    """Give a group of rows; the first cell of each row is its head."""
    head = Html("")
    if title:
        attributes = {"scope": "rowgroup", "colspan": str(width), "role": "rowheader"}
        cell = element("th", attributes, title)
        head = element("tr", {"class": "group", "role": "row"}, cell)
    return element("tbody", {"role": "rowgroup"}, head, *(_row(row) for row in rows))


def _row(cells: Sequence[Cell]) -> Html:
    first, *others = cells
    head = element("th", _kind(first.kind) | {"scope": "row", "role": "rowheader"}, first.content)
    return element("tr", {"role": "row"}, head, *(_cell(cell) for cell in others))


def _cell(cell: Cell) -> Html:
    label = {"data-label": cell.label} if cell.label else {}
    return element("td", _kind(cell.kind) | label | {"role": "cell"}, cell.content)


def _kind(kind: str) -> dict[str, str]:
    return {"class": kind} if kind else {}


def title_block(*children: Child) -> Html:
    """Give the head of a page: its title, its date line, its first sentence."""
    return element("header", {"class": "title"}, *children)


def inside(name: str, content: Html, kind: str = "") -> Html:
    """Let wide content scroll inside the page instead of widening it.

    `kind` "latest" begins at the right end, where the latest day stands.
    """
    attributes = {
        "class": f"inside {kind}".strip(),
        "role": "region",
        "aria-label": name,
        "tabindex": "0",
    }
    return element("div", attributes, content)


def file_list(files: Sequence[tuple[str, str]]) -> Html:
    """Give a list of addresses, each with what is there."""
    lines = [
        element("li", None, link(address, element("code", None, address)), f" \u2013 {words}")
        for address, words in files
    ]
    return element("ul", {"class": "plain"}, *lines)


def message_page(title: str, text: str, frame: Frame) -> bytes:
    """Give a page that only says something: what was not found, say."""
    words = joined([paragraph(text), paragraph(link("/", "The latest release"))])
    main = [title_block(element("h1", None, title)), element("div", {"class": "prose"}, words)]
    return page_bytes(title, text, "", frame, main)
