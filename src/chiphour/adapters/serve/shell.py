"""SHELL: the head of the page for each address: what a browser's tab, a search or a preview reads.

Takes   the page's shell; an address, and the records of the index or market that it names.
Gives   `Head`; the shell with it, escaped.
Keeps   no text of an address as markup, and no claim about what is not known: an address of a
        series, a day or a contract that does not exist has the status 404.
Source  Decision 0041; the Open Graph protocol.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

from chiphour.adapters.serve.view import IndexView
from chiphour.adapters.serve.web_page import Route
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import V2026_1
from chiphour.index.series import BY_SLUG
from chiphour.index.series import BY_TICKER
from chiphour.index.series import Series
from chiphour.publish.html import Html
from chiphour.publish.html import element
from chiphour.publish.html import escaped
from chiphour.publish.words import day_words
from chiphour.publish.words import measures
from chiphour.publish.words import series_words
from chiphour.units import text_from_ticks

NAME = "chiphour"
CARD_SIZE = (1_200, 630)
SUBJECT_CHARACTERS_MOST = 80
TITLE = re.compile(r"[ \t]*<title>.*?</title>\n?", re.I | re.S)
DESCRIPTION = re.compile(r"[ \t]*<meta\s+name=[\"']?description[\"']?[^>]*>\n?", re.I)
LINKS = tuple(
    element("link", {"rel": rel, "href": href})
    for rel, href in (
        ("manifest", "/site.webmanifest"),
        ("apple-touch-icon", "/apple-touch-icon.png"),
    )
)
NOSCRIPT = re.compile(r"[ \t]*<noscript>.*?</noscript>\n?", re.I | re.S)
BODY = re.compile(r"<body[^>]*>", re.I)


class Head(NamedTuple):
    """What is said of an address. `path` is its one spelling, quoted; `card` its picture's."""

    title: str
    description: str
    path: str
    card: str
    plain: bool
    status: int = 200


def head_of(route: Route, given: Mapping[str, str], path: str, view: IndexView) -> Head:
    """Say what stands at an address; `given` are the words in it, by name. Reads, may wait."""
    status = 200
    subjects, description, card = [], route.description, "/cards/release.png"
    series, day = _series(given), _day(given, route, view)
    if "slug" in given or "series" in given:
        if series is None:
            status = 404
        else:
            path = _spelled(path, given, series)
            subjects.append(series_words(series))
            description = _about(series, day, view)
            card = f"/cards/series/{series.slug}" + (f"/{day}.png" if day else ".png")
    if "day" in given or "date" in given:
        if day is None:
            status = 404
        else:
            subjects.append(day_words(day))
    if route.page == "report":
        description, card = _of_report(day, view) or (description, card)
    if "contract" in given:
        subjects.append(given["contract"])
        status = status if given["contract"] in (_contracts(view) or ()) else 404
    elif route.market and _contracts(view) is None:
        status = 404
    subjects += [f"{n} {w}" for n, w in given.items() if n not in _TOLD]
    words = [subject[:SUBJECT_CHARACTERS_MOST] for subject in (*subjects, route.title)]
    if status == 404:  # What does not exist has no card of its own.
        card = "/cards/release.png"
    return Head(", ".join(words), description, quote(path), card, route.plain, status)


_TOLD = ("slug", "series", "day", "date", "contract")


def _series(given: Mapping[str, str]) -> Series | None:
    name = given.get("slug", given.get("series", ""))
    return BY_SLUG.get(name.lower()) or BY_TICKER.get(name.upper())


def _spelled(path: str, given: Mapping[str, str], series: Series) -> str:
    """Give the address with the series as addresses spell it."""
    name = given.get("slug", given.get("series", ""))
    return "/".join(series.slug if part == name else part for part in path.split("/"))


def _day(given: Mapping[str, str], route: Route, view: IndexView) -> date | None:
    """Read the day of an address: one with a report, or else with a release."""
    try:
        day = date.fromisoformat(given.get("day", given.get("date", "")))
    except ValueError:
        return None
    return day if day in (view.report_days() if route.page == "report" else view.days()) else None


def _of_report(day: date | None, view: IndexView) -> tuple[str, str] | None:
    """Give the description and the card of a day's report, or of the last; None where none is."""
    days = view.report_days()
    shown = day or (days[-1] if days else None)
    report = None if shown is None else view.report(shown)
    return None if report is None else (report.title, f"/cards/report/{shown}.png")


def _contracts(view: IndexView) -> list[str] | None:
    """Give the names of a market's contracts; None of an index alone, which knows of no market."""
    contracts = getattr(view, "contracts", None)
    return None if contracts is None else [each.name for each in contracts()]


def _about(series: Series, day: date | None, view: IndexView) -> str:
    """Say what a series measures, after its fix of the day, or its latest."""
    days = [day] if day is not None else list(view.days())
    if not days:
        return measures(series)
    fixing = view.fixing_as_of(series.ticker, max(days), V2026_1.parameter_set, None)
    said = "" if fixing is None else _fix_words(fixing, max(days))
    return f"{said}{measures(series)}"


def _fix_words(fixing: Fixing, day: date) -> str:
    if fixing.fix_ticks is None:
        return f"No fix on {day_words(day)}. "
    return f"${text_from_ticks(fixing.fix_ticks)} per GPU-hour on {day_words(day)}. "


def rendered(shell: str, head: Head, address: str) -> bytes:
    """Give the shell with its head, in UTF-8; `address` is that of this server, "" if unknown."""
    bare = NOSCRIPT.sub("", DESCRIPTION.sub("", TITLE.sub("", shell, count=1)))
    before, _, after = bare.partition("</head>")
    opened = BODY.search(after)
    assert opened is not None, "check_shell"
    body = f"{after[: opened.end()]}{_without_script(head).text}{after[opened.end() :]}"
    return f"{before}{_tags(head, address)}</head>{body}".encode()


def _tags(head: Head, address: str) -> str:
    """Give the tags; those that must name a host only where it is known."""
    whole = f"{head.title} - {NAME}"
    named = {"description": head.description, "twitter:card": "summary_large_image"}
    properties = {
        "og:site_name": NAME,
        "og:type": "website",
        "og:title": head.title,
        "og:description": head.description,
    }
    if head.status == 404:
        named["robots"] = "noindex"
    elif address:
        width, height = CARD_SIZE
        properties |= {"og:url": address + head.path, "og:image": address + head.card}
        properties |= {"og:image:width": f"{width}", "og:image:height": f"{height}"}
        properties["og:image:alt"] = head.title
    lines = [f"<title>{escaped(whole)}</title>"]
    lines += [element("meta", {"name": name, "content": text}).text for name, text in named.items()]
    lines += [
        element("meta", {"property": name, "content": text}).text
        for name, text in properties.items()
    ]
    lines += [link.text for link in LINKS]
    if "og:url" in properties:
        lines.append(f'<link rel="canonical" href="{escaped(properties["og:url"])}" />')
    return "".join(f"{line}\n" for line in lines)


def _without_script(head: Head) -> Html:
    """Say to whom no script runs where the same can be read."""
    if head.plain:
        way = element("a", {"href": f"{head.path}?plain=1"}, "Read it as a plain page")
    else:
        way = element("a", {"href": "/schema/openapi.json"}, "The API has the same data")
    return element("noscript", None, element("p", None, "This page is drawn by a script. ", way))
