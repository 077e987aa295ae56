"""LEAVES: what the transparency log holds: batches of rows, fixes made from them, events.

Takes   the root of a batch of rows; a fixing; an event; or the bytes of a leaf.
Gives   the bytes of a leaf; or the record that they spell.
Keeps   one spelling of each leaf, canonical JSON: bytes that are spelled otherwise are refused,
        and so are types and fields that are not in this file.
Source  Methodology, "Publication"; RFC 6962; decision 0018.

    batch   the rows that came in with a strike, before any fix was made from them
    fix     the SHA-256 of a fixing's document, and the root of the batch that it was made after
    event   methodology, revision, erratum, outage, key, challenge: why a fix came out as it did

    MarketError
    └── LeafRefused     bytes that are no leaf, or a record that can be none
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from typing import NamedTuple
from typing import NoReturn

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import fixing_sha256
from chiphour.index.tiles import LEAF_BYTES_MAX
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso

# What each kind of event must say; it may say more.
EVENTS: Mapping[str, tuple[str, ...]] = {
    "methodology": ("methodology", "parameters", "register_sha256", "code_sha256", "package"),
    "revision": ("revision", "cause"),
    "erratum": ("cause",),
    "outage": ("venue",),
    "key": ("vkey", "cause"),
    "challenge": ("challenge", "state"),
}

TIME = r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z)"'
HASH = r'"([0-9a-f]{64})"'
# A leaf has one spelling, so a pattern is its whole grammar: fast enough to read millions.
BATCH = re.compile(
    rf'\{{"root":{HASH},"rows":(0|[1-9]\d{{0,15}}),"strike":{TIME},"time":{TIME},"type":"batch"\}}',
    re.ASCII,
)
FIX = re.compile(
    rf'\{{"batch":{HASH},"parameter_set":"([a-z0-9_]+)","revision":"((?:REV-\d{{4}}-\d{{3,}})?)",'
    rf'"series":"([A-Z0-9._-]+)","sha256":{HASH},"strike":{TIME},"time":{TIME},"type":"fix",'
    r'"vintage":"(provisional|final|revised)"\}',
    re.ASCII,
)


class LeafRefused(MarketError):
    """Bytes that are no leaf, or a record that can be none."""


class Batch(NamedTuple):
    """The rows of a strike: how many, and the root over their ids."""

    strike_ns: int
    time_ns: int
    rows: int
    root: str


class Fix(NamedTuple):
    """A vintage of a fix: the hash of its document, and the root of the batch before it."""

    time_ns: int
    series: str
    strike_ns: int
    parameter_set: str
    vintage: str
    revision: str
    sha256: str
    batch: str


class Event(NamedTuple):
    """Something that explains the fixes around it; `event["kind"]` is a key of EVENTS."""

    time_ns: int
    event: Mapping[str, Any]


Leaf = Batch | Fix | Event


def batch_leaf(strike_ns: int, time_ns: int, rows: int, root: str) -> bytes:
    """Write the leaf of a batch: `root` is of `index.batch.batch_root`; raises LeafRefused."""
    return _checked(
        {
            "type": "batch",
            "strike": iso_from_ns(strike_ns),
            "time": iso_from_ns(time_ns),
            "rows": rows,
            "root": root,
        }
    )


def fix_leaf(fixing: Fixing, time_ns: int, batch_root: str, sha256: str = "") -> bytes:
    """Write the leaf of a fixing of all sources; raises LeafRefused.

    `sha256` is that of the fixing's document, where it is at hand: it takes a while to make.
    A fixing of one source alone is a study: the leaf has no field that would tell it apart.
    """
    if fixing.source:
        raise LeafRefused(
            f"expected a fixing of all sources, found one of {fixing.source}: {fixing.series}"
        )
    return _checked(
        {
            "type": "fix",
            "time": iso_from_ns(time_ns),
            "series": fixing.series,
            "strike": iso_from_ns(fixing.strike_ns),
            "parameter_set": fixing.parameter_set,
            "vintage": fixing.vintage,
            "revision": fixing.revision,
            "sha256": sha256 or fixing_sha256(fixing),
            "batch": batch_root,
        }
    )


def event_leaf(event: Mapping[str, Any], time_ns: int) -> bytes:
    """Write the leaf of an event: JSON values, its "kind" one of EVENTS; raises LeafRefused."""
    return _checked({"type": "event", "time": iso_from_ns(time_ns), "event": dict(event)})


def leaf_from(leaf: bytes) -> Leaf:
    """Read a leaf strictly; raises LeafRefused."""
    text = leaf.decode("ascii", "replace")
    if found := FIX.fullmatch(text):
        batch, parameter_set, revision, series, sha256, strike, time, vintage = found.groups()
        time_ns, strike_ns = _ns(time), _ns(strike)
        return Fix(*(time_ns, series, strike_ns, parameter_set, vintage, revision, sha256, batch))
    if found := BATCH.fullmatch(text):
        root, rows, strike, time = found.groups()
        return Batch(_ns(strike), _ns(time), int(rows), root)
    return _event(leaf)


def _event(leaf: bytes) -> Event:
    """Read the leaf of an event; whatever else the bytes are is refused here."""
    try:
        fields = json.loads(leaf)
        canonical = canonical_json(fields).encode() == leaf
    except (ValueError, RecursionError):
        _refuse("canonical JSON", leaf)
    if not canonical or not isinstance(fields, dict):
        _refuse("canonical JSON of an object", leaf)
    if fields.get("type") != "event" or set(fields) != {"type", "time", "event"}:
        _refuse("the fields of a batch, a fix or an event", leaf)
    event, time = fields["event"], fields["time"]
    if not isinstance(time, str) or not re.fullmatch(TIME, f'"{time}"', re.ASCII):
        _refuse("a time in UTC", leaf)
    kind = event.get("kind") if isinstance(event, dict) else None
    if not isinstance(kind, str) or kind not in EVENTS:
        _refuse(f"an event of kind {', '.join(EVENTS)}", leaf)
    missing = [name for name in EVENTS[kind] if name not in event]
    if missing:
        _refuse(f"an event {kind} with {', '.join(missing)}", leaf)
    return Event(_ns(time), event)


def _checked(fields: Mapping[str, Any]) -> bytes:
    """Write the fields, and read them again: what cannot be read is never written."""
    try:
        leaf = canonical_json(fields).encode()
    except (TypeError, ValueError) as fault:
        raise LeafRefused(f"expected JSON values in a leaf, found {fault}") from fault
    if len(leaf) > LEAF_BYTES_MAX:
        raise LeafRefused(f"expected a leaf of at most {LEAF_BYTES_MAX} bytes, found {len(leaf)}")
    leaf_from(leaf)
    return leaf


@lru_cache(maxsize=1 << 12)
def _ns(text: str) -> int:
    """Read a time in its one spelling; the leaves of a strike share theirs."""
    try:
        time_ns = ns_from_iso(text)
    except ValueError as fault:
        raise LeafRefused(f"expected a time in UTC, found {text!r}: {fault}") from fault
    if iso_from_ns(time_ns) != text:
        raise LeafRefused(f"expected the time {iso_from_ns(time_ns)}, found {text!r}")
    return time_ns


def _refuse(expected: str, leaf: bytes) -> NoReturn:
    raise LeafRefused(f"expected {expected}, found the leaf {leaf[:200]!r}")
