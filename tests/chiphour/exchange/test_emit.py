"""EMIT: every kind of event fills the columns that `events.FILLS` names, and no other.

Takes   a market that lives through everything that can happen.
Gives   all its events.
Keeps   the list of kinds complete: one that never happened is a failure.
Source  `events.py`; rulebook 9.4.
"""

import numpy as np

from chiphour.contracts.table import Type
from chiphour.exchange import events as tell
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import EVENT_PLACES
from chiphour.units import NS_PER_DAY


def test_every_event_fills_its_own_columns_only(market):
    heard = []
    inner = market.engine.apply

    def listen(rows):
        events = inner(rows)
        heard.extend(events)
        return events

    market.engine.apply = listen
    live(market)
    assert {event[tell.KIND] for event in heard} == set(tell.Kind)
    for event in heard:
        kind = tell.Kind(event[tell.KIND])
        places = {tell.SEQUENCE, tell.TIME_NS, tell.KIND, *EVENT_PLACES[kind].values()}
        assert set(np.flatnonzero(event)) <= places, kind.name


def live(market):
    """Let everything happen once."""
    market.member(12, dollars=10)
    market.do(Kind.WITHDRAW, account=12, amount_microusd=1)
    market.do(Kind.TRANSFER, account=12, target=2, amount_microusd=1, run=1, item=2)
    market.do(Kind.DEPOSIT, account=13, amount_microusd=1)
    expiry_ns = market.time_ns + NS_PER_DAY
    market.list(1, type=Type.FUTURE, expiry_ns=expiry_ns)
    market.list(2, funding_period_s=86_400, premium_clamp_ppm=100_000)
    for contract in (1, 2):
        market.order(8, "buy", 300, 500, contract=contract, client_order_id=1, label=2)
        market.order(9, "sell", 300, 501, contract=contract, client_order_id=3, label=4)
    market.order(9, "sell", 310, 500, contract=2)
    market.order(10, "buy", 299, 600, contract=2)
    market.order(10, "sell", 299, 600, contract=2, immediate=True)
    market.mark(3_100_000)
    market.until(expiry_ns)
    market.fix(3_200_000, expiry_ns)
    market.advance()
    market.fix(3_300_000, expiry_ns, Vintage.FINAL)
    market.advance()
