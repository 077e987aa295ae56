"""MARKET SERVER: a market served whole, with all that hears it from its beginning.

Takes   a data folder; the market in it; a port, a certificate.
Gives   `Folds`, which hears the market; `serve_market`, until it is stopped.
Keeps   one order: what is kept of the market hears a frame before the gateway does, so whoever has
        an answer finds it everywhere. While requests are answered, commands of this machine find
        the server by a file that is nobody else's.
Source  Decisions 0034 and 0035.
"""

import ssl
import sys
import time
from collections.abc import AsyncIterator
from collections.abc import Set
from contextlib import ExitStack
from contextlib import asynccontextmanager
from contextlib import closing
from pathlib import Path
from types import TracebackType

from litestar import Litestar

from chiphour.adapters.alert_desk import AlertDesk
from chiphour.adapters.alerts import Alerts
from chiphour.adapters.auction_house import AuctionHouse
from chiphour.adapters.auctions import Auctions
from chiphour.adapters.cash_events import CashEvents
from chiphour.adapters.commit import Told
from chiphour.adapters.daily import Daily
from chiphour.adapters.exchange_meter import ExchangeMeter
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.market import Market
from chiphour.adapters.members import Members
from chiphour.adapters.members import MemberUnknown
from chiphour.adapters.meters import Meters
from chiphour.adapters.serve.alerts_api import alerting
from chiphour.adapters.serve.fix import HOST
from chiphour.adapters.serve.fix import FixDoor
from chiphour.adapters.serve.http import create_app
from chiphour.adapters.serve.index_app import Lifespan
from chiphour.adapters.serve.market_view import MarketView
from chiphour.adapters.serve.office import opens_office
from chiphour.adapters.serve.run import Tls
from chiphour.adapters.serve.run import allow_many_files
from chiphour.adapters.serve.run import announce
from chiphour.adapters.serve.run import serve
from chiphour.adapters.serve.tending import tends
from chiphour.adapters.serve.trading import Trading
from chiphour.adapters.serve.web import with_page
from chiphour.adapters.server_file import Found
from chiphour.adapters.server_file import new_token
from chiphour.adapters.server_file import remove_server
from chiphour.adapters.server_file import write_server
from chiphour.analyse.questions import Answers
from chiphour.index.series import BY_TICKER
from chiphour.wire.key import Key

MESSAGE_COST = 1


class Folds:
    """All that hears a market from its journal's beginning. Use it as a context."""

    def __init__(self, folder: Path, *, fix: bool = False) -> None:
        """Begin before the first frame; with `fix` a door for FIX hears too."""
        self.folder = folder
        self.gateway, self.members, self.meter = Gateway(), Members(), ExchangeMeter()
        self._stack = ExitStack()
        self.cash_events = self._stack.enter_context(closing(CashEvents(folder)))
        self._daily = self._stack.enter_context(Daily(folder))
        self.auctions = self._stack.enter_context(closing(Auctions(folder)))
        self.keys = self._stack.enter_context(closing(KeyRing(folder)))
        self.alerts = self._stack.enter_context(closing(Alerts(folder)))
        self.fix: FixDoor | None = None
        if fix:
            self.fix = FixDoor(
                self.gateway,
                folder,
                self.keys,
                accounts_of=self._group_of,
                allow=self._spend,
            )

    def __enter__(self) -> "Folds":
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Let go of its files."""
        self._stack.close()

    def hear(self, told: Told) -> None:
        """Hear a frame; on the thread of whoever tells it."""
        self.members.hear(told)
        self.meter.hear(told)
        self.cash_events.hear(told)
        self._daily.hear(told)
        self.auctions.hear(told)
        self.gateway.hear(told)

    def house(self, market: Market) -> AuctionHouse:
        """Give the auction house of the market that these have heard."""
        return AuctionHouse(self.auctions, market, self.members)

    def _group_of(self, key: Key) -> frozenset[int]:
        """Give the accounts whose reports a drop copy has: the member's own, and its kin."""
        try:
            kin = self.members.group(self.members.of(key.account))
        except MemberUnknown:
            return frozenset({key.account})
        return frozenset(each.account for each in kin)

    def _spend(self, account: int, msg_type: str) -> str:
        """Take the cost of a message from its account's credits, or say why not."""
        return self.gateway.budgets.spend(account, MESSAGE_COST, time.time_ns())


def serve_market(
    shown: MarketView,
    market: Market,
    folds: Folds,
    port: int,
    tls: Tls | None = None,
    fix_port: int = 0,
    house: AuctionHouse | None = None,
    alert_hosts: Set[str] = frozenset(),
) -> None:
    """Serve a market until SIGTERM or SIGINT; raises as `run.serve` does.

    `fix_port` is that of the door for FIX, where `folds` has one; 0 takes a free one. `house` is
    one that the market's calendar tends; without one the server has its own, and tends it. Alerts
    are sent to `alert_hosts`, and for the operator to this machine.
    """
    allow_many_files()
    token, meters = new_token(), Meters()
    folds.meter.add_to(meters, lambda: market.queued_rows)

    def ready(address: str) -> None:
        write_server(folds.folder, Found(address, token))
        announce(address)

    desk = AlertDesk(folds.alerts, lambda: judging(shown), alert_hosts)
    doors = Trading(folds.gateway, market, folds.keys, desk.families)
    hub, feed = doors.hub, doors.feed
    meters.gauge("chiphour_sockets", "Open WebSockets.", lambda: len(hub.connections))
    meters.counter("chiphour_sockets_let_go", "Ended by us.", lambda: sum(hub.let_go.values()))
    meters.counter("chiphour_deliveries", "Messages of channels.", lambda: feed.delivered)
    own = house or folds.house(market)
    office = opens_office(
        folds.folder,
        token,
        lambda app: folds.gateway,
        folds.members,
        folds.cash_events,
        own.auctioneer,
        folds.gateway,
    )
    opened = [doors.lifespan, office, alerting, *([] if house else [tends(own)])]
    if folds.fix is not None:
        opened.append(_opens_fix(folds.fix, fix_port, tls))
    app = create_app(shown, opened)
    app.state.meters, app.state.alerts = meters, desk
    around, sockets = doors.around(with_page(app, shown)), doors.protocol
    try:
        serve(around, port=port, on_ready=ready, sockets=sockets, tls=tls, meters=meters)
    finally:
        remove_server(folds.folder, token)


def judging(shown: MarketView) -> tuple[Answers, dict[str, bool]]:
    """Give what rules are judged by: the hour's answers, and which series the last strike left.

    Raises TimeUnknown where there is no price yet.
    """
    answers = shown.signals().judged().answers
    days = shown.days()
    fixings = shown.day_fixings(days[-1]) if days else ()
    without = {BY_TICKER[each.series].slug: each.state == "suppressed" for each in fixings}
    return answers, without


def _opens_fix(door: FixDoor, port: int, tls: Tls | None) -> Lifespan:
    """Give a lifespan in which FIX is served, and its address said."""
    secure = None
    if tls is not None:
        secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secure.load_cert_chain(tls.certificate, tls.key)

    @asynccontextmanager
    async def opened(app: Litestar) -> AsyncIterator[None]:
        async with door.serve(port=port, tls=secure) as found:
            sys.stdout.write(f"fix {HOST}:{found}\n")
            yield

    return opened
