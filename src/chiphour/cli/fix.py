"""FIX: `chiphour fix` and `chiphour verify`: compute fixings, and recompute them another way.

Takes   days, a source, a series; the archive of the data folder (an empty one first reads the
        shipped recordings).
Gives   tables, or one JSON object a line under the names of `docs/reference/fixings.md`.
Keeps   exit code 1 for a day without data, a series that does not exist, a fixing that differs.
Source  docs/methodology/v2026_1.md; decision 0004.
"""

import difflib
import json
from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import END_NS
from chiphour.adapters.fixings import REACH_NS
from chiphour.adapters.fixings import Audit
from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import audit_all
from chiphour.adapters.fixings import audit_one
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.fixings import is_kept
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.recordings import check_raw
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.cli.progress import Bar
from chiphour.index.fixing import Fixing
from chiphour.index.series import SERIES
from chiphour.index.series import Series
from chiphour.index.series import series_named
from chiphour.index.v2026_1 import BookStatistics
from chiphour.index.v2026_1 import book_statistics
from chiphour.publish.datasets import fixing_object
from chiphour.publish.words import signed_ticks
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso
from chiphour.units import text_from_ticks

FirstArgument = Annotated[str | None, typer.Argument(metavar="DATE", help="First day, UTC.")]
LastArgument = Annotated[
    str | None, typer.Argument(metavar="DATE", help="Last day.", show_default="the first")
]
SourceOption = Annotated[str, typer.Option("--source", help="Use this source alone.")]
SeriesOption = Annotated[
    str | None, typer.Option("--series", help="Show this series alone, a row a day.")
]
StrikeOption = Annotated[
    str | None,
    typer.Option("--strike", help="Show the order books at this time instead; keep nothing."),
]
SeriesArgument = Annotated[
    str | None, typer.Argument(metavar="SERIES", help="Such as CHR.H100.SXM.OD or h100-sxm-od.")
]
DayArgument = Annotated[str | None, typer.Argument(metavar="DATE", help="Day of the strike, UTC.")]
AllOption = Annotated[bool, typer.Option("--all", help="Verify every fixing that is kept.")]
RawOption = Annotated[bool, typer.Option("--raw", help="Check the rows against raw bytes too.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands `fix` and `verify`."""
    app.command("fix")(fix)
    app.command("verify")(verify)


def fix(
    first: FirstArgument = None,
    last: LastArgument = None,
    source: SourceOption = "",
    series: SeriesOption = None,
    strike: StrikeOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fix every series at 00:30 UTC of each day; the same days again give the same."""
    if (first is None) == (strike is None):
        raise typer.BadParameter("expected a DATE or --strike TIME")
    only = None if series is None else series_of(series)
    if strike is not None:
        at_ns = time_of(strike)
        with filled_archive(data) as archive:
            show_books(archive, at_ns, source, only, as_json)
        return
    from_day = day_of(first or "")
    to_day = from_day if last is None else day_of(last)
    with filled_archive(data) as archive, Bar("fixing") as bar:
        found = fix_range(archive, from_day, to_day, source, bar.show)
    fixings = [fixing for fixing in found if only is None or fixing.series == only.ticker]
    if as_json:
        for fixing in fixings:
            print(json.dumps(fixing_object(fixing)))
    elif from_day == to_day or only is not None:
        Console().print(rows_table(fixings))
    else:
        Console().print(range_table(fixings))


def verify(
    series: SeriesArgument = None,
    day: DayArgument = None,
    everything: AllOption = False,
    raw: RawOption = False,
    source: SourceOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute kept fixings from their observations by another code path; say what differs.

    What was not fixed yet is fixed first. Exit code 1 when anything differs.
    """
    if everything == (series is not None and day is not None) or everything == bool(series or day):
        raise typer.BadParameter("expected SERIES and DATE, or --all")
    one = None if everything else (series_of(series or ""), day_of(day or ""))
    with filled_archive(data) as archive:
        audit = single_audit(archive, *one, source) if one else every_audit(archive, source)
        difference = check_raw(archive) if raw else None
    difference = difference or audit.first_difference
    if as_json:
        counts = {"checked": audit.checked, "matched": audit.matched}
        print(json.dumps(counts | {"first_difference": difference}))
    else:
        print_audit(audit, difference, raw)
    if difference is not None:
        raise typer.Exit(1)


@contextmanager
def filled_archive(data: Path | None) -> Iterator[Archive]:
    """Open the archive of the data folder; fill an empty one from the shipped recordings."""
    archive = Archive(data_folder(data))
    try:
        with Bar("reading recordings") as bar:
            ingest_shipped(archive, bar.show)
        yield archive
    finally:
        archive.close()


def every_audit(archive: Archive, source: str) -> Audit:
    """Audit all that is kept; where nothing is, fix all that was recorded first."""
    if not is_kept(archive, None, None, source):
        days = span(recorded(archive, source))
        with Bar("fixing") as bar:
            fix_range(archive, *days, source, bar.show)
    with Bar("verifying") as bar:
        return audit_all(archive, bar.show)


def single_audit(archive: Archive, series: Series, day: date, source: str) -> Audit:
    """Audit one fixing; where it is not kept, fix its day first."""
    if not is_kept(archive, series.ticker, day, source):
        fix_range(archive, day, day, source)
    return audit_one(archive, series.ticker, day, source)


def series_of(name: str) -> Series:
    """Find a series by ticker or slug; raises NothingRecorded with the nearest names."""
    try:
        return series_named(name)
    except KeyError:
        tickers = [series.ticker for series in SERIES]
        wanted = name.upper().replace("-", ".")
        wanted = wanted if wanted.startswith("CHR.") else f"CHR.{wanted}"
        near = difflib.get_close_matches(wanted, tickers, n=4, cutoff=0) or tickers[:4]
        raise NothingRecorded(
            f"expected a series such as {', '.join(near)}, found {name!r}"
        ) from None


def day_of(text: str) -> date:
    """Read a day; wrong words are a fault of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"expected a date such as 2026-07-20, found {text!r}") from None


def time_of(text: str) -> int:
    """Read a time with its zone as nanoseconds; wrong words are a fault of the command line."""
    try:
        return ns_from_iso(text)
    except ValueError:
        raise typer.BadParameter(
            f"expected a time such as 2026-03-05T19:31Z, found {text!r}"
        ) from None


def rows_table(fixings: Sequence[Fixing]) -> Table:
    """Show each fixing as a row; where there is no fix, the reason in place of the grade."""
    days = {day_from_ns(fixing.strike_ns) for fixing in fixings}
    one_day = len(days) == 1
    title = f"Fixings of {min(days)}" if one_day else f"Fixings of {fixings[0].series}"
    table = plain_table(title, "series" if one_day else "date")
    for name in ("fix", "grade", "venues", "out", "interval", "change"):
        table.add_column(name, justify="left" if name == "grade" else "right", no_wrap=True)
    for fixing in fixings:
        name = fixing.series if one_day else day_from_ns(fixing.strike_ns).isoformat()
        table.add_row(name.removeprefix("CHR."), *cells(fixing))
    table.caption = "USD per GPU-hour; out: rejected by the screen; *: not fit for settlement"
    return table


def cells(fixing: Fixing) -> tuple[str, ...]:
    """Give the columns of one fixing after its name."""
    counts = str(fixing.panel), str(fixing.panel - fixing.kept)
    if fixing.fix_ticks is None:
        return "-", fixing.reason, *counts, "", ""
    assert fixing.interval_low_ticks is not None
    assert fixing.interval_high_ticks is not None
    low, high = (
        text_from_ticks(fixing.interval_low_ticks),
        text_from_ticks(fixing.interval_high_ticks),
    )
    grade = fixing.grade if fixing.fit else f"{fixing.grade}*"
    change = "" if fixing.change_ticks is None else signed_ticks(fixing.change_ticks)
    return text_from_ticks(fixing.fix_ticks), grade, *counts, f"{low}-{high}", change


def range_table(fixings: Sequence[Fixing]) -> Table:
    """Sum each series up over the days: how often fixed, from and to what, why not."""
    days = sorted({day_from_ns(fixing.strike_ns) for fixing in fixings})
    table = plain_table(f"Fixings of {days[0]} to {days[-1]}: {len(days)} strikes", "series")
    for name in ("fixed", "fit", "first", "last"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("not fixed")
    for series in SERIES:
        rows = [fixing for fixing in fixings if fixing.series == series.ticker]
        levels = [fixing.fix_ticks for fixing in rows if fixing.fix_ticks is not None]
        ends = (levels[0], levels[-1]) if levels else ()
        reasons = Counter(fixing.reason for fixing in rows if fixing.reason)
        table.add_row(
            series.ticker.removeprefix("CHR."),
            str(len(levels)),
            str(sum(fixing.fit for fixing in rows)),
            *([text_from_ticks(level) for level in ends] or ["-", "-"]),
            ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items())),
        )
    table.caption = "USD per GPU-hour; --json or --series NAME for every day"
    return table


def plain_table(title: str, first: str) -> Table:
    """Begin a table whose figures stand under one another."""
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    return table


def show_books(
    archive: Archive, at_ns: int, source: str, only: Series | None, as_json: bool
) -> None:
    """Show the order books in the ten minutes before a time; raises NothingRecorded for none."""
    observations = archive.observations(at_ns - REACH_NS, at_ns, source or None)
    books = [
        book
        for book in book_statistics(observations, at_ns, source)
        if only is None or book.series == only.ticker
    ]
    if not books:
        raise NothingRecorded(
            f"expected an order book polled in the ten minutes before {iso_from_ns(at_ns)}, found "
            f"none{nearest_polls(archive, at_ns, source)}"
        )
    if as_json:
        for book in books:
            print(json.dumps(book_object(book, at_ns)))
        return
    table = plain_table(f"Off-strike statistics at {iso_from_ns(at_ns)}: not fixings", "series")
    table.add_column("venue")
    for name in ("polls", "hosts", "machines", "low", "median", "high"):
        table.add_column(name, justify="right")
    for book in books:
        levels = (book.low_ticks, book.median_ticks, book.high_ticks)
        table.add_row(
            book.series.removeprefix("CHR."),
            book.venue,
            *(str(count) for count in (book.polls, book.hosts, book.machines)),
            *(text_from_ticks(level) for level in levels),
            "thin" if book.thin else "",
        )
    Console().print(table)


def nearest_polls(archive: Archive, at_ns: int, source: str) -> str:
    """Name the polls of books before and after a time, to help whoever guessed a time."""
    polls = sorted(
        {
            row.observed_ns
            for row in archive.observations(0, END_NS, source or None)
            if row.feed == "book"
        }
    )
    before = [poll for poll in polls if poll < at_ns][-1:]
    after = [poll for poll in polls if poll >= at_ns][:1]
    near = " and ".join(iso_from_ns(poll) for poll in before + after)
    return f"; the nearest polls are at {near}" if near else ""


def book_object(book: BookStatistics, at_ns: int) -> dict[str, object]:
    """Give the plain form of off-strike statistics: never a fix."""
    return {
        "series": book.series,
        "time": iso_from_ns(at_ns),
        "state": "off-strike",
        "fix_usd": None,
        "reason": "THIN_BOOK" if book.thin else "",
        "venue": book.venue,
        "polls": book.polls,
        "hosts": book.hosts,
        "machines": book.machines,
        "low_usd": text_from_ticks(book.low_ticks),
        "median_usd": text_from_ticks(book.median_ticks),
        "high_usd": text_from_ticks(book.high_ticks),
    }


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
