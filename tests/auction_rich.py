"""AUCTION_RICH: one small run in which everything that a run can hold is awarded.

Takes   nothing.
Gives   `RICH`: its fields; `rich`: the same with another pricing.
Keeps   each kind of bid, mode, logic, tier, arc and side resource in use, so that a fault can be
        planted in each.
Source  docs/formulation/auction.md, section 2.
"""

from copy import deepcopy
from typing import Any

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import buy
from auction_fields import divisible
from auction_fields import gang
from auction_fields import offer
from auction_fields import reserve
from auction_fields import run
from auction_fields import window

HOURS = 3
FAR, LUMPY = "H100/node8/eu", "H100/node8/ap"  # In the last a gang pays more than it is worth.
CPU = {"cpu": 1}
BOTH = ("od", "spot")
ALL = (0, HOURS)
TIERS = [{"tier": "od", "pi": "0", "beta": "1"}, {"tier": "spot", "pi": "0.15", "beta": "1.25"}]
ARC = {"from": H100, "to": FAR, "tier": "od", "min": ["0"] * HOURS, "max": ["4"] * HOURS}

POOLS = [
    offer(
        "base", 20, H100, 32, (20, 1), (12, "1.5"),
        hours=HOURS, tiers=BOTH, reserve=True, side_stock={"cpu": [24] * HOURS},
    ),
    offer(
        "lease", 21, H100, 16, (16, "0.5"),
        hours=HOURS, startup="2", no_load="1", output_min="0.5", run_min=2, rest_min=1,
    ),
    offer("far", 22, FAR, 8, (8, "1.1"), hours=HOURS),
    offer("lent", 23, H100, [4, 4, 0], (4, "0.9"), hours=HOURS)
    | {"kind": "leaseback", "position": "p-1"},
    offer("ten", 24, LUMPY, [10, 0, 0], (10, 1), hours=HOURS),
]  # fmt: skip
BUYERS = [
    bid("chat", 10, {H100: "2"}, (24, 4), (24, 2), hours=ALL, chips_max=10),
    bid("batch", 11, {H100: "1"}, (18, 2), (18, "1.4"), hours=ALL, tiers=("spot",), chips_max=12),
    bid("cpus", 12, {H100: "1"}, (30, 5), hours=ALL, chips_max=8, needs={"cpu": 2}),
    bid("away", 13, {FAR: "1"}, (24, 3), (20, "1.5"), hours=(0, 2), chips_max=12),
    buy("whole", 14, [gang(8, 2, {H100: 60}, starts=(1, 1), needs=CPU)]),
    buy("half", 15, [gang(4, 2, {H100: 40}, migratable=True, needs=CPU)]),
    buy("quarter", 16, [gang(4, 1, {H100: 22}, starts=(2, 2), migratable=True, needs=CPU)]),
    buy(
        "either", 17,
        [divisible({H100: "1"}, (6, 3), hours=ALL, mode="m"), gang(8, 1, {H100: 60}, needs=CPU)],
        logic={"xor": [["m", "g"]], "requires": []},
    ),
    buy(
        "child", 18,
        [
            gang(2, 1, {H100: 12}, mode="parent", migratable=True, needs=CPU),
            divisible({H100: "1"}, (3, 5), hours=ALL, mode="child"),
        ],
        logic={"xor": [], "requires": [["child", "parent"]]},
    ),
    bid("thrifty", 19, {H100: "1"}, (12, 8), hours=ALL, chips_max=5)
    | {"limits": {"spend_usd": "9"}},
    buy("lump", 40, [gang(8, 1, {LUMPY: 24})]),
    bid("crumbs", 41, {LUMPY: "1"}, (4, 4), (6, 2), chips_max=10),
]  # fmt: skip
VIEW = {"kind": "virtual", "product": H100, "window": window(*ALL)}
OTHERS = [
    reserve("us", (2, 8), (4, 3), (6, "0.5")),
    VIEW | {"id": "hope", "account": 30, "direction": "buy", "curve": [["2", "3"]]},
    VIEW | {"id": "doubt", "account": 31, "direction": "sell", "curve": [["1", "0.8"]]},
]
RICH = run(
    [HOPPER | {"region": region} for region in ("us", "eu", "ap")],
    [*POOLS, *BUYERS, *OTHERS],
    hours=HOURS,
    cap=50,
    tiers=TIERS,
    arcs=[ARC],
    sponsor_account=3,
)


def rich(pricing: str = "ip") -> dict[str, Any]:
    """Give the fields of the run, to be changed at will."""
    return deepcopy(RICH) | {"pricing": pricing}
