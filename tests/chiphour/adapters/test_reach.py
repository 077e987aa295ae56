"""TEST REACH: a command finds the server, or opens the market; and says which of both failed.

Takes   a data folder, its lock, what a server would have written there.
Gives   claims on both ways; a whole server is asked in `cli/test_member.py`.
Keeps   the token from any other machine.
Source  Decision 0034.
"""

import http.server
import threading

import pytest

from chiphour.adapters.market import Market
from chiphour.adapters.reach import RequestRefused
from chiphour.adapters.reach import Wish
from chiphour.adapters.reach import reach
from chiphour.adapters.server_file import Found
from chiphour.adapters.server_file import ServerMissing
from chiphour.adapters.server_file import write_server

LIST = Wish("GET", "/api/members")


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """Give a folder whose market is open."""
    folder = tmp_path_factory.mktemp("locked")
    with Market(folder, demonstration=False):
        yield folder


def answers(body):
    """Serve one answer on loopback; give the address and what was asked."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(dict(self.headers))
            self.send_response(500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            return None

    asked = []
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.handle_request, daemon=True).start()
    return server, asked


@pytest.mark.long
def test_a_market_that_is_alone_is_opened(tmp_path):
    joined = reach(tmp_path, Wish("POST", "/api/members", {"name": "acme", "deposit_usd": "5"}))
    assert joined["cash_usd"] == "5.000000"
    assert [each["name"] for each in reach(tmp_path, LIST)["members"]] == ["acme"]
    paid = Wish("POST", "/api/members/acme/deposits", {"amount_usd": "1"}, "once")
    assert reach(tmp_path, paid) == reach(tmp_path, paid)
    with pytest.raises(RequestRefused, match="found 'nobody'"):
        reach(tmp_path, Wish("GET", "/api/members/nobody"))


def test_a_lock_without_a_server_is_told(locked):
    with pytest.raises(ServerMissing, match="expected a running server"):
        reach(locked, LIST)


def test_a_server_of_another_machine_is_not_given_the_token(locked):
    write_server(locked, Found("http://192.0.2.7:80", "token"))
    with pytest.raises(RequestRefused, match="expected a server of this machine"):
        reach(locked, LIST)


def test_a_server_that_does_not_answer_is_told(locked):
    write_server(locked, Found("http://127.0.0.1:1", "token"))
    with pytest.raises(RequestRefused, match="expected the server to answer"):
        reach(locked, LIST)


@pytest.mark.parametrize(
    ("body", "words"), [(b'{"error":"why"}', "why"), (b"<html>", "status 500"), (b"[]", "status")]
)
def test_what_a_server_refuses_is_told_in_its_words(locked, body, words, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server, asked = answers(body)
    write_server(locked, Found(f"http://127.0.0.1:{server.server_port}", "token"))
    with pytest.raises(RequestRefused, match=words):
        reach(locked, LIST)
    server.server_close()
    assert asked[0]["Authorization"] == "Bearer token"
