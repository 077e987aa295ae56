"""COLLECTION: live collection put together: readers, fetcher, archive, clock and seed.

Takes   an archive, which sources, where they are asked, what the operator keeps secret.
Gives   `collect_once`, one round with its report; the lanes, `Collecting` on a thread of their own
        or `collect_until` on the caller's.
Keeps   the seed of the poll times in a file that only its owner may read, made once; one collector
        to a folder, for two would ask every venue at twice its limits.
Source  Decisions 0015 and 0033; requirement O3.

    MarketError
    └── CollectorRunning    another one collects into this folder
"""

import asyncio
import fcntl
import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import ExitStack
from contextlib import contextmanager
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import Answer
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.adapters.bodies import sync_folder
from chiphour.adapters.bodies import write_durably
from chiphour.adapters.collector import Collector
from chiphour.adapters.collector import Outcome
from chiphour.adapters.fetch import Fetcher
from chiphour.adapters.gpuhunt_source import catalogue_lines
from chiphour.adapters.manifest import RecordingRefused
from chiphour.adapters.recordings import FIRST
from chiphour.adapters.report import Report
from chiphour.adapters.report import Summary
from chiphour.adapters.report import Tally
from chiphour.adapters.store import ArchiveStore
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.register import standing
from chiphour.observe.venue import Reader
from chiphour.observe.venue import body_of
from chiphour.observe.venues import venues

SEED = "collector.seed"
SEED_BYTES = 32
LOCK = "collector.lock"
LOOK_S = 0.2  # How often it is looked whether to stop.
CATALOGUE = "gpuhunt"
CATALOGUE_PROVIDERS = ("aws", "azure", "gcp", "nebius", "oci")


class CollectorRunning(MarketError):
    """Another one collects into this folder."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be the only collector of a folder; raises CollectorRunning. A killed one leaves no trace."""
    with (folder / LOCK).open("w") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CollectorRunning(
                f"{folder}: expected no other collector, found one at work: stop it first"
            ) from None
        yield


def live_readers(only: str | None = None) -> list[Reader]:
    """Give the readers that have somebody to ask, or the one named; raises RecordingRefused."""
    found = {name: reader for name, reader in venues().items() if reader.VENUE.base_url}
    if only is None:
        return list(found.values())
    if only not in found:
        raise RecordingRefused(f"expected a venue of {', '.join(found)}, found {only!r}")
    return [found[only]]


def collector_of(archive: Archive, readers: Sequence[Reader], fetcher: Fetcher) -> Collector:
    """Give the collector that writes to an archive."""
    return Collector(
        readers,
        fetcher,
        ArchiveStore(archive, time.time_ns),
        seed=seed_of(archive.folder),
        first=frozenset(FIRST),
        intervals_ns={reader.VENUE.name: standing(reader.VENUE.name).poll_ns for reader in readers},
    )


def collect_once(
    archive: Archive, only: str | None, base_url: str, environment: Mapping[str, str]
) -> Report:
    """Poll every live source once, or one of them; give what came of each.

    "gpuhunt" is asked only by its name: the package does its own fetching.
    """
    if only == CATALOGUE:
        return _query_catalogue(archive)
    readers = live_readers(only)

    async def work() -> list[Outcome]:
        async with Fetcher(environment, base_url=base_url) as fetcher:
            return await collector_of(archive, readers, fetcher).round()

    with alone_in(archive.folder):
        outcomes = asyncio.run(work())
    now_ns = time.time_ns()
    return Report(archive.folder, tuple(_summary(one, now_ns) for one in outcomes), {}, ())


def collect_until(
    archive: Archive, base_url: str, environment: Mapping[str, str], stop: threading.Event
) -> None:
    """Run the lanes on this thread until `stop` is set; raises CollectorRunning."""

    async def hear(ended: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.sleep(LOOK_S)
        ended.set()

    async def work() -> None:
        ended = asyncio.Event()
        hearing = asyncio.create_task(hear(ended))
        try:
            async with Fetcher(environment, base_url=base_url) as fetcher:
                await collector_of(archive, live_readers(), fetcher).run(ended)
        finally:
            hearing.cancel()

    with alone_in(archive.folder):
        asyncio.run(work())


def _query_catalogue(archive: Archive) -> Report:
    """Keep what gpuhunt's catalogue holds of hyperscalers; raises CatalogueRefused."""
    reader = venues()[CATALOGUE]
    began_ns = time.time_ns()
    content = catalogue_lines(CATALOGUE_PROVIDERS)
    body = body_of(content, "items", began_ns, time.time_ns())
    seen = tuple(item for item in reader.read(body) if isinstance(item, Observation))
    tally = Tally(CATALOGUE)
    tally.add(seen, archive.keep_poll(CATALOGUE, reader.VENUE.reader_version, [Answer(body, seen)]))
    return Report(archive.folder, (tally.summary()._replace(age_ns=0),), {}, ())


def seed_of(folder: Path) -> bytes:
    """Give the secret from which the times of polls are drawn; make it where there is none.

    Raises ArchiveDamaged where the file is not what was made, or none can be made.
    """
    file = folder / SEED
    try:
        if not file.exists():
            _make_seed(file)
        seed = file.read_bytes()
    except OSError as fault:
        raise ArchiveDamaged(f"{file}: expected a seed, found {fault.strerror}") from None
    if len(seed) != SEED_BYTES:
        raise ArchiveDamaged(f"{file}: expected {SEED_BYTES} bytes, found {len(seed)}")
    return seed


def _make_seed(file: Path) -> None:
    """Write beside, make durable, then give it its name, unless another collector was first."""
    beside = file.with_name(f".{SEED}-{secrets.token_hex(8)}")
    try:
        write_durably(beside, secrets.token_bytes(SEED_BYTES))
        with suppress(FileExistsError):
            os.link(beside, file)
        sync_folder(file.parent)
    finally:
        beside.unlink(missing_ok=True)


class Collecting:
    """Runs the lanes on a thread of its own until its context ends."""

    def __init__(self, archive: Archive, base_url: str, environment: Mapping[str, str]) -> None:
        """Prepare; nobody is asked before the context is entered."""
        self._archive = archive
        self._base_url = base_url
        self._environment = environment
        self._alone = ExitStack()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="collecting")
        self.fault: BaseException | None = None

    def __enter__(self) -> "Collecting":
        """Begin to collect; raises CollectorRunning."""
        with ExitStack() as held:
            held.enter_context(alone_in(self._archive.folder))
            seed_of(self._archive.folder)  # One that cannot be read is told here, not later.
            self._alone = held.pop_all()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop; raise what went wrong on the thread."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()
        self._alone.close()
        if self.fault is not None and fault is None:
            raise self.fault

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._collect())
        except BaseException as fault:
            self.fault = fault
            os.kill(os.getpid(), signal.SIGTERM)  # To show what stands still is no use.

    async def _collect(self) -> None:
        async with Fetcher(self._environment, base_url=self._base_url) as fetcher:
            await collector_of(self._archive, live_readers(), fetcher).run(self._stop)


def _summary(outcome: Outcome, now_ns: int) -> Summary:
    tally = Tally(outcome.source)
    if outcome.poll is not None and outcome.poll.refusal is not None:
        tally.refuse(outcome.poll.refusal)
    elif outcome.poll is not None:
        tally.add(outcome.poll.observations, outcome.new)
    found = tally.summary()
    return found._replace(age_ns=None if found.newest_ns is None else now_ns - found.newest_ns)
