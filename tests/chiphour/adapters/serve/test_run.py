"""RUN: a real process takes a port, says when ready, and ends when told.

Takes   tests/shown.py as a child process.
Gives   failures.
Keeps   everything on this machine's own address.
Source  Decision 0010.
"""

import contextlib
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from chiphour.adapters.serve.http import create_app
from chiphour.adapters.serve.run import CONNECTIONS_MAX
from chiphour.adapters.serve.run import AddressRefused
from chiphour.adapters.serve.run import address_of
from chiphour.adapters.serve.run import announce
from chiphour.adapters.serve.run import listen
from chiphour.adapters.serve.run import serve
from chiphour.observe.observation import MarketError


def ready_address(process: subprocess.Popen) -> str:
    word, _, address = process.stdout.readline().strip().partition(" ")
    assert word == "ready"
    return address


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_server_answers_once_ready_and_stops_cleanly(started, stop):
    process = started("0")
    address = ready_address(process)
    assert address.startswith("http://127.0.0.1:")
    assert httpx.get(address + "/healthz").json() == {"status": "ok", "day": "2026-07-15"}
    with httpx.Client() as idle:  # A connection kept open does not hold the server back.
        idle.get(address + "/healthz")
        process.send_signal(stop)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")
    with pytest.raises(httpx.ConnectError):
        httpx.get(address + "/healthz")


def test_a_port_in_use_is_one_clear_line(started):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(AddressRefused) as refusal:
            listen("127.0.0.1", port)
        process = started(str(port))
        out, err = process.communicate(timeout=20)
    assert str(refusal.value) == (
        f"127.0.0.1:{port}: expected a free port, found it in use; give another with --port, "
        "or --port 0 for any free one"
    )
    assert isinstance(refusal.value, MarketError)
    assert process.returncode == 1
    assert out == ""
    assert str(refusal.value) in err


@pytest.mark.parametrize(
    ("host", "port"), [("192.0.2.1", 0), ("no such host", 0), ("127.0.0.1", 99_999)]
)
def test_an_address_that_cannot_be_had_is_refused(host, port):
    with pytest.raises(AddressRefused, match="expected an address to listen on, found"):
        listen(host, port)


def test_an_answer_never_waits_for_an_acknowledgement():
    """Accept a connection: a body sent behind its head leaves at once, not 40 ms later."""
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_addresses_as_browsers_write_them():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert address_of(listener) == f"http://127.0.0.1:{port}"
        assert listener.getsockname()[0] == "127.0.0.1"
    if socket.has_ipv6:
        try:
            listener = listen("::1", 0)
        except AddressRefused:
            return  # This machine has no loopback of the sixth version.
        with listener:
            assert address_of(listener).startswith("http://[::1]:")


def test_ready_is_one_line(capsys):
    announce("http://127.0.0.1:1")
    assert capsys.readouterr().out == "ready http://127.0.0.1:1\n"


@pytest.mark.long
def test_a_port_is_free_again_after_the_end(started):
    """Start again at once on the same port: nothing lingers."""
    first = started("0")
    port = ready_address(first).rpartition(":")[2]
    httpx.get(f"http://127.0.0.1:{port}/healthz")
    first.terminate()
    assert first.wait(timeout=20) == 0
    again = started(port)
    assert ready_address(again).endswith(f":{port}")


def test_an_application_that_cannot_start_is_a_fault_of_one_line(shown):
    def lifespan(app):
        raise RuntimeError("no archive")

    app = create_app(shown.Shown([]), lifespan=[lifespan])
    told = []
    with pytest.raises(MarketError, match="expected the server to start"):
        serve(app, port=0, on_ready=told.append)
    assert told == []


@pytest.mark.long
def test_work_beside_the_server_begins_before_ready_and_ends_after(shown):
    """Serve in a thread with a lifespan; stop it by the signal's own road, the server's flag."""
    code = (
        "import sys, contextlib, importlib.util, os, signal\n"
        "spec = importlib.util.spec_from_file_location('shown', sys.argv[1])\n"
        "m = importlib.util.module_from_spec(spec); spec.loader.exec_module(m)\n"
        "@contextlib.asynccontextmanager\n"
        "async def beside(app):\n"
        "    print('begun', flush=True)\n"
        "    yield\n"
        "    print('ended', flush=True)\n"
        "def ready(address):\n"
        "    print('ready', flush=True); os.kill(os.getpid(), signal.SIGTERM)\n"
        "m.serve(m.create_app(m.Shown([]), [beside]), port=0, on_ready=ready)\n"
        "print('returned')\n"
    )
    words = [sys.executable, "-c", code, shown.__file__]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["begun", "ready", "ended", "returned"]


@pytest.mark.long
def test_too_many_slow_connections_are_told_so_and_the_server_recovers(started):
    process = started("0")
    address = ready_address(process)
    host, port = address.removeprefix("http://").split(":")
    with contextlib.ExitStack() as slow:
        for _ in range(CONNECTIONS_MAX + 1):
            connection = slow.enter_context(socket.create_connection((host, int(port)), timeout=5))
            connection.sendall(b"GET / HTTP/1.1\r\n")  # The rest never comes.
        assert httpx.get(f"{address}/healthz").status_code == 503
    deadline = time.monotonic() + 10
    while httpx.get(f"{address}/healthz").status_code != 200:
        assert time.monotonic() < deadline
    process.terminate()
    assert process.communicate(timeout=20)[1] == ""


TWO_WAYS = (
    b"POST /healthz HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    b"POST /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n",
)


def test_a_request_whose_end_can_be_read_in_two_ways_is_the_last_of_its_connection(started):
    """What follows it on the connection is never answered: it may be somebody else's."""
    process = started("0")
    host, _, port = ready_address(process).removeprefix("http://").partition(":")
    for head in TWO_WAYS:
        with socket.create_connection((host, int(port)), timeout=20) as asked:
            follows = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            asked.sendall(head + b"Host: a\r\n\r\n0\r\n\r\n" + follows)
            answer = b"".join(iter(lambda: asked.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1") == 1
    process.terminate()
    assert process.wait(timeout=20) == 0
