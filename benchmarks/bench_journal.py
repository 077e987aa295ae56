"""JOURNAL: durable commands a second at several group sizes, and commands a second of a replay.

Takes   the flow of bench_exchange.py on 50 contracts; a temporary folder on the checkout's disk.
Gives   figures, the best of three each: groups submitted one after another, each waiting for its
        own sync; the disk alone, writing and syncing the same bytes; and a journal of the whole
        flow verified, and replayed through the kernel.
Keeps   the machine's load beside the figures: a busy machine wakes the writer late.
Source  Decision 0007.
"""

import os
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench_exchange import LIMITS
from bench_exchange import STRIKE_NS
from bench_exchange import Load
from bench_exchange import load
from chiphour.adapters.journal import journal_path
from chiphour.adapters.journal import read_frames
from chiphour.adapters.recovery import recover
from chiphour.adapters.recovery import replay
from chiphour.adapters.sequencer import Sequencer
from chiphour.exchange.engine import Engine

CONTRACTS = 50
GROUPS = {1: 3_000, 64: 1_000, 1_024: 500}  # Commands of a submission, and how many of them.
RUNS = 3
FRAME_BYTES = 136  # Header, salt and hash of a frame; a row has 128.


def submitted(folder: Path, work: Load, group: int, turns: int) -> float:
    """Give commands a second of one submitter that waits for each group."""
    engine, journal, _ = recover(folder, LIMITS, Engine)
    with Sequencer(engine, journal, lambda: STRIKE_NS) as sequencer:
        sequencer.submit(work.setting)
        parts = [work.flow[i * group : (i + 1) * group] for i in range(turns)]
        began = time.perf_counter()
        for part in parts:
            sequencer.submit(part)
        took = time.perf_counter() - began
    assert engine.sequence == len(work.setting) + sum(map(len, parts))
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


def per_cpu_second(run: Callable[[], int]) -> float:
    """Give commands a CPU-second of the best of some runs."""
    best = 0.0
    for _ in range(RUNS):
        began = time.process_time()
        count = run()
        best = max(best, count / (time.process_time() - began))
    return best


def figures() -> Iterator[dict[str, Any]]:
    """Yield every figure with its name, parameters, value and unit."""
    work = load(CONTRACTS)
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place:
        submitted(Path(place) / "warm", work, 64, 10)  # Compiles the kernel.
        for group, turns in GROUPS.items():
            folders = [Path(place) / f"{group}-{run}" for run in range(RUNS)]
            found = max(submitted(folder, work, group, turns) for folder in folders)
            alone = max(synced(folder, group, turns) for folder in folders)
            params = {"group": group, "load": round(os.getloadavg()[0], 2)}
            yield _figure("durable commands", params, found, "commands/s")
            yield _figure("write and fdatasync alone", params, alone, "commands/s")
        submitted(Path(place) / "long", work, 1_024, -(-len(work.flow) // 1_024))
        path = journal_path(Path(place) / "long")
        params = {"contracts": CONTRACTS, "frame": 1_024}
        for name, run in (
            ("verified commands", lambda: sum(len(frame.rows) for frame in read_frames(path))),
            ("replayed commands", lambda: replay(path, Engine, lambda tail: None).sequence),
        ):
            yield _figure(name, params, per_cpu_second(run), "commands/CPU-s")


def _figure(name: str, params: dict[str, Any], value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "params": params, "value": round(value), "unit": unit}
