"""TEST CURVE: points of the forward curve, by hand.

Takes   small books and trades.
Gives   failures.
Keeps   demonstration members out of every price.
Source  Decision 0025.
"""

from datetime import date

import pytest

from chiphour.analyse.curve import NO_TRADES
from chiphour.analyse.curve import ONLY_DEMONSTRATION
from chiphour.analyse.curve import Order
from chiphour.analyse.curve import Point
from chiphour.analyse.curve import Quoted
from chiphour.analyse.curve import Trade
from chiphour.analyse.curve import forward_curve
from chiphour.analyse.curve import premium_ppm

AUGUST, SEPTEMBER = date(2026, 8, 31), date(2026, 9, 30)
ROBOT, ANN, BOB = 100, 200, 300


def future(orders=(), trades=(), name="H100SXMOD_USDC-31AUG26", expiry=AUGUST):
    return Quoted(name, expiry, orders, trades)


def point_of(quoted):
    (point,) = forward_curve(None, [quoted], [], {ROBOT})
    return point


def test_a_price_lies_between_the_real_bid_and_ask():
    orders = (
        Order(ANN, True, 2_400_000),
        Order(BOB, False, 2_500_001),
        Order(ROBOT, True, 2_499_000),
        Order(ROBOT, False, 2_499_100),
    )
    found = point_of(future(orders))
    assert found[3:] == (2_450_000, 2_400_000, 2_500_001, "")


def test_without_both_sides_it_is_the_average_of_real_trades():
    trades = (
        Trade(ANN, BOB, 2_400_000, 3),
        Trade(BOB, ANN, 2_500_000, 1),
        Trade(ROBOT, ANN, 9_000_000, 50),
        Trade(ANN, ROBOT, 9_000_000, 50),
    )
    found = point_of(future((Order(ANN, True, 1),), trades))
    assert found[3:] == (2_425_000, 2_400_000, 2_500_000, "")


def test_demonstration_members_make_no_price():
    orders = (Order(ROBOT, True, 2_400_000), Order(ROBOT, False, 2_500_000))
    found = point_of(future(orders, (Trade(ROBOT, ROBOT, 2_450_000, 5),)))
    assert found[3:] == (None, None, None, ONLY_DEMONSTRATION)
    assert point_of(future()).reason == NO_TRADES


def test_points_stand_by_day_the_source_that_counts_first():
    fix = Point(date(2026, 8, 1), "fix", "CHR.H100.SXM.OD", 2_450_000, 2_400_000, 2_500_000, "")
    ahead = Point(AUGUST, "ahead auction", "run 9", 2_300_000, 2_300_000, 2_300_000, "")

    def model(day):
        return Point(day, "model", "depreciation", 2_200_000, 2_000_000, 2_400_000, "")

    futures = [future(name="far", expiry=SEPTEMBER), future(name="near")]
    curve = forward_curve(fix, futures, [ahead], {ROBOT}, model)
    assert [(point.day, point.source) for point in curve] == [
        (date(2026, 8, 1), "fix"),
        (AUGUST, "future"),
        (AUGUST, "ahead auction"),
        (AUGUST, "model"),
        (SEPTEMBER, "future"),
        (SEPTEMBER, "model"),
    ]


def test_a_source_that_is_none_is_refused():
    odd = Point(AUGUST, "rumour", "a friend", 1, 1, 1, "")
    with pytest.raises(ValueError, match="expected a source of fix, future, ahead auction, model"):
        forward_curve(None, [], [odd], set())


def test_a_traded_future_pays_a_premium_on_the_model_of_its_day_and_nothing_else_does():
    traded = Point(AUGUST, "future", "near", 2_255_000, 2_250_000, 2_260_000, "")
    model = Point(AUGUST, "model", "own history", 2_200_000, 2_000_000, 2_400_000, "")
    other = model._replace(day=SEPTEMBER)
    assert premium_ppm(traded, [traded, model, other]) == 25_000
    assert premium_ppm(traded, [traded, other]) is None
    assert premium_ppm(traded._replace(price_microusd=None), [model]) is None
    assert premium_ppm(model, [model]) is None
    assert premium_ppm(traded, [model._replace(price_microusd=None)]) is None
