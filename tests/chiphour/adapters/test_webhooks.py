"""TEST WEBHOOKS: what is sent is signed, and goes only where it may.

Takes   real receivers on this machine; names that lead elsewhere.
Gives   claims on signatures, on what is refused, on failing and slow receivers.
Keeps   every attempt bounded.
Source  Decision 0042.
"""

import asyncio
import hmac
import socket
from hashlib import sha256
from ipaddress import ip_address

import pytest

from chiphour.adapters import webhooks
from chiphour.adapters.webhooks import SIGNATURE
from chiphour.adapters.webhooks import AddressForbidden
from chiphour.adapters.webhooks import send
from chiphour.adapters.webhooks import signature
from chiphour.adapters.webhooks import target_of
from chiphour.adapters.webhooks import where
from receiving import receiving

NOBODY = frozenset()
BODY = b'{"id":1}'


def sent(url, allowed=NOBODY, by_operator=True):
    target = target_of(url, allowed, by_operator)
    signed = {SIGNATURE: signature("secret", 7, BODY)}
    return asyncio.run(send(target, allowed, BODY, signed))


def test_a_receiver_gets_the_body_and_can_check_who_sent_it():
    with receiving() as receiver:
        assert sent(receiver.url) == ""
    ((path, headers, body),) = receiver.heard
    assert (path, body, headers["Content-Type"]) == ("/hook", BODY, "application/json")
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    expected = hmac.new(b"secret", b"7." + BODY, sha256).hexdigest()
    assert headers[SIGNATURE] == f"t=7,v1={expected}"


def test_a_receiver_that_fails_is_told_by_its_status():
    with receiving(status=500) as receiver:
        assert sent(receiver.url) == "expected 2xx, found 500"


def test_nobody_is_redirected():
    with (
        receiving() as other,
        receiving(status=307, location=other.url) as receiver,
    ):
        assert sent(receiver.url) == "expected 2xx, found 307"
        assert (len(receiver.heard), other.heard) == (1, [])


def test_a_slow_receiver_is_left_at_the_deadline(monkeypatch):
    monkeypatch.setattr(webhooks, "DEADLINE_S", 0.3)
    with receiving(slow_s=1.0) as receiver:
        assert sent(receiver.url) == "expected an answer within 0 s, found none"


def test_a_name_that_cannot_be_looked_up_is_told_and_raises_nothing(monkeypatch):
    assert "found gaierror" in sent(
        "http://no-such-host.invalid/", frozenset({"no-such-host.invalid"})
    )
    assert sent("http://a..b/", frozenset({"a..b"})).startswith("expected an answer, found ")


def test_nobody_listening_is_told():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert sent(f"http://127.0.0.1:{port}/") == "expected an answer, found ConnectError"


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1/hook", "http://", "", "http://["),
        *("http://a:0/", "http://[::1]:99999/", "http://a:65536/"),
        *("http://user:word@127.0.0.1/", "http://127.0.0.1/#part", "http://a/" + "x" * 500),
    ],
)
def test_what_is_no_plain_address_is_refused(url):
    with pytest.raises(AddressForbidden, match=r"url: expected .* found"):
        target_of(url, NOBODY, True)


def test_a_member_sends_only_to_a_host_that_the_operator_allows():
    with pytest.raises(
        AddressForbidden, match=r"a host that the operator allows, found 127\.0\.0\.1"
    ):
        target_of("http://127.0.0.1:8000/hook", NOBODY, False)
    allowed = frozenset({"127.0.0.1:8000", "example.org"})
    assert target_of("http://127.0.0.1:8000/hook", allowed, False).port == 8000
    assert target_of("https://example.org/a?b=c", allowed, False).port == 443
    with pytest.raises(AddressForbidden):
        target_of("http://127.0.0.1:8001/hook", allowed, False)


def looked_up(monkeypatch, *addresses):
    async def found(self, host, port, **more):
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", found)


@pytest.mark.parametrize(
    ("addresses", "allowed"),
    [
        (["10.0.0.1"], NOBODY),
        (["127.0.0.1", "10.0.0.1"], NOBODY),
        (["::ffff:10.0.0.1"], NOBODY),
        (["169.254.169.254"], frozenset({"hook.example"})),
        (["::ffff:169.254.169.254"], frozenset({"hook.example"})),
        (["0.0.0.0"], frozenset({"hook.example"})),
        (["224.0.0.1"], frozenset({"hook.example"})),
        (["fe80::1"], frozenset({"hook.example"})),
        (["127.0.0.1"], frozenset({"hook.example"})),
        (["::1"], frozenset({"hook.example", "127.0.0.1"})),
        (["::ffff:127.0.0.1"], frozenset({"hook.example"})),
        (["10.0.0.1"], frozenset({"hook.example", "10.0.0.2"})),
        (["fd00:ec2::254"], frozenset({"hook.example"})),
        (["93.184.215.14", "192.168.0.1"], frozenset({"hook.example"})),
        (["10.0.0.1"], frozenset({"hook.example", "10.0.0.1:81"})),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(monkeypatch, addresses, allowed):
    """Every address that a name has must be allowed: one good one does not carry another."""
    looked_up(monkeypatch, *addresses)
    target = target_of("http://hook.example/", allowed, True)
    with pytest.raises(AddressForbidden, match=r"hook\.example: expected .* found"):
        asyncio.run(where(target, allowed))


@pytest.mark.parametrize(
    ("host", "address", "allowed"),
    [
        ("hook.example", "93.184.215.14", {"hook.example"}),
        ("hook.example", "10.0.0.1", {"hook.example", "10.0.0.1"}),
        ("hook.example", "::ffff:10.0.0.1", {"hook.example", "10.0.0.1:80"}),
        ("localhost", "127.0.0.1", {"localhost"}),
        ("10.0.0.1", "10.0.0.1", {"10.0.0.1"}),
    ],
)
def test_a_name_leads_where_the_operator_meant(monkeypatch, host, address, allowed):
    looked_up(monkeypatch, address)
    target = target_of(f"http://{host}/", frozenset(allowed), False)
    assert asyncio.run(where(target, frozenset(allowed))) == ip_address(address)


def test_the_connection_goes_to_the_address_that_was_looked_up(monkeypatch):
    """The name is looked up once; the receiver sees the name that was asked for."""
    looked_up(monkeypatch, "127.0.0.1")
    with receiving() as receiver:
        url = f"http://hook.example:{receiver.port}/hook"
        allowed = frozenset({"hook.example", f"127.0.0.1:{receiver.port}"})
        assert sent(url, allowed, by_operator=False) == ""
    assert receiver.heard[0][1]["Host"] == f"hook.example:{receiver.port}"
