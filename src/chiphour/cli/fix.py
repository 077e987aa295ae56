"""FIX: `chiphour fix`: compute fixings, try other parameters, show the books at another time.

Takes   days, a source, a series, a parameter set, a time as of which; a file of changed
        parameters; the archive and log of the data folder (an empty archive first reads the
        shipped recordings).
Gives   tables, or one JSON object a line under the names of `docs/reference/fixings.md`.
Keeps   exit code 1 for a day without data and for a series that does not exist.
Source  docs/methodology/v2026_1.md; decisions 0004 and 0017.
"""

import difflib
import json
import sys
import time
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
from chiphour.adapters.backtest import backtest
from chiphour.adapters.backtest import parameters_in
from chiphour.adapters.fixings import END_NS
from chiphour.adapters.fixings import REACH_NS
from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.log import open_log
from chiphour.cli.backtest import backtest_lines
from chiphour.cli.backtest import backtest_table
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.cli.progress import Bar
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import BY_TICKER
from chiphour.index.series import FILTERED_FROM
from chiphour.index.series import Series
from chiphour.index.series import series_named
from chiphour.index.v2026_1 import BookStatistics
from chiphour.index.v2026_1 import book_statistics
from chiphour.publish.datasets import fixing_object
from chiphour.publish.words import signed_ticks
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso
from chiphour.units import strike_ns
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
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="TIME", help="As it was known at this time.")
]
SetOption = Annotated[
    str,
    typer.Option("--set", metavar="SET", help="Show this parameter set: v2026_1, robust or plain."),
]
ParamsOption = Annotated[
    Path | None,
    typer.Option(
        "--params",
        help="A JSON object of changed parameters: compare, over all days; keep nothing.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the command `fix`."""
    app.command("fix")(fix)


def fix(
    first: FirstArgument = None,
    last: LastArgument = None,
    source: SourceOption = "",
    series: SeriesOption = None,
    as_of: AsOfOption = None,
    parameter_set: SetOption = V2026_1.parameter_set,
    strike: StrikeOption = None,
    params: ParamsOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fix every series at 00:30 UTC of each day; the same days again give the same."""
    if (strike is None) == (first is None and params is None) or (params is not None and strike):
        raise typer.BadParameter("expected a DATE, --strike TIME or --params FILE")
    if parameter_set not in SETS:
        raise typer.BadParameter(f"expected a set of {', '.join(SETS)}, found {parameter_set!r}")
    only = None if series is None else series_of(series)
    from_day = None if first is None else day_of(first)
    to_day = from_day if last is None else day_of(last)
    as_of_ns = None if as_of is None else time_of(as_of)
    if strike is not None:
        at_ns = time_of(strike)
        with filled_archive(data) as archive:
            show_books(archive, at_ns, source, only, as_json)
    elif params is not None:
        compare(data, parameters_in(params), (from_day, to_day), source, only, as_json)
    else:
        assert from_day is not None and to_day is not None
        show_days(data, (from_day, to_day), source, only, as_of_ns, parameter_set, as_json)


def show_days(
    data: Path | None,
    days: tuple[date, date],
    source: str,
    only: Series | None,
    as_of_ns: int | None,
    parameter_set: str,
    as_json: bool,
) -> None:
    """Fix some days, and show them as they are known last, or were known at a time."""
    now_ns = time.time_ns()
    with filled_archive(data) as archive, Bar("fixing") as bar:
        log = open_log(data_folder(data))
        found = fix_range(archive, *days, source, bar.show, log, parameter_set, now_ns)
        if as_of_ns is not None:
            ends = strike_ns(days[0]), strike_ns(days[1]) + 1
            then = archive.fixings(None, *ends, source, parameter_set, as_of_ns)
            found = sorted(then, key=lambda f: (f.strike_ns, BY_TICKER[f.series].number))
    if not found:
        assert as_of_ns is not None
        known = iso_from_ns(strike_ns(days[0]) + V2026_1.close_ns)
        raise NothingRecorded(
            f"expected a time at which {days[0]} was fixed, from {known} on, "
            f"found {iso_from_ns(as_of_ns)}"
        )
    fixings = [fixing for fixing in found if only is None or fixing.series == only.ticker]
    if as_json:
        for fixing in fixings:
            print(json.dumps(fixing_object(fixing)))
    elif days[0] == days[1] or only is not None:
        Console().print(rows_table(fixings))
        for line in outage_lines(fixings):
            print(line)
    else:
        Console().print(range_table(fixings))
    if found[-1].strike_ns + V2026_1.close_ns > now_ns:
        day = day_from_ns(found[-1].strike_ns)
        print(f"chiphour: {day} has not closed yet: shown, not kept", file=sys.stderr)


def compare(
    data: Path | None,
    parameters: Parameters,
    days: tuple[date | None, date | None],
    source: str,
    only: Series | None,
    as_json: bool,
) -> None:
    """Fix all days by changed parameters too, and show what differs."""
    with filled_archive(data) as archive, Bar("fixing twice") as bar:
        pairs = backtest(archive, parameters, *days, source, bar.show)
    shown = [pair for pair in pairs if only is None or pair.ours.series == only.ticker]
    if as_json:
        for line in backtest_lines(shown):
            print(line)
    else:
        Console().print(backtest_table(shown))


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


def series_of(name: str) -> Series:
    """Find a series by ticker or slug; raises NothingRecorded with the nearest names."""
    try:
        return series_named(name)
    except KeyError:
        tickers = [series.ticker for series in ALL_SERIES]
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
    for fixing in _worth_a_row(fixings) if one_day else fixings:
        name = fixing.series if one_day else day_from_ns(fixing.strike_ns).isoformat()
        table.add_row(name.removeprefix("CHR."), *cells(fixing))
    table.caption = "USD per GPU-hour; out: rejected by the screen; *: not fit for settlement"
    return table


def outage_lines(fixings: Sequence[Fixing]) -> list[str]:
    """Name the venues whose prices were absent, when each was seen last, and from what."""
    absent: dict[tuple[str, str], list[str]] = {}
    for fixing in fixings:
        for note in fixing.notes:
            if note.rule == "OUTAGE":
                series = fixing.series.removeprefix("CHR.")
                absent.setdefault((note.what, note.statistic), []).append(series)
    return [
        f"outage: {venue}, seen last {last}: {', '.join(dict.fromkeys(series))}"
        for (venue, last), series in sorted(absent.items())
    ]


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
    shown = {fixing.series for fixing in _worth_a_row(fixings)}
    for series in ALL_SERIES:
        if series.ticker not in shown:
            continue
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


def _worth_a_row(fixings: Sequence[Fixing]) -> list[Fixing]:
    """Leave out narrower series without a fix, unless nothing else was asked for."""
    whole = [f for f in fixings if f.fix_ticks or BY_TICKER[f.series].number < FILTERED_FROM]
    return whole or list(fixings)


def plain_table(title: str, first: str) -> Table:
    """Begin a table whose figures stand under one another."""
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    return table


def show_books(
    archive: Archive, at_ns: int, source: str, only: Series | None, as_json: bool
) -> None:
    """Show the order books in the ten minutes before a time; raises NothingRecorded for none."""
    observations = archive.observations(at_ns - REACH_NS, at_ns, source or None, for_fixing=True)
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
            for row in archive.observations(0, END_NS, source or None, for_fixing=True)
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
