"""RECORD: one record as a JSON text of its own: strict reading, and the hash of its canonical form.

Takes   bytes that came from anywhere, and the name of the form that they should have.
Gives   the record; times of slots and on the second, and money, as integers; the SHA-256 of a
        record's canonical JSON.
Keeps   one form, one spelling: a field given twice, unknown or missing is refused.
Source  docs/formulation/runs.md, section 1.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any
from typing import TypeVar

from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import STEP_MINUTES
from chiphour.auction.instance import canonical
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import InexactAmount
from chiphour.units import microusd_from_text
from chiphour.units import ns_from_iso

BODY_BYTES_MAX = 1 << 26
TIME_NS_MAX = (1 << 62) - 1
RUN_MAX = (1 << 62) - 1
SLOT_NS_LEAST = STEP_MINUTES[0] * NS_PER_MINUTE  # All slots begin on it.

T = TypeVar("T")


def hash_of(value: Any) -> str:
    """Give the SHA-256 of a JSON value in its canonical form, as 64 digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def root_of(hashes: list[str]) -> str:
    """Give one hash for many, in their order: the SHA-256 of the canonical JSON list of them."""
    return hash_of(hashes)


def read_record(body: bytes, path: str, schema: str, read: Callable[[Fields], T]) -> T:
    """Read a JSON object of one schema; raises RequestMalformed with the path of the fault."""

    def with_schema(fields: Fields) -> T:
        if (found := fields.text("schema")) != schema:
            raise fields.refuse("schema", schema, found)
        return read(fields)

    return read_whole(json_value(body, path), path, with_schema)


def json_value(body: bytes, path: str) -> Any:
    """Read JSON without repeated fields or numbers that are not finite; raises RequestMalformed."""
    if len(body) > BODY_BYTES_MAX:
        raise RequestMalformed(f"{path}: expected at most {BODY_BYTES_MAX} bytes")
    try:
        return json.loads(body, object_pairs_hook=_unrepeated, parse_constant=_not_finite)
    except (ValueError, RecursionError) as fault:
        raise RequestMalformed(f"{path}: expected JSON, found {fault}") from None


def time_ns(fields: Fields, name: str, step_ns: int = NS_PER_SECOND) -> int:
    """Pop an ISO 8601 time with its zone, a whole number of steps, as UTC nanoseconds."""
    text = fields.text(name)
    try:
        found_ns = ns_from_iso(text)
    except (ValueError, OverflowError):
        raise fields.refuse(name, "an ISO 8601 time with its zone", text) from None
    if found_ns % step_ns or not 0 <= found_ns <= TIME_NS_MAX:
        whole = "a whole second" if step_ns == NS_PER_SECOND else "whole five minutes"
        raise fields.refuse(name, f"{whole} from 1970 on", text)
    return found_ns


def slot_ns(fields: Fields, name: str) -> int:
    """Pop an ISO 8601 time at which a slot may begin, as UTC nanoseconds."""
    return time_ns(fields, name, SLOT_NS_LEAST)


def microusd(fields: Fields, name: str) -> int:
    """Pop dollars of at most six decimals as integer micro-dollars, of either sign."""
    text = fields.text(name)
    try:
        return microusd_from_text(text)
    except InexactAmount:
        raise fields.refuse(name, "dollars of at most six decimals", text) from None


def word(fields: Fields, name: str, words: tuple[str, ...]) -> str:
    """Pop one of a few words."""
    text = fields.text(name)
    if text not in words:
        raise fields.refuse(name, " or ".join(words), text)
    return text


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field given twice")
    return fields


def _not_finite(text: str) -> None:
    raise ValueError(f"{text}, which is no number")
