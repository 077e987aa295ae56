"""VERIFY: `chiphour verify`: recompute what was fixed or published, another way than it was made.

Takes   a series and a day, or --all; a bundle, or the archive of the data folder (an empty one
        first reads the shipped recordings).
Gives   match, or the first difference in one line; with --json an object.
Keeps   exit code 1 where anything differs. A bundle is checked from its folder alone.
Source  docs/how-to/verify.md; decisions 0012 and 0019.
"""

import json
import time
from datetime import date
from os import cpu_count
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from chiphour.adapters.archive import Archive
from chiphour.adapters.audits import Audit
from chiphour.adapters.audits import audit_all
from chiphour.adapters.audits import audit_one
from chiphour.adapters.bundled import QuickReading
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import is_kept
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.recordings import check_raw
from chiphour.audit.bundle import check_bundle
from chiphour.audit.bundle import words_of
from chiphour.cli.fix import SourceOption
from chiphour.cli.fix import day_of
from chiphour.cli.fix import filled_archive
from chiphour.cli.fix import plain_table
from chiphour.cli.fix import series_of
from chiphour.cli.fix import time_of
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.progress import Bar
from chiphour.index.series import Series

SeriesArgument = Annotated[
    str | None, typer.Argument(metavar="SERIES", help="Such as CHR.H100.SXM.OD or h100-sxm-od.")
]
DayArgument = Annotated[str | None, typer.Argument(metavar="DATE", help="Day of the strike, UTC.")]
AllOption = Annotated[bool, typer.Option("--all", help="Verify every fixing that there is.")]
RawOption = Annotated[bool, typer.Option("--raw", help="Check the rows against raw bytes too.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="TIME", help="As it was known at this time.")
]
BundleOption = Annotated[
    Path | None,
    typer.Option(
        "--bundle", metavar="DIR", help="A bundle.", show_default="this folder, if it is one"
    ),
]

COMPILED_FROM_BYTES = 1 << 31  # About seventy days of thirteen series.


def add_to(app: typer.Typer) -> None:
    """Add the command `verify`."""
    app.command("verify")(verify)


def verify(
    series: SeriesArgument = None,
    day: DayArgument = None,
    everything: AllOption = False,
    as_of: AsOfOption = None,
    bundle: BundleOption = None,
    raw: RawOption = False,
    source: SourceOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute fixings from their rows by another code path; say what differs.

    A bundle is held to its log as well. Without one the fixings of the data folder are recomputed;
    what was not fixed yet is fixed first. Exit code 1 when anything differs.
    """
    if everything == (series is not None and day is not None) or everything == bool(series or day):
        raise typer.BadParameter("expected SERIES and DATE, or --all")
    as_of_ns = None if as_of is None else time_of(as_of)
    if bundle is None and is_bundle(Path()) and data is None:
        bundle = Path()
    if bundle is not None:
        if raw or source or data is not None:
            raise typer.BadParameter("expected --raw, --source and --data without a bundle")
        verify_bundle(bundle, series, day, as_of_ns, as_json)
        return
    if everything and as_of is not None:
        raise typer.BadParameter("expected --as-of with SERIES and DATE, or with a bundle")
    one = None if everything else (series_of(series or ""), day_of(day or ""))
    with filled_archive(data) as archive:
        if one is None:
            audit = every_audit(archive, source)
        else:
            audit = single_audit(archive, *one, source, as_of_ns)
        difference = check_raw(archive) if raw else None
    difference = difference or audit.first_difference
    if as_json:
        counts = {"checked": audit.checked, "matched": audit.matched}
        print(json.dumps(counts | {"first_difference": difference}))
    else:
        print_audit(audit, difference, raw)
    if difference is not None:
        raise typer.Exit(1)


def is_bundle(folder: Path) -> bool:
    """Tell whether a folder looks like a bundle."""
    return (folder / "tables.json").is_file() and (folder / "batches").is_dir()


def verify_bundle(
    folder: Path, series: str | None, day: str | None, as_of_ns: int | None, as_json: bool
) -> None:
    """Check a bundle on all processors, and print what was found."""
    asked = None if day is None else day_of(day).isoformat()
    processes = 1 if series is not None else cpu_count() or 1
    reads = QuickReading if series is not None else reading_of(folder)
    report = check_bundle(folder, series, asked, as_of_ns, msgspec.json.decode, processes, reads)
    print(json.dumps(report._asdict()) if as_json else words_of(report))
    if report.first_difference is not None:
        raise typer.Exit(1)


def reading_of(folder: Path) -> type[QuickReading]:
    """Give the reader for a bundle: compiled code where it takes longer to read than to compile."""
    if sum(path.stat().st_size for path in folder.glob("batches/*")) < COMPILED_FROM_BYTES:
        return QuickReading
    # Numba is not loaded by who does not need it. It compiles before work is shared.
    from chiphour.adapters.bundled_compiled import CompiledReading

    reading = CompiledReading()
    reading.add(b"{}\n")
    reading.root(bytes(32))
    return CompiledReading


def every_audit(archive: Archive, source: str) -> Audit:
    """Audit all that is kept; where nothing is, fix all that was recorded first."""
    if not is_kept(archive, None, None, source):
        days = span(recorded(archive, source))
        with Bar("fixing") as bar:
            fix_range(archive, *days, source, bar.show, now_ns=time.time_ns())
    with Bar("verifying") as bar:
        return audit_all(archive, bar.show)


def single_audit(
    archive: Archive, series: Series, day: date, source: str, as_of_ns: int | None = None
) -> Audit:
    """Audit one fixing; where it is not kept, fix its day first."""
    if not is_kept(archive, series.ticker, day, source):
        fix_range(archive, day, day, source, now_ns=time.time_ns())
    return audit_one(archive, series.ticker, day, source, as_of_ns=as_of_ns)


def print_audit(audit: Audit, difference: str | None, raw: bool) -> None:
    """Print match for each series, or the first difference."""
    if len(audit.of_series) > 1:
        table = plain_table("Recomputed by the audit", "series")
        for name in ("source", "checked", "matched", ""):
            table.add_column(name, justify="right" if name.endswith("ed") else "left")
        for (source, series), (checked, matched) in audit.of_series.items():
            verdict = "match" if checked == matched else "differs"
            table.add_row(series, source or "all", str(checked), str(matched), verdict)
        Console().print(table)
    if difference is None:
        print(f"match: {audit.matched} of {audit.checked} fixings{', and raw bytes' * raw}")
    else:
        print(f"difference: {difference}")
