"""RPC: JSON-RPC requests of any connection, dispatched: who may ask what, how often, and answers.

Takes   a request; who asks; where the answer goes.
Gives   one answer to each request, a result or a refusal with its reason.
Keeps   nothing done for whom it is not allowed. Cancelling is never limited. What goes wrong
        with one request is its own answer: no connection and no other request is harmed.
Source  Deribit's API v2; JSON-RPC 2.0; decisions 0028, 0029 and 0035.

Methods lie in `rpc_*.py`, by name; orders in `rpc_orders.py`, which are answered when they are
durable. A method is a function of gateway, asker and fields; it may be a coroutine.
"""

import asyncio
import inspect
import logging
import re
import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from typing import NamedTuple
from typing import Protocol

from chiphour.adapters.budget import Budget
from chiphour.adapters.budget import Rate
from chiphour.adapters.commit import SequencerStopped
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.gateway import GatewayBusy
from chiphour.observe.observation import MarketError
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import Request
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import answer
from chiphour.wire.jsonrpc import refusal
from chiphour.wire.jsonrpc import unknown_method
from chiphour.wire.key import READ
from chiphour.wire.key import Key
from chiphour.wire.key import Use
from chiphour.wire.key import check_use
from chiphour.wire.signature import SignInRefused

ORDERS_HELD = 256
SIZES = ("count", "depth")  # Params that say how much is asked for.
MALFORMED_COST = 1  # What cannot be read, or asks for no method that there is.
THINGS_EACH = 20  # Of a page, for one credit more: 0.3 ms of the loop.
OPEN_ORDERS = "private/get_open_orders"
# What gives much whether it says so or not: thousands of points, or the exchange's own word.
COSTS = {
    "public/get_tradingview_chart_data": 50,
    "public/get_funding_rate_history": 50,
    "public/get_funding_rate_value": 20,
    "public/get_funding_chart_data": 50,
    "public/get_last_settlements_by_currency": 20,
    "private/get_account_summary": 5,
    "private/get_account_summaries": 5,
    "private/get_margins": 5,
    "private/get_position": 5,
    "private/get_positions": 5,
}
INTERNAL_ERROR = (-32603, "internal_error")
TOO_MANY_REQUESTS = (10028, "too_many_requests")
QUEUE_FULL = (10047, "matching_engine_queue_full")
MAINTENANCE = (11051, "system_maintenance")
UNAUTHORIZED = (13009, "unauthorized")
NS_PER_MS = 1_000_000

_SIZE = re.compile(r"[0-9]{1,5}")

log = logging.getLogger(__name__)


class Connection(Protocol):
    """What a method may ask of a connection that stays open."""

    def subscribe(self, channels: list[str]) -> list[str]:
        """Add channels; give all that were asked for, as they are called."""

    def unsubscribe(self, channels: list[str] | None) -> list[str]:
        """Let go of channels, or of all; give those that are gone."""

    def set_heartbeat(self, interval_s: int) -> None:
        """Say each so many seconds that we are here, and ask whether they are; 0 ends it."""

    def hold_orders(self, on: bool) -> None:
        """Cancel the orders that come through this connection when it ends, or no more."""

    def close_soon(self, reason: str) -> None:
        """Close once the answer is written."""


class Asker:
    """Who asks. The key is None until somebody has signed in."""

    def __init__(
        self, address: str, connection: Connection | None, now_ns: int, rate: Rate
    ) -> None:
        """Begin as a stranger."""
        self.address = address
        self.connection = connection
        self.key: Key | None = None
        self.refresh_token = ""
        self.orders: set[int] = set()  # Placed through this connection, while it holds them.
        self.orders_most = ORDERS_HELD  # Beyond so many, those that have ended are forgotten.
        self.holds_orders = False
        self.cancel: Callable[[int], None] | None = None  # Once the connection has ended.
        self.budget = Budget(rate, now_ns)

    @property
    def account(self) -> int:
        """Give the account of who has signed in."""
        assert self.key is not None
        return self.key.account


Function = Callable[[Gateway, Asker, Fields], object | Awaitable[object]]
Reply = Callable[[bytes, int], None]  # The answer, and its HTTP status.
Orders = Callable[["Call"], None]


class Method(NamedTuple):
    """A method: what it does, which scope it needs (None: anyone), what it costs."""

    call: Function
    scope: str | None = None
    cost: int = 1


class Call(NamedTuple):
    """One request under way."""

    rpc: "Rpc"
    request: Request
    asker: Asker
    us_in: int
    reply: Reply

    def give(self, result: object) -> None:
        """Answer with a result."""
        left = self.rpc.left(self.asker)
        self.reply(answer(self.request.id, result, self.us_in, _us(), left), 200)

    def refuse(self, fault: Exception) -> None:
        """Answer with a refusal; a fault of ours is logged, and told as no more than that."""
        error = refused(fault)
        left = self.rpc.left(self.asker)
        body = refusal(self.request.id, error, self.us_in, _us(), left)
        self.reply(body, status_of(error.code))


class Rpc:
    """The methods of a market, and the budgets of those who ask."""

    def __init__(
        self,
        gateway: Gateway,
        methods: dict[str, Method],
        orders: Mapping[str, Orders],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Take the methods; `orders` answer by themselves."""
        self.gateway, self.rate, self.now_ns = gateway, gateway.rate, now_ns
        self.methods, self._orders = methods, orders
        self._tasks: set[asyncio.Task[None]] = set()

    def asker(self, address: str, connection: Connection | None = None) -> Asker:
        """Give a stranger at an address."""
        return Asker(address, connection, self.now_ns(), self.rate)

    def handle(self, request: Request, asker: Asker, reply: Reply, us_in: int) -> None:
        """Answer one request, now or when it is done."""
        call = Call(self, request, asker, us_in, reply)
        try:
            if request.method in self._orders:
                self._orders[request.method](call)
                return
            method = self.methods.get(request.method)
            if method is None:
                self.pay(asker, MALFORMED_COST)
                raise unknown_method(request.method, [*self.methods, *self._orders])
            self.check_scope(asker, method.scope, request.method)
            self.pay(asker, min(self.rate.most, method.cost + self._size_cost(request, asker)))
            fields = Fields(request.params)
            result = method.call(self.gateway, asker, fields)
            if inspect.isawaitable(result):
                self._wait(call, result)
                return
            fields.end()
            call.give(result)
        except Exception as fault:
            call.refuse(fault)

    def _size_cost(self, request: Request, asker: Asker) -> int:
        """Give what an answer costs by its size: a long one keeps everyone waiting."""
        asked = [request.params.get(name) for name in SIZES]
        sizes = [int(each) for each in asked if isinstance(each, str) and _SIZE.fullmatch(each)]
        if request.method.startswith(OPEN_ORDERS) and asker.key is not None:
            sizes.append(len(self.gateway.blotter(asker.account).orders))
        return max(sizes, default=0) // THINGS_EACH

    def check_scope(self, asker: Asker, scope: str | None, what: str, contract: str = "") -> None:
        """Refuse who is not signed in, or whose key does not allow it."""
        if scope is None:
            return
        if asker.key is None:
            reason = f"{what} needs a key: sign in first"
            raise RpcRefused(*UNAUTHORIZED, {"reason": reason})
        check_use(asker.key, Use(self.now_ns(), asker.address, what, scope, contract))

    def pay(self, asker: Asker, cost: int) -> None:
        """Take the cost from the connection's credits and the account's; or refuse."""
        now_ns = self.check_credits(asker, cost)
        asker.budget.pay(cost, now_ns)
        self._budget(asker, now_ns).pay(cost, now_ns)

    def check_credits(self, asker: Asker, cost: int) -> int:
        """Refuse who cannot pay a cost now; give the time of now."""
        now_ns = self.now_ns()
        own, shared = asker.budget, self._budget(asker, now_ns)
        wait_ns = max(own.wait_ns(cost, now_ns), shared.wait_ns(cost, now_ns))
        if wait_ns:
            reason = f"expected at most {self.rate.per_second} credits a second, found more"
            wait = {"wait_ms": -(-wait_ns // NS_PER_MS)}
            raise RpcRefused(*TOO_MANY_REQUESTS, {"reason": reason} | wait)
        return now_ns

    def left(self, asker: Asker) -> int:
        """Give the credits that somebody has left."""
        now_ns = self.now_ns()
        return min(asker.budget.left(now_ns), self._budget(asker, now_ns).left(now_ns))

    def close(self) -> None:
        """Let go of what is under way."""
        for task in self._tasks:
            task.cancel()

    def _budget(self, asker: Asker, now_ns: int) -> Budget:
        """Give the budget of an account, or of a stranger's address."""
        name = asker.key.account if asker.key else asker.address
        return self.gateway.budgets.of(name, now_ns)

    def _wait(self, call: Call, result: Awaitable[object]) -> None:
        async def waited() -> None:
            try:
                call.give(await result)
            except Exception as fault:
                call.refuse(fault)

        task = asyncio.get_running_loop().create_task(waited())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def read_methods(functions: Mapping[str, Function]) -> dict[str, Method]:
    """Give methods that anyone may ask, if public, or whose key may read."""
    return {
        name: Method(function, READ if name.startswith("private/") else None, COSTS.get(name, 1))
        for name, function in functions.items()
    }


def refused(fault: Exception) -> RpcRefused:
    """Say a fault as the dialect does."""
    if isinstance(fault, RpcRefused):
        return fault
    if isinstance(fault, SignInRefused):
        return RpcRefused(fault.code, fault.message, fault.data)
    if isinstance(fault, GatewayBusy):
        return RpcRefused(*QUEUE_FULL, {"reason": str(fault)})
    if isinstance(fault, SequencerStopped):
        return RpcRefused(*MAINTENANCE, {"reason": str(fault)})
    if isinstance(fault, MarketError):
        return RpcRefused(*INTERNAL_ERROR, {"reason": str(fault)})
    log.error("a request failed: a fault of ours", exc_info=fault)
    return RpcRefused(*INTERNAL_ERROR, {"reason": "a fault of the server; it is in its log"})


def status_of(code: int) -> int:
    """Give the HTTP status that goes with an error's code."""
    known: dict[int, int] = {
        TOO_MANY_REQUESTS[0]: 429,
        QUEUE_FULL[0]: 503,
        MAINTENANCE[0]: 503,
        INTERNAL_ERROR[0]: 500,
        13004: 401,
        UNAUTHORIZED[0]: 401,
        13021: 403,
    }
    return known.get(code, 400)


def _us() -> int:
    return time.time_ns() // 1_000
