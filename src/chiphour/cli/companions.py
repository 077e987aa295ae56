"""COMPANIONS: `chiphour companions`: what is published beside the fixes of a day.

Takes   a date, or `--quality` and a time; a series; a time as of which it is asked.
Gives   every companion with its value or the reason why it has none; or what the order books say
        of the worth of quality.
Keeps   nothing: companions are computed from the kept fixings each time they are asked for.
Source  docs/methodology/companions.md; decision 0021.
"""

import json
import time
from collections.abc import Sequence
from typing import Annotated
from typing import Any

import typer
from rich.console import Console

from chiphour.adapters.companions import companions_at
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.quality import quality_report
from chiphour.cli.fix import day_of
from chiphour.cli.fix import filled_archive
from chiphour.cli.fix import plain_table
from chiphour.cli.fix import series_of
from chiphour.cli.fix import time_of
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.cli.progress import Bar
from chiphour.index.companion import Companion
from chiphour.index.companion import to_json
from chiphour.index.transacted import Trade
from chiphour.units import iso_from_ns
from chiphour.units import percent_from_ppm
from chiphour.units import strike_ns
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ticks

DateArgument = Annotated[str | None, typer.Argument(metavar="DATE", help="Day of the strike.")]
SeriesOption = Annotated[str | None, typer.Option("--series", help="Ticker or slug of one series.")]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="As known at this time.")]
QualityOption = Annotated[
    str | None, typer.Option("--quality", help="Estimate the worth of quality up to this time.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command `companions`."""
    app.command("companions")(companions)


def companions(
    day: DateArgument = None,
    series: SeriesOption = None,
    as_of: AsOfOption = None,
    quality: QualityOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is published beside the fixes of a day: no contract settles on any of it."""
    if (day is None) == (quality is None):
        raise typer.BadParameter("expected a DATE or --quality TIME")
    only = None if series is None else series_of(series)
    if quality is not None:
        at_ns = time_of(quality)
        with filled_archive(data) as archive:
            print_quality(quality_report(archive, at_ns), as_json)
        return
    asked = day_of(day or "")
    as_of_ns = None if as_of is None else time_of(as_of)
    with filled_archive(data) as archive, Bar("fixing") as bar:
        fix_range(archive, asked, asked, "", bar.show, now_ns=time.time_ns())
        trades = trades_at(data, strike_ns(asked))
        found = companions_at(archive, strike_ns(asked), as_of_ns, trades=trades)
    found = [each for each in found if only is None or each.series == only.ticker]
    if as_json:
        for each in found:
            print(json.dumps(to_json(each)))
    else:
        print_companions(found)


def trades_at(data: DataOption, at_ns: int) -> Sequence[Trade]:
    """Give the trades that speak for a strike; an index without an auction has none."""
    try:
        from chiphour.adapters.transacted import trades_before
    except ModuleNotFoundError as fault:
        if not (fault.name or "").startswith("chiphour.auction"):
            raise
        return ()
    return trades_before(data_folder(data), at_ns)


def print_companions(found: Sequence[Companion]) -> None:
    """Print a row for each companion that has a value, and count the reasons of the others."""
    table = plain_table("Companions: not fixings, and nothing settles on them", "companion")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for each in found:
        if each.value is not None:
            table.add_row(each.ticker.removeprefix("CHR."), *value_words(each.value, each.unit))
    without = sum(each.value is None for each in found)
    table.caption = f"{without} more have no value; --json says why"
    Console().print(table)


def value_words(value: int, unit: str) -> tuple[str, str]:
    """Write a value for people, with its unit: dollars, per cent, or dollars per something."""
    if unit == "ticks":
        return text_from_ticks(value), "USD per GPU-hour"
    if unit == "ppm":
        sign = "-" if value < 0 else ""
        return f"{sign}{percent_from_ppm(abs(value))}", "%"
    return text_from_nanousd(value), unit.replace("nanousd", "USD")


def print_quality(report: dict[str, Any], as_json: bool) -> None:
    """Print an estimate: coefficients with their errors, then each book raw and adjusted."""
    if as_json:
        print(json.dumps(report))
        return
    estimate = report["estimate"]
    table = plain_table(f"Worth of quality before {iso_from_ns(estimate['before_ns'])}", "series")
    for name in ("venue", "characteristic", "within"):
        table.add_column(name)
    for name in ("% a band", "error", "rows", "hosts"):
        table.add_column(name, justify="right")
    for each in estimate["coefficients"]:
        shown = [value_words(each[word], "ppm")[0] for word in ("value", "standard_error")]
        words = (each["series"].removeprefix("CHR."), each["venue"] or "all", each["name"])
        counts = (str(each["rows"]), str(each["varying_hosts"]))
        table.add_row(*words, each["within"], *shown, *counts)
    Console().print(table)
    rates = plain_table("Order books, off-strike: not fixings", "series")
    rates.add_column("venue")
    for name in ("rows", "adjusted", "raw", "adjusted rate"):
        rates.add_column(name, justify="right")
    for each in report["rates"]:
        ticks = [text_from_ticks(each[word]) for word in ("raw_ticks", "adjusted_ticks")]
        counts = (str(each["rows"]), str(each["adjusted_rows"]))
        rates.add_row(each["series"].removeprefix("CHR."), each["venue"], *counts, *ticks)
    Console().print(rates)
