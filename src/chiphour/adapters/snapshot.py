"""SNAPSHOT: states of a market as files beside its journal.

Takes   a journal's folder; a state to keep.
Gives   the snapshots that are there, newest first; the newest whole one.
Keeps   a snapshot whole from the moment that it has its name. It replaces no frame: with none of
        them the journal still says all.
Source  Rulebook 13; decision 0026.

    MarketError
    └── SnapshotForeign     of another market, or of a journal that went on otherwise
"""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from chiphour.adapters.segments import create_whole
from chiphour.adapters.segments import refused
from chiphour.adapters.segments import sync_folder
from chiphour.exchange.digest import Sections
from chiphour.observe.observation import MarketError
from chiphour.wire.journal import Head
from chiphour.wire.snapshot import SnapshotDamaged
from chiphour.wire.snapshot import SnapshotHead
from chiphour.wire.snapshot import encode_snapshot
from chiphour.wire.snapshot import read_snapshot
from chiphour.wire.snapshot import read_snapshot_head

KEPT = 3  # Newest ones; older ones are removed.
_NAME = re.compile(r"exchange-([0-9]{15})\.snapshot")

log = logging.getLogger(__name__)


class SnapshotForeign(MarketError):
    """A snapshot that does not belong to the journal that it lies beside."""


class Snapshot(NamedTuple):
    """A snapshot, read and believed."""

    path: Path
    head: SnapshotHead
    sections: Sections


def snapshot_path(folder: Path, sequence: int) -> Path:
    """Give the file of the snapshot after a sequence."""
    return folder / f"exchange-{sequence:015d}.snapshot"


def snapshot_paths(folder: Path) -> list[Path]:
    """Give the snapshots of a journal's folder, newest first."""
    names = sorted((each.name for each in folder.glob("exchange-*.snapshot")), reverse=True)
    return [folder / name for name in names if _NAME.fullmatch(name)]


def write_snapshot(folder: Path, head: SnapshotHead, sections: Sections) -> Path:
    """Write a snapshot, whole and durable before it has its name; then forget the oldest.

    Raises JournalFailed.
    """
    path = snapshot_path(folder, head.sequence)
    try:
        create_whole(path, encode_snapshot(head, sections))
    except OSError as fault:
        raise refused(path, "write a snapshot", fault) from fault
    return path


def forget_oldest(folder: Path, first_sequence: int, kept: int = KEPT) -> None:
    """Remove all but the newest snapshots, and the one that the chain begins from.

    `first_sequence` is the first of the journal. Raises JournalFailed.
    """
    base = snapshot_path(folder, first_sequence - 1)
    try:
        for path in snapshot_paths(folder)[kept:]:
            if path != base:
                path.unlink()
        sync_folder(folder)
    except OSError as fault:
        raise refused(folder, "remove old snapshots", fault) from fault


def load_snapshot(path: Path) -> Snapshot:
    """Read a snapshot; raises SnapshotDamaged."""
    try:
        with path.open("rb") as stream:
            return Snapshot(path, *read_snapshot(stream, str(path)))
    except OSError as fault:
        raise SnapshotDamaged(
            f"{path}: expected a snapshot, found {fault.strerror or fault}"
        ) from fault


def load_snapshot_head(path: Path) -> SnapshotHead:
    """Read the first line of a snapshot; raises SnapshotDamaged."""
    try:
        with path.open("rb") as stream:
            return read_snapshot_head(stream, str(path))
    except OSError as fault:
        raise SnapshotDamaged(
            f"{path}: expected a snapshot, found {fault.strerror or fault}"
        ) from fault


def newest_whole(
    folder: Path, journal: Head, passed_over: Callable[[SnapshotDamaged], None]
) -> Snapshot | None:
    """Give the newest whole snapshot of a journal; those that are not are told and passed over.

    Raises SnapshotForeign for one of another market.
    """
    for path in snapshot_paths(folder):
        try:
            found = load_snapshot(path)
        except SnapshotDamaged as fault:
            passed_over(fault)
            continue
        check_belongs(found.head, journal, path)
        return found
    return None


def check_belongs(head: SnapshotHead, journal: Head, path: Path) -> None:
    """Raise SnapshotForeign unless a snapshot is of the journal's market, rulebook and chain.

    `journal` is the first line of its first segment.
    """
    for field in ("market", "rulebook", "limits"):
        expected, found = getattr(journal, field), getattr(head, field)
        if expected != found:
            raise SnapshotForeign(
                f"{path}: expected a snapshot of {field} {expected}, found {found}: remove it"
            )
    if path != snapshot_path(path.parent, head.sequence):
        raise SnapshotForeign(
            f"{path}: expected the snapshot that its name says, found that after sequence "
            f"{head.sequence}: give it its own name again"
        )
    begun = journal.origin
    if begun is not None and head.frame <= journal.frame and head.digest != begun.snapshot:
        raise SnapshotForeign(
            f"{path}: expected the snapshot of digest {begun.snapshot} that the journal begins "
            f"from, found {head.digest}: restore it from a copy"
        )
