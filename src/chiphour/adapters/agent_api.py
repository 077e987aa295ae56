"""AGENT_API: how an agent's tools ask: this API, in this process or of a running market.

Takes   an application or the address of a market; a key, or none.
Gives   `InProcess` and `Remote`, which answer requests as JSON; their descriptions.
Keeps   a refusal the market's own sentence. With a key each request is signed; the secret stands in
        no message. An answer is bounded, whoever gives it.
Source  Decision 0043; docs/how-to/members.md, "Sign a request".

    MarketError
    └── AgentRefused    what the market answers when it does not do it, or no answer
"""

import json
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from chiphour.adapters.auction_client import authorization
from chiphour.adapters.auction_client import read_key
from chiphour.adapters.refusal import bounded_detail
from chiphour.adapters.report_sources import url_from
from chiphour.observe.observation import MarketError

TIMEOUT_S = 120.0
ANSWER_BYTES_MAX = 4 << 20
OPENAPI = "/schema/openapi.json"
OPENRPC = "/schema/openrpc.json"


class AgentRefused(MarketError):
    """What the market answers when it does not do it, or no answer."""


class AgentApi:
    """Asks one market. Each question has a connection of its own: any event loop may ask."""

    def __init__(
        self,
        client: Callable[[], httpx.AsyncClient],
        where: str,
        key: tuple[str, str] | None = None,
    ) -> None:
        """Ask by what `client` opens; `key` is an id and a secret."""
        self._client, self._where, self._key = client, where, key

    @property
    def has_key(self) -> bool:
        """Tell whether requests are signed."""
        return self._key is not None

    async def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        signed: bool = False,
    ) -> Any:
        """Ask, and give the JSON that is answered; raises AgentRefused with the market's words."""
        content = b"" if body is None else json.dumps(body).encode()
        async with self._client() as client:
            asked = client.build_request(method, path, params=query or None, content=content)
            if body is not None:
                asked.headers["content-type"] = "application/json"
            if signed:
                assert self._key is not None
                target = asked.url.raw_path.decode("ascii")
                asked.headers["authorization"] = authorization(*self._key, method, target, content)
            try:
                answer = await client.send(asked)
            except (httpx.HTTPError, httpx.InvalidURL) as fault:
                words = f"{self._where}: expected a market to answer, found {type(fault).__name__}"
                raise AgentRefused(words) from None
        return self._read(answer, path)

    def _read(self, answer: httpx.Response, path: str) -> Any:
        if len(answer.content) > ANSWER_BYTES_MAX:
            raise AgentRefused(
                f"{path}: expected an answer of at most {ANSWER_BYTES_MAX} bytes, found "
                f"{len(answer.content)}: ask for less"
            )
        try:
            found = answer.json()
        except ValueError:
            raise AgentRefused(
                f"{path}: expected JSON, found status {answer.status_code}"
            ) from None
        fault = found.get("error") if isinstance(found, dict) else None
        if not answer.is_success or fault is not None:
            raise AgentRefused(_words(fault) or f"{path}: found status {answer.status_code}")
        return found


def _words(fault: Any) -> str:
    """Give the sentence of a fault: of the API, or of JSON-RPC."""
    if isinstance(fault, dict):
        data = fault.get("data")
        reason = data.get("reason", "") if isinstance(data, dict) else ""
        return bounded_detail(": ".join(filter(None, (str(fault.get("message", "")), str(reason)))))
    return bounded_detail(str(fault)) if fault else ""


def in_process(app: Litestar) -> AgentApi:
    """Ask an application of this process."""
    here: Any = app
    transport = httpx.ASGITransport(here)
    return AgentApi(lambda: httpx.AsyncClient(transport=transport, base_url="http://here"), "here")


def remote(url: str, key: Path | None = None) -> AgentApi:
    """Ask a running market, signed where there is a key; raises KeyFileRefused, AgentRefused."""
    if url_from(url) is None:
        raise AgentRefused(f"url: expected the address of a market, found {url[:100]!r}")
    made = None if key is None else read_key(key)
    return AgentApi(lambda: httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S), url, made)
