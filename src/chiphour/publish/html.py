"""HTML: pages built from elements, so that no text can become markup.

Takes   tags, attributes and children; text from anywhere.
Gives   `Html`, text that is already markup; `document_bytes`, a whole page.
Keeps   every text and attribute escaped; pages that also parse as XML; no script, no handler,
        and no address that makes a browser fetch something from elsewhere.
Source  Decision 0010.
"""

import re
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

TAG = re.compile(r"[a-z][a-z0-9]*")
ATTRIBUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")
VOID = frozenset({"br", "col", "hr", "link", "meta"})
# A line of its own in the source, so that cells and paragraphs do not run together as text.
LINES = frozenset({"caption", "dd", "div", "dt", "h1", "h2", "head", "li", "p", "td", "th", "tr"})
FORBIDDEN_TAGS = frozenset({"base", "embed", "form", "iframe", "img", "object", "script"})
ADDRESS = re.compile(r"#[A-Za-z0-9._-]*|/([^/\\].*)?|https://[^/\\].*", re.DOTALL)
# What XML 1.0 cannot hold, and the marks that turn the direction of later text.
UNWRITABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Html:
    """Text that is already markup. Made by the functions of this file only."""

    text: str


Child = Html | str


def escaped(text: str) -> str:
    """Write any text so that a browser shows it and does nothing else with it."""
    printable = LONE_SURROGATE.sub("\ufffd", UNWRITABLE.sub("\ufffd", text))
    return escape(printable, quote=True)


def element(tag: str, attributes: Mapping[str, str] | None = None, *children: Child) -> Html:
    """Make one element; text children and attribute values are escaped.

    Refuses (by assertion: pages are ours) tags and attributes that could run or fetch something.
    """
    assert TAG.fullmatch(tag), tag
    assert tag not in FORBIDDEN_TAGS, tag
    assert not (tag in VOID and children), tag
    opening = tag + "".join(_attribute(tag, *pair) for pair in (attributes or {}).items())
    if tag in VOID:
        return Html(f"<{opening} />")
    return Html(f"<{opening}>{joined(children).text}</{tag}>" + ("\n" if tag in LINES else ""))


def _attribute(tag: str, name: str, value: str) -> str:
    assert ATTRIBUTE.fullmatch(name), name
    assert not name.lower().startswith("on"), name
    assert name not in ("src", "srcset", "style", "action", "formaction"), name
    if name == "href":
        assert ADDRESS.fullmatch(value), value
        assert tag == "a" or not value.startswith("https:"), (tag, value)
    return f' {name}="{escaped(value)}"'


def joined(children: Iterable[Child]) -> Html:
    """Put children side by side, escaping those that are plain text."""
    return Html(
        "".join(child.text if isinstance(child, Html) else escaped(child) for child in children)
    )


def document_bytes(title: str, description: str, style: str, body: Html) -> bytes:
    """Give a whole page in UTF-8. `style` is our own stylesheet, written as it is."""
    assert not any(mark in style for mark in ("<", "&", "url(", "@import")), "style is ours"
    head = element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("meta", {"name": "description", "content": description}),
        element("title", None, title),
        element("link", {"rel": "icon", "href": "/favicon.svg", "type": "image/svg+xml"}),
        Html(f"<style>{style}</style>"),
    )
    page = element("html", {"lang": "en"}, head, body)
    return f"<!DOCTYPE html>\n{page.text}\n".encode()
