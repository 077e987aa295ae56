"""OBSERVE: one collection round over every simulated venue, with and without faults.

Takes   the venue simulator in a process of its own, OFFERS offers spread over its venues; the real
        fetcher, collector and archive in another, in a fresh folder on the checkout's disk.
Gives   offers a second of a round and beside it those of a naive program, which has the same bytes
        already and only parses them and inserts each row; whether every row served is stored, and
        none of them twice; which share of its deadline the slowest venue takes; whether the others
        keep their deadlines while one venue hangs and one floods.
Keeps   the rows served counted apart: by the readers, from the simulator's bytes, without HTTP.
Source  Decision 0015.
"""

import asyncio
import json
import logging
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from typing import NamedTuple

import httpx

from chiphour.adapters.archive import Archive
from chiphour.adapters.collector import Collector
from chiphour.adapters.collector import Outcome
from chiphour.adapters.fetch import Fetcher
from chiphour.adapters.store import ArchiveStore
from chiphour.adapters.venue_answers import SimulatedVenue
from chiphour.adapters.venue_server import VenueServer
from chiphour.observe.observation import Observation
from chiphour.observe.venue import Rate
from chiphour.observe.venue import Reader
from chiphour.observe.venue import body_of
from chiphour.observe.venues import venues
from chiphour.simulate.venue_bodies import page_of
from chiphour.simulate.venue_bodies import rows
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND

OFFERS = 20_000
SEED = "bench"
RUNS = 3
HANGS, FLOODS = "lambda", "runpod"
HANG_SECONDS = 5  # The deadline of the one that hangs: the round ends with it.
COLLECTOR_SEED = bytes(16)
EURO_NANOUSD = 1_100_000_000
START = [sys.executable, "-c", "from chiphour.cli import main; main()", "venues", "simulate"]


class Round(NamedTuple):
    """What one round gave. `shares` are those of its deadline that each venue took; `codes` say
    why it was refused, "" where it was not.
    """

    seconds: float
    stored: int
    again: int
    shares: dict[str, float]
    codes: dict[str, str]
    memory_bytes: int


def with_deadline(reader: Reader, deadline_s: int) -> Reader:
    """Give a reader that is less patient."""
    venue = reader.VENUE._replace(deadline_s=deadline_s)
    return SimpleNamespace(**vars(reader) | {"VENUE": venue})  # type: ignore[return-value]


@contextmanager
def simulator() -> Iterator[str]:
    """Run the simulator in a process of its own; gives its address."""
    words = [*START, "--offers", str(OFFERS), "--seed", SEED]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said, _, address = process.stdout.readline().strip().partition(" ")
            assert said == "ready", said
            yield address
        finally:
            process.terminate()


def one_round(address: str, folder: Path, hanging: str = "") -> Round:
    """Collect once into a fresh folder; runs in a process of its own."""
    logging.disable(logging.WARNING)  # That a venue is refused is meant.
    readers = {
        name: with_deadline(reader, HANG_SECONDS) if name == hanging else reader
        for name, reader in venues().items()
    }
    archive = Archive(folder)
    store = ArchiveStore(archive, time.time_ns)
    rated = RatedStore(store)

    async def collect() -> tuple[float, list[Outcome]]:
        async with Fetcher({}, base_url=address) as fetcher:
            collector = Collector(readers.values(), fetcher, rated, seed=COLLECTOR_SEED)
            began = time.perf_counter()
            outcomes = await collector.round()
            return time.perf_counter() - began, outcomes

    seconds, outcomes = asyncio.run(collect())
    stored = archive.count()["observations"]
    polls = [outcome.poll for outcome in outcomes if outcome.poll is not None]
    again = sum(store.keep_poll(poll) for poll in polls if poll.refusal is None)
    archive.close()
    deadlines = {name: readers[name].VENUE.deadline_s * NS_PER_SECOND for name in readers}
    return Round(
        seconds,
        stored,
        again,
        {done.source: done.elapsed_ns / deadlines[done.source] for done in outcomes},
        {done.source: code_of(done) for done in outcomes},
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def code_of(done: Outcome) -> str:
    if done.poll is None:
        return "FAILED"
    return done.poll.refusal.code if done.poll.refusal else ""


class RatedStore:
    """The store, with rates of currencies that a fresh folder has not yet."""

    def __init__(self, store: ArchiveStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def rates(self, before_ns: int) -> tuple[Rate, ...]:
        return (Rate("EUR", before_ns - NS_PER_DAY, EURO_NANOUSD),)


def served_by(venue: SimulatedVenue) -> int:
    """Count the observations in all answers of a simulated venue, by its reader."""
    now_ns = time.time_ns()
    rates = (Rate("EUR", now_ns - NS_PER_DAY, EURO_NANOUSD),)
    bodies = [body_of(one.content, one.shape, now_ns, now_ns, rates) for one in venue.answers()]
    found = [item for body in bodies for item in venues()[venue.name].read(body)]
    return sum(isinstance(item, Observation) for item in found)


def naive(server: VenueServer, place: Path) -> float:
    """Give offers a second of a program that parses the same JSON and inserts each row."""
    answers = [
        (name, one.content, venue.wire(one.shape))
        for name, venue in server.venues.items()
        for one in venue.answers()
        if venue.wire(one.shape)["file"].endswith(".json")
    ]
    database = sqlite3.connect(place, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE offers (source TEXT, place INTEGER, body TEXT)")
    began = time.perf_counter()
    total = 0
    for name, content, wire in answers:
        value = json.loads(content)
        lines = [json.dumps(holder[key]) for holder, key in rows(page_like(value, wire), wire)]
        database.execute("BEGIN IMMEDIATE")
        database.executemany(
            "INSERT INTO offers VALUES (?, ?, ?)", ((name, n, line) for n, line in enumerate(lines))
        )
        database.execute("COMMIT")
        total += len(lines)
    took = time.perf_counter() - began
    database.close()
    return total / took


def page_like(value: Any, wire: dict[str, Any]) -> Any:
    """Give a page of plain JSON, in which the same pointers find the rows."""
    return page_of(b"null", wire)._replace(value=value)


def figures() -> Iterator[dict[str, Any]]:
    """Yield every figure with its name, parameters, value and unit."""
    server = VenueServer(offers=OFFERS, seed=SEED)
    offers = sum(venue.offers() for venue in server.venues.values())
    served = sum(map(served_by, server.venues.values()))
    params = {"venues": len(server.venues), "offers": offers}
    with (
        tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place,
        simulator() as address,
        ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as processes,
    ):

        def collected(name: str, hanging: str = "") -> Round:
            return processes.submit(one_round, address, Path(place) / name, hanging).result()

        plain = max(naive(server, Path(place) / f"naive-{run}.db") for run in range(RUNS))
        found = min((collected(f"round-{run}") for run in range(RUNS)), key=lambda r: r.seconds)
        yield from of_a_round(found, params, offers, served, plain)
        for name, fault in ((HANGS, "hang"), (FLOODS, "flood")):
            httpx.post(f"{address}/fault/{name}/{fault}").raise_for_status()
        yield from of_a_faulty_round(collected("faulty", HANGS), params)


def of_a_round(
    found: Round, params: dict[str, Any], offers: int, served: int, plain: float
) -> Iterator[dict[str, Any]]:
    """Yield the figures of a round in which nothing is wrong."""
    slowest = max(found.shares, key=found.shares.__getitem__)
    yield _figure("observe to naive", params, offers / found.seconds / plain, "ratio")
    yield _figure("venues observed", params, list(found.codes.values()).count(""), "venues")
    yield _figure("offers observed", params, round(offers / found.seconds), "offers/s")
    yield _figure("naive offers", params, round(plain), "offers/s")
    yield _figure("collection round", params, found.seconds, "s")
    yield _figure("rows served", params, served, "rows")
    yield _figure("rows served but not stored", params, served - found.stored, "rows")
    yield _figure("rows added by the same bytes", params, found.again, "rows")
    yield _figure(
        "share of its deadline", params | {"slowest": slowest}, found.shares[slowest], "share"
    )
    yield _figure("peak memory", params, round(found.memory_bytes / (1 << 20)), "MB")


def of_a_faulty_round(found: Round, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the figures of a round in which one venue hangs and one floods."""
    wrong = params | {"hangs": HANGS, "floods": FLOODS}
    others = {name: share for name, share in found.shares.items() if name not in (HANGS, FLOODS)}
    in_time = [name for name, share in others.items() if share <= 1 and not found.codes[name]]
    slowest = max(others, key=others.__getitem__)
    yield _figure("others_within_deadline", wrong, len(in_time) / len(others), "share")
    yield _figure("share of its deadline", wrong | {"slowest": slowest}, others[slowest], "share")
    told = [found.codes[name] for name in (HANGS, FLOODS)] == ["TIMEOUT", "TOO_LARGE"]
    yield _figure("hung and flooding refused", wrong, told, "")


def _figure(name: str, params: dict[str, Any], value: float, unit: str) -> dict[str, Any]:
    shown = round(value, 4) if isinstance(value, float) else value
    return {"name": name, "params": params, "value": shown, "unit": unit}
