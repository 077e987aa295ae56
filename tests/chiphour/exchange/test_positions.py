"""POSITIONS: the chain of an account holds its positions, all of them and no other.

Takes   random orders and cancels in three contracts; trades at prices of one's own.
Gives   chain, counts and sums of each account; entry prices.
Keeps   a position out of the tables once nothing of it is left.
Source  Rulebook 1.2, 3.2, 3.5, 3.7.
"""

import numpy as np
import pytest

from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from chiphour.exchange.positions import _entry
from positioned import PLAIN
from positioned import opened
from positioned import trade


def chain(state, account):
    """Walk an account's positions, both links checked."""
    found, place, before = [], state.accounts[account, col.ACCOUNT_FIRST], 0
    while place:
        assert state.positions[place, col.POSITION_PREVIOUS] == before
        found.append(int(place))
        before, place = place, state.positions[place, col.POSITION_NEXT]
    return found


def test_chains_and_counts_are_those_of_the_positions(empty):
    """Rulebook 3.5."""
    market = opened(empty, limits={"positions_per_account": 3})
    for contract in (1, 2):
        market.list(contract, **PLAIN)
    state = market.engine._state
    random = np.random.default_rng(11)
    placed: list[tuple[int, int]] = []
    for _ in range(600):
        if placed and random.random() < 0.5:
            account, order = placed.pop(int(random.integers(len(placed))))
            market.do(Kind.CANCEL, account=account, order=order)
        else:
            account, side = int(random.integers(8, 12)), ("buy", "sell")[int(random.integers(2))]
            price, lots = int(random.integers(298, 303)), int(random.integers(1, 3))
            events = market.order(account, side, price, lots, contract=int(random.integers(3)))
            placed.append((account, events[0]["order"]))
        exist = state.positions[:, : col.POSITION_OPEN_SELL + 1].any(axis=1)
        for account in range(16):
            places = [place for place in np.flatnonzero(exist) if place % 16 == account]
            assert sorted(chain(state, account)) == places
            assert state.accounts[account, col.ACCOUNT_POSITIONS] == len(places)
            held = state.positions[places, col.POSITION_RESERVE].sum()
            assert state.accounts[account, col.ACCOUNT_RESERVES] == held
        assert state.market[0, col.POSITIONS] == exist.sum()
        assert not state.positions[~exist, col.POSITION_RESERVE].any()
        assert not state.positions[~exist, col.POSITION_ENTRY].any()


def test_a_position_that_is_closed_is_gone(empty):
    """Rulebook 3.2, 3.5: cash is what the prices differed by."""
    market = opened(empty)
    trade(market, 8, 9, 300, 2)
    held = market.engine._state.positions
    assert sorted(held[:, col.POSITION_LOTS])[::47] == [-2, 2]
    trade(market, 9, 8, 310, 2)
    assert not held[:, : col.POSITION_OPEN_SELL + 1].any()
    assert [market.cash(8), market.cash(9)] == [1_000_200_000, 999_800_000]


@pytest.mark.parametrize(
    ("lots", "entry", "fill", "price", "expected"),
    [
        (0, 0, 5, 7, 7),
        (1, 10, 1, 13, 12),  # 11.5 goes to the even neighbour, as 10.5 does:
        (1, 10, 1, 11, 10),
        (-3, 10, -1, 12, 10),  # 10.5.
        (-1, -10, -1, -13, -12),
        (3, 10, -2, 99, 10),
        (3, 10, -3, 99, 0),
        (3, 10, -4, 99, 99),
        (-3, 10, 5, -99, -99),
    ],
)
def test_the_entry_price_is_an_average_of_what_was_added(
    lots, entry, fill, price, expected, callable_from_python
):
    """Rulebook 3.7."""
    assert callable_from_python(_entry)(lots, entry, fill, price) == expected


def test_both_sides_of_a_fill_remember_its_price(empty):
    market = opened(empty)
    trade(market, 8, 9, 300, 2)
    trade(market, 8, 9, 303, 1)
    positions = market.engine._state.positions
    assert [positions[account, col.POSITION_ENTRY] for account in (8, 9)] == [3_010_000] * 2
