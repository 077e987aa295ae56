"""NEWS_PAGE: what became known lately, for people.

Takes   news, the latest first.
Gives   `news_page`, HTML.
Keeps   every item linked to the page that shows it; every feed named.
Source  Decision 0023.
"""

from collections.abc import Sequence
from itertools import groupby

from chiphour.publish.feeds import FEEDS
from chiphour.publish.html import Child
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.news import KINDS
from chiphour.publish.news import News
from chiphour.publish.page import Frame
from chiphour.publish.page import file_list
from chiphour.publish.page import link
from chiphour.publish.page import page_bytes
from chiphour.publish.page import paragraph
from chiphour.publish.page import title_block
from chiphour.publish.words import day_words
from chiphour.publish.words import sentence
from chiphour.publish.words import time_words
from chiphour.units import day_from_ns


def news_page(news: Sequence[News], kind: str, frame: Frame) -> bytes:
    """Give the page of news of a kind, "" for all; they come the latest first."""
    about = "Fixes, what was left out of them, revisions, changes of the rules, silent venues."
    words = sentence(KINDS[kind]) if kind else about
    main: list[Child] = [
        title_block(
            element("h1", None, "News"),
            element("p", {"class": "lede"}, words),
            element("nav", {"class": "turn", "aria-label": "Kinds of news"}, *_kinds(kind)),
        )
    ]
    for day, of in groupby(news, key=lambda item: day_from_ns(item.time_ns)):
        heading = element("h2", {"id": f"d{day.isoformat()}"}, day_words(day))
        main += [heading, element("ul", {"class": "news"}, *map(_item, of))]
    if not news:
        main.append(paragraph("There is none."))
    feeds = [(f"/feeds/{name}.atom", title) for name, (_, title) in FEEDS.items()]
    files = [*feeds, ("/api/news", "the news, JSON")]
    main += [element("h2", {"id": "feeds"}, "Feeds"), file_list(files)]
    return page_bytes("News", about, "/news", frame, main)


def _kinds(kind: str) -> list[Child]:
    """Link each kind but the one that is shown."""
    wanted = [("", "all"), *((each, each) for each in KINDS)]
    return [
        element("strong", None, word)
        if each == kind
        else link("/news" + (f"?kind={each}" if each else ""), word)
        for each, word in wanted
    ]


def _item(item: News) -> Html:
    stamp = f"{time_words(item.time_ns)} \u00b7 {item.kind}"
    return element(
        "li",
        None,
        link(item.address, element("bdi", None, item.title)),
        element("p", {"class": "small"}, stamp),
        element("p", None, element("bdi", None, item.text)),
    )
