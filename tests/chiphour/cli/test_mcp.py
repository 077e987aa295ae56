"""MCP: the command serves tools over standard input and output, and over HTTP.

Takes   the command in a process of its own; the protocol's own client; a market that trades.
Gives   a failure where a tool cannot be called, or a key trades without its token.
Keeps   the shipped recordings, and nothing on standard output but the protocol.
Source  docs/how-to/mcp.md; decision 0043.
"""

import asyncio
import os
import subprocess
import sys

import httpx
import mcp
import pytest
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from chiphour.adapters.agent_tools import READING
from officed import PERPETUAL
from officed import Trading
from officed import key_file

pytestmark = pytest.mark.suite
COMMAND = ["-c", "from chiphour.cli import main; main()", "mcp"]
OF_A_MARKET = {"list_contracts", "get_book", "get_curve", "list_auction_runs", "get_auction_run"}
OF_BUYERS = {"hedge", "rent_or_buy", "procure"}


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    trading = Trading(tmp_path_factory.mktemp("mcp"))
    yield trading
    assert trading.end() == 0


def over_stdio(*words: str):
    return StdioServerParameters(
        command=sys.executable, args=[*COMMAND, *words], env=dict(os.environ)
    )


@pytest.mark.long
def test_the_recordings_are_served_over_stdio(tmp_path):
    """Start on an empty folder: it is filled from the recordings, and every tool answers."""

    async def run():
        async with mcp.Client(over_stdio("--data", str(tmp_path))) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            fix = await client.call_tool(
                "get_fix_with_proof", {"slug": "h100-sxm-od", "day": "2026-07-20"}
            )
            floors = await client.call_tool("get_price_floor_series", {"chip": "h100-sxm"})
            bad = await client.call_tool("get_fixings", {"slug": "nothing"})
            return names, fix, floors, bad

    names, fix, floors, bad = asyncio.run(run())
    assert {name for name, *_ in READING} - OF_A_MARKET - OF_BUYERS <= names
    assert fix.structured_content["fix"]["fix_usd"] == "3.1700"
    assert floors.structured_content["chips"][0]["floors"]["points"]
    assert bad.is_error
    assert bad.content[0].text.startswith("expected a series such as h100-sxm-od")


@pytest.mark.long
def test_a_running_market_is_found_by_its_folder_and_traded_on_over_stdio(market, tmp_path):
    joined = market.join(deposit_usd="1000", scopes=["read", "trade"])
    words = ("--data", str(market.folder), "--key-file", str(key_file(tmp_path, joined)))
    order = {"instrument_name": PERPETUAL, "amount": 1, "type": "limit", "price": 3.0}

    async def run():
        async with mcp.Client(over_stdio(*words)) as client:
            book = await client.call_tool("get_book", {"contract": PERPETUAL})
            return book, await client.call_tool("buy", order)

    book, placed = asyncio.run(run())
    assert book.structured_content["contract"] == PERPETUAL
    assert placed.structured_content["order"]["order_state"] == "open"


@pytest.mark.long
def test_over_http_a_key_needs_the_token_of_the_run(market, tmp_path):
    path = key_file(tmp_path, market.join(deposit_usd="1000", scopes=["read"]))
    command = [sys.executable, *COMMAND, "--http", "0", "--url", market.address]
    process = subprocess.Popen(
        [*command, "--key-file", str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        token = process.stdout.readline().removeprefix("token ").strip()
        address = process.stdout.readline().removeprefix("ready ").strip()

        async def run():
            headers = {"authorization": f"Bearer {token}"}
            async with (
                httpx.AsyncClient(headers=headers) as http,
                mcp.Client(streamable_http_client(address, http_client=http)) as client,
            ):
                return await client.call_tool("get_account", {"currency": "USDC"})

        assert address.endswith("/mcp")
        assert asyncio.run(run()).structured_content["equity"] == 1000
    finally:
        process.terminate()
        process.stdout.close()
        assert process.wait(timeout=30) == 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--key-file", "nothing.json"), "key-file: expected a running market"),
        (("--url", "http://127.0.0.1:1"), "expected a market to answer, found ConnectError"),
        (("--url", "http://127.0.0.1:1", "--key-file", "nothing.json"), "expected a key, found"),
    ],
)
def test_what_cannot_be_served_is_said(tmp_path, words, named):
    done = subprocess.run(
        [sys.executable, *COMMAND, *words, "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert named in done.stderr
    assert done.stderr.count("\n") == 1
