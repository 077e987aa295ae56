"""COMMIT: makes groups durable on a thread of its own, and only then lets anyone know.

Takes   groups of commands, applied already, with their events and who waits for them.
Gives   a frame for all that gathered while the last one was synced; then subscribers are told,
        then submitters: who has an answer finds it in whatever a subscriber keeps.
Keeps   the order in which groups were handed over. Nothing is answered or told before its own
        sync; after a failed one nothing more is.
Source  Decisions 0007 and 0026.

    writer:     apply 1 | apply 2 | apply 3 | apply 4 | ...
    committer:            sync 1     | tell 1 | sync 2, 3 and 4 | tell 2, 3, 4 | ...

    MarketError
    └── SequencerStopped    closed, or stopped by the disk or by a fault of ours
"""

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.journal import Journal
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.observe.observation import MarketError
from chiphour.wire.journal import chained_events
from chiphour.wire.journal import pack_private

PENDING_ROWS = 1 << 13  # Commands that may wait for the disk; then the writer does.
PENDING_BYTES = 1 << 22  # Likewise of their private bytes.
WRITER_NICE = -10  # A busy machine otherwise wakes the thread 4 ms late (decision 0007).

Rows = NDArray[np.int64]
NO_COMMANDS: Rows = np.zeros((0, COMMAND_COLUMNS), np.int64)
NO_EVENTS: Rows = np.zeros((0, EVENT_COLUMNS), np.int64)

log = logging.getLogger(__name__)


class SequencerStopped(MarketError):
    """The sequencer takes nothing more. What had no answer was not done, or a restart tells."""


class Told(NamedTuple):
    """What became durable: commands as they were stamped, their events, what is private of them.

    `rows` is int64[n, 16], `events` int64[m, 16], both in order and read-only. `private` holds
    (place among `rows`, content). `contracts` are the rows of contracts as they stood then, by
    number, int64[CONTRACT_COLUMNS]; None in a replay, or where nobody wants them.
    """

    rows: Rows
    events: Rows
    private: Sequence[tuple[int, bytes]]
    contracts: Mapping[int, Rows] | None = None


@dataclass(eq=False, slots=True)
class Group:
    """What was applied and is not durable yet, and who waits for it: futures and their events."""

    rows: list[Rows] = field(default_factory=list)
    count: int = 0
    private: list[tuple[int, bytes]] = field(default_factory=list)
    private_bytes: int = 0
    events: list[Rows] = field(default_factory=list)
    done: list[tuple["Future[Any]", list[Rows]]] = field(default_factory=list)
    contracts: Mapping[int, Rows] | None = None

    def join(self, later: "Group") -> None:
        """Take in the group that comes after this one."""
        self.private += [(row + self.count, content) for row, content in later.private]
        self.private_bytes += later.private_bytes
        self.rows += later.rows
        self.count += later.count
        self.events += later.events
        self.done += later.done
        self.contracts = later.contracts


class Committer:
    """The thread that writes the journal. `hand` over, `drain` to wait for it, `close` at last."""

    def __init__(
        self, journal: Journal, tell: Callable[[Told], None], stopped: Callable[[str], None]
    ) -> None:
        """Start the thread. `tell` gets what each frame made durable, `stopped` why it ended."""
        self._journal = journal
        self._tell = tell
        self._stopped_by = stopped
        self._changed = threading.Condition()
        self._pending = Group()
        self._busy = False
        self._closing = False
        self._fault = ""
        self.thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self.thread.start()

    def hand(self, group: Group) -> None:
        """Hand over a group; waits while too much waits already. Raises SequencerStopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._fault or self._has_room(group))
            if self._fault:
                for future, _ in group.done:
                    future.set_exception(SequencerStopped(self._fault))
                raise SequencerStopped(self._fault)
            self._pending.join(group)
            self._changed.notify_all()

    def drain(self) -> None:
        """Wait until all that was handed over is durable and told. Raises SequencerStopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._fault or self._is_idle())
            if self._fault:
                raise SequencerStopped(self._fault)

    def close(self) -> None:
        """End the thread, after what was handed over. Twice is once."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self.thread.join()

    def _has_room(self, group: Group) -> bool:
        held = self._pending
        return not held.count or (
            held.count + group.count <= PENDING_ROWS
            and held.private_bytes + group.private_bytes <= PENDING_BYTES
        )

    def _is_idle(self) -> bool:
        return not self._busy and not self._pending.count and not self._pending.done

    def _run(self) -> None:
        raise_priority()
        while group := self._take():
            try:
                self._commit(group)
            except MarketError as fault:
                log.error("the sequencer stops: %s", fault)
                self._stop(group, f"sequencer: expected to go on, found {fault}")
                return
            except BaseException as fault:
                log.exception("the sequencer stops: a fault of ours")
                last = self._journal.mark.next_sequence - 1
                self._stop(group, fault_of_ours(fault, last))
                return
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _take(self) -> Group | None:
        """Wait for what was handed over, and take all of it. None when closed."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._pending.count or self._pending.done or self._closing
            )
            group, self._pending = self._pending, Group()
            self._busy = bool(group.count or group.done)
            self._changed.notify_all()
        return group if self._busy else None

    def _commit(self, group: Group) -> None:
        """Write a frame and sync it; then tell subscribers, then answer who waits for it."""
        events = joined(group.events)
        rows = NO_COMMANDS
        if group.count:
            digest = chained_events(self._journal.mark.events, events)
            rows = group.rows[0] if len(group.rows) == 1 else np.concatenate(group.rows)
            self._journal.append(rows, pack_private(group.private), events=digest)
        if group.count:
            rows.flags.writeable = False
            self._tell(Told(rows, events, group.private, group.contracts))
        for future, own in group.done:
            future.set_result(joined(own))

    def _stop(self, group: Group, why: str) -> None:
        """Take nothing more; tell everyone who still waits."""
        with self._changed:
            self._fault = why
            self._busy = False
            left = [future for future, _ in group.done + self._pending.done]
            self._pending = Group()
            self._changed.notify_all()
        self._stopped_by(why)
        for future in left:
            if not future.done():
                future.set_exception(SequencerStopped(why))


def raise_priority() -> None:
    """Raise the priority of this thread where that is allowed; else it is as it is."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), WRITER_NICE)


def fault_of_ours(fault: BaseException, last: int) -> str:
    """Say that the program is at fault, and after which sequence."""
    return (
        "sequencer: expected to go on, found a fault of ours, "
        f"{type(fault).__name__}: {fault}, after durable sequence {last}: start again"
    )


def joined(parts: list[Rows]) -> Rows:
    """Join events, read-only; a single part is not copied."""
    if len(parts) == 1:
        return parts[0]
    events = np.concatenate([NO_EVENTS, *parts])
    events.flags.writeable = False
    return events
