"""AUCTION_CASES: small runs with known answers.

Takes   nothing.
Gives   E1, one pool and two workloads, and E2, two kinds of chip: fields and exact outcomes.
Keeps   the answers as numbers worked out by hand, not by this program.
Source  docs/formulation/auction.md, section 8.
"""

from typing import Any
from typing import NamedTuple

HOPPER = {"chip": "H100", "domain": "node8", "region": "us"}
AMPERE = {"chip": "A100", "domain": "node8", "region": "us"}
H100 = "H100/node8/us"
A100 = "A100/node8/us"
BEGINS, ENDS = "2026-12-01T00:00:00Z", "2026-12-01T01:00:00Z"


class Case(NamedTuple):
    """A run and what must come out, prices by slot, quantities in hundredths of a chip-hour."""

    fields: dict[str, Any]
    dual_nanousd: list[int]
    lines: dict[str, tuple[tuple[str, int, int], ...]]
    welfare_nanousd: int


def bid(name: str, account: int, rates: dict[str, str], *curve: tuple[str, str]) -> dict[str, Any]:
    """Give a divisible bid for the one hour, of at most 1,000 chips."""
    return {
        "kind": "divisible",
        "name": name,
        "account": account,
        "perf": [
            {"product": product, "units_per_chip_hour": rate} for product, rate in rates.items()
        ],
        "curve": [{"units": units, "usd_per_unit": usd} for units, usd in curve],
        "chips_max": "1000",
        "window": {"from": BEGINS, "to": ENDS},
    }


def offer(name: str, account: int, product: str, chips: str, price: str) -> dict[str, Any]:
    """Give a supply of one block in the one hour."""
    return {
        "kind": "supply",
        "name": name,
        "account": account,
        "product": product,
        "inventory": [chips],
        "blocks": [{"share": "1", "price": price}],
    }


def run(
    products: list[dict[str, str]], bids: list[dict[str, Any]], offers: list[dict[str, Any]]
) -> dict[str, Any]:
    """Give a run of one hour without arcs."""
    return {
        "schema": "chiphour.auction.run/1",
        "run": 1,
        "rent_account": 1,
        "delivery": {"from": BEGINS, "hours": 1},
        "price": {"floor": "0", "cap": "1000"},
        "products": products,
        "arcs": [],
        "bids": bids,
        "offers": offers,
    }


E1 = Case(
    run(
        [HOPPER],
        [
            bid("A", 10, {H100: "2"}, ("80", "3"), ("80", "1.5")),
            bid("B", 11, {H100: "1"}, ("30", "4"), ("60", "2")),
        ],
        [offer("pool", 20, H100, "100", "1")],
    ),
    [3_000_000_000],
    {
        "A": ((H100, 0, 7_000),),
        "B": ((H100, 0, 3_000),),
        "pool": ((H100, 0, 10_000),),
    },
    350_000_000_000,
)

E2 = Case(
    run(
        [HOPPER, AMPERE],
        [
            bid("inf", 10, {H100: "3.0", A100: "1.2"}, ("200", "1.5"), ("400", "0.9")),
            bid("trn", 11, {H100: "2.5", A100: "0.5"}, ("100", "2")),
        ],
        [offer("hopper", 20, H100, "64", "1.2"), offer("ampere", 21, A100, "128", "0.5")],
    ),
    [1_080_000_000, 2_700_000_000],  # A100, H100: slots follow the products' names.
    {
        "inf": ((A100, 0, 12_800), (H100, 0, 2_400)),
        "trn": ((H100, 0, 4_000),),
        "hopper": ((H100, 0, 6_400),),
        "ampere": ((A100, 0, 12_800),),
    },
    382_240_000_000,
)
