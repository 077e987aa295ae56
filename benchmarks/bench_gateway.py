"""BENCH GATEWAY: orders through the doors of a market, durable, and what many who listen cost.

Takes   a market in a process of its own (`gateway_floor.py`), on this machine's disk and loopback;
        clients that write frames beforehand (`gateway_client.py`).
Gives   orders per CPU-second of the whole server process, pipelined over WebSocket, and over HTTP;
        the time of one order, one at a time; deliveries per CPU-second to many who listen to one
        book; connections held, and what each costs; memory under a steady flow.
Keeps   every answer checked: each order accepted, each with an id of its own, each durable before
        it is answered. Sign in, signatures, budgets and journal are as they are for members.
Source  Decision 0035. `--minutes` says how long the soak lasts: 1 by itself.
"""

import json
import resource
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from gateway_client import Client
from gateway_client import FixClient
from gateway_client import authorization
from gateway_client import cpu_s
from gateway_client import frame_of
from gateway_client import rss_bytes

Figure = dict[str, Any]
FLOOR = Path(__file__).with_name("gateway_floor.py")
CONTRACT = "H100SXMOD_USDC-PERPETUAL"

CONNECTIONS = 4  # That send orders, half of each member's.
WINDOW = 512  # Requests of a connection without an answer.
ORDERS = 24_000  # Of a run; the book is emptied after each.
ROUNDS = 3  # The best counts; the first is beside it to warm up.
HTTP_ORDERS = 1_500
FIX_ORDERS = 8_000
FIX_WINDOW = 256
ROUND_TRIPS = 1_000
LISTENERS = 200
CHANGES = 1_000  # Of the book that all of them hear of, one frame each; in each of the rounds.
HELD = 5_000
HELD_MOST = 10_000
SOAK_ORDERS = 300  # A round; then they are cancelled.
SOAK_WARM = 0.25  # Of the time: until then memory may grow.


class Floor:
    """The market, as its process has told of it."""

    def __init__(self, told: dict[str, Any]) -> None:
        """Keep the address, the process and the members."""
        self.url, self.http, self.pid = told["url"], told["http"], told["pid"]
        self.members = told["members"]

    def client(self, member: int | None = None) -> Client:
        """Connect, as one of the members or as a stranger."""
        return Client(self.url, None if member is None else self.members[member])


@contextmanager
def opened() -> Iterator[Floor]:
    """Start a market; end it afterwards."""
    with started() as told:
        yield Floor(told)


@contextmanager
def started(*words: str) -> Iterator[dict[str, Any]]:
    """Start the market's process on this folder's disk; give what it tells; end it afterwards."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place:
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, FLOOR, place, *words], stdin=pipe, stdout=pipe)
        assert process.stdin and process.stdout
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            assert process.wait(60) == 0


def order_frame(id: int, member: int, **params: Any) -> bytes:
    """Write a limit order that rests: buys below 3 dollars, sells above."""
    offset = 100 + id % 64
    price = (3_000 - offset if member == 0 else 3_000 + offset) / 1_000
    said = {"instrument_name": CONTRACT, "amount": 1, "type": "limit", "price": price}
    said["label"] = f"bench {id % 97}"
    return frame_of("private/buy" if member == 0 else "private/sell", id, **(said | params))


def pipelined(floor: Floor) -> Iterator[Figure]:
    """Yield orders per CPU-second and by the clock, many under way at a time."""
    clients = [floor.client(place % 2) for place in range(CONNECTIONS)]
    frames = [
        [order_frame(id, place % 2) for id in range(ORDERS // CONNECTIONS)]
        for place in range(CONNECTIONS)
    ]
    rates, clocks = [], []
    for _ in range(ROUNDS):
        begin, spent = time.perf_counter(), cpu_s(floor.pid)
        ids = flow(clients, frames)
        spent, seconds = cpu_s(floor.pid) - spent, time.perf_counter() - begin
        assert len(ids) == ORDERS
        rates.append(round(ORDERS / spent))
        clocks.append(round(ORDERS / seconds))
        for client in clients[:2]:
            client.call("private/cancel_all")
    for client in clients:
        client.close()
    params = {"door": "WebSocket", "connections": CONNECTIONS, "window": WINDOW}
    yield _figure("gateway orders", params, max(rates), "1/CPU-s")
    yield _figure("gateway orders by the clock", params, max(clocks), "1/s")


def flow(clients: list[Client], frames: list[list[bytes]]) -> set[str]:
    """Send frames, so many under way at a time; give the ids of the orders, all accepted."""
    ids: set[str] = set()
    selector = selectors.DefaultSelector()
    left = 0
    for client, own in zip(clients, frames, strict=True):
        selector.register(client, selectors.EVENT_READ, iter(own[WINDOW:]))
        client.socket.sendall(b"".join(own[:WINDOW]))
        left += len(own)
    while left:
        for key, _ in selector.select():
            client, rest = key.fileobj, key.data
            assert isinstance(client, Client)
            came = list(client.messages())
            for message in came:
                assert "result" in message, message
                order = message["result"]["order"]
                assert order["order_state"] == "open"
                ids.add(order["order_id"])
            left -= len(came)
            more = [frame for _, frame in zip(came, rest, strict=False)]
            client.socket.sendall(b"".join(more))
    selector.close()
    return ids


def over_http(floor: Floor) -> Iterator[Figure]:
    """Yield orders over HTTP, one at a time on a connection that is kept."""
    member, signed_in = floor.members[0], floor.client(0)
    ways: dict[str, Callable[[str], dict[str, str]]] = {
        "signed": lambda target: {"Authorization": authorization(member, "GET", target)},
        "token": lambda target: {"Authorization": f"bearer {signed_in.token}"},
    }
    for way, header in ways.items():
        with httpx.Client(base_url=floor.http) as client:
            begin, spent, ids = time.perf_counter(), cpu_s(floor.pid), set()
            for id in range(HTTP_ORDERS):
                price = (2_900 - id % 64) / 1_000
                query = f"instrument_name={CONTRACT}&amount=1&type=limit&price={price}"
                target = f"/api/v2/private/buy?{query}"
                answer = client.get(target, headers=header(target)).json()
                ids.add(answer["result"]["order"]["order_id"])
            spent, seconds = cpu_s(floor.pid) - spent, time.perf_counter() - begin
        assert len(ids) == HTTP_ORDERS
        params = {"door": "HTTP", "by": way}
        yield _figure("gateway orders", params, round(HTTP_ORDERS / spent), "1/CPU-s")
        yield _figure("gateway orders by the clock", params, round(HTTP_ORDERS / seconds), "1/s")
    signed_in.close()
    _cancel_all(floor)


def round_trips(floor: Floor) -> Iterator[Figure]:
    """Yield the time from an order sent to its durable answer, one at a time."""
    client = floor.client(0)
    spent = []
    for id in range(ROUND_TRIPS):
        frame = order_frame(id, 0)
        begin = time.perf_counter_ns()
        client.socket.sendall(frame)
        (message,) = client.messages()
        spent.append(time.perf_counter_ns() - begin)
        assert message["id"] == id and message["result"]["order"]["order_state"] == "open"
    client.close()
    _cancel_all(floor)
    for rank in (50, 99):
        value = round(float(np.percentile(spent, rank)) / 1_000_000, 3)
        yield _figure(f"durable round trip, p{rank}", {"door": "WebSocket"}, value, "ms")


def fanned_out(floor: Floor) -> Iterator[Figure]:
    """Yield deliveries per CPU-second: each change of a book to all who listen to it.

    A delivery is one message of the channel that one listener has read. The orders that change the
    book come one at a time, so no two deliveries to one listener go out together. Once with all
    that the orders cost by themselves, and once without: less what as many orders cost when nobody
    listens, back to back. The best of the rounds counts in both.
    """
    alone, spent = [], []
    for _ in range(ROUNDS):
        alone.append(_changes(floor, [])[0])
        listeners = [floor.client() for _ in range(LISTENERS)]
        for client in listeners:
            client.call("public/subscribe", channels=[f"book.{CONTRACT}.raw"])
        cost, delivered = _changes(floor, listeners)
        spent.append(cost)
        for client in listeners:
            client.close()
    params = {"subscribers": LISTENERS, "channel": "book raw"}
    for orders, cost in (("with", min(spent)), ("without", min(spent) - min(alone))):
        value = round(delivered / cost)
        yield _figure("gateway deliveries", params | {"orders": orders}, value, "1/CPU-s")


def _changes(floor: Floor, listeners: list[Client]) -> tuple[float, int]:
    """Send orders, one at a time; give the server's CPU-seconds and what listeners have heard."""
    selector = selectors.DefaultSelector()
    for client in listeners:
        selector.register(client, selectors.EVENT_READ)
    sender, heard = floor.client(0), dict.fromkeys(listeners, 0)
    spent = cpu_s(floor.pid)
    for id in range(CHANGES):
        sender.socket.sendall(order_frame(id, 0))
        assert all("result" in message for message in sender.messages())
        _drain(selector, heard, 0)
    while min(heard.values(), default=CHANGES) < CHANGES:
        _drain(selector, heard, 10)
    spent = cpu_s(floor.pid) - spent
    sender.close()
    _cancel_all(floor)
    return spent, sum(heard.values())


def _drain(selector: selectors.BaseSelector, heard: dict[Client, int], timeout_s: float) -> None:
    """Read what has come, without decoding it; count the messages of each."""
    ready = selector.select(timeout_s)
    assert ready or not timeout_s, "expected more deliveries, found none"
    for key, _ in ready:
        client = key.fileobj
        assert isinstance(client, Client)
        heard[client] += sum(b'"subscription"' in content for content in client.contents())


def held(floor: Floor, count: int) -> Iterator[Figure]:
    """Yield how many connections listen to a quote and hear of an order, and their memory."""
    before = rss_bytes(floor.pid)
    listeners = []
    for _ in range(count):
        client = floor.client()
        client.call("public/subscribe", channels=[f"quote.{CONTRACT}"])
        listeners.append(client)
    memory = rss_bytes(floor.pid) - before
    selector = selectors.DefaultSelector()
    for client in listeners:
        selector.register(client, selectors.EVENT_READ)
    heard = dict.fromkeys(listeners, 0)
    while selector.select(0.5):
        _drain(selector, heard, 0)  # The beginnings.
    heard = dict.fromkeys(listeners, 0)
    sender = floor.client(0)
    begin = time.perf_counter()
    sender.call(
        "private/buy", instrument_name=CONTRACT, amount=1, type="limit", price=2.95, label="held"
    )
    while not all(heard.values()):
        _drain(selector, heard, 10)
    seconds = time.perf_counter() - begin
    for client in (*listeners, sender):
        client.close()
    _cancel_all(floor)
    params = {"connections": count, "channel": "quote"}
    yield _figure("connections held", params, sum(map(bool, heard.values())), "")
    yield _figure("memory of a connection", params, round(memory / count / 1_024, 1), "KiB")
    yield _figure("all of them told", params, round(seconds, 3), "s")


def soaked(floor: Floor, minutes: int = 1) -> Figure:
    """Give how much memory grows under a steady flow, once it has warmed up."""
    senders = [floor.client(0), floor.client(1)]
    begin = time.monotonic()
    warm: int | None = None
    rounds = 0
    while (gone := (time.monotonic() - begin) / 60) < minutes:
        if warm is None and gone >= SOAK_WARM * minutes:
            warm = rss_bytes(floor.pid)
        visitor = floor.client(rounds % 2)
        visitor.call("public/subscribe", channels=[f"book.{CONTRACT}.raw", f"quote.{CONTRACT}"])
        visitor.call("private/subscribe", channels=["user.orders.any.any.raw"])
        first = rounds * SOAK_ORDERS
        frames = [
            [order_frame(id, place, label=f"soak {id}") for id in range(first, first + SOAK_ORDERS)]
            for place in range(2)
        ]
        flow(senders, frames)
        for place, sender in enumerate(senders):
            assert sender.call("private/cancel_all") == SOAK_ORDERS, place
        visitor.close()
        rounds += 1
        time.sleep(0.2)
    assert warm is not None
    growth = rss_bytes(floor.pid) / warm - 1
    for sender in senders:
        sender.close()
    params = {"minutes": minutes, "orders": rounds * SOAK_ORDERS * 2}
    return _figure("growth of memory", params, round(growth * 100, 2), "%")


def _cancel_all(floor: Floor) -> None:
    for member in (0, 1):
        client = floor.client(member)
        client.call("private/cancel_all")
        client.close()


def figures(minutes: int = 1) -> Iterator[Figure]:
    """Measure; yields {"name", "params", "value", "unit"}, and "reason" where value is None."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with opened() as floor:
        yield from pipelined(floor)
        yield from over_http(floor)
        yield from round_trips(floor)
        yield from fanned_out(floor)
        yield from held(floor, HELD)
        if most > 2 * HELD_MOST:
            yield from held(floor, HELD_MOST)
    yield from over_fix()
    with opened() as floor:
        yield soaked(floor, minutes)


def over_fix() -> Iterator[Figure]:
    """Yield orders over FIX, many under way at a time: each is reported as new once."""
    with started("fix") as told:
        client = FixClient(told["port"], told["members"][0])
        frames = [
            client.message("D", number + 2, (11, f"bench {number}"), *_FIX_ORDER)
            for number in range(FIX_ORDERS)
        ]
        begin, spent = time.perf_counter(), cpu_s(told["pid"])
        sent, new = 0, set()
        while len(new) < FIX_ORDERS:
            more = frames[sent : len(new) + FIX_WINDOW]
            client.socket.sendall(b"".join(more))
            sent += len(more)
            for message in client.messages():
                assert b"\x0135=8\x01" in message, message
                assert b"\x0139=8\x01" not in message, message
                if b"\x01150=0\x01" in message:
                    new.add(message.partition(b"\x0111=")[2].partition(b"\x01")[0])
        spent, seconds = cpu_s(told["pid"]) - spent, time.perf_counter() - begin
    params = {"door": "FIX", "window": FIX_WINDOW}
    yield _figure("gateway orders", params, round(FIX_ORDERS / spent), "1/CPU-s")
    yield _figure("gateway orders by the clock", params, round(FIX_ORDERS / seconds), "1/s")


# A limit order to buy one, good till cancelled; its TransactTime is any.
_FIX_ORDER = (
    *((55, CONTRACT), (54, 1), (60, "20260721-00:00:00"), (38, 1)),
    *((40, 2), (44, "2.9"), (59, 1)),
)


def _figure(name: str, params: dict[str, Any], value: Any, unit: str) -> Figure:
    return {"name": name, "params": params, "value": value, "unit": unit}
