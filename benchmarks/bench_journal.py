"""JOURNAL: durable commands a second at several group sizes, and commands a second of a replay.

Takes   the flow of exchange_load.py on 50 contracts; a temporary folder on the checkout's disk.
Gives   figures, the best of three each: groups submitted one after another, each waiting for its
        own sync; with eight in flight; the disk alone, writing and syncing the same bytes; a
        journal of the whole flow verified, and replayed through the kernel, event digests and
        all; and how long a start takes from a snapshot at its end.
Keeps   the machine's load beside the figures: a busy machine wakes the writer late.
Source  Decisions 0007 and 0026.
"""

import os
import tempfile
import time
from collections import deque
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chiphour.adapters.follower import Follower
from chiphour.adapters.journal import journal_path
from chiphour.adapters.journal import read_frames
from chiphour.adapters.recovery import recover
from chiphour.adapters.recovery import replay
from chiphour.adapters.sequencer import Sequencer
from chiphour.exchange.engine import Engine
from exchange_load import STRIKE_NS
from exchange_load import Load
from exchange_load import load

CONTRACTS, MEMBERS = 50, 1_000
GROUPS = {1: 3_000, 64: 1_000, 1_024: 500}  # Commands of a submission, and how many of them.
RUNS = 3
FRAME_BYTES = 232  # Header, salt and hash of a frame; a row has 128.
IN_FLIGHT = 8


def submitted(folder: Path, work: Load, group: int, turns: int, in_flight: int = 1) -> float:
    """Give commands a second of one submitter that lets so many groups wait for an answer."""
    engine, journal, _ = recover(folder, work.limits, Engine)
    with Sequencer(engine, journal, lambda: STRIKE_NS) as sequencer:
        sequencer.submit(work.setting)
        parts = [work.flow[i * group : (i + 1) * group] for i in range(turns)]
        began = time.perf_counter()
        waiting: deque[Any] = deque()
        for part in parts:
            waiting.append(sequencer.submit_nowait(part))
            if len(waiting) == in_flight:
                waiting.popleft().result()
        while waiting:
            waiting.popleft().result()
        took = time.perf_counter() - began
    assert engine.sequence >= len(work.setting) + sum(map(len, parts))
    return sum(map(len, parts)) / took


def synced(folder: Path, group: int, turns: int) -> float:
    """Give commands a second of the disk alone: the same bytes, written and synced."""
    content = bytes(group * 128 + FRAME_BYTES)
    file = os.open(folder / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        began = time.perf_counter()
        for _ in range(turns):
            os.write(file, content)
            os.fdatasync(file)
        return group * turns / (time.perf_counter() - began)
    finally:
        os.close(file)


def per_second(run: Callable[[], int], clock: Callable[[], float]) -> float:
    """Give commands a second, of a clock, of the best of some runs."""
    best = 0.0
    for _ in range(RUNS):
        began = clock()
        count = run()
        best = max(best, count / (clock() - began))
    return best


def start_seconds(folder: Path, work: Load) -> float:
    """Give the seconds of the quickest start from a snapshot at the journal's end."""
    follower = Follower(journal_path(folder), Engine, Engine.from_sections)
    follower.step()
    follower.snapshot()
    best = 1e9
    for _ in range(RUNS):
        began = time.perf_counter()
        recovered = recover(folder, work.limits, Engine, restore=Engine.from_sections)
        best = min(best, time.perf_counter() - began)
        recovered.journal.close()
        assert recovered.report.snapshot == recovered.report.commands
    return best


def figures() -> Iterator[dict[str, Any]]:
    """Yield every figure with its name, parameters, value and unit."""
    work = load(CONTRACTS, MEMBERS)
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place:
        submitted(Path(place) / "warm", work, 64, 10)  # Compiles the kernel.
        for group, turns in GROUPS.items():
            folders = [Path(place) / f"{group}-{run}" for run in range(RUNS)]
            found = max(submitted(folder, work, group, turns) for folder in folders)
            folders = [Path(place) / f"{group}-{run}-in-flight" for run in range(RUNS)]
            many = max(submitted(folder, work, group, turns, IN_FLIGHT) for folder in folders)
            alone = max(synced(folder, group, turns) for folder in folders)
            params = {"group": group, "load": round(os.getloadavg()[0], 2)}
            yield _figure("durable commands", params, found, "commands/s")
            yield _figure("durable commands, 8 in flight", params, many, "commands/s")
            yield _figure("write and fdatasync alone", params, alone, "commands/s")
        long = Path(place) / "long"
        submitted(long, work, 1_024, -(-len(work.flow) // 1_024), IN_FLIGHT)
        path = journal_path(long)
        params = {"contracts": CONTRACTS, "frame": 1_024}
        for name, run in (
            ("verified commands", lambda: sum(len(frame.rows) for frame in read_frames(path))),
            ("replayed commands", lambda: replay(path, Engine, lambda tail: None).sequence),
        ):
            yield _figure(name, params, per_second(run, time.process_time), "commands/CPU-s")
            yield _figure(
                f"{name} a second", params, per_second(run, time.perf_counter), "commands/s"
            )
        milliseconds = 1_000 * start_seconds(long, work)
        yield _figure("start from a snapshot", params, milliseconds, "ms")


def _figure(name: str, params: dict[str, Any], value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "params": params, "value": round(value), "unit": unit}
