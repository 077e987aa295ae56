"""CURVE: `chiphour curve`: what an hour of a series should cost at later days, by the model.

Takes   a series; another one to take from it; the archive of the data folder.
Gives   the last fix, the parameters with their errors, and each listed future, average and basis
        with its expected price and 90 % band, or the reason why it has none.
Keeps   traded prices out: those of a running market stand in `/api/curve/{series}`, by the same
        model, with what each pays above it.
Source  docs/pricing/README.md; decision 0045.
"""

import json
import math
import time
from typing import Annotated
from typing import Any

import typer
from rich.console import Console

from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.pricing import Outlook
from chiphour.adapters.pricing import basis_of
from chiphour.adapters.pricing import microusd
from chiphour.adapters.pricing import outlook_of
from chiphour.analyse.pricing.fixed import Priced
from chiphour.analyse.pricing.fixed import last_day
from chiphour.analyse.pricing.reversion import parameters_of
from chiphour.cli.fix import filled_archive
from chiphour.cli.fix import plain_table
from chiphour.cli.fix import series_of
from chiphour.cli.options import DataOption
from chiphour.cli.options import JsonOption
from chiphour.cli.progress import Bar
from chiphour.units import text_from_microusd

SeriesArgument = Annotated[str, typer.Argument(metavar="SERIES", help="Ticker or slug.")]
LessOption = Annotated[
    str | None,
    typer.Option("--less", metavar="SERIES", help="Price the basis: this series less that one."),
]


def add_to(app: typer.Typer) -> None:
    """Add the command `curve`."""
    app.command("curve")(curve)


def curve(
    series: SeriesArgument,
    less: LessOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Price the futures and averages of a series by the model, each with its band or a reason."""
    asked = series_of(series)
    other = None if less is None else series_of(less)
    if other == asked:
        raise NothingRecorded(f"expected two series, found {asked.ticker} twice")
    with filled_archive(data) as archive, Bar("fixing") as bar:
        days = span(recorded(archive))
        fix_range(archive, days.first, days.last, "", bar.show, now_ns=time.time_ns())
        outlook = outlook_of(archive.fixings, asked.ticker)
        basis = [] if other is None else basis_of(archive.fixings, outlook, other.ticker)
    shown = [*outlook.futures, *outlook.averages, *basis]
    if as_json:
        print(json.dumps(model_object(outlook)))
        for each in shown:
            print(json.dumps(priced_object(each)))
        return
    table = plain_table(f"{asked.ticker}, by the model", "contract")
    for name in ("expected", "low", "high", "fixed"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("no price", no_wrap=True)
    for each in shown:
        prices = ("",) * 3 if each.value is None else [f"{price:.4f}" for price in each.value]
        table.add_row(each.name, *prices, str(each.known or ""), each.reason)
    table.caption = model_words(outlook)
    Console().print(table)


def model_object(outlook: Outlook) -> dict[str, Any]:
    """Give what the model was calibrated on, and its parameters with their errors, or null."""
    calibration = outlook.calibration
    found: dict[str, Any] = {
        "series": outlook.ticker,
        "model": None,
        "series_together": calibration.series,
        "own_reason": calibration.own_reason,
        "reason": calibration.reason,
        "last_fixing": None,
        "parameters": None,
    }
    if calibration.fit is None:
        return found
    parameters = parameters_of(calibration.fit)._asdict().items()
    return found | {
        "model": calibration.name,
        "last_fixing": last_day(calibration).isoformat(),
        "parameters": {
            name: {"value": round(each.value, 6), "error": round(each.error, 6)}
            for name, each in parameters
        },
    }


def priced_object(priced: Priced) -> dict[str, Any]:
    """Give a contract with its value in dollars a GPU-hour as text, or null and the reason."""
    value = priced.value
    words = (None,) * 3 if value is None else [text_from_microusd(microusd(each)) for each in value]
    return {
        "contract": priced.name,
        "expiry": priced.expiry.isoformat(),
        "known_fixes": priced.known,
        **dict(zip(("price_usd", "low_usd", "high_usd"), words, strict=True)),
        "reason": priced.reason,
    }


def model_words(outlook: Outlook) -> str:
    """Say in words what the model rests on."""
    calibration = outlook.calibration
    if calibration.fit is None:
        return f"not enough data: {calibration.reason}"
    found = parameters_of(calibration.fit)
    borrowed = f" (its own says too little: {calibration.own_reason})" * bool(
        calibration.own_reason
    )
    low, high = (found.half_life_days * math.exp(side * found.log_kappa.error) for side in (-1, 1))
    return (
        "USD per GPU-hour; low and high leave 5 % outside each; fixed: days of the month so far. "
        f"From {calibration.name}{borrowed}, last fixing {last_day(calibration)}: half-life "
        f"{found.half_life_days:.0f} days ({low:.0f} to {high:.0f}), volatility {found.sigma:.1%} "
        f"a year, trend {found.trend.value:+.1%} a year (error {found.trend.error:.1%})"
    )
