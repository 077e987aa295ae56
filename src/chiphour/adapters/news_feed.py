"""NEWS_FEED: the entries of a feed or of a search, as links with their titles.

Takes   the bytes of RSS or Atom, or of a JSON answer.
Gives   `Entry`: title, address, the day that the source states.
Keeps   a torn feed refused as a whole; an entry without an address kept with none, for the caller
        to refuse by name. The package that reads feeds is optional; it is given bytes, never an
        address or the name of a file.
Source  RFC 4287 (Atom), RSS 2.0; decision 0043.

    MarketError
    └── FeedRefused    bytes that are no feed or answer, or nobody here can read feeds
"""

import importlib
import io
import json
from typing import Any
from typing import NamedTuple

from chiphour.adapters.report_sources import Source
from chiphour.observe.observation import MarketError

ENTRIES_MAX = 50
TITLE_CHARACTERS_MAX = 200
PUBLISHED_CHARACTERS_MAX = 40


class FeedRefused(MarketError):
    """Bytes that are no feed or answer, or nobody here can read feeds."""


class Entry(NamedTuple):
    """What a source points at. `link` and `published` are "" where it gives none."""

    title: str
    link: str
    published: str


def entries_of(source: Source, content: bytes) -> list[Entry]:
    """Give the entries in the source's order, at most ENTRIES_MAX; raises FeedRefused."""
    return _found(source, content) if source.results else _fed(source, content)


def _fed(source: Source, content: bytes) -> list[Entry]:
    try:
        feedparser: Any = importlib.import_module("feedparser")
    except ImportError as fault:
        raise FeedRefused(
            f"{source.name}: expected the package feedparser (extra `agent`), found {fault}"
        ) from None
    feed = feedparser.parse(io.BytesIO(content), sanitize_html=False)
    torn = feed.get("bozo_exception")
    if torn is not None and not isinstance(torn, feedparser.CharacterEncodingOverride):
        raise FeedRefused(f"{source.name}: expected a whole feed, found {torn}")
    if not feed.get("version"):
        raise FeedRefused(f"{source.name}: expected RSS or Atom, found another document")
    return [
        _entry(each.get("title"), each.get("link"), each.get("published") or each.get("updated"))
        for each in feed.entries[:ENTRIES_MAX]
    ]


def _found(source: Source, content: bytes) -> list[Entry]:
    """Read the list that `results` names, in JSON."""
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError) as fault:
        raise FeedRefused(f"{source.name}: expected JSON, found {fault}") from None
    for name in source.results.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise FeedRefused(f"{source.name}: expected a list of results at {source.results!r}")
    return [
        _entry(each.get(source.title), each.get(source.link), each.get(source.published))
        for each in found[:ENTRIES_MAX]
    ]


def _entry(title: object, link: object, published: object) -> Entry:
    return Entry(
        _line(title, TITLE_CHARACTERS_MAX),
        link.strip() if isinstance(link, str) else "",
        _line(published, PUBLISHED_CHARACTERS_MAX),
    )


def _line(text: object, most: int) -> str:
    """Give a text as one line of what can be seen."""
    words = " ".join(text.split()) if isinstance(text, str) else ""
    return "".join(each for each in words if each.isprintable())[:most]
