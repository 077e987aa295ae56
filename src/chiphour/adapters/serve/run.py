"""RUN: the server as a process: take the port, say when ready, stop cleanly.

Takes   an application, an address.
Gives   the word `ready http://HOST:PORT` once a request would be answered.
Keeps   the address on this machine only unless told otherwise; SIGTERM and SIGINT as orders to
        finish what was begun and end, not as faults.
Source  Decision 0010.

    MarketError
    └── AddressRefused      the port is in use, or may not be taken
"""

import asyncio
import errno
import resource
import signal
import socket
import sys
import threading
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from typing import NamedTuple
from typing import cast

import uvicorn
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import Receive
from litestar.types import Scope
from litestar.types import Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from chiphour.adapters.meters import Meters
from chiphour.observe.observation import MarketError

Application = Litestar | Callable[[Scope, Receive, Send], Awaitable[None]]
Sockets = Callable[..., asyncio.Protocol]

PORT = 8080
BACKLOG = 128  # Also how many lines asyncio logs at once when the process has no more files.
CONNECTIONS_MAX = 512  # Beyond these a request is answered 503 at once ...
SOCKETS_MAX = 12_000  # ... or these, where connections stay open.
REQUEST_S_MAX = 10.0  # In which a request must have come whole.
FINISH_SECONDS = 5  # How long requests in work may take once asked to stop.
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class AddressRefused(MarketError):
    """The address cannot be listened on."""


def announce(address: str) -> None:
    """Say on standard output that the server is ready, as one line."""
    sys.stdout.write(f"ready {address}\n")
    sys.stdout.flush()


class Tls(NamedTuple):
    """A certificate with its chain, and its key, as PEM files."""

    certificate: Path
    key: Path


def serve(
    app: Application,
    host: str = "127.0.0.1",
    port: int = PORT,
    on_ready: Callable[[str], None] = announce,
    sockets: Sockets | None = None,
    tls: Tls | None = None,
    end: threading.Event | None = None,
    meters: Meters | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, or until `end` is set, then return.

    `port` 0 takes a free one. `on_ready` is told the address as soon as requests are answered.
    `sockets` makes the protocol of a WebSocket; without it there are none. Raises AddressRefused,
    and MarketError when the application does not start.
    """
    listener = listen(host, port)
    address = address_of(listener, tls is not None)
    config = uvicorn.Config(
        _heads_too(_framed_once(app)),
        http=PatientlyNot,
        lifespan="on",
        log_config=None,
        log_level="error",  # A malformed request is the asker's fault: it fills no log of ours.
        access_log=False,
        server_header=False,
        ws="none" if sockets is None else cast(type[asyncio.Protocol], sockets),
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
        proxy_headers=False,  # Else who is here could say to come from anywhere.
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS_MAX if sockets is None else SOCKETS_MAX,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    server = _Announcing(config, lambda: on_ready(address), end)
    if meters is not None:
        text = "Connections over HTTP."
        state = server.server_state
        meters.gauge("chiphour_http_connections", text, lambda: len(state.connections))
    with listener, _signals_end_us():
        try:
            server.run(sockets=[listener])
        except SystemExit as ended:  # uvicorn's way to say that the lifespan failed.
            raise MarketError(
                f"{address}: expected the server to start, found exit {ended.code}; see its log"
            ) from None


class _Announcing(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], end: threading.Event | None
    ) -> None:
        super().__init__(config)
        self._on_ready, self._end = on_ready, end

    async def on_tick(self, counter: int) -> bool:
        ended = self._end is not None and self._end.is_set()
        return await super().on_tick(counter) or ended

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started and not self.should_exit:
            self._on_ready()


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address; raises AddressRefused with what was found and the remedy."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as fault:
        number = getattr(fault, "errno", None)
        if number == errno.EADDRINUSE:
            raise AddressRefused(
                f"{host}:{port}: expected a free port, found it in use; give another with --port, "
                "or --port 0 for any free one"
            ) from None
        raise AddressRefused(
            f"{host}:{port}: expected an address to listen on, found: {fault}"
        ) from None
    # Connections inherit it; asyncio sets it only where the socket names its protocol. Without it
    # a body waits for the acknowledgement of its head: 40 ms on a connection that is kept.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def allow_many_files() -> None:
    """Let this process hold as many connections as the system allows it to."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def address_of(listener: socket.socket, secure: bool = False) -> str:
    """Give the address of a listening socket as browsers write it."""
    host, port, *_ = listener.getsockname()
    scheme = "https" if secure else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class PatientlyNot(H11Protocol):
    """A connection that must send whole requests in time: a byte now and then keeps no place."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; they must become a request before the time that the first of them set."""
        if self._deadline is None:
            self._wait()
        super().data_received(data)
        if self.transport.get_protocol() is not self or self._is_whole():
            self._wait_no_more()

    def on_response_complete(self) -> None:
        """Go on with what came meanwhile: where that was whole, there is nothing to wait for."""
        super().on_response_complete()
        if self._is_whole():
            self._wait_no_more()

    def _is_whole(self) -> bool:
        """Tell whether nothing of a request has come without its end."""
        return (
            self.cycle is not None and not self.cycle.more_body and not self.conn.trailing_data[0]
        )

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_S_MAX, self._give_up)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.abort()


@contextmanager
def _signals_end_us() -> Iterator[None]:
    """Let a signal that has stopped the server be the end of it.

    uvicorn stops on a signal and then raises it again for whoever stood before; without this the
    process would die of it instead of returning.
    """

    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread hears signals.
        return

    def heard(number: int, frame: FrameType | None) -> None:
        return None

    before = {number: signal.signal(number, heard) for number in STOPPING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _framed_once(app: Application) -> Application:
    """Refuse a request whose end can be read in two ways, and end its connection.

    Whoever stands before us may have read it the other way: what follows would be somebody else's.
    RFC 9112, section 6.1.
    """

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            names = {name for name, _ in scope["headers"]}
            is_old = scope["http_version"] == "1.0"
            if b"transfer-encoding" in names and (is_old or b"content-length" in names):
                await _refuse_frame(send)
                return
        await app(scope, receive, send)

    return asked


async def _refuse_frame(send: Send) -> None:
    body = b"expected a body of one length, found two ways to read it\n"
    kind, length = b"text/plain; charset=utf-8", str(len(body)).encode()
    headers = [(b"content-type", kind), (b"content-length", length), (b"connection", b"close")]
    start: Any = {"type": "http.response.start", "status": 400, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _heads_too(app: Application) -> Callable[[Scope, Receive, Send], object]:
    """Answer HEAD as GET; the server leaves the body out."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "HEAD":
            scope = cast(Scope, {**scope, "method": "GET"})
        await app(scope, receive, send)

    return asked
