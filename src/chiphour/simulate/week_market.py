"""WEEK_MARKET: who takes part in a week of runs, what is true, and what is known of it when.

Takes   a seed and a size.
Gives   suppliers, buyers, gangs and traders; their bids in any run, as JSON fields.
Keeps   one truth for all runs, of which a later one knows more; what is not yet known is zero in
        the mean; the same seed, the same market, with traders or without.
Source  docs/formulation/runs.md, section 11.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from math import exp
from math import pi
from math import sin
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.fields import hundredths_text
from chiphour.auction.fields import hundredths_texts
from chiphour.auction.workload import MODES_MAX
from chiphour.units import NS_PER_HOUR
from chiphour.units import iso_from_ns
from chiphour.units import text_from_ticks

HOURS = 24
OPENS_NS = 1_796_601_600 * 1_000_000_000  # Monday, 7 December 2026.
FLOOR, CAP = "0.0000", "25.0000"
TIERS = (
    {"tier": "od", "pi": "0", "beta": "1"},
    {"tier": "spot", "pi": "0.15", "beta": "1.25"},
)
PRODUCTS = ("A100/node8/east", "A100/node8/west", "H100/node8/east", "H100/node8/west")
WORK = {"H100": "1", "A100": "0.45"}  # Units that a chip does in an hour.
LEAST_WORK = 0.45
SPOT_WORK = 0.85 - 0.15 * 0.05  # Less what is interrupted, and three minutes to begin again.
BASE_COST_USD = {"H100": 1.6, "A100": 0.8}
COST_SHAPE = (0.6, 0.75, 0.9, 1.1, 1.35, 1.8)
# What a forecast of demand may miss, as a share of it. To be sure, a buyer takes half as much more.
ERROR = {"month": 0.30, "week": 0.15, "day-ahead": 0.07, "real-time": 0.0}
CAUTION = {kind: error / 2 for kind, error in ERROR.items()}
TRADER_CHIPS = 32  # That it buys or sells at most, of each product in any hour.
COMMON = 0.7  # The share of the variance of an error that a whole day has in common.

Floats = NDArray[np.float64]
Json = dict[str, Any]


class Size(NamedTuple):
    """How large the market is. `reach`: hours between two runs of real time, 1 or 4."""

    days: int = 7
    products: int = 4
    pools_each: int = 2
    buyers: int = 6
    gangs: int = 3
    traders: int = 2
    reach: int = 1


class Supplier(NamedTuple):
    """One pool. `price_usd`: of its blocks, each a like share of the chips."""

    account: int
    product: str
    chips: int
    price_usd: tuple[float, ...]

    @property
    def id(self) -> str:
        """Give the pool's id."""
        return f"pool-{self.account}"


class Buyer(NamedTuple):
    """A buyer of divisible work. `value`: (share, dollars a unit), falling.

    `stands`: bids once, in the month's run, and leaves it at that.
    """

    account: int
    work_class: str
    products: tuple[str, ...]
    tier: str
    value: tuple[tuple[float, float], ...]
    stands: bool


class Gang(NamedTuple):
    """A training run of whole chips for whole days. `kind`: the run in which it bids."""

    account: int
    product: str
    chips: int
    first_day: int
    days: int
    value_usd: float
    kind: str


class Trader(NamedTuple):
    """One without chips. `stands`: after the week's run it leaves its position as it is."""

    account: int
    chips: int
    stands: bool


class Market(NamedTuple):
    """All of them. `demand`: units of work wanted, before news: float64[buyers, hours].

    `news`: what a kind of run knows beyond that, a factor of the same shape. `noise`: each
    trader's own error, float64[traders, products, hours], a factor.
    """

    size: Size
    seed: int
    products: tuple[str, ...]
    suppliers: tuple[Supplier, ...]
    buyers: tuple[Buyer, ...]
    gangs: tuple[Gang, ...]
    traders: tuple[Trader, ...]
    demand: Floats
    news: Mapping[str, Floats]
    noise: Floats

    @property
    def hours(self) -> int:
        """Give the hours of the whole."""
        return self.size.days * HOURS


class Frame(NamedTuple):
    """A run's window: its kind, first hour, hours in an interval, intervals."""

    kind: str
    first: int
    step: int
    intervals: int

    @property
    def opens_ns(self) -> int:
        """Give the beginning of its first interval."""
        return OPENS_NS + self.first * NS_PER_HOUR

    def mean(self, hourly: Floats) -> Floats:
        """Give the mean of each interval, of values by hour in the last dimension."""
        part = hourly[..., self.first : self.first + self.step * self.intervals]
        blocks = part.reshape(*part.shape[:-1], self.intervals, self.step)
        means: Floats = blocks.mean(axis=-1)
        return means

    def window(self, first: int, end: int) -> dict[str, str]:
        """Give the times of intervals from first to before end."""
        at = [self.opens_ns + place * self.step * NS_PER_HOUR for place in (first, end)]
        return {"from": iso_from_ns(at[0]), "to": iso_from_ns(at[1])}


def market(seed: int, size: Size) -> Market:
    """Draw a market; the same seed and size, the same market."""
    drawn = np.random.default_rng([seed, 11])
    products = PRODUCTS[-size.products :]
    suppliers = tuple(
        _supplier(100 + number, products[number % len(products)], drawn)
        for number in range(size.pools_each * len(products))
    )
    buyers = tuple(_buyer(number, products, drawn) for number in range(size.buyers))
    gangs = tuple(_gang(number, size, products, drawn) for number in range(size.gangs))
    traders = tuple(
        Trader(300 + number, TRADER_CHIPS, number % 2 == 1) for number in range(size.traders)
    )
    shape = len(buyers), size.days * HOURS
    chips = sum(s.chips * float(WORK[s.product[:4]]) for s in suppliers) / len(buyers)
    demand = np.array([_wanted(buyer, chips, shape[1], drawn) for buyer in buyers])
    noise = np.exp(drawn.normal(0, 0.03, (len(traders), len(products), shape[1])))
    return Market(
        size, seed, products, suppliers, buyers, gangs, traders, demand, _news(shape, drawn), noise
    )


def fields_of(market: Market, frame: Frame, number: int, bids: Sequence[Json]) -> Json:
    """Give a run's fields with these bids."""
    return {
        "schema": "chiphour.auction.run/2",
        "run": number,
        "kind": frame.kind,
        "pricing": "ip",
        "rent_account": 1,
        "sponsor_account": 1,
        "delivery": {
            "from": iso_from_ns(frame.opens_ns),
            "step_minutes": frame.step * 60,
            "intervals": frame.intervals,
        },
        "price": {"floor": FLOOR, "cap": CAP},
        "tiers": list(TIERS),
        "products": [
            dict(zip(("chip", "domain", "region"), product.split("/"), strict=True))
            | {"domain_chips": 8}
            for product in market.products
        ],
        "arcs": _arcs(market, frame),
        "bids": list(bids),
    }


def offers(market: Market, chips: Mapping[int, Sequence[int]]) -> Iterator[Json]:
    """Yield every supplier's offer; `chips`: what it has for this run, by account and interval."""
    for supplier in market.suppliers:
        inventory = tuple(chips[supplier.account])
        if any(inventory):
            share = hundredths_text(100 // len(supplier.price_usd))
            yield {
                "kind": "sell",
                "id": supplier.id,
                "account": supplier.account,
                "product": supplier.product,
                "inventory": hundredths_texts(tuple(100 * number for number in inventory)),
                "blocks": [
                    {"share": share, "price": _price(price)} for price in supplier.price_usd
                ],
                "tiers": [{"tier": tier["tier"]} for tier in TIERS],
            }


def demands(
    market: Market, frame: Frame, kind: str, *, guess: float | None = None
) -> Iterator[Json]:
    """Yield the bids of buyers that bid in a run of this kind, by what it knows.

    Each interval is a mode of its own: work that is wanted now is not wanted later. With `guess`,
    a factor, they are what a trader expects of real time: all bid, none more than it needs. Who
    bids once knows what it needs.
    """
    known = frame.mean(market.demand)
    factor = 1 + CAUTION[kind] if guess is None else guess
    wanted = frame.mean(market.demand * market.news[kind]) * factor
    for number, buyer in enumerate(market.buyers):
        if buyer.stands and kind != "month" and guess is None:
            continue
        modes = [
            _mode(
                frame, buyer, interval, float((known if buyer.stands else wanted)[number, interval])
            )
            for interval in range(frame.intervals)
        ]
        for part in range(0, len(modes), MODES_MAX):
            yield {
                "kind": "buy",
                "id": f"buy-{buyer.account}-{part}",
                "account": buyer.account,
                "workload": {"class": buyer.work_class, "unit": "unit"},
                "modes": modes[part : part + MODES_MAX],
            }


def trainings(market: Market, frame: Frame) -> Iterator[Json]:
    """Yield the bids of gangs in the run of their kind."""
    for gang in market.gangs:
        if gang.kind != frame.kind:
            continue
        starts = frame.window(gang.first_day * HOURS // frame.step, 0)["from"]
        yield {
            "kind": "buy",
            "id": f"train-{gang.account}",
            "account": gang.account,
            "workload": {"class": "training.dense", "unit": "run"},
            "modes": [
                {
                    "type": "gang",
                    "id": "whole",
                    "chips": gang.chips,
                    "intervals": gang.days * HOURS // frame.step,
                    "start": {"from": starts, "to": starts},
                    "migratable": False,
                    "products": [{"product": gang.product, "value_usd": f"{gang.value_usd:.2f}"}],
                }
            ],
        }


def bets(market: Market, frame: Frame, forecast: Floats) -> Iterator[Json]:
    """Yield the bids of traders on their forecast, dollars: float64[products, hours of the frame].

    Each buys below what it expects of real time and sells above it.
    """
    end = frame.first + frame.step * frame.intervals
    for place, trader in enumerate(market.traders):
        if trader.stands and frame.kind == "day-ahead":
            continue
        seen = forecast * market.noise[place, :, frame.first : end]
        means = frame._replace(first=0).mean(seen)
        for number, product in enumerate(market.products):
            for interval in range(frame.intervals):
                for direction, share in (("buy", 0.99), ("sell", 1.01)):
                    price = _price(float(means[number, interval]) * share)
                    yield {
                        "kind": "virtual",
                        "id": f"bet-{trader.account}-{number}-{interval}-{direction}",
                        "account": trader.account,
                        "direction": direction,
                        "product": product,
                        "window": frame.window(interval, interval + 1),
                        "curve": [[str(trader.chips), price]],
                    }


def guesses(kind: str) -> tuple[float, float]:
    """Give two equally likely factors of demand, as far from what is expected as it may miss.

    Prices rise faster than demand, so that the price at the expected demand is too low a guess.
    """
    spread = ERROR[kind] * COMMON**0.5
    return 1 - spread, 1 + spread


def gang_chips(market: Market, product: str, day: int) -> int:
    """Give the chips that gangs want of a product on a day, whether they have bid yet or not."""
    return sum(
        gang.chips
        for gang in market.gangs
        if gang.product == product and gang.first_day <= day < gang.first_day + gang.days
    )


def _supplier(account: int, product: str, drawn: np.random.Generator) -> Supplier:
    base = BASE_COST_USD[product[:4]] * float(drawn.uniform(0.9, 1.15))
    chips = 8 * int(drawn.integers(20, 36))
    return Supplier(account, product, chips, tuple(base * share for share in COST_SHAPE))


def _buyer(number: int, products: tuple[str, ...], drawn: np.random.Generator) -> Buyer:
    """Draw a buyer: every third is batch work on spot, one a laboratory that bids once."""
    values = sorted((float(drawn.uniform(1.2, 6.0)) for _ in range(4)), reverse=True)
    spread = tuple(zip((0.4, 0.25, 0.2, 0.15), values, strict=True))
    if number == 0:
        return Buyer(200, "research", products[-1:], "od", ((1.0, 8.0),), True)
    if number % 3 == 2:
        cheap = tuple((share, value * 0.4) for share, value in spread)
        return Buyer(200 + number, "batch", products, "spot", cheap, False)
    return Buyer(200 + number, "inference.decode", products, "od", spread, False)


def _gang(number: int, size: Size, products: tuple[str, ...], drawn: np.random.Generator) -> Gang:
    days = min(size.days, int(drawn.integers(1, 4)))
    first = int(drawn.integers(0, size.days - days + 1))
    chips = 16 * int(drawn.integers(1, 3))
    value = chips * days * HOURS * float(drawn.uniform(2.0, 4.0))
    kind = ("month", "week")[number % 2]
    return Gang(220 + number, products[-1 - number % 2], chips, first, days, value, kind)


def _wanted(buyer: Buyer, chips: float, hours: int, drawn: np.random.Generator) -> list[float]:
    """Draw what a buyer wants in each hour: a daily shape, a mood by the day, an hour's chance."""
    if buyer.stands:
        return [0.3 * chips] * hours
    depth = 0.1 if buyer.tier == "spot" else 0.3
    peak = float(drawn.uniform(10, 18))
    mood = drawn.normal(0, 0.08, hours // HOURS)
    chance = drawn.normal(0, 0.03, hours)
    level = float(drawn.uniform(0.9, 1.3)) * chips
    return [
        level
        * (1 + depth * sin(2 * pi * (hour - peak + 6) / HOURS))
        * exp(float(mood[hour // HOURS] + chance[hour]))
        for hour in range(hours)
    ]


def _news(shape: tuple[int, int], drawn: np.random.Generator) -> dict[str, Floats]:
    """Draw what each kind of run knows of demand, a factor; real time knows the truth.

    What comes to light after a run has a mean of one and the spread of its ERROR: a forecast is
    the mean of what may come, and an earlier one has less in it than a later one.
    """
    known, spread = np.zeros(shape), ERROR["month"]
    found = {"month": np.ones(shape)}
    for kind in ("week", "day-ahead", "real-time"):
        more = (spread**2 - ERROR[kind] ** 2) ** 0.5
        day = np.repeat(drawn.normal(0, more * COMMON**0.5, shape[1] // HOURS), HOURS)
        hour = drawn.normal(0, more * (1 - COMMON) ** 0.5, shape)
        known = known + day + hour - more**2 / 2
        spread = ERROR[kind]
        found[kind] = np.exp(known)
    return found


def _mode(frame: Frame, buyer: Buyer, interval: int, wanted: float) -> Json:
    """Give the work of one interval, each block worth its share."""
    hundredths = max(1, round(100 * wanted))
    hours = frame.step * (SPOT_WORK if buyer.tier == "spot" else 1)
    rates = {product: WORK[product[:4]] for product in buyer.products}
    most = hundredths / min(float(rate) for rate in rates.values())
    return {
        "type": "divisible",
        "id": str(interval),
        "perf": [{"product": name, "units_per_chip_hour": rate} for name, rate in rates.items()],
        "tiers": [{"tier": buyer.tier}],
        "interruption": {"restart_hours": "0.05"},
        "curve": [
            [f"{hundredths / 100 * share * hours:.4f}", f"{value:.4f}"]
            for share, value in buyer.value
        ],
        "chips_max": hundredths_text(round(most)),
        "window": frame.window(interval, interval + 1),
    }


def _arcs(market: Market, frame: Frame) -> list[Json]:
    """Give a way for on-demand work from one region to the other: a few chips either way."""
    if len(market.products) < 2 or market.products[-1][:4] != market.products[-2][:4]:
        return []
    return [
        {
            "from": market.products[-2],
            "to": market.products[-1],
            "tier": "od",
            "min": ["-10"] * frame.intervals,
            "max": ["10"] * frame.intervals,
        }
    ]


def _price(usd: float) -> str:
    return text_from_ticks(round(usd * 10_000))
