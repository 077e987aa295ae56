"""MARKET PROCESS: a market that serves, in a process of its own, until it is killed.

Takes   a data folder, a port; members that have their keys already, as JSON.
Gives   one line of JSON once requests are answered: the address, the members.
Keeps   the folder as the only memory: what is killed is opened again by what lies there.
Source  Decision 0036. Run by `Serving`: `python -m clients.market_process FOLDER PORT MEMBERS`.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from trading import Member
from trading import contracts_beside
from trading import trading

TESTS = Path(__file__).resolve().parent.parent


class Served(NamedTuple):
    """Where a market in another process is, and who trades there: what clients need of a floor."""

    url: str
    socket_url: str
    members: tuple[Member, ...]


class Serving:
    """A market in a process; `kill` leaves it as a loss of power would, `start` opens it again."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._members = folder, 0, ()
        self.kills = 0

    def start(self) -> Served:
        """Start it, at the address and for the members that there were."""
        words = [sys.executable, "-m", "clients.market_process", self._folder, self._port]
        words.append(json.dumps(self._members))
        self._process = subprocess.Popen(
            [*map(str, words)], cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        told = json.loads(self._process.stdout.readline())
        self._port = int(told["url"].rpartition(":")[2])
        self._members = told["members"]
        return Served(told["url"], told["socket"], tuple(Member(*m) for m in told["members"]))

    def kill(self) -> None:
        """Kill it with SIGKILL: it finishes nothing."""
        os.kill(self._process.pid, signal.SIGKILL)
        assert self._process.wait(20) == -signal.SIGKILL
        self._process.stdin.close()
        self._process.stdout.close()
        self.kills += 1


def main(folder: str, port: str, members: str) -> None:
    """Serve until standard input ends, or the process."""
    known = tuple(Member(*member) for member in json.loads(members))
    given = {"beside": contracts_beside(), "known": known, "key": {"idempotent_labels": True}}
    with trading(Path(folder), port=int(port), **given) as floor:
        told = {"url": floor.url, "socket": floor.socket_url, "members": floor.members}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        threading.Thread(target=sys.stdin.read).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
