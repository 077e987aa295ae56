"""GATEWAY FLOOR: a market with its doors open, as a process of its own, for the benchmark to ask.

Takes   the floor of tests/trading.py; a folder; the word `fix` where that door is to be open too.
Gives   one line: the address and the members with their keys. Market time goes on each second.
Keeps   one contract and two members, as wide as a flow of orders needs; everything else as it is
        for members. It ends when standard input does.
Source  Decision 0035.
"""

import json
import os
import resource
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import numpy as np

from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.index.series import BY_TICKER
from chiphour.units import NS_PER_SECOND
from trading import TICKER
from trading import UNBOUND
from trading import trading

HISTORY_NS = 10 * NS_PER_SECOND  # What the market remembers of events: a soak sees it level out.


def run(folder: Path, fix: bool) -> None:
    """Serve until standard input ends; with `fix`, that too."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with trading(folder, rate=UNBOUND, history_ns=HISTORY_NS, fix=fix) as floor:
        told = {
            "url": floor.socket_url,
            "http": floor.url,
            "port": floor.fix_port,
            "pid": os.getpid(),
            "members": [member._asdict() for member in floor.members],
        }
        print(json.dumps(told), flush=True)
        ended = threading.Event()
        ticking = threading.Thread(target=_tick, args=(floor, ended))
        ticking.start()
        sys.stdin.read()
        ended.set()
        ticking.join()


def _tick(floor, ended: threading.Event) -> None:
    """Let market time go on, a second each second."""
    number, time_ns = BY_TICKER[TICKER].number, floor.market.time_ns
    while not ended.wait(1):
        time_ns += NS_PER_SECOND
        row = command(Kind.MARK, index=number, fit=Quality.LIVE, time_ns=time_ns)
        floor.market.submit(np.asarray(commands([row])))


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2:] == ["fix"])
