"""RPC_CLIENT: a client of the dialect of a hundred lines: signs, asks, listens.

Takes   the address of a server, a member with its key.
Gives   `Caller`, over HTTP; `Socket`, over WebSocket, with what it was told of each channel.
Keeps   nothing of ours in it but the way to sign: it would find out what another client finds out.
Source  Deribit's API v2; docs/api.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import secrets
import time
from urllib.parse import urlencode

import httpx
from websockets.asyncio.client import connect

_NONCES = itertools.count()


def signed(member, method: str, target: str, body: bytes = b"") -> dict[str, str]:
    """Give the header that proves a request."""
    stamp, nonce = str(time.time_ns() // 10**6), f"{secrets.token_hex(8)}{next(_NONCES)}"
    text = f"{stamp}\n{nonce}\n{method}\n{target}\n".encode() + body + b"\n"
    signature = hmac.new(member.secret.encode(), text, hashlib.sha256).hexdigest()
    words = f"id={member.key},ts={stamp},sig={signature},nonce={nonce}"
    return {"Authorization": f"deri-hmac-sha256 {words}"}


class Refused(Exception):
    """An answer with an error."""

    def __init__(self, error) -> None:
        super().__init__(f"{error['code']} {error['message']}: {error['data']}")
        self.code, self.data = error["code"], error["data"]


def result_of(answer):
    """Give the result of an answer; raises Refused."""
    if "error" in answer:
        raise Refused(answer["error"])
    return answer["result"]


class Caller:
    """A member, or nobody, who asks over HTTP by GET."""

    def __init__(self, url: str, member=None) -> None:
        self._client = httpx.Client(base_url=url)
        self._member = member

    def __call__(self, method: str, **params):
        target = f"/api/v2/{method}" + (f"?{urlencode(params)}" if params else "")
        headers = signed(self._member, "GET", target) if self._member else {}
        return result_of(self._client.get(target, headers=headers).json())


class Socket:
    """A member, or nobody, with an open connection. Use it as an async context."""

    def __init__(self, url: str, member=None) -> None:
        self._url, self._member = url, member
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future] = {}
        self.told: dict[str, list] = {}
        self.beats: list = []

    async def __aenter__(self):
        self.wire = await connect(self._url, compression=None, max_size=None)
        self._reading = asyncio.create_task(self._read())
        if self._member is not None:
            await self.sign_in()
        return self

    async def __aexit__(self, *fault) -> None:
        await self.wire.close()
        await self._reading

    async def sign_in(self):
        stamp, nonce = time.time_ns() // 10**6, secrets.token_hex(8)
        text = f"{stamp}\n{nonce}\n".encode()
        signature = hmac.new(self._member.secret.encode(), text, hashlib.sha256).hexdigest()
        proof = {"client_id": self._member.key, "timestamp": stamp, "signature": signature}
        grant = {"grant_type": "client_signature", "nonce": nonce, "data": ""}
        return await self("public/auth", **grant, **proof)

    def ask(self, method: str, **params) -> asyncio.Future:
        """Send a request; give the future of its result."""
        number = next(self._ids)
        self._answers[number] = asyncio.get_running_loop().create_future()
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self._sending = asyncio.ensure_future(self.wire.send(json.dumps(request)))
        return self._answers[number]

    async def __call__(self, method: str, **params):
        return await asyncio.wait_for(self.ask(method, **params), 20)

    async def messages(self, channel: str, count: int) -> list:
        """Wait until a channel has told so many messages; give all."""
        for _ in range(2_000):
            if len(self.told.get(channel, ())) >= count:
                return self.told[channel]
            await asyncio.sleep(0.005)
        raise AssertionError(f"{channel}: expected {count}, found {self.told.get(channel)}")

    async def _read(self) -> None:
        async for text in self.wire:
            message = json.loads(text)
            if message.get("method") == "subscription":
                params = message["params"]
                self.told.setdefault(params["channel"], []).append(params["data"])
            elif message.get("method") == "heartbeat":
                self.beats.append(message["params"]["type"])
            else:
                future = self._answers.pop(message["id"], None)
                if future is None:
                    raise AssertionError(message)
                try:
                    future.set_result(result_of(message))
                except Refused as refused:
                    future.set_exception(refused)
