"""AGENT_SERVER: the real client lists and calls every tool, in this process and over HTTP.

Takes   tests/indexed.py; tools of a test's own that fail.
Gives   a failure where an answer breaks its schema, or a refusal is no answer.
Keeps   the client the protocol's own: it holds each answer to the schema that was listed.
Source  Model Context Protocol; decision 0043.
"""

import asyncio
import json
import threading
from contextlib import contextmanager
from pathlib import Path

import httpx
import mcp
import pytest

from chiphour.adapters import agent_server
from chiphour.adapters.agent_api import in_process
from chiphour.adapters.agent_tools import Tool
from chiphour.adapters.agent_tools import tools_of
from chiphour.adapters.serve.index_app import create_index_app
from chiphour.adapters.serve.run import serve
from chiphour.observe.observation import MarketError
from indexed import made

RUN = json.loads((Path(__file__).parents[3] / "examples/pool/run.json").read_text())
ARGUMENTS = {
    **{"chip": "h100-sxm", "slug": "h100-sxm-od", "day": "2026-07-14"},
    **{"run": RUN, "bid": RUN["bids"][0]["id"]},
}
ASKED_BY_OTHERS = {"hedge", "rent_or_buy", "procure"}  # With arguments of their own.


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    return create_index_app(made(tmp_path_factory.mktemp("agents")))


def tools(application):
    return asyncio.run(tools_of(in_process(application)))


async def every_tool_called(client) -> set[str]:
    """Call every tool with arguments that are good for it; give the names of those called."""
    called = set()
    cleared = None
    listed = (await client.list_tools()).tools
    for tool in sorted(listed, key=lambda each: each.name):  # clear comes before explain.
        if tool.name in ASKED_BY_OTHERS:
            continue
        given = {n: v for n, v in ARGUMENTS.items() if n in tool.input_schema["properties"]}
        if tool.name == "explain_auction":
            given["result"] = cleared
        answer = await client.call_tool(tool.name, given)
        assert not answer.is_error, (tool.name, answer.content)
        assert answer.structured_content == json.loads(answer.content[0].text)
        assert tool.annotations.read_only_hint
        if tool.name == "clear_auction":
            cleared = answer.structured_content["result"]
        called.add(tool.name)
    assert len(called) >= 18
    return called


def test_every_tool_is_called_in_process(application):
    async def run():
        async with mcp.Client(agent_server.server_of(await tools_of(in_process(application)))) as c:
            return await every_tool_called(c)

    assert "get_fix_with_proof" in asyncio.run(run())


@contextmanager
def served(app):
    """Serve over HTTP on a free port; give the address."""
    ready, end = [], threading.Event()
    told = threading.Event()

    def on_ready(address):
        ready.append(address)
        told.set()

    thread = threading.Thread(
        target=serve, args=(app,), kwargs={"port": 0, "on_ready": on_ready, "end": end}
    )
    thread.start()
    try:
        assert told.wait(30)
        yield ready[0]
    finally:
        end.set()
        thread.join(30)


def test_every_tool_is_called_over_http(application):
    app = agent_server.application(agent_server.server_of(tools(application)))

    async def run(address):
        async with mcp.Client(f"{address}{agent_server.PATH}") as client:
            return await every_tool_called(client)

    with served(app) as address:
        assert "get_current_prices" in asyncio.run(run(address))


def test_another_hosts_page_gets_no_answer(application):
    """A page of elsewhere that a browser of this machine shows may not ask: its name is another."""
    app = agent_server.application(agent_server.server_of(tools(application)))
    with served(app) as address:
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        headers = {"host": "evil.example", "accept": "application/json, text/event-stream"}
        answer = httpx.post(f"{address}/mcp", json=asked, headers=headers)
    assert answer.status_code in (400, 403, 421)


def test_with_a_token_only_who_knows_it_is_answered(application):
    app = agent_server.application(agent_server.server_of(tools(application)), "a-token")
    with served(app) as address:
        for header in ({}, {"authorization": "Bearer another"}):
            answer = httpx.post(f"{address}/mcp", json={}, headers=header)
            assert answer.status_code == 401
            assert "expected the token of this run" in answer.text
        answer = httpx.post(f"{address}/mcp", json={}, headers={"authorization": "Bearer a-token"})
        assert answer.status_code != 401


def broken(fault):
    async def call(given):
        raise fault

    takes = {"type": "object", "properties": {"a": {"type": "string"}}, "required": []}
    return {"t": Tool("t", "Fails.", takes, {"type": "object"}, False, call)}


@pytest.mark.parametrize(
    ("fault", "name", "given", "words"),
    [
        (MarketError("expected more, found less"), "t", {}, "expected more, found less"),
        (
            ValueError("a secret"),
            "t",
            {},
            "t: expected an answer, found a fault of the server; see its log",
        ),
        (MarketError("x"), "t", {"b": 1}, "argument: expected one of a, found 'b'"),
        (MarketError("x"), "u", {}, "tool: expected one of t, found 'u'"),
    ],
)
def test_what_fails_is_an_answer_in_one_sentence(fault, name, given, words):
    answer = asyncio.run(agent_server.call(broken(fault), name, given))
    assert answer.is_error
    assert [part.text for part in answer.content] == [words]
    assert answer.structured_content is None


def test_a_tool_that_trades_says_so():
    tool = broken(MarketError("x"))["t"]._replace(acts=True)

    async def run():
        async with mcp.Client(agent_server.server_of({"t": tool})) as client:
            return (await client.list_tools()).tools[0].annotations

    found = asyncio.run(run())
    assert (found.read_only_hint, found.destructive_hint) == (False, True)
