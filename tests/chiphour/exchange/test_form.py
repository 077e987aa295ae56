"""FORM: what no member may send, whatever the state.

Takes   a well-formed command of each kind, and one fault at a time.
Gives   MALFORMED; and anything but that for the command without a fault.
Keeps   every column that a kind does not read in the sample.
Source  Rulebook 1.4.
"""

import pytest

from chiphour.exchange import commands as ask
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import USES
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command

ORDER = {
    "account": 8,
    "side": 1,
    "order_type": 1,
    "time_in_force": 1,
    "price_ticks": 300,
    "lots": 1,
}
MARKET = ORDER | {"order_type": 2, "time_in_force": 2, "price_ticks": 0}
FIXING = {"index": 1, "strike_ns": 5, "vintage": 2, "fit": 1, "value_microusd": 7}
GOOD = {
    Kind.OPEN_ACCOUNT: {"account": 12},
    Kind.DEPOSIT: {"account": 8, "amount_microusd": 1},
    Kind.WITHDRAW: {"account": 8, "amount_microusd": 1},
    Kind.TRANSFER: {"account": 8, "target": 9, "amount_microusd": 1},
    Kind.FIXING: FIXING,
    Kind.MARK: {"index": 1, "fit": 1},
    Kind.ORDER: ORDER,
    Kind.CANCEL: {"account": 8, "order": 1},
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


@pytest.mark.parametrize("kind", [-1, 0, 13, 1 << 62, -(1 << 63)])
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
        (Kind.SET, {"parameter": 19}),
        (Kind.FIXING, {"vintage": 0}),
        (Kind.FIXING, {"vintage": 3}),
        (Kind.FIXING, {"fit": 2}),
        (Kind.FIXING, {"fit": -1}),
        (Kind.FIXING, {"strike_ns": 0}),
        (Kind.MARK, {"fit": 0}),
        (Kind.MARK, {"fit": 4}),
        (Kind.ORDER, {"side": 0}),
        (Kind.ORDER, {"side": 3}),
        (Kind.ORDER, {"order_type": 0}),
        (Kind.ORDER, {"order_type": 3}),
        (Kind.ORDER, {"time_in_force": 0}),
        (Kind.ORDER, {"time_in_force": 3}),
        (Kind.ORDER, {"flags": 1}),
        (Kind.ORDER, {"client_order_id": -1}),
        (Kind.ORDER, {"label": -1}),
        (Kind.ORDER, MARKET | {"price_ticks": 1}),
        (Kind.ORDER, MARKET | {"time_in_force": 1}),
    ],
)
def test_a_fault_is_malformed(kind, fault, market):
    assert not refused_as_malformed(market, command(kind, **GOOD.get(kind, {})))
    assert refused_as_malformed(market, command(kind, **(GOOD.get(kind, {}) | fault)))


def test_a_market_order_without_a_price_is_well_formed(market):
    assert not refused_as_malformed(market, command(Kind.ORDER, **MARKET))
