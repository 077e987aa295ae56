"""FEEDS: news as Atom, for readers that come back by themselves.

Takes   news, the path of the feed, the address of the server.
Gives   a feed in Atom, XML in UTF-8.
Keeps   the id of an entry for good, so that a reader sees a fix that became final as the same
        entry, changed; the same news, the same bytes.
Source  RFC 4287 (Atom), RFC 4151 (tag URIs); decision 0023.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.publish.addresses import tag
from chiphour.publish.html import escaped
from chiphour.publish.news import News
from chiphour.units import iso_from_ns

ATOM = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"
ENTRIES_MOST = 200
EMPTY = "2026-01-01T00:00:00Z"  # When a feed changed last that never had an entry.
# Each feed of all series: the kind of its news, its title.
FEEDS: Mapping[str, tuple[str, str]] = {
    "fixings": ("fix", "Fixes of GPU rental reference prices"),
    "rejections": ("rejection", "What was left out of the fixes"),
    "revisions": ("revision", "Revisions of published fixes"),
    "methodology": ("methodology", "Changes of methodology, parameters and register"),
    "outages": ("outage", "Venues that were silent at a strike"),
}


class Feed(NamedTuple):
    """A feed: its path, its title, the page that shows the same, the server's address or ""."""

    path: str
    title: str
    page: str
    address: str = ""


def feed_bytes(feed: Feed, news: Sequence[News]) -> bytes:
    """Give a feed of news, which come the latest first; the oldest are left out."""
    shown = news[:ENTRIES_MOST]
    updated = iso_from_ns(max(item.time_ns for item in shown)) if shown else EMPTY
    lines = [
        f'<feed xmlns="{NAMESPACE}" xml:lang="en">',
        _line("id", tag("feed", feed.path.strip("/").removesuffix(".atom"))),
        _line("title", feed.title),
        _line("updated", updated),
        _link("self", feed.address + feed.path, ATOM),
        _link("alternate", feed.address + feed.page, "text/html"),
        f"<author>{_line('name', 'chiphour')}</author>",
        _line("rights", "CC BY 4.0"),
        *(_entry(feed, item) for item in shown),
        "</feed>",
    ]
    text = '<?xml version="1.0" encoding="utf-8"?>\n' + "\n".join(lines) + "\n"
    return text.encode()


def _entry(feed: Feed, item: News) -> str:
    parts = [
        _line("id", item.id),
        _line("title", item.title),
        _line("updated", iso_from_ns(item.time_ns)),
        _link("alternate", feed.address + item.address, "text/html"),
        f'<category term="{escaped(item.kind)}" />',
        _line("summary", item.text),
    ]
    return "\n".join(["<entry>", *parts, "</entry>"])


def _line(tag_name: str, text: str) -> str:
    return f"<{tag_name}>{escaped(text)}</{tag_name}>"


def _link(relation: str, address: str, media_type: str) -> str:
    return f'<link rel="{relation}" type="{media_type}" href="{escaped(address)}" />'
