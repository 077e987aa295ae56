"""RPC HTTP: JSON-RPC over HTTP, GET and POST, as an ASGI application of its own.

Takes   requests below `/api/v2`, signed, with a token, or of a stranger.
Gives   one JSON answer each; the credits that are left stand in it and in a header.
Keeps   the signature checked over the bytes as they were sent, before anything is decoded. A body
        is bounded while it is read. A stranger's wrong signatures are bounded by his address.
Source  Deribit's API v2; decisions 0028, 0029 and 0035.
"""

import asyncio
import time
from typing import Any

from litestar.types import HTTPScope
from litestar.types import Receive
from litestar.types import Send

from chiphour.adapters.keys import KeyRing
from chiphour.adapters.rpc import MALFORMED_COST
from chiphour.adapters.rpc import Asker
from chiphour.adapters.rpc import Rpc
from chiphour.adapters.rpc import refused
from chiphour.adapters.rpc import status_of
from chiphour.wire.jsonrpc import INVALID_REQUEST
from chiphour.wire.jsonrpc import MESSAGES
from chiphour.wire.jsonrpc import REQUEST_BYTES_MAX
from chiphour.wire.jsonrpc import Request
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import from_query
from chiphour.wire.jsonrpc import parse_request
from chiphour.wire.jsonrpc import refusal
from chiphour.wire.jsonrpc import refuse
from chiphour.wire.key import Key
from chiphour.wire.key import Use
from chiphour.wire.signature import SignInRefused
from chiphour.wire.signature import http_claim

ROOT = "/api/v2"
SIGN_IN_COST = 20  # Of a stranger's credits, until his key is proved.
READ_S_MAX = 10.0  # In which a body must have come.
_BEARER = ("bearer ", "Bearer ")
_HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"access-control-allow-origin", b"*"),
]


class TooLong(Exception):
    """A body that is longer than any request."""


class Gone(Exception):
    """A request whose sender went before all of it had come: nobody waits for an answer."""


class RpcHttp:
    """The application."""

    def __init__(self, rpc: Rpc, keys: KeyRing) -> None:
        """Serve these methods to who has one of these keys, and the public ones to all."""
        self._rpc, self._keys = rpc, keys

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        us_in = time.time_ns() // 1_000
        headers = dict(scope["headers"])
        client = scope.get("client")
        asker = self._rpc.asker(client[0] if client else "")
        body, status, request = b"", 200, None
        try:
            content = await asyncio.wait_for(_read(receive), READ_S_MAX)
            request = self._read_request(scope, content, asker)
            if b"authorization" in headers:
                self._sign_in(asker, scope, headers[b"authorization"], content, request)
            body, status = await self._answer(request, asker, us_in)
        except Gone:
            return
        except (TooLong, TimeoutError) as fault:
            status = 413 if isinstance(fault, TooLong) else 408
            body = _unread(str(fault) or "expected a whole body in time")
        except Exception as fault:
            error = refused(fault)
            id = request.id if request else None
            body = refusal(id, error, us_in, time.time_ns() // 1_000, self._rpc.left(asker))
            status = status_of(error.code)
        left = str(self._rpc.left(asker)).encode()
        more = [(b"content-length", str(len(body)).encode()), (b"x-credits-left", left)]
        if status == 401:
            more.append((b"www-authenticate", b"deri-hmac-sha256"))
        start: Any = {
            "type": "http.response.start",
            "status": status,
            "headers": [*_HEADERS, *more],
        }
        await send(start)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _read_request(self, scope: HTTPScope, content: bytes, asker: Asker) -> Request:
        """Read a request; one that cannot be read costs its address. Raises RpcRefused."""
        try:
            return _request(scope, content)
        except RpcRefused:
            self._rpc.pay(asker, MALFORMED_COST)
            raise

    def _sign_in(
        self, asker: Asker, scope: HTTPScope, header: bytes, content: bytes, request: Request
    ) -> None:
        """Find out whose the request is; raises SignInRefused. A wrong proof costs its address."""
        self._rpc.check_credits(asker, SIGN_IN_COST)
        try:
            key = self._key_of(scope, header.decode("latin-1"), content, asker.address, request)
        except SignInRefused:
            self._rpc.pay(asker, SIGN_IN_COST)
            raise
        asker.key = key

    def _key_of(
        self, scope: HTTPScope, header: str, content: bytes, address: str, request: Request
    ) -> Key:
        use = Use(self._rpc.now_ns(), address, request.method)
        if header.startswith(_BEARER):
            return self._keys.admit_token(header[len(_BEARER[0]) :].strip(), use)
        target = scope["raw_path"]
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        claim = http_claim(header, str(scope["method"]), target, content)
        return self._keys.admit(claim, use)

    async def _answer(self, request: Request, asker: Asker, us_in: int) -> tuple[bytes, int]:
        future: asyncio.Future[tuple[bytes, int]] = asyncio.get_running_loop().create_future()

        def reply(body: bytes, status: int) -> None:
            if not future.done():  # The other side may be gone.
                future.set_result((body, status))

        self._rpc.handle(request, asker, reply, us_in)
        return await future


async def _read(receive: Receive) -> bytes:
    """Read a body; raises TooLong at the first byte beyond the bound, Gone before its end."""
    parts, count = [], 0
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        parts.append(part)
        count += len(part)
        if count > REQUEST_BYTES_MAX:
            raise TooLong(f"expected at most {REQUEST_BYTES_MAX} bytes, found more")
        if not message.get("more_body", False):
            return b"".join(parts)


def _request(scope: HTTPScope, content: bytes) -> Request:
    """Read a request: a GET by path and query, a POST by its body; raises RpcRefused."""
    path = scope["path"].removeprefix(ROOT).strip("/")
    if scope["method"] == "GET":
        if content:
            refuse(INVALID_REQUEST, "expected a GET without a body, found one")
        return from_query(path, scope["query_string"].decode("latin-1"))
    if scope["method"] != "POST":
        refuse(INVALID_REQUEST, f"expected GET or POST, found {scope['method'][:16]}")
    request = parse_request(content)
    if path and path != request.method:
        reason = f"expected the method of the path, {path[:64]}, found {request.method}"
        refuse(INVALID_REQUEST, reason, request.id)
    return request


def _unread(reason: str) -> bytes:
    """Say why a body was not read."""
    error = RpcRefused(INVALID_REQUEST, MESSAGES[INVALID_REQUEST], {"reason": reason})
    now_us = time.time_ns() // 1_000
    return refusal(None, error, now_us, now_us)
