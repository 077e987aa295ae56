"""TEST DIALECT ORDERS: what clients say becomes well formed commands; what happens, their orders.

Takes   params that hypothesis draws; a plain exchange; storms of commands.
Gives   commands, orders, trades, refusals.
Keeps   a blotter, which sees only commands and events, equal to what the exchange holds.
Source  Deribit's API v2; rulebook 1.4 and 9.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.exchange import commands as c
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import named_command
from chiphour.exchange.reference_form import malformed
from chiphour.wire import dialect
from chiphour.wire.dialect_orders import METHODS
from chiphour.wire.dialect_orders import command_of
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import answer
from chiphour.wire.jsonrpc import from_query
from dialect_trader import NAME
from dialect_trader import Trader
from dialect_trader import read
from dialect_trader import refused
from told import told_market

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
    "linked_order_type": st.sampled_from((*dialect.LINKS, "otoco")),
    "linked_order_id": st.sampled_from(("1", 2, 0, "x", "-1", "٣")),
}
# What each method knows: first a set that composes, then what else may be said with it.
PLACED = {"instrument_name": NAME, "amount": 2, "price": 2.4}
OWN = {
    "private/buy": (
        PLACED,
        "type time_in_force post_only reject_post_only reduce_only mmp trigger trigger_price "
        "trigger_offset display_amount max_show label contracts linked_order_type "
        "linked_order_id",
    ),
    "private/edit": (
        {"order_id": "STANDING"},
        "amount contracts price post_only reject_post_only reduce_only mmp trigger_price "
        "trigger_offset",
    ),
    "private/cancel": ({"order_id": "STANDING"}, ""),
    "private/cancel_all": ({}, "currency kind detailed"),
    "private/cancel_all_by_instrument": ({"instrument_name": NAME}, "detailed"),
    "private/cancel_by_label": ({"label": "mine"}, "currency"),
}
OWN["private/sell"] = OWN["private/buy"]
OWN["private/cancel_all_by_currency"] = OWN["private/cancel_all_by_kind_or_type"] = OWN[
    "private/cancel_all"
]
RIGHT = {
    "price": st.sampled_from((2.4, "2.41", -0.01)),
    "amount": st.sampled_from((2, 5, "3")),
    "contracts": st.just(2),
    "display_amount": st.sampled_from((1, 2)),
    "currency": st.sampled_from(("USDC", "any")),
    "kind": st.just("future"),
    "detailed": st.just(False),
    "trigger": st.sampled_from(("mark_price", "index_price")),
    "trigger_price": st.sampled_from((2.5, "2.6")),
    "trigger_offset": st.sampled_from((0.1, 3)),
    "type": st.sampled_from(tuple(dialect.TYPES)),
    "time_in_force": st.sampled_from(tuple(dialect.FORCES)),
    "label": st.just("yours"),
    "linked_order_type": st.sampled_from(tuple(dialect.LINKS)),
    "linked_order_id": st.sampled_from((17, "18")),
}
# One of each kind that an edit may meet: at rest, part of it shown, waiting, trailing.
STANDING = (
    {},
    {"amount": 9, "display_amount": 4},
    {"type": "stop_limit", "trigger": "mark_price", "trigger_price": 2.7},
    {"type": "trailing_stop", "price": None, "trigger": "mark_price", "trigger_offset": 0.5},
)


@st.composite
def requests(draw):
    """Draw what a method knows, a few words of it changed, and at most one of them wrong."""
    method = draw(st.sampled_from((*METHODS, "private/bye")))
    first, own = OWN.get(method, ({}, ""))
    params, names = dict(first), own.split()
    for name in draw(st.lists(st.sampled_from(names), max_size=3, unique=True)) if names else ():
        params[name] = draw(RIGHT.get(name, WORDS[name]))
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(sorted(WORDS)))
        params[name] = draw(WORDS[name])
    return method, params


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


def standing_trader(params):
    """Give a trader with one order standing, and the id of it."""
    trader = Trader(told_market(), 8, {})
    return trader, trader.place(**params)["order_id"]


@given(requests(), st.sampled_from(STANDING))
def test_whatever_is_said_is_a_well_formed_command_or_refused(request, standing):
    """So of each method, edits of a standing order too."""
    method, params = request
    trader, id = standing_trader(standing)
    params = {name: id if value == "STANDING" else value for name, value in params.items()}
    try:
        row = command_of(method, read(method, params), trader.desk, trader.blotter, now_ns=10**7)
    except RpcRefused as fault:
        found = fault
    else:
        assert not malformed(row.tolist()) and row[c.ACCOUNT] == 8
        if row[c.KIND] == Kind.AMEND:
            assert_kept(row, params, trader.blotter.orders[int(id)])
        return
    assert found.data["reason"] and json.loads(answer(1, found.data, 0, 0))


def assert_kept(row, params, order):
    """Hold an edit: it is of this order, and what it does not say stays."""
    names = {name for name, value in params.items() if value is not None}
    assert row[c.ORDER] == order.order and row[c.LOTS] > 0
    if not names & {"amount", "contracts"}:
        assert row[c.LOTS] == order.lots
    if "price" not in names:
        assert row[c.PRICE_TICKS] == order.price_ticks
    if not names & {"trigger_price", "trigger_offset"}:
        assert row[c.TRIGGER_TICKS] == order.trigger_ticks


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("standing", STANDING)
def test_what_each_method_begins_with_composes(method, standing):
    """So that the test above does compose, orders and edits too, and not only refuses."""
    trader, id = standing_trader(standing)
    given = {name: id if value == "STANDING" else value for name, value in OWN[method][0].items()}
    row = command_of(method, read(method, given), trader.desk, trader.blotter)
    assert not malformed(row.tolist())


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
            {"price": 2.4, "display_amount": 1, "max_show": 1},
            {
                "order_type": OrderType.ICEBERG,
                "time_in_force": TimeInForce.GTC,
                "price_ticks": 240,
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
            {"price": 2.4, "linked_order_type": "one_cancels_other", "linked_order_id": "7"},
            {
                "order_type": OrderType.LIMIT,
                "time_in_force": TimeInForce.GTC,
                "price_ticks": 240,
                "link": 7,
                "flags": Flag.OCO,
            },
        ),
        (
            {
                "type": "stop_market",
                "trigger": "mark_price",
                "trigger_price": 2,
                "linked_order_type": "one_triggers_other",
                "linked_order_id": 7,
            },
            {
                "order_type": OrderType.STOP_MARKET,
                "time_in_force": TimeInForce.IOC,
                "trigger_ticks": 200,
                "link": 7,
                "flags": Flag.CHILD,
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
        ({"linked_order_type": "one_cancels_other"}, -32602, "linked_order_id"),
        ({"linked_order_type": "oco", "linked_order_id": 7}, -32602, "linked_order_type"),
        ({"linked_order_id": 7}, 11047, "linked_order_id"),
        (
            {"linked_order_type": "one_cancels_other", "linked_order_id": "-1"},
            10004,
            "linked_order_id",
        ),
        (
            {"linked_order_type": "one_cancels_other", "linked_order_id": 0},
            10004,
            "linked_order_id",
        ),
        (
            {
                "linked_order_type": "one_triggers_other",
                "linked_order_id": 7,
                "time_in_force": "immediate_or_cancel",
            },
            11047,
            "linked_order_type",
        ),
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
        ({"post_only": True, "time_in_force": "immediate_or_cancel"}, 11047, "post_only"),
        ({"display_amount": 3}, 10036, "display_amount"),
        ({"display_amount": 1, "time_in_force": "fill_or_kill"}, 11047, "display_amount"),
        ({"display_amount": 1, "max_show": 2}, 11047, "max_show"),
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


def test_refused_request_gives_no_label_a_number():
    trader, numbered = Trader(told_market(), 8, {}), []
    desk = trader.desk._replace(number_of=lambda label: numbered.append(label) or 1)
    bad = PLACED | {"label": "mine", "nope": 1}
    for params in (bad, PLACED | {"label": "mine", "valid_until": 5}):
        refused(command_of, "private/buy", read("private/buy", params), desk, trader.blotter, 10**7)
    unknown = read("private/cancel_by_label", {"label": "never"})
    found = refused(command_of, "private/cancel_by_label", unknown, desk, trader.blotter)
    assert (found.code, found.data["param"], numbered) == (10004, "label", [])


def test_trailing_stop_by_the_last_price_is_refused_with_what_there_is():
    """What ccxt asks for unless it is told otherwise; the rulebook has mark and index (9.10)."""
    trailing = {"type": "trailing_stop", "price": None, "trigger_offset": 1}
    found = refused(Trader(told_market(), 8, {}).place, **trailing, trigger="last_price")
    assert found.data["reason"] == "expected one of its words, found 'last_price'"
    assert found.data["nearest"] == ["mark_price", "index_price"]
