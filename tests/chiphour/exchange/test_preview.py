"""TEST PREVIEW: the answer before the order is the answer to the order, and asking changes nothing.

Takes   orders that pass and that are refused, asked and then sent.
Gives   a failure when the two answers differ, or when the question left a trace.
Keeps   the market's digest as it was.
Source  Rulebook 1.3, 6.5, 6.6.
"""

import pytest

from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.reasons import Reason

LIMIT = {
    "account": 8,
    "contract": 0,
    "side": Side.BUY,
    "order_type": OrderType.LIMIT,
    "time_in_force": TimeInForce.GTC,
    "price_ticks": 300,
    "lots": 10,
}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({}, Reason.NONE),
        ({"order_type": 99}, Reason.MALFORMED),
        ({"account": 15}, Reason.ACCOUNT_UNKNOWN),
        ({"account": 1}, Reason.ACCOUNT_RESERVED),
        ({"contract": 2}, Reason.CONTRACT_UNKNOWN),
        ({"lots": 0}, Reason.LOTS_NOT_POSITIVE),
        ({"price_ticks": 1}, Reason.PRICE_OUT_OF_RANGE),
        ({"lots": 5_000}, Reason.MARGIN_INSUFFICIENT),
    ],
)
def test_what_is_answered_before_is_answered_then(market, columns, reason):
    order = command(Kind.ORDER, **(LIMIT | columns))
    before = market.engine.digest()
    market.time_ns = market.engine.time_ns
    assert market.engine.preview(order).reason == reason
    assert market.engine.digest() == before
    told = market.send(order)
    assert (told[0]["kind"] == "REFUSED") == (reason != Reason.NONE)
    assert told[0].get("reason", "NONE") == reason.name


def test_margin_with_the_order_is_what_the_account_then_needs(market):
    """$3.00 x 10 lots at a tenth, at the mark: nothing is reserved for the price."""
    found = market.engine.preview(command(Kind.ORDER, **LIMIT))
    assert (found.equity_microusd, found.initial_margin_microusd) == (10**9, 3_000_000)
    market.order(8, "buy", 300, 10)
    assert market.engine.account(8).initial_margin_microusd == found.initial_margin_microusd


def test_an_order_that_lowers_the_worst_adds_its_reserve_alone(market):
    """Ten lots stand on the other side: a sale below the mark reserves what it gives away."""
    market.order(8, "buy", 300, 10)
    market.order(9, "sell", 300, 10)
    sale = command(Kind.ORDER, **(LIMIT | {"side": Side.SELL, "price_ticks": 299}))
    found = market.engine.preview(sale)
    assert found.reason == Reason.NONE
    assert found.initial_margin_microusd == 3_000_000 + 10 * 10_000


def test_what_is_due_comes_first(market):
    market.time_ns = market.engine.next_due_ns
    due = market.engine.next_due_ns
    market.until(due - 1)
    market.do(Kind.ADVANCE)
    assert market.engine.preview(command(Kind.ORDER, **LIMIT)).reason == Reason.NONE
