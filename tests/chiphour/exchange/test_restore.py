"""RESTORE: what a state is made of, down to the bookkeeping that no digest counts.

Takes   a market with orders of many kinds; and its twin from its sections.
Gives   equal chains, heaps, ladders and counts, whatever the rows of the orders are.
Keeps   the law of it in `tests/laws/test_restore.py`.
Source  Rulebook 13.1; decision 0026.
"""

import numpy as np
import pytest

from chiphour.contracts import table as term
from chiphour.exchange import state as col
from chiphour.exchange.engine import Engine
from chiphour.exchange.restore import restore
from chiphour.exchange.state import NONE
from chiphour.exchange.state import allocate
from chiphour.simulate.storm_hand import seeded


@pytest.fixture(scope="module", params=range(6))
def pair(request):
    """Give a state after a flow, and the one made from its sections."""
    limits, rows = seeded(request.param, 200)
    market = Engine(limits)
    done = 0
    for number, row in enumerate(rows, 1):
        market.apply(row[None])
        done = number if market.next_due_ns > market.time_ns else done
    market = Engine(limits)
    market.apply(rows[:done])
    twin = allocate(limits)
    restore(twin, market.sections())
    return market._state, twin


def chain(state, row, following):
    """Give the ids of the orders along a chain."""
    found = []
    while row != NONE:
        found.append(int(state.orders[row, col.ORDER_ID]))
        row = state.orders[row, following]
    return found


def test_books_have_the_same_orders_at_the_same_prices(pair):
    for ladder in range(len(pair[0].ladders)):
        assert (
            pair[0].ladders[ladder, col.LADDER_BITS :] == pair[1].ladders[ladder, col.LADDER_BITS :]
        ).all()
        assert pair[0].ladders[ladder, col.LADDER_BEST] == pair[1].ladders[ladder, col.LADDER_BEST]
    counted = [col.LEVEL_LOTS, col.LEVEL_ORDERS]
    assert (pair[0].levels[:, counted] == pair[1].levels[:, counted]).all()
    for place in np.flatnonzero(pair[0].levels[:, col.LEVEL_ORDERS]):
        for end, way in ((col.LEVEL_FIRST, col.ORDER_NEXT), (col.LEVEL_LAST, col.ORDER_PREVIOUS)):
            ids = [chain(state, state.levels[place, end], way) for state in pair]
            assert ids[0] == ids[1]


def test_positions_have_the_same_orders_by_id(pair):
    ways = (
        (col.POSITION_ORDER_FIRST, col.ORDER_LATER),
        (col.POSITION_ORDER_LAST, col.ORDER_EARLIER),
    )
    for place in range(len(pair[0].positions)):
        for end, way in ways:
            ids = [chain(state, state.positions[place, end], way) for state in pair]
            assert ids[0] == ids[1]
        reducing = [
            sorted(chain(state, state.positions[place, col.POSITION_REDUCING], col.ORDER_REDUCING))
            for state in pair
        ]
        assert reducing[0] == reducing[1]
    counted = [col.POSITION_WAITING, col.POSITION_REDUCING_COUNT]
    assert (pair[0].positions[:, counted] == pair[1].positions[:, counted]).all()


def test_waiting_orders_and_their_counts_are_the_same(pair):
    for contract in range(len(pair[0].contracts)):
        ids = [
            chain(state, state.ladders[2 * contract, col.LADDER_WAITING_FIRST], col.ORDER_NEXT)
            for state in pair
        ]
        assert ids[0] == ids[1]
        assert len(ids[1]) == pair[1].contracts[contract, term.WAITING]
        lasts = [int(state.ladders[2 * contract, col.LADDER_LASTS]) for state in pair]
        assert lasts[0] == lasts[1]


def test_ends_come_in_the_same_order(pair):
    found = []
    for state in pair:
        count = int(state.market[0, col.TIMERS])
        rows = state.orders[1 : count + 1, col.ORDER_HEAP]
        assert (state.orders[rows, col.ORDER_TIMER] == np.arange(1, count + 1)).all()
        found.append(sorted(state.orders[rows][:, [col.ORDER_EXPIRE_NS, col.ORDER_ID]].tolist()))
    assert found[0] == found[1]


def test_accounts_and_counts_are_the_same(pair):
    sums = [col.ACCOUNT_POSITIONS, col.ACCOUNT_RESERVES, col.ACCOUNT_GROUP, col.ACCOUNT_QUEUED]
    assert (pair[0].accounts[:, sums] == pair[1].accounts[:, sums]).all()
    counts = [col.POSITIONS, col.ORDERS, col.WORK_COUNT, col.IDS_NEW, col.IDS_OLD]
    assert (pair[0].market[0, counts] == pair[1].market[0, counts]).all()
    for account in range(len(pair[0].accounts)):
        found = []
        for state in pair:
            places, place = [], state.accounts[account, col.ACCOUNT_FIRST]
            while place != NONE and state.accounts[account, col.ACCOUNT_POSITIONS]:
                places.append(int(place))
                place = state.positions[place, col.POSITION_NEXT]
            found.append(sorted(places))
        assert found[0] == found[1]


def test_half_done_instant_is_not_restored():
    limits, _ = seeded(0, 1)
    market = Engine(limits)
    sections = market.sections()
    sections.market[0, col.SWEEP_ACTIVE] = 1
    with pytest.raises(AssertionError):
        Engine.from_sections(limits, sections)
