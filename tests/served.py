"""SERVED: a small HTTP server on loopback that does whatever a test wants, and a reader of it.

Takes   what to do for each path: bytes to send, or a function that has the socket.
Gives   `Served`, a context: its address, and what it was asked; `PageReader`, a whole reader.
Keeps   sockets real: nothing of the client is replaced. A connection is closed after one answer.
Source  Decision 0015.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from chiphour.observe.observation import Observation
from chiphour.observe.observation import RateMissing
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.venue import Body
from chiphour.observe.venue import Request
from chiphour.observe.venue import Venue
from records import observation


class Asked(NamedTuple):
    """A request as it came. The names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Deed = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes = b"{}", status: int = 200, kind: str = "application/json", **more: str):
    """Give the bytes of a whole answer; `etag=...` and the like are further headers."""
    head = {"content-length": str(len(body)), "content-type": kind, "connection": "close"}
    head |= {name.replace("_", "-"): value for name, value in more.items()}
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def page(rows: int, *further: str) -> bytes:
    """Give the bytes of an answer that PageReader reads: so many rows, and pages that go on."""
    return answer(json.dumps({"rows": rows, "further": list(further)}).encode())


def reset(out: asyncio.StreamWriter) -> None:
    """Break the connection off so that the other side hears a reset, not an end."""
    raw = out.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    out.transport.abort()


async def hang(asked: Asked, out: asyncio.StreamWriter) -> None:
    """Take the request and say nothing, for good."""
    await asyncio.sleep(3600)


class Served:
    """Answers each path as told; one it was not told of with 404."""

    def __init__(self, deeds: dict[str, bytes | Deed], tls: Any = None) -> None:
        self.deeds = deeds
        self.asked: list[Asked] = []
        self._tls = tls

    async def __aenter__(self) -> "Served":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"
        self._open: set[asyncio.Task[Any]] = set()
        return self

    async def __aexit__(self, *fault: object) -> None:
        self._server.close()
        for each in self._open:
            each.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def paths(self) -> list[str]:
        return [asked.target.partition("?")[0] for asked in self.asked]

    async def _serve(self, take: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._answer(take, out)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            out.close()

    async def _answer(self, take: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        head = (await take.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await take.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method, target, headers, body)
        self.asked.append(asked)
        deed = self.deeds.get(target.partition("?")[0], answer(status=404))
        if isinstance(deed, bytes):
            out.write(deed)
            await out.drain()
        else:
            await deed(asked, out)


def venue(name: str = "acme", **fields: Any) -> Venue:
    """Give a venue with those fields, the others sound; quick enough for a test."""
    sound = Venue(
        name=name,
        publisher="Acme",
        terms="",
        description="",
        site="",
        recordings=(),
        cadence="",
        feed="posted",
        evidence="recorded",
        reader_version=f"{name}-1",
        base_url="https://nowhere.invalid",
        requests_per_minute=6000,
        deadline_s=5,
    )
    return sound._replace(**fields)


class PageReader:
    """Reads what `page` writes. Whole: VENUE, requests, stated_ns, read."""

    def __init__(self, venue: Venue, paths: tuple[str, ...] = ("/offers",)) -> None:
        self.VENUE = venue
        self._paths = paths

    def requests(self) -> Iterator[Request]:
        for path in self._paths:
            yield Request("page", path)

    def stated_ns(self, content: bytes, shape: str) -> int | None:
        return None

    def read(self, body: Body) -> Iterator[Observation | Request]:
        try:
            fields = json.loads(body.content)
        except ValueError as fault:
            raise UnexpectedData(f"{self.VENUE.name}: expected JSON, found {fault}") from None
        if fields.get("currency", "USD") not in {"USD", *(rate.currency for rate in body.rates)}:
            raise RateMissing(f"{self.VENUE.name}: expected a rate, found none")
        for row in range(fields["rows"]):
            yield observation(
                body.observed_ns,
                source=self.VENUE.name,
                raw_sha256=body.sha256,
                row=str(row),
                flags=tuple(fields.get("flags", ())),
            )
        for path in fields.get("further", ()):
            yield Request("page", path)
