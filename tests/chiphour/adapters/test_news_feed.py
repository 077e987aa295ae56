"""NEWS_FEED: entries are read as their source wrote them; what is torn is refused.

Takes   feeds and answers.
Gives   a failure where an entry loses its address or a torn feed passes.
Keeps   real bytes, read by the real package.
Source  Decision 0043.
"""

import json

import pytest

from chiphour.adapters.news_feed import Entry
from chiphour.adapters.news_feed import FeedRefused
from chiphour.adapters.news_feed import entries_of
from chiphour.adapters.report_sources import Source

pytest.importorskip("feedparser")
FEED = Source("acme", "https://news.example/feed", frozenset({"news.example"}))
SEARCH = FEED._replace(results="web.results", published="age")
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><title>H100 &amp; more</title><link>https://news.example/a</link>
<pubDate>Mon, 20 Jul 2026 06:00:00 GMT</pubDate></item>
<item><title>No address</title></item></channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>n</title>
<entry><title>B200</title><link href="https://news.example/b"/>
<updated>2026-07-20T06:00:00Z</updated></entry></feed>"""


def test_rss_is_read():
    assert entries_of(FEED, RSS.encode()) == [
        Entry("H100 & more", "https://news.example/a", "Mon, 20 Jul 2026 06:00:00 GMT"),
        Entry("No address", "", ""),
    ]


def test_atom_is_read():
    assert entries_of(FEED, ATOM.encode()) == [
        Entry("B200", "https://news.example/b", "2026-07-20T06:00:00Z")
    ]


def test_an_answer_is_read():
    rows = [{"title": "A\u202e\nb", "url": " https://x.example/ ", "age": 3}, {"title": None}]
    body = json.dumps({"web": {"results": rows}}).encode()
    assert entries_of(SEARCH, body) == [Entry("A b", "https://x.example/", ""), Entry("", "", "")]


@pytest.mark.parametrize(
    ("source", "body", "named"),
    [
        (FEED, RSS[:150].encode(), "expected a whole feed"),
        (FEED, b"/etc/hostname", "acme: expected"),
        (FEED, b"http://127.0.0.1:1/feed", "acme: expected"),
        (FEED, b"<html><body>x</body></html>", "expected RSS or Atom, found another document"),
        (FEED, b"", "acme: expected"),
        (SEARCH, b"<x>", "expected JSON"),
        (SEARCH, b"[" * 100_000, "expected JSON"),
        (SEARCH, b"{}", "expected a list of results at 'web.results'"),
        (SEARCH, b'{"web": {"results": [1]}}', "expected a list of results"),
    ],
)
def test_what_is_no_feed_is_refused(source, body, named):
    with pytest.raises(FeedRefused) as refused:
        entries_of(source, body)
    assert named in str(refused.value)


def test_entities_do_not_grow():
    """A document whose entities would unfold to gigabytes ends as a refusal, or as few entries."""
    nested = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e0 "aaaaaaaaaa">{nested}]>'
    body = (bomb + RSS.partition("?>")[2].replace("H100", "&e11;")).encode()
    try:
        found = entries_of(FEED, body)
    except FeedRefused:
        found = []
    assert all(len(entry.title) <= 200 for entry in found)
