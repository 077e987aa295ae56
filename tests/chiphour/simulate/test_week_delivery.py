"""WEEK_DELIVERY: a simulated week, metered to the second and settled.

Takes   a market of one day with an outage.
Gives   its obligations, deliveries and payments.
Keeps   interruptions within the published share paid for, the rest bought back; money zero.
Source  docs/formulation/runs.md, sections 4, 8 and 11.
"""

from functools import cache

import pytest

from chiphour.auction.settle import DELIVERY
from chiphour.auction.settle import PENALTY
from chiphour.auction.settle import total_microusd
from chiphour.auction.shortfall import split_of
from chiphour.auction.solve import solve
from chiphour.simulate.week import Outage
from chiphour.simulate.week import simulate
from chiphour.simulate.week_delivery import SPOT
from chiphour.simulate.week_delivery import deliver
from chiphour.simulate.week_market import Size
from chiphour.simulate.week_market import market

pytestmark = pytest.mark.long
SMALL = Size(days=1, products=2, pools_each=2, buyers=4, gangs=2, traders=1, reach=4)


@cache
def delivered():
    week = simulate(market(5, SMALL), solve, outage=Outage(100, 6, 24))
    return week, deliver(week)


def test_everything_that_was_sold_is_owed_to_somebody():
    week, found = delivered()
    sold = -sum(h.quantity_hundredths for h in week.positions if h.quantity_hundredths < 0)
    assert sum(sum(owed.awarded_hundredths) for owed in found.obligations) == sold
    assert sum(row.awarded_hundredths for row in found.deliveries) == sold


def test_interruptions_within_the_published_share_are_paid_for():
    _, found = delivered()
    spot = [row for row in found.deliveries if row.tier == SPOT.name]
    splits = [split_of(row, SPOT.interruption_ppm) for row in spot]
    interrupted = [row for row in spot if row.metered_hundredths < row.awarded_hundredths]
    assert interrupted
    for row, split in zip(spot, splits, strict=True):
        within = row.metered_hundredths >= row.awarded_hundredths * 0.85
        assert (split.excess_hundredths <= 1) or not within
    beyond = sum(split.excess_hundredths for split in splits)
    bought_back = {p.purpose for p in found.payments}
    assert (beyond > 0) == ({DELIVERY, PENALTY} <= bought_back)


def test_the_ledger_is_zero_after_delivery():
    week, found = delivered()
    assert total_microusd(found.payments) == 0
    assert sum(found.ledger.values()) == 0
    assert deliver(week) == found
