"""RESTING: icebergs, and what leaves the book with an order.

Takes   orders that rest, are filled in part, cut, cancelled.
Gives   what shows, what is hidden, the priority; the open lots and reserves of positions.
Keeps   open lots and reserves equal to the orders': nothing stays behind.
Source  Rulebook 6.3, 9.1, 9.4, 9.9, 9.11, 13.1.
"""

from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce

LOTS, HIDDEN, DISPLAY, TRADED, PRIORITY = 5, 13, 14, 15, 16


def iceberg(market, side, price, lots, display, account=8):
    return market.do(
        Kind.ORDER,
        account=account,
        contract=0,
        side=side,
        order_type=OrderType.ICEBERG,
        time_in_force=TimeInForce.GTC,
        price_ticks=price,
        lots=lots,
        trigger_ticks=display,
    )


def rows(market, *columns):
    return market.engine.sections().orders[:, list(columns)].tolist()


def test_an_iceberg_shows_its_display_and_comes_again_last(market):
    events = iceberg(market, Side.SELL, 300, 10, 4)
    assert [(e["kind"], e.get("lots_left")) for e in events] == [("ACCEPTED", None), ("RESTED", 10)]
    market.order(9, "sell", 300, 4)
    assert market.engine.book(0, 5)[1] == [(300, 8, 2)]
    events = market.order(10, "buy", 300, 9)
    told = [(e["kind"], e.get("lots"), e.get("maker_account", e.get("account"))) for e in events]
    assert told[1:] == [("FILL", 4, 8), ("REFRESHED", 4, 8), ("FILL", 4, 9), ("FILL", 1, 8)]
    assert [e["maker_lots_left"] for e in events if e["kind"] == "FILL"] == [6, 0, 5]
    assert events[2]["lots_left"] == 6
    assert rows(market, LOTS, HIDDEN, DISPLAY, TRADED, PRIORITY) == [[3, 2, 4, 5, 3]]
    assert market.engine.account(8).positions[0].open_sell_lots == 5


def test_an_iceberg_that_trades_first_shows_what_it_can(market):
    market.order(9, "buy", 300, 8)
    iceberg(market, Side.SELL, 300, 10, 4)
    assert rows(market, LOTS, HIDDEN, DISPLAY, TRADED) == [[2, 0, 4, 8]]


def test_hidden_lots_go_with_the_order(market):
    order = iceberg(market, Side.BUY, 299, 10, 4)[0]["order"]
    (event,) = market.do(Kind.CANCEL, account=8, order=order)
    assert (event["reason"], event["lots_left"]) == ("CANCEL_REQUESTED", 10)
    sections = market.engine.sections()
    assert len(sections.orders) == len(sections.positions) == 0
    assert market.engine.account(8).reserves_microusd == 0


def test_a_row_used_again_remembers_nothing(market):
    order = iceberg(market, Side.BUY, 299, 10, 4)[0]["order"]
    market.do(Kind.CANCEL, account=8, order=order)
    market.order(9, "buy", 299, 7)
    assert rows(market, LOTS, HIDDEN, DISPLAY, TRADED) == [[7, 0, 0, 0]]


def test_the_reserve_is_fixed_at_entry_and_leaves_with_the_lots(market):
    market.set(0, taker_fee_ppm=500)
    market.order(8, "buy", 310, 10)  # 10 cents above M, and the fee of $3.10: 1,550.
    assert market.engine.account(8).reserves_microusd == 10 * (100_000 + 1_550)
    market.mark(3_100_000)
    market.order(9, "sell", 310, 4)
    assert market.engine.account(8).reserves_microusd == 6 * (100_000 + 1_550)
