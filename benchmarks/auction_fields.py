"""AUCTION_FIELDS: short words for the fields of a run: bids, offers, reserve, and the run itself.

Takes   names, quantities and prices as text or numbers.
Gives   JSON fields of the format "chiphour.auction.run/2".
Keeps   one home for the format in tests, reference cases, benchmarks and examples.
Source  docs/formulation/auction.md, section 2.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from typing import Any

Fields = dict[str, Any]
Amount = str | int
Rates = Mapping[str, "str | Mapping[str, str]"]

DAY = "2026-12-01T00:00:00Z"
OD = "od"
OD_ONLY: tuple[Fields, ...] = ({"tier": OD, "pi": "0", "beta": "1"},)
HOPPER = {"chip": "H100", "domain": "node8", "region": "us", "domain_chips": 8}
AMPERE = {"chip": "A100", "domain": "node8", "region": "us", "domain_chips": 8}
H100 = "H100/node8/us"
A100 = "A100/node8/us"


def time(interval: int, opens: str = DAY, step_minutes: int = 60) -> str:
    """Give the time at which an interval of a run begins."""
    begins = datetime.fromisoformat(opens) + timedelta(minutes=interval * step_minutes)
    return begins.isoformat().replace("+00:00", "Z")


def window(first: int, end: int, opens: str = DAY, step_minutes: int = 60) -> Fields:
    """Give a window from one interval to before another."""
    return {"from": time(first, opens, step_minutes), "to": time(end, opens, step_minutes)}


def buy(
    name: str,
    account: int,
    modes: Sequence[Fields],
    *,
    work: tuple[str, str] = ("inference", "unit"),
    **others: Any,
) -> Fields:
    """Give a buyer's bid of these modes; `others` are `logic` and `limits`."""
    facts = {"class": work[0], "unit": work[1]}
    fields = {"kind": "buy", "id": name, "account": account, "workload": facts}
    return fields | {"modes": list(modes), **others}


def divisible(
    rates: Rates,
    *curve: tuple[Amount, Amount],
    mode: str = "m",
    hours: tuple[int, int] = (0, 1),
    chips_max: Amount = 1000,
    tiers: Sequence[str] = (OD,),
    **others: Any,
) -> Fields:
    """Give a divisible mode; `others` are `interruption`, and `needs` of every product."""
    needs = others.pop("needs", None)
    rows: list[Fields] = [
        {"product": product, "units_per_chip_hour": rate} for product, rate in rates.items()
    ]
    return {
        "type": "divisible",
        "id": mode,
        "perf": [row | {"needs": needs} if needs else row for row in rows],
        "tiers": [{"tier": tier} for tier in tiers],
        "curve": [[str(units), str(usd)] for units, usd in curve],
        "chips_max": str(chips_max),
        "window": window(*hours),
        **others,
    }


def bid(
    name: str, account: int, rates: Rates, *curve: tuple[Amount, Amount], **mode: Any
) -> Fields:
    """Give a bid of one divisible mode."""
    return buy(name, account, [divisible(rates, *curve, **mode)])


def gang(
    chips: int,
    count: int,
    values: Mapping[str, Amount],
    *,
    mode: str = "g",
    starts: tuple[int, int] = (0, 0),
    migratable: bool = False,
    **others: Any,
) -> Fields:
    """Give a gang mode of `count` intervals that may start from one interval to another."""
    return {
        "type": "gang",
        "id": mode,
        "chips": chips,
        "intervals": count,
        "start": {"from": time(starts[0]), "to": time(starts[1])},
        "migratable": migratable,
        "products": [
            {"product": product, "value_usd": str(usd)} for product, usd in values.items()
        ],
        **others,
    }


def offer(
    name: str,
    account: int,
    product: str,
    chips: Amount | Sequence[Amount],
    *blocks: Amount | tuple[Amount, Amount],
    hours: int = 1,
    tiers: Sequence[str] = (OD,),
    **others: Any,
) -> Fields:
    """Give a pool. A block is a price for all of it, or (chips, price).

    `chips` is the same in each interval, or a list; `others` are start-up, reserve and the like.
    """
    each = [chips] * hours if isinstance(chips, str | int) else chips
    return {
        "kind": "sell",
        "id": name,
        "account": account,
        "product": product,
        "inventory": [str(one) for one in each],
        "blocks": [_block(block) for block in blocks],
        "tiers": [{"tier": tier} for tier in tiers],
        **others,
    }


def _block(block: Amount | tuple[Amount, Amount]) -> Fields:
    if isinstance(block, tuple):
        return {"quantity": str(block[0]), "price": str(block[1])}
    return {"share": "1", "price": str(block)}


def reserve(region: str, *steps: tuple[Amount, Amount], account: int = 1) -> Fields:
    """Give the reserve curve of a region."""
    return {
        "kind": "reserve",
        "id": f"reserve-{region}",
        "account": account,
        "region": region,
        "steps": [[str(chips), str(usd)] for chips, usd in steps],
    }


def virtual(
    name: str, account: int, direction: str, product: str, *curve: tuple[Amount, Amount], hours: int
) -> Fields:
    """Give a bid or an offer without delivery, for the first `hours` intervals."""
    return {
        "kind": "virtual",
        "id": name,
        "account": account,
        "direction": direction,
        "product": product,
        "window": window(0, hours),
        "curve": [[str(chips), str(usd)] for chips, usd in curve],
    }


def run(
    products: Sequence[Fields],
    bids: Sequence[Fields],
    *,
    hours: int = 1,
    cap: Amount = 1000,
    tiers: Sequence[Fields] = OD_ONLY,
    **others: Any,
) -> Fields:
    """Give a run; `others` replace or add fields."""
    return {
        "schema": "chiphour.auction.run/2",
        "run": 1,
        "kind": "day-ahead",
        "pricing": "ip",
        "rent_account": 1,
        "delivery": {"from": DAY, "step_minutes": 60, "intervals": hours},
        "price": {"floor": "0", "cap": str(cap)},
        "tiers": list(tiers),
        "products": list(products),
        "arcs": [],
        "bids": list(bids),
        **others,
    }
