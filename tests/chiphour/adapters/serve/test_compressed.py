"""COMPRESSED: text is packed for who takes it, once, and never otherwise changed.

Takes   applications of a few lines behind the real wrapper.
Gives   failures.
Keeps   what streams, what is small and what is packed already as it was.
Source  RFC 9110; decision 0041.
"""

import asyncio
import gzip

import pytest

from chiphour.adapters.serve import compressed
from chiphour.adapters.serve.compressed import Compressed
from chiphour.adapters.serve.compressed import takes_gzip

TEXT = b"price " * 1_000
JSON = (b"content-type", b"application/json")


def answered(app, accept=b"gzip, deflate, br", times=1):
    """Ask an application; give the status, headers and body of its last answer."""
    wrapped = Compressed(app)
    scope = {"type": "http", "headers": [(b"accept-encoding", accept)] if accept else []}
    for _ in range(times):
        messages = []

        async def send(message, messages=messages):
            messages.append(message)

        asyncio.run(wrapped(scope, None, send))
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], dict(messages[0]["headers"]), body


def application(*parts, headers=(JSON,), status=200):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": [*headers]})
        for place, part in enumerate(parts):
            more = place < len(parts) - 1
            await send({"type": "http.response.body", "body": part, "more_body": more})

    return app


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        (b"gzip", True),
        (b"br, GZIP;q=0.5", True),
        (b"*", True),
        (b"gzip;q=0", False),
        (b"br", False),
        (b"", False),
    ],
)
def test_who_takes_gzip(header, takes):
    assert takes_gzip({b"accept-encoding": header}) is takes


@pytest.mark.parametrize("body", [TEXT, TEXT * 20])
def test_text_is_packed_on_the_loop_or_beside_it(body):
    status, headers, packed = answered(application(body, headers=(JSON, (b"etag", b'"1"'))))
    assert (status, gzip.decompress(packed)) == (200, body)
    assert headers[b"content-encoding"] == b"gzip"
    assert headers[b"content-length"] == str(len(packed)).encode()
    assert (headers[b"etag"], headers[b"vary"]) == (b'W/"1"', b"Accept-Encoding")


def test_who_does_not_take_it_gets_the_bytes():
    for accept in (b"", b"br", b"gzip;q=0"):
        _, headers, body = answered(application(TEXT), accept)
        assert body == TEXT and b"content-encoding" not in headers


@pytest.mark.parametrize(
    ("parts", "headers"),
    [
        ((b"short",), (JSON,)),
        ((TEXT, TEXT), (JSON,)),
        ((TEXT,), ((b"content-type", b"application/vnd.apache.parquet"),)),
        ((TEXT,), ((b"content-type", b"image/png"),)),
        ((TEXT,), (JSON, (b"content-encoding", b"br"))),
    ],
)
def test_what_gains_nothing_or_comes_in_parts_is_passed_on(parts, headers):
    _, found, body = answered(application(*parts, headers=headers))
    assert body == b"".join(parts)
    assert found == dict(headers)


def test_what_has_a_tag_is_packed_once(monkeypatch):
    calls = []
    pack = gzip.compress
    monkeypatch.setattr(
        compressed.gzip, "compress", lambda *a, **k: calls.append(a) or pack(*a, **k)
    )
    tagged = application(TEXT, headers=(JSON, (b"etag", b'"1"')))
    assert gzip.decompress(answered(tagged, times=3)[2]) == TEXT
    assert len(calls) == 1
    answered(application(TEXT), times=3)
    assert len(calls) == 4


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(compressed, "KEPT_BYTES", 100)
    wrapped = Compressed(application(TEXT))
    for number in range(20):
        asyncio.run(wrapped._pack(f'"{number}"'.encode(), TEXT))
    assert wrapped._kept_bytes == sum(map(len, wrapped._kept.values())) <= 100


def test_what_is_no_request_is_passed_on():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(Compressed(app)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
