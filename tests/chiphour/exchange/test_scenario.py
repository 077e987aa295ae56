"""SCENARIO: P as the rulebook writes it, over random portfolios, and by hand.

Takes   accounts that hold contracts of one index, of two, and calendars.
Gives   P, MM and IM of the kernel beside a plain sum of this file.
Keeps   P between a quarter of the sum of margins and the sum.
Source  Rulebook 6.4, 6.5.
"""

from collections import defaultdict

import numpy as np
import pytest

from chiphour.contracts import settings
from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import state as col
from chiphour.exchange.margin import account_sums
from positioned import RATES
from positioned import hold
from positioned import hold_some
from positioned import mark
from positioned import renew
from positioned import state_of

PPM = 1_000_000


def up(numerator, denominator):
    return -(-numerator // denominator)


def im(row, lots):
    total, begin = 0, 0
    ends = [int(row[term.TIER_1_LOTS + tier]) for tier in range(3)] + [1 << 40]
    for end, rate in zip(ends, RATES, strict=True):
        inside = max(0, min(lots, end) - begin)
        total += up(int(row[term.BASE_MICROUSD]) * inside * int(row[rate]), PPM)
        begin = end
    return total


def legs_of(contracts, contract, lots):
    row = contracts[contract]
    near = -lots * int(row[term.LEG_B_MICROUSD])
    far = lots * int(row[term.LEG_A_MICROUSD])
    if row[term.TYPE] == Type.CALENDAR:
        index = int(contracts[row[term.LEG_FAR], term.INDEX])
        return [(index, far), (index, near)]
    legs = [(int(row[term.INDEX]), far)]
    return [*legs, (int(row[term.INDEX_B]), near)] if row[term.INDEX_B] > 0 else legs


def plain_sums(state, held):
    """Give P and MM the long way (rulebook 6.4, 6.5)."""
    given = [int(value) for value in state.market[col.SETTINGS]]
    long, short = defaultdict(int), defaultdict(int)
    total = frozen = 0
    for contract, lots in held.items():
        row = state.contracts[contract]
        if row[term.STATE] == State.FROZEN:
            frozen += up(3 * im(row, abs(lots)), 5)
        elif row[term.STATE] != State.EXPIRED:
            total += im(row, abs(lots))
            for index, worth in legs_of(state.contracts, contract, lots):
                long[index] += max(0, worth)
                short[index] += max(0, -worth)
    net = {index: long[index] - short[index] for index in long}
    loss = sum(up(abs(worth) * given[settings.RATE_PPM], PPM) for worth in net.values())
    for index in long:
        spread = min(long[index], short[index])
        loss += up(spread * given[settings.SPREAD_RATE_PPM], PPM)
    for pair in range(settings.PAIRS):
        a, b = given[settings.PAIR_A + pair], given[settings.PAIR_B + pair]
        if a in net and b in net and net[a] * net[b] < 0:
            matched = min(abs(net[a]), abs(net[b]))
            loss -= matched * given[settings.PAIR_CREDIT_PPM + pair] // PPM
            for index in (a, b):
                net[index] -= matched if net[index] > 0 else -matched
    worst = max(up(total, 4), min(total, loss))
    return worst + frozen, up(3 * worst, 5) + frozen


@pytest.mark.parametrize("seed", range(40))
def test_random_portfolios_have_the_margin_of_the_rulebook(seed):
    random = np.random.default_rng(seed)
    state = state_of(random)
    for account in range(8, 24):
        held = hold_some(random, state, account)
        for _ in range(3):
            contract = int(random.integers(8))
            state.contracts[contract, term.STATE] = random.choice(
                [State.OPEN, State.CALL, State.STOPPED, State.FROZEN, State.EXPIRED]
            )
            mark(random, state, contract)
            renew(state)
            _, _, initial, reserves, maintenance = account_sums(state, account)
            assert (initial, maintenance) == plain_sums(state, held)
            assert reserves == 0


@pytest.fixture
def flat():
    """Give a state at $4.00 everywhere, margin 100 %, so that the scenario alone decides."""
    state = state_of(np.random.default_rng(1))
    state.market[col.SETTINGS, settings.PAIR_A : settings.SETTINGS_USED] = 0
    for contract in range(8):
        for column in (term.MARK_MICROUSD, term.SETTLEMENT_MICROUSD, term.BASE_MICROUSD):
            state.contracts[contract, column] = 4_000_000
        state.contracts[contract, term.LEG_A_MICROUSD] = 4_000_000
        state.contracts[contract, list(RATES)] = PPM
    return state


def p_of(state, **held):
    hold(state, 8, {int(name[1:]): lots for name, lots in held.items()})
    renew(state)
    return account_sums(state, 8)[2]


def test_one_position_loses_the_rate_but_at_least_a_quarter_of_its_margin(flat):
    assert p_of(flat, c0=100) == 100_000_000  # A quarter of $400; the scenario says $40.
    flat.market[col.SETTINGS, settings.RATE_PPM] = 300_000
    assert p_of(flat, c0=100) == 120_000_000
    flat.market[col.SETTINGS, settings.RATE_PPM] = 1_100_000
    assert p_of(flat, c0=-100) == 400_000_000  # No more than the margin itself.


def test_what_is_long_and_short_on_one_index_pays_the_spread_rate(flat):
    flat.contracts[4, term.INDEX_B] = 0  # Contracts 0 and 4 are on index 1 alike.
    flat.market[col.SETTINGS, settings.RATE_PPM] = 1_000_000
    flat.market[col.SETTINGS, settings.SPREAD_RATE_PPM] = 600_000
    assert p_of(flat, c0=100, c4=-100) == 240_000_000
    assert p_of(flat, c0=100, c4=-90) == 40_000_000 + 216_000_000


def test_each_micro_dollar_is_matched_once_by_the_pairs_in_their_order(flat):
    market = flat.market
    market[col.SETTINGS, settings.RATE_PPM] = 1_000_000
    market[col.SETTINGS, settings.PAIR_A : settings.PAIR_A + 2] = (1, 1)
    market[col.SETTINGS, settings.PAIR_B : settings.PAIR_B + 2] = (2, 3)
    market[col.SETTINGS, settings.PAIR_CREDIT_PPM : settings.PAIR_CREDIT_PPM + 2] = (
        500_000,
        250_000,
    )
    assert p_of(flat, c0=100, c1=-60, c2=-60) == 880_000_000 - 120_000_000 - 40_000_000
    assert p_of(flat, c0=100, c1=60, c2=-60) == 880_000_000 - 60_000_000


def test_a_basis_has_a_leg_on_each_index(flat):
    flat.market[col.SETTINGS, settings.RATE_PPM] = 400_000
    flat.contracts[4, term.LEG_B_MICROUSD] = 3_000_000
    assert p_of(flat, c4=10) == 16_000_000 + 12_000_000


def test_a_calendar_has_both_legs_on_its_far_legs_index(flat):
    flat.market[col.SETTINGS, settings.RATE_PPM] = 500_000
    flat.market[col.SETTINGS, settings.SPREAD_RATE_PPM] = 300_000
    flat.contracts[6, term.LEG_B_MICROUSD] = 3_000_000
    assert p_of(flat, c6=10) == 5_000_000 + 9_000_000
