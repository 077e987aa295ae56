"""MARKET SERVER: one process serves a market through all its doors, and leaves nothing behind.

Takes   the real server as a process of its own, with the door for FIX.
Gives   what its doors answer, and what lies in its folder.
Keeps   the file by which commands find the server private, and there only while it serves.
Source  Decisions 0034 and 0035.
"""

import importlib
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import officed
from chiphour.adapters.serve.market_server import judging
from rpc_client import Caller


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market") / "data"
    command = [sys.executable, officed.__file__, str(folder), "--fix"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = dict(process.stdout.readline().split(" ", 1) for _ in range(2))
        yield folder, said["ready"].strip(), said["fix"].strip(), process
        process.terminate()


def test_all_doors_of_one_process_answer(served):
    _, url, fix, _ = served
    names = {each["instrument_name"] for each in Caller(url)("public/get_instruments")}
    assert names == {officed.PERPETUAL}
    assert httpx.get(f"{url}/healthz").status_code == 200
    assert httpx.get(f"{url}/api/members").status_code == 401
    metrics = httpx.get(f"{url}/metrics").text
    assert "chiphour_sockets 0.0" in metrics and "chiphour_deliveries_total 0.0" in metrics
    host, port = fix.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"GET" not in line.recv(1_000)  # It is no echo: garbled bytes end it.


def test_the_servers_file_is_private_and_goes_with_it(served):
    folder, url, _, process = served
    path = Path(folder) / "server.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    process.terminate()
    assert process.wait(30) == 0
    assert not path.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz")


def test_rules_are_judged_by_the_hours_answers_and_the_last_strike(tmp_path):
    index = importlib.import_module("indexed").made(tmp_path)
    answers, suppressed = judging(index)
    assert answers == index.signals().judged().answers
    fixings = index.day_fixings(index.days()[-1])
    assert len(suppressed) == len(fixings)
    assert sum(suppressed.values()) == sum(each.fix_ticks is None for each in fixings) > 0
