"""AGENT_API: a market is asked in this process or over HTTP; what it refuses is its own sentence.

Takes   tests/indexed.py; a server on loopback that answers as it is told.
Gives   a failure where a refusal is lost, an answer is unbounded, or the secret gets out.
Keeps   sockets and signatures real.
Source  Decision 0043.
"""

import asyncio
import hmac
import json
from hashlib import sha256

import pytest

from chiphour.adapters.agent_api import ANSWER_BYTES_MAX
from chiphour.adapters.agent_api import AgentRefused
from chiphour.adapters.agent_api import in_process
from chiphour.adapters.agent_api import remote
from chiphour.adapters.auction_client import KeyFileRefused
from chiphour.adapters.serve.index_app import create_index_app
from indexed import empty
from served import Served
from served import answer

SECRET = "a-secret-of-ours"


def test_this_process_is_asked(tmp_path):
    async def run():
        api = in_process(create_index_app(empty(tmp_path)))
        assert not api.has_key
        assert (await api.ask("GET", "/healthz"))["status"] == "ok"
        with pytest.raises(AgentRefused, match="expected a series such as h100-sxm-od"):
            await api.ask("GET", "/api/series/nothing")
        with pytest.raises(AgentRefused, match="last: expected"):
            await api.ask("GET", "/api/series/h100-sxm-od", {"last": "0"})

    asyncio.run(run())


def asked(deed, key=None, signed=False, method="GET", body=None):
    async def run():
        async with Served({"/x": deed}) as served:
            api = remote(served.url, key)
            try:
                return await api.ask(method, "/x", {"a": "1 2"}, body, signed), served.asked
            except AgentRefused as fault:
                return str(fault), served.asked

    return asyncio.run(run())


def rpc(code, reason):
    return answer(
        json.dumps(
            {"error": {"code": code, "message": "not_enough", "data": {"reason": reason}}}
        ).encode(),
        status=400,
    )


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (
            answer(b'{"error": "expected more, found less"}', status=409),
            "expected more, found less",
        ),
        (rpc(10009, "expected margin"), "not_enough: expected margin"),
        (answer(b'{"error": {"message": "odd"}}'), "odd"),
        (answer(b"<html>", status=502), "/x: expected JSON, found status 502"),
        (answer(b"[]", status=500), "/x: found status 500"),
        (answer(b'"' + b"x" * ANSWER_BYTES_MAX + b'"'), "ask for less"),
    ],
)
def test_a_refusal_is_one_sentence(deed, words):
    found, _ = asked(deed)
    assert words in found
    assert "\n" not in found


def test_nobody_there_is_said():
    async def run():
        await remote("http://127.0.0.1:1").ask("GET", "/x")

    with pytest.raises(
        AgentRefused, match=r"127\.0\.0\.1:1: expected a market to answer, found Connect"
    ):
        asyncio.run(run())


def test_a_request_is_signed_as_it_is_sent(tmp_path):
    path = tmp_path / "key.json"
    path.touch(0o600)
    path.write_text(json.dumps({"key": {"id": "k1"}, "secret": SECRET}))
    _, (request,) = asked(answer(b"{}"), path, True, "POST", {"b": 1})
    scheme, _, rest = request.headers["authorization"].partition(" ")
    said = dict(pair.split("=", 1) for pair in rest.split(","))
    text = f"{said['ts']}\n{said['nonce']}\nPOST\n{request.target}\n".encode() + request.body
    expected = hmac.new(SECRET.encode(), text + b"\n", sha256).hexdigest()
    assert (scheme, said["id"], said["sig"]) == ("deri-hmac-sha256", "k1", expected)
    assert SECRET not in str(request)
    _, (unsigned,) = asked(answer(b"{}"), path)
    assert "authorization" not in unsigned.headers


def test_a_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "key.json"
    path.write_text("{}")
    path.chmod(0o644)
    with pytest.raises(KeyFileRefused, match="0600"):
        remote("http://127.0.0.1:1", path)
