"""BENCH EXCHANGE: the kernel with all its rules on, from the door to the disk, beside other books.

Takes   the flow of `order_flow.py` on markets of several sizes (`exchange_load.py`).
Gives   messages per CPU-second of the kernel and of its peers, the ratios first; what more members,
        contracts and resting orders add to a message; the time of batches; the same with the
        journal written and synced; replay, snapshot and recovery.
Keeps   the whole rule set on: every message is a command through `apply` with margin, fees, bands,
        positions, cash and events, a MARK after every 10,000; every engine's fills are the flow's.
Source  Decision 0005. CPU time of this process, so that other load counts less; durable orders by
        the clock, with the machine's load beside them.
"""

import gc
import os
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.follower import Follower
from chiphour.adapters.recovery import FOLDER_NAME
from chiphour.adapters.recovery import recover
from chiphour.exchange import commands as ask
from chiphour.exchange import events as tell
from chiphour.exchange.apply import apply
from chiphour.exchange.engine import Engine
from chiphour.exchange.state import State
from chiphour.exchange.state import allocate
from chiphour.wire.journal import chained_events
from exchange_load import MESSAGES
from exchange_load import Load
from exchange_load import load
from exchange_load import place_of
from exchange_peers import MISSING
from exchange_peers import PEERS
from exchange_peers import check_answer

Rows = NDArray[np.int64]
Figure = dict[str, Any]
Size = tuple[int, int, int]
KERNEL = "kernel"

# (contracts, members, orders that rest before the flow)
SIZES = (
    (1, 1_000, 0),
    (50, 1_000, 0),
    (1_000, 1_000, 0),
    (1, 10, 0),
    (1, 100_000, 0),
    (50, 100_000, 0),
    (1, 1_000, 200_000),
)
COMPARED = ((1, 1_000, 0), (50, 1_000, 0))  # With the peers.
ADDED = (  # What is larger, from which size to which.
    ("members", (1, 1_000, 0), (1, 100_000, 0)),
    ("contracts", (1, 1_000, 0), (50, 1_000, 0)),
    ("contracts", (50, 1_000, 0), (1_000, 1_000, 0)),
    ("resting orders", (1, 1_000, 0), (1, 1_000, 200_000)),
)
ROUNDS = 5  # Of all sizes and peers, one after another; the best run of each counts.
EVENT_ROWS = 1024  # Of the kernel's buffer, beyond what one command may need.
BATCHES = (1, 16, 64, 256, 1_024)
GROUP = 1_024
GROUPS = 400
RECOVERED = 10_000_000  # Commands of a recovery that is measured; 100 M are told from it.


@cache
def _load(size: Size) -> Load:
    contracts, members, resting = size
    work = load(contracts, members, resting=resting)
    _check(work)
    return work


def _check(work: Load) -> None:
    """Hold the kernel's fills against the flow's answer, and its book and money too."""
    engine = Engine(work.limits)
    setting = engine.apply(work.setting)
    assert not (setting[:, tell.KIND] == tell.Kind.REFUSED).any()
    events = engine.apply(work.flow)
    told = set(events[:, tell.KIND].tolist())
    assert not told & {tell.Kind.REFUSED, tell.Kind.CALL_BEGUN, tell.Kind.LIQUIDATION_BEGUN}
    fills = events[events[:, tell.KIND] == tell.Kind.FILL]
    numbers = np.zeros(len(work.flow), np.int64)
    numbers[place_of(np.arange(len(work.messages)))] = np.arange(len(work.messages))
    first = int(work.flow[0, ask.SEQUENCE])
    for column in (tell.MAKER_ORDER, tell.TAKER_ORDER):
        fills[:, column] = numbers[fills[:, column] - first]
    columns = (tell.MAKER_ORDER, tell.TAKER_ORDER, tell.PRICE_TICKS, tell.LOTS)
    check_answer(work.answer, [tuple(fill) for fill in fills[:, columns].tolist()])
    sections = engine.sections()
    assert len(sections.orders) == work.answer.resting + work.resting
    assert sections.accounts[:, 2].sum() == 0
    assert sections.positions[:, 2].sum() == 0


def time_kernel(work: Load) -> float:
    """Run the flow through the kernel's door; give the CPU-seconds.

    The market's memory is the machine's before it begins, as that of a market that runs is.
    """
    state = allocate(work.limits)
    for rows in state:
        rows += 0
    count = work.limits.events_per_command + EVENT_ROWS
    buffer = np.zeros((count, tell.EVENT_COLUMNS), np.int64)
    _pass_through(state, work.setting, buffer)
    gc.collect()
    begin = time.process_time()
    _pass_through(state, work.flow, buffer)
    return time.process_time() - begin


def _pass_through(state: State, rows: Rows, buffer: Rows) -> None:
    while len(rows):
        done, _ = apply(state, rows, buffer)
        rows = rows[done:]


def measured() -> dict[tuple[str, Size], float]:
    """Give the best CPU time of the kernel on each size, and of each peer on those compared.

    In rounds, so that a machine that is slow for a while slows none of them alone. A peer that is
    timed for each message, as the plain exchange is, has one run.
    """
    best: dict[tuple[str, Size], float] = {}
    for place in range(ROUNDS):
        for size in SIZES:
            runs = [(KERNEL, time_kernel)]
            if size in COMPARED:
                here = [each for each in PEERS if each[1] and (place == 0 or not each[3])]
                runs += [(name, timed) for name, _, timed, _ in here]
            for name, timed in runs:
                spent = timed(_load(size))
                best[name, size] = min(spent, best.get((name, size), spent))
    return best


def compared(size: Size, best: dict[tuple[str, Size], float]) -> Iterator[Figure]:
    """Yield the ratios of the kernel to each peer on one size, and the peers' own figures."""
    count = len(_load(size).messages)
    params = _params(size)
    for name, is_here, _, is_for_each in PEERS:
        if not is_here:
            reason = {"reason": f"{name} is not here: {MISSING[name]}"}
            yield _figure(f"kernel to {name}", params, None, "ratio") | reason
            continue
        rate = (1 if is_for_each else count) / best[name, size]
        ratio = count / best[KERNEL, size] / rate
        yield _figure(f"kernel to {name}", params, round(ratio, 2), "ratio")
        yield _figure(f"{name} messages per CPU-second", params, round(rate), "1/s")


def batch_times(size: Size) -> Iterator[Figure]:
    """Yield the 50th and 99th percentile of the kernel's time for a batch, by its size."""
    work = _load(size)
    for batch in BATCHES:
        engine = Engine(work.limits)
        engine.apply(work.setting)
        spent = []
        for first in range(0, min(len(work.flow), 4_000 * batch), batch):
            begin = time.perf_counter_ns()
            engine.apply(work.flow[first : first + batch])
            spent.append(time.perf_counter_ns() - begin)
        for rank in (50, 99):
            value = round(float(np.percentile(spent, rank)) / 1_000, 1)
            yield _figure(f"batch p{rank}", _params(size) | {"batch": batch}, value, "us")


def durable(size: Size, synced: bool) -> Figure:
    """Give orders a second, by the clock, applied and journalled in groups of 1,024."""
    work = _load(size)
    rows = work.flow[: GROUP * GROUPS]
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place:
        engine, journal, _ = recover(Path(place), work.limits, Engine)
        chain = _journalled(engine, journal, work.setting, bytes(32), GROUP)
        begin = time.perf_counter()
        sync = os.fdatasync
        if not synced:
            os.fdatasync = lambda file: None
        try:
            _journalled(engine, journal, rows, chain, GROUP)
        finally:
            os.fdatasync = sync
        rate = round(len(rows) / (time.perf_counter() - begin))
        journal.close()
    name = "durable orders" if synced else "orders applied and written"
    params = {"group": GROUP, "load": round(os.getloadavg()[0], 1)}
    return _figure(name, _params(size) | params, rate, "1/s")


def _journalled(engine: Any, journal: Any, rows: Rows, chain: bytes, group: int) -> bytes:
    """Apply and append commands in groups, one after another; give the chain of events."""
    for first in range(0, len(rows), group):
        part = rows[first : first + group]
        chain = chained_events(chain, engine.apply(part))
        journal.append(part, events=chain)
    return chain


def recovered(size: Size) -> Iterator[Figure]:
    """Yield replay, snapshot and recovery of a long journal: the flow told again and again.

    The same orders come anew as other commands, on what the rounds before left in the book.
    """
    work = _load(size)
    params = _params(size)
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place:
        folder = Path(place)
        commands = _write_long(work, folder)
        begin, cpu = time.perf_counter(), time.process_time()
        again = recover(folder, work.limits, Engine)
        seconds, spent = time.perf_counter() - begin, time.process_time() - cpu
        again.journal.close()
        assert again.engine.sequence == commands
        yield _figure("replayed commands", params, round(commands / spent), "1/CPU-s")
        yield _figure("replayed commands by the clock", params, round(commands / seconds), "1/s")
        told = {"commands": 100_000_000, "extrapolated from": commands}
        whole = round(seconds * 100_000_000 / commands, 1)
        yield _figure("recovery from the beginning", params | told, whole, "s")
        follower = Follower(folder / FOLDER_NAME, Engine, Engine.from_sections, every=1 << 62)
        follower.step()
        begin = time.perf_counter()
        follower.snapshot()
        yield _figure("snapshot written", params, round(time.perf_counter() - begin, 2), "s")
        begin = time.perf_counter()
        again = recover(folder, work.limits, Engine, restore=Engine.from_sections)
        again.journal.close()
        seconds = round(time.perf_counter() - begin, 2)
        yield _figure("recovery from a snapshot", params | {"commands": commands}, seconds, "s")


def _write_long(work: Load, folder: Path) -> int:
    """Journal the flow in rounds until there are enough commands; give how many there are."""
    engine, journal, _ = recover(folder, work.limits, Engine)
    chain = _journalled(engine, journal, work.setting, bytes(32), 1 << 14)
    flow, first = work.flow, int(work.flow[0, ask.SEQUENCE])
    while engine.sequence < RECOVERED:
        part = flow.copy()
        moved = engine.sequence + 1 - first
        part[:, ask.SEQUENCE] += moved
        named = part[:, ask.KIND] == ask.Kind.CANCEL
        part[named, ask.ORDER] += moved
        part[:, ask.TIME_NS] += engine.time_ns - int(flow[0, ask.TIME_NS]) + 1
        chain = _journalled(engine, journal, part, chain, 1 << 14)
    journal.close()
    return int(engine.sequence)


def figures() -> Iterator[Figure]:
    """Measure; yields {"name", "params", "value", "unit"}, and "reason" where value is None."""
    best = measured()
    rates = {size: round(len(_load(size).messages) / best[KERNEL, size]) for size in SIZES}
    for size in SIZES:
        yield _figure("kernel messages per CPU-second", _params(size), rates[size], "1/s")
        if size in COMPARED:
            yield from compared(size, best)
            yield from batch_times(size)
        if size == COMPARED[-1]:
            yield durable(size, synced=False)
            yield durable(size, synced=True)
            yield from recovered(size)
    for what, small, large in ADDED:
        added = round(10**9 / rates[large] - 10**9 / rates[small])
        params = {"what": what, "from": _params(small), "to": _params(large)}
        yield _figure("added to a message", params, added, "ns")


def _params(size: Size) -> dict[str, Any]:
    contracts, members, resting = size
    found = {"contracts": contracts, "members": members, "messages": MESSAGES}
    return found | ({"resting": resting} if resting else {})


def _figure(name: str, params: dict[str, Any], value: Any, unit: str) -> Figure:
    return {"name": name, "params": params, "value": value, "unit": unit}
