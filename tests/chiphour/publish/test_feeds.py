"""FEEDS: another reader of Atom reads back what was written.

Takes   six days of fixings.
Gives   failures.
Keeps   hostile names as text.
Source  RFC 4287.
"""

from xml.etree import ElementTree

import feedparser
import pytest

from chiphour.publish.feeds import EMPTY
from chiphour.publish.feeds import ENTRIES_MOST
from chiphour.publish.feeds import FEEDS
from chiphour.publish.feeds import NAMESPACE
from chiphour.publish.feeds import Feed
from chiphour.publish.feeds import feed_bytes
from chiphour.publish.news import KINDS
from chiphour.publish.news import News
from chiphour.publish.news import news_of
from chiphour.units import iso_from_ns

FEED = Feed("/feeds/fixings.atom", "Fixes", "/news?kind=fix", "https://index.example")


def test_a_feed_is_read_back(fixings):
    news = news_of(fixings)
    read = feedparser.parse(feed_bytes(FEED, news))
    assert not read.bozo
    assert read.version == "atom10"
    assert (read.feed.id, read.feed.title) == ("tag:chiphour,2026:feed/feeds/fixings", "Fixes")
    links = {link.rel: link.href for link in read.feed.links}
    assert links == {
        "self": "https://index.example/feeds/fixings.atom",
        "alternate": "https://index.example/news?kind=fix",
    }
    assert [entry.id for entry in read.entries] == [item.id for item in news]
    for entry, item in zip(read.entries, news, strict=True):
        assert (entry.title, entry.summary) == (item.title, item.text)
        assert entry.updated == iso_from_ns(item.time_ns)
        assert entry.link == f"https://index.example{item.address}"
        assert entry.tags[0].term == item.kind
    assert read.feed.updated == max(entry.updated for entry in read.entries)
    assert len({entry.id for entry in read.entries}) == len(news)


def test_every_element_that_atom_asks_for_is_there(fixings):
    root = ElementTree.fromstring(feed_bytes(FEED, news_of(fixings)))
    needed = {f"{{{NAMESPACE}}}{name}" for name in ("id", "title", "updated")}
    assert needed | {f"{{{NAMESPACE}}}author"} <= {child.tag for child in root}
    for entry in root.iter(f"{{{NAMESPACE}}}entry"):
        assert needed <= {child.tag for child in entry}


def test_a_feed_without_an_entry_is_a_feed():
    read = feedparser.parse(feed_bytes(FEED._replace(address=""), []))
    assert not read.bozo
    assert (read.feed.updated, read.entries) == (EMPTY, [])


def test_a_hostile_title_stays_text():
    hostile = "]]><script>alert(1)</script>\x00&amp;"
    item = News("tag:x", "fix", 0, "", hostile, hostile, '/a?b="><c')
    root = ElementTree.fromstring(feed_bytes(FEED, [item]))
    shown = hostile.replace("\x00", "\ufffd")
    titles = [each.text for each in root.iter(f"{{{NAMESPACE}}}title")]
    assert titles == ["Fixes", shown]
    assert root.find(f".//{{{NAMESPACE}}}script") is None


def test_a_feed_holds_the_latest(fixings):
    news = news_of(fixings)
    many = [item._replace(id=f"{item.id}/{n}") for n in range(40) for item in news]
    read = feedparser.parse(feed_bytes(FEED, many))
    assert len(many) > ENTRIES_MOST == len(read.entries)
    assert read.entries[0].id == many[0].id


@pytest.mark.parametrize("name", FEEDS)
def test_every_feed_is_of_a_kind_of_news(name):
    kind, title = FEEDS[name]
    assert kind in KINDS
    assert title
