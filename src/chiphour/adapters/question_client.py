"""QUESTION_CLIENT: a question put to a market that runs, from the command line.

Takes   the market's address, a question.
Gives   the answer, read strictly; orders placed with a key.
Keeps   what the market refuses as its own words, on one line.
Source  docs/how-to/hedge.md; decision 0044.
"""

from pathlib import Path
from typing import Any
from typing import TypeVar

import httpx
import msgspec

from chiphour.adapters.auction_client import TIMEOUT_S
from chiphour.adapters.auction_client import AskedRefused
from chiphour.adapters.auction_client import AuctionClient
from chiphour.adapters.serve.shapes_hedge import Answer
from chiphour.adapters.serve.shapes_hedge import HedgeOrder
from chiphour.adapters.serve.shapes_hedge import Question

A = TypeVar("A", bound=Answer)
RPC = "/api/v2"


def ask_market(url: str, path: str, asked: Question, kind: type[A]) -> A:
    """Put a question to a market; raises AskedRefused."""
    content = msgspec.json.encode(asked)
    headers = {"Content-Type": "application/json"}
    try:
        answer = httpx.post(url + path, content=content, headers=headers, timeout=TIMEOUT_S)
        if answer.is_success:
            return msgspec.json.decode(answer.content, type=kind)
        words = answer.json()["error"]
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.MsgspecError, ValueError, KeyError) as fault:
        raise AskedRefused(f"{url}: expected a market to answer, found {fault}") from None
    raise AskedRefused(str(words))


def rpc_of(order: HedgeOrder, id: int) -> dict[str, Any]:
    """Write an order as the JSON-RPC request that places it."""
    params = msgspec.to_builtins(order.params)
    return {"jsonrpc": "2.0", "id": id, "method": order.method, "params": params}


def orders_text(orders: list[HedgeOrder]) -> str:
    """Write orders as JSON-RPC requests, one a line."""
    rows = (rpc_of(order, number) for number, order in enumerate(orders, 1))
    return "".join(f"{msgspec.json.encode(row).decode()}\n" for row in rows)


def send_orders(url: str, key: Path, orders: list[HedgeOrder]) -> list[Any]:
    """Place orders one after the other; raises AskedRefused at the first that is not taken."""
    with AuctionClient(url, key) as client:
        return [
            client.ask("POST", RPC, rpc_of(order, number))["result"]
            for number, order in enumerate(orders, 1)
        ]
