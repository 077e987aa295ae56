"""BACKTEST: `chiphour fix --params FILE`, printed: what changed numbers would have fixed.

Takes   pairs of fixings, by the set in force and by the changed one.
Gives   a table with a row for each series; or one JSON object for each series and strike that
        differs.
Keeps   "before" for the set in force and "after" for the changed one, in every word.
Source  docs/how-to/revise.md; decision 0017.
"""

import json
from collections.abc import Sequence
from fractions import Fraction

from rich import box
from rich.table import Table

from chiphour.adapters.backtest import Pair
from chiphour.adapters.backtest import tally
from chiphour.index.series import ALL_SERIES
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import percent_from_ppm
from chiphour.units import round_half_even
from chiphour.units import text_from_ticks


def backtest_lines(pairs: Sequence[Pair]) -> list[str]:
    """Give one JSON object for each series and strike that differs."""
    return [json.dumps(_object(pair)) for pair in pairs if pair.differs]


def backtest_table(pairs: Sequence[Pair]) -> Table:
    """Give a row for each series that either set ever fixed."""
    days = sorted({day_from_ns(pair.ours.strike_ns) for pair in pairs})
    title = f"Changed parameters, {days[0]} to {days[-1]}: {len(days)} strikes; nothing is kept"
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("series", no_wrap=True)
    for name in ("before", "after", "differ", "mean", "mean %", "largest", "largest %"):
        table.add_column(name, justify="right", no_wrap=True)
    for series in ALL_SERIES:
        found = tally(series.ticker, pairs)
        if not found.fixed_ours and not found.fixed_theirs:
            continue
        counts = (found.fixed_ours, found.fixed_theirs, found.differing)
        table.add_row(
            series.ticker.removeprefix("CHR."),
            *(str(count) for count in counts),
            _dollars(found.mean_ticks),
            _percent(found.mean_ppm),
            _dollars(found.largest_ticks),
            _percent(found.largest_ppm),
        )
    table.caption = (
        "before, after: strikes fixed; differences absolute, in USD per GPU-hour, where both fix"
    )
    return table


def _object(pair: Pair) -> dict[str, object]:
    difference = pair.difference_ticks
    share = pair.difference_ppm
    return {
        "series": pair.ours.series,
        "date": day_from_ns(pair.ours.strike_ns).isoformat(),
        "strike": iso_from_ns(pair.ours.strike_ns),
        "fix_usd_before": _dollars(pair.ours.fix_ticks) or None,
        "fix_usd_after": _dollars(pair.theirs.fix_ticks) or None,
        "reason_before": pair.ours.reason,
        "reason_after": pair.theirs.reason,
        "difference_usd": _dollars(difference) or None,
        "difference_percent": _percent(share) or None,
    }


def _dollars(value_ticks: int | Fraction | None) -> str:
    return "" if value_ticks is None else text_from_ticks(round_half_even(Fraction(value_ticks)))


def _percent(share_ppm: int | Fraction | None) -> str:
    return "" if share_ppm is None else percent_from_ppm(round_half_even(Fraction(share_ppm)))
