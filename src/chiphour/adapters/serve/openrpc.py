"""OPENRPC: the description of all methods, served at `/schema/openrpc.json`.

Takes   the methods that are served.
Gives   `served_by`, for the document; `Described`, an ASGI application that answers with it.
Keeps   what is served described: a method without words in `wire/openrpc.py` ends the start.
Source  The OpenRPC specification; decision 0036.
"""

import json
from typing import Any

from litestar.types import Receive
from litestar.types import Scope
from litestar.types import Send

from chiphour import __version__
from chiphour.adapters.rpc import Rpc
from chiphour.adapters.rpc_orders import COSTS
from chiphour.adapters.rpc_orders import METHODS as ORDERS
from chiphour.wire.key import TRADE
from chiphour.wire.openrpc import Served
from chiphour.wire.openrpc import document

PATH = "/schema/openrpc.json"


def served_by(rpc: Rpc) -> dict[str, Served]:
    """Give every method with the scope of a key that it needs, and its cost."""
    methods = {
        name: Served(TRADE if method.scope == "" else method.scope, method.cost)
        for name, method in rpc.methods.items()
    }
    return methods | {name: Served(TRADE, COSTS.get(name, 0)) for name in ORDERS}


class Described:
    """The application: one document, written once."""

    def __init__(self, rpc: Rpc) -> None:
        """Write it."""
        self._body = json.dumps(document(served_by(rpc), __version__)).encode() + b"\n"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with it; whatever is asked of it but to be read is refused."""
        allowed = scope.get("method") == "GET"
        body = self._body if allowed else b"expected GET\n"
        headers = [
            (b"content-type", b"application/json" if allowed else b"text/plain"),
            (b"content-length", str(len(body)).encode()),
            (b"access-control-allow-origin", b"*"),
            (b"x-content-type-options", b"nosniff"),
        ]
        start: Any = {
            "type": "http.response.start",
            "status": 200 if allowed else 405,
            "headers": headers,
        }
        await send(start)
        await send({"type": "http.response.body", "body": body, "more_body": False})
