"""WORKLOADS: what the demonstration members bid and offer in a day's auction.

Takes   the date, the latest fix of two chips, the members, a seed.
Gives   a sealed run: two workloads that can use either chip, two pools that sell both.
Keeps   values and costs as shares of the fixes, so that the auction moves with the market.
Source  Decision 0011; the two workloads run as fast on each chip as case E2 of the auction says.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from typing import Any

import numpy as np

from chiphour.auction.instance import SCHEMA_NAME
from chiphour.auction.instance import Instance
from chiphour.auction.instance import from_fields
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.index.fixing import Fixing
from chiphour.simulate.members import Member
from chiphour.units import NS_PER_HOUR
from chiphour.units import iso_from_ns
from chiphour.units import strike_ns
from chiphour.units import text_from_ticks

HOURS = 24
PRODUCTS = {
    "H100/node8/demonstration": "CHR.H100.SXM.OD",
    "A100/node8/demonstration": "CHR.A100.SXM.OD",
}
CHIPS = {"H100/node8/demonstration": 64, "A100/node8/demonstration": 128}
# Units of work per chip-hour: inference and training (case E2).
PERFORMANCE = {"inference buyer": ("3.0", "1.2"), "training lab": ("2.5", "0.5")}
WORK_CLASS = {"inference buyer": "inference.decode", "training lab": "training.dense"}
VALUE_PERCENT = {"inference buyer": (135, 105, 80), "training lab": (125, 95, 70)}
COST_PERCENT = {"pool operator": (55, 85, 100), "university pool": (40, 70, 90)}


def demonstration_run(
    day: date, fixings: Mapping[str, Fixing], members: Sequence[Member], seed: int
) -> Instance | None:
    """Give the run for delivery on the day after `day`; None while a chip has no fix.

    `fixings` maps a ticker to its last fixing that is not suppressed.
    """
    fixed = {product: fixings.get(ticker) for product, ticker in PRODUCTS.items()}
    ticks = {product: found.fix_ticks for product, found in fixed.items() if found}
    prices = {product: price for product, price in ticks.items() if price is not None}
    if len(prices) < len(PRODUCTS):
        return None
    opens_ns = strike_ns(day + timedelta(days=1)) // NS_PER_HOUR * NS_PER_HOUR
    drawn = np.random.default_rng([seed, day.toordinal()])
    named = {member.name.split(" ", 1)[1]: member for member in members}
    return from_fields(
        {
            "schema": SCHEMA_NAME,
            "run": day.toordinal(),
            "kind": "day-ahead",
            "pricing": "ip",
            "rent_account": INSURANCE_FUND,
            "sponsor_account": INSURANCE_FUND,
            "delivery": {"from": iso_from_ns(opens_ns), "step_minutes": 60, "intervals": HOURS},
            "price": {"floor": "0.0000", "cap": "100.0000"},
            "tiers": [{"tier": "od", "pi": "0", "beta": "1"}],
            "products": [
                dict(zip(("chip", "domain", "region"), product.split("/"), strict=True))
                | {"domain_chips": 8}
                for product in PRODUCTS
            ],
            "arcs": [],
            "bids": [
                *(_bid(named[name], prices, opens_ns, drawn) for name in sorted(PERFORMANCE)),
                *(
                    _offer(named[name], product, prices[product], drawn)
                    for name in sorted(COST_PERCENT)
                    for product in PRODUCTS
                ),
            ],
        }
    )


def _bid(
    member: Member, prices: Mapping[str, int], opens_ns: int, drawn: np.random.Generator
) -> dict[str, Any]:
    kind = member.name.split(" ", 1)[1]
    first, second = PRODUCTS
    rate, other_rate = PERFORMANCE[kind]
    tenths = int(rate.replace(".", ""))
    blocks = []
    for percent in VALUE_PERCENT[kind]:
        chip_hour_ticks = prices[first] * percent // 100
        units = int(drawn.integers(900, 1_500))
        blocks.append([str(units), text_from_ticks(chip_hour_ticks * 10 // tenths)])
    return {
        "kind": "buy",
        "id": member.name.replace(" ", "-"),
        "account": member.account,
        "workload": {"class": WORK_CLASS[kind], "unit": "unit"},
        "modes": [
            {
                "type": "divisible",
                "id": "any",
                "perf": [
                    {"product": first, "units_per_chip_hour": rate},
                    {"product": second, "units_per_chip_hour": other_rate},
                ],
                "tiers": [{"tier": "od"}],
                "curve": blocks,
                "chips_max": "96",
                "window": {
                    "from": iso_from_ns(opens_ns),
                    "to": iso_from_ns(opens_ns + HOURS * NS_PER_HOUR),
                },
            }
        ],
    }


def _offer(
    member: Member, product: str, price_ticks: int, drawn: np.random.Generator
) -> dict[str, Any]:
    kind = member.name.split(" ", 1)[1]
    chips = [int(drawn.integers(CHIPS[product] // 3, CHIPS[product] // 2)) for _ in range(HOURS)]
    shares = ("0.5", "0.3", "0.2")
    return {
        "kind": "sell",
        "id": f"{member.name} {product.split('/')[0]}".replace(" ", "-"),
        "account": member.account,
        "product": product,
        "inventory": [str(number) for number in chips],
        "blocks": [
            {"share": share, "price": text_from_ticks(price_ticks * percent // 100)}
            for share, percent in zip(shares, COST_PERCENT[kind], strict=True)
        ],
        "tiers": [{"tier": "od", "beta": "1"}],
        "reserve": False,
    }
