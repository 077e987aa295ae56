"""WEB: the page in front of everything that an application answers.

Takes   an ASGI application with its view; what was built of the page.
Gives   `with_page`: the page at its addresses and its files; everything else is the application's.
Keeps   a program's answers as they were: a page comes only to who asks for HTML, and one without
        scripts still stands at `?plain=1`, for whoever asks otherwise, and where none was built.
        A secret in an address is dropped before anything else sees it.
Source  Decision 0041; W3C Content Security Policy 3; RFC 9110 section 12.
"""

import asyncio
import gzip
import logging
import time
from collections import OrderedDict
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple
from typing import cast
from urllib.parse import quote
from urllib.parse import unquote_plus

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import HTTPScope
from litestar.types import Receive
from litestar.types import Scope
from litestar.types import Send

from chiphour.adapters.serve.answer import FOR_PROGRAMS
from chiphour.adapters.serve.answer import IMMUTABLE
from chiphour.adapters.serve.answer import NEVER_KEPT
from chiphour.adapters.serve.answer import REVALIDATED
from chiphour.adapters.serve.answer import SECURITY_HEADERS
from chiphour.adapters.serve.answer import has_tag
from chiphour.adapters.serve.asked import HOST
from chiphour.adapters.serve.compressed import Compressed
from chiphour.adapters.serve.compressed import takes_gzip
from chiphour.adapters.serve.shell import Head
from chiphour.adapters.serve.shell import head_of
from chiphour.adapters.serve.shell import rendered
from chiphour.adapters.serve.view import IndexView
from chiphour.adapters.serve.web_page import Asset
from chiphour.adapters.serve.web_page import Page
from chiphour.adapters.serve.web_page import Route
from chiphour.adapters.serve.web_page import found_route
from chiphour.adapters.serve.web_page import read_page
from chiphour.adapters.serve.web_page import tag_of

ASSETS = "/assets/"
SECRETS = ("access_token", "client_secret", "key", "refresh_token", "secret")
SHELLS_KEPT = 256
SHELL_SECONDS = 30.0  # In which a new fix is not yet said in the head of a page.
NOT_BUILT = (
    "expected the web page to be built, found that it is not: python hatch_build.py builds it "
    "(see docs/how-to/web.md); what this page shows is in the API, /schema/openapi.json\n"
)
SHELL_HEADERS: Mapping[str, str] = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
}


class Answer(NamedTuple):
    """An answer that is ready: its body, and the same packed where that is smaller."""

    status: int
    body: bytes
    packed: bytes | None
    headers: Mapping[str, str]


def with_page(app: Litestar, view: IndexView, page: Page | None = None) -> "WebPage":
    """Put the page before an application; raises PageRefused where it was built wrongly."""
    built = read_page() if page is None else page
    app.state.page = built  # The sitemap lists its addresses.
    return WebPage(app, view, built)


class WebPage:
    """An application with the page before it."""

    def __init__(self, app: Litestar, view: IndexView, page: Page) -> None:
        """Serve what was built, else what `app` has."""
        self._app, self._view, self._page = Compressed(app), view, page
        self._address = view.frame().address
        self._files = {name: _file(asset) for name, asset in page.assets.items()}
        self._shells: OrderedDict[tuple[str, str], tuple[float, Answer]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = cast(HTTPScope, scope)
        if scope["type"] != ScopeType.HTTP or asked["method"] != "GET":
            await self._app(scope, receive, send)
            return
        path, headers = asked["path"], dict(asked["headers"])
        if path.startswith(FOR_PROGRAMS):
            await self._app(scope, receive, send)
        elif (clean := without_secrets(asked)) is not None:
            await _send(send, _moved(clean), headers)
        elif path.startswith(ASSETS):
            await _send(send, self._files.get(path[len(ASSETS) :], NO_FILE), headers)
        elif (found := found_route(self._page.routes, path)) is not None:
            await self._show(asked, receive, send, *found)
        else:
            await self._app(scope, receive, send)

    async def _show(
        self, scope: HTTPScope, receive: Receive, send: Send, route: Route, given: dict[str, str]
    ) -> None:
        """Answer at an address of the page: with it, or plainly."""
        headers = dict(scope["headers"])
        plainly = not _takes_html(headers) or "plain" in _names(scope["query_string"])
        if not self._page.shell and not route.plain:
            await _send(send, _text(503, NOT_BUILT), headers)
        elif not self._page.shell or (plainly and route.plain):
            await self._app(scope, receive, _varying(send))
        else:
            await _send(send, await self._shell(scope, route, given), headers)

    async def _shell(self, scope: HTTPScope, route: Route, given: dict[str, str]) -> Answer:
        """Give the shell of an address, from those that were made within the last moments."""
        address = self._reached_at(scope)
        key, now = (address, scope["path"]), time.monotonic()
        made, answer = self._shells.get(key, (0.0, None))
        if answer is not None and now - made < SHELL_SECONDS:
            return answer
        head = await asyncio.to_thread(self._head, route, given, scope["path"])
        answer = _shell_answer(head.status, rendered(self._page.shell, head, address))
        if head.status == 200:  # An address that is not there yet is looked at anew.
            self._shells[key] = now, answer
            self._shells.move_to_end(key)
            while len(self._shells) > SHELLS_KEPT:
                self._shells.popitem(last=False)
        return answer

    def _head(self, route: Route, given: dict[str, str], path: str) -> Head:
        """Say what stands at an address; where that cannot be read, what every page says."""
        try:
            return head_of(route, given, path, self._view)
        except Exception as fault:  # The page itself tells what is out of order.
            logging.getLogger(__name__).error("the head of %s failed", route.page, exc_info=fault)
            card = "/cards/release.png"
            return Head(route.title, route.description, quote(path), card, route.plain)

    def _reached_at(self, scope: HTTPScope) -> str:
        """Give the address of this server as its readers write it, "" where nobody said one."""
        if self._address:
            return self._address
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        return f"{scope['scheme']}://{host}" if HOST.fullmatch(host) else ""


def without_secrets(scope: HTTPScope) -> str | None:
    """Give the address without the secrets in its query; None where it holds none."""
    parts = scope["query_string"].decode("latin-1").split("&")
    kept = [part for part in parts if _name(part) not in SECRETS]
    if len(kept) == len(parts):
        return None
    path = "/" + quote(scope["path"].lstrip("/\\"))  # Two slashes would lead to another host.
    return path + (f"?{'&'.join(kept)}" if kept else "")


def _names(query: bytes) -> list[str]:
    return [_name(part) for part in query.decode("latin-1").split("&")]


def _name(part: str) -> str:
    return unquote_plus(part.partition("=")[0]).strip().lower()


def _takes_html(headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether HTML is asked for by its name, as browsers do."""
    for part in headers.get(b"accept", b"").decode("latin-1").lower().split(","):
        name, *parameters = (word.strip() for word in part.split(";"))
        if name in ("text/html", "application/xhtml+xml"):
            return not any(word.replace(" ", "") in ("q=0", "q=0.0") for word in parameters)
    return False


def _file(asset: Asset) -> Answer:
    headers = {**SECURITY_HEADERS, "Content-Type": asset.media_type, "ETag": asset.tag}
    return Answer(200, asset.body, asset.packed, headers | {"Cache-Control": IMMUTABLE})


def _shell_answer(status: int, body: bytes) -> Answer:
    headers = {**SHELL_HEADERS, "Content-Type": "text/html; charset=utf-8", "ETag": tag_of(body)}
    headers |= {"Cache-Control": REVALIDATED, "Vary": "Accept"}
    return Answer(status, body, gzip.compress(body, 6, mtime=0), headers)


def _text(status: int, words: str) -> Answer:
    headers = {**SECURITY_HEADERS, "Content-Type": "text/plain; charset=utf-8"}
    return Answer(status, words.encode(), None, headers | {"Cache-Control": NEVER_KEPT})


NO_FILE = _text(404, "expected a file of the page, found none of this name; load it anew\n")


def _moved(address: str) -> Answer:
    words = "a secret does not belong into an address: it is dropped, and should be replaced\n"
    answer = _text(303, words)
    return answer._replace(headers={**answer.headers, "Location": address})


async def _send(send: Send, answer: Answer, asked: Mapping[bytes, bytes]) -> None:
    """Send an answer that is ready: nothing where the asker has it, packed where that is taken."""
    status, body, headers = answer.status, answer.body, dict(answer.headers)
    tag = headers.get("ETag", "")
    if status == 200 and tag and has_tag(asked.get(b"if-none-match", b"").decode("latin-1"), tag):
        status, body = 304, b""
    elif answer.packed is not None and takes_gzip(dict(asked)):
        body = answer.packed
        headers["Content-Encoding"] = "gzip"
        if tag:
            headers["ETag"] = f"W/{tag}"
    if answer.packed is not None:
        headers["Vary"] = ", ".join(filter(None, (headers.get("Vary", ""), "Accept-Encoding")))
    if status != 304:
        headers["Content-Length"] = str(len(body))
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    start: Any = {"type": "http.response.start", "status": status, "headers": pairs}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _varying(send: Send) -> Send:
    """Say of what the application sends that another answer stands at the same address."""

    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers: Iterable[tuple[bytes, bytes]] = message["headers"]
            message = {**message, "headers": [*headers, (b"vary", b"Accept")]}
        await send(message)

    return sent
