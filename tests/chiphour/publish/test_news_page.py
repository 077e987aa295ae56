"""NEWS_PAGE: what became known lately, for people.

Takes   six days of news.
Gives   failures.
Keeps   every item linked.
Source  Decision 0023.
"""

from chiphour.publish.feeds import FEEDS
from chiphour.publish.news import KINDS
from chiphour.publish.news import news_of
from chiphour.publish.news_page import news_page
from chiphour.publish.page import Frame


def text_of(element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_every_item_is_on_the_page_by_day_and_linked(fixings, parsed):
    news = news_of(fixings)
    root = parsed(news_page(news, "", Frame()))
    heads = [head.text for head in root.iter("h2")]
    assert heads[:2] == ["15 July 2026", "14 July 2026"]
    links = [link.attrib["href"] for link in root.iter("a")]
    assert {item.address for item in news} <= set(links)
    assert {f"/feeds/{name}.atom" for name in FEEDS} <= set(links)
    words = text_of(root)
    assert all(item.title in words and item.text in words for item in news)


def test_a_kind_is_shown_alone_and_the_others_are_linked(parsed):
    root = parsed(news_page([], "outage", Frame()))
    (nav,) = [each for each in root.iter("nav") if each.attrib["aria-label"] == "Kinds of news"]
    assert [link.attrib["href"] for link in nav.iter("a")][:2] == ["/news", "/news?kind=fix"]
    assert text_of(nav.find("strong")) == "outage"
    assert len(nav) == len(KINDS) + 1
    assert "There is none." in text_of(root)
