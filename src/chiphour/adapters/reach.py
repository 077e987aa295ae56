"""REACH: a command reaches the market of a data folder: the server that runs there, or alone.

Takes   a data folder; requests of the operator, as the server's addresses have them.
Gives   what is answered, read from JSON.
Keeps   one path for what is done: without a server the same application answers in this process,
        over the market, which is opened and let go. The run's token goes to this machine alone.
Source  Decision 0034.

    MarketError
    └── RequestRefused      what the market answers when it does not do it
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from typing import NamedTuple
from typing import cast
from urllib.parse import urlsplit

import httpx

from chiphour.adapters.auctioneer import Auctioneer
from chiphour.adapters.auctions import Auctions
from chiphour.adapters.cash_events import CashEvents
from chiphour.adapters.commit import Told
from chiphour.adapters.door import MarketDoor
from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.journal import has_writer
from chiphour.adapters.market import Market
from chiphour.adapters.members import Members
from chiphour.adapters.serve.http import create_app
from chiphour.adapters.serve.office import opens_office
from chiphour.adapters.server_file import new_token
from chiphour.adapters.server_file import read_server
from chiphour.adapters.shown import Shown
from chiphour.observe.observation import MarketError

ALONE = "http://127.0.0.1"
TIMEOUT_S = 60
LOOPBACK = ("127.0.0.1", "::1", "0.0.0.0", "::")  # Where a server of this machine is reached.


class RequestRefused(MarketError):
    """What the market answers when it does not do what was asked."""


class Wish(NamedTuple):
    """A request of the operator."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    word: str = ""  # Its Idempotency-Key.


def reach(folder: Path, wish: Wish) -> Any:
    """Do a wish; gives what is answered. Raises RequestRefused, and whatever opening raises."""
    if has_writer(folder / FOLDER_NAME):
        answer = _through(folder, wish)
    else:
        answer = asyncio.run(_alone(folder, wish))
    found = _read(answer)
    if answer.is_success:
        return found
    words = found.get("error", "") if isinstance(found, dict) else ""
    raise RequestRefused(words or f"expected an answer, found status {answer.status_code}")


async def _alone(folder: Path, wish: Wish) -> httpx.Response:
    """Open the market, and answer by the server's application in this process."""
    members, cash_events, token = Members(), CashEvents(folder), new_token()
    auctions = Auctions(folder)

    def hear(told: Told) -> None:
        members.hear(told)
        cash_events.hear(told)
        auctions.hear(told)

    try:
        with Market(folder, demonstration=False, hear=hear) as market:
            door = MarketDoor(market)
            auctioneer = Auctioneer(auctions, market, members)
            auctioneer.recover()
            office = opens_office(folder, token, lambda app: door, members, cash_events, auctioneer)
            app = create_app(Shown(market))
            transport = httpx.ASGITransport(app=cast(Any, app))
            async with (
                office(app),
                httpx.AsyncClient(transport=transport, base_url=ALONE) as client,
            ):
                return await client.request(**_request(wish, token))
    finally:
        cash_events.close()
        auctions.close()


def _through(folder: Path, wish: Wish) -> httpx.Response:
    """Ask the server that says it runs there; no proxy in between."""
    found = read_server(folder)
    if urlsplit(found.address).hostname not in LOOPBACK:
        raise RequestRefused(f"expected a server of this machine, found {found.address}")
    try:
        with httpx.Client(
            base_url=found.address, trust_env=False, timeout=TIMEOUT_S, follow_redirects=False
        ) as client:
            return client.request(**_request(wish, found.token))
    except httpx.HTTPError as fault:
        raise RequestRefused(
            f"{found.address}: expected the server to answer, found {fault}"
        ) from None


def _request(wish: Wish, token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    if wish.word:
        headers["Idempotency-Key"] = wish.word
    return {"method": wish.method, "url": wish.path, "json": wish.body, "headers": headers}


def _read(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
