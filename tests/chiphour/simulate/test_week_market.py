"""WEEK_MARKET: a truth that comes to light run by run.

Takes   seeds.
Gives   markets and their bids.
Keeps   the same seed the same market; errors of forecasts as large as they say, and smaller later.
Source  docs/formulation/runs.md, section 11.
"""

import numpy as np
import pytest

from chiphour.auction.instance import from_fields
from chiphour.simulate.week_market import ERROR
from chiphour.simulate.week_market import Frame
from chiphour.simulate.week_market import Size
from chiphour.simulate.week_market import bets
from chiphour.simulate.week_market import demands
from chiphour.simulate.week_market import fields_of
from chiphour.simulate.week_market import market
from chiphour.simulate.week_market import offers
from chiphour.simulate.week_market import trainings


def test_the_same_seed_is_the_same_market():
    first, again, other = market(1, Size()), market(1, Size()), market(2, Size())
    assert first.suppliers == again.suppliers != other.suppliers
    assert (first.demand == again.demand).all()
    assert (first.demand != other.demand).any()


@pytest.mark.parametrize("kind", ["month", "week", "day-ahead"])
def test_a_forecast_misses_by_as_much_as_it_says_and_not_on_one_side(kind):
    many = [market(seed, Size(days=7)) for seed in range(60)]
    missed = np.array([one.news["real-time"] / one.news[kind] for one in many])
    assert np.log(missed).std() == pytest.approx(ERROR[kind], rel=0.1)
    assert missed.mean() == pytest.approx(1, abs=4 * ERROR[kind] / (60 * 7) ** 0.5)


@pytest.mark.parametrize(
    "frame",
    [Frame("month", 0, 24, 7), Frame("week", 0, 4, 42), Frame("day-ahead", 24, 1, 24)],
)
def test_every_bid_is_one_that_the_auction_takes(frame):
    drawn = market(1, Size())
    chips = {one.account: [one.chips] * frame.intervals for one in drawn.suppliers}
    forecast = np.ones((len(drawn.products), frame.step * frame.intervals))
    bids = [
        *offers(drawn, chips),
        *demands(drawn, frame, frame.kind),
        *trainings(drawn, frame),
        *bets(drawn, frame, forecast),
    ]
    run = from_fields(fields_of(drawn, frame, 1, bids))
    assert len(run.bids) == len(bids)
    assert run.grid.intervals == frame.intervals
