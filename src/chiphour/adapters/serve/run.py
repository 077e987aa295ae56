"""RUN: the server as a process: take the port, say when ready, stop cleanly.

Takes   an application, an address.
Gives   the word `ready http://HOST:PORT` once a request would be answered.
Keeps   the address on this machine only unless told otherwise; SIGTERM and SIGINT as orders to
        finish what was begun and end, not as faults.
Source  Decision 0010.

    MarketError
    └── AddressRefused      the port is in use, or may not be taken
"""

import errno
import signal
import socket
import sys
import threading
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import cast

import uvicorn
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import Receive
from litestar.types import Scope
from litestar.types import Send

from chiphour.observe.observation import MarketError

PORT = 8080
BACKLOG = 128  # Also how many lines asyncio logs at once when the process has no more files.
CONNECTIONS_MAX = 512  # Beyond these a request is answered 503 at once.
FINISH_SECONDS = 5  # How long requests in work may take once asked to stop.
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class AddressRefused(MarketError):
    """The address cannot be listened on."""


def announce(address: str) -> None:
    """Say on standard output that the server is ready, as one line."""
    sys.stdout.write(f"ready {address}\n")
    sys.stdout.flush()


def serve(
    app: Litestar,
    host: str = "127.0.0.1",
    port: int = PORT,
    on_ready: Callable[[str], None] = announce,
) -> None:
    """Serve until SIGTERM or SIGINT, then return.

    `port` 0 takes a free one. `on_ready` is told the address as soon as requests are answered.
    Raises AddressRefused, and MarketError when the application does not start.
    """
    listener = listen(host, port)
    address = address_of(listener)
    config = uvicorn.Config(
        _heads_too(app),
        lifespan="on",
        log_config=None,
        log_level="error",  # A malformed request is the asker's fault: it fills no log of ours.
        access_log=False,
        server_header=False,
        ws="none",
        backlog=BACKLOG,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    server = _Announcing(config, lambda: on_ready(address))
    with listener, _signals_end_us():
        try:
            server.run(sockets=[listener])
        except SystemExit as ended:  # uvicorn's way to say that the lifespan failed.
            raise MarketError(
                f"{address}: expected the server to start, found exit {ended.code}; see its log"
            ) from None


class _Announcing(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

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


def address_of(listener: socket.socket) -> str:
    """Give the address of a listening socket as browsers write it."""
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


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


def _heads_too(app: Litestar) -> Callable[[Scope, Receive, Send], object]:
    """Answer HEAD as GET; the server leaves the body out."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "HEAD":
            scope = cast(Scope, {**scope, "method": "GET"})
        await app(scope, receive, send)

    return asked
