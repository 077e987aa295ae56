"""POSITIONS: the chain of an account holds its positions, all of them and no other.

Takes   random orders and cancels in three contracts.
Gives   chain, counts and sums of each account.
Keeps   a position out of the tables once nothing of it is left.
Source  Rulebook 1.2, 3.5.
"""

import numpy as np

from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind


def chain(state, account):
    """Walk an account's positions, both links checked."""
    found, place, before = [], state.accounts[account, col.ACCOUNT_FIRST], 0
    while place:
        assert state.positions[place, col.POSITION_PREVIOUS] == before
        found.append(int(place))
        before, place = place, state.positions[place, col.POSITION_NEXT]
    return found


def test_chains_and_counts_are_those_of_the_positions(empty):
    market = empty(positions_per_account=3)
    for account in range(8, 12):
        market.member(account)
    market.fix()
    for contract in range(3):
        market.list(contract)
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
            reserves = state.positions[places, col.POSITION_RESERVE].sum()
            assert state.accounts[account, col.ACCOUNT_RESERVES] == reserves
        assert state.market[0, col.POSITIONS] == exist.sum()
        assert not state.positions[~exist, col.POSITION_RESERVE].any()
    market.check()


def test_a_position_that_is_closed_is_gone(market):
    market.order(8, "buy", 300, 2)
    market.order(9, "sell", 300, 2)
    assert [row[:3] for row in market.engine.sections().positions.tolist()] == [
        [8, 0, 2],
        [9, 0, -2],
    ]
    market.order(9, "buy", 310, 2)
    market.order(8, "sell", 310, 2)
    assert len(market.engine.sections().positions) == 0
    assert [market.cash(8), market.cash(9)] == [1_000_200_000, 999_800_000]
