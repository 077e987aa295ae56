"""OWNERSHIP: what an hour of a GPU costs whoever owns it, and from which use on owning is cheaper.

Takes   assumptions, all numbers, each within its bounds; useful hours a month; a rent.
Gives   the cost a month line by line; the hours at which it equals a rent; what each assumption
        moves.
Keeps   a month at 730 hours, and hours that failures take out of them. Fixed costs are paid for an
        idle GPU too: that is what the break-even turns on. Whoever buys is bound for years, in
        which rents fall: owning is held against the mean of the rents to come, not today's.
Source  docs/how-to/rent-or-buy.md; decision 0044. Capital is an annuity less what the sale brings
        (any text on engineering economy: A = (C - S / (1+i)^n) i / (1 - (1+i)^-n)).
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from chiphour.observe.observation import MarketError

HOURS_PER_MONTH = 730
MONTHS_PER_YEAR = 12
KWH_PER_MWH = 1_000
CHIP_NAMES = ("capital_usd", "power_kw")
REGION_NAME = "electricity_usd_mwh"
BOUNDS = {"capital_usd": (100, 1_000_000), "power_kw": (0.01, 20), REGION_NAME: (0, 2_000)}
UNITS = {
    "capital_usd": "USD a GPU, with its part of server and network",
    "power_kw": "kW a GPU at most, with its part of the server",
    REGION_NAME: "USD a MWh",
}


class AssumptionRefused(MarketError):
    """An assumption that is not known, is no number, or lies out of bounds."""


class Assumption(NamedTuple):
    """A figure that owning stands on, what is plausible, what is taken, and who said it."""

    name: str
    value: float
    low: float
    high: float
    least: float
    most: float
    unit: str
    source: str
    date: str
    overridden: bool = False


class Costs(NamedTuple):
    """What a GPU costs in a month of so many useful hours, US dollars."""

    depreciation: float
    financing: float
    maintenance: float
    colocation: float
    staff: float
    electricity: float

    @property
    def month(self) -> float:
        """Give the sum."""
        return sum(self)


class Breakeven(NamedTuple):
    """The useful hours a month at which owning costs what renting does; None: no such hours."""

    hours: float | None
    reason: str


Values = Mapping[str, float]


def checked(assumption: Assumption) -> Assumption:
    """Give an assumption back; raises AssumptionRefused where it is out of bounds."""
    if not assumption.least <= assumption.value <= assumption.most:
        raise AssumptionRefused(
            f"{assumption.name}: expected {assumption.least:g} to {assumption.most:g} "
            f"({assumption.unit}), found {assumption.value:g}"
        )
    return assumption


def overridden(assumptions: Mapping[str, Assumption], given: Values) -> dict[str, Assumption]:
    """Give the assumptions with some values stated otherwise; raises AssumptionRefused."""
    found = dict(assumptions)
    for name, value in given.items():
        if name not in found:
            known = ", ".join(sorted(found))
            raise AssumptionRefused(f"assumptions: expected one of {known}, found {name[:40]!r}")
        source = "stated by you"
        found[name] = checked(
            found[name]._replace(value=value, source=source, date="", overridden=True)
        )
    if found["idle_share"].value > found["load_share"].value:
        raise AssumptionRefused(
            f"idle_share: expected at most load_share, {found['load_share'].value:g}, "
            f"found {found['idle_share'].value:g}"
        )
    return found


def values_of(assumptions: Mapping[str, Assumption]) -> dict[str, float]:
    """Give the numbers alone."""
    return {name: each.value for name, each in assumptions.items()}


def hours_most(values: Values) -> float:
    """Give the useful hours that a month has at most."""
    return HOURS_PER_MONTH * (1 - values["failure_share"])


def cost_of(values: Values, hours: float) -> Costs:
    """Give what a GPU costs in a month of so many useful hours, up to `hours_most`."""
    assert 0 <= hours <= hours_most(values) + 1e-6
    capital, months = values["capital_usd"], values["months"]
    resale = capital * values["resale_share"]
    depreciation = (capital - resale) / months
    payment = _annuity(capital, resale, months, values["financing_rate"] / MONTHS_PER_YEAR)
    kw = values["power_kw"]
    running = hours / (1 - values["failure_share"])
    kwh = kw * (values["load_share"] * running + values["idle_share"] * (HOURS_PER_MONTH - running))
    return Costs(
        depreciation=depreciation,
        financing=payment - depreciation,
        maintenance=capital * values["maintenance_share"] / MONTHS_PER_YEAR,
        colocation=kw * values["colocation_usd_kw_month"],
        staff=values["staff_usd_month"],
        electricity=kwh * values["pue"] * values[REGION_NAME] / KWH_PER_MWH,
    )


def _annuity(capital: float, resale: float, months: float, rate: float) -> float:
    """Give the equal monthly payment that leaves nought once the resale is in."""
    if rate == 0:
        return (capital - resale) / months
    kept = math.exp(-months * math.log1p(rate))
    return (capital - resale * kept) * rate / (1 - kept)


def rent_over_life(values: Values, rent_usd: float) -> float:
    """Give the mean of a rent that falls by the same share each year, until the GPU is sold."""
    years, decline = values["months"] / MONTHS_PER_YEAR, values["rent_decline"]
    if decline == 0:
        return rent_usd
    falls = years * math.log1p(-decline)
    return rent_usd * math.expm1(falls) / falls


def breakeven_hourly(values: Values, rent_usd: float) -> Breakeven:
    """Give the hours from which owning is cheaper than renting by the hour, at today's rent."""
    most = hours_most(values)
    idle, full = cost_of(values, 0).month, cost_of(values, most).month
    each = (full - idle) / most
    rent = rent_over_life(values, rent_usd)
    if rent <= each:
        return Breakeven(None, "an hour's electricity alone costs more than the rent")
    hours = idle / (rent - each)
    if hours > most:
        return Breakeven(None, f"renting is cheaper even at {most:.0f} hours, all that a month has")
    return Breakeven(hours, "")


def breakeven_committed(values: Values, rent_usd: float) -> Breakeven:
    """Give the hours up to which owning is cheaper than a commitment, paid for every hour."""
    most, rent = hours_most(values), rent_over_life(values, rent_usd) * HOURS_PER_MONTH
    idle, full = cost_of(values, 0).month, cost_of(values, most).month
    if rent >= full:
        return Breakeven(None, "owning is cheaper at any use: the commitment is paid idle too")
    if rent <= idle:
        return Breakeven(None, "the commitment is cheaper at any use")
    return Breakeven(most * (rent - idle) / (full - idle), "")


def moved(
    assumptions: Mapping[str, Assumption], name: str, hours: float, rent_usd: float
) -> tuple[tuple[float, float | None], tuple[float, float | None]]:
    """Give (cost of an hour, break-even hours) with one assumption at its low, and at its high."""
    values, found = values_of(assumptions), []
    for value in (assumptions[name].low, assumptions[name].high):
        changed = {**values, name: value}
        if changed["idle_share"] > changed["load_share"]:
            changed["idle_share"] = changed["load_share"]
        used = min(hours, hours_most(changed))
        cost = cost_of(changed, used).month / used
        found.append((cost, breakeven_hourly(changed, rent_usd).hours))
    return found[0], found[1]
