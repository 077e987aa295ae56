"""FETCH: one answer of one venue over HTTP, whole and within every bound, or a refusal.

Takes   a request that a reader made, its venue, a deadline; the secrets, by name.
Gives   the bytes of the answer and when they came.
Keeps   bytes, time and pace bounded, whatever the venue sends. A secret goes to its venue and
        nowhere else: it is added to a copy of the request at the last moment, so what is logged,
        raised or kept never held it; an answer that holds it is refused before anybody sees it.
        No cookies, no redirects, no proxy; TLS is verified.
Source  Decision 0015; RFC 9110, 10.2.3 (Retry-After) and 13 (conditions).

    MarketError
    └── FetchRefused    a request that had no answer as it should be; `code` is a word of REFUSALS
"""

import asyncio
import logging
import re
import ssl
import time
import zlib
from collections import OrderedDict
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from types import TracebackType
from typing import NamedTuple
from urllib.parse import quote
from urllib.parse import urlencode

import httpx

from chiphour import __version__
from chiphour.adapters.refusal import CODES
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import div_ceil
from chiphour.units import ns_from_datetime

LIVE = """CONTENT_TYPE EMPTY FAILED INTERRUPTED PAGES RATE_LIMITED RATE_MISSING SECRET_ECHOED
SECRET_MISSING SECRET_REFUSED STATUS TIMEOUT TOO_LARGE UNREACHABLE UNREADABLE"""
REFUSALS = {code: CODES[code] for code in LIVE.split()}  # The codes that live collection has.
RETRY_AFTER_NS_MAX = NS_PER_DAY
MEMORY_BYTES_MAX = 64 << 20  # Of the answers that are remembered for conditional requests.
MEMORY_ENTRIES_MAX = 1024
PIECES_AT_ONCE = 64  # Chunks of one answer that are taken before any other venue's.
PIECES_MAX = 1 << 18  # Of an answer: of the longest, 64 MB, a quarter of a kilobyte each.
USER_AGENT = f"chiphour/{__version__} (price observation; see /venues)"
SECRET = re.compile(r"[!-~]{1,4096}")  # Printable ASCII without spaces.
SECRET_CHARACTERS_MIN = 8  # A shorter one may stand in an answer by chance.
SECRET_NAME = "chiphour.secret"  # In the extensions of a request: which secret, and sent how.
ENTITY_TAG = re.compile(r'(W/)?"[!#-~]{0,256}"')
HTTP_DATE = re.compile(r"[A-Za-z0-9:, +-]{1,40}")
MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}", re.ASCII)
CODES_OF_STATUS = {401: "SECRET_REFUSED", 403: "SECRET_REFUSED", 429: "RATE_LIMITED"}

Sleep = Callable[[float], Awaitable[None]]


class FetchRefused(MarketError):
    """No answer as it should be. `retry_after_ns` is the wait that the venue asked for, if any."""

    def __init__(self, code: str, detail: str, retry_after_ns: int | None = None) -> None:
        """Refuse with a word of REFUSALS and what was expected and found."""
        assert code in REFUSALS
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retry_after_ns = retry_after_ns


class Fetched(NamedTuple):
    """The bytes of an answer; `repeated` when the venue said that they are those of last time."""

    content: bytes
    received_ns: int
    repeated: bool


class Fetcher:
    """Asks venues, each at its own pace. An asynchronous context."""

    def __init__(
        self,
        secrets: Mapping[str, str],
        *,
        base_url: str = "",
        paced: bool | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Prepare; nothing is opened before the context is entered.

        `base_url` sends every request to BASE/<venue><path> instead, and no secret with it.
        `paced` keeps each venue's requests_per_minute; by default unless BASE is on loopback.
        Raises MarketError where BASE is no address.
        """
        self._base_url = base_url.rstrip("/")
        self._secrets: Mapping[str, str] = {} if base_url else secrets
        self._paced = not _is_loopback(base_url) if paced is None else paced
        self._now_ns = now_ns
        self._monotonic_ns = monotonic_ns
        self._sleep = sleep
        self._free_ns: dict[str, int] = {}  # By venue: when the next request may leave.
        self._memory = _Memory()

    async def __aenter__(self) -> "Fetcher":
        """Open the client; its own logs are muted, for a venue may send our secret back in them."""
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=64)
        self._client = httpx.AsyncClient(
            transport=_SecretTransport(httpx.AsyncHTTPTransport(limits=unlimited), self._secrets),
            headers={"user-agent": USER_AGENT, "accept-encoding": "gzip"},
            timeout=None,  # The deadline of the poll bounds all.
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def fetch(self, request: Request, venue: Venue, deadline: float) -> Fetched:
        """Ask once; `deadline` is a time of the event loop. Raises FetchRefused."""
        where = f"{venue.name} {shown_path(request)}"
        url = self._url(request, venue, where)
        self._check_secret(request, where)
        try:
            async with asyncio.timeout_at(deadline):
                await self._wait_for_turn(venue)
                return await self._ask(request, venue, url, where)
        except TimeoutError:
            refusal = FetchRefused("TIMEOUT", f"{where}: expected an answer in time, found none")
        except httpx.HTTPError as fault:
            refusal = FetchRefused(_code_of(fault), f"{where}: {_words_of(fault)}")
        raise refusal  # Out here, so that it carries nothing of the client's fault.

    def _url(self, request: Request, venue: Venue, where: str) -> httpx.URL:
        """Give the address without its secret. A path from outside may not change the host."""
        base = f"{self._base_url}/{venue.name}" if self._base_url else venue.base_url
        if not base:
            raise FetchRefused("UNREACHABLE", f"{where}: expected a base URL, found none")
        try:
            url = _with_query(httpx.URL(base + request.path), request.query)
        except httpx.InvalidURL:
            url = None
        if url is None or not request.path.startswith("/"):
            raise FetchRefused("UNREADABLE", f"{where}: expected a path that begins with a slash")
        return url

    def _check_secret(self, request: Request, where: str) -> None:
        """Raise FetchRefused where a secret is wanted that is not there or cannot be sent."""
        if not request.secret or self._base_url:
            return
        value = self._secrets.get(request.secret, "")
        if not SECRET.fullmatch(value):
            found = "other characters" if value else "none"
            raise FetchRefused(
                "SECRET_MISSING",
                f"{where}: expected {request.secret} in printable ASCII, found {found}",
            )

    async def _wait_for_turn(self, venue: Venue) -> None:
        """Return when the venue may be asked again; those who wait go one after the other."""
        if not self._paced:
            return
        now_ns = self._monotonic_ns()
        turn_ns = max(now_ns, self._free_ns.get(venue.name, now_ns))
        self._free_ns[venue.name] = turn_ns + div_ceil(NS_PER_MINUTE, venue.requests_per_minute)
        if turn_ns > now_ns:
            await self._sleep((turn_ns - now_ns) / NS_PER_SECOND)

    async def _ask(self, request: Request, venue: Venue, url: httpx.URL, where: str) -> Fetched:
        key = (venue.name, request)
        known = self._memory.get(key)
        secret = self._secrets.get(request.secret, "")
        response = await self._client.send(self._sent(request, venue, url, known), stream=True)
        try:
            if response.status_code == 304 and known is not None:
                return Fetched(known.content, self._now_ns(), True)
            self._check_answer(response, venue, where, secret)
            content = await _content(response, venue.body_bytes_max, where)
        finally:
            await response.aclose()
        if _holds(content, secret):
            detail = f"{where}: expected an answer without {request.secret}, found it there"
            raise FetchRefused("SECRET_ECHOED", detail)
        if not request.body:
            self._memory.put(key, content, response.headers)
        return Fetched(content, self._now_ns(), False)

    def _sent(
        self, request: Request, venue: Venue, url: httpx.URL, known: "_Remembered | None"
    ) -> httpx.Request:
        """Give what is sent, but for the secret: only its name."""
        headers = {"accept": ", ".join(venue.content_types)} | (known.conditions if known else {})
        if request.body:
            headers["content-type"] = "application/json"
        return self._client.build_request(
            "POST" if request.body else "GET",
            url,
            content=request.body.encode() or None,
            headers=headers,
            extensions={SECRET_NAME: (request.secret, request.secret_as)},
        )

    def _check_answer(
        self, response: httpx.Response, venue: Venue, where: str, secret: str
    ) -> None:
        """Raise FetchRefused for another status or media type than a good answer has."""
        if response.status_code != 200:
            wait_ns = retry_after_ns(response.headers.get("retry-after", ""), self._now_ns())
            code = CODES_OF_STATUS.get(response.status_code, "STATUS")
            detail = f"{where}: expected status 200, found {response.status_code}"
            raise FetchRefused(code, detail, wait_ns)
        stated = response.headers.get("content-type", "").split(";")[0].strip().lower()
        if stated not in venue.content_types:
            found = stated if MEDIA_TYPE.fullmatch(stated) else "none"
            if secret and secret.lower() in found:
                found = "our secret"
            expected = " or ".join(venue.content_types)
            raise FetchRefused("CONTENT_TYPE", f"{where}: expected {expected}, found {found}")


def shown_path(request: Request) -> str:
    """Give the path as faults tell it: without its query, for a venue's links may hold our key."""
    return request.path.partition("?")[0][:200]


def retry_after_ns(text: str, now_ns: int) -> int | None:
    """Read a Retry-After, in seconds or as a date, as a wait of at most a day; None where none."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return min(int(text.lstrip("0")[:9] or "0") * NS_PER_SECOND, RETRY_AFTER_NS_MAX)
    try:
        wait_ns = ns_from_datetime(parsedate_to_datetime(text)) - now_ns
    except (ValueError, OverflowError):
        return None
    return max(0, min(wait_ns, RETRY_AFTER_NS_MAX))


def _with_query(url: httpx.URL, query: tuple[tuple[str, str], ...]) -> httpx.URL:
    """Add to the query of an address, and leave what is there as it was written."""
    if not query:
        return url
    return url.copy_with(query=b"&".join(filter(None, (url.query, urlencode(query).encode()))))


async def _content(response: httpx.Response, bytes_max: int, where: str) -> bytes:
    """Give the body, unpacked here and not by the client, so that neither form outgrows the bound.

    Neither gzip that unpacks to more nor gzip that goes on without unpacking to anything. Ten
    thousand chunks of a byte may come at one read: between some of them the others have a turn.
    """
    coding = response.headers.get("content-encoding", "").strip().lower() or "identity"
    if coding not in ("identity", "gzip", "x-gzip"):
        raise FetchRefused("CONTENT_TYPE", f"{where}: expected gzip or no coding, found another")
    unpacker = None if coding == "identity" else zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    content = bytearray()
    packed_bytes = pieces = 0
    try:
        async for chunk in response.aiter_raw():
            pieces += 1
            if pieces % PIECES_AT_ONCE == 0:
                await asyncio.sleep(0)
            packed_bytes += len(chunk)
            room = bytes_max + 1 - len(content)  # Never 0, which would mean no bound.
            content += unpacker.decompress(chunk, room) if unpacker else chunk
            _check_bound(max(packed_bytes, len(content)), bytes_max, "bytes", where)
            _check_bound(pieces, PIECES_MAX, "chunks", where)
    except zlib.error:
        unpacker = zlib.decompressobj()  # One that has not ended: torn.
    if unpacker and (not unpacker.eof or unpacker.unused_data):
        raise FetchRefused("INTERRUPTED", f"{where}: expected one whole gzip stream, found it torn")
    return bytes(content)


def _check_bound(found: int, most: int, what: str, where: str) -> None:
    if found > most:
        raise FetchRefused("TOO_LARGE", f"{where}: expected at most {most} {what}, found more")


def _holds(content: bytes, secret: str) -> bool:
    """Tell whether a secret stands in an answer: as it is, as JSON or an address writes it."""
    if len(secret) < SECRET_CHARACTERS_MIN:
        return False
    written = {secret, canonical_json(secret)[1:-1], quote(secret, safe="")}
    return any(form.encode() in content for form in written)


def _is_loopback(base_url: str) -> bool:
    try:
        host = httpx.URL(base_url).host
    except httpx.InvalidURL as fault:
        raise MarketError(f"expected a base URL, found {base_url[:100]!r}: {fault}") from None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _code_of(fault: httpx.HTTPError) -> str:
    if isinstance(fault, httpx.TimeoutException):
        return "TIMEOUT"
    if isinstance(fault, httpx.ConnectError | httpx.UnsupportedProtocol):
        return "UNREACHABLE"
    return "INTERRUPTED"


def _words_of(fault: BaseException) -> str:
    """Say what happened in the system's words; those of the client may hold what was sent."""
    kind = type(fault).__name__
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return f"expected an answer, found {kind} ({cause.reason})"
        if isinstance(cause, OSError) and cause.strerror:
            return f"expected an answer, found {kind} ({cause.strerror[:120]})"
        several = cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
        cause = several[0] if several else cause.__cause__ or cause.__context__
    return f"expected an answer, found {kind}"


class _SecretTransport(httpx.AsyncBaseTransport):
    """Adds the secret to a copy of the request, below all that logs a request or keeps one."""

    def __init__(self, inner: httpx.AsyncBaseTransport, secrets: Mapping[str, str]) -> None:
        self._inner = inner
        self._secrets = secrets

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name, secret_as = request.extensions[SECRET_NAME]
        if name in self._secrets:
            request = _with_secret(request, self._secrets[name], secret_as)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _with_secret(request: httpx.Request, value: str, secret_as: str) -> httpx.Request:
    how, _, name = secret_as.partition(" ")
    url, headers = request.url, request.headers.copy()
    if how == "bearer":
        headers["authorization"] = f"Bearer {value}"
    elif how == "header":
        headers[name] = value
    else:
        assert how == "query"
        url = _with_query(url, ((name, value),))
    return httpx.Request(
        request.method,
        url,
        headers=headers,
        stream=request.stream,
        extensions=request.extensions,
    )


class _Remembered(NamedTuple):
    content: bytes
    conditions: dict[str, str]  # The headers that ask for the answer only if it is another.


class _Memory:
    """The last answers with a tag or a date, within bounds; who is not asked for longest goes."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, Request], _Remembered] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[str, Request]) -> _Remembered | None:
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key)

    def put(self, key: tuple[str, Request], content: bytes, headers: httpx.Headers) -> None:
        """Remember an answer in place of the last one, if the venue said how to ask for news."""
        last = self._known.pop(key, None)
        self._bytes -= len(last.content) if last else 0
        conditions = {}
        if ENTITY_TAG.fullmatch(headers.get("etag", "")):
            conditions["if-none-match"] = headers["etag"]
        if HTTP_DATE.fullmatch(headers.get("last-modified", "")):
            conditions["if-modified-since"] = headers["last-modified"]
        if not conditions or len(content) > MEMORY_BYTES_MAX:
            return
        self._known[key] = _Remembered(content, conditions)
        self._bytes += len(content)
        while self._bytes > MEMORY_BYTES_MAX or len(self._known) > MEMORY_ENTRIES_MAX:
            _, oldest = self._known.popitem(last=False)
            self._bytes -= len(oldest.content)
