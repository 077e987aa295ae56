"""TEST REFERENCE FORM: what is malformed, whatever the state.

Takes   commands that are right, then wrong in one column.
Gives   whether the reference calls them malformed.
Keeps   one example of each clause.
Source  Rulebook 1.4, 3.6, 9.10.
"""

import pytest

from chiphour.exchange import commands as c
from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.reference_form import malformed
from told import order

T = TimeInForce
FIXING = {"index": 1, "strike_ns": 5, "vintage": 1, "fit": 1, "value_microusd": 7}
MARK = {"index": 1, "strike_ns": 0, "fit": 1, "value_microusd": 7}
PROTECT = {"account": 8, "contract": 0, "interval_s": 1, "frozen_s": 1, "lots": 1}


def is_malformed(row):
    return malformed(row.tolist())


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (Kind.OPEN_ACCOUNT, {"account": 8}, {"group": -1}),
        (Kind.TRANSFER, {"account": 8, "target": 9}, {"target": 8}),
        (Kind.TRANSFER, {"account": 8, "target": 9}, {"run": -1}),
        (Kind.TRANSFER, {"account": 8, "target": 9}, {"item": -1}),
        (Kind.SET, {"contract": 0, "parameter": 37}, {"parameter": 38}),
        (Kind.SET, {"contract": -1, "parameter": 33}, {"parameter": 34}),
        (Kind.SET, {"contract": 0}, {"parameter": -1}),
        (Kind.FIXING, FIXING, {"vintage": 3}),
        (Kind.FIXING, FIXING, {"fit": 2}),
        (Kind.FIXING, FIXING, {"strike_ns": 0}),
        (Kind.MARK, MARK, {"fit": 0}),
        (Kind.MARK, MARK, {"strike_ns": -1}),
        (Kind.MARK, MARK, {"strike_ns": 5, "value_microusd": 0}),
        (Kind.CANCEL_ALL, {"account": 8}, {"side": 3}),
        (Kind.CANCEL_ALL, {"account": 8}, {"label": -1}),
        (Kind.PROTECT, PROTECT, {"interval_s": -1}),
        (Kind.PROTECT, PROTECT, {"frozen_s": -1}),
        (Kind.PROTECT, PROTECT, {"lots": -1}),
        (Kind.HALT, {"mode": 2, "flags": 1}, {"mode": 3}),
        (Kind.HALT, {"mode": 2, "flags": 1}, {"flags": 2}),
    ],
)
def test_one_wrong_column_makes_a_command_malformed(kind, right, wrong):
    assert not is_malformed(command(kind, **right))
    assert is_malformed(command(kind, **(right | wrong)))


def test_unknown_kind_and_unused_column_are_malformed():
    row = command(Kind.ADVANCE)
    assert not is_malformed(row)
    row[c.LOTS] = 1
    assert is_malformed(row)
    row[c.LOTS], row[c.KIND] = 0, 19
    assert is_malformed(row)


def of(kind, in_force=T.GTC, cents=250, **more):
    return order(8, "buy", cents, 5, kind, **({"time_in_force": in_force} | more))


STOP = {"kind": OrderType.STOP_MARKET, "cents": None, "trigger_ticks": 251, "in_force": T.IOC}
RIGHT = [
    {"kind": OrderType.LIMIT},
    {"kind": OrderType.LIMIT, "in_force": T.FOK},
    {"kind": OrderType.LIMIT, "in_force": T.GTD, "expire_ns": 5},
    {"kind": OrderType.MARKET, "in_force": T.IOC, "cents": None},
    {"kind": OrderType.STOP_LIMIT, "in_force": T.FOK, "trigger_ticks": 251},
    STOP,
    STOP | {"in_force": T.DAY},
    STOP | {"flags": Flag.CHILD, "link": -1},
    {"kind": OrderType.TRAILING, "cents": None, "trigger_ticks": 1, "in_force": T.IOC},
    {"kind": OrderType.ICEBERG, "trigger_ticks": 4},
    {"kind": OrderType.BLOCK, "in_force": T.GTD, "expire_ns": 5, "trigger_ticks": 9},
    {"kind": OrderType.LIMIT, "flags": Flag.POST_SLIDE},
    {"kind": OrderType.LIMIT, "flags": Flag.OCO, "link": -2},
]
WRONG = [
    {"kind": OrderType.LIMIT, "trigger_ticks": 1},
    {"kind": OrderType.LIMIT, "expire_ns": 5},
    {"kind": OrderType.LIMIT, "in_force": T.GTD},
    {"kind": OrderType.LIMIT, "client_order_id": -1},
    {"kind": OrderType.LIMIT, "label": -1},
    {"kind": OrderType.LIMIT, "flags": 1 << 10},
    {"kind": OrderType.LIMIT, "flags": Source.INDEX << SOURCE_SHIFT},
    {"kind": OrderType.MARKET, "in_force": T.GTC, "cents": None},
    {"kind": OrderType.MARKET, "in_force": T.IOC},
    STOP | {"in_force": T.GTC},
    STOP | {"cents": 250},
    STOP | {"flags": 3 << SOURCE_SHIFT},
    {"kind": OrderType.TRAILING, "cents": None, "in_force": T.IOC},
    {"kind": OrderType.ICEBERG, "trigger_ticks": 5},
    {"kind": OrderType.ICEBERG, "trigger_ticks": 4, "in_force": T.IOC},
    {"kind": OrderType.BLOCK, "trigger_ticks": 9},
    {"kind": OrderType.BLOCK, "in_force": T.GTD, "expire_ns": 5, "flags": Flag.REDUCE_ONLY},
    {"kind": OrderType.LIMIT, "flags": Flag.POST_ONLY | Flag.POST_SLIDE},
    {"kind": OrderType.LIMIT, "flags": Flag.POST_ONLY, "in_force": T.IOC},
    {"kind": OrderType.LIMIT, "flags": Flag.OCO},
    {"kind": OrderType.LIMIT, "link": -1},
    {"kind": OrderType.LIMIT, "flags": Flag.OCO | Flag.CHILD, "link": -1},
    {"kind": OrderType.LIMIT, "flags": Flag.CHILD, "link": -1, "in_force": T.IOC},
]


@pytest.mark.parametrize("columns", RIGHT)
def test_words_of_an_order_that_go_together(columns):
    assert not is_malformed(of(**columns))


@pytest.mark.parametrize("columns", WRONG)
def test_words_of_an_order_that_do_not_go_together(columns):
    assert is_malformed(of(**columns))


def test_trailing_order_does_not_look_at_the_last_price():
    trailing = {"kind": OrderType.TRAILING, "cents": None, "trigger_ticks": 1, "in_force": T.IOC}
    assert not is_malformed(of(**trailing, flags=Source.INDEX << SOURCE_SHIFT))
    assert is_malformed(of(**trailing, flags=Source.LAST << SOURCE_SHIFT))
