"""RAW SOCKET: a WebSocket client that can do wrong: any frame, any pace, no reading at all.

Takes   the address of a server; frames as bytes.
Gives   `Raw`, with what comes back frame by frame, and how the connection ended; `waited`.
Keeps   no thread and no loop of its own: nothing is read that a test does not read.
Source  RFC 6455.
"""

import hashlib
import hmac
import json
import secrets
import socket
import struct
import time
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MASK = b"\0\0\0\0"
WAIT_S = 20


def frame(content: bytes, opcode: int = TEXT, first: int = 0x80) -> bytes:
    """Write a frame as a client does; `first` holds the bits beside the opcode."""
    count = len(content)
    if count < 126:
        head = bytes((first | opcode, 0x80 | count))
    elif count < 1 << 16:
        head = bytes((first | opcode, 0xFE)) + struct.pack("!H", count)
    else:
        head = bytes((first | opcode, 0xFF)) + struct.pack("!Q", count)
    return head + MASK + content


def request(method: str, id=1, **params) -> bytes:
    """Write a request as a frame."""
    said = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
    return frame(json.dumps(said).encode())


def waited(is_so, seconds=20.0):
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "expected it to become so in time"
        time.sleep(0.005)


class Raw:
    """One connection. Use it as a context."""

    def __init__(self, url: str, member=None, receive_bytes: int = 0, path: str = "") -> None:
        address = urlsplit(url)
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(WAIT_S)
        self.socket.connect((address.hostname, address.port))
        self._held = b""
        self.told: list = []
        self.head = self._shake_hands(address.netloc, path or address.path)
        if member is not None:
            self.sign_in(member)

    def __enter__(self):
        return self

    def __exit__(self, *fault) -> None:
        self.socket.close()

    def send(self, content: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(content)

    def next(self) -> tuple[int, bytes]:
        """Wait for a frame: its opcode and content; raises EOFError where there is none more."""
        while True:
            held = self._held
            size, begin = (held[1], 2) if len(held) > 1 else (0, 0)
            if size == 126:
                size, begin = int.from_bytes(held[2:4], "big"), 4
            elif size == 127:
                size, begin = int.from_bytes(held[2:10], "big"), 10
            if begin and len(held) >= begin + size:
                self._held = held[begin + size :]
                return held[0] & 15, held[begin : begin + size]
            try:
                came = self.socket.recv(1 << 16)
            except ConnectionError:
                came = b""
            if not came:
                raise EOFError
            self._held += came

    def answer(self, id=1):
        """Wait for the answer to a request; other messages are kept in `told`."""
        while True:
            opcode, content = self.next()
            message = json.loads(content) if opcode == TEXT else {"opcode": opcode}
            if message.get("id", ...) == id:
                return message
            self.told.append(message)

    def answers(self, count: int) -> list:
        """Wait for so many answers, in whatever order they come."""
        found: list = []
        while len(found) < count:
            message = json.loads(self.next()[1])
            (found if "id" in message else self.told).append(message)
        return found

    def call(self, method: str, **params):
        """Ask, and give the answer."""
        self.send(request(method, 1, **params))
        return self.answer(1)

    def result(self, method: str, **params):
        """Ask, and give the result."""
        found = self.call(method, **params)
        assert "result" in found, found
        return found["result"]

    def code(self, method: str, **params) -> int:
        """Ask for what is refused; give the code."""
        found = self.call(method, **params)
        assert "error" in found, found
        return found["error"]["code"]

    def end(self) -> tuple[int, str]:
        """Wait for the end: the code and the reason of a close frame, (0, "") without one."""
        found = 0, ""
        try:
            while True:
                opcode, content = self.next()
                if opcode == CLOSE:
                    found = int.from_bytes(content[:2], "big"), content[2:].decode()
        except EOFError:
            return found

    def sign_in(self, member):
        stamp, nonce = time.time_ns() // 10**6, secrets.token_hex(8)
        text = f"{stamp}\n{nonce}\n".encode()
        signature = hmac.new(member.secret.encode(), text, hashlib.sha256).hexdigest()
        proof = {"client_id": member.key, "timestamp": stamp, "signature": signature}
        return self.result("public/auth", grant_type="client_signature", nonce=nonce, **proof)

    def _shake_hands(self, host: str, path: str) -> bytes:
        lines = (
            *(f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket"),
            *("Connection: Upgrade", f"Sec-WebSocket-Key: {'A' * 22}=="),
            *("Sec-WebSocket-Version: 13", "", ""),
        )
        self.send("\r\n".join(lines).encode())
        while b"\r\n\r\n" not in self._held:
            came = self.socket.recv(1 << 16)
            if not came:
                return self._held
            self._held += came
        head, self._held = self._held.split(b"\r\n\r\n", 1)
        return head
