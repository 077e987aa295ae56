"""PUBLIC: the journal as an outsider gets it, a day later; and a chain that a snapshot begins.

Takes   a journal's folder; a snapshot.
Gives   the public form in a folder of its own; the first segment of a new chain.
Keeps   what is published a beginning of the same chain, for ever: it is only ever made longer.
Source  Rulebook 12.1; docs/reference/journal.md; decision 0026.
"""

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chiphour.adapters.recovery import RULEBOOK
from chiphour.adapters.recovery import load_base
from chiphour.adapters.recovery import passing_torn_tail
from chiphour.adapters.segments import OLD_NAME
from chiphour.adapters.segments import JournalFailed
from chiphour.adapters.segments import Reader
from chiphour.adapters.segments import RulebookDiffers
from chiphour.adapters.segments import create
from chiphour.adapters.segments import create_whole
from chiphour.adapters.segments import refused
from chiphour.adapters.segments import segment_path
from chiphour.adapters.snapshot import load_snapshot
from chiphour.adapters.snapshot import write_snapshot
from chiphour.exchange.cache import kernel_hash
from chiphour.exchange.digest import Sections
from chiphour.exchange.digest import digest
from chiphour.units import NS_PER_DAY
from chiphour.wire.journal import Frame
from chiphour.wire.journal import Head
from chiphour.wire.journal import Origin
from chiphour.wire.journal import TornTail
from chiphour.wire.journal import public_frame
from chiphour.wire.journal import public_head

DELAY_NS = NS_PER_DAY  # Of market time: what is younger than the journal's end by less stays here.

# From the sections of a rulebook before this one to those of this one.
CONVERSIONS: dict[str, Callable[[Sections], Sections]] = {RULEBOOK: lambda sections: sections}


class Published(NamedTuple):
    """How far the public form goes now."""

    segments: int
    frames: int
    commands: int


def publish(
    folder: Path, out: Path, torn: Callable[[TornTail], None], delay_ns: int = DELAY_NS
) -> Published:
    """Write or lengthen the public form of a journal in the folder `out`, each file whole.

    Raises JournalDamaged, and JournalFailed when `out` is another market's or no public form.
    """
    last = Reader(folder)
    last.start_at(len(last.segments))
    for _ in passing_torn_tail(last.frames(), torn):
        pass
    until_ns = last.mark.time_ns - delay_ns
    reader = Reader(folder)
    done = _published(reader, out)
    reader.start_at(max(1, done.segments))
    if reader.head.origin is not None:
        base = load_base(folder, reader.segments[0].head)
        write_snapshot(out, base.head, base.sections)
    head, frames = reader.head, list[Frame]()
    for frame in passing_torn_tail(reader.frames(), torn):
        if frame.last_time_ns > until_ns:
            break
        if reader.head.segment != head.segment:
            done = _write(out, head, frames, done)
            head, frames = reader.head, []
        frames.append(frame)
    return _write(out, head, frames, done)


def _write(out: Path, head: Head, frames: list[Frame], done: Published) -> Published:
    """Write one segment's public form, unless as much of it is there already."""
    if not frames or frames[-1].number <= done.frames:
        return done
    path = segment_path(out, head.segment)
    try:
        create_whole(path, _pieces(head, frames), replace=True)
    except OSError as fault:
        raise refused(path, "write the public form", fault) from fault
    return Published(head.segment, frames[-1].number, frames[-1].next_sequence - 1)


def begin_from(snapshot: Path, folder: Path) -> Head:
    """Begin a new chain of segments in `folder` from a snapshot, of this rulebook or an older one.

    The first line names the snapshot's digest and the rulebook of the journal that made it. Raises
    SnapshotDamaged, RulebookDiffers, and JournalFailed when a journal is there.
    """
    if segment_path(folder, 1).exists() or (folder / OLD_NAME).exists():
        raise JournalFailed(f"{folder}: expected a folder without a journal, found one")
    old = load_snapshot(snapshot)
    if old.head.rulebook not in CONVERSIONS:
        raise RulebookDiffers(
            f"{snapshot}: expected a snapshot of rulebook {', '.join(CONVERSIONS)}, found rulebook "
            f"{old.head.rulebook}"
        )
    sections = CONVERSIONS[old.head.rulebook](old.sections)
    begun = digest(sections)
    base = old.head._replace(rulebook=RULEBOOK, kernel=kernel_hash(), segment=1, digest=begun)
    write_snapshot(folder, base, sections)
    head = Head(
        *("full", base.market, base.created_ns, RULEBOOK, base.kernel, base.limits),
        frame=base.frame,
        sequence=base.sequence + 1,
        time_ns=base.time_ns,
        previous=base.hash,
        events=base.events,
        origin=Origin(begun, old.head.rulebook),
    )
    create(folder, head)
    return head


def _published(reader: Reader, out: Path) -> Published:
    """Read how far the public form in `out` goes; raises JournalFailed when it is of another."""
    if not segment_path(out, 1).exists():
        return Published(0, 0, 0)
    public = Reader(out)
    for own, other in zip(reader.segments, public.segments, strict=False):
        if other.head != own.head._replace(form="public"):
            raise JournalFailed(
                f"{other.path}: expected the public form of {own.path}, found another journal: "
                "publish into another folder"
            )
    public.start_at(len(public.segments))
    for _ in public.frames():
        pass
    return Published(len(public.segments), public.mark.number, public.mark.next_sequence - 1)


def _pieces(head: Head, frames: list[Frame]) -> Iterator[bytes]:
    yield public_head(head)
    yield from map(public_frame, frames)
