"""FORM: what no member may send, whatever the state.

Takes   a well-formed command of each kind and type, and one fault at a time.
Gives   MALFORMED; and anything but that for the command without a fault.
Keeps   every column that a kind does not read in the sample.
Source  Rulebook 1.4, 9.10.
"""

from itertools import product

import pytest

from chiphour.contracts.settings import SETTINGS_USED
from chiphour.contracts.table import TERMS_COLUMNS
from chiphour.exchange import commands as ask
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import FLAGS_END
from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import USES
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command

ORDER = {
    "account": 8,
    "side": 1,
    "order_type": 1,
    "time_in_force": 1,
    "price_ticks": 300,
    "lots": 5,
}
MARKET = ORDER | {"order_type": 2, "time_in_force": 2, "price_ticks": 0}
STOP = ORDER | {"order_type": OrderType.STOP_LIMIT, "trigger_ticks": 290}
STOP_MARKET = MARKET | {"order_type": OrderType.STOP_MARKET, "trigger_ticks": 290}
TRAILING = MARKET | {"order_type": OrderType.TRAILING, "trigger_ticks": 3}
ICEBERG = ORDER | {"order_type": OrderType.ICEBERG, "trigger_ticks": 2}
GTD = {"time_in_force": TimeInForce.GTD, "expire_ns": 9}
BLOCK = ORDER | {"order_type": OrderType.BLOCK, "trigger_ticks": 9} | GTD
LINKED = {"flags": Flag.OCO, "link": -1}
LAST = {"flags": Source.LAST << SOURCE_SHIFT}
FIXING = {"index": 1, "strike_ns": 5, "vintage": 2, "fit": 1, "value_microusd": 7}
MARK = {"index": 1, "fit": 1}
PROTECT = {"account": 8, "interval_s": 1, "frozen_s": 1, "lots": 5}
GOOD = {
    Kind.OPEN_ACCOUNT: {"account": 12},
    Kind.DEPOSIT: {"account": 8, "amount_microusd": 1},
    Kind.WITHDRAW: {"account": 8, "amount_microusd": 1},
    Kind.TRANSFER: {"account": 8, "target": 9, "amount_microusd": 1},
    Kind.FIXING: FIXING,
    Kind.MARK: MARK,
    Kind.ORDER: ORDER,
    Kind.CANCEL: {"account": 8, "order": 1},
    Kind.AMEND: {"account": 8, "order": 1},
    Kind.PROTECT: PROTECT,
}
RESTING = {TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY}
WITHOUT_PRICE = {TimeInForce.IOC, TimeInForce.GTD, TimeInForce.DAY}
FORCES = {
    OrderType.LIMIT: set(TimeInForce),
    OrderType.MARKET: {TimeInForce.IOC},
    OrderType.STOP_LIMIT: set(TimeInForce),
    OrderType.STOP_MARKET: WITHOUT_PRICE,
    OrderType.TAKE_LIMIT: set(TimeInForce),
    OrderType.TAKE_MARKET: WITHOUT_PRICE,
    OrderType.TRAILING: WITHOUT_PRICE,
    OrderType.ICEBERG: RESTING,
    OrderType.BLOCK: {TimeInForce.GTD},
}


def refused_as_malformed(market, row):
    return any(event.get("reason") == "MALFORMED" for event in market.send(row))


def test_a_column_that_the_kind_does_not_read_must_be_zero(market):
    for kind, names in USES.items():
        row = command(kind, **GOOD.get(kind, {}))
        assert not refused_as_malformed(market, row), kind.name
        read = {ask.SEQUENCE, ask.TIME_NS, ask.KIND, *(getattr(ask, name) for name in names)}
        for column in set(range(COMMAND_COLUMNS)) - read:
            for value in (1, -1, -(1 << 63)):
                row[column] = value
                assert refused_as_malformed(market, row), (kind.name, column)
            row[column] = 0


@pytest.mark.parametrize("kind", [-1, 0, 19, 1 << 62, -(1 << 63)])
def test_an_unknown_kind_names_nothing(kind, market):
    row = command(Kind.ORDER, **ORDER)
    row[ask.KIND] = kind
    (event,) = market.send(row)
    assert event["reason"] == "MALFORMED"
    assert (event["account"], event["contract"], event["order"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        (Kind.OPEN_ACCOUNT, {"group": -1}),
        (Kind.TRANSFER, {"run": -1}),
        (Kind.TRANSFER, {"item": -1}),
        (Kind.TRANSFER, {"target": 8}),
        (Kind.SET, {"parameter": -1}),
        (Kind.SET, {"parameter": TERMS_COLUMNS}),
        (Kind.SET, {"contract": -1, "parameter": SETTINGS_USED}),
        (Kind.FIXING, {"vintage": 0}),
        (Kind.FIXING, {"vintage": 3}),
        (Kind.FIXING, {"fit": 2}),
        (Kind.FIXING, {"fit": -1}),
        (Kind.FIXING, {"strike_ns": 0}),
        (Kind.MARK, {"fit": 0}),
        (Kind.MARK, {"fit": 4}),
        (Kind.MARK, {"strike_ns": -1, "value_microusd": 1}),
        (Kind.MARK, {"strike_ns": 1}),
        (Kind.CANCEL_ALL, {"side": 3}),
        (Kind.CANCEL_ALL, {"side": -1}),
        (Kind.CANCEL_ALL, {"label": -1}),
        (Kind.PROTECT, {"interval_s": -1}),
        (Kind.PROTECT, {"frozen_s": -1}),
        (Kind.PROTECT, {"lots": -1}),
        (Kind.HALT, {"mode": 3}),
        (Kind.HALT, {"mode": -1}),
        (Kind.HALT, {"flags": 2}),
        (Kind.ORDER, {"side": 0}),
        (Kind.ORDER, {"side": 3}),
        (Kind.ORDER, {"order_type": 0}),
        (Kind.ORDER, {"order_type": 10}),
        (Kind.ORDER, {"time_in_force": 0}),
        (Kind.ORDER, {"time_in_force": 6}),
        (Kind.ORDER, {"flags": FLAGS_END}),
        (Kind.ORDER, {"flags": -1}),
        (Kind.ORDER, {"client_order_id": -1}),
        (Kind.ORDER, {"label": -1}),
        (Kind.ORDER, {"trigger_ticks": 1}),
        (Kind.ORDER, {"expire_ns": 1}),
        (Kind.ORDER, GTD | {"expire_ns": 0}),
        (Kind.ORDER, {"flags": Flag.POST_ONLY | Flag.POST_SLIDE}),
        (Kind.ORDER, {"flags": Flag.POST_ONLY, "time_in_force": 2}),
        (Kind.ORDER, {"flags": Flag.OCO}),
        (Kind.ORDER, {"link": -1}),
        (Kind.ORDER, {"flags": Flag.OCO | Flag.CHILD, "link": -1}),
        (Kind.ORDER, LINKED | {"time_in_force": 2}),
        (Kind.ORDER, LINKED | {"time_in_force": 3}),
        (Kind.ORDER, LAST),
        (Kind.ORDER, MARKET | {"price_ticks": 1}),
        (Kind.ORDER, STOP | {"flags": Flag.POST_ONLY}),
        (Kind.ORDER, STOP | {"flags": 3 << SOURCE_SHIFT}),
        (Kind.ORDER, STOP_MARKET | {"price_ticks": 1}),
        (Kind.ORDER, TRAILING | {"trigger_ticks": 0}),
        (Kind.ORDER, TRAILING | {"trigger_ticks": -1}),
        (Kind.ORDER, TRAILING | LAST),
        (Kind.ORDER, ICEBERG | {"trigger_ticks": 0}),
        (Kind.ORDER, ICEBERG | {"trigger_ticks": 5}),
        (Kind.ORDER, BLOCK | {"flags": Flag.REDUCE_ONLY}),
        (Kind.ORDER, BLOCK | LINKED),
    ],
)
def test_a_fault_is_malformed(kind, fault, market):
    assert not refused_as_malformed(market, command(kind, **GOOD.get(kind, {})))
    assert refused_as_malformed(market, command(kind, **(GOOD.get(kind, {}) | fault)))


@pytest.mark.parametrize(
    "columns",
    [
        MARKET,
        STOP | LAST,
        STOP | LINKED | {"time_in_force": TimeInForce.FOK},
        STOP_MARKET | {"trigger_ticks": -3},
        TRAILING | {"flags": Source.INDEX << SOURCE_SHIFT},
        ICEBERG | {"trigger_ticks": 4, "flags": Flag.POST_SLIDE},
        BLOCK,
        ORDER | LINKED,
        ORDER | {"flags": Flag.CHILD, "link": 7},
        ORDER | GTD | {"flags": Flag.POST_ONLY | Flag.REDUCE_ONLY | Flag.PROTECTED | 3 << 6},
    ],
)
def test_what_goes_together_is_well_formed(columns, market):
    assert not refused_as_malformed(market, command(Kind.ORDER, **columns))


def test_each_type_has_its_times_in_force(market):
    samples = {
        OrderType.LIMIT: ORDER,
        OrderType.MARKET: MARKET,
        OrderType.STOP_LIMIT: STOP,
        OrderType.STOP_MARKET: STOP_MARKET,
        OrderType.TAKE_LIMIT: STOP | {"order_type": OrderType.TAKE_LIMIT},
        OrderType.TAKE_MARKET: STOP_MARKET | {"order_type": OrderType.TAKE_MARKET},
        OrderType.TRAILING: TRAILING,
        OrderType.ICEBERG: ICEBERG,
        OrderType.BLOCK: BLOCK,
    }
    for order_type, force in product(OrderType, TimeInForce):
        expire_ns = 9 if force == TimeInForce.GTD else 0
        columns = samples[order_type] | {"time_in_force": force, "expire_ns": expire_ns}
        malformed = refused_as_malformed(market, command(Kind.ORDER, **columns))
        assert malformed == (force not in FORCES[order_type]), (order_type.name, force.name)
