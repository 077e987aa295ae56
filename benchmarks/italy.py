"""ITALY: the Italian day-ahead market of April 2025 as runs of the auction, one an hour.

Takes   the reference folder `italy-2025-04`: bid curves, transfer limits, published prices.
Gives   for each hour the run's fields and the seven published prices that it must reproduce.
Keeps   the published prices of the seven zones out of the run; no fitting, no tuning.
Source  GME's public data through OpenEUPHEMIA (MIT); docs/formulation/auction.md, equations 1, 3, 5
        and 6.

One chip-hour of the run stands for 0.1 MWh, so that a hundredth is the market's 0.001 MWh. A zone
is a product on the one tier `od`; its bids are one divisible bid whose work is the energy, its
offers one pool of blocks of fixed quantity. Every zone that is not Italian takes or gives any
quantity at its published price. Orders in blocks are left out: what the curves hold is enough, as
measured.
"""

import csv
import gzip
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from typing import NamedTuple

ZONES = ("NORD", "CNOR", "CSUD", "SUD", "CALA", "SICI", "SARD")
DAYS = tuple(f"2025-04-{day:02d}" for day in range(1, 21))
ERROR_USD_MAX = Decimal("0.005")
FLOOR, CAP = "-500", "4000"
TIER = "od"
TICK = Decimal("0.0001")  # Some borders publish five decimals.
ANY_UNITS = "1000000"  # 100,000 MWh in an hour: more than all of Italy.
ACCOUNT = 100  # The runs move no real money: everyone has a number above this one.

Row = dict[str, str]
Hour = tuple[str, str]  # delivery day, period


class ItalianHour(NamedTuple):
    """One hour: the run, and the published price of each Italian zone, in EUR/MWh."""

    day: str
    period: str
    fields: dict[str, Any]
    published: dict[str, Decimal]


def reference(name: str) -> Path | None:
    """Find a folder of reference data: in $CHIPHOUR_REFERENCE, else beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("CHIPHOUR_REFERENCE") or beside) / name
    return folder if folder.is_dir() else None


def italian_hours(folder: Path, days: tuple[str, ...] = DAYS) -> Iterator[ItalianHour]:
    """Yield the hours of these days in their order."""
    curves = _by_hour(folder / "bid-curves.csv.gz", days)
    arcs = _by_hour(folder / "transfer-capacities.csv.gz", days)
    prices = _by_hour(folder / "published-prices.csv.gz", days)
    for number, hour in enumerate(curves, start=1):
        published = {row["zone"]: Decimal(row["price_eur_per_mwh"]) for row in prices[hour]}
        fields = _fields(number, curves[hour], arcs[hour], published)
        yield ItalianHour(*hour, fields, {zone: published[zone] for zone in ZONES})


def product_id(zone: str) -> str:
    """Give the product that stands for a zone."""
    return f"MWH/zone/{zone}"


def _by_hour(path: Path, days: tuple[str, ...]) -> dict[Hour, list[Row]]:
    found: dict[Hour, list[Row]] = defaultdict(list)
    with gzip.open(path, "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["delivery_day"] in days:
                found[row["delivery_day"], row["period"]].append(row)
    return found


def _fields(
    number: int, curves: list[Row], arcs: list[Row], published: dict[str, Decimal]
) -> dict[str, Any]:
    zones = sorted({row[end] for row in arcs for end in ("from_zone", "to_zone")})
    steps: dict[tuple[str, str], dict[Decimal, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in curves:
        quantity, price = Decimal(row["quantity_mwh"]), Decimal(row["price_eur_per_mwh"])
        steps[row["zone"], row["side"]][price] += _units(quantity)
    for zone in set(zones) - set(ZONES):
        for side in ("demand", "supply"):
            steps[zone, side][published[zone].quantize(TICK)] = Decimal(ANY_UNITS)
    begins = curves[0]["timestamp"]
    bids = [_bid(zone, steps[zone, "demand"], begins) for zone in zones]
    bids += [_offer(zone, steps[zone, "supply"]) for zone in zones]
    return {
        "schema": "chiphour.auction.run/2",
        "run": number,
        "kind": "day-ahead",
        "pricing": "ip",
        "rent_account": 1,
        "sponsor_account": 1,
        "delivery": {"from": begins, "step_minutes": 60, "intervals": 1},
        "price": {"floor": FLOOR, "cap": CAP},
        "tiers": [{"tier": TIER, "pi": "0", "beta": "1"}],
        "products": [
            {"chip": "MWH", "domain": "zone", "region": zone, "domain_chips": 1} for zone in zones
        ],
        "arcs": [_arc(row) for row in arcs],
        "bids": bids,
    }


def _units(quantity_mwh: Decimal) -> Decimal:
    """Give MWh as units of 0.1 MWh, to the market's 0.001 MWh: the file holds float noise."""
    return (quantity_mwh * 10).quantize(Decimal("0.01"))


def _arc(row: Row) -> dict[str, Any]:
    return {
        "from": product_id(row["from_zone"]),
        "to": product_id(row["to_zone"]),
        "tier": TIER,
        "min": [str(_units(Decimal(row["min_flow_mwh"])))],
        "max": [str(_units(Decimal(row["max_flow_mwh"])))],
    }


def _bid(zone: str, steps: dict[Decimal, Decimal], begins: str) -> dict[str, Any]:
    ends = datetime.fromisoformat(begins) + timedelta(hours=1)
    curve = [(price, units) for price, units in sorted(steps.items(), reverse=True) if units]
    mode = {
        "type": "divisible",
        "id": "energy",
        "perf": [{"product": product_id(zone), "units_per_chip_hour": "1"}],
        "tiers": [{"tier": TIER}],
        "curve": [[str(units), str(price)] for price, units in curve],
        "chips_max": str(sum(units for _, units in curve)),
        "window": {"from": begins, "to": ends.isoformat()},
    }
    return {
        "kind": "buy",
        "id": f"demand-{zone}",
        "account": ACCOUNT,
        "workload": {"class": "energy", "unit": "0.1MWh"},
        "modes": [mode],
    }


def _offer(zone: str, steps: dict[Decimal, Decimal]) -> dict[str, Any]:
    blocks = [(price, units) for price, units in sorted(steps.items()) if units]
    return {
        "kind": "sell",
        "id": f"supply-{zone}",
        "account": ACCOUNT,
        "product": product_id(zone),
        "inventory": [str(sum(units for _, units in blocks))],
        "blocks": [{"quantity": str(units), "price": str(price)} for price, units in blocks],
        "tiers": [{"tier": TIER}],
    }
