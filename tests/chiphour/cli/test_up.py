"""TEST UP: the main job as a user starts it: a process, a port, signals.

Takes   the shipped recordings.
Gives   claims on start, answers, stop and second start.
Keeps   what was acknowledged across a stop and across SIGKILL.
Source  Decision 0011.
"""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from chiphour.adapters.calendar import calendar
from chiphour.adapters.venue_server import serving
from chiphour.units import NS_PER_SECOND
from chiphour.units import ns_from_iso

STARTED_S = 120


@contextmanager
def up(folder, *words, name="up"):
    """Start `chiphour up`, or another command; give the process and its address."""
    command = [sys.executable, "-c", "from chiphour.cli import main; main()", name]
    process = subprocess.Popen(
        [*command, "--data", str(folder), "--port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("ready http://127.0.0.1:"), line + process.stderr.read()
        yield process, line.split()[1]
    finally:
        process.kill()
        process.communicate()


def stopped(process, number):
    """Send a signal; give exit code, output and errors."""
    process.send_signal(number)
    out, errors = process.communicate(timeout=STARTED_S)
    return process.returncode, out, errors


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """Give the folder of a market that was up once, with what it said."""
    folder = tmp_path_factory.mktemp("up")
    with up(folder) as (process, address):
        said = {path: httpx.get(address + path) for path in PATHS}
        said[RUNS] = cleared(address)
        ended = stopped(process, signal.SIGTERM)
    return folder, said, ended


def cleared(address):
    """Wait until the first run of the auction is cleared; give the runs by number."""
    until = time.monotonic() + STARTED_S
    while time.monotonic() < until:
        rows = httpx.get(address + RUNS).json()["runs"]
        if any(row["state"] == "cleared" for row in rows):
            return {row["run"]: row["state"] for row in rows}
        time.sleep(0.5)
    raise AssertionError(f"expected a run that is cleared, found {rows}")


RUNS = "/api/auction/runs"
PATHS = (
    "/",
    "/market",
    "/release/2026-07-21",
    "/series/h100-sxm-od",
    "/data/fixings.csv",
    "/api/series",
    "/api/series/h100-sxm-od",
    "/api/book/H100SXMOD_USDC-PERPETUAL",
    "/api/contracts",
    "/api/tasks",
    "/api/realtime",
    "/metrics",
    "/schema/openapi.json",
)


@pytest.mark.long
def test_every_page_and_file_is_served(market):
    _, said, _ = market
    assert {path: said[path].status_code for path in PATHS} == dict.fromkeys(PATHS, 200)


@pytest.mark.long
def test_a_run_of_the_auction_is_cleared_at_the_start_and_the_next_takes_bids(market):
    _, said, _ = market
    assert [said[RUNS][number] for number in sorted(said[RUNS])] == ["cleared", "open"]


@pytest.mark.long
def test_pages_say_replay_and_demonstration(market):
    _, said, _ = market
    for path in ("/", "/market", "/release/2026-07-21", "/series/h100-sxm-od"):
        assert "Replay of recorded prices" in said[path].text
        assert "emonstration members" in said[path].text


@pytest.mark.long
def test_the_fix_of_the_table_is_on_the_page_and_in_the_file(market):
    _, said, _ = market
    assert "CHR.H100.SXM.OD,2026-07-21," in said["/data/fixings.csv"].text
    assert "3.1700" in said["/release/2026-07-21"].text
    history = said["/api/series/h100-sxm-od"].json()
    assert "3.1700" in json.dumps(history)


@pytest.mark.long
def test_the_book_has_two_sides(market):
    _, said, _ = market
    book = said["/api/book/H100SXMOD_USDC-PERPETUAL"].json()
    assert book["bids"]
    assert book["asks"]
    assert book["bids"][0]["price_usd"] < book["asks"][0]["price_usd"]


@pytest.mark.long
def test_every_task_of_the_clock_says_how_it_fares(market):
    _, said, _ = market
    rows = {row["task"]: row for row in said["/api/tasks"].json()["tasks"]}
    assert list(rows) == [entry.task for entry in calendar()]
    assert rows["collection"]["state"] == "not there yet"
    others = [row for name, row in rows.items() if name != "collection"]
    assert {row["state"] for row in others} <= {"waiting", "running"}
    assert {row["last_error"] for row in others} == {""}
    for name in rows:
        assert f'chiphour_task_runs_total{{task="{name}"}}' in said["/metrics"].text


@pytest.mark.long
def test_a_live_market_collects_and_trades_at_the_walls_time(tmp_path):
    """Serve a market against simulated venues: it needs no recordings, and fixes what it sees."""
    with (
        serving() as base_url,
        up(tmp_path, "--live", "--base-url", base_url, name="serve") as (process, address),
    ):
        until = time.monotonic() + STARTED_S
        offers = []
        while not offers and time.monotonic() < until:
            offers = httpx.get(address + "/api/offers").json()["offers"]
        rows = {row["task"]: row for row in httpx.get(address + "/api/tasks").json()["tasks"]}
        page = httpx.get(address + "/market").text
        code, out, errors = stopped(process, signal.SIGTERM)
    assert offers
    assert (code, errors.count("Traceback")) == (0, 0), errors
    assert rows["collection"]["state"] == "running"
    assert rows["members"]["state"] == "not there yet"
    assert abs(ns_from_iso(rows["timers"]["last_run"]) - time.time_ns()) < 600 * NS_PER_SECOND
    assert "Replay" not in page
    assert "stopped after" in out


@pytest.mark.long
def test_sigterm_stops_cleanly_and_the_journal_replays_to_the_digest_told(market):
    folder, _, (code, out, errors) = market
    assert code == 0, errors
    count, digest = re.search(r"stopped after (\d+) commands, digest ([0-9a-f]{64})", out).groups()
    command = [sys.executable, "-c", "from chiphour.cli import main; main()", "replay"]
    told = subprocess.run([*command, str(folder), "--json"], capture_output=True, text=True)
    assert json.loads(told.stdout) == {"commands": int(count), "digest": digest}


@pytest.mark.long
def test_a_start_goes_on_where_the_last_stopped_and_after_sigkill(market):
    folder, said, (_, out, _) = market
    commands = int(re.search(r"after (\d+)", out)[1])
    with up(folder) as (process, address):
        httpx.get(address + "/healthz").raise_for_status()
        assert cleared(address) == said[RUNS]  # No run twice.
        process.kill()
        process.wait()
    with up(folder) as (process, address):
        assert cleared(address) == said[RUNS]
        code, again, _ = stopped(process, signal.SIGINT)
    assert code == 0
    assert int(re.search(r"after (\d+)", again)[1]) >= commands


def test_a_port_in_use_is_one_line_before_any_work(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-c", "from chiphour.cli import main; main()", "up"]
        told = subprocess.run(
            [*command, "--data", str(tmp_path), "--port", str(port)], capture_output=True, text=True
        )
    assert told.returncode == 1
    assert f"127.0.0.1:{port}: expected a free port, found it in use" in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
