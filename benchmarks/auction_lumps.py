"""AUCTION_LUMPS: reference cases of supply that comes in lumps: S1 to S4.

Takes   nothing.
Gives   `LUMPS`: Scarf's plants, the same modified, fast start, the block paradox; figures of the
        approximate prices that S3 is known for.
Keeps   a plant a pool; demand that does not give way a bid at the cap.
Source  S1: Scarf, J. Econ. Perspectives 8 (1994), O'Neill et al., EJOR 164 (2005). S2: Hogan and
        Ring, "On minimum-uplift pricing" (2003). S3: MISO's training on extended LMP, as in the
        fixture `aelmp_simple` of UnitCommitment.jl. S4: Bichler et al., figure 5.

A chip-hour stands for a megawatt-hour. A plant's least output is a share of its inventory in
millionths, so that of 2 in 6 is written as a quarter of an inventory of 8 whose only block holds 6:
all here are exact.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from typing import NamedTuple

from auction_expected import Case
from auction_expected import Name
from auction_fields import OD
from auction_fields import Fields
from auction_fields import bid
from auction_fields import offer
from auction_fields import run

ZONE = {"chip": "MWH", "domain": "zone", "region": "Z", "domain_chips": 1}
MWH = "MWH/zone/Z"
SLOT = (MWH, OD, 0)
CAP = 20  # Above all prices of S1 and S2, so that all demand is served.
CITY = 10  # Accounts.
PLANTS = 100


class Plant(NamedTuple):
    """A kind of plant: dollars to start, inventory, least output as a share, (chips, price)."""

    startup: int
    inventory: int
    output_min: str
    blocks: tuple[tuple[int, int], ...]


SMOKESTACK = Plant(53, 16, "0", ((16, 3),))
HIGH_TECH = Plant(30, 7, "0", ((7, 2),))
MEDIUM_TECH = Plant(0, 8, "0.25", ((6, 7),))


def plants(name: str, kind: Plant, count: int) -> list[Fields]:
    """Give so many plants of a kind."""
    return [
        offer(
            f"{name}-{number}",
            PLANTS + number,
            MWH,
            kind.inventory,
            *kind.blocks,
            startup=str(kind.startup),
            output_min=kind.output_min,
        )
        for number in range(count)
    ]


def demand(chips: int, cap: int) -> Fields:
    """Give demand that pays anything up to the cap."""
    return bid("demand", CITY, {MWH: "1"}, (chips, cap))


def scarf(
    chips: int, cost: int, counts: tuple[int, int], price: int, whole: int, uplift: str
) -> Case:
    """Give a row of S1.

    In most rows all plants that run are full: the price may be anything up to the cap, at which the
    demand stands and says no price.
    """
    bids = [
        demand(chips, CAP),
        *plants("SS", SMOKESTACK, chips // 16 + 1),
        *plants("HT", HIGH_TECH, chips // 7 + 1),
    ]
    expected: dict[Name, str] = {
        ("cost",): str(cost),
        ("on", "SS", 0): str(counts[0]),
        ("on", "HT", 0): str(counts[1]),
        ("price", *SLOT): str(price),
        ("make-whole",): str(whole),
        ("charge", "demand"): str(whole),
        ("hull price", *SLOT): "6.285714286",
        ("hull lost",): uplift,
        ("bound",): str(chips * CAP - Fraction(44, 7) * chips),
    }
    return Case(f"S1 {chips}", run([ZONE], bids, cap=CAP), expected)


S1 = (
    scarf(56, 352, (0, 8), 2, 240, "0"),
    scarf(58, 365, (1, 6), 3, 191, "0.428571429"),
    scarf(60, 378, (2, 4), 3, 198, "0.857142857"),
    scarf(62, 391, (3, 2), 3, 205, "1.285714286"),
    scarf(64, 404, (4, 0), 3, 212, "1.714285714"),
    scarf(66, 419, (2, 5), 3, 221, "4.142857143"),
    scarf(68, 432, (3, 3), 3, 228, "4.571428571"),
    scarf(70, 440, (0, 10), 2, 300, "0"),
)


def modified(
    chips: int, cost: int, counts: tuple[int, int, int], price: int, lost: int, uplift: str
) -> Case:
    """Give a row of S2: the plants are few. The hull price is a closed form of demand."""
    bids = [
        demand(chips, CAP),
        *plants("SS", SMOKESTACK, 6),
        *plants("HT", HIGH_TECH, 5),
        *plants("MT", MEDIUM_TECH, 5),
    ]
    hull = "6.285714286" if chips <= 35 else "6.3125" if chips <= 131 else "7"
    expected: dict[Name, str] = {
        ("cost",): str(cost),
        ("lost",): str(lost),
        ("hull price", *SLOT): hull,
        ("hull lost",): uplift,
    }
    for name, count in zip(("SS", "HT", "MT"), counts, strict=True):
        expected["on", name, 0] = str(count)
    return Case(f"S2 {chips}", run([ZONE], bids, cap=CAP), expected, {SLOT: str(price)})


S2 = (
    modified(20, 129, (1, 0, 1), 7, 80, "3.285714286"),
    modified(34, 216, (2, 0, 1), 3, 114, "2.285714286"),  # Anything from 3 to 7 proves it.
    modified(40, 254, (1, 3, 1), 7, 65, "2.4375"),
    modified(100, 634, (5, 3, 0), 3, 334, "3.6875"),
    modified(130, 823, (6, 5, 0), 3, 433, "3.3125"),
    modified(140, 889, (6, 5, 2), 7, 0, "0"),
    modified(160, 1029, (6, 5, 5), 7, 0, "0"),
)

FAST = {
    "W": Plant(0, 260, "0", ((200, 50), (30, 53), (30, 56))),
    "X": Plant(30_000, 200, "0.5", ((100, 60), (40, 65), (40, 69))),
    "Y": Plant(5_000, 200, "0.25", ((50, 200), (50, 221), (50, 241))),
}
FAST_LOAD = 365

S3 = Case(
    "S3",
    run(
        [ZONE],
        [
            demand(FAST_LOAD, 1000),
            *(p for name, kind in FAST.items() for p in plants(name, kind, 1)),
        ],
    ),
    {
        ("cost",): "40525",
        ("on", "X", 0): "0",
        ("on", "Y", 0): "1",
        ("chips", "W-0", *SLOT): "260",
        ("chips", "Y-0", *SLOT): "105",
        ("price", *SLOT): "241",
        ("make-whole",): "1950",
        ("make-whole", "Y"): "1950",
        ("lost",): "3970",
        ("hull price", *SLOT): "229.777777778",
        ("hull lost",): "3128.333333333",
    },
)

_BLOCK_BIDS = [
    bid("first", 10, {MWH: "1"}, (10, 300)),
    bid("second", 11, {MWH: "1"}, (14, 10)),
    *plants("block", Plant(0, 16, "0.6875", ((12, 40),)), 1),
    offer("plain", 20, MWH, 13, 100),
]
S4 = Case(
    "S4",
    run([ZONE], _BLOCK_BIDS),
    {
        ("welfare",): "2570",
        ("chips", "block-0", *SLOT): "11",
        ("chips", "second", *SLOT): "1",
        ("price", *SLOT): "10",
        ("make-whole",): "330",
        ("make-whole", "block"): "330",
        ("hull price", *SLOT): "40",
        ("bound",): "2600",
    },
)
S4_EUROPEAN = Case(
    "S4 eu",
    run([ZONE], _BLOCK_BIDS, pricing="eu"),
    {
        ("welfare",): "2000",
        ("price", *SLOT): "100",
        ("on", "block", 0): "0",
        ("chips", "plain", *SLOT): "10",
        ("make-whole",): "0",
    },
)
S4_CONVEX = Case(
    "S4 convex",
    run(
        [ZONE],
        [
            *_BLOCK_BIDS[:2],
            offer("block-part", 100, MWH, 1, 40),
            offer("block-rest", 100, MWH, 11, 40),
            _BLOCK_BIDS[3],
        ],
    ),
    {("welfare",): "2600", ("price", *SLOT): "40", ("chips", "first", *SLOT): "10"},
)

LUMPS: tuple[Case, ...] = (*S1, *S2, S3, S4, S4_EUROPEAN, S4_CONVEX)


def approximate_price(load: int, plants: Mapping[str, Plant], spread: frozenset[str]) -> Fraction:
    """Give the approximate extended price: start-up spread over what is offered, no least output.

    `spread` are the plants that take part with their start-up; others of any start-up are left
    out. It is the price of the last block that serves the load.
    """
    blocks = [
        (price + Fraction(kind.startup, sum(chips for chips, _ in kind.blocks)), chips)
        for name, kind in plants.items()
        if name in spread or not kind.startup
        for chips, price in kind.blocks
    ]
    left = load
    for price, chips in sorted(blocks):
        left -= chips
        if left <= 0:
            return price
    raise ValueError(f"expected plants for {load}, found {load - left}")


def start_payments(price: int) -> dict[str, int]:
    """Give what a start earns in O'Neill's contracts: a plant that starts just breaks even."""
    return {
        name: kind.startup - sum((price - cost) * chips for chips, cost in kind.blocks)
        for name, kind in (("SS", SMOKESTACK), ("HT", HIGH_TECH))
    }


def approximation_figures() -> Iterator[tuple[str, bool, str]]:
    """Yield (name, whether as printed, what came out otherwise) of S1's and S3's other prices."""
    found: Any = start_payments(3)
    yield "S1 start payments", found == {"SS": 53, "HT": 23}, str(found)
    for name, spread, printed in (
        ("S3 approximate, offline units too", frozenset("XY"), "231.6667"),
        ("S3 approximate, online units only", frozenset("Y"), "274.3333"),
    ):
        found = approximate_price(FAST_LOAD, FAST, spread)
        yield name, abs(found - Fraction(printed)) < Fraction(1, 10_000), str(float(found))
