"""RPC HTTP: whatever is posted, signed or not, is answered, and only what is proved is done.

Takes   a real market with its doors open; requests that are wrong in one way each.
Gives   failures.
Keeps   after each abuse another request is answered as before.
Source  Decisions 0028, 0029 and 0035.
"""

import contextlib
import json
import socket
import time

import httpx
import pytest

from chiphour.adapters.serve import run
from chiphour.wire.jsonrpc import REQUEST_BYTES_MAX
from raw_socket import Raw
from raw_socket import waited
from rpc_client import signed
from trading import NAME
from trading import trading

ROOT = "/api/v2"
READ = f"{ROOT}/private/get_open_orders"


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market")) as opened:
        yield opened


@pytest.fixture
def client(floor):
    with httpx.Client(base_url=floor.url) as opened:
        yield opened
        assert opened.get(f"{ROOT}/public/test").status_code == 200


def code_of(answer):
    return answer.json()["error"]["code"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 60_000, -32700),
        (b'{"method":"public/test","params":{"a":NaN}}', -32700),
        (b'{"method":"public/test","method":"public/test"}', -32700),
        (b"[]", -32600),
        (b'{"method":1}', -32600),
        (b'{"method":"public/nothing"}', -32601),
        (b'{"method":"public/test","params":[1]}', -32602),
        (b'{"method":"public/test","params":{"more":{}}}', -32602),
        (b'{"method":"private/get_open_orders"}', 13009),
        (b'{"method":"public/subscribe","params":{"channels":["quote.x"]}}', 11047),
    ],
)
def test_what_is_no_request_is_answered(client, content, code):
    assert code_of(client.post(ROOT, content=content)) == code


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("", -32600),
        ("/public/test?expected_result", -32700),
        ("/public/test?a=%zz", -32700),
        ("/public/test?a=%ff", -32700),
        ("/public/test?expected_result=1&expected_result=1", -32700),
        ("/public/TEST", -32601),
        ("/public/%ff", -32601),
        ("/elsewhere", -32601),
        (f"/public/ticker?instrument_name={NAME}x", 13020),
    ],
)
def test_what_is_no_query_is_answered(client, target, code):
    found = client.get(ROOT + target)
    assert code_of(found) in (code, -32601)
    assert found.status_code == 400


def test_other_verbs_and_a_path_that_says_another_method_are_refused(client):
    assert code_of(client.put(ROOT, content=b"{}")) == -32600
    assert code_of(client.request("GET", f"{ROOT}/public/test", content=b"{}")) == -32600
    said = {"method": "public/get_time"}
    assert code_of(client.post(f"{ROOT}/public/test", json=said)) == -32600
    assert client.post(f"{ROOT}/public/get_time", json=said).status_code == 200


def test_ten_megabytes_are_refused_at_the_first_byte_too_many(client):
    most = b'{"method":"public/test"' + b" " * (REQUEST_BYTES_MAX - 24) + b"}"
    assert client.post(ROOT, content=most).status_code == 200
    assert client.post(ROOT, content=most + b" ").status_code == 413
    with contextlib.suppress(httpx.TransportError):  # It may be let go in the midst.
        assert client.post(ROOT, content=b" " * 10_000_000).status_code == 413


def test_a_signature_counts_once(floor, client):
    """Send the same signed request twice: the nonce was used."""
    headers = signed(floor.members[0], "GET", READ)
    assert client.get(READ, headers=headers).json()["result"] == []
    again = client.get(READ, headers=headers)
    assert (again.status_code, code_of(again)) == (401, 13009)


@pytest.mark.parametrize("skew_s", [-120, 120])
def test_a_clock_that_is_wrong_is_told_so(floor, client, monkeypatch, skew_s):
    now_ns = time.time_ns()
    monkeypatch.setattr("rpc_client.time.time_ns", lambda: now_ns + skew_s * 10**9)
    headers = signed(floor.members[0], "GET", READ)
    monkeypatch.undo()
    found = client.get(READ, headers=headers)
    assert (found.status_code, code_of(found)) == (401, 13009)
    assert found.json()["error"]["data"]["reason"]


def test_what_was_signed_is_what_counts(floor, client):
    """A signature of another target, verb, body or member proves nothing."""
    one, two = floor.members
    body = json.dumps({"method": "private/get_open_orders"}).encode()
    for headers, verb, content in (
        (signed(one, "GET", f"{READ}?kind=any"), "GET", b""),
        (signed(one, "POST", READ), "GET", b""),
        (signed(one, "POST", READ, body), "POST", body + b" "),
        (signed(one._replace(secret=two.secret), "GET", READ), "GET", b""),
        (signed(one._replace(key="0" * 16), "GET", READ), "GET", b""),
    ):
        found = client.request(verb, READ, headers=headers, content=content)
        assert (found.status_code, code_of(found)) == (401, 13004)
    assert (
        client.post(READ, headers=signed(one, "POST", READ, body), content=body).json()["result"]
        == []
    )


@pytest.mark.parametrize(
    "header", ["", "bearer", "bearer x", "Basic eDp5", "deri-hmac-sha256 id=a", "deri-hmac-sha256"]
)
def test_what_proves_nothing_is_refused(client, header):
    found = client.get(READ, headers={"Authorization": header})
    assert found.status_code == 401


def test_a_token_of_a_socket_is_good_over_http_until_its_key_is_not(floor, client):
    key, secret = floor.keys.create("short", floor.members[0].account, ("read",))
    member = floor.members[0]._replace(key=key.id, secret=secret)
    with Raw(floor.socket_url) as opened:
        token = opened.sign_in(member)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get(READ, headers=headers).json()["result"] == []
        sent = client.get(f"{ROOT}/private/cancel_all", headers=headers)
        assert (sent.status_code, code_of(sent)) == (403, 13021)
        floor.keys.revoke(key.id)
        assert client.get(READ, headers=headers).status_code == 401


def test_a_request_that_ends_before_its_body_does_is_not_done(floor):
    """Name a longer body than is sent: what came was whole JSON, but it is not asked."""
    before = floor.gateway.sequence
    body = json.dumps({"method": "private/cancel_all"}).encode()
    headers = signed(floor.members[0], "POST", ROOT, body)["Authorization"]
    _, _, port = floor.url.rpartition(":")
    with socket.create_connection(("127.0.0.1", int(port))) as sent:
        head = f"POST {ROOT} HTTP/1.1\r\nHost: x\r\nAuthorization: {headers}\r\n"
        sent.sendall(head.encode() + f"Content-Length: {len(body) + 1}\r\n\r\n".encode() + body)
    with httpx.Client(base_url=floor.url) as other:
        assert other.get(f"{ROOT}/public/test").status_code == 200
    time.sleep(0.05)
    assert floor.gateway.sequence == before


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET ",
        b"GET /api/v2/public/test HTTP/1.1\r\nHost: x\r\n",
        b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
        b"GET /ws/api/v2 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n",
        b"GET /api/v2/public/test HTTP/1.1\r\nHost: x\r\n\r\nGET",
        b"GET /api/v2/public/test HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + b"G",
    ],
)
def test_a_byte_now_and_then_keeps_no_place(floor, monkeypatch, sent):
    """Begin a request and never end it, a byte each few milliseconds: the connection is ended."""
    monkeypatch.setattr(run, "REQUEST_S_MAX", 0.2)
    _, _, port = floor.url.rpartition(":")
    with socket.create_connection(("127.0.0.1", int(port))) as slow:
        slow.sendall(sent)
        slow.settimeout(0.02)

        def is_ended():
            try:
                slow.sendall(b"a")
                return slow.recv(1 << 16) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        waited(is_ended)


def test_a_connection_that_is_kept_is_not_slow(floor, monkeypatch):
    """The time is that of one request, not of the connection; also where several came at once."""
    monkeypatch.setattr(run, "REQUEST_S_MAX", 0.6)
    _, _, port = floor.url.rpartition(":")
    asked = f"GET {ROOT}/public/test HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", int(port))) as several:
        several.settimeout(20)
        for _ in range(2):
            several.sendall(asked * 3)
            found = b""
            while found.count(b"usDiff") < 3:
                found += several.recv(1 << 16)
            time.sleep(0.7)
    with httpx.Client(base_url=floor.url) as kept:
        for _ in range(6):
            assert kept.get(f"{ROOT}/public/test").status_code == 200
            time.sleep(0.15)
    with Raw(floor.socket_url) as opened:
        time.sleep(0.7)
        assert opened.result("public/test")
