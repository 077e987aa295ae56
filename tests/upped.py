"""UPPED: the market of `chiphour up` in a process of its own, and its operator.

Takes   a folder of its own.
Gives   `up`, which serves it for as long as it is held; `Site`: members, runs, what is shown last.
Keeps   the page that was built, or none: who looks at it builds it first.
Source  Decisions 0034 and 0041.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import datetime
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from typing import NamedTuple

import httpx

from chiphour.adapters.server_file import read_server

RUN_HOURS = 4
LATE_S = 240  # How long the first report and the first cleared run may take on a busy machine.
NUMBERS = count(1)


class Site(NamedTuple):
    """A served market: where it answers, its folder, its operator."""

    address: str
    folder: Path
    operator: httpx.Client

    def joined(
        self, name: str, deposit_usd: str = "100000", scopes: Sequence[str] = ("read",)
    ) -> dict[str, Any]:
        """Let a member join; give what is answered, its key with the secret."""
        body = {"name": name, "deposit_usd": deposit_usd, "scopes": list(scopes)}
        answer = self.operator.post("/api/members", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def member(
        self, name: str, deposit_usd: str = "100000", scopes: Sequence[str] = ("read",)
    ) -> tuple[str, str]:
        """Let a member join; give the id and the secret of its key."""
        made = self.joined(name, deposit_usd, scopes)
        return made["key"]["id"], made["secret"]

    def announced(self, open_s: float, place: str = "browser") -> int:
        """Announce a run of a product of its own that takes bids for so many seconds."""
        now = datetime.fromisoformat(self.operator.get("/api/auction/runs").json()["time"])
        opens = now.replace(microsecond=0)
        closes = iso(opens + timedelta(seconds=open_s))
        number = next(NUMBERS)
        delivery = opens.replace(hour=0, minute=0, second=0) + timedelta(days=5)
        region = f"{place}{number}"
        product = {"chip": "H100", "domain": "node8", "region": region, "domain_chips": 8}
        settings = {
            "schema": "chiphour.auction.run/2",
            "run": number,
            "kind": "day-ahead",
            "pricing": "ip",
            "rent_account": 1,
            "sponsor_account": 1,
            "delivery": {"from": iso(delivery), "step_minutes": 60, "intervals": RUN_HOURS},
            "price": {"floor": "0", "cap": "100"},
            "tiers": [{"tier": "od", "pi": "0", "beta": "1"}],
            "products": [product],
            "arcs": [],
            "bids": [],
        }
        times = {"opens": iso(opens), "closes": closes, "discloses": closes}
        body = {"settings": settings, "delivers": False, **times}
        answer = self.operator.post("/api/auction/runs", json=body)
        assert answer.status_code == 201, answer.text
        return number

    def run_in(self, state: str, number: int | None = None) -> int:
        """Wait for a run in a state: the one of a number, else the newest demonstration's."""
        until = time.monotonic() + LATE_S
        while time.monotonic() < until:
            for run in self.operator.get("/api/auction/runs").json()["runs"]:
                own = run["products"][0].endswith("/demonstration")
                wanted = own if number is None else run["run"] == number
                if run["state"] == state and wanted:
                    return int(run["run"])
            time.sleep(0.5)
        raise AssertionError(f"expected a run that is {state}, found none")

    def last_report(self) -> str:
        """Wait for a report; give the day of the last one."""
        until = time.monotonic() + LATE_S
        while time.monotonic() < until:
            answer = self.operator.get("/api/report")
            if answer.status_code == 200:
                return str(answer.json()["date"])
            time.sleep(0.5)
        raise AssertionError("expected a report, found none")


def iso(when: datetime) -> str:
    """Give a time in UTC as the API has it."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def up(folder: Path) -> Iterator[Site]:
    """Serve the market of `chiphour up` on a free port."""
    start = "from chiphour.cli import main; main()"
    command = [sys.executable, "-c", start, "up", "--port", "0", "--data", str(folder)]
    with (folder / "up.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        first = process.stdout.readline()
        assert first.startswith("ready "), (folder / "up.log").read_text()[-2000:]
        address = first.removeprefix("ready ").strip()
        bearer = {"Authorization": f"Bearer {read_server(folder).token}"}
        with httpx.Client(base_url=address, headers=bearer, timeout=30) as operator:
            yield Site(address, folder, operator)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        process.stdout.close()
