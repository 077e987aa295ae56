"""VENUE_SERVER: every venue, simulated on this machine: its shapes over HTTP, faults on demand.

Takes   how many offers to show in all, a fault for any venue, a seed.
Gives   `VenueServer`, an asynchronous context, and `serving`, the same on a thread of its own:
        /<venue><path> answers what the reader of the venue asks for.
Keeps   to loopback. A venue's fault from the others. A connection that is reset is really reset.
Source  Decision 0015.

    GET    /                          what is served: venues, their requests and faults; all faults
    POST   /fault/<venue>/<fault>     from now on this venue is wrong like this
    DELETE /fault/<venue>             from now on it is right again
"""

import asyncio
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Coroutine
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import suppress
from types import TracebackType
from typing import Any
from typing import NamedTuple
from urllib.parse import parse_qsl
from urllib.parse import unquote
from urllib.parse import urlsplit

import h11

from chiphour.adapters.venue_answers import Asked
from chiphour.adapters.venue_answers import SimulatedVenue
from chiphour.adapters.venue_answers import SimulationRefused
from chiphour.adapters.venue_answers import live_requests
from chiphour.observe.venues import venues
from chiphour.simulate.venue_bodies import FAULTS
from chiphour.simulate.venue_bodies import FLOOD_BYTES

HOST = "127.0.0.1"
RETRY_AFTER_SECONDS = 7
DRIBBLE_SECONDS = 0.02
CHUNK = b" " * (1 << 16)
ASKED_BYTES_MAX = 1 << 20
LINGER_NOT = struct.pack("ii", 1, 0)  # A close then is a reset.

Headers = list[tuple[str, str]]


class Meant(NamedTuple):
    """The answer that a fault of transport keeps from arriving, and the bound on its bytes."""

    content: bytes
    media_type: str
    bytes_max: int


class VenueServer:
    """The server; an asynchronous context. `requests` counts what each venue was asked."""

    def __init__(
        self,
        *,
        offers: int = 0,
        faults: Mapping[str, str] = {},
        seed: str = "1",
        port: int = 0,
        only: Collection[str] = (),
    ) -> None:
        """Make all answers; nothing is listened on before the context is entered.

        `offers` rows are spread over the venues whose samples can be multiplied; 0 serves the
        samples as they are. `only` names the venues, by default all that are asked for anything.
        Raises SimulationRefused.
        """
        readers = {name: reader for name, reader in venues().items() if live_requests(reader)}
        for name in (*only, *faults):
            if name not in readers:
                known = ", ".join(readers)
                raise SimulationRefused(f"expected a venue of {known}, found {name!r}")
        names = [name for name in readers if not only or name in only]
        plain = {name: SimulatedVenue(readers[name], 0, seed) for name in names}
        many = [name for name in names if plain[name].is_scalable()]
        for name, share in zip(many, _shares(offers, len(many)), strict=True):
            plain[name] = SimulatedVenue(readers[name], share, seed)
        self.venues = plain
        for name, fault in faults.items():
            self.go_wrong(name, fault)
        self._port = port
        self._conversations: set[asyncio.Task[None]] = set()
        self._is_ending = False

    @property
    def base_url(self) -> str:
        """Give the address, without a slash at its end."""
        return f"http://{HOST}:{self._port}"

    @property
    def requests(self) -> dict[str, int]:
        """Give how often each venue was asked."""
        return {name: venue.requests for name, venue in self.venues.items()}

    def go_wrong(self, venue: str, fault: str) -> None:
        """Make a venue wrong, or right again with ""; raises SimulationRefused."""
        if venue not in self.venues:
            known = ", ".join(self.venues)
            raise SimulationRefused(f"expected a venue of {known}, found {venue!r}")
        self.venues[venue].go_wrong(fault)

    async def __aenter__(self) -> "VenueServer":
        """Listen; raises SimulationRefused where the port is taken."""
        try:
            self._server = await asyncio.start_server(self._begin, HOST, self._port)
        except OSError as fault:
            raise SimulationRefused(f"{self.base_url}: {fault.strerror}") from None
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop listening and end every conversation."""
        self._is_ending = True
        self._server.close()
        for conversation in tuple(self._conversations):
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin a conversation; it ends with its connection, or with the server."""
        if self._is_ending:  # Taken in the last moment.
            writer.transport.abort()
            return
        conversation = asyncio.get_running_loop().create_task(
            _Conversation(self, reader, writer).hold()
        )
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    def about(self) -> dict[str, Any]:
        """Say what is served."""
        return {
            "venues": {
                name: {"offers": v.offers(), "requests": v.requests, "fault": v.wrong or None}
                for name, v in self.venues.items()
            },
            "faults": {name: fault.description for name, fault in FAULTS.items()},
        }


def _shares(total: int, parts: int) -> list[int]:
    """Give whole shares of a total, the first ones larger by one where it does not divide."""
    return [total // parts + (number < total % parts) for number in range(parts)]


class _Conversation:
    """One connection: requests and their answers, one after the other."""

    def __init__(
        self, server: VenueServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=ASKED_BYTES_MAX)

    async def hold(self) -> None:
        """Answer until the other side has had enough, or either broke off."""
        self._writer.transport.set_write_buffer_limits(0)  # Drained is sent.
        try:
            while await self._answer_next():
                self._http.start_next_cycle()  # Raises where either side will have no more.
        except (ConnectionError, h11.ProtocolError):
            pass
        finally:
            self._writer.close()

    async def _answer_next(self) -> bool:
        """Answer one request; False where there is none."""
        asked: h11.Request | None = None
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(1 << 16))
            elif isinstance(event, h11.Request):
                asked = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > ASKED_BYTES_MAX:
                    return False
            elif isinstance(event, h11.EndOfMessage) and asked is not None:
                await self._answer(asked, body.decode(errors="replace"))
                return True
            else:
                return False

    async def _answer(self, asked: h11.Request, body: str) -> None:
        target = urlsplit(asked.target.decode("ascii"))
        method, path = asked.method.decode("ascii"), unquote(target.path)
        _, name, *rest = path.split("/")
        if name in ("", "fault"):
            await self._answer_operator(method, name, rest)
            return
        venue = self._server.venues.get(name)
        query = tuple(sorted(parse_qsl(target.query, keep_blank_values=True)))
        found = venue and venue.answer(Asked(method, path.removeprefix(f"/{name}"), query, body))
        if not venue or not found:
            await self._send(404, b'{"error":"not found"}', [])
            return
        content, transport = found
        media_type = venues()[name].VENUE.content_types[0]
        if transport:
            bound = venues()[name].VENUE.body_bytes_max
            await FAULTY[transport](self, Meant(content, media_type, bound))
            return
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if (b"if-none-match", tag.encode()) in asked.headers:
            await self._send(304, b"", [("etag", tag)])
        else:
            await self._send(200, content, [("content-type", media_type), ("etag", tag)])

    async def _answer_operator(self, method: str, name: str, words: list[str]) -> None:
        """Say what is served, or set or clear a fault."""
        try:
            if name == "fault" and (method, len(words)) == ("POST", 2):
                self._server.go_wrong(*words)
            elif name == "fault" and (method, len(words)) == ("DELETE", 1):
                self._server.go_wrong(words[0], "")
            elif name == "fault" or method != "GET":
                raise SimulationRefused(f"expected POST or DELETE of a fault, found {method}")
        except SimulationRefused as fault:
            await self._send_json(400, {"error": str(fault)})
            return
        await self._send_json(200, self._server.about())

    async def _send_json(self, status: int, value: Any) -> None:
        content = json.dumps(value, indent=1).encode() + b"\n"
        await self._send(status, content, [("content-type", "application/json")])

    async def _send(
        self, status: int, content: bytes, headers: Headers, length: int | None = None
    ) -> None:
        """Send an answer whole; `length` is the length that it claims where that is a lie."""
        told = [("content-length", str(len(content) if length is None else length))]
        self._put(h11.Response(status_code=status, headers=[*headers, *told]))
        if content:
            self._put(h11.Data(data=content))
        if length is None:
            self._put(h11.EndOfMessage())
        await self._writer.drain()

    def _put(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        self._writer.write(self._http.send(event) or b"")

    # The faults of transport.

    async def _hang(self, meant: Meant) -> None:
        while await self._reader.read(1 << 16):
            pass

    async def _slow(self, meant: Meant) -> None:
        await self._send(200, b"", [("content-type", meant.media_type)], len(meant.content))
        for place in range(len(meant.content) - 1):
            self._put(h11.Data(data=meant.content[place : place + 1]))
            await self._writer.drain()
            await asyncio.sleep(DRIBBLE_SECONDS)

    async def _reset(self, meant: Meant) -> None:
        await self._cut_off(meant)
        await asyncio.sleep(DRIBBLE_SECONDS)  # A reset takes with it what was not yet read.
        connection: socket.socket = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        self._writer.transport.abort()

    async def _cut_off(self, meant: Meant) -> None:
        half = meant.content[: len(meant.content) // 2]
        await self._send(200, half, [("content-type", meant.media_type)], len(meant.content))

    async def _rate_limited(self, meant: Meant) -> None:
        await self._send(429, b"", [("retry-after", str(RETRY_AFTER_SECONDS))])

    async def _rate_limited_silent(self, meant: Meant) -> None:
        await self._send(429, b"", [])

    async def _server_error(self, meant: Meant) -> None:
        await self._send(500, b"out of order", [("content-type", "text/plain")])

    async def _not_json(self, meant: Meant) -> None:
        await self._send(200, b"<html>back soon</html>", [("content-type", "text/html")])

    async def _flood(self, meant: Meant) -> None:
        headers = [("content-type", meant.media_type)]  # Without a length: in chunks.
        self._put(h11.Response(status_code=200, headers=headers))
        for _ in range(0, max(FLOOD_BYTES, meant.bytes_max + 1), len(CHUNK)):
            self._put(h11.Data(data=CHUNK))
            await self._writer.drain()
        self._put(h11.EndOfMessage())
        await self._writer.drain()


_Wrongly = Callable[[_Conversation, Meant], Coroutine[Any, Any, None]]
FAULTY: dict[str, _Wrongly] = {
    "hang": _Conversation._hang,
    "slow": _Conversation._slow,
    "reset": _Conversation._reset,
    "cut_off": _Conversation._cut_off,
    "rate_limited": _Conversation._rate_limited,
    "rate_limited_silent": _Conversation._rate_limited_silent,
    "server_error": _Conversation._server_error,
    "not_json": _Conversation._not_json,
    "flood": _Conversation._flood,
}
assert FAULTY.keys() == {name for name, fault in FAULTS.items() if fault.change is None}


@contextmanager
def running(server: VenueServer) -> Iterator[VenueServer]:
    """Run a server on a thread of its own until the context ends."""
    stop = asyncio.Event()
    ready = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []
    faults: list[BaseException] = []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        async with server:
            ready.set()
            await stop.wait()

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as fault:
            faults.append(fault)
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="venue server", daemon=True)
    thread.start()
    ready.wait()
    try:
        if not faults:
            yield server
    finally:
        with suppress(IndexError, RuntimeError):  # It may have ended by itself.
            loops[0].call_soon_threadsafe(stop.set)
        thread.join()
    for fault in faults:
        raise fault


@contextmanager
def serving(
    *,
    offers: int = 0,
    faults: Mapping[str, str] = {},
    seed: str = "1",
    port: int = 0,
    only: Collection[str] = (),
) -> Iterator[str]:
    """Serve on a thread until the context ends; gives the base URL. See VenueServer."""
    made = VenueServer(offers=offers, faults=faults, seed=seed, port=port, only=only)
    with running(made) as server:
        yield server.base_url
