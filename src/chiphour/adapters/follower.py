"""FOLLOWER: replays a journal behind its writer, and writes snapshots, so that the writer need not.

Takes   a journal's folder; ways to make an engine.
Gives   a snapshot after every so many commands; a process that does so beside a writer.
Keeps   the journal: it only reads. What a snapshot holds is on the disk before the snapshot is:
        the follower syncs the segment itself, so a snapshot is never newer than the journal.
Source  Rulebook 13; decision 0026.

    writer ─▶ segment n ─▶ follower: verify ▸ apply ▸ compare event digests ─▶ snapshot
"""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from typing import cast

from chiphour.adapters.recovery import Exchange
from chiphour.adapters.recovery import MakeEngine
from chiphour.adapters.recovery import Restore
from chiphour.adapters.recovery import check_not_newer
from chiphour.adapters.recovery import check_rulebook
from chiphour.adapters.recovery import first_state
from chiphour.adapters.recovery import passing_torn_tail
from chiphour.adapters.segments import Reader
from chiphour.adapters.segments import refused
from chiphour.adapters.snapshot import forget_oldest
from chiphour.adapters.snapshot import newest_whole
from chiphour.adapters.snapshot import write_snapshot
from chiphour.exchange.cache import kernel_hash
from chiphour.exchange.digest import Sections
from chiphour.wire.journal import Frame
from chiphour.wire.snapshot import SnapshotDamaged
from chiphour.wire.snapshot import SnapshotHead

EVERY_COMMANDS = 1 << 20  # Commands between two snapshots: a start replays no more, in a second.
PAUSE_S = 0.2  # Between two looks at a journal that stands still.
FOLLOWER_NICE = 10  # The writer goes first.

log = logging.getLogger(__name__)


class Stated(Exchange, Protocol):
    """An exchange that gives its state away."""

    def sections(self) -> Sections:
        """Give the state as rulebook 13 writes it."""


class Follower:
    """Stands somewhere in a journal; `step` takes what has come, `snapshot` writes the state."""

    def __init__(
        self,
        folder: Path,
        make_engine: MakeEngine,
        restore: Restore,
        every: int = EVERY_COMMANDS,
        told: Callable[[SnapshotHead, Path], None] = lambda head, path: None,
    ) -> None:
        """Begin from the newest whole snapshot, or from the beginning.

        Raises JournalMissing, JournalDamaged, RulebookDiffers, SnapshotForeign.
        """
        self.folder = folder
        self._every = every
        self._told = told
        self._reader = Reader(folder)
        head = self._reader.head
        check_rulebook(head, folder)
        snapshot = newest_whole(folder, head, _passed_over)
        self._replay = first_state(folder, head, make_engine, restore, snapshot)
        if snapshot is not None:
            self._reader.start_at(min(snapshot.head.segment, len(self._reader.segments)))
        self._last: Frame | None = None  # The last frame taken.
        self._kept = self.sequence  # The sequence of the last snapshot.

    @property
    def sequence(self) -> int:
        """Give the sequence of the last command applied."""
        return self._replay.engine.sequence

    def step(self) -> int:
        """Take all frames that have come, with snapshots on the way; give how many they were.

        Raises JournalDamaged, JournalFailed, ReplayDiffers, SnapshotForeign.
        """
        count = 0
        self._reader.look_again()
        for frame in passing_torn_tail(self._reader.frames(), lambda tail: None):
            self._replay.take(frame)
            self._last = frame
            count += 1
            if frame.next_sequence - 1 - self._kept >= self._every:
                self.snapshot()
        self._replay.finish()
        check_not_newer(self.folder, self._reader.segments[0].head, self._reader.mark)
        return count

    def snapshot(self) -> SnapshotHead | None:
        """Write the state after the last frame, unless a snapshot has it; give what it says.

        None while an instant is in work: how it began stands in no section (rulebook 2.5). Raises
        JournalFailed.
        """
        self._replay.finish()
        frame, head = self._last, self._reader.head
        engine = cast(Stated, self._replay.engine)
        in_work = engine.next_due_ns <= engine.time_ns
        if frame is None or in_work or self.sequence == self._kept:
            return None
        assert self.sequence == frame.next_sequence - 1
        made = SnapshotHead(
            market=head.market,
            created_ns=head.created_ns,
            rulebook=head.rulebook,
            kernel=kernel_hash(),
            limits=head.limits,
            segment=head.segment,
            frame=frame.number,
            sequence=self.sequence,
            time_ns=frame.last_time_ns,
            hash=frame.hash.hex(),
            events=frame.events.hex(),
            digest=engine.digest(),
        )
        _sync(self._reader.path)
        path = write_snapshot(self.folder, made, engine.sections())
        forget_oldest(self.folder, self._reader.segments[0].head.sequence)
        self._kept = self.sequence
        self._told(made, path)
        return made


def follow(follower: Follower, stop: Callable[[], bool]) -> None:
    """Follow until `stop`; then write a last snapshot. Raises what `Follower.step` raises."""
    while not stop():
        if not follower.step():
            time.sleep(PAUSE_S)
    follower.step()
    follower.snapshot()


def start_follower(folder: Path, every: int = EVERY_COMMANDS) -> "subprocess.Popen[bytes]":
    """Start `chiphour follow` beside a writer; it ends when its standard input does.

    By exec, not by fork: it must not inherit the writer's lock.
    """
    program = "from chiphour.cli import main; main()"
    words = [sys.executable, "-c", program, "follow", str(folder), "--every", str(every)]
    return subprocess.Popen([*words, "--leashed"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def _passed_over(fault: SnapshotDamaged) -> None:
    log.warning("%s: a damaged snapshot was passed over", fault)


def _sync(path: Path) -> None:
    """Make durable what was read of a segment. Raises JournalFailed."""
    try:
        file = os.open(path, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as fault:
        raise refused(path, "sync the journal", fault) from fault
