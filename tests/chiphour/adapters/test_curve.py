"""TEST CURVE: the forward curve of a market on disk, with real orders, trades and robots.

Takes   a market in a temporary folder with a future, and two members beside the demonstration's.
Gives   failures when a point is missing, or a robot makes a price.
Keeps   ticks of $0.0001: 25,000 is $2.50.
Source  Rulebook 8; decision 0025.
"""

from datetime import date
from types import SimpleNamespace

import pytest

from chiphour.adapters.curve import curve_of
from chiphour.adapters.curve import fix_point
from chiphour.adapters.curve import is_plain_future
from chiphour.adapters.market import Market
from chiphour.analyse.curve import NO_TRADES
from chiphour.analyse.curve import ONLY_DEMONSTRATION
from chiphour.analyse.curve import Point
from chiphour.contracts import table
from chiphour.contracts.future import Future
from chiphour.contracts.perpetual import Perpetual
from chiphour.contracts.table import Type
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.compose import listing
from chiphour.index.series import BY_TICKER
from chiphour.simulate.members import DEMONSTRATION
from chiphour.units import strike_ns

DAY, EXPIRY = date(2026, 7, 20), date(2026, 8, 31)
TICKER = "CHR.H100.SXM.OD"
INDEX = BY_TICKER[TICKER].number
NAME = "H100SXMOD_USDC-31AUG26"
ANN, BOB, ROBOT = 4_000, 4_001, DEMONSTRATION[0].account
FIX = SimpleNamespace(
    fix_ticks=25_000,
    interval_low_ticks=24_000,
    interval_high_ticks=None,
    strike_ns=strike_ns(DAY),
    series=TICKER,
)


@pytest.fixture
def market(tmp_path):
    """Give a market with a perpetual 0 and a future 1, and the members Ann and Bob."""
    with Market(tmp_path) as market:
        fixed = {"index": INDEX, "strike_ns": strike_ns(DAY), "vintage": 1, "fit": 1}
        fix = command(Kind.FIXING, value_microusd=2_500_000, **fixed)
        fix[1] = strike_ns(DAY)
        market.submit(fix[None])
        for number, contract in enumerate(
            (Perpetual(TICKER, INDEX), Future(TICKER, INDEX, EXPIRY))
        ):
            market.submit(listing(number, contract.lower()))
        for member in (ANN, BOB):
            opened = command(Kind.OPEN_ACCOUNT, account=member)
            paid = command(Kind.DEPOSIT, account=member, amount_microusd=10**10)
            market.submit(commands([opened, paid]))
        yield market


def order(market, account, side, price_ticks, lots, contract=1):
    limit = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
    place = {"account": account, "contract": contract, "side": side, "lots": lots}
    events = market.submit(command(Kind.ORDER, price_ticks=price_ticks, **place, **limit)[None])
    assert len(events) > 0


def future_point(market):
    (point,) = curve_of(market, None, INDEX, None)
    assert (point.day, point.source, point.name) == (EXPIRY, "future", NAME)
    return point


def test_the_curve_begins_with_the_fix_and_asks_a_model_for_each_future(market):
    modelled = Point(EXPIRY, "model", "carry", 2_700_000, 2_600_000, 2_800_000, "")
    first, future, model = curve_of(market, FIX, INDEX, lambda day: modelled)
    assert first == Point(DAY, "fix", TICKER, 2_500_000, 2_400_000, 2_500_000, "")
    assert (future.name, future.price_microusd, future.reason) == (NAME, None, NO_TRADES)
    assert model == modelled


def test_a_series_without_futures_has_its_fix_alone(market):
    assert curve_of(market, None, INDEX + 1, None) == []


def test_a_future_costs_the_middle_of_its_real_orders(market):
    order(market, ANN, Side.BUY, 24_900, 1)
    order(market, BOB, Side.SELL, 25_100, 1)
    order(market, ROBOT, Side.SELL, 24_950, 1)
    point = future_point(market)
    assert point[3:] == (2_500_000, 2_490_000, 2_510_000, "")


def test_a_market_of_robots_has_no_price(market):
    order(market, ROBOT, Side.BUY, 24_900, 1)
    point = future_point(market)
    assert (point.price_microusd, point.reason) == (None, ONLY_DEMONSTRATION)


def test_trades_of_the_last_day_make_the_price_when_no_two_orders_stand(market):
    """Those of the perpetual do not; nor those with a robot."""
    until = market.ask(lambda engine: engine.contract(1)[table.CALL_END_NS])
    market.trade(int(until) + 1)
    for seller, price, lots, contract in (
        (BOB, 25_000, 1, 1),
        (BOB, 25_100, 3, 1),
        (ROBOT, 25_200, 5, 1),
        (BOB, 25_300, 7, 0),
    ):
        order(market, ANN, Side.BUY, price, lots, contract)
        order(market, seller, Side.SELL, price, lots, contract)
    point = future_point(market)
    assert point[3:] == (2_507_500, 2_500_000, 2_510_000, "")


@pytest.mark.parametrize(
    ("column", "value"),
    [(table.TYPE, Type.PERPETUAL), (table.INDEX_B, 2), (table.AVERAGE_DAYS, 30)],
)
def test_only_a_future_on_one_fix_of_one_index_is_plain(column, value):
    row = [0] * table.CONTRACT_COLUMNS
    row[table.TYPE] = Type.FUTURE
    assert is_plain_future(row)
    row[column] = value
    assert not is_plain_future(row)


def test_a_suppressed_fixing_is_no_point():
    assert fix_point(None) is None
    assert fix_point(SimpleNamespace(fix_ticks=None)) is None
