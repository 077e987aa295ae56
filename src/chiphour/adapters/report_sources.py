"""REPORT_SOURCES: where the daily report looks for news: what the operator named.

Takes   a TOML file, or none: then there is no source.
Gives   `Sources`: feeds, searches, the words that are looked for.
Keeps   a source without an address, or with a key that is not known, refused by name before
        anything is asked. Links are followed to hosts that the operator named, and no others.
Source  Decision 0043.

    [[feed]]
    name = "acme news"
    url = "https://news.example/feed.xml"
    hosts = ["www.news.example"]      links may lead here; the source's own host always may be

    [[search]]
    name = "our search"
    url = "https://search.example/api?q=GPU+rental+price"
    hosts = ["news.example"]
    results = "web.results"           where the list stands in the answer; title, link and published
    title = "title"                   are fields of each of them
    link = "url"
    published = "age"
    secret = "SEARCH_KEY"             a variable of the environment, sent as a bearer token, or as
    secret_as = "header X-Token"      told here

    MarketError
    └── SourcesRefused    a file that names no sources as they should be
"""

import re
import tomllib
from pathlib import Path
from typing import Any
from typing import NamedTuple

import httpx

from chiphour.observe.observation import MarketError
from chiphour.observe.venue import LINK_CHARACTERS_MAX

FILE = "report-sources.toml"  # In the data folder.
FILE_BYTES_MAX = 1 << 16
SOURCES_MAX = 20
HOSTS_MAX = 50
WORDS = "GPU GPUs H100 H200 B200 B300 GB200 GB300 A100 MI300X MI325X RTX accelerator".split()
TEXTS = ("name", "url", "results", "title", "link", "published", "secret", "secret_as")
SECRET_AS = re.compile(r"bearer|(header|query) [A-Za-z0-9_-]{1,60}")
OF_SEARCH = frozenset({"results", "title", "link", "published"})


class SourcesRefused(MarketError):
    """A file that names no sources as they should be."""


class Source(NamedTuple):
    """A feed, or a search where `results` is not "". `hosts` are those that links may lead to."""

    name: str
    url: str
    hosts: frozenset[str]
    results: str = ""
    title: str = "title"
    link: str = "url"
    published: str = ""
    secret: str = ""
    secret_as: str = "bearer"


class Sources(NamedTuple):
    """What is asked, and for which words."""

    sources: tuple[Source, ...] = ()
    words: tuple[str, ...] = tuple(WORDS)


def sources_in(path: Path) -> Sources:
    """Read a file; one that is not there names no source. Raises SourcesRefused."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return Sources()
    except OSError as fault:
        raise SourcesRefused(f"{path}: expected sources, found {fault.strerror}") from None
    if len(content) > FILE_BYTES_MAX:
        raise SourcesRefused(f"{path}: expected at most {FILE_BYTES_MAX} bytes, found more")
    try:
        told = tomllib.loads(content.decode())
    except ValueError as fault:
        raise SourcesRefused(f"{path}: expected TOML, found {fault}") from None
    try:
        return _sources(told)
    except SourcesRefused as fault:
        raise SourcesRefused(f"{path}: {fault}") from None


def _sources(told: dict[str, Any]) -> Sources:
    words = tuple(_texts("words", told.pop("words", WORDS)))
    found = []
    for kind in ("feed", "search"):
        rows = told.pop(kind, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise SourcesRefused(f"{kind}: expected tables [[{kind}]], found another thing")
        found += [_source(kind, place, row) for place, row in enumerate(rows, 1)]
    if told:
        raise SourcesRefused(f"expected feed, search or words, found {next(iter(told))!r}")
    if len(found) > SOURCES_MAX:
        raise SourcesRefused(f"expected at most {SOURCES_MAX} sources, found {len(found)}")
    return Sources(tuple(found), words)


def _source(kind: str, place: int, row: dict[str, Any]) -> Source:
    where = f"{kind} {place}"
    known = {*TEXTS, "hosts"} - (OF_SEARCH if kind == "feed" else frozenset())
    unknown = sorted(set(row) - known)
    if unknown:
        raise SourcesRefused(f"{where}: expected {', '.join(sorted(known))}, found {unknown[0]!r}")
    for name in ("name", "url", *(("results",) if kind == "search" else ())):
        if not row.get(name):
            raise SourcesRefused(f"{where}: expected a {name}, found none")
    hosts = _texts(f"{where}: hosts", row.pop("hosts", []))
    for name, value in row.items():
        if not isinstance(value, str):
            raise SourcesRefused(f"{where}: {name}: expected text, found {value!r}")
    secret_as = row.get("secret_as", "bearer")
    if not SECRET_AS.fullmatch(secret_as):
        raise SourcesRefused(
            f"{where}: secret_as: expected bearer, header NAME or query NAME, found {secret_as!r}"
        )
    url = url_from(row["url"])
    if url is None:
        raise SourcesRefused(f"{where}: url: expected https://HOST/PATH, found {row['url']!r}")
    return Source(hosts=frozenset(hosts) | {host_of(url)}, **row)


def _texts(where: str, found: Any) -> list[str]:
    if not isinstance(found, list) or len(found) > HOSTS_MAX:
        raise SourcesRefused(f"{where}: expected a list of at most {HOSTS_MAX}, found another")
    if not all(isinstance(each, str) and each for each in found):
        raise SourcesRefused(f"{where}: expected texts, found another thing")
    return found


def url_from(text: str) -> httpx.URL | None:
    """Read an address that can be asked: http or https, a host, no user in it; else None."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return None
    is_asked = url.scheme in ("http", "https") and url.host and not url.userinfo
    return url if is_asked and len(text) <= LINK_CHARACTERS_MAX and text.isprintable() else None


def host_of(url: httpx.URL) -> str:
    """Give the host as `hosts` names it: with its port where it is not the usual one."""
    return url.host if url.port is None else f"{url.host}:{url.port}"
