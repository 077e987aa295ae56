"""TEST BLOTTER: what happens on a plain exchange, as its members' orders and trades.

Takes   a plain exchange; storms of commands, one by one and in batches.
Gives   orders and trades as the dialect has them.
Keeps   a blotter, which sees only commands and events, equal to what the exchange holds.
Source  Deribit's API v2; rulebook 9.
"""

import json
import random
from decimal import Decimal

import pytest

from chiphour.contracts import table
from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Stp
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.compose import event
from chiphour.exchange.reference import Reference
from chiphour.simulate.storm import WORLDS
from chiphour.simulate.storm import prologue
from chiphour.simulate.storm import wishes
from chiphour.simulate.storm_hand import stamped
from chiphour.wire import dialect
from chiphour.wire.blotter import Blotter
from chiphour.wire.blotter import average_price
from chiphour.wire.blotter import order_object
from chiphour.wire.blotter import trade_object
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect_orders import command_of
from chiphour.wire.jsonrpc import answer
from dialect_trader import NAME
from dialect_trader import Trader
from dialect_trader import read
from dialect_trader import refused
from told import told_market

ORDER_FIELDS = (
    "order_id order_state order_type direction price amount filled_amount average_price label "
    "creation_timestamp last_update_timestamp time_in_force post_only reduce_only api commission"
).split()
TRADE_FIELDS = (
    "trade_id trade_seq order_id instrument_name direction price amount fee fee_currency "
    "liquidity timestamp order_type state index_price mark_price tick_direction reduce_only"
).split()


@pytest.fixture
def pair():
    """Give two members of an open perpetual at $2.50 in ticks of a cent."""
    told, blotters = told_market(), {}
    return Trader(told, 8, blotters), Trader(told, 9, blotters)


def test_order_rests_is_edited_filled_in_part_and_cancelled(pair):
    one, two = pair
    placed = one.place(label="mine")
    assert set(ORDER_FIELDS) <= set(placed)
    assert (placed["order_state"], placed["price"], placed["label"]) == (
        "open",
        Decimal("2.4"),
        "mine",
    )
    edited = one.say("edit", order_id=placed["order_id"], amount=5, price=2.45)
    assert edited["order_id"] == placed["order_id"] and edited["replaced"]
    assert (edited["amount"], edited["price"]) == (5, Decimal("2.45"))
    taken = two.place("sell", amount=3, price=2.3)
    assert (taken["order_state"], taken["average_price"]) == ("filled", Decimal("2.45"))
    half = order_object(one.blotter.orders[int(placed["order_id"])], one.desk)
    assert (half["order_state"], half["filled_amount"], half["amount"]) == ("open", 3, 5)
    same = one.say("edit", order_id=placed["order_id"], price=2.4)
    assert (same["amount"], same["filled_amount"]) == (5, 3)  # What is not said stays.
    gone = one.say("cancel", order_id=placed["order_id"])
    assert (gone["order_state"], gone["cancel_reason"]) == ("cancelled", "user_request")
    assert (gone["amount"], gone["filled_amount"]) == (5, 3)
    assert refused(one.say, "cancel", order_id=placed["order_id"]).code == 10004
    assert refused(one.say, "edit", order_id=placed["order_id"], amount=1).code == 10004


def test_iceberg_loses_what_shows_by_a_self_trade_and_shows_anew_in_a_call(pair):
    one, _ = pair
    id = int(one.place(amount=10, display_amount=4)["order_id"])
    own = {"account": 8, "side": Side.SELL, "order_type": OrderType.LIMIT, "price_ticks": 240}
    own |= {"time_in_force": TimeInForce.IOC, "flags": Stp.DECREMENT << c.STP_SHIFT}
    one.send(command(Kind.ORDER, lots=1, **own))
    assert one.blotter.orders[id].shown_lots == one.told.state.orders[id].lots == 3
    fill = {"maker_account": 8, "maker_order": id, "taker_account": 9, "cause": e.Cause.CALL}
    one.blotter.tell(event(e.Kind.FILL, **fill, side=Side.SELL, lots=2, maker_lots_left=7), 1)
    assert one.blotter.orders[id].shown_lots == 4  # Displays merge in a call (rulebook 9).


def test_cancel_of_an_id_to_come_is_refused_and_the_order_lives(pair):
    """Both are said before either is answered, as a client may write them."""
    one, _ = pair
    ahead = one.told.reference.sequence + 2
    buy = {"instrument_name": NAME, "amount": 2, "price": 2.4}
    rows = [
        command_of(f"private/{method}", read(f"private/{method}", params), one.desk, one.blotter)
        for method, params in (("cancel", {"order_id": str(ahead)}), ("buy", buy))
    ]
    for row in rows:
        row[c.TIME_NS] = one.told.time_ns
    rows[0][c.SEQUENCE], rows[1][c.SEQUENCE] = ahead - 1, ahead
    one.blotter.ask(rows[1])
    events = [each for row in rows for each in one.told.reference.apply(row[None])]
    assert events[0][e.KIND] == e.Kind.REFUSED and events[0][e.ORDER] == ahead
    changes = [one.blotter.tell(each) for each in events]
    assert changes[0].order is None
    assert changes[-1].order.state == dialect.OPEN and [*one.blotter.orders] == [ahead]


def test_iceberg_says_what_shows_now(pair):
    one, two = pair

    def shown_of(id):
        found = order_object(one.blotter.orders[int(id)], one.desk)
        real = one.told.state.orders[int(id)].lots
        assert found["display_amount"] == found["max_show"] == real
        return real, found["refresh_amount"], found["amount"] - found["filled_amount"]

    id = one.place(amount=10, display_amount=4)["order_id"]
    assert shown_of(id) == (4, 4, 10)
    two.place("sell", amount=1, price=2.3)
    assert shown_of(id) == (3, 4, 9)
    two.place("sell", amount=4, price=2.3)
    assert shown_of(id) == (3, 4, 5)
    one.say("edit", order_id=id, amount=7)
    assert shown_of(id) == (2, 4, 2)
    one.say("edit", order_id=id, price=2.41, amount=12)
    assert shown_of(id) == (4, 4, 7)


def test_trigger_waits_then_fires_and_keeps_its_id(pair):
    one, _ = pair
    stop = {"type": "stop_limit", "trigger": "mark_price", "trigger_price": 2.55, "price": 2.5}
    placed = one.place(**stop)
    assert (placed["order_state"], placed["order_type"]) == ("untriggered", "stop_limit")
    assert (placed["trigger_price"], placed["trigger"]) == (Decimal("2.55"), "mark_price")
    moved = one.say("edit", order_id=placed["order_id"], trigger_price=2.6)
    assert (moved["trigger_price"], moved["price"], moved["amount"]) == (
        Decimal("2.6"),
        Decimal("2.5"),
        2,
    )
    assert (moved["order_state"], moved["replaced"]) == ("untriggered", True)
    one.told.mark(270)
    found = one.send(command(Kind.ADVANCE))
    assert (found["order_state"], found["order_type"]) == ("open", "limit")
    assert found["original_order_type"] == "stop_limit" and found["triggered"]
    assert found["order_id"] == placed["order_id"]
    assert refused(one.say, "edit", order_id=placed["order_id"], trigger_price=3).code == -32602


@pytest.mark.parametrize("in_force", ["good_til_cancelled", "good_til_day"])
def test_what_fired_at_the_market_is_immediate(pair, in_force):
    one, _ = pair
    stop = {"type": "stop_market", "trigger": "mark_price", "trigger_price": 2.55, "price": None}
    assert one.place(**stop, time_in_force=in_force)["time_in_force"] == in_force
    one.told.mark(270)
    found = one.send(command(Kind.ADVANCE))
    assert (found["order_type"], found["time_in_force"]) == ("market", "immediate_or_cancel")


def test_edit_to_what_is_filled_cancels(pair):
    one, two = pair
    id = one.place(amount=5)["order_id"]
    two.place("sell", amount=3, price=2.3)
    found = one.say("edit", order_id=id, amount=3)
    assert (found["order_state"], found["filled_amount"]) == ("cancelled", 3)


def test_child_that_becomes_active_without_a_word_is_open_with_its_lots(pair):
    one, two = pair
    one.place(amount=2, price=2.5)
    columns = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "link": -1}
    columns |= {"account": 8, "side": Side.SELL, "price_ticks": 260, "lots": 5}
    child = one.send(command(Kind.ORDER, flags=Flag.CHILD, **columns))
    assert (child["order_state"], child["amount"]) == ("untriggered", 5)
    two.place("sell", amount=2, price=2.5)
    active = one.send(command(Kind.ADVANCE))
    assert (active["order_id"], active["order_state"], active["amount"]) == (
        *(child["order_id"], "open"),
        2,
    )


def test_market_order_says_no_price_and_its_rest_is_cancelled(pair):
    one, two = pair
    one.place("sell", amount=1, price=2.5)
    found = two.place(type="market", price=None, amount=3)
    assert (found["price"], found["order_state"]) == ("market_price", "cancelled")
    assert (found["filled_amount"], found["cancel_reason"]) == (1, "immediate_or_cancel")


def test_order_that_the_exchange_refuses_is_kept_as_rejected(pair):
    one, two = pair
    one.place("sell", price=2.5)
    post = {"post_only": True, "reject_post_only": True}
    found = refused(two.place, price=2.5, **post)
    assert (found.code, found.data["reason"]) == (11054, "POST_ONLY_CROSSES")
    (order,) = two.blotter.orders.values()
    assert order_object(order, two.desk)["order_state"] == "rejected"
    assert order_object(order, two.desk)["reject_reason"] == "post_only_reject"
    slid = two.place(price=2.5, post_only=True)
    assert (slid["price"], slid["order_state"]) == (Decimal("2.49"), "open")
    assert refused(two.say, "edit", order_id=slid["order_id"], post_only=False).code == 11047
    assert two.say("edit", order_id=slid["order_id"], post_only=True, amount=1)["amount"] == 1


@pytest.mark.parametrize("terms", [{}, {"static_band_ppm": 100_000}])
@pytest.mark.parametrize("price", [-9, 9])
def test_rejected_order_says_the_word_of_its_error(price, terms):
    trader = Trader(told_market(**terms), 8, {})
    found = refused(trader.place, price=price)
    (order,) = trader.blotter.orders.values()
    assert order_object(order, trader.desk)["reject_reason"] == found.message
    assert found.message.startswith("price_too_low" if price < 0 else "price_too_high")


def test_trade_is_said_by_either_side():
    told, blotters = told_market(taker_fee_ppm=1_000, maker_rebate_ppm=100), {}
    one, two = Trader(told, 8, blotters), Trader(told, 9, blotters)
    one.place("sell", amount=1, price=2.5, label="mine")
    row = command_of(
        "private/buy",
        read("private/buy", {"instrument_name": NAME, "amount": 2, "price": 2.6}),
        two.desk,
        two.blotter,
    )
    row[c.SEQUENCE], row[c.TIME_NS] = told.reference.sequence + 1, told.time_ns
    two.blotter.ask(row)
    (fill,) = [
        (one.blotter.tell(each, 4).trade, two.blotter.tell(each, 4).trade)
        for each in told.reference.apply(row[None])
        if each[e.KIND] == e.Kind.FILL or two.blotter.tell(each).trade
    ]
    maker, taker = (trade_object(t, d.desk) for t, d in zip(fill, (one, two), strict=True))
    assert set(TRADE_FIELDS) <= set(maker)
    assert (maker["liquidity"], maker["direction"], maker["label"]) == ("M", "sell", "mine")
    assert (taker["liquidity"], taker["direction"], taker["state"]) == ("T", "buy", "open")
    assert (maker["fee"], taker["fee"]) == (Decimal("-0.00025"), Decimal("0.0025"))
    assert maker["trade_id"] == taker["trade_id"] == "0-4"
    assert maker["price"] == Decimal("2.5") and maker["state"] == "filled"


def test_fill_of_deleveraging_has_micro_dollars_and_no_order():
    blotter, trader = Blotter(8), Trader(told_market(), 8, {})
    fill = {"maker_account": 9, "taker_account": 8, "side": Side.BUY, "price_ticks": 2_500_001}
    row = event(e.Kind.FILL, **fill, lots=3, cause=e.Cause.DELEVERAGING)
    found = trade_object(blotter.tell(row, 1).trade, trader.desk)
    assert (found["price"], found["liquidation"]) == (Decimal("2.500001"), "T")
    assert found["order_id"] == "0" and blotter.orders == {}


def test_average_price_is_half_even_to_the_micro_dollar(pair):
    one, _ = pair
    one.place()
    (order,) = one.blotter.orders.values()
    order = order._replace(filled_lots=3, cost_ticks=-2)  # Of a cent.
    assert average_price(order, one.desk.by_number[0]) == Decimal("-0.006667")
    assert average_price(order._replace(filled_lots=0, cost_ticks=0), one.desk.by_number[0]) == 0


def test_blotter_forgets_the_oldest_that_ended_and_none_that_stands(pair):
    one, _ = pair
    one.blotter = one.blotters[8] = Blotter(8, closed_max=2)
    standing = one.place()["order_id"]
    ended = [one.place(time_in_force="immediate_or_cancel")["order_id"] for _ in range(4)]
    assert [*one.blotter.orders] == [int(each) for each in (standing, *ended[2:])]


def test_repeated_order_changes_nothing(pair):
    one, _ = pair
    row = command_of(
        "private/buy",
        read("private/buy", {"instrument_name": NAME, "amount": 1, "price": 2.4}),
        one.desk,
        one.blotter,
    )
    row[c.CLIENT_ORDER_ID] = 5
    first, again = one.send(row), one.send(row)
    assert first == again and len(one.blotter.orders) == 1


@pytest.mark.parametrize("seed", range(6))
def test_blotters_hold_what_the_exchange_holds(seed):
    pick, world = random.Random(seed).choice, WORLDS[seed % len(WORLDS)]
    wished = [*prologue(pick, world), *wishes(pick, world, 800)]
    size = 7 if seed == 5 else 1
    fold_and_compare(world.limits, stamped(wished, world.limits), size)


def fold_and_compare(limits, rows, size):
    """Ask a batch of commands, then tell blotters what it did, and hold them against the exchange
    after each batch.
    """
    reference, blotters = Reference(limits), {}
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        for row in batch:
            if row[c.KIND] == Kind.ORDER:
                account = int(row[c.ACCOUNT])
                blotters.setdefault(account, Blotter(account)).ask(row)
        for row in batch:
            for number, each in enumerate(reference.apply(row[None]), 1):
                for blotter in blotters.values():
                    blotter.tell(each, number)
        assert seen_by(blotters) == held_by(reference)
    assert not any(blotter._asked for blotter in blotters.values())


def held_by(reference):
    """Give what the exchange holds of the orders that rest or wait."""
    return {
        order.order: (
            *(order.open_lots, order.traded_lots, order.price_ticks, order.waits),
            *(order.order_type, order.lots if order.rests and order.display_lots else 0),
        )
        for order in reference.state.orders.values()
    }


def seen_by(blotters):
    """Give the same of all blotters together."""
    return {
        order.order: (
            *(order.lots - order.filled_lots, order.filled_lots, order.price_ticks),
            *(order.state == dialect.UNTRIGGERED, order.type_now, order.shown_lots),
        )
        for blotter in blotters.values()
        for order in blotter.orders.values()
        if order.is_standing
    }


def test_every_order_can_be_said():
    """Orders of other doors too: a block, an iceberg, one good until a time."""
    trader = Trader(told_market(), 8, {})
    for order_type in OrderType:
        row = command(
            Kind.ORDER,
            sequence=1,
            account=8,
            side=Side.SELL,
            order_type=order_type,
            time_in_force=TimeInForce.GTD,
            lots=5,
            trigger_ticks=2,
        )
        blotter = Blotter(8)
        blotter.ask(row)
        accepted = event(e.Kind.ACCEPTED, sequence=1, account=8, order=1, price_ticks=-3, lots=5)
        found = order_object(blotter.tell(accepted).order, trader.desk)
        assert json.loads(answer(1, found, 0, 0))["result"]["amount"] == 5


def test_instruments_row_may_be_the_markets_own():
    told = told_market()
    listed = Instrument(0, NAME, told.row(), "CHR.H100.SXM.OD", 0)
    assert listed.tick_microusd == told.row()[table.TICK_MICROUSD] == 10_000
    before = told.row()[table.MARK_MICROUSD]
    told.mark(270)
    assert listed.row[table.MARK_MICROUSD] == told.row()[table.MARK_MICROUSD] != before
