"""SAFETY: whoever is passed over has nothing to be told: the bound against the full look.

Takes   random portfolios, and marks small and large.
Gives   at each mark the account's margin of safety in full, beside what MOVE promises.
Keeps   the promise: while MOVE is below ACCOUNT_SAFE, equity is at least 5/4 of MM.
Source  Rulebook 7.1; the bound in `exchange/safety.py`.
"""

import numpy as np
import pytest

from chiphour.contracts import settings
from chiphour.contracts import table as term
from chiphour.exchange import safety
from chiphour.exchange import state as col
from chiphour.exchange.margin import account_sums
from positioned import RATES
from positioned import hold_some
from positioned import renew
from positioned import state_of

LEGS = (term.LEG_A_MICROUSD, term.LEG_B_MICROUSD)
# What moves, and the rates that let just that decide: of the scenario, and of the tiers.
MOVES = {
    "mark": ((term.MARK_MICROUSD,), 100_000, 100_000),
    "base": ((term.BASE_MICROUSD,), 2_000_000, 200_000),
    "rates": (RATES, 2_000_000, 200_000),
    "legs": (LEGS, 500_000, 1_000_000),
    "all": ((term.MARK_MICROUSD, term.BASE_MICROUSD, *RATES, *LEGS), 300_000, 300_000),
}
LATER = [pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 6)]


def slack_of(state, account):
    """Give equity - MM - up(MM / 4), all of it made anew; the state stays as it is."""
    state = state._make(table.copy() for table in state)
    renew(state)
    cash, unrealised, _, _, maintenance = account_sums(state, account)
    return int(cash + unrealised - maintenance - -(-maintenance // 4))


def worse_mark(random, state, account, columns):
    """Move one contract's columns the way that is worse for the account, note it in MOVE."""
    row = state.contracts[int(random.integers(8))]
    before = row.copy()
    step = np.zeros(len(row), np.int64)
    step[list(columns)] = random.integers(-300, 301, len(columns))
    step[term.LEG_B_MICROUSD] *= before[term.LEG_B_MICROUSD] > 0
    found = []
    for sign in (1, -1):
        row[:] = before + sign * step
        found.append(slack_of(state, account))
    row[:] = before
    return before, step if found[0] < found[1] else -step


@pytest.mark.parametrize("moves", MOVES)
@pytest.mark.parametrize("seed", [0, 1, *LATER])
def test_who_is_called_safe_is_safe_until_move_has_come_so_far(seed, moves, callable_from_python):
    call_safe = callable_from_python(safety.call_safe)
    note_before = callable_from_python(safety.note_before)
    moved = callable_from_python(safety.moved)
    random = np.random.default_rng(seed)
    state = state_of(random)
    columns, rate, tiers = MOVES[moves]
    state.market[col.SETTINGS, settings.RATE_PPM] = rate
    state.contracts[:, list(RATES)] = tiers
    kept = told = 0
    for account in range(8, 24):
        gross = sum(abs(lots) for lots in hold_some(random, state, account).values())
        state.accounts[account, col.ACCOUNT_REACH] = gross
        slack = int(random.integers(600, 4_000)) * gross
        state.accounts[account, col.ACCOUNT_CASH] = slack - slack_of(state, account)
        assert slack_of(state, account) == slack
        call_safe(state, account, slack)
        for _ in range(60):
            before, step = worse_mark(random, state, account, columns)
            (contract,) = np.flatnonzero((state.contracts == before).all(axis=1))[:1]
            note_before(state, contract)
            state.contracts[contract] += step
            state.market[0, col.MOVE] += moved(state, contract)
            if state.accounts[account, col.ACCOUNT_SAFE] <= state.market[0, col.MOVE]:
                told += 1
                break
            assert slack_of(state, account) >= 0
            kept += 1
    assert kept >= 8 and told >= 4


def test_a_new_epoch_without_a_mark_ends_all_safety(callable_from_python):
    state = state_of(np.random.default_rng(3))
    state.accounts[8, col.ACCOUNT_POSITIONS] = 1
    callable_from_python(safety.follow_epoch)(state)
    callable_from_python(safety.call_safe)(state, 8, 1 << 60)
    assert state.accounts[8, col.ACCOUNT_SAFE] > state.market[0, col.MOVE]
    callable_from_python(safety.follow_epoch)(state)  # The same epoch: nothing happens.
    assert state.accounts[8, col.ACCOUNT_SAFE] > state.market[0, col.MOVE]
    renew(state)
    callable_from_python(safety.follow_epoch)(state)
    assert state.accounts[8, col.ACCOUNT_SAFE] < state.market[0, col.MOVE]


def test_without_room_nobody_is_called_safe(callable_from_python):
    state = state_of(np.random.default_rng(4))
    state.accounts[8, col.ACCOUNT_POSITIONS] = 2
    state.accounts[8, col.ACCOUNT_REACH] = 10
    for slack, safe in ((0, 0), (24, 0), (25, 0), (43, 0), (44, 1), (45, 1)):
        state.market[0, col.MOVE] = 0
        callable_from_python(safety.call_safe)(state, 8, slack)
        assert state.accounts[8, col.ACCOUNT_SAFE] == safe
        assert state.safety[8, col.SAFETY_MOVE] == safe


@pytest.mark.parametrize("seed", range(4))
def test_a_trade_keeps_safety_only_where_it_still_holds(seed, callable_from_python):
    """Whatever cash and sums a fill leaves, marks up to ACCOUNT_SAFE leave 5/4 of MM covered."""
    keep_safe = callable_from_python(safety.keep_safe)
    random = np.random.default_rng(seed)
    state = state_of(random)
    kept = ended = 0
    for account in range(8, 24):
        hold_some(random, state, account)
        places = np.arange(8) * len(state.accounts) + account
        reach = int(np.abs(state.positions[places, col.POSITION_LOTS]).sum())
        state.accounts[account, col.ACCOUNT_REACH] = reach
        account_sums(state, account)
        row = state.accounts[account]
        needed = row[col.ACCOUNT_MARGIN] - row[col.ACCOUNT_UNREALISED]
        row[col.ACCOUNT_CASH] = needed * 5 // 4 + reach * int(random.integers(-500, 4_000))
        safe = state.market[0, col.MOVE] + int(random.integers(1, 2_000))
        state.accounts[account, col.ACCOUNT_SAFE] = state.safety[account, col.SAFETY_MOVE] = safe
        keep_safe(state, account)
        found = int(state.accounts[account, col.ACCOUNT_SAFE])
        assert found == state.safety[account, col.SAFETY_MOVE]
        left = found - int(state.market[0, col.MOVE])
        assert left <= 0 or slack_of(state, account) >= left * reach
        kept, ended = kept + (found == safe), ended + (left <= 0)
    assert kept >= 2 and ended >= 2
