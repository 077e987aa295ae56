"""TEST REFERENCE MARGIN: what an account must have, in sums that can be checked by hand.

Takes   positions made by fills at $2.50; two indexes.
Gives   equity, scenario, IM, MM; what is covered, what may be withdrawn.
Keeps   the state as it was: these are questions.
Source  Rulebook 3.4, 3.6 and 6.
"""

from copy import deepcopy

import pytest

from chiphour.contracts import settings
from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import reference_margin as margin
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from told import NOW
from told import order
from told import told_market


@pytest.fixture
def told():
    """Give contracts 0 and 1 on index 1 at $2.50 and contract 2 on index 2 at $1.00."""
    told = told_market()
    fix = {"strike_ns": NOW - 1, "vintage": 1, "fit": 1, "value_microusd": 1_000_000}
    told.do(Kind.FIXING, index=2, **fix)
    told.list(1)
    told.list(2, index=2)
    return told


def hold(told, lots, contract=0):
    """Let account 8 hold lots, 9 the opposite."""
    price = 100 if contract == 2 else 250
    sides = ("buy", "sell") if lots > 0 else ("sell", "buy")
    for account, side in zip((8, 9), sides, strict=True):
        row = order(account, side, price, abs(lots), contract=contract)
        told.tell(row)


def test_one_position_needs_a_tenth(told):
    hold(told, 100)
    assert margin.scenario_microusd(told.state, 8) == 25_000_000
    assert margin.initial_margin_microusd(told.state, 8) == 25_000_000  # Rulebook 6.5.
    assert margin.maintenance_margin_microusd(told.state, 8) == 15_000_000


def test_opposite_positions_on_an_index_need_the_spread_but_a_quarter_at_least(told):
    hold(told, 100)
    hold(told, -90, contract=1)
    # Rulebook 6.4: 10 % of 10 lots net, 2 % of 90 lots offset: 2.5 + 4.5 dollars.
    assert margin.scenario_microusd(told.state, 8) == 2_500_000 + 4_500_000
    assert margin.held_margin_microusd(told.state, 8) == 11_875_000  # (25 + 22.5) / 4.
    assert margin.initial_margin_microusd(told.state, 8) == 11_875_000


def test_pairs_credit_what_is_opposite_once(told):
    hold(told, 100)
    hold(told, -300, contract=2)
    assert margin.scenario_microusd(told.state, 8) == 25_000_000 + 30_000_000
    for number, (a, b, credit_ppm) in enumerate(((1, 2, 50_000), (2, 1, 900_000))):
        columns = (settings.PAIR_A, a), (settings.PAIR_B, b), (settings.PAIR_CREDIT_PPM, credit_ppm)
        for column, value in columns:
            told.do(Kind.SET, contract=-1, parameter=column + number, value=value)
    # 250 dollars are matched by the first pair; nothing opposite is left for the second.
    assert margin.scenario_microusd(told.state, 8) == 55_000_000 - 12_500_000


def test_frozen_counts_three_fifths_in_full_and_expired_nothing(told):
    hold(told, 100)
    told.row()[table.STATE] = State.FROZEN
    told.row()[table.MARK_MICROUSD] += 5
    assert told.state.equity_microusd(8) == 10**9  # Rulebook 3.4.
    assert margin.initial_margin_microusd(told.state, 8) == 15_000_000
    assert margin.maintenance_margin_microusd(told.state, 8) == 15_000_000
    told.row()[table.STATE] = State.EXPIRED
    assert margin.initial_margin_microusd(told.state, 8) == 0


def test_order_that_raises_w_needs_the_margin_another_only_reserves(told):
    hold(told, 100)
    resting = told.state.orders
    told.tell(order(8, "buy", 240, 20))
    (buy,) = resting.values()
    before = deepcopy(told.state.accounts)
    told.state.accounts[8].cash_microusd = 30_000_000  # IM of 120 lots is 30 dollars.
    sell, more = deepcopy(buy), deepcopy(buy)
    sell.side, sell.lots, more.lots = 2, 220, 1
    assert not told.state.raises_worst(sell, None) and told.state.order_is_covered(sell, None)
    assert told.state.raises_worst(more, None) and not told.state.order_is_covered(more, None)
    more.lots = 20  # In place of the one that rests (rulebook 9.14).
    assert told.state.raises_worst(more, buy) and told.state.order_is_covered(more, buy)
    told.row()[table.QUALITY] = Quality.STALE  # Rulebook 6.6, 10.2: 1.5 times.
    assert not told.state.order_is_covered(more, buy)
    told.state.accounts[8].cash_microusd = 45_000_000
    assert told.state.order_is_covered(more, buy)
    assert told.state.accounts[8].positions == before[8].positions


def test_what_may_leave_is_the_lesser_of_cash_and_equity_less_the_margin(told):
    hold(told, 100)
    told.row()[table.MARK_MICROUSD] += 10_000
    assert told.state.withdrawable_microusd(8) == 10**9 - 25_000_000  # Rulebook 3.6.
    told.row()[table.MARK_MICROUSD] -= 30_000
    assert told.state.withdrawable_microusd(8) == 10**9 - 2_000_000 - 25_000_000
    told.state.accounts[8].liquidation = 1
    assert told.state.withdrawable_microusd(8) == 0
    assert told.reason(Kind.WITHDRAW, account=8, amount_microusd=1) == "FUNDS_INSUFFICIENT"


def test_reserves_stay_as_they_were_at_entry(told):
    told.row()[table.TAKER_FEE_PPM] = 500
    told.tell(order(8, "buy", 240, 10))
    told.row()[table.TAKER_FEE_PPM] = 0
    assert margin.reserves_microusd(told.state, 8) == 10 * 1_250  # Rulebook 6.3.
