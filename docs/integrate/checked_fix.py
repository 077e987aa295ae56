"""CHECKED_FIX: read a signed fix and prove it, without anything of chiphour's.

Takes   a file or an address of a signed fix; the publisher's key, from its page or its keeper.
Gives   the fix as plain values: series, value in dollars, grade, interval, vintage.
Keeps   no word believed that the key did not sign for: document, leaf, path, root, signature.
Source  RFC 6962, RFC 8032, C2SP tlog-checkpoint; decision 0020. Needs `cryptography`, nothing else.
"""

import argparse
import hashlib
import json
import urllib.request
from base64 import b64decode
from datetime import UTC
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

BYTES_MAX = 8 << 20


class NotProved(Exception):
    """The fix is not what its publisher signed for."""


def expect(claim: bool, words: str) -> None:
    """Raise NotProved unless a claim holds."""
    if not claim:
        raise NotProved(words)


def fetched(place: str) -> bytes:
    """Read a file, or an address that begins with http."""
    if place.startswith(("http://", "https://")):
        with urllib.request.urlopen(place, timeout=10) as answer:
            content: bytes = answer.read(BYTES_MAX + 1)
    else:
        content = Path(place).read_bytes()
    expect(len(content) <= BYTES_MAX, "a fix of at most 8 MiB")
    return content


def checked(content: bytes, key: str) -> dict[str, Any]:
    """Prove a signed fix and give its document; raises NotProved."""
    record = json.loads(content)
    expect(record["format"] == "chiphour-fix/1", "the format chiphour-fix/1")
    text = json.dumps(record["document"], sort_keys=True, separators=(",", ":"))
    leaf = json.loads(record["leaf"])
    expect(leaf["type"] == "fix", "the leaf of a fix")
    digest = hashlib.sha256(text.encode()).hexdigest()
    expect(leaf["sha256"] == digest, "a document with the hash that the log holds")
    size, root = checkpoint(record["checkpoint"], key)
    path = [b64decode(each, validate=True) for each in record["path"]]
    first = hashlib.sha256(b"\x00" + record["leaf"].encode()).digest()
    expect(climbed(record["index"], size, first, path) == root, "a path to the signed root")
    document: dict[str, Any] = record["document"]
    return document


def checkpoint(note: str, key: str) -> tuple[int, bytes]:
    """Check the signature of a checkpoint; give the size and the root that it states."""
    name, identity, encoded = key.split("+", 2)
    public = b64decode(encoded)
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    lines = [line.split(" ") for line in signatures.splitlines()]
    ours = [b64decode(words[2]) for words in lines if len(words) == 3 and words[1] == name]
    signed = [blob[4:] for blob in ours if blob[:4].hex() == identity and len(blob) == 68]
    expect(public[0] == 1 and bool(signed), f"a signature of {name}")
    try:
        Ed25519PublicKey.from_public_bytes(public[1:]).verify(signed[0], text.encode())
    except InvalidSignature:
        raise NotProved(f"a good signature of {name}") from None
    origin, size, root, _ = text.split("\n")
    expect(origin == name, f"the origin {name}")
    return int(size), b64decode(root)


def climbed(index: int, size: int, node: bytes, path: list[bytes]) -> bytes:
    """Climb from a leaf to the root (RFC 6962, 2.1.1)."""
    expect(0 <= index < size, "a leaf inside of the log")
    last = size - 1
    for other in path:
        expect(last > 0, "a path of the right length")
        if index % 2 == 1 or index == last:
            node = hashlib.sha256(b"\x01" + other + node).digest()
            while index % 2 == 0 and index > 0:
                index, last = index // 2, last // 2
        else:
            node = hashlib.sha256(b"\x01" + node + other).digest()
        index, last = index // 2, last // 2
    expect(last == 0, "a path of the right length")
    return node


def usd(ticks: int) -> Decimal:
    """Give dollars per GPU-hour: a tick is a hundredth of a cent."""
    return Decimal(ticks) / 10_000


def day_of(strike_ns: int) -> str:
    """Give the UTC day of a strike."""
    return datetime.fromtimestamp(strike_ns // 10**9, UTC).date().isoformat()


def settling(document: dict[str, Any], series: str, day: str) -> Decimal:
    """Give the value that a contract on a series settles on; raises NotProved where there is none.

    Every old fix is proved for good: whoever sends one may send that of another day.
    """
    found = (document["series"], day_of(document["strike_ns"]))
    expect(found == (series, day), f"the fix of {series} on {day}, found {' on '.join(found)}")
    expect(document["parameter_set"] == "v2026_1", "the parameter set in force")
    expect(document["state"] == "fixed", f"a fix, found {document['reason'] or document['state']}")
    expect(document["fit"], f"a fix that is fit for settlement, found grade {document['grade']}")
    return usd(document["fix_ticks"])


def arguments(what: str) -> argparse.ArgumentParser:
    """Give the words that each example takes."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("fix", help="a signed fix: a file or an address")
    parser.add_argument("--key", required=True, help="the publisher's key, NAME+ID+BASE64")
    parser.add_argument("--series", required=True, help="the ticker that the contract names")
    parser.add_argument("--day", required=True, help="the day of the strike, YYYY-MM-DD")
    return parser
