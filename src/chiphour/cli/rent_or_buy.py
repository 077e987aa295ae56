"""RENT_OR_BUY: `chiphour rent-or-buy`: what an hour costs whoever owns the GPU, and whoever rents.

Takes   a chip, a region, hours a month; figures to take instead of ours.
Gives   tables for people or one JSON object; the sensitivity as an SVG file.
Keeps   every figure with its source and date in sight.
Source  docs/how-to/rent-or-buy.md; decision 0044.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.console import RenderableType
from rich.table import Table

from chiphour.adapters.question_client import ask_market
from chiphour.adapters.question_file import QuestionRefused
from chiphour.adapters.question_file import question
from chiphour.adapters.renting import rent_or_buy_of
from chiphour.adapters.serve.shapes_renting import RentOrBuy
from chiphour.adapters.serve.shapes_renting import RentOrBuyAsked
from chiphour.cli.fix import day_of
from chiphour.cli.fix import plain_table
from chiphour.cli.hedge import known_index
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.rounded import rounded

ChipArgument = Annotated[
    str, typer.Argument(metavar="CHIP", help="Such as H100-SXM or L40S.", show_default=True)
]
RegionOption = Annotated[str, typer.Option("--region", help="Whose electricity, such as us-ohio.")]
HoursOption = Annotated[
    int, typer.Option("--hours", help="Useful hours of one GPU in a month, up to 730.")
]
RentOption = Annotated[str, typer.Option("--rent", help="A rent by the hour to compare with.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="An assumption of yours; may be repeated."),
]
ChartOption = Annotated[Path | None, typer.Option("--chart", help="Write the sensitivity as SVG.")]
TodayOption = Annotated[
    str, typer.Option("--today", metavar="DATE", help="Else the last recorded day.")
]
UrlOption = Annotated[str, typer.Option("--url", help="Ask a market that runs.")]


def add_to(app: typer.Typer) -> None:
    """Add the command `rent-or-buy`."""
    app.command("rent-or-buy")(rent_or_buy)


def rent_or_buy(
    chip: ChipArgument = "H100-SXM",
    region: RegionOption = "us-ohio",
    hours: HoursOption = 500,
    rent: RentOption = "",
    stated: SetOption = None,
    chart: ChartOption = None,
    today: TodayOption = "",
    url: UrlOption = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare owning a GPU with renting it: cost of a useful hour, break-even, what moves it."""
    name, _, form = chip.partition("-") if chip.count("-") == 1 else (chip, "", "")
    fields = {
        "chip": name,
        "form": form,
        "region": region,
        "hours_per_month": hours,
        "rent_usd": rent or None,
        "assumptions": dict(_pair(word) for word in stated or []),
    }
    asked = question(fields, RentOrBuyAsked, "rent-or-buy")
    if url:
        found = ask_market(url, "/api/rent-or-buy", asked, RentOrBuy)
    else:
        with known_index(data, day_of(today) if today else None) as index:
            found = rent_or_buy_of(index, asked)
    if chart is not None:
        chart.write_text(found.chart_svg)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    for part in parts(found):
        Console().print(part, highlight=False)


def _pair(word: str) -> tuple[str, str]:
    name, found, value = word.partition("=")
    if not found:
        raise QuestionRefused(f"--set: expected NAME=VALUE, found {word[:60]!r}")
    return name, value


def parts(found: RentOrBuy) -> Iterator[RenderableType]:
    """Yield the answer in parts."""
    chip = "-".join(word for word in (found.chip, found.form) if word)
    own = found.own
    yield (
        f"One {chip} in {found.region}, {found.hours_per_month} useful hours a month: owning costs "
        f"{_usd(own.usd_per_hour)} an hour, {_usd(own.usd_per_month)} a month; prices as of "
        f"{found.as_of[:10]}."
    )
    lines = plain_table("Owning", "")
    for name in ("USD a month", "USD an hour"):
        lines.add_column(name, justify="right")
    for line in own.lines:
        lines.add_row(line.name, _usd(line.usd_per_month), _usd(line.usd_per_hour))
    yield lines
    yield _rents(found)
    yield found.rule.words
    yield _moves(found)
    yield _assumptions(found)


def _rents(found: RentOrBuy) -> Table:
    table = plain_table("Renting", "tenor")
    for name in ("today", "mean", "a useful hour", "cheaper", "even at", "from"):
        table.add_column(name, justify="left" if name == "from" else "right")
    for rent in found.rent:
        if rent.price_usd is None or rent.usd_per_hour is None:
            continue
        even = "-" if rent.breakeven_hours is None else f"{rent.breakeven_hours} h"
        table.add_row(
            rent.tenor,
            _usd(rent.price_usd),
            _usd(rent.mean_usd or ""),
            _usd(rent.usd_per_hour),
            rent.cheaper or "",
            even,
            f"{rent.source}; {rent.reason}" if rent.reason else rent.source,
        )
    missing = ", ".join(rent.tenor for rent in found.rent if rent.price_usd is None)
    if missing:
        table.caption = f"No price was seen for {missing}"
    return table


def _moves(found: RentOrBuy) -> Table:
    table = plain_table("What moves it", "assumption")
    for name in ("from", "to", "an hour", "even at"):
        table.add_column(name, justify="right")
    for each in found.sensitivity:
        hours = (each.breakeven_at_low, each.breakeven_at_high)
        even = " to ".join("never" if hour is None else str(hour) for hour in hours)
        costs = f"{_usd(each.at_low_usd_per_hour)} to {_usd(each.at_high_usd_per_hour)}"
        table.add_row(each.name, each.low, each.high, costs, even)
    return table


def _assumptions(found: RentOrBuy) -> Table:
    table = plain_table("What it stands on", "assumption")
    for name in ("value", "unit", "source"):
        table.add_column(name, justify="right" if name == "value" else "left")
    for each in found.assumptions:
        dated = f"{each.source} ({each.date})" if each.date else each.source
        table.add_row(each.name, each.value, each.unit, dated)
    return table


def _usd(text: str) -> str:
    return f"{rounded(text, 2):,}"
