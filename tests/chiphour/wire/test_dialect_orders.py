"""TEST DIALECT ORDERS: what clients say becomes well formed commands; what happens, their orders.

Takes   params that hypothesis draws; a plain exchange; storms of commands.
Gives   commands, orders, trades, refusals.
Keeps   a blotter, which sees only commands and events, equal to what the exchange holds.
Source  Deribit's API v2; rulebook 1.4 and 9.
"""

import json
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.contracts import table
from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.compose import event
from chiphour.exchange.compose import named_command
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference import Reference
from chiphour.exchange.reference_form import malformed
from chiphour.simulate.storm import WORLDS
from chiphour.simulate.storm import prologue
from chiphour.simulate.storm import wishes
from chiphour.simulate.storm_hand import stamped
from chiphour.wire import dialect
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect_orders import METHODS
from chiphour.wire.dialect_orders import Blotter
from chiphour.wire.dialect_orders import average_price
from chiphour.wire.dialect_orders import command_of
from chiphour.wire.dialect_orders import order_object
from chiphour.wire.dialect_orders import trade_object
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import answer
from chiphour.wire.jsonrpc import from_query
from chiphour.wire.jsonrpc import parse_request
from told import told_market

NAME = "H100SXMOD_USDC-PERPETUAL"
LABELS = ["", "mine", "yours"]  # A label's number is its place.
ORDER_FIELDS = (
    "order_id order_state order_type direction price amount filled_amount average_price label "
    "creation_timestamp last_update_timestamp time_in_force post_only reduce_only api commission"
).split()
TRADE_FIELDS = (
    "trade_id trade_seq order_id instrument_name direction price amount fee fee_currency "
    "liquidity timestamp order_type state index_price mark_price tick_direction reduce_only"
).split()


class Trader:
    """A member of a plain exchange that speaks the dialect."""

    def __init__(self, told, account, blotters):
        self.told, self.account = told, account
        self.blotters = blotters
        self.blotter = blotters.setdefault(account, Blotter(account))

    @property
    def desk(self):
        listed = Instrument(0, NAME, self.told.row(), "CHR.H100.SXM.OD", 0)
        return Desk(self.account, {NAME: listed}, {0: listed}, LABELS.index, LABELS.__getitem__)

    def say(self, method, **params):
        """Send a request; give the last order of this account that changed, as the dialect has it.

        A refusal by the exchange is raised.
        """
        request = parse_request(
            json.dumps({"method": f"private/{method}", "params": params}).encode()
        )
        row = command_of(request.method, request.params, self.desk, self.blotter)
        return self.send(row)

    def send(self, row):
        found = None
        row = row.copy()
        row[c.SEQUENCE], row[c.TIME_NS] = self.told.reference.sequence + 1, self.told.time_ns
        if row[c.KIND] == Kind.ORDER:
            self.blotter.ask(row)
        for number, event_row in enumerate(self.told.reference.apply(row[None]), 1):
            changes = {a: b.tell(event_row, number) for a, b in self.blotters.items()}
            if event_row[e.KIND] == e.Kind.REFUSED:
                raise dialect.refused_by(Reason(event_row[e.REASON]), row, self.desk.by_number[0])
            found = changes[self.account].order or found
        return order_object(found, self.desk) if found else None

    def place(self, side="buy", **params):
        return self.say(side, **({"instrument_name": NAME, "amount": 2, "price": 2.4} | params))


@pytest.fixture
def pair():
    """Give two members of an open perpetual at $2.50 in ticks of a cent."""
    told, blotters = told_market(), {}
    return Trader(told, 8, blotters), Trader(told, 9, blotters)


def refused(call, *given, **params):
    with pytest.raises(RpcRefused) as caught:
        call(*given, **params)
    return caught.value


# Composing.

WORDS = {
    "instrument_name": st.sampled_from((NAME, NAME, NAME, "H100", "", 7)),
    "amount": st.sampled_from((1, 2, 10, "3", 16_777_215, 16_777_216, 0, -1, 1.5, True, None)),
    "contracts": st.sampled_from((1, 2, 10)),
    "type": st.sampled_from((*dialect.TYPES, "market_limit")),
    "price": st.sampled_from((2.5, "2.4", -0.01, 0, 2.505, 1e9, "x")),
    "time_in_force": st.sampled_from((*dialect.FORCES, "forever")),
    "post_only": st.booleans(),
    "reject_post_only": st.booleans(),
    "reduce_only": st.booleans(),
    "mmp": st.booleans(),
    "trigger": st.sampled_from((*dialect.SOURCES, "any")),
    "trigger_price": st.sampled_from((2.5, -1, "2.6", 2.501)),
    "trigger_offset": st.sampled_from((0.1, 0, -0.1, 3)),
    "display_amount": st.sampled_from((1, 2, 5, 100, 0)),
    "max_show": st.sampled_from((1, 2)),
    "label": st.sampled_from(("mine", "yours", "x" * 65, 7)),
    "valid_until": st.sampled_from((0, 5, 2**62)),
    "order_id": st.sampled_from(("1", 2, "x", "99999999999999999999", "-1", "٣")),
    "currency": st.sampled_from(("USDC", "any", "BTC")),
    "kind": st.sampled_from(("future", "any", "option")),
    "detailed": st.booleans(),
    "linked_order_type": st.just("one_cancels_other"),
}
PARAMS = st.fixed_dictionaries({}, optional=WORDS)
LIKELY = st.fixed_dictionaries(
    {
        "instrument_name": st.just(NAME),
        "amount": st.sampled_from((2, 5, "3")),
        "type": st.sampled_from(tuple(dialect.TYPES)),
    },
    optional={
        name: WORDS[name]
        for name in (
            *("time_in_force", "post_only", "reject_post_only", "reduce_only", "mmp", "label"),
            "display_amount",
        )
    },
)


@given(st.sampled_from((*METHODS, "private/bye")), PARAMS)
def test_whatever_is_said_is_a_well_formed_command_or_refused(method, params):
    trader = Trader(told_market(), 8, {})
    try:
        row = command_of(method, read(method, params), trader.desk, trader.blotter, now_ns=10**7)
    except RpcRefused as fault:
        found = fault
    else:
        assert not malformed(row.tolist()) and row[c.ACCOUNT] == 8
        return
    assert found.data["reason"] and json.loads(answer(1, found.data, 0, 0))


@given(st.sampled_from(("private/buy", "private/sell")), LIKELY, st.sampled_from(("0.1", "2.5")))
def test_likely_orders_are_well_formed_or_refused_for_their_words(method, params, trigger):
    if params["type"] in ("limit", "stop_limit", "take_limit"):
        params["price"] = "-2.41"
    if params["type"].startswith(("stop", "take")):
        params |= {"trigger_price": trigger, "trigger": "last_price"}
    if params["type"] == "trailing_stop":
        params |= {"trigger_offset": trigger, "trigger": "index_price"}
    trader = Trader(told_market(), 8, {})
    try:
        row = command_of(method, read(method, params), trader.desk, trader.blotter)
    except RpcRefused as fault:
        found = fault
    else:
        assert not malformed(row.tolist()) and row[c.LOTS] == int(params["amount"])
        return
    assert found.data["param"] in {*params, "display_amount"}


def read(method, params):
    """Give params as they come from JSON."""
    content = json.dumps({"method": method, "params": params}).encode()
    return parse_request(content).params


def composed(method, **params):
    trader = Trader(told_market(), 8, {})
    given = read(f"private/{method}", params)
    row = command_of(f"private/{method}", given, trader.desk, trader.blotter)
    columns = named_command(row)
    return {name: value for name, value in columns.items() if value and name not in ("kind",)}


BUY = {"account": 8, "side": Side.BUY, "lots": 2}


@pytest.mark.parametrize(
    ("params", "columns"),
    [
        (
            {"price": -2.41, "label": "yours", "reduce_only": True, "mmp": True},
            {
                "order_type": OrderType.LIMIT,
                "time_in_force": TimeInForce.GTC,
                "price_ticks": -241,
                "label": 2,
                "flags": Flag.REDUCE_ONLY | Flag.PROTECTED,
            },
        ),
        (
            {"price": "2.4", "post_only": True, "time_in_force": "good_til_day"},
            {
                "order_type": OrderType.LIMIT,
                "time_in_force": TimeInForce.DAY,
                "price_ticks": 240,
                "flags": Flag.POST_SLIDE,
            },
        ),
        (
            {"price": 2.4, "post_only": True, "reject_post_only": True, "display_amount": 1},
            {
                "order_type": OrderType.ICEBERG,
                "time_in_force": TimeInForce.GTC,
                "price_ticks": 240,
                "flags": Flag.POST_ONLY,
                "display_lots": 1,
            },
        ),
        (
            {"type": "market", "time_in_force": "good_til_cancelled"},
            {"order_type": OrderType.MARKET, "time_in_force": TimeInForce.IOC},
        ),
        (
            {"type": "take_market", "trigger": "last_price", "trigger_price": 3},
            {
                "order_type": OrderType.TAKE_MARKET,
                "time_in_force": TimeInForce.IOC,
                "trigger_ticks": 300,
                "flags": Source.LAST << c.SOURCE_SHIFT,
            },
        ),
        (
            {
                "type": "stop_limit",
                "price": 2.6,
                "time_in_force": "fill_or_kill",
                "trigger": "index_price",
                "trigger_price": "2.55",
            },
            {
                "order_type": OrderType.STOP_LIMIT,
                "time_in_force": TimeInForce.FOK,
                "price_ticks": 260,
                "trigger_ticks": 255,
                "flags": Source.INDEX << c.SOURCE_SHIFT,
            },
        ),
        (
            {
                "type": "trailing_stop",
                "trigger": "mark_price",
                "trigger_offset": 0.2,
                "time_in_force": "good_til_day",
            },
            {
                "order_type": OrderType.TRAILING,
                "time_in_force": TimeInForce.DAY,
                "trigger_ticks": 20,
            },
        ),
    ],
)
def test_order_is_what_was_said(params, columns):
    found = composed("buy", instrument_name=NAME, amount=2, **params)
    trigger = columns.pop("display_lots", columns.pop("trigger_ticks", 0))
    expected = BUY | columns | ({"trigger_ticks": trigger} if trigger else {})
    assert found == expected


def test_cancels_are_what_was_said():
    assert composed("cancel", order_id="17") == {"account": 8, "order": 17}
    everything = {"account": 8, "contract": -1}
    assert composed("cancel_all") == everything
    assert composed("cancel_all_by_currency", currency="USDC", kind="any") == everything
    assert composed("cancel_all_by_kind_or_type", currency="any", type="all") == everything
    assert composed("cancel_by_label", label="mine") == everything | {"label": 1}
    assert composed("cancel_all_by_instrument", instrument_name=NAME) == {"account": 8}


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amonut": 1}, -32602, "amonut"),
        ({"linked_order_type": "one_cancels_other"}, -32602, "linked_order_type"),
        ({"instrument_name": "H100SXMOD_USDC-PERPETAUL"}, 13020, "instrument_name"),
        ({"amount": None}, -32602, "amount"),
        ({"price": None}, -32602, "price"),
        ({"price": 2.405}, 10043, "price"),
        ({"amount": 0.5}, 10002, "amount"),
        ({"contracts": 3}, 11047, "contracts"),
        ({"type": "market"}, -32602, "price"),
        (
            {"type": "market", "price": None, "time_in_force": "fill_or_kill"},
            11047,
            "time_in_force",
        ),
        ({"trigger_price": 3}, -32602, "trigger_price"),
        ({"type": "stop_limit", "trigger": "mark_price"}, -32602, "trigger_price"),
        ({"type": "stop_limit", "trigger_price": 3}, -32602, "trigger"),
        ({"type": "stop_limit", "trigger_price": 3.001}, 10044, "trigger_price"),
        ({"type": "trailing_stop", "price": None, "trigger_offset": 0}, 11036, "trigger_offset"),
        (
            {"type": "trailing_stop", "price": None, "trigger_offset": 1, "trigger": "last_price"},
            -32602,
            "trigger",
        ),
        ({"reject_post_only": True}, 11047, "reject_post_only"),
        ({"post_only": True, "time_in_force": "immediate_or_cancel"}, 11055, "post_only"),
        ({"display_amount": 3}, 10036, "display_amount"),
        ({"display_amount": 1, "time_in_force": "fill_or_kill"}, 11047, "display_amount"),
        ({"label": "x" * 65}, -32602, "label"),
        ({"label": 5}, -32602, "label"),
        ({"time_in_force": "forever"}, -32602, "time_in_force"),
    ],
)
def test_fault_is_refused_by_the_name_of_its_param(params, code, param):
    found = refused(Trader(told_market(), 8, {}).place, **params)
    assert (found.code, found.data["param"]) == (code, param)
    assert json.loads(answer(1, found.data, 0, 0))


def test_request_that_was_good_until_before_now_is_refused():
    trader = Trader(told_market(), 8, {})
    params = read("private/cancel_all", {"valid_until": 5})
    assert (
        command_of("private/cancel_all", params, trader.desk, trader.blotter, 5_000_000) is not None
    )
    found = refused(
        command_of, "private/cancel_all", params, trader.desk, trader.blotter, 5_000_001
    )
    assert (found.code, found.data["param"]) == (13888, "valid_until")


def test_order_in_a_query_is_the_same_order():
    trader = Trader(told_market(), 8, {})
    query = f"instrument_name={NAME}&amount=2&price=-2.41&post_only=true&label=mine"
    request = from_query("private/buy", query)
    row = named_command(command_of(*request[1:], trader.desk, trader.blotter))
    assert (row["price_ticks"], row["flags"], row["label"]) == (-241, Flag.POST_SLIDE, 1)


# An order's life.


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


@pytest.mark.parametrize("seed", range(5))
def test_blotters_hold_what_the_exchange_holds(seed):
    pick, world = random.Random(seed).choice, WORLDS[seed % len(WORLDS)]
    wished = [*prologue(pick, world), *wishes(pick, world, 800)]
    fold_and_compare(world.limits, stamped(wished, world.limits))


def fold_and_compare(limits, rows):
    """Tell blotters what happens, and hold them against the exchange after each command."""
    reference, blotters = Reference(limits), {}
    for row in rows:
        account = int(row[c.ACCOUNT])
        if row[c.KIND] == Kind.ORDER:
            blotters.setdefault(account, Blotter(account)).ask(row)
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
            order.order_type,
        )
        for order in reference.state.orders.values()
    }


def seen_by(blotters):
    """Give the same of all blotters together."""
    return {
        order.order: (
            *(order.lots - order.filled_lots, order.filled_lots, order.price_ticks),
            *(order.state == dialect.UNTRIGGERED, order.type_now),
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
        accepted = event(e.Kind.ACCEPTED, account=8, order=1, price_ticks=-3, lots=5)
        found = order_object(blotter.tell(accepted).order, trader.desk)
        assert json.loads(answer(1, found, 0, 0))["result"]["amount"] == 5


def test_instruments_row_may_be_the_markets_own():
    told = told_market()
    listed = Instrument(0, NAME, told.row(), "CHR.H100.SXM.OD", 0)
    assert listed.tick_microusd == told.row()[table.TICK_MICROUSD] == 10_000
