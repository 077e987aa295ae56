"""HEDGE: `chiphour hedge`: lock the price of hours that will be bought, and see what remains.

Takes   an exposure as a file or as options; the archive of the data folder, or a market's address.
Gives   the hedge in a buyer's words or as JSON; orders as a file; a back-test on recorded days.
Keeps   nothing sent without `--send` and a key. What is indicative says so.
Source  docs/how-to/hedge.md; decision 0044.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from datetime import date
from datetime import datetime
from pathlib import Path
from typing import Annotated
from typing import Any

import msgspec
import typer
from rich.console import Console

from chiphour.adapters.hedge_answer import hedge_of
from chiphour.adapters.hedge_backtest import HALF_SPREAD_PPM
from chiphour.adapters.hedge_backtest import INTEREST_PPM
from chiphour.adapters.hedge_backtest import backtest_object
from chiphour.adapters.hedge_backtest import costs_of
from chiphour.adapters.hedge_backtest import series_rows
from chiphour.adapters.hedge_backtest import venue_rows
from chiphour.adapters.hedging import share_from
from chiphour.adapters.indexed import Indexed
from chiphour.adapters.known_fixings import NoFixings
from chiphour.adapters.known_fixings import fixed_index
from chiphour.adapters.price_record import record_of
from chiphour.adapters.price_record import series_of_name
from chiphour.adapters.question_client import ask_market
from chiphour.adapters.question_client import orders_text
from chiphour.adapters.question_client import send_orders
from chiphour.adapters.question_file import QuestionRefused
from chiphour.adapters.question_file import fields_in
from chiphour.adapters.question_file import question
from chiphour.adapters.serve.shapes_hedge import Hedge
from chiphour.adapters.serve.shapes_hedge import HedgeAsked
from chiphour.cli.fix import day_of
from chiphour.cli.fix import filled_archive
from chiphour.cli.hedge_tables import backtest_table
from chiphour.cli.hedge_tables import hedge_parts
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.options import data_folder
from chiphour.cli.progress import Bar
from chiphour.contracts.cycle import month_end
from chiphour.contracts.cycle import month_ends
from chiphour.index.series import SERIES
from chiphour.units import text_from_ppm

# Hours, price, spike, months, yearly volatility: the last is ours, as stated.
EXAMPLES = {"seed004": (50_000, "3.00", "4.50", 12, "0.6")}
MONTHS_MOST = 36
HALF_SPREAD = text_from_ppm(HALF_SPREAD_PPM)

FileArgument = Annotated[
    Path | None, typer.Argument(metavar="EXPOSURE", help="CSV of month,hours; or a JSON question.")
]
SeriesOption = Annotated[
    str, typer.Option("--series", metavar="SERIES", help="Such as h100-sxm-od: chip and tenor.")
]
HoursOption = Annotated[int | None, typer.Option("--hours", help="GPU-hours of each month.")]
FromOption = Annotated[str, typer.Option("--from", metavar="MONTH", help="Such as 2026-09.")]
ToOption = Annotated[str, typer.Option("--to", metavar="MONTH", help="Else the same month.")]
VenueOption = Annotated[
    list[str] | None, typer.Option("--venue", help="Whose price is paid; repeat for their mean.")
]
PriceOption = Annotated[
    str, typer.Option("--price", help="US dollars an hour, now; else the last fix.")
]
SpikeOption = Annotated[str, typer.Option("--spike", help="A price to add to the scenarios.")]
RatioOption = Annotated[str, typer.Option("--ratio", help="Lots an hour; else estimated, or 1.")]
VolatilityOption = Annotated[
    str, typer.Option("--volatility", help="A year's, such as 0.6; else recorded days are drawn.")
]
TodayOption = Annotated[
    str, typer.Option("--today", metavar="DATE", help="Else the last recorded day.")
]
ExampleOption = Annotated[str, typer.Option("--example", help="Show an example: seed004.")]
BacktestOption = Annotated[
    bool, typer.Option("--backtest", help="Judge a hedge on the recorded days instead.")
]
HalfSpreadOption = Annotated[
    str, typer.Option("--half-spread", help="Share of the price, for the back-test.")
]
UrlOption = Annotated[str, typer.Option("--url", help="Ask a market that runs: it has books.")]
OrdersOption = Annotated[
    Path | None, typer.Option("--orders", metavar="FILE", help="Write the orders, one a line.")
]
SendOption = Annotated[bool, typer.Option("--send", help="Send them; needs --url and --key.")]
KeyOption = Annotated[
    Path | None, typer.Option("--key", help="A file with a key and its secret, its owner's alone.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command `hedge`."""
    app.command("hedge")(hedge)


def hedge(
    exposure: FileArgument = None,
    series: SeriesOption = "",
    hours: HoursOption = None,
    from_month: FromOption = "",
    to_month: ToOption = "",
    venue: VenueOption = None,
    price: PriceOption = "",
    spike: SpikeOption = "",
    ratio: RatioOption = "",
    volatility: VolatilityOption = "",
    today: TodayOption = "",
    example: ExampleOption = "",
    backtest: BacktestOption = False,
    half_spread: HalfSpreadOption = HALF_SPREAD,
    url: UrlOption = "",
    orders: OrdersOption = None,
    send: SendOption = False,
    key: KeyOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lock the price of GPU-hours that you will buy: contracts, cost, margin, what remains open."""
    day = day_of(today) if today else None
    if backtest:
        show_backtest(data, series, day, half_spread, as_json)
        return
    if send and (not url or key is None):
        raise QuestionRefused("--send: expected --url and --key beside it, found one missing")
    stated = {
        "series": series,
        "venues": venue,
        "price_usd": price,
        "spike_usd": spike,
        "ratio": ratio,
        "annual_volatility": volatility,
    }
    now = day or datetime.now(UTC).date()
    if example:
        fields = example_fields(example, now)
    else:
        fields = fields_in(exposure) if exposure else months_of(from_month, to_month, hours)
    given = fields | {name: each for name, each in stated.items() if each}
    asked = question(given, HedgeAsked, str(exposure or "hedge"))
    if url:
        found = ask_market(url, "/api/hedge", asked, Hedge)
    elif asked.price_usd is not None and not asked.venues:
        found = hedge_of(NoFixings(now), asked)
    else:
        with known_index(data, day) as index:
            found = hedge_of(index, asked)
    show(found, as_json)
    if orders is not None:
        orders.write_text(orders_text(found.orders))
    if send:
        assert key is not None
        for result in send_orders(url, key, found.orders):
            print(json.dumps(result))


def show(found: Hedge, as_json: bool) -> None:
    """Print a hedge."""
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    for part in hedge_parts(found):
        Console().print(part, highlight=False)


@contextmanager
def known_index(data: Path | None, day: date | None) -> Iterator[Indexed]:
    """Give the index of the data folder; a fresh one is filled and fixed first."""
    with filled_archive(data) as archive, Bar("fixing") as bar:
        yield fixed_index(archive, data_folder(data), day, bar.show)


def show_backtest(
    data: Path | None, series: str, day: date | None, half_spread: str, as_json: bool
) -> None:
    """Show how a hedge would have done: for each venue of a series, or for each series."""
    half_spread_ppm = share_from("--half-spread", half_spread, 1)
    named = [series_of_name(series)] if series else SERIES
    with known_index(data, day) as index:
        records = [record_of(index, each, needed=bool(series)) for each in named]
    if series:
        costs = costs_of(records[0], half_spread_ppm, INTEREST_PPM)
        rows = list(venue_rows(records[0], costs))
    else:
        rows = list(series_rows([each for each in records if each.fix_ticks], half_spread_ppm))
    if as_json:
        for row in rows:
            print(json.dumps({"series": series or None} | backtest_object(row)))
    else:
        days = sorted({day for record in records for day in record.fix_ticks})
        Console().print(backtest_table(records[0].series.slug if series else "", days, rows))


def example_fields(name: str, today: date) -> dict[str, Any]:
    """Give the question of an example: its hours evenly over the next months."""
    if name not in EXAMPLES:
        raise QuestionRefused(f"--example: expected {', '.join(EXAMPLES)}, found {name[:40]!r}")
    hours, price, spike, many, volatility = EXAMPLES[name]
    ends = month_ends(month_end(today))
    next(ends)
    each, rest = divmod(hours, many)
    months = [
        {"month": f"{next(ends):%Y-%m}", "hours": each + (place < rest)} for place in range(many)
    ]
    prices = {"price_usd": price, "spike_usd": spike, "annual_volatility": volatility}
    return {"months": months} | prices


def months_of(first: str, last: str, hours: int | None) -> dict[str, Any]:
    """Give the same hours for each month of a range."""
    if not first or hours is None:
        raise QuestionRefused(
            "hedge: expected EXPOSURE, or --from MONTH and --hours, found neither"
        )
    until = day_of(f"{last or first}-01")
    months: list[dict[str, Any]] = []
    for end in month_ends(day_of(f"{first}-01")):
        if end.replace(day=1) > until or len(months) > MONTHS_MOST:
            break
        months.append({"month": f"{end:%Y-%m}", "hours": hours})
    return {"months": months}
