"""AGENT_TOOLS: what an agent is offered: which requests of this API, under which names.

Takes   a market's API with its descriptions; a key, or none.
Gives   `Tool`; `tools_of`, all that this market can answer, with the auction's own two beside them.
Keeps   reading for everybody: what trades or bids is offered with a key alone, and the key's scope
        decides. A tool that the market does not describe is not offered.
Source  Decision 0043; the article of decision 0042, "Data orchestrator".

    MarketError
    └── ArgumentRefused    an argument that a tool does not have, or lacks
"""

import json
import re
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple
from urllib.parse import quote

from chiphour.adapters.agent_api import OPENAPI
from chiphour.adapters.agent_api import OPENRPC
from chiphour.adapters.agent_api import AgentApi
from chiphour.adapters.agent_auction import CLEAR
from chiphour.adapters.agent_auction import EXPLAIN
from chiphour.adapters.agent_auction import auction_cleared
from chiphour.adapters.agent_auction import auction_explained
from chiphour.adapters.agent_schema import BODY
from chiphour.adapters.agent_schema import WRAPPED
from chiphour.adapters.agent_schema import Described
from chiphour.adapters.agent_schema import Json
from chiphour.adapters.agent_schema import described_by_openapi
from chiphour.adapters.agent_schema import described_by_openrpc
from chiphour.adapters.tools import SEVEN
from chiphour.observe.observation import MarketError

# Name, method and path, and whether it acts.
READING = (
    *((query.name, "GET", f"/api/queries/{query.name}") for query in SEVEN),
    ("get_verdicts", "GET", "/api/signals"),
    ("get_chip_signals", "GET", "/api/signals/{chip}"),
    ("get_viability", "GET", "/api/viability"),
    ("get_report", "GET", "/api/report"),
    ("get_report_of_day", "GET", "/api/report/{day}"),
    ("list_series", "GET", "/api/series"),
    ("get_fixings", "GET", "/api/series/{slug}"),
    ("get_fix", "GET", "/api/series/{slug}/{day}"),
    ("get_fix_with_proof", "GET", "/api/signed/{slug}/{day}"),
    ("list_contracts", "GET", "/api/contracts"),
    ("get_book", "GET", "/api/book/{contract}"),
    ("get_curve", "GET", "/api/curve/{slug}"),
    ("list_auction_runs", "GET", "/api/auction/runs"),
    ("get_auction_run", "GET", "/api/auction/runs/{run}"),
    ("hedge", "POST", "/api/hedge"),
    ("rent_or_buy", "POST", "/api/rent-or-buy"),
    ("procure", "POST", "/api/procure"),
)
SIGNED = (
    ("check_bid", "POST", "/api/auction/validate"),
    ("explain_own_bid", "GET", "/api/auction/runs/{run}/explain/{bid}"),
    ("submit_bid", "POST", "/api/auction/runs/{run}/bids"),
    ("amend_bid", "PUT", "/api/auction/runs/{run}/bids/{bid}"),
    ("withdraw_bid", "DELETE", "/api/auction/runs/{run}/bids/{bid}"),
)
RPC = (
    ("get_account", "private/get_account_summary"),
    ("get_positions", "private/get_positions"),
    ("get_open_orders", "private/get_open_orders"),
    ("buy", "private/buy"),
    ("sell", "private/sell"),
    ("cancel_order", "private/cancel"),
)
ACTS = frozenset({"submit_bid", "amend_bid", "withdraw_bid", "buy", "sell", "cancel_order"})
RPC_PATH = "/api/v2"
ARGUMENTS_BYTES_MAX = 1 << 20
PART = re.compile(r"(?!\.{1,2}$)[^/\\]{1,200}")  # Of an address: it may lead to no other one.
NAMED = re.compile(r"\{(\w+)\}")
Call = Callable[[Json], Awaitable[Any]]


class ArgumentRefused(MarketError):
    """An argument that a tool does not have, or lacks."""


class Tool(NamedTuple):
    """A tool as it is offered. `call` raises MarketError with one sentence; `acts` if it trades."""

    name: str
    words: str
    takes: Json
    gives: Json
    acts: bool
    call: Call


async def tools_of(api: AgentApi) -> dict[str, Tool]:
    """Ask a market what it describes, and give the tools by name; raises AgentRefused."""
    document = await api.ask("GET", OPENAPI)
    found = [
        Tool(name, told.words, told.takes, told.gives, False, _asks(api, told, method, path))
        for name, method, path in READING
        if (told := described_by_openapi(document, method, path)) is not None
    ]
    found += [
        Tool("clear_auction", *CLEAR, False, auction_cleared),
        Tool("explain_auction", *EXPLAIN, False, auction_explained),
    ]
    if api.has_key:
        found += [
            Tool(
                *(name, told.words, told.takes, told.gives, name in ACTS),
                _asks(api, told, method, path, signed=True),
            )
            for name, method, path in SIGNED
            if (told := described_by_openapi(document, method, path)) is not None
        ]
        methods = await api.ask("GET", OPENRPC)
        found += [
            Tool(
                *(name, told.words, told.takes, told.gives, name in ACTS),
                _calls(api, told, method),
            )
            for name, method in RPC
            if (told := described_by_openrpc(methods, method)) is not None
        ]
    return {tool.name: tool for tool in found}


def check_arguments(tool: Tool, given: Mapping[str, Any]) -> None:
    """Raise ArgumentRefused for an argument that the tool does not have, or one that it lacks."""
    known = tool.takes.get("properties", {})
    for name in given:
        if name not in known:
            expected = f"one of {', '.join(known)}" if known else "none"
            raise ArgumentRefused(f"argument: expected {expected}, found {name[:60]!r}")
    for name in tool.takes.get("required", ()):
        if name not in given:
            raise ArgumentRefused(f"{name}: expected a value, found none")
    if len(json.dumps(given, default=str)) > ARGUMENTS_BYTES_MAX:
        raise ArgumentRefused(
            f"arguments: expected at most {ARGUMENTS_BYTES_MAX} bytes, found more"
        )


def _asks(api: AgentApi, told: Described, method: str, path: str, signed: bool = False) -> Call:
    async def call(given: Json) -> Any:
        for name in told.paths:
            if not PART.fullmatch(str(given.get(name, ""))):
                raise ArgumentRefused(f"{name}: expected a name, found {str(given[name])[:60]!r}")
        filled = NAMED.sub(lambda found: quote(str(given[found[1]]), safe=""), path)
        query = {name: str(given[name]) for name in told.queries if given.get(name) is not None}
        body = given if told.body == "whole" else given.get(BODY) if told.body else None
        found = await api.ask(method, filled, query, body, signed)
        return {WRAPPED: found} if told.is_wrapped else found

    return call


def _calls(api: AgentApi, told: Described, method: str) -> Call:
    async def call(given: Json) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": given}
        found = (await api.ask("POST", RPC_PATH, None, body, signed=True))["result"]
        return {WRAPPED: found} if told.is_wrapped else found

    return call
