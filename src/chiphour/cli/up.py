"""UP: `chiphour up`, the main job: the whole market from the shipped recordings, served.

Takes   a data folder (made at the first start), a port; `serve --live` the venues themselves.
Gives   `ready http://127.0.0.1:PORT` once a request would be answered; at the end, after Ctrl-C
        or SIGTERM, the number of commands and the digest of the state.
Keeps   the journal: a second start goes on where the first one stopped.
Source  Decisions 0011 and 0033.
"""

import logging
import os
import signal
import sys
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import time_ns
from typing import Annotated

import typer

from chiphour.adapters.auction_demonstration import AuctionDemonstration
from chiphour.adapters.auction_house import AuctionHouse
from chiphour.adapters.calendar import calendar
from chiphour.adapters.collection import collect_until
from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.index_clock import GRACE_NS
from chiphour.adapters.live import live as going_on
from chiphour.adapters.log import FOLDER
from chiphour.adapters.log import LogReader
from chiphour.adapters.market import Market
from chiphour.adapters.market_time import PacedTime
from chiphour.adapters.realtime import RealTimeIndex
from chiphour.adapters.report_model import ModelMissing
from chiphour.adapters.report_model import model_from
from chiphour.adapters.reporter import Reporter
from chiphour.adapters.serve.market_server import Folds
from chiphour.adapters.serve.market_server import serve_market
from chiphour.adapters.serve.run import Tls
from chiphour.adapters.serve.run import listen
from chiphour.adapters.shown import Shown
from chiphour.adapters.supervisor import Supervisor
from chiphour.cli.options import DataOption
from chiphour.cli.options import data_folder
from chiphour.cli.progress import Bar
from chiphour.day import run_day

TlsOption = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--tls", metavar="CERT KEY", help="A certificate with its chain, its key: PEM."),
]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")]
FixOption = Annotated[
    int | None,
    typer.Option("--fix-port", min=0, max=65535, help="Serve FIX 4.4 too; 0 takes a free port."),
]
LiveOption = Annotated[
    bool, typer.Option("--live", help="Collect from the venues, and trade at the wall's time.")
]
AlertHostOption = Annotated[
    list[str] | None,
    typer.Option("--alert-host", metavar="HOST[:PORT]", help="Alerts may be sent to it; repeat."),
]
BaseOption = Annotated[
    str, typer.Option("--base-url", help="Ask this address in place of every venue's own.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands `up` and `serve`."""
    app.command("up")(up)
    app.command("serve")(serve)


def up(
    data: DataOption = None,
    port: PortOption = 8080,
    fix_port: FixOption = None,
    alert_host: AlertHostOption = None,
) -> None:
    """Load the recordings, fix every day, open the market with demonstration members, serve."""
    run(data, port, demonstration=True, fix_port=fix_port, alert_hosts=alert_host or ())


def serve(
    data: DataOption = None,
    port: PortOption = 8080,
    live: LiveOption = False,
    base_url: BaseOption = "",
    tls: TlsOption = None,
    fix_port: FixOption = None,
    alert_host: AlertHostOption = None,
) -> None:
    """Serve the market without the demonstration members."""
    secure = None if tls is None else Tls(*tls)
    run(data, port, False, live, base_url, secure, fix_port, alert_host or ())


def run(
    data: DataOption,
    port: int,
    demonstration: bool,
    live: bool = False,
    base_url: str = "",
    tls: Tls | None = None,
    fix_port: int | None = None,
    alert_hosts: Sequence[str] = (),
) -> None:
    """Bring the market to the present of its recordings, then serve it until it is stopped.

    `live` leaves the recordings alone: its present is the wall's, and what is fixed is collected.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # A stop is a stop from the start.
    listen("127.0.0.1", port).close()  # A port in use is told before the work, not after it.
    logging.basicConfig(level=logging.WARNING, format="chiphour: %(message)s", stream=sys.stderr)
    folder = data_folder(data)
    with (
        Folds(folder, fix=fix_port is not None) as folds,
        Market(folder, demonstration, hear=folds.hear) as market,
    ):
        with suppress(KeyboardInterrupt):  # Asked to stop before it was ready.
            if not live:
                prepare(market)
            realtime = RealTimeIndex(market.archive)
            house = folds.house(market)
            tend = tended(house, folds, market) if demonstration else house.tend
            with clock_of(market, realtime, tend, live, base_url) as clock:
                log, vkey = LogReader(market.folder / FOLDER), market.log.key.text
                now_ns = clock.now_ns if live else None
                shown = Shown(market, now_ns, log, vkey, clock.rows, realtime)
                hosts = frozenset(alert_hosts)
                serve_market(shown, market, folds, port, tls, fix_port or 0, house, hosts)
        print(f"stopped after {market.sequence} commands, digest {market.digest()}")


def clock_of(
    market: Market, realtime: RealTimeIndex, tend: Callable[[], None], live: bool, base_url: str
) -> AbstractContextManager[Supervisor]:
    """Give the clock of a market: from its own present on, or, live, from the wall's."""
    report = reporter_of(market, live).keep
    if not live:
        return going_on(market, realtime=realtime, tend=tend, report=report)
    time = PacedTime(max(time_ns(), market.time_ns))
    collect = partial(collect_until, market.archive, base_url, os.environ)
    entries = calendar(grace_ns=GRACE_NS)
    return going_on(market, time, entries, realtime, collect, tend=tend, report=report)


def reporter_of(market: Market, live: bool) -> Reporter:
    """Give what makes the daily reports: live, with news and a model's words where there is a key.

    A replay is worded by us alone: nobody outside is asked about a day that is past.
    """
    if not live:
        return Reporter(market.archive, market.now_ns)
    try:
        write = model_from(os.environ)
    except ModelMissing as fault:
        logging.getLogger(__name__).warning("report: worded by us: %s", fault)
        write = None
    return Reporter(market.archive, market.now_ns, write=write, secrets=os.environ, wall_ns=time_ns)


def tended(house: AuctionHouse, folds: Folds, market: Market) -> Callable[[], None]:
    """Give what is due of the runs, with those in which the demonstration members bid."""
    shown = AuctionDemonstration(
        house.auctioneer, folds.auctions.runs, market.now_ns, market.previous
    )

    def tend() -> None:
        shown.tend()
        house.tend()

    return tend


def prepare(market: Market) -> None:
    """Ingest, fix all recorded days, and replay all but the last of them."""
    with Bar("reading recordings") as bar:
        ingest_shipped(market.archive, bar.show)
    with Bar("fixing every day") as bar:
        last = market.fix_days(None, bar.show)
    waiting = market.waiting_days(last)
    with Bar("replaying market days") as bar:
        for done, day in enumerate(waiting, 1):
            run_day(day, market)
            bar.show(done, len(waiting))
