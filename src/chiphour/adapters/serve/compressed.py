"""COMPRESSED: bodies of text sent as gzip to whoever takes it.

Takes   an ASGI application.
Gives   the same, its bodies packed where that gains something.
Keeps   the loop free: what is large is packed on another thread, and what has a tag is packed once
        for as long as it is asked for. A body that comes in parts, or is packed already, is passed
        on as it is. A tag is weak where the bytes are not those that it was made of.
Source  RFC 9110 sections 8.4 and 8.8.1; RFC 1952; decision 0041.
"""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any

from litestar.enums import ScopeType
from litestar.types import Receive
from litestar.types import Scope
from litestar.types import Send

Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

BYTES_LEAST = 1_024
BYTES_MOST = 32 << 20  # Of a body that is packed.
APART_BYTES = 8 << 10  # From here on a thread packs it: a quarter of a millisecond of the loop.
LEVEL = 5
KEPT_BYTES = 16 << 20  # Of packed bodies.
TYPES = (b"application/atom+xml", b"application/json", b"application/xml", b"image/svg+xml")
VARIES = (b"vary", b"Accept-Encoding")


def takes_gzip(headers: dict[bytes, bytes]) -> bool:
    """Tell whether a request accepts gzip; one that gives it no weight refuses it."""
    for part in headers.get(b"accept-encoding", b"").decode("latin-1").lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.strip().replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


class Compressed:
    """An application whose bodies are packed."""

    def __init__(self, app: Asgi) -> None:
        """Pack what `app` answers."""
        self._app = app
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._kept_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP or not takes_gzip(dict(scope["headers"])):
            await self._app(scope, receive, send)
            return
        start: Any = None

        async def sent(message: Any) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message  # Until the body shows whether it is packed.
            elif start is None:
                await send(message)
            else:
                head, start = start, None
                head, body = await self._packed(head, message)
                await send(head)
                await send(body)

        await self._app(scope, receive, sent)

    async def _packed(self, start: Any, message: Any) -> tuple[Any, Any]:
        """Give an answer's beginning and body, packed where it gains something."""
        headers = [(name.lower(), value) for name, value in start["headers"]]
        named, body = dict(headers), message.get("body", b"")
        if message.get("more_body") or not _is_worth(named, body):
            return start, message
        packed = await self._pack(named.get(b"etag", b""), body)
        tag = named.get(b"etag", b"")
        kept = [each for each in headers if each[0] not in (b"content-length", b"etag")]
        kept += [(b"content-encoding", b"gzip"), VARIES]
        kept.append((b"content-length", str(len(packed)).encode()))
        if tag:
            kept.append((b"etag", tag if tag.startswith(b"W/") else b"W/" + tag))
        return {**start, "headers": kept}, {**message, "body": packed}

    async def _pack(self, tag: bytes, body: bytes) -> bytes:
        if tag in self._kept:
            self._kept.move_to_end(tag)
            return self._kept[tag]
        if len(body) < APART_BYTES:
            packed = gzip.compress(body, LEVEL, mtime=0)
        else:
            packed = await asyncio.to_thread(gzip.compress, body, LEVEL, mtime=0)
        if tag and len(packed) <= KEPT_BYTES and tag not in self._kept:
            self._kept[tag] = packed
            self._kept_bytes += len(packed)
            while self._kept_bytes > KEPT_BYTES:
                self._kept_bytes -= len(self._kept.popitem(last=False)[1])
        return packed


def _is_worth(headers: dict[bytes, bytes], body: bytes) -> bool:
    if b"content-encoding" in headers or not BYTES_LEAST <= len(body) <= BYTES_MOST:
        return False
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip()
    return media_type.startswith(b"text/") or media_type in TYPES
