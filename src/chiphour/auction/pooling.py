"""POOLING: which share of interruptible chips will be taken back, by formula.

Takes   how many suppliers, the mean, spread and correlation of their spare chips, and which share
        of the mean is sold; or the hours of spare chips that were metered.
Gives   pi, the interrupted share, where spare is normal or each supplier is all there or not; the
        pool's mean, spread, correlation and the number of independent suppliers it is worth.
Keeps   correlation in every figure: 64 suppliers that fail together are one.
Source  docs/formulation/pooling.md, sections 1 and 2.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.fields import RequestMalformed

Floats = NDArray[np.float64]
STANDARD = NormalDist()
HOURS_LEAST = 48
CERTAIN = 30  # So many standard deviations away, the normal distribution holds nothing.
SUPPLIERS_MAX = 4_096


class Pool(NamedTuple):
    """Spare chips of a pool: of one supplier the mean and s.d., between two the correlation."""

    suppliers: int
    mean_chips: float
    sd_chips: float
    correlation: float


def effective_suppliers(pool: Pool) -> float:
    """Give the number of independent suppliers that spread as this pool does (eq. 1).

    Raises RequestMalformed where no pool has such figures: a correlation below -1 / (m - 1), say.
    """
    many = pool.suppliers
    if isinstance(many, bool) or not isinstance(many, int) or not 1 <= many <= SUPPLIERS_MAX:
        raise _refusal("suppliers", f"an integer from 1 to {SUPPLIERS_MAX}", many)
    if not 0 < pool.mean_chips < math.inf:
        raise _refusal("mean_chips", "a number above 0", pool.mean_chips)
    if not 0 <= pool.sd_chips < math.inf:
        raise _refusal("sd_chips", "a number from 0", pool.sd_chips)
    spread = 1 + (many - 1) * pool.correlation
    if not (spread > 0 and pool.correlation <= 1):
        raise _refusal("correlation", "one that a pool of this size can have", pool.correlation)
    return many / spread


def interrupted_share(pool: Pool, sold_share: float) -> float:
    """Give pi where the pool's spare is normal and `sold_share` of its mean is sold (eq. 2).

    As the pool grows without correlation pi tends to max(0, 1 - 1 / sold_share): certainty.
    """
    root = math.sqrt(effective_suppliers(pool))
    _check_sold(sold_share)
    short = sold_share - 1
    spread = pool.sd_chips / (root * pool.mean_chips)
    if spread * CERTAIN <= abs(short):
        return max(0.0, short) / sold_share
    distance = short / spread
    expected = STANDARD.pdf(distance) + distance * STANDARD.cdf(distance)
    return max(0.0, spread * expected) / sold_share


def interrupted_share_all_or_none(suppliers: int, present: float, sold_share: float) -> float:
    """Give pi where each supplier independently has all its chips or none (eq. 3).

    `present` is the probability of all. The size of a supplier does not matter.
    """
    effective_suppliers(Pool(suppliers, 1.0, 0.0, 0.0))
    _check_sold(sold_share)
    if not 0 < present <= 1:
        raise _refusal("present", "a probability above 0", present)
    sold = sold_share * suppliers * present
    short = (
        (sold - many)
        * math.comb(suppliers, many)
        * present**many
        * (1 - present) ** (suppliers - many)
        for many in range(math.ceil(sold))
        if many <= suppliers
    )
    return math.fsum(short) / sold


def pool_from_hours(spare_chips: Floats) -> Pool:
    """Estimate a pool from float64[hour, supplier] of spare chips (eq. 4).

    Suppliers may differ: mean and variance are averages over them, and the correlation is the one
    that makes the variance of the sum come out. Raises RequestMalformed on fewer than 48 hours,
    a number below zero or not finite, or a pool without any chip.
    """
    hours = checked_hours(spare_chips)
    if not hours.any():
        raise _refusal("spare_chips", "a spare chip in some hour", 0)
    many = hours.shape[1]
    spreads = hours.std(axis=0, ddof=1)
    alone = float(spreads @ spreads)
    between = float(spreads.sum() ** 2) - alone
    together = float(hours.sum(axis=1).var(ddof=1))
    correlation = (together - alone) / between if many > 1 and between > 0 else 0.0
    # Where spreads differ a pool of equals can have no such correlation: the nearest that it can.
    least = -1 / (many - 1) * (1 - 1e-9) if many > 1 else 0.0
    correlation = min(1.0, max(correlation, least))
    return Pool(many, float(hours.mean()), math.sqrt(alone / many), correlation)


def checked_hours(spare_chips: Floats, hours_least: int = HOURS_LEAST) -> Floats:
    """Give metered hours back as float64[hour, supplier]; raises RequestMalformed."""
    hours = np.asarray(spare_chips, dtype=np.float64)
    if hours.ndim != 2 or hours.shape[0] < hours_least or not 1 <= hours.shape[1] <= SUPPLIERS_MAX:
        expected = f"at least {hours_least} hours of 1 to {SUPPLIERS_MAX} suppliers"
        raise _refusal("spare_chips", expected, hours.shape)
    bad = np.argwhere(~(np.isfinite(hours) & (hours >= 0)))
    if len(bad):
        hour, supplier = bad[0].tolist()
        where = f"spare_chips[{hour}, {supplier}]"
        raise _refusal(where, "a number from 0", float(hours[hour, supplier]))
    return hours


def _check_sold(sold_share: float) -> None:
    if not 0 < sold_share <= 100:
        raise _refusal("sold_share", "a number above 0, at most 100", sold_share)


def _refusal(name: str, expected: str, found: object) -> RequestMalformed:
    return RequestMalformed(f"pool.{name}: expected {expected}, found {found}")
