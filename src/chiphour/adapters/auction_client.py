"""AUCTION_CLIENT: a member asks a market's auction over HTTP, from the command line.

Takes   the address of a market; a key with its secret, as `chiphour member add --json` prints it.
Gives   what is answered, read from JSON.
Keeps   the secret in its file and out of every message; a key file that others can read refused.
Source  docs/how-to/members.md, "Sign a request"; decision 0039.

    MarketError
    ├── KeyFileRefused      a file that holds no key, or is open to others
    └── AskedRefused        what the market answers when it does not do it
"""

import hmac
import json
import os
import secrets
import stat
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from chiphour.observe.observation import MarketError
from chiphour.wire.signature import Form
from chiphour.wire.signature import canonical_text

FILE_BYTES_MAX = 1 << 16
TIMEOUT_S = 60
NS_PER_MS = 1_000_000


class KeyFileRefused(MarketError):
    """A file that holds no key, or is open to others."""


class AskedRefused(MarketError):
    """What the market answers when it does not do it."""


class AuctionClient:
    """Asks on behalf of one key. Use it as a context."""

    def __init__(self, url: str, key: Path) -> None:
        """Read the key; nothing is asked yet. Raises KeyFileRefused."""
        self._id, self._secret = read_key(key)
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S, follow_redirects=False)

    def __enter__(self) -> "AuctionClient":
        """Give itself."""
        return self

    def __exit__(self, *fault: object) -> None:
        """Let go of the connection."""
        self._http.close()

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Sign a request and give what is answered; raises AskedRefused."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": authorization(self._id, self._secret, method, path, content)}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = self._http.request(method, path, content=content, headers=headers)
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as fault:
            url = self._http.base_url
            raise AskedRefused(f"{url}: expected a market to answer, found {fault}") from None
        if not answer.is_success:
            words = found.get("error", "") if isinstance(found, dict) else ""
            if isinstance(words, dict):  # JSON-RPC tells a fault by parts.
                words = f"{words.get('message', '')}: {json.dumps(words.get('data', {}))}"
            raise AskedRefused(words or f"expected an answer, found status {answer.status_code}")
        return found


def authorization(key_id: str, secret: str, method: str, path: str, content: bytes) -> str:
    """Give the header that signs a request; `path` is with its query, as it is sent."""
    time_ms, nonce = time.time_ns() // NS_PER_MS, secrets.token_hex(8)
    parts = (method.encode(), path.encode(), content)
    text = canonical_text(Form.HTTP, time_ms, nonce, parts)
    sig = hmac.new(secret.encode(), text, sha256).hexdigest()
    return f"deri-hmac-sha256 id={key_id},ts={time_ms},sig={sig},nonce={nonce}"


def read_key(path: Path) -> tuple[str, str]:
    """Read the id and secret of a key; raises KeyFileRefused."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(FILE_BYTES_MAX)
    except OSError as fault:
        raise KeyFileRefused(f"{path}: expected a key, found {fault.strerror}") from None
    if mode & 0o077:
        raise KeyFileRefused(
            f"{path}: expected a key that its owner alone can read (mode 0600), "
            f"found mode {mode:04o}"
        )
    try:
        made = json.loads(content)
        key_id, secret = made["key"]["id"], made["secret"]
    except (ValueError, KeyError, TypeError):
        key_id = secret = None
    if not isinstance(key_id, str) or not isinstance(secret, str) or not secret:
        raise KeyFileRefused(f"{path}: expected JSON with `key.id` and `secret`, found another")
    return key_id, secret
