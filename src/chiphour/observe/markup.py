"""MARKUP: a web page taken apart into what a person sees on it.

Takes   a page in HTML, as its site sent it.
Gives   the page as text, a part of it between two headings, and the texts of a part in their order.
Keeps   half a page refused: it must end as it should, and each heading must stand in it once.
Source  Decision 0015. A site that has no prices for programs is read by its page of prices.
"""

import re
from html import unescape

from chiphour.observe.observation import UnexpectedData
from chiphour.observe.reading import decoded

_TAG = re.compile(r"<[^<>]*>")


def whole_page(content: bytes, where: str) -> str:
    """Give a page as text; raises UnexpectedData where it is not UTF-8, or cut off."""
    page = decoded(content, where)
    if not page.rstrip().endswith("</html>"):
        raise UnexpectedData(f"{where}: expected a page that ends, found it cut off")
    return page


def part_between(page: str, begin: str, end: str, where: str) -> str:
    """Cut out what stands between two marks; raises UnexpectedData unless each is there once."""
    if page.count(begin) != 1 or page.count(end) != 1:
        raise UnexpectedData(f"{where}: expected {begin!r} and {end!r}, found not one of each")
    part = page.partition(begin)[2].partition(end)[0]
    return part.rpartition("<")[0]  # Without the tag that the second mark stands in.


def texts_seen(markup: str) -> list[str]:
    """Give the texts that a reader of the page sees, in their order."""
    texts = (unescape(part).strip() for part in _TAG.split(markup))
    return [text for text in texts if text]
