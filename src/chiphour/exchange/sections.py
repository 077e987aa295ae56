"""SECTIONS: the state as the digest counts it, and the book as members see it.

Takes   a `State`.
Gives   the rows of rulebook 13; the levels of one side of a book.
Keeps   the order that rulebook 13 gives, whatever the history left in memory. Changes nothing.
Source  Rulebook 13.
"""

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table as term
from chiphour.contracts.table import CONTRACT_COLUMNS
from chiphour.exchange import state as col
from chiphour.exchange.book import place_of
from chiphour.exchange.digest import WIDTHS
from chiphour.exchange.digest import Sections
from chiphour.exchange.ladder import next_rank
from chiphour.exchange.positions import position_exists
from chiphour.exchange.state import NONE
from chiphour.exchange.state import State
from chiphour.ledger.kernel import kernel
from chiphour.ledger.kernel import question

Rows = NDArray[np.int64]


def sections_of(state: State) -> Sections:
    """Give the six sections of a state (rulebook 13)."""
    market = state.market[0]
    return Sections(
        market=market[None, [*range(col.SWEEP_ACCOUNT + 1)]],
        accounts=_account_rows(state.accounts),
        contracts=_contract_rows(state.contracts),
        indexes=_index_rows(state.indexes),
        positions=position_rows(state, int(market[col.POSITIONS])),
        orders=order_rows(state, int(market[col.ORDERS])),
    )


def _account_rows(accounts: Rows) -> Rows:
    found = np.flatnonzero(accounts[:, col.ACCOUNT_GROUP])
    group = np.maximum(accounts[found, col.ACCOUNT_GROUP], 0)  # Alone is "given as 0".
    return np.column_stack((found, group, accounts[found, col.ACCOUNT_CASH]))


def _contract_rows(contracts: Rows) -> Rows:
    found = np.flatnonzero(contracts[:, term.STATE])
    return np.column_stack((found, contracts[found, :CONTRACT_COLUMNS]))


def _index_rows(indexes: Rows) -> Rows:
    last = indexes[:, col.INDEX_PROVISIONAL_NS] + indexes[:, col.INDEX_FINAL_NS]
    found = np.flatnonzero(last)
    return np.column_stack((found, indexes[found, : WIDTHS.indexes - 1]))


@question
def position_rows(state, count):
    """Give the positions section: int64[count, 7], by account, then contract."""
    rows = np.zeros((count, 7), np.int64)
    accounts = state.accounts
    row = 0
    for account in range(accounts.shape[0]):
        if accounts[account, col.ACCOUNT_POSITIONS] == 0:
            continue
        for contract in range(state.contracts.shape[0]):
            place = contract * accounts.shape[0] + account
            if position_exists(state.positions, place):
                rows[row, 0] = account
                rows[row, 1] = contract
                rows[row, 2] = state.positions[place, col.POSITION_LOTS]
                rows[row, 3] = state.positions[place, col.POSITION_VALUE_SEEN]
                rows[row, 4] = state.positions[place, col.POSITION_OPEN_BUY]
                rows[row, 5] = state.positions[place, col.POSITION_OPEN_SELL]
                rows[row, 6] = state.positions[place, col.POSITION_RESERVE]
                row += 1
    assert row == count
    return rows


@question
def order_rows(state, count):
    """Give the orders section: int64[count, 9], by contract, side, price from best, time."""
    rows = np.zeros((count, 9), np.int64)
    window = state.market[0, col.WINDOW_TICKS]
    row = 0
    for ladder in range(state.ladders.shape[0]):
        rank = state.ladders[ladder, col.LADDER_BEST]
        while rank < window:
            order = state.levels[ladder * window + rank, col.LEVEL_FIRST]
            while order != NONE:
                _order_row(state, order, rows, row)
                row += 1
                order = state.orders[order, col.ORDER_NEXT]
            rank = next_rank(state.ladders, ladder, window, rank)
    assert row == count
    return rows


@kernel
def _order_row(state, order, rows, row):
    orders = state.orders
    place = orders[order, col.ORDER_PLACE]
    contract, side, price_ticks = place_of(state.market, state.contracts, place)
    rows[row, 0] = orders[order, col.ORDER_ID]
    rows[row, 1] = orders[order, col.ORDER_HOLDER] >> col.HOLDER_SHIFT
    rows[row, 2] = contract
    rows[row, 3] = side
    rows[row, 4] = price_ticks
    rows[row, 5] = orders[order, col.ORDER_HOLDER] & col.HOLDER_LOTS
    rows[row, 6] = orders[order, col.ORDER_RESERVE]
    rows[row, 7] = orders[order, col.ORDER_CLIENT_ORDER_ID]
    rows[row, 8] = orders[order, col.ORDER_LABEL]


@question
def level_rows(state, contract, side, depth):
    """Give the best levels of one side: int64[at most depth, 3]: price in ticks, lots, orders."""
    rows = np.zeros((depth, 3), np.int64)
    window = state.market[0, col.WINDOW_TICKS]
    ladder = 2 * contract + side - 1
    rank = state.ladders[ladder, col.LADDER_BEST]
    row = 0
    while rank < window and row < depth:
        place = ladder * window + rank
        _, _, price_ticks = place_of(state.market, state.contracts, place)
        rows[row, 0] = price_ticks
        rows[row, 1] = state.levels[place, col.LEVEL_LOTS]
        rows[row, 2] = state.levels[place, col.LEVEL_ORDERS]
        row += 1
        rank = next_rank(state.ladders, ladder, window, rank)
    return rows[:row]
