"""JOURNAL: `chiphour replay` and `chiphour journal public`: read a journal, change nothing.

Takes   a data folder, a journal's folder or the file; full or public form.
Gives   the digest that its commands make; or its public form, without what is private.
Keeps   the journal as it is. A torn tail is told on standard error and passed over: a writer may
        be at work, and the next start cuts it. Damage is one line and exit code 1.
Source  Rulebook 12 and 13; docs/reference/journal.md; decision 0007.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from chiphour.adapters.journal import JournalFailed
from chiphour.adapters.journal import journal_path
from chiphour.adapters.recovery import Exchange
from chiphour.adapters.recovery import passing_torn_tail
from chiphour.adapters.recovery import replay as replay_journal
from chiphour.cli.options import JsonOption
from chiphour.exchange.limits import Limits
from chiphour.wire.journal import TornTail
from chiphour.wire.journal import public_form

JournalArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="A data folder, a journal's folder, or its file.")
]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT", help="The new file.")]
ReferenceOption = Annotated[
    bool, typer.Option("--reference", help="By the plain reference in place of the kernel.")
]


def make_kernel(limits: Limits) -> Exchange:
    """Make the compiled engine; imported here, since it costs most commands half a second."""
    from chiphour.exchange.engine import Engine

    return Engine(limits)


def make_reference(limits: Limits) -> Exchange:
    """Make the plain engine."""
    from chiphour.exchange.reference import Reference

    return Reference(limits)


def tell(tail: TornTail) -> None:
    """Tell a torn tail on standard error."""
    print(f"chiphour: passed over a torn tail: {tail}", file=sys.stderr)


def replay(
    place: JournalArgument, as_json: JsonOption = False, reference: ReferenceOption = False
) -> None:
    """Replay a journal from its first command and print the digest of the state it makes."""
    path = journal_path(place)
    engine = replay_journal(path, make_reference if reference else make_kernel, tell)
    if as_json:
        print(json.dumps({"commands": engine.sequence, "digest": engine.digest()}))
    else:
        print(f"{engine.sequence} commands, digest {engine.digest()}")


def public(place: JournalArgument, out: OutArgument) -> None:
    """Write the public form: the same rows and hashes, without names, keys and label texts."""
    path = journal_path(place)
    try:
        file = out.open("xb")
    except OSError as fault:
        raise JournalFailed(
            f"{out}: expected to create a new file, found {fault.strerror}"
        ) from fault
    try:
        with path.open("rb") as stream, file:
            for piece in passing_torn_tail(public_form(stream, str(path)), tell):
                file.write(piece)
    except BaseException:
        out.unlink()
        raise


def add_to(app: typer.Typer) -> None:
    """Add `replay` and `journal public`."""
    app.command()(replay)
    group = typer.Typer(help="Work with a journal's file.", no_args_is_help=True)
    group.callback()(lambda: None)  # Keeps `public` a word of its own.
    group.command()(public)
    app.add_typer(group, name="journal")
