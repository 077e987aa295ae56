"""TEST MEMBERS: the demonstration members, as functions of what they hear.

Takes   a seed, times, events.
Gives   claims on their orders.
Keeps   a restart that hears the same events from sending other orders.
Source  Decision 0011.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.simulate.members import DEMONSTRATION
from chiphour.simulate.members import DEPOSIT_MICROUSD
from chiphour.simulate.members import POSITION_LOTS_MAX
from chiphour.simulate.members import Crowd
from chiphour.simulate.members import Quoted
from chiphour.simulate.members import enrolment
from chiphour.simulate.members import fair_microusd
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE

START_NS = 20_000 * NS_PER_DAY + 40 * NS_PER_MINUTE
PERPETUAL = Quoted(0, 100, 3_200_000, 3_190_000, 0)
FUTURE = Quoted(1, 100, 3_200_000, 3_190_000, START_NS + 30 * NS_PER_DAY)


def stamped(rows, first):
    rows = rows.copy()
    rows[:, c.SEQUENCE] = np.arange(first, first + len(rows))
    return rows


def market():
    """An exchange with one perpetual and the members, their money paid in."""
    exchange = Reference(Limits(contracts=2, orders=4096, window_ticks=1 << 16))
    rows = [
        command(Kind.FIXING, index=1, strike_ns=1, vintage=1, fit=1, value_microusd=3_200_000),
        command(Kind.LIST, contract=0),
        command(Kind.SET, contract=0, parameter=1, value=1),
        command(Kind.OPEN, contract=0),
    ]
    together = np.concatenate([np.array(rows), enrolment(DEMONSTRATION)])
    together[:, c.TIME_NS] = START_NS
    events = exchange.apply(stamped(together, 1))
    assert not (events[:, e.KIND] == e.Kind.REFUSED).any()
    return exchange


def test_members_have_their_own_accounts_and_say_what_they_are():
    assert all(member.name.startswith("demonstration ") for member in DEMONSTRATION)
    assert {member.role for member in DEMONSTRATION} == {"maker", "hedger", "supplier", "trend"}
    rows = enrolment(DEMONSTRATION)
    assert len(rows) == 2 * len(DEMONSTRATION)
    assert set(rows[rows[:, c.KIND] == Kind.DEPOSIT][:, c.AMOUNT_MICROUSD]) == {DEPOSIT_MICROUSD}


@given(seed=st.integers(0, 2**31), minutes=st.integers(0, 10_000))
def test_orders_are_a_function_of_seed_time_and_account(seed, minutes):
    time_ns = START_NS + minutes * NS_PER_MINUTE
    first = Crowd(DEMONSTRATION, seed).step(time_ns, [PERPETUAL, FUTURE])
    again = Crowd(DEMONSTRATION, seed).step(time_ns, [PERPETUAL, FUTURE])
    assert (first == again).all()
    assert set(first[:, c.TIME_NS]) == {time_ns}


def test_a_day_of_trading_is_accepted_in_full_and_fills():
    exchange, crowd = market(), Crowd(DEMONSTRATION, 7)
    fills = refused = 0
    for step in range(1, 41):  # The contract opens with a call of two minutes.
        rows = crowd.step(START_NS + step * 30 * NS_PER_MINUTE, [PERPETUAL])
        while exchange.next_due_ns <= rows[0, c.TIME_NS]:
            advance = command(Kind.ADVANCE)
            advance[c.TIME_NS] = exchange.next_due_ns
            crowd.hear(exchange.apply(stamped(advance[None], exchange.sequence + 1)))
        events = exchange.apply(stamped(rows, exchange.sequence + 1))
        crowd.hear(events)
        fills += (events[:, e.KIND] == e.Kind.FILL).sum()
        refused += (events[:, e.KIND] == e.Kind.REFUSED).sum()
    assert fills > 20
    assert refused == 0
    assert all(abs(lots) <= POSITION_LOTS_MAX for lots in crowd._lots.values())


def test_a_crowd_that_heard_the_events_goes_on_as_the_one_that_caused_them():
    exchange, crowd, heard = market(), Crowd(DEMONSTRATION, 7), []
    for step in range(10):
        rows = crowd.step(START_NS + step * 30 * NS_PER_MINUTE, [PERPETUAL])
        heard.append(exchange.apply(stamped(rows, exchange.sequence + 1)))
        crowd.hear(heard[-1])
    restarted = Crowd(DEMONSTRATION, 7)
    restarted.hear(np.concatenate(heard))
    later_ns = START_NS + 300 * NS_PER_MINUTE
    assert (restarted.step(later_ns, [PERPETUAL]) == crowd.step(later_ns, [PERPETUAL])).all()


def test_makers_quote_both_sides_and_takers_only_take():
    rows = Crowd(DEMONSTRATION, 3).step(START_NS, [PERPETUAL])
    makers = {member.account for member in DEMONSTRATION if member.role == "maker"}
    quotes = rows[np.isin(rows[:, c.ACCOUNT], list(makers))]
    assert set(quotes[:, c.SIDE]) == {Side.BUY, Side.SELL}
    assert set(quotes[:, c.TIME_IN_FORCE]) == {TimeInForce.GTC}
    takers = rows[~np.isin(rows[:, c.ACCOUNT], list(makers))]
    assert set(takers[:, c.TIME_IN_FORCE]) <= {TimeInForce.IOC}


@pytest.mark.parametrize(("quoted", "carried"), [(PERPETUAL, False), (FUTURE, True)])
def test_the_fair_price_carries_by_days_to_expiry(quoted, carried):
    fair = fair_microusd(quoted, START_NS)
    assert (fair > quoted.index_microusd) == carried
    assert fair == quoted.index_microusd + (3_200_000 * 150 * 30 // 10**6 if carried else 0)
