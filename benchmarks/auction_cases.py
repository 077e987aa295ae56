"""AUCTION_CASES: the reference cases of the auction.

Takes   nothing.
Gives   E1 to E6 as fields and expected figures; `CASES`, with S1 to S6 of the neighbouring files;
        `reference_figures`.
Keeps   the answers as numbers worked out by hand or printed by their source, not by this program.
Source  docs/formulation/auction.md; each case exercises the equations that its docstring names.
"""

from collections.abc import Iterator
from typing import Any

from auction_expected import Case
from auction_expected import faults
from auction_fields import A100
from auction_fields import AMPERE
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import OD
from auction_fields import OD_ONLY
from auction_fields import bid
from auction_fields import buy
from auction_fields import gang
from auction_fields import offer
from auction_fields import reserve
from auction_fields import run
from auction_formulas import formula_figures
from auction_lumps import LUMPS
from auction_lumps import approximation_figures
from auction_packages import PACKAGES
from auction_packages import package_figures
from chiphour.auction.prices import Solve

Figure = dict[str, Any]
SPOT = {"tier": "spot", "pi": "0.15", "beta": "1.25"}

# One pool, two workloads: the price is what the marginal work is worth on a chip (eq. 1 and 3).
E1 = Case(
    "E1",
    run(
        [HOPPER],
        [
            bid("A", 10, {H100: "2"}, (80, 3), (80, "1.5")),
            bid("B", 11, {H100: "1"}, (30, 4), (60, 2)),
            offer("pool", 20, H100, 100, 1),
        ],
    ),
    {
        ("price", H100, OD, 0): "3",
        ("chips", "A", H100, OD, 0): "70",
        ("chips", "B", H100, OD, 0): "30",
        ("chips", "pool", H100, OD, 0): "100",
        ("welfare",): "350",
    },
)

# Two kinds of chip: their prices stand as the work that the marginal workload does on each (eq. 1).
E2 = Case(
    "E2",
    run(
        [HOPPER, AMPERE],
        [
            bid("inf", 10, {H100: "3.0", A100: "1.2"}, (200, "1.5"), (400, "0.9")),
            bid("trn", 11, {H100: "2.5", A100: "0.5"}, (100, 2)),
            offer("hopper", 20, H100, 64, "1.2"),
            offer("ampere", 21, A100, 128, "0.5"),
        ],
    ),
    {
        ("price", H100, OD, 0): "2.7",
        ("price", A100, OD, 0): "1.08",
        ("chips", "inf", A100, OD, 0): "128",
        ("chips", "inf", H100, OD, 0): "24",
        ("chips", "trn", H100, OD, 0): "40",
        ("welfare",): "382.24",
    },
)

# Tiers: spot is worth .85 x 1.5 - .15 x .1 = 1.26 to the batch; 1.25 of it fit on a chip (eq. 4).
E3 = Case(
    "E3",
    run(
        [HOPPER],
        [
            bid(
                "train",
                10,
                {H100: "1"},
                (60, 3),
                tiers=(OD, "spot"),
                interruption={"loss_usd": "4"},
            ),
            bid(
                "batch",
                11,
                {H100: "1"},
                (20, 2),
                (60, "1.5"),
                tiers=(OD, "spot"),
                interruption={"loss_usd": "0.1"},
            ),
            offer("pool", 20, H100, 100, "0.8", tiers=(OD, "spot")),
        ],
        tiers=(*OD_ONLY, SPOT),
    ),
    {
        ("price", H100, OD, 0): "1.575",
        ("price", H100, "spot", 0): "1.26",
        ("chips", "train", H100, OD, 0): "60",
        ("chips", "batch", H100, "spot", 0): "50",
        ("welfare",): "173",
    },
)

# Reserve: chips that are kept idle are worth 4, then 1: every price holds the scarcity (eq. 9).
E4 = Case(
    "E4",
    run(
        [HOPPER],
        [
            bid("A", 10, {H100: "1"}, (60, 6), (25, "4.5"), (40, 3)),
            offer("pool", 20, H100, 100, 1, reserve=True),
            reserve("us", (10, 8), (10, 4), (20, 1)),
        ],
    ),
    {
        ("price", H100, OD, 0): "4.5",
        ("reserve price", "us", 0): "3.5",
        ("chips", "A", H100, OD, 0): "80",
        ("kept", 0): "20",
        ("welfare",): "490",
    },
)

# A gang wins and pays more than it is worth at the price: made whole by the seller's surplus (14).
E5 = Case(
    "E5",
    run(
        [HOPPER],
        [
            buy("gang", 10, [gang(8, 1, {H100: 24})]),
            bid("D", 11, {H100: "1"}, (4, 4), (6, 2)),
            offer("pool", 20, H100, 10, 1),
        ],
    ),
    {
        ("price", H100, OD, 0): "4",
        ("chips", "D", H100, OD, 0): "2",
        ("gangs", "gang"): "1",
        ("payment", "gang"): "32",
        ("make-whole", "gang"): "8",
        ("make-whole",): "8",
        ("charge", "pool"): "8",
        ("charge",): "8",
        ("welfare",): "22",
        ("bound",): "24",
    },
)

# A pool is started for the peak and must run on: the price does not hold its start-up (eq. 8). The
# price of the first hour is anything from 1 to 2, where base and `flat` are both at their limit.
E6 = Case(
    "E6",
    run(
        [HOPPER],
        [
            bid("peak", 10, {H100: "1"}, (64, 5), hours=(1, 2)),
            bid("flat", 11, {H100: "1"}, (90, 2), hours=(0, 3), chips_max=40),
            offer("base", 20, H100, 40, 1, hours=3),
            offer(
                "lease", 21, H100, 32, "1.5", hours=3, startup="60", output_min="0.25", run_min=3
            ),
        ],
        hours=3,
    ),
    {
        ("price", H100, OD, 0): "1.5",
        ("price", H100, OD, 1): "2",
        ("price", H100, OD, 2): "1",
        ("chips", "lease", H100, OD, 1): "32",
        ("chips", "lease", H100, OD, 2): "8",
        ("on", "lease", 0): "0",
        ("make-whole", "lease"): "48",
        ("make-whole",): "48",
        ("welfare",): "264",
        ("bound",): "276",
    },
    proved={(H100, OD, 0): "1", (H100, OD, 1): "2", (H100, OD, 2): "1"},
)

CASES: tuple[Case, ...] = (*LUMPS, *PACKAGES, E1, E2, E3, E4, E5, E6)


def reference_figures(solve: Solve) -> Iterator[Figure]:
    """Yield for each case whether every figure came out as printed; if not, the first that did not.

    The value of what cannot be measured in this checkout is null.
    """
    for case in CASES:
        found = faults(case, solve)
        yield _figure(case.name, not found, found[0] if found else "")
    for told in (approximation_figures(), package_figures(), formula_figures()):
        for name, value, reason in told:
            yield _figure(name, value, "" if value else reason)


def _figure(name: str, value: bool | None, reason: str) -> Figure:
    params = {"case": name}
    figure: Figure = {"name": "reference", "params": params, "value": value, "unit": "exact"}
    return figure | ({"reason": reason} if reason else {})
