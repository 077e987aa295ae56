"""RECOVERY: from the journal alone to the state that it makes. Start-up is recovery.

Takes   a data folder and a way to make an engine; or frames and an engine.
Gives   the engine as it was, the journal ready for more, and a report; or a replay's digest.
Keeps   a file that cannot be believed, or that replays to another state, as it was.
Source  Rulebook 12 and 13; decision 0007.

    MarketError
    └── ReplayDiffers       the program, or its rulebook, is not the one that wrote the journal
"""

import logging
import secrets
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from typing import Protocol
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.journal import FILE_NAME
from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.journal import Journal
from chiphour.adapters.journal import create
from chiphour.adapters.journal import read_frames
from chiphour.adapters.journal import read_journal_head
from chiphour.exchange.limits import Limits
from chiphour.observe.observation import MarketError
from chiphour.wire.journal import Frame
from chiphour.wire.journal import Head
from chiphour.wire.journal import TornTail

RULEBOOK = "1"  # Raised when the same commands give another state than before.
BATCH_ROWS = 2048  # Commands of one call: many enough for the kernel, few enough for its cache.

Rows = NDArray[np.int64]
T = TypeVar("T")

log = logging.getLogger(__name__)


class ReplayDiffers(MarketError):
    """The journal states a digest that its replay does not give."""


class Exchange(Protocol):
    """What the kernel and its plain twin both are."""

    @property
    def sequence(self) -> int:
        """Give the sequence of the last command."""

    @property
    def time_ns(self) -> int:
        """Give the market time of the last command."""

    @property
    def next_due_ns(self) -> int:
        """Give the earliest time at which something is due (rulebook 2.6)."""

    def apply(self, commands: Rows) -> Rows:
        """Take int64[commands, 16], give int64[events, 16] in order of SEQUENCE."""

    def digest(self) -> str:
        """Give the digest of the state (rulebook 13)."""


class Report(NamedTuple):
    """What recovery found. `cut_bytes` were cut at `cut_offset`; `digest` is the state's now."""

    created: bool
    frames: int
    commands: int
    cut_bytes: int
    cut_offset: int
    digest: str


class Recovered(NamedTuple):
    """All that a sequencer needs to go on."""

    engine: Exchange
    journal: Journal
    report: Report


class Replay:
    """Gives frames to an engine in large batches, and compares the digests that they state."""

    def __init__(self, engine: Exchange, name: str) -> None:
        """Begin with an empty engine; `name` is for messages."""
        self.engine = engine
        self._name = name
        self._waiting: list[Rows] = []
        self._count = 0

    def take(self, frame: Frame) -> None:
        """Take the next frame. Raises ReplayDiffers when its digest is not the engine's."""
        if frame.digest:
            self.finish()
            found = self.engine.digest()
            if found != frame.digest:
                raise ReplayDiffers(
                    f"{self._name}: expected the state's digest {frame.digest}, found {found}, "
                    f"after sequence {frame.first_sequence - 1} (frame {frame.number}, byte "
                    f"{frame.offset}): replay with the program that wrote it"
                )
        if len(frame.rows):
            self._waiting.append(frame.rows)
            self._count += len(frame.rows)
        if self._count >= BATCH_ROWS:
            self.finish()

    def finish(self) -> None:
        """Apply what waits."""
        if self._waiting:
            self.engine.apply(np.concatenate(self._waiting))
            self._waiting.clear()
            self._count = 0


def recover(
    folder: Path,
    limits: Limits,
    make_engine: Callable[[Limits], Exchange],
    created_ns: int | None = None,
) -> Recovered:
    """Open the journal of a data folder, or create it, and bring an engine to its end.

    `limits` and `created_ns` (else the wall clock) are for a new market; an existing journal's
    own limits win. Raises JournalLocked, JournalDamaged, JournalFailed, ReplayDiffers; a refused
    start changes no byte.
    """
    path = folder / FOLDER_NAME / FILE_NAME
    created = not path.exists()
    if created:
        create(path, new_head(limits, time.time_ns() if created_ns is None else created_ns))
    journal = Journal(path)
    try:
        check_rulebook(journal.head, path)
        engine = make_engine(journal.head.limits)
        replay = Replay(engine, str(path))
        for frame in journal.frames():
            replay.take(frame)
        replay.finish()
        scanned = journal.begin()
    except BaseException:
        journal.close()
        raise
    report = Report(created, *scanned, engine.digest())
    log.info("%s: %d commands in %d frames", path, report.commands, report.frames)
    return Recovered(engine, journal, report)


def replay(
    path: Path, make_engine: Callable[[Limits], Exchange], torn: Callable[[TornTail], None]
) -> Exchange:
    """Replay a journal file, full or public, read-only; give the engine at its end.

    A torn tail is told to `torn` and passed over. Raises JournalMissing, JournalDamaged,
    ReplayDiffers.
    """
    head = read_journal_head(path)
    check_rulebook(head, path)
    running = Replay(make_engine(head.limits), str(path))
    for frame in passing_torn_tail(read_frames(path), torn):
        running.take(frame)
    running.finish()
    return running.engine


def passing_torn_tail(pieces: Iterable[T], torn: Callable[[TornTail], None]) -> Iterator[T]:
    """Yield what is whole of a journal; tell a torn tail to `torn` instead of raising it."""
    try:
        yield from pieces
    except TornTail as tail:
        torn(tail)


def new_head(limits: Limits, created_ns: int) -> Head:
    """Make the first line of a new market, with a random id."""
    from chiphour.exchange.engine import kernel_hash  # Compiled code: half a second, once.

    return Head("full", secrets.token_hex(16), created_ns, RULEBOOK, kernel_hash(), limits)


def check_rulebook(head: Head, path: Path) -> None:
    """Raise ReplayDiffers when the journal was written under other rules."""
    if head.rulebook != RULEBOOK:
        raise ReplayDiffers(
            f"{path}: expected rulebook {RULEBOOK}, found {head.rulebook}: "
            "replay with a program of that rulebook"
        )
