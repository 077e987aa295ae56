"""MARGIN: worked by hand, to the micro-dollar.

Takes   orders and marks whose margin is written out beside them.
Gives   the amounts; the last order that is covered and the first that is not.
Keeps   sums that are cached equal to sums that are made anew.
Source  Rulebook 3.4, 6.
"""

import numpy as np
import pytest

from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind

USD = 1_000_000


def test_tiers_are_charged_one_after_another(empty):
    market = empty()
    market.member(8, dollars=10_000_000)
    market.fix()
    market.list(0, tier_1_lots=10, tier_2_lots=20, tier_3_lots=30)
    expected = {10: 3 * USD, 11: 3 * USD + 600_000, 20: 9 * USD, 30: 21 * USD, 32: 27 * USD}
    for lots, margin in expected.items():
        events = market.order(8, "buy", 300, lots)
        assert market.engine.account(8).initial_margin_microusd == margin, lots
        market.do(Kind.CANCEL, account=8, order=events[0]["order"])
    assert market.engine.account(8).initial_margin_microusd == 0


def test_each_tier_is_rounded_up(empty):
    market = empty()
    market.member(8)
    market.fix(3_000_001)
    market.list(0, tier_1_lots=1, tier_2_lots=2, tier_3_lots=3)
    market.order(8, "sell", 300, 2)  # 300,000.1 and 600,000.2, and a reserve of 1 for each lot.
    found = market.engine.account(8)
    assert (found.initial_margin_microusd, found.reserves_microusd) == (900_004, 2)


def test_the_worse_side_counts(market):
    market.order(8, "buy", 299, 10)
    market.order(8, "sell", 301, 4)
    assert market.engine.account(8).initial_margin_microusd == 3 * USD
    market.order(8, "sell", 301, 7)
    assert market.engine.account(8).initial_margin_microusd == 3_300_000


def test_a_price_beyond_the_mark_is_reserved_and_released(market):
    buy = market.order(8, "buy", 305, 10)[0]["order"]
    assert market.engine.account(8).reserves_microusd == 10 * 50_000
    market.mark(3_200_000)  # Fixed at entry: the mark does not move it.
    assert market.engine.account(8).reserves_microusd == 10 * 50_000
    market.order(9, "sell", 305, 4)  # 15 cents under the mark, but it does not rest.
    assert market.engine.account(8).reserves_microusd == 6 * 50_000
    assert market.engine.account(9).reserves_microusd == 0
    market.do(Kind.CANCEL, account=8, order=buy)
    assert market.engine.account(8).reserves_microusd == 0


@pytest.mark.parametrize(("missing", "kind"), [(0, "ACCEPTED"), (1, "REFUSED")])
def test_an_order_is_covered_to_the_last_micro_dollar(missing, kind, empty):
    market = empty()
    market.member(8, dollars=0)
    market.fix()
    market.list(0)
    needed = 10 * 300_000 + 10 * 50_000  # 10 % of $3.00, and 5 cents beyond the mark, for each.
    market.do(Kind.DEPOSIT, account=8, amount_microusd=needed - missing)
    event = market.order(8, "buy", 305, 10)[0]
    assert event["kind"] == kind
    assert event.get("reason", "MARGIN_INSUFFICIENT") == "MARGIN_INSUFFICIENT"


def test_an_order_that_reduces_needs_its_reserve_only(market):
    market.order(8, "buy", 300, 3_000)  # $900 of $1,000.
    market.order(9, "sell", 300, 3_000)
    market.mark(2_700_000)  # 8 has lost $900: $100 are left of the $810 needed.
    assert market.order(8, "buy", 270, 1)[0]["reason"] == "MARGIN_INSUFFICIENT"
    assert market.order(8, "sell", 275, 1)[0]["kind"] == "ACCEPTED"
    assert market.order(8, "sell", 270, 2_900)[0]["kind"] == "ACCEPTED"
    market.check()


@pytest.mark.parametrize(("lots", "kind"), [(666, "ACCEPTED"), (667, "REFUSED")])
def test_even_an_order_that_reduces_needs_its_reserve(lots, kind, market):
    """8 has $100 left; selling 15 cents under the mark reserves $99.90 or $100.05."""
    market.list(1, price_ticks_min=250)
    market.order(8, "buy", 300, 3_000, contract=1)
    market.order(9, "sell", 300, 3_000, contract=1)
    market.mark(2_700_000)
    event = market.order(8, "sell", 255, lots, contract=1)[0]
    assert event["kind"] == kind
    assert event.get("reason", "MARGIN_INSUFFICIENT") == "MARGIN_INSUFFICIENT"


def test_what_is_cached_is_what_a_new_sum_gives(market):
    market.list(1)
    random = np.random.default_rng(3)
    for _ in range(300):
        account, side = int(random.integers(8, 12)), ("buy", "sell")[int(random.integers(2))]
        price, lots = int(random.integers(290, 311)), int(random.integers(1, 20))
        market.order(account, side, price, lots, contract=int(random.integers(2)))
        if random.random() < 0.05:
            market.mark(int(random.integers(280, 320)) * 10_000)
        cached = [market.engine.account(account) for account in range(8, 12)]
        market.engine._state.accounts[:, col.ACCOUNT_EPOCH] = 0
        assert [market.engine.account(account) for account in range(8, 12)] == cached
    market.check()
