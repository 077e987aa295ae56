"""AUCTION_INSTANCES: a family of auctions, by size and seed, on which clearing is timed.

Takes   the numbers of bids, pools and hours, and a seed.
Gives   the fields of a run.
Keeps   the shape of a compute market: six chips in four regions, pools of lognormal size, demand
        for about 1.2 times the supply, bids that can use two to four chips in one to three regions.
Source  docs/formulation/auction.md, section 8.

This is the linear part of the family: every bid is divisible, on one tier. Blocks that start and
stop, gangs, tiers and reserve will join it as the auction learns them.
"""

from typing import Any

import numpy as np
from numpy.random import Generator

CHIPS = 6
REGIONS = 4
DAY = "2026-12-01T00:00:00Z"
WINDOWS = (1, 2, 4, 8, 12, 24)
WINDOW_SHARES = (0.15, 0.15, 0.2, 0.2, 0.15, 0.15)
BLOCKS = ((0.5, 1.0), (0.3, 0.8), (0.2, 0.6))  # Share of the work, and of the first value.
COSTS = (("0.5", 1.0), ("0.3", 1.15), ("0.2", 1.5))  # Share of the inventory, and of its price.


def product_id(chip: int, region: int) -> str:
    """Give the product of one chip in one region."""
    return f"C{chip}/node8/R{region}"


def instance(bids: int, pools: int, hours: int, seed: int = 0) -> dict[str, Any]:
    """Give the fields of one run."""
    random = np.random.default_rng(seed)
    speed = np.sort(random.uniform(0.4, 3.0, CHIPS))
    cost = 0.8 * speed * random.uniform(0.85, 1.15, CHIPS)
    offers = [_offer(random, number, hours, cost) for number in range(pools)]
    supply = sum(float(hour) for offer in offers for hour in offer["inventory"])
    wanted = np.exp(random.normal(0, 1.2, bids))
    wanted *= 1.2 * supply / wanted.sum()
    return {
        "schema": "chiphour.auction.run/1",
        "run": 1,
        "rent_account": 1,
        "delivery": {"from": DAY, "hours": hours},
        "price": {"floor": "0", "cap": "1000"},
        "products": [
            {"chip": f"C{chip}", "domain": "node8", "region": f"R{region}"}
            for chip in range(CHIPS)
            for region in range(REGIONS)
        ],
        "arcs": [],
        "bids": [_bid(random, number, hours, speed, wanted[number]) for number in range(bids)],
        "offers": offers,
    }


def _offer(random: Generator, number: int, hours: int, cost: Any) -> dict[str, Any]:
    chip, region = int(random.integers(CHIPS)), int(random.integers(REGIONS))
    size = np.exp(random.normal(5.5, 1.0)).round() // 8 * 8 + 8
    available = np.clip(random.normal(0.85, 0.08, hours), 0.5, 1.0)
    price = cost[chip] * random.uniform(0.8, 1.25)
    return {
        "kind": "supply",
        "name": f"pool-{number}",
        "account": 1_000_000 + number,
        "product": product_id(chip, region),
        "inventory": [str(int(size * share) // 8 * 8) for share in available],
        "blocks": [{"share": share, "price": f"{price * rise:.4f}"} for share, rise in COSTS],
    }


def _bid(random: Generator, number: int, hours: int, speed: Any, wanted: float) -> dict[str, Any]:
    length = min(hours, int(random.choice(WINDOWS, p=WINDOW_SHARES)))
    first = int(random.integers(hours - length + 1))
    chips = np.sort(random.choice(CHIPS, size=int(random.integers(2, 5)), replace=False))
    regions = np.sort(random.choice(REGIONS, size=int(random.integers(1, 4)), replace=False))
    rates = speed * random.uniform(0.6, 1.1, CHIPS)
    value = random.lognormal(0.15, 0.35)
    work = wanted * rates[chips].mean()
    return {
        "kind": "divisible",
        "name": f"bid-{number}",
        "account": 10 + number,
        "perf": [
            {"product": product_id(chip, region), "units_per_chip_hour": f"{rates[chip]:.4f}"}
            for chip in chips
            for region in regions
        ],
        "curve": [
            {"units": f"{work * share + 0.01:.2f}", "usd_per_unit": f"{value * part:.4f}"}
            for share, part in BLOCKS
        ],
        "chips_max": f"{max(8.0, 2 * wanted / length):.2f}",
        "window": {"from": _time(first), "to": _time(first + length)},
    }


def _time(hour: int) -> str:
    return str(np.datetime64(DAY[:-1]) + np.timedelta64(hour, "h")) + "Z"
