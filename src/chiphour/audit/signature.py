"""SIGNATURE: the signature under a log's checkpoint, checked in whole numbers.

Takes   a checkpoint as it was published, and the key of the log as one line.
Gives   the size and the root that the log signed, or why they are not believed.
Keeps   nothing of ours: the standard library alone. It only checks: it holds no secret, so it
        need not hide how long it takes.
Source  RFC 8032 section 5.1.7; C2SP signed-note and tlog-checkpoint; decision 0019.

The curve is -x^2 + y^2 = 1 + d x^2 y^2 over the numbers modulo P. A point is held as (X, Y, Z, T)
with x = X/Z, y = Y/Z and xy = T/Z, so that adding two needs no division.
"""

import re
from base64 import b64decode
from binascii import Error
from hashlib import sha256
from hashlib import sha512
from typing import NamedTuple

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493  # Of the base point.
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
CHARACTERS_MAX = 1 << 17  # Of a checkpoint with all its signatures.
SIZE = re.compile(r"(0|[1-9]\d{0,18})", re.ASCII)
ED25519 = 1  # The byte that names the algorithm in a key.

Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


class NotSigned(ValueError):
    """A checkpoint or key that is malformed, or a signature that is not the key's."""


class Key(NamedTuple):
    """Who signs: a name, the four bytes that a signature opens with, and the point."""

    name: str
    id: bytes
    public: bytes


class Checkpoint(NamedTuple):
    """What a log signed: whose it is, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether 64 bytes are the Ed25519 signature of a message by a key of 32 bytes."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key = _point(public)
    factor = int.from_bytes(signature[32:], "little")
    if key is None or factor >= ORDER:
        return False
    said = sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(said, "little") % ORDER
    x, y, z, t = _times(challenge, key)
    return _bytes(_sum(_times(factor, _base()), (-x % P, y, z, -t % P))) == signature[:32]


def key_of(line: str) -> Key:
    """Read a key written as `name+id+base64`; raises NotSigned."""
    name, _, rest = line.strip().partition("+")
    number, _, text = rest.partition("+")
    public = _decoded(text)
    if len(public) != 33 or public[0] != ED25519:
        raise NotSigned(f"expected a key such as NAME+ID+BASE64, found {line.strip()[:80]!r}")
    found = sha256(f"{name}\n".encode() + public).digest()[:4]
    if found.hex() != number:
        raise NotSigned(f"expected the key id {found.hex()}, found {number[:80]!r}")
    return Key(name, found, public[1:])


def checkpoint_of(text: str, key: Key) -> Checkpoint:
    """Read a checkpoint that the key signed; raises NotSigned."""
    body, gap, signatures = text.rpartition("\n\n")
    lines = body.split("\n")
    is_whole = bool(gap) and text.endswith("\n") and len(text) <= CHARACTERS_MAX
    if not is_whole or len(lines) < 3 or not SIZE.fullmatch(lines[1]):
        raise NotSigned("expected origin, size, root, an empty line and signatures")
    wanted = f"\u2014 {key.name} "
    blobs = [
        _decoded(line.removeprefix(wanted))
        for line in signatures.split("\n")
        if line.startswith(wanted)
    ]
    ours = [blob[4:] for blob in blobs if blob[:4] == key.id]
    if not ours:
        raise NotSigned(f"expected a signature of {key.name}+{key.id.hex()}, found none")
    if not all(is_signed(key.public, f"{body}\n".encode(), each) for each in ours):
        raise NotSigned(f"the signature of {key.name}+{key.id.hex()} does not fit the checkpoint")
    root = _decoded(lines[2])
    if lines[0] != key.name or len(root) != 32:
        raise NotSigned(f"expected the origin {key.name} and a root of 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def _decoded(text: str) -> bytes:
    """Read base64; what is none gives no bytes."""
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        return b""


def _sum(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(count: int, point: Point) -> Point:
    """Add a point to itself, by doubling."""
    total = NEUTRAL
    while count:
        if count & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        count >>= 1
    return total


def _point(encoded: bytes) -> Point | None:
    """Read a point: y, and whether x is odd in the highest bit; None where there is none."""
    number = int.from_bytes(encoded, "little")
    y, odd = number & (1 << 255) - 1, number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    x = x if x & 1 == odd else P - x
    return x, y, 1, x * y % P


def _bytes(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    return ((y * inverse % P) | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def _base() -> Point:
    """Give the point that all keys are multiples of: y = 4/5, x even."""
    base = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    assert base is not None
    return base
