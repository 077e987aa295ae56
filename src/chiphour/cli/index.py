"""INDEX: `chiphour index serve`: the index as a process of its own, with its own key and store.

Takes   a data folder, a port; with `--live` the venues themselves.
Gives   fixings of every recorded day, published and signed, and an API of them; with `--live` every
        strike that closes from then on.
Keeps   itself free of any exchange: it runs with that package deleted.
Source  docs/integrate/README.md; decision 0020.
"""

import logging
import os
import signal
import sys
import time
from contextlib import ExitStack
from contextlib import suppress
from typing import Annotated

import typer

from chiphour.adapters.archive import Archive
from chiphour.adapters.collection import Collecting
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.index_clock import index_clock
from chiphour.adapters.indexed import Indexed
from chiphour.adapters.log import FOLDER
from chiphour.adapters.log import Log
from chiphour.adapters.log import LogReader
from chiphour.adapters.log import open_log
from chiphour.adapters.realtime import RealTimeIndex
from chiphour.adapters.serve.index_app import create_index_app
from chiphour.adapters.serve.run import listen
from chiphour.adapters.serve.run import serve as serve_app
from chiphour.adapters.serve.web import with_page
from chiphour.adapters.ticking import ticking
from chiphour.cli.options import DataOption
from chiphour.cli.options import data_folder
from chiphour.cli.progress import Bar

app = typer.Typer(help="Run the index alone.")

PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")]
LiveOption = Annotated[
    bool, typer.Option("--live", help="Collect from the venues, and fix every strike that closes.")
]
BaseOption = Annotated[
    str, typer.Option("--base-url", help="Ask this address in place of every venue's own.")
]


def add_to(group: typer.Typer) -> None:
    """Add the command `index serve`."""
    group.add_typer(app, name="index")
    app.callback()(lambda: None)  # Keeps `serve` a word of its own.


@app.command("serve")
def serve(
    data: DataOption = None,
    port: PortOption = 8080,
    live: LiveOption = False,
    base_url: BaseOption = "",
) -> None:
    """Fix every day, publish and serve: no market, no members."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    listen("127.0.0.1", port).close()  # A port in use is told before the work, not after it.
    level = logging.INFO if live else logging.WARNING
    logging.basicConfig(level=level, format="chiphour: %(message)s", stream=sys.stderr)
    folder = data_folder(data)
    with ExitStack() as held, suppress(KeyboardInterrupt):
        archive = Archive(folder)
        held.callback(archive.close)
        log = open_log(folder)
        held.callback(log.close)
        vkey = log.key.text
        if live:
            held.enter_context(Collecting(archive, base_url, os.environ))
            held.enter_context(index_clock(archive, log, time.time_ns))
            realtime = RealTimeIndex(archive)
            held.enter_context(ticking(realtime, time.time_ns))
            shown = Indexed(
                archive, LogReader(folder / FOLDER), time.time_ns, realtime=realtime, vkey=vkey
            )
        else:
            publish_recorded(archive, log)
            shown = Indexed(archive, LogReader(folder / FOLDER), lambda: 0, vkey=vkey)
        serve_app(with_page(create_index_app(shown), shown), port=port)


def publish_recorded(archive: Archive, log: Log) -> None:
    """Fix every day that the recordings speak for, with the log."""
    with Bar("reading recordings") as bar:
        ingest_shipped(archive, bar.show)
    days = span(recorded(archive))
    with Bar("fixing every day") as bar:
        fix_range(archive, *days, progress=bar.show, log=log, now_ns=time.time_ns())
