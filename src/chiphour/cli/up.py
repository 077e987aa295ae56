"""UP: `chiphour up`, the main job: the whole market from the shipped recordings, served.

Takes   a data folder (made at the first start), a port.
Gives   `ready http://127.0.0.1:PORT` once a request would be answered; at the end, after Ctrl-C
        or SIGTERM, the number of commands and the digest of the state.
Keeps   the journal: a second start goes on where the first one stopped.
Source  Decision 0011.
"""

import logging
import signal
import sys
from contextlib import suppress
from typing import Annotated

import typer

from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.live import live
from chiphour.adapters.log import FOLDER
from chiphour.adapters.log import LogReader
from chiphour.adapters.market import Market
from chiphour.adapters.serve.http import create_app
from chiphour.adapters.serve.run import listen
from chiphour.adapters.serve.run import serve as serve_app
from chiphour.adapters.shown import Shown
from chiphour.cli.options import DataOption
from chiphour.cli.options import data_folder
from chiphour.cli.progress import Bar
from chiphour.day import run_day

PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands `up` and `serve`."""
    app.command("up")(up)
    app.command("serve")(serve)


def up(data: DataOption = None, port: PortOption = 8080) -> None:
    """Load the recordings, fix every day, open the market with demonstration members, serve."""
    run(data, port, demonstration=True)


def serve(data: DataOption = None, port: PortOption = 8080) -> None:
    """Serve the market without the demonstration members."""
    run(data, port, demonstration=False)


def run(data: DataOption, port: int, demonstration: bool) -> None:
    """Bring the market to the present of its recordings, then serve it until it is stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # A stop is a stop from the start.
    listen("127.0.0.1", port).close()  # A port in use is told before the work, not after it.
    logging.basicConfig(level=logging.WARNING, format="chiphour: %(message)s", stream=sys.stderr)
    with Market(data_folder(data), demonstration=demonstration) as market:
        with suppress(KeyboardInterrupt):  # Asked to stop before it was ready.
            prepare(market)
            with live(market):
                log = LogReader(market.folder / FOLDER)
                shown = Shown(market, log=log, vkey=market.log.key.text)
                serve_app(create_app(shown), port=port)
        print(f"stopped after {market.sequence} commands, digest {market.digest()}")


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
