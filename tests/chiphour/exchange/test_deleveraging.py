"""DELEVERAGING: who is ranked where, at what price they close, and who is passed over.

Takes   an account whose loss neither book nor fund cover, and those on the other side.
Gives   RANKED and FILL events, and what everybody has after them.
Keeps   nobody below 0 by it; the sum of all cash.
Source  Rulebook 7.5, 7.7, 7.8.
"""

import pytest

from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from positioned import opened
from positioned import rounds
from positioned import tick
from positioned import trade

FUND, USD = 1, 1_000_000


def bankrupt(empty, fund, shorts, price=1_950_000, cents=300):
    """Let 8 be long against 9, 10 and 11, with $1,000; it owes $50 at the default price."""
    market = opened(empty, members=(), fund=fund, static_band_ppm=900_000)
    market.member(8, 1_000)
    for account, (dollars, lots) in shorts.items():
        market.member(account, dollars)
        trade(market, 8, account, cents, lots)
    tick(market, price)
    return market, [
        event
        for event in rounds(market)
        if event["kind"] not in ("MARKED", "WINDOW_MOVED", "MARGIN_CALLED")
    ]


def test_those_opposite_close_at_a_price_that_bears_the_loss(empty):
    """Rulebook 7.7: equity -$50, the fund has $20: $30 on 1,000 lots is 3 cents a lot."""
    market, events = bankrupt(empty, 20, {9: (500, 600), 10: (5_000, 400)})
    kinds = [event["kind"] for event in events]
    assert kinds == ["LIQUIDATION_BEGUN", "FUND_PAID", "RANKED", "RANKED", "FILL", "FILL"]
    assert events[1]["amount_microusd"] == 20 * USD
    # 9: 1.05 / 1.95 of profit, 600 lots of $1.95 on $1,130: leverage 1,035,398 µ$ of each dollar.
    profit = 1_050_000 * USD // 1_950_000
    assert [(e["account"], e["lots"], e["score"], e["rank"]) for e in events[2:4]] == [
        (9, 600, profit * (600 * 1_950_000 // 1_130), 1),
        (10, 400, profit * (400 * 1_950_000 // 5_420), 2),
    ]
    for fill, (account, lots) in zip(events[4:], ((9, 600), (10, 400)), strict=True):
        assert (fill["maker_account"], fill["taker_account"], fill["lots"]) == (account, 8, lots)
        assert (fill["side"], fill["cause"]) == ("SELL", "DELEVERAGING")
        assert fill["price_ticks"] == 1_980_000  # In micro-dollars.
        assert fill["maker_order"] == fill["taker_order"] == fill["taker_fee_microusd"] == 0
    assert [market.cash(account) for account in (8, 9, 10, FUND)] == [
        0,
        500 * USD + 600 * 1_020_000,
        5_000 * USD + 400 * 1_020_000,
        0,
    ]
    tick(market, 1_950_000)
    assert [event["kind"] for event in rounds(market)] == ["LIQUIDATION_ENDED"]


def test_a_long_position_is_not_asked_and_a_bankrupt_short_closes_against_longs(empty):
    market = opened(empty, members=(9, 10), dollars=5_000, static_band_ppm=900_000)
    market.member(8, 1_000)
    trade(market, 9, 8, 300, 600)
    trade(market, 10, 8, 300, 400)
    tick(market, 4_050_000)
    fills = [event for event in rounds(market) if event["kind"] == "FILL"]
    assert [(fill["maker_account"], fill["side"]) for fill in fills] == [(9, "BUY"), (10, "BUY")]
    assert {fill["price_ticks"] for fill in fills} == {4_000_000}
    assert market.cash(8) == 0


def test_whoever_would_fall_below_nought_is_passed_over(empty):
    """10 sold at $2.00 what stands at $1.95: $20 of its cash and $5 would not bear 3 cents."""
    market = opened(empty, members=(9, 10), dollars=5_000, static_band_ppm=900_000)
    market.member(8, 1_000)
    trade(market, 8, 9, 300, 100)
    trade(market, 8, 10, 300, 900)
    state = market.engine._state
    state.accounts[10, col.ACCOUNT_CASH] = -920 * USD  # Equity $25; nobody trades like that.
    state.accounts[0, col.ACCOUNT_CASH] += 5_920 * USD
    tick(market, 1_950_000)
    events = [event for event in rounds(market) if event["kind"] in ("RANKED", "FILL")]
    told = [(event["kind"], event.get("account", event.get("maker_account"))) for event in events]
    assert told[:3] == [("RANKED", 10), ("RANKED", 9), ("FILL", 9)]


def test_sixty_steps_without_a_fill_lead_to_it_too(empty):
    """Rulebook 7.3, 7.7: with equity left the others close at the mark itself."""
    market = opened(empty, members=(9,), dollars=5_000, fund=100, static_band_ppm=900_000)
    market.member(8, 1_000)
    trade(market, 8, 9, 300, 1_000)
    found = []
    for _ in range(61):
        tick(market, 2_100_000)
        found += [event for event in rounds(market) if event["kind"] in ("LIQUIDATED", "FILL")]
    assert [event["kind"] for event in found] == ["LIQUIDATED"] * 60 + ["FILL"]
    assert found[-1]["price_ticks"] == 2_100_000
    assert market.cash(8) == 100 * USD
    assert market.engine._state.accounts[8, col.ACCOUNT_STEPS] == 0


def test_of_several_positions_each_bears_its_share_by_margin(empty):
    """Rulebook 7.7: $300 of the margins' $500: 3/5 of what is missing."""
    market = opened(empty, members=(9,), dollars=9_000, static_band_ppm=900_000)
    market.list(1, opening_call_s=0)
    market.member(8, 1_000)
    trade(market, 8, 9, 300, 600)
    trade(market, 8, 9, 300, 400, contract=1)
    tick(market, 1_950_000)
    fills = [event for event in rounds(market) if event["kind"] == "FILL"]
    assert [(fill["contract"], fill["price_ticks"]) for fill in fills] == [(0, 2_000_000)]
    tick(market, 1_950_000)
    fills = [event for event in rounds(market) if event["kind"] == "FILL"]
    assert [(fill["contract"], fill["price_ticks"]) for fill in fills] == [(1, 2_000_000)]


def test_only_the_first_sixty_four_are_ranked(empty):
    market = opened(
        empty,
        members=range(9, 80),
        dollars=100,
        static_band_ppm=900_000,
        limits={"accounts": 90, "positions": 90},
    )
    market.member(8, 1_000)
    for account in range(9, 80):
        trade(market, 8, account, 300, 12)
    tick(market, 1_700_000)
    events = rounds(market)
    ranked = [event for event in events if event["kind"] == "RANKED"]
    assert [event["rank"] for event in ranked[:64]] == list(range(1, 65))
    assert [event["account"] for event in ranked[:64]] == list(range(9, 73))
    assert len([event for event in events if event["kind"] == "FILL"]) == 64


@pytest.mark.parametrize("price", [1])
def test_the_price_stays_within_the_bounds(price, empty):
    market, events = bankrupt(empty, 0, {9: (5_000, 1_000)}, price=price)
    assert events[-1]["kind"] == "FILL"
    assert events[-1]["price_ticks"] == 2_000_000
    assert market.do(Kind.ADVANCE) == []
