"""AUCTION_WEEK: a week of runs, its money and how its prices converge; drawn on demand.

Takes   a function that solves a programme; `--chart PATH` to draw.
Gives   figures: what all payments of a kind of run sum to, distances from real time with traders
        and without, who paid for an outage, seconds; an SVG.
Keeps   seeds that were fixed before they were looked at: 1 for the week, 0 to 7 for the means.
Source  docs/formulation/runs.md, section 11.
"""

import argparse
import json
import time
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.prices import Solve
from chiphour.auction.settle import total_microusd
from chiphour.auction.solve import solve as solve_here
from chiphour.auction.term import REAL_TIME
from chiphour.auction.term import convergence
from chiphour.publish.week_chart import Curve
from chiphour.publish.week_chart import Marked
from chiphour.publish.week_chart import Panel
from chiphour.publish.week_chart import Row
from chiphour.publish.week_chart import week_chart
from chiphour.publish.words import short_day
from chiphour.simulate.week import Outage
from chiphour.simulate.week import Week
from chiphour.simulate.week import simulate
from chiphour.simulate.week_delivery import Delivered
from chiphour.simulate.week_delivery import deliver
from chiphour.simulate.week_market import HOURS
from chiphour.simulate.week_market import OPENS_NS
from chiphour.simulate.week_market import Size
from chiphour.simulate.week_market import market
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NS_PER_HOUR
from chiphour.units import day_from_ns
from chiphour.units import div_half_even
from chiphour.units import text_from_microusd
from chiphour.units import text_from_nanousd

SEED, SEEDS = 1, range(8)
OUTAGE = Outage(103, 3 * HOURS + 6, 4 * HOURS)  # Half of a pool of the product that is drawn.
PRODUCT = "H100/node8/west"
SMALL = Size(days=2, products=2, pools_each=2, buyers=4, gangs=2, traders=1, reach=4)
AHEAD = ("month", "week", "day-ahead")

Figure = dict[str, Any]
Means = dict[bool, dict[str, tuple[int, int]]]  # Traders or not; kind; signed, absolute nano-$.


def week_figures(solve: Solve) -> Iterator[Figure]:
    """Yield every figure of a week of runs."""
    week, delivered, seconds = measured_week(solve)
    yield from money_figures(week, delivered)
    yield from outage_figures(week)
    params = {"runs": len(week.runs), "trades": len(week.trades)}
    yield {"name": "week of runs", "params": params, "value": seconds, "unit": "s"}
    for part in convergence(on_demand(week)):
        params = {"kind": part.kind, "seed": SEED, "slots": part.slots}
        value = text_from_nanousd(part.absolute_nanousd)
        yield {"name": "week distance", "params": params, "value": value, "unit": "$/chip-hour"}
    yield from mean_figures(distances(solve))


def measured_week(solve: Solve) -> tuple[Week, Delivered, float]:
    """Give the week, what was delivered of it, and the seconds that both took."""
    began = time.perf_counter()
    week = simulate(market(SEED, Size()), solve, outage=OUTAGE)
    delivered = deliver(week)
    return week, delivered, round(time.perf_counter() - began, 1)


def money_figures(week: Week, delivered: Delivered) -> Iterator[Figure]:
    """Yield the worst sum of payments of any run of each kind, and of all together."""
    for kind in (*AHEAD, REAL_TIME):
        sums = [abs(total_microusd(run.payments)) for run in week.runs if run.kind == kind]
        params = {"kind": kind, "runs": len(sums)}
        yield {"name": "week payments", "params": params, "value": max(sums), "unit": "micro-$"}
    rest = total_microusd(delivered.payments)
    params = {"kind": "delivery", "obligations": len(delivered.obligations)}
    yield {"name": "week payments", "params": params, "value": abs(rest), "unit": "micro-$"}
    total = sum(delivered.ledger.values())
    params = {"accounts": len(delivered.ledger)}
    yield {"name": "week ledger", "params": params, "value": total, "unit": "micro-$"}
    flat = sum(held.kind == VIRTUAL for held in week.positions)
    yield {"name": "week virtuals left", "params": {}, "value": flat, "unit": "positions"}


def outage_figures(week: Week) -> Iterator[Figure]:
    """Yield what the supplier of the outage owed in the runs that it could not pay, and who did."""
    defaults = [default for run in week.runs for default in run.defaults]
    for name in ("owed", "own", "fund", "shared"):
        amount = sum(getattr(default, f"{name}_microusd") for default in defaults)
        value, params = text_from_microusd(amount), {"runs": len(defaults)}
        yield {"name": f"week default {name}", "params": params, "value": value, "unit": "$"}


def mean_figures(means: Means) -> Iterator[Figure]:
    """Yield how far runs lay from real time in the mean of small markets without an outage."""
    for has_traders, found in means.items():
        for kind, (signed, absolute) in found.items():
            params = {"kind": kind, "traders": has_traders, "markets": len(SEEDS)}
            for name, nanousd in (("premium", signed), ("distance", absolute)):
                value = text_from_nanousd(nanousd)
                shared = {"params": params, "value": value, "unit": "$/chip-hour"}
                yield {"name": f"week mean {name}", **shared}


def distances(solve: Solve) -> Means:
    """Give the mean over markets of the signed and of the absolute distance from real time."""
    found: Means = {}
    for has_traders in (True, False):
        parts: dict[str, list[tuple[int, int]]] = {kind: [] for kind in AHEAD}
        for seed in SEEDS:
            week = simulate(market(seed, SMALL), solve, has_traders=has_traders)
            for part in convergence(on_demand(week)):
                parts[part.kind].append((part.mean_nanousd, part.absolute_nanousd))
        found[has_traders] = {
            kind: (_mean([one[0] for one in rows]), _mean([one[1] for one in rows]))
            for kind, rows in parts.items()
        }
    return found


def on_demand(week: Week) -> list[Any]:
    """Give the prices of the on-demand tier."""
    return [price for price in week.prices if price.tier == ON_DEMAND.name]


def chart(week: Week, means: Means) -> bytes:
    """Draw the week's prices of one product, and the means of small markets below."""
    curves = []
    for kind, name in zip((*AHEAD, REAL_TIME), ("month", "week", "day ahead", "real time"),
                          strict=True):  # fmt: skip
        ticks = {
            (price.hour_ns - OPENS_NS) // NS_PER_HOUR: price.price_ticks
            for price in on_demand(week)
            if price.kind == kind and price.product == PRODUCT
        }
        hours = range(week.market.hours)
        curves.append(Curve(f"{name} run" if kind != REAL_TIME else name, [*map(ticks.get, hours)]))
    first = day_from_ns(OPENS_NS)
    days = [short_day(first + timedelta(days=day)) for day in range(week.market.size.days)]
    shown = Marked("half of a pool fails", OUTAGE.first, OUTAGE.end)
    titles = (
        "Mean distance from real time, $/chip-hour",
        "Mean price above real time, $/chip-hour",
    )
    panels = [
        Panel(title, ("month", "week", "day ahead", "real time"), _rows(means, place))
        for place, title in ((1, titles[0]), (0, titles[1]))
    ]
    title = "One week of H100 on demand, priced by four kinds of run"
    return week_chart(title, days, curves, shown, panels)


def _rows(means: Means, place: int) -> list[Row]:
    names = {True: "with traders", False: "without"}
    return [
        Row(
            names[has_traders],
            [*(div_half_even(found[kind][place], NANOUSD_PER_TICK) for kind in AHEAD), 0],
        )
        for has_traders, found in means.items()
    ]


def _mean(values: Sequence[int]) -> int:
    return div_half_even(sum(values), len(values))


def main() -> None:
    """Print the figures, one JSON object a line, or draw the chart."""
    parser = argparse.ArgumentParser(description="A week of runs: figures, or a chart.")
    parser.add_argument("--chart", type=Path, help="Where to write the SVG.")
    path: Path | None = parser.parse_args().chart
    if path is None:
        for figure in week_figures(solve_here):
            print(json.dumps(figure), flush=True)
        return
    week, _, _ = measured_week(solve_here)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(chart(week, distances(solve_here)))


if __name__ == "__main__":
    main()
