"""AUCTION_FORMULAS: reference cases that are formulas, not runs: S7, S8, E7 and E8.

Takes   the market's own functions: reserve values, capacity curves, settlement, pooling.
Gives   for each case whether every printed figure comes out.
Keeps   a part that this checkout does not have told as not measured, never as wrong or right.
Source  S7: ERCOT's operating reserve demand curve, OBDRR011. S8: PJM's variable resource
        requirement, rule of 2018 to 2021. E7 and E8 by hand, from the formulas of docs/formulation.
"""

import importlib
from collections.abc import Callable
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from fractions import Fraction
from types import ModuleType
from typing import Any

NS = 1_000_000_000
Told = tuple[str, bool | None, str]

# Reserve running, reserve in all, energy price -> what the one and the other are worth.
S7_TWO = (
    (2500, 3500, 50, "2050.5507", "627.1955"),
    (3000, 4000, 50, "958.0910", "304.7032"),
    (4000, 5000, 50, "106.4713", "46.5814"),
    (6000, 7500, 30, "0.0414", "0.0286"),
    (1900, 2600, 900, "5535.0862", "1485.0862"),
)
S7_TWO_RULE = (18_514, 121_789, 200_000, 90_000_000)  # Mean, s.d., least in 0.01; cut-off in ticks.
S7_ONE = ((3000, "5000"), (3500, "3073.6463"), (4500, "1470.1204"), (6500, "68.0526"))
S7_ONE_RULE = (85_000, 120_000, 300_000, 50_000_000)

S8_REQUIREMENT = ("153160.7", "321.57", "0.158")  # Load to be covered, net cost, reserve margin.
S8_GROSS_COST = 300  # Below 1.5 times the net cost, so that this sets the top.
S8_POINTS = (("152896.1737", "482.355"), ("156996.3307", "241.1775"), ("164799.8551", "0"))
S8_CLEARINGS = (
    (((150_000, 0), (3_000, 100), (5_000, 180), (9_000, 400)), "158000", "210.1579"),
    (((150_000, 0), (5_000, 100), (9_000, 320)), "155656.3026", "320"),
    (((149_000, 0), (2_000, 50)), "151000", "482.355"),
)

# Chip-hours sold (bought below zero) after each run, and what was metered; prices in ticks.
E7_ACCOUNTS = {"S1": 8, "S2": 9, "B1": 10, "B2": 11, "V": 12}
E7_RUNS = (({"S1": 60, "B1": -80, "V": 20}, 24_000), ({"S1": 90, "B1": -85, "V": -5}, 21_000))
E7_METERED = ({"S1": 88, "B1": -82, "S2": 4, "B2": -10}, 29_000)
E7_TOTALS_USD = {"S1": "201.2", "S2": "11.6", "B1": "-193.8", "B2": "-29", "V": "10"}

SOLD_SHARES = (0.9, 1.0, 1.1)
E8_NORMAL = {  # Suppliers of mean 100 and s.d. 40: the interrupted share at each share sold.
    1: ("0.127264", "0.159577", "0.195034"),
    16: ("0.009257", "0.039894", "0.098483"),
    256: ("0.000000", "0.009974", "0.090909"),
}
E8_ALL_OR_NONE = {  # Suppliers of 100 chips that are there seven times in ten.
    4: ("0.1083", "0.1323", "0.162627"),
    64: ("0.005279", "0.032680", "0.094582"),
}


def formula_figures() -> Iterator[Told]:
    """Yield (name, whether every figure came out or None, why not) of S7, S8, E7 and E8."""
    for name, modules, measure in (
        ("S7", ("scarcity",), s7_faults),
        ("S8", ("capacity",), s8_faults),
        ("E7", ("positions", "settle"), e7_faults),
        ("E8", ("pooling",), e8_faults),
    ):
        yield name, *_told(modules, measure)


def _told(modules: tuple[str, ...], measure: Callable[..., list[str]]) -> tuple[bool | None, str]:
    found: list[ModuleType] = []
    for module in modules:
        try:
            found.append(importlib.import_module(f"chiphour.auction.{module}"))
        except ModuleNotFoundError as fault:
            return None, f"this checkout has no {fault.name}"
    faults = measure(*found)
    return not faults, faults[0] if faults else ""


def s7_faults(scarcity: Any) -> list[str]:
    """Compare reserve values with those printed, to the fourth decimal."""
    rule, faults = scarcity.ReserveRule(*S7_TWO_RULE), []
    for running, total, price, *printed in S7_TWO:
        values = scarcity.two_reserve_values_usd(rule, 100 * running, 100 * total, 10_000 * price)
        faults += _apart(f"S7 at {running}, {total}", values, printed, 4)
    rule = scarcity.ReserveRule(*S7_ONE_RULE)
    for reserve, text in S7_ONE:
        value = scarcity.reserve_value_usd(rule, 100 * reserve)
        faults += _apart(f"S7 at {reserve}", [value], [text], 4)
    return faults


def s8_faults(capacity: Any) -> list[str]:
    """Compare the curve's corners and three clearings with those printed."""
    load, net, margin = map(Fraction, S8_REQUIREMENT)
    shape = capacity.shape_of_margin(margin)
    points = capacity.curve_points(load, Fraction(S8_GROSS_COST), net, shape)
    faults = []
    for point, (quantity, price) in zip(points, S8_POINTS, strict=True):
        faults += _apart("S8 corner", [point.quantity, point.price], [quantity, price], 4)
    for offered, quantity, price in S8_CLEARINGS:
        offers = [
            capacity.CapacityOffer(f"o{number}", Fraction(chips), Fraction(usd))
            for number, (chips, usd) in enumerate(offered)
        ]
        cleared = capacity.clear_capacity(points, offers)
        found = [cleared.quantity, cleared.price]
        faults += _apart(f"S8 of {len(offers)} offers", found, [quantity, price], 4)
    return faults


def e7_faults(positions: Any, settle: Any) -> list[str]:
    """Settle two runs and the delivery: each sums to zero, and everyone's total is as by hand."""
    hour_ns = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp()) * NS
    slot = positions.Slot("H100/node8/us", positions.VIRTUAL_TIER, hour_ns)
    held: list[Any] = []
    trades: list[Any] = []
    for run, (sold, ticks) in enumerate(E7_RUNS, start=1):
        after = [
            positions.Position(
                E7_ACCOUNTS[name],
                positions.VIRTUAL if name == "V" else positions.PHYSICAL,
                *slot,
                -100 * chips,
            )
            for name, chips in sold.items()
        ]
        trades += positions.trades_between(run, held, after, {slot: ticks})
        held = after
    sold, ticks = E7_METERED
    metered = [
        settle.Metered(E7_ACCOUNTS[name], *slot, -100 * chips) for name, chips in sold.items()
    ]
    last = settle.settle_delivery(3, positions.positions_after(trades), metered, {slot: ticks})
    parts = [settle.settle_run(1, trades), settle.settle_run(2, trades), last]
    faults = [f"E7: {part} does not sum to zero" for part in parts if settle.total_microusd(part)]
    totals = settle.totals_microusd([payment for part in parts for payment in part])
    for name, text in E7_TOTALS_USD.items():
        found = Fraction(totals[E7_ACCOUNTS[name]], 1_000_000)
        faults += _apart(f"E7 {name}", [found], [text], 6)
    return faults


def e8_faults(pooling: Any) -> list[str]:
    """Compare interrupted shares with those printed, to the decimals that they have."""
    faults = []
    for suppliers, printed in E8_NORMAL.items():
        pool = pooling.Pool(suppliers, 100.0, 40.0, 0.0)
        found = [pooling.interrupted_share(pool, share) for share in SOLD_SHARES]
        faults += _apart(f"E8 normal {suppliers}", found, printed, 6)
    for suppliers, printed in E8_ALL_OR_NONE.items():
        found = [
            pooling.interrupted_share_all_or_none(suppliers, 0.7, share) for share in SOLD_SHARES
        ]
        faults += _apart(f"E8 all or none {suppliers}", found, printed, 6)
    return faults


def _apart(what: str, found: Any, printed: Any, decimals: int) -> list[str]:
    """Tell each figure that is not the printed one at its last decimal."""
    faults = []
    for value, text in zip(found, printed, strict=True):
        shown = min(decimals, len(text.partition(".")[2]) or decimals)
        if abs(Fraction(value) - Fraction(text)) > Fraction(1, 10**shown):
            faults.append(f"{what}: expected {text}, found {float(value)}")
    return faults
