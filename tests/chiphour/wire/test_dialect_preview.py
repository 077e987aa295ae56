"""TEST DIALECT PREVIEW: what is said of an order before it is sent, by hand.

Takes   an order, an account, a book.
Gives   failures.
Keeps   each sum worked out beside it.
Source  Rulebook 6.1, 6.5, 11.1; decision 0047. The same held to real orders: test_rpc_preview.py.
"""

from decimal import Decimal

import pytest

from chiphour.contracts import table
from chiphour.contracts.settings import SETTINGS
from chiphour.contracts.table import State
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.engine import Position
from chiphour.exchange.engine import Preview
from chiphour.exchange.reasons import Reason
from chiphour.wire.dialect_preview import Shot
from chiphour.wire.dialect_preview import preview_object
from historied import spoken
from told import LIMITS

TOLD = spoken()
NUMBERS = [each.default for each in SETTINGS]
ASKS = [(240, 5, 1), (241, 3, 2), (250, 100, 4)]
BIDS = [(238, 4, 1), (230, 9, 1)]


def shot(side=Side.BUY, lots=6, price=250, reason=Reason.NONE, state=State.OPEN, **more):
    """Give a shot of an order of member 8, who has money and nothing else."""
    listed = TOLD.market.listed()[0]
    row = [int(value) for value in listed.row]
    row[table.STATE], row[table.MARK_MICROUSD] = state, 2_400_000
    asked = {
        "order_type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "price_ticks": price,
    } | more
    order = command(Kind.ORDER, account=8, side=side, lots=lots, **asked).tolist()
    account = TOLD.market.account(8)._replace(
        equity_microusd=1_000_000_000,
        initial_margin_microusd=5_000_000,
        maintenance_margin_microusd=3_000_000,
        positions=(),
        tier=0,
    )
    preview = Preview(reason, account.equity_microusd, 9_000_000)
    levels = ASKS if side == Side.BUY else BIDS
    return Shot(order, listed._replace(row=row), account, preview, levels, NUMBERS, LIMITS)


def holding(found, lots):
    """Give the same with a position."""
    held = Position(found.listed.number, lots, 0, 0, 0, 0, 2_400_000)
    return found._replace(account=found.account._replace(positions=(held,)))


def test_an_order_is_walked_along_the_levels_that_it_reaches():
    found = preview_object(shot(lots=120, price=241))
    assert (found["filled_amount"], found["resting_amount"]) == (8, 112)
    assert found["average_price"] == Decimal("2.40375")  # (5 * 2.40 + 3 * 2.41) / 8
    assert found["cost"] == Decimal("289.15")  # 19.23, and 112 at 2.41.
    assert found["added_margin"] == 4
    assert found["available_after"] == 1000 - 9 - found["fee"]
    row = shot().listed.row
    whole = row[table.BASE_MICROUSD] * 8 * row[table.TAKER_FEE_PPM]
    assert found["fee"] == Decimal(-(-whole // 1_000_000)) / 1_000_000


@pytest.mark.parametrize(
    ("more", "filled", "resting"),
    [
        ({"time_in_force": TimeInForce.IOC}, 6, 0),
        ({"time_in_force": TimeInForce.FOK, "lots": 200}, 0, 0),
        ({"time_in_force": TimeInForce.IOC, "price": 240}, 5, 0),
        ({"flags": Flag.POST_SLIDE}, 0, 6),
        ({"flags": Flag.CHILD, "link": 1}, 0, 6),
        ({"state": State.CALL}, 0, 6),
        ({"state": State.CALL, "time_in_force": TimeInForce.IOC}, 0, 0),
        ({"side": Side.SELL, "price": 230}, 6, 0),
        ({"order_type": OrderType.STOP_MARKET, "price": 0, "trigger_ticks": 260}, 0, 6),
        ({"order_type": OrderType.MARKET, "price": 0, "time_in_force": TimeInForce.IOC}, 6, 0),
    ],
)
def test_what_trades_at_once_and_what_stays(more, filled, resting):
    found = preview_object(shot(**more))
    assert (found["filled_amount"], found["resting_amount"]) == (filled, resting)
    assert (found["average_price"] is None) == (filled == 0)


def test_what_waits_is_counted_at_its_limit_its_trigger_or_the_mark():
    wait = {"price": 0, "time_in_force": TimeInForce.IOC}
    stop = preview_object(shot(order_type=OrderType.STOP_MARKET, trigger_ticks=260, **wait))
    behind = preview_object(shot(order_type=OrderType.TRAILING, trigger_ticks=20, **wait))
    limit = preview_object(shot(order_type=OrderType.TAKE_LIMIT, trigger_ticks=260, price=265))
    costs = [each["cost"] for each in (stop, behind, limit)]
    assert costs == [Decimal("15.6"), Decimal("14.4"), Decimal("15.9")]


def test_an_order_that_only_reduces_has_no_more_lots_than_there_are():
    only = {"flags": Flag.REDUCE_ONLY, "side": Side.SELL, "price": 230}
    found = preview_object(holding(shot(**only), 4))
    assert (found["filled_amount"], found["resting_amount"]) == (4, 0)
    assert found["liquidation_price"] is None  # Nothing is left.
    assert preview_object(holding(shot(**only), -4))["filled_amount"] == 0


def test_at_its_liquidation_price_the_account_has_its_maintenance_margin():
    """At that mark equity and maintenance meet, to one micro-dollar a lot."""
    for side in (Side.BUY, Side.SELL):
        made = shot(side=side, lots=500, price=245 if side == Side.BUY else 235)
        poor = made.account._replace(equity_microusd=200_000_000)
        found = preview_object(made._replace(account=poor, levels=[]))
        mark = int(found["liquidation_price"] * 1_000_000)
        sign = 1 if side == Side.BUY else -1
        row = made.listed.row
        rate = row[table.RATE_1_PPM]
        whole = -(-row[table.BASE_MICROUSD] * 500 * rate // 1_000_000)
        maintenance = 3_000_000 - (-3 * whole // 5)
        equity = 200_000_000 + sign * (500 * mark - int(found["cost"] * 1_000_000))
        assert abs(equity - maintenance) <= 500
        assert (mark < 2_400_000) == (side == Side.BUY)


def test_a_refusal_says_its_reason_and_no_amounts():
    found = preview_object(shot(reason=Reason.PRICE_OUT_OF_BAND))
    assert found.pop("reason") == "PRICE_OUT_OF_BAND"
    assert set(found.values()) == {None}
    poor = preview_object(shot(reason=Reason.MARGIN_INSUFFICIENT))
    assert (poor["reason"], poor["filled_amount"]) == ("MARGIN_INSUFFICIENT", 6)
