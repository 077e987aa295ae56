"""BENCH WEB: what a person waits for: bytes and seconds to the release, frames of the terminal.

Takes   the page as it is built, `chiphour up` in a process of its own, Debian's chromium.
Gives   kilobytes that the first load of the release and of the terminal bring over the wire, with
        nothing kept from before; seconds until the release is drawn; frames a second, and the slow
        ones, while the book of the terminal changes a hundred times a second; how the page's memory
        grew meanwhile.
Keeps   a window of its own for each load. Two members change the book over WebSocket, each change
        durable; memory is read after the browser has collected its garbage.
Source  Decision 0041. `--minutes` says how long the frames are watched: 1 by itself.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from playwright.sync_api import Browser
from playwright.sync_api import Page
from playwright.sync_api import sync_playwright

from chiphour.adapters.server_file import read_server
from gateway_client import Client
from gateway_client import frame_of

Figure = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
CONTRACT = "H100SXMOD_USDC-PERPETUAL"
TERMINAL = f"/trade/{CONTRACT}"
LOADS = 5
CHANGES_PER_S = 100
LEVELS = 40  # Away from the best prices: members of the demonstration trade there.
SLOW_MS = 34  # A frame that took two turns of a screen with 60 of them a second.
WARM = 0.25  # Of the time: until then memory may grow.
KB = 1_000
DRAWN = "() => document.querySelector('h1') && !document.querySelector('.skeleton')"
COUNT_FRAMES = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const turn = (now) => {
    window.frames_ms.push(now - last);
    last = now;
    requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);
}"""


class Site:
    """A market with its page, and members who change its book."""

    def __init__(self, address: str, folder: Path) -> None:
        """Keep where it answers."""
        self.address, self.folder = address, folder

    def member(self, name: str) -> Client:
        """Let a member join, and connect as it."""
        found = read_server(self.folder)
        body = {"name": name, "deposit_usd": "1000000", "scopes": ["read", "trade"]}
        bearer = {"Authorization": f"Bearer {found.token}"}
        answer = httpx.post(f"{self.address}/api/members", json=body, headers=bearer)
        answer.raise_for_status()
        made = answer.json()
        key = {"key": made["key"]["id"], "secret": made["secret"]}
        return Client(self.address.replace("http", "ws", 1) + "/ws/api/v2", key)


@contextmanager
def served() -> Iterator[Site]:
    """Build the page, start the market, end it afterwards."""
    strictly = dict(os.environ, CHIPHOUR_WEB="require")
    subprocess.run([sys.executable, "hatch_build.py"], cwd=ROOT, env=strictly, check=True)
    start = "from chiphour.cli import main; main()"
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place:
        command = [sys.executable, "-c", start, "up", "--port", "0", "--data", place]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        try:
            address = process.stdout.readline().removeprefix("ready ").strip()
            assert address, "expected the market to be ready, found it ended"
            yield Site(address, Path(place))
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


def first_load(browser: Browser, address: str) -> tuple[float, float, float]:
    """Load a page as for the first time; give kilobytes in all, of scripts, and seconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    kinds: dict[str, str] = {}
    bytes_by_kind: dict[str, float] = {}

    def finished(told: dict[str, Any]) -> None:
        kind = kinds.get(told["requestId"], "Other")
        bytes_by_kind[kind] = bytes_by_kind.get(kind, 0) + told["encodedDataLength"]

    wire.on(
        "Network.responseReceived", lambda told: kinds.update({told["requestId"]: told["type"]})
    )
    wire.on("Network.loadingFinished", finished)
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_function(DRAWN)
    seconds = time.perf_counter() - began
    page.wait_for_load_state("networkidle")
    context.close()
    return sum(bytes_by_kind.values()) / KB, bytes_by_kind.get("Script", 0) / KB, seconds


def loads(browser: Browser, site: Site) -> Iterator[Figure]:
    """Yield what first loads bring and how long they take."""
    for name, path in (("release", "/"), ("terminal", TERMINAL)):
        found = [first_load(browser, site.address + path) for _ in range(LOADS)]
        params = {"page": name, "loads": LOADS}
        yield figure("first load", params, round(max(each[0] for each in found), 1), "kB")
        yield figure("scripts", params, round(max(each[1] for each in found), 1), "kB")
        seconds = round(median(each[2] for each in found), 3)
        yield figure("drawn after", params, seconds, "s")


def change_book(client: Client, ended: threading.Event, price: float, side: str) -> None:
    """Let an order rest and take it away again, half of the changes a second each."""
    number = 0
    pause = 1 / (CHANGES_PER_S / 2)
    due = time.perf_counter()
    while not ended.is_set():
        number += 1
        at = round(price + (number % LEVELS) * 0.01 * (-1 if side == "buy" else 1), 4)
        said = {"instrument_name": CONTRACT, "amount": 1 + number % 9, "type": "limit"}
        client.socket.sendall(frame_of(f"private/{side}", number, price=at, post_only=True, **said))
        answer = next(m for m in client.messages() if m.get("id") == number)
        assert "result" in answer, answer
        due += pause
        time.sleep(max(0.0, due - time.perf_counter()))
        order_id = answer["result"]["order"]["order_id"]
        client.socket.sendall(frame_of("private/cancel", number, order_id=order_id))
        next(m for m in client.messages() if m.get("id") == number)
        due += pause
        time.sleep(max(0.0, due - time.perf_counter()))


def frames(browser: Browser, site: Site, minutes: int) -> Iterator[Figure]:
    """Yield frames a second and the growth of memory while the book changes."""
    book = httpx.get(f"{site.address}/api/book/{CONTRACT}").json()
    members = [site.member(f"bench{secrets.token_hex(4)}") for _ in range(2)]
    ended = threading.Event()
    best = [float(book["bids"][0]["price_usd"]), float(book["asks"][0]["price_usd"])]
    threads = [
        threading.Thread(target=change_book, args=(client, ended, price, side))
        for client, price, side in zip(members, best, ("buy", "sell"), strict=True)
    ]
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    page.goto(site.address + TERMINAL)
    page.wait_for_function(DRAWN)
    for thread in threads:
        thread.start()
    seconds = 60 * minutes
    page.wait_for_timeout(1_000 * seconds * WARM)
    warm = heap_bytes(page)
    page.evaluate(COUNT_FRAMES)
    page.wait_for_timeout(1_000 * seconds * (1 - WARM))
    spans = page.evaluate("window.frames_ms.slice(1)")
    grown = (heap_bytes(page) / warm - 1) * 100
    ended.set()
    for thread in threads:
        thread.join()
    context.close()
    params = {"changes a second": CHANGES_PER_S, "minutes": minutes}
    yield figure("frames", params, round(1_000 * len(spans) / sum(spans)), "1/s")
    slow = 100 * sum(each > SLOW_MS for each in spans) / len(spans)
    yield figure("slow frames", params, round(slow, 2), "%")
    yield figure("page memory", params, round(warm / 1e6, 1), "MB")
    yield figure("growth of page memory", params, round(grown, 1), "%")


def heap_bytes(page: Page) -> float:
    """Give the bytes that scripts hold, after a collection."""
    wire = page.context.new_cdp_session(page)
    wire.send("HeapProfiler.collectGarbage")
    wire.send("Performance.enable")
    metrics = wire.send("Performance.getMetrics")["metrics"]
    wire.detach()
    return float(next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize"))


def figure(name: str, params: dict[str, Any], value: Any, unit: str) -> Figure:
    """Make a figure."""
    return {"name": name, "params": params, "value": value, "unit": unit}


def figures(minutes: int | None = None) -> Iterator[Figure]:
    """Yield the figures; where there is no chromium, one that says so."""
    found = shutil.which("chromium")
    if found is None:
        missing = figure("first load", {"page": "release"}, None, "kB")
        yield missing | {"reason": "no chromium on the PATH: `apt install chromium`"}
        return
    with served() as site, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=FLAGS)
        yield from loads(browser, site)
        yield from frames(browser, site, minutes or 1)
        browser.close()
