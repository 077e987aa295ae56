"""SIGNED: one JSON object for each fix that is all a venue needs, and the check of one.

Takes   a fixing, its leaf in the transparency log with the path to the root, the signed checkpoint;
        or such an object's bytes, and the keys of the publishers that are believed.
Gives   the bytes; or the fixing that they prove.
Keeps   nothing believed that is not proved: the value is read from the document, the document's
        hash from the leaf, the leaf from the root, the root from the signature, the signature from
        a key that the reader configured. What else the object says must agree.
Source  Methodology, "Transparency"; RFC 6962; C2SP tlog-checkpoint; decision 0020.

    MarketError
    └── FixRefused      bytes that prove no fix of a publisher that is believed
"""

import json
from base64 import b64decode
from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple
from typing import NoReturn
from typing import get_args
from typing import get_origin

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import fixing_sha256
from chiphour.index.fixing import from_json
from chiphour.index.fixing import to_json
from chiphour.index.leaves import Fix
from chiphour.index.leaves import LeafRefused
from chiphour.index.leaves import leaf_from
from chiphour.index.merkle import ProofRefused
from chiphour.index.merkle import leaf_hash
from chiphour.index.merkle import root_from_inclusion
from chiphour.index.note import Checkpoint
from chiphour.index.note import NoteRefused
from chiphour.index.note import VerifierKey
from chiphour.index.note import witnessed
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json
from chiphour.publish.datasets import fixing_object
from chiphour.publish.datasets import json_bytes
from chiphour.units import iso_from_ns

FORMAT = "chiphour-fix/1"
BYTES_MAX = 8 << 20  # A fix with every row of a great book rejected stays below.
PATH_MAX = 63  # Of a log that no disk could hold.
INTEGER_END = 1 << 63
FIELDS = ("checkpoint", "document", "fix", "format", "index", "leaf", "path")


class FixRefused(MarketError):
    """Bytes that prove no fix of a publisher that is believed."""


class Proof(NamedTuple):
    """Where a fix stands in a log: its leaf, the path from that to the root of a checkpoint."""

    leaf_index: int
    leaf: bytes
    path: tuple[bytes, ...]
    checkpoint: str  # The signed note.


class Publisher(NamedTuple):
    """A log whose fixes are believed, and how many of which witnesses must have cosigned.

    `series` are the tickers that it is believed for; none stands for all.
    """

    key: VerifierKey
    witnesses: tuple[VerifierKey, ...] = ()
    witnesses_min: int = 0
    series: tuple[str, ...] = ()


class Believed(NamedTuple):
    """A fix, who published it, and the checkpoint that proves it."""

    fixing: Fixing
    publisher: str
    checkpoint: Checkpoint


def signed_fix(fixing: Fixing, proof: Proof) -> bytes:
    """Give the object of a fix as JSON: what people read first, then what proves it."""
    return json_bytes(
        {
            "format": FORMAT,
            "fix": fixing_object(fixing),
            "document": to_json(fixing),
            "index": proof.leaf_index,
            "leaf": proof.leaf.decode(),
            "path": [b64encode(each).decode() for each in proof.path],
            "checkpoint": proof.checkpoint,
        }
    )


def believed_fix(content: bytes, publishers: Sequence[Publisher]) -> Believed:
    """Read the object of a fix and check all of it; raises FixRefused with the first fault."""
    record = _object(content)
    fixing = _fixing(record["document"])
    _check_said(record["fix"], _shown(fixing))
    leaf = _leaf(record["leaf"])
    if _facts(leaf) != _facts_of(fixing):
        raise FixRefused(
            f"leaf: expected the fix {_facts_of(fixing)} of the document, found {_facts(leaf)}"
        )
    believed = [each for each in publishers if not each.series or fixing.series in each.series]
    publisher, checkpoint = _publisher(record["checkpoint"], believed, fixing.series)
    _prove(record, checkpoint)
    return Believed(fixing, publisher, checkpoint)


def _object(content: bytes) -> dict[str, Any]:
    if len(content) > BYTES_MAX:
        raise FixRefused(f"expected at most {BYTES_MAX} bytes, found {len(content)}")
    try:
        record = json.loads(
            content, object_pairs_hook=_named_once, parse_float=_no_float, parse_constant=_no_float
        )
    except (ValueError, RecursionError) as fault:
        raise FixRefused(f"expected a fix as JSON, found {str(fault)[:100]}") from None
    if not isinstance(record, dict) or sorted(record) != list(FIELDS):
        found = sorted(record)[:20] if isinstance(record, dict) else type(record).__name__
        raise FixRefused(f"expected the fields {', '.join(FIELDS)}, found {found!s:.300}")
    if record["format"] != FORMAT:
        raise FixRefused(f"format: expected {FORMAT}, found {record['format']!r:.100}")
    kinds = {"checkpoint": str, "document": dict, "fix": dict, "leaf": str, "path": list}
    for name, kind in kinds.items():
        if not isinstance(record[name], kind):
            raise FixRefused(f"{name}: expected {kind.__name__}, found {record[name]!r:.100}")
    return record


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Read an object; of two values of one name a reader may show one and settle on the other."""
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a name that stands twice in one object")
    return record


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:40]}, where all are whole")


def _fixing(document: dict[str, Any]) -> Fixing:
    """Read a document whose fields are all of their kind; raises FixRefused."""
    try:
        fixing = from_json(document)
    except (TypeError, KeyError, ValueError, AttributeError) as fault:
        raise FixRefused(f"document: expected the record of a fix, found {fault!r:.200}") from None
    for part in (fixing, *fixing.members, *fixing.rejections, *fixing.notes):
        for name, kind in type(part).__annotations__.items():
            value = getattr(part, name)
            if not _is_of(value, kind) or (part is fixing and _is_beyond(value)):
                raise FixRefused(
                    f"document: expected {name} of {type(part).__name__} as "
                    f"{getattr(kind, '__name__', kind)}, found {value!r:.100}"
                )
    if canonical_json(to_json(fixing)) != canonical_json(document):
        raise FixRefused("document: expected the fields of a fix as they are published")
    return fixing


def _is_of(value: object, kind: Any) -> bool:
    """Tell whether a value is of a field's kind; true is not one here."""
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, tuple):
        return get_origin(kind) is tuple and all(
            isinstance(each, get_args(kind)[0]) for each in value
        )
    return get_origin(kind) is not tuple and isinstance(value, kind)


def _is_beyond(value: object) -> bool:
    """Tell whether a number is none that a journal or a date could hold."""
    return isinstance(value, int) and not -INTEGER_END <= value < INTEGER_END


def _shown(fixing: Fixing) -> dict[str, Any]:
    """Give what people must read of a document; raises FixRefused for a series or time unknown."""
    try:
        shown: dict[str, Any] = json.loads(json_bytes(fixing_object(fixing)))
    except (KeyError, ValueError) as fault:
        raise FixRefused(f"document: expected the record of a fix, found {fault!r:.200}") from None
    return shown


def _check_said(said: dict[str, Any], expected: dict[str, Any]) -> None:
    """Hold what people read against the document: each field, of its kind, and no other."""
    for name, value in expected.items():
        found = said.get(name)
        if type(found) is not type(value) or found != value:
            raise FixRefused(
                f"fix: expected {name} {value!r}, as its document has it, found {found!r:.100}"
            )
    if more := sorted(set(said) - set(expected)):
        raise FixRefused(f"fix: expected no field that its document has not, found {more!s:.100}")


def _leaf(text: str) -> Fix:
    try:
        leaf = leaf_from(text.encode())
    except (LeafRefused, UnicodeEncodeError) as fault:
        raise FixRefused(f"leaf: {fault}") from None
    if not isinstance(leaf, Fix):
        raise FixRefused(f"leaf: expected that of a fix, found {text[:200]!r}")
    return leaf


def _facts(leaf: Fix) -> dict[str, str]:
    return {
        "series": leaf.series,
        "strike": iso_from_ns(leaf.strike_ns),
        "parameter_set": leaf.parameter_set,
        "vintage": leaf.vintage,
        "revision": leaf.revision,
        "sha256": leaf.sha256,
    }


def _facts_of(fixing: Fixing) -> dict[str, str]:
    return {
        "series": fixing.series,
        "strike": iso_from_ns(fixing.strike_ns),
        "parameter_set": fixing.parameter_set,
        "vintage": fixing.vintage,
        "revision": fixing.revision,
        "sha256": fixing_sha256(fixing),
    }


def _publisher(
    checkpoint: str, publishers: Sequence[Publisher], series: str
) -> tuple[str, Checkpoint]:
    """Find the publisher of a series whose log signed the checkpoint; raises FixRefused."""
    origin = checkpoint.partition("\n")[0]
    named = [publisher for publisher in publishers if publisher.key.name == origin]
    if not named:
        known = ", ".join(publisher.key.name for publisher in publishers) or "none"
        raise FixRefused(
            f"checkpoint: expected one of a publisher known for {series} ({known}), "
            f"found {origin!r:.200}"
        )
    fault: NoteRefused | None = None
    for publisher in named:
        try:
            asked = (publisher.key, publisher.witnesses, publisher.witnesses_min)
            return publisher.key.name, witnessed(checkpoint, *asked)
        except NoteRefused as refused:
            fault = refused
    raise FixRefused(f"checkpoint: {fault}")


def _prove(record: dict[str, Any], checkpoint: Checkpoint) -> None:
    index, path = record["index"], record["path"]
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < checkpoint.size:
        raise FixRefused(f"index: expected one below {checkpoint.size}, found {index!r:.100}")
    if len(path) > PATH_MAX:
        raise FixRefused(f"path: expected at most {PATH_MAX} hashes, found {len(path)}")
    try:
        hashes = [b64decode(each, validate=True) for each in path]
        found = root_from_inclusion(
            index, checkpoint.size, leaf_hash(record["leaf"].encode()), hashes
        )
    except (ProofRefused, ValueError, TypeError) as fault:
        raise FixRefused(f"path: {fault}") from None
    if found != checkpoint.root:
        raise FixRefused(
            f"path: expected to reach the root {checkpoint.root.hex()}, reached {found.hex()}"
        )
