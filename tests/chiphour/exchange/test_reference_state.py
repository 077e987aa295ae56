"""TEST REFERENCE STATE: positions come and go with what they hold; an order's need is measured.

Takes   a state made by hand.
Gives   positions, sums, rows.
Keeps   the state as it was where only a question is asked.
Source  Rulebook 3.3, 3.5, 6.4 and 13.
"""

from copy import deepcopy

import pytest

from chiphour.contracts import table
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Side
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_state import Account
from chiphour.exchange.reference_state import Contract
from chiphour.exchange.reference_state import Index
from chiphour.exchange.reference_state import MarketState


@pytest.fixture
def state():
    """Give account 8 with $1 and one open contract at $2.50, V at 40."""
    row = rules.new_row()
    row[table.INDEX] = 1
    rules.open_row(row, 2_500_000, 10**18)
    row[table.VALUE_PER_LOT_MICROUSD] = 40
    market = MarketState(Limits(16, 2, 4, 8, 8, 2, 64), accounts={8: Account(0, 1_000_000)})
    market.contracts[1] = Contract(row)
    return market


def order(side, lots, reserve_microusd):
    return Order(7, 8, 1, side, 25_000, lots, reserve_microusd, 5, 6)


def test_position_begins_at_the_present_v_and_vanishes_with_its_last_lot(state):
    state.add_open_lots(order(Side.BUY, 3, 10), 3)
    position = state.accounts[8].positions[1]
    assert (position.value_seen_microusd, position.buy_lots, position.reserve_microusd) == (
        40,
        3,
        30,
    )
    state.add_open_lots(order(Side.BUY, 3, 10), -2)
    assert (position.buy_lots, position.reserve_microusd) == (1, 10)
    state.add_open_lots(order(Side.BUY, 3, 10), -1)
    assert state.accounts[8].positions == {}


def test_more_lots_released_than_open_is_our_fault(state):
    state.add_open_lots(order(Side.SELL, 2, 0), 2)
    with pytest.raises(AssertionError):
        state.add_open_lots(order(Side.SELL, 3, 0), -3)


def test_need_of_an_order_is_its_margin_where_it_raises_w_else_the_reserves(state):
    state.add_open_lots(order(Side.BUY, 4, 10), 4)
    before = deepcopy(state)
    assert state.needed_microusd(order(Side.BUY, 1, 3)) == 5 * 250_000 + 40 + 3
    assert state.needed_microusd(order(Side.SELL, 4, 3)) == 40 + 4 * 3
    assert state.needed_microusd(order(Side.SELL, 5, 3)) == 5 * 250_000 + 40 + 5 * 3
    assert state == before


def test_owed_is_what_v_moved_since_it_was_seen(state):
    state.add_open_lots(order(Side.BUY, 1, 0), 1)
    state.accounts[8].positions[1].lots = -3
    state.contracts[1].row[table.VALUE_PER_LOT_MICROUSD] = 50
    assert state.owed_microusd(8, 1) == -30


def test_rows_are_those_of_the_rulebook(state):
    resting = order(Side.BUY, 3, 10)
    state.add_open_lots(resting, 3)
    state.contracts[1].book.add(resting)
    state.indexes[2] = Index(11, 12, [9, 8])
    sections = state.sections()
    assert sections.market.tolist() == [[0, 0, state.next_due_ns, 0, 0]]
    assert sections.accounts.tolist() == [[8, 0, 1_000_000]]
    assert sections.contracts.tolist() == [[1, *state.contracts[1].row]]
    assert sections.indexes.tolist() == [[2, 11, 12, 9, 8, 0]]
    assert sections.positions.tolist() == [[8, 1, 0, 40, 3, 0, 30]]
    assert sections.orders.tolist() == [[7, 8, 1, Side.BUY, 25_000, 3, 10, 5, 6]]


def test_contracts_are_found_by_state_and_index_in_order_of_number(state):
    state.contracts[0] = Contract(rules.new_row())
    assert [n for n, _ in state.by_number(None)] == [0, 1]
    assert [n for n, _ in state.by_number(table.State.OPEN)] == [1]
    assert [n for n, _ in state.by_number(None, 1)] == [1]
    assert state.by_number(table.State.OPEN, 2) == []
