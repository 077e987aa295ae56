"""HEDGE_TABLES: a hedge, and its back-test, as they are printed for people.

Takes   the answer (`Hedge`); rows of the back-test.
Gives   tables and sentences, in the order in which a buyer asks: what it costs, what to buy, what
        that locks, what may happen, what remains.
Keeps   whole dollars in sentences, and every figure of them in the JSON.
Source  docs/how-to/hedge.md.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from math import isnan

from rich.console import RenderableType
from rich.table import Table

from chiphour.adapters.hedge_backtest import Row
from chiphour.adapters.serve.shapes_hedge import CostSpread
from chiphour.adapters.serve.shapes_hedge import Hedge
from chiphour.adapters.serve.shapes_hedge import HedgeRatio
from chiphour.analyse.hedge_ratio import Interval
from chiphour.cli.fix import plain_table
from chiphour.cli.rounded import rounded


def hedge_parts(found: Hedge) -> Iterator[RenderableType]:
    """Yield a hedge in parts."""
    who = " and ".join(found.venues) or "the index"
    yield (
        f"{found.hours:,} GPU-hours at {_price(found.venue_price_usd)} ({who}; the index is "
        f"{_price(found.price_usd)}, {found.price_source}): {_money(found.cost_usd)} today."
    )
    yield from _spikes(found)
    yield _ratio_words(found.ratio)
    yield _legs(found)
    for reason in dict.fromkeys(leg.reason for leg in found.legs if leg.reason):
        months = (leg.month for leg in found.legs if leg.reason == reason)
        yield f"{', '.join(months)}: {reason}."
    locked = found.locked
    if locked.usd_per_hour is not None:
        yield (
            f"\nLocked: {locked.hours:,} hours for {_money(locked.cost_usd)}, "
            f"{_price(locked.usd_per_hour)} each; fees {_money(locked.fees_usd)}, slippage "
            f"{_money(locked.slippage_usd)}. Open: {locked.unhedged_hours:,} hours."
        )
    margin = found.margin
    yield (
        f"Margin: {_money(margin.initial_usd)} at once, {_money(margin.maintenance_usd)} "
        "at least while it is held." + (f" {margin.reason}." if margin.reason else "")
    )
    yield _scenarios(found)
    yield from _distribution(found)
    for risk in found.risks:
        yield f"{risk.name}: {risk.words}"


def _spikes(found: Hedge) -> Iterator[str]:
    """Say what a stated spike costs without the hedge: the sum that a buyer fears."""
    for scenario in found.scenarios:
        if scenario.name not in ("price unchanged", "price halves", "price doubles"):
            extra = Decimal(scenario.unhedged_usd) - Decimal(found.cost_usd)
            share = extra * 100 / Decimal(found.cost_usd)
            yield (
                f"At {_price(scenario.price_usd)} they cost {_money(scenario.unhedged_usd)}: "
                f"{_money(str(extra))} more, {rounded(share, 0)} %. With the hedge below "
                f"{_money(scenario.hedged_usd)}."
            )


def _ratio_words(ratio: HedgeRatio) -> str:
    value = Decimal(ratio.value).normalize()
    if ratio.source == "estimated":
        return (
            f"Ratio {value:f} lots an hour, 90 % interval {ratio.low} to {ratio.high}, from "
            f"{ratio.days} recorded changes."
        )
    return f"Ratio {value:f} lots an hour, {ratio.source}" + (
        f": {ratio.reason}." if ratio.reason else "."
    )


def _legs(found: Hedge) -> Table:
    table = plain_table("Buy", "month")
    any_offered = any(leg.lots_offered for leg in found.legs)
    for name in ("hours", "contract", "fits", "lots", "price", *(["offered"] * any_offered)):
        is_word = name in ("contract", "fits")
        table.add_column(name, justify="left" if is_word else "right", no_wrap=True)
    for leg in found.legs:
        price = "" if leg.price_usd is None else _price(leg.price_usd)
        table.add_row(
            leg.month,
            f"{leg.hours:,}",
            leg.contract or "none",
            leg.match,
            f"{leg.lots:,}",
            f"~{price}" if leg.price_source == "fix" else price,
            *([f"{leg.lots_offered:,}"] * any_offered),
        )
    if any(leg.price_source == "fix" for leg in found.legs):
        table.caption = "~ nobody offers: the price of the index stands in"
    return table


def _scenarios(found: Hedge) -> Table:
    table = plain_table("What may happen", "")
    for name in ("index", "unhedged", "lots gain", "hedged", "account gets", "cash from the start"):
        table.add_column(name, justify="right")
    for each in found.scenarios:
        table.add_row(
            each.name,
            _price(each.price_usd),
            _money(each.unhedged_usd),
            _money(each.futures_usd),
            _money(each.hedged_usd),
            _money(each.variation_usd),
            _money(each.cash_usd),
        )
    return table


def _distribution(found: Hedge) -> Iterator[RenderableType]:
    drawn = found.distribution
    if drawn is None:
        yield f"Distribution of the cost: none, {found.distribution_reason}."
        return
    table = plain_table(f"What it may cost, drawn from {drawn.source}", "")
    for name in ("mean", "s.d.", "5 %", "half", "95 %"):
        table.add_column(name, justify="right")
    for name, spread in (("without the hedge", drawn.without), ("with it", drawn.hedged)):
        table.add_row(name, *_spread(spread))
    yield table


def _spread(found: CostSpread) -> Iterator[str]:
    for amount in (found.mean_usd, found.sd_usd, found.p5_usd, found.p50_usd, found.p95_usd):
        yield _money(amount)


def backtest_table(series: str, days: Sequence[date], rows: Sequence[Row]) -> Table:
    """Give a row for each venue of a series, or for each series; `series` is "" then."""
    what = f"the venues of {series}" if series else "each series, at its venues evenly"
    title = f"Hedged by a future on the index: {what}, {days[0]} to {days[-1]}"
    table = plain_table(title, "")
    for name in ("moves", "ratio", "judged", "s.d.", "hedged", "effective, 90 %", "cost"):
        table.add_column(name, justify="right")
    for row in rows:
        result, ratio = row.result, row.ratio
        table.add_row(
            row.name,
            "" if ratio is None else f"{ratio.moves}, {ratio.venue_moves} of {ratio.changes}",
            "" if ratio is None else _interval(ratio.estimate),
            str(result.days),
            f"{result.unhedged_sd:.4f}",
            f"{result.hedged_sd:.4f}",
            _interval(result.effectiveness),
            f"{result.cost:.4f}" if ratio is not None else "",
        )
    table.caption = (
        "moves: of the index, of the venue; judged: days whose ratio was known before; s.d. of "
        "a day's change, and cost of the whole hedge with spread, fees and margin, USD an hour "
        "(pooled: shares of the price). A dash: not enough moves for a figure"
    )
    return table


def _interval(found: Interval | None) -> str:
    if found is None:
        return "-"
    if isnan(found.low):
        return f"{found.value:.2f}, no interval"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _price(text: str) -> str:
    cents = rounded(text, 2)
    return f"${cents if cents == Decimal(text) else rounded(text, 4)}"


def _money(text: str) -> str:
    amount = rounded(text, 0)
    return f"{'-' if amount < 0 else ''}${abs(amount):,}"
