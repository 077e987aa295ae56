"""DESKS: what a lab, a neocloud, a market maker and a lender stand to gain and lose.

Takes   paths of the H100's on-demand fix drawn from the model; an owner's figures; terms of trade.
Gives   their figures, without a hedge and with one.
Keeps   costs of trading in: half a spread and the fee on the way in; a settlement is free.
Source  docs/pricing/README.md, section 10. The minimum-variance ratio: L. H. Ederington, Journal of
        Finance 34 (1979), 157-170; inventory: T. Ho and H. R. Stoll, Journal of Financial Economics
        9 (1981), 47-73.
"""

from typing import NamedTuple

import numpy as np

from chiphour.analyse.pricing.history import Floats
from chiphour.analyse.pricing.structure import HOURS_PER_YEAR
from chiphour.analyse.pricing.structure import Owner
from chiphour.analyse.pricing.structure import annuity
from chiphour.analyse.pricing.structure import running_usd
from chiphour.analyse.pricing.structure import worth_usd

FEE = 0.0005  # What a taker pays, of the price: the rulebook's default.
HALF_SPREAD = 0.01  # Assumed: nobody has quoted these contracts yet.
CAPITAL_SHARE = 0.1  # Of a standard deviation: what a maker asks for the use of its capital.
MARGIN = 0.10  # Of the price, to open a position: the rulebook's first tier.
OWNER = Owner(  # Assumed, in round numbers, for one H100 with an eighth of its server and network.
    capital_usd=30_000,
    resale_share=0.10,
    life_years=5,
    rate=0.12,
    utilisation=0.70,
    kw=1.3,
    power_usd_per_mwh=80,
    fixed_usd=2_200,
)


class Spread(NamedTuple):
    """A sum of money over all paths: its mean, and the ends that leave 5 % outside each."""

    mean: float
    low: float
    high: float


def spread(values: Floats) -> Spread:
    """Sum up drawn values."""
    low, high = np.quantile(values, (0.05, 0.95))
    return Spread(float(values.mean()), float(low), float(high))


class Lab(NamedTuple):
    """A buyer of hours over a month: costs unhedged, with the average, with a late future."""

    bare: Spread
    averaged: Spread
    dated: Spread
    locked_usd: float
    margin_usd: float
    ratio: float


def lab(prices: Floats, hours: float, average: float, future: float, noise: Floats) -> Lab:
    """Buy equal hours each day of the month at the fix times exp(noise): a venue of one's own.

    prices, noise  float64[path, day]; `average` and `future` the contracts' prices today.
    """
    paid = hours * (prices * np.exp(noise)).mean(axis=1)
    cost = HALF_SPREAD + FEE
    averaged = paid - hours * (prices.mean(axis=1) - average * (1 + cost))
    settles = prices[:, -1]
    ratio = float(np.cov(paid / hours, settles)[0, 1] / settles.var(ddof=1))
    dated = paid - hours * ratio * (settles - future * (1 + cost))
    return Lab(
        bare=spread(paid),
        averaged=spread(averaged),
        dated=spread(dated),
        locked_usd=hours * average * (1 + cost),
        margin_usd=hours * average * MARGIN,
        ratio=ratio,
    )


class Neocloud(NamedTuple):
    """A seller's month: cash after power, fixed cost and debt service; the chance that it lacks."""

    bare: Spread
    hedged: Spread
    debt_usd: float
    even_price: float
    short_bare: float
    short_hedged: float
    short_quarter: float


def neocloud(
    prices: Floats, average: float, chips: int, utilisation: Floats, share: float, debt: float
) -> Neocloud:
    """Sell chips by the hour for a month and short an average on a share of expected hours.

    `utilisation` float64[path]; `debt` the share of capital that is lent, repaid over three years.
    """
    days = prices.shape[1]
    hours = chips * 24 * days
    service = chips * debt * OWNER.capital_usd / annuity(OWNER.rate, 3) * days / 365.25
    sold = hours * utilisation
    fixed = chips * OWNER.fixed_usd * days / 365.25
    month = prices.mean(axis=1)
    bare = sold * (month - running_usd(OWNER)) - fixed - service
    lots = share * hours * float(utilisation.mean())
    hedge = lots * (average * (1 - HALF_SPREAD - FEE) - month)
    even = (fixed + service) / float(sold.mean()) + running_usd(OWNER)
    crash = sold * (0.75 * month - running_usd(OWNER)) - fixed - service
    return Neocloud(
        bare=spread(bare),
        hedged=spread(bare + hedge),
        debt_usd=service,
        even_price=even,
        short_bare=float(np.mean(bare < 0)),
        short_hedged=float(np.mean(bare + hedge < 0)),
        short_quarter=float(np.mean(crash < 0)),
    )


class Maker(NamedTuple):
    """A quote that is hit: what it may lose until it is closed, as shares of the price."""

    day_sd: float
    hold_sd: float
    hold_worst: float
    jump: float
    even_half_spread: float


def even_half_spread(jump: float, jumps_a_year: float, hold_days: int, hold_sd: float) -> float:
    """Give what pays for half of all steps expected while a position is held, and for capital."""
    return jump * jumps_a_year * hold_days / 365.25 / 2 + CAPITAL_SHARE * hold_sd


def maker(prices: Floats, jump: float, jumps_a_year: float, hold_days: int) -> Maker:
    """Hold a position for some days; half of all steps come against it.

    prices  float64[path, day] of the next days.
    """
    logs = np.log(prices)
    day, hold = logs[:, 0], logs[:, hold_days - 1]
    held = float(hold.std())
    return Maker(
        day_sd=float(day.std()),
        hold_sd=held,
        hold_worst=float(np.quantile(np.abs(hold - hold.mean()), 0.99)),
        jump=jump,
        even_half_spread=even_half_spread(jump, jumps_a_year, hold_days, held),
    )


class Loan(NamedTuple):
    """A loan on chips: by month, what is owed and what the chip is worth, dollars a chip."""

    owed_usd: Floats
    worth_usd: Floats
    under_water: int | None
    coverage: Floats


def loan(price: float, decline: float, share: float, years: float, first: float = 0.0) -> Loan:
    """Lend a share of capital, repaid evenly; the rent falls by `first` at once, then each year.

    `coverage` is what the chip earns in a month over what is due, float64[month];
    `under_water` the first month in which more is owed than the chip would earn and resell for.
    """
    months = np.arange(int(12 * years))
    rate = OWNER.rate
    due = share * OWNER.capital_usd / annuity(rate, years)
    owed = np.array([due * annuity(rate, years - month / 12) for month in months])
    rents = price * np.exp(-first - decline * months / 12)
    left = [
        worth_usd(
            OWNER._replace(life_years=max(OWNER.life_years - month / 12, 0.25)),
            float(rent),
            decline,
        )
        for month, rent in zip(months.tolist(), rents, strict=True)
    ]
    worth = np.maximum(np.array(left), OWNER.capital_usd * OWNER.resale_share)
    sold = HOURS_PER_YEAR * OWNER.utilisation
    earned = sold * (rents - running_usd(OWNER)) - OWNER.fixed_usd
    below = np.flatnonzero(owed > worth)
    return Loan(owed, worth, int(below[0]) if len(below) else None, earned / due)
