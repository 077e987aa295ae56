"""MARGIN: worked by hand, to the micro-dollar.

Takes   orders and marks whose margin is written out beside them.
Gives   the amounts; the last order that is covered and the first that is not.
Keeps   sums that are cached equal to sums that are made anew.
Source  Rulebook 3.4, 3.6, 6.1, 6.3, 6.5, 6.6.
"""

import numpy as np
import pytest

from chiphour.exchange import safety
from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.margin import account_sums
from positioned import PLAIN
from positioned import opened
from positioned import tick
from positioned import trade

USD = 1_000_000


def initial(market, account):
    return account_sums(market.engine._state, account)[2]


def reserves(market, account):
    return account_sums(market.engine._state, account)[3]


def test_open_orders_are_charged_as_if_they_were_filled(empty):
    market = opened(empty, 10_000_000, tier_1_lots=10, tier_2_lots=20, tier_3_lots=30)
    expected = {10: 3 * USD, 11: 3 * USD + 600_000, 20: 9 * USD, 30: 21 * USD, 32: 27 * USD}
    for lots, margin in expected.items():
        events = market.order(8, "buy", 300, lots)
        assert initial(market, 8) == margin, lots
        market.do(Kind.CANCEL, account=8, order=events[0]["order"])
    assert initial(market, 8) == 0


def test_the_worse_side_counts(empty):
    market = opened(empty)
    market.order(8, "buy", 299, 10)
    market.order(8, "sell", 301, 4)
    assert initial(market, 8) == 3 * USD
    market.order(8, "sell", 301, 7)
    assert initial(market, 8) == 3_300_000


def test_what_lies_open_beyond_the_position_is_added_to_the_scenario(empty):
    """Rulebook 6.5: P of 20 lots is $6; 30 lots would need $3 more in the second tier."""
    market = opened(empty, tier_1_lots=20)
    trade(market, 8, 9, 300, 20)
    assert initial(market, 8) == 6 * USD
    market.order(8, "buy", 300, 10)
    assert initial(market, 8) == 6 * USD + 6 * USD
    trade(market, 10, 11, 301, 30)
    assert initial(market, 10) == 9 * USD  # The scenario asks 10 % of $90, the tiers $12.


def test_a_price_beyond_the_mark_and_the_fee_are_reserved_and_released(empty):
    """Rulebook 6.3: 5 cents beyond the mark, and 0.05 % of the price or of B, the larger."""
    market = opened(empty, taker_fee_ppm=500)
    buy = market.order(8, "buy", 305, 10)[0]["order"]
    assert reserves(market, 8) == 10 * (50_000 + 1_525)
    tick(market, 3_200_000)  # Fixed at entry: the mark does not move it.
    assert reserves(market, 8) == 10 * (50_000 + 1_525)
    market.order(9, "sell", 305, 4)  # 15 cents under the mark, but it does not rest.
    assert reserves(market, 8) == 6 * (50_000 + 1_525)
    assert reserves(market, 9) == 0
    market.order(10, "buy", 290, 1)
    assert reserves(market, 10) == 1_600
    market.do(Kind.CANCEL, account=8, order=buy)
    assert reserves(market, 8) == 0


@pytest.mark.parametrize(("missing", "kind"), [(0, "ACCEPTED"), (1, "REFUSED")])
def test_an_order_is_covered_to_the_last_micro_dollar(missing, kind, empty):
    """Rulebook 6.6."""
    market = opened(empty, 0)
    needed = 10 * 300_000 + 10 * 50_000  # 10 % of $3.00, and 5 cents beyond the mark, for each.
    market.do(Kind.DEPOSIT, account=8, amount_microusd=needed - missing)
    event = market.order(8, "buy", 305, 10)[0]
    assert event["kind"] == kind
    assert event.get("reason", "MARGIN_INSUFFICIENT") == "MARGIN_INSUFFICIENT"


@pytest.mark.parametrize(("missing", "kind"), [(0, "ACCEPTED"), (1, "REFUSED")])
def test_while_the_index_is_stale_new_risk_needs_half_as_much_again(missing, kind, empty):
    """Rulebook 6.6, 10.2."""
    market = opened(empty, 0)
    market.do(Kind.MARK, index=1, fit=Quality.STALE, value_microusd=3 * USD)
    market.do(Kind.DEPOSIT, account=8, amount_microusd=4_500_000 - missing)
    assert market.order(8, "buy", 300, 10)[0]["kind"] == kind


@pytest.mark.parametrize(("missing", "kind"), [(0, "ACCEPTED"), (1, "REFUSED")])
def test_what_the_scenario_relieves_may_be_used(missing, kind, empty):
    """Long in one contract and short in another of the same index: P is a quarter of $6."""
    market = opened(empty, 0, limits={"contracts": 3, "positions_per_account": 3})
    market.list(1, **PLAIN)
    market.list(2, **PLAIN)
    market.do(Kind.DEPOSIT, account=9, amount_microusd=100 * USD)
    market.do(Kind.DEPOSIT, account=8, amount_microusd=6 * USD)
    trade(market, 8, 9, 300, 10)
    trade(market, 9, 8, 300, 10, contract=1)
    assert initial(market, 8) == 1_500_000
    market.do(Kind.WITHDRAW, account=8, amount_microusd=1_500_000 + missing)
    assert market.order(8, "buy", 300, 10, contract=2)[0]["kind"] == kind
    state = market.engine._state
    assert (state.market[0, col.POSITIONS], initial(market, 8)) == (
        (5, 4_500_000) if kind == "ACCEPTED" else (4, 1_500_000)
    )


def test_an_order_that_reduces_needs_its_reserve_only(empty):
    market = opened(empty)
    trade(market, 8, 9, 300, 3_000)  # $900 of $1,000.
    tick(market, 2_890_000)  # 8 has lost $330: $670 are left of the $867 needed.
    assert market.order(8, "buy", 289, 1)[0]["reason"] == "MARGIN_INSUFFICIENT"
    assert market.order(8, "sell", 290, 1)[0]["kind"] == "ACCEPTED"
    assert market.order(8, "sell", 289, 2_900)[0]["kind"] == "ACCEPTED"


@pytest.mark.parametrize(("lots", "kind"), [(4_466, "ACCEPTED"), (4_467, "REFUSED")])
def test_even_an_order_that_reduces_needs_its_reserve(lots, kind, empty):
    """8 has $670 left; selling 15 cents under the mark reserves $669.90 or $670.05."""
    market = opened(empty)
    trade(market, 8, 9, 300, 3_000)
    tick(market, 2_890_000)
    event = market.order(8, "sell", 274, lots)[0]
    assert event["kind"] == kind
    assert event.get("reason", "MARGIN_INSUFFICIENT") == "MARGIN_INSUFFICIENT"


def test_maintenance_is_three_fifths_of_the_scenario(empty):
    """Rulebook 6.5."""
    market = opened(empty, members=(8, 9), dollars=1_000)
    trade(market, 8, 9, 300, 7)
    assert account_sums(market.engine._state, 8)[4] == 1_260_000
    tick(market, 3_000_001)  # P = 2,100,001 by rounding up; three fifths of it 1,260,000.6.
    assert account_sums(market.engine._state, 8)[4] == 1_260_001


def test_what_may_leave_is_cash_or_equity_the_lesser_less_the_margin(empty):
    """Rulebook 3.6."""
    market = opened(empty)
    trade(market, 8, 9, 300, 1_000)
    tick(market, 3_100_000)  # 8 has won $100, which is no cash; P is $310.
    for account, within in ((8, 690), (9, 590)):
        amount = within * USD
        ask = {"account": account, "amount_microusd": amount + 1}
        assert market.reason(Kind.WITHDRAW, **ask) == "FUNDS_INSUFFICIENT"
        assert market.do(Kind.WITHDRAW, account=account, amount_microusd=amount)


def test_what_is_cached_is_what_a_new_sum_gives(empty):
    market = opened(empty, taker_fee_ppm=500)
    market.list(1, **PLAIN)
    random = np.random.default_rng(3)
    state = market.engine._state
    for _ in range(300):
        account, side = int(random.integers(8, 12)), ("buy", "sell")[int(random.integers(2))]
        price, lots = int(random.integers(290, 311)), int(random.integers(1, 20))
        market.order(account, side, price, lots, contract=int(random.integers(2)))
        if random.random() < 0.05:
            tick(market, int(random.integers(290, 311)) * 10_000)
        cached = [account_sums(state, account) for account in range(8, 12)]
        state.market[0, col.EPOCH] += 1
        assert [account_sums(state, account) for account in range(8, 12)] == cached


@pytest.mark.parametrize("seed", range(4))
def test_no_sum_is_further_from_the_truth_than_its_drift(seed, empty, callable_from_python):
    """Members trade and marks move; nobody's sums are made anew until they are compared."""
    drift_of = callable_from_python(safety.drift)
    market = opened(empty, dollars=100_000, taker_fee_ppm=500)
    market.list(1, **PLAIN)
    random = np.random.default_rng(seed)
    state = market.engine._state
    behind = 0
    for _ in range(30):
        for _ in range(int(random.integers(1, 12))):
            account, side = int(random.integers(8, 12)), ("buy", "sell")[int(random.integers(2))]
            price, lots = int(random.integers(290, 311)), int(random.integers(1, 20))
            market.order(account, side, price, lots, contract=int(random.integers(2)))
            if random.random() < 0.4:
                tick(market, int(random.integers(280, 321)) * 10_000)
        for account in range(8, 12):
            far = drift_of(state, account)
            row = state.accounts[account].copy()
            _, unrealised, needed, reserves, _ = account_sums(state, account)
            margin = state.accounts[account, col.ACCOUNT_MARGIN]
            assert drift_of(state, account) == 0
            truth, held = unrealised - margin, row[col.ACCOUNT_UNREALISED] - row[col.ACCOUNT_MARGIN]
            assert needed - reserves <= margin
            assert far == safety.UNKNOWN or truth >= held - far
            behind += 0 < far < safety.UNKNOWN
            reach = sum(
                abs(each.lots) + each.open_buy_lots + each.open_sell_lots
                for each in market.engine.account(account).positions
            )
            assert state.accounts[account, col.ACCOUNT_REACH] == reach
    assert behind > 20
