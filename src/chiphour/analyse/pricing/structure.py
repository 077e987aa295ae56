"""STRUCTURE: what an hour must earn, from capital, utilisation, power, depreciation and financing.

Takes   an owner's figures.
Gives   the rental price at which owning just pays; the decline of prices that a price implies; the
        price below which a chip is switched off.
Keeps   every figure the reader's own: nothing here is estimated.
Source  User cost of capital: R. E. Hall and D. W. Jorgenson, American Economic Review 57 (1967),
        391-414; a price that only covers cost on average: M. Boiteux, Revue generale de
        l'electricite 58 (1949), 321-340. docs/pricing/README.md, section 2; decision 0045.

A chip costs K dollars with its share of everything around it, is worth R after L years, earns
p(t) = p0 exp(-d t) in each of the u 8766 hours a year that are sold, and costs m for each hour that
it is sold (power) and f a year in any case. At the rate r owning just pays where

    K = R exp(-r L) + 8766 u (p0 A(r + d) - m A(r)) - f A(r) ,   A(q) = (1 - exp(-q L)) / q
"""

import math
from typing import NamedTuple

HOURS_PER_YEAR = 8_766.0
DECLINE_MIN, DECLINE_MAX = -2.0, 10.0  # A year; where a decline is sought.
HALVINGS = 80


class Owner(NamedTuple):
    """What an owner of one chip knows. Dollars; shares of one; rates a year, continuous.

    `fixed_usd` a year: space, network, staff, insurance, idle power. `kw` at the wall while it is
    sold, cooling included.
    """

    capital_usd: float
    resale_share: float
    life_years: float
    rate: float
    utilisation: float
    kw: float
    power_usd_per_mwh: float
    fixed_usd: float


class OwnerRefused(ValueError):
    """Figures that no owner can have."""


def check(owner: Owner) -> None:
    """Refuse figures that cannot be; raises OwnerRefused with the first."""
    for name, (low, high) in BOUNDS.items():
        value = getattr(owner, name)
        if not low <= value <= high:
            raise OwnerRefused(f"{name}: expected {low:g} to {high:g}, found {value:g}")


BOUNDS = {
    "capital_usd": (1, 10_000_000),
    "resale_share": (0, 1),
    "life_years": (0.25, 20),
    "rate": (-0.05, 1),
    "utilisation": (0.01, 1),
    "kw": (0, 100),
    "power_usd_per_mwh": (0, 10_000),
    "fixed_usd": (0, 1_000_000),
}


def annuity(rate: float, years: float) -> float:
    """Give what a dollar a year is worth today: A(q), continuous; years where q is 0."""
    return years if abs(rate) < 1e-12 else -math.expm1(-rate * years) / rate


def running_usd(owner: Owner) -> float:
    """Give what an hour costs that is sold: below it a chip that nobody waits for is idle."""
    return owner.kw * owner.power_usd_per_mwh / 1_000


def required_price(owner: Owner, decline: float) -> float:
    """Give p0, dollars a GPU-hour, at which owning just pays if prices fall by `decline` a year.

    Raises OwnerRefused as `check`.
    """
    check(owner)
    years, rate = owner.life_years, owner.rate
    sold = HOURS_PER_YEAR * owner.utilisation
    unpaid = owner.capital_usd * (1 - owner.resale_share * math.exp(-rate * years))
    costs = (sold * running_usd(owner) + owner.fixed_usd) * annuity(rate, years)
    return (unpaid + costs) / (sold * annuity(rate + decline, years))


def implied_decline(owner: Owner, price_usd: float) -> float | None:
    """Give the yearly decline at which a price just pays, or None where none within bounds does.

    It is what the owner believes who buys at that capital cost to sell at that price.
    """
    low, high = DECLINE_MIN, DECLINE_MAX
    if not required_price(owner, low) <= price_usd <= required_price(owner, high):
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if required_price(owner, middle) < price_usd else (low, middle)
    return (low + high) / 2


def worth_usd(owner: Owner, price_usd: float, decline: float) -> float:
    """Give what the chip is worth today if an hour sells at a price that falls from now on."""
    check(owner)
    years, rate = owner.life_years, owner.rate
    sold = HOURS_PER_YEAR * owner.utilisation
    earned = sold * price_usd * annuity(rate + decline, years)
    costs = (sold * running_usd(owner) + owner.fixed_usd) * annuity(rate, years)
    resale = owner.capital_usd * owner.resale_share * math.exp(-rate * years)
    return earned - costs + resale
