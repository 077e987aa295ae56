"""AUCTION_INSTANCES: a family of auctions, by size and seed, on which clearing is timed.

Takes   the numbers of bids, pools and hours, shares of gangs and of pools that start, a seed.
Gives   the fields of a run.
Keeps   the shape of a compute market: six chips in four regions, three tiers, pools of lognormal
        size, demand for about 1.2 times the supply; the same seed the same market.
Source  The family of the design, drawn in its order. What it leaves open is chosen here: the
        reserve curve, and that a gang names the products of its pools, since it bids on products.

Pools sell three blocks of rising price on every tier and keep reserve; one in ten can be switched
off. Bids are divisible, on two to four chips in one to three regions, or gangs of 8 to 72 chips for
1 to 8 hours. Reserve is worth something up to 6 % of a region's chips, in six falling steps.
"""

from datetime import datetime
from datetime import timedelta
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

CHIPS = 6
REGIONS = 4
DAY = "2026-12-01T00:00:00Z"
DOMAIN = 8
TIERS = (("reserved", "0", "1"), ("od", "0.02", "1"), ("spot", "0.2", "1.15"))
WINDOWS = (1, 2, 4, 8, 12, 24)
WINDOW_SHARES = (0.15, 0.15, 0.2, 0.2, 0.15, 0.15)
BLOCKS = ((0.5, 1.0), (0.3, 0.8), (0.2, 0.6))  # Share of the work, and of the first value.
COSTS = (("0.5", 1.0), ("0.3", 1.15), ("0.2", 1.5))  # Share of the inventory, and of its price.
GANGS, GANG_SHARES = (8, 16, 32, 64, 72), (0.35, 0.25, 0.2, 0.15, 0.05)
GANG_HOURS = (1, 2, 4, 8)
GANG_POOLS = 5  # Its products have so many pools together, unless the first has more.
DEMAND = 1.2  # Times the supply.
RESERVE = ("10", "6", "4", "2", "1", "0.5")  # Dollars an hour for each hundredth of the chips.

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Market(NamedTuple):
    """What is drawn before the bids. `speed` by chip; the others by pool."""

    speed: Floats
    chip: Integers
    region: Integers
    size: Floats
    inventory: Floats  # [pool, hour]
    price: Floats
    startup: Floats  # Zero for a pool that is always on.


def product_id(chip: int, region: int) -> str:
    """Give the product of one chip in one region."""
    return f"C{chip}/node8/R{region}"


def instance(
    bids: int, pools: int, hours: int, seed: int = 0, gangs: float = 0.2, starts: float = 0.1
) -> dict[str, Any]:
    """Give the fields of one run."""
    random = np.random.default_rng(seed)
    market = _market(random, pools, hours, starts)
    is_gang = random.random(bids) < gangs
    wanted = np.exp(random.normal(0, 1.2, bids))
    wanted *= DEMAND * market.inventory.sum() / wanted.sum()
    clock = np.arange(hours)
    swing = 1 + 0.35 * np.sin(2 * np.pi * (clock % 24 - 9) / 24)
    offered = [_offer(market, number) for number in range(pools)]
    asked = [
        _bid(random, market, number, swing, float(wanted[number]), bool(is_gang[number]))
        for number in range(bids)
    ]
    return {
        "schema": "chiphour.auction.run/2",
        "run": 1,
        "kind": "day-ahead",
        "pricing": "ip",
        "rent_account": 1,
        "sponsor_account": 3,
        "delivery": {"from": DAY, "step_minutes": 60, "intervals": hours},
        "price": {"floor": "0", "cap": "1000"},
        "tiers": [{"tier": name, "pi": pi, "beta": beta} for name, pi, beta in TIERS],
        "products": [
            {"chip": f"C{c}", "domain": "node8", "region": f"R{r}", "domain_chips": DOMAIN}
            for c in range(CHIPS)
            for r in range(REGIONS)
        ],
        "arcs": [],
        "bids": [*offered, *_reserves(market), *asked],
    }


def _market(random: Generator, pools: int, hours: int, starts: float) -> Market:
    speed = np.sort(random.uniform(0.4, 3.0, CHIPS))
    cost = 0.8 * speed * random.uniform(0.85, 1.15, CHIPS)
    chip, region = random.integers(0, CHIPS, pools), random.integers(0, REGIONS, pools)
    size = np.exp(random.normal(5.5, 1.0, pools)).round() // DOMAIN * DOMAIN + DOMAIN
    available = np.clip(random.normal(0.85, 0.08, (pools, hours)), 0.5, 1.0)
    inventory = np.floor(size[:, None] * available / DOMAIN) * DOMAIN
    inventory[:, 0] = np.maximum(inventory[:, 0], DOMAIN)  # A pool of nothing is no offer.
    price = cost[chip] * random.uniform(0.8, 1.25, pools)
    starting = random.random(pools) < starts
    startup = np.where(starting, price * size * random.uniform(1, 4, pools), 0.0)
    return Market(speed, chip, region, size, inventory, price, startup)


def _offer(market: Market, number: int) -> dict[str, Any]:
    price, startup = market.price[number], market.startup[number]
    fields = {
        "kind": "sell",
        "id": f"pool-{number}",
        "account": 1_000_000 + number,
        "product": product_id(market.chip[number], market.region[number]),
        "inventory": [str(int(chips)) for chips in market.inventory[number]],
        "blocks": [{"share": share, "price": f"{price * rise:.4f}"} for share, rise in COSTS],
        "tiers": [{"tier": name} for name, _, _ in TIERS],
        "reserve": True,
    }
    return fields | ({"startup": f"{startup:.2f}", "output_min": "0.25"} if startup else {})


def _reserves(market: Market) -> list[dict[str, Any]]:
    """Give the reserve curve of each region that has pools."""
    found = []
    for region in range(REGIONS):
        chips = market.inventory[market.region == region].sum() / market.inventory.shape[1]
        if chips:
            steps = [[f"{chips / 100:.2f}", usd] for usd in RESERVE]
            fields = {"id": f"reserve-R{region}", "account": 1, "region": f"R{region}"}
            found.append({"kind": "reserve", **fields, "steps": steps})
    return found


def _bid(
    random: Generator, market: Market, number: int, swing: Floats, wanted: float, is_gang: bool
) -> dict[str, Any]:
    """Draw a bid; every bid draws the same first, whatever it becomes."""
    hours = swing.size
    length = int(min(hours, random.choice(WINDOWS, p=WINDOW_SHARES)))
    begins = swing[: hours - length + 1]
    first = int(random.choice(begins.size, p=begins / begins.sum()))
    spot_alone = random.random() < 0.25
    tiers = ("spot",) if spot_alone else (("od", "spot"), ("reserved", "od"))[
        int(random.random() >= 0.5)
    ]  # fmt: skip
    rates = market.speed * random.uniform(0.6, 1.1, CHIPS)
    chips = np.sort(
        random.choice(CHIPS, size=min(CHIPS, int(random.integers(2, 5))), replace=False)
    )
    regions = np.sort(random.choice(REGIONS, size=int(random.integers(1, REGIONS)), replace=False))
    value = float(random.lognormal(0.15, 0.35))
    loss = float(random.choice([0.05, 0.5, 2.0]))
    if is_gang:
        mode = _gang(random, market, first, length, chips, regions, rates, value * 1.1)
    else:
        mode = _divisible(first, length, tiers, chips, regions, rates, value, loss, wanted)
    return {
        "kind": "buy",
        "id": f"bid-{number}",
        "account": 10 + number,
        "workload": {"class": "training" if is_gang else "inference", "unit": "unit"},
        "modes": [mode],
    }


def _divisible(
    first: int,
    length: int,
    tiers: tuple[str, ...],
    chips: Integers,
    regions: Integers,
    rates: Floats,
    value: float,
    loss: float,
    wanted: float,
) -> dict[str, Any]:
    work = wanted * rates[chips].mean()
    return {
        "type": "divisible",
        "id": "m",
        "perf": [
            {"product": product_id(chip, region), "units_per_chip_hour": f"{rates[chip]:.4f}"}
            for chip in chips
            for region in regions
        ],
        "tiers": [{"tier": tier} for tier in tiers],
        "interruption": {"loss_usd": f"{loss:.2f}"},
        "curve": [[f"{work * share + 0.01:.2f}", f"{value * part:.4f}"] for share, part in BLOCKS],
        "chips_max": f"{max(8.0, 2 * wanted / length):.2f}",
        "window": {"from": _time(first), "to": _time(first + length)},
    }


def _gang(
    random: Generator,
    market: Market,
    first: int,
    length: int,
    chips: Integers,
    regions: Integers,
    rates: Floats,
    value: float,
) -> dict[str, Any]:
    many = int(random.choice(GANGS, p=GANG_SHARES))
    span = int(min(length, random.choice(GANG_HOURS)))
    most = market.inventory.max(axis=1)
    likes = np.isin(market.chip, chips) & np.isin(market.region, regions)
    pools = random.permutation(np.flatnonzero(likes & (most >= many)))
    if not pools.size:  # It fits nowhere: 8 chips of any pool, so that no bid is refused.
        many, pools = DOMAIN, np.array([first % most.size])
    named: set[tuple[int, int]] = set()
    counted = 0
    for pool in pools:
        product = int(market.chip[pool]), int(market.region[pool])
        same = (market.chip == product[0]) & (market.region == product[1]) & (most >= many)
        if product not in named and (not named or counted + same.sum() <= GANG_POOLS):
            named.add(product)
            counted += int(same.sum())
    return {
        "type": "gang",
        "id": "g",
        "chips": many,
        "intervals": span,
        "start": {"from": _time(first), "to": _time(first + length - span)},
        "migratable": True,
        "products": [
            {
                "product": product_id(chip, region),
                "value_usd": f"{value * rates[chip] * many * span:.2f}",
            }
            for chip, region in sorted(named)
        ],
    }


def _time(hour: int) -> str:
    begins = datetime.fromisoformat(DAY) + timedelta(hours=hour)
    return begins.isoformat().replace("+00:00", "Z")
