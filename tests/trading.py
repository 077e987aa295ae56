"""TRADING: a real market with its doors open, on loopback, for tests that trade through them.

Takes   a folder.
Gives   `trading`, a context: the address, members with keys, the market behind it.
Keeps   everything real: journal, sequencer, kernel, server, sockets. No recordings are read, so it
        is ready within a second: one perpetual on a fix that it is told, and contracts beside it
        where they are asked for, marked as told.
Source  Decision 0035.
"""

import threading
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import asynccontextmanager
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

from chiphour.adapters.budget import Rate
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.market import KEPT_NS
from chiphour.adapters.market import Market
from chiphour.adapters.serve.fix import FixDoor
from chiphour.adapters.serve.http import create_app
from chiphour.adapters.serve.run import serve
from chiphour.adapters.serve.trading import Trading
from chiphour.adapters.serve.web import with_page
from chiphour.adapters.shown import Shown
from chiphour.contracts import table
from chiphour.contracts.average import Average
from chiphour.contracts.basis import Basis
from chiphour.contracts.basis import Leg
from chiphour.contracts.future import Future
from chiphour.contracts.perpetual import Perpetual
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.compose import listing
from chiphour.index.series import BY_TICKER
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.wire.key import SCOPES

TICKER = "CHR.H100.SXM.OD"
NAME = "H100SXMOD_USDC-PERPETUAL"
INDEX_MICROUSD = 3_000_000
TICKER_H200 = "CHR.H200.SXM.OD"
INDEX_H200_MICROUSD = 3_600_000
STRIKE_NS = 20_655 * NS_PER_DAY + STRIKE_OFFSET_NS  # 2026-07-21.
UNBOUND = Rate(100_000, 100_000)
DEPOSIT_MICROUSD = 1_000_000 * 1_000_000


def contracts_beside() -> tuple[Future, Basis, Average, Perpetual]:
    """Give one of each kind: a future, a basis below zero, an average, an hourly perpetual."""
    h100, h200 = BY_TICKER[TICKER].number, BY_TICKER[TICKER_H200].number
    end = date(2026, 8, 31)
    return (
        Future(TICKER, h100, end),
        Basis(Leg(TICKER, h100), Leg(TICKER_H200, h200), end),
        Average(TICKER, h100, end),
        Perpetual(TICKER_H200, h200, index_ticks=20),
    )


class Member(NamedTuple):
    """A member with a key that may do everything."""

    account: int
    key: str
    secret: str


class Floor(NamedTuple):
    """A market that serves."""

    url: str
    market: Market
    gateway: Gateway
    keys: KeyRing
    trading: Trading
    members: tuple[Member, ...]
    fix_port: int = 0

    @property
    def socket_url(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/ws/api/v2"

    def mark(self, index_microusd: int = 0) -> None:
        """Tell the index: a tick, or that the last one still holds."""
        number = BY_TICKER[TICKER].number
        row = command(Kind.MARK, index=number, fit=Quality.LIVE, value_microusd=index_microusd)
        self.market.submit(commands([row]))


def opening(accounts, terms=None, beside=()):
    """Give the commands that open the market and pay members in."""
    number, other = BY_TICKER[TICKER].number, BY_TICKER[TICKER_H200].number
    indexes = {number: INDEX_MICROUSD} | ({other: INDEX_H200_MICROUSD} if beside else {})
    rows = []
    for index, value_microusd in indexes.items():
        fixing = {"index": index, "strike_ns": STRIKE_NS, "value_microusd": value_microusd}
        vintage = Vintage.PROVISIONAL
        rows.append(command(Kind.FIXING, vintage=vintage, time_ns=STRIKE_NS, fit=1, **fixing))
    for place, contract in enumerate((Perpetual(TICKER, number), *beside)):
        row = list(contract.lower())
        row[table.OPENING_CALL_S] = 0
        for column, value in (terms or {}).items():
            row[column] = value
        rows += list(listing(place, tuple(row)))
    for account in accounts:
        rows.append(command(Kind.OPEN_ACCOUNT, account=account))
        rows.append(command(Kind.DEPOSIT, account=account, amount_microusd=DEPOSIT_MICROUSD))
    for index, value_microusd in indexes.items():
        told = value_microusd if beside else 0
        rows.append(command(Kind.MARK, index=index, fit=Quality.LIVE, value_microusd=told))
    return commands(rows)


@contextmanager
def trading(
    folder: Path,
    members: int = 2,
    rate: Rate = UNBOUND,
    terms=None,
    history_ns=KEPT_NS,
    beside=(),
    known: Sequence[Member] = (),
    port: int = 0,
    key=None,
    fix: bool = False,
    page: bool = False,
    **ring,
) -> Iterator[Floor]:
    """Open a market in `folder`, or one that was there before, and serve it.

    `beside` are contracts beside the perpetual; `known` are members who have their keys already;
    `key` is what their keys have of their own; with `fix` there is a door for FIX too, with
    `page` the web page that was built.
    """
    gateway = Gateway(rate=rate)
    accounts = [1000 + number for number in range(members)]
    folder.mkdir(parents=True, exist_ok=True)
    keys = KeyRing(folder, **ring)
    door = FixDoor(gateway, folder, keys) if fix else None  # It hears from the start.
    with Market(folder, False, history_ns, gateway.hear) as market:
        if market.sequence == 0:
            events = market.submit(opening(accounts, terms, beside))
            assert not (events[:, e.KIND] == e.Kind.REFUSED).any()
        named = known or [
            Member(account, *_made(keys.create(f"member {account}", account, SCOPES, **key or {})))
            for account in accounts
        ]
        doors = Trading(gateway, market, keys)
        ready, address = threading.Event(), []

        def on_ready(url: str) -> None:
            address.append(url)
            ready.set()

        server = Server(doors, market, on_ready, port, door, page)
        server.start()
        assert ready.wait(60)
        found = (market, gateway, keys, doors, tuple(named), server.fix_port)
        try:
            yield Floor(address[0], *found)
        finally:
            server.stop()
            keys.close()


class Server(threading.Thread):
    """The web server on a thread of its own."""

    def __init__(
        self, doors: Trading, market: Market, on_ready, port: int = 0, fix=None, page: bool = False
    ) -> None:
        super().__init__(name="server", daemon=True)
        self._doors, self._market, self._on_ready = doors, market, on_ready
        self._port, self._fix, self._page = port, fix, page
        self._end = threading.Event()
        self.fix_port = 0

    @asynccontextmanager
    async def _fix_too(self, app):
        if self._fix is None:
            yield
        else:
            async with self._fix.serve(port=0) as self.fix_port:
                yield

    def run(self) -> None:
        shown = Shown(self._market)
        app = create_app(shown, [self._doors.lifespan, self._fix_too])
        serve(
            self._doors.around(with_page(app, shown) if self._page else app),
            port=self._port,
            on_ready=self._on_ready,
            sockets=self._doors.protocol,
            end=self._end,
        )

    def stop(self) -> None:
        self._end.set()
        self.join(20)
        assert not self.is_alive()


def _made(made):
    key, secret = made
    return key.id, secret
