"""FOLDER: a bundle as it lies on a disk: its files by their hashes, its log by its signature.

Takes   the folder of a bundle.
Gives   `Bundle`: tables, and what the leaves of the log say; the content of a file.
Keeps   an order of trust: a file is what the manifest says, a leaf is under the root that the log
        signed. Nothing is used before it was held to that. Only this file of the audit reads.
Source  Decision 0019; C2SP tlog-tiles and tlog-checkpoint; RFC 6962.
"""

import json
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from typing import NamedTuple
from typing import Protocol

from chiphour.audit.groups import Group
from chiphour.audit.rows import Reading
from chiphour.audit.rules import Tables
from chiphour.audit.rules import canonical_text
from chiphour.audit.rules import sha256_text
from chiphour.audit.rules import text_difference
from chiphour.audit.signature import NotSigned
from chiphour.audit.signature import checkpoint_of
from chiphour.audit.signature import key_of
from chiphour.audit.tree import entries_of
from chiphour.audit.tree import entry_paths
from chiphour.audit.tree import leaf_hash
from chiphour.audit.tree import root_of
from chiphour.audit.tree import tiles_of

LAYOUT = 1  # The version of the layout that this program reads.
MANIFEST = "manifest.json"
NEEDED = ("tables.json", "events.jsonl", "revisions.jsonl", "log.pub", "log/checkpoint")
BATCHES, FIXINGS = "batches", "fixings"  # Read day by day; the rest at once.

PIECE_BYTES = 1 << 17
VINTAGE = ("series", "strike", "parameter_set", "vintage", "revision")  # Has one leaf.
CHANGES = ("revision", "erratum")  # Events that change rows.

Loads = Callable[[bytes], Any]
Reads = Callable[[], "Reader"]
Document = dict[str, Any]
Files = Mapping[str, tuple[int, str]]  # Size and SHA-256 by path.


class Differs(Exception):
    """A bundle that is not what it says; the words are the line to print."""


class Reader(Protocol):
    """What reads the lines of one batch: as `Reading`, or faster with the same answers."""

    def add(self, block: bytes) -> None:
        """Take some whole lines; nothing is said of them yet."""

    def root(self, ids: bytes) -> bytes:
        """Give the root over ids of 32 bytes, one behind another."""

    def groups(self, ids: bytes) -> Sequence[Group]:
        """Give the rows, with their ids; raises ValueError, KeyError, TypeError or the like."""


class Batched(NamedTuple):
    """What the log says of the rows of a day: at which leaf, their root and how many."""

    leaf: int
    root: str
    rows: int


class Logged(NamedTuple):
    """What the leaves of a log say.

    The batch of each day; of the vintages of a day, leaf and batch root by SHA-256; the events, by
    leaf.
    """

    batches: Mapping[str, Batched]
    fixes: Mapping[str, Mapping[str, tuple[int, str]]]
    events: Mapping[int, Document]


class Bundle(NamedTuple):
    """A folder whose manifest, tables and log were read."""

    folder: Path
    files: Files
    tables: Tables
    logged: Logged
    revisions: Sequence[Document]  # In the order of their time, each with its leaf.
    loads: Loads
    reads: Reads


def open_bundle(folder: Path, loads: Loads = json.loads, reads: Reads = Reading) -> Bundle:
    """Read manifest, tables and log, and prove the log; raises Differs."""
    files = _manifest(folder)
    read = {
        path: content_of(folder, files, path)
        for path in files
        if path.split("/")[0] not in (BATCHES, FIXINGS)
    }
    for path in NEEDED:
        if path not in read:
            raise Differs(f"{path}: expected a file, found none")
    leaves = _proved_leaves(read)
    tables = _tables(read["tables.json"])
    logged = _logged(leaves, read["events.jsonl"], loads)
    revisions = _changes(logged, read["revisions.jsonl"])
    return Bundle(folder, files, tables, logged, revisions, loads, reads)


def content_of(folder: Path, files: Files, path: str) -> bytes:
    """Read a file and hold it to the manifest; raises Differs."""
    content = (folder / path).read_bytes()
    _hold(path, sha256(content).hexdigest(), files)
    return content


def blocks_of(folder: Path, files: Files, path: str) -> Iterator[bytes]:
    """Yield the lines of a file, some whole ones at a time; raises Differs.

    The file is held to the manifest when its last line was given. It is read piece by piece: a
    line is taken apart while the processor still has it at hand.
    """
    digest, rest = sha256(), b""
    with (folder / path).open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            found = rest + piece
            end = found.rfind(b"\n") + 1
            rest = found[end:]
            yield found[:end]
    _hold(path, digest.hexdigest(), files)
    if rest:
        raise Differs(f"{path}: expected a last line with its end, found one without")


def lines_in(block: bytes) -> list[bytes]:
    """Give the lines of a block of whole ones, without what ends them."""
    return block.split(b"\n")[:-1]


def _hold(path: str, found: str, files: Files) -> None:
    if found != files[path][1]:
        raise Differs(f"{path}: expected SHA-256 {files[path][1]}, found {found}")


def _manifest(folder: Path) -> Files:
    """Read the manifest, and hold the names and sizes of all files to it."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())
        layout = found["layout"]
        files = {path: (each["bytes"], each["sha256"]) for path, each in found["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Differs(f"{MANIFEST}: expected layout and files, found {fault!r}") from None
    if layout != LAYOUT:
        raise Differs(f"{MANIFEST}: expected the layout {LAYOUT}, found {layout!r}")
    sizes = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }
    del sizes[MANIFEST]
    for path in sorted(files.keys() | sizes.keys()):
        if path not in files:
            raise Differs(f"{path}: expected no such file, found one")
        expected = files[path][0]
        if path not in sizes:
            raise Differs(f"{path}: expected a file of {expected} bytes, found none")
        if sizes[path] != expected:
            raise Differs(f"{path}: expected {expected} bytes, found {sizes[path]}")
    return files


def _tables(content: bytes) -> Tables:
    """Read the tables; hold the register to its hash, the parameters to the published text."""
    try:
        found = json.loads(content)
        register = found["register"]
        tables = Tables(
            {row["ticker"]: row for row in found["series"]},
            {row["venue"]: row for row in register["rows"]},
            register["sha256"],
            found["parameters"],
        )
        _hold_register(register)
        differences = [text_difference(each) for each in tables.parameters.values()]
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Differs(f"tables.json: expected the tables of the rules, found {fault!r}") from None
    for difference in filter(None, differences):
        raise Differs(f"tables.json: {difference}")
    return tables


def _hold_register(register: Document) -> None:
    """Hold the rows of the venue register to the hash that every fixing names."""
    found = sha256_text(canonical_text(register["rows"]))
    if found != register["sha256"]:
        raise Differs(
            f"tables.json: register: expected SHA-256 {register['sha256']}, found {found}"
        )


def _proved_leaves(read: Mapping[str, bytes]) -> list[bytes]:
    """Give the leaves of the log, held to its signature, its root and its tiles."""
    try:
        key = key_of(read["log.pub"].decode())
        signed = checkpoint_of(read["log/checkpoint"].decode(), key)
    except NotSigned as fault:
        raise Differs(f"log/checkpoint: {fault}") from None
    except UnicodeDecodeError:
        raise Differs("log/checkpoint: expected text") from None
    leaves: list[bytes] = []
    for path in entry_paths(signed.size):
        try:
            leaves += entries_of(_tile(read, path))
        except ValueError as fault:
            raise Differs(f"log/{path}: {fault}") from None
    hashes = [leaf_hash(leaf) for leaf in leaves]
    found = root_of(hashes)
    if len(leaves) != signed.size or found != signed.root:
        raise Differs(
            f"log/checkpoint: expected the root {signed.root.hex()} over {signed.size} leaves, "
            f"found {found.hex()} over {len(leaves)}"
        )
    for path, content in tiles_of(hashes):
        if _tile(read, path) != content:
            raise Differs(f"log/{path}: expected the hashes of its leaves, found others")
    return leaves


def _tile(read: Mapping[str, bytes], path: str) -> bytes:
    if f"log/{path}" not in read:
        raise Differs(f"log/{path}: expected a tile, found none")
    return read[f"log/{path}"]


def _logged(leaves: Sequence[bytes], events: bytes, loads: Loads) -> Logged:
    """Sort the leaves of a log by what they speak of, and hold the file of events to them."""
    batches: dict[str, Batched] = {}
    fixes: dict[str, dict[str, tuple[int, str]]] = {}
    vintages: set[tuple[str, ...]] = set()
    found: dict[int, Document] = {}
    for index, leaf in enumerate(leaves):
        try:
            said = loads(leaf)
            if said["type"] == "event":
                found[index] = said["event"]
                continue
            day = _day_of(said["strike"])
            if said["type"] == "batch":
                again = day in batches
                batches[day] = Batched(index, said["root"], said["rows"])
            else:
                vintage = tuple([said[name] for name in VINTAGE])
                again = vintage in vintages
                vintages.add(vintage)
                fixes.setdefault(day, {})[said["sha256"]] = index, said["batch"]
        except (ValueError, KeyError, TypeError):
            raise Differs(f"log: leaf {index}: expected a batch, a fix or an event") from None
        if again:
            raise Differs(
                f"log: leaf {index}: expected what no leaf before it says, found it again"
            )
    if b"".join(leaves[index] + b"\n" for index in found) != events:
        raise Differs("events.jsonl: expected the events of the log, found others")
    return Logged(batches, fixes, found)


def _changes(logged: Logged, content: bytes) -> list[Document]:
    """Read what the events that change fixings say at length, each held to its leaf."""
    leaves = {
        event.get("sha256"): leaf
        for leaf, event in logged.events.items()
        if event.get("kind") in CHANGES
    }
    found = []
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        digest = sha256(line).hexdigest()
        if digest not in leaves:
            raise Differs(
                f"revisions.jsonl: line {number}: expected an event of the log with SHA-256 "
                f"{digest}, found none"
            )
        found.append(json.loads(line) | {"leaf": leaves.pop(digest)})
    for leaf in leaves.values():
        raise Differs(f"revisions.jsonl: expected the change of leaf {leaf}, found none")
    return sorted(found, key=lambda each: (each["known_ns"], each["id"]))


def _day_of(strike: str) -> str:
    """Give the day of a strike that is written as a time; raises ValueError where it is none."""
    day = strike[:10]
    if strike != f"{day}T00:30:00Z" or date.fromisoformat(day).isoformat() != day:
        raise ValueError
    return day
