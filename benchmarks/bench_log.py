"""LOG: durable appends to a transparency log, the size of a proof, and tamperings found.

Takes   leaves of fixes as the index writes them, about 320 bytes each; a temporary folder on the
        checkout's disk; `pymerkle`, another implementation of the same tree.
Gives   figures: leaves a second of ten million, durable under a signed checkpoint every 8,192, and
        of fewer in smaller groups; both implementations side by side; the bytes and the time of
        proofs; of random tamperings, how many a full check finds, and how many a client that
        has one leaf and its proof.
Keeps   the making of the leaves out of the time; the tamperings to a seed.
Source  Decision 0018.
"""

import json
import os
import random
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from pymerkle import InmemoryTree
from pymerkle import SqliteTree

from chiphour.adapters.log import Log
from chiphour.adapters.log import LogReader
from chiphour.adapters.signing import Signer
from chiphour.index.merkle import leaf_hash
from chiphour.index.merkle import root_from_inclusion
from chiphour.index.note import verified
from chiphour.index.series import ALL_SERIES
from chiphour.index.tiles import WIDTH
from chiphour.index.tiles import bundle_of
from chiphour.index.tiles import leaves_of
from chiphour.index.tiles import tile_path
from chiphour.index.tiles import tile_width
from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso

SEED = 20261127
LEAVES = 200_000  # Of the runs side by side.
APPENDED = ((100_000, 64), (500_000, 1_024), (10_000_000, 8_192))  # Leaves, leaves of a group.
FIRST_NS = ns_from_iso("2026-01-01T00:30:00Z")
PER_DAY = 20_000  # More than any day has: ten million leaves are then 500 days.
CHECKED = ((3_000, 1_000), (70_000, 50))  # Leaves of a log, and how often it is tampered with.
CLIENTS = 1_000
PROOFS = 1_000


def leaves(first: int, count: int) -> list[bytes]:
    """Make leaves, of each day the batch and then fixes, as `index.leaves` spells them."""
    return [leaf(*divmod(number, PER_DAY)) for number in range(first, first + count)]


@lru_cache(maxsize=4)
def day_texts(day: int) -> tuple[str, str, str]:
    """Give the strike of a day, the time at which its fixes are known, the root of its batch."""
    strike_ns = FIRST_NS + day * NS_PER_DAY
    root = sha256(day.to_bytes(8, "big")).hexdigest()
    return iso_from_ns(strike_ns), iso_from_ns(strike_ns + 5 * NS_PER_MINUTE), root


def leaf(day: int, place: int) -> bytes:
    """Make one leaf; the first of a day is its batch."""
    strike, known, root = day_texts(day)
    times = f'"strike":"{strike}","time":"{known}"'
    if place == 0:
        return f'{{"root":"{root}","rows":900,{times},"type":"batch"}}'.encode()
    series = ALL_SERIES[place % len(ALL_SERIES)].ticker
    made = sha256(f"{day} {place}".encode()).hexdigest()
    return (
        f'{{"batch":"{root}","parameter_set":"v2026_1","revision":"","series":"{series}",'
        f'"sha256":"{made}",{times},"type":"fix","vintage":"provisional"}}'
    ).encode()


def appended(append: Callable[[list[bytes]], Any], count: int, group: int) -> float:
    """Give leaves a second; the time is that of the appends alone."""
    took = 0.0
    for first in range(0, count, group):
        part = leaves(first, min(group, count - first))
        began = time.perf_counter()
        append(part)
        took += time.perf_counter() - began
    return count / took


def new_log(folder: Path) -> Log:
    return Log(folder, "", Signer(folder.with_suffix(".key")))


def side_by_side(place: Path, group: int = 1_024) -> Iterator[dict[str, Any]]:
    """Yield the ratios of our appends to theirs, with a root after each group as a log needs."""
    stored = SqliteTree(str(place / "theirs.db"))
    in_memory = InmemoryTree()
    params = {"leaves": LEAVES, "group": group}
    ours = appended(new_log(place / f"ours-{group}").append, LEAVES, group)
    for name, tree in (("on disk", stored), ("in memory", in_memory)):

        def append(part: list[bytes], tree: Any = tree) -> None:
            tree.append_entries(part)
            tree.get_root()

        theirs = appended(append, LEAVES, group)
        yield _figure(f"appends to pymerkle {name}", params, ours / theirs, "ratio")
        yield _figure(f"pymerkle appends {name}", params, theirs, "leaves/s")


def proof_figures(folder: Path, draw: random.Random) -> Iterator[dict[str, Any]]:
    """Yield the bytes and the time of proofs from the files of a large log."""
    size = LogReader(folder).size
    texts, raw, took, grew = [], [], [], []
    for _ in range(PROOFS):
        index, old = draw.randrange(size), draw.randrange(1, size)
        began = time.perf_counter()
        path = LogReader(folder).inclusion(index)
        took.append(time.perf_counter() - began)
        proof = {"index": index, "size": size, "path": [b64encode(h).decode() for h in path]}
        texts.append(len(json.dumps(proof)))
        raw.append(32 * len(path))
        grew.append(32 * len(LogReader(folder).consistency(old)))
    params = {"leaves": size}
    yield _figure("inclusion proof", params | {"form": "json"}, max(texts), "bytes")
    yield _figure("inclusion proof", params | {"form": "raw"}, max(raw), "bytes")
    yield _figure("consistency proof", params | {"form": "raw"}, max(grew), "bytes")
    yield _figure("proof made, 99 of 100", params, sorted(took)[PROOFS * 99 // 100] * 1e3, "ms")


def tamper(folder: Path, index: int, size: int, draw: random.Random) -> tuple[Path, bytes]:
    """Change one file on which the proof of a leaf rests; give it and what it was before."""
    number, place = divmod(index, WIDTH)
    width = tile_width(size, 0, number)
    what = draw.choice(("leaf", "order", "tile", "truncated", "checkpoint"))
    entries, tile = tile_path("entries", number, width), tile_path(0, number, width)
    names = {"leaf": entries, "order": entries, "tile": tile, "checkpoint": "checkpoint"}
    path = folder / (names.get(what) or draw.choice((entries, tile)))
    before = path.read_bytes()
    if what in ("leaf", "order"):
        found = leaves_of(before, width)
        other = (place + draw.randrange(1, width)) % width
        if what == "order":
            found[place], found[other] = found[other], found[place]
        else:
            found[place] = flipped(found[place], draw)
        after = bundle_of(found)
    elif what == "tile":  # Any hash but the leaf's own, which a client computes itself.
        other = (place + draw.randrange(1, width)) % width
        part = before[32 * other : 32 * other + 32]
        after = before[: 32 * other] + flipped(part, draw) + before[32 * other + 32 :]
    elif what == "truncated":
        after = before[: draw.randrange(len(before))]
    else:
        after = flipped(before, draw)
    path.write_bytes(after)
    return path, before


def flipped(content: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :]


def client_believes(whole: Log, index: int) -> bool:
    """Verify a leaf as a client does: from the leaf, its path and the signed checkpoint."""
    try:
        log = LogReader(whole.files.folder)
        checkpoint = verified(log.checkpoint(), whole.key)
        hash_of_leaf, path = leaf_hash(log.leaf(index)), log.inclusion(index)
        return root_from_inclusion(index, checkpoint.size, hash_of_leaf, path) == checkpoint.root
    except MarketError:
        return False


def caught(log: Log, times: int, draw: random.Random, is_sound: Callable[[int], bool]) -> int:
    """Count the tamperings, each undone before the next, after which the log is not sound."""
    found = 0
    for _ in range(times):
        index = draw.randrange(log.size)
        path, before = tamper(log.files.folder, index, log.size, draw)
        found += not is_sound(index)
        path.write_bytes(before)
    assert is_sound(0)
    return found


def figures() -> Iterator[dict[str, Any]]:
    """Yield every figure with its name, parameters, value and unit."""
    draw = random.Random(SEED)
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as name:
        place = Path(name)
        yield from side_by_side(place)
        for count, group in APPENDED:
            params = {"leaves": count, "group": group, "load": round(os.getloadavg()[0], 2)}
            value = appended(new_log(place / f"log-{count}-{group}").append, count, group)
            yield _figure("log appends", params, value, "leaves/s")
        for count, times in CHECKED:
            yield from checked(new_log(place / f"checked-{count}"), count, times, draw)
        large = new_log(place / "log-{}-{}".format(*APPENDED[-1]))
        yield from proof_figures(large.files.folder, draw)
        found = caught(large, CLIENTS, draw, lambda index: client_believes(large, index))
        params = {"by": "client", "leaves": large.size, "of": CLIENTS}
        yield _figure("tamperings caught", params, found, "tamperings")


def checked(log: Log, count: int, times: int, draw: random.Random) -> Iterator[dict[str, Any]]:
    """Yield the speed of a full check, and how many tamperings it finds."""
    log.append(leaves(0, count))
    began = time.perf_counter()
    assert log.check() is None
    took = time.perf_counter() - began
    yield _figure("full check", {"leaves": count}, count / took, "leaves/s")
    found = caught(log, times, draw, lambda index: log.check() is None)
    params = {"by": "full check", "leaves": count, "of": times}
    yield _figure("tamperings caught", params, found, "tamperings")


def _figure(name: str, params: dict[str, Any], value: float, unit: str) -> dict[str, Any]:
    shown = round(value, 2) if unit in ("ratio", "ms") else round(value)
    return {"name": name, "params": params, "value": shown, "unit": unit}
