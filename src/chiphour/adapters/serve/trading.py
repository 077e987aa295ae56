"""TRADING: the doors of a market through which members trade, beside what everyone may see.

Takes   the gateway, the ring of keys, the web application of the market.
Gives   one ASGI application, and the protocol of its WebSockets.
Keeps   every door on one loop, opened before the first request and closed after the last.
Source  Decision 0035.

    /api/v2/...     JSON-RPC, GET and POST       rpc_http.py
    /ws/api/v2      JSON-RPC, WebSocket          rpc_socket.py
    /schema/openrpc.json    what they are        openrpc.py
    anything else   pages, files, REST           http.py
"""

import asyncio
import ctypes
import gc
from collections.abc import AsyncIterator
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import asynccontextmanager
from contextlib import contextmanager
from contextlib import suppress
from types import MappingProxyType
from typing import Any
from typing import cast

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import Receive
from litestar.types import Scope
from litestar.types import Send

from chiphour.adapters.feed import Family
from chiphour.adapters.feed import Feed
from chiphour.adapters.feed_account import FAMILIES as ACCOUNT_FAMILIES
from chiphour.adapters.feed_market import FAMILIES as MARKET_FAMILIES
from chiphour.adapters.gateway import Floor
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.last_orders import LastOrders
from chiphour.adapters.rpc import Function
from chiphour.adapters.rpc import Rpc
from chiphour.adapters.rpc import read_methods
from chiphour.adapters.rpc_account import METHODS as ACCOUNT_METHODS
from chiphour.adapters.rpc_actions import METHODS as ACTIONS
from chiphour.adapters.rpc_market import METHODS as MARKET_METHODS
from chiphour.adapters.rpc_orders import METHODS as ORDERS
from chiphour.adapters.rpc_preview import METHODS as PREVIEWS
from chiphour.adapters.rpc_session import Sessions
from chiphour.adapters.serve.openrpc import PATH as DESCRIBED
from chiphour.adapters.serve.openrpc import Described
from chiphour.adapters.serve.rpc_http import ROOT
from chiphour.adapters.serve.rpc_http import RpcHttp
from chiphour.adapters.serve.rpc_socket import Hub
from chiphour.adapters.serve.rpc_socket import RpcSocket
from chiphour.adapters.serve.rpc_socket import frame_of
from chiphour.adapters.serve.run import Application

CONNECTIONS_MAX = 10_240
COLLECTED_EVERY = (50_000, 20, 50)  # Objects more than before; then so many times of each.
LARGE_BYTES = 1 << 20
_M_MMAP_THRESHOLD = -3  # As malloc.h names it.


class Trading:
    """All doors of one market."""

    def __init__(
        self,
        gateway: Gateway,
        floor: Floor,
        keys: KeyRing,
        more: Mapping[str, Family] = MappingProxyType({}),
    ) -> None:
        """Prepare the doors; `lifespan` opens them. `more` are further channels."""
        self.gateway, self.keys, self._floor = gateway, keys, floor
        self.last = LastOrders(gateway)
        families = {**MARKET_FAMILIES, **ACCOUNT_FAMILIES, **more}
        self.feed = Feed(gateway, families, frame_of)
        self.rpc = Rpc(gateway, {}, ORDERS)
        sessions = Sessions(keys, self.last, self.rpc.now_ns)
        read = cast(Mapping[str, Function], {**MARKET_METHODS, **ACCOUNT_METHODS})
        self.rpc.methods |= read_methods(read)
        self.rpc.methods |= sessions.methods()
        self.rpc.methods |= ACTIONS
        self.rpc.methods |= PREVIEWS
        self.hub = Hub(self.rpc, keys, self.feed, self.last, CONNECTIONS_MAX)
        self._http = RpcHttp(self.rpc, keys)

    def protocol(self, **server: Any) -> RpcSocket:
        """Make the protocol of a WebSocket, as the web server asks for it."""
        return self.hub.protocol(**server)

    @asynccontextmanager
    async def lifespan(self, app: Litestar) -> AsyncIterator[None]:
        """Open the doors, and close them at the end."""
        return_large_blocks()
        self.gateway.open(self._floor, asyncio.get_running_loop())
        self.feed.open()
        self.hub.open()
        try:
            with _seldom_collected():
                yield
        finally:
            for each in (self.hub, self.feed, self.last, self.rpc, self.gateway):
                each.close()

    def around(self, app: Application) -> Any:
        """Give the application that answers JSON-RPC itself, and leaves the rest to `app`."""

        described = Described(self.rpc)

        async def asked(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            if scope["type"] == ScopeType.HTTP and (path == ROOT or path.startswith(f"{ROOT}/")):
                await self._http(scope, receive, send)
            elif scope["type"] == ScopeType.HTTP and path == DESCRIBED:
                await described(scope, receive, send)
            else:
                await app(scope, receive, send)

        return asked


def return_large_blocks() -> None:
    """Let each large block be the system's own, and go back to it when it is freed.

    The C library raises that bound with the first such block that is freed, to that block's size.
    Tables that come and go then lie among small things in its heaps, and each next one finds no
    hole that fits: half an hour of orders grew by steps of ten megabytes.
    """
    with suppress(OSError, AttributeError):  # Another library than glibc has no such word.
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Let the search for cycles pass over what stands, and come seldom: no order makes one.

    Every collection of the oldest generation otherwise walks all libraries, all orders and all
    kernels again, which took a fifth of the time of an order.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*COLLECTED_EVERY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
