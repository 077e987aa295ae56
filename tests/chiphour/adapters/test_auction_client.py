"""AUCTION_CLIENT: what it signs is what a server proves; a key that others can read is not used.

Takes   a key file; a server that checks the signature as the market does.
Gives   the answer, or one sentence on what was expected.
Keeps   the secret out of every message.
Source  Decision 0039; docs/how-to/members.md.
"""

import hmac
import json
import threading
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer

import pytest

from chiphour.adapters.auction_client import AskedRefused
from chiphour.adapters.auction_client import AuctionClient
from chiphour.adapters.auction_client import KeyFileRefused
from chiphour.adapters.auction_client import read_key

SECRET = "s3cret"


class Answers(BaseHTTPRequestHandler):
    """Answers with the body where the signature fits, as the dialect has it."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        scheme, _, rest = self.headers["Authorization"].partition(" ")
        said = dict(pair.split("=", 1) for pair in rest.split(","))
        text = f"{said['ts']}\n{said['nonce']}\n{self.command}\n{self.path}\n".encode() + body
        expected = hmac.new(SECRET.encode(), text + b"\n", sha256).hexdigest()
        fits = (scheme, said["id"], said["sig"]) == ("deri-hmac-sha256", "k1", expected)
        self.send_response(200 if fits else 401)
        self.end_headers()
        answers = {"/odd": b"odd", "/no": b'{"error": "expected more"}'}
        self.wfile.write(answers.get(self.path, body or b"{}") if fits else b"{}")

    def do_GET(self):
        self.do_POST()

    def log_message(self, *words):
        """Print nothing."""


@pytest.fixture(scope="module")
def url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def key_file(folder, content, mode=0o600):
    path = folder / "key.json"
    path.touch(mode)
    path.chmod(mode)
    path.write_text(content)
    return path


def made(secret=SECRET):
    return json.dumps({"key": {"id": "k1"}, "secret": secret})


def test_what_is_signed_is_proved(url, tmp_path):
    with AuctionClient(url, key_file(tmp_path, made())) as client:
        assert client.ask("POST", "/echo?a=1", {"bid": "é"}) == {"bid": "é"}
        assert client.ask("GET", "/echo") == {}
        with pytest.raises(AskedRefused, match="expected a market to answer"):
            client.ask("GET", "/odd")
    with AuctionClient(url, key_file(tmp_path, made("other"))) as client:
        with pytest.raises(AskedRefused, match="status 401") as refused:
            client.ask("GET", "/echo")
        assert "other" not in str(refused.value)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"key": {"id": "k"}}', made(None), made("")])
def test_a_file_without_a_secret_is_refused(tmp_path, content):
    with pytest.raises(KeyFileRefused, match=r"expected JSON with `key.id` and `secret`"):
        read_key(key_file(tmp_path, content))


def test_a_file_that_others_can_read_is_refused(tmp_path):
    with pytest.raises(KeyFileRefused, match="found mode 0640"):
        read_key(key_file(tmp_path, made(), 0o640))
    with pytest.raises(KeyFileRefused, match="No such file"):
        read_key(tmp_path / "none.json")
