"""FIX FLOOR: a real market with the door for FIX open, on loopback.

Takes   a data folder, new or used before.
Gives   `fix_floor`, a context: the port, members with keys, the market and its gateway.
Keeps   everything real: journal, sequencer, kernel, TCP. The loop runs on a thread of its own, as
        that of the web server does.
Source  Decision 0032.
"""

import asyncio
import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chiphour.adapters.gateway import Gateway
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.market import Market
from chiphour.adapters.serve.fix import FixDoor
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.index.series import BY_TICKER
from chiphour.wire.key import SCOPES
from trading import TICKER
from trading import Member
from trading import opening


class FixFloor:
    """A market that serves FIX."""

    def __init__(self, folder, market, gateway, keys, door):
        self.folder, self.market, self.gateway = folder, market, gateway
        self.keys, self.door = keys, door
        self.port = 0
        self.members: list[Member] = []
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._fault = None
        self._thread = threading.Thread(target=self._run, name="fix", daemon=True)

    def start(self, **options):
        self._options = {"port": 0} | options
        self._thread.start()
        assert self._ready.wait(20)
        if self._fault:
            raise self._fault

    def stop(self):
        self.loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20)
        assert not self._thread.is_alive()
        if self._fault:
            raise self._fault

    def on_loop(self, call):
        """Call on the loop; give what it gives."""
        done = asyncio.run_coroutine_threadsafe(_called(call), self.loop)
        return done.result(20)

    def submit(self, *rows):
        """Send commands by another door."""
        return self.market.submit(commands(rows))

    def mark(self, microusd):
        number = BY_TICKER[TICKER].number
        self.submit(command(Kind.MARK, index=number, fit=Quality.LIVE, value_microusd=microusd))

    def member(self, account, scopes=SCOPES, **more):
        key, secret = self.keys.create("m", account, scopes, **more)
        return Member(account, key.id, secret)

    def _run(self):
        try:
            asyncio.run(self._serve())
        except Exception as fault:
            self._fault = fault
            self._ready.set()

    async def _serve(self):
        self.loop = asyncio.get_running_loop()
        self.gateway.open(self.market, self.loop)
        try:
            async with self.door.serve(**self._options) as self.port:
                self._ready.set()
                await self._end.wait()
        finally:
            self.gateway.close()


async def _called(call):
    found = call()
    return await found if asyncio.iscoroutine(found) else found


@contextmanager
def fix_floor(folder: Path, accounts=(1000, 1001), serves=None, **options) -> Iterator[FixFloor]:
    """Open a market in `folder` and serve FIX; `options` are the door's, `serves` its server's."""
    gateway = Gateway()
    keys = KeyRing(folder)
    door = FixDoor(gateway, folder, keys, **options)
    with Market(folder, demonstration=False, hear=gateway.hear) as market:
        if market.sequence == 0:
            events = market.submit(opening(accounts))
            assert not (events[:, e.KIND] == e.Kind.REFUSED).any()
        floor = FixFloor(folder, market, gateway, keys, door)
        floor.start(**(serves or {}))
        try:
            yield floor
        finally:
            floor.stop()
            keys.close()


_NONCES = iter(range(1, 1 << 40))


def signed_logon(member) -> list[tuple[int, str]]:
    """Give the fields that sign a Logon: Username, RawData with its length, Password."""
    raw = f"{time.time_ns() // 1_000_000}.n{next(_NONCES)}"
    digest = hashlib.sha256((raw + member.secret).encode()).digest()
    return [
        *((95, str(len(raw))), (96, raw)),
        *((553, member.key), (554, base64.b64encode(digest).decode())),
    ]
