"""WEB_PAGE: the page that was built from web/, read once: its shell, its files, its addresses.

Takes   the folder `static` of the package, which the build fills.
Gives   `Page`: the shell as text, files compressed beforehand, and the table of addresses, also
        where no page was built.
Keeps   a shell that its Content-Security-Policy would break unserved: a script, a style or a
        handler written into it, or anything of another host, ends the start. No path is ever made
        from a request: files are found by their name in memory.
Source  Decision 0041.

    MarketError
    └── PageRefused     what was built is not what can be served
"""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from chiphour.observe.observation import MarketError

STATIC = Path(__file__).resolve().parents[2] / "static"
SHELL = "index.html"
TABLE = "routes.json"
STAMP = ".built"
ASSETS = "assets"
FILES_MOST = 2_000
BYTES_MOST = 64 << 20  # Of all files together.
ROUTES_MOST = 200
SEGMENTS_MOST = 8  # Of an address.
PATH_CHARACTERS_MOST = 512
TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
COMPRESSED_ALREADY = (".jpg", ".png", ".webp", ".woff2")
FIELDS = {"page": str, "paths": list, "title": str, "description": str, "plain": bool}
# May be left out; all but the first are for the page itself, and only held to their type here.
LATER = {"market": bool, "link": str, "foot": str, "needs": str}
PARAMETER = re.compile(r"\{([a-z_]+)\}")
LITERAL = re.compile(r"[a-z0-9._-]+")
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script", re.I | re.S)
WRITTEN_IN = re.compile(r"<style\b|\sstyle\s*=|\son[a-z]+\s*=|javascript:", re.I)
ELSEWHERE = re.compile(r"(?:src|href)\s*=\s*[\"']?(?:[a-z][a-z0-9+.-]*:|//)", re.I)


class PageRefused(MarketError):
    """What was built is not what can be served."""


class Route(NamedTuple):
    """One page and its addresses, each as its segments: `{day}` stands for any one.

    `plain` tells that a page without scripts stands at the same address, `market` that the page
    shows a market and is none of an index alone.
    """

    page: str
    paths: tuple[tuple[str, ...], ...]
    title: str
    description: str
    plain: bool
    market: bool = False


class Asset(NamedTuple):
    """A file of the page, `packed` by gzip; None where that gains nothing."""

    body: bytes
    packed: bytes | None
    media_type: str
    tag: str


class Page(NamedTuple):
    """What was built. `shell` is "" where nothing was; then the addresses are all that is known."""

    routes: tuple[Route, ...] = ()
    shell: str = ""
    assets: Mapping[str, Asset] = {}


def read_page(folder: Path = STATIC) -> Page:
    """Read what was built, files and all; raises PageRefused."""
    table = folder / TABLE
    routes = routes_from(table.read_bytes()) if table.is_file() else ()
    if not (folder / STAMP).is_file():
        return Page(routes)
    shell = (folder / SHELL).read_text(encoding="utf-8")
    check_shell(shell)
    return Page(routes, shell, _assets(folder / ASSETS))


def routes_from(content: bytes) -> tuple[Route, ...]:
    """Read the table of addresses; raises PageRefused."""
    try:
        rows = json.loads(content)
    except ValueError as fault:
        raise PageRefused(f"{TABLE}: expected JSON, found: {fault}") from None
    if not isinstance(rows, list) or len(rows) > ROUTES_MOST:
        raise PageRefused(f"{TABLE}: expected a list of at most {ROUTES_MOST} pages")
    return tuple(_route(row, f"{TABLE}, page {place}") for place, row in enumerate(rows))


def _route(row: object, where: str) -> Route:
    if not isinstance(row, dict):
        raise PageRefused(f"{where}: expected an object, found {row!r:.60}")
    known = {**FIELDS, **LATER}
    for name in row:
        if name not in known:
            raise PageRefused(f"{where}: expected {', '.join(known)}, found {name!r:.60}")
    for name, kind in known.items():
        value = row.get(name, kind() if name in LATER else None)
        if not isinstance(value, kind):
            raise PageRefused(f"{where}, {name}: expected {kind.__name__}, found {value!r:.60}")
    paths = tuple(_segments(path, where) for path in row["paths"])
    return Route(
        *(row["page"], paths, row["title"], row["description"], row["plain"]),
        row.get("market", False),
    )


def _segments(path: object, where: str) -> tuple[str, ...]:
    if not isinstance(path, str) or not path.startswith("/"):
        raise PageRefused(f"{where}, paths: expected an address such as /release/{{day}}")
    found = segments_of(path)
    for segment in found:
        if not (LITERAL.fullmatch(segment) or PARAMETER.fullmatch(segment)):
            raise PageRefused(f"{where}, paths: expected a word or a {{name}}, found {segment!r}")
    return found


def segments_of(path: str) -> tuple[str, ...]:
    """Give the parts of an address; that of `/` has none."""
    return tuple(path[1:].split("/")) if path != "/" else ()


def found_route(routes: Sequence[Route], path: str) -> tuple[Route, dict[str, str]] | None:
    """Find the page of an address, and what stands for its names; the first that fits."""
    if len(path) > PATH_CHARACTERS_MOST:
        return None
    segments = segments_of(path)
    if len(segments) > SEGMENTS_MOST or "" in segments:
        return None
    for route in routes:
        for pattern in route.paths:
            given = _matched(pattern, segments)
            if given is not None:
                return route, given
    return None


def _matched(pattern: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    given = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            given[expected[1:-1]] = segment
        elif expected != segment:
            return None
    return given


def check_shell(shell: str) -> None:
    """Refuse a shell that could not stand under its own policy; raises PageRefused."""
    if "</head>" not in shell or "<body" not in shell:
        raise PageRefused(f"{SHELL}: expected a page with a head and a body")
    if any("src" not in attributes or inner.strip() for attributes, inner in SCRIPT.findall(shell)):
        raise PageRefused(f"{SHELL}: expected scripts from files only, found one written into it")
    written = WRITTEN_IN.search(shell)
    if written:
        raise PageRefused(f"{SHELL}: expected no style or handler in it, found {written[0]!r}")
    elsewhere = ELSEWHERE.search(shell)
    if elsewhere:
        raise PageRefused(f"{SHELL}: expected nothing of another host, found {elsewhere[0]!r}")


def _assets(folder: Path) -> dict[str, Asset]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in paths)
    if len(paths) > FILES_MOST or size > BYTES_MOST:
        raise PageRefused(
            f"{ASSETS}: expected at most {FILES_MOST} files of {BYTES_MOST} bytes, "
            f"found {len(paths)} of {size}"
        )
    return {path.relative_to(folder).as_posix(): _asset(path) for path in paths}


def _asset(path: Path) -> Asset:
    if path.suffix not in TYPES:
        raise PageRefused(f"{ASSETS}/{path.name}: expected one of {', '.join(TYPES)}")
    body = path.read_bytes()
    packed = None if path.suffix in COMPRESSED_ALREADY else gzip.compress(body, 9, mtime=0)
    if packed is not None and len(packed) >= len(body):
        packed = None
    return Asset(body, packed, TYPES[path.suffix], tag_of(body))


def tag_of(body: bytes) -> str:
    """Give the tag of a body, as a header writes it."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
