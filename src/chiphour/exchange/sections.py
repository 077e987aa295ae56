"""SECTIONS: the state as the digest counts it, and the book as members see it.

Takes   a `State`.
Gives   the rows of rulebook 13; the levels of one side of a book.
Keeps   the order that rulebook 13 gives, whatever the history left in memory. Changes nothing.
Source  Rulebook 13.1.
"""

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table as term
from chiphour.contracts.table import CONTRACT_COLUMNS
from chiphour.exchange import state as col
from chiphour.exchange.digest import WIDTHS
from chiphour.exchange.digest import Sections
from chiphour.exchange.ladder import next_rank
from chiphour.exchange.orders import contract_of
from chiphour.exchange.orders import side_of
from chiphour.exchange.orders import time_in_force_of
from chiphour.exchange.orders import type_of
from chiphour.exchange.positions import position_exists
from chiphour.exchange.resting import place_of
from chiphour.exchange.state import NONE
from chiphour.exchange.state import State
from chiphour.ledger.kernel import kernel
from chiphour.ledger.kernel import question

Rows = NDArray[np.int64]

_ACCOUNT_COLUMNS = (
    col.ACCOUNT_CASH,
    col.ACCOUNT_ORDER,
    col.ACCOUNT_ORDER_BEFORE,
    col.ACCOUNT_MODE,
    col.ACCOUNT_LIQUIDATION,
    col.ACCOUNT_CALLED,
    col.ACCOUNT_STEPS,
    col.ACCOUNT_TIER,
    col.ACCOUNT_LOTS_TODAY,
)


def sections_of(state: State) -> Sections:
    """Give the twelve sections of a state (rulebook 13.1)."""
    market = state.market[0]
    waiting = int(state.contracts[:, term.WAITING].sum())
    return Sections(
        market=market[None, : col.PRIORITY + 1].copy(),
        settings=state.market[None, col.SETTINGS, : WIDTHS.settings].copy(),
        accounts=_account_rows(state.accounts),
        volumes=_numbered(state.volumes, col.VOLUME_DAYS),
        contracts=_contract_rows(state.contracts),
        indexes=_index_rows(state.indexes),
        positions=position_rows(state, int(market[col.POSITIONS])),
        protections=_protection_rows(state),
        orders=order_rows(state, int(market[col.ORDERS]) - waiting),
        waiting=_by_id(waiting_rows(state, waiting)),
        work=_work_rows(state),
        ids=_id_rows(state),
    )


def _account_rows(accounts: Rows) -> Rows:
    found = np.flatnonzero(accounts[:, col.ACCOUNT_GROUP])
    group = np.maximum(accounts[found, col.ACCOUNT_GROUP], 0)  # Alone is "given as 0".
    return np.column_stack((found, group, accounts[found][:, _ACCOUNT_COLUMNS]))


def _numbered(table: Rows, width: int) -> Rows:
    """Give the rows that are not all zero, each after its number."""
    found = np.flatnonzero(table[:, :width].any(axis=1))
    return np.column_stack((found, table[found, :width]))


def _contract_rows(contracts: Rows) -> Rows:
    found = np.flatnonzero(contracts[:, term.STATE])
    return np.column_stack((found, contracts[found, :CONTRACT_COLUMNS]))


def _index_rows(indexes: Rows) -> Rows:
    known = (col.INDEX_PROVISIONAL_NS, col.INDEX_FINAL_NS, col.INDEX_TICK_COUNT)
    found = np.flatnonzero(indexes[:, known].any(axis=1))
    return np.column_stack((found, indexes[found, : WIDTHS.indexes - 1]))


def _protection_rows(state: State) -> Rows:
    accounts = len(state.accounts)
    columns = slice(col.PROTECTION_INTERVAL_S, col.PROTECTION_UNTIL_NS + 1)
    found = np.flatnonzero(state.positions[:, col.PROTECTION_LIMIT_LOTS])
    found = found[np.lexsort((found // accounts, found % accounts))]
    rows = state.positions[found, columns]
    return np.column_stack((found % accounts, found // accounts, rows))


def _by_id(rows: Rows) -> Rows:
    return rows[np.argsort(rows[:, 0])]


def _work_rows(state: State) -> Rows:
    market = state.market[0]
    places = int(market[col.WORK_FIRST]) + np.arange(int(market[col.WORK_COUNT]))
    return state.work[places % len(state.work), : WIDTHS.work].copy()


def _id_rows(state: State) -> Rows:
    """Give the ids; an age is how many sweeps came since: the market's own stands nowhere."""
    rows = state.ids[state.ids[:, col.ID_ACCOUNT] != 0, : WIDTHS.ids]
    rows[:, col.ID_AGE] = state.market[0, col.AGE] - rows[:, col.ID_AGE]
    return rows[np.lexsort((rows[:, col.ID_NUMBER], rows[:, col.ID_ACCOUNT]))]


@question
def position_rows(state, count):
    """Give the positions section: int64[count, 8], by account, then contract."""
    rows = np.zeros((count, 8), np.int64)
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
                rows[row, 7] = state.positions[place, col.POSITION_ENTRY]
                row += 1
    assert row == count
    return rows


@question
def order_rows(state, count):
    """Give the orders section: int64[count, 19], by contract, side, price from best, time."""
    rows = np.zeros((count, 19), np.int64)
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
def _id_of(state, order):
    """Give the id of an order's row, 0 for none."""
    return 0 if order == NONE else state.orders[order, col.ORDER_ID]


@kernel
def _order_row(state, order, rows, row):
    orders = state.orders
    place = orders[order, col.ORDER_PLACE]
    words = orders[order, col.ORDER_WORDS]
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
    rows[row, 9] = type_of(words)
    rows[row, 10] = time_in_force_of(words)
    rows[row, 11] = words & col.WORDS_FLAGS
    rows[row, 12] = orders[order, col.ORDER_EXPIRE_NS]
    rows[row, 13] = orders[order, col.ORDER_HIDDEN]
    rows[row, 14] = orders[order, col.ORDER_DISPLAY]
    rows[row, 15] = orders[order, col.ORDER_TRADED]
    rows[row, 16] = orders[order, col.ORDER_PRIORITY]
    rows[row, 17] = _id_of(state, orders[order, col.ORDER_PARTNER])
    rows[row, 18] = _id_of(state, orders[order, col.ORDER_PARENT])


@question
def waiting_rows(state, count):
    """Give the waiting section: int64[count, 17], by contract, then id."""
    rows = np.zeros((count, 17), np.int64)
    row = 0
    for contract in range(state.contracts.shape[0]):
        order = state.ladders[2 * contract, col.LADDER_WAITING_FIRST]
        while order != NONE:
            _waiting_row(state, order, rows, row)
            row += 1
            order = state.orders[order, col.ORDER_NEXT]
    assert row == count
    return rows


@kernel
def _waiting_row(state, order, rows, row):
    orders = state.orders
    words = orders[order, col.ORDER_WORDS]
    rows[row, 0] = orders[order, col.ORDER_ID]
    rows[row, 1] = orders[order, col.ORDER_HOLDER] >> col.HOLDER_SHIFT
    rows[row, 2] = contract_of(state.market, orders, order)
    rows[row, 3] = side_of(words)
    rows[row, 4] = orders[order, col.ORDER_PRICE_TICKS]
    rows[row, 5] = orders[order, col.ORDER_HOLDER] & col.HOLDER_LOTS
    rows[row, 6] = orders[order, col.ORDER_CLIENT_ORDER_ID]
    rows[row, 7] = orders[order, col.ORDER_LABEL]
    rows[row, 8] = type_of(words)
    rows[row, 9] = time_in_force_of(words)
    rows[row, 10] = words & col.WORDS_FLAGS
    rows[row, 11] = orders[order, col.ORDER_EXPIRE_NS]
    rows[row, 12] = orders[order, col.ORDER_TRIGGER]
    rows[row, 13] = orders[order, col.ORDER_EXTREME]
    rows[row, 14] = orders[order, col.ORDER_FIRED]
    rows[row, 15] = _id_of(state, orders[order, col.ORDER_PARTNER])
    rows[row, 16] = _id_of(state, orders[order, col.ORDER_PARENT])


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
