"""TEST REFERENCE STATE: positions come and go with what they hold; entry prices are averages.

Takes   a plain market of four members.
Gives   positions, sums.
Keeps   the sum of all cash at zero.
Source  Rulebook 3.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.reference_state import Position
from chiphour.exchange.reference_state import entry_microusd
from told import order
from told import told_market


def test_position_begins_at_the_present_v_and_vanishes_with_its_last_lot():
    told = told_market()
    told.row()[table.VALUE_PER_LOT_MICROUSD] = 40
    told.tell(order(8, "buy", 250, 3))
    position = told.state.accounts[8].positions[0]
    assert (position.value_seen_microusd, position.buy_lots) == (40, 3)  # Rulebook 3.3, 3.5.
    resting = told.state.orders[told.standing()[0]]
    with pytest.raises(AssertionError):
        told.state.add_open_lots(resting, -4)
    position.buy_lots = 3
    told.state.add_open_lots(resting, -3)
    assert told.state.accounts[8].positions == {}


def test_fill_is_carried_at_the_settlement_price():
    told = told_market()
    told.tell(order(8, "sell", 260, 4), order(9, "buy", 260, 4))
    cash = [told.state.accounts[account].cash_microusd for account in (8, 9)]
    assert cash == [10**9 + 400_000, 10**9 - 400_000]  # Rulebook 3.2: q (S - p), S = $2.50.
    assert told.row()[table.OPEN_INTEREST_LOTS] == 4
    assert sum(a.cash_microusd for a in told.state.accounts.values()) == 0


@pytest.mark.parametrize(
    ("lots", "entry", "bought", "price", "after"),
    [
        (0, 0, 3, 7, 7),
        (1, 4, 1, 5, 4),  # 4.5 is a tie: to the even neighbour (rulebook 3.7).
        (1, 5, 1, 6, 6),
        (-2, 10, -1, 13, 11),
        (5, 10, -2, 99, 10),
        (5, 10, -5, 99, 0),
        (5, 10, -7, 99, 99),
        (-5, 10, 7, 99, 99),
    ],
)
def test_entry_is_the_average_of_what_was_added(lots, entry, bought, price, after):
    position = Position(0, lots=lots, entry_microusd=entry)
    assert entry_microusd(position, bought, price) == after


def test_owed_is_what_v_moved_since_it_was_seen():
    told = told_market()
    told.tell(order(8, "sell", 250, 3), order(9, "buy", 250, 3))
    told.row()[table.VALUE_PER_LOT_MICROUSD] += 10
    assert [told.state.owed_microusd(account, 0) for account in (8, 9)] == [-30, 30]


def test_cash_beyond_its_bound_is_our_fault():
    with pytest.raises(AssertionError):
        told_market().state.post(8, 1 << 61)  # Rulebook 1.2.


def test_contracts_are_found_by_state_in_order_of_number():
    told = told_market()
    told.list(2)
    assert [n for n, _ in told.state.in_states(State.OPEN)] == [0, 2]
    assert told.state.in_states(State.CALL) == []


def test_group_is_the_account_alone_when_it_is_zero():
    state = told_market().state
    state.accounts[9].group = state.accounts[10].group = 4
    assert state.same_group(9, 10) and state.same_group(8, 8)
    assert not state.same_group(8, 11) and not state.same_group(8, 9)
