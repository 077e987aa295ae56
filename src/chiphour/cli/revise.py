"""REVISE: `chiphour revise`: make final fixings again by a named event, and say what changes.

Takes   days, the cause, rows or venues to strike out, late rows to let in; a time.
Gives   a table of every fixing touched: old, new, and whether that revises it; or a JSON object
        a line.
Keeps   exit code 1, and everything as it was, for what cannot be revised.
Source  docs/how-to/revise.md; decision 0017.
"""

import json
import re
import time
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chiphour.adapters.archive import Archive
from chiphour.adapters.log import open_log
from chiphour.adapters.revisions import Change
from chiphour.adapters.revisions import RevisionRefused
from chiphour.adapters.revisions import RevisionResult
from chiphour.adapters.revisions import revise
from chiphour.adapters.revisions import rows_of_venue
from chiphour.cli.fix import day_of
from chiphour.cli.fix import filled_archive
from chiphour.cli.fix import plain_table
from chiphour.cli.fix import time_of
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.publish.words import signed_ticks
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import text_from_ticks

ROW_ID = re.compile("[0-9a-f]{64}")

DaysArgument = Annotated[list[str], typer.Argument(metavar="DATE...", help="Days to revise, UTC.")]
CauseOption = Annotated[str, typer.Option("--cause", help="What was wrong, in one line.")]
StrikeOutOption = Annotated[
    list[str],
    typer.Option("--strike-out", metavar="ID|VENUE", help="A row, or all rows of a venue."),
]
LetInOption = Annotated[
    list[str], typer.Option("--let-in", metavar="ID", help="A row that came after the close.")
]
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="When it is known.",
        show_default="now; in a replay, a minute after all that is known",
    ),
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change.")]


def add_to(app: typer.Typer) -> None:
    """Add the command `revise`."""
    app.command("revise")(revise_days)


def revise_days(
    days: DaysArgument,
    cause: CauseOption,
    strike_out: StrikeOutOption = [],  # noqa: B006
    let_in: LetInOption = [],  # noqa: B006
    at: AtOption = None,
    dry_run: DryOption = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make final fixings again without some rows, or with rows that came late."""
    wanted = [day_of(day) for day in days]
    with filled_archive(data) as archive:
        now_ns = known_now(archive)
        at_ns = now_ns if at is None else time_of(at)
        if at_ns > max(now_ns, time.time_ns()):
            raise RevisionRefused(
                f"expected a time that has come, found {iso_from_ns(at_ns)}: what becomes known "
                "before it could no longer be logged at its own time"
            )
        struck = rows_named(archive, strike_out, wanted)
        log = None if dry_run else open_log(data_folder(data))
        of = (archive, log, cause, wanted, struck, let_in, at_ns)
        found = revise(*of, dry_run=dry_run)
    if as_json:
        for change in found.affected:
            print(json.dumps(change_object(found, change, dry_run)))
    else:
        Console().print(changes_table(found))
        print(summary(found, dry_run))


def known_now(archive: Archive) -> int:
    """Give the clock's time; in a folder of old recordings, a minute after all that it knows."""
    now_ns = time.time_ns()
    last_ns = archive.last_known_ns() or now_ns
    return now_ns if now_ns - last_ns < 2 * NS_PER_DAY else last_ns + NS_PER_MINUTE


def rows_named(archive: Archive, words: Sequence[str], days: Sequence[date]) -> list[str]:
    """Give the ids that the words name: each an id, or a venue, which stands for all its rows."""
    found: list[str] = []
    for word in words:
        found += [word] if ROW_ID.fullmatch(word) else rows_of_venue(archive, word, days)
    return list(dict.fromkeys(found))


def changes_table(found: RevisionResult) -> Table:
    """Show each fixing touched: what was published, what it would be, and what that means."""
    table = plain_table(f"{found.id}: {found.revision.cause}", "series")
    for name in ("date", "set", "old", "new", "change"):
        table.add_column(name, justify="left" if name in ("date", "set") else "right")
    table.add_column("")
    for change in found.affected:
        moved = moved_ticks(change)
        table.add_row(
            change.old.series.removeprefix("CHR."),
            day_from_ns(change.old.strike_ns).isoformat(),
            change.old.parameter_set,
            text_of(change.old.fix_ticks, change.old.reason),
            text_of(change.new.fix_ticks, change.new.reason),
            "" if moved is None else signed_ticks(moved),
            "revised" if change.material else "as it stands",
        )
    table.caption = "USD per GPU-hour; revised from 0.25 % or $0.005 on, or between fixed and not"
    return table


def summary(found: RevisionResult, dry_run: bool) -> str:
    """Say in one line what became of the event."""
    count = sum(change.material for change in found.affected)
    kind = (
        f"revises {count} of {len(found.affected)} fixings" if count else "an erratum: no vintage"
    )
    then = "nothing kept" if dry_run else f"known {iso_from_ns(found.revision.known_ns)}"
    return f"{found.id} {kind}; {then}"


def change_object(found: RevisionResult, change: Change, dry_run: bool) -> dict[str, object]:
    """Give one fixing touched as a plain object."""
    old, new, moved = change.old, change.new, moved_ticks(change)
    return {
        "revision": found.id,
        "cause": found.revision.cause,
        "known": iso_from_ns(found.revision.known_ns),
        "kept": not dry_run,
        "series": old.series,
        "date": day_from_ns(old.strike_ns).isoformat(),
        "parameter_set": old.parameter_set,
        "old_usd": None if old.fix_ticks is None else text_from_ticks(old.fix_ticks),
        "new_usd": None if new.fix_ticks is None else text_from_ticks(new.fix_ticks),
        "old_reason": old.reason,
        "new_reason": new.reason,
        "change_usd": None if moved is None else text_from_ticks(moved),
        "material": change.material,
    }


def moved_ticks(change: Change) -> int | None:
    """Give the change of the fix, or None where either is suppressed."""
    if change.old.fix_ticks is None or change.new.fix_ticks is None:
        return None
    return change.new.fix_ticks - change.old.fix_ticks


def text_of(fix_ticks: int | None, reason: str) -> str:
    """Give a fix in dollars, or why there is none."""
    return reason if fix_ticks is None else text_from_ticks(fix_ticks)
