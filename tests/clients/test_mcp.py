"""TEST MCP: the protocol's own client lists and calls every tool, over every transport.

Takes   the market of `chiphour up`; a member of it whose key reads, trades and bids.
Gives   a failure where a tool is listed and cannot be called, or answers otherwise than it says.
Keeps   a call for every tool that is listed, with arguments that are good for it: none is left out.
Source  Model Context Protocol; docs/how-to/mcp.md; decision 0043.
"""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import date
from datetime import timedelta

import httpx
import mcp
import pytest
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from browser.windows import ROOT
from chiphour.adapters import agent_server
from chiphour.adapters.agent_api import remote
from chiphour.adapters.agent_tools import ACTS
from chiphour.adapters.agent_tools import READING
from chiphour.adapters.agent_tools import RPC
from chiphour.adapters.agent_tools import SIGNED
from chiphour.adapters.agent_tools import tools_of
from officed import PERPETUAL
from officed import key_file

pytestmark = pytest.mark.extra

COMMAND = ["-c", "from chiphour.cli import main; main()", "mcp"]
SCOPES = ("read", "trade", "bid")
RUN = json.loads((ROOT / "examples/pool/run.json").read_text())
OF_THE_AUCTION = {"clear_auction", "explain_auction"}
ORDER = {"instrument_name": PERPETUAL, "amount": 1, "type": "limit"}
OPEN_S = 20


@pytest.fixture(scope="module")
def member(site, tmp_path_factory):
    """Give the key file of a member, and a run in which its offer met no buyer."""
    made = site.joined("agent", scopes=SCOPES)
    path = key_file(tmp_path_factory.mktemp("key"), made)
    run = site.announced(OPEN_S, "agents")
    asked = remote(site.address, path)
    target = f"/api/auction/runs/{run}/bids"
    asyncio.run(asked.ask("POST", target, body=pool(run, "unsold", "90"), signed=True))
    return path, site.run_in("cleared", run)


def pool(run, name, usd):
    """Give an offer of chips for sale in a run of `site.announced`."""
    return {
        "kind": "sell",
        "id": name,
        "product": f"H100/node8/agents{run}",
        "inventory": ["8"] * 4,
        "blocks": [{"share": "1", "price": usd}],
        "tiers": [{"tier": "od"}],
    }


async def every_tool_called(client, site, settled_run):
    """Call every tool that is listed; give the answers by the tools' names."""
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    answers = {}

    async def call(name, **given):
        answer = await client.call_tool(name, given)
        assert not answer.is_error, (name, answer.content)
        assert answer.structured_content == json.loads(answer.content[0].text)
        assert listed[name].annotations.read_only_hint == (name not in ACTS)
        answers[name] = answer.structured_content

    for name in (name for name in listed if name in SEVEN_AND_OTHERS):
        takes = listed[name].input_schema["properties"]
        await call(name, **{"chip": "h100-sxm"} if "chip" in takes else {})
    await call("get_report_of_day", day=answers["get_report"]["date"])
    await read_fixings(call)
    await read_market(call, settled_run)
    await ask_for_buyers(call)
    await clear_an_auction(call, answers)
    await trade(call, answers)
    run = await asyncio.to_thread(site.announced, 3_600, "agents")
    await bid(call, run, settled_run)
    assert set(answers) == set(listed)
    return answers


SEVEN_AND_OTHERS = {
    name for name, _, path in READING if "/queries/" in path or "/signals" in path
} | {"get_viability", "get_report", "list_series", "list_contracts", "list_auction_runs"}


async def read_fixings(call):
    await call("get_fixings", slug="h100-sxm-od")
    for name in ("get_fix", "get_fix_with_proof"):
        await call(name, slug="h100-sxm-od", day="2026-07-20")


async def read_market(call, settled_run):
    await call("get_book", contract=PERPETUAL)
    await call("get_curve", slug="h100-sxm-od")
    await call("get_auction_run", run=settled_run)


async def ask_for_buyers(call):
    month = (date.today() + timedelta(days=62)).strftime("%Y-%m")
    await call("hedge", months=[{"month": month, "hours": 1_000}])
    await call("rent_or_buy", hours_per_month=300)
    await call("procure", gpus=2, hours=10, chips=["H200"])


async def clear_an_auction(call, answers):
    await call("clear_auction", run=RUN)
    result = answers["clear_auction"]["result"]
    await call("explain_auction", run=RUN, result=result, bid=RUN["bids"][0]["id"])


async def trade(call, answers):
    """Order behind all that the book shows: it stands until it is cancelled."""
    book = answers["get_book"]
    await call("buy", **ORDER, price=float(book["bids"][-1]["price_usd"]))
    await call("get_open_orders", currency="USDC")
    await call("cancel_order", order_id=answers["buy"]["order"]["order_id"])
    await call("sell", **ORDER, price=float(book["asks"][-1]["price_usd"]))
    await call("cancel_order", order_id=answers["sell"]["order"]["order_id"])
    await call("get_account", currency="USDC")
    await call("get_positions", currency="USDC")


async def bid(call, run, settled_run):
    await call("check_bid", run=run, bid=pool(run, "fleet", "1.5"))
    await call("submit_bid", run=run, body=pool(run, "fleet", "1.5"))
    await call("amend_bid", run=run, bid="fleet", body=pool(run, "fleet", "1.25"))
    await call("withdraw_bid", run=run, bid="fleet")
    await call("explain_own_bid", run=settled_run, bid="unsold")


@asynccontextmanager
async def in_this_process(site, path):
    tools = await tools_of(remote(site.address, path))
    async with mcp.Client(agent_server.server_of(tools)) as client:
        yield client


@asynccontextmanager
async def over_stdio(site, path):
    words = [*COMMAND, "--url", site.address, "--key-file", str(path)]
    server = StdioServerParameters(command=sys.executable, args=words, env=dict(os.environ))
    async with mcp.Client(server) as client:
        yield client


@asynccontextmanager
async def over_http(site, path):
    words = [sys.executable, *COMMAND, "--url", site.address, "--key-file", str(path)]
    process = subprocess.Popen([*words, "--http", "0"], stdout=subprocess.PIPE, text=True)
    try:
        token = process.stdout.readline().removeprefix("token ").strip()
        address = process.stdout.readline().removeprefix("ready ").strip()
        headers = {"authorization": f"Bearer {token}"}
        async with (
            httpx.AsyncClient(headers=headers, timeout=60) as http,
            mcp.Client(streamable_http_client(address, http_client=http)) as client,
        ):
            yield client
    finally:
        process.terminate()
        process.stdout.close()
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize("connected", [in_this_process, over_stdio, over_http])
def test_every_tool_is_listed_and_called(site, member, connected):
    path, settled_run = member
    site.last_report()

    async def run():
        async with connected(site, path) as client:
            return await every_tool_called(client, site, settled_run)

    answers = asyncio.run(run())
    offered = {name for name, *_ in (*READING, *SIGNED, *RPC)} | OF_THE_AUCTION
    assert set(answers) == offered
    assert answers["get_fix_with_proof"]["fix"]["fix_usd"] == "3.1700"
    assert answers["get_account"]["equity"] == 100_000
    assert answers["hedge"]["hours"] == 1_000
    assert answers["procure"]["feasible"]
    assert "unsold" in " ".join(answers["explain_own_bid"]["sentences"])
