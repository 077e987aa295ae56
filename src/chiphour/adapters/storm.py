"""STORM: one market under one seed: random members, gaps, halts, crashes and torn writes.

Takes   a seed, how many commands, a folder for its journal.
Gives   what went wrong in words, or nothing; how many commands there were.
Keeps   nothing: each seed is a market of its own, and its folder goes.
Source  Rulebook 1 to 13; decisions 0025 and 0026; docs/how-to/storm.md.

What is compared: the kernel with the plain exchange, in events after each batch, in the digest
at the end; the invariants after each batch; a market recovered from its journal, its last write
torn at a random byte, with and without a snapshot, with the one that was never stopped.
"""

import logging
import random
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters import journal as journals
from chiphour.adapters.follower import Follower
from chiphour.adapters.journal import Journal
from chiphour.adapters.recovery import recover
from chiphour.adapters.segments import FOLDER_NAME
from chiphour.exchange.engine import Engine
from chiphour.exchange.invariants import event_violations
from chiphour.exchange.invariants import violations
from chiphour.simulate.storm_hand import Played
from chiphour.simulate.storm_hand import played
from chiphour.wire.journal import HASH_BYTES
from chiphour.wire.journal import chained_events
from chiphour.wire.journal import encode_frame

Rows = NDArray[np.int64]

BATCHES = (1, 3, 17, 64, 200)
SEGMENT_BYTES = 1 << 14  # Small: every storm crosses some joints of segments.
COMMANDS = 300


class Storm(NamedTuple):
    """What a seed gave. `fault` is "" when all was well."""

    seed: int
    commands: int
    events: int
    fault: str


def storm(seed: int, count: int = COMMANDS) -> Storm:
    """Run one seed, in a folder of its own that goes with it."""
    flow = played(seed, count)
    told = sum(map(len, flow.events))
    chance = random.Random(seed + 1)
    with TemporaryDirectory(prefix="chiphour-storm-") as place, _quiet():
        fault = (
            next(iter(flow.faults), "")
            or _against_the_plain(flow, chance)
            or _against_crashes(flow, chance, Path(place))
        )
    return Storm(seed, len(flow.rows), told, fault)


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out the warnings that a torn write gives: here it was torn on purpose."""
    before = journals.log.level
    journals.log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        journals.log.setLevel(before)


def _against_the_plain(flow: Played, chance: random.Random) -> str:
    """Give the flow to the kernel in random batches; name the first difference or violation."""
    engine = Engine(flow.limits)
    start = 0
    while start < len(flow.rows):
        end = min(len(flow.rows), start + chance.choice(BATCHES))
        found = engine.apply(flow.rows[start:end])
        expected = np.concatenate(flow.events[start:end])
        if not np.array_equal(found, expected):
            return f"commands {start + 1} to {end}: the kernel says otherwise than the reference"
        broken = violations(engine.sections(), flow.limits) + event_violations(found)
        if broken:
            return f"commands {start + 1} to {end}: {broken[0]}"
        start = end
    return "" if engine.digest() == flow.digest else "the digests differ at the end"


def _against_crashes(flow: Played, chance: random.Random, folder: Path) -> str:
    """Journal the flow, crash twice in the midst of a write, recover, and come to the same end."""
    done = 0
    for part in (3, 3, 1):  # A third, a third of the rest, the rest.
        end = len(flow.rows) - (len(flow.rows) - done) * (part - 1) // part
        use_snapshot = chance.random() < 0.5
        fault = _write_on(flow, done, end, chance, folder, use_snapshot)
        if fault:
            return f"after command {done}: {fault}"
        done = end
        if done < len(flow.rows):
            _tear(flow, done, chance, folder)
    return ""


def _write_on(
    flow: Played, begin: int, end: int, chance: random.Random, folder: Path, use_snapshot: bool
) -> str:
    """Recover, then apply and journal commands from one place to another, and stop there."""
    restore: Callable[..., Engine] | None = Engine.from_sections if use_snapshot else None
    found = recover(folder, flow.limits, Engine, 0, restore, SEGMENT_BYTES)
    journal, engine = found.journal, found.engine
    try:
        if engine.sequence != begin:
            return f"expected {begin} commands in the journal, found {engine.sequence}"
        chain = journal.mark.events
        while begin < end:
            step = min(end, begin + chance.choice(BATCHES))
            events = engine.apply(flow.rows[begin:step])
            if not np.array_equal(events, np.concatenate(flow.events[begin:step])):
                return f"commands {begin + 1} to {step}: what was recovered says otherwise"
            chain = chained_events(chain, events)
            journal.append(flow.rows[begin:step], events=chain)
            begin = step
        if begin == len(flow.rows) and engine.digest() != flow.digest:
            return "the digest at the end is another"
    finally:
        journal.close()
    if chance.random() < 0.5:
        _snapshot(folder)
    return ""


def _snapshot(folder: Path) -> None:
    """Follow the journal to its end and write a snapshot there."""
    follower = Follower(folder / FOLDER_NAME, Engine, Engine.from_sections)
    follower.step()
    follower.snapshot()


def _tear(flow: Played, done: int, chance: random.Random, folder: Path) -> None:
    """Leave behind what a crash in the midst of the next write leaves: some of its first bytes."""
    place = folder / FOLDER_NAME
    journal = Journal(place, SEGMENT_BYTES)
    try:
        for _ in journal.frames():
            pass
        mark, path = journal.reader.mark, journal.reader.path
    finally:
        journal.close()
    frame, _ = encode_frame(
        mark, flow.rows[done : done + 5], bytes(16), b"", "", bytes(HASH_BYTES), bytes(32).hex()
    )
    torn = frame[: chance.randrange(len(frame))]
    with path.open("ab") as file:
        file.write(torn)
