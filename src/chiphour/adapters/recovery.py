"""RECOVERY: from the journal to the state that it makes. Start-up is recovery.

Takes   a data folder and ways to make an engine, empty or from a snapshot's sections.
Gives   the engine as it was, the journal ready for more, and a report; or a replay.
Keeps   files that cannot be believed, or that replay to another state, as they were. A damaged
        snapshot costs time, not truth: an older one is taken, or the journal from its beginning.
Source  Rulebook 12 and 13; decisions 0007 and 0026.

    newest whole snapshot ─▶ engine ◀─ frames after it, their events held against their digests

    MarketError
    └── ReplayDiffers       the program is not the one that wrote the journal, or not deterministic
"""

import logging
import os
import secrets
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple
from typing import Protocol
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.commit import Told
from chiphour.adapters.commit import joined
from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.journal import SEGMENT_BYTES
from chiphour.adapters.journal import Journal
from chiphour.adapters.journal import create
from chiphour.adapters.segments import OLD_NAME
from chiphour.adapters.segments import Reader
from chiphour.adapters.segments import RulebookDiffers
from chiphour.adapters.segments import segment_path
from chiphour.adapters.snapshot import Snapshot
from chiphour.adapters.snapshot import SnapshotForeign
from chiphour.adapters.snapshot import check_belongs
from chiphour.adapters.snapshot import load_snapshot
from chiphour.adapters.snapshot import load_snapshot_head
from chiphour.adapters.snapshot import newest_whole
from chiphour.adapters.snapshot import snapshot_path
from chiphour.adapters.snapshot import snapshot_paths
from chiphour.exchange.cache import kernel_hash
from chiphour.exchange.digest import Sections
from chiphour.exchange.events import SEQUENCE
from chiphour.exchange.limits import Limits
from chiphour.observe.observation import MarketError
from chiphour.wire.journal import ROW_BYTES
from chiphour.wire.journal import Frame
from chiphour.wire.journal import Head
from chiphour.wire.journal import Mark
from chiphour.wire.journal import TornTail
from chiphour.wire.journal import chained_events
from chiphour.wire.journal import unpack_private
from chiphour.wire.snapshot import SnapshotDamaged
from chiphour.wire.snapshot import SnapshotHead

RULEBOOK = "2"  # Raised when the same commands give another state than before.
BATCH_ROWS = 1024  # Commands of one call: many enough for the kernel, few enough for its cache.
AHEAD_BYTES = 1 << 21  # Of frames that are read and verified while those before are applied, about.

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

    @property
    def work_waits(self) -> bool:
        """Tell whether an idle sequencer should send ADVANCE (rulebook 2.8)."""

    def apply(self, commands: Rows) -> Rows:
        """Take int64[commands, 16], give int64[events, 16] in order of SEQUENCE."""

    def digest(self) -> str:
        """Give the digest of the state (rulebook 13)."""


MakeEngine = Callable[[Limits], Exchange]
Restore = Callable[[Limits, Sections], Exchange]


class Report(NamedTuple):
    """What recovery found. `cut_bytes` were cut at `cut_offset`; `digest` is the state's now.

    `snapshot` is the sequence of the snapshot that it began from, 0 when it replayed all;
    `passed_over` says of each damaged snapshot what is wrong with it.
    """

    created: bool
    frames: int
    commands: int
    cut_bytes: int
    cut_offset: int
    digest: str
    snapshot: int = 0
    passed_over: tuple[str, ...] = ()


class Recovered(NamedTuple):
    """All that a sequencer needs to go on."""

    engine: Exchange
    journal: Journal
    report: Report


class Replay:
    """Gives frames to an engine in large batches, and compares the digests that they state."""

    def __init__(
        self, engine: Exchange, name: str, after: Mark, stated: Iterable[SnapshotHead] = ()
    ) -> None:
        """Begin with an engine that stands at `after`; `name` is for messages.

        The digests of the snapshots `stated` are compared too, where the replay passes them.
        """
        self.engine = engine
        self.mark = after  # Number, hash and events are those of the last frame applied.
        self.hear: Callable[[Told], None] | None = None
        self._name = name
        self._stated = {head.frame: head for head in stated}
        self._waiting: list[Frame] = []
        self._waiting_bytes = 0
        self._checking: Future[bytes] | None = None

    def take(self, frame: Frame) -> None:
        """Take the next frame; one that the engine has seen already is passed over.

        Raises ReplayDiffers when its digest is not the engine's.
        """
        if frame.number <= self.mark.number and not self._waiting:
            if frame.number == self.mark.number:
                self._check_joint(frame, self.mark.hash.hex())
            return
        expected = self.mark.number + len(self._waiting) + 1
        if frame.number != expected:
            raise SnapshotForeign(
                f"{self._name}: expected frame {expected} after the snapshot, found frame "
                f"{frame.number}: the snapshot names another segment: remove it"
            )
        if frame.digest:
            self.finish()
            self._compare(frame.digest, f"frame {frame.number}")
        self._waiting.append(frame)
        self._waiting_bytes += frame.size
        if self._waiting_bytes >= BATCH_ROWS * ROW_BYTES:
            self._apply()
        if frame.number in self._stated:
            self.finish()
            snapshot = self._stated[frame.number]
            self._check_joint(frame, snapshot.hash)
            self._compare(snapshot.digest, f"the snapshot after frame {frame.number}")

    def finish(self) -> None:
        """Apply what waits, and compare the event digest of each frame. Raises ReplayDiffers."""
        self._apply()
        self._join()

    def _apply(self) -> None:
        """Apply what waits; the digests of its events are compared while the next is applied."""
        frames, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if not frames:
            return
        rows = frames[0].rows if len(frames) == 1 else np.concatenate([f.rows for f in frames])
        events = []
        try:
            for first in range(0, len(rows), BATCH_ROWS):
                events.append(self.engine.apply(rows[first : first + BATCH_ROWS]))
        finally:
            self._join()  # What differed before may be why the engine stopped.
        if self.hear is not None and len(rows):
            self.hear(Told(rows, joined(events), _private_of(frames)))
        self.mark = self.mark._replace(number=frames[-1].number, hash=frames[-1].hash)
        self._checking = _comparing().submit(
            _compared, self._name, self.mark.events, frames, events
        )

    def _join(self) -> None:
        """Wait for the comparison in work; raises ReplayDiffers."""
        checking, self._checking = self._checking, None
        if checking is not None:
            self.mark = self.mark._replace(events=checking.result())

    def _compare(self, stated: str, where: str) -> None:
        """Raise ReplayDiffers unless the state has the digest that the journal states."""
        found = self.engine.digest()
        if found != stated:
            raise ReplayDiffers(
                f"{self._name}: expected the state's digest {stated}, found {found}, after "
                f"sequence {self.engine.sequence} ({where}): replay with the program that wrote it"
            )

    def _check_joint(self, frame: Frame, expected: str) -> None:
        """Raise SnapshotForeign unless the snapshot was taken after this very frame."""
        if frame.hash.hex() != expected:
            raise SnapshotForeign(
                f"{self._name}: expected frame {frame.number} of hash {expected}, as the snapshot "
                f"after it says, found {frame.hash.hex()}: the snapshot is of a journal that went "
                "on otherwise: remove it"
            )


def _private_of(frames: Sequence[Frame]) -> list[tuple[int, bytes]]:
    """Give what is private of the commands of frames, by their place among them all."""
    found, before = [], 0
    for frame in frames:
        found += [(before + place, content) for place, content in unpack_private(frame.private)]
        before += len(frame.rows)
    return found


@cache
def _comparing() -> ThreadPoolExecutor:
    """Give the thread on which event digests are compared: hashing lets go of Python's lock."""
    return ThreadPoolExecutor(1, "event-digests")


os.register_at_fork(after_in_child=_comparing.cache_clear)  # A child has no thread of its parent.


def _compared(name: str, digest: bytes, frames: list[Frame], events: list[Rows]) -> bytes:
    """Give the event digest after frames; raises ReplayDiffers at the first that states another."""
    events.reverse()  # The next of them is the last.
    for frame in frames:
        if len(frame.rows):
            mine = []
            while events:
                stop = int(np.searchsorted(events[-1][:, SEQUENCE], frame.next_sequence))
                mine.append(events[-1][:stop])
                if stop < len(events[-1]):
                    events[-1] = events[-1][stop:]
                    break
                events.pop()
            digest = chained_events(digest, *mine)
        if digest != frame.events:
            raise ReplayDiffers(
                f"{name}: expected the event digest {frame.events.hex()}, found {digest.hex()}, "
                f"after frame {frame.number} (sequences {frame.first_sequence} to "
                f"{frame.next_sequence - 1}), the first that differs: replay with the program "
                f"that wrote it, kernel {frame.kernel}"
            )
    return digest


def recover(
    folder: Path,
    limits: Limits,
    make_engine: MakeEngine,
    created_ns: int | None = None,
    restore: Restore | None = None,
    segment_bytes: int = SEGMENT_BYTES,
    hear: Callable[[Told], None] | None = None,
) -> Recovered:
    """Open the journal of a data folder, or create it, and bring an engine to its end.

    `hear` is told all that is replayed, in order, as a sequencer's subscriber is.

    `limits` and `created_ns` (else the wall clock) are for a new market; an existing journal's
    own limits win. With `restore` the newest whole snapshot is the beginning, without it the
    journal's own. Raises JournalLocked, JournalDamaged, JournalFailed, RulebookDiffers,
    ReplayDiffers, SnapshotForeign; a refused start changes no byte.
    """
    place = folder / FOLDER_NAME
    created = not segment_path(place, 1).exists() and not (place / OLD_NAME).exists()
    if created and not list(place.glob("exchange-*")):
        create(place, new_head(limits, time.time_ns() if created_ns is None else created_ns))
    journal = Journal(place, segment_bytes, kernel_hash())
    passed_over: list[str] = []
    snapshot = None
    try:
        head = journal.head
        check_rulebook(head, place)
        if restore is not None:
            snapshot = newest_whole(place, head, lambda fault: passed_over.append(str(fault)))
        replay = first_state(place, head, make_engine, restore, snapshot)
        replay.hear = hear
        first = 1 if snapshot is None else snapshot.head.segment
        for frame in read_ahead(journal.frames(min(first, len(journal.reader.segments)))):
            replay.take(frame)
        replay.finish()
        check_not_newer(place, head, journal.reader.mark)
        scanned = journal.begin()
    except BaseException:
        journal.close()
        raise
    begun = 0 if snapshot is None else snapshot.head.sequence
    engine = replay.engine
    report = Report(created, *scanned, engine.digest(), begun, tuple(passed_over))
    _log(place, report)
    return Recovered(engine, journal, report)


def _log(place: Path, report: Report) -> None:
    for fault in report.passed_over:
        log.warning("%s: a damaged snapshot was passed over", fault)
    if report.snapshot:
        log.info("%s: began from the snapshot after %d commands", place, report.snapshot)
    log.info("%s: %d commands in %d frames", place, report.commands, report.frames)


def first_state(
    folder: Path,
    head: Head,
    make_engine: MakeEngine,
    restore: Restore | None,
    snapshot: Snapshot | None,
    stated: Iterable[SnapshotHead] = (),
) -> Replay:
    """Make what a replay begins with: a state from a snapshot, or an empty one.

    A chain that begins from a snapshot needs that one, and `restore`. Raises SnapshotForeign,
    SnapshotDamaged; ReplayDiffers when a snapshot restores to another state.
    """
    mark = Mark(
        *(int(head.rulebook), head.frame, head.sequence, head.time_ns),
        *(bytes.fromhex(head.previous), bytes.fromhex(head.events), 0),
    )
    begin = snapshot
    if begin is None and head.origin is not None:
        begin = load_base(folder, head)
    if begin is None:
        return Replay(make_engine(head.limits), str(folder), mark, stated)
    if restore is None:
        raise ReplayDiffers(
            f"{folder}: expected a way to begin from {begin.path.name}, as the journal does, "
            "found none"
        )
    engine = restore(head.limits, begin.sections)
    at, restored = begin.head, engine.digest()
    if restored != at.digest:
        raise ReplayDiffers(
            f"{begin.path}: expected to restore the state's digest {at.digest}, found {restored}: "
            "remove the snapshot to begin from an older one"
        )
    mark = mark._replace(
        number=at.frame, hash=bytes.fromhex(at.hash), events=bytes.fromhex(at.events)
    )
    return Replay(engine, str(folder), mark, [each for each in stated if each.frame > at.frame])


def load_base(folder: Path, head: Head) -> Snapshot:
    """Read the snapshot that a chain of segments begins from.

    Raises SnapshotDamaged, and SnapshotForeign when it is not the one that the chain names.
    """
    assert head.origin is not None
    found = load_snapshot(snapshot_path(folder, head.sequence - 1))
    check_belongs(found.head, head, found.path)
    return found


def replay(
    folder: Path,
    make_engine: MakeEngine,
    torn: Callable[[TornTail], None],
    restore: Restore | None = None,
    passed_over: Callable[[SnapshotDamaged], None] = lambda fault: None,
) -> Exchange:
    """Replay a journal, full or public, from its beginning, read-only; give the engine at its end.

    The digests of its frames and of the whole snapshots beside it are compared. `restore` is for a
    chain that begins from a snapshot. A torn tail is told to `torn`, a damaged snapshot to
    `passed_over`. Raises JournalMissing, JournalDamaged, RulebookDiffers, ReplayDiffers,
    SnapshotForeign.
    """
    reader = Reader(folder)
    check_rulebook(reader.head, folder)
    stated = []
    for path in snapshot_paths(folder):
        try:
            head = load_snapshot(path).head
        except SnapshotDamaged as fault:
            passed_over(fault)
            continue
        check_belongs(head, reader.head, path)
        stated.append(head)
    running = first_state(folder, reader.head, make_engine, restore, None, stated)
    for frame in passing_torn_tail(read_ahead(reader.frames()), torn):
        running.take(frame)
    running.finish()
    return running.engine


def passing_torn_tail(pieces: Iterable[T], torn: Callable[[TornTail], None]) -> Iterator[T]:
    """Yield what is whole of a journal; tell a torn tail to `torn` instead of raising it."""
    try:
        yield from pieces
    except TornTail as tail:
        torn(tail)


def read_ahead(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Yield frames that are read and verified on another thread, a batch ahead.

    What reading raises is raised after the frames before it.
    """
    with ThreadPoolExecutor(1, "read-ahead") as thread:
        reading = thread.submit(_batch_of, frames)
        while True:
            found, fault = reading.result()
            if found and fault is None:
                reading = thread.submit(_batch_of, frames)
            yield from found
            if fault is not None:
                raise fault
            if not found:
                return


def _batch_of(frames: Iterator[Frame]) -> tuple[list[Frame], Exception | None]:
    """Take frames of so many bytes, private ones too, and what stopped their reading."""
    found: list[Frame] = []
    taken_bytes = 0
    try:
        while taken_bytes < AHEAD_BYTES and (frame := next(frames, None)):
            found.append(frame)
            taken_bytes += frame.size
    except Exception as fault:
        return found, fault
    return found, None


def check_not_newer(folder: Path, head: Head, end: Mark) -> None:
    """Raise SnapshotForeign for a snapshot of what the journal does not hold.

    A follower syncs the journal before it writes a snapshot, so no crash leaves this behind.
    """
    for path in snapshot_paths(folder):
        try:
            found = load_snapshot_head(path)
        except SnapshotDamaged:
            continue  # Told where it would have been used.
        check_belongs(found, head, path)
        if found.frame > end.number:
            raise SnapshotForeign(
                f"{path}: expected a snapshot no newer than the journal, which ends with sequence "
                f"{end.next_sequence - 1}, found sequence {found.sequence}: restore the journal "
                "from a copy, or remove the snapshot to give the commands between up"
            )


def new_head(limits: Limits, created_ns: int) -> Head:
    """Make the first line of a new market, with a random id."""
    return Head("full", secrets.token_hex(16), created_ns, RULEBOOK, kernel_hash(), limits)


def check_rulebook(head: Head, folder: Path) -> None:
    """Raise RulebookDiffers when the journal was written under other rules."""
    if head.rulebook != RULEBOOK:
        raise RulebookDiffers(
            f"{folder}: expected a journal of rulebook {RULEBOOK}, found rulebook {head.rulebook}: "
            "replay it with the version of the program that wrote it, and begin a new chain from "
            "a snapshot"
        )
