"""OBSERVATION: one price that one source showed at one time, and how it was read.

Takes   the fields that a reader popped from a recorded body.
Gives   the record `Observation`, its canonical JSON and its id; `UnexpectedData`.
Keeps   a record equal to its canonical JSON: same id, same bytes, on every machine.
Source  Methodology, "Observations"; decision 0003.

    MarketError                 the world's fault: this source or request stops, the rest goes on
    ├── UnexpectedData          a body that cannot be read as its reader expects
    │   └── RateMissing         a price in a currency for which no rate was published before it
    └── (adapters add their own: SourceMissing, ArchiveDamaged, ...)
"""

import hashlib
import json
from typing import Any
from typing import NamedTuple


class MarketError(Exception):
    """The world is not as expected: says what was expected, what was found, and where."""


class UnexpectedData(MarketError):
    """A body, row or field that its reader does not know."""


class RateMissing(UnexpectedData):
    """A price in a currency for which no rate was published before it was seen."""


# Every word that a kind may be.
KINDS = {
    "ask": "an offer of one host on a market: anyone may rent at it",
    "bid_floor": "the least bid that a host takes",
    "level": "the value of another publisher's index",
    "list": "a price on a provider's rate card",
    "rate": "what one unit of a currency costs in dollars",
    "stock": "how many GPUs were free at that time, without a price",
}
PRICES = ("ask", "list", "bid_floor")  # The kinds that are prices of GPU time.

# Rows with these flags are shown and compared, but no fix considers them.
NEVER_FIXED = ("COMPARISON", "SCHEMA_ONLY", "UNDATED")


class Observation(NamedTuple):
    """A price as it was seen. Immutable; corrections are new rows.

    `price_nanousd` is the price of `gpus` GPUs for one hour: the rate is their fraction.
    `source` is what was read, `venue` is whose price it is. `feed` is "book" (many offers of
    many hosts) or "posted" (a rate card). `chip`, `form`, `tenor` are words of `hardware`.
    `kind` is a word of KINDS. `machine_key` and `host_key` are salted hashes or "". `terms` and
    `spec` are canonical JSON objects. `flags` are sorted words, each a reason to doubt or to leave
    the row out; the methodology decides. `row` locates it in the body.

    A "stock" row has no price: 0, and `gpus` counts what was free, 0 for sold out. A "rate" is the
    price of one unit of the currency that `spec` names, a "level" that of another index.
    """

    source: str
    venue: str
    feed: str
    kind: str
    chip: str
    form: str
    memory_gb: int
    tenor: str
    price_nanousd: int
    gpus: int
    machine_key: str
    host_key: str
    terms: str
    spec: str
    flags: tuple[str, ...]
    observed_ns: int
    received_ns: int
    raw_sha256: str
    row: str
    reader_version: str


def can_be_fixed(observation: Observation) -> bool:
    """Tell whether a fix may consider the row at all: a price, from a source that is not only
    compared with, of a known time, by a reader that has proved itself on recorded bytes.
    """
    return observation.kind in PRICES and not set(observation.flags) & set(NEVER_FIXED)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_json(value: Any) -> str:
    """Write JSON in the one form that is hashed: sorted keys, no spaces, ASCII."""
    return _ENCODER.encode(value)


def canonical_bytes(observation: Observation) -> bytes:
    """Give the bytes that identify an observation: the canonical JSON of its fields."""
    return canonical_json(observation._asdict()).encode()


def observation_id(observation: Observation) -> str:
    """Give the SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(canonical_bytes(observation)).hexdigest()


def exhausted(fields: dict[str, Any], where: str) -> None:
    """Raise UnexpectedData if a reader left a field unread: pop each, then call this."""
    if fields:
        raise UnexpectedData(f"{where}: expected no further field, found {sorted(fields)}")
