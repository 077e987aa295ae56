"""GATEWAY CLIENT: a member's program that is fast enough not to be what is measured.

Takes   the address and a member's key, as `gateway_floor.py` tells them.
Gives   `Client`: one WebSocket, frames written beforehand, answers as they come; `FixClient`, the
        same with FIX; `cpu_s`, the processor time that a process has used, and `rss_bytes`, its
        memory.
Keeps   every answer read and decoded.
Source  RFC 6455; FIX 4.4.
"""

import base64
import hashlib
import hmac
import os
import secrets
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PIECE_BYTES = 1 << 18
_MASK = b"\0\0\0\0"  # Of zeros: a frame is masked as it must be, and stays readable.


def frame_of(method: str, id: int = 0, **params: Any) -> bytes:
    """Write a request as a client's frame."""
    said = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
    content = msgspec.json.encode(said)
    if len(content) < 126:
        return bytes((0x81, 0x80 | len(content))) + _MASK + content
    return b"\x81\xfe" + struct.pack("!H", len(content)) + _MASK + content


class Client:
    """One connection."""

    def __init__(self, url: str, member: dict[str, Any] | None = None) -> None:
        """Connect; sign in as a member, if one is given."""
        address = urlsplit(url)
        assert address.hostname and address.port
        self.socket = socket.create_connection((address.hostname, address.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.token = ""
        self._held = b""
        self._shake_hands(f"{address.hostname}:{address.port}", address.path)
        if member is not None:
            self._sign_in(member)

    def close(self) -> None:
        """End it, without ceremony."""
        self.socket.close()

    def fileno(self) -> int:
        """Give the socket's number, for a selector."""
        return self.socket.fileno()

    def call(self, method: str, **params: Any) -> Any:
        """Ask and wait for the answer; what else comes is passed over."""
        self.socket.sendall(frame_of(method, -1, **params))
        while True:
            for message in self.messages():
                if message.get("id") == -1:
                    assert "result" in message, message
                    return message["result"]

    def messages(self) -> Iterator[dict[str, Any]]:
        """Wait for bytes; yield the messages that are whole."""
        for content in self.contents():
            yield msgspec.json.decode(content)

    def contents(self) -> list[bytes]:
        """Wait for bytes; give the texts that are whole, as they are. A ping is answered."""
        came = self.socket.recv(PIECE_BYTES)
        assert came, "expected an open connection, found it closed"
        held, first, found = self._held + came, 0, []
        while len(held) >= first + 2:
            size, begin = held[first + 1], first + 2
            if size == 126:
                size, begin = int.from_bytes(held[first + 2 : first + 4], "big"), first + 4
            elif size == 127:
                size, begin = int.from_bytes(held[first + 2 : first + 10], "big"), first + 10
            if len(held) < begin + size:
                break
            if held[first] == 0x81:
                found.append(held[begin : begin + size])
            elif held[first] == 0x89:
                self.socket.sendall(b"\x8a\x80" + _MASK)
            first = begin + size
        self._held = held[first:]
        return found

    def _shake_hands(self, host: str, path: str) -> None:
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {'A' * 22}==",
            "Sec-WebSocket-Version: 13",
        )
        self.socket.sendall("\r\n".join((*lines, "", "")).encode())
        while b"\r\n\r\n" not in self._held:
            came = self.socket.recv(PIECE_BYTES)
            assert came, "expected a handshake, found a closed connection"
            self._held += came
        head, self._held = self._held.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101 "), head

    def _sign_in(self, member: dict[str, Any]) -> None:
        stamp, nonce = time.time_ns() // 1_000_000, secrets.token_hex(8)
        claim = {"client_id": member["key"], "timestamp": stamp, "nonce": nonce}
        signature = signed(member, f"{stamp}\n{nonce}\n")
        claim |= {"grant_type": "client_signature", "signature": signature}
        self.token = self.call("public/auth", **claim)["access_token"]


class FixClient:
    """One FIX 4.4 session."""

    def __init__(self, port: int, member: dict[str, Any]) -> None:
        """Connect and log on."""
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sender, self._held = member["key"], b""
        raw = f"{time.time_ns() // 1_000_000}.{secrets.token_hex(8)}"
        digest = hashlib.sha256((raw + member["secret"]).encode()).digest()
        proof = ((95, len(raw)), (96, raw), (553, member["key"]))
        password = (554, base64.b64encode(digest).decode())
        logon = self.message("A", 1, (98, 0), (108, 60), (141, "Y"), *proof, password)
        self.socket.sendall(logon)
        assert b"\x0135=A\x01" in self.messages()[0]

    def message(self, kind: str, number: int, *fields: tuple[int, Any]) -> bytes:
        """Write a message with its length and its checksum."""
        sent = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())
        head = ((35, kind), (49, self._sender), (56, "CHIPHOUR"), (34, number), (52, sent))
        body = "".join(f"{tag}={value}\x01" for tag, value in (*head, *fields)).encode()
        whole = f"8=FIX.4.4\x019={len(body)}\x01".encode() + body
        return whole + f"10={sum(whole) % 256:03d}\x01".encode()

    def messages(self) -> list[bytes]:
        """Wait for bytes; give the messages that are whole."""
        came = self.socket.recv(PIECE_BYTES)
        assert came, "expected an open session, found it closed"
        *whole, self._held = (self._held + came).split(b"8=FIX.4.4\x01")
        if self._held.endswith(b"\x01") and b"\x0110=" in self._held[-8:]:
            whole, self._held = [*whole, self._held], b""
        return [each for each in whole if each]


def signed(member: dict[str, Any], text: str) -> str:
    """Sign a text by a member's key."""
    return hmac.new(member["secret"].encode(), text.encode(), hashlib.sha256).hexdigest()


def authorization(member: dict[str, Any], method: str, target: str) -> str:
    """Write the header of a signed request without a body."""
    stamp, nonce = time.time_ns() // 1_000_000, secrets.token_hex(8)
    signature = signed(member, f"{stamp}\n{nonce}\n{method}\n{target}\n\n")
    return f"deri-hmac-sha256 id={member['key']},ts={stamp},sig={signature},nonce={nonce}"


def cpu_s(pid: int) -> float:
    """Give the processor time of a process, all its threads, user and system."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS_PER_SECOND


def rss_bytes(pid: int) -> int:
    """Give the memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
