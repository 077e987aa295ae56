"""EMIT: every kind of event fills the columns that `events.FILLS` names, and no other.

Takes   storms in which everything happens, and an order sent twice.
Gives   all their events.
Keeps   the list of kinds complete: one that never happened is a failure.
Source  `events.py`; rulebook 1.3, 9.4.
"""

import numpy as np

from chiphour.exchange import events as tell
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import EVENT_PLACES
from chiphour.exchange.compose import command
from chiphour.exchange.engine import Engine
from chiphour.simulate.storm_hand import seeded

SEEDS = range(12)  # So many of these as it takes.
COMMANDS = 1_200


def test_every_event_fills_its_own_columns_only(market):
    heard = list(_said_twice(market))
    for seed in SEEDS:
        limits, rows = seeded(seed, COMMANDS)
        heard.extend(Engine(limits).apply(rows))
        if {event[tell.KIND] for event in heard} == set(tell.Kind):
            break
    assert {event[tell.KIND] for event in heard} == set(tell.Kind)
    for event in heard:
        kind = tell.Kind(event[tell.KIND])
        places = {tell.SEQUENCE, tell.TIME_NS, tell.KIND, *EVENT_PLACES[kind].values()}
        assert set(np.flatnonzero(event)) <= places, kind.name


def _said_twice(market):
    """Send an order with an id, and again."""
    order = {"side": Side.BUY, "price_ticks": 299, "lots": 1, "client_order_id": 5}
    order |= {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
    for _ in range(2):
        sequence = market.engine.sequence + 1
        stamp = {"sequence": sequence, "time_ns": market.time_ns, "account": 8, "contract": 0}
        yield from market.engine.apply(command(Kind.ORDER, **stamp, **order)[None])
