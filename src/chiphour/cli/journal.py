"""JOURNAL: `chiphour replay`, `follow` and `journal publish`, `begin`: what a journal is good for.

Takes   a data folder or a journal's folder; full or public form.
Gives   the digest that its commands make; snapshots; the public form, without what is private; a
        new chain that begins from a snapshot.
Keeps   the journal as it is. A torn tail is told on standard error and passed over: a writer may
        be at work, and the next start cuts it. Damage is one line and exit code 1.
Source  Rulebook 12 and 13; docs/reference/journal.md; decisions 0007 and 0026.
"""

import json
import os
import select
import sys
from pathlib import Path
from typing import Annotated
from typing import TextIO

import typer

from chiphour.adapters import follower as following
from chiphour.adapters.public import begin_from
from chiphour.adapters.public import publish as publish_journal
from chiphour.adapters.recovery import Exchange
from chiphour.adapters.recovery import replay as replay_journal
from chiphour.adapters.segments import FOLDER_NAME
from chiphour.adapters.segments import journal_path
from chiphour.cli.options import JsonOption
from chiphour.exchange.digest import Sections
from chiphour.exchange.limits import Limits
from chiphour.units import NS_PER_HOUR
from chiphour.wire.journal import TornTail
from chiphour.wire.snapshot import SnapshotDamaged
from chiphour.wire.snapshot import SnapshotHead

JournalArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="A data folder, or a journal's folder.")
]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT", help="A folder for the public form.")]
SnapshotArgument = Annotated[Path, typer.Argument(metavar="SNAPSHOT", help="A snapshot's file.")]
NewArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="A data folder for the new chain.")
]
ReferenceOption = Annotated[
    bool, typer.Option("--reference", help="By the plain reference in place of the kernel.")
]
HoursOption = Annotated[
    int, typer.Option("--hours", min=0, help="Hold back what is younger, in hours of market time.")
]
EveryOption = Annotated[int, typer.Option("--every", min=1, help="Commands between two snapshots.")]
OnceOption = Annotated[
    bool, typer.Option("--once", help="Write one snapshot of what is there, and end.")
]
LeashedOption = Annotated[
    bool, typer.Option("--leashed", hidden=True, help="End when standard input ends.")
]


def make_kernel(limits: Limits) -> Exchange:
    """Make the compiled engine; imported here, since it costs most commands half a second."""
    from chiphour.exchange.engine import Engine

    return Engine(limits)


def restore_kernel(limits: Limits, sections: Sections) -> Exchange:
    """Make the compiled engine with the state of a snapshot."""
    from chiphour.exchange.engine import Engine

    return Engine.from_sections(limits, sections)


def make_reference(limits: Limits) -> Exchange:
    """Make the plain engine."""
    from chiphour.exchange.reference import Reference

    return Reference(limits)


def restore_reference(limits: Limits, sections: Sections) -> Exchange:
    """Make the plain engine with the state of a snapshot."""
    from chiphour.exchange.reference_restore import restored

    return restored(limits, sections)


def tell(fault: TornTail | SnapshotDamaged) -> None:
    """Tell a torn tail, or a damaged snapshot, on standard error."""
    what = "a torn tail" if isinstance(fault, TornTail) else "a damaged snapshot"
    print(f"chiphour: passed over {what}: {fault}", file=sys.stderr)


def replay(
    place: JournalArgument, as_json: JsonOption = False, reference: ReferenceOption = False
) -> None:
    """Replay a journal from its first command and print the digest of the state it makes."""
    folder = journal_path(place)
    make, restore = (make_kernel, restore_kernel)
    if reference:
        make, restore = (make_reference, restore_reference)
    engine = replay_journal(folder, make, tell, restore, tell)
    if as_json:
        print(json.dumps({"commands": engine.sequence, "digest": engine.digest()}))
    else:
        print(f"{engine.sequence} commands, digest {engine.digest()}")


def follow(
    place: JournalArgument,
    as_json: JsonOption = False,
    every: EveryOption = following.EVERY_COMMANDS,
    once: OnceOption = False,
    leashed: LeashedOption = False,
) -> None:
    """Replay a journal behind its writer and write snapshots, so that a start is quick."""

    def told(head: SnapshotHead, path: Path) -> None:
        fields = {"commands": head.sequence, "digest": head.digest, "snapshot": str(path)}
        told_line = f"{head.sequence} commands, digest {head.digest}: {path}"
        print(json.dumps(fields) if as_json else told_line, flush=True)

    folder = journal_path(place)
    follower = following.Follower(folder, make_kernel, restore_kernel, every, told)
    if once:
        follower.step()
        follower.snapshot()
        return
    os.nice(following.FOLLOWER_NICE)
    following.follow(follower, (lambda: _has_ended(sys.stdin)) if leashed else lambda: False)


def _has_ended(stream: TextIO) -> bool:
    """Tell whether whoever holds the other end of a pipe has let it go."""
    return bool(select.select([stream], [], [], 0)[0])


def publish(
    place: JournalArgument, out: OutArgument, as_json: JsonOption = False, hours: HoursOption = 24
) -> None:
    """Write or lengthen the public form: the same rows and hashes, without names and keys."""
    done = publish_journal(journal_path(place), out, tell, hours * NS_PER_HOUR)
    if as_json:
        print(json.dumps(done._asdict()))
    else:
        print(f"{done.commands} commands in {done.frames} frames and {done.segments} segments")


def begin(snapshot: SnapshotArgument, place: NewArgument) -> None:
    """Begin a new chain of segments from a snapshot: how a market goes on under new rules."""
    head = begin_from(snapshot, place / FOLDER_NAME)
    assert head.origin is not None
    print(f"begins with sequence {head.sequence}, from digest {head.origin.snapshot}")


def add_to(app: typer.Typer) -> None:
    """Add `replay`, `follow`, `journal publish` and `journal begin`."""
    app.command()(replay)
    app.command()(follow)
    group = typer.Typer(help="Publish a journal, or begin one from a snapshot.")
    group.callback(no_args_is_help=True)(lambda: None)
    group.command()(publish)
    group.command()(begin)
    app.add_typer(group, name="journal")
