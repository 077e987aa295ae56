"""RPC SOCKET: whatever a connection sends, or does not read, is its own affair.

Takes   a real market with its doors open; clients that do wrong (`raw_socket.py`).
Gives   failures.
Keeps   after each abuse another connection trades as before, and nothing of the first is left.
Source  RFC 6455; decision 0035.
"""

import asyncio
import gc
import itertools
import json
import socket
import weakref

import pytest

from chiphour.adapters.rpc import Call
from chiphour.adapters.serve import rpc_socket
from chiphour.wire.jsonrpc import REQUEST_BYTES_MAX
from raw_socket import PING
from raw_socket import PONG
from raw_socket import TEXT
from raw_socket import Raw
from raw_socket import frame
from raw_socket import request
from raw_socket import waited
from trading import NAME
from trading import trading

ORDER = {"instrument_name": NAME, "type": "limit", "amount": 1}
DEEP = b'{"a":' * 9 + b"1" + b"}" * 9


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def unharmed(floor):
    """After each test another connection trades, and nothing of the test's is left."""
    yield
    with Raw(floor.socket_url, floor.members[1]) as other:
        found = other.result("private/buy", price=2.9, **ORDER)
        assert found["order"]["order_state"] == "open"
        assert other.result("private/cancel_all") >= 1
    waited(lambda: not floor.trading.hub.connections)
    assert not floor.trading.feed._channels
    assert not floor.trading.feed._of
    assert not floor.gateway._pending


def on_loop(floor, deed):
    """Do something on the server's loop; give what comes of it."""

    async def done():
        return deed()

    return asyncio.run_coroutine_threadsafe(done(), floor.gateway._loop).result(20)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"\xff", -32700),
        (b'{"id":1,"id":2}', -32700),
        (b'{"jsonrpc":"2.0","id":1,"method":"public/test","params":{"a":NaN}}', -32700),
        (b'{"method":"public/test","params":{"expected_result":"\\ud800"}}', -32700),
        (DEEP, -32700),
        (b'{"method":"public/test","params":' + DEEP + b"}", -32700),
        (b"[" * 30_000, -32700),
        (b"[]", -32600),
        (b"1", -32600),
        (b'{"id":1.5,"method":"public/test"}', -32600),
        (b'{"id":{},"method":"public/test"}', -32600),
        (b'{"id":null,"method":7}', -32600),
        (b'{"method":"public/test","more":1}', -32600),
        (b'{"jsonrpc":"1.0","method":"public/test"}', -32600),
        (b'{"method":"public/nothing"}', -32601),
        (b'{"method":"public/test","params":[]}', -32602),
        (b'{"method":"public/test","params":{"more":1}}', -32602),
        (b'{"method":"public/subscribe","params":{"channels":[1]}}', -32602),
        (b'{"method":"public/subscribe","params":{"channels":{}}}', -32602),
        (b'{"method":"private/buy"}', 13009),
    ],
)
def test_what_is_no_request_is_answered_and_the_connection_goes_on(floor, content, code):
    with Raw(floor.socket_url) as client:
        client.send(frame(content))
        _, answered = client.next()
        assert json.loads(answered)["error"]["code"] == code
        assert client.result("public/test")["version"]


def test_a_message_may_come_in_pieces_and_byte_by_byte(floor):
    said = json.dumps({"id": 5, "method": "public/test"}).encode()
    with Raw(floor.socket_url) as client:
        client.send(frame(said[:9], TEXT, 0) + frame(b"", PING) + frame(said[9:], 0))
        assert client.answer(5)["result"]["version"]
        assert client.told == [{"opcode": PONG}]
        for byte in frame(said):
            client.send(bytes((byte,)))
        assert client.answer(5)["result"]["version"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(b" " * (REQUEST_BYTES_MAX + 1)), 1009),
        (b"\x81\xff" + (10_000_000).to_bytes(8, "big") + b"\0\0\0\0", 1009),
        (frame(b"{", TEXT, 0) + frame(b" " * REQUEST_BYTES_MAX, 0), 1009),
        (b"\x81\x02{}", 1002),  # Not masked.
        (frame(b"{}", 3), 1002),  # An opcode that is none.
        (frame(b"{}", TEXT, 0xC0), 1002),  # A bit of an extension that was not agreed.
        (frame(b"{}", 0), 1002),  # The rest of nothing.
        (frame(b"x" * 126, PING), 1002),
    ],
)
def test_what_is_no_frame_ends_the_connection_with_a_reason(floor, sent, code):
    with Raw(floor.socket_url) as client:
        client.send(sent)
        assert client.end()[0] == code


def test_ten_megabytes_are_not_waited_for(floor):
    """The head of a frame is enough; what follows is not read, let alone kept."""
    with Raw(floor.socket_url) as client:
        try:
            client.send(frame(b" " * 10_000_000))
        except ConnectionError:
            return  # It was let go in the midst.
        assert client.end()[0] in (0, 1009)


@pytest.mark.parametrize("sent", [b"\0" * 64, b"\x16\x03\x01\x02", b"GET / HTTP/1.1\r\n\r\n" * 3])
def test_garbage_on_the_port_is_answered_or_closed(floor, sent):
    _, _, port = floor.url.rpartition(":")
    with socket.create_connection(("127.0.0.1", int(port))) as other:
        other.sendall(sent)
        other.shutdown(socket.SHUT_WR)
        other.settimeout(20)
        found = other.recv(1 << 16)
        assert found == b"" or found.startswith(b"HTTP/1.1 400")


def test_a_socket_elsewhere_is_refused(floor):
    with Raw(floor.socket_url, path="/ws/elsewhere") as client:
        assert client.head.startswith(b"HTTP/1.1 404")


def test_who_stops_sending_is_let_go_at_once(floor):
    """Half open: the end of what it sends is the end."""
    with Raw(floor.socket_url) as client:
        client.result("public/subscribe", channels=[f"book.{NAME}.raw"])
        client.socket.shutdown(socket.SHUT_WR)
        client.end()
    waited(lambda: not floor.trading.hub.connections)


def test_a_thousand_idle_connections_harm_nobody(floor):
    clients = [Raw(floor.socket_url) for _ in range(1_000)]
    assert len(floor.trading.hub.connections) == 1_000
    with Raw(floor.socket_url, floor.members[0]) as other:
        assert other.result("private/buy", price=2.9, **ORDER)["order"]["order_state"] == "open"
        assert other.result("private/cancel_all") == 1
    for client in clients:
        client.socket.close()


def test_beyond_its_bound_a_connection_is_refused_at_once(floor, monkeypatch):
    monkeypatch.setattr(floor.trading.hub, "connections_max", 1)
    with Raw(floor.socket_url) as first, Raw(floor.socket_url) as second:
        assert second.head.startswith(b"HTTP/1.1 503")
        assert first.result("public/test")


def test_a_flood_of_subscriptions_is_bounded(floor):
    names = [f"book.{NAME}.none.{depth}.100ms" for depth in (1, 10, 20)]
    with Raw(floor.socket_url) as client:
        assert client.code("public/subscribe", channels=["x"] * 257) == -32602
        assert client.code("public/subscribe", channels=["x" * 129]) == -32602
        assert client.code("public/subscribe", channels=[f"user.orders.{NAME}.raw"]) == -32602
        for _ in range(50):
            assert client.result("public/subscribe", channels=names) == names
        assert len(floor.trading.feed._channels) == len(names)
        for _ in range(50):
            client.result("public/unsubscribe", channels=names[:1])
            client.result("public/subscribe", channels=names[:1])
        assert client.result("public/unsubscribe_all") == "ok"
        assert not floor.trading.feed._channels


def test_who_never_reads_gets_the_book_anew_and_others_every_change(floor, monkeypatch):
    """One listener sleeps while hundreds of changes pass; then its book is whole, and a later one.

    The other has the whole chain. Bounds and buffers are small, so that it is soon.
    """
    monkeypatch.setattr(rpc_socket, "SLOW_BYTES", 1 << 12)
    channel = f"book.{NAME}.raw"
    sleeper = Raw(floor.socket_url, receive_bytes=4_096)
    awake, sender = Raw(floor.socket_url), Raw(floor.socket_url, floor.members[0])
    with sleeper, awake, sender:
        for each in (sleeper, awake):
            each.result("public/subscribe", channels=[channel])
        asleep = server_side(floor, sleeper)
        shrink(asleep)
        for number in range(2_000):
            sender.result("private/buy", price=(2_900 + number % 7) / 1_000, **ORDER)
            if asleep.is_slow and any(
                each.listeners.get(asleep) for each in floor.trading.feed._channels.values()
            ):
                break
        assert asleep.is_slow
        sender.result("private/cancel_all")
        awake.result("public/test")
        sleeper.send(request("public/test"))
        sleeper.answer(1)
        check_chain([each["params"]["data"] for each in awake.told], whole=True)
        check_chain([each["params"]["data"] for each in sleeper.told], whole=False)
        last = [each.told[-1]["params"]["data"] for each in (awake, sleeper)]
        assert last[0]["change_id"] == last[1]["change_id"]


def shrink(connection):
    """Let the system hold little of what a connection has not read."""
    held = connection._transport.get_extra_info("socket")
    held.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)


def check_chain(told, whole):
    """Each change follows what came before it, or a snapshot begins anew."""
    assert told[0]["type"] == "snapshot"
    snapshots = sum(each["type"] == "snapshot" for each in told)
    assert snapshots == 1 if whole else snapshots > 1
    for before, after in itertools.pairwise(told):
        assert after["type"] == "snapshot" or after["prev_change_id"] == before["change_id"]


def server_side(floor, client):
    """Give the server's own object of a connection."""
    port = client.socket.getsockname()[1]
    (found,) = [
        each
        for each in floor.trading.hub.connections
        if each._transport.get_extra_info("peername")[1] == port
    ]
    return found


def test_who_never_reads_its_own_orders_is_let_go(floor, monkeypatch):
    """They cannot begin anew, so they wait; beyond a bound it is let go, and others go on."""
    monkeypatch.setattr(rpc_socket, "SLOW_BYTES", 1 << 12)
    monkeypatch.setattr(rpc_socket, "LOST_BYTES", 1 << 14)
    before = dict(floor.trading.hub.let_go)
    sleeper = Raw(floor.socket_url, floor.members[0], receive_bytes=4_096)
    with sleeper, Raw(floor.socket_url, floor.members[0]) as sender:
        sleeper.result("private/subscribe", channels=["user.orders.any.any.raw"])
        shrink(server_side(floor, sleeper))
        for round in range(200):
            rows = range(round * 50, round * 50 + 50)
            sender.send(b"".join(request("private/buy", n, price=2.9, **ORDER) for n in rows))
            for number in rows:
                assert "result" in sender.answer(number)
            sender.result("private/cancel_all")
            if floor.trading.hub.let_go != before:
                break
        assert floor.trading.hub.let_go["slow reader"] == before.get("slow reader", 0) + 1
        sender.result("public/test")
        sleeper.end()


def test_requests_without_end_stop_the_reading_not_the_server(floor):
    """A client sends and never reads its answers: the server holds no more than its bounds."""
    with Raw(floor.socket_url, receive_bytes=4_096) as client:
        client.socket.settimeout(0.5)
        many = request("public/test") * 1_000
        with pytest.raises(TimeoutError):
            client.send(many * 100)
        held = server_side(floor, client)
        waited(lambda: held.is_slow)
        assert on_loop(floor, held._transport.get_write_buffer_size) < rpc_socket.LOST_BYTES


def test_a_revoked_key_ends_its_open_connections(floor):
    key, secret = floor.keys.create("short", floor.members[0].account, ("read", "trade"))
    member = floor.members[0]._replace(key=key.id, secret=secret)
    with Raw(floor.socket_url, member) as client, Raw(floor.socket_url, floor.members[0]) as other:
        floor.keys.revoke(key.id)
        assert client.end() == (1008, "key no longer in force")
        assert other.result("public/test")


def test_a_heartbeat_asks_and_who_answers_stays(floor):
    with Raw(floor.socket_url) as client:
        assert client.code("public/set_heartbeat", interval=9) == -32602
        assert client.result("public/set_heartbeat", interval=10) == "ok"
        on_loop(floor, lambda: server_side(floor, client).set_heartbeat(0.1))
        kinds = []
        while kinds.count("test_request") < 3:
            message = json.loads(client.next()[1])
            kinds.append(message["params"]["type"])
            if kinds[-1] == "test_request":
                client.result("public/test")
        assert client.result("public/disable_heartbeat") == "ok"


def test_who_answers_no_heartbeat_is_let_go(floor):
    with Raw(floor.socket_url) as client:
        on_loop(floor, lambda: server_side(floor, client).set_heartbeat(0.05))
        assert client.end() == (1008, "silent")


def test_who_answers_no_ping_is_let_go(floor, monkeypatch):
    monkeypatch.setattr(rpc_socket, "PING_S", 0.05)
    with Raw(floor.socket_url) as client:
        on_loop(floor, lambda: server_side(floor, client).set_heartbeat(0))
        assert client.next()[0] == PING
        assert client.end() == (1008, "silent")


def test_a_logout_ends_the_connection_also_of_who_does_not_close(floor, monkeypatch):
    monkeypatch.setattr(rpc_socket, "CLOSE_S", 0.05)
    with Raw(floor.socket_url, floor.members[0]) as client:
        assert client.result("private/logout") == "ok"
        assert client.end()[0] == 1000


def test_a_close_is_answered(floor):
    with Raw(floor.socket_url) as client:
        client.send(frame((1000).to_bytes(2, "big"), 8))
        assert client.end()[0] == 1000


@pytest.mark.parametrize("said", [b"", frame((1000).to_bytes(2, "big"), 8), frame(b"{}", 0)])
def test_what_has_ended_is_forgotten_without_a_search_for_cycles(floor, said):
    """Cut, closed or thrown out: the search comes seldom, and each connection would wait for it."""
    gc.disable()
    try:
        with Raw(floor.socket_url, floor.members[0]) as client:
            client.result("private/subscribe", channels=["user.orders.any.any.raw"])
            client.result("public/set_heartbeat", interval=10)
            held = weakref.ref(server_side(floor, client))
            wire, asker = weakref.ref(held()._wire), weakref.ref(held().asker)
            client.send(said)
        waited(lambda: held() is None and wire() is None and asker() is None)
    finally:
        gc.enable()


def test_an_order_that_was_answered_leaves_no_cycle(floor):
    """Nothing of its call is left once it is answered, without a search; nor of one refused."""

    def calls():
        return sum(isinstance(each, Call) for each in gc.get_objects())

    with Raw(floor.socket_url, floor.members[0]) as client:
        client.result("public/test")
        gc.collect()
        gc.disable()
        try:
            before = calls()
            for _ in range(10):
                client.result("private/buy", price=2.9, **ORDER)
                client.code("private/buy", price=-2.9, **ORDER)
                client.code("private/cancel", order_id="1")
            client.result("private/cancel_all")
            waited(lambda: calls() <= before)
        finally:
            gc.enable()
