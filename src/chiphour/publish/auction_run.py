"""AUCTION_RUN: what everybody may know of a cleared run before its bids are disclosed.

Takes   a run and its result, what was left out.
Gives   `run_summary`: prices, demand by class of work, prices of work, what bound, the certificate.
Keeps   nobody's bid in it: demand is of three bidders or more; no account, no id of a bid.
Source  docs/formulation/runs.md, section 12; docs/formulation/auction.md, sections 5 and 7.
"""

from collections.abc import Mapping
from typing import Any

from chiphour.auction.binding import Binding
from chiphour.auction.binding import bindings
from chiphour.auction.check import certified_gap_ppb
from chiphour.auction.check import violations
from chiphour.auction.demand import demand
from chiphour.auction.demand import work_prices
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.instance import Instance
from chiphour.auction.result import PPB
from chiphour.auction.result import Result
from chiphour.publish.auction_guards import scarcity_rows
from chiphour.units import text_from_nanousd
from chiphour.units import text_from_ticks

PUBLIC = ("product", "reserve", "arc")  # Side resources and budgets name a pool or a bid.


def run_summary(
    instance: Instance,
    result: Result,
    left_out: int,
    guards: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Give the public outcome of a run as JSON fields; the checker runs here, without a solver.

    `guards` is what its guard rails did (auction_guards.py).
    """
    broken = violations(instance, result)
    return {
        "run": result.run,
        "root": result.root,
        "pricing": result.pricing,
        "status": result.status,
        "welfare_usd": text_from_nanousd(result.welfare_nanousd),
        "bids": len(instance.bids),
        "left_out": left_out,
        "prices": _prices(instance, result),
        "demand": [_cell(each._asdict()) for each in demand(instance, result)],
        "work": [_work(each._asdict()) for each in work_prices(instance, result)],
        "binding": [
            _binding(instance, each) for each in bindings(instance, result) if each.kind in PUBLIC
        ],
        "scarcity": scarcity_rows(instance, result),
        "guards": None if guards is None else dict(guards),
        "certificate": {
            "valid": not broken,
            "certified_gap": decimal_text(certified_gap_ppb(instance, result), PPB),
            "claimed_gap": None
            if result.claimed_gap_ppb is None
            else decimal_text(result.claimed_gap_ppb, PPB),
        },
    }


def _prices(instance: Instance, result: Result) -> list[dict[str, Any]]:
    grid = instance.grid
    return [
        {
            "product": product.id,
            "tier": tier.name,
            "from": grid.iso(interval),
            "price_usd": text_from_ticks(ticks),
        }
        for number, product in enumerate(grid.products)
        for level, tier in enumerate(grid.tiers)
        for interval in range(grid.intervals)
        if (ticks := result.prices[grid.slot(number, level, interval)].price_ticks) is not None
    ]


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    hundredths = cell.pop("chip_hours_hundredths")
    masked = hundredths is None
    return cell | {
        "bidders": None if masked else cell["bidders"],
        "chip_hours": None if masked else hundredths_text(hundredths),
    }


def _work(price: dict[str, Any]) -> dict[str, Any]:
    picousd = price.pop("median_picousd")
    masked = picousd is None
    return price | {
        "bidders": None if masked else price["bidders"],
        "price_usd": None if masked else decimal_text(picousd, PICOS),
    }


def _binding(instance: Instance, bound: Binding) -> dict[str, Any]:
    return {
        "kind": bound.kind,
        "name": bound.name,
        "from": instance.grid.iso(bound.first),
        "to": instance.grid.iso(bound.end),
        "price_usd": text_from_ticks(bound.price_ticks),
        "text": bound.text,
    }
